// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A new account's keys in SAM and its places in the groups. What is not exactly as it is known is
 * refused: half of an account database cannot be guessed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/error.h"
#include "windows/hive_check.h"
#include "windows/sam.h"
#include "windows/sam_write_private.h"

#define RID_MAX	       UINT32_C(0x3fffffff)
#define RID_FIRST      1000
#define DOMAIN_FIXED   (SAM_DOMAIN_KEY + 8)
#define DOMAIN_ENABLED 1

/* C of a group and of an alias: a table of (offset behind it, bytes, qualifier). */
#define GROUP_TABLE   20 /* where it begins; 4 entries */
#define ALIAS_TABLE   4
#define TABLE_SIZE    48
#define TABLE_MEMBERS 36
#define GROUP_ROOM    100 /* bytes by which the list of a group's members grows */
#define BINARY_SID    28  /* of an account of this computer */

bool sam_name_is_valid(const char *name, const char **why)
{
	uint16_t units[SAM_NAME_UNITS_MAX];
	int n = text_to_utf16(name, strlen(name), units, SAM_NAME_UNITS_MAX);

	if (n < 1) {
		*why = "the name of a local account has 1 to 20 characters";
		return false;
	}
	*why = "the name of a local account has none of \"/\\[]:;|=,+*?<>@, and not only dots and "
	       "blanks";
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < ' ' || strchr("\"/\\[]:;|=,+*?<>@", *p))
			return false;
	if (name[strspn(name, ". ")] == '\0' || name[strlen(name) - 1] == '.')
		return false;
	return utf16_is_well_formed(units, (size_t)n);
}

int sam_binary(const struct sam_making *m, hive_key key, const char *name, const char *why,
	       struct sam_bytes *out)
{
	uint32_t type;
	int err = hive_bytes(m->h, key, name, &type, &out->data, &out->len);

	if (!err && type == HIVE_BINARY)
		return 0;
	if (!err)
		free(out->data);
	*out = (struct sam_bytes){0};
	return err == HF_ENOMEM ? err : sam_refuse(m, why);
}

/* The key at PATH below FROM, or a refusal. */
static int find(const struct sam_making *m, hive_key from, const char *path, hive_key *out)
{
	int err = hive_find(m->h, from, path, out);

	return err == HF_ENOENT || err == HF_ECORRUPT ? sam_refuse(m, "keys of it are missing")
						      : err;
}

/* A change that Windows had begun is carried out by it at the next start. */
static int check_pending(const struct sam_making *m)
{
	hive_key key, *keys = NULL;
	hive_value *values = NULL;
	size_t count = 0, value_count = 0;
	int err = find(m, hive_root(m->h), "SAM\\RXACT", &key);

	if (!err)
		err = hive_subkeys(m->h, key, &keys, &count);
	if (!err)
		err = hive_values(m->h, key, &values, &value_count);
	free(keys);
	free(values);
	if (err)
		return err;
	return count || value_count > 1
		       ? sam_refuse(m, "Windows has not finished a change to it; start Windows "
				       "once")
		       : 0;
}

static int read_domain(struct sam_making *m)
{
	const uint8_t *f;
	struct sam sam;
	int err = sam_binary(m, m->account, "F", "the settings of its accounts are missing",
			     &m->domain);

	if (err)
		return err;
	f = m->domain.data;
	if (m->domain.len < DOMAIN_FIXED || hive_u16(f) < 2 || hive_u16(f) > 3 ||
	    hive_u16(f + 2) != 1 || hive_u32(f + SAM_DOMAIN_STATE) != DOMAIN_ENABLED)
		return sam_refuse(m, "the settings of its accounts are not as they are known");
	m->rid = hive_u32(f + SAM_DOMAIN_NEXT_RID);
	if (m->rid < RID_FIRST || m->rid > RID_MAX)
		return sam_refuse(m, "the number of its next account cannot be right");
	err = sam_read(m->h, &sam);
	if (err)
		return err == HF_ENOMEM ? err : sam_refuse(m, "its list of accounts is damaged");
	(void)snprintf(m->machine_sid, sizeof(m->machine_sid), "%s", sam.machine_sid);
	(void)snprintf(m->sid, sizeof(m->sid), "%s-%u", sam.machine_sid, m->rid);
	for (size_t i = 0; i < sam.count && !err; i++)
		if (sam.accounts[i].rid >= m->rid)
			err = sam_refuse(m, "the number of its next account is taken");
	sam_free(&sam);
	return err;
}

/* Is NAME that of an account (HF_EEXIST) or of a group, or the RID's key there? */
static int check_free(const struct sam_making *m)
{
	static const char *const groups[] = {"Groups\\Names", "Aliases\\Names"};
	static const char *const kinds[] = {"Users", "Groups", "Aliases"};
	const hive_key domains[] = {m->account, m->builtin};
	char number[16];
	hive_key names, key;
	int err = find(m, m->users, "Names", &names);

	if (!err && hive_subkey(m->h, names, m->a->name, &key) == 0)
		return HF_EEXIST;
	for (size_t i = 0; i < 4 && !err; i++) {
		err = find(m, domains[i / 2], groups[i % 2], &names);
		if (!err && hive_subkey(m->h, names, m->a->name, &key) == 0)
			err = sam_refuse(m, "a group has this name");
	}
	(void)snprintf(number, sizeof(number), "%08X", m->rid);
	for (size_t i = 0; i < 3 && !err; i++) {
		err = find(m, m->account, kinds[i], &key);
		if (!err && hive_subkey(m->h, key, number, &key) == 0)
			err = sam_refuse(m, "the number of its next account is taken");
	}
	return err;
}

/* Counts are kept as the type of a key's default value. */
static int count_up(const struct sam_making *m, struct hive_write *w, hive_key key, bool exact)
{
	hive_key *keys = NULL;
	size_t count = 0;
	uint32_t said;
	int err = hive_type_of(m->h, key, "", &said);

	if (err == HF_ENOENT || err == HF_ECORRUPT)
		return sam_refuse(m, "a count of it is missing");
	if (!err)
		err = hive_subkeys(m->h, key, &keys, &count);
	free(keys);
	if (err)
		return err;
	/* Windows itself counts one less after a new installation has added its own accounts. */
	if (exact ? said != count : said > count)
		return sam_refuse(m, "a count of it is wrong");
	return hive_write_value(w, key, "", said + 1, NULL, 0);
}

static int add_user(const struct sam_making *m, struct hive_write *w)
{
	char number[16];
	hive_key names, key;
	int err = count_up(m, w, m->users, false);

	(void)snprintf(number, sizeof(number), "%08X", m->rid);
	if (!err)
		err = hive_write_key(w, m->users, number, NULL, &key, NULL);
	if (!err)
		err = hive_write_value(w, key, "F", HIVE_BINARY, m->f.data, m->f.len);
	if (!err)
		err = hive_write_value(w, key, "V", HIVE_BINARY, m->v.data, m->v.len);
	if (!err)
		err = find(m, m->users, "Names", &names);
	if (!err)
		err = hive_write_key(w, names, m->a->name, NULL, &key, NULL);
	return err ? err : hive_write_value(w, key, "", m->rid, NULL, 0);
}

/*
 * The table of C at START: four parts in order, each on 4 bytes, the list of members last. False
 * when it is not like that.
 */
static bool table_is_usual(const struct sam_bytes *c, size_t start)
{
	size_t end = 0;

	if (c->len < start + TABLE_SIZE)
		return false;
	for (size_t i = 0; i < 4; i++) {
		const uint8_t *e = c->data + start + 12 * i;
		uint32_t at = hive_u32(e), len = hive_u32(e + 4);

		if (at != end || len > c->len - start - TABLE_SIZE - at)
			return false;
		end = (at + (size_t)len + 3) & ~(size_t)3;
		if (end > c->len - start - TABLE_SIZE)
			return false;
	}
	return end == c->len - start - TABLE_SIZE;
}

/*
 * Adds LEN bytes to the list of members at the end of C, which has USED bytes, with ROOM for more
 * where there is none left.
 */
static int add_member(struct sam_bytes *c, size_t start, size_t used, const void *member,
		      size_t len, size_t room)
{
	uint8_t *entry = c->data + start + TABLE_MEMBERS;
	size_t size = hive_u32(entry + 4), base = start + TABLE_SIZE + hive_u32(entry);

	if (used + len > size) {
		size_t grown = size + (room > len ? room : len);
		uint8_t *data = realloc(c->data, base + grown);

		if (!data)
			return HF_ENOMEM;
		memset(data + base + size, 0, grown - size);
		c->data = data;
		c->len = base + grown;
		entry = data + start + TABLE_MEMBERS;
		hive_put_u32(entry + 4, (uint32_t)grown);
	}
	memcpy(c->data + base + used, member, len);
	hive_put_u32(entry + 8, hive_u32(entry + 8) + 1);
	return 0;
}

/* The group that all local accounts are in: a list of RIDs, with room at its end. */
static int join_none(const struct sam_making *m, struct hive_write *w)
{
	static const char odd[] = "the group None is not as it is known";
	struct sam_bytes c = {0};
	uint8_t rid[4];
	hive_key key;
	int err = find(m, m->account, "Groups\\00000201", &key);

	if (!err)
		err = sam_binary(m, key, "C", odd, &c);
	if (!err && (!table_is_usual(&c, GROUP_TABLE) || hive_u32(c.data + 4) != SAM_RID_NONE))
		err = sam_refuse(m, odd);
	if (!err) {
		const uint8_t *entry = c.data + GROUP_TABLE + TABLE_MEMBERS;
		uint32_t count = hive_u32(entry + 8);

		if (count > hive_u32(entry + 4) / 4)
			err = sam_refuse(m, odd);
		hive_put_u32(rid, m->rid);
		if (!err)
			err = add_member(&c, GROUP_TABLE, (size_t)count * 4, rid, sizeof(rid),
					 GROUP_ROOM);
	}
	if (!err)
		err = hive_write_value(w, key, "C", HIVE_BINARY, c.data, c.len);
	free(c.data);
	return err;
}

/* Does the list of SIDs in the LEN bytes at P hold COUNT of them and nothing else? */
static bool sids_fill(const uint8_t *p, size_t len, uint32_t count)
{
	size_t at = 0;

	for (; count && len - at >= 8; count--) {
		size_t size = 8 + 4 * (size_t)p[at + 1];

		if (p[at] != 1 || size > len - at)
			return false;
		at += size;
	}
	return !count && at == len;
}

/* The new account's SID as bytes. */
static void binary_sid(const struct sam_making *m, uint8_t out[BINARY_SID])
{
	static const uint8_t head[] = {1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0};
	unsigned sub[4] = {0};

	memcpy(out, head, sizeof(head));
	(void)sscanf(m->sid, "S-1-5-21-%u-%u-%u-%u", &sub[0], &sub[1], &sub[2], &sub[3]);
	for (int i = 0; i < 4; i++)
		hive_put_u32(out + sizeof(head) + 4 * i, sub[i]);
}

/* Builtin\Users, and the index that tells an account's groups. */
static int join_users(const struct sam_making *m, struct hive_write *w)
{
	static const char odd[] = "the group Users is not as it is known";
	struct sam_bytes c = {0};
	uint8_t sid[BINARY_SID], alias[4];
	char number[16];
	hive_key key, members;
	int err = find(m, m->builtin, "Aliases\\00000221", &key);

	if (!err)
		err = sam_binary(m, key, "C", odd, &c);
	if (!err && (!table_is_usual(&c, ALIAS_TABLE) || hive_u32(c.data) != SAM_RID_USERS))
		err = sam_refuse(m, odd);
	if (!err) {
		const uint8_t *entry = c.data + ALIAS_TABLE + TABLE_MEMBERS;
		size_t size = hive_u32(entry + 4);

		binary_sid(m, sid);
		err = sids_fill(c.data + ALIAS_TABLE + TABLE_SIZE + hive_u32(entry), size,
				hive_u32(entry + 8))
			      ? add_member(&c, ALIAS_TABLE, size, sid, sizeof(sid), 0)
			      : sam_refuse(m, odd);
	}
	if (!err)
		err = hive_write_value(w, key, "C", HIVE_BINARY, c.data, c.len);
	free(c.data);
	if (!err)
		err = find(m, m->builtin, "Aliases\\Members", &members);
	if (!err)
		err = find(m, members, m->machine_sid, &members);
	if (!err)
		err = count_up(m, w, members, true);
	(void)snprintf(number, sizeof(number), "%08X", m->rid);
	if (!err)
		err = hive_write_key(w, members, number, NULL, &key, NULL);
	hive_put_u32(alias, SAM_RID_USERS);
	return err ? err : hive_write_value(w, key, "", 1, alias, sizeof(alias));
}

/* One more change, and in the domain of the accounts the next RID. */
static int write_domain(const struct sam_making *m, struct hive_write *w, hive_key key,
			struct sam_bytes *f, uint32_t next_rid)
{
	if (f->len < DOMAIN_FIXED)
		return sam_refuse(m, "the settings of its groups are not as they are known");
	for (int i = SAM_DOMAIN_CHANGES; i < SAM_DOMAIN_CHANGES + 8 && !++f->data[i]; i++)
		;
	if (next_rid)
		hive_put_u32(f->data + SAM_DOMAIN_NEXT_RID, next_rid);
	return hive_write_value(w, key, "F", HIVE_BINARY, f->data, f->len);
}

static int write_domains(struct sam_making *m, struct hive_write *w)
{
	struct sam_bytes f = {0};
	int err = write_domain(m, w, m->account, &m->domain, m->rid + 1);

	if (!err)
		err = sam_binary(m, m->builtin, "F", "the settings of its groups are missing", &f);
	if (!err)
		err = write_domain(m, w, m->builtin, &f, 0);
	free(f.data);
	return err;
}

int sam_create(struct hive_write *w, const struct sam_new *a, char *sid, size_t size,
	       const char **why)
{
	struct sam_making m = {.a = a, .h = hive_write_hive(w), .why = why};
	int err = sam_name_is_valid(a->name, why) ? 0 : HF_EREFUSED;

	if (!err)
		err = find(&m, hive_root(m.h), "SAM\\Domains\\Account", &m.account);
	if (!err)
		err = find(&m, hive_root(m.h), "SAM\\Domains\\Builtin", &m.builtin);
	if (!err)
		err = find(&m, m.account, "Users", &m.users);
	if (!err)
		err = check_pending(&m);
	if (!err)
		err = read_domain(&m);
	if (!err)
		err = check_free(&m);
	if (!err)
		err = sam_user_values(&m);
	if (!err)
		err = add_user(&m, w);
	if (!err)
		err = join_none(&m, w);
	if (!err)
		err = join_users(&m, w);
	if (!err)
		err = write_domains(&m, w);
	(void)snprintf(sid, size, "%s", m.sid);
	free(m.domain.data);
	free(m.f.data);
	free(m.v.data);
	return err;
}
