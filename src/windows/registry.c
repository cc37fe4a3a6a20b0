// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Maps the names of the registry to keys in hives.
 */
#include "windows/registry_private.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "report/log.h"

enum root { ROOT_MACHINE, ROOT_CURRENT_USER, ROOT_CLASSES, ROOT_USERS, ROOT_NONE };

/* The root that the first component of PATH names; *REST is what follows, without '\'. */
static enum root root_of(const char *path, const char **rest)
{
	static const struct {
		const char *name;
		enum root root;
	} names[] = {
		{"HKLM", ROOT_MACHINE},	     {"HKEY_LOCAL_MACHINE", ROOT_MACHINE},
		{"HKCU", ROOT_CURRENT_USER}, {"HKEY_CURRENT_USER", ROOT_CURRENT_USER},
		{"HKCR", ROOT_CLASSES},	     {"HKEY_CLASSES_ROOT", ROOT_CLASSES},
		{"HKU", ROOT_USERS},	     {"HKEY_USERS", ROOT_USERS},
	};
	size_t len = strcspn(path, "\\");

	*rest = path + len + strspn(path + len, "\\");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i].name) == len && strncasecmp(path, names[i].name, len) == 0)
			return names[i].root;
	return ROOT_NONE;
}

enum registry_root registry_bare_root(const char *key)
{
	const char *rest;
	enum root root = root_of(key, &rest);

	if (*rest)
		return REGISTRY_KEY;
	return root == ROOT_MACHINE ? REGISTRY_MACHINE
	       : root == ROOT_USERS ? REGISTRY_USERS
				    : REGISTRY_KEY;
}

/* True when the first component of PATH is NAME; *REST is then what follows, without '\'. */
static bool starts_with(const char *path, const char *name, const char **rest)
{
	size_t len = strlen(name);

	if (strncasecmp(path, name, len) != 0 || (path[len] != '\0' && path[len] != '\\'))
		return false;
	*rest = path + len + strspn(path + len, "\\");
	return true;
}

static void add_place(struct places *p, enum hive_id id, int user, const char *prefix,
		      const char *path)
{
	p->items[p->count++] = (struct place){id, user, prefix, path};
}

/* PATH below the HKCU of USER. HF_ENOMEM, or 0. */
static int user_places(struct registry *r, int user, const char *path, struct places *p)
{
	const char *software, *classes;
	struct hive *hive;
	int err;

	if (user < 0)
		return 0;
	if (starts_with(path, "Software", &software) &&
	    starts_with(software, "Classes", &classes)) {
		err = registry_hive(r, OF_CLASSES, user, &hive);
		if (err == HF_ENOMEM)
			return err;
		if (!err) {
			add_place(p, OF_CLASSES, user, "", classes);
			return 0;
		}
	}
	add_place(p, OF_USER, user, "", path);
	return 0;
}

static int machine_places(struct registry *r, const char *path, struct places *p)
{
	const char *rest;

	if (starts_with(path, "Software", &rest)) {
		add_place(p, OF_SOFTWARE, -1, "", rest);
	} else if (starts_with(path, "System", &rest)) {
		add_place(p, OF_SYSTEM, -1, "", rest);
	} else if (starts_with(path, "SAM", &rest) || starts_with(path, "SECURITY", &rest)) {
		if (!r->refused)
			log_warning(
				"HKLM\\SAM and HKLM\\SECURITY hold secrets and are not shown to "
				"rules; a rule that asks for them finds nothing.");
		r->refused = true;
		return HF_EREFUSED;
	}
	return 0;
}

/* Somebody real comes before a temporary profile. */
int registry_user_of_sid(const struct windows_install *w, const char *sid, size_t len)
{
	int found = -1;

	for (size_t i = 0; i < w->user_count; i++) {
		const struct windows_user *u = &w->users[i];

		if (strlen(u->sid) != len || strncasecmp(u->sid, sid, len) != 0)
			continue;
		if (u->kind == WINDOWS_USER_NORMAL)
			return (int)i;
		if (found < 0)
			found = (int)i;
	}
	return found;
}

static int users_places(struct registry *r, const char *path, struct places *p)
{
	static const char suffix[] = "_Classes";
	size_t len = strcspn(path, "\\"), end = sizeof(suffix) - 1;
	const char *rest;
	int user;

	if (starts_with(path, ".DEFAULT", &rest) || starts_with(path, "S-1-5-18", &rest)) {
		add_place(p, OF_DEFAULT, -1, "", rest);
		return 0;
	}
	rest = path + len + strspn(path + len, "\\");
	if (len > end && strncasecmp(path + len - end, suffix, end) == 0) {
		user = registry_user_of_sid(r->install, path, len - end);
		if (user >= 0)
			add_place(p, OF_CLASSES, user, "", rest);
		return 0;
	}
	user = registry_user_of_sid(r->install, path, len);
	return user_places(r, user, rest, p);
}

int registry_find_places(struct registry *r, int user, const char *key, struct places *p)
{
	const char *rest;
	int err = 0;

	p->count = 0;
	switch (root_of(key, &rest)) {
	case ROOT_MACHINE:
		return machine_places(r, rest, p);
	case ROOT_CURRENT_USER:
		return user_places(r, user, rest, p);
	case ROOT_USERS:
		return users_places(r, rest, p);
	case ROOT_CLASSES:
		if (user >= 0) {
			struct hive *hive;

			err = registry_hive(r, OF_CLASSES, user, &hive);
			if (err)
				add_place(p, OF_USER, user, "Software\\Classes", rest);
			else
				add_place(p, OF_CLASSES, user, "", rest);
		}
		add_place(p, OF_SOFTWARE, -1, "Classes", rest);
		return err == HF_ENOMEM ? err : 0;
	case ROOT_NONE:
		break;
	}
	return 0;
}

int registry_find_key(struct registry *r, const struct place *place, struct found *out)
{
	const char *path = place->path;
	int err = registry_hive(r, place->id, place->user, &out->hive);

	if (err)
		return err;
	out->key = hive_root(out->hive);
	if (place->id == OF_SYSTEM && starts_with(path, "CurrentControlSet", &path))
		out->key = r->context.control;
	err = hive_find(out->hive, out->key, place->prefix, &out->key);
	return err ? err : hive_find(out->hive, out->key, path, &out->key);
}

/*
 * Passes ERR on, after a message when there was none: what is damaged was told when the hive was
 * opened. NAME is NULL for a key.
 */
static int report(struct registry *r, const struct place *place, const char *name, int err)
{
	char shown[512], value[512];

	if (err == HF_ENOMEM)
		return log_oom();
	if (err == HF_ELIMIT && name &&
	    registry_first_warning(r, place->id, place->user, WARNED_INSIDE))
		log_warning(
			"%s: value \"%s\" of registry key \"%s%s%s\" is larger than 64 MiB. To "
			"the rules it is not there; further ones in this hive are not reported.",
			r->slots[place->id].path, text_printable(name, value, sizeof(value)),
			place->prefix, *place->prefix ? "\\" : "",
			text_printable(place->path, shown, sizeof(shown)));
	return err;
}

int registry_value(struct registry *r, int user, const char *key, const char *name, uint32_t *type,
		   void **data, size_t *len)
{
	struct places p;
	int err = registry_find_places(r, user, key, &p);

	*data = NULL;
	*len = 0;
	if (err)
		return err;
	err = HF_ENOENT;
	for (size_t i = 0; i < p.count && err == HF_ENOENT; i++) {
		struct found f;
		uint8_t *bytes = NULL;

		err = registry_find_key(r, &p.items[i], &f);
		if (!err)
			err = hive_bytes(f.hive, f.key, name, type, &bytes, len);
		err = report(r, &p.items[i], name, err);
		if (!err)
			*data = bytes;
	}
	return err;
}

/* Names that were visited, sorted once they are all there. */
struct names {
	char **items;
	size_t count;
	size_t cap;
};

static int compare_names(const void *a, const void *b)
{
	return text_casecmp(upcase_basic(), *(const char *const *)a, *(const char *const *)b);
}

static bool has_name(const struct names *n, const char *name)
{
	return n->count > 0 &&
	       bsearch(&name, n->items, n->count, sizeof(*n->items), compare_names) != NULL;
}

static int add_name(void *ctx, const char *name)
{
	struct names *n = ctx;

	if (array_grow(&n->items, n->count, &n->cap))
		return HF_ENOMEM;
	n->items[n->count] = strdup(name);
	if (!n->items[n->count])
		return HF_ENOMEM;
	n->count++;
	return 0;
}

static void free_names(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->items[i]);
	free(n->items);
	memset(n, 0, sizeof(*n));
}

/* The names of the subkeys of F's key. */
static int subkey_names(const struct found *f, struct names *out)
{
	hive_key *keys;
	size_t count;
	int err = hive_subkeys(f->hive, f->key, &keys, &count);

	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++) {
		char *name = hive_key_name(f->hive, keys[i]);

		err = name ? add_name(out, name) : HF_ENOMEM;
		free(name);
	}
	free(keys);
	return err;
}

/* Adds the names in place P to OUT: of subkeys, or of values. HF_ENOENT: no such key. */
static int names_of(struct registry *r, const struct place *p, bool values, struct names *out)
{
	struct found f;
	int err = registry_find_key(r, p, &f);

	if (!err)
		err = values ? hive_value_names(f.hive, f.key, add_name, out)
			     : subkey_names(&f, out);
	return report(r, p, NULL, err);
}

/* A key that is not in the hive but that Windows shows in P; or NULL. */
static const char *made_key(struct registry *r, const struct place *p)
{
	struct hive *hive;
	const char *rest;

	if (p->id == OF_SYSTEM && !*p->path)
		return "CurrentControlSet";
	if (p->id == OF_USER && !*p->prefix && starts_with(p->path, "Software", &rest) && !*rest &&
	    registry_hive(r, OF_CLASSES, p->user, &hive) == 0)
		return "Classes";
	return NULL;
}

/* Visits the names in N that are not in SEEN. */
static int visit_names(const struct names *n, const struct names *seen, registry_visit visit,
		       void *ctx)
{
	int ret = 0;

	for (size_t i = 0; i < n->count && !ret; i++)
		if (!has_name(seen, n->items[i]))
			ret = visit(ctx, n->items[i]);
	return ret;
}

/* Lists one kind of all places; names of an earlier place hide those of a later one. */
static int list_places(struct registry *r, const struct places *p, bool values,
		       registry_visit visit, void *ctx)
{
	struct names seen = {0}, now = {0};
	bool found = false;
	int ret = 0;

	for (size_t i = 0; i < p->count && !ret; i++) {
		const char *made;
		int err = names_of(r, &p->items[i], values, &now);

		if (err == HF_ENOENT)
			continue;
		found = true;
		ret = err ? err : visit_names(&now, &seen, visit, ctx);
		free_names(&seen);
		seen = now;
		memset(&now, 0, sizeof(now));
		if (seen.count > 1)
			qsort(seen.items, seen.count, sizeof(*seen.items), compare_names);
		made = values || ret ? NULL : made_key(r, &p->items[i]);
		if (made && !has_name(&seen, made))
			ret = visit(ctx, made);
	}
	free_names(&seen);
	free_names(&now);
	return !ret && !found ? HF_ENOENT : ret;
}

/* The keys of HKLM that can be read, or of HKU. */
static int list_root(struct registry *r, enum root root, registry_visit subkey, void *ctx)
{
	const struct windows_install *w = r->install;
	int ret;

	if (!subkey)
		return 0;
	if (root == ROOT_MACHINE) {
		ret = subkey(ctx, "SOFTWARE");
		return ret ? ret : subkey(ctx, "SYSTEM");
	}
	ret = subkey(ctx, ".DEFAULT");
	for (size_t i = 0; i < w->user_count && !ret; i++) {
		const char *sid = w->users[i].sid;

		if (w->users[i].has_hive && registry_user_of_sid(w, sid, strlen(sid)) == (int)i)
			ret = subkey(ctx, sid);
	}
	return ret;
}

int registry_list(struct registry *r, int user, const char *key, registry_visit subkey,
		  registry_visit value, void *ctx)
{
	const char *rest;
	enum root root = root_of(key, &rest);
	struct places p;
	struct found f;
	int err;

	if (!*rest && (root == ROOT_MACHINE || root == ROOT_USERS))
		return list_root(r, root, subkey, ctx);
	err = registry_find_places(r, user, key, &p);
	if (err)
		return err;
	if (!subkey && !value) {
		err = HF_ENOENT;
		for (size_t i = 0; i < p.count && err == HF_ENOENT; i++)
			err = report(r, &p.items[i], NULL, registry_find_key(r, &p.items[i], &f));
		return err;
	}
	if (subkey)
		err = list_places(r, &p, false, subkey, ctx);
	if (!err && value)
		err = list_places(r, &p, true, value, ctx);
	return err;
}
