// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Subkey lists of hives: sorted leaves with hints to names, and above 500 entries an index of
 * leaves.
 */
#include <string.h>

#include "base/text.h"
#include "report/error.h"
#include "windows/hive_write_private.h"

/* As many entries Windows puts into a leaf with hints. */
#define LEAF_MAX  507
#define INDEX_MAX 65535

/* Where a subkey belongs: entry ENTRY of the leaf AT, which is entry SLOT of the index, if any. */
struct spot {
	size_t index; /* cell of the index, or 0 */
	size_t slot;
	size_t leaf;
	size_t entry;
};

static uint8_t *entry_of(const struct hive *h, size_t list, size_t n, size_t stride)
{
	return h->data + list + LIST_HEADER + n * stride;
}

static size_t count_of(const struct hive *h, size_t list)
{
	return hive_u16(h->data + list + LIST_COUNT);
}

static void set_count(struct hive *h, size_t list, size_t count)
{
	hive_put_u16(h->data + list + LIST_COUNT, (uint16_t)count);
}

/* Compares the name of KEY with NAME as Windows sorts. */
static int compare(const struct hive_write *w, hive_key key, const uint16_t *name, size_t n)
{
	const uint8_t *nk = w->h->data + key;
	uint16_t have[HIVE_NAME_MAX];
	int len = hive_name_units(nk + NK_NAME, hive_u16(nk + NK_NAME_LEN),
				  hive_u16(nk + NK_FLAGS) & NK_FLAG_LATIN1, have);

	return utf16_casecmp(w->upcase, have, len < 0 ? 0 : (size_t)len, name, n);
}

/* How many entries of LEAF come before NAME. Leaves are short, and not all are in order. */
static size_t place_in(const struct hive_write *w, size_t leaf, const uint16_t *name, size_t n)
{
	size_t count, stride, i = 0;

	if (!hive_leaf(w->h, leaf, &count, &stride))
		return 0;
	while (i < count && compare(w, hive_cell_at(entry_of(w->h, leaf, i, stride)), name, n) < 0)
		i++;
	return i;
}

/* Where NAME belongs among the subkeys of KEY. */
static struct spot find_spot(const struct hive_write *w, hive_key key, const uint16_t *name,
			     size_t n)
{
	const struct hive *h = w->h;
	struct spot s = {0};
	size_t list = hive_cell_at(h->data + key + NK_LIST), count, stride;

	if (hive_u32(h->data + key + NK_SUBKEYS) == 0)
		return s;
	s.leaf = list;
	if (hive_is(h, list, "ri", LIST_HEADER)) {
		s.index = list;
		/* The last leaf that begins before NAME, or the first. */
		for (size_t i = 0; i < count_of(h, list); i++) {
			size_t leaf = hive_cell_at(entry_of(h, list, i, 4));

			if (i > 0 && hive_leaf(h, leaf, &count, &stride) && count > 0 &&
			    compare(w, hive_cell_at(entry_of(h, leaf, 0, stride)), name, n) > 0)
				break;
			s.slot = i;
		}
		s.leaf = hive_cell_at(entry_of(h, list, s.slot, 4));
	}
	s.entry = place_in(w, s.leaf, name, n);
	return s;
}

/* What a leaf keeps of the N units at NAME: a hash (lh), or the first four characters (lf). */
static uint32_t hint(const struct hive_write *w, size_t leaf, const uint16_t *name, size_t n)
{
	uint32_t value = 0;

	if (hive_is(w->h, leaf, "lh", LIST_HEADER)) {
		for (size_t i = 0; i < n; i++)
			value = value * 37 + w->upcase->map[name[i]];
		return value;
	}
	for (size_t i = 0; i < n && i < 4; i++) {
		if (name[i] > 0xff)
			return 0; /* no hint */
		value |= (uint32_t)name[i] << (8 * i);
	}
	return value;
}

/* A new empty leaf of the kind that the hive's version has, with room for COUNT entries. */
static int new_leaf(struct hive_write *w, size_t count, size_t *out)
{
	uint32_t minor = hive_u32(w->h->data + BASE_MINOR);
	int err = hive_cell_new(w, LIST_HEADER - CELL_HEADER + count * 8, out);

	if (!err)
		memcpy(w->h->data + *out + CELL_HEADER,
		       minor >= 5   ? "lh"
		       : minor >= 3 ? "lf"
				    : "li",
		       2);
	return err;
}

/* Puts the cell LEAF where S says that the leaf is. */
static void set_leaf(struct hive_write *w, hive_key key, const struct spot *s, size_t leaf)
{
	if (s->index)
		hive_put_cell(entry_of(w->h, s->index, s->slot, 4), leaf);
	else
		hive_put_cell(w->h->data + key + NK_LIST, leaf);
}

/* Adds LEAF to the index of S after S's leaf; there is an index then. */
static int add_to_index(struct hive_write *w, hive_key key, struct spot *s, size_t leaf)
{
	size_t index, count;
	uint8_t *entry;
	int err;

	if (!s->index) {
		err = hive_cell_new(w, LIST_HEADER - CELL_HEADER + 8 * 4, &index);
		if (err)
			return err;
		hive_put_tag(w->h->data + index + CELL_HEADER, "ri");
		set_count(w->h, index, 1);
		hive_put_cell(entry_of(w->h, index, 0, 4), s->leaf);
		s->slot = 0;
	} else {
		if (count_of(w->h, s->index) == INDEX_MAX)
			return HF_ELIMIT;
		err = hive_cell_grow(w, s->index,
				     LIST_HEADER - CELL_HEADER + (count_of(w->h, s->index) + 1) * 4,
				     &index);
		if (err)
			return err;
	}
	s->index = index;
	hive_put_cell(w->h->data + key + NK_LIST, index);
	count = count_of(w->h, index);
	entry = entry_of(w->h, index, s->slot + 1, 4);
	memmove(entry + 4, entry, (count - s->slot - 1) * 4);
	hive_put_cell(entry, leaf);
	set_count(w->h, index, count + 1);
	return 0;
}

/* Moves the upper half of the full leaf of S to a new one; S then names the half it belongs to. */
static int split(struct hive_write *w, hive_key key, struct spot *s)
{
	size_t count, stride, half, leaf;
	int err = new_leaf(w, LEAF_MAX, &leaf);

	if (err || !hive_leaf(w->h, s->leaf, &count, &stride))
		return err ? err : HF_ECORRUPT;
	half = count / 2;
	memcpy(w->h->data + leaf + CELL_HEADER, w->h->data + s->leaf + CELL_HEADER, 2);
	memcpy(entry_of(w->h, leaf, 0, stride), entry_of(w->h, s->leaf, half, stride),
	       (count - half) * stride);
	set_count(w->h, leaf, count - half);
	err = add_to_index(w, key, s, leaf);
	if (err)
		return err;
	set_count(w->h, s->leaf, half);
	if (s->entry > half) {
		s->slot++;
		s->leaf = leaf;
		s->entry -= half;
	}
	return 0;
}

int hive_list_add(struct hive_write *w, hive_key key, hive_key child, const uint16_t *name,
		  size_t n)
{
	struct spot s = find_spot(w, key, name, n);
	size_t count, stride, leaf;
	uint8_t *entry;
	int err = 0;

	if (!s.leaf)
		err = new_leaf(w, 1, &s.leaf);
	else if (count_of(w->h, s.leaf) >= LEAF_MAX)
		err = split(w, key, &s);
	if (err || !hive_leaf(w->h, s.leaf, &count, &stride))
		return err ? err : HF_ECORRUPT;
	err = hive_cell_grow(w, s.leaf, LIST_HEADER - CELL_HEADER + (count + 1) * stride, &leaf);
	if (err)
		return err;
	set_leaf(w, key, &s, leaf);
	entry = entry_of(w->h, leaf, s.entry, stride);
	memmove(entry + stride, entry, (count - s.entry) * stride);
	hive_put_cell(entry, child);
	if (stride == 8)
		hive_put_u32(entry + 4, hint(w, leaf, name, n));
	set_count(w->h, leaf, count + 1);
	hive_put_u32(w->h->data + key + NK_SUBKEYS, hive_u32(w->h->data + key + NK_SUBKEYS) + 1);
	return 0;
}

/* Finds CHILD in the leaf S; true with the entry in S. */
static bool find_in_leaf(const struct hive *h, struct spot *s, hive_key child)
{
	size_t count, stride;

	if (!hive_leaf(h, s->leaf, &count, &stride))
		return false;
	for (s->entry = 0; s->entry < count; s->entry++)
		if (hive_cell_at(entry_of(h, s->leaf, s->entry, stride)) == child)
			return true;
	return false;
}

static bool find_child(const struct hive *h, hive_key key, hive_key child, struct spot *s)
{
	size_t list = hive_cell_at(h->data + key + NK_LIST);

	memset(s, 0, sizeof(*s));
	if (hive_u32(h->data + key + NK_SUBKEYS) == 0)
		return false;
	s->leaf = list;
	if (!hive_is(h, list, "ri", LIST_HEADER))
		return find_in_leaf(h, s, child);
	s->index = list;
	for (s->slot = 0; s->slot < count_of(h, list); s->slot++) {
		s->leaf = hive_cell_at(entry_of(h, list, s->slot, 4));
		if (find_in_leaf(h, s, child))
			return true;
	}
	return false;
}

/* Frees the empty leaf of S, and with it the index when it was the last one. */
static int drop_leaf(struct hive_write *w, hive_key key, const struct spot *s)
{
	struct hive *h = w->h;
	int err = hive_cell_free(w, s->leaf);

	if (err)
		return err;
	if (s->index) {
		size_t count = count_of(h, s->index) - 1;
		uint8_t *entry = entry_of(h, s->index, s->slot, 4);

		memmove(entry, entry + 4, (count - s->slot) * 4);
		set_count(h, s->index, count);
		if (count > 0)
			return 0;
		err = hive_cell_free(w, s->index);
	}
	hive_put_cell(h->data + key + NK_LIST, 0);
	return err;
}

int hive_list_remove(struct hive_write *w, hive_key key, hive_key child)
{
	struct hive *h = w->h;
	size_t count, stride;
	struct spot s;
	uint8_t *entry;

	if (!find_child(h, key, child, &s) || !hive_leaf(h, s.leaf, &count, &stride))
		return HF_ECORRUPT;
	entry = entry_of(h, s.leaf, s.entry, stride);
	memmove(entry, entry + stride, (count - s.entry - 1) * stride);
	set_count(h, s.leaf, count - 1);
	hive_put_u32(h->data + key + NK_SUBKEYS, hive_u32(h->data + key + NK_SUBKEYS) - 1);
	return count == 1 ? drop_leaf(w, key, &s) : 0;
}

int hive_list_free(struct hive_write *w, hive_key key)
{
	struct hive *h = w->h;
	size_t list = hive_cell_at(h->data + key + NK_LIST);
	int err = 0;

	if (hive_u32(h->data + key + NK_SUBKEYS) == 0)
		return 0;
	if (hive_is(h, list, "ri", LIST_HEADER))
		for (size_t i = 0; i < count_of(h, list) && !err; i++)
			err = hive_cell_free(w, hive_cell_at(entry_of(h, list, i, 4)));
	hive_put_u32(h->data + key + NK_SUBKEYS, 0);
	hive_put_cell(h->data + key + NK_LIST, 0);
	return err ? err : hive_cell_free(w, list);
}
