// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every record of the MFT, in order: fixups, header, attributes, runs, sizes. What the records say
 * of names and attribute lists is kept as hashes for the comparison with indexes and lists.
 */
#include <inttypes.h>

#include "volume/check_private.h"

struct pass {
	const uint8_t *rec;
	uint64_t no, owner; /* OWNER: the base record's number */
	uint64_t base;	    /* reference of the base record */
	bool extension, list;
};

static void damaged(struct check *c, uint64_t no, const char *why)
{
	c->recs[no].flags |= REC_BROKEN;
	found(c, CHECK_RECORD_DAMAGED, AT_RECORD(no), "record %" PRIu64 ": %s", no, why);
}

static void take_name(struct check *c, struct pass *p, const struct attr *a)
{
	struct check_rec *owner = &c->recs[p->owner];
	struct file_name fn;

	if (a->nonresident || !file_name_parse(a->value, a->value_len, &fn)) {
		damaged(c, p->no, "a file name in it is damaged");
		return;
	}
	if (!owner->names || (!(owner->flags & REC_LONG_NAME) && fn.space != NAME_DOS))
		owner->parent = (uint32_t)min_u64(REF_RECORD(fn.parent), UINT32_MAX);
	if (fn.space != NAME_DOS)
		owner->flags |= REC_LONG_NAME;
	if (owner->names < UINT16_MAX)
		owner->names++;
	c->res->names++;
	if (said_add(&c->names, file_name_hash(c, p->base, &fn), (uint32_t)p->no))
		c->stop = HF_ENOMEM;
}

/* Sizes of a stream whose runs are all in this one extent. */
static void judge_sizes(struct check *c, const struct pass *p, const struct attr *a,
			const struct runs *runs)
{
	uint64_t real = 0, length = 0;
	size_t i;

	for (i = 0; i < runs->count; i++) {
		length += runs->items[i].len;
		if (runs->items[i].lcn != RUN_HOLE)
			real += runs->items[i].len;
	}
	if (length > a->allocated / c->cluster_size || length * c->cluster_size != a->allocated)
		found(c, CHECK_SIZES_WRONG, AT_RECORD(p->no),
		      "record %" PRIu64 ", attribute 0x%x: %" PRIu64
		      " bytes are allocated, but its runs have %" PRIu64 " clusters",
		      p->no, a->type, a->allocated, length);
	else if (a->size > a->allocated || a->initialized > a->size)
		found(c, CHECK_SIZES_WRONG, AT_RECORD(p->no),
		      "record %" PRIu64 ", attribute 0x%x: its sizes (%" PRIu64
		      " initialised, %" PRIu64 " data, %" PRIu64
		      " allocated) contradict each other",
		      p->no, a->type, a->initialized, a->size, a->allocated);
	else if ((a->flags & (ATTR_COMPRESSED | ATTR_SPARSE)) &&
		 real * c->cluster_size != a->compressed)
		found(c, CHECK_SIZES_WRONG, AT_RECORD(p->no),
		      "record %" PRIu64 ", attribute 0x%x: it takes %" PRIu64
		      " clusters, but says %" PRIu64 " bytes",
		      p->no, a->type, real, a->compressed);
}

static void take_runs(struct check *c, const struct pass *p, const struct attr *a)
{
	const char *why = "";
	int rc;

	c->scratch.count = 0;
	rc = runs_decode(a, c->clusters, &c->scratch, &why);
	if (rc == HF_ENOMEM) {
		c->stop = rc;
		return;
	}
	if (rc) {
		c->recs[p->no].flags |= REC_BROKEN;
		found(c, CHECK_RUNS_DAMAGED, AT_RECORD(p->no),
		      "record %" PRIu64 ", attribute 0x%x: %s", p->no, a->type, why);
		return;
	}
	if (p->no == MFT_BADCLUS && attr_is(a, AT_DATA, "$Bad"))
		for (size_t i = 0; i < c->scratch.count; i++)
			if (c->scratch.items[i].lcn != RUN_HOLE)
				found(c, CHECK_CLUSTER_BAD, AT_CLUSTER(c->scratch.items[i].lcn),
				      "%" PRIu64 " clusters from %" PRIu64 " on are marked as bad",
				      c->scratch.items[i].len, c->scratch.items[i].lcn);
	clusters_take(c, &c->scratch);
	if (p->extension || p->list)
		return; /* judged with all its pieces, by check_lists() */
	if (a->lowest)
		found(c, CHECK_SIZES_WRONG, AT_RECORD(p->no),
		      "record %" PRIu64 ", attribute 0x%x: its first piece is missing", p->no,
		      a->type);
	else if (p->no != MFT_BADCLUS)
		judge_sizes(c, p, a, &c->scratch);
}

static void take_attr(struct check *c, struct pass *p, const struct attr *a)
{
	struct check_rec *owner = &c->recs[p->owner];

	switch (a->type) {
	case AT_STANDARD:
		owner->flags |= REC_STANDARD;
		if (!a->nonresident && a->value_len >= 72)
			owner->security = le32(a->value + 52);
		break;
	case AT_LIST:
		owner->flags |= REC_LIST;
		break;
	case AT_FILE_NAME:
		take_name(c, p, a);
		break;
	case AT_DATA:
		if (!a->name_len)
			owner->flags |= REC_DATA;
		break;
	case AT_INDEX_ROOT:
		owner->flags |= attr_is(a, AT_INDEX_ROOT, "$I30") ? REC_INDEX : REC_VIEW;
		break;
	default:
		break;
	}
	if (a->nonresident)
		take_runs(c, p, a);
	if ((p->list || p->extension) && a->type != AT_LIST &&
	    said_add(&c->extents,
		     extent_hash(c, p->base, p->no, a->type, a->instance,
				 a->nonresident ? a->lowest : 0, a->name, a->name_len),
		     (uint32_t)p->no))
		c->stop = HF_ENOMEM;
}

static bool has_list(const struct check *c, const uint8_t *rec)
{
	const char *why;
	struct attr a;
	size_t pos = 0;

	while (attr_next(rec, c->record_size, &pos, &a, &why) == 1 && a.type <= AT_LIST)
		if (a.type == AT_LIST)
			return true;
	return false;
}

static void take_attrs(struct check *c, struct pass *p)
{
	const char *why = "";
	uint32_t last = 0;
	struct attr a;
	size_t pos = 0;
	int rc = 0;

	p->list = has_list(c, p->rec);
	while (!c->stop && (rc = attr_next(p->rec, c->record_size, &pos, &a, &why)) == 1) {
		if (a.type < last)
			damaged(c, p->no, "its attributes are not in order");
		last = a.type;
		take_attr(c, p, &a);
	}
	if (!c->stop && rc < 0)
		damaged(c, p->no, why);
}

static const char *header_fault(const struct check *c, const uint8_t *rec, uint64_t no)
{
	if (le32(rec + 28) != c->record_size)
		return "its allocated size is not that of a record";
	if (le16(rec + 4) >= 48 && le32(rec + 44) != (uint32_t)no)
		return "it says that it is another record";
	if (!RECORD_SEQUENCE(rec))
		return "its sequence number is 0";
	return NULL;
}

static void take_record(struct check *c, const uint8_t *rec, uint64_t no)
{
	struct check_rec *r = &c->recs[no];
	uint64_t base = RECORD_BASE(rec);
	struct pass p = {.rec = rec, .no = no, .owner = no, .extension = base != 0};
	const char *fault = header_fault(c, rec, no);

	c->res->records++;
	r->flags |= REC_IN_USE;
	r->sequence = RECORD_SEQUENCE(rec);
	p.base = no | (uint64_t)r->sequence << 48;
	if (RECORD_FLAGS(rec) & 2)
		r->flags |= REC_DIRECTORY;
	if (fault)
		damaged(c, no, fault);
	if (p.extension) {
		r->flags |= REC_EXTENSION;
		p.base = base;
		p.owner = REF_RECORD(base);
		r->parent = (uint32_t)min_u64(p.owner, UINT32_MAX);
		r->security = REF_SEQUENCE(base);
		if (p.owner >= c->records || p.owner == no) {
			damaged(c, no, "it is an extension of a record that cannot be");
			return;
		}
	} else {
		r->links = RECORD_LINKS(rec);
		c->res->files += !(r->flags & REC_DIRECTORY);
		c->res->directories += !!(r->flags & REC_DIRECTORY);
	}
	take_attrs(c, &p);
}

/* A record that is marked as taken, or of NTFS's own, has to be readable. */
static void look(struct check *c, const uint8_t *rec, enum record_state state, uint64_t no)
{
	bool marked = c->mft_bitmap && bit_get(c->mft_bitmap, no);
	bool in_use = state == RECORD_GOOD && RECORD_FLAGS(rec) & 1;

	if (state == RECORD_UNREADABLE) {
		c->recs[no].flags |= REC_BROKEN;
		if (marked)
			damaged(c, no, "the disk does not give it");
	} else if (state == RECORD_TORN) {
		c->recs[no].flags |= REC_BROKEN;
		found(c, marked || !c->mft_bitmap ? CHECK_RECORD_TORN : CHECK_FREE_RECORD_TORN,
		      AT_RECORD(no), "record %" PRIu64 ": its sectors were not written together",
		      no);
	} else if (in_use) {
		if (c->mft_bitmap && !marked)
			found(c, CHECK_RECORD_UNMARKED, AT_RECORD(no),
			      "record %" PRIu64 " is in use but free in the MFT's bitmap", no);
		take_record(c, rec, no);
	} else if (marked && no < MFT_NAMED) {
		found(c, CHECK_SYSTEM_FILE, AT_RECORD(no),
		      "record %" PRIu64 " is NTFS's own but not in use", no);
	} else if (marked && no >= MFT_FIRST_USER) {
		found(c, CHECK_RECORD_LEAKED, AT_RECORD(no),
		      "record %" PRIu64 " is taken in the MFT's bitmap but not in use", no);
	}
}

void check_records(struct check *c)
{
	uint64_t no;

	for (no = 0; no < c->records; no++) {
		enum record_state state;
		const uint8_t *rec = record_window(c, no, &state);

		if (!rec || (no % 1024 == 0 && !check_goes_on(c, "records", no, c->records)))
			return;
		look(c, rec, state, no);
	}
}
