/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What apply.c (the walk), apply_dir.c (directories) and apply_file.c (files) share. */
#ifndef HOLDFAST_ENGINE_APPLY_PRIVATE_H
#define HOLDFAST_ENGINE_APPLY_PRIVATE_H

#include "engine/apply.h"
#include "engine/listing.h"

/* A place as it is on the disk. */
struct open_place {
	struct fs *fs;
	fs_ref ref;  /* 0: not opened, or it could not be */
	bool made;   /* by this restore: its metadata is set at the end */
	bool empty;  /* made by this very run, so nothing else is in it */
	bool failed; /* the reason was reported */
};

#define OWNERS 256

/* A descriptor of a volume's $Secure, and what it becomes: SD is NULL when it stays. */
struct known_owner {
	struct fs *fs; /* NULL: the slot is free */
	uint32_t id;
	uint8_t *sd;
	size_t len;
};

struct applying {
	struct restore_run *run;
	struct restore_plan *plan;
	struct open_place *open;	   /* one for each place */
	struct listing listing;		   /* of the place at hand */
	struct known_owner owners[OWNERS]; /* by id modulo OWNERS */
	uint8_t *buffers[2];		   /* COPY_PIECE bytes each, for comparing and copying */
	uint64_t done;
};

#define COPY_PIECE ((size_t)1 << 20)

/* After these a volume cannot be told to be as the program believes. */
bool apply_in_doubt(int error);

/* Opens or makes place INDEX; its parent comes first. Per-object trouble is only marked. */
int apply_open_place(struct applying *a, uint32_t index);

/* The same for looking: makes nothing; a place that is not there stays with reference 0. */
int apply_find_place(struct applying *a, uint32_t index);

/* Gives the place INDEX, if it was made, the metadata of its source, after it was filled. */
int apply_finish_place(struct applying *a, uint32_t index);

/* Puts FILE into the place at hand, whose listing is read. */
int apply_file(struct applying *a, struct restore_file *file);

/*
 * 1 when both have the same unnamed data and the same named streams, 0 when not or when that cannot
 * be known, or an error.
 */
int apply_same_content(struct applying *a, struct fs *fs_a, fs_ref ref_a, struct fs *fs_b,
		       fs_ref ref_b);

/*
 * Replaces the SIDs of mapped users in the descriptor of REF. A descriptor that is not valid stays
 * as it is.
 */
int apply_owner(struct applying *a, struct fs *fs, fs_ref ref);

/* Takes and releases what A needs besides run, plan and the listing's table. */
int apply_begin(struct applying *a);
void apply_end(struct applying *a);

/* What becomes of ERROR at PATH (PATH is freed): object_error(), or the end when CHANGING a volume
 * left it in doubt. */
int apply_trouble(struct applying *a, struct str *path, bool changing, int error,
		  const char *reason);

#endif
