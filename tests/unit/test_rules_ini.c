// SPDX-License-Identifier: GPL-2.0-or-later
/* rules/: settings of ini files: which files are asked, who wins (USMT specification 4.6, 4.7). */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/rules_fake.h"
#include "unit/suites.h"

#define COUNT(a)   (sizeof(a) / sizeof(*(a)))
#define INI(p)	   "<objectSet><pattern type='Ini'>" p "</pattern></objectSet>"
#define INCLUDE(p) "<include>" INI(p) "</include>"
#define EXCLUDE(p) "<exclude>" INI(p) "</exclude>"
#define VETO(p)	   "<unconditionalExclude>" INI(p) "</unconditionalExclude>"

static struct rules_machine machine;

static const struct fake_variable variables[] = {
	{-1, "WINDIR", "C:\\Windows"},
	{0, "APPDATA", "C:\\Users\\ann\\AppData"},
	{1, "APPDATA", "C:\\Users\\bob [x]\\AppData"},
	{0, NULL, NULL},
};

static const struct fake_path paths[] = {
	{"C:\\Windows\\Win.ini", 0},
	{"C:\\Windows\\system.ini", 0},
	{"C:\\Windows\\deep\\down\\win.ini", 0},
	{"C:\\Users\\ann\\AppData\\tool.ini", 0},
	{"C:\\Users\\ann\\AppData\\v1\\tool.ini", 0},
	{"C:\\Users\\ann\\AppData\\v2\\TOOL.INI", 0},
	{"C:\\Users\\ann\\AppData\\v2\\tool.txt", 0},
	{"C:\\Users\\ann\\AppData\\link\\", 0x400},
	{"C:\\Users\\ann\\AppData\\link\\tool.ini", 0},
	{"C:\\Users\\ann\\AppData\\folder.ini\\", 0},
	{"C:\\Users\\bob [x]\\AppData\\tool.ini", 0},
	{"D:\\boot.ini", 0},
	{NULL, 0},
};

static const struct fake_file contents[] = {
	{"C:\\Users\\ann\\AppData\\v1\\tool.ini", 1, 10, "2020-01-01",
	 "[Dirs]\nWork=D:\\boot.ini\n", NULL},
	{"C:\\Windows\\Win.ini", 2, 10, "2020-01-01", "[Mail]\nMAPI=1\nName=x\n", NULL},
	{NULL, 0, 0, NULL, NULL, NULL},
};

static const struct fake computer = {
	.variables = variables, .paths = paths, .drives = "CD", .users = 2, .files = contents};

static struct rules *make(const char *context, const char *content)
{
	struct str xml = {0};
	struct rules *rules;

	str_addf(&xml, "<rules>%s</rules>", content);
	rules = fake_component(&machine, context, xml.data);
	str_free(&xml);
	return rules;
}

/* clang-format off */
static const struct {
	const char *section_of_manual, *content, *file, *section, *key;
	bool expected;
} rows[] = {
	{"4.6 all settings of a section", INCLUDE("C:\\a.ini|S[*]"), "C:\\a.ini", "S", "k", true},
	{"4.6 all settings of a section", INCLUDE("C:\\a.ini|S[*]"), "C:\\A.INI", "s", "K", true},
	{"4.6 all settings of a section", INCLUDE("C:\\a.ini|S[*]"), "C:\\a.ini", "S2", "k", false},
	{"4.6 all settings of a section", INCLUDE("C:\\a.ini|S[*]"), "C:\\b.ini", "S", "k", false},
	{"4.6 one setting", INCLUDE("C:\\a.ini|S[k]"), "C:\\a.ini", "S", "k", true},
	{"4.6 one setting", INCLUDE("C:\\a.ini|S[k]"), "C:\\a.ini", "S", "k2", false},
	{"13.7 a blank before [ is tolerated", INCLUDE("C:\\a.ini|S [k]"), "C:\\a.ini", "S", "k", true},
	{"4.6 wildcards in both", INCLUDE("C:\\a.ini|Sec*[Set*]"), "C:\\a.ini", "Section", "Setting", true},
	{"4.6 wildcards in both", INCLUDE("C:\\a.ini|Sec*[Set*]"), "C:\\a.ini", "Section", "Other", false},
	{"4.6 all sections", INCLUDE("C:\\a.ini|*[*]"), "C:\\a.ini", "", "k", true},
	{"4.6 no section", INCLUDE("C:\\a.ini|[*]"), "C:\\a.ini", "", "k", true},
	{"4.6 no section", INCLUDE("C:\\a.ini|[*]"), "C:\\a.ini", "S", "k", false},
	{"4.6 a section without brackets is no setting", INCLUDE("C:\\a.ini|S"), "C:\\a.ini", "S", "k", false},
	{"4.6 wildcard in the file's name", INCLUDE("C:\\d\\*.ini|S[k]"), "C:\\d\\x.ini", "S", "k", true},
	{"4.6 wildcard in the file's name", INCLUDE("C:\\d\\*.ini|S[k]"), "C:\\d\\e\\x.ini", "S", "k", true},
	{"4.6 wildcard in the file's name", INCLUDE("C:\\d\\*.ini|S[k]"), "C:\\d\\x.ini", "T|S", "k", false},
	{"4.6 wildcard in a folder", INCLUDE("C:\\*\\x.ini|S[k]"), "C:\\d\\e\\x.ini", "S", "k", true},
	{"4.6 wildcard in a folder", INCLUDE("C:\\*\\x.ini|S[k]"), "C:\\x.ini", "S", "k", false},
	{"4.6 anywhere", INCLUDE("*\\x.ini|S[k]"), "D:\\x.ini", "S", "k", true},
	{"4.6 / in the file, not in the section", INCLUDE("C:/d//x.ini|a/b[c/d]"), "C:\\d\\x.ini", "a/b", "c/d", true},
	{"4.6 \\ in the section and the setting", INCLUDE("C:\\x.ini|a\\\\b\\[C:\\k]"), "C:\\x.ini", "a\\\\b\\", "C:\\k", true},
	{"4.6 \\ in the section", INCLUDE("C:\\x.ini|a\\*[k]"), "C:\\x.ini", "a\\b", "k", true},
	{"4.6 \\ in the section", INCLUDE("C:\\x.ini|a\\*[k]"), "C:\\x.ini", "a", "k", false},
	{"4.6 brackets in a folder", INCLUDE("C:\\d [e]\\x.ini|S[k]"), "C:\\d [e]\\x.ini", "S", "k", true},
	{"4.6 escapes", INCLUDE("C:\\x.ini|S^[1^][k^[1^]]"), "C:\\x.ini", "S[1]", "k[1]", true},
	{"4.7 a tie", INCLUDE("C:\\a.ini|S[k]") EXCLUDE("C:\\a.ini|S[k]"), "C:\\a.ini", "S", "k", false},
	{"4.7 all but one", INCLUDE("C:\\a.ini|S[*]") EXCLUDE("C:\\a.ini|S[k]"), "C:\\a.ini", "S", "k", false},
	{"4.7 all but one", INCLUDE("C:\\a.ini|S[*]") EXCLUDE("C:\\a.ini|S[k]"), "C:\\a.ini", "S", "l", true},
	{"4.7 node before leaf", INCLUDE("C:\\a.ini|S[*]") EXCLUDE("C:\\a.ini|*[k]"), "C:\\a.ini", "S", "k", true},
	{"4.7 veto", INCLUDE("C:\\a.ini|S[*]") VETO("*|*[k]"), "C:\\a.ini", "S", "k", false},
	{"a file's rules say nothing of its settings", "<include><objectSet><pattern type='File'>C:\\* [*]</pattern></objectSet></include>", "C:\\a.ini", "S", "k", false},
	{"4.8 CompareStringContent", "<include filter='MigXmlHelper.CompareStringContent(\"1\",\"Equal\")'>" INI("%WINDIR%\\win.ini|Mail[*]") "</include>", "C:\\Windows\\Win.ini", "Mail", "MAPI", true},
	{"4.8 CompareStringContent", "<include filter='MigXmlHelper.CompareStringContent(\"1\",\"Equal\")'>" INI("%WINDIR%\\win.ini|Mail[*]") "</include>", "C:\\Windows\\Win.ini", "Mail", "Name", false},
};
/* clang-format on */

static void settings_are_decided(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rules *rules = make("context='System'", rows[i].content);
		struct rules_decision d =
			fake_decide_setting(rules, rows[i].file, rows[i].section, rows[i].key);

		if (d.selected != rows[i].expected)
			printf("\n    %s: %s: %s|%s[%s]: %d\n", rows[i].section_of_manual,
			       rows[i].content, rows[i].file, rows[i].section, rows[i].key,
			       d.selected);
		CU_ASSERT_EQUAL(d.selected, rows[i].expected);
		rules_free(rules);
	}
}

static int show_path(void *ctx, const char *path)
{
	return str_addf(ctx, "%s;", path);
}

/* clang-format off */
static const struct {
	const char *context, *content, *expected;
} searches[] = {
	{"context='System'", INCLUDE("%WINDIR%\\WIN.INI|A[*]") INCLUDE("C:\\windows\\win.ini|B[*]"), "C:\\Windows\\WIN.INI;"},
	{"context='System'", INCLUDE("C:\\none.ini|A[*]"), ""},
	{"context='System'", INCLUDE("C:\\Users\\ann\\AppData\\folder.ini|A[*]"), ""},
	{"context='System'", EXCLUDE("%WINDIR%\\win.ini|A[*]"), ""},
	{"context='User'", INCLUDE("%APPDATA%\\tool.ini|A[*]"), "C:\\Users\\ann\\AppData\\tool.ini;C:\\Users\\bob [x]\\AppData\\tool.ini;"},
	{"context='User'", INCLUDE("%APPDATA%\\v*\\tool.ini|A[*]"), "C:\\Users\\ann\\AppData\\v1\\tool.ini;C:\\Users\\ann\\AppData\\v2\\TOOL.INI;"},
	{"context='User'", INCLUDE("%APPDATA%\\*.ini|A[*]"), "C:\\Users\\ann\\AppData\\tool.ini;C:\\Users\\ann\\AppData\\v1\\tool.ini;C:\\Users\\ann\\AppData\\v2\\TOOL.INI;C:\\Users\\bob [x]\\AppData\\tool.ini;"},
	{"context='System'", INCLUDE("*\\win.ini|A[*]") INCLUDE("*\\boot.ini|A[*]") INCLUDE("C:\\*\\win.ini|B[*]"), "C:\\Windows\\deep\\down\\win.ini;C:\\Windows\\Win.ini;D:\\boot.ini;"},
	{"context='System'", INCLUDE("C:\\Win*|A[*]"), "C:\\Windows\\deep\\down\\win.ini;C:\\Windows\\system.ini;C:\\Windows\\Win.ini;"},
};
/* clang-format on */

static void files_are_found_once(void)
{
	for (size_t i = 0; i < COUNT(searches); i++) {
		struct rules *rules = make(searches[i].context, searches[i].content);
		struct str out = {0};

		CU_ASSERT_EQUAL(str_adds(&out, ""), 0);
		CU_ASSERT_EQUAL(rules_ini_files(rules, show_path, &out), 0);
		if (strcmp(out.data, searches[i].expected))
			printf("\n    %s: %s\n", searches[i].content, out.data);
		CU_ASSERT_STRING_EQUAL(out.data, searches[i].expected);
		str_free(&out);
		rules_free(rules);
	}
}

static int broken_list(void *ctx, const char *path, rules_list_visit visit, void *visit_ctx)
{
	(void)ctx, (void)path, (void)visit, (void)visit_ctx;
	return HF_EIO;
}

/* Directory after directory, each with the same in it. */
static int endless_list(void *ctx, const char *path, rules_list_visit visit, void *visit_ctx)
{
	(void)ctx, (void)path;
	return visit(visit_ctx, "d", true, 0);
}

static void what_cannot_be_searched_is_an_error(void)
{
	struct rules *rules = make("context='System'", INCLUDE("C:\\*\\a.ini|A[*]"));
	unsigned before = log_error_count();
	struct str out = {0};

	machine.list = broken_list;
	CU_ASSERT_EQUAL(rules_ini_files(rules, show_path, &out), HF_EIO);
	machine.list = endless_list;
	CU_ASSERT_EQUAL(rules_ini_files(rules, show_path, &out), HF_ELIMIT);
	CU_ASSERT_EQUAL(log_error_count(), before + 2);
	machine = fake_machine(&computer);
	rules_free(rules);
}

/* 4.9, 4.11, 4.16: conditions and content see files whose name has wildcards too. */
static void searches_see_wildcards_in_names(void)
{
	struct rules *rules = fake_component(
		&machine, "context='User'",
		"<detects><detect><objectSet><pattern type='Ini'>%APPDATA%\\v*\\tool.ini|Dirs[W*]"
		"</pattern></objectSet></detect></detects><rules><include><objectSet>"
		"<content filter='MigXmlHelper.ExtractSingleFile(NULL,NULL)'>" INI(
			"%APPDATA%\\*.ini|*[Work]") "</content></objectSet></include></rules>");

	fake_check(rules, "D:\\boot.ini", true, "content of v1\\tool.ini");
	CU_ASSERT_EQUAL(rules_count(rules), 1);
	rules_free(rules);
}

static void long_names_are_told(void)
{
	struct rules *rules = make("context='System'", INCLUDE("C:\\a.ini|*[*]"));
	struct rules_dir dir = {0};
	struct rules_decision d;
	size_t n = 40000;
	char *name = malloc(n + 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(name);
	memset(name, 'x', n);
	name[n] = '\0';
	CU_ASSERT_EQUAL(rules_enter_section(rules, "C:\\a.ini", name, &dir), HF_ELIMIT);
	CU_ASSERT_EQUAL(rules_enter_section(rules, "C:\\a.ini", "s", &dir), 0);
	CU_ASSERT_EQUAL(rules_decide_setting(&dir, name, &d), HF_ELIMIT);
	CU_ASSERT_EQUAL(rules_decide_setting(&dir, "\xFF", &d), HF_EINVAL);
	name[32000] = '\0';
	CU_ASSERT_EQUAL(rules_decide_setting(&dir, name, &d), 0);
	CU_ASSERT_TRUE(d.selected);
	rules_dir_free(&dir);
	free(name);
	rules_free(rules);
}

static int suite_init(void)
{
	machine = fake_machine(&computer);
	return 0;
}

void suite_rules_ini(void)
{
	CU_pSuite s = CU_add_suite("rules_ini", suite_init, NULL);

	CU_ADD_TEST(s, settings_are_decided);
	CU_ADD_TEST(s, files_are_found_once);
	CU_ADD_TEST(s, what_cannot_be_searched_is_an_error);
	CU_ADD_TEST(s, searches_see_wildcards_in_names);
	CU_ADD_TEST(s, long_names_are_told);
}
