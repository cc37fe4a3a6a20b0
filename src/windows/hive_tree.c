// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes what a registry hive's root leads to a tree in which every cell has one owner, so that no
 * walk runs in circles and no data is read many times over, whatever is on the disk. Windows heals
 * hives in the same places; here only the copy in memory is changed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "windows/hive_private.h"

struct todo {
	hive_key key;
	unsigned depth;
};

struct tree {
	struct hive *h;
	uint32_t *owned; /* as struct hive_layout.cells: the cells that have an owner */
	struct todo *todo;
	size_t count, cap;
};

/* Makes the cell at AT (a sound one) somebody's; false when it has an owner already. */
static bool claim(struct tree *t, size_t at)
{
	uint32_t bit = UINT32_C(1) << (at / 4 % 32), *word = &t->owned[at / 128];

	if (*word & bit)
		return false;
	*word |= bit;
	return true;
}

/* Notes that KEY lost something at OFFSET; once for each kind of loss of a key. */
static int note(struct hive *h, enum hive_loss what, hive_key key, size_t offset)
{
	/* What belongs to one key is noted together. */
	for (size_t i = h->damage_count; i > 0 && h->damage[i - 1].key == key; i--)
		if (h->damage[i - 1].what == what)
			return 0;
	if (array_grow(&h->damage, h->damage_count, &h->damage_cap))
		return HF_ENOMEM;
	h->damage[h->damage_count++] = (struct hive_damage){what, key, offset};
	return 0;
}

/* Takes the subkey that the 4 bytes at ENTRY name for KEY, or takes it out. */
static int take_subkey(struct tree *t, const struct todo *key, uint8_t *entry, size_t *taken)
{
	struct hive *h = t->h;
	size_t at = hive_cell_at(entry);

	if (!hive_key_ok(h, at) || key->depth + 1 >= HIVE_DEPTH_MAX || !claim(t, at)) {
		hive_put_u32(entry, HIVE_NIL);
		return note(h, HIVE_LOST_SUBKEYS, key->key, (size_t)(entry - h->data));
	}
	hive_put_u32(h->data + at + NK_PARENT, (uint32_t)(key->key - HIVE_BASE_BLOCK));
	if (array_grow(&t->todo, t->count, &t->cap))
		return HF_ENOMEM;
	t->todo[t->count++] = (struct todo){at, key->depth + 1};
	(*taken)++;
	return 0;
}

/* Takes the leaf list that the 4 bytes at REFERENCE name for KEY, or takes it out. */
static int take_leaf(struct tree *t, const struct todo *key, uint8_t *reference, size_t *taken)
{
	struct hive *h = t->h;
	size_t at = hive_cell_at(reference), count, stride;
	int err = 0;

	if (!hive_leaf(h, at, &count, &stride) || !claim(t, at)) {
		hive_put_u32(reference, HIVE_NIL);
		return note(h, HIVE_LOST_SUBKEYS, key->key, (size_t)(reference - h->data));
	}
	if (count < hive_u16(h->data + at + LIST_COUNT))
		err = note(h, HIVE_LOST_SUBKEYS, key->key, at);
	for (size_t i = 0; i < count && !err; i++)
		err = take_subkey(t, key, h->data + at + LIST_HEADER + i * stride, taken);
	return err;
}

static int take_subkeys(struct tree *t, const struct todo *key)
{
	struct hive *h = t->h;
	uint8_t *nk = h->data + key->key;
	size_t claimed = hive_u32(nk + NK_SUBKEYS), list = hive_cell_at(nk + NK_LIST), taken = 0;
	int err = 0;

	if (claimed == 0)
		return 0;
	if (!hive_is(h, list, "ri", LIST_HEADER)) {
		err = take_leaf(t, key, nk + NK_LIST, &taken);
	} else if (!claim(t, list)) {
		hive_put_u32(nk + NK_LIST, HIVE_NIL);
	} else {
		size_t count = hive_u16(h->data + list + LIST_COUNT);
		size_t room = (hive_cell_size(h->data, list) - LIST_HEADER) / 4;

		for (size_t i = 0; i < count && i < room && !err; i++)
			err = take_leaf(t, key, h->data + list + LIST_HEADER + i * 4, &taken);
	}
	if (!err && taken < claimed)
		err = note(h, HIVE_LOST_SUBKEYS, key->key, list);
	return err;
}

/* Claims the cells of the SIZE bytes of big data at DB; false when they are not all there. */
static bool claim_segments(struct tree *t, size_t db, size_t size)
{
	struct hive *h = t->h;
	size_t count = (size + HIVE_SEGMENT - 1) / HIVE_SEGMENT, list;

	if (!hive_is(h, db, "db", DB_SIZE) || hive_u16(h->data + db + DB_COUNT) < count)
		return false;
	list = hive_cell_at(h->data + db + DB_LIST);
	if (!hive_cell_ok(&h->layout, h->data, list, CELL_HEADER + count * 4) || !claim(t, db) ||
	    !claim(t, list))
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t at = hive_cell_at(h->data + list + CELL_HEADER + i * 4);
		size_t n = i + 1 < count ? HIVE_SEGMENT : size - i * HIVE_SEGMENT;

		if (!hive_cell_ok(&h->layout, h->data, at, CELL_HEADER + n) || !claim(t, at))
			return false;
	}
	return true;
}

/* Checks the data of VALUE of KEY; without it, the value names no cell. */
static int take_data(struct tree *t, hive_key key, hive_value value)
{
	struct hive *h = t->h;
	uint8_t *vk = h->data + value;
	uint32_t size = hive_u32(vk + VK_DATA_LEN);
	size_t cell = hive_cell_at(vk + VK_DATA);
	bool ok;

	if (size & VK_INLINE)
		ok = (size & ~VK_INLINE) <= 4;
	else if (size == 0)
		ok = true;
	else if (hive_cell_ok(&h->layout, h->data, cell, CELL_HEADER + (size_t)size))
		ok = claim(t, cell);
	else
		ok = size > HIVE_SEGMENT && claim_segments(t, cell, size);
	if (ok)
		return 0;
	if (!(size & VK_INLINE))
		hive_put_u32(vk + VK_DATA, HIVE_NIL);
	return note(h, HIVE_LOST_DATA, key, value);
}

static int take_values(struct tree *t, hive_key key)
{
	struct hive *h = t->h;
	uint8_t *nk = h->data + key;
	size_t count = hive_u32(nk + NK_VALUES), list = hive_cell_at(nk + NK_VALUE_LIST);
	int err = 0;

	if (count == 0 || hive_u16(nk + NK_FLAGS) & NK_FLAG_HANDLE)
		return 0;
	if (count > h->layout.end / 4 ||
	    !hive_cell_ok(&h->layout, h->data, list, CELL_HEADER + count * 4) || !claim(t, list)) {
		hive_put_u32(nk + NK_VALUE_LIST, HIVE_NIL);
		return note(h, HIVE_LOST_VALUES, key, key);
	}
	for (size_t i = 0; i < count && !err; i++) {
		uint8_t *entry = h->data + list + CELL_HEADER + i * 4;
		hive_value value = hive_cell_at(entry);

		if (hive_value_ok(h, value) && claim(t, value)) {
			err = take_data(t, key, value);
		} else {
			hive_put_u32(entry, HIVE_NIL);
			err = note(h, HIVE_LOST_VALUES, key, (size_t)(entry - h->data));
		}
	}
	return err;
}

/* Checks the descriptor and the class name of KEY. */
static int take_nature(struct tree *t, hive_key key)
{
	struct hive *h = t->h;
	uint8_t *nk = h->data + key;
	size_t len = hive_u16(nk + NK_CLASS_LEN), class = hive_cell_at(nk + NK_CLASS);
	int err = 0;

	if (!hive_security_ok(h, hive_cell_at(nk + NK_SECURITY)))
		err = note(h, HIVE_LOST_SECURITY, key, key);
	if (err || len == 0)
		return err;
	if (hive_cell_ok(&h->layout, h->data, class, CELL_HEADER + len) && claim(t, class))
		return 0;
	hive_put_u32(nk + NK_CLASS, HIVE_NIL);
	return note(h, HIVE_LOST_CLASS, key, key);
}

/* The descriptors that keys share are nobody's: a ring that the root's is part of. */
static void claim_security(struct tree *t)
{
	const struct hive *h = t->h;
	size_t at = hive_cell_at(h->data + h->layout.root + NK_SECURITY);

	while (hive_security_ok(h, at) && claim(t, at))
		at = hive_cell_at(h->data + at + SK_NEXT);
}

static int compare_damage(const void *a, const void *b)
{
	const struct hive_damage *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (int)x->what - (int)y->what;
}

int hive_tree_check(struct hive *h)
{
	struct tree t = {.h = h};
	struct todo root = {h->layout.root, 0};
	int err = 0;

	if (h->layout.lost_bins > 0)
		err = note(h, HIVE_LOST_BINS, 0, h->layout.first_lost);
	t.owned = calloc(h->layout.end / 128 + 1, sizeof(*t.owned));
	if (err || !t.owned || array_grow(&t.todo, 0, &t.cap))
		err = HF_ENOMEM;
	if (!err && claim(&t, root.key)) {
		t.todo[t.count++] = root;
		claim_security(&t);
	}
	while (t.count > 0 && !err) {
		struct todo key = t.todo[--t.count];

		err = take_nature(&t, key.key);
		if (!err)
			err = take_values(&t, key.key);
		if (!err)
			err = take_subkeys(&t, &key);
	}
	free(t.owned);
	free(t.todo);
	if (h->damage_count > 1)
		qsort(h->damage, h->damage_count, sizeof(*h->damage), compare_damage);
	return err;
}

const struct hive_damage *hive_damage(const struct hive *h, size_t *count)
{
	*count = h->damage_count;
	return h->damage;
}

unsigned hive_key_losses(const struct hive *h, hive_key key)
{
	size_t low = 0, high = h->damage_count;
	unsigned losses = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (h->damage[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < h->damage_count && h->damage[low].key == key; low++)
		losses |= 1U << h->damage[low].what;
	return losses;
}

/* How many places hive_damage_text() names. */
#define NAMED_MAX 4

static int add_place(const struct hive *h, const struct hive_damage *d, struct str *text)
{
	static const char *const what[] = {
		[HIVE_LOST_BINS] = "a part of the file",
		[HIVE_LOST_SUBKEYS] = "subkeys",
		[HIVE_LOST_VALUES] = "values",
		[HIVE_LOST_DATA] = "the data of a value",
		[HIVE_LOST_CLASS] = "the class name",
		[HIVE_LOST_SECURITY] = "the security descriptor",
	};
	struct str path = {0};
	char shown[256];
	int err = str_adds(text, what[d->what]);

	if (!err && d->key) {
		err = hive_path(h, d->key, &path);
		if (!err)
			err = str_addf(
				text, " of \"%s\"",
				text_printable(path.data ? path.data : "", shown, sizeof(shown)));
		str_free(&path);
	}
	return err ? err : str_addf(text, " (offset 0x%zx)", d->offset);
}

int hive_damage_text(const struct hive *h, struct str *text)
{
	int err = str_adds(text, "lost are ");

	for (size_t i = 0; i < h->damage_count && i < NAMED_MAX && !err; i++) {
		err = i ? str_adds(text, ", ") : 0;
		if (!err)
			err = add_place(h, &h->damage[i], text);
	}
	if (!err && h->damage_count > NAMED_MAX)
		err = str_addf(text, ", and %zu more", h->damage_count - NAMED_MAX);
	return err;
}
