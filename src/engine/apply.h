/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries out the plan of a restore (USMT specification 4.12 to 4.14, 10.1): makes the directories
 * that are missing, links every file of the store to its place, copies it where that is on another
 * volume. Decides only what can be known no sooner than at the place: what to do when a name is
 * taken. Running it again after an interruption finishes the work: what is in place already is
 * recognised by its record.
 */
#ifndef HOLDFAST_ENGINE_APPLY_H
#define HOLDFAST_ENGINE_APPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/restore_plan.h"

struct machine;
struct object_errors;
struct security_map;

struct restore_result {
	uint64_t files[RESTORE_OUTCOMES]; /* by outcome; those left out by the plan are not in */
	uint64_t dirs_made, dirs_there;
	uint64_t renamed; /* of the files: their own name was taken */
};

/* A restore; everything outlives it. */
struct restore_run {
	struct machine *machine; /* its volumes that the plan names are open for writing */
	struct restore_plan *plan;
	const struct restore_target *target;
	struct fs *store; /* file system that the store lies on */
	struct object_errors *errors;
	const struct security_map *sids; /* of users that have another one now; or NULL */
	/*
	 * When the first run of this restore began (100 ns since 1601-01-01 UTC): a directory made
	 * since then was made by it.
	 */
	uint64_t started;
	struct restore_result *result;
};

/*
 * Fills outcome and to_name of the plan's files, and RESULT. Per-object trouble goes through
 * ERRORS; what leaves a volume in doubt stops. The volumes are synced when it returns 0.
 */
int restore_apply(struct restore_run *run);

#endif
