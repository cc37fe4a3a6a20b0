// SPDX-License-Identifier: GPL-2.0-or-later
/* The descriptors of a new profile, and the user in the keys of its hives. */
#include "windows/profile_security.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "report/error.h"
#include "windows/hive_check.h"
#include "windows/hive_write.h"
#include "windows/security_map.h"

/* [MS-DTYP] 2.4.6, 2.4.5, 2.4.4.2. */
enum { SD_CONTROL = 2, SD_OWNER = 4, SD_DACL = 16, SD_HEADER = 20, ACL_HEADER = 8, ACE_HEADER = 8 };
#define DACL_PRESENT   0x0004
#define DACL_INHERITED 0x0400 /* entries came from above by Windows' own rules */
#define DACL_PROTECTED 0x1000
#define SELF_RELATIVE  0x8000
#define OBJECTS	       0x01 /* entries go down to files, */
#define CONTAINERS     0x02 /* to folders and keys; */
#define INHERITED      0x10 /* this one came from above */
#define FILE_ALL       UINT32_C(0x1f01ff)
#define KEY_ALL	       UINT32_C(0x0f003f)
#define KEY_READ       UINT32_C(0x020019)

#define SYSTEM	       "S-1-5-18"
#define ADMINISTRATORS "S-1-5-32-544"
#define EVERYONE       "S-1-1-0"
#define RESTRICTED     "S-1-5-12"

struct builder {
	uint8_t *out;
	size_t at;
	unsigned entries;
	bool bad;
};

static size_t add_sid(struct builder *b, const char *sid)
{
	uint8_t bytes[SECURITY_SID_MAX], len = security_sid(sid, bytes);
	size_t at = b->at;

	b->bad |= !len;
	memcpy(b->out + at, bytes, len);
	b->at += len;
	return at;
}

static void add_entry(struct builder *b, bool deny, uint8_t flags, uint32_t mask, const char *sid)
{
	size_t at = b->at;

	b->at += ACE_HEADER;
	(void)add_sid(b, sid);
	b->out[at] = deny;
	b->out[at + 1] = flags;
	b->out[at + 2] = (uint8_t)(b->at - at);
	hive_put_u32(b->out + at + 4, mask);
	b->entries++;
}

static void put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

size_t profile_security(enum profile_object object, const char *sid,
			uint8_t out[PROFILE_SECURITY_MAX])
{
	static const uint8_t flags[] = {OBJECTS | CONTAINERS, OBJECTS | CONTAINERS | INHERITED,
					INHERITED, OBJECTS | CONTAINERS | INHERITED, CONTAINERS};
	bool inherits = flags[object] & INHERITED, key = object == PROFILE_KEY;
	uint32_t all = key ? KEY_ALL : FILE_ALL;
	struct builder b = {.out = out, .at = SD_HEADER + ACL_HEADER};

	memset(out, 0, PROFILE_SECURITY_MAX);
	if (object == PROFILE_JUNCTION)
		add_entry(&b, true, 0, 1, EVERYONE);
	add_entry(&b, false, flags[object], all, SYSTEM);
	add_entry(&b, false, flags[object], all, ADMINISTRATORS);
	add_entry(&b, false, flags[object], all, sid);
	if (key)
		add_entry(&b, false, flags[object], KEY_READ, RESTRICTED);
	out[0] = 1;
	put16(out + SD_CONTROL,
	      SELF_RELATIVE | DACL_PRESENT | (inherits ? DACL_INHERITED : DACL_PROTECTED));
	hive_put_u32(out + SD_DACL, SD_HEADER);
	out[SD_HEADER] = 2;
	put16(out + SD_HEADER + 2, b.at - SD_HEADER);
	put16(out + SD_HEADER + 4, b.entries);
	hive_put_u32(out + SD_OWNER, (uint32_t)add_sid(&b, inherits ? sid
							   : key    ? ADMINISTRATORS
								    : SYSTEM));
	hive_put_u32(out + SD_OWNER + 4, (uint32_t)add_sid(&b, SYSTEM));
	return b.bad ? 0 : b.at;
}

/* An access list: where it is, and where a new entry belongs. */
struct access_list {
	size_t at, size, count;
	size_t after_denials; /* offset in the descriptor */
	bool inherited;	      /* its entries come from above */
	bool has_sid;
};

/* Reads the access list of SD. False when the descriptor is not valid; an empty AT: it has none. */
static bool read_list(const uint8_t *sd, size_t len, const uint8_t *sid, size_t sid_len,
		      struct access_list *out)
{
	size_t at, end;

	*out = (struct access_list){0};
	if (len < SD_HEADER || sd[0] != 1 || !(hive_u16(sd + SD_CONTROL) & SELF_RELATIVE))
		return false;
	at = hive_u32(sd + SD_DACL);
	if (!(hive_u16(sd + SD_CONTROL) & DACL_PRESENT) || !at)
		return true;
	if (at < SD_HEADER || at > len || len - at < ACL_HEADER)
		return false;
	out->at = at;
	out->size = hive_u16(sd + at + 2);
	out->count = hive_u16(sd + at + 4);
	if (out->size < ACL_HEADER || out->size > len - at)
		return false;
	end = at + out->size;
	at += ACL_HEADER;
	out->after_denials = at;
	for (size_t i = 0; i < out->count; i++) {
		size_t size = end - at < 4 ? 0 : hive_u16(sd + at + 2);

		if (size < 4 || size > end - at)
			return false;
		if (size == ACE_HEADER + sid_len && !memcmp(sd + at + ACE_HEADER, sid, sid_len))
			out->has_sid = true;
		out->inherited |= sd[at + 1] & INHERITED;
		at += size;
		if (sd[at - size] == 1 && !(sd[at - size + 1] & INHERITED))
			out->after_denials = at;
	}
	return true;
}

/* What all keys of a hive share while it is secured. */
struct securing {
	struct hive_write *w;
	uint8_t sid[SECURITY_SID_MAX];
	size_t sid_len;
};

/* SD with an entry for the user at PLACE, into fresh memory. */
static uint8_t *insert(const struct securing *s, const uint8_t *sd, size_t len,
		       const struct access_list *list, bool policy, size_t *out_len)
{
	size_t size = ACE_HEADER + s->sid_len;
	bool own = policy || !list->inherited;
	size_t place = own ? list->after_denials : list->at + list->size;
	uint8_t *out = malloc(len + size);

	if (!out)
		return NULL;
	memcpy(out, sd, place);
	memset(out + place, 0, ACE_HEADER);
	out[place + 1] = own ? CONTAINERS : CONTAINERS | INHERITED;
	out[place + 2] = (uint8_t)size;
	hive_put_u32(out + place + 4, policy ? KEY_READ : KEY_ALL);
	memcpy(out + place + ACE_HEADER, s->sid, s->sid_len);
	memcpy(out + place + size, sd + place, len - place);
	for (int i = SD_OWNER; i <= SD_DACL; i += 4)
		if (hive_u32(out + i) >= place)
			hive_put_u32(out + i, hive_u32(out + i) + (uint32_t)size);
	put16(out + list->at + 2, list->size + size);
	put16(out + list->at + 4, list->count + 1);
	*out_len = len + size;
	return out;
}

static int secure_key(const struct securing *s, hive_key key, bool policy)
{
	struct hive_key_info info;
	struct access_list list;
	uint8_t *changed;
	size_t len;
	int err;

	hive_key_info(hive_write_hive(s->w), key, &info);
	if (!info.security ||
	    !read_list(info.security, info.security_len, s->sid, s->sid_len, &list))
		return HF_ECORRUPT;
	/* Without a list everybody may do everything. */
	if (!list.at || list.has_sid)
		return 0;
	if (list.size + ACE_HEADER + s->sid_len > UINT16_MAX)
		return HF_ELIMIT;
	changed = insert(s, info.security, info.security_len, &list, policy, &len);
	if (!changed)
		return HF_ENOMEM;
	err = hive_write_security(s->w, key, changed, len);
	free(changed);
	return err;
}

/* Keys that are still to be secured, as a stack. */
struct pending {
	hive_key key;
	bool policy;
};

/* Users must not change their policies. */
static int is_policy(const struct hive *h, hive_key key, bool *out)
{
	struct str path = {0};
	int err = hive_path(h, key, &path);

	if (!err && path.len)
		*out = !strcasecmp(path.data, "Software\\Policies") ||
		       !strcasecmp(path.data,
				   "Software\\Microsoft\\Windows\\CurrentVersion\\Policies");
	str_free(&path);
	return err;
}

int profile_secure_hive(struct hive_write *w, const char *sid)
{
	struct securing s = {.w = w};
	const struct hive *h = hive_write_hive(w);
	struct pending *stack = NULL;
	size_t count = 0, cap = 0;
	int err = 0;

	s.sid_len = security_sid(sid, s.sid);
	if (!s.sid_len)
		return HF_EINVAL;
	if (array_grow(&stack, count, &cap))
		return HF_ENOMEM;
	stack[count++] = (struct pending){hive_root(h), false};
	while (count && !err) {
		struct pending at = stack[--count];
		hive_key *keys = NULL;
		size_t n = 0;

		if (!at.policy)
			err = is_policy(h, at.key, &at.policy);
		if (!err)
			err = secure_key(&s, at.key, at.policy);
		if (!err)
			err = hive_subkeys(h, at.key, &keys, &n);
		for (size_t i = 0; i < n && !err; i++) {
			err = array_grow(&stack, count, &cap);
			if (!err)
				stack[count++] = (struct pending){keys[i], at.policy};
		}
		free(keys);
	}
	free(stack);
	return err;
}
