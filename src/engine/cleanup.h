/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * destinationCleanup (USMT specification 0.1, 4.15): deletes what rules say must not survive in the
 * new Windows, before anything is restored.
 */
#ifndef HOLDFAST_ENGINE_CLEANUP_H
#define HOLDFAST_ENGINE_CLEANUP_H

#include <stdbool.h>
#include <stdint.h>

struct machine;
struct object_errors;
struct rules;

struct cleanup {
	struct machine *machine;
	const struct rules *rules; /* of the new Windows */
	const char *store;	   /* "C:\USMTMIG": never touched */
	struct object_errors *errors;
	bool only_look;	  /* count, delete nothing */
	uint64_t deleted; /* files and directories */
};

/*
 * Deletes every file that a rule's pattern matches, and every directory that is matched itself and
 * is empty by then. Each is in the log. A rule with a filter that this version does not know keeps
 * what it matches. 0, or what stopped it.
 */
int cleanup_files(struct cleanup *c);

#endif
