// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The values F and V of a new account in SAM. V's parts are taken from another account of the same
 * SAM, so that they have the form that this Windows writes.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "windows/hive_check.h"
#include "windows/sam_write_private.h"
#include "windows/security_map.h"

#define F_SIZE	   80
#define F_REVISION 0x00 /* 2: Windows 2000 to 8, 3: from 10 on */
#define F_PASSWORD 0x18 /* when it was set; 0: must be changed at the next logon */
#define F_EXPIRES  0x20
#define F_RID	   0x30
#define F_GROUP	   0x34
#define F_ACB	   0x38
#define F_ADMIN	   0x44 /* in how many administrative groups */

#define ACB_DISABLED UINT32_C(0x01)
#define ACB_NORMAL   UINT32_C(0x10)

/* V: a table of (offset behind it, bytes, qualifier) and what it leads to, each on 4 bytes. */
enum {
	V_SECURITY,
	V_NAME,
	V_HOURS = 11,
	V_GROUPS,
	V_LM,
	V_NT,
	V_NT_HISTORY,
	V_LM_HISTORY,
	V_ENTRIES
};
#define V_TABLE (12 * V_ENTRIES)

struct part {
	const uint8_t *data;
	uint32_t len, qualifier;
};

struct parts {
	struct part e[V_ENTRIES];
};

int sam_random(uint8_t *p, size_t len)
{
	return getrandom(p, len, 0) == (ssize_t)len ? 0 : HF_EIO;
}

/* Reads V, which must be laid out as Windows does: in order, without gaps. */
static bool parse_v(const struct sam_bytes *v, struct parts *out)
{
	size_t end = 0;

	if (v->len < V_TABLE)
		return false;
	for (size_t i = 0; i < V_ENTRIES; i++) {
		uint32_t at = hive_u32(v->data + 12 * i), len = hive_u32(v->data + 12 * i + 4);

		if (at != end || len > v->len - V_TABLE - at)
			return false;
		out->e[i] =
			(struct part){v->data + V_TABLE + at, len, hive_u32(v->data + 12 * i + 8)};
		end = (at + (size_t)len + 3) & ~(size_t)3;
		if (end > v->len - V_TABLE)
			return false;
	}
	return end == v->len - V_TABLE;
}

static bool has_bytes(const struct part *p, const void *bytes, size_t len)
{
	return memmem(p->data, p->len, bytes, len) != NULL;
}

/* Everybody may see it and change its password; the account itself has what accounts have. */
static bool is_usual_security(const struct part *p)
{
	static const uint8_t everyone[] = {0, 0, 20, 0, 0x5b, 3, 2, 0, 1, 1,
					   0, 0, 0,  0, 0,    1, 0, 0, 0, 0};
	static const uint8_t self[] = {0, 0, 36, 0, 0x44, 0, 2, 0, 1, 5, 0, 0, 0, 0, 0, 5, 21};

	return p->qualifier >> 16 == 1 && has_bytes(p, everyone, sizeof(everyone)) &&
	       has_bytes(p, self, sizeof(self));
}

/* The form of an empty hash: {key, 1} or {key, 2, 0, salt}. */
static bool is_hash(const struct part *p)
{
	if (p->len < 4)
		return false;
	switch (hive_u16(p->data + 2)) {
	case 1:
		return p->len == 4 || p->len == 20;
	case 2:
		return p->len == 24 || p->len == 56;
	default:
		return false;
	}
}

/* Can the new account be like this one? */
static bool is_usual(const struct sam_bytes *f, const struct parts *p)
{
	static const uint8_t groups[] = {SAM_RID_NONE & 0xff, SAM_RID_NONE >> 8, 0, 0, 7, 0, 0, 0};
	const struct part *hours = &p->e[V_HOURS], *group = &p->e[V_GROUPS];

	if (f->len != F_SIZE || hive_u16(f->data + 2) != 1 || hive_u16(f->data) < 2 ||
	    hive_u16(f->data) > 3 || hive_u32(f->data + F_GROUP) != SAM_RID_NONE ||
	    !(hive_u32(f->data + F_ACB) & ACB_NORMAL))
		return false;
	if (hours->len && (hours->len != 21 || hours->qualifier != 168))
		return false;
	return group->len == sizeof(groups) && group->qualifier == 1 &&
	       !memcmp(group->data, groups, sizeof(groups)) &&
	       is_usual_security(&p->e[V_SECURITY]) && is_hash(&p->e[V_NT]);
}

/* Reads the account in KEY; *RID is its number. 1: it is as accounts are; 0: not; or an error. */
static int read_model(const struct sam_making *m, hive_key key, struct sam_bytes *f,
		      struct sam_bytes *v, struct parts *p, uint32_t *rid)
{
	char *name = hive_key_name(m->h, key), *end;
	int err;

	if (!name)
		return HF_ENOMEM;
	*rid = (uint32_t)strtoul(name, &end, 16);
	err = strlen(name) == 8 && !*end;
	free(name);
	if (err != 1)
		return 0;
	err = sam_binary(m, key, "F", "", f);
	if (!err)
		err = sam_binary(m, key, "V", "", v);
	if (err)
		return err == HF_EREFUSED ? 0 : err;
	return parse_v(v, p) && is_usual(f, p) && hive_u32(f->data + F_RID) == *rid;
}

/* The better a model, the less it has of its own: one that is no administrator comes first. */
static int rank(const struct sam_bytes *f)
{
	return hive_u16(f->data + F_ADMIN) ? 1 : 2;
}

struct model {
	struct sam_bytes f, v;
	uint32_t rid;
	int rank;
};

static void free_model(struct model *model)
{
	free(model->f.data);
	free(model->v.data);
}

static int find_model(const struct sam_making *m, struct model *best)
{
	hive_key *keys = NULL;
	size_t count = 0;
	int err = hive_subkeys(m->h, m->users, &keys, &count);

	for (size_t i = 0; !err && i < count; i++) {
		struct model one = {0};
		struct parts parts;
		int usable = read_model(m, keys[i], &one.f, &one.v, &parts, &one.rid);

		if (usable == 1)
			one.rank = rank(&one.f);
		err = usable < 0 ? usable : 0;
		if (one.rank > best->rank) {
			free_model(best);
			*best = one;
		} else {
			free_model(&one);
		}
	}
	free(keys);
	if (err)
		return err == HF_ENOMEM ? err : sam_refuse(m, "its list of accounts is damaged");
	return best->rank ? 0 : sam_refuse(m, "no account in it has the form that is known");
}

/* The model's descriptor with the new account in the model's place. */
static int make_security(const struct sam_making *m, const struct model *model,
			 const struct part *part, struct sam_bytes *out)
{
	struct security_map map = {0};
	struct str old = {0};
	int err = str_addf(&old, "%s-%u", m->machine_sid, model->rid);

	if (!err)
		err = security_map_add(&map, old.data, m->sid);
	if (!err) {
		err = security_map_apply(&map, part->data, part->len, &out->data, &out->len);
		if (err != 1 && err != HF_ENOMEM)
			err = sam_refuse(m, "the security of its accounts is not as it is known");
	}
	str_free(&old);
	security_map_free(&map);
	return err == 1 ? 0 : err;
}

/* An empty hash of the model's form. */
static int make_empty(const struct part *like, struct sam_bytes *out)
{
	out->len = hive_u16(like->data + 2) == 2 ? 24 : 4;
	out->data = calloc(1, out->len);
	if (!out->data)
		return HF_ENOMEM;
	memcpy(out->data, like->data, 4);
	return out->len == 24 ? sam_random(out->data + 8, 16) : 0;
}

/* V of PARTS into fresh memory. */
static int join_v(const struct parts *p, struct sam_bytes *out)
{
	size_t len = V_TABLE, at = 0;

	for (size_t i = 0; i < V_ENTRIES; i++)
		len += (p->e[i].len + 3) & ~(size_t)3;
	out->data = calloc(1, len);
	if (!out->data)
		return HF_ENOMEM;
	out->len = len;
	for (size_t i = 0; i < V_ENTRIES; i++) {
		hive_put_u32(out->data + 12 * i, (uint32_t)at);
		hive_put_u32(out->data + 12 * i + 4, p->e[i].len);
		hive_put_u32(out->data + 12 * i + 8, p->e[i].qualifier);
		if (p->e[i].len)
			memcpy(out->data + V_TABLE + at, p->e[i].data, p->e[i].len);
		at += (p->e[i].len + 3) & ~(size_t)3;
	}
	return 0;
}

static struct part part_of(const struct sam_bytes *b, uint32_t qualifier)
{
	return (struct part){b->data, (uint32_t)b->len, qualifier};
}

/* At any hour; no hours are said where this Windows says none. */
static const uint8_t all_hours[21] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
				      255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

static int make_v(struct sam_making *m, const struct model *model)
{
	struct sam_bytes security = {0}, empty[4] = {{0}}, hash = {0};
	uint16_t name[SAM_NAME_UNITS_MAX];
	int units = text_to_utf16(m->a->name, strlen(m->a->name), name, SAM_NAME_UNITS_MAX), err;
	struct parts old, new = {{{0}}};

	if (units < 0 || !parse_v(&model->v, &old))
		return HF_EINVAL;
	err = make_security(m, model, &old.e[V_SECURITY], &security);
	for (int i = 0; i < 4 && !err; i++)
		err = make_empty(&old.e[V_NT], &empty[i]);
	if (!err && m->a->password && *m->a->password)
		err = sam_hash_entry(m, &empty[V_NT - V_LM], &hash);
	if (!err) {
		new.e[V_SECURITY] = part_of(&security, old.e[V_SECURITY].qualifier);
		new.e[V_NAME] = (struct part){(const uint8_t *)name, (uint32_t)units * 2, 0};
		if (old.e[V_HOURS].len)
			new.e[V_HOURS] = (struct part){all_hours, sizeof(all_hours), 168};
		new.e[V_GROUPS] = old.e[V_GROUPS];
		for (int i = 0; i < 4; i++)
			new.e[V_LM + i] = part_of(&empty[i], 0);
		if (hash.data)
			new.e[V_NT] = part_of(&hash, 0);
		err = join_v(&new, &m->v);
	}
	for (int i = 0; i < 4; i++)
		free(empty[i].data);
	free(security.data);
	free(hash.data);
	return err;
}

static int make_f(struct sam_making *m, const struct model *model)
{
	uint8_t *f;

	m->f.data = f = calloc(1, F_SIZE);
	if (!f)
		return HF_ENOMEM;
	m->f.len = F_SIZE;
	memcpy(f + F_REVISION, model->f.data + F_REVISION, 4);
	hive_put_u32(f + F_PASSWORD, (uint32_t)m->a->now);
	hive_put_u32(f + F_PASSWORD + 4, (uint32_t)(m->a->now >> 32));
	memset(f + F_EXPIRES, 0xff, 7);
	f[F_EXPIRES + 7] = 0x7f; /* never */
	hive_put_u32(f + F_RID, m->rid);
	hive_put_u32(f + F_GROUP, SAM_RID_NONE);
	hive_put_u32(f + F_ACB, ACB_NORMAL | (m->a->enabled ? 0 : ACB_DISABLED));
	return 0;
}

int sam_user_values(struct sam_making *m)
{
	struct model model = {0};
	int err = find_model(m, &model);

	if (!err)
		err = make_f(m, &model);
	if (!err)
		err = make_v(m, &model);
	free_model(&model);
	return err;
}
