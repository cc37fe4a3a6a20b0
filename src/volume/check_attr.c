// SPDX-License-Identifier: GPL-2.0-or-later
/* Attributes of a record, one after the other, and the mapping pairs of non-resident ones. */
#include "volume/check_private.h"

#define HEADER_RESIDENT	   24
#define HEADER_NONRESIDENT 64

static int broken(const char **why, const char *text)
{
	*why = text;
	return -1;
}

static int parse_resident(struct attr *a, const char **why)
{
	uint32_t offset;

	a->value_len = le32(a->at + 16);
	offset = le16(a->at + 20);
	if (offset > a->len || a->value_len > a->len - offset)
		return broken(why, "an attribute's value lies outside it");
	a->value = a->at + offset;
	return 1;
}

static int parse_nonresident(struct attr *a, const char **why)
{
	uint32_t offset;

	if (a->len < HEADER_NONRESIDENT)
		return broken(why, "an attribute is too short");
	a->lowest = le64(a->at + 16);
	a->highest = le64(a->at + 24);
	offset = le16(a->at + 32);
	if (offset < HEADER_NONRESIDENT || offset >= a->len)
		return broken(why, "an attribute's runs lie outside it");
	if (a->lowest > INT64_MAX || (a->highest > INT64_MAX && a->highest != UINT64_MAX) ||
	    a->highest + 1 < a->lowest)
		return broken(why, "an attribute ends before it begins");
	a->pairs = a->at + offset;
	a->pairs_len = a->len - offset;
	a->allocated = le64(a->at + 40);
	a->size = le64(a->at + 48);
	a->initialized = le64(a->at + 56);
	a->compressed = 0;
	if ((a->flags & (ATTR_COMPRESSED | ATTR_SPARSE)) && a->lowest == 0) {
		if (offset < HEADER_NONRESIDENT + 8)
			return broken(why, "a compressed attribute's header is too short");
		a->compressed = le64(a->at + 64);
	}
	return 1;
}

static int parse(struct attr *a, const char **why)
{
	uint32_t name_at = le16(a->at + 10);

	a->type = le32(a->at);
	a->nonresident = a->at[8] != 0;
	a->name_len = a->at[9];
	a->flags = le16(a->at + 12);
	a->instance = le16(a->at + 14);
	a->name = a->at + name_at;
	if (a->at[8] > 1)
		return broken(why, "an attribute is neither resident nor not");
	if (a->name_len && (name_at > a->len || a->name_len * 2U > a->len - name_at))
		return broken(why, "an attribute's name lies outside it");
	return a->nonresident ? parse_nonresident(a, why) : parse_resident(a, why);
}

int attr_next(const uint8_t *rec, size_t size, size_t *pos, struct attr *out, const char **why)
{
	size_t used = le32(rec + 24), at = *pos ? *pos : le16(rec + 20);

	if (used > size || used < 48 || at < 42 || at % 8 || at > used - 4)
		return broken(why, "its attributes lie outside it");
	if (le32(rec + at) == UINT32_MAX)
		return 0;
	memset(out, 0, sizeof(*out));
	out->at = rec + at;
	if (used - at < HEADER_RESIDENT)
		return broken(why, "its last attribute is cut off");
	out->len = le32(rec + at + 4);
	if (out->len < HEADER_RESIDENT || out->len % 8 || out->len > used - at)
		return broken(why, "an attribute has an impossible length");
	*pos = at + out->len;
	return parse(out, why);
}

bool attr_is(const struct attr *a, uint32_t type, const char *name)
{
	unsigned i;

	if (a->type != type || a->name_len != strlen(name))
		return false;
	for (i = 0; i < a->name_len; i++)
		if (le16(a->name + i * (size_t)2) != (uint8_t)name[i])
			return false;
	return true;
}

/* N bytes (0..8) at P as a signed number. */
static int64_t signed_bytes(const uint8_t *p, unsigned n)
{
	uint64_t v = n && p[n - 1] & 0x80 ? UINT64_MAX : 0;

	while (n--)
		v = v << 8 | p[n];
	return (int64_t)v;
}

static int bad_runs(const char **why, const char *text)
{
	*why = text;
	return HF_ECORRUPT;
}

static int runs_add(struct runs *runs, uint64_t vcn, uint64_t lcn, uint64_t len)
{
	if (array_grow(&runs->items, runs->count, &runs->cap))
		return HF_ENOMEM;
	runs->items[runs->count++] = (struct run){vcn, lcn, len};
	return 0;
}

int runs_decode(const struct attr *a, uint64_t clusters, struct runs *out, const char **why)
{
	const uint8_t *p = a->pairs, *end = a->pairs + a->pairs_len;
	uint64_t vcn = a->lowest;
	int64_t lcn = 0;

	while (p < end && *p) {
		unsigned len_bytes = *p & 15, lcn_bytes = *p >> 4;
		uint64_t at = RUN_HOLE;
		int64_t len, delta;

		if (!len_bytes || len_bytes > 8 || lcn_bytes > 8 ||
		    len_bytes + lcn_bytes >= (size_t)(end - p))
			return bad_runs(why, "its list of runs is cut off or nonsense");
		len = signed_bytes(p + 1, len_bytes);
		delta = signed_bytes(p + 1 + len_bytes, lcn_bytes);
		p += 1 + len_bytes + lcn_bytes;
		if (len <= 0 || (uint64_t)len > INT64_MAX - vcn)
			return bad_runs(why, "a run has an impossible length");
		if (lcn_bytes) {
			if (__builtin_add_overflow(lcn, delta, &lcn) || lcn < 0 ||
			    (uint64_t)lcn >= clusters || (uint64_t)len > clusters - (uint64_t)lcn)
				return bad_runs(why, "a run lies outside the volume");
			at = (uint64_t)lcn;
		}
		if (runs_add(out, vcn, at, (uint64_t)len))
			return HF_ENOMEM;
		vcn += (uint64_t)len;
	}
	if (p >= end)
		return bad_runs(why, "its list of runs has no end");
	if (vcn != a->highest + 1)
		return bad_runs(why, "its runs are not as long as it says");
	return 0;
}

void runs_free(struct runs *runs)
{
	free(runs->items);
	*runs = (struct runs){0};
}

bool file_name_parse(const uint8_t *value, size_t len, struct file_name *out)
{
	if (len < 66 || value[64] == 0 || value[65] > 3 || (size_t)value[64] * 2 > len - 66)
		return false;
	out->parent = le64(value);
	out->attributes = le32(value + 56);
	out->len = value[64];
	out->space = value[65];
	out->units = value + 66;
	return true;
}
