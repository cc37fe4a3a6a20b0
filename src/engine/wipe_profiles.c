// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is anybody forgotten? Every profile on the volume, whether Windows lists it or not, must be in
 * the store's catalog as captured, be excluded there by an option, or lie below something
 * protected.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/winpath.h"
#include "engine/wipe_private.h"
#include "report/error.h"
#include "report/log.h"
#include "store/catalog.h"
#include "windows/machine.h"

/* Profile folders that belong to no person, below the folder of profiles. */
static const char *const nobodys[] = {"Default", "Default User", "Public", "All Users"};

/* Where profiles are on any Windows, should the hives not say so. */
static const char *const usual_places[] = {"Users", "Documents and Settings"};

struct known_user {
	char *sid, *profile;
	bool captured, excluded;
};

struct profiles {
	struct machine *m;
	struct fs *fs;
	const struct wipe_plan *plan;
	const struct upcase *upcase;
	struct known_user *users; /* from the catalog */
	size_t count, cap;
	struct ref_set places; /* profile folders' parents that were looked at */
	bool only_hives;       /* the place at hand is not one of profiles alone ... */
	bool in_old;	       /* ... but one of the Windows before */
	unsigned forgotten;
};

static int load_user(void *ctx, const struct catalog_user *user)
{
	struct profiles *p = ctx;
	struct known_user *u;

	if (array_grow(&p->users, p->count, &p->cap))
		return log_oom();
	u = &p->users[p->count];
	u->sid = strdup(user->sid);
	u->profile = strdup(user->profile);
	u->captured = user->captured;
	/* Facts ("service profile") excuse nobody here: the hives are asked again. */
	u->excluded = !user->captured && user->reason[0] == '/';
	p->count++;
	return u->sid && u->profile ? 0 : log_oom();
}

static bool same_path(const struct profiles *p, const char *a, const char *b)
{
	return !text_casecmp(p->upcase, a, b);
}

/* Lies PATH, which is there, below something protected? */
static bool is_kept(const struct profiles *p, const char *path)
{
	for (size_t i = 0; i < p->plan->count; i++)
		if (p->plan->items[i].ref &&
		    winpath_is_below(p->upcase, path, p->plan->items[i].path))
			return true;
	return false;
}

/* SID may be NULL for a folder that Windows does not list. */
static bool is_covered(const struct profiles *p, const char *sid, const char *path)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct known_user *u = &p->users[i];

		if (sid && strcasecmp(u->sid, sid))
			continue;
		if (u->excluded && (sid || same_path(p, u->profile, path)))
			return true;
		if (u->captured && same_path(p, u->profile, path))
			return true;
	}
	return is_kept(p, path);
}

static void forgotten(struct profiles *p, const char *path, const char *whose)
{
	p->forgotten++;
	log_error(
		"Volume %c: is not wiped: the profile %s (%s) is neither in the store nor excluded "
		"by an option. Capture again, or protect it with --keep \"%s\".",
		p->plan->letter, path, whose, path);
}

static int check_user(struct profiles *p, const struct windows_user *user)
{
	static const char *const kinds[] = {
		[WINDOWS_USER_SERVICE] = "a service profile",
		[WINDOWS_USER_STALE] = "listed, but without a folder",
	};
	char letter;
	fs_ref ref;
	int err;

	if (!winpath_split(user->profile, &letter, NULL) || letter != p->plan->letter)
		return 0;
	/* A temporary profile may hold what its user saved before anybody noticed. */
	if (user->kind == WINDOWS_USER_SERVICE || user->kind == WINDOWS_USER_STALE) {
		log_info("Profile %s (%s) is %s and does not count.", user->profile, user->sid,
			 kinds[user->kind]);
		return 0;
	}
	err = fs_resolve(p->fs, user->profile, &ref);
	if (err)
		return err == HF_ENOENT ? 0 : err;
	if (!is_covered(p, user->sid, user->profile))
		forgotten(p, user->profile, user->sid);
	return 0;
}

static bool is_nobodys(const struct profiles *p, const char *path)
{
	const struct windows_install *w = p->m->chosen;
	const char *name = strrchr(path, '\\') + 1;
	const char *def = w ? windows_variable(w, -1, "DEFAULTUSERPROFILE") : NULL;

	for (size_t i = 0; i < sizeof(nobodys) / sizeof(*nobodys); i++)
		if (!text_casecmp(p->upcase, name, nobodys[i]))
			return true;
	return def && same_path(p, path, def);
}

static bool is_listed(const struct profiles *p, const char *path)
{
	const struct windows_install *w = p->m->chosen;

	for (size_t i = 0; w && i < w->user_count; i++)
		if (same_path(p, path, w->users[i].profile))
			return true;
	return false;
}

/* Stops at the first entry: a directory is not empty. */
static int is_something(void *ctx, const struct fs_entry *entry)
{
	(void)ctx;
	(void)entry;
	return 1;
}

/* Has the chosen Windows a profile in a folder of the same name, as an upgrade in place leaves it?
 */
static bool has_successor(const struct profiles *p, const char *path)
{
	const struct windows_install *w = p->m->chosen;
	const char *name = strrchr(path, '\\');

	for (size_t i = 0; w && name && i < w->user_count; i++) {
		const char *own = strrchr(w->users[i].profile, '\\');

		if (own && !text_casecmp(p->upcase, own, name))
			return true;
	}
	return false;
}

/* A folder elsewhere is a profile when a user's hive is in it. */
static int has_hive(struct profiles *p, fs_ref dir, const char *path)
{
	fs_ref hive;
	int err = fs_lookup_text(p->fs, dir, "NTUSER.DAT", 10, &hive);

	if (err && err != HF_ENOENT)
		return err;
	if (!err && p->in_old && !has_successor(p, path) && !is_kept(p, path))
		forgotten(p, path,
			  "a user of the Windows before; to capture it use /offlinewinold");
	else if (!err && !p->in_old && !is_covered(p, NULL, path))
		forgotten(p, path, "a profile that Windows does not list");
	return TREE_SKIP;
}

/* A folder below the folder of profiles: a profile that Windows does not list? */
static int folder_visit(void *ctx, struct tree_node *node, const struct str *path)
{
	struct profiles *p = ctx;
	int err;

	if (!node->parent)
		return TREE_ENTER;
	if (!(node->attributes & FS_ATTR_DIRECTORY) || node->is_metadata ||
	    TREE_TAG_IS_SURROGATE(node->reparse_tag) || is_nobodys(p, path->data) ||
	    is_listed(p, path->data))
		return TREE_SKIP;
	/* Among the profiles whatever there is is somebody's, with or without a hive in it. */
	if (p->only_hives)
		return has_hive(p, node->ref, path->data);
	err = fs_readdir(p->fs, node->ref, is_something, NULL);
	if (err < 0)
		return err;
	if (err && !is_covered(p, NULL, path->data))
		forgotten(p, path->data, "a folder among the profiles that Windows does not list");
	return TREE_SKIP;
}

static int folder_trouble(void *ctx, struct tree_node *node, const struct str *path, int error,
			  const char *reason)
{
	(void)ctx;
	(void)node;
	log_error("Cannot look for profiles in %s: %s. The volume is not wiped.", path->data,
		  reason);
	return error;
}

/* Looks at the folder of profiles PLACE ("C:\Users") once. */
static int check_place(struct profiles *p, const char *place)
{
	const struct tree_visitor visitor = {
		.visit = folder_visit, .trouble = folder_trouble, .ctx = p};
	struct fs_stat st;
	char letter;
	fs_ref ref;
	int err;

	if (!winpath_split(place, &letter, NULL) || letter != p->plan->letter || !place[2])
		return 0;
	err = fs_resolve(p->fs, place, &ref);
	if (!err)
		err = fs_stat(p->fs, ref, &st);
	if (err)
		return err == HF_ENOENT ? 0 : err;
	if (!st.is_dir || (st.attributes & FS_ATTR_REPARSE))
		return 0;
	err = ref_set_add(&p->places, ref);
	if (err <= 0)
		return err;
	return tree_walk(p->fs, ref, place, &visitor);
}

static int check_places(struct profiles *p)
{
	const struct windows_install *w = p->m->chosen;
	const char *folder = w ? windows_variable(w, -1, "PROFILESFOLDER") : NULL;
	struct str place = {0};
	int err = folder ? check_place(p, folder) : 0;

	for (size_t i = 0; i < sizeof(usual_places) / sizeof(*usual_places) && !err; i++) {
		str_truncate(&place, 0);
		err = str_addf(&place, "%c:\\%s", p->plan->letter, usual_places[i]) ? log_oom() : 0;
		if (!err)
			err = check_place(p, place.data);
	}
	for (size_t i = 0; w && i < w->user_count && !err; i++) {
		const char *profile = w->users[i].profile, *end = strrchr(profile, '\\');

		/* Service profiles are in system folders, which are not places of people's. */
		if (!end || w->users[i].kind != WINDOWS_USER_NORMAL)
			continue;
		str_truncate(&place, 0);
		err = str_add(&place, profile, (size_t)(end - profile)) ? log_oom() : 0;
		p->only_hives = true;
		if (!err)
			err = check_place(p, place.data);
	}
	str_free(&place);
	return err;
}

/*
 * Older installations on the volume go: said, not refused, as Windows itself deletes them later.
 * But who has no profile in the Windows that took the place has all his work there.
 */
static int check_old(struct profiles *p)
{
	struct str place = {0};
	int err = 0;

	p->only_hives = p->in_old = true;
	for (size_t i = 0; i < p->m->install_count && !err; i++) {
		const struct windows_install *w = &p->m->installs[i];

		if (!w->is_old || w == p->m->chosen || !w->root ||
		    &p->m->volumes[w->volume] != machine_volume(p->m, p->plan->letter))
			continue;
		log_warning("Volume %c: also holds %s in %s: it is wiped too, with its profiles.",
			    p->plan->letter, w->product, w->directory);
		for (size_t k = 0; k < sizeof(usual_places) / sizeof(*usual_places) && !err; k++) {
			str_truncate(&place, 0);
			err = str_addf(&place, "%c:%s\\%s", p->plan->letter, w->root,
				       usual_places[k])
				      ? log_oom()
				      : 0;
			if (!err)
				err = check_place(p, place.data);
		}
	}
	str_free(&place);
	return err;
}

/* A second Windows that is nobody's backup: its users were not even asked about. */
static int check_others(const struct profiles *p)
{
	struct str path = {0};

	for (size_t i = 0; i < p->m->install_count; i++) {
		const struct windows_install *w = &p->m->installs[i];
		bool kept;

		if (w == p->m->chosen || w->is_old ||
		    &p->m->volumes[w->volume] != machine_volume(p->m, p->plan->letter))
			continue;
		if (str_addf(&path, "%c:%s", p->plan->letter, w->directory))
			return log_oom();
		kept = is_kept(p, path.data);
		str_free(&path);
		if (kept)
			continue;
		log_error("Volume %c: is not wiped: it holds a second Windows in %s whose profiles "
			  "were not captured. Protect it with --keep, or delete it first.",
			  p->plan->letter, w->directory);
		return HF_EREFUSED;
	}
	return 0;
}

int wipe_check_profiles(struct machine *m, struct fs *fs, const struct wipe_plan *plan)
{
	struct profiles p = {.m = m, .fs = fs, .plan = plan, .upcase = fs_upcase(fs)};
	const struct windows_install *w = m->chosen;
	int err = catalog_users(plan->catalog, load_user, &p);

	for (size_t i = 0; w && i < w->user_count && !err; i++)
		err = check_user(&p, &w->users[i]);
	if (!err)
		err = check_places(&p);
	if (!err)
		err = check_others(&p);
	if (!err)
		err = check_old(&p);
	if (!err && p.forgotten)
		err = HF_EREFUSED;
	for (size_t i = 0; i < p.count; i++) {
		free(p.users[i].sid);
		free(p.users[i].profile);
	}
	free(p.users);
	ref_set_free(&p.places);
	return err;
}
