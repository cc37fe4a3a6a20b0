// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * holdfast doctor: a read-only health check of one NTFS volume; and, each with an option of its own
 * that says what is given up, the changes that make an unclean one fit to be written to.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/winpath.h"
#include "cmd/applet.h"
#include "cmd/cmd.h"
#include "cmd/json.h"
#include "engine/cancel.h"
#include "engine/doctor.h"
#include "engine/target.h"
#include "report/error.h"
#include "report/log.h"

#define SHOW_MAX 20

struct doctor_command {
	struct select select;
	struct doctor_options options;
	const char *log;
	char letter;
	bool json, help, yes;
	bool discard_session, discard_journal;
};

static const char usage[] =
	"Usage: holdfast doctor C: [options]\n"
	"Checks the NTFS volume without writing to it (unless asked below): boot sector and its\n"
	"copy, the MFT and its mirror, every record, run, name, folder index, link count, bitmap,\n"
	"attribute list and security id, the journal, the dirty flag; and what the disk says of\n"
	"itself (SMART). A volume that is too damaged for a drive letter is named with --volume\n"
	"C=DEVICE.\n"
	"\n"
	"  --surface            also read every cluster that is in use (takes as long as copying)\n"
	"  --all                tell every finding, not the first 20 of each kind\n"
	"  --discard-hibernated-session\n"
	"                       writes: gives up what a hibernated Windows or fast start-up "
	"holds.\n"
	"                       Sets the dirty flag, then zeroes the head of hiberfil.sys and "
	"empties\n"
	"                       the journal\n"
	"  --discard-unwritten-journal\n"
	"                       writes: gives up the changes that Windows had not completed. Sets "
	"the\n"
	"                       dirty flag, then empties the journal\n"
	"  --yes                do not ask before one of these two\n"
	"  --json               machine-readable output\n"
	"  --log FILE           log file on this computer\n"
	"  --help               this text\n";

static const char codes[] =
	"\n"
	"Exit codes: 0 healthy; 3 not damaged, but space is lost or something is to be known\n"
	"(a failing disk, dirty, journal not empty, hibernated); 42 damaged; 2 stopped on request; "
	"11 bad "
	"options;\n"
	"13 the log file cannot be written; 26 no such volume, or not clear which; 36 BitLocker,\n"
	"another file system, or discarding refused; 38 the volume cannot be read at all; 71 "
	"cannot work here (memory).\n";

static int take_volume(struct doctor_command *d, const char *arg)
{
	const char *rest;
	char letter;

	if (!winpath_split(arg, &letter, &rest) || (rest[0] && strcmp(rest, "\\") != 0)) {
		log_error("%s is not an option or a volume. Say which volume to check: "
			  "holdfast doctor C:",
			  arg);
		return HF_EINVAL;
	}
	if (d->letter) {
		log_error("One volume is checked at a time: %c: or %s?", d->letter, arg);
		return HF_EINVAL;
	}
	d->letter = letter;
	return 0;
}

static int parse(struct doctor_command *d, int argc, char **argv)
{
	const char *volumes[2];
	bool all = false;
	const struct applet_option options[] = {
		{"--surface", .flag = &d->options.surface},
		{"--all", .flag = &all},
		{"--json", .flag = &d->json},
		{"--discard-hibernated-session", .flag = &d->discard_session},
		{"--discard-unwritten-journal", .flag = &d->discard_journal},
		{"--yes", .flag = &d->yes},
		{"--log", .value = &d->log},
	};
	struct applet_line line = {.applet = "doctor",
				   .select = &d->select,
				   .options = options,
				   .option_count = sizeof(options) / sizeof(*options),
				   .words = {.items = volumes, .max = 2}};
	int err;

	select_init(&d->select);
	err = applet_parse(&line, argc, argv);
	d->help = line.help;
	d->options.show_max = all ? UINT32_MAX : SHOW_MAX;
	for (size_t i = 0; i < line.words.count && !err && !d->help; i++)
		err = take_volume(d, volumes[i]);
	if (!err && !d->help && !d->letter) {
		log_error("Say which volume to check: holdfast doctor C:");
		err = HF_EINVAL;
	}
	if (!err && ((d->discard_session && d->discard_journal) ||
		     ((d->discard_session || d->discard_journal) && d->json))) {
		log_error("--discard-hibernated-session, --discard-unwritten-journal and --json do "
			  "not go together. Windows' journal goes with its session.");
		err = HF_EINVAL;
	}
	return err;
}

static void json_number(const char *name, int64_t value)
{
	if (value < 0)
		printf("\"%s\": null", name);
	else
		printf("\"%s\": %" PRId64, name, value);
}

static const char *severity_word(enum check_severity severity)
{
	return severity == CHECK_ERROR ? "error" : severity == CHECK_LEAK ? "leak" : "note";
}

static void json_findings(const struct doctor_report *r)
{
	size_t i;

	printf("  \"findings\": [");
	for (i = 0; i < r->count; i++) {
		const struct check_finding *f = &r->findings[i];

		printf("%s\n    {", i ? "," : "");
		json_field("kind", check_kind_name(f->kind));
		json_field("severity", severity_word(check_kind_severity(f->kind)));
		json_field("what", f->what);
		if (f->path)
			json_field("path", f->path);
		else
			printf("\"path\": null, ");
		json_number("record", f->record);
		printf(", ");
		json_number("cluster", f->cluster);
		printf(", ");
		json_number("sector", f->sector);
		printf("}");
	}
	printf("]");
}

static void json_smart(const struct smart *s)
{
	const struct {
		const char *name;
		int64_t value;
	} rows[] = {
		{"temperature", s->temperature},   {"reallocated_sectors", s->reallocated},
		{"pending_sectors", s->pending},   {"uncorrectable_sectors", s->uncorrectable},
		{"critical_warning", s->warning},  {"media_errors", s->media_errors},
		{"percent_used", s->percent_used}, {"percent_spare", s->percent_spare},
	};

	if (!s->kind) {
		printf("  \"smart\": null,\n");
		return;
	}
	printf("  \"smart\": {\"failing\": %s", s->failing ? "true" : "false");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].value == SMART_UNKNOWN)
			printf(", \"%s\": null", rows[i].name);
		else
			printf(", \"%s\": %" PRId64, rows[i].name, rows[i].value);
	}
	printf("},\n");
}

static void print_json(const struct doctor_report *r, const struct volume *v, char letter,
		       const struct smart *smart)
{
	static const char *const verdicts[] = {"healthy", "notes", "damaged"};
	const struct check_result *s = &r->result;
	const char *separator = "";
	char name[3] = {letter, ':', '\0'};
	int kind;

	printf("{\n  ");
	json_field("volume", name);
	json_field("device", v->device);
	printf("\"offset\": %" PRIu64 ",\n  ", v->offset);
	json_field("verdict", verdicts[r->verdict]);
	printf("\"errors\": %" PRIu64 ", \"leaks\": %" PRIu64 ", \"notes\": %" PRIu64 ",\n",
	       s->errors, s->leaks, s->notes);
	printf("  \"counts\": {");
	for (kind = 0; kind < CHECK_KINDS; kind++) {
		if (!s->count[kind])
			continue;
		printf("%s\"%s\": %" PRIu64, separator, check_kind_name(kind), s->count[kind]);
		separator = ", ";
	}
	printf("},\n  \"records\": %" PRIu64 ", \"files\": %" PRIu64 ", \"directories\": %" PRIu64
	       ", \"names\": %" PRIu64 ", \"index_entries\": %" PRIu64 ",\n",
	       s->records, s->files, s->directories, s->names, s->entries);
	printf("  \"cluster_size\": %u, \"clusters\": %" PRIu64 ", \"clusters_used\": %" PRIu64
	       ", \"unreadable_sectors\": %" PRIu64 ",\n",
	       s->cluster_size, s->clusters, s->clusters_used, s->sectors_unreadable);
	json_smart(smart);
	json_findings(r);
	printf("\n}\n");
}

static int code_of(int error)
{
	switch (error) {
	case HF_ECANCELLED:
		return USMT_STATUS_CANCELED;
	case HF_EINVAL:
		return USMT_INVALID_PARAMETERS;
	case HF_ENOENT:
	case HF_EAMBIGUOUS:
	case HF_ECORRUPT:
		return USMT_INIT_ERROR;
	case HF_ENOTNTFS:
	case HF_EBITLOCKER:
	case HF_EREFUSED:
		return USMT_ERROR_UNSUPPORTED_PLATFORM;
	case HF_EIO:
	case HF_EACCES:
	case HF_EBUSY:
		return USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE;
	default:
		return USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	}
}

static int show(const struct doctor_command *d, const struct volume *v, const struct disk *disk)
{
	static const int verdict_codes[] = {USMT_SUCCESS, USMT_WOULD_HAVE_FAILED,
					    USMT_ERROR_CORRUPTED_STORE};
	char name[3] = {d->letter, ':', '\0'};
	struct doctor_options options = d->options;
	struct doctor_report report;
	struct smart smart;
	int code, rc;

	options.progress = !d->json;
	rc = doctor_examine(v, name, &options, &report);
	if (rc)
		return code_of(rc);
	smart_read(disk, &smart);
	code = verdict_codes[report.verdict];
	if (d->json)
		print_json(&report, v, d->letter, &smart);
	else
		doctor_tell(&report, name);
	if (!d->json)
		doctor_tell_disk(&smart, name);
	if (!code && smart_is_alarming(&smart))
		code = USMT_WOULD_HAVE_FAILED;
	doctor_report_free(&report);
	return applet_flush(code);
}

/* Somebody at a terminal types the word, or --yes stands for it. */
static int confirm(const struct doctor_command *d)
{
	char line[32];

	if (d->yes)
		return 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		log_error("Nothing was changed: nobody is here to confirm it. --yes does.");
		return HF_EREFUSED;
	}
	printf("Type DISCARD to give it up, anything else to leave %c: as it is: ", d->letter);
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) && !strcmp(line, "DISCARD\n"))
		return 0;
	log_error("Nothing was changed: the word was not DISCARD.");
	return HF_EREFUSED;
}

static int examine(const struct doctor_command *d, const struct volume *v, const struct disk *disk)
{
	const char name[3] = {d->letter, ':', '\0'};
	int code = show(d, v, disk), rc;

	if (!d->discard_session && !d->discard_journal)
		return code;
	if (code != USMT_SUCCESS && code != USMT_WOULD_HAVE_FAILED &&
	    code != USMT_ERROR_CORRUPTED_STORE)
		return code;
	rc = confirm(d);
	if (!rc)
		rc = doctor_discard(v, name,
				    d->discard_session ? UNCLEAN_DISCARD_SESSION
						       : UNCLEAN_DISCARD_JOURNAL);
	if (rc)
		return code_of(rc);
	log_status("Checked again after that:");
	return show(d, v, disk);
}

/* The volume that --volume calls by the letter: no Windows has to be found on it. */
static int run_named(const struct doctor_command *d)
{
	const struct machine_options *o = &d->select.options;
	struct disks *disks;
	size_t i;
	int code = USMT_INIT_ERROR, rc = disks_scan(o->volumes, o->volume_count, &disks);

	if (rc)
		return code_of(rc);
	for (i = 0; i < disks->volume_count && disks->volumes[i].letter != d->letter; i++)
		;
	if (i < disks->volume_count && o->bitlocker_keys)
		rc = volume_unlock(&disks->volumes[i], o->bitlocker_keys);
	/* That a volume stays locked is for the check to say. */
	if (rc && rc != HF_EBITLOCKER)
		code = code_of(rc);
	else if (i < disks->volume_count)
		code = examine(d, &disks->volumes[i], &disks->disks[disks->volumes[i].disk]);
	else
		log_error("There is no volume %c: among those given with --volume.", d->letter);
	disks_free(disks);
	return code;
}

/* The volume that the Windows of this computer calls by the letter. */
static int run_found(const struct doctor_command *d)
{
	struct machine *m = NULL;
	struct machine_volume *v;
	int code, rc = machine_open(&d->select.options, &m);

	if (!rc)
		rc = target_choose(m, &d->select.options, d->letter);
	v = rc ? NULL : machine_volume(m, d->letter);
	if (v) {
		code = examine(d, v->volume, &m->disks->disks[v->volume->disk]);
	} else {
		log_error("It is not known which volume is %c:. Name it: holdfast doctor %c: "
			  "--volume %c=DEVICE; \"holdfast volumes\" lists them.",
			  d->letter, d->letter, d->letter);
		code = rc ? code_of(rc) : USMT_INIT_ERROR;
	}
	return machine_close(m) && !code ? USMT_INIT_OPERATING_ENVIRONMENT_FAILED : code;
}

int cmd_doctor(int argc, char **argv)
{
	static struct doctor_command d;
	int code;

	d = (struct doctor_command){0};
	if (parse(&d, argc, argv))
		return USMT_INVALID_PARAMETERS;
	if (d.help) {
		printf("%s%s%s", usage, select_help, codes);
		return USMT_DISPLAY_HELP;
	}
	if (d.log && log_open(d.log, 5)) {
		log_error("The log file %s cannot be written.", d.log);
		return USMT_INIT_LOGFILE_FAILED;
	}
	cancel_install();
	code = d.select.options.volume_count ? run_named(&d) : run_found(&d);
	log_info("Doctor return code: %d", code);
	if (log_close() && !code) {
		log_error("The log file %s could not be written completely.", d.log);
		code = USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	}
	return code;
}
