/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What profiles.c (ProfileList) and unlisted.c (folders that it does not name) share. Used by them
 * only.
 */
#ifndef HOLDFAST_WINDOWS_PROFILES_PRIVATE_H
#define HOLDFAST_WINDOWS_PROFILES_PRIVATE_H

#include "windows/context.h"
#include "windows/sam.h"

/* More profiles than this are damage, not users. */
#define PROFILES_MAX 8192

/* What is needed while users are read. */
struct profile_reader {
	struct windows_context *c;
	struct sam sam;
	char *known[3]; /* computer and domain names; NULL where unknown */
	size_t cap;	/* of install->users */
};

struct profile_entry {
	const char *sid;
	uint32_t state; /* ProfileList State value */
	bool broken;	/* its path leads through a link that cannot be followed */
	bool unlisted;
};

/* Adds the user of entry E with PROFILE (taken over). 0, HF_ENOMEM, or why it cannot be read. */
int profiles_add(struct profile_reader *r, const struct profile_entry *e, struct str *profile);

/* The last component of PATH. */
const char *profiles_last_component(const char *path);

/* Adds the profiles that ProfileList does not name. As profiles_add(). */
int unlisted_read(struct profile_reader *r);

#endif
