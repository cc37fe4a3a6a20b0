// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the records say together, once all of them and all indexes are known: names that no index
 * has, link counts, files without name, extensions without base, directories off the root.
 */
#include <inttypes.h>

#include "volume/check_private.h"

static bool unheard(const struct said *s, uint64_t hash)
{
	size_t i;

	for (i = (size_t)(hash & (s->slots - 1)); s->hashes[i]; i = (i + 1) & (s->slots - 1))
		if (s->hashes[i] == hash && !bit_get(s->heard, i))
			return true;
	return false;
}

/* Tells which of the names in record NO no index has. */
static void tell_names(struct check *c, uint64_t no, uint8_t *rec)
{
	const struct check_rec *r = &c->recs[no];
	uint64_t ref = no | (uint64_t)r->sequence << 48;
	char text[NAME_WTF8_MAX];
	struct file_name fn;
	struct attr a;
	size_t pos = 0;
	const char *why;

	if (record_read(c, no, rec) != RECORD_GOOD)
		return;
	if (r->flags & REC_EXTENSION)
		ref = RECORD_BASE(rec);
	while (attr_next(rec, c->record_size, &pos, &a, &why) == 1)
		if (a.type == AT_FILE_NAME && !a.nonresident &&
		    file_name_parse(a.value, a.value_len, &fn) &&
		    unheard(&c->names, file_name_hash(c, ref, &fn)))
			found(c, CHECK_NAME_UNINDEXED, AT_RECORD(REF_RECORD(ref)),
			      "record %" PRIu64 ": its name \"%s\" is not in the index of "
			      "directory %" PRIu64,
			      (uint64_t)REF_RECORD(ref), name_text(fn.units, fn.len, text),
			      (uint64_t)REF_RECORD(fn.parent));
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void tell_unindexed(struct check *c)
{
	uint8_t *rec = malloc(c->record_size);
	uint32_t *records = NULL;
	size_t count = 0, cap = 0, i;

	if (!rec)
		c->stop = HF_ENOMEM;
	for (i = 0; i < c->names.slots && !c->stop; i++) {
		if (!c->names.hashes[i] || bit_get(c->names.heard, i))
			continue;
		if (array_grow(&records, count, &cap))
			c->stop = HF_ENOMEM;
		else
			records[count++] = c->names.records[i];
	}
	if (count)
		qsort(records, count, sizeof(*records), by_number);
	for (i = 0; i < count && !c->stop; i++)
		if (!i || records[i] != records[i - 1])
			tell_names(c, records[i], rec);
	free(records);
	free(rec);
}

static void check_extension(struct check *c, uint64_t no)
{
	const struct check_rec *r = &c->recs[no], *base;

	if (r->parent >= c->records || r->flags & REC_BROKEN)
		return; /* told with the record */
	base = &c->recs[r->parent];
	if (!(base->flags & REC_IN_USE) || base->flags & REC_EXTENSION ||
	    base->sequence != r->security)
		found(c, CHECK_EXTENSION_LOST, AT_NOWHERE,
		      "record %" PRIu64 " is a part of record %u, which is %s", no, r->parent,
		      base->flags & REC_IN_USE ? "another file now" : "not in use");
	else if (!(base->flags & REC_LIST))
		found(c, CHECK_EXTENSION_LOST, AT_RECORD(r->parent),
		      "record %" PRIu64 " is a part of record %u, which has no attribute list", no,
		      r->parent);
}

static void check_base(struct check *c, uint64_t no)
{
	const struct check_rec *r = &c->recs[no];
	bool own = no >= MFT_NAMED && no < MFT_FIRST_USER; /* reserved ones have no names */

	if (r->flags & REC_BROKEN || own)
		return;
	if (!(r->flags & REC_STANDARD))
		found(c, CHECK_RECORD_DAMAGED, AT_RECORD(no),
		      "record %" PRIu64 ": it has no standard information (times, attributes)", no);
	if (!r->names)
		found(c, CHECK_ORPHAN, AT_RECORD(no),
		      "record %" PRIu64 " is in use but has no name", no);
	else if (r->links != r->names)
		found(c, CHECK_LINK_COUNT, AT_RECORD(no),
		      "record %" PRIu64 ": its link count is %u, but it has %u names", no, r->links,
		      r->names);
	/* $UsnJrnl has named streams only */
	if (!(r->flags & (REC_DATA | REC_DIRECTORY | REC_VIEW | REC_INDEX)) &&
	    r->parent != MFT_EXTEND)
		found(c, CHECK_RECORD_DAMAGED, AT_RECORD(no),
		      "record %" PRIu64 ": a file without data, not even empty", no);
}

/*
 * Follows the parents of directory NO until one is known to lead to the root, or not to. The second
 * walk notes for all on the way what came out.
 */
static void follow_up(struct check *c, uint64_t no)
{
	unsigned result = REC_UNREACHED;
	uint64_t at = no;

	while (at < c->records) {
		struct check_rec *r = &c->recs[at];

		if (at == MFT_ROOT || r->flags & REC_REACHED)
			result = REC_REACHED;
		if (at == MFT_ROOT || r->flags & (REC_REACHED | REC_UNREACHED | REC_ON_PATH) ||
		    !(r->flags & REC_IN_USE) || !(r->flags & REC_DIRECTORY) || !r->names)
			break;
		r->flags |= REC_ON_PATH;
		at = r->parent;
	}
	for (at = no; at < c->records && c->recs[at].flags & REC_ON_PATH; at = c->recs[at].parent) {
		c->recs[at].flags &= (uint16_t)~REC_ON_PATH;
		c->recs[at].flags |= (uint16_t)result;
	}
}

static void check_reach(struct check *c, uint64_t no)
{
	const struct check_rec *r = &c->recs[no];

	if (!r->names || r->flags & REC_BROKEN)
		return; /* told already */
	follow_up(c, no);
	if (!(r->flags & REC_REACHED))
		found(c, CHECK_UNREACHABLE, AT_RECORD(no),
		      "directory %" PRIu64 " cannot be reached from the root", no);
}

void check_names(struct check *c)
{
	uint64_t no;

	if (c->names.slots)
		tell_unindexed(c);
	for (no = 0; no < c->records && !c->stop; no++) {
		unsigned flags = c->recs[no].flags;

		if (!(flags & REC_IN_USE))
			continue;
		if (flags & REC_EXTENSION) {
			check_extension(c, no);
			continue;
		}
		check_base(c, no);
		if (flags & REC_DIRECTORY && no >= MFT_FIRST_USER)
			check_reach(c, no);
	}
}
