// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ini files: the input is one. Sections, keys and values are WTF-8 of one line without blanks at
 * their ends; a key is never empty; what was read and written again reads the same.
 */
#include "base/ini.h"

#include "base/mem.h"
#include "base/text.h"
#include "fuzz/fuzz.h"

static void check_text(const char *text)
{
	static uint16_t units[65536];
	size_t n = strlen(text);

	fuzz_assert(n < 65536 && text_to_utf16(text, n, units, 65536) >= 0);
	fuzz_assert(!strpbrk(text, "\r\n"));
	fuzz_assert(!n || (!strchr(" \t", text[0]) && !strchr(" \t", text[n - 1])));
}

/* Writes each setting with its section. */
static int write_again(void *ctx, const char *section, const char *key, const char *value)
{
	check_text(section);
	check_text(key);
	check_text(value);
	fuzz_assert(*key && !strchr(key, '=') && *key != ';' && *key != '[');
	fuzz_assert(!str_addf(ctx, "[%s]\n%s=%s\n", section, key, value));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct str once = {0}, twice = {0};

	fuzz_assert(!str_adds(&once, "\xEF\xBB\xBF") && !str_adds(&twice, "\xEF\xBB\xBF"));
	fuzz_assert(!ini_read(data, len, write_again, &once));
	fuzz_assert(!ini_read(once.data, once.len, write_again, &twice));
	fuzz_assert(once.len == twice.len && !memcmp(once.data, twice.data, once.len));
	str_free(&once);
	str_free(&twice);
	return 0;
}
