// SPDX-License-Identifier: GPL-2.0-or-later
/* Profiles in the new Windows: which are there, and which are to be made. */
#include "engine/profiles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "engine/restore_users.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/fs.h"
#include "windows/hive.h"
#include "windows/hive_write.h"
#include "windows/machine.h"
#include "windows/profile_new.h"
#include "windows/sam_write.h"
#include "windows/sid.h"

#define FOLDER_TRIES 1000 /* Windows goes to .999 */

static const struct windows_install *windows_of(const struct profiles *p)
{
	return p->machine->chosen;
}

static struct fs *system_fs(const struct profiles *p)
{
	return machine_volume(p->machine, windows_of(p)->letter)->fs;
}

const char *profile_defaults(const struct profiles *p)
{
	return windows_variable(windows_of(p), -1, "DEFAULTUSERPROFILE");
}

static int add_hive_path(const struct profiles *p, const char *name, struct str *path)
{
	return str_addf(path, "%s\\System32\\config\\%s", windows_of(p)->directory, name)
		       ? log_oom()
		       : 0;
}

/* Opens SAM for planning, once. HF_EACCES after a message about USER. */
static int open_sam(struct profiles *p, const struct restore_user *user)
{
	struct str path = {0};
	const char *why = "";
	int err;

	if (p->sam)
		return 0;
	err = add_hive_path(p, "SAM", &path);
	if (!err)
		err = hive_write_open(system_fs(p), path.data, &p->sam, &why);
	if (err && err != HF_ENOMEM) {
		log_error("%s: the account database cannot be used: %s. User %s is not restored: "
			  "mend it, or leave the user out with /ue:%s.",
			  path.data, why, user->to_name, user->sid);
		err = HF_EACCES;
	}
	str_free(&path);
	return err;
}

/* The boot key of the new Windows, for passwords. */
static int read_boot_key(struct profiles *p, const char **why)
{
	struct str path = {0};
	struct hive *system = NULL;
	int err = add_hive_path(p, "SYSTEM", &path);

	if (!err)
		err = hive_open(system_fs(p), path.data, &system, why);
	if (!err)
		err = sam_boot_key(system, p->boot_key, why);
	hive_close(system);
	str_free(&path);
	return err;
}

static int refuse_account(const struct restore_user *user, const char *why)
{
	log_error(
		"The local account %s cannot be made in this Windows: %s. Nothing was changed. "
		"Make the account in Windows, or name another one with /mu, or leave the user out "
		"with /ue:%s.",
		user->to_name, why, user->sid);
	return HF_EACCES;
}

/* Makes the account in memory only; its SID is known then. */
static int plan_account(struct profiles *p, const struct restore_user *user, char *sid, size_t size)
{
	const struct profile_options *o = &p->options;
	const struct windows_install *w = windows_of(p);
	struct sam_new a = {.name = user->to_name,
			    .password = o->password,
			    .boot_key = p->boot_key,
			    .enabled = o->enable_accounts};
	const char *why = "";
	int err = 0;

	if (!o->create_accounts) {
		log_error(
			"User %s (%s): there is no local account %s in the Windows on %c:, "
			"computer %s. Make it in Windows, or add /lac, or leave the user out with "
			"/ue:%s.",
			user->name, user->sid, user->to_name, w->letter, w->computer, user->sid);
		return HF_EACCES;
	}
	if (o->password && *o->password)
		err = read_boot_key(p, &why);
	if (!err)
		err = sam_create(p->sam, &a, sid, size, &why);
	if (err == HF_ENOMEM)
		return log_oom();
	return err ? refuse_account(user, *why ? why : hf_strerror(err)) : 0;
}

/* The SID of the local account that USER becomes; *NEW: it is to be made. */
static int local_sid(struct profiles *p, const struct restore_user *user, char *sid, size_t size,
		     bool *new)
{
	int err = open_sam(p, user);

	if (!err)
		err = windows_find_account(hive_write_hive(p->sam), user->to_name, sid, size);
	*new = err == HF_ENOENT;
	if (*new)
		return plan_account(p, user, sid, size);
	if (err == HF_ECORRUPT)
		return refuse_account(user, "its account database is damaged");
	return err == HF_ENOMEM ? log_oom() : err;
}

/* The SID of an account that is not of this computer. */
static int foreign_sid(const struct restore_user *user, char *sid, size_t size)
{
	if (user->mapped_by) {
		log_error("Invalid user mapping: %s: %s\\%s has no profile in this Windows, and no "
			  "domain controller can be asked for its SID. Log on to it once, then "
			  "restore.",
			  user->mapped_by, user->to_domain, user->to_name);
		return HF_EINVAL;
	}
	if (!sid_is_valid(user->sid) || !sid_is_person(user->sid)) {
		log_error("User %s (%s) has no SID that an account could have: no profile can be "
			  "made. Name an account with /mu, or leave the user out with /ue:%s.",
			  user->to_name, user->sid, user->sid);
		return HF_EUNSUPPORTED;
	}
	(void)snprintf(sid, size, "%s", user->sid);
	return 0;
}

/* Is FOLDER an unfinished profile of SID? */
static int is_unfinished(struct fs *fs, const char *folder, const char *sid, bool *out)
{
	struct str path = {0};
	void *data = NULL;
	size_t len;
	fs_ref ref;
	int err = str_addf(&path, "%s\\" PROFILE_UNFINISHED, folder) ? log_oom() : 0;

	*out = false;
	if (!err)
		err = fs_resolve(fs, path.data, &ref);
	if (!err)
		err = fs_read_file(fs, ref, 1024, &data, &len);
	if (!err)
		*out = len == strlen(sid) && !memcmp(data, sid, len);
	free(data);
	str_free(&path);
	return err == HF_ENOENT ? 0 : err;
}

/* May FOLDER become the profile of SID? */
static int is_free(struct profiles *p, const char *folder, const char *sid, bool *out)
{
	fs_ref ref;
	int err;

	*out = false;
	for (size_t i = 0; i < p->count; i++)
		if (!text_casecmp(upcase_basic(), p->list[i].folder, folder))
			return 0;
	err = fs_resolve(system_fs(p), folder, &ref);
	if (!err)
		return is_unfinished(system_fs(p), folder, sid, out);
	*out = err == HF_ENOENT;
	return *out ? 0 : err;
}

/* The folder of a new profile, as Windows would name it: NAME, NAME.DOMAIN, NAME.DOMAIN.000 ... */
static int choose_folder(struct profiles *p, const struct restore_user *user, const char *sid,
			 struct str *out)
{
	const struct windows_install *w = windows_of(p);
	const char *base = windows_variable(w, -1, "PROFILESFOLDER");
	const char *domain = *user->to_domain ? user->to_domain : w->computer;
	bool free_now = false;
	int err = 0;

	if (!base || base[0] != w->letter || strpbrk(user->to_name, "\\/:*?\"<>|") ||
	    strpbrk(domain, "\\/:*?\"<>|")) {
		log_error("User %s (%s): the folder of the new profile cannot be told, or is not "
			  "on %c:. Log on to the account once in Windows, or leave the user out "
			  "with /ue:%s.",
			  user->to_name, sid, w->letter, user->sid);
		return HF_EUNSUPPORTED;
	}
	for (int i = -2; !err && !free_now && i < FOLDER_TRIES; i++) {
		str_truncate(out, 0);
		err = str_addf(out, "%s\\%s", base, user->to_name);
		if (!err && i >= -1)
			err = str_addf(out, ".%s", domain);
		if (!err && i >= 0)
			err = str_addf(out, ".%03d", i);
		err = err ? log_oom() : is_free(p, out->data, sid, &free_now);
	}
	if (!err && !free_now) {
		log_error("User %s: every name of a profile folder in %s is taken.", user->to_name,
			  base);
		err = HF_ELIMIT;
	}
	return err;
}

/* Number of the profile in the new Windows that already is, or will be, of SID; -1: none. */
static int find_profile(const struct windows_install *w, const char *sid, bool *stale)
{
	*stale = false;
	for (size_t i = 0; i < w->user_count; i++) {
		const struct windows_user *u = &w->users[i];

		if (u->unlisted || strcasecmp(u->sid, sid))
			continue;
		if (u->kind == WINDOWS_USER_NORMAL)
			return (int)i;
		*stale = true;
	}
	return -1;
}

static int add_plan(struct profiles *p, const struct restore_user *user, const char *sid,
		    const char *folder, bool account, bool stale)
{
	struct str listed = {0};
	struct profile_plan *plan;
	int err = str_addf(&listed, "%%SystemDrive%%%s", folder + 2);

	if (!err && array_grow(&p->list, p->count, &p->cap))
		err = HF_ENOMEM;
	if (err) {
		str_free(&listed);
		return log_oom();
	}
	plan = &p->list[p->count];
	*plan = (struct profile_plan){
		.sid = arena_strdup(&p->arena, sid),
		.name = arena_strdup(&p->arena, user->to_name),
		.folder = arena_strdup(&p->arena, folder),
		.listed = arena_strdup(&p->arena, listed.data),
		.account = account,
		.stale = stale,
	};
	str_free(&listed);
	if (!plan->sid || !plan->name || !plan->folder || !plan->listed)
		return log_oom();
	p->count++;
	p->accounts += account;
	return profile_measure(p, &p->bytes);
}

/* Plans a profile for the account SID of USER. */
static int plan_profile(struct profiles *p, struct restore_user *user, const char *sid, bool local,
			bool account, bool stale)
{
	struct profile_user as = {
		.sid = sid, .domain = user->to_domain, .name = user->to_name, .is_local = local};
	struct str folder = {0};
	size_t index;
	int err = choose_folder(p, user, sid, &folder);

	if (!err) {
		as.profile = folder.data;
		err = windows_add_user(system_fs(p), p->machine->chosen, &as, profile_defaults(p),
				       &index);
	}
	if (!err)
		err = add_plan(p, user, sid, folder.data, account, stale);
	if (!err)
		user->install_user = (int)index;
	str_free(&folder);
	return err;
}

int profile_ensure(struct profiles *p, struct restore_user *user)
{
	const struct windows_install *w = windows_of(p);
	bool local = !*user->to_domain && (user->local || user->mapped_by), new = false, stale;
	char sid[SID_TEXT_MAX];
	int err;

	if (user->install_user >= 0)
		return 0;
	if (*w->root || !profile_defaults(p)) {
		log_error("User %s (%s) has no profile in this Windows, and none can be made: %s. "
			  "Leave the user out with /ue:%s.",
			  user->to_name, user->sid,
			  *w->root ? "it is not the one on its drive's root"
				   : "its default profile is not known",
			  user->sid);
		return HF_EUNSUPPORTED;
	}
	err = local ? local_sid(p, user, sid, sizeof(sid), &new)
		    : foreign_sid(user, sid, sizeof(sid));
	if (err)
		return err;
	user->install_user = find_profile(w, sid, &stale);
	if (user->install_user < 0)
		err = plan_profile(p, user, sid, local, new, stale);
	if (!err) {
		user->to_sid = w->users[user->install_user].sid;
		user->to_profile = w->users[user->install_user].profile;
	}
	return err;
}

void profiles_planned(struct profiles *p)
{
	const struct profile_options *o = &p->options;

	for (size_t i = 0; i < p->count; i++) {
		const struct profile_plan *plan = &p->list[i];

		if (plan->stale)
			log_warning("ProfileList\\%s in the new Windows names a profile that is "
				    "temporary or not there; the entry is replaced.",
				    plan->sid);
		log_status("To make: %sprofile %s from %s for %s (%s).",
			   !plan->account	? ""
			   : o->enable_accounts ? "a local account, and the "
						: "a local account, disabled, and the ",
			   plan->folder, profile_defaults(p), plan->name, plan->sid);
	}
	if (p->accounts && !(o->password && *o->password))
		log_warning("The accounts that /lac makes have no password.");
	hive_write_close(p->sam);
	p->sam = NULL;
}

void profiles_free(struct profiles *p)
{
	hive_write_close(p->sam);
	free(p->list);
	arena_free(&p->arena);
	*p = (struct profiles){0};
}
