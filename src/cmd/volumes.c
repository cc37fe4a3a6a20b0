// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The applet "volumes": disks, partitions, file systems, letters, Windows found and health, as a
 * table for people or as JSON for programs. Only looks.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/applet.h"
#include "cmd/cmd.h"
#include "cmd/json.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/machine.h"

static const char usage[] = "Usage: holdfast volumes [--json] [OPTION]...\n"
			    "Lists disks, partitions, file systems, drive letters, the Windows "
			    "installations found and\n"
			    "whether each NTFS volume may be written to. Nothing is changed.\n"
			    "  --json                machine-readable output\n"
			    "  --help                this text\n";

/* What stands in the way of a capture, and what to do about it, in a few words. */
static const char *health_words(const struct volume *v)
{
	if (!strcmp(v->fstype, "BitLocker"))
		return v->bitlocker && v->bitlocker->problem ? "cannot be opened"
							     : "locked: give its key";
	if (strcmp(v->fstype, "ntfs"))
		return "";
	switch (v->health) {
	case NTFS_CLEAN:
		return "clean";
	case NTFS_DIRTY:
		return "dirty: run chkdsk /f in Windows";
	case NTFS_UNCLEAN:
		return "unclean: shut Windows down properly";
	case NTFS_HIBERNATED:
		return "hibernated or fast start-up: shutdown /s /t 0";
	case NTFS_INTERRUPTED:
		return "interrupted: the next command that changes it goes on";
	case NTFS_UNREADABLE:
		break;
	}
	return "unreadable: damaged, or the disk is failing";
}

/* The same as one word that never changes, for JSON; NULL when it says nothing. */
static const char *health_word(const struct volume *v)
{
	if (!strcmp(v->fstype, "BitLocker"))
		return "locked";
	return strcmp(v->fstype, "ntfs") ? NULL : ntfs_health_name(v->health);
}

static const char *size_text(uint64_t bytes, char out[16])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	snprintf(out, 16, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return out;
}

/* TEXT as a terminal may see it: hives and disks say what they like. */
static const char *safe(const char *text, char out[512])
{
	return text_printable(text ? text : "", out, 512);
}

/* VOLUMES tells how many are listed: a disk that can be read has at least one. */
static void print_disk(const struct disk *d, size_t volumes)
{
	char size[16], model[512], serial[512];

	printf("%s  %s  %s%s, %s", d->device, size_text(d->size, size), d->bus,
	       d->removable ? ", removable" : "",
	       !volumes			  ? "no readable volume"
	       : !*d->table		  ? "no partition table"
	       : !strcmp(d->table, "dos") ? "MBR"
					  : "GPT");
	if (*d->model)
		printf("  %s", safe(d->model, model));
	if (*d->serial)
		printf("  serial %s", safe(d->serial, serial));
	putchar('\n');
}

static void print_bitlocker(const struct bitlocker *b)
{
	printf("      BitLocker %s%s%s%s%s\n", bitlocker_state_name(b->state),
	       *b->method ? ", " : "", b->method, *b->id ? ", volume id " : "", b->id);
	if (b->problem)
		printf("        %s\n", b->problem);
	for (size_t i = 0; i < b->protector_count; i++)
		printf("        %-21s  %s %s\n",
		       bitlocker_protection_name(b->protectors[i].protection),
		       b->protectors[i].protection == BITLOCKER_RECOVERY ? "key ID" : "id    ",
		       b->protectors[i].id);
}

static void print_volume(const struct machine *m, size_t index)
{
	const struct machine_volume *mv = &m->volumes[index];
	const struct volume *v = mv->volume;
	char device[300], size[16], label[512], letter[3] = "--";
	size_t i;

	if (v->offset)
		snprintf(device, sizeof(device), "%s@%llu", v->device,
			 (unsigned long long)v->offset);
	else
		snprintf(device, sizeof(device), "%s", v->device);
	if (mv->letter)
		snprintf(letter, sizeof(letter), "%c:", mv->letter);
	printf("  %-2s  %-20s  %10s  %-10s  %-16s  %s\n", letter, device, size_text(v->size, size),
	       *v->fstype ? v->fstype : "unknown", safe(v->label, label), health_words(v));
	if (v->bitlocker)
		print_bitlocker(v->bitlocker);
	for (i = 0; i < m->install_count; i++) {
		const struct windows_install *w = &m->installs[i];
		char product[512], version[512], directory[512], computer[512];

		if (w->volume != index)
			continue;
		printf("      %s %s, %u-bit, in %s, computer %s%s\n", safe(w->product, product),
		       safe(w->version, version), w->bits, safe(w->directory, directory),
		       safe(w->computer, computer), w->is_old ? " (old)" : "");
	}
}

static void print_table(const struct machine *m)
{
	size_t d, v;

	for (d = 0; d < m->disks->disk_count; d++) {
		size_t count = 0;

		for (v = 0; v < m->volume_count; v++)
			count += m->volumes[v].volume->disk == d;
		print_disk(&m->disks->disks[d], count);
		for (v = 0; v < m->volume_count; v++)
			if (m->volumes[v].volume->disk == d)
				print_volume(m, v);
	}
	if (!m->disks->disk_count)
		puts("No disks found. If there should be some, the storage controller may be in a "
		     "mode (RAID, VMD) that needs another driver.");
	else if (!m->install_count)
		puts("No Windows found.");
}

static void json_windows(const struct machine *m, size_t index)
{
	const char *separator = "";
	size_t i;

	printf("\"windows\": [");
	for (i = 0; i < m->install_count; i++) {
		const struct windows_install *w = &m->installs[i];

		if (w->volume != index)
			continue;
		printf("%s{", separator);
		json_field("product", w->product);
		json_field("version", w->version);
		json_field("directory", w->directory);
		json_field("computer", w->computer);
		printf("\"bits\": %u, \"old\": %s}", w->bits, w->is_old ? "true" : "false");
		separator = ", ";
	}
	printf("]");
}

static void json_bitlocker(const struct bitlocker *b)
{
	printf("\"bitlocker\": ");
	if (!b) {
		printf("null, ");
		return;
	}
	printf("{");
	json_field("state", bitlocker_state_name(b->state));
	json_field("method", b->method);
	json_field("id", b->id);
	printf("\"problem\": ");
	if (b->problem)
		json_string(b->problem);
	else
		printf("null");
	printf(", \"protectors\": [");
	for (size_t i = 0; i < b->protector_count; i++) {
		printf("%s{", i ? ", " : "");
		json_field("type", bitlocker_protection_name(b->protectors[i].protection));
		printf("\"id\": ");
		json_string(b->protectors[i].id);
		printf("}");
	}
	printf("]}, ");
}

static void json_volume(const struct machine *m, size_t index)
{
	const struct machine_volume *mv = &m->volumes[index];
	const struct volume *v = mv->volume;
	char letter[3] = "";

	if (mv->letter)
		snprintf(letter, sizeof(letter), "%c:", mv->letter);
	printf("\n      {");
	json_field("device", v->device);
	printf("\"offset\": %llu, \"size\": %llu, \"partition\": %u, ",
	       (unsigned long long)v->offset, (unsigned long long)v->size, v->number);
	json_field("filesystem", v->fstype);
	json_field("label", v->label);
	json_field("letter", letter);
	if (health_word(v))
		json_field("health", health_word(v));
	else
		printf("\"health\": null, ");
	printf("\"serial\": \"%016llx\", ", (unsigned long long)v->serial);
	json_bitlocker(v->bitlocker);
	json_windows(m, index);
	printf("}");
}

static void print_json(const struct machine *m)
{
	size_t d, v;

	printf("{\"disks\": [");
	for (d = 0; d < m->disks->disk_count; d++) {
		const struct disk *disk = &m->disks->disks[d];
		const char *separator = "";

		printf("%s\n  {", d ? "," : "");
		json_field("device", disk->device);
		json_field("model", disk->model);
		json_field("serial", disk->serial);
		json_field("bus", disk->bus);
		json_field("table", disk->table);
		printf("\"size\": %llu, \"removable\": %s,\n    \"volumes\": [",
		       (unsigned long long)disk->size, disk->removable ? "true" : "false");
		for (v = 0; v < m->volume_count; v++) {
			if (m->volumes[v].volume->disk != d)
				continue;
			printf("%s", separator);
			json_volume(m, v);
			separator = ",";
		}
		printf("]}");
	}
	printf("\n]}\n");
}

static int list(const struct machine_options *options, bool json)
{
	struct machine *m;
	int rc = machine_open(options, &m);

	if (rc)
		return rc == HF_EINVAL || rc == HF_ENOENT || rc == HF_EAMBIGUOUS
			       ? USMT_INVALID_PARAMETERS
			       : USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	select_letters(m, options);
	if (json)
		print_json(m);
	else
		print_table(m);
	rc = machine_close(m);
	return applet_flush(rc ? USMT_INIT_OPERATING_ENVIRONMENT_FAILED : USMT_SUCCESS);
}

int cmd_volumes(int argc, char **argv)
{
	static struct select select;
	bool json = false;
	const struct applet_option options[] = {{"--json", .flag = &json}};
	struct applet_line line = {
		.applet = "volumes", .select = &select, .options = options, .option_count = 1};

	select_init(&select);
	if (applet_parse(&line, argc, argv))
		return USMT_INVALID_PARAMETERS;
	if (line.help) {
		printf("%s%s", usage, select_help);
		return USMT_SUCCESS;
	}
	return list(&select.options, json);
}
