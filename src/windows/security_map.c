// SPDX-License-Identifier: GPL-2.0-or-later
/* Replaces SIDs in security descriptors. */
#include "windows/security_map.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "report/error.h"

#define SUB_AUTHORITIES_MAX 15
#define BUILT_IN_BELOW	    1000 /* RIDs that Windows gives, not the administrator */

/* Offsets in a descriptor ([MS-DTYP] 2.4.6), an ACL (2.4.5), an ACE (2.4.4.1). */
enum { SD_OWNER = 4, SD_GROUP = 8, SD_SACL = 12, SD_DACL = 16, SD_HEADER = 20 };
enum { ACL_SIZE = 2, ACL_COUNT = 4, ACL_HEADER = 8 };
enum { ACE_SIZE = 2, ACE_MASK = 4, ACE_SID = 8, ACE_OBJECT_SID = 12, GUID_SIZE = 16 };

/* What a changed descriptor may hold at most: an ACL's size has 16 bits. */
#define ACL_MAX 65535

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* Reads a decimal number up to MAX; NULL when there is none. */
static const char *read_number(const char *p, uint64_t max, uint64_t *out)
{
	const char *start = p;

	for (*out = 0; *p >= '0' && *p <= '9'; p++) {
		*out = *out * 10 + (unsigned)(*p - '0');
		if (*out > max)
			return NULL;
	}
	return p > start ? p : NULL;
}

uint8_t security_sid(const char *text, uint8_t out[SECURITY_SID_MAX])
{
	uint8_t count = 0;
	const char *p;
	uint64_t n;

	if (strncasecmp(text, "S-1-", 4) != 0)
		return 0;
	p = read_number(text + 4, UINT64_C(0xffffffffffff), &n);
	if (!p)
		return 0;
	out[0] = 1;
	for (int i = 0; i < 6; i++)
		out[2 + i] = (uint8_t)(n >> 8 * (5 - i));
	while (*p == '-' && count < SUB_AUTHORITIES_MAX) {
		p = read_number(p + 1, UINT32_MAX, &n);
		if (!p)
			return 0;
		put32(out + 8 + 4 * count++, (uint32_t)n);
	}
	out[1] = count;
	return *p || !count ? 0 : (uint8_t)(8 + 4 * count);
}

static int add(struct security_map *m, const struct security_pair *pair)
{
	if (!pair->from_len || !pair->to_len)
		return HF_EINVAL;
	if (pair->from_len == pair->to_len && !memcmp(pair->from, pair->to, pair->from_len))
		return 0;
	for (size_t i = 0; i < m->count; i++)
		if (m->pairs[i].machine == pair->machine &&
		    m->pairs[i].from_len == pair->from_len &&
		    !memcmp(m->pairs[i].from, pair->from, pair->from_len))
			return 0;
	if (array_grow(&m->pairs, m->count, &m->cap))
		return HF_ENOMEM;
	m->pairs[m->count++] = *pair;
	return 0;
}

int security_map_add(struct security_map *m, const char *from, const char *to)
{
	struct security_pair pair = {0};

	pair.from_len = security_sid(from, pair.from);
	pair.to_len = security_sid(to, pair.to);
	return add(m, &pair);
}

/* Takes the last sub-authority off; 0 when none would be left. */
static uint8_t parent_of(uint8_t *sid, uint8_t len)
{
	if (len < 16)
		return 0;
	sid[1]--;
	return (uint8_t)(len - 4);
}

int security_map_add_domain(struct security_map *m, const char *from, const char *to)
{
	struct security_pair pair = {.machine = true};

	pair.from_len = parent_of(pair.from, security_sid(from, pair.from));
	pair.to_len = parent_of(pair.to, security_sid(to, pair.to));
	return add(m, &pair);
}

void security_map_free(struct security_map *m)
{
	free(m->pairs);
	*m = (struct security_map){0};
}

/* The length of the SID at the start of LEN bytes of P, or 0 when there is none. */
static size_t sid_length(const uint8_t *p, size_t len)
{
	size_t need;

	if (len < 8 || p[0] != 1 || p[1] > SUB_AUTHORITIES_MAX)
		return 0;
	need = 8 + 4 * (size_t)p[1];
	return need <= len ? need : 0;
}

/* The SID that SID (LEN bytes, valid) becomes, into OUT; its length, or 0 when it stays. */
static size_t map_sid(const struct security_map *m, const uint8_t *sid, size_t len, uint8_t *out)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct security_pair *p = &m->pairs[i];

		if (!p->machine && p->from_len == len && !memcmp(p->from, sid, len)) {
			memcpy(out, p->to, p->to_len);
			return p->to_len;
		}
		/* The same domain with one sub-authority more. */
		if (!p->machine || len != (size_t)p->from_len + 4 || sid[1] != p->from[1] + 1 ||
		    memcmp(sid + 2, p->from + 2, (size_t)p->from_len - 2) ||
		    get32(sid + len - 4) >= BUILT_IN_BELOW)
			continue;
		memcpy(out, p->to, p->to_len);
		memcpy(out + p->to_len, sid + len - 4, 4);
		out[1]++;
		return (size_t)p->to_len + 4;
	}
	return 0;
}

/* Where the SID of an ACE of SIZE bytes is, or 0 when its kind has none that is known. */
static size_t sid_offset(const uint8_t *ace, size_t size)
{
	switch (ace[0]) {
	case 0x00: /* ACCESS_ALLOWED_ACE and on: [MS-DTYP] 2.4.4.2 */
	case 0x01:
	case 0x02:
	case 0x03:
	case 0x09:
	case 0x0a:
	case 0x0d:
	case 0x0e:
	case 0x11:
	case 0x12:
	case 0x13:
		return ACE_SID;
	case 0x05: /* ACCESS_ALLOWED_OBJECT_ACE and on: [MS-DTYP] 2.4.4.3 */
	case 0x06:
	case 0x07:
	case 0x08:
	case 0x0b:
	case 0x0c:
	case 0x0f:
	case 0x10:
		if (size < ACE_OBJECT_SID)
			return 0;
		return ACE_OBJECT_SID + (ace[ACE_SID] & 1 ? GUID_SIZE : 0) +
		       (ace[ACE_SID] & 2 ? GUID_SIZE : 0);
	default:
		return 0;
	}
}

struct rewriting {
	const struct security_map *map;
	struct str out;
	bool changed;
};

static int add_bytes(struct rewriting *r, const uint8_t *p, size_t len)
{
	return str_add(&r->out, (const char *)p, len);
}

/* Adds the SID P of LEN bytes, replaced if it is mapped. */
static int add_sid(struct rewriting *r, const uint8_t *p, size_t len)
{
	uint8_t mapped[SECURITY_SID_MAX + 4];
	size_t n = map_sid(r->map, p, len, mapped);

	r->changed |= n > 0;
	return n ? add_bytes(r, mapped, n) : add_bytes(r, p, len);
}

static int add_ace(struct rewriting *r, const uint8_t *ace, size_t size)
{
	size_t start = r->out.len, at = sid_offset(ace, size), len = 0, now;
	int err;

	if (at && at < size)
		len = sid_length(ace + at, size - at);
	if (!len)
		return add_bytes(r, ace, size);
	err = add_bytes(r, ace, at);
	if (!err)
		err = add_sid(r, ace + at, len);
	if (!err)
		err = add_bytes(r, ace + at + len, size - at - len);
	if (err)
		return err;
	now = r->out.len - start;
	if (now > ACL_MAX)
		return HF_ELIMIT;
	r->out.data[start + ACE_SIZE] = (char)(now & 0xff);
	r->out.data[start + ACE_SIZE + 1] = (char)(now >> 8);
	return 0;
}

/* Adds the ACL at OFFSET of the descriptor; *PLACE becomes where it is now. */
static int add_acl(struct rewriting *r, const uint8_t *sd, size_t len, uint32_t offset,
		   uint32_t *place)
{
	size_t start = r->out.len, size, at = ACL_HEADER, now;
	unsigned count;
	int err;

	*place = 0;
	if (!offset)
		return 0;
	if (offset < SD_HEADER || offset > len || len - offset < ACL_HEADER)
		return HF_ECORRUPT;
	size = get16(sd + offset + ACL_SIZE);
	count = get16(sd + offset + ACL_COUNT);
	if (size < ACL_HEADER || size > len - offset)
		return HF_ECORRUPT;
	*place = (uint32_t)start;
	err = add_bytes(r, sd + offset, ACL_HEADER);
	for (; count && !err; count--) {
		const uint8_t *ace = sd + offset + at;
		size_t n = size - at < ACE_MASK ? 0 : get16(ace + ACE_SIZE);

		if (n < ACE_MASK || n > size - at)
			return HF_ECORRUPT;
		err = add_ace(r, ace, n);
		at += n;
	}
	now = r->out.len - start;
	if (err || now > ACL_MAX)
		return err ? err : HF_ELIMIT;
	r->out.data[start + ACL_SIZE] = (char)(now & 0xff);
	r->out.data[start + ACL_SIZE + 1] = (char)(now >> 8);
	return 0;
}

static int add_holder(struct rewriting *r, const uint8_t *sd, size_t len, uint32_t offset,
		      uint32_t *place)
{
	size_t n;

	*place = 0;
	if (!offset)
		return 0;
	n = offset < SD_HEADER || offset > len ? 0 : sid_length(sd + offset, len - offset);
	if (!n)
		return HF_ECORRUPT;
	*place = (uint32_t)r->out.len;
	return add_sid(r, sd + offset, n);
}

int security_map_apply(const struct security_map *m, const uint8_t *sd, size_t len, uint8_t **out,
		       size_t *out_len)
{
	struct rewriting r = {.map = m};
	uint32_t at[4];
	int err;

	*out = NULL;
	if (!m->count)
		return 0;
	if (len < SD_HEADER || sd[0] != 1 || !(sd[3] & 0x80))
		return HF_ECORRUPT;
	err = add_bytes(&r, sd, SD_HEADER);
	if (!err)
		err = add_acl(&r, sd, len, get32(sd + SD_SACL), &at[2]);
	if (!err)
		err = add_acl(&r, sd, len, get32(sd + SD_DACL), &at[3]);
	if (!err)
		err = add_holder(&r, sd, len, get32(sd + SD_OWNER), &at[0]);
	if (!err)
		err = add_holder(&r, sd, len, get32(sd + SD_GROUP), &at[1]);
	if (err == HF_ELIMIT)
		err = HF_ECORRUPT;
	if (err || !r.changed) {
		str_free(&r.out);
		return err;
	}
	for (int i = 0; i < 4; i++)
		put32((uint8_t *)r.out.data + SD_OWNER + 4 * i, at[i]);
	*out_len = r.out.len;
	*out = (uint8_t *)r.out.data;
	return 1;
}
