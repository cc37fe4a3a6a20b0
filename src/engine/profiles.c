// SPDX-License-Identifier: GPL-2.0-or-later
/* Profiles in the new Windows: the existing ones. */
#include "engine/profiles.h"

#include "engine/restore_users.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/machine.h"

int profile_ensure(struct machine *machine, const struct profile_options *options,
		   struct restore_user *user)
{
	const struct windows_install *w = machine->chosen;
	bool local = !*user->to_domain && (user->local || user->mapped_by);

	if (user->install_user >= 0)
		return 0;
	if (local && !options->create_accounts) {
		log_error("User %s (%s) has no profile in the Windows on %c:, computer %s. Log on "
			  "to the account once in Windows, or add /lac, or leave the user out with "
			  "/ue:%s.",
			  user->to_name, user->sid, w->letter, w->computer, user->sid);
		return HF_EACCES;
	}
	if (!local && user->mapped_by) {
		log_error("Invalid user mapping: %s: %s\\%s has no profile in this Windows, and no "
			  "domain controller can be asked for its SID. Log on to it once, then "
			  "restore.",
			  user->mapped_by, user->to_domain, user->to_name);
		return HF_EINVAL;
	}
	log_error("User %s (%s) has no profile in this Windows, and this version of Holdfast does "
		  "not make profiles%s. Log on to the account once in Windows, or leave the user "
		  "out with /ue:%s.",
		  user->to_name, user->sid, local ? " or accounts" : "", user->sid);
	return HF_EUNSUPPORTED;
}
