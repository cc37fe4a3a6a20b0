// SPDX-License-Identifier: GPL-2.0-or-later
/* rules/: files. Encodings, hostile XML, other roots, what is unknown or not yet done. */
#include <CUnit/CUnit.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/rules_fake.h"
#include "unit/suites.h"

#define ONE_RULE(urlid, pattern)                                                                   \
	"<migration urlid='" urlid "'>\n<component context='System'>\n<role role='Data'>\n"        \
	"<rules>\n<include>\n<objectSet>\n<pattern type='File'>" pattern                           \
	"</pattern></objectSet></include></rules></role></component></migration>"

static int load_text(const char *text)
{
	struct rules *rules = rules_new();
	int error = fake_load(rules, text, strlen(text), "t.xml");

	rules_free(rules);
	return error;
}

static bool error_says(const char *text)
{
	bool says = strstr(log_last_error(), text) != NULL;

	if (!says)
		printf("\n    \"%s\" is not in \"%s\"\n", text, log_last_error());
	return says;
}

static void other_files_are_refused_with_a_reason(void)
{
	struct rules *rules = rules_new();

	CU_ASSERT_EQUAL(rules_load(rules, "/nonexistent/x.xml", "x.xml"), HF_ENOENT);
	CU_ASSERT_TRUE(error_says("x.xml"));
	CU_ASSERT_EQUAL(rules_load(rules, "/dev/zero", "zero"), HF_EINVAL);
	CU_ASSERT_EQUAL(rules_load(rules, "/tmp", "tmp"), HF_EINVAL);
	rules_free(rules);
	CU_ASSERT_EQUAL(load_text(""), HF_EINVAL);
	CU_ASSERT_EQUAL(load_text("<Configuration><Applications/></Configuration>"), HF_EINVAL);
	CU_ASSERT_TRUE(error_says("/config:t.xml"));
	CU_ASSERT_EQUAL(load_text("<offline/>"), HF_EINVAL);
	CU_ASSERT_TRUE(error_says("/offline:t.xml"));
	CU_ASSERT_EQUAL(load_text("<html/>"), HF_EINVAL);
	CU_ASSERT_TRUE(error_says("<html>"));
	CU_ASSERT_EQUAL(load_text("<migration urlid='x'>\n<component>\n</migration>"), HF_EINVAL);
	CU_ASSERT_TRUE(error_says("t.xml, line 3"));
	CU_ASSERT_EQUAL(load_text("<migration urlid='x'/>junk"), HF_EINVAL);
	CU_ASSERT_EQUAL(load_text("<migration urlid='x'>&undefined;</migration>"), HF_EINVAL);
	CU_ASSERT_EQUAL(load_text("<migration urlid='x'>\xff\xfe</migration>"), HF_EINVAL);
}

static void entities_are_refused(void)
{
	static const char bomb[] = "<?xml version='1.0'?>\n<!DOCTYPE m [<!ENTITY a 'aaaaaaaaaa'>\n"
				   "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c "
				   "'&b;&b;&b;&b;&b;&b;&b;&b;'>]>\n"
				   "<migration urlid='&c;&c;&c;'>&c;&c;</migration>";

	CU_ASSERT_EQUAL(load_text(bomb), HF_EINVAL);
	CU_ASSERT_TRUE(error_says("DOCTYPE"));
	CU_ASSERT_TRUE(error_says("t.xml, line 2"));
	CU_ASSERT_EQUAL(load_text("<!DOCTYPE m [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
				  "<migration urlid='x'>&x;</migration>"),
			HF_EINVAL);
	CU_ASSERT_EQUAL(
		load_text("<!DOCTYPE m SYSTEM 'http://127.0.0.1/x.dtd'><migration urlid='x'/>"),
		HF_EINVAL);
	CU_ASSERT_EQUAL(load_text("<migration urlid='x'>&lt;&#65;&amp;</migration>"), 0);
}

/* A file of COUNT times TEXT between HEAD and TAIL. */
static int load_many(const char *head, const char *text, size_t count, const char *tail)
{
	struct rules *rules = rules_new();
	struct str s = {0};
	int error;

	str_adds(&s, head);
	for (size_t i = 0; i < count; i++)
		str_adds(&s, text);
	str_adds(&s, tail);
	error = fake_load(rules, s.data, s.len, "big.xml");
	str_free(&s);
	rules_free(rules);
	return error;
}

static void hostile_sizes_end_soon(void)
{
	clock_t start = clock();

	CU_ASSERT_EQUAL(load_many("<migration urlid='x'>\n", "<a>\n", 10000, ""), HF_ELIMIT);
	CU_ASSERT_TRUE(error_says("big.xml, line 257"));
	CU_ASSERT_TRUE(error_says("256 levels"));
	CU_ASSERT_EQUAL(load_many("<migration urlid='x'>", "<a>", 100000, ""), HF_ELIMIT);
	CU_ASSERT_TRUE(error_says("256 levels"));
	CU_ASSERT_EQUAL(load_many("<migration urlid='x'>", "<a/>", 600000, "</migration>"),
			HF_ELIMIT);
	CU_ASSERT_TRUE(error_says("500000"));
	CU_ASSERT_EQUAL(load_many("<migration urlid='x'>", "<!-- some comment here -->", 3000000,
				  "</migration>"),
			HF_ELIMIT);
	CU_ASSERT_TRUE(error_says("big.xml"));
	CU_ASSERT_TRUE(error_says("64 MiB"));
	CU_ASSERT_EQUAL(load_many("<migration urlid='x'>", "text ", 4000000, "</migration>"), 0);
	CU_ASSERT_EQUAL(load_many("<migration urlid='x'><", "longname", 1000000, "/></migration>"),
			HF_EINVAL);
	CU_ASSERT_EQUAL(
		load_many("<migration urlid='x'>",
			  "<component><role role='x'><unknown/><objectSet/></role></component>",
			  90000, "</migration>"),
		0);
	CU_ASSERT_TRUE((double)(clock() - start) / CLOCKS_PER_SEC < 20);
}

static size_t to_utf16(const char *text, bool big, bool mark, unsigned char *out)
{
	uint16_t units[2000];
	int n = text_to_utf16(text, strlen(text), units, 2000);
	size_t k = 0;

	CU_ASSERT_FATAL(n > 0);
	if (mark) {
		out[k++] = big ? 0xFE : 0xFF;
		out[k++] = big ? 0xFF : 0xFE;
	}
	for (int i = 0; i < n; i++) {
		out[k++] = (unsigned char)(big ? units[i] >> 8 : units[i] & 0xFF);
		out[k++] = (unsigned char)(big ? units[i] & 0xFF : units[i] >> 8);
	}
	return k;
}

static void utf16_files_load(void)
{
	static const char *const heads[] = {"<?xml version='1.0' encoding='UTF-16'?>\n",
					    "<?xml version='1.0'?>\n",
					    "<?xml version='1.0' encoding='UTF-8'?>\n", ""};
	struct rules_machine m = fake_machine(&fake_win10);

	for (int i = 0; i < 8; i++) {
		struct rules *rules = rules_new();
		unsigned char bytes[4000];
		char text[1000];
		size_t n;

		snprintf(text, sizeof(text), "%s%s", heads[i / 2],
			 ONE_RULE("u", "C:\\\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\\* [*]"));
		n = to_utf16(text, i & 1, true, bytes);
		CU_ASSERT_EQUAL(fake_load(rules, bytes, n, "u16.xml"), 0);
		CU_ASSERT_EQUAL(rules_compile(rules, &m), 0);
		CU_ASSERT_TRUE(fake_selected(rules, "C:\\\xC3\x84\xE2\x82\xAC\xF0\x9F\x98\x80\\x"));
		CU_ASSERT_EQUAL_FATAL(rules_count(rules), 1);
		/* The line is that of the pattern in the file. */
		CU_ASSERT_EQUAL(rules_rule(rules, 0)->line, i < 6 ? 8 : 7);
		CU_ASSERT_STRING_EQUAL(rules_rule(rules, 0)->file, "u16.xml");
		rules_free(rules);
	}
	CU_ASSERT_EQUAL(
		load_text(
			"\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8'?><migration urlid='x'/>"),
		0);
}

#define BYTES(s) (s), sizeof(s) - 1

/* What cannot be read ends with the file and the line where it is, UTF-16 too. */
static void bytes_of_no_encoding_are_placed(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *place;
	} files[] = {
		{BYTES("<migration urlid='x'>\n\n<!-- \xC3\x28 --></migration>"),
		 "bad.xml, line 3"},
		{BYTES("<migration urlid='x'>\n\xE2\x82</migration>"), "bad.xml, line 2"},
		{BYTES("<migration urlid='x'>\n\xED\xA0\x80</migration>"), "bad.xml, line 2"},
		{BYTES("<migration urlid='x'>\n\xF8\x88\x80\x80\x80</migration>"),
		 "bad.xml, line 2"},
		{BYTES("<migration urlid='x'>\n\n\n\x01</migration>"), "bad.xml, line 4"},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct rules *rules = rules_new();

		CU_ASSERT_EQUAL(fake_load(rules, files[i].bytes, files[i].len, "bad.xml"),
				HF_EINVAL);
		CU_ASSERT_TRUE(error_says(files[i].place));
		rules_free(rules);
	}
	for (int big = 0; big < 2; big++) {
		for (int kind = 0; kind < 3; kind++) {
			struct rules *rules = rules_new();
			unsigned char bytes[1000];
			size_t n = to_utf16("<migration urlid='x'>\n\n", big, true, bytes);

			if (kind < 2) { /* a lone half of a pair, high or low */
				bytes[n + (big ? 0 : 1)] = kind ? 0xDC : 0xD8;
				bytes[n + (big ? 1 : 0)] = 0x10;
				n += 2;
			}
			n += to_utf16("</migration>", big, false, bytes + n);
			n -= kind == 2; /* half a unit at the end */
			CU_ASSERT_EQUAL(fake_load(rules, bytes, n, "bad.xml"), HF_EINVAL);
			CU_ASSERT_TRUE(error_says("bad.xml, line 3"));
			rules_free(rules);
		}
	}
}

/* 100 MB without a byte on the disk: refused by its size, not read. */
static void a_file_above_the_limit_is_not_read(void)
{
	char path[] = "/tmp/holdfast-rules-XXXXXX";
	int fd = mkstemp(path);
	struct rules *rules = rules_new();
	clock_t start = clock();

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(ftruncate(fd, 100000000), 0);
	close(fd);
	CU_ASSERT_EQUAL(rules_load(rules, path, "huge.xml"), HF_ELIMIT);
	CU_ASSERT_TRUE(error_says("huge.xml"));
	CU_ASSERT_TRUE(error_says("64 MiB"));
	CU_ASSERT_TRUE((double)(clock() - start) / CLOCKS_PER_SEC < 1);
	unlink(path);
	rules_free(rules);
}

static void windows_1252_is_named(void)
{
	CU_ASSERT_EQUAL(
		load_text("<migration urlid='x'>\n<component type=\x93User\x94/></migration>"),
		HF_EINVAL);
	CU_ASSERT_TRUE(error_says("line 2"));
	CU_ASSERT_EQUAL(load_text("<migration urlid='x'>\n<!-- \x93quoted\x94 --></migration>"),
			HF_EINVAL);
	CU_ASSERT_TRUE(error_says("Windows-1252"));
}

static void a_second_urlid_is_skipped(void)
{
	struct rules_machine m = fake_machine(&fake_win10);
	const char *texts[] = {ONE_RULE("same", "C:\\A\\* [*]"), ONE_RULE("SAME", "C:\\B\\* [*]"),
			       ONE_RULE("other", "C:\\C\\* [*]"), NULL};
	unsigned before = log_warning_count();
	int error;
	struct rules *rules = fake_rules(&m, texts, &error);

	CU_ASSERT_PTR_NOT_NULL_FATAL(rules);
	CU_ASSERT_EQUAL(log_warning_count(), before + 1);
	CU_ASSERT_TRUE(fake_selected(rules, "C:\\A\\f"));
	CU_ASSERT_FALSE(fake_selected(rules, "C:\\B\\f"));
	CU_ASSERT_TRUE(fake_selected(rules, "C:\\C\\f"));
	rules_free(rules);
}

static const struct {
	const char *content;
	unsigned warnings;
} unknown[] = {
	{"<rules><addObjects/><addObjects/></rules>", 0},
	{"<rules><addObjects/><processing when='x'><script>f()</script></processing></rules>", 0},
	{"<rules><externalProcess when='x'/></rules>", 0},
	{"<rules><include><objectSet><content "
	 "filter='x'><objectSet/></content></objectSet></include></rules>",
	 2},
	{"<rules><merge "
	 "script='MigXmlHelper.SourcePriority()'><objectSet/></merge><locationModify/>"
	 "<contentModify/><destinationCleanup/><includeAttributes/><excludeAttributes/></rules>",
	 4},
	{"<nonsense/><nonsense><x/></nonsense><other/>", 2},
	{"<Rules/>", 1},
	{"<pattern/>", 1},
	{"<rules><include><objectSet><pattern type='Registry'>HKCU\\x\\* [*]</pattern>"
	 "<pattern type='Registry'>HKCU\\y\\* [*]</pattern><pattern type='Ini'>x|y[z]</pattern>"
	 "<pattern type='File'>C:\\f</pattern></objectSet></include></rules>",
	 0},
	{"<rules><conditions><condition>MigXmlHelper.DoesOSMatch('NT','*')</condition>"
	 "<condition>MigXmlHelper.DoesOSMatch('NT','*')</condition>"
	 "<condition>MigXmlHelper.NoSuchHelper()</condition></conditions></rules>",
	 1},
	{"<environment><variable "
	 "name='v'><script>MigXmlHelper.GetStringContent('Registry','x')</script>"
	 "</variable></environment>",
	 0},
	{"<rules><include "
	 "filter='MigXmlHelper.IgnoreIrrelevantLinks()'><objectSet/></include></rules>",
	 0},
	{"<rules context='Computer'/>", 1},
};

static void what_is_unknown_is_said(void)
{
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		unsigned before = log_warning_count();
		struct str text = {0};

		str_addf(&text,
			 "<migration urlid='x'><component><role role='Data'>%s</role></component>",
			 unknown[i].content);
		str_addf(&text, "<component><role role='Data'>%s</role></component></migration>",
			 i == 12 ? "" : unknown[i].content);
		CU_ASSERT_EQUAL(load_text(text.data), 0);
		if (log_warning_count() - before != unknown[i].warnings)
			printf("\n    %u warnings, expected %u: %s\n", log_warning_count() - before,
			       unknown[i].warnings, unknown[i].content);
		CU_ASSERT_EQUAL(log_warning_count() - before, unknown[i].warnings);
		str_free(&text);
	}
}

static void files_from_the_field_load_or_are_refused(void)
{
	static const char folder[] = "../shared/testdata/migxml";
	struct rules_machine m = fake_machine(&fake_win10);
	DIR *d = opendir(folder);
	unsigned loaded = 0, refused = 0;

	if (!d) {
		printf("skipped: no testdata ");
		return;
	}
	for (struct dirent *e; (e = readdir(d));) {
		struct rules *rules;
		char path[600];
		unsigned errors = log_error_count();

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		rules = rules_new();
		if (!rules_load(rules, path, e->d_name)) {
			CU_ASSERT_EQUAL(rules_compile(rules, &m), 0);
			loaded++;
		} else {
			CU_ASSERT_EQUAL(log_error_count(), errors + 1);
			CU_ASSERT_TRUE(error_says(e->d_name));
			refused++;
			if (strstr(e->d_name, "Config.xml"))
				CU_ASSERT_TRUE(error_says("/config"));
		}
		rules_free(rules);
	}
	closedir(d);
	/* The Config.xml, and an Offline.xml with text after its root. */
	CU_ASSERT_EQUAL(refused, 2);
	CU_ASSERT_TRUE(loaded >= 10);
}

void suite_rules_files(void)
{
	CU_pSuite s = CU_add_suite("rules_files", NULL, NULL);

	CU_ADD_TEST(s, other_files_are_refused_with_a_reason);
	CU_ADD_TEST(s, entities_are_refused);
	CU_ADD_TEST(s, hostile_sizes_end_soon);
	CU_ADD_TEST(s, utf16_files_load);
	CU_ADD_TEST(s, bytes_of_no_encoding_are_placed);
	CU_ADD_TEST(s, a_file_above_the_limit_is_not_read);
	CU_ADD_TEST(s, windows_1252_is_named);
	CU_ADD_TEST(s, a_second_urlid_is_skipped);
	CU_ADD_TEST(s, what_is_unknown_is_said);
	CU_ADD_TEST(s, files_from_the_field_load_or_are_refused);
}
