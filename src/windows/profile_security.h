/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may do what in a new profile: the descriptors of its folder and of what is in it, and the
 * entries for the user in the keys of its hives (USMT specification 11.5). Pure work on bytes and
 * on hives in memory.
 */
#ifndef HOLDFAST_WINDOWS_PROFILE_SECURITY_H
#define HOLDFAST_WINDOWS_PROFILE_SECURITY_H

#include <stddef.h>
#include <stdint.h>

struct hive_write;

#define PROFILE_SECURITY_MAX 512 /* bytes */

enum profile_object {
	PROFILE_ROOT,	   /* the profile's folder: its own list, nothing from above */
	PROFILE_DIRECTORY, /* in it: the list comes from above */
	PROFILE_FILE,
	PROFILE_JUNCTION, /* as a directory, but nobody may list it */
	PROFILE_KEY,	  /* the root of a new registry hive */
};

/*
 * The self-relative descriptor of OBJECT in the profile of SID: everything to SYSTEM,
 * Administrators and the user. Its length, or 0 when SID is none.
 */
size_t profile_security(enum profile_object object, const char *sid,
			uint8_t out[PROFILE_SECURITY_MAX]);

/*
 * Lets SID into each key of W (the user's copy of Default's hive): full control, to read in the
 * keys of policies. Keys that name SID already stay as they are. HF_ECORRUPT for a descriptor that
 * is not valid, HF_EINVAL, HF_ELIMIT, HF_ENOMEM.
 */
int profile_secure_hive(struct hive_write *w, const char *sid);

#endif
