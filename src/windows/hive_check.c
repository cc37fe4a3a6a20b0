// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checks the outer structure of registry hives before anything in them is believed.
 */
#include <stdlib.h>
#include <string.h>

#include "report/error.h"
#include "windows/hive_check.h"

#define BIN_HEADER   0x20
#define BIN_UNIT     0x1000
#define CHECKSUM_AT  0x1fc
#define CELL_MINIMUM 8

/* XOR of the first 127 dwords; 0 and all ones are never stored as such. */
uint32_t hive_base_checksum(const uint8_t *data)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < CHECKSUM_AT; i += 4)
		sum ^= hive_u32(data + i);
	if (sum == 0)
		return 1;
	if (sum == UINT32_MAX)
		return UINT32_MAX - 1;
	return sum;
}

/* Notes that there is no sound bin at AT. */
static void lose(struct hive_layout *out, size_t at)
{
	if (out->lost_bins++ == 0)
		out->first_lost = at;
}

int hive_check_base(const uint8_t *data, size_t len, struct hive_layout *out, const char **why)
{
	uint32_t major, minor, bins;

	memset(out, 0, sizeof(*out));
	*why = "it is too short for a registry hive";
	if (len < HIVE_BASE_BLOCK * 2)
		return HF_ECORRUPT;
	*why = "it is not a registry hive";
	if (memcmp(data, "regf", 4) != 0)
		return HF_ECORRUPT;
	if (hive_base_checksum(data) != hive_u32(data + CHECKSUM_AT)) {
		*why = "the checksum of its base block is wrong";
		return HF_ECORRUPT;
	}
	major = hive_u32(data + 0x14);
	minor = hive_u32(data + 0x18);
	if (major != 1 || minor < 2 || minor > 6) {
		*why = "its hive format version is not one of 1.2 to 1.6";
		return HF_EUNSUPPORTED;
	}
	bins = hive_u32(data + 0x28);
	if (bins > len - HIVE_BASE_BLOCK) {
		bins = (uint32_t)(len - HIVE_BASE_BLOCK) & ~UINT32_C(0xfff);
		lose(out, (size_t)HIVE_BASE_BLOCK + bins);
	}
	out->end = (size_t)HIVE_BASE_BLOCK + bins;
	out->root = (size_t)HIVE_BASE_BLOCK + hive_u32(data + 0x24);
	out->dirty = hive_u32(data + 4) != hive_u32(data + 8);
	*why = "";
	return 0;
}

size_t hive_cell_size(const uint8_t *data, size_t offset)
{
	int32_t size = (int32_t)hive_u32(data + offset);

	return size < 0 ? (size_t) - (int64_t)size : (size_t)size;
}

/*
 * Marks the allocated cells of the bin from BIN to END. Returns END, or where the cells stop making
 * sense.
 */
static size_t mark_cells(const uint8_t *data, size_t bin, size_t end, uint32_t *cells)
{
	size_t at = bin + BIN_HEADER;

	while (at < end) {
		size_t size = hive_cell_size(data, at);

		if (size < CELL_MINIMUM || size % 4 != 0 || size > end - at)
			return at;
		if ((int32_t)hive_u32(data + at) < 0)
			cells[at / 128] |= UINT32_C(1) << (at / 4 % 32);
		at += size;
	}
	return end;
}

/* The size of the bin at AT, or 0 when none begins there. */
static size_t bin_size(const uint8_t *data, size_t at, size_t end)
{
	size_t size;

	if (end - at < BIN_HEADER || memcmp(data + at, "hbin", 4) != 0)
		return 0;
	size = hive_u32(data + at + 8);
	if (size < BIN_UNIT || size % BIN_UNIT != 0 || size > end - at ||
	    hive_u32(data + at + 4) != at - HIVE_BASE_BLOCK)
		return 0;
	return size;
}

static void check_bins(const uint8_t *data, struct hive_layout *out)
{
	size_t at = HIVE_BASE_BLOCK;
	bool lost = false;

	while (at < out->end) {
		size_t size = bin_size(data, at, out->end), good;

		/* Bins begin at multiples of their unit: the next one is found again. */
		if (size == 0) {
			if (!lost)
				lose(out, at);
			lost = true;
			at += BIN_UNIT;
			continue;
		}
		lost = false;
		good = mark_cells(data, at, at + size, out->cells);
		at += size;
		if (good < at)
			lose(out, good);
	}
}

bool hive_cell_ok(const struct hive_layout *layout, const uint8_t *data, size_t offset, size_t need)
{
	if (offset < HIVE_BASE_BLOCK || offset % 4 != 0 || offset >= layout->end)
		return false;
	if (!(layout->cells[offset / 128] >> (offset / 4 % 32) & 1))
		return false;
	return hive_cell_size(data, offset) >= need;
}

int hive_check(const uint8_t *data, size_t len, struct hive_layout *out, const char **why)
{
	int err;

	err = hive_check_base(data, len, out, why);
	if (err)
		return err;
	out->cells = calloc(out->end / 128 + 1, sizeof(*out->cells));
	if (!out->cells) {
		*why = "there is not enough memory";
		return HF_ENOMEM;
	}
	check_bins(data, out);
	if (!hive_cell_ok(out, data, out->root, CELL_MINIMUM)) {
		*why = "its root key is missing";
		err = HF_ECORRUPT;
	}
	if (err) {
		free(out->cells);
		out->cells = NULL;
	}
	return err;
}
