// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Profiles that ProfileList does not name: folders beside listed ones that hold a user's hive.
 * Somebody deleted the key, or an old profile was set aside; the work in it is somebody's all the
 * same (USMT specification 11.2: never drop a profile).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/fs.h"
#include "windows/links.h"
#include "windows/profiles_private.h"
#include "windows/sid.h"

/* Folders of profiles that are looked into. */
#define PLACES_MAX 64

/* Profile folders that belong to nobody, whatever the hives say. */
static const char *const nobodys[] = {"Default",   "Default User", "Public",
				      "All Users", "LocalService", "NetworkService"};

struct place {
	struct fs *fs;
	fs_ref ref;
	char *path; /* "C:\Users" */
};

struct search {
	struct profile_reader *r;
	struct place places[PLACES_MAX];
	size_t place_count;
	struct place *at; /* that is being read */
	char **found;	  /* paths of folders to add */
	size_t found_count, found_cap;
};

/* Notes the folder PATH (LEN bytes of it) of profiles, if it is there and not noted yet. */
static int add_place(struct search *s, const char *path, size_t len)
{
	struct place p = {0};
	struct str text = {0};
	struct fs_stat st;
	bool broken;
	int err = str_add(&text, path, len);

	if (!err)
		err = links_follow(s->r->c, &text, &broken);
	p.path = err ? NULL : str_take(&text);
	str_free(&text);
	if (!p.path)
		return HF_ENOMEM;
	p.fs = context_fs_of(s->r->c, p.path);
	if (s->place_count == PLACES_MAX || !winpath_split(p.path, NULL, NULL) || !p.path[2] ||
	    !p.fs || fs_resolve(p.fs, p.path, &p.ref) || fs_stat(p.fs, p.ref, &st) || !st.is_dir) {
		free(p.path);
		return 0;
	}
	for (size_t i = 0; i < s->place_count; i++)
		if (s->places[i].fs == p.fs && s->places[i].ref == p.ref) {
			free(p.path);
			return 0;
		}
	s->places[s->place_count++] = p;
	return 0;
}

/* Where profiles are: ProfilesDirectory, and beside every person's profile. */
static int find_places(struct search *s)
{
	const struct windows_install *w = s->r->c->install;
	const char *folder = variables_get(&s->r->c->variables, "PROFILESFOLDER");
	int err = folder ? add_place(s, folder, strlen(folder)) : 0;

	for (size_t i = 0; i < w->user_count && !err; i++) {
		const char *end = strrchr(w->users[i].profile, '\\');

		if (end && w->users[i].kind == WINDOWS_USER_NORMAL)
			err = add_place(s, w->users[i].profile,
					(size_t)(end - w->users[i].profile));
	}
	return err;
}

static bool is_known(const struct search *s, const char *path)
{
	const struct windows_install *w = s->r->c->install;
	const char *name = profiles_last_component(path);
	const char *fallback = variables_get(&s->r->c->variables, "DEFAULTUSERPROFILE");

	for (size_t i = 0; i < sizeof(nobodys) / sizeof(*nobodys); i++)
		if (!text_casecmp(upcase_basic(), name, nobodys[i]))
			return true;
	for (size_t i = 0; i < w->user_count; i++)
		if (!text_casecmp(upcase_basic(), path, w->users[i].profile))
			return true;
	return fallback && !text_casecmp(upcase_basic(), path, fallback);
}

static int see_folder(void *ctx, const struct fs_entry *e)
{
	struct search *s = ctx;
	char name[NAME_WTF8_MAX];
	struct str path = {0};
	fs_ref hive;
	int err;

	if (!(e->attributes & FS_ATTR_DIRECTORY) || (e->attributes & FS_ATTR_REPARSE) ||
	    e->is_metadata || text_from_utf16(e->name, e->name_len, name, sizeof(name)) < 0)
		return 0;
	if (fs_lookup_text(s->at->fs, e->ref, "NTUSER.DAT", 10, &hive))
		return 0;
	err = str_addf(&path, "%s\\%s", s->at->path, name);
	if (!err && !is_known(s, path.data)) {
		err = array_grow(&s->found, s->found_count, &s->found_cap);
		if (!err && s->r->c->install->user_count + s->found_count >= PROFILES_MAX)
			err = HF_ELIMIT;
		if (!err)
			s->found[s->found_count++] = str_take(&path);
		if (!err && !s->found[s->found_count - 1])
			err = HF_ENOMEM;
	}
	str_free(&path);
	return err;
}

/* Whose the hive in the folder PATH of FS is: Windows lets its user into its root key. */
static bool owner_of_hive(struct fs *fs, const char *path, char sid[SID_TEXT_MAX])
{
	struct hive_key_info info = {0};
	struct hive *hive = NULL;
	struct str file = {0};
	const char *why;
	bool found = false;

	if (!str_addf(&file, "%s\\NTUSER.DAT", path) && !hive_open(fs, file.data, &hive, &why)) {
		hive_key_info(hive, hive_root(hive), &info);
		found = info.security && sid_of_person(info.security, info.security_len, sid);
	}
	hive_close(hive);
	str_free(&file);
	return found;
}

/* Whose the folder PATH is, as security tells; "unknown-FOLDER" when that is nobody. */
static void owner_of(const struct search *s, const char *path, char sid[SID_TEXT_MAX])
{
	struct fs *fs = context_fs_of(s->r->c, path);
	uint8_t *sd = NULL;
	bool found = false;
	size_t len = 0;
	fs_ref ref;

	if (fs && !fs_resolve(fs, path, &ref) && !fs_security(fs, ref, &sd, &len))
		found = sid_of_person(sd, len, sid);
	free(sd);
	if (!found && !(fs && owner_of_hive(fs, path, sid)))
		(void)snprintf(sid, SID_TEXT_MAX, "unknown-%s", profiles_last_component(path));
}

/* Adds the folder PATH as a profile. */
static int add_folder(struct search *s, const char *path)
{
	char sid[SID_TEXT_MAX], shown[512];
	struct profile_entry e = {.sid = sid, .unlisted = true};
	struct str profile = {0};
	int err = str_adds(&profile, path);

	owner_of(s, path, sid);
	if (!err)
		log_warning("%s is a profile that Windows does not list any more (%s, by its "
			    "security). It is treated as this user's; leave it out with "
			    "/ue:%s if it is not wanted.",
			    text_printable(path, shown, sizeof(shown)), sid, sid);
	if (!err)
		err = profiles_add(s->r, &e, &profile);
	str_free(&profile);
	return err;
}

int unlisted_read(struct profile_reader *r)
{
	struct search s = {.r = r};
	int err = find_places(&s);

	for (size_t i = 0; i < s.place_count && !err; i++) {
		s.at = &s.places[i];
		err = fs_readdir(s.at->fs, s.at->ref, see_folder, &s);
		if (err == HF_ELIMIT)
			log_error("%s holds more profiles than a computer can have: it is damaged.",
				  s.at->path);
	}
	for (size_t i = 0; i < s.found_count && !err; i++)
		err = add_folder(&s, s.found[i]);
	for (size_t i = 0; i < s.found_count; i++)
		free(s.found[i]);
	for (size_t i = 0; i < s.place_count; i++)
		free(s.places[i].path);
	free(s.found);
	return err;
}
