// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which disks and volumes there are: all of the machine's, or those named with --volume.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/mem.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/disk_private.h"

#define SYS_BLOCK "/sys/block"
#define SYS_CLASS "/sys/class/block"

int disk_text(char **text, const char *value)
{
	char *copy = strdup(value ? value : "");

	if (!copy)
		return log_oom();
	free(*text);
	*text = copy;
	return 0;
}

struct disk *disk_add(struct disk_list *list)
{
	struct disks *d = list->disks;
	struct disk *disk;

	if (array_grow(&d->disks, d->disk_count, &list->disk_cap)) {
		log_oom();
		return NULL;
	}
	disk = &d->disks[d->disk_count++];
	disk->table = disk->bus = "";
	if (disk_text(&disk->device, NULL) || disk_text(&disk->model, NULL) ||
	    disk_text(&disk->serial, NULL))
		return NULL;
	return disk;
}

struct volume *volume_add(struct disk_list *list, size_t disk)
{
	struct disks *d = list->disks;
	struct volume *v;

	if (array_grow(&d->volumes, d->volume_count, &list->volume_cap)) {
		log_oom();
		return NULL;
	}
	v = &d->volumes[d->volume_count++];
	v->disk = disk;
	if (disk_text(&v->device, NULL) || disk_text(&v->fstype, NULL) ||
	    disk_text(&v->label, NULL))
		return NULL;
	return v;
}

void disks_free(struct disks *disks)
{
	size_t i;

	if (!disks)
		return;
	for (i = 0; i < disks->disk_count; i++) {
		free(disks->disks[i].device);
		free(disks->disks[i].model);
		free(disks->disks[i].serial);
	}
	for (i = 0; i < disks->volume_count; i++) {
		free(disks->volumes[i].device);
		free(disks->volumes[i].fstype);
		free(disks->volumes[i].label);
		bitlocker_free(disks->volumes[i].bitlocker);
	}
	free(disks->disks);
	free(disks->volumes);
	free(disks);
}

int volume_arg_parse(const char *text, struct volume_arg *arg)
{
	const char *path = NULL;

	if (text[0] == '=') {
		path = text + 1;
	} else if (isalpha((unsigned char)text[0]) && text[0] > 0) {
		if (text[1] == '=')
			path = text + 2;
		else if (text[1] == ':' && text[2] == '=')
			path = text + 3;
	}
	if (!path || !*path) {
		log_error("--volume \"%s\" is not understood: it wants a drive letter and a device "
			  "or image file, as in --volume C=/dev/sda3.",
			  text);
		return HF_EINVAL;
	}
	arg->letter = text[0] == '=' ? 0 : (char)toupper((unsigned char)text[0]);
	arg->path = path;
	return 0;
}

/* What ARG's letter is called in messages. */
static char letter_of(const struct volume_arg *arg)
{
	return arg->letter ? arg->letter : '?';
}

/* Splits PATH@OFFSET; a file whose own name ends so is meant when it exists. */
static int split_offset(const char *path, char **device, uint64_t *offset, bool *given)
{
	const char *at = strrchr(path, '@');
	char *end;

	*given = false;
	*offset = 0;
	*device = strdup(path);
	if (!*device)
		return log_oom();
	if (!at || !isdigit((unsigned char)at[1]) || !access(path, F_OK))
		return 0;
	errno = 0;
	*offset = strtoull(at + 1, &end, 0);
	if (*end || errno || *offset > INT64_MAX) {
		free(*device);
		log_error("--volume: \"%s\" is no byte offset.", at + 1);
		return HF_EINVAL;
	}
	(*device)[at - path] = '\0';
	*given = true;
	return 0;
}

/* Describes the disk behind DEVICE, a block device or image file, into a new entry. */
static int add_named_disk(struct disk_list *list, const char *device, const char *name,
			  const struct stat *st)
{
	struct disk *disk = disk_add(list);
	int rc;

	if (!disk)
		return HF_ENOMEM;
	rc = disk_text(&disk->device, device);
	if (rc || *name)
		return rc ? rc : disk_describe(SYS_BLOCK, name, disk);
	disk->bus = "image";
	disk->size = (uint64_t)st->st_size;
	return 0;
}

/* The kernel's name of the block device ST ("sda3"); "" when it is none. */
static void kernel_name(const struct stat *st, char *out, size_t size)
{
	char path[64], target[PATH_MAX];
	const char *slash;
	ssize_t n;

	*out = '\0';
	if (!S_ISBLK(st->st_mode))
		return;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(st->st_rdev),
		 minor(st->st_rdev));
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	slash = strrchr(target, '/');
	if ((size_t)snprintf(out, size, "%s", slash ? slash + 1 : target) >= size)
		*out = '\0';
}

/* Says which volumes there are on a disk that was named as if it were one. */
static int refuse_disk(const struct disks *found, const struct volume_arg *arg)
{
	struct str list = {0};
	size_t i;
	int rc = 0;

	for (i = 0; i < found->volume_count && !rc; i++) {
		const struct volume *v = &found->volumes[i];

		if (strcmp(v->fstype, "ntfs") && strcmp(v->fstype, "BitLocker"))
			continue;
		rc = str_addf(&list, "\n  --volume %c=%s@%llu   partition %u, %s, %llu MiB%s%s",
			      letter_of(arg), arg->path, (unsigned long long)v->start, v->number,
			      v->fstype, (unsigned long long)(v->size >> 20), *v->label ? ", " : "",
			      v->label);
	}
	if (rc)
		log_oom();
	else if (list.len)
		log_error("%s is a disk with a partition table. Name one of its volumes:%s",
			  arg->path, list.data);
	else
		log_error("%s is a disk with a partition table but without an NTFS volume.",
			  arg->path);
	str_free(&list);
	return rc ? rc : HF_EAMBIGUOUS;
}

/* Moves volume FROM of another list to the end of LIST. */
static int take_volume(struct disk_list *list, struct volume *from, size_t disk)
{
	struct volume *v = volume_add(list, disk);
	struct volume empty;

	if (!v)
		return HF_ENOMEM;
	empty = *v;
	*v = *from;
	v->disk = disk;
	from->device = empty.device;
	from->fstype = empty.fstype;
	from->label = empty.label;
	from->bitlocker = NULL;
	return 0;
}

/* The volume at OFFSET of a probed disk; one that is in no table is probed as it is. */
static int pick_volume(struct disk_list *list, struct disks *found, const struct volume_arg *arg,
		       const char *device, uint64_t offset, bool given, size_t disk)
{
	struct volume *v = NULL;
	size_t i;

	if (!given && *found->disks[0].table)
		return refuse_disk(found, arg);
	for (i = 0; i < found->volume_count && !v; i++)
		if (found->volumes[i].start == offset)
			v = &found->volumes[i];
	if (v) {
		if (take_volume(list, v, disk))
			return HF_ENOMEM;
	} else {
		v = volume_add(list, disk);
		if (!v || disk_text(&v->device, device))
			return HF_ENOMEM;
		v->offset = v->start = offset;
		if (volume_probe(v))
			return HF_ENOMEM;
	}
	list->disks->volumes[list->disks->volume_count - 1].letter = arg->letter;
	return 0;
}

/* A whole disk or image file, with or without an offset. */
static int scan_named_disk(struct disk_list *list, const struct volume_arg *arg, const char *device,
			   uint64_t offset, bool given, const char *name, const struct stat *st)
{
	struct disk_list found = {.disks = calloc(1, sizeof(*found.disks))};
	char sysfs[PATH_MAX];
	size_t disk = list->disks->disk_count;
	int rc;

	if (!found.disks)
		return log_oom();
	rc = add_named_disk(&found, device, name, st);
	snprintf(sysfs, sizeof(sysfs), SYS_BLOCK "/%s", name);
	if (!rc)
		rc = disk_probe(&found, 0, *name ? sysfs : NULL);
	if (!rc)
		rc = add_named_disk(list, device, name, st);
	if (!rc) {
		list->disks->disks[disk].table = found.disks->disks[0].table;
		rc = pick_volume(list, found.disks, arg, device, offset, given, disk);
	}
	disks_free(found.disks);
	return rc;
}

/* A partition's device: its disk is probed for the table's identifiers. */
static int scan_named_partition(struct disk_list *list, const struct volume_arg *arg,
				const char *disk_name, const char *partition)
{
	struct disk_list found = {.disks = calloc(1, sizeof(*found.disks))};
	char device[300], wanted[300], sysfs[PATH_MAX];
	struct stat none = {0};
	struct volume *v = NULL;
	size_t i, disk = list->disks->disk_count;
	int rc;

	if (!found.disks)
		return log_oom();
	snprintf(device, sizeof(device), "/dev/%s", disk_name);
	snprintf(wanted, sizeof(wanted), "/dev/%s", partition);
	snprintf(sysfs, sizeof(sysfs), SYS_BLOCK "/%s", disk_name);
	rc = add_named_disk(&found, device, disk_name, &none);
	if (!rc)
		rc = disk_probe(&found, 0, sysfs);
	if (!rc)
		rc = add_named_disk(list, device, disk_name, &none);
	for (i = 0; !rc && i < found.disks->volume_count; i++)
		if (!strcmp(found.disks->volumes[i].device, wanted))
			v = &found.disks->volumes[i];
	if (!rc && v) {
		list->disks->disks[disk].table = found.disks->disks[0].table;
		rc = take_volume(list, v, disk);
	} else if (!rc) {
		v = volume_add(list, disk);
		rc = v && !disk_text(&v->device, arg->path) ? volume_probe(v) : HF_ENOMEM;
	}
	if (!rc)
		list->disks->volumes[list->disks->volume_count - 1].letter = arg->letter;
	disks_free(found.disks);
	return rc;
}

/* A directory stands for a volume without hard links. */
static int add_directory(struct disk_list *list, const struct volume_arg *arg, const char *path)
{
	struct disk *disk = disk_add(list);
	struct volume *v = disk ? volume_add(list, list->disks->disk_count - 1) : NULL;

	if (!v)
		return HF_ENOMEM;
	disk->bus = "image";
	v->letter = arg->letter;
	if (disk_text(&disk->device, path) || disk_text(&v->device, path))
		return HF_ENOMEM;
	return disk_text(&v->fstype, "dir");
}

static int scan_arg(struct disk_list *list, const struct volume_arg *arg)
{
	char name[256], disk_name[256], *device;
	struct stat st;
	uint64_t offset;
	bool given;
	int rc = split_offset(arg->path, &device, &offset, &given);

	if (rc)
		return rc;
	if (stat(device, &st)) {
		log_error(
			"--volume %c=%s: %s. Check that the path is right and the disk connected.",
			letter_of(arg), arg->path, strerror(errno));
		rc = hf_from_errno(errno);
	} else if (S_ISDIR(st.st_mode)) {
		rc = add_directory(list, arg, device);
	} else if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode)) {
		log_error("--volume %c=%s is neither a block device, nor an image file, nor a "
			  "directory.",
			  letter_of(arg), arg->path);
		rc = HF_EINVAL;
	} else {
		kernel_name(&st, name, sizeof(name));
		if (!given && *name &&
		    disk_of_partition(SYS_CLASS, name, disk_name, sizeof(disk_name)))
			rc = scan_named_partition(list, arg, disk_name, name);
		else
			rc = scan_named_disk(list, arg, device, offset, given, name, &st);
	}
	free(device);
	return rc;
}

static int scan_disk(struct disk_list *list, const char *name)
{
	char device[300], sysfs[PATH_MAX];
	struct disk *disk;
	size_t index = list->disks->disk_count;

	if (!disk_is_candidate(name) || !disk_sysfs_size(SYS_BLOCK, name))
		return 0;
	disk = disk_add(list);
	if (!disk)
		return HF_ENOMEM;
	/* '!' stands for '/' in sysfs, as in cciss!c0d0. */
	snprintf(device, sizeof(device), "/dev/%s", name);
	for (char *p = device; *p; p++)
		if (*p == '!')
			*p = '/';
	snprintf(sysfs, sizeof(sysfs), SYS_BLOCK "/%s", name);
	if (disk_text(&disk->device, device) || disk_describe(SYS_BLOCK, name, disk))
		return HF_ENOMEM;
	return disk_probe(list, index, sysfs);
}

static int scan_machine(struct disk_list *list)
{
	struct dirent **names;
	int i, rc = 0, count = scandir(SYS_BLOCK, &names, NULL, alphasort);

	if (count < 0) {
		log_error("%s cannot be read: %s. Is sysfs mounted?", SYS_BLOCK, strerror(errno));
		return HF_EIO;
	}
	for (i = 0; i < count; i++) {
		if (!rc)
			rc = scan_disk(list, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return rc;
}

int disks_scan(const struct volume_arg *args, size_t count, struct disks **out)
{
	struct disk_list list = {.disks = calloc(1, sizeof(*list.disks))};
	size_t i, k;
	int rc = 0;

	if (!list.disks)
		return log_oom();
	for (i = 0; i < count && !rc; i++)
		for (k = 0; k < i && !rc; k++)
			if (args[k].letter && args[k].letter == args[i].letter) {
				log_error("--volume gives the letter %c: twice.", args[i].letter);
				rc = HF_EINVAL;
			}
	for (i = 0; i < count && !rc; i++)
		rc = scan_arg(&list, &args[i]);
	if (!count && !rc)
		rc = scan_machine(&list);
	if (rc)
		disks_free(list.disks);
	else
		*out = list.disks;
	return rc;
}
