// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * $Secure: its two indexes have to agree with the descriptors in $SDS, and every file's security id
 * has to be there.
 */
#include <inttypes.h>

#include "volume/check_private.h"

#define SDS_MAX	   (256 * 1024 * 1024)
#define SDS_MIRROR 0x40000
#define HEADER	   20 /* hash, id, offset (64 bits), length */

struct secure {
	uint8_t *sds;
	size_t sds_len;
	size_t by_hash;
};

static void damaged(struct check *c, const char *index, uint32_t id, const char *why)
{
	found(c, CHECK_SECURITY_DAMAGED, AT_RECORD(MFT_SECURE), "$Secure, %s: security id %u %s",
	      index, id, why);
}

static uint32_t descriptor_hash(const uint8_t *sd, size_t len)
{
	uint32_t hash = 0;
	size_t i;

	for (i = 0; i + 4 <= len; i += 4)
		hash = le32(sd + i) + (hash << 3 | hash >> 29);
	return hash;
}

/* What is wrong with the descriptor that an index entry's DATA leads to; NULL nothing. */
static const char *descriptor_fault(const struct secure *s, const uint8_t *data)
{
	uint64_t offset = le64(data + 8);
	uint32_t len = le32(data + 16);

	if (len < HEADER || offset > s->sds_len || len > s->sds_len - offset)
		return "has its descriptor behind the end of $SDS";
	if (memcmp(s->sds + offset, data, HEADER))
		return "leads to another descriptor";
	if (descriptor_hash(s->sds + offset + HEADER, len - HEADER) != le32(data))
		return "has a descriptor that is damaged";
	if (offset + SDS_MIRROR + len > s->sds_len ||
	    memcmp(s->sds + offset, s->sds + offset + SDS_MIRROR, len))
		return "has a copy of its descriptor that differs";
	return NULL;
}

static void visit_id(struct check *c, void *ctx, const struct index_entry *e)
{
	struct secure *s = ctx;
	uint32_t id = e->key_len >= 4 ? le32(e->key) : 0;
	const char *why;

	if (e->key_len != 4 || e->data_len < HEADER || le32(e->data + 4) != id) {
		damaged(c, "$SII", id, "has an entry that makes no sense");
		return;
	}
	why = descriptor_fault(s, e->data);
	if (why)
		damaged(c, "$SII", id, why);
	if (array_grow(&c->security_ids, c->security_count, &c->security_cap))
		c->stop = HF_ENOMEM;
	else
		c->security_ids[c->security_count++] = id;
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static bool known(const struct check *c, uint32_t id)
{
	return c->security_count &&
	       bsearch(&id, c->security_ids, c->security_count, sizeof(id), by_id);
}

static void visit_hash(struct check *c, void *ctx, const struct index_entry *e)
{
	struct secure *s = ctx;
	uint32_t id = e->key_len >= 8 ? le32(e->key + 4) : 0;

	s->by_hash++;
	if (e->key_len != 8 || e->data_len < HEADER || memcmp(e->data, e->key, 8)) {
		damaged(c, "$SDH", id, "has an entry that makes no sense");
	} else if (!known(c, id)) {
		damaged(c, "$SDH", id, "is not in the index of ids");
	} else {
		const char *why = descriptor_fault(s, e->data);

		if (why)
			damaged(c, "$SDH", id, why);
	}
}

static void check_files(struct check *c)
{
	uint32_t last = 0;
	uint64_t no;

	for (no = 0; no < c->records; no++) {
		const struct check_rec *r = &c->recs[no];

		if (!(r->flags & REC_IN_USE) || r->flags & (REC_EXTENSION | REC_BROKEN) ||
		    !r->security || r->security == last)
			continue;
		if (known(c, r->security))
			last = r->security;
		else
			found(c, CHECK_SECURITY_MISSING, AT_RECORD(no),
			      "record %" PRIu64 ": its security id %u is not in $Secure", no,
			      r->security);
	}
}

static void check_secure(struct check *c, const struct file *f)
{
	struct secure s = {0};
	const char *why = "its descriptors ($SDS) cannot be read";
	struct stream sds;
	uint64_t faults = c->res->count[CHECK_INDEX_DAMAGED];
	int rc = stream_open(c, f, AT_DATA, "$SDS", &sds, &why);

	if (rc == HF_ENOENT)
		return; /* NTFS of Windows NT 4: descriptors are in the records */
	if (!rc) {
		s.sds = stream_all(c, &sds, SDS_MAX, &s.sds_len);
		stream_free(&sds);
	}
	if (!s.sds) {
		found(c, CHECK_SYSTEM_FILE, AT_RECORD(MFT_SECURE), "$Secure: %s", why);
		return;
	}
	index_check(c, f, "$SII", true, visit_id, &s);
	if (c->security_count)
		qsort(c->security_ids, c->security_count, sizeof(*c->security_ids), by_id);
	index_check(c, f, "$SDH", true, visit_hash, &s);
	if (s.by_hash != c->security_count)
		found(c, CHECK_SECURITY_DAMAGED, AT_RECORD(MFT_SECURE),
		      "$Secure: %zu descriptors by id, but %zu by hash", c->security_count,
		      s.by_hash);
	free(s.sds);
	if (c->res->count[CHECK_INDEX_DAMAGED] == faults)
		check_files(c);
}

void check_security(struct check *c)
{
	struct file f;
	int rc;

	if (!(c->recs[MFT_SECURE].flags & REC_VIEW))
		return;
	rc = file_load(c, MFT_SECURE, &f);
	if (rc == HF_ENOMEM)
		c->stop = rc;
	else if (!rc)
		check_secure(c, &f);
	file_free(&f);
}
