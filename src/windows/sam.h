/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local accounts of an offline Windows: names by SID, from its SAM hive. Used within windows
 * only.
 */
#ifndef HOLDFAST_WINDOWS_SAM_H
#define HOLDFAST_WINDOWS_SAM_H

#include <stddef.h>
#include <stdint.h>

struct hive;

struct sam_account {
	char *name;
	uint32_t rid;
};

/* Free with sam_free(). */
struct sam {
	char machine_sid[64]; /* "S-1-5-21-a-b-c"; "" when unknown */
	struct sam_account *accounts;
	size_t count;
	size_t cap;
};

/*
 * Reads HIVE (a SAM hive). The machine SID is the end of SAM\Domains\Account [V]; an account's RID
 * is the *type* of the default value of its key in Users\Names. 0, HF_ECORRUPT when the hive is not
 * like that (*OUT is empty then), HF_ENOMEM.
 */
int sam_read(const struct hive *hive, struct sam *out);

/* The name of the local account with SID, or NULL when it is none of this machine's. */
const char *sam_name(const struct sam *sam, const char *sid);

void sam_free(struct sam *sam);

#endif
