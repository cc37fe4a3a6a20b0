/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the hive writer share: hive_write.c (keys and values), hive_write_cells.c
 * (room), hive_write_lists.c (subkey lists), hive_write_file.c (the file). Used by them only.
 *
 * A cell is named by its offset in the file; pointers into the hive move whenever a cell is made.
 */
#ifndef HOLDFAST_WINDOWS_HIVE_WRITE_PRIVATE_H
#define HOLDFAST_WINDOWS_HIVE_WRITE_PRIVATE_H

#include "windows/hive_private.h"
#include "windows/hive_write.h"

#define NK_SPARE_MAX_NAME  0x38 /* longest name of a subkey, bytes in UTF-16 */
#define NK_SPARE_MAX_CLASS 0x3c
#define NK_SPARE_MAX_VALUE 0x40
#define NK_SPARE_MAX_DATA  0x44
#define NK_VOLATILE	   0x1c
#define NK_VOLATILE_LIST   0x24
#define NK_FLAG_ROOT	   0x04
#define NK_FLAG_NO_DELETE  0x08
#define SK_PREVIOUS	   0x0c
#define SK_COUNT	   0x10
#define BASE_MINOR	   0x18

/* Larger cells are refused by Windows. */
#define CELL_MAX (UINT32_C(1) << 20)

/* Free cells by size: list N has those of 2^N bytes up to twice that. */
#define FREE_LISTS 32

/* Offsets of free cells, as a stack. Some may be free no longer, or of another size. */
struct free_list {
	uint32_t *at; /* owned */
	size_t count, cap;
};

/* A security cell that new keys may share. */
struct shared_security {
	size_t at;
	uint32_t hash;
};

struct hive_write {
	struct hive *h; /* owned */
	const struct upcase *upcase;
	uint64_t now;
	struct free_list free[FREE_LISTS];
	uint32_t *free_cells; /* owned; as struct hive_layout.cells: where free cells start */
	struct shared_security *security; /* owned; by the order found */
	size_t security_count, security_cap;
};

static inline void hive_put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void hive_put_u64(uint8_t *p, uint64_t v)
{
	hive_put_u32(p, (uint32_t)v);
	hive_put_u32(p + 4, (uint32_t)(v >> 32));
}

/* Writes the letters of TAG, as "nk", to P. */
static inline void hive_put_tag(uint8_t *p, const char *tag)
{
	while (*tag)
		*p++ = (uint8_t)*tag++;
}

/* Raises the 4 bytes at P to V. */
static inline void hive_raise_u32(uint8_t *p, size_t v)
{
	if (hive_u32(p) < v)
		hive_put_u32(p, (uint32_t)v);
}

/* Writes the offset of the cell AT (0: none) to P. */
static inline void hive_put_cell(uint8_t *p, size_t at)
{
	hive_put_u32(p, at ? (uint32_t)(at - HIVE_BASE_BLOCK) : HIVE_NIL);
}

/* Finds the free cells of a hive that was just opened. 0 or HF_ENOMEM. */
int hive_cells_scan(struct hive_write *w);

/* A new cell for LEN bytes of contents, zeroed. HF_ELIMIT, HF_ENOMEM. */
int hive_cell_new(struct hive_write *w, size_t len, size_t *out);

/* Frees the cell AT; 0 and what is no cell are ignored. 0 or HF_ENOMEM. */
int hive_cell_free(struct hive_write *w, size_t at);

/*
 * Makes the cell AT (0: none yet) have room for LEN bytes, and some to spare: its contents move,
 * *OUT is where to. HF_ELIMIT, HF_ENOMEM.
 */
int hive_cell_grow(struct hive_write *w, size_t at, size_t len, size_t *out);

/* Adds CHILD, whose name is the N units at NAME, to KEY's subkeys. */
int hive_list_add(struct hive_write *w, hive_key key, hive_key child, const uint16_t *name,
		  size_t n);

/* Takes CHILD out of KEY's subkeys. */
int hive_list_remove(struct hive_write *w, hive_key key, hive_key child);

/* Frees the lists of KEY's subkeys, not the subkeys. */
int hive_list_free(struct hive_write *w, hive_key key);

#endif
