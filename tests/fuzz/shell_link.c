// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shell links: the input is a .lnk file. Kind and path agree: a path is absolute WTF-8 without
 * control characters, and only files and folders have one.
 */
#include "windows/shell_link.h"

#include "base/text.h"
#include "base/winpath.h"
#include "fuzz/fuzz.h"

static void check_text(const char *text)
{
	static uint16_t units[262144];

	fuzz_assert(*text && text_to_utf16(text, strlen(text), units, 262144) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct shell_link link;

	fuzz_assert(!shell_link_parse(data, len, &link));
	fuzz_assert((link.kind == SHELL_LINK_LOCAL || link.kind == SHELL_LINK_NETWORK) ==
		    (link.path != NULL));
	if (link.path) {
		check_text(link.path);
		fuzz_assert(winpath_split(link.path, NULL, NULL) ||
			    (link.kind == SHELL_LINK_NETWORK && !strncmp(link.path, "\\\\", 2)));
		for (const char *p = link.path; *p; p++)
			fuzz_assert((unsigned char)*p >= 0x20);
	}
	if (link.variables) {
		check_text(link.variables);
		fuzz_assert(link.kind != SHELL_LINK_DAMAGED);
	}
	shell_link_free(&link);
	return 0;
}
