// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is on a disk, by libblkid: partition tables and file systems. Everything is opened
 * read-only.
 */
#include <blkid/blkid.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/disk_private.h"

#define SECTOR 512

static uint64_t little64(const uint8_t *p)
{
	uint64_t v = 0;
	int i;

	for (i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

/* "1234abcd-..." to the 16 bytes on disk: the first three groups are little-endian. */
static void parse_guid(const char *text, uint8_t guid[16])
{
	static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	uint8_t bytes[16];
	size_t i;

	memset(guid, 0, 16);
	for (i = 0; text && i < 16; i++) {
		unsigned value;

		if (*text == '-')
			text++;
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
		    sscanf(text, "%2x", &value) != 1)
			return;
		bytes[i] = (uint8_t)value;
		text += 2;
	}
	for (i = 0; text && i < 16; i++)
		guid[i] = bytes[order[i]];
}

/* The first sector of a volume; false when it cannot be read. */
static bool read_boot(int fd, uint64_t offset, uint8_t sector[SECTOR])
{
	return pread(fd, sector, SECTOR, (off_t)offset) == SECTOR;
}

static bool boot_is(const uint8_t *sector, const char *oem)
{
	return !memcmp(sector + 3, oem, 8);
}

/* A label as a terminal may see it. */
static int set_label(struct volume *v, const char *label)
{
	char clean[512], *end;

	text_printable(label ? label : "", clean, sizeof(clean));
	end = clean + strlen(clean);
	while (end > clean && end[-1] == ' ')
		*--end = '\0';
	return disk_text(&v->label, clean);
}

static int probe_superblock(struct volume *v, int fd)
{
	const char *type = NULL, *label = NULL;
	blkid_probe pr = blkid_new_probe();
	int rc;

	if (!pr)
		return log_oom();
	blkid_probe_enable_superblocks(pr, 1);
	blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL);
	if (!blkid_probe_set_device(pr, fd, (blkid_loff_t)v->offset, (blkid_loff_t)v->size) &&
	    !blkid_do_safeprobe(pr)) {
		blkid_probe_lookup_value(pr, "TYPE", &type, NULL);
		blkid_probe_lookup_value(pr, "LABEL", &label, NULL);
	}
	rc = disk_text(&v->fstype, type);
	if (!rc)
		rc = set_label(v, label);
	blkid_free_probe(pr);
	return rc;
}

/* What libblkid does not know may still be a damaged NTFS volume: it is listed as such. */
static int examine_boot(struct volume *v, const uint8_t *sector)
{
	int rc = 0;

	if (boot_is(sector, "-FVE-FS-") || !strcmp(v->fstype, "BitLocker"))
		return volume_read_bitlocker(v);
	if (!*v->fstype && boot_is(sector, "NTFS    "))
		rc = disk_text(&v->fstype, "ntfs");
	if (rc || strcmp(v->fstype, "ntfs"))
		return rc;
	v->serial = little64(sector + 0x48);
	rc = ntfs_health(v->device, v->offset, v->size, &v->health);
	return rc == HF_ENOMEM ? rc : 0;
}

int volume_probe(struct volume *v)
{
	int fd = open(v->device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t sector[SECTOR];
	int rc = 0;

	v->health = NTFS_UNREADABLE;
	if (fd < 0) {
		log_info("%s cannot be opened: %s", v->device, strerror(errno));
		return 0;
	}
	if (!v->size) {
		off_t end = lseek(fd, 0, SEEK_END);

		v->size = end > 0 && (uint64_t)end > v->offset ? (uint64_t)end - v->offset : 0;
	}
	if (v->size >= SECTOR && read_boot(fd, v->offset, sector)) {
		rc = probe_superblock(v, fd);
		if (!rc)
			rc = examine_boot(v, sector);
	}
	close(fd);
	return rc;
}

static int set_device(struct volume *v, const struct disk *disk, const char *sysfs)
{
	char name[256], device[300];

	if (sysfs && disk_partition_name(sysfs, v->number, v->start, name, sizeof(name))) {
		snprintf(device, sizeof(device), "/dev/%s", name);
		if (!access(device, F_OK))
			return disk_text(&v->device, device);
	}
	/* The kernel has no device for it: reached through the whole disk. */
	v->offset = v->start;
	return disk_text(&v->device, disk->device);
}

static int add_partition(struct disk_list *list, size_t index, const char *sysfs, blkid_partition p)
{
	const struct disk *disk = &list->disks->disks[index];
	blkid_parttable table = blkid_partition_get_table(p);
	const char *id = table ? blkid_parttable_get_id(table) : NULL;
	struct volume *v;

	if (blkid_partition_is_extended(p) || blkid_partition_get_size(p) <= 0)
		return 0;
	v = volume_add(list, index);
	if (!v)
		return HF_ENOMEM;
	v->start = (uint64_t)blkid_partition_get_start(p) * SECTOR;
	v->size = (uint64_t)blkid_partition_get_size(p) * SECTOR;
	v->number = (unsigned)blkid_partition_get_partno(p);
	if (!strcmp(disk->table, "gpt")) {
		parse_guid(blkid_partition_get_uuid(p), v->part_guid);
		parse_guid(id, v->disk_guid);
	} else if (!strcmp(disk->table, "dos") && id) {
		v->mbr_signature = (uint32_t)strtoul(id, NULL, 16);
	}
	if (set_device(v, disk, sysfs))
		return HF_ENOMEM;
	return volume_probe(v);
}

/* "gpt" and "dos" are what Windows knows; other tables are named "" and their volumes still listed.
 */
static const char *table_name(blkid_partlist parts)
{
	blkid_parttable table = blkid_partlist_get_table(parts);
	const char *type = table ? blkid_parttable_get_type(table) : "";

	return !strcmp(type, "gpt") ? "gpt" : !strcmp(type, "dos") ? "dos" : "";
}

static int add_whole(struct disk_list *list, size_t index)
{
	struct volume *v = volume_add(list, index);

	if (!v || disk_text(&v->device, list->disks->disks[index].device))
		return HF_ENOMEM;
	return volume_probe(v);
}

static int probe_parts(struct disk_list *list, size_t index, const char *sysfs,
		       blkid_partlist parts)
{
	int i, count = blkid_partlist_numof_partitions(parts);
	int rc = 0;

	list->disks->disks[index].table = table_name(parts);
	for (i = 0; i < count && !rc; i++)
		rc = add_partition(list, index, sysfs, blkid_partlist_get_partition(parts, i));
	return rc;
}

int disk_probe(struct disk_list *list, size_t index, const char *sysfs)
{
	const char *device = list->disks->disks[index].device;
	int fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	blkid_partlist parts = NULL;
	blkid_probe pr;
	uint8_t sector[SECTOR];
	int rc;

	if (fd < 0 || !read_boot(fd, 0, sector)) {
		log_info("%s cannot be read: %s", device, strerror(errno));
		if (fd >= 0)
			close(fd);
		return 0;
	}
	pr = blkid_new_probe();
	if (!pr) {
		close(fd);
		return log_oom();
	}
	blkid_probe_enable_partitions(pr, 1);
	/* A boot sector ends like a partition table; a file system is no table. */
	if (!boot_is(sector, "NTFS    ") && !boot_is(sector, "-FVE-FS-") &&
	    !blkid_probe_set_device(pr, fd, 0, 0))
		parts = blkid_probe_get_partitions(pr);
	if (parts && blkid_partlist_numof_partitions(parts) > 0)
		rc = probe_parts(list, index, sysfs, parts);
	else
		rc = add_whole(list, index);
	blkid_free_probe(pr);
	close(fd);
	return rc;
}
