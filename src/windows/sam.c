// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Local accounts from the SAM hive.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/error.h"
#include "windows/hive.h"
#include "windows/hive_check.h"
#include "windows/sam.h"
#include "windows/sid.h"

/* Three sub-authorities make the machine's own part of its SID. */
#define SID_TAIL 12

/* How a SID of the form S-1-5-21-a-b-c begins in binary ([MS-DTYP] 2.4.2.2). */
static const uint8_t sid_head[] = {1, 4, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0};

/*
 * The three sub-authorities in V: after the last SID header in it; NT 4.0 has the name behind them.
 * Without a header they are V's end.
 */
static const uint8_t *find_sid(const uint8_t *v, size_t len)
{
	for (size_t at = len - SID_TAIL; at >= sizeof(sid_head); at--)
		if (memcmp(v + at - sizeof(sid_head), sid_head, sizeof(sid_head)) == 0)
			return v + at;
	return v + len - SID_TAIL;
}

static int read_machine_sid(const struct hive *hive, hive_key account, struct sam *out)
{
	const uint8_t *tail;
	uint8_t *v;
	size_t len;
	int err = hive_bytes(hive, account, "V", NULL, &v, &len);

	if (err)
		return err == HF_ENOMEM ? err : HF_ECORRUPT;
	if (len < SID_TAIL) {
		free(v);
		return HF_ECORRUPT;
	}
	tail = find_sid(v, len);
	(void)snprintf(out->machine_sid, sizeof(out->machine_sid), "S-1-5-21-%u-%u-%u",
		       hive_u32(tail), hive_u32(tail + 4), hive_u32(tail + 8));
	free(v);
	return 0;
}

static int add_account(const struct hive *hive, hive_key key, struct sam *out)
{
	struct sam_account *a;
	uint32_t rid;
	int err = hive_type_of(hive, key, "", &rid);

	if (err)
		return err == HF_ENOMEM ? err : 0;
	if (array_grow(&out->accounts, out->count, &out->cap))
		return HF_ENOMEM;
	a = &out->accounts[out->count];
	a->rid = rid;
	a->name = hive_key_name(hive, key);
	if (!a->name)
		return HF_ENOMEM;
	out->count++;
	return 0;
}

int sam_read(const struct hive *hive, struct sam *out)
{
	hive_key account, names, *keys = NULL;
	size_t count = 0;
	int err;

	memset(out, 0, sizeof(*out));
	err = hive_find(hive, hive_root(hive), "SAM\\Domains\\Account", &account);
	if (!err)
		err = read_machine_sid(hive, account, out);
	if (!err)
		err = hive_find(hive, account, "Users\\Names", &names);
	if (!err)
		err = hive_subkeys(hive, names, &keys, &count);
	for (size_t i = 0; i < count && !err; i++)
		err = add_account(hive, keys[i], out);
	free(keys);
	if (err) {
		sam_free(out);
		return err == HF_ENOMEM ? err : HF_ECORRUPT;
	}
	return 0;
}

const char *sam_name(const struct sam *sam, const char *sid)
{
	uint32_t rid;

	if (!sid_in_domain(sid, sam->machine_sid, &rid))
		return NULL;
	for (size_t i = 0; i < sam->count; i++)
		if (sam->accounts[i].rid == rid && *sam->accounts[i].name)
			return sam->accounts[i].name;
	return NULL;
}

void sam_free(struct sam *sam)
{
	for (size_t i = 0; i < sam->count; i++)
		free(sam->accounts[i].name);
	free(sam->accounts);
	memset(sam, 0, sizeof(*sam));
}
