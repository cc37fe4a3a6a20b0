// SPDX-License-Identifier: GPL-2.0-or-later
/* The document finder and installed programs: uninstall keys, Program Files, limits. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/error.h"
#include "report/log.h"
#include "unit/rules_fake.h"
#include "unit/suites.h"

#define UNINSTALL "Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\"
#define WOW	  "HKLM\\Software\\Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\"
#define CLASS	  "HKLM\\Software\\Classes\\"

#define FINDER(scan, drive)                                                                        \
	"<rules><include><objectSet><script>MigXmlHelper.GenerateDocPatterns('" scan               \
	"','TRUE','" drive "')</script></objectSet></include><exclude><objectSet>"                 \
	"<script>MigXmlHelper.GenerateDocPatterns('" scan "','FALSE','" drive                      \
	"')</script></objectSet></exclude></rules>"

static const struct fake_path paths[] = {
	{"C:\\a.exe", 0},
	{"C:\\App\\app.exe", 0},
	{"C:\\Old App\\x", 0},
	{"C:\\Suite\\One\\one.exe", 0},
	{"C:\\Suite\\letters\\x.doc", 0},
	{"C:\\Tools\\x", 0},
	{"C:\\Bare\\x", 0},
	{"C:\\Bad\\x", 0},
	{"C:\\NoReg\\x", 0},
	{"C:\\Setups\\x", 0},
	{"C:\\Users\\ann\\a.exe", 0},
	{"C:\\Users\\ann\\Portable\\x", 0},
	{"C:\\Users\\ann\\Loose\\x", 0},
	{"C:\\Users\\ann\\Downloads\\x", 0},
	{"C:\\Users\\bob\\Portable\\x", 0},
	{"C:\\Users\\Public\\Documents\\x", 0},
	{"C:\\Program Files\\x", 0},
	{"C:\\Program Files (x86)\\x", 0},
	{"D:\\Tool\\x", 0},
	{"D:\\Wow\\x", 0},
	{"D:\\Wow2\\x", 0},
	{"C:\\Users\\ann\\Downloads2\\x", 0},
	{"D:\\bob [home]\\x", 0},
	{NULL, 0},
};

/* clang-format off */
static const struct fake_value installed[] = {
	{-1, "HKLM\\" UNINSTALL "{1}", "InstallLocation", 1, "\"C:\\App\\\""},
	{-1, "HKLM\\" UNINSTALL "{1}", "UninstallString", 1, "C:\\Setups\\setup.exe /x"},
	{-1, "HKLM\\" UNINSTALL "{2}", "InstallLocation", 1, ""},
	{-1, "HKLM\\" UNINSTALL "{2}", "DisplayIcon", 1, "D:\\Tool\\tool.exe,0"},
	{-1, "HKLM\\" UNINSTALL "{3}", "UninstallString", 1, "\"c:/old app/unins000.exe\" /SILENT"},
	{-1, "HKLM\\" UNINSTALL "{4}", "InstallLocation", 2, "%SYSTEMDRIVE%\\Suite\\One"},
	{-1, "HKLM\\" UNINSTALL "{5}", "UninstallString", 1, "C:\\Bare\\un.exe -u C:\\NoReg\\a.exe"},
	{-1, WOW "Wow", "InstallLocation", 1, "D:\\Wow"},
	{-1, WOW "Wow2", "InstallLocation", 1, "D:\\Wow2"},
	{-1, WOW "Wow3", "InstallLocation", 1, "D:\\Wow\\inner"},
	{0, "HKCU\\" UNINSTALL "Own", "InstallLocation", 1, "C:\\Users\\ann\\Portable"},
	{0, "HKCU\\" UNINSTALL "Own2", "InstallLocation", 1, "C:\\Users\\ann\\Downloads2"},
	{1, "HKCU\\" UNINSTALL "Own", "InstallLocation", 1, "C:\\Tools"},
	{0, NULL, NULL, 0, NULL},
};

/* What installers write and what must take nothing from anybody. */
static const struct fake_value misleading[] = {
	{-1, "HKLM\\" UNINSTALL "01", "InstallLocation", 1, "C:\\"},
	{-1, "HKLM\\" UNINSTALL "02", "InstallLocation", 1, "C:"},
	{-1, "HKLM\\" UNINSTALL "03", "InstallLocation", 1, "C:\\Users"},
	{-1, "HKLM\\" UNINSTALL "04", "InstallLocation", 1, "C:\\Users\\ann"},
	{-1, "HKLM\\" UNINSTALL "05", "InstallLocation", 1, "C:\\Users\\ann\\Downloads"},
	{-1, "HKLM\\" UNINSTALL "06", "InstallLocation", 1, "C:\\Users\\ann\\Downloads\\Tool"},
	{-1, "HKLM\\" UNINSTALL "07", "InstallLocation", 1, "C:\\Users\\Public\\Documents\\App"},
	{-1, "HKLM\\" UNINSTALL "08", "InstallLocation", 1, "C:\\Bad\\..\\NoReg"},
	{-1, "HKLM\\" UNINSTALL "09", "InstallLocation", 1, "\\\\server\\share\\app"},
	{-1, "HKLM\\" UNINSTALL "10", "InstallLocation", 1, "C:\\B*"},
	{-1, "HKLM\\" UNINSTALL "11", "InstallLocation", 1, "NoReg"},
	{-1, "HKLM\\" UNINSTALL "12", "UninstallString", 1, "MsiExec.exe /X{C:\\NoReg\\a.exe}"},
	{-1, "HKLM\\" UNINSTALL "13", "DisplayIcon", 1, "C:\\icon.ico"},
	{-1, "HKLM\\" UNINSTALL "14", "InstallLocation", 3, "00D8FF"},
	{-1, "HKLM\\" UNINSTALL "15", "InstallLocation", 1, "%NOSUCH%\\NoReg"},
	{-1, "HKLM\\" UNINSTALL "16", "InstallLocation", 1, "C:\\NoReg2"},
	{-1, "HKLM\\" UNINSTALL "17", "InstallLocation", 1, "D:\\bob [home]"},
	{0, "HKCU\\" UNINSTALL "18", "InstallLocation", 1, "C:\\Users\\bob\\Portable"},
	{0, NULL, NULL, 0, NULL},
};

#define OFFICE "C:\\Program Files\\Office"
static const struct fake_value documents[] = {
	{-1, "HKLM\\" UNINSTALL "Office", "InstallLocation", 1, OFFICE},
	{-1, "HKLM\\" UNINSTALL "Other", "InstallLocation", 1, OFFICE "\\Other"},
	{-1, CLASS ".doc", "", 1, "Word.Doc"},
	{-1, CLASS "Word.Doc\\shell\\open\\command", "", 1, "\"" OFFICE "\\root\\w.exe\" \"%1\""},
	{-1, CLASS ".oth", "", 1, "Other.1"},
	{-1, CLASS "Other.1\\shell\\open\\command", "", 2, "%PROGRAMFILES%\\Office\\Other\\o.exe %1"},
	{-1, CLASS ".cad", "", 1, "Cad"},
	{-1, CLASS "Cad\\shell\\open\\command", "", 1, "C:\\Program Files (x86)\\Cad\\bin\\cad.exe"},
	{-1, CLASS ".exe", "", 1, "exefile"},
	{-1, CLASS "exefile\\shell\\open\\command", "", 1, OFFICE "\\root\\w.exe %1"},
	{-1, CLASS ".top", "", 1, "Top"},
	{-1, CLASS "Top\\shell\\open\\command", "", 1, "\"C:\\Program Files\\top.exe\""},
	{-1, CLASS ".win", "", 1, "Win"},
	{-1, CLASS "Win\\shell\\open\\command", "", 1, "C:\\Windows\\notepad.exe %1"},
	{-1, CLASS ".nil", NULL, 0, ""},
	{0, NULL, NULL, 0, NULL},
};
/* clang-format on */

/* Folders that also have an 8.3 name: the same object under both. */
static const struct fake_file short_names[] = {
	{"C:\\OLDAPP~1", 50, 0, "2020-01-01", NULL, NULL},
	{"C:\\Old App", 50, 0, "2020-01-01", NULL, NULL},
	{"C:\\SUITE~1", 51, 0, "2020-01-01", NULL, NULL},
	{"C:\\Suite", 51, 0, "2020-01-01", NULL, NULL},
	{"C:\\Tools", 52, 0, "2020-01-01", NULL, NULL},
	{NULL, 0, 0, NULL, NULL, NULL},
};

static const struct fake_value installed_short[] = {
	{-1, "HKLM\\" UNINSTALL "1", "InstallLocation", 1, "C:\\OLDAPP~1\\"},
	{-1, "HKLM\\" UNINSTALL "2", "DisplayIcon", 1, "C:\\SUITE~1\\One\\ONE~1.EXE,0"},
	{-1, "HKLM\\" UNINSTALL "3", "InstallLocation", 1, "C:\\NOREG~1"},
	{0, NULL, NULL, 0, NULL},
};

static struct fake with_registry(const struct fake_value *registry)
{
	struct fake fake = fake_win10;

	fake.paths = paths;
	fake.registry = registry;
	return fake;
}

struct row {
	const char *path;
	bool taken;
};

static void check_rows(const struct fake *fake, const char *finder, const struct row *rows,
		       size_t count)
{
	struct rules_machine m = fake_machine(fake);
	unsigned warnings = log_warning_count();
	struct rules *rules = fake_component(&m, "context='UserAndSystem'", finder);

	CU_ASSERT_EQUAL(log_warning_count(), warnings);
	for (size_t i = 0; i < count; i++)
		fake_check(rules, rows[i].path, rows[i].taken, "finder");
	rules_free(rules);
}
#define CHECK(fake, finder, rows) check_rows(fake, finder, rows, sizeof(rows) / sizeof(*(rows)))

static void program_files_in_program_folders_stay(void)
{
	static const struct row rows[] = {
		{"C:\\App\\app.exe", false},
		{"C:\\App\\bin\\deep\\LIB.DLL", false},
		{"C:\\App\\driver.sys", false},
		{"C:\\Old App\\a.exe", false},
		{"C:\\Suite\\One\\one.exe", false},
		{"C:\\Bare\\a.ocx", false},
		{"C:\\Tools\\a.exe", false},
		{"D:\\Tool\\a.exe", false},
		{"D:\\Wow\\a.exe", false},
		{"C:\\Users\\ann\\Portable\\a.exe", false},
		{"D:\\Wow2\\a.exe", false},
		{"D:\\Wow\\inner\\a.exe", false},
		{"C:\\Users\\ann\\Downloads2\\a.exe", false},
	};
	struct fake fake = with_registry(installed);

	CHECK(&fake, FINDER("FALSE", "FALSE"), rows);
}

static void documents_in_program_folders_migrate(void)
{
	static const struct row rows[] = {
		{"C:\\App\\letter.docx", true},
		{"C:\\App\\clients.fdb", true},
		{"C:\\App\\data\\2024\\noext", true},
		{"C:\\App\\mine.msi", true},
		{"C:\\Suite\\letters\\x.doc", true},
		{"C:\\Suite\\two.exe", true},
		{"C:\\Suite\\One1\\one.exe", true},
		{"D:\\Tool\\run.log", true},
		{"C:\\Users\\ann\\Portable\\notes.txt", true},
		/* Nothing names these. */
		{"C:\\NoReg\\a.exe", true},
		{"C:\\Setups\\setup.exe", true},
		{"C:\\Users\\ann\\Loose\\a.exe", true},
		{"C:\\Users\\ann\\a.exe", true},
		{"C:\\a.exe", true},
	};
	struct fake fake = with_registry(installed);

	CHECK(&fake, FINDER("FALSE", "FALSE"), rows);
}

static void misleading_entries_take_nothing_away(void)
{
	static const struct row rows[] = {
		{"C:\\NoReg\\a.exe", true},
		{"C:\\Bad\\a.exe", true},
		{"C:\\Bare\\a.exe", true},
		{"C:\\a.exe", true},
		{"C:\\Users\\ann\\a.exe", true},
		{"C:\\Users\\ann\\Loose\\a.exe", true},
		{"C:\\Users\\ann\\Downloads\\a.exe", true},
		{"C:\\Users\\ann\\Downloads\\Tool\\a.exe", true},
		{"C:\\Users\\Public\\Documents\\App\\a.exe", true},
		{"C:\\Users\\bob\\Portable\\a.exe", true},
		{"D:\\bob [home]\\a.exe", true},
	};
	struct fake fake = with_registry(misleading);

	CHECK(&fake, FINDER("FALSE", "FALSE"), rows);
}

/* Shared folders may lie on another drive: what is in them is never a program's. */
static void shared_folders_are_taken_whole(void)
{
	static const struct fake_variable variables[] = {
		{-1, "SYSTEMDRIVE", "C:"},
		{-1, "PROFILESFOLDER", "C:\\Users"},
		{-1, "CSIDL_COMMON_DOCUMENTS", "D:\\Shared\\Docs"},
		{0, NULL, NULL},
	};
	static const struct fake_value registry[] = {
		{-1, "HKLM\\" UNINSTALL "1", "InstallLocation", 1, "D:\\Shared\\Docs\\App"},
		{-1, "HKLM\\" UNINSTALL "2", "InstallLocation", 1, "D:\\Shared"},
		{-1, "HKLM\\" UNINSTALL "3", "InstallLocation", 1, "D:\\Shared\\Docs2"},
		{0, NULL, NULL, 0, NULL},
	};
	static const struct fake_path tree[] = {{"D:\\Shared\\Docs\\App\\a.exe", 0}, {NULL, 0}};
	static const struct row rows[] = {
		{"D:\\Shared\\a.exe", true},
		{"D:\\Shared\\Docs\\a.exe", true},
		{"D:\\Shared\\Docs\\App\\a.exe", true},
		{"D:\\Shared\\Docs2\\a.exe", false},
	};
	struct fake fake = with_registry(registry);

	fake.variables = variables;
	fake.paths = tree;
	fake.users = 0;
	CHECK(&fake, FINDER("FALSE", "FALSE"), rows);
}

static void without_a_registry_all_is_taken(void)
{
	static const struct row rows[] = {{"C:\\App\\app.exe", true},
					  {"C:\\Users\\ann\\Portable\\a.exe", true},
					  {OFFICE "\\a.doc", false}};
	struct fake fake = with_registry(NULL);

	CHECK(&fake, FINDER("TRUE", "FALSE"), rows);
}

static void documents_in_program_files_are_found(void)
{
	static const struct row rows[] = {
		{OFFICE "\\a.doc", true},
		{OFFICE "\\deep\\a.DOC", true},
		{OFFICE "\\root\\a.doc", true},
		{OFFICE "\\a.docx", false},
		{OFFICE "\\w.exe", false},
		{OFFICE "\\a.oth", false},
		{OFFICE "\\Other\\a.doc", false},
		{OFFICE "\\Other\\sub\\a.oth", true},
		{"C:\\Program Files (x86)\\Cad\\bin\\x.cad", true},
		{"C:\\Program Files (x86)\\Cad\\x.cad", false},
		{"C:\\Program Files\\x.top", false},
		{"C:\\Program Files\\Any\\x.win", false},
		{"C:\\Windows\\x.win", false},
	};
	static const struct row without[] = {{OFFICE "\\a.doc", false},
					     {OFFICE "\\Other\\a.oth", false}};
	struct fake fake = with_registry(documents), other_drive;

	CHECK(&fake, FINDER("TRUE", "FALSE"), rows);
	CHECK(&fake, FINDER("TRUE", "TRUE"), rows);
	CHECK(&fake, FINDER("FALSE", "FALSE"), without);
	other_drive = fake;
	other_drive.drives = "D";
	CHECK(&other_drive, FINDER("TRUE", "FALSE"), without);
}

/* A registry without end: as many keys below any key as are asked for. */
static unsigned asked;

static int endless_list(void *ctx, int user, const char *key, rules_reg_visit subkey,
			rules_reg_visit value, void *visit_ctx)
{
	(void)ctx, (void)user, (void)value;
	for (unsigned i = 0; i < 1000000; i++) {
		char name[20];
		int result;

		snprintf(name, sizeof(name), "%s%06u", strstr(key, "Classes") ? "." : "K", i);
		result = subkey(visit_ctx, name);
		if (result)
			return result;
	}
	return 0;
}

static int endless_value(void *ctx, int user, const char *key, const char *name, uint32_t *type,
			 void **data, size_t *len)
{
	char text[100];
	uint8_t *out;

	(void)ctx, (void)user, (void)name;
	asked++;
	snprintf(text, sizeof(text), "C:\\P%.50s", strrchr(key, '\\') + 1);
	*len = strlen(text) * 2;
	out = calloc(1, *len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	for (size_t i = 0; i < strlen(text); i++)
		out[2 * i] = (uint8_t)text[i];
	*type = 1;
	*data = out;
	return 0;
}

static void an_endless_registry_is_bounded(void)
{
	struct rules_machine m = fake_machine(&fake_win10);
	unsigned warnings = log_warning_count();
	clock_t start = clock();
	struct rules *rules;

	m.reg_list = endless_list;
	m.reg_value = endless_value;
	asked = 0;
	rules = fake_component(&m, "context='System'", FINDER("TRUE", "FALSE"));
	/* Include and exclude each: one value of 4,096 keys, two values of 20,000 classes twice. */
	CU_ASSERT_TRUE(asked <= 2 * (4096 + 2 * 2 * 20000));
	CU_ASSERT_TRUE(log_warning_count() > warnings);
	CU_ASSERT_TRUE(log_warning_count() <= warnings + 6);
	CU_ASSERT_TRUE((double)(clock() - start) / CLOCKS_PER_SEC < 10);
	fake_check(rules, "C:\\PK000001\\a.exe", false, "within the limit");
	rules_free(rules);
}

/* 8.2: installers write 8.3 names, volumes are walked by long ones. */
static void programs_named_by_8_3_names_are_known(void)
{
	static const struct row rows[] = {
		{"C:\\Old App\\x.exe", false},	  {"C:\\Old App\\x.doc", true},
		{"C:\\Suite\\One\\x.exe", false}, {"C:\\Suite\\letters\\x.exe", true},
		{"C:\\NoReg\\x.exe", true},	  {"C:\\Tools\\x.exe", true},
	};
	struct fake fake = with_registry(installed_short);
	struct rules_machine m;
	struct rules *rules;

	fake.files = short_names;
	m = fake_machine(&fake);
	rules = fake_component(&m, "context='System'", FINDER("FALSE", "FALSE"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		fake_check(rules, rows[i].path, rows[i].taken, "8.3 names");
	rules_free(rules);
}

void suite_rules_programs(void)
{
	CU_pSuite s = CU_add_suite("rules_programs", NULL, NULL);

	CU_ADD_TEST(s, program_files_in_program_folders_stay);
	CU_ADD_TEST(s, documents_in_program_folders_migrate);
	CU_ADD_TEST(s, programs_named_by_8_3_names_are_known);
	CU_ADD_TEST(s, misleading_entries_take_nothing_away);
	CU_ADD_TEST(s, shared_folders_are_taken_whole);
	CU_ADD_TEST(s, without_a_registry_all_is_taken);
	CU_ADD_TEST(s, documents_in_program_files_are_found);
	CU_ADD_TEST(s, an_endless_registry_is_bounded);
}
