/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies files out of a store into a directory of this system, by walking the store's own tree, so
 * that a store whose catalog is damaged gives what it has (USMT specification 3, /extract).
 */
#ifndef HOLDFAST_ENGINE_EXTRACT_H
#define HOLDFAST_ENGINE_EXTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine_volume;
struct object_errors;

struct extract_options {
	const char *destination; /* host directory; made when its parent is there */
	const char *const *include;
	size_t include_count; /* 0: every file */
	const char *const *exclude;
	size_t exclude_count; /* patterns on names; '*' stands for any characters */
	bool overwrite;	      /* files that are there */
};

struct extract_result {
	uint64_t files, bytes; /* copied */
	uint64_t renamed;      /* names that this system cannot hold, each was told */
	uint64_t links;	       /* junctions, links and special files, which are left out */
};

/*
 * Copies below DESTINATION\C$\... what the File folders of the store at PATH of the COUNT volumes
 * hold: data and times; an include match beats an exclude match. Trouble with single objects goes
 * to ERRORS (which must go on after errors) and leaves no half a file. HF_EINVAL: the destination
 * cannot be used; HF_ENOSPC; HF_ECANCELLED; or what reading the tree returns.
 */
int extract_store(struct machine_volume *const *volumes, size_t count, const char *path,
		  const struct extract_options *options, struct object_errors *errors,
		  struct extract_result *result);

#endif
