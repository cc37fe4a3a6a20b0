/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where things go when they are restored (USMT specification 4.12, 7.3): folders that the old
 * Windows knew by a variable go to what the new Windows means by it, the longest one first; what
 * lies below none stays where it was. Pure: works on tables of paths only.
 */
#ifndef HOLDFAST_ENGINE_MAPPING_H
#define HOLDFAST_ENGINE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

struct str;
struct upcase;

struct mapping_entry {
	const char *from; /* "C:\Documents and Settings\ann\My Documents" */
	const char *to;	  /* "C:\Users\ann\Documents"; NULL: what is below FROM is left out */
	const char *name; /* variable that says so, for messages */
	int user;	  /* number of the user, -1 the system */
	unsigned rank;	  /* of entries with the same FROM the lowest counts */
};

/* Zero-initialise but for UPCASE, which outlives it. */
struct mapping {
	const struct upcase *upcase;
	struct mapping_entry *entries; /* after mapping_finish() sorted, each FROM once */
	size_t count, cap;
	struct arena arena;
};

/*
 * The rank of variable NAME among those that lead to the same folder, or 0 when NAME names no
 * folder that the restore maps (PATH, HOMEPATH, SYSTEMDRIVE, ...).
 */
unsigned mapping_rank(const char *name);

/*
 * Adds an entry; strings are copied. Paths that are no folder below a drive (network paths, whole
 * drives) are ignored, because nothing can be mapped by them. 0 or HF_ENOMEM (logged).
 */
int mapping_add(struct mapping *m, const char *from, const char *to, const char *name, int user,
		unsigned rank);

/*
 * Makes the table fit for looking up. Where users share a folder that would go to different places
 * it stays where it was, with a warning.
 */
int mapping_finish(struct mapping *m);

/* The entry for exactly the folder PATH, or NULL. */
const struct mapping_entry *mapping_exact(const struct mapping *m, const char *path);

/*
 * Replaces OUT by where PATH (normalised) goes. *BY (may be NULL) is the entry that moved it, or
 * NULL when it stays. HF_EREFUSED (silently) when it is left out, HF_ENOMEM.
 */
int mapping_path(const struct mapping *m, const char *path, struct str *out,
		 const struct mapping_entry **by);

void mapping_free(struct mapping *m);

#endif
