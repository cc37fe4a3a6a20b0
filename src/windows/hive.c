// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registry hives: opening them, and their keys.
 */
#include "windows/hive.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "volume/fs.h"
#include "windows/hive_log.h"
#include "windows/hive_private.h"

/* Largest transaction log that is read, in bytes; Windows keeps them far smaller. */
#define HIVE_LOG_MAX (UINT32_C(64) << 20)

bool hive_is(const struct hive *h, size_t at, const char *signature, size_t need)
{
	return hive_cell_ok(&h->layout, h->data, at, need) &&
	       memcmp(h->data + at + CELL_HEADER, signature, 2) == 0;
}

bool hive_key_ok(const struct hive *h, hive_key key)
{
	return hive_is(h, key, "nk", NK_NAME) &&
	       NK_NAME + (size_t)hive_u16(h->data + key + NK_NAME_LEN) <=
		       hive_cell_size(h->data, key);
}

/* Opens the LEN bytes at DATA, which it takes in any case, after the logs were replayed. */
static int open_bytes(uint8_t *data, size_t len, const struct hive_log *logs, size_t count,
		      struct hive **out, const char **why)
{
	struct hive *h = calloc(1, sizeof(*h));
	struct hive_replay replay;
	int err;

	*out = NULL;
	*why = "there is not enough memory";
	if (!h) {
		free(data);
		return HF_ENOMEM;
	}
	err = hive_log_replay(&data, &len, logs, count, &replay);
	h->data = data;
	h->len = len;
	h->replayed = replay.entries;
	if (!err)
		err = hive_check(data, len, &h->layout, why);
	h->layout.dirty = !replay.complete;
	if (!err && !hive_key_ok(h, h->layout.root)) {
		*why = "its root key is damaged";
		err = HF_ECORRUPT;
	}
	if (!err) {
		*why = "there is not enough memory";
		err = hive_tree_check(h);
	}
	if (err) {
		hive_close(h);
		return err;
	}
	*why = "";
	*out = h;
	return 0;
}

int hive_open_logged(const void *data, size_t len, const struct hive_log *logs, size_t count,
		     struct hive **out, const char **why)
{
	uint8_t *copy = malloc(len ? len : 1);

	*out = NULL;
	*why = "there is not enough memory";
	if (!copy)
		return HF_ENOMEM;
	if (len > 0)
		memcpy(copy, data, len);
	return open_bytes(copy, len, logs, count, out, why);
}

int hive_open_memory(const void *data, size_t len, struct hive **out, const char **why)
{
	return hive_open_logged(data, len, NULL, 0, out, why);
}

/* The logs that lie beside a hive. */
struct log_files {
	struct hive_log logs[3]; /* their data is owned */
	size_t count;
};

static void free_logs(struct log_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free((void *)(uintptr_t)files->logs[i].data);
	files->count = 0;
}

/* Reads the log PATH + SUFFIX. One that cannot be read (which was logged) is as one missing. */
static int read_log(struct fs *fs, const char *path, const char *suffix, struct log_files *files)
{
	struct str name = {0};
	struct fs_stat st;
	fs_ref ref;
	void *data;
	size_t len;
	int err = str_addf(&name, "%s%s", path, suffix);

	if (!err)
		err = fs_resolve(fs, name.data, &ref);
	if (!err)
		err = fs_stat(fs, ref, &st);
	if (!err && (st.is_dir || st.size == 0 || st.size > HIVE_LOG_MAX))
		err = HF_ENOENT;
	if (!err)
		err = fs_read_file(fs, ref, HIVE_LOG_MAX, &data, &len);
	if (!err)
		files->logs[files->count++] = (struct hive_log){data, len};
	str_free(&name);
	return err == HF_ENOMEM ? err : 0;
}

static int read_logs(struct fs *fs, const char *path, struct log_files *files)
{
	static const char *const suffixes[] = {".LOG1", ".LOG2", ".LOG"};
	int err = 0;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes) && !err; i++)
		err = read_log(fs, path, suffixes[i], files);
	return err;
}

/* Checks kind and size of the file REF and reads its first sector into BASE. */
static int read_base(struct fs *fs, fs_ref ref, uint8_t *base, size_t *len, const char **why)
{
	struct fs_stat st;
	size_t done;
	int err = fs_stat(fs, ref, &st);

	if (err)
		return err;
	if (st.is_dir) {
		*why = "it is a folder";
		return HF_ECORRUPT;
	}
	if (st.size > HIVE_FILE_MAX) {
		*why = "it is larger than 512 MiB";
		return HF_ELIMIT;
	}
	*len = (size_t)st.size;
	memset(base, 0, HIVE_BASE_CHECKED);
	return fs_read(fs, ref, 0, base, HIVE_BASE_CHECKED, &done);
}

/*
 * Checks the first sector of the hive REF, so that nothing large is read that is no hive, and reads
 * the logs if it needs them.
 */
static int check_file(struct fs *fs, fs_ref ref, const char *path, struct log_files *files,
		      const char **why)
{
	uint8_t base[HIVE_BASE_CHECKED];
	struct hive_layout layout;
	size_t len;
	int err = read_base(fs, ref, base, &len, why), damaged;

	if (err)
		return err;
	damaged = hive_check_base(base, len, &layout, why);
	if (damaged == HF_EUNSUPPORTED || !hive_log_needed(base))
		return damaged;
	err = read_logs(fs, path, files);
	if (err)
		return err;
	for (size_t i = 0; i < files->count; i++)
		if (hive_log_has_base(&files->logs[i]))
			return 0;
	return damaged;
}

int hive_open(struct fs *fs, const char *path, struct hive **out, const char **why)
{
	struct log_files files = {0};
	fs_ref ref;
	void *data;
	size_t len;
	int err;

	*out = NULL;
	*why = "it is not there";
	err = fs_resolve(fs, path, &ref);
	if (err)
		return err;
	*why = "it cannot be read";
	err = check_file(fs, ref, path, &files, why);
	if (!err) {
		*why = "it cannot be read";
		err = fs_read_file(fs, ref, HIVE_FILE_MAX, &data, &len);
	}
	if (!err)
		err = open_bytes(data, len, files.logs, files.count, out, why);
	free_logs(&files);
	return err;
}

void hive_close(struct hive *h)
{
	if (!h)
		return;
	free(h->damage);
	free(h->layout.cells);
	free(h->data);
	free(h);
}

bool hive_is_dirty(const struct hive *h)
{
	return h->layout.dirty;
}

unsigned hive_replayed(const struct hive *h)
{
	return h->replayed;
}

hive_key hive_root(const struct hive *h)
{
	return h->layout.root;
}

int hive_name_units(const uint8_t *bytes, size_t n, bool latin1, uint16_t *out)
{
	size_t count = latin1 ? n : n / 2;

	if (count > HIVE_NAME_MAX)
		return HF_ELIMIT;
	for (size_t i = 0; i < count; i++)
		out[i] = latin1 ? bytes[i] : hive_u16(bytes + 2 * i);
	return (int)count;
}

/* The name of KEY as units in OUT (HIVE_NAME_MAX); one that is too long is none. */
static size_t key_units(const struct hive *h, hive_key key, uint16_t *out)
{
	const uint8_t *nk = h->data + key;
	int n = hive_name_units(nk + NK_NAME, hive_u16(nk + NK_NAME_LEN),
				hive_u16(nk + NK_FLAGS) & NK_FLAG_LATIN1, out);

	return n < 0 ? 0 : (size_t)n;
}

char *hive_key_name(const struct hive *h, hive_key key)
{
	uint16_t units[HIVE_NAME_MAX];

	return text_dup_utf16(units, key_units(h, key, units));
}

bool hive_security_ok(const struct hive *h, size_t at)
{
	return hive_is(h, at, "sk", SK_DATA) &&
	       hive_u32(h->data + at + SK_LEN) <= hive_cell_size(h->data, at) - SK_DATA;
}

void hive_key_info(const struct hive *h, hive_key key, struct hive_key_info *out)
{
	const uint8_t *nk = h->data + key;
	size_t class = hive_cell_at(nk + NK_CLASS), sk = hive_cell_at(nk + NK_SECURITY), len;
	uint16_t flags = hive_u16(nk + NK_FLAGS);

	memset(out, 0, sizeof(*out));
	out->written = hive_u32(nk + NK_WRITTEN) | (uint64_t)hive_u32(nk + NK_WRITTEN + 4) << 32;
	out->is_link = flags & NK_FLAG_LINK;
	out->is_volatile = flags & NK_FLAG_VOLATILE;
	len = hive_u16(nk + NK_CLASS_LEN);
	if (len > 0 && hive_cell_ok(&h->layout, h->data, class, CELL_HEADER + len)) {
		out->class_name = h->data + class + CELL_HEADER;
		out->class_len = len;
	}
	if (hive_security_ok(h, sk)) {
		out->security = h->data + sk + SK_DATA;
		out->security_len = hive_u32(h->data + sk + SK_LEN);
	}
}

bool hive_leaf(const struct hive *h, size_t at, size_t *count, size_t *stride)
{
	size_t room;

	if (hive_is(h, at, "li", LIST_HEADER))
		*stride = 4;
	else if (hive_is(h, at, "lf", LIST_HEADER) || hive_is(h, at, "lh", LIST_HEADER))
		*stride = 8;
	else
		return false;
	room = (hive_cell_size(h->data, at) - LIST_HEADER) / *stride;
	*count = hive_u16(h->data + at + LIST_COUNT);
	if (*count > room)
		*count = room;
	return true;
}

/* Returns true to stop. */
typedef bool (*subkey_visit)(const struct hive *h, hive_key key, void *ctx);

/* The keys of the leaf list at AT. */
static bool visit_leaf(const struct hive *h, size_t at, subkey_visit visit, void *ctx)
{
	size_t count, stride;

	if (!hive_leaf(h, at, &count, &stride))
		return false;
	for (size_t i = 0; i < count; i++) {
		hive_key key = hive_cell_at(h->data + at + LIST_HEADER + i * stride);

		if (hive_key_ok(h, key) && visit(h, key, ctx))
			return true;
	}
	return false;
}

/* The subkeys of KEY that hive_tree_check() has left. */
static void visit_subkeys(const struct hive *h, hive_key key, subkey_visit visit, void *ctx)
{
	size_t list = hive_cell_at(h->data + key + NK_LIST), count;

	if (hive_u32(h->data + key + NK_SUBKEYS) == 0)
		return;
	if (!hive_is(h, list, "ri", LIST_HEADER)) {
		visit_leaf(h, list, visit, ctx);
		return;
	}
	count = hive_u16(h->data + list + LIST_COUNT);
	if (count > (hive_cell_size(h->data, list) - LIST_HEADER) / 4)
		count = (hive_cell_size(h->data, list) - LIST_HEADER) / 4;
	for (size_t i = 0; i < count; i++)
		if (visit_leaf(h, hive_cell_at(h->data + list + LIST_HEADER + i * 4), visit, ctx))
			return;
}

struct key_list {
	hive_key *keys;
	size_t count, cap;
	int err;
};

static bool add_key(const struct hive *h, hive_key key, void *ctx)
{
	struct key_list *list = ctx;

	(void)h;
	list->err = array_grow(&list->keys, list->count, &list->cap);
	if (!list->err)
		list->keys[list->count++] = key;
	return list->err != 0;
}

int hive_subkeys(const struct hive *h, hive_key key, hive_key **out, size_t *count)
{
	struct key_list list = {0};

	*out = NULL;
	*count = 0;
	if (!hive_key_ok(h, key))
		return HF_ECORRUPT;
	visit_subkeys(h, key, add_key, &list);
	if (!list.err && !list.keys)
		list.err = array_grow(&list.keys, 0, &list.cap);
	if (list.err) {
		free(list.keys);
		return list.err;
	}
	*out = list.keys;
	*count = list.count;
	return 0;
}

struct key_search {
	const struct upcase *upcase;
	const uint16_t *want;
	uint16_t *have; /* HIVE_NAME_MAX */
	size_t want_len;
	hive_key found;
	bool is_found;
};

static bool is_wanted(const struct hive *h, hive_key key, void *ctx)
{
	struct key_search *s = ctx;
	const uint8_t *nk = h->data + key;
	size_t n = hive_u16(nk + NK_NAME_LEN);

	/* Upper case is unit by unit: names of other lengths differ. */
	if (!(hive_u16(nk + NK_FLAGS) & NK_FLAG_LATIN1))
		n /= 2;
	if (n != s->want_len)
		return false;
	n = key_units(h, key, s->have);
	s->is_found = utf16_casecmp(s->upcase, s->have, n, s->want, s->want_len) == 0;
	s->found = key;
	return s->is_found;
}

int hive_find_units(const struct hive *h, hive_key key, const uint16_t *name, size_t n,
		    const struct upcase *upcase, hive_key *out)
{
	uint16_t have[HIVE_NAME_MAX];
	struct key_search s = {.upcase = upcase, .want = name, .have = have, .want_len = n};

	if (!hive_key_ok(h, key))
		return HF_ECORRUPT;
	visit_subkeys(h, key, is_wanted, &s);
	if (s.is_found) {
		*out = s.found;
		return 0;
	}
	return hive_key_losses(h, key) & 1U << HIVE_LOST_SUBKEYS ? HF_ECORRUPT : HF_ENOENT;
}

/* The child of KEY called NAME (LEN bytes). */
static int find_child(const struct hive *h, hive_key key, const char *name, size_t len,
		      hive_key *out)
{
	uint16_t want[HIVE_NAME_MAX];
	int n = text_to_utf16(name, len, want, HIVE_NAME_MAX);

	if (n < 0)
		return HF_ENOENT;
	return hive_find_units(h, key, want, (size_t)n, upcase_basic(), out);
}

int hive_subkey(const struct hive *h, hive_key key, const char *name, hive_key *out)
{
	return find_child(h, key, name, strlen(name), out);
}

int hive_find(const struct hive *h, hive_key from, const char *path, hive_key *out)
{
	hive_key key = from;

	while (*path) {
		size_t len = strcspn(path, "\\");
		int err;

		if (len > 0) {
			err = find_child(h, key, path, len, &key);
			if (err)
				return err;
		}
		path += len;
		path += *path == '\\';
	}
	*out = key;
	return 0;
}

int hive_path(const struct hive *h, hive_key key, struct str *path)
{
	hive_key way[HIVE_DEPTH_MAX];
	size_t depth = 0;
	int err = 0;

	while (key != h->layout.root && hive_key_ok(h, key) && depth < HIVE_DEPTH_MAX) {
		way[depth++] = key;
		key = hive_cell_at(h->data + key + NK_PARENT);
	}
	while (depth > 0 && !err) {
		char *name = hive_key_name(h, way[--depth]);

		err = name ? str_adds(path, name) : HF_ENOMEM;
		free(name);
		if (!err && depth > 0)
			err = str_addc(path, '\\');
	}
	return err;
}
