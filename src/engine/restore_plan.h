/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan of a restore: for each directory and file of a catalog the place where it goes. Pure:
 * reads the catalog only. Apply carries it out, --dry-run prints it, restore_verify() compares the
 * result with it. Kept compact, as a capture's plan is.
 */
#ifndef HOLDFAST_ENGINE_RESTORE_PLAN_H
#define HOLDFAST_ENGINE_RESTORE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "store/catalog.h"
#include "volume/fs.h"

struct mapping;
struct restore_rules;
struct upcase;

#define RESTORE_NONE UINT32_MAX

/* A directory of the store. */
struct restore_dir {
	const char *name, *path; /* PATH: where it was, "C:\Users\ann" */
	uint32_t parent;	 /* index; its own for a volume's root */
	uint32_t place;		 /* where what is in it goes, or RESTORE_NONE: left out */
	fs_ref stored;
	uint32_t attributes, reparse_tag;
	bool selected; /* by a rule: made also when it stays empty */
};

/* A directory of the new Windows that something goes into, or that is above one. */
struct restore_place {
	const char *path; /* "C:\Users\ann\Documents"; "C:" for a root */
	uint32_t parent;  /* index, less than this one's; its own for a root */
	uint32_t source;  /* directory whose metadata it gets when it is made, or RESTORE_NONE */
	uint32_t first_file, file_count; /* slice of order */
	bool needed;			 /* something goes into it, or it was selected itself */
};

/* What became of a file; apply fills it, verify compares with it. */
enum restore_outcome {
	RESTORE_PENDING,
	RESTORE_IN_PLACE, /* was there from an earlier run */
	RESTORE_LINKED,
	RESTORE_COPIED,	    /* across volumes, or changed by a rule */
	RESTORE_SAME,	    /* an equal file was there: nothing to do */
	RESTORE_KEPT_OTHER, /* a merge rule preferred the destination's */
	RESTORE_BY_RULE,    /* a filter says not to restore it */
	RESTORE_NO_DATA,    /* a cloud placeholder: the store holds none */
	RESTORE_FAILED,	    /* one of the run's object errors */
	RESTORE_OUTCOMES,
};

struct restore_file {
	const char *name;
	const char *to_name; /* in its place; differs after a rule or a collision */
	uint64_t size;
	fs_ref stored;
	uint32_t dir, place; /* PLACE is RESTORE_NONE when left out */
	uint32_t attributes;
	int64_t rule; /* in the catalog */
	uint8_t how, outcome;
};

struct restore_plan {
	struct restore_dir *dirs;
	size_t dir_count, dir_cap;
	struct restore_place *places;
	size_t place_count, place_cap;
	struct restore_file *files;
	size_t file_count, file_cap;
	uint32_t *order; /* file numbers by place */
	size_t ordered;
	uint64_t held_back;		      /* files that a filter keeps from being restored */
	uint64_t bytes;			      /* of the files that go somewhere */
	uint64_t left_out_files, moved_files; /* MOVED: not to where they were */
	const struct upcase *upcase;
	struct arena arena;
	uint32_t *slots; /* places by path */
	size_t slot_count;
	uint16_t *scratch;
};

/* What the plan is made for; everything outlives it. */
struct restore_target {
	const struct mapping *mapping;
	struct restore_rules *rules; /* or NULL: none */
	const struct upcase *upcase;
	const char *store;  /* "C:\USMTMIG": nothing may go there */
	char system_letter; /* for drives that the new Windows has not (4.12) */
	bool drives[26];    /* those that it has */
};

/*
 * Plans CATALOG for TARGET. HF_EREFUSED when something would go into the store, HF_ELIMIT,
 * HF_ENOMEM or a reading error, each with a message. Free in any case.
 */
int restore_plan_make(struct restore_plan *plan, struct catalog *catalog,
		      const struct restore_target *target);
void restore_plan_free(struct restore_plan *plan);

struct str;
/* Replaces PATH by where FILE was, or where it goes. 0 or HF_ENOMEM (logged). */
int restore_file_source(const struct restore_plan *plan, const struct restore_file *file,
			struct str *path);
int restore_file_target(const struct restore_plan *plan, const struct restore_file *file,
			struct str *path);

#endif
