/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The examined computer: its volumes opened read-only, the Windows installations on them found by
 * their hives, the drive letters those use, and the one installation the command is about. Owns the
 * open file systems. Never writes; machine_reopen_writable() only opens for the engine.
 */
#ifndef HOLDFAST_WINDOWS_MACHINE_H
#define HOLDFAST_WINDOWS_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "volume/disk.h"
#include "volume/fs.h"
#include "windows/install.h"

/* A drive of which Offline.xml says the letter (USMT specification 6.2). */
struct machine_mapping {
	const char *from; /* "D:" as it would be called here, or a device or image file */
	char letter;	  /* in the offline Windows */
};

/* How to tell which Windows is meant; everything may be NULL or empty. */
struct machine_options {
	const struct volume_arg *volumes; /* --volume, repeated */
	size_t volume_count;
	const char *disk_serial;    /* --disk-serial: serial number of its disk */
	const char *volume_label;   /* --volume-label: file system label of its volume */
	const char *bitlocker_keys; /* --bitlocker-keys: file or directory, see volume_unlock() */
	const char
		*windows_dir; /* --windows or /offlinewindir: "C:\Windows", "\Windows", "Windows" */
	/* /offline: several directories, of which the first that holds a Windows is meant ... */
	const char *const *windows_dirs;
	size_t windows_dir_count;
	bool fail_on_multiple; /* ... unless more than one of them does */
	const struct machine_mapping *mappings;
	size_t mapping_count;
	bool ignore_dirty_flag; /* machine_reopen_writable() opens NTFS_WRITE_DIRTY */
	unsigned bits;		/* MIG_OFFLINE_PLATFORM_ARCH: 32 or 64; 0: as the hives say */
};

/* A volume as Windows sees it. */
struct machine_volume {
	struct volume *volume; /* in machine.disks */
	struct fs *fs;	       /* NULL when it could not be opened or is not NTFS, see
				  machine_open_others() */
	struct fs *view;       /* of Windows.old, when the chosen Windows lies there; else NULL */
	char letter;	       /* in the chosen Windows; 0 none */
};

struct machine {
	struct disks *disks;
	struct machine_volume *volumes; /* one for each of disks->volumes, same order */
	size_t volume_count;
	struct windows_install *installs;
	size_t install_count;
	struct windows_install *chosen; /* NULL before machine_choose() */
};

/*
 * Scans disks, opens every NTFS volume read-only and finds installations. Volumes that cannot be
 * opened are reported and left closed. Returns 0 also when no Windows was found. Free with
 * machine_close().
 */
int machine_open(const struct machine_options *options, struct machine **out);

/*
 * Picks the installation that OPTIONS mean and assigns the drive letters of its MountedDevices to
 * all volumes; its own volume becomes C: when that does not resolve (a letter given by --volume
 * always wins). Then reads its users (install->users). HF_ENOENT: none found; HF_EAMBIGUOUS:
 * several fit, with a message listing each with disk serial, label, directory and how to choose.
 * HF_EBITLOCKER: the one that is meant may be on a locked BitLocker volume.
 * One Windows.old beside a current Windows is not a candidate unless windows_dir names it.
 * HF_EINVAL: a mapping names no volume.
 */
int machine_choose(struct machine *m, const struct machine_options *options);

/*
 * After machine_choose(): opens the volumes that have a letter and that the kernel mounts for us
 * (FAT, exFAT; directories given by hand), for reading only. What cannot be opened stays closed,
 * with a warning. 0 or HF_ENOMEM.
 */
int machine_open_others(struct machine *m);
/* The same for one volume; 0 also when it stays closed. */
int machine_open_other(struct machine_volume *mv);

/* Is V's file system NTFS, so that hard links can be made on it? */
bool machine_is_ntfs(const struct machine_volume *v);

/*
 * The volume that a junction (raw reparse point) to \??\Volume{GUID}\ mounts in its folder: *OUT is
 * NULL when that is not at hand. HF_ENOENT when it is another kind of junction.
 */
int machine_mounted_volume(const struct machine *m, const uint8_t *junction, size_t len,
			   struct machine_volume **out);

/* The volume with LETTER (upper case), or NULL. */
struct machine_volume *machine_volume(struct machine *m, char letter);

/*
 * Where the paths that begin with LETTER in the chosen Windows lead: its volume, or a view of the
 * Windows.old folder that holds what was the root of its drive (USMT specification 6.1). Rules, the
 * plan and the store speak of C:\Users\ann whatever the place on the disk is. NULL when there is no
 * such volume or it is not open. Reads only; what it finds is linked through machine_volume()->fs,
 * whose references are the same.
 */
struct fs *machine_files(struct machine *m, char letter);

/*
 * Closes LETTER's read-only file system and opens it for writing; on failure (hibernated, unclean,
 * dirty, busy, ...) it is opened read-only again and the error returned.
 */
int machine_reopen_writable(struct machine *m, char letter);
/* The same for a volume that may have no letter. */
int machine_volume_reopen(struct machine *m, struct machine_volume *mv);
/* Back to reading only. 0 or what opening returns; the volume is closed then. */
int machine_volume_look(struct machine *m, struct machine_volume *mv);

/* Closes everything; accepts NULL. Returns 0 or the first error of closing a file system. */
int machine_close(struct machine *m);

#endif
