/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What disk.c, disk_probe.c and disk_sysfs.c share: the growing list, what the kernel says about a
 * disk, and what libblkid finds on one.
 */
#ifndef HOLDFAST_VOLUME_DISK_PRIVATE_H
#define HOLDFAST_VOLUME_DISK_PRIVATE_H

#include "volume/disk.h"

/* struct disks while it grows. */
struct disk_list {
	struct disks *disks;
	size_t disk_cap, volume_cap;
};

/* A new disk or volume at the end, strings "" and all else zero; NULL when out of memory. */
struct disk *disk_add(struct disk_list *list);
struct volume *volume_add(struct disk_list *list, size_t disk);
/* Replaces *TEXT by a copy of VALUE (NULL: ""). Returns 0 or HF_ENOMEM. */
int disk_text(char **text, const char *value);

/* disk_probe.c */

/*
 * Adds the volumes on disk number DISK: its partitions, or itself when it has no table. SYSFS is
 * the disk's directory there, to find its partitions' device names; NULL for image files. Returns 0
 * also when the disk cannot be read (it then has no volumes), or HF_ENOMEM.
 */
int disk_probe(struct disk_list *list, size_t disk, const char *sysfs);
/* Fills in what is on V, whose device, offset and size are set. 0 or HF_ENOMEM. */
int volume_probe(struct volume *v);

/* volume.c */

/* Reads the metadata of the BitLocker volume V, and what is inside when it is open. 0, HF_ENOMEM.
 */
int volume_read_bitlocker(struct volume *v);

/* disk_sysfs.c */

/* Fills OUT from SYSFS/NAME ("/sys/block", "sda"). 0 or HF_ENOMEM. */
int disk_describe(const char *sysfs, const char *name, struct disk *out);
/* True when block device NAME is a disk that may hold Windows: no loop, RAM, optical or mapped one.
 */
bool disk_is_candidate(const char *name);
/* Size in bytes as in SYSFS/NAME/size, 0 when unknown. */
uint64_t disk_sysfs_size(const char *sysfs, const char *name);
/*
 * The device name ("sda3") of the partition NUMBER that starts at START bytes, in the disk's
 * directory DIRECTORY. OUT has SIZE bytes. False when the kernel knows none.
 */
bool disk_partition_name(const char *directory, unsigned number, uint64_t start, char *out,
			 size_t size);
/* The name of the disk that partition NAME is on ("sda" for "sda3"), or false. */
bool disk_of_partition(const char *sysfs_class, const char *name, char *out, size_t size);

#endif
