// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rules/: HKCU of a user and HKU\SID are one place (USMT specification 4.6, 4.16); the index agrees
 * with the plain way (4.7) on random rules for keys and ini settings.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "unit/rules_fake.h"
#include "unit/suites.h"

#define COUNT(a)   (sizeof(a) / sizeof(*(a)))
#define REG(p)	   "<objectSet><pattern type='Registry'>" p "</pattern></objectSet>"
#define INCLUDE(p) "<include>" REG(p) "</include>"
#define EXCLUDE(p) "<exclude>" REG(p) "</exclude>"
#define VETO(p)	   "<unconditionalExclude>" REG(p) "</unconditionalExclude>"
#define USERS(p, flag)                                                                             \
	"<objectSet><script>MigXmlHelper.GenerateUserPatterns('Registry','" p "','" flag           \
	"')</script></objectSet>"

static const struct fake_variable variables[] = {
	{0, "USERSID", "S-1-5-21-7-1001"},
	{1, "USERSID", "S-1-5-21-7-1002"},
	{0, NULL, NULL},
};
static const struct fake_path no_paths[] = {{NULL, 0}};
static const struct fake_value values[] = {
	{0, "HKCU\\Software\\App", "Name", 1, "ann"},
	{-1, "HKU\\S-1-5-21-7-1002\\Software\\App", "Name", 1, "bob"},
	{0, NULL, NULL, 0, NULL},
};
static const struct fake computer = {
	.variables = variables, .paths = no_paths, .drives = "C", .users = 2, .registry = values};
static struct rules_machine machine;

/* clang-format off */
static const struct {
	const char *section, *context, *content;
	int user;
	const char *key, *value;
	bool expected;
} rows[] = {
	{"4.16 all users by the system", "System", "<include>" USERS("HKCU\\K\\* [*]", "TRUE") "</include>", 0, "HKCU\\K\\x", "v", true},
	{"4.16 all users by the system", "System", "<include>" USERS("HKCU\\K\\* [*]", "TRUE") "</include>", 1, "HKCU\\K", "v", true},
	{"4.16 all users by the system", "System", "<include>" USERS("HKCU\\K\\* [*]", "TRUE") "</include>", 1, "HKCU\\L", "v", false},
	{"4.16 the others", "User", "<include>" USERS("HKCU\\K [*]", "FALSE") "</include>", 0, "HKCU\\K", "v", true},
	{"4.6 a SID", "System", INCLUDE("HKU\\S-1-5-21-7-1001\\K [v]"), 0, "HKCU\\K", "v", true},
	{"4.6 a SID", "System", INCLUDE("HKU\\S-1-5-21-7-1001\\K [v]"), 1, "HKCU\\K", "v", false},
	{"4.6 a SID", "System", INCLUDE("HKEY_USERS\\S-1-5-21-7-1001\\K [v]"), 0, "HKCU\\K", "V", true},
	{"4.6 a SID with wildcards", "System", INCLUDE("HKU\\S-1-5-21-*\\K\\* [v]"), 1, "HKCU\\K\\l", "v", true},
	{"4.6 classes of a SID", "System", INCLUDE("HKU\\S-1-5-21-7-1002_Classes\\.txt [*]"), 1, "HKCU\\Software\\Classes\\.txt", "", true},
	{"4.6 classes of a SID", "System", INCLUDE("HKU\\S-1-5-21-7-1002_Classes\\.txt [*]"), 1, "HKCU\\Software\\ClassesX\\.txt", "", false},
	{"4.6 the default user", "System", INCLUDE("HKU\\.DEFAULT\\K [*]"), -1, "HKU\\.DEFAULT\\K", "v", true},
	{"4.6 the default user is nobody", "System", INCLUDE("HKU\\.DEFAULT\\K [*]"), 0, "HKCU\\K", "v", false},
	{"4.7 excludes of the system", "System", INCLUDE("HKU\\*\\K\\* [*]") EXCLUDE("HKU\\S-1-5-21-7-1001\\K [v]"), 0, "HKCU\\K", "v", false},
	{"4.7 excludes of the system", "System", INCLUDE("HKU\\*\\K\\* [*]") EXCLUDE("HKU\\S-1-5-21-7-1001\\K [v]"), 1, "HKCU\\K", "v", true},
	{"4.8 filters read the user's value", "System", "<include filter='MigXmlHelper.CompareStringContent(\"ann\",\"Equal\")'>" REG("HKU\\S-1-5-21-7-1001\\Software\\App [Name]") "</include>", 0, "HKCU\\Software\\App", "Name", true},
};
/* clang-format on */

static void hkcu_is_hku_with_a_sid(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str xml = {0};
		char context[40];
		struct rules *rules;
		struct rules_decision d;

		snprintf(context, sizeof(context), "context='%s'", rows[i].context);
		str_addf(&xml, "<rules>%s</rules>", rows[i].content);
		rules = fake_component(&machine, context, xml.data);
		d = fake_decide_key(rules, rows[i].user, rows[i].key, rows[i].value);
		if (d.selected != rows[i].expected)
			printf("\n    %s: %s: %s: %d\n", rows[i].section, rows[i].content,
			       rows[i].key, d.selected);
		CU_ASSERT_EQUAL(d.selected, rows[i].expected);
		rules_free(rules);
		str_free(&xml);
	}
}

static void subtrees_of_users_are_entered(void)
{
	struct rules *rules =
		fake_component(&machine, "context='System'",
			       "<rules>" INCLUDE("HKU\\S-1-5-21-7-1001\\A\\B [*]") "</rules>");
	static const struct {
		int user;
		const char *key;
		bool descend;
	} keys[] = {
		{0, "HKCU", true}, {0, "HKCU\\A", true}, {0, "HKCU\\B", false}, {1, "HKCU", false}};

	for (size_t i = 0; i < COUNT(keys); i++) {
		struct rules_dir dir = {0};

		CU_ASSERT_EQUAL(rules_enter_key(rules, keys[i].user, keys[i].key, &dir), 0);
		CU_ASSERT_EQUAL(dir.may_descend, keys[i].descend);
		rules_dir_free(&dir);
	}
	rules_free(rules);
}

/* 4.5, 4.9: what is asked of another user's hive is asked under its SID. */
static void conditions_walk_other_hives(void)
{
	struct rules *rules = fake_component(
		&machine, "context='System'",
		"<detects><detect>" USERS("HKCU\\Software\\* [Na*]",
					  "TRUE") "</detect></detects><rules>"
						  "<include><objectSet><pattern "
						  "type='File'>C:\\A\\* [*]</pattern></objectSet>"
						  "</include></rules>");

	fake_check(rules, "C:\\A\\x", true, "HKU\\SID is walked");
	rules_free(rules);
}

/* Restore rules of the system reach a user's keys as well. */
static void restore_rules_know_both_names(void)
{
	struct rules *rules =
		fake_component(&machine, "context='System'",
			       "<rules><merge script='MigXmlHelper.SourcePriority()'>" USERS(
				       "HKCU\\K\\* [*]", "TRUE") "</merge></rules>");
	struct rules_object object = {RULES_REGISTRY, 1, "HKCU\\K\\x", "v"};
	uint32_t rule;

	CU_ASSERT_EQUAL(rules_best_apply_rule(rules, RULES_MERGE, &object, &rule), 0);
	CU_ASSERT_NOT_EQUAL(rule, RULES_NONE);
	object.node = "HKCU\\L";
	CU_ASSERT_EQUAL(rules_best_apply_rule(rules, RULES_MERGE, &object, &rule), 0);
	CU_ASSERT_EQUAL(rule, RULES_NONE);
	rules_free(rules);
}

static const char *const leaves[] = {" [*]", "", " [*.x]", " [a.x]", " [a*]", " []", " [*x*]"};
static const char *const names[] = {"", "a.x", "b.x", "a.y", "z"};
static const char *const key_nodes[] = {"HKLM\\A\\*",
					"HKLM\\A",
					"HKLM\\A\\*\\C\\*",
					"HKCU\\A\\*",
					"HKCU\\A",
					"HKCU\\*\\B",
					"*",
					"*\\B\\*",
					"HKU\\*\\A\\*",
					"HKU\\*",
					"HKU\\S-1-5-21-7-1001\\A\\*",
					"HKCU\\Software\\Classes\\*",
					"HKU\\*_Classes\\B",
					"HKLM\\A\\B\\C",
					"HKCU\\A*",
					"HKU\\S-1-5-21-7-1002\\*\\B"};
static const struct {
	int user;
	const char *path;
} keys[] = {{-1, "HKLM"},
	    {-1, "HKLM\\A"},
	    {-1, "HKLM\\A\\B\\C"},
	    {-1, "HKLM\\AB"},
	    {0, "HKCU"},
	    {0, "HKCU\\A"},
	    {1, "HKCU\\A"},
	    {0, "HKCU\\A\\B"},
	    {1, "HKCU\\X\\B"},
	    {0, "HKCU\\AX\\B\\C"},
	    {-1, "HKU\\.DEFAULT\\A\\B"},
	    {1, "HKCU\\Software\\Classes\\B"},
	    {0, "HKCU\\Software\\Classes"}};
static const char *const ini_nodes[] = {
	"C:\\a.ini|S",	  "C:\\a.ini|S*",  "C:\\a.ini|*",	"C:\\*|S",    "*\\a.ini|*S*", "*|*",
	"C:\\d\\*.ini|S", "C:\\d\\*|S\\*", "C:\\d\\a.ini|S\\T", "C:\\a.ini|", "C:\\*.ini|*T"};
static const struct {
	const char *path, *section;
} sections[] = {{"C:\\a.ini", "S"},    {"C:\\a.ini", ""},	 {"C:\\a.ini", "SS"},
		{"C:\\d\\a.ini", "S"}, {"C:\\d\\a.ini", "S\\T"}, {"C:\\d\\e\\a.ini", "S|T"},
		{"D:\\a.ini", "S"}};

static struct rules *random_rules(const char *type, const char *const *nodes, size_t count)
{
	const char *texts[2] = {NULL, NULL};
	struct str xml = {0};
	struct rules *rules;
	int error;

	str_adds(&xml, "<migration urlid='u'>");
	for (int c = 0; c < 1 + rand() % 3; c++) {
		str_addf(&xml, "<component context='%s'><role role='Data'><rules>",
			 rand() % 2 ? "User" : "UserAndSystem");
		for (int k = 0; k < 1 + rand() % 6; k++) {
			const char *kind = rand() % 2	? "include"
					   : rand() % 4 ? "exclude"
							: "unconditionalExclude";

			str_addf(
				&xml,
				"<%s><objectSet><pattern type='%s'>%s%s</pattern></objectSet></%s>",
				kind, type, nodes[(size_t)rand() % count],
				leaves[(size_t)rand() % COUNT(leaves)], kind);
		}
		str_adds(&xml, "</rules></role></component>");
	}
	str_adds(&xml, "</migration>");
	texts[0] = xml.data;
	rules = fake_rules(&machine, texts, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rules);
	str_free(&xml);
	return rules;
}

/* What lies below a key that is not to be entered may not be selected. */
static void check_descent(const struct rules *rules, size_t k)
{
	struct rules_dir dir = {0};
	size_t n = strlen(keys[k].path);

	CU_ASSERT_EQUAL(rules_enter_key(rules, keys[k].user, keys[k].path, &dir), 0);
	for (size_t i = 0; i < COUNT(keys) && !dir.may_descend; i++)
		if (keys[i].user == keys[k].user && !strncmp(keys[i].path, keys[k].path, n) &&
		    keys[i].path[n] == '\\')
			CU_ASSERT_FALSE(
				fake_decide_key(rules, keys[i].user, keys[i].path, "a.x").selected);
	rules_dir_free(&dir);
}

static void index_agrees_on_keys(void)
{
	srand(2);
	for (int round = 0; round < 200; round++) {
		struct rules *rules = random_rules("Registry", key_nodes, COUNT(key_nodes));

		for (size_t k = 0; k < COUNT(keys); k++) {
			fake_decide_key(rules, keys[k].user, keys[k].path, NULL);
			for (size_t n = 0; n < COUNT(names); n++)
				fake_decide_key(rules, keys[k].user, keys[k].path, names[n]);
			check_descent(rules, k);
		}
		rules_free(rules);
	}
}

static void index_agrees_on_settings(void)
{
	srand(3);
	for (int round = 0; round < 200; round++) {
		struct rules *rules = random_rules("Ini", ini_nodes, COUNT(ini_nodes));

		for (size_t k = 0; k < COUNT(sections); k++)
			for (size_t n = 0; n < COUNT(names); n++)
				fake_decide_setting(rules, sections[k].path, sections[k].section,
						    names[n]);
		rules_free(rules);
	}
}

static int suite_init(void)
{
	machine = fake_machine(&computer);
	return 0;
}

void suite_rules_keys(void)
{
	CU_pSuite s = CU_add_suite("rules_keys", suite_init, NULL);

	CU_ADD_TEST(s, hkcu_is_hku_with_a_sid);
	CU_ADD_TEST(s, subtrees_of_users_are_entered);
	CU_ADD_TEST(s, conditions_walk_other_hives);
	CU_ADD_TEST(s, restore_rules_know_both_names);
	CU_ADD_TEST(s, index_agrees_on_keys);
	CU_ADD_TEST(s, index_agrees_on_settings);
}
