/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries out plans: makes the store's directories, links every file into them (or copies it, from
 * a volume that knows no links) and records each in the catalog. Decides nothing. The volumes
 * written to must be open for writing.
 */
#ifndef HOLDFAST_ENGINE_GATHER_H
#define HOLDFAST_ENGINE_GATHER_H

#include <stdint.h>

#include "volume/fs.h"

struct catalog;
struct gathering;
struct object_errors;
struct plan;
struct used_rules;

struct gather_result {
	uint64_t linked, copied, dirs, listed,
		skipped; /* SKIPPED: all of the run's object errors */
	uint64_t bytes;	 /* of the linked files: what stayed in place */
};

/* Where the files of one volume come from and go to. */
struct gather_volume {
	unsigned id;	  /* in the catalog */
	const char *root; /* the tree's folder below File: "C$" */
	struct fs *from;
	struct fs *to;	   /* FROM itself: files are linked; another one: they are copied */
	fs_ref files_root; /* the store's File directory on TO */
	const struct plan *plan;
};

/*
 * Prepares to gather into CATALOG; RULES (may be NULL) records the rules. All must outlive it. NULL
 * when out of memory, with a message.
 */
struct gathering *gather_begin(struct used_rules *rules, struct catalog *catalog,
			       struct object_errors *errors);

/*
 * Gathers one volume. Order: directories before their files, metadata of a directory after its
 * files. A file with 1,023 or more names is copied once, with a log line, and its further names are
 * links to the copy. Copies from another volume are read back and compared. Per-object failures go
 * through the run's errors; a failure that leaves a volume in doubt stops.
 */
int gather_volume(struct gathering *g, const struct gather_volume *volume);

/* What all volumes so far came to; frees G (may be NULL). */
struct gather_result gather_end(struct gathering *g);

#endif
