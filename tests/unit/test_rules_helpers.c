// SPDX-License-Identifier: GPL-2.0-or-later
/* rules/: every helper of USMT specification 4.8, 4.9, 4.11, 4.16 on a table computer. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "report/log.h"
#include "unit/rules_fake.h"
#include "unit/suites.h"

static struct rules_machine machine;

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* One condition and whether it holds in the context of ann (or of the system). */
struct condition_row {
	const char *section; /* of the specification */
	const char *context;
	const char *call;
	bool expected;
};

#define APP	  "HKLM\\Software\\App"
#define RUN1	  "C:\\Lab\\run1"
#define HELPER(c) "MigXmlHelper." c

static const struct condition_row conditions[] = {
	{"4.9 DoesOSMatch", "System", HELPER("DoesOSMatch('NT','10.*')"), true},
	{"4.9 DoesOSMatch", "System", HELPER("DoesOSMatch(\"NT\",\"10.0.19045.*\")"), true},
	{"4.9 DoesOSMatch", "System", HELPER("DoesOSMatch('nt','*')"), true},
	{"4.9 DoesOSMatch", "System", HELPER("DoesOSMatch('NT','5.1.*')"), false},
	{"4.9 DoesOSMatch", "System", HELPER("DoesOSMatch('NT','10')"), false},
	{"4.9 DoesOSMatch", "System", HELPER("DoesOSMatch('9x','*')"), false},
	{"4.9 IsNative64Bit", "System", HELPER("IsNative64Bit()"), true},
	{"4.1 names in any case", "System", "migxmlHELPER.isnative64bit ( )", true},
	{"4.9 IsOSLaterThan", "System", HELPER("IsOSLaterThan('NT','6.0')"), true},
	{"4.9 equal counts", "System", HELPER("IsOSLaterThan('NT','10.0')"), true},
	{"4.9 IsOSLaterThan", "System", HELPER("IsOSLaterThan('NT','10.0.22000')"), false},
	{"4.9 9x on NT", "System", HELPER("IsOSLaterThan('9x','4.0')"), false},
	{"4.9 IsOSEarlierThan", "System", HELPER("IsOSEarlierThan('NT','10.0.22000')"), true},
	{"4.9 IsOSEarlierThan", "System", HELPER("IsOSEarlierThan('NT','10.0')"), false},
	{"4.9 9x on NT", "System", HELPER("IsOSEarlierThan('9x','99')"), false},
	{"4.9 DoesObjectExist", "System", HELPER("DoesObjectExist('Registry','" APP "')"), true},
	{"4.9 DoesObjectExist", "System",
	 HELPER("DoesObjectExist('registry','HKEY_LOCAL_MACHINE\\software\\app [version]')"), true},
	{"4.6 default value", "System", HELPER("DoesObjectExist('Registry','" APP " []')"), true},
	{"4.6 default value", "System",
	 HELPER("DoesObjectExist('Registry','HKLM\\Software\\Empty []')"), false},
	{"4.9 empty key", "System", HELPER("DoesObjectExist('Registry','HKLM\\Software\\Empty')"),
	 true},
	{"4.9 DoesObjectExist", "System", HELPER("DoesObjectExist('Registry','" APP " [nope]')"),
	 false},
	{"4.6 wildcard in a key", "System",
	 HELPER("DoesObjectExist('Registry','" APP "\\Sub 3.*\\bin [PathToExe]')"), true},
	{"4.6 wildcard in a key", "System",
	 HELPER("DoesObjectExist('Registry','" APP "\\Sub 4.*\\bin [PathToExe]')"), false},
	{"4.6 subtree", "System", HELPER("DoesObjectExist('Registry','HKLM\\* [PathToEx*]')"),
	 true},
	{"4.6 HKCU per user", "User",
	 HELPER("DoesObjectExist('Registry','HKCU\\Software\\OnlyAnn')"), true},
	{"4.6 HKCU in the system", "System",
	 HELPER("DoesObjectExist('Registry','HKCU\\Software\\App')"), false},
	{"4.6 HKCR", "System", HELPER("DoesObjectExist('Registry','HKCR\\.txt')"), false},
	{"4.6 Ini", "User", HELPER("DoesObjectExist('Ini','%APPDATA%\\Tool\\tool.ini|Proxy[*]')"),
	 true},
	{"4.6 Ini", "User",
	 HELPER("DoesObjectExist('Ini','%APPDATA%\\Tool\\tool.ini|proxy[HOST]')"), true},
	{"4.6 Ini", "User", HELPER("DoesObjectExist('Ini','%APPDATA%\\Tool\\tool.ini|Proxy[x]')"),
	 false},
	{"4.9 DoesFileVersionMatch", "System",
	 HELPER("DoesFileVersionMatch('" RUN1 "\\data.bin','FileVersion','5.*')"), true},
	{"4.9 brackets accepted", "System",
	 HELPER("DoesFileVersionMatch('" RUN1 " [data.bin]','FileVersion','5.1*')"), true},
	{"4.9 DoesFileVersionMatch", "System",
	 HELPER("DoesFileVersionMatch('" RUN1 "\\data.bin','ProductName','fake*')"), true},
	{"4.9 DoesFileVersionMatch", "System",
	 HELPER("DoesFileVersionMatch('" RUN1 "\\data.bin','FileVersion','6.*')"), false},
	{"4.9 missing file", "System",
	 HELPER("DoesFileVersionMatch('C:\\nope.exe','FileVersion','*')"), false},
	{"4.9 IsFileVersionAbove", "System",
	 HELPER("IsFileVersionAbove('" RUN1 "\\data.bin','FileVersion','5.9')"), true},
	{"4.9 IsFileVersionAbove", "System",
	 HELPER("IsFileVersionAbove('" RUN1 "\\data.bin','FileVersion','5.10.2.1')"), false},
	{"4.9 IsFileVersionBelow", "System",
	 HELPER("IsFileVersionBelow('" RUN1 "\\data.bin','FileVersion','5.11')"), true},
	{"4.9 IsFileVersionBelow", "System",
	 HELPER("IsFileVersionBelow('" RUN1 "\\data.bin','FileVersion','5.10.2')"), false},
	{"4.9 IsSystemContext", "User", HELPER("IsSystemContext()"), false},
	{"4.9 DoesStringContentEqual", "System",
	 HELPER("DoesStringContentEqual('Registry','" APP " [Version]','5.3')"), true},
	{"4.9 DoesStringContentEqual", "System",
	 HELPER("DoesStringContentEqual('Registry','" APP " []','DEFAULT')"), true},
	{"4.9 DoesStringContentEqual", "System",
	 HELPER("DoesStringContentEqual('Registry','" APP " [Count]','11')"), true},
	{"4.9 DoesStringContentEqual", "System",
	 HELPER("DoesStringContentEqual('Registry','" APP " [Version]','5')"), false},
	{"4.9 no object", "System",
	 HELPER("DoesStringContentEqual('Registry','" APP " [nope]','')"), false},
	{"4.1 null argument", "System",
	 HELPER("DoesStringContentEqual('Registry','" APP " [Version]',NULL)"), false},
	{"4.9 per user", "User",
	 HELPER("DoesStringContentEqual('Registry','HKCU\\Software\\OnlyAnn [x]','5.3')"), true},
	{"4.9 DoesStringContentContain", "System",
	 HELPER("DoesStringContentContain('Registry','" APP " [Path]','NOTES')"), true},
	{"4.9 DoesStringContentContain", "System",
	 HELPER("DoesStringContentContain('Registry','" APP " [Path]','nope')"), false},
	{"4.9 Ini", "User",
	 HELPER("DoesStringContentEqual('Ini','%APPDATA%\\Tool\\tool.ini|Proxy[Host]','proxy1')"),
	 true},
	{"4.9 IsSameObject", "System",
	 HELPER("IsSameObject('File','" RUN1 " [data.bin]','D:\\Drawings\\house.dwg')"), true},
	{"4.9 IsSameObject", "System", HELPER("IsSameObject('File','C:\\Lab','c:\\LAB')"), true},
	{"4.9 IsSameObject", "System", HELPER("IsSameObject('File','C:\\Lab','" RUN1 "')"), false},
	{"4.9 IsSameObject", "System", HELPER("IsSameObject('File','%NOSUCH%','C:\\Lab')"), false},
	{"4.9 IsSameObject", "System",
	 HELPER("IsSameObject('Registry','" APP "','hklm\\software\\app')"), true},
	{"4.9 IsSameContent", "System",
	 HELPER("IsSameContent('File','" RUN1 "\\data.bin','File','D:\\Drawings\\house.dwg')"),
	 true},
	{"4.9 IsSameContent", "System",
	 HELPER("IsSameContent('File','" RUN1 "\\data.bin','File','" RUN1 "\\notes.odt')"), false},
	{"4.9 IsSameStringContent", "User",
	 HELPER("IsSameStringContent('Registry','" APP
		" [Version]','Registry','HKCU\\Software\\OnlyAnn [x]')"),
	 true},
	{"4.9 IsSameStringContent", "System",
	 HELPER("IsSameStringContent('Registry','" APP " [Version]','Registry','" APP " [Path]')"),
	 false},
};

static void conditions_hold_as_documented(void)
{
	for (size_t i = 0; i < COUNT(conditions); i++) {
		const struct condition_row *row = &conditions[i];

		/* What differs between users cannot be negated here: the other one would have it.
		 */
		for (int negated = 0; negated < 1 + !strcmp(row->context, "System"); negated++) {
			struct str xml = {0};
			char context[40];
			struct rules *rules;

			snprintf(context, sizeof(context), "context='%s'", row->context);
			str_addf(&xml,
				 "<detection><conditions><condition negation='%s'><![CDATA[%s]]>"
				 "</condition></conditions></detection><rules><include><objectSet>"
				 "<pattern type='File'>C:\\A\\* [*]</pattern></objectSet></include>"
				 "</rules>",
				 negated ? "Yes" : "No", row->call);
			rules = fake_component(&machine, context, xml.data);
			fake_check(rules, "C:\\A\\f", row->expected != negated, row->call);
			rules_free(rules);
			str_free(&xml);
		}
	}
}

/* Content of a role, a path, whether it is selected. */
struct content_row {
	const char *section, *context, *content, *path;
	bool expected;
};

#define INCLUDE(p) "<include><objectSet><pattern type='File'>" p "</pattern></objectSet></include>"
#define VARIABLE(v, p)                                                                             \
	"<environment><variable name='V'>" v                                                       \
	"</variable></environment><rules>" INCLUDE(p) "</rules>"
#define STRING(args) "<script>MigXmlHelper.GetStringContent(" args ")</script>"

static const struct content_row variables[] = {
	{"4.16 GetStringContent", "System",
	 VARIABLE(STRING("'Registry','" APP " [Version]'"), "C:\\%V%\\* [*]"), "C:\\5.3\\f", true},
	{"4.16 ExpandContent", "System",
	 VARIABLE(STRING("'Registry','" APP " [Path]'"), "%V%\\* [*]"), "C:\\Windows\\notes.txt\\f",
	 true},
	{"4.16 ExpandContent", "System",
	 VARIABLE(STRING("'Registry','" APP " [Path]','No'"), "C:\\%V%\\* [*]"),
	 "C:\\%WINDIR%\\notes.txt\\f", true},
	{"4.16 trimming", "System",
	 VARIABLE(STRING("'Registry','" APP " [Quoted]','0',' \"','\"\\'"), "%V%\\* [*]"),
	 "C:\\Lab\\f", true},
	{"4.16 null trimming", "System",
	 VARIABLE(STRING("'Registry','" APP " [Version]',NULL,NULL,NULL"), "C:\\%V%\\* [*]"),
	 "C:\\5.3\\f", true},
	{"4.16 always NULL for File", "System",
	 VARIABLE(STRING("'File','" RUN1 "\\data.bin'"), "C:\\%V% [*]"), "C:\\same\\f", false},
	{"4.16 Ini", "User",
	 VARIABLE(STRING("'Ini','%APPDATA%\\Tool\\tool.ini|Proxy[Host]'"), "C:\\%V%\\* [*]"),
	 "C:\\proxy1\\f", true},
	{"4.16 per user", "User",
	 VARIABLE(STRING("'Registry','HKCU\\Software\\App [Name]'"), "C:\\%V%\\* [*]"),
	 "C:\\bob\\f", true},
	{"4.5 undefined", "System",
	 VARIABLE(STRING("'Registry','" APP " [nope]'"), "C:\\A%V%\\* [*]"), "C:\\A\\f", false},
	{"4.5 objectSet", "System",
	 VARIABLE("<objectSet><pattern type='File'>C:\\L*\\run1</pattern></objectSet>",
		  "%V%\\* [*]"),
	 "C:\\Lab\\run1\\f", true},
	{"4.5 objectSet", "System",
	 VARIABLE("<objectSet><pattern type='File'>C:\\nope</pattern><pattern type='File'>" RUN1
		  " [*.bin]</pattern></objectSet>",
		  "%V%"),
	 "C:\\Lab\\run1\\data.bin", true},
	{"4.5 objectSet of nothing", "System",
	 VARIABLE("<objectSet><pattern type='File'>C:\\nope</pattern></objectSet>",
		  "C:\\A%V%\\* [*]"),
	 "C:\\A\\f", false},
	{"4.5 later uses earlier", "System",
	 "<environment><variable name='K'><text>HKLM\\Software</text></variable><variable "
	 "name='V'>" STRING("'Registry','%K%\\App [Version]'") "</variable></"
							       "environment><rules>" INCLUDE(
								       "C:\\%V%\\* [*]") "</rules>",
	 "C:\\5.3\\f", true},
};

#define CONTENT(filter, type, p)                                                                   \
	"<rules><include><objectSet><content filter='MigXmlHelper." filter "'><objectSet>"         \
	"<pattern type='" type "'>" p                                                              \
	"</pattern></objectSet></content></objectSet></include></rules>"

static const struct content_row contents[] = {
	{"4.11 separators", "System",
	 CONTENT("ExtractSingleFile(\",\",NULL)", "Registry", APP " [Icon]"), RUN1 "\\data.bin",
	 true},
	{"4.11 only that file", "System",
	 CONTENT("ExtractSingleFile(\",\",NULL)", "Registry", APP " [Icon]"), RUN1 "\\notes.odt",
	 false},
	{"4.11 no separator", "System", CONTENT("ExtractSingleFile()", "Registry", APP " [Icon]"),
	 RUN1 "\\data.bin", false},
	{"4.11 hints", "System",
	 CONTENT("ExtractSingleFile(NULL,\"C:\\nope;" RUN1 "\")", "Registry", APP " [Bare]"),
	 RUN1 "\\data.bin", true},
	{"4.11 bare name without hints", "System",
	 CONTENT("ExtractSingleFile(NULL,NULL)", "Registry", APP " [Bare]"), RUN1 "\\data.bin",
	 false},
	{"4.11 variables in content", "System",
	 CONTENT("ExtractSingleFile()", "Registry", APP " [Path]"), "C:\\Windows\\notes.txt", true},
	{"4.11 first of several", "System",
	 CONTENT("ExtractSingleFile()", "Registry", APP " [List]"), RUN1 "\\data.bin", true},
	{"4.11 first of several", "System",
	 CONTENT("ExtractSingleFile()", "Registry", APP " [List]"), RUN1 "\\notes.odt", false},
	{"4.11 ExtractMultipleFiles", "System",
	 CONTENT("ExtractMultipleFiles(NULL,NULL)", "Registry", APP " [List]"), RUN1 "\\notes.odt",
	 true},
	{"4.11 missing files are left out", "System",
	 CONTENT("ExtractMultipleFiles(NULL,NULL)", "Registry", APP " [List]"), "C:\\nope", false},
	{"4.11 ExtractDirectory", "System",
	 CONTENT("ExtractDirectory(NULL,\"1\",\"* [*]\")", "Registry",
		 APP "\\Sub 3.*\\bin [PathToExe]"),
	 RUN1 "\\x\\f", true},
	{"4.11 LevelsToTrim", "System",
	 CONTENT("ExtractDirectory(NULL,\"1\",\"* [*]\")", "Registry",
		 APP "\\Sub 3.*\\bin [PathToExe]"),
	 "C:\\Lab\\f", false},
	{"4.11 LevelsToTrim", "System",
	 CONTENT("ExtractDirectory(NULL,\"2\",\"* [*]\")", "Registry",
		 APP "\\Sub 3.*\\bin [PathToExe]"),
	 "C:\\Lab\\f", true},
	{"4.11 must exist", "System",
	 CONTENT("ExtractDirectory(NULL,NULL,\"* [*]\")", "Registry", APP " [Version]"),
	 "C:\\5.3\\f", false},
	{"4.11 Ini", "User",
	 CONTENT("ExtractSingleFile()", "Ini", "%APPDATA%\\Tool\\tool.ini|*[File]"),
	 "D:\\Drawings\\house.dwg", true},
	{"4.11 several values", "System",
	 CONTENT("ExtractSingleFile(\",\")", "Registry", "HKLM\\* [*]"), "C:\\Windows\\notes.txt",
	 true},
	{"4.11 AnsiBin", "System",
	 "<rules><include><objectSet><content "
	 "filter='MigSysHelper.ExtractSingleFileAnsiBin()'><objectSet><pattern type='Registry'>" APP
	 " [Ansi]</pattern></objectSet></content></objectSet></include></rules>",
	 "D:\\Drawings\\house.dwg", true},
	{"4.11 UnicodeBin", "System",
	 "<rules><include><objectSet><content "
	 "filter='MigSysHelper.ExtractSingleFileUnicodeBin()'><objectSet><pattern "
	 "type='Registry'>" APP
	 " [Wide]</pattern></objectSet></content></objectSet></include></rules>",
	 "D:\\Drawings\\house.dwg", true},
};

#define FILTERED(kind, filter, p)                                                                  \
	"<" kind " filter='MigXmlHelper." filter "'><objectSet><pattern type='File'>" p            \
	"</pattern></objectSet></" kind ">"
#define LAB_ONLY(filter) "<rules>" FILTERED("include", filter, "C:\\Lab\\* [*]") "</rules>"
#define LAB_BUT(filter)                                                                            \
	"<rules>" INCLUDE("C:\\Lab\\* [*]")                                                        \
		FILTERED("exclude", filter, "C:\\Lab\\* [*.*]") "</rules>"
#define DATA  RUN1 "\\data.bin"	 /* 2048 bytes, 2023-05-15 */
#define NOTES RUN1 "\\notes.odt" /* 10 bytes, 2008-05-17 */

static const struct content_row filters[] = {
	{"4.8 filesize gt", "System", LAB_ONLY("FileProperties(\"filesize\",\"gt\",\"1KB\")"), DATA,
	 true},
	{"4.8 filesize gt", "System", LAB_ONLY("FileProperties(\"filesize\",\"gt\",\"2 KB\")"),
	 DATA, false},
	{"4.8 filesize gte", "System", LAB_ONLY("fileproperties(\"FILESIZE\",\"GTE\",\"2kb\")"),
	 DATA, true},
	{"4.8 filesize lt", "System", LAB_ONLY("FileProperties(\"filesize\",\"lt\",\"11B\")"),
	 NOTES, true},
	{"4.8 filesize lte", "System", LAB_ONLY("FileProperties(\"filesize\",\"lte\",\"10\")"),
	 NOTES, true},
	{"4.8 filesize lt", "System", LAB_ONLY("FileProperties(\"filesize\",\"lt\",\"10\")"), NOTES,
	 false},
	{"4.8 filesize eq", "System", LAB_ONLY("FileProperties(\"filesize\",\"eq\",\"10B\")"),
	 NOTES, true},
	{"4.8 filesize neq", "System", LAB_ONLY("FileProperties(\"filesize\",\"neq\",\"10B\")"),
	 NOTES, false},
	{"4.8 filesize range", "System",
	 LAB_ONLY("FileProperties(\"filesize\",\"range\",\"1KB-1MB\")"), DATA, true},
	{"4.8 filesize range", "System",
	 LAB_ONLY("FileProperties(\"filesize\",\"range\",\"1KB-1MB\")"), NOTES, false},
	{"4.8 date range", "System",
	 LAB_ONLY("FileProperties(\"dateModified\",\"range\",\"2008/05/15-2008/05/17\")"), NOTES,
	 true},
	{"13 row 24: end before start", "System",
	 LAB_ONLY("FileProperties(\"dateCreated\",\"range\",\"2023/05/15-2020/05/17\")"), DATA,
	 true},
	{"4.8 date eq", "System",
	 LAB_ONLY("FileProperties(\"dateAccessed\",\"eq\",\"2023/05/15\")"), DATA, true},
	{"4.8 date lt", "System",
	 LAB_ONLY("FileProperties(\"dateModified\",\"lt\",\"2023/05/15\")"), DATA, false},
	{"4.8 date gt", "System",
	 LAB_ONLY("FileProperties(\"dateModified\",\"gt\",\"2023/05/14\")"), DATA, true},
	{"4.8 nothing known of the file", "System",
	 LAB_ONLY("FileProperties(\"filesize\",\"eq\",\"0B\")"), "C:\\Lab\\nope", true},
	{"4.8 bad operator keeps more", "System",
	 LAB_ONLY("FileProperties(\"filesize\",\"xx\",\"0B\")"), DATA, true},
	{"4.8 exclude", "System", LAB_BUT("FileProperties(\"filesize\",\"gt\",\"1KB\")"), DATA,
	 false},
	{"4.8 exclude dropped", "System", LAB_BUT("FileProperties(\"filesize\",\"gt\",\"1KB\")"),
	 NOTES, true},
	{"4.8 exclude, file not known", "System",
	 LAB_BUT("FileProperties(\"filesize\",\"gt\",\"0B\")"), "C:\\Lab\\a.b", true},
	{"4.8 CompareStringContent", "System", LAB_ONLY("CompareStringContent(\"SAME\",\"Equal\")"),
	 DATA, true},
	{"4.8 CompareStringContent", "System", LAB_ONLY("CompareStringContent(\"same\",\"Equal\")"),
	 NOTES, false},
	{"4.8 null type: different", "System", LAB_ONLY("CompareStringContent(\"same\",NULL)"),
	 NOTES, true},
	{"4.8 type left out", "System", LAB_ONLY("CompareStringContent(\"same\")"), DATA, false},
	{"4.8 SameRegContent on exclude", "System", LAB_BUT("SameRegContent()"), DATA, true},
	{"4.8 NeverRestore", "System", LAB_ONLY("NeverRestore()"), DATA, true},
	{"4.8 IgnoreIrrelevantLinks", "System", LAB_ONLY("IgnoreIrrelevantLinks()"), DATA, true},
	{"4.8 AnswerNo", "System", LAB_ONLY("AnswerNo()"), DATA, false},
	{"4.16 GenerateUserPatterns", "User",
	 "<rules><include><objectSet><script>MigXmlHelper.GenerateUserPatterns('File','%"
	 "USERPROFILE%\\* [*.x]','FALSE')</script></objectSet></include></rules>",
	 "C:\\Users\\ann\\a.x", true},
	{"4.2 extensions need no dot", "System", "<rules/>", "C:\\a.zzz", false},
};

static void check_rows(const struct content_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char context[40], what[200];
		struct rules *rules;

		snprintf(context, sizeof(context), "context='%s'", rows[i].context);
		snprintf(what, sizeof(what), "%s: %.150s", rows[i].section, rows[i].content);
		rules = fake_component(&machine, context, rows[i].content);
		fake_check(rules, rows[i].path, rows[i].expected, what);
		rules_free(rules);
	}
}

static void variables_get_values(void)
{
	check_rows(variables, COUNT(variables));
}

static void content_becomes_files(void)
{
	check_rows(contents, COUNT(contents));
}

static void filters_are_asked_per_object(void)
{
	check_rows(filters, COUNT(filters));
}

/* Missing arguments are said; what depends on them keeps more. */
static void missing_arguments_are_said(void)
{
	static const char *const calls[] = {"MigXmlHelper.DoesOSMatch('NT')",
					    "MigXmlHelper.DoesOSMatch(NULL,'*')",
					    "MigXmlHelper.DoesObjectExist('File')",
					    "MigXmlHelper.IsSameContent('File','C:\\x')"};

	for (size_t i = 0; i < COUNT(calls); i++) {
		struct str xml = {0};
		unsigned before = log_warning_count();
		struct rules *rules;

		str_addf(&xml,
			 "<detection><conditions><condition>%s</condition></conditions></detection>"
			 "<rules>" INCLUDE("C:\\A\\* [*]") "</rules>",
			 calls[i]);
		rules = fake_component(&machine, "context='System'", xml.data);
		CU_ASSERT_EQUAL(log_warning_count(), before + 1);
		fake_check(rules, "C:\\A\\f", true, calls[i]);
		rules_free(rules);
		str_free(&xml);
	}
}

static int suite_init(void)
{
	machine = fake_machine(&fake_win10_full);
	return 0;
}

void suite_rules_helpers(void)
{
	CU_pSuite s = CU_add_suite("rules_helpers", suite_init, NULL);

	CU_ADD_TEST(s, conditions_hold_as_documented);
	CU_ADD_TEST(s, variables_get_values);
	CU_ADD_TEST(s, content_becomes_files);
	CU_ADD_TEST(s, filters_are_asked_per_object);
	CU_ADD_TEST(s, missing_arguments_are_said);
}
