// SPDX-License-Identifier: GPL-2.0-or-later
/* A file put together from its base record and extensions, and reading its streams. */
#include "volume/check_private.h"

#define RECORDS_MAX 16384
#define LIST_MAX    (4 * 1024 * 1024) /* Windows stops at 256 KiB */

static int add_record(struct check *c, uint64_t no, struct file *f)
{
	size_t size = c->record_size;

	if (array_grow(&f->record_no, f->count, &f->no_cap))
		return HF_ENOMEM;
	if (f->count == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 1;
		uint8_t *records = realloc(f->records, cap * size);

		if (!records)
			return HF_ENOMEM;
		f->records = records;
		f->cap = cap;
	}
	if (record_read(c, no, f->records + f->count * size) != RECORD_GOOD) {
		f->why = "one of its records cannot be read";
		return HF_ECORRUPT;
	}
	f->record_no[f->count++] = no;
	return 0;
}

static bool has_record(const struct file *f, uint64_t no)
{
	size_t i;

	/* neighbours in the list are mostly neighbours here */
	for (i = f->count; i-- > 0;)
		if (f->record_no[i] == no)
			return true;
	return false;
}

/* The extension records that the list names, each checked to belong here. */
static int load_extensions(struct check *c, struct file *f)
{
	uint64_t base = f->no | (uint64_t)RECORD_SEQUENCE(f->records) << 48;
	size_t at, len;
	int rc = 0;

	for (at = 0; at + 26 <= f->list_len && !rc; at += len) {
		uint64_t ref = le64(f->list + at + 16);
		const uint8_t *rec;

		len = le16(f->list + at + 4);
		if (len < 26 || len % 8 || len > f->list_len - at)
			return f->why = "its attribute list is nonsense", HF_ECORRUPT;
		if (has_record(f, REF_RECORD(ref)))
			continue;
		if (f->count == RECORDS_MAX)
			return f->why = "its attribute list names too many records", HF_ECORRUPT;
		rc = add_record(c, REF_RECORD(ref), f);
		rec = f->records + (f->count - 1) * c->record_size;
		if (!rc && (!(RECORD_FLAGS(rec) & 1) || RECORD_BASE(rec) != base ||
			    RECORD_SEQUENCE(rec) != REF_SEQUENCE(ref))) {
			f->why = "its attribute list names a record that is not its own";
			f->count--;
			return HF_ECORRUPT;
		}
	}
	return rc;
}

static int load_list(struct check *c, struct file *f)
{
	struct stream s;
	int rc = stream_open(c, f, AT_LIST, "", &s, &f->why);

	if (rc)
		return rc == HF_ENOENT ? 0 : rc;
	f->list = stream_all(c, &s, LIST_MAX, &f->list_len);
	stream_free(&s);
	if (!f->list)
		return f->why = "its attribute list cannot be read", HF_ECORRUPT;
	return load_extensions(c, f);
}

int file_load(struct check *c, uint64_t no, struct file *f)
{
	int rc;

	*f = (struct file){.no = no};
	rc = add_record(c, no, f);
	return rc ? rc : load_list(c, f);
}

void file_free(struct file *f)
{
	free(f->record_no);
	free(f->records);
	free(f->list);
	*f = (struct file){0};
}

static void take_head(struct stream *s, const struct attr *a)
{
	s->resident = !a->nonresident;
	s->value = a->value;
	s->flags = a->flags;
	s->size = s->initialized = a->nonresident ? a->size : a->value_len;
	if (a->nonresident)
		s->initialized = a->initialized;
	s->allocated = a->allocated;
	s->compressed = a->compressed;
}

static int by_vcn(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return x->vcn < y->vcn ? -1 : x->vcn > y->vcn;
}

/* Extents may be found in any order: the runs have to follow each other without gap. */
static int join_runs(struct stream *s, const char **why)
{
	uint64_t vcn = 0;
	size_t i;

	if (s->runs.count)
		qsort(s->runs.items, s->runs.count, sizeof(*s->runs.items), by_vcn);
	for (i = 0; i < s->runs.count; i++) {
		if (s->runs.items[i].vcn != vcn) {
			*why = "a piece of an attribute is missing or there twice";
			return HF_ECORRUPT;
		}
		vcn += s->runs.items[i].len;
	}
	return 0;
}

static int collect(struct check *c, const uint8_t *rec, uint32_t type, const char *name,
		   struct stream *s, bool *head, const char **why)
{
	struct attr a;
	size_t pos = 0;
	int rc;

	while ((rc = attr_next(rec, c->record_size, &pos, &a, why)) == 1) {
		if (!attr_is(&a, type, name))
			continue;
		if (!a.nonresident || a.lowest == 0) {
			if (*head) {
				*why = "an attribute is there twice";
				return HF_ECORRUPT;
			}
			*head = true;
			take_head(s, &a);
		}
		if (a.nonresident) {
			rc = runs_decode(&a, c->clusters, &s->runs, why);
			if (rc)
				return rc;
		}
	}
	return rc < 0 ? HF_ECORRUPT : 0;
}

int stream_open(struct check *c, const struct file *f, uint32_t type, const char *name,
		struct stream *s, const char **why)
{
	bool head = false;
	int rc = 0;
	size_t i;

	*s = (struct stream){.record = (int64_t)f->no};
	for (i = 0; i < f->count && !rc; i++)
		rc = collect(c, f->records + i * c->record_size, type, name, s, &head, why);
	if (!rc && !head && s->runs.count) {
		*why = "the first piece of an attribute is missing";
		rc = HF_ECORRUPT;
	}
	if (!rc && !head)
		rc = HF_ENOENT;
	if (!rc)
		rc = join_runs(s, why);
	if (rc)
		stream_free(s);
	return rc;
}

void stream_free(struct stream *s)
{
	runs_free(&s->runs);
}

/* The run that holds VCN, or NULL. */
static const struct run *run_at(const struct stream *s, uint64_t vcn)
{
	size_t low = 0, high = s->runs.count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->runs.items[mid].vcn + s->runs.items[mid].len <= vcn)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->runs.count ? &s->runs.items[low] : NULL;
}

bool stream_read(struct check *c, const struct stream *s, void *buf, size_t len, uint64_t offset)
{
	uint8_t *to = buf;
	bool ok = true;

	if (offset > s->size || len > s->size - offset) {
		memset(buf, 0, len);
		return false;
	}
	if (s->resident) {
		memcpy(buf, s->value + offset, len);
		return true;
	}
	while (len) {
		uint64_t vcn = offset / c->cluster_size, in = offset % c->cluster_size;
		const struct run *r = run_at(s, vcn);
		size_t n = len;

		if (!r || offset >= s->initialized) {
			memset(to, 0, len);
			return ok && r;
		}
		n = (size_t)min_u64(n, (r->vcn + r->len - vcn) * c->cluster_size - in);
		n = (size_t)min_u64(n, s->initialized - offset);
		if (r->lcn == RUN_HOLE)
			memset(to, 0, n);
		else
			ok &= vol_read(c, to, n, (r->lcn + (vcn - r->vcn)) * c->cluster_size + in,
				       s->record, "its data");
		to += n;
		offset += n;
		len -= n;
	}
	return ok;
}

uint8_t *stream_all(struct check *c, const struct stream *s, size_t max, size_t *len)
{
	uint8_t *data = s->size <= max ? malloc((size_t)s->size + 1) : NULL;

	*len = (size_t)s->size;
	if (data && s->size && !stream_read(c, s, data, (size_t)s->size, 0)) {
		free(data);
		return NULL;
	}
	return data;
}
