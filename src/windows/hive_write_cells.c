// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Room in a hive that is being changed: cells are made from free ones, or from a new bin at the
 * end.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/error.h"
#include "windows/hive_write_private.h"

#define BIN_HEADER 0x20
#define CELL_ALIGN 8
#define BASE_BINS  0x28

/* The list that cells of SIZE bytes are kept in. */
static unsigned list_of(size_t size)
{
	unsigned n = 0;

	while (size >>= 1)
		n++;
	return n < FREE_LISTS ? n : FREE_LISTS - 1;
}

static bool is_free(const struct hive_write *w, size_t at)
{
	return at < w->h->layout.end && w->free_cells[at / 128] >> (at / 4 % 32) & 1;
}

static void set_free(struct hive_write *w, size_t at, bool free)
{
	uint32_t bit = UINT32_C(1) << (at / 4 % 32), *word = &w->free_cells[at / 128];

	*word = free ? *word | bit : *word & ~bit;
}

/* Makes the SIZE bytes at AT a free cell, together with the one that follows if it is free. */
static int add_free(struct hive_write *w, size_t at, size_t size)
{
	struct free_list *list;

	while (is_free(w, at + size)) {
		set_free(w, at + size, false);
		size += hive_u32(w->h->data + at + size);
	}
	hive_put_u32(w->h->data + at, (uint32_t)size);
	list = &w->free[list_of(size)];
	if (array_grow(&list->at, list->count, &list->cap))
		return HF_ENOMEM;
	list->at[list->count++] = (uint32_t)at;
	set_free(w, at, true);
	return 0;
}

int hive_cells_scan(struct hive_write *w)
{
	const struct hive *h = w->h;
	size_t at = HIVE_BASE_BLOCK, end;
	int err = 0;

	w->free_cells = calloc(h->layout.end / 128 + 1, sizeof(*w->free_cells));
	if (!w->free_cells)
		return HF_ENOMEM;
	while (at < h->layout.end && !err) {
		end = at + hive_u32(h->data + at + 8);
		for (at += BIN_HEADER; at < end && !err; at += hive_cell_size(h->data, at))
			if ((int32_t)hive_u32(h->data + at) > 0)
				err = add_free(w, at, hive_u32(h->data + at));
	}
	return err;
}

/* Makes the map *BITS of WORDS words MORE words long. */
static int grow_map(uint32_t **bits, size_t words, size_t more)
{
	uint32_t *map = realloc(*bits, more * sizeof(*map));

	if (!map)
		return HF_ENOMEM;
	memset(map + words, 0, (more - words) * sizeof(*map));
	*bits = map;
	return 0;
}

/* Adds a bin with room for a cell of SIZE bytes at the end of the hive. */
static int add_bin(struct hive_write *w, size_t size)
{
	struct hive *h = w->h;
	size_t bin = (BIN_HEADER + size + HIVE_BASE_BLOCK - 1) & ~(size_t)(HIVE_BASE_BLOCK - 1);
	size_t at = h->layout.end, end = at + bin;
	size_t words = at / 128 + 1, more = end / 128 + 1;
	uint8_t *data;

	if (end > HIVE_FILE_MAX)
		return HF_ELIMIT;
	if (grow_map(&h->layout.cells, words, more) || grow_map(&w->free_cells, words, more))
		return HF_ENOMEM;
	/* Half as much again, as this comes often. */
	if (end > h->len) {
		size_t len = end + end / 2;

		data = realloc(h->data, len);
		if (!data)
			return HF_ENOMEM;
		h->data = data;
		h->len = len;
	}
	memset(h->data + at, 0, bin);
	hive_put_tag(h->data + at, "hbin");
	hive_put_u32(h->data + at + 4, (uint32_t)(at - HIVE_BASE_BLOCK));
	hive_put_u32(h->data + at + 8, (uint32_t)bin);
	hive_put_u32(h->data + BASE_BINS, (uint32_t)(end - HIVE_BASE_BLOCK));
	h->layout.end = end;
	return add_free(w, at + BIN_HEADER, bin - BIN_HEADER);
}

/* Takes a cell of at least SIZE bytes out of list N; 0 when none of the newest few is. */
static size_t take_from(struct hive_write *w, unsigned n, size_t size)
{
	struct free_list *list = &w->free[n];

	for (size_t i = list->count, tries = 8; i > 0 && tries > 0; i--) {
		size_t at = list->at[i - 1], have = is_free(w, at) ? hive_u32(w->h->data + at) : 0;
		bool stale = have == 0 || list_of(have) != n;

		tries--;
		if (!stale && have < size)
			continue;
		list->at[i - 1] = list->at[--list->count];
		if (!stale) {
			set_free(w, at, false);
			return at;
		}
		tries++;
	}
	return 0;
}

/* A free cell of at least SIZE bytes, no longer listed; 0 when there is none. */
static size_t take_free(struct hive_write *w, size_t size)
{
	size_t at = 0;

	for (unsigned n = list_of(size); n < FREE_LISTS && !at; n++)
		at = take_from(w, n, size);
	return at;
}

int hive_cell_new(struct hive_write *w, size_t len, size_t *out)
{
	size_t size = (CELL_HEADER + len + CELL_ALIGN - 1) & ~(size_t)(CELL_ALIGN - 1), at, have;
	int err;

	if (len > CELL_MAX - CELL_HEADER)
		return HF_ELIMIT;
	at = take_free(w, size);
	if (!at) {
		err = add_bin(w, size);
		if (err)
			return err;
		at = take_free(w, size);
	}
	have = hive_u32(w->h->data + at);
	if (have - size >= CELL_ALIGN) {
		err = add_free(w, at + size, have - size);
		if (err)
			return err;
		have = size;
	}
	memset(w->h->data + at, 0, have);
	hive_put_u32(w->h->data + at, (uint32_t) - (int32_t)have);
	w->h->layout.cells[at / 128] |= UINT32_C(1) << (at / 4 % 32);
	*out = at;
	return 0;
}

int hive_cell_free(struct hive_write *w, size_t at)
{
	struct hive *h = w->h;

	if (!hive_cell_ok(&h->layout, h->data, at, CELL_HEADER))
		return 0;
	h->layout.cells[at / 128] &= ~(UINT32_C(1) << (at / 4 % 32));
	return add_free(w, at, hive_cell_size(h->data, at));
}

int hive_cell_grow(struct hive_write *w, size_t at, size_t len, size_t *out)
{
	struct hive *h = w->h;
	size_t have = at ? hive_cell_size(h->data, at) - CELL_HEADER : 0, room = len + len / 2;
	int err;

	*out = at;
	if (at && have >= len)
		return 0;
	err = hive_cell_new(w, room <= CELL_MAX - CELL_HEADER ? room : len, out);
	if (err || !at)
		return err;
	memcpy(h->data + *out + CELL_HEADER, h->data + at + CELL_HEADER, have);
	return hive_cell_free(w, at);
}
