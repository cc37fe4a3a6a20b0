/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which disks, partitions and file systems there are (libblkid, /sys/block), or, when volumes are
 * named by hand (--volume C=PATH), just those. Reads only.
 */
#ifndef HOLDFAST_VOLUME_DISK_H
#define HOLDFAST_VOLUME_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "volume/bitlocker.h"
#include "volume/ntfs.h"

struct fs;

/* A partition or volume and what is on it. Strings are owned by struct disks; "" when unknown. */
struct volume {
	char *device;	 /* what to open: /dev/sda3 or an image file */
	uint64_t offset; /* bytes into DEVICE where the volume starts; 0 for partitions */
	uint64_t size;	 /* bytes; 0: to the end of DEVICE */
	/*
	 * "ntfs", "vfat", "exfat", ... as libblkid names it; "" unknown. "BitLocker" while that is
	 * locked, afterwards what is inside; so are label, serial and health.
	 */
	char *fstype;
	char *label;		     /* file system label */
	uint64_t serial;	     /* NTFS volume serial number; 0 for others */
	enum ntfs_health health;     /* NTFS only */
	unsigned number;	     /* partition number, 0 for a volume without partition table */
	uint8_t part_guid[16];	     /* GPT partition GUID as on disk (mixed endian), else zeros */
	uint8_t disk_guid[16];	     /* GPT disk GUID as on disk, else zeros */
	uint32_t mbr_signature;	     /* MBR disk signature, 0 when none */
	uint64_t start;		     /* byte offset of the partition on its disk */
	size_t disk;		     /* index into struct disks.disks */
	struct bitlocker *bitlocker; /* NULL: not encrypted with it; owned */
	char letter;		     /* 'C' when given by hand; windows/ sets the others; 0 none */
};

struct disk {
	char *device; /* /dev/nvme0n1, or the image file */
	char *model;
	char *serial;	   /* as the disk tells it, blanks trimmed */
	uint64_t size;	   /* bytes */
	const char *table; /* "gpt", "dos" or "" */
	const char *bus;   /* "nvme", "sata", "usb", "virtio", "scsi", "mmc", "image" */
	bool removable;	   /* as it says itself: sticks do, big external disks mostly not */
};

struct disks {
	struct disk *disks;
	size_t disk_count;
	struct volume *volumes;
	size_t volume_count;
};

/* One --volume argument. */
struct volume_arg {
	char letter;	  /* 0: the one that Windows gives it */
	const char *path; /* PATH or PATH@OFFSET (bytes) */
};

/*
 * Parses "C=PATH" (or "C:=PATH", or "=PATH" without a letter) of --volume. Returns 0 or HF_EINVAL
 * (with a message). ARG keeps a pointer into TEXT.
 */
int volume_arg_parse(const char *text, struct volume_arg *arg);

/*
 * Finds all disks and volumes, or only the ARGS when COUNT is not 0. Loop, RAM and optical devices
 * are left out. An unreadable disk is listed, not fatal. Free with disks_free().
 */
int disks_scan(const struct volume_arg *args, size_t count, struct disks **out);
void disks_free(struct disks *disks);

/*
 * Tries the keys in KEYS (see bitlocker_unlock()) on a locked BitLocker volume and finds out what
 * is inside. Returns 0 when V is open now or never was locked, HF_EBITLOCKER when it stays locked
 * (a warning only when a key was wrong), HF_EIO, HF_ENOMEM.
 */
int volume_unlock(struct volume *v, const char *keys);
/* As volume_unlock(), with one recovery password; says nothing about wrong ones. */
int volume_unlock_recovery(struct volume *v, const char *recovery_password);

/*
 * As ntfs_open() on V, decrypting when it is a BitLocker volume that is open; messages name its
 * device. V must outlive the file system. HF_EBITLOCKER with a message when it is locked.
 */
int volume_open(const struct volume *v, enum ntfs_mode mode, struct fs **out);

#endif
