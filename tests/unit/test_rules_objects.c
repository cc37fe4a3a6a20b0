// SPDX-License-Identifier: GPL-2.0-or-later
/* rules/: patterns of type Registry and Ini, and who wins among them (USMT specification 4.6, 4.7).
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/rules_fake.h"
#include "unit/suites.h"

static struct rules_machine machine;

#define COUNT(a)   (sizeof(a) / sizeof(*(a)))
#define REG(p)	   "<objectSet><pattern type='Registry'>" p "</pattern></objectSet>"
#define INCLUDE(p) "<include>" REG(p) "</include>"
#define EXCLUDE(p) "<exclude>" REG(p) "</exclude>"
#define VETO(p)	   "<unconditionalExclude>" REG(p) "</unconditionalExclude>"

#define KEY_ALONE NULL

/* Rules, an object, whether it migrates. */
static const struct {
	const char *section, *context, *content;
	int user;
	const char *key, *value;
	bool expected;
} rows[] = {
	/* clang-format off */
	{"4.7 all but one value", "System", INCLUDE("HKLM\\K\\* [*]") EXCLUDE("HKLM\\K [DefaultColor]"), -1, "HKLM\\K", "other", true},
	{"4.7 all but one value", "System", INCLUDE("HKLM\\K\\* [*]") EXCLUDE("HKLM\\K [DefaultColor]"), -1, "HKLM\\K", "defaultcolor", false},
	{"4.7 all but one value", "System", INCLUDE("HKLM\\K\\* [*]") EXCLUDE("HKLM\\K [DefaultColor]"), -1, "HKLM\\K\\x", "DefaultColor", true},
	{"4.7 only one value", "System", INCLUDE("HKLM\\K [DefaultColor]") EXCLUDE("HKLM\\K\\* [*]"), -1, "HKLM\\K", "DefaultColor", true},
	{"4.7 only one value", "System", INCLUDE("HKLM\\K [DefaultColor]") EXCLUDE("HKLM\\K\\* [*]"), -1, "HKLM\\K", "other", false},
	{"4.7 a tie", "System", INCLUDE("HKLM\\K [V]") EXCLUDE("HKLM\\K [V]"), -1, "HKLM\\K", "V", false},
	{"4.7 node before leaf", "System", INCLUDE("HKLM\\K\\L\\* [*]") EXCLUDE("HKLM\\K\\* [V]"), -1, "HKLM\\K\\L", "V", true},
	{"4.7 veto", "System", INCLUDE("HKLM\\K\\* [*]") VETO("HKLM\\* [V]"), -1, "HKLM\\K\\L", "V", false},
	{"4.6 key itself", "System", INCLUDE("HKLM\\K"), -1, "HKLM\\K", KEY_ALONE, true},
	{"4.6 key itself", "System", INCLUDE("HKLM\\K"), -1, "HKLM\\K", "", false},
	{"4.6 key itself", "System", INCLUDE("HKLM\\K"), -1, "HKLM\\K\\L", KEY_ALONE, false},
	{"4.6 default value", "System", INCLUDE("HKLM\\K []"), -1, "HKLM\\K", "", true},
	{"4.6 default value", "System", INCLUDE("HKLM\\K []"), -1, "HKLM\\K", "V", false},
	{"4.6 default value", "System", INCLUDE("HKLM\\K []"), -1, "HKLM\\K", KEY_ALONE, false},
	{"4.6 all values", "System", INCLUDE("HKLM\\K [*]"), -1, "HKLM\\K", "", true},
	{"4.6 all values", "System", INCLUDE("HKLM\\K [*]"), -1, "HKLM\\K\\L", "V", false},
	{"4.6 wildcard in a key", "System", INCLUDE("HKLM\\X 3.*\\bin [P]"), -1, "HKLM\\X 3.7\\bin", "P", true},
	{"4.6 wildcard in a key", "System", INCLUDE("HKLM\\X 3.*\\bin [P]"), -1, "HKLM\\X 2.7\\bin", "P", false},
	{"4.6 a value name with a path", "System", INCLUDE("HKLM\\K [C:\\a\\b.dll]"), -1, "HKLM\\K", "C:\\a\\b.dll", true},
	{"4.6 brackets in a key", "System", INCLUDE("HKLM\\a [b]\\c [v]"), -1, "HKLM\\a [b]\\c", "v", true},
	{"4.6 escapes", "System", INCLUDE("HKLM\\K [a^[1^]]"), -1, "HKLM\\K", "a[1]", true},
	{"4.6 / is a character here", "System", INCLUDE("HKLM\\a/b [*]"), -1, "HKLM\\a/b", "v", true},
	{"4.6 long names", "System", INCLUDE("HKEY_LOCAL_MACHINE\\K\\* [*]"), -1, "HKLM\\K\\x", "v", true},
	{"4.6 HKCR", "System", INCLUDE("HKEY_CLASSES_ROOT\\.txt\\* [*]"), -1, "HKLM\\Software\\Classes\\.txt", "", true},
	{"4.6 long names", "User", INCLUDE("HKEY_CURRENT_USER\\K\\* [*]"), 0, "HKCU\\K", "v", true},
	{"4.6 HKCU of each user", "User", INCLUDE("HKCU\\K\\* [*]"), 1, "HKCU\\K", "v", true},
	{"4.6 HKCU in the system", "System", INCLUDE("HKCU\\K\\* [*]"), 0, "HKCU\\K", "v", false},
	{"4.6 HKLM by a user's component", "User", INCLUDE("HKLM\\K\\* [*]"), -1, "HKLM\\K", "v", true},
	{"4.6 values of one user", "User", "<environment><variable name='V'><script>MigXmlHelper.GetStringContent('Registry','HKCU\\Software\\App [Name]')</script></variable></environment><rules>" INCLUDE("HKCU\\%V%\\* [*]") "</rules>", 0, "HKCU\\ann", "v", true},
	{"4.6 values of one user", "User", "<environment><variable name='V'><script>MigXmlHelper.GetStringContent('Registry','HKCU\\Software\\App [Name]')</script></variable></environment><rules>" INCLUDE("HKCU\\%V%\\* [*]") "</rules>", 1, "HKCU\\ann", "v", false},
	{"4.7 vetoes of the same user", "User", INCLUDE("HKCU\\K\\* [*]") VETO("HKCU\\K [v]"), 0, "HKCU\\K", "v", false},
	{"files are no keys", "System", "<include><objectSet><pattern type='File'>* [*]</pattern></objectSet></include>", -1, "HKLM\\K", "v", false},
	{"4.8 CompareStringContent", "System", "<include filter='MigXmlHelper.CompareStringContent(\"5.3\",\"Equal\")'>" REG("HKLM\\Software\\App [*]") "</include>", -1, "HKLM\\Software\\App", "Version", true},
	{"4.8 CompareStringContent", "System", "<include filter='MigXmlHelper.CompareStringContent(\"5.3\",\"Equal\")'>" REG("HKLM\\Software\\App [*]") "</include>", -1, "HKLM\\Software\\App", "Path", false},
	{"4.8 CompareStringContent", "System", INCLUDE("HKLM\\Software\\App\\* [*]") "<exclude filter='MigXmlHelper.CompareStringContent(\"5.3\",\"Equal\")'>" REG("HKLM\\Software\\App [*]") "</exclude>", -1, "HKLM\\Software\\App", "Version", false},
	{"4.8 falls back to the next rule", "System", INCLUDE("HKLM\\Software\\App\\* [*]") "<exclude filter='MigXmlHelper.CompareStringContent(\"5.3\",\"Equal\")'>" REG("HKLM\\Software\\App [*]") "</exclude>", -1, "HKLM\\Software\\App", "Path", true},
	/* clang-format on */
};

static void registry_objects_are_decided(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str xml = {0};
		char context[40];
		struct rules *rules;
		struct rules_decision d;

		snprintf(context, sizeof(context), "context='%s'", rows[i].context);
		str_addf(&xml, strstr(rows[i].content, "<rules>") ? "%s" : "<rules>%s</rules>",
			 rows[i].content);
		rules = fake_component(&machine, context, xml.data);
		d = fake_decide_key(rules, rows[i].user, rows[i].key, rows[i].value);
		if (d.selected != rows[i].expected)
			printf("\n    %s: %s: %s [%s]: %d\n", rows[i].section, rows[i].content,
			       rows[i].key, rows[i].value ? rows[i].value : "(key)", d.selected);
		CU_ASSERT_EQUAL(d.selected, rows[i].expected);
		rules_free(rules);
		str_free(&xml);
	}
}

static void hkcu_needs_a_user(void)
{
	struct rules_dir dir = {0};
	unsigned before = log_warning_count();
	struct rules *rules = fake_component(&machine, "context='System'",
					     "<rules>" INCLUDE("HKCU\\K\\* [*]") "</rules>");

	CU_ASSERT_EQUAL(log_warning_count(), before + 1);
	CU_ASSERT_EQUAL(rules_count(rules), 0);
	CU_ASSERT_EQUAL(rules_enter_key(rules, -1, "HKCU\\K", &dir), HF_EINVAL);
	rules_dir_free(&dir);
	rules_free(rules);
	/* By design no fault in a component of both contexts. */
	before = log_warning_count();
	rules = fake_component(&machine, "", "<rules>" INCLUDE("HKCU\\K\\* [*]") "</rules>");
	CU_ASSERT_EQUAL(log_warning_count(), before);
	CU_ASSERT_EQUAL(rules_count(rules), 2);
	rules_free(rules);
}

/* What is under HKCU of one user is no reason to walk another's. */
static void keys_are_pruned(void)
{
	struct rules *rules = fake_component(&machine, "context='User'",
					     "<rules>" INCLUDE("HKCU\\Software\\A\\* [*]")
						     INCLUDE("HKLM\\S\\T [v]") "</rules>");
	static const struct {
		int user;
		const char *key;
		bool descend;
	} keys[] = {{0, "HKCU", true},		 {0, "HKCU\\Software", true},
		    {0, "HKCU\\Network", false}, {0, "HKCU\\Software\\A\\x", true},
		    {-1, "HKLM", true},		 {-1, "HKLM\\S", true},
		    {-1, "HKLM\\S\\T", false},	 {-1, "HKLM\\Software", false}};

	for (size_t i = 0; i < COUNT(keys); i++) {
		struct rules_dir dir = {0};

		CU_ASSERT_EQUAL(rules_enter_key(rules, keys[i].user, keys[i].key, &dir), 0);
		if (dir.may_descend != keys[i].descend)
			printf("\n    %s\n", keys[i].key);
		CU_ASSERT_EQUAL(dir.may_descend, keys[i].descend);
		rules_dir_free(&dir);
	}
	rules_free(rules);
}

static void bad_keys_are_dropped(void)
{
	static const char *const bad[] = {"C:\\K [v]", "Software\\K [v]", "HKLMX\\K", "",
					  "HKLM\\K [v"};

	for (size_t i = 0; i < COUNT(bad); i++) {
		unsigned before = log_warning_count();
		struct str xml = {0};
		struct rules *rules;

		str_addf(&xml, "<rules><include>" REG("%s") "</include></rules>", bad[i]);
		rules = fake_component(&machine, "context='System'", xml.data);
		CU_ASSERT_EQUAL(rules_count(rules), 0);
		CU_ASSERT_EQUAL(log_warning_count(), before + 1);
		rules_free(rules);
		str_free(&xml);
	}
}

static void ini_patterns_are_kept(void)
{
	struct rules *rules = fake_component(
		&machine, "context='User'",
		"<rules><include><objectSet><pattern type='Ini'>%APPDATA%\\Tool\\tool.ini|Proxy[*]"
		"</pattern></objectSet></include></rules>");

	CU_ASSERT_EQUAL(rules_count(rules), 2);
	CU_ASSERT_EQUAL(rules_rule(rules, 0)->type, RULES_INI);
	CU_ASSERT_STRING_EQUAL(rules_rule(rules, 0)->pattern,
			       "C:\\Users\\ann\\AppData\\Roaming\\Tool\\tool.ini|Proxy [*]");
	fake_check(rules, "C:\\Users\\ann\\AppData\\Roaming\\Tool\\tool.ini", false,
		   "an ini pattern");
	rules_free(rules);
}

static int suite_init(void)
{
	machine = fake_machine(&fake_win10_full);
	return 0;
}

void suite_rules_objects(void)
{
	CU_pSuite s = CU_add_suite("rules_objects", suite_init, NULL);

	CU_ADD_TEST(s, registry_objects_are_decided);
	CU_ADD_TEST(s, hkcu_needs_a_user);
	CU_ADD_TEST(s, keys_are_pruned);
	CU_ADD_TEST(s, bad_keys_are_dropped);
	CU_ADD_TEST(s, ini_patterns_are_kept);
}
