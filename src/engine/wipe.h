/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deletes the old Windows around the store, as ConfigMgr's "Apply Operating System" does. Deciding
 * (wipe_plan) and doing (wipe_run) are apart; both say what they do in the words ConfigMgr
 * administrators search logs for.
 */
#ifndef HOLDFAST_ENGINE_WIPE_H
#define HOLDFAST_ENGINE_WIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine;
struct catalog;

struct wipe_options {
	char letter;
	const char *store;	 /* "C:\USMTMIG", or NULL: find the only one */
	const char *const *keep; /* --keep: absolute Windows paths on the volume */
	size_t keep_count;
	bool with_errors; /* also wipe what the capture had to skip */
	bool old_store;	  /* also when Windows has run since the capture */
};

struct wipe_plan; /* what stays and what goes; opaque */

/*
 * Decides, on the read-only volume: the store is complete and every entry checks out; every profile
 * is captured or was excluded by an option; nothing that the capture skipped, no work done since
 * and no other store would go; lists what is protected. HF_EREFUSED or HF_ENOENT with
 * a message when the volume must not be wiped. Prints and logs what would go, in top-level objects
 * with counts and bytes.
 */
int wipe_plan_make(struct machine *m, const struct wipe_options *options, struct wipe_plan **out);

/* The store's path ("C:\USMTMIG") and the protected paths joined by ';' : for the variables file.
 */
const char *wipe_plan_store(const struct wipe_plan *plan);
const char *wipe_plan_protected(const struct wipe_plan *plan);
uint64_t wipe_plan_objects(const struct wipe_plan *plan);

/*
 * Deletes what the plan says, on the volume reopened for writing; children before their directory,
 * protected paths and their parents stay. Then verifies the store once more. Stops at the first
 * error that is not about one object; objects that resist are listed and make the result HF_EACCES.
 * From the first deletion to the end the store says so (store_wipe_state()): the same command then
 * goes on with an interrupted wipe, also when no Windows is left.
 */
int wipe_run(struct machine *m, struct wipe_plan *plan);

/*
 * Was a wipe of the volume begun and not seen through to its end: a store says "wipe started", or
 * "done" while there is no Windows yet? Reads only. What reading returns; UNDER_WAY is false when
 * the volume cannot be read at all.
 */
int wipe_is_under_way(struct machine *m, const struct wipe_options *options, bool *under_way);

void wipe_plan_free(struct wipe_plan *plan);

#endif
