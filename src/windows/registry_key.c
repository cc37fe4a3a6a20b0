// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys of the registry with all that is in them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/registry_private.h"

/* The hive that AT is in. */
static int open_place(struct registry *r, const struct registry_place *at, struct hive **out)
{
	return registry_hive(r, (enum hive_id)at->hive, at->user, out);
}

static void add_place(struct registry_key *key, int hive, int user, hive_key at)
{
	key->at[key->count++] = (struct registry_place){hive, user, at};
}

int registry_open_key(struct registry *r, int user, const char *key, struct registry_key *out)
{
	struct places p;
	int err;

	memset(out, 0, sizeof(*out));
	out->user = user;
	out->root = registry_bare_root(key);
	if (out->root != REGISTRY_KEY)
		return 0;
	err = registry_find_places(r, user, key, &p);
	for (size_t i = 0; i < p.count && !err; i++) {
		struct found f;

		err = registry_find_key(r, &p.items[i], &f);
		if (!err)
			add_place(out, p.items[i].id, p.items[i].user, f.key);
		else if (err == HF_ENOENT)
			err = 0;
	}
	return !err && out->count == 0 ? HF_ENOENT : err;
}

/*
 * The key that Windows shows in the key AT of HIVE though it is not there: its name, or NULL, and
 * where it is.
 */
static const char *made_key(struct registry *r, const struct hive *hive,
			    const struct registry_place *at, struct registry_place *out)
{
	struct hive *classes;
	hive_key software;

	if (at->hive == OF_SYSTEM && at->key == hive_root(hive)) {
		*out = (struct registry_place){OF_SYSTEM, -1, r->context.control};
		return "CurrentControlSet";
	}
	if (at->hive == OF_USER && hive_find(hive, hive_root(hive), "Software", &software) == 0 &&
	    at->key == software && registry_hive(r, OF_CLASSES, at->user, &classes) == 0) {
		*out = (struct registry_place){OF_CLASSES, at->user, hive_root(classes)};
		return "Classes";
	}
	return NULL;
}

/* The subkey NAME of the key AT. */
static int subkey_at(struct registry *r, const struct registry_place *at, const char *name,
		     struct registry_place *out)
{
	struct hive *hive;
	const char *made;
	int err = open_place(r, at, &hive);

	if (err)
		return err;
	made = made_key(r, hive, at, out);
	if (made && text_casecmp(upcase_basic(), made, name) == 0)
		return 0;
	*out = *at;
	return hive_subkey(hive, at->key, name, &out->key);
}

/* The names that a root without a hive has: the Nth, or NULL. */
static const char *root_name(const struct registry *r, enum registry_root root, size_t n)
{
	static const char *const machine[] = {"SOFTWARE", "SYSTEM"};
	const struct windows_install *w = r->install;

	if (root == REGISTRY_MACHINE)
		return n < 2 ? machine[n] : NULL;
	if (n == 0)
		return ".DEFAULT";
	for (size_t i = 0; i < w->user_count; i++) {
		const char *sid = w->users[i].sid;

		if (w->users[i].has_hive && registry_user_of_sid(w, sid, strlen(sid)) == (int)i &&
		    --n == 0)
			return sid;
	}
	return NULL;
}

/* The subkey NAME of the root ROOT. */
static int open_root_subkey(struct registry *r, const struct registry_key *root, const char *name,
			    struct registry_key *out)
{
	struct str path = {0};
	int err;

	if (strchr(name, '\\'))
		return HF_ENOENT;
	err = str_addf(&path, "%s\\%s", root->root == REGISTRY_MACHINE ? "HKLM" : "HKU", name);
	err = err ? log_oom() : registry_open_key(r, root->user, path.data, out);
	str_free(&path);
	return err;
}

int registry_open_subkey(struct registry *r, const struct registry_key *key, const char *name,
			 struct registry_key *out)
{
	struct registry_place at;
	int err = 0;

	memset(out, 0, sizeof(*out));
	if (key->root != REGISTRY_KEY)
		return open_root_subkey(r, key, name, out);
	out->user = key->user;
	for (unsigned i = 0; i < key->count && !err; i++) {
		err = subkey_at(r, &key->at[i], name, &at);
		if (!err)
			add_place(out, at.hive, at.user, at.key);
		else if (err == HF_ENOENT)
			err = 0;
	}
	return !err && out->count == 0 ? HF_ENOENT : err;
}

/* The UTF-16LE bytes of a class name as WTF-8. */
static char *class_text(const uint8_t *bytes, size_t len)
{
	uint16_t units[UINT16_MAX / 2];

	for (size_t i = 0; i < len / 2; i++)
		units[i] = (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
	return text_dup_utf16(units, len / 2);
}

int registry_key_info(struct registry *r, const struct registry_key *key,
		      struct registry_key_info *out)
{
	struct hive_key_info info;
	struct hive *hive;
	int err;

	memset(out, 0, sizeof(*out));
	if (key->root != REGISTRY_KEY)
		return 0;
	if (key->count == 0)
		return HF_ENOENT;
	err = open_place(r, &key->at[0], &hive);
	if (err)
		return err;
	hive_key_info(hive, key->at[0].key, &info);
	out->written = info.written;
	out->is_link = info.is_link;
	out->is_volatile = info.is_volatile;
	out->losses = hive_key_losses(hive, key->at[0].key);
	if (info.class_name)
		out->class_name = class_text(info.class_name, info.class_len);
	if (info.security) {
		out->security = malloc(info.security_len ? info.security_len : 1);
		out->security_len = info.security_len;
		if (out->security)
			memcpy(out->security, info.security, info.security_len);
	}
	if ((info.class_name && !out->class_name) || (info.security && !out->security)) {
		registry_key_info_free(out);
		return log_oom();
	}
	return 0;
}

void registry_key_info_free(struct registry_key_info *info)
{
	free(info->class_name);
	free(info->security);
	memset(info, 0, sizeof(*info));
}

void registry_content_free(struct registry_content *c)
{
	registry_key_info_free(&c->info);
	for (size_t i = 0; i < c->value_count; i++) {
		free(c->values[i].name);
		free(c->values[i].data);
	}
	for (size_t i = 0; i < c->subkey_count; i++)
		free(c->subkeys[i].name);
	free(c->values);
	free(c->subkeys);
	memset(c, 0, sizeof(*c));
}

/* A name of the first place, and where in its array. */
struct seen {
	const char *name;
	size_t index;
};

/* What is being read, and how much room its arrays have. */
struct reading {
	struct registry_content *out;
	size_t value_cap, subkey_cap;
	struct seen *seen; /* owned; sorted; the names belong to OUT */
	size_t seen_count;
};

static int compare_seen(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return text_casecmp(upcase_basic(), x->name, y->name);
}

/* What the first place has under NAME, or NULL. */
static const struct seen *find_seen(const struct reading *rd, const char *name)
{
	struct seen key = {name, 0};

	if (rd->seen_count == 0)
		return NULL;
	return bsearch(&key, rd->seen, rd->seen_count, sizeof(key), compare_seen);
}

/* Keeps the names of the N entries of SIZE bytes from FIRST on; a name comes first in each. */
static int see_names(struct reading *rd, const void *first, size_t n, size_t size)
{
	free(rd->seen);
	rd->seen = calloc(n + 1, sizeof(*rd->seen));
	rd->seen_count = rd->seen ? n : 0;
	for (size_t i = 0; i < rd->seen_count; i++)
		rd->seen[i] = (struct seen){
			*(char *const *)(const void *)((const char *)first + i * size), i};
	if (rd->seen_count > 1)
		qsort(rd->seen, n, sizeof(*rd->seen), compare_seen);
	return rd->seen ? 0 : HF_ENOMEM;
}

static int read_values(struct reading *rd, const struct hive *hive, hive_key key)
{
	struct registry_content *out = rd->out;
	hive_value *values;
	size_t count;
	int err = hive_values(hive, key, &values, &count);

	for (size_t i = 0; i < count && !err; i++) {
		struct registry_value_entry e = {.name = hive_value_name(hive, values[i])};

		if (e.name && find_seen(rd, e.name)) {
			free(e.name);
			continue;
		}
		e.type = hive_value_type(hive, values[i]);
		e.error = hive_value_data(hive, values[i], &e.data, &e.len);
		if (!e.name || e.error == HF_ENOMEM ||
		    array_grow(&out->values, out->value_count, &rd->value_cap)) {
			free(e.name);
			free(e.data);
			err = HF_ENOMEM;
			break;
		}
		out->values[out->value_count++] = e;
	}
	free(values);
	return err;
}

/* Adds the subkey NAME (taken) at AT; one that the first place has too becomes its other half. */
static int add_subkey(struct reading *rd, int user, char *name, const struct registry_place *at)
{
	struct registry_content *out = rd->out;
	const struct seen *first = name ? find_seen(rd, name) : NULL;
	struct registry_key *key;

	if (first) {
		free(name);
		key = &out->subkeys[first->index].key;
		if (key->count < 2)
			add_place(key, at->hive, at->user, at->key);
		return 0;
	}
	if (!name || array_grow(&out->subkeys, out->subkey_count, &rd->subkey_cap)) {
		free(name);
		return HF_ENOMEM;
	}
	key = &out->subkeys[out->subkey_count].key;
	key->user = user;
	add_place(key, at->hive, at->user, at->key);
	out->subkeys[out->subkey_count++].name = name;
	return 0;
}

static int read_subkeys(struct registry *r, struct reading *rd, int user, const struct hive *hive,
			const struct registry_place *at)
{
	struct registry_place made_at, child = *at;
	const char *made = made_key(r, hive, at, &made_at);
	hive_key *keys;
	size_t count;
	int err = hive_subkeys(hive, at->key, &keys, &count);

	for (size_t i = 0; i < count && !err; i++) {
		char *name = hive_key_name(hive, keys[i]);

		child.key = keys[i];
		if (name && made && text_casecmp(upcase_basic(), made, name) == 0)
			free(name);
		else
			err = add_subkey(rd, user, name, &child);
	}
	free(keys);
	if (!err && made)
		err = add_subkey(rd, user, strdup(made), &made_at);
	return err;
}

/* Adds what the place AT of a key has; FIRST: it is the first one, whose names count. */
static int read_place(struct registry *r, struct reading *rd, int user,
		      const struct registry_place *at, bool first)
{
	struct registry_content *out = rd->out;
	struct hive *hive;
	int err = open_place(r, at, &hive);

	if (!err && !first)
		err = see_names(rd, out->values, out->value_count, sizeof(*out->values));
	if (!err)
		err = read_values(rd, hive, at->key);
	if (!err && !first)
		err = see_names(rd, out->subkeys, out->subkey_count, sizeof(*out->subkeys));
	return err ? err : read_subkeys(r, rd, user, hive, at);
}

/* The subkeys of HKLM or HKU. */
static int read_root(struct registry *r, struct reading *rd, const struct registry_key *root)
{
	static const struct registry_place nowhere;
	struct registry_content *out = rd->out;
	struct registry_key key;
	const char *name;
	int err = 0;

	for (size_t n = 0; !err && (name = root_name(r, root->root, n)) != NULL; n++) {
		err = open_root_subkey(r, root, name, &key);
		if (err) { /* a hive that is not there, or was reported when it was opened */
			err = err == HF_ENOMEM ? err : 0;
			continue;
		}
		err = add_subkey(rd, root->user, strdup(name), &nowhere);
		if (!err)
			out->subkeys[out->subkey_count - 1].key = key;
	}
	return err;
}

int registry_read_key(struct registry *r, const struct registry_key *key,
		      struct registry_content *out)
{
	struct reading rd = {.out = out};
	int err;

	memset(out, 0, sizeof(*out));
	err = registry_key_info(r, key, &out->info);
	if (!err && key->root != REGISTRY_KEY)
		err = read_root(r, &rd, key);
	for (unsigned i = 0; i < key->count && !err; i++)
		err = read_place(r, &rd, key->user, &key->at[i], i == 0);
	free(rd.seen);
	if (err)
		registry_content_free(out);
	return err == HF_ENOMEM ? log_oom() : err;
}

int registry_key_file(struct registry *r, const struct registry_key *key, struct str *file,
		      struct str *path)
{
	struct hive *hive;
	int err;

	if (key->count == 0)
		return HF_ENOENT;
	err = open_place(r, &key->at[0], &hive);
	if (!err)
		err = str_adds(file, r->slots[key->at[0].hive].path);
	return err ? err : hive_path(hive, key->at[0].key, path);
}
