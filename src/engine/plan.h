/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: every object to migrate, where it is and which rule said so. Made by deciding alone, on
 * read-only volumes; gather carries it out, --dry-run and /listfiles print it. Kept compact (names
 * in an arena, directories as a tree) so that a million files fit in a small PC's memory.
 */
#ifndef HOLDFAST_ENGINE_PLAN_H
#define HOLDFAST_ENGINE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "volume/fs.h"

struct rules;
struct machine;
struct machine_volume;
struct object_errors;

struct plan_dir {
	const uint16_t *name; /* NAME_LEN units, as on disk; unused for the volume's root */
	fs_ref ref;
	uint32_t parent;		 /* index; its own index for the root */
	uint32_t first_file, file_count; /* slice of plan.files */
	uint32_t attributes, reparse_tag;
	uint32_t rule; /* winner, or RULES_NONE */
	uint8_t name_len;
	bool selected; /* by a rule, not only as somebody's parent */
	bool needed;   /* selected, or something below it is; unneeded ones are mostly dropped */
};

struct plan_file {
	const uint16_t *name;
	fs_ref ref;
	uint64_t size;
	uint32_t dir;
	uint32_t attributes, reparse_tag;
	uint32_t rule;
	uint8_t name_len;
	bool listed_only; /* cloud placeholder: listed and counted, not linked */
};

/* What becomes of files under EFS (specification 1, /efs), which nobody can decrypt offline. */
enum plan_efs {
	PLAN_EFS_ABORT, /* the default: the run stops */
	PLAN_EFS_SKIP,
	PLAN_EFS_KEEP, /* hardlink and copyraw: as they are, encrypted */
};

/* A folder that another volume is mounted in. */
struct plan_mount {
	char *path;		       /* "C:\Mount", owned */
	struct machine_volume *volume; /* NULL: it is not at hand */
};

/* What one volume contributes. */
struct plan {
	char *root; /* what its root is called: "C:", or "C:\Mount" where it is mounted; owned */
	struct plan_dir *dirs; /* depth first, parents before children; [0] is the root */
	size_t dir_count, dir_cap;
	struct plan_file *files; /* in directory order */
	size_t file_count, file_cap;
	uint64_t bytes;			/* of the files' unnamed data */
	uint64_t needed_dirs;		/* directories that gather makes */
	uint64_t seen_dirs, seen_files; /* objects looked at */
	uint64_t placeholders;
	struct plan_mount *mounts; /* that rules may select something below */
	size_t mount_count, mount_cap;
	struct arena names;
	uint16_t *pool;	  /* rest of the newest block of NAMES */
	size_t pool_left; /* units */
};

/* How a volume is planned; everything must outlive the call. */
struct plan_options {
	const char *root; /* what the volume's root is called */
	const struct rules *rules;
	const char *store_path;	       /* normalised, with ROOT: left out; or NULL */
	const struct machine *machine; /* whose other volumes may be mounted in folders, or NULL */
	enum plan_efs efs;
	struct object_errors *errors;
};

/*
 * Walks the volume FS. Unreadable directories go through object_error(). Progress is reported. Free
 * with plan_free() in any case.
 */
int plan_make(struct plan *plan, struct fs *fs, const struct plan_options *options);
void plan_free(struct plan *plan);

struct str;
/* Appends the full path ("C:\a\b") of directory number DIR. */
int plan_dir_path(const struct plan *plan, uint32_t dir, struct str *path);
/* The same for a file. */
int plan_file_path(const struct plan *plan, const struct plan_file *file, struct str *path);

#endif
