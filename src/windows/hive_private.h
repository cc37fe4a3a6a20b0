/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the hive reader share: hive.c (opening, keys), hive_value.c (values) and
 * hive_tree.c (what belongs to what). Used by them only.
 */
#ifndef HOLDFAST_WINDOWS_HIVE_PRIVATE_H
#define HOLDFAST_WINDOWS_HIVE_PRIVATE_H

#include "windows/hive.h"
#include "windows/hive_check.h"

/* Offsets in a cell that holds a key (nk), a value (vk) or a security descriptor (sk); the cell's
 * size comes first. */
#define NK_FLAGS	 0x06
#define NK_WRITTEN	 0x08
#define NK_PARENT	 0x14
#define NK_SUBKEYS	 0x18
#define NK_LIST		 0x20
#define NK_VALUES	 0x28
#define NK_VALUE_LIST	 0x2c
#define NK_SECURITY	 0x30
#define NK_CLASS	 0x34
#define NK_NAME_LEN	 0x4c
#define NK_CLASS_LEN	 0x4e
#define NK_NAME		 0x50
#define NK_FLAG_VOLATILE 0x01
#define NK_FLAG_LINK	 0x10
#define NK_FLAG_LATIN1	 0x20
#define NK_FLAG_HANDLE	 0x40 /* the number of values is something else */
#define VK_NAME_LEN	 0x06
#define VK_DATA_LEN	 0x08
#define VK_DATA		 0x0c
#define VK_TYPE		 0x10
#define VK_FLAGS	 0x14
#define VK_NAME		 0x18
#define VK_FLAG_LATIN1	 0x01
#define VK_INLINE	 UINT32_C(0x80000000)
#define SK_NEXT		 0x08
#define SK_LEN		 0x14
#define SK_DATA		 0x18
#define DB_COUNT	 0x06
#define DB_LIST		 0x08
#define DB_SIZE		 0x0c
#define LIST_COUNT	 0x06
#define LIST_HEADER	 0x08
#define CELL_HEADER	 0x04
#define HIVE_NIL	 UINT32_C(0xffffffff) /* no cell */

/* Data above this is in segments of this size ("db") from version 1.4 on. */
#define HIVE_SEGMENT 16344

/* Windows' own limit of levels; the root is at level 0. */
#define HIVE_DEPTH_MAX 512

struct upcase;

struct hive {
	uint8_t *data; /* owned */
	size_t len;
	struct hive_layout layout;
	struct hive_damage *damage; /* owned; by key, from hive_tree_check() on */
	size_t damage_count, damage_cap;
	unsigned replayed;
};

/* The file offset of the cell that the 4 bytes at P name. */
static inline size_t hive_cell_at(const uint8_t *p)
{
	return HIVE_BASE_BLOCK + (size_t)hive_u32(p);
}

/* True when AT is a cell with the two letters SIGNATURE and at least NEED bytes. */
bool hive_is(const struct hive *h, size_t at, const char *signature, size_t need);

/* True when AT is a security descriptor that fits into its cell. */
bool hive_security_ok(const struct hive *h, size_t at);

/* A key, or a value, with its name. */
bool hive_key_ok(const struct hive *h, hive_key key);
bool hive_value_ok(const struct hive *h, hive_value value);

/*
 * The entries of subkey list AT (a leaf li, lf or lh): their number, cut to what the cell has room
 * for, and the bytes from one to the next (4 or 8). False when it is no such list.
 */
bool hive_leaf(const struct hive *h, size_t at, size_t *count, size_t *stride);

/* The name of N bytes as UTF-16 units in OUT (HIVE_NAME_MAX); their number, or HF_ELIMIT. */
int hive_name_units(const uint8_t *bytes, size_t n, bool latin1, uint16_t *out);

/* The subkey of KEY whose name is the N units at NAME, by UPCASE; as hive_find(). */
int hive_find_units(const struct hive *h, hive_key key, const uint16_t *name, size_t n,
		    const struct upcase *upcase, hive_key *out);

/* The same for a value; as hive_find_value(). */
int hive_find_value_units(const struct hive *h, hive_key key, const uint16_t *name, size_t n,
			  const struct upcase *upcase, hive_value *out);

/*
 * Follows every reference from the root and makes what can be reached a tree in which each cell
 * has one owner: whatever would be reached twice, is damaged or too deep is taken out of the copy
 * in memory and noted as damage. From then on walks end and their sum is bounded by the hive's
 * size. 0 or HF_ENOMEM.
 */
int hive_tree_check(struct hive *h);

#endif
