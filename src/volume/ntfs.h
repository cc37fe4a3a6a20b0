/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NTFS through libntfs-3g in this process. Opening for writing refuses what must not be written:
 * hibernated, fast start-up, unclean journal, dirty flag; nothing is ever repaired, replayed or
 * cleared on the way (no NTFS_MNT_RECOVER, no hiberfil.sys removal).
 */
#ifndef HOLDFAST_VOLUME_NTFS_H
#define HOLDFAST_VOLUME_NTFS_H

#include <stdbool.h>
#include <stdint.h>

struct fs;

enum ntfs_mode {
	NTFS_LOOK,
	NTFS_WRITE,
	/* As NTFS_WRITE, on a volume whose dirty flag is on too, when check_volume() finds no error
	   there; the flag stays on. */
	NTFS_WRITE_DIRTY,
};

/*
 * Opens the NTFS volume that starts OFFSET bytes into PATH (a block device or image file; SIZE
 * bytes long, 0: to its end). NTFS_LOOK never writes a byte and accepts hibernated and unclean
 * volumes (their newest data may be missing). Returns 0 and a file system to be closed with
 * fs_close(), or HF_EHIBERNATED, HF_EUNCLEAN, HF_EBUSY, HF_ENOTNTFS, HF_EBITLOCKER, HF_ECORRUPT,
 * HF_EIO, HF_EACCES, with a message that names NAME (what the user calls the volume) and says what
 * to do.
 */
int ntfs_open(const char *path, uint64_t offset, uint64_t size, const char *name,
	      enum ntfs_mode mode, struct fs **out);

/* What stands in the way of writing to an NTFS volume; nothing is written to find out. */
enum ntfs_health {
	NTFS_CLEAN,
	NTFS_DIRTY,	  /* dirty flag set: Windows wants chkdsk */
	NTFS_UNCLEAN,	  /* journal not empty: Windows was not shut down */
	NTFS_HIBERNATED,  /* hiberfil.sys holds a hibernated session or fast start-up */
	NTFS_INTERRUPTED, /* a command of ours was cut short: its journal will be replayed */
	NTFS_UNREADABLE,  /* not mountable: damaged or failing disk */
};

/* Examines without messages; the answer goes to *HEALTH. Returns 0 or a negative error. */
int ntfs_health(const char *path, uint64_t offset, uint64_t size, enum ntfs_health *health);

/* The word for HEALTH in tables and JSON: "clean", "dirty", ...; static storage. */
const char *ntfs_health_name(enum ntfs_health health);

#endif
