// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes keys and values of a hive in memory.
 */
#include "windows/hive_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "volume/fs.h"
#include "windows/hive_write_private.h"

#define NAME_MAX_UNITS 255 /* of a key */

/* A name as it is stored: one byte a unit when that is enough. */
struct stored_name {
	uint16_t units[HIVE_NAME_MAX];
	size_t n;
	bool latin1;
};

static int store_name(const char *text, size_t len, size_t max, struct stored_name *out)
{
	int n = text_to_utf16(text, len, out->units, HIVE_NAME_MAX);

	if (n < 0 || (size_t)n > max)
		return HF_EINVAL;
	out->n = (size_t)n;
	out->latin1 = true;
	for (size_t i = 0; i < out->n; i++)
		out->latin1 = out->latin1 && out->units[i] <= 0xff;
	return 0;
}

static size_t name_bytes(const struct stored_name *name)
{
	return name->latin1 ? name->n : 2 * name->n;
}

static void put_name(uint8_t *to, const struct stored_name *name)
{
	for (size_t i = 0; i < name->n; i++) {
		if (name->latin1)
			to[i] = (uint8_t)name->units[i];
		else
			hive_put_u16(to + 2 * i, name->units[i]);
	}
}

static void touch(struct hive_write *w, hive_key key)
{
	hive_put_u64(w->h->data + key + NK_WRITTEN, w->now);
}

/* FNV-1a. */
static uint32_t hash_bytes(const uint8_t *p, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 16777619u;
	return hash;
}

/* Makes the security cell AT known; a second time changes nothing. */
static int know_security(struct hive_write *w, size_t at)
{
	const uint8_t *sk = w->h->data + at;
	uint32_t len = hive_u32(sk + SK_LEN);
	struct shared_security s = {at, hash_bytes(sk + SK_DATA, len)};

	for (size_t i = 0; i < w->security_count; i++)
		if (w->security[i].at == at)
			return 0;
	if (array_grow(&w->security, w->security_count, &w->security_cap))
		return HF_ENOMEM;
	w->security[w->security_count++] = s;
	return 0;
}

/* Most different descriptors that are looked at for one to share; Windows has some dozens. */
#define SECURITY_MAX 4096

/* Finds the hive's security cells: a ring that the root's is part of. */
static int scan_security(struct hive_write *w)
{
	const struct hive *h = w->h;
	size_t first = hive_cell_at(h->data + h->layout.root + NK_SECURITY), at = first;
	int err = 0;

	while (!err && hive_security_ok(h, at) && w->security_count < SECURITY_MAX) {
		err = know_security(w, at);
		at = hive_cell_at(h->data + at + SK_NEXT);
		if (at == first)
			break;
	}
	return err;
}

static int start(struct hive *h, const struct upcase *upcase, struct hive_write **out,
		 const char **why)
{
	struct hive_write *w = calloc(1, sizeof(*w));
	int err;

	*why = "there is not enough memory";
	if (!w) {
		hive_close(h);
		return HF_ENOMEM;
	}
	w->h = h;
	w->upcase = upcase;
	err = hive_cells_scan(w);
	if (!err)
		err = scan_security(w);
	if (err) {
		hive_write_close(w);
		return err;
	}
	*why = "";
	*out = w;
	return 0;
}

/* Refuses hives that something is missing from: it would be missing for good. */
static int accept(struct hive *h, const struct upcase *upcase, struct hive_write **out,
		  const char **why)
{
	size_t damages;

	*out = NULL;
	(void)hive_damage(h, &damages);
	if (damages > 0 || hive_is_dirty(h)) {
		*why = damages > 0 ? "it is damaged" : "its newest changes are missing";
		hive_close(h);
		return HF_EREFUSED;
	}
	return start(h, upcase, out, why);
}

int hive_write_open(struct fs *fs, const char *path, struct hive_write **out, const char **why)
{
	struct hive *h;
	int err = hive_open(fs, path, &h, why);

	*out = NULL;
	return err ? err : accept(h, fs_upcase(fs), out, why);
}

int hive_write_open_memory(const void *data, size_t len, const struct upcase *upcase,
			   struct hive_write **out, const char **why)
{
	struct hive *h;
	int err = hive_open_memory(data, len, &h, why);

	*out = NULL;
	return err ? err : accept(h, upcase, out, why);
}

int hive_write_new(const void *security, size_t len, const struct upcase *upcase,
		   struct hive_write **out)
{
	size_t nk = HIVE_BASE_BLOCK + 0x20, sk = nk + 0x60, size = (SK_DATA + len + 7) & ~(size_t)7;
	size_t bins = (0x80 + size + HIVE_BASE_BLOCK - 1) & ~(size_t)(HIVE_BASE_BLOCK - 1);
	static const size_t no_cells[] = {NK_PARENT, NK_LIST, NK_VOLATILE_LIST, NK_VALUE_LIST,
					  NK_CLASS};
	uint8_t *data;
	const char *why;
	int err;

	*out = NULL;
	if (size > CELL_MAX)
		return HF_ELIMIT;
	data = calloc(1, HIVE_BASE_BLOCK + bins);
	if (!data)
		return HF_ENOMEM;
	hive_put_tag(data, "regf");
	hive_put_u32(data + 0x04, 1);
	hive_put_u32(data + 0x08, 1);
	hive_put_u32(data + 0x14, 1);
	hive_put_u32(data + BASE_MINOR, 5);
	hive_put_u32(data + 0x20, 1);
	hive_put_cell(data + 0x24, nk);
	hive_put_u32(data + 0x28, (uint32_t)bins);
	hive_put_u32(data + 0x2c, 1);
	hive_put_u32(data + 0x1fc, hive_base_checksum(data));
	hive_put_tag(data + HIVE_BASE_BLOCK, "hbin");
	hive_put_u32(data + HIVE_BASE_BLOCK + 8, (uint32_t)bins);
	hive_put_u32(data + nk, (uint32_t)-0x60);
	hive_put_tag(data + nk + CELL_HEADER, "nk");
	hive_put_u16(data + nk + NK_FLAGS, NK_FLAG_ROOT | NK_FLAG_NO_DELETE | NK_FLAG_LATIN1);
	for (size_t i = 0; i < sizeof(no_cells) / sizeof(*no_cells); i++)
		hive_put_cell(data + nk + no_cells[i], 0);
	hive_put_cell(data + nk + NK_SECURITY, sk);
	hive_put_u16(data + nk + NK_NAME_LEN, 4);
	hive_put_tag(data + nk + NK_NAME, "ROOT");
	hive_put_u32(data + sk, (uint32_t) - (int32_t)size);
	hive_put_tag(data + sk + CELL_HEADER, "sk");
	hive_put_cell(data + sk + SK_NEXT, sk);
	hive_put_cell(data + sk + SK_PREVIOUS, sk);
	hive_put_u32(data + sk + SK_COUNT, 1);
	hive_put_u32(data + sk + SK_LEN, (uint32_t)len);
	if (len > 0)
		memcpy(data + sk + SK_DATA, security, len);
	if (bins > 0x80 + size)
		hive_put_u32(data + sk + size, (uint32_t)(bins - 0x80 - size));
	err = hive_write_open_memory(data, HIVE_BASE_BLOCK + bins, upcase, out, &why);
	free(data);
	return err;
}

void hive_write_close(struct hive_write *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < FREE_LISTS; i++)
		free(w->free[i].at);
	free(w->free_cells);
	free(w->security);
	hive_close(w->h);
	free(w);
}

const struct hive *hive_write_hive(const struct hive_write *w)
{
	return w->h;
}

void hive_write_set_now(struct hive_write *w, uint64_t now)
{
	w->now = now;
}

/* One more, or one less, key with the security cell AT. Unused ones stay: they are small. */
static void count_security(struct hive_write *w, size_t at, bool more)
{
	uint8_t *count;
	uint32_t n;

	if (!hive_security_ok(w->h, at))
		return;
	count = w->h->data + at + SK_COUNT;
	n = hive_u32(count);
	if (more && n < UINT32_MAX)
		hive_put_u32(count, n + 1);
	else if (!more && n > 1)
		hive_put_u32(count, n - 1);
}

/* A security cell with the LEN bytes of SECURITY, one that is there or a new one. */
static int get_security(struct hive_write *w, const void *security, size_t len, size_t *out)
{
	struct hive *h = w->h;
	uint32_t hash = hash_bytes(security, len);
	size_t root, next;
	uint8_t *sk;
	int err;

	for (size_t i = 0; i < w->security_count; i++) {
		sk = h->data + w->security[i].at;
		if (w->security[i].hash == hash && hive_u32(sk + SK_LEN) == len &&
		    memcmp(sk + SK_DATA, security, len) == 0) {
			*out = w->security[i].at;
			return 0;
		}
	}
	err = hive_cell_new(w, SK_DATA - CELL_HEADER + len, out);
	if (err)
		return err;
	sk = h->data + *out;
	hive_put_tag(sk + CELL_HEADER, "sk");
	hive_put_u32(sk + SK_LEN, (uint32_t)len);
	memcpy(sk + SK_DATA, security, len);
	root = hive_cell_at(h->data + h->layout.root + NK_SECURITY);
	if (!hive_security_ok(h, root))
		return HF_ECORRUPT;
	next = hive_cell_at(h->data + root + SK_NEXT);
	if (!hive_security_ok(h, next))
		return HF_ECORRUPT;
	hive_put_cell(sk + SK_NEXT, next);
	hive_put_cell(sk + SK_PREVIOUS, root);
	hive_put_cell(h->data + root + SK_NEXT, *out);
	hive_put_cell(h->data + next + SK_PREVIOUS, *out);
	return know_security(w, *out);
}

int hive_write_security(struct hive_write *w, hive_key key, const void *security, size_t len)
{
	size_t at;
	int err = len > CELL_MAX / 2 ? HF_ELIMIT : get_security(w, security, len, &at);

	if (err)
		return err;
	count_security(w, hive_cell_at(w->h->data + key + NK_SECURITY), false);
	count_security(w, at, true);
	hive_put_cell(w->h->data + key + NK_SECURITY, at);
	touch(w, key);
	return 0;
}

int hive_write_class(struct hive_write *w, hive_key key, const void *class_name, size_t len)
{
	size_t old = hive_cell_at(w->h->data + key + NK_CLASS), at = 0;
	int err = len > UINT16_MAX - 1 ? HF_EINVAL : 0;

	if (!err && len > 0)
		err = hive_cell_new(w, len, &at);
	if (err)
		return err;
	if (len > 0)
		memcpy(w->h->data + at + CELL_HEADER, class_name, len);
	if (hive_u16(w->h->data + key + NK_CLASS_LEN) > 0)
		err = hive_cell_free(w, old);
	hive_put_cell(w->h->data + key + NK_CLASS, at);
	hive_put_u16(w->h->data + key + NK_CLASS_LEN, (uint16_t)len);
	if (key != w->h->layout.root)
		hive_raise_u32(w->h->data + hive_cell_at(w->h->data + key + NK_PARENT) +
				       NK_SPARE_MAX_CLASS,
			       len);
	touch(w, key);
	return err;
}

void hive_write_time(struct hive_write *w, hive_key key, uint64_t written)
{
	hive_put_u64(w->h->data + key + NK_WRITTEN, written);
}

/* How many levels KEY is below the root. */
static unsigned depth_of(const struct hive *h, hive_key key)
{
	unsigned depth = 0;

	for (; key != h->layout.root && depth < HIVE_DEPTH_MAX; depth++)
		key = hive_cell_at(h->data + key + NK_PARENT);
	return depth;
}

/* Makes the key NAME below PARENT, in no list yet. */
static int new_key(struct hive_write *w, hive_key parent, const struct stored_name *name,
		   const struct hive_new_key *how, hive_key *out)
{
	static const struct hive_new_key plain;
	static const size_t no_cells[] = {NK_LIST, NK_VOLATILE_LIST, NK_VALUE_LIST, NK_CLASS};
	size_t security;
	uint8_t *nk;
	int err = hive_cell_new(w, NK_NAME - CELL_HEADER + name_bytes(name), out);

	if (err)
		return err;
	how = how ? how : &plain;
	nk = w->h->data + *out;
	hive_put_tag(nk + CELL_HEADER, "nk");
	hive_put_u16(nk + NK_FLAGS, (uint16_t)((name->latin1 ? NK_FLAG_LATIN1 : 0) |
					       (how->is_link ? NK_FLAG_LINK : 0)));
	hive_put_cell(nk + NK_PARENT, parent);
	for (size_t i = 0; i < sizeof(no_cells) / sizeof(*no_cells); i++)
		hive_put_cell(nk + no_cells[i], 0);
	hive_put_u16(nk + NK_NAME_LEN, (uint16_t)name_bytes(name));
	put_name(nk + NK_NAME, name);
	security = hive_cell_at(w->h->data + parent + NK_SECURITY);
	hive_put_cell(nk + NK_SECURITY, security);
	count_security(w, security, true);
	touch(w, *out);
	if (how->security)
		err = hive_write_security(w, *out, how->security, how->security_len);
	if (!err && how->class_name)
		err = hive_write_class(w, *out, how->class_name, how->class_len);
	return err;
}

static int make_key(struct hive_write *w, hive_key key, const char *text, size_t len,
		    const struct hive_new_key *how, hive_key *out, bool *created)
{
	struct stored_name name;
	int err = store_name(text, len, NAME_MAX_UNITS, &name);

	if (created)
		*created = false;
	if (err || name.n == 0)
		return HF_EINVAL;
	err = hive_find_units(w->h, key, name.units, name.n, w->upcase, out);
	if (err != HF_ENOENT)
		return err;
	if (depth_of(w->h, key) + 1 >= HIVE_DEPTH_MAX)
		return HF_ELIMIT;
	err = new_key(w, key, &name, how, out);
	if (!err)
		err = hive_list_add(w, key, *out, name.units, name.n);
	if (err)
		return err;
	hive_raise_u32(w->h->data + key + NK_SPARE_MAX_NAME, name.n * 2);
	touch(w, key);
	if (created)
		*created = true;
	return 0;
}

int hive_write_key(struct hive_write *w, hive_key key, const char *name,
		   const struct hive_new_key *how, hive_key *out, bool *created)
{
	return make_key(w, key, name, strlen(name), how, out, created);
}

int hive_write_path(struct hive_write *w, hive_key key, const char *path, hive_key *out)
{
	*out = key;
	while (*path) {
		size_t len = strcspn(path, "\\");
		int err = len ? make_key(w, *out, path, len, NULL, out, NULL) : 0;

		if (err)
			return err;
		path += len;
		path += *path == '\\';
	}
	return 0;
}
