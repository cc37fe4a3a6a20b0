// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Security identifiers as text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "windows/hive_check.h"
#include "windows/sid.h"

#define SUB_AUTHORITIES_MAX 15
#define AUTHORITY_MAX	    UINT64_C(0xffffffffffff)

/* Reads a decimal (or, with HEX allowed, 0x...) number up to MAX; NULL when there is none. */
static const char *read_number(const char *p, uint64_t max, bool hex, uint64_t *out)
{
	unsigned base = 10;
	const char *start;

	if (hex && p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		base = 16;
		p += 2;
	}
	start = p;
	for (*out = 0;; p++) {
		unsigned digit;

		if (*p >= '0' && *p <= '9')
			digit = (unsigned)(*p - '0');
		else if (base == 16 && ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f'))
			digit = (unsigned)((*p | 0x20) - 'a') + 10;
		else
			break;
		*out = *out * base + digit;
		if (*out > max)
			return NULL;
	}
	return p > start ? p : NULL;
}

bool sid_is_valid(const char *text)
{
	unsigned count = 0;
	const char *p;
	uint64_t n;

	if (strncasecmp(text, "S-1-", 4) != 0)
		return false;
	p = read_number(text + 4, AUTHORITY_MAX, true, &n);
	while (p && *p == '-') {
		p = read_number(p + 1, UINT32_MAX, false, &n);
		count++;
	}
	return p && !*p && count >= 1 && count <= SUB_AUTHORITIES_MAX;
}

bool sid_is_service(const char *sid)
{
	static const char *const exact[] = {"S-1-5-18", "S-1-5-19", "S-1-5-20"};
	/*
	 * Services, IIS pools, virtual machines, user mode drivers, tasks, window manager, remote
	 * management, font driver host.
	 */
	static const char *const prefixes[] = {"S-1-5-80-", "S-1-5-82-", "S-1-5-83-", "S-1-5-84-",
					       "S-1-5-87-", "S-1-5-90-", "S-1-5-94-", "S-1-5-96-"};

	for (size_t i = 0; i < sizeof(exact) / sizeof(*exact); i++)
		if (strcasecmp(sid, exact[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (strncasecmp(sid, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

bool sid_in_domain(const char *sid, const char *domain, uint32_t *rid)
{
	size_t len = strlen(domain);
	const char *end;
	uint64_t n;

	if (len == 0 || strncasecmp(sid, domain, len) != 0 || sid[len] != '-')
		return false;
	end = read_number(sid + len + 1, UINT32_MAX, false, &n);
	if (!end || *end)
		return false;
	*rid = (uint32_t)n;
	return true;
}

bool sid_is_entra(const char *sid)
{
	return strncasecmp(sid, "S-1-12-1-", 9) == 0;
}

/* The first RID that is given to accounts; below are those of Windows, mostly groups. */
#define FIRST_RID	  1000
#define RID_ADMINISTRATOR 500

bool sid_is_person(const char *sid)
{
	unsigned long rid;

	if (sid_is_entra(sid))
		return true;
	if (strncasecmp(sid, "S-1-5-21-", 9) != 0)
		return false;
	rid = strtoul(strrchr(sid, '-') + 1, NULL, 10);
	return rid >= FIRST_RID || rid == RID_ADMINISTRATOR;
}

/* The binary SID in the LEN bytes at P as text; false when it is none ([MS-DTYP] 2.4.2.2). */
static bool to_text(const uint8_t *p, size_t len, char out[SID_TEXT_MAX])
{
	uint64_t authority = 0;
	int at;

	if (len < 8 || p[0] != 1 || p[1] < 1 || p[1] > SUB_AUTHORITIES_MAX || len < 8 + 4u * p[1])
		return false;
	for (int i = 2; i < 8; i++)
		authority = authority << 8 | p[i];
	at = snprintf(out, SID_TEXT_MAX, "S-1-%" PRIu64, authority);
	for (unsigned i = 0; i < p[1]; i++)
		at += snprintf(out + at, SID_TEXT_MAX - (size_t)at, "-%u", hive_u32(p + 8 + 4 * i));
	return true;
}

#define SD_HEADER   20
#define SD_OWNER    4
#define SD_DACL	    16
#define ACL_HEADER  8
#define ACE_SID	    8
#define ACE_ALLOWED 0

/* The person that the access list at OFFSET of SD lets in, when it is one. */
static bool only_trustee(const uint8_t *sd, size_t len, size_t offset, char out[SID_TEXT_MAX])
{
	size_t at = offset + ACL_HEADER, size;
	char sid[SID_TEXT_MAX];
	bool found = false;

	if (!offset || len < ACL_HEADER || offset > len - ACL_HEADER)
		return false;
	for (unsigned left = hive_u16(sd + offset + 4); left; left--, at += size) {
		if (at > len || len - at < ACE_SID)
			return false;
		size = hive_u16(sd + at + 2);
		if (size < ACE_SID || size > len - at)
			return false;
		if (sd[at] != ACE_ALLOWED || !to_text(sd + at + ACE_SID, size - ACE_SID, sid) ||
		    !sid_is_person(sid))
			continue;
		if (found && strcmp(out, sid) != 0)
			return false;
		memcpy(out, sid, sizeof(sid));
		found = true;
	}
	return found;
}

bool sid_of_person(const uint8_t *sd, size_t len, char out[SID_TEXT_MAX])
{
	size_t owner;

	if (len < SD_HEADER)
		return false;
	owner = hive_u32(sd + SD_OWNER);
	if (owner && owner < len && to_text(sd + owner, len - owner, out) && sid_is_person(out))
		return true;
	return only_trustee(sd, len, hive_u32(sd + SD_DACL), out);
}
