// SPDX-License-Identifier: GPL-2.0-or-later
/* base/: WTF-8, comparison, paths, strings and the arena. */
#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"
#include "unit/suites.h"

/* Every single unit and a set of pairs, lone surrogates among them, must come back unchanged. */
static void utf16_round_trip(void)
{
	static const uint16_t pairs[][2] = {
		{0xd83d, 0xde00}, {0xde00, 0xd83d}, {0xd800, 0xd800}, {'a', 0xdfff}, {0xd800, 'a'}};
	char text[16];
	uint16_t back[4];

	for (unsigned u = 0; u < 65536; u++) {
		uint16_t unit = (uint16_t)u;
		int n = text_from_utf16(&unit, 1, text, sizeof(text));
		int m = text_to_utf16(text, (size_t)n, back, 4);
		if (n < 1 || m != 1 || back[0] != unit) {
			CU_FAIL("unit did not survive");
			return;
		}
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		int n = text_from_utf16(pairs[i], 2, text, sizeof(text));
		CU_ASSERT_EQUAL(text_to_utf16(text, (size_t)n, back, 4), 2);
		CU_ASSERT_EQUAL(memcmp(back, pairs[i], 4), 0);
	}
	CU_ASSERT_EQUAL(text_from_utf16(pairs[0], 2, text, 4), HF_ELIMIT);
	CU_ASSERT_EQUAL(text_from_utf16(pairs[0], 2, text, 5), 4);
}

static void bad_wtf8_is_refused(void)
{
	static const char *const bad[] = {
		"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
		"\xff", "\xe2\x82", "a\xc3"};
	uint16_t out[8];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_EQUAL(text_to_utf16(bad[i], strlen(bad[i]), out, 8), HF_EINVAL);
	CU_ASSERT_EQUAL(text_to_utf16("abc", 3, out, 2), HF_ELIMIT);
}

static void comparison_ignores_case(void)
{
	const struct upcase *uc = upcase_basic();

	CU_ASSERT_EQUAL(text_casecmp(uc, "Desktop.INI", "dESKTOP.ini"), 0);
	CU_ASSERT_EQUAL(text_casecmp(uc, "JÖRG \xf0\x9f\x98\x80", "jörg \xf0\x9f\x98\x80"), 0);
	CU_ASSERT_EQUAL(text_casecmp(uc, "привет", "ПРИВЕТ"), 0);
	CU_ASSERT(text_casecmp(uc, "a", "b") < 0);
	CU_ASSERT(text_casecmp(uc, "ab", "a") > 0);
	CU_ASSERT(text_casecmp(uc, "a\xff", "a\xfe") != 0);
}

static void printable_tames_names(void)
{
	char out[64];

	CU_ASSERT_STRING_EQUAL(text_printable("a\x1b[2J\nb", out, sizeof(out)), "a\\x1B[2J\\x0Ab");
	CU_ASSERT_STRING_EQUAL(text_printable("x\xe2\x80\xaey", out, sizeof(out)),
			       "x\\xE2\\x80\\xAEy");
	CU_ASSERT_STRING_EQUAL(text_printable("\xed\xa0\x80", out, sizeof(out)), "\\xED\\xA0\\x80");
	CU_ASSERT_STRING_EQUAL(text_printable("übung", out, sizeof(out)), "übung");
	CU_ASSERT_STRING_EQUAL(text_printable("abcdef", out, 4), "abc");
}

static void paths(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"c:\\Users\\ann\\", "C:\\Users\\ann"},
		{"C:", "C:"},
		{"C:\\", "C:"},
		{"c:/a//b", "C:\\a\\b"},
		{"\\x", "D:\\x"},
		{"x", NULL},
		{"C:x", NULL},
		{"", NULL},
		{"\\\\srv\\x", NULL},
		{"C:\\a\\..\\b", NULL},
		{"1:\\a", NULL},
	};
	struct str s = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int ret = winpath_normalise(rows[i].in, 'D', &s);
		if (rows[i].out) {
			CU_ASSERT_EQUAL(ret, 0);
			CU_ASSERT_STRING_EQUAL(s.data, rows[i].out);
		} else {
			CU_ASSERT_EQUAL(ret, HF_EINVAL);
		}
	}
	str_free(&s);
	CU_ASSERT(winpath_is_below(upcase_basic(), "C:\\usmtmig\\USMT", "C:\\USMTMIG"));
	CU_ASSERT(winpath_is_below(upcase_basic(), "C:\\a", "C:"));
	CU_ASSERT_FALSE(winpath_is_below(upcase_basic(), "C:\\USMTMIG2", "C:\\USMTMIG"));
	CU_ASSERT_FALSE(winpath_is_below(upcase_basic(), "D:\\USMTMIG", "C:\\USMTMIG"));
}

static void strings_and_arena(void)
{
	struct str s = {0};
	struct arena a = {0};

	for (int i = 0; i < 1000; i++)
		CU_ASSERT_EQUAL(str_addf(&s, "%d,", i), 0);
	CU_ASSERT_EQUAL(s.len, strlen(s.data));
	str_truncate(&s, 3);
	CU_ASSERT_STRING_EQUAL(s.data, "0,1");
	char *taken = str_take(&s);
	CU_ASSERT_STRING_EQUAL(taken, "0,1");
	free(taken);
	char *first = arena_strdup(&a, "first");
	for (size_t n = 1; n < 400000; n = n * 3 + 1) {
		char *p = arena_alloc(&a, n);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_EQUAL((uintptr_t)p % 16, 0);
		memset(p, 0xff, n);
	}
	CU_ASSERT_STRING_EQUAL(first, "first");
	arena_free(&a);
}

void suite_base(void)
{
	CU_pSuite suite = CU_add_suite("base", NULL, NULL);

	CU_add_test(suite, "UTF-16 to WTF-8 and back", utf16_round_trip);
	CU_add_test(suite, "bytes that are not WTF-8 are refused", bad_wtf8_is_refused);
	CU_add_test(suite, "comparison ignores case", comparison_ignores_case);
	CU_add_test(suite, "hostile names cannot steer the terminal", printable_tames_names);
	CU_add_test(suite, "Windows paths", paths);
	CU_add_test(suite, "strings and arena", strings_and_arena);
}
