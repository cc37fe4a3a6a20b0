// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON strings from WTF-8: its surrogates and its two-byte NUL become \u escapes. */
#include "cmd/json.h"

#include <stdio.h>

void json_string(const char *text)
{
	const unsigned char *p = (const unsigned char *)(text ? text : "");

	putchar('"');
	while (*p) {
		if (*p == '"' || *p == '\\') {
			printf("\\%c", *p++);
		} else if (*p < 0x20 || *p == 0x7f) {
			printf("\\u%04x", *p++);
		} else if (p[0] == 0xc0 && p[1] == 0x80) {
			printf("\\u0000");
			p += 2;
		} else if (p[0] == 0xed && p[1] >= 0xa0 && p[2]) {
			printf("\\u%04x", 0xd000u | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu));
			p += 3;
		} else {
			putchar(*p++);
		}
	}
	putchar('"');
}

void json_field(const char *name, const char *value)
{
	printf("\"%s\": ", name);
	json_string(value);
	printf(", ");
}
