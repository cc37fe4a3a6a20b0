// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading for the check: unreadable sectors, fixups, and the MFT in large pieces. */
#include <inttypes.h>

#include "volume/check_private.h"

#define WINDOW_BYTES (1024 * 1024)

static int64_t read_once(struct check *c, void *buf, size_t len, uint64_t offset)
{
	int64_t n = c->block->ops->pread(c->block, buf, len, offset);

	if (n > 0)
		c->res->bytes_read += (uint64_t)n;
	return n;
}

/* Sector by sector, after the piece as a whole failed; tells each run of bad ones once. */
static void read_slowly(struct check *c, uint8_t *buf, size_t len, uint64_t offset, int64_t record,
			const char *what)
{
	uint64_t first = 0, bad = 0;
	size_t done = 0;

	while (done <= len) {
		size_t n = done < len ? SECTOR - (size_t)((offset + done) % SECTOR) : 0;
		bool failed;

		if (n > len - done)
			n = len - done;
		failed = n && read_once(c, buf + done, n, offset + done) < 0;
		if (failed) {
			memset(buf + done, 0, n);
			if (!bad++)
				first = (offset + done) / SECTOR;
		} else if (bad) {
			c->res->sectors_unreadable += bad;
			found(c, CHECK_UNREADABLE, (struct at){record, -1, (int64_t)first},
			      "%s: %" PRIu64 " sector%s from sector %" PRIu64
			      " of the volume on cannot be read",
			      what, bad, bad == 1 ? "" : "s", first);
			bad = 0;
		}
		if (!n)
			return;
		done += n;
	}
}

bool vol_read(struct check *c, void *buf, size_t len, uint64_t offset, int64_t record,
	      const char *what)
{
	uint64_t before = c->res->sectors_unreadable;
	int64_t n = read_once(c, buf, len, offset);

	if (n == (int64_t)len)
		return true;
	if (n >= 0) { /* the volume is shorter than it says, which was told at the start */
		memset((uint8_t *)buf + n, 0, len - (size_t)n);
		return false;
	}
	read_slowly(c, buf, len, offset, record, what);
	return c->res->sectors_unreadable == before;
}

bool fixups_undo(uint8_t *block, size_t len)
{
	size_t at = le16(block + 4), count = le16(block + 6), i;

	if (count != len / SECTOR + 1 || at % 2 || at < 8 || at + count * 2 > SECTOR - 2)
		return false;
	for (i = 1; i < count; i++)
		if (memcmp(block + i * SECTOR - 2, block + at, 2))
			return false;
	for (i = 1; i < count; i++)
		memcpy(block + i * SECTOR - 2, block + at + i * 2, 2);
	return true;
}

enum record_state record_prepare(struct check *c, uint8_t *buf)
{
	if (!memcmp(buf, "BAAD", 4))
		return RECORD_TORN;
	if (memcmp(buf, "FILE", 4))
		return RECORD_EMPTY;
	return fixups_undo(buf, c->record_size) ? RECORD_GOOD : RECORD_TORN;
}

/* The place of byte OFFSET of the MFT on the volume, and how many bytes follow in one piece. */
static bool mft_place(const struct check *c, uint64_t offset, uint64_t *place, uint64_t *len)
{
	uint64_t vcn = offset / c->cluster_size, in = offset % c->cluster_size;
	size_t low = 0, high = c->mft.count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->mft.items[mid].vcn + c->mft.items[mid].len <= vcn)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == c->mft.count || c->mft.items[low].lcn == RUN_HOLE)
		return false;
	const struct run *r = &c->mft.items[low];
	*place = (r->lcn + (vcn - r->vcn)) * c->cluster_size + in;
	*len = (r->vcn + r->len - vcn) * c->cluster_size - in;
	return true;
}

/* LEN bytes of the MFT at OFFSET, over as many runs as it takes. Nothing is told. */
static bool mft_read(struct check *c, uint8_t *buf, size_t len, uint64_t offset, bool tell)
{
	bool ok = true;

	while (len) {
		uint64_t place, there;
		size_t n;

		if (!mft_place(c, offset, &place, &there)) {
			memset(buf, 0, len);
			return false;
		}
		n = (size_t)min_u64(there, len);
		if (tell)
			ok &= vol_read(c, buf, n, place, MFT_MFT, "$MFT");
		else
			ok &= read_once(c, buf, n, place) == (int64_t)n;
		buf += n;
		len -= n;
		offset += n;
	}
	return ok;
}

enum record_state record_read(struct check *c, uint64_t no, uint8_t *buf)
{
	if (c->window_count && no >= c->window_first && no - c->window_first < c->window_count) {
		size_t i = (size_t)(no - c->window_first);

		memcpy(buf, c->window + i * c->record_size, c->record_size);
		return c->window_state[i];
	}
	if (no >= c->records || !mft_read(c, buf, c->record_size, no * c->record_size, false))
		return RECORD_UNREADABLE;
	return record_prepare(c, buf);
}

static void window_fill(struct check *c, uint64_t first)
{
	size_t most = WINDOW_BYTES / c->record_size, i;
	uint64_t count = min_u64(most, c->records - first), size = c->record_size;
	bool whole;

	c->window_count = 0; /* told paths must not look into it meanwhile */
	whole = mft_read(c, c->window, (size_t)(count * size), first * size, false);
	for (i = 0; i < count; i++) {
		uint8_t *rec = c->window + i * size;

		if (!whole && !mft_read(c, rec, (size_t)size, (first + i) * size, true))
			c->window_state[i] = RECORD_UNREADABLE;
		else
			c->window_state[i] = (uint8_t)record_prepare(c, rec);
	}
	c->window_first = first;
	c->window_count = count;
}

const uint8_t *record_window(struct check *c, uint64_t no, enum record_state *state)
{
	if (!c->window) {
		c->window = calloc(1, WINDOW_BYTES);
		c->window_state = calloc(1, WINDOW_BYTES / 256);
	}
	if (!c->window || !c->window_state) {
		c->stop = HF_ENOMEM;
		return NULL;
	}
	if (!c->window_count || no < c->window_first || no - c->window_first >= c->window_count)
		window_fill(c, no);
	*state = c->window_state[no - c->window_first];
	return c->window + (no - c->window_first) * c->record_size;
}
