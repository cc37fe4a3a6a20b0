// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the MFT lies, which only its own first record tells; its bitmap; and its mirror.
 */
#include <inttypes.h>

#include "volume/check_private.h"

#define RECORDS_MAX UINT32_MAX
#define MIRRORED    4

static int damaged(struct check *c, const char *why)
{
	found(c, CHECK_MFT_DAMAGED, (struct at){-1, (int64_t)c->mft_lcn, -1},
	      "the master file table cannot be followed: %s", why);
	return HF_ECORRUPT;
}

/* The record at cluster LCN; false when it is no good. */
static bool read_at(struct check *c, uint64_t lcn, unsigned no, uint8_t *buf)
{
	int64_t n = c->block->ops->pread(c->block, buf, c->record_size,
					 lcn * c->cluster_size + (uint64_t)no * c->record_size);

	return n == (int64_t)c->record_size && record_prepare(c, buf) == RECORD_GOOD;
}

static int take_extent(struct check *c, const uint8_t *rec, const char **why)
{
	struct attr a;
	size_t pos = 0;
	int rc;

	while ((rc = attr_next(rec, c->record_size, &pos, &a, why)) == 1) {
		uint64_t next = c->mft.count ? c->mft.items[c->mft.count - 1].vcn +
						       c->mft.items[c->mft.count - 1].len
					     : 0;

		if (!attr_is(&a, AT_DATA, "") || !a.nonresident || a.lowest != next)
			continue;
		rc = runs_decode(&a, c->clusters, &c->mft, why);
		if (rc)
			return rc;
		if (a.lowest == 0)
			c->records = min_u64(a.initialized, a.size) / c->record_size;
	}
	return rc < 0 ? HF_ECORRUPT : 0;
}

/* The rest of a fragmented MFT: its pieces are in records that the pieces before hold. */
static int follow_list(struct check *c, const char **why)
{
	struct file f;
	int rc = file_load(c, MFT_MFT, &f);
	size_t i;

	*why = f.why ? f.why : "its attribute list cannot be followed";
	for (i = 1; i < f.count && !rc; i++)
		rc = take_extent(c, f.records + i * c->record_size, why);
	file_free(&f);
	return rc;
}

/* Not longer than its runs, nor with holes, nor with more clusters than there are. */
static const char *judge(struct check *c)
{
	uint64_t clusters = 0;
	size_t i;

	for (i = 0; i < c->mft.count; i++) {
		if (c->mft.items[i].lcn == RUN_HOLE)
			return "there is a hole in it";
		clusters += c->mft.items[i].len;
	}
	if (clusters > c->clusters)
		return "it is larger than the volume";
	if (c->records > clusters * c->cluster_size / c->record_size)
		return "it is larger than its runs";
	if (c->records < MFT_NAMED || c->records > RECORDS_MAX)
		return "its size is impossible";
	return NULL;
}

/* Which records are in use; the space behind its end counts as free. */
static int read_bitmap(struct check *c)
{
	size_t need = (size_t)(c->records / 8 + 1), len = 0;
	const char *why = "it is missing";
	struct stream s;
	struct file f;
	uint8_t *map;
	int rc = file_load(c, MFT_MFT, &f);

	if (!rc)
		rc = stream_open(c, &f, AT_BITMAP, "", &s, &why);
	if (!rc) {
		map = stream_all(c, &s, need + (UINT64_C(1) << 29), &len);
		stream_free(&s);
		c->mft_bitmap = map ? realloc(map, len > need ? len : need) : NULL;
		if (map && !c->mft_bitmap)
			free(map);
		if (c->mft_bitmap && len < need)
			memset(c->mft_bitmap + len, 0, need - len);
		why = "it cannot be read";
	}
	if (!c->mft_bitmap && rc != HF_ENOMEM)
		found(c, CHECK_SYSTEM_FILE, AT_RECORD(MFT_MFT),
		      "the bitmap of the MFT is of no use: %s", f.why ? f.why : why);
	file_free(&f);
	return rc == HF_ENOMEM ? rc : 0;
}

int check_open_mft(struct check *c)
{
	uint8_t *rec = malloc(c->record_size);
	const char *why = "its first record is damaged";
	uint64_t records;
	int rc;

	if (!rec)
		return HF_ENOMEM;
	if (!read_at(c, c->mft_lcn, 0, rec)) {
		/* the mirror knows as well where everything is */
		if (!read_at(c, c->mirror_lcn, 0, rec)) {
			free(rec);
			return damaged(c, "its first record is damaged, here and in the mirror");
		}
		found(c, CHECK_MIRROR_DIFFERS, AT_RECORD(0),
		      "the first record of the MFT is damaged; the mirror's is used for this "
		      "check");
	}
	rc = take_extent(c, rec, &why);
	free(rec);
	if (rc)
		return rc == HF_ENOMEM ? rc : damaged(c, why);
	if (!c->mft.count)
		return damaged(c, "its first record has no data");
	/* While the list is followed, only what is known already can be read. */
	records = c->records;
	c->records = min_u64(
		records, (c->mft.items[c->mft.count - 1].vcn + c->mft.items[c->mft.count - 1].len) *
				 c->cluster_size / c->record_size);
	rc = follow_list(c, &why);
	c->records = records;
	if (rc == HF_ENOMEM)
		return rc;
	why = judge(c);
	if (why)
		return damaged(c, why);
	c->recs = calloc((size_t)c->records, sizeof(*c->recs));
	c->used = calloc((size_t)(c->clusters / 64 + 1), sizeof(*c->used));
	return c->recs && c->used ? read_bitmap(c) : HF_ENOMEM;
}

void check_mirror(struct check *c)
{
	uint64_t n = c->cluster_size / c->record_size, i;
	uint8_t *a = malloc(c->record_size), *b = malloc(c->record_size);
	uint64_t place = c->mirror_lcn * c->cluster_size;

	n = n > MIRRORED ? n : MIRRORED;
	if (!a || !b)
		c->stop = HF_ENOMEM;
	for (i = 0; !c->stop && i < n && i < c->records; i++) {
		enum record_state state = record_read(c, i, a);

		if (!vol_read(c, b, c->record_size, place + i * c->record_size, MFT_MIRROR,
			      "$MFTMirr"))
			continue;
		if (record_prepare(c, b) != RECORD_GOOD)
			found(c, CHECK_MIRROR_DIFFERS, AT_RECORD(i),
			      "the mirror's record %" PRIu64 " is damaged", i);
		else if (state == RECORD_GOOD && memcmp(a, b, c->record_size))
			found(c, CHECK_MIRROR_DIFFERS, AT_RECORD(i),
			      "the mirror's record %" PRIu64 " differs from the MFT's", i);
	}
	free(a);
	free(b);
}
