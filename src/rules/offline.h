/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Offline.xml, the argument of /offline (USMT specification 6.2): where a Windows may be, and which
 * letters its drives have. Only reads the file; knows nothing of disks.
 */
#ifndef HOLDFAST_RULES_OFFLINE_H
#define HOLDFAST_RULES_OFFLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

/* More than a computer has drive letters is a mistake. */
#define OFFLINE_PATHS_MAX    64
#define OFFLINE_MAPPINGS_MAX 26

/* One drive: where it is now, and its letter in the offline Windows. */
struct offline_mapping {
	const char *from; /* "D:", or a device or image file of this system */
	char letter;	  /* 'C' */
};

/* Free with offline_free(). */
struct offline {
	struct arena arena;		      /* owns the texts */
	const char *paths[OFFLINE_PATHS_MAX]; /* winDir/path, in order: "C:\Windows" */
	size_t path_count;
	struct offline_mapping mappings[OFFLINE_MAPPINGS_MAX];
	size_t mapping_count;
	bool fail_on_multiple;
};

/*
 * Reads host file PATH, called NAME in messages. HF_ENOENT, HF_EIO, HF_EINVAL (not well-formed, not
 * an Offline.xml, no winDir, a path or mapping that is none), HF_EUNSUPPORTED (a mapping to a
 * folder), HF_ELIMIT, HF_ENOMEM; the message names file, line and what to write.
 */
int offline_read(const char *path, const char *name, struct offline *out);
void offline_free(struct offline *o);

#endif
