// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attribute lists: every entry has to name an attribute that is where it says, every attribute of
 * such a file has to be in its list, and the pieces of a stream have to join.
 */
#include <inttypes.h>

#include "volume/check_private.h"

struct piece {
	struct attr a;
	uint64_t record;
};

static void damaged(struct check *c, uint64_t no, const char *why)
{
	found(c, CHECK_LIST_DAMAGED, AT_RECORD(no), "record %" PRIu64 ": %s", no, why);
}

/* SOUND: file_load() had nothing to say against it. */
static void hear_list(struct check *c, const struct file *f, bool sound)
{
	uint64_t base = f->no | (uint64_t)c->recs[f->no].sequence << 48;
	size_t at, len;
	uint32_t last = 0;

	for (at = 0; at < f->list_len; at += len) {
		const uint8_t *e = f->list + at;
		uint32_t type;

		if (f->list_len - at < 26 || (len = le16(e + 4)) < 26 || len % 8 ||
		    len > f->list_len - at || (e[6] && e[7] + (size_t)e[6] * 2 > len)) {
			if (sound)
				damaged(c, f->no, "its attribute list is nonsense");
			return;
		}
		type = le32(e);
		if (type < last)
			damaged(c, f->no, "its attribute list is not in order");
		last = type;
		if (said_hear(&c->extents,
			      extent_hash(c, base, REF_RECORD(le64(e + 16)), type, le16(e + 24),
					  le64(e + 8), e + e[7], e[6])) != SAID_ONCE)
			found(c, CHECK_LIST_DAMAGED, AT_RECORD(f->no),
			      "record %" PRIu64
			      ": its list has an attribute 0x%x in record %" PRIu64
			      " that is not there",
			      f->no, type, (uint64_t)REF_RECORD(le64(e + 16)));
	}
}

static int by_stream(const void *x, const void *y)
{
	const struct attr *a = &((const struct piece *)x)->a, *b = &((const struct piece *)y)->a;
	int rc;

	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->name_len != b->name_len)
		return a->name_len < b->name_len ? -1 : 1;
	rc = memcmp(a->name, b->name, (size_t)a->name_len * 2);
	if (rc)
		return rc;
	return a->lowest < b->lowest ? -1 : a->lowest > b->lowest;
}

static bool same_stream(const struct attr *a, const struct attr *b)
{
	return a->type == b->type && a->name_len == b->name_len &&
	       !memcmp(a->name, b->name, (size_t)a->name_len * 2);
}

/* All non-resident attributes of F, pieces of a stream side by side. */
static int collect(struct check *c, const struct file *f, struct piece **out, size_t *count)
{
	size_t cap = 0, i;
	const char *why;

	for (i = 0; i < f->count; i++) {
		const uint8_t *rec = f->records + i * c->record_size;
		size_t pos = 0;
		struct attr a;

		while (attr_next(rec, c->record_size, &pos, &a, &why) == 1) {
			if (!a.nonresident)
				continue;
			if (array_grow(out, *count, &cap))
				return HF_ENOMEM;
			(*out)[(*count)++] = (struct piece){a, f->record_no[i]};
		}
	}
	if (*count)
		qsort(*out, *count, sizeof(**out), by_stream);
	return 0;
}

/* The pieces P[0..N) of one stream. */
static void judge(struct check *c, const struct file *f, const struct piece *p, size_t n)
{
	uint64_t vcn = 0, real = 0;
	const struct attr *head = &p->a;
	size_t i, k;
	const char *why = "";

	for (i = 0; i < n; i++) {
		if (p[i].a.lowest != vcn) {
			found(c, CHECK_LIST_DAMAGED, AT_RECORD(f->no),
			      "record %" PRIu64 ", attribute 0x%x: a piece is missing or there "
			      "twice, at cluster %" PRIu64 " of it",
			      f->no, head->type, vcn);
			return;
		}
		c->scratch.count = 0;
		if (runs_decode(&p[i].a, c->clusters, &c->scratch, &why))
			return; /* told by check_records() */
		for (k = 0; k < c->scratch.count; k++)
			real += c->scratch.items[k].lcn == RUN_HOLE ? 0 : c->scratch.items[k].len;
		vcn = p[i].a.highest + 1;
	}
	if (vcn * c->cluster_size != head->allocated || head->size > head->allocated ||
	    head->initialized > head->size)
		found(c, CHECK_SIZES_WRONG, AT_RECORD(f->no),
		      "record %" PRIu64 ", attribute 0x%x: its sizes (%" PRIu64
		      " initialised, %" PRIu64 " data, %" PRIu64
		      " allocated) do not fit each other or its %" PRIu64 " clusters",
		      f->no, head->type, head->initialized, head->size, head->allocated, vcn);
	else if (head->flags & (ATTR_COMPRESSED | ATTR_SPARSE) &&
		 real * c->cluster_size != head->compressed)
		found(c, CHECK_SIZES_WRONG, AT_RECORD(f->no),
		      "record %" PRIu64 ", attribute 0x%x: it takes %" PRIu64
		      " clusters, but says %" PRIu64 " bytes",
		      f->no, head->type, real, head->compressed);
}

static void judge_streams(struct check *c, const struct file *f)
{
	struct piece *pieces = NULL;
	size_t count = 0, i, n;

	if (collect(c, f, &pieces, &count))
		c->stop = HF_ENOMEM;
	for (i = 0; !c->stop && i < count; i += n) {
		for (n = 1; i + n < count && same_stream(&pieces[i].a, &pieces[i + n].a); n++)
			;
		if (f->no != MFT_BADCLUS)
			judge(c, f, pieces + i, n);
	}
	free(pieces);
}

static void check_list(struct check *c, uint64_t no)
{
	struct file f;
	int rc = file_load(c, no, &f);

	if (rc == HF_ENOMEM)
		c->stop = rc;
	else if (rc)
		damaged(c, no, f.why ? f.why : "its attribute list cannot be followed");
	if (f.list)
		hear_list(c, &f, !rc);
	if (!rc)
		judge_streams(c, &f);
	file_free(&f);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Attributes that no list named, told once for each record. */
static void tell_unlisted(struct check *c)
{
	uint32_t *records = NULL;
	size_t count = 0, cap = 0, i;

	for (i = 0; i < c->extents.slots; i++) {
		if (!c->extents.hashes[i] || bit_get(c->extents.heard, i))
			continue;
		if (array_grow(&records, count, &cap)) {
			c->stop = HF_ENOMEM;
			break;
		}
		records[count++] = c->extents.records[i];
	}
	if (count)
		qsort(records, count, sizeof(*records), by_number);
	for (i = 0; i < count && !c->stop; i++)
		if (!i || records[i] != records[i - 1])
			damaged(c, records[i],
				"it holds an attribute that no attribute list names");
	free(records);
}

void check_lists(struct check *c)
{
	enum record_state state;
	uint64_t no;

	for (no = 0; no < c->records && !c->stop; no++) {
		unsigned flags = c->recs[no].flags;

		if (no % 1024 == 0 && !check_goes_on(c, "attribute lists", no, c->records))
			return;
		if (flags & REC_IN_USE && flags & REC_LIST && !(flags & REC_EXTENSION) &&
		    record_window(c, no, &state))
			check_list(c, no);
	}
	if (!c->stop)
		tell_unlisted(c);
}
