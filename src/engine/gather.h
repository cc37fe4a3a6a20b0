/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries out a plan: makes the store's directories, links every file into them and records each in
 * the catalog. Decides nothing. The volume must be open for writing.
 */
#ifndef HOLDFAST_ENGINE_GATHER_H
#define HOLDFAST_ENGINE_GATHER_H

#include <stdint.h>

#include "volume/fs.h"

struct plan;
struct catalog;
struct object_errors;
struct used_rules;

struct gather_result {
	uint64_t linked, copied, dirs, listed,
		skipped; /* SKIPPED: all of the run's object errors */
	uint64_t bytes;	 /* of the linked files: what stayed in place */
};

/*
 * RULES (may be NULL) records the rules. FILES_ROOT is the store's File directory; the tree goes
 * below "C$" in it. Order: directories before their files, metadata of a directory after its files.
 * A file with 1,023 or more names is copied once, with a log line, and its further names are links
 * to the copy. Per-object failures go through ERRORS; a failure that leaves the volume in doubt
 * stops.
 */
int gather(struct fs *fs, fs_ref files_root, const struct plan *plan, struct used_rules *rules,
	   struct catalog *catalog, struct object_errors *errors, struct gather_result *result);

#endif
