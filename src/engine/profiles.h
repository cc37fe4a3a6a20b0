/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile in the new Windows for each user that is restored (USMT specification 11.4, 11.5), and
 * the local account if that is missing. First all are planned, which writes nothing; then
 * profiles_make() does it:
 *   1  accounts, in one replacement of SAM
 *   2  folders, copied from Default, each with the file PROFILE_UNFINISHED in it
 *   3  ProfileList, in one replacement of SOFTWARE
 *   4  PROFILE_UNFINISHED goes
 * Interrupted anywhere, the same command goes on: an account that is there is used, a folder with
 * PROFILE_UNFINISHED of the same SID is finished.
 */
#ifndef HOLDFAST_ENGINE_PROFILES_H
#define HOLDFAST_ENGINE_PROFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct hive_write;
struct machine;
struct restore_user;

/* Marks a profile's folder that is not finished; holds its SID. */
#define PROFILE_UNFINISHED "holdfast-profile.unfinished"

struct profile_options {
	bool create_accounts; /* /lac */
	const char *password; /* of /lac:PASSWORD; NULL: empty */
	bool enable_accounts; /* /lae */
	bool only_look;	      /* a dry run: say what would be made, make nothing */
};

struct profile_plan {
	const char *sid, *name;
	const char *folder; /* "C:\Users\ann" */
	const char *listed; /* the same as ProfileList says it: "%SystemDrive%\Users\ann" */
	bool account;	    /* make the account too */
	bool stale;	    /* ProfileList has the SID already, without a folder */
};

/* What is to be made. Zero-initialise. */
struct profiles {
	struct machine *machine;
	struct profile_options options;
	struct profile_plan *list;
	size_t count, cap;
	size_t accounts;	/* of LIST, those with an account to be made */
	uint64_t bytes;		/* that the folders may need */
	struct hive_write *sam; /* while planning, with the accounts so far; in memory only */
	uint8_t boot_key[16];
	uint64_t now; /* of profiles_make(): 100 ns since 1601-01-01 UTC */
	struct arena arena;
};

/*
 * Sees to it that USER (selected, after restore_users_find()) has a profile in the chosen Windows
 * of P->machine, and fills its install_user, to_sid and to_profile. P->machine and P->options are
 * set.
 *
 * An existing profile is taken as it is. For an account without one it is planned, from Default. A
 * domain account needs no account database: its SID is kept. A missing local account is planned
 * only by create_accounts.
 *
 * 0; HF_EACCES when a local account is missing and may not, or cannot, be made (USMT's code 14);
 * HF_EINVAL when the account that a mapping names cannot be known here (code 26); HF_EUNSUPPORTED
 * for what cannot be done; each with a message that names the user.
 */
int profile_ensure(struct profiles *p, struct restore_user *user);

/* Says each profile and account that is planned. Planning ends: volumes may be reopened. */
void profiles_planned(struct profiles *p);

/* Makes what was planned; the volume of the chosen Windows is writable. Errors are logged. */
int profiles_make(struct profiles *p);

/* Copies Default into the folder of PLAN (profiles_copy.c). Errors are logged. */
int profile_copy(struct profiles *p, const struct profile_plan *plan);

/* The bytes that a copy of Default may need. Errors are logged. */
int profile_measure(struct profiles *p, uint64_t *bytes);

/* The folder that profiles are made from: "C:\Users\Default"; NULL when it is not known. */
const char *profile_defaults(const struct profiles *p);

void profiles_free(struct profiles *p);

#endif
