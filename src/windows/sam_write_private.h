/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sam_write.c (keys and groups), sam_user.c (an account's two values) and sam_password.c (its
 * hash) share. Used by them only.
 */
#ifndef HOLDFAST_WINDOWS_SAM_WRITE_PRIVATE_H
#define HOLDFAST_WINDOWS_SAM_WRITE_PRIVATE_H

#include "windows/hive_write.h"
#include "windows/sam_write.h"
#include "windows/sid.h"

#define SAM_RID_NONE  0x201u /* the group that every local account is in */
#define SAM_RID_USERS 0x221u /* Builtin\Users */

/* F of SAM\Domains\Account: a fixed part, then the keys of passwords. */
enum {
	SAM_DOMAIN_CHANGES = 0x10,
	SAM_DOMAIN_NEXT_RID = 0x48,
	SAM_DOMAIN_STATE = 0x58,
	SAM_DOMAIN_KEY = 0x68
};

/* A value's bytes in fresh memory. */
struct sam_bytes {
	uint8_t *data;
	size_t len;
};

/* An account that is being made. */
struct sam_making {
	const struct sam_new *a;
	const struct hive *h;
	const char **why;
	hive_key account, builtin, users;
	struct sam_bytes domain; /* F of ACCOUNT */
	char machine_sid[64];
	char sid[SID_TEXT_MAX];
	uint32_t rid;
	struct sam_bytes f, v; /* of the new account */
};

/* Sets the reason; HF_EREFUSED. */
static inline int sam_refuse(const struct sam_making *m, const char *why)
{
	*m->why = why;
	return HF_EREFUSED;
}

/* Value NAME of KEY, of type REG_BINARY. HF_EREFUSED with WHY, HF_ENOMEM. */
int sam_binary(const struct sam_making *m, hive_key key, const char *name, const char *why,
	       struct sam_bytes *out);

/* Makes F and V as those of another account of this computer. */
int sam_user_values(struct sam_making *m);

/*
 * The entry of V that holds the NT hash of A's password, for an empty entry EMPTY of the form that
 * this SAM uses. 0, HF_EREFUSED, HF_ENOMEM.
 */
int sam_hash_entry(const struct sam_making *m, const struct sam_bytes *empty,
		   struct sam_bytes *out);

/* Fills P with random bytes. HF_EIO. */
int sam_random(uint8_t *p, size_t len);

#endif
