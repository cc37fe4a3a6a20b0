// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Security identifiers as text.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
	/* Services, IIS pools, virtual machines, window manager, font driver host. */
	static const char *const prefixes[] = {"S-1-5-80-", "S-1-5-82-", "S-1-5-83-", "S-1-5-90-",
					       "S-1-5-96-"};

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
