/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture: checks where the store is to lie, plans what each volume contributes, and fills the
 * store: on every NTFS volume a part of it at the same path, and copies of what other volumes
 * contribute on the master, the volume named in StorePath. Deciding (capture_check(),
 * capture_plan(), capture_check_parts()) only reads; the steps from capture_open() on write.
 */
#ifndef HOLDFAST_ENGINE_CAPTURE_H
#define HOLDFAST_ENGINE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/gather.h"
#include "engine/parts.h"
#include "engine/plan.h"
#include "engine/settings.h"

struct catalog;
struct examine;
struct machine;
struct machine_volume;
struct object_errors;
struct rules;
struct str;
struct user_decision;

/* What a capture is to do; everything must outlive it. */
struct capture_options {
	const char *store;	  /* "C:\USMTMIG", normalised */
	const char *command_line; /* for the catalog */
	const char *const *rules; /* rule files as they were named */
	size_t rule_count;
	/* Appends the host path of rule file NAME. 0 or HF_ENOMEM. */
	int (*find_rule_file)(const char *name, struct str *path);
	enum plan_efs efs;
	const char *excluded; /* letters of volumes that are left alone: "DE" */
	bool local_only;      /* /localonly: no removable drives */
	bool overwrite;	      /* /o: replace an older store */
	bool then_wipe; /* also without /o one that was made with this and that nothing relies on */
	bool only_look; /* nothing will be written: what would refuse a capture is a warning */
};

/* What one volume contributes. */
struct capture_part {
	struct machine_volume *volume;
	enum catalog_role role;
	char folder[24]; /* of its tree below File: "C$" */
	char *store;	 /* "C:\USMTMIG", where the store's path is on it */
	struct plan plan;
};

struct capture {
	struct capture_options options;
	struct machine *machine;
	const struct user_decision *decisions; /* one for each user of the chosen installation */
	const struct rules *rules;	       /* compiled; set before capture_plan() */
	struct examine *examine;	       /* what they were compiled for */
	struct object_errors *errors;
	char letter;		    /* of the master, the volume that holds the catalog */
	const char *store_path;	    /* without letter: "\USMTMIG" */
	struct capture_part *parts; /* the master's first */
	size_t part_count, part_cap;
	struct machine_volume **old; /* that hold an older store, or a part of one, to be deleted */
	size_t old_count, old_cap;
	struct settings_plan settings;
	struct gather_result result;
	struct settings_result stored; /* of SETTINGS */
};

/*
 * Is the place of the store fit for one: an NTFS volume that can be opened, with room, and nothing
 * there that is not a store to be replaced? HF_EINVAL or HF_EREFUSED when not, HF_ENOSPC when there
 * is no room; each with a message. Sets letter and store_path.
 */
int capture_check(struct capture *c);

/*
 * Plans every volume that has a letter or is mounted in a folder of one; those that contribute
 * nothing are dropped, except the master; and the settings. A volume that cannot be read goes
 * through object_error(). Returns that, what plan_make() or settings_plan_make() returns, or
 * HF_ENOMEM.
 */
int capture_plan(struct capture *c);

/* Bytes that the names, directories and catalog rows for PLAN take at most (docs/store-format.md).
 */
uint64_t capture_names_bytes(const struct plan *plan);

/* Is there a place and room for the store on each of them? As capture_check(). */
int capture_check_parts(struct capture *c);

/*
 * Reopens all volumes that are written to, or none: what machine_volume_reopen() returns, and not a
 * byte has changed then.
 */
int capture_open(struct capture *c);

/* Deletes an older store at the place with all its parts, if there is one. */
int capture_clear(struct capture *c);

/*
 * The links first, then the proof that they are there, then the catalog that makes it a store.
 * With a message what to do when it fails: the originals are as they were.
 */
int capture_fill(struct capture *c);

/* Releases what the steps made. */
void capture_free(struct capture *c);

#endif
