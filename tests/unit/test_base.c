// SPDX-License-Identifier: GPL-2.0-or-later
/* base/: WTF-8, comparison, paths, strings and the arena. */
#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
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

#define TEXT(s) s, sizeof(s) - 1

static void text_files_are_decoded(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *expected;
	} rows[] = {
		{TEXT("\xFF\xFEh\0\xE4\0=\xD8\0\xDE"), "h\xC3\xA4\xF0\x9F\x98\x80"},
		{TEXT("\xFE\xFF\0h\0\xE4"), "h\xC3\xA4"},
		{TEXT("\xFF\xFEh\0x"), "h"},
		{TEXT("\xFF\xFE"), ""},
		{TEXT("\xEF\xBB\xBFh\xC3\xA4"), "h\xC3\xA4"},
		{TEXT("h\xC3\xA4"), "h\xC3\xA4"},
		{TEXT("h\xE4\x80\x81"), "h\xE4\x80\x81"},
		{TEXT("h\xE4 \x80 \x93 \x81"), "h\xC3\xA4 \xE2\x82\xAC \xE2\x80\x9C \xC2\x81"},
		{TEXT("\xC0\x80"), "\xC3\x80\xE2\x82\xAC"},
		{TEXT("a\0b\0\0"), "a\nb"},
		{TEXT("\xFF\xFE"
		      "a\0\0\0b\0\0\0"),
		 "a\nb"},
		{TEXT(""), ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct str out = {0};

		CU_ASSERT_EQUAL(str_adds(&out, ">"), 0);
		CU_ASSERT_EQUAL(text_decode(rows[i].bytes, rows[i].len, &out), 0);
		CU_ASSERT_STRING_EQUAL(out.data + 1, rows[i].expected);
		str_free(&out);
	}
}

static int show_setting(void *ctx, const char *section, const char *key, const char *value)
{
	return str_addf(ctx, "%s|%s=%s;", section, key, value);
}

static int stop_at_once(void *ctx, const char *section, const char *key, const char *value)
{
	(void)section, (void)key, (void)value;
	return ++*(int *)ctx;
}

static void ini_files_are_read(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *expected;
	} rows[] = {
		{TEXT("a=1\r\n[S]\r\n b = \"2\" \r\n;c=3\r\n#d=4\nplain\n=5\n"),
		 "|a=1;S|b=\"2\";S|#d=4;"},
		{TEXT("[ S [1] ]\rk==v="), "S [1]|k==v=;"},
		{TEXT("[open\nk=v\n[]\nk="), "open|k=v;|k=;"},
		{TEXT("\xFF\xFE[\0S\0]\0\r\0\n\0k\0=\0\x16\x04\n\0"), "S|k=\xD0\x96;"},
		{TEXT("[S]\0k=v\0\0"), "S|k=v;"},
		{TEXT("[\xE4]\nk=\x80"), "\xC3\xA4|k=\xE2\x82\xAC;"},
		{TEXT("\xEF\xBB\xBF[S]\nC:\\a b=1\nk=1\nk=2"), "S|C:\\a b=1;S|k=1;S|k=2;"},
		{TEXT("  \t=x\n"), ""},
		{TEXT(""), ""},
	};
	int stopped = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct str out = {0};

		CU_ASSERT_EQUAL(str_adds(&out, ""), 0);
		CU_ASSERT_EQUAL(ini_read(rows[i].bytes, rows[i].len, show_setting, &out), 0);
		if (strcmp(out.data, rows[i].expected))
			printf("\n    %zu: %s\n", i, out.data);
		CU_ASSERT_STRING_EQUAL(out.data, rows[i].expected);
		str_free(&out);
	}
	CU_ASSERT_EQUAL(ini_read("a=1\nb=2", 7, stop_at_once, &stopped), 1);
	CU_ASSERT_EQUAL(stopped, 1);
}

/* One line of eight million brackets; as many sections. */
static void long_ini_files_end_soon(void)
{
	size_t n = 8u << 20;
	char *text = malloc(n);
	int count = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	memset(text, '[', n);
	CU_ASSERT_EQUAL(ini_read(text, n, stop_at_once, &count), 0);
	for (size_t i = 1; i < n; i += 2)
		text[i] = '\n';
	CU_ASSERT_EQUAL(ini_read(text, n, stop_at_once, &count), 0);
	memset(text, '=', n);
	CU_ASSERT_EQUAL(ini_read(text, n, stop_at_once, &count), 0);
	CU_ASSERT_EQUAL(count, 0);
	free(text);
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
	CU_add_test(suite, "text files are decoded", text_files_are_decoded);
	CU_add_test(suite, "ini files are read", ini_files_are_read);
	CU_add_test(suite, "long ini files end soon", long_ini_files_end_soon);
}
