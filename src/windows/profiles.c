// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Users from ProfileList.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/fs.h"
#include "windows/folders.h"
#include "windows/links.h"
#include "windows/names.h"
#include "windows/profiles.h"
#include "windows/profiles_private.h"
#include "windows/sid.h"

#define PROFILE_LIST "Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
#define WINLOGON     "Microsoft\\Windows NT\\CurrentVersion\\Winlogon"

/* Bits of a ProfileList key's State value. */
#define STATE_TEMPORARY 0x800

static bool ends_with_number(const char *name, size_t len)
{
	if (len < 5 || name[len - 4] != '.')
		return false;
	for (size_t i = len - 3; i < len; i++)
		if (name[i] < '0' || name[i] > '9')
			return false;
	return true;
}

char *profiles_name_of_folder(const char *folder, const char *const *known, size_t count)
{
	size_t len = strlen(folder);
	char *name;
	char *dot;

	if (ends_with_number(folder, len))
		len -= 4;
	name = strndup(folder, len);
	if (!name)
		return NULL;
	dot = strrchr(name, '.');
	for (size_t i = 0; dot && dot > name && i < count; i++)
		if (known[i] && *known[i] && text_casecmp(upcase_basic(), dot + 1, known[i]) == 0) {
			*dot = '\0';
			break;
		}
	return name;
}

const char *profiles_last_component(const char *path)
{
	const char *slash = strrchr(path, '\\');

	return slash ? slash + 1 : path;
}

/* The name of an account that every Windows has, or NULL. */
static const char *well_known(const char *sid)
{
	static const struct {
		const char *sid, *name;
	} names[] = {{"S-1-5-18", "SYSTEM"},
		     {"S-1-5-19", "LOCAL SERVICE"},
		     {"S-1-5-20", "NETWORK SERVICE"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcasecmp(sid, names[i].sid) == 0)
			return names[i].name;
	return NULL;
}

/* A copy of TEXT, of FALLBACK when it is NULL. */
static char *copy_or(const char *text, const char *fallback)
{
	return strdup(text ? text : fallback);
}

/* Fills the names of U, whose sid and profile are known; HIVE is its own, or NULL. */
static int name_user(const struct profile_reader *r, struct windows_user *u,
		     const struct hive *hive)
{
	const char *local = sam_name(&r->sam, u->sid), *system = well_known(u->sid);
	struct account_name found;
	uint32_t rid;
	int err = names_find(r->c, u->sid, hive, &found);

	if (err)
		return err;
	u->is_local = local || sid_in_domain(u->sid, r->sam.machine_sid, &rid);
	u->name_is_guess = !local && !system && !found.name;
	u->name_from = system ? "Windows" : local ? "SAM" : found.name ? found.from : "folder";
	u->domain = copy_or(system		   ? "NT AUTHORITY"
			    : local		   ? ""
			    : found.domain	   ? found.domain
			    : sid_is_entra(u->sid) ? "AzureAD"
						   : "",
			    "");
	u->upn = copy_or(found.upn, "");
	if (system || local || found.name)
		u->name = copy_or(system ? system : local, found.name ? found.name : "");
	else
		u->name = profiles_name_of_folder(profiles_last_component(u->profile),
						  (const char *const *)r->known,
						  sizeof(r->known) / sizeof(*r->known));
	names_free(&found);
	return u->domain && u->name && u->upn ? 0 : HF_ENOMEM;
}

/* Is there a folder at U's profile path? On a volume that is not at hand this is not known: true.
 */
static int has_folder(const struct windows_user *u, struct fs *fs, bool *out)
{
	struct fs_stat st;
	fs_ref ref;
	int err;

	*out = true;
	if (!fs)
		return 0;
	err = fs_resolve(fs, u->profile, &ref);
	if (err == HF_ENOENT) {
		*out = false;
		return 0;
	}
	if (err)
		return err;
	err = fs_stat(fs, ref, &st);
	if (err)
		return err;
	*out = st.is_dir;
	return 0;
}

/* Sets U's kind. BROKEN: its path leads where nobody can look. */
static int classify(const struct profile_reader *r, struct windows_user *u, bool broken)
{
	bool folder;
	int err = has_folder(u, context_fs_of(r->c, u->profile), &folder);

	if (err)
		return err;
	if (sid_is_service(u->sid))
		u->kind = WINDOWS_USER_SERVICE;
	else if (!folder && !broken)
		u->kind = WINDOWS_USER_STALE;
	else if (u->state & STATE_TEMPORARY)
		u->kind = WINDOWS_USER_TEMPORARY;
	else
		u->kind = WINDOWS_USER_NORMAL;
	return 0;
}

/* Opens U's NTUSER.DAT; *HIVE stays NULL, with *WHY, when it cannot be used. */
static int open_user_hive(const struct profile_reader *r, struct windows_user *u,
			  struct hive **hive, const char **why)
{
	struct fs *fs = context_fs_of(r->c, u->profile);
	struct str path = {0};
	struct fs_stat st;
	fs_ref ref;
	int err = str_addf(&path, "%s\\NTUSER.DAT", u->profile);

	*hive = NULL;
	if (!err && fs) {
		if (!fs_resolve(fs, path.data, &ref) && !fs_stat(fs, ref, &st))
			u->last_used = st.times[FS_TIME_MODIFIED];
		err = hive_open(fs, path.data, hive, why);
	}
	if (*hive)
		err = context_note_hive(r->c->install, *hive, path.data);
	u->has_hive = *hive != NULL;
	str_free(&path);
	return err == HF_ENOMEM ? err : 0;
}

/* Says what is missing of U, a person's profile. */
static void warn_of(const struct profile_reader *r, const struct windows_user *u, bool broken,
		    const char *why)
{
	if (u->kind != WINDOWS_USER_NORMAL)
		return;
	if (broken)
		log_warning("User %s (%s): the profile %s lies behind a junction or link that "
			    "cannot be followed here. Name the volume that it leads to with "
			    "--volume, or move the profile back.",
			    u->name, u->sid, u->profile);
	else if (!context_fs_of(r->c, u->profile))
		log_warning("User %s (%s): the profile %s is not on a volume at hand. Connect its "
			    "disk, or name the volume with --volume.",
			    u->name, u->sid, u->profile);
	else if (!u->has_hive)
		log_warning("%s\\NTUSER.DAT: the registry hive of user %s cannot be used: %s. The "
			    "usual folders are assumed; redirected ones are not known.",
			    u->profile, u->name, why);
}

/* The user with SID and the same profile folder that is listed already, or NULL. */
static struct windows_user *find_same(const struct windows_install *w, const char *sid,
				      const char *profile)
{
	for (size_t i = 0; i < w->user_count; i++)
		if (strcasecmp(w->users[i].sid, sid) == 0 &&
		    text_casecmp(upcase_basic(), w->users[i].profile, profile) == 0)
			return &w->users[i];
	return NULL;
}

/*
 * The profile path in KEY, or HF_ENOENT after a warning. *BROKEN as links_follow() says it of the
 * path, whose links folders_read_path() has followed as far as it could.
 */
static int read_profile_path(const struct profile_reader *r, hive_key key, const char *name,
			     struct str *out, bool *broken)
{
	struct variable_scope scope = {&r->c->environment, NULL};
	int err =
		folders_read_path(r->c, r->c->software, key, "ProfileImagePath", &scope, name, out);

	*broken = false;
	if (!err)
		return links_follow(r->c, out, broken);
	if (err == HF_ENOENT)
		log_warning("ProfileList\\%s has no profile path and is left out.", name);
	return err == HF_EINVAL ? HF_ENOENT : err;
}

int profiles_add(struct profile_reader *r, const struct profile_entry *e, struct str *profile)
{
	struct windows_install *w = r->c->install;
	struct hive *hive = NULL;
	struct windows_user *u;
	const char *why = "";
	int err;

	if (array_grow(&w->users, w->user_count, &r->cap))
		return HF_ENOMEM;
	u = &w->users[w->user_count++];
	u->state = e->state;
	u->unlisted = e->unlisted;
	u->profile = str_take(profile);
	u->sid = strdup(e->sid);
	if (!u->profile || !u->sid)
		return HF_ENOMEM;
	err = classify(r, u, e->broken);
	if (!err)
		err = open_user_hive(r, u, &hive, &why);
	if (!err)
		err = name_user(r, u, hive);
	if (!err) {
		warn_of(r, u, e->broken, why);
		err = folders_of_user(r->c, u, hive);
	}
	hive_close(hive);
	return err;
}

/* Adds the user of ProfileList key KEY, called NAME, with SID. */
static int add_user(struct profile_reader *r, hive_key key, const char *name, const char *sid)
{
	struct profile_entry e = {.sid = sid};
	struct windows_user *same;
	struct str path = {0};
	int err = read_profile_path(r, key, name, &path, &e.broken);

	if (err) {
		str_free(&path);
		return err == HF_ENOENT ? 0 : err;
	}
	err = hive_dword(r->c->software, key, "State", &e.state);
	if (err != HF_ENOMEM) {
		/* What Windows sets aside as .bak is the real profile, whatever its state. */
		if (strlen(name) != strlen(sid))
			e.state &= ~(uint32_t)STATE_TEMPORARY;
		same = find_same(r->c->install, sid, path.data);
		if (!same) {
			err = profiles_add(r, &e, &path);
		} else if (same->state & STATE_TEMPORARY) {
			same->state = e.state;
			err = classify(r, same, e.broken);
		} else {
			err = 0;
		}
	}
	str_free(&path);
	return err;
}

/* Adds the users of all ProfileList KEYS. */
static int add_users(struct profile_reader *r, const hive_key *keys, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		char *name = hive_key_name(r->c->software, keys[i]);
		char shown[512], *sid = name ? strdup(name) : NULL;
		size_t len = name ? strlen(name) : 0;

		if (sid && len > 4 && strcasecmp(sid + len - 4, ".bak") == 0)
			sid[len - 4] = '\0';
		if (!sid)
			err = HF_ENOMEM;
		else if (sid_is_valid(sid))
			err = add_user(r, keys[i], name, sid);
		else
			log_warning("ProfileList\\%s is not named by a SID and is left out.",
				    text_printable(name, shown, sizeof(shown)));
		free(name);
		free(sid);
	}
	return err;
}

/* The two profiles of one SID: said once, since accounts then do not tell them apart. */
static void warn_of_duplicates(const struct windows_install *w)
{
	for (size_t i = 0; i < w->user_count; i++)
		for (size_t k = 0; k < i; k++)
			if (w->users[i].kind == WINDOWS_USER_NORMAL &&
			    w->users[k].kind == WINDOWS_USER_NORMAL &&
			    strcasecmp(w->users[i].sid, w->users[k].sid) == 0)
				log_warning("%s has two profiles: %s and %s; both are kept.",
					    w->users[i].sid, w->users[k].profile,
					    w->users[i].profile);
}

/* Names that Windows may have added to a profile folder's. */
static int read_known_names(struct profile_reader *r)
{
	static const char *const values[] = {"DefaultDomainName", "CachePrimaryDomain"};
	hive_key key;
	int err;

	r->known[0] = strdup(r->c->install->computer);
	if (!r->known[0])
		return HF_ENOMEM;
	if (hive_find(r->c->software, hive_root(r->c->software), WINLOGON, &key))
		return 0;
	for (int i = 0; i < 2; i++) {
		err = hive_text(r->c->software, key, values[i], &r->known[i + 1]);
		if (err == HF_ENOMEM)
			return err;
	}
	return 0;
}

static int read_accounts(struct profile_reader *r)
{
	static const char consequence[] = "Local users are named by their profile folders.";
	struct str path = {0};
	struct hive *hive;
	int err =
		str_addf(&path, "%s\\System32\\config\\SAM", windows_own_directory(r->c->install));

	if (err)
		return err;
	hive = context_open_hive(r->c, r->c->fs, path.data, consequence);
	if (hive) {
		err = sam_read(hive, &r->sam);
		if (err == HF_ECORRUPT) {
			log_warning("%s: the account database is damaged. %s", path.data,
				    consequence);
			err = 0;
		}
		hive_close(hive);
	}
	str_free(&path);
	return err;
}

int profiles_read(struct windows_context *c)
{
	struct profile_reader r = {.c = c};
	hive_key list, *keys = NULL;
	size_t count = 0;
	int err = hive_find(c->software, hive_root(c->software), PROFILE_LIST, &list);

	if (!err)
		err = hive_subkeys(c->software, list, &keys, &count);
	if (!err && count > PROFILES_MAX)
		err = HF_ECORRUPT;
	if (err && err != HF_ENOMEM) {
		free(keys);
		log_error("%s\\System32\\config\\SOFTWARE: the list of user profiles is missing or "
			  "damaged. Nothing can be decided without it; check the disk, or restore "
			  "the hive from a backup.",
			  c->install->directory);
		return HF_ECORRUPT;
	}
	if (!err)
		err = read_known_names(&r);
	if (!err)
		err = read_accounts(&r);
	if (!err)
		err = add_users(&r, keys, count);
	if (!err)
		err = unlisted_read(&r);
	if (!err)
		warn_of_duplicates(c->install);
	free(keys);
	sam_free(&r.sam);
	for (size_t i = 0; i < sizeof(r.known) / sizeof(*r.known); i++)
		free(r.known[i]);
	return err == HF_ENOMEM ? log_oom() : err;
}
