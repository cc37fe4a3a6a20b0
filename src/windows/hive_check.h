/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The outer structure of a registry hive file: base block, bins and cells. Every hive passes here
 * first; afterwards each cell that counts is known to lie within its bin. Pure work on bytes; used
 * within the hive reader only.
 */
#ifndef HOLDFAST_WINDOWS_HIVE_CHECK_H
#define HOLDFAST_WINDOWS_HIVE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Size of the base block; cell offsets in a hive count from its end. */
#define HIVE_BASE_BLOCK 0x1000

/* What hive_check() found out. */
struct hive_layout {
	uint32_t *cells;   /* owned: one bit for every 4 bytes where an allocated cell starts */
	size_t end;	   /* file offset of the end of the last bin */
	size_t root;	   /* file offset of the root key's cell */
	size_t lost_bins;  /* how many parts of the file are not sound bins */
	size_t first_lost; /* file offset of the first of them */
	bool dirty;	   /* sequence numbers differ: transactions were not written back */
};

/* Little-endian numbers at P. */
static inline uint16_t hive_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t hive_u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline void hive_put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* The checksum that belongs to the base block at DATA. */
uint32_t hive_base_checksum(const uint8_t *data);

/* As many bytes at the beginning of a hive file are enough for hive_check_base(). */
#define HIVE_BASE_CHECKED 512

/*
 * Checks the base block at DATA of a hive file that has LEN bytes in all: magic, version, checksum.
 * Returns and *WHY are those of hive_check(); OUT->cells stays NULL.
 */
int hive_check_base(const uint8_t *data, size_t len, struct hive_layout *out, const char **why);

/*
 * Checks the LEN bytes of a hive file: magic, version 1.2 to 1.6, checksum, bins and cells. Bins
 * that are missing, damaged or not filled by their cells to the end are left out from the damage
 * on, and counted. Returns 0 with *OUT filled (free OUT->cells), HF_ENOMEM, HF_EUNSUPPORTED for
 * other versions or HF_ECORRUPT when there is no root cell; on failure *WHY tells the reason
 * (static text).
 */
int hive_check(const uint8_t *data, size_t len, struct hive_layout *out, const char **why);

/* True when an allocated cell of at least NEED bytes (its 4 bytes of size included) starts at
 * OFFSET. */
bool hive_cell_ok(const struct hive_layout *layout, const uint8_t *data, size_t offset,
		  size_t need);

/* The size in bytes of the cell at OFFSET, its own 4 bytes of size included. */
size_t hive_cell_size(const uint8_t *data, size_t offset);

#endif
