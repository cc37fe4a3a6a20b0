/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What wipe.c (deciding), wipe_profiles.c (is anybody forgotten), wipe_losses.c (is anything),
 * wipe_survey.c (what would go) and wipe_run.c (doing) share.
 */
#ifndef HOLDFAST_ENGINE_WIPE_PRIVATE_H
#define HOLDFAST_ENGINE_WIPE_PRIVATE_H

#include <stdbool.h>

#include "base/mem.h"
#include "engine/parts.h"
#include "engine/wipe.h"
#include "store/tree.h"

struct machine;
struct upcase;

/* Something that stays. */
struct wipe_protected {
	char *path;	    /* "C:\USMTMIG" */
	fs_ref parent, ref; /* where it is; 0 when there is nothing of that name */
	bool is_dir;
};

struct wipe_plan {
	char letter;
	char *store; /* "C:\USMTMIG", or the part of a store there */
	struct catalog *catalog;
	struct parts parts; /* of the store, on all its volumes */
	bool resumes;	    /* an earlier wipe by this store was interrupted */
	bool wiped;	    /* an earlier wipe by this store came to its end */
	struct wipe_protected *items;
	size_t count, cap;
	struct str protected;	  /* their paths, joined by ';' */
	struct ref_set ancestors; /* directories above them: entered, but not deleted */
	uint64_t objects;	  /* that go */
	uint64_t freed;		  /* bytes of clusters that this is expected to free */
};

/* Is the object REF of directory PARENT protected? */
bool wipe_is_protected(const struct wipe_plan *plan, fs_ref parent, fs_ref ref);

/*
 * Every profile on the volume is captured, excluded by an option, or protected. HF_EREFUSED with a
 * message for each that is not.
 */
int wipe_check_profiles(struct machine *m, struct fs *fs, const struct wipe_plan *plan);

/* Lies PATH, which is there, below something protected? */
bool wipe_keeps_path(const struct wipe_plan *plan, const struct upcase *upcase, const char *path);

/*
 * No object that the capture skipped is left on the volume unprotected. HF_EREFUSED with a message
 * for the first of them; only warnings when that is ACCEPTED.
 */
int wipe_check_skipped(struct fs *fs, const struct wipe_plan *plan, bool accepted);

/* No captured profile is a junction or link, whose target the capture did not follow. */
int wipe_check_linked(struct fs *fs, const struct wipe_plan *plan);

/* Windows has not run since the store was made. HF_EREFUSED; only a warning when ACCEPTED. */
int wipe_check_fresh(struct machine *m, const struct wipe_plan *plan, bool accepted);

/*
 * Counts what would go, by top-level objects. HF_EREFUSED with a message when a complete store
 * would go: it may hold the last names of somebody's files.
 */
int wipe_survey(struct fs *fs, struct wipe_plan *plan);

#endif
