/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a local account in the SAM hive of a Windows that is not running (USMT specification 11.4,
 * 11.5; docs/adr on accounts). Every structure that is read or changed must be exactly of the form
 * that is known, else the account is refused and the hive in memory left as it is.
 */
#ifndef HOLDFAST_WINDOWS_SAM_WRITE_H
#define HOLDFAST_WINDOWS_SAM_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "windows/hive.h"

struct hive_write;

#define SAM_NAME_UNITS_MAX 20 /* [MS-SAMR] 3.1.1.6 */
#define SAM_KEY_SIZE	   16 /* boot key, hash, password key: bytes */

struct sam_new {
	const char *name;	 /* WTF-8 */
	const char *password;	 /* UTF-8; NULL or "": none */
	const uint8_t *boot_key; /* of SYSTEM, SAM_KEY_SIZE bytes; needed for a password */
	bool enabled;
	uint64_t now; /* 100 ns since 1601-01-01 UTC: the password's age begins */
};

/*
 * Makes account A in W (a SAM hive): its key, its name, the next RID, its place in the groups None
 * and Users. SID becomes its SID. HF_EREFUSED with *WHY (static text, half a sentence) when
 * something is not as it is known, or the name cannot be one; HF_EEXIST when it is taken;
 * HF_ENOMEM. After any error W must be closed, not committed.
 */
int sam_create(struct hive_write *w, const struct sam_new *a, char *sid, size_t size,
	       const char **why);

/* Can NAME be a local account's? *WHY (static text, half a sentence) says why not. */
bool sam_name_is_valid(const char *name, const char **why);

/*
 * The boot key of a SYSTEM hive, from the class names of four keys. HF_EREFUSED with *WHY when it
 * is not kept there, HF_ENOMEM.
 */
int sam_boot_key(const struct hive *system, uint8_t out[SAM_KEY_SIZE], const char **why);

#endif
