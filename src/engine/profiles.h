/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile in the new Windows for each user that is restored (USMT specification 11.4, 11.5).
 */
#ifndef HOLDFAST_ENGINE_PROFILES_H
#define HOLDFAST_ENGINE_PROFILES_H

#include <stdbool.h>

struct machine;
struct restore_user;

struct profile_options {
	bool create_accounts; /* /lac */
	const char *password; /* of /lac:PASSWORD; NULL: empty */
	bool enable_accounts; /* /lae */
	bool only_look;	      /* a dry run: say what would be made, make nothing */
};

/*
 * Sees to it that USER (selected, after restore_users_find()) has a profile in the chosen Windows
 * of MACHINE, and fills its install_user, to_sid and to_profile.
 *
 * An existing profile is taken as it is. For an account without one it is made from Default: the
 * folder with its hives, the ProfileList entry, descriptors of the folder and the hives for the
 * account's SID. A domain account needs no account database: its SID is kept. A missing local
 * account is made only by create_accounts.
 *
 * 0; HF_EACCES when a local account is missing and create_accounts does not say to make it (USMT's
 * code 14); HF_EINVAL when the account that a mapping names cannot be known here (code 26);
 * HF_EUNSUPPORTED for what this version does not do; each with a message that names the user.
 */
int profile_ensure(struct machine *machine, const struct profile_options *options,
		   struct restore_user *user);

#endif
