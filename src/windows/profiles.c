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
#include "windows/profiles.h"
#include "windows/sam.h"
#include "windows/sid.h"

#define PROFILE_LIST "Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
#define WINLOGON     "Microsoft\\Windows NT\\CurrentVersion\\Winlogon"

/* Bits of a ProfileList key's State value. */
#define STATE_TEMPORARY 0x800

/* More profiles than this are damage, not users. */
#define PROFILES_MAX 8192

/* What is needed while users are read. */
struct reader {
	struct windows_context *c;
	struct sam sam;
	char *known[3]; /* computer and domain names; NULL where unknown */
	size_t cap;	/* of install->users */
};

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

/* The last component of PATH. */
static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '\\');

	return slash ? slash + 1 : path;
}

/* Fills name, domain and name_is_guess of U, whose sid and profile are known. */
static int name_user(const struct reader *r, struct windows_user *u)
{
	static const struct {
		const char *sid, *name;
	} well_known[] = {{"S-1-5-18", "SYSTEM"},
			  {"S-1-5-19", "LOCAL SERVICE"},
			  {"S-1-5-20", "NETWORK SERVICE"}};
	const char *name = sam_name(&r->sam, u->sid);
	const char *domain = "";

	for (size_t i = 0; i < sizeof(well_known) / sizeof(*well_known); i++)
		if (strcasecmp(u->sid, well_known[i].sid) == 0) {
			name = well_known[i].name;
			domain = "NT AUTHORITY";
		}
	u->name_is_guess = !name;
	u->domain = strdup(domain);
	u->name = name ? strdup(name)
		       : profiles_name_of_folder(last_component(u->profile),
						 (const char *const *)r->known,
						 sizeof(r->known) / sizeof(*r->known));
	return u->domain && u->name ? 0 : HF_ENOMEM;
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

static int classify(const struct reader *r, struct windows_user *u)
{
	struct fs *fs = context_fs_of(r->c, u->profile);
	bool folder;
	int err = has_folder(u, fs, &folder);

	if (err)
		return err;
	if (sid_is_service(u->sid))
		u->kind = WINDOWS_USER_SERVICE;
	else if (!folder)
		u->kind = WINDOWS_USER_STALE;
	else if (u->state & STATE_TEMPORARY)
		u->kind = WINDOWS_USER_TEMPORARY;
	else
		u->kind = WINDOWS_USER_NORMAL;
	if (!fs && u->kind == WINDOWS_USER_NORMAL)
		log_warning("User %s (%s): the profile %s is not on a volume at hand. Connect its "
			    "disk, or name the volume with --volume.",
			    u->name, u->sid, u->profile);
	return 0;
}

/* Opens U's NTUSER.DAT and reads its folders; without it, defaults. */
static int read_user_hive(const struct reader *r, struct windows_user *u)
{
	struct fs *fs = context_fs_of(r->c, u->profile);
	struct hive *hive = NULL;
	struct str path = {0};
	const char *why = "";
	int err = str_addf(&path, "%s\\NTUSER.DAT", u->profile);

	if (err)
		return log_oom();
	if (fs)
		err = hive_open(fs, path.data, &hive, &why);
	if (hive)
		err = context_note_hive(r->c->install, hive, path.data);
	u->has_hive = hive != NULL;
	if (fs && !hive && u->kind == WINDOWS_USER_NORMAL)
		log_warning(
			"%s: the registry hive of user %s cannot be used: %s. The usual folders "
			"are assumed; redirected ones are not known.",
			path.data, u->name, why);
	str_free(&path);
	if (err == HF_ENOMEM) {
		hive_close(hive);
		return log_oom();
	}
	err = folders_of_user(r->c, u, hive);
	hive_close(hive);
	return err;
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

/* The profile path in KEY, or HF_ENOENT after a warning. */
static int read_profile_path(const struct reader *r, hive_key key, const char *name,
			     struct str *out)
{
	struct variable_scope scope = {&r->c->environment, NULL};
	int err =
		folders_read_path(r->c, r->c->software, key, "ProfileImagePath", &scope, name, out);

	if (err == HF_ENOENT)
		log_warning("ProfileList\\%s has no profile path and is left out.", name);
	return err == HF_EINVAL ? HF_ENOENT : err;
}

/* A new entry for SID with PROFILE (taken over). */
static int new_user(struct reader *r, const char *sid, struct str *profile, uint32_t state)
{
	struct windows_install *w = r->c->install;
	struct windows_user *u;
	int err;

	if (array_grow(&w->users, w->user_count, &r->cap))
		return HF_ENOMEM;
	u = &w->users[w->user_count++];
	u->state = state;
	u->profile = str_take(profile);
	u->sid = strdup(sid);
	if (!u->profile || !u->sid)
		return HF_ENOMEM;
	err = name_user(r, u);
	if (!err)
		err = classify(r, u);
	return err ? err : read_user_hive(r, u);
}

/* Adds the user of ProfileList key KEY, called NAME, with SID. */
static int add_user(struct reader *r, hive_key key, const char *name, const char *sid)
{
	struct windows_user *same;
	struct str path = {0};
	uint32_t state = 0;
	int err = read_profile_path(r, key, name, &path);

	if (err) {
		str_free(&path);
		return err == HF_ENOENT ? 0 : err;
	}
	err = hive_dword(r->c->software, key, "State", &state);
	if (err != HF_ENOMEM) {
		/* What Windows sets aside as .bak is the real profile, whatever its state. */
		if (strlen(name) != strlen(sid))
			state &= ~(uint32_t)STATE_TEMPORARY;
		same = find_same(r->c->install, sid, path.data);
		if (!same) {
			err = new_user(r, sid, &path, state);
		} else if (same->state & STATE_TEMPORARY) {
			same->state = state;
			err = classify(r, same);
		} else {
			err = 0;
		}
	}
	str_free(&path);
	return err;
}

/* Adds the users of all ProfileList KEYS. */
static int add_users(struct reader *r, const hive_key *keys, size_t count)
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
static int read_known_names(struct reader *r)
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

static int read_accounts(struct reader *r)
{
	static const char consequence[] = "Local users are named by their profile folders.";
	struct str path = {0};
	struct hive *hive;
	int err = str_addf(&path, "%s\\System32\\config\\SAM", r->c->install->directory);

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
	struct reader r = {.c = c};
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
		warn_of_duplicates(c->install);
	free(keys);
	sam_free(&r.sam);
	for (size_t i = 0; i < sizeof(r.known) / sizeof(*r.known); i++)
		free(r.known[i]);
	return err == HF_ENOMEM ? log_oom() : err;
}
