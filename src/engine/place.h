/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store that a path names, in whatever state it is, and the volumes that hold its parts: for
 * what works without a sound catalog. Reads only.
 */
#ifndef HOLDFAST_ENGINE_PLACE_H
#define HOLDFAST_ENGINE_PLACE_H

#include <stddef.h>

struct machine;
struct machine_volume;

struct place {
	struct machine *machine;
	char *path;			 /* of the store on each volume; owned */
	struct machine_volume **volumes; /* that hold it; the one that was named is the first */
	size_t count, cap;
	size_t absent; /* parts on volumes that are not at hand; each was told */
};

/*
 * Finds the store at PATH ("\USMTMIG") of the volume with LETTER, and its parts at the same path of
 * other volumes. HF_ENOENT: there is none; HF_EREFUSED: it is not a store, or part of one whose
 * catalog is on another volume; or what reading returns. Free in any case.
 */
int place_find(struct place *p, struct machine *m, char letter, const char *path);
void place_free(struct place *p);

#endif
