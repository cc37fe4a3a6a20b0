// SPDX-License-Identifier: GPL-2.0-or-later
/* rules/: contexts, variables, detection, conditions, helpers and named elements on tables. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/rules_fake.h"
#include "unit/suites.h"

static struct rules_machine machine;

#define INCLUDE(p) "<include><objectSet><pattern type='File'>" p "</pattern></objectSet></include>"
#define EXCLUDE(p) "<exclude><objectSet><pattern type='File'>" p "</pattern></objectSet></exclude>"
#define VETO(p)                                                                                    \
	"<unconditionalExclude><objectSet><pattern type='File'>" p                                 \
	"</pattern></objectSet></unconditionalExclude>"

static void contexts_narrow(void)
{
	struct rules *rules = fake_component(
		&machine, "context='User'",
		"<rules>" INCLUDE(
			"%USERPROFILE%\\* [*]") "</rules>"
						"<rules context='System'>" INCLUDE(
							"C:\\S\\* [*]") "</rules>"
									"<rules "
									"context='"
									"UserAndSystem'"
									">" INCLUDE("C:\\B\\* "
										    "[*]") "</"
											   "rul"
											   "es"
											   ">");

	fake_check(rules, "C:\\Users\\ann\\f", true, "user");
	fake_check(rules, "C:\\Users\\bob\\f", true, "user");
	fake_check(rules, "C:\\Users\\eve\\f", false, "user");
	fake_check(rules, "C:\\S\\f", false, "disjoint");
	fake_check(rules, "C:\\B\\f", true, "narrowed");
	CU_ASSERT_EQUAL(rules_count(rules), 4);
	rules_free(rules);
	rules = fake_component(
		&machine, "context='system'",
		"<rules>" INCLUDE("C:\\S\\* [*]") "</rules>"
						  "<rules context='user'>" INCLUDE(
							  "C:\\U\\* [*]") "</rules>");
	fake_check(rules, "C:\\S\\f", true, "system");
	fake_check(rules, "C:\\U\\f", false, "user rules in a system component");
	CU_ASSERT_EQUAL(rules_count(rules), 1);
	rules_free(rules);
	rules = fake_component(&machine, "", "<rules>" INCLUDE("C:\\S\\* [*]") "</rules>");
	CU_ASSERT_EQUAL(rules_count(rules), 3);
	rules_free(rules);
}

static void users_do_not_exclude_each_other(void)
{
	struct rules *rules = fake_component(&machine, "context='User'",
					     "<rules>" INCLUDE("C:\\X\\* [*]")
						     EXCLUDE("C:\\X\\%USERSID%\\* [*]") "</rules>");

	fake_check(rules, "C:\\X\\f", true, "both");
	rules_free(rules);
	rules = fake_component(&machine, "context='User'",
			       "<rules>" INCLUDE("C:\\Users\\* [*]")
				       EXCLUDE("%USERPROFILE%\\* [*]") "</rules>");
	/* Each user's instance takes the other's folder. */
	fake_check(rules, "C:\\Users\\ann\\f", true, "union of instances");
	rules_free(rules);
}

static void vetoes_reach_their_context_only(void)
{
	const char *texts[] = {
		"<migration urlid='a'><component context='User'><role role='Data'><rules>" INCLUDE(
			"%USERPROFILE%\\* [*]") "</rules></role></component></migration>",
		"<migration urlid='b'><component context='UserAndSystem'><role "
		"role='Data'><rules>" VETO("* [*.tmp]") "</rules></role></component></migration>",
		NULL};
	int error;
	struct rules *rules = fake_rules(&machine, texts, &error);

	CU_ASSERT_PTR_NOT_NULL_FATAL(rules);
	fake_check(rules, "C:\\Users\\ann\\a.tmp", false, "veto in both contexts");
	fake_check(rules, "C:\\Users\\ann\\a.txt", true, "veto in both contexts");
	rules_free(rules);
	texts[1] =
		"<migration urlid='b'><component context='System'><role role='Data'><rules>" VETO(
			"* [*.tmp]") "</rules></role></component></migration>";
	rules = fake_rules(&machine, texts, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rules);
	fake_check(rules, "C:\\Users\\ann\\a.tmp", true, "veto in the system context");
	rules_free(rules);
}

static void variables_expand(void)
{
	struct rules *rules = fake_component(
		&machine, "context='User'",
		"<environment><variable name='Docs'><text>%csidl_personal%\\Sub</text></variable>"
		"<variable name='More (x)'><text>%Docs%\\* [*.txt]</text></variable></environment>"
		"<rules>" INCLUDE("%more (X)%") "</rules>");

	fake_check(rules, "C:\\Users\\ann\\Documents\\Sub\\x\\a.txt", true, "nested variables");
	fake_check(rules, "C:\\Users\\ann\\Documents\\a.txt", false, "nested variables");
	/* A value is a name, whatever brackets it holds. */
	fake_check(rules, "D:\\bob [home]\\Sub\\a.txt", true, "brackets in a value");
	rules_free(rules);
}

static void undefined_variables_drop_the_pattern(void)
{
	unsigned before = log_warning_count();
	struct rules *rules = fake_component(&machine, "context='User'",
					     "<rules>" INCLUDE("%NOSUCH%\\* [*]")
						     INCLUDE("C:\\A\\* [*]") "</rules>");

	CU_ASSERT_EQUAL(log_warning_count(), before + 1);
	CU_ASSERT_EQUAL(rules_count(rules), 2);
	fake_check(rules, "C:\\A\\f", true, "the rest of the component");
	rules_free(rules);
	/* A user's folder in the system context of a UserAndSystem component is no fault. */
	before = log_warning_count();
	rules = fake_component(&machine, "",
			       "<rules>" INCLUDE("%CSIDL_PERSONAL%\\* [*]") "</rules>");
	CU_ASSERT_EQUAL(log_warning_count(), before);
	CU_ASSERT_EQUAL(rules_count(rules), 2);
	rules_free(rules);
}

#define EXISTS(p)    "MigXmlHelper.DoesObjectExist(\"File\",\"" p "\")"
#define DETECTION(c) "<detection><conditions>" c "</conditions></detection>"
#define CONDITION(c) "<condition>" c "</condition>"

static const struct {
	const char *detection;
	bool expected;
} detections[] = {
	{"", true},
	{DETECTION(CONDITION(EXISTS("C:\\Lab"))), true},
	{DETECTION(CONDITION(EXISTS("C:\\Nope"))), false},
	{DETECTION(CONDITION(EXISTS("C:\\Lab\\run1 [data.bin]"))), true},
	{DETECTION(CONDITION(EXISTS("C:\\Lab\\run1\\data.bin"))), true},
	{DETECTION(CONDITION(EXISTS("C:\\Lab [run1]"))), false},
	{DETECTION(CONDITION(EXISTS("C:\\Lab\\* [*.odt]"))), true},
	{DETECTION(CONDITION(EXISTS("C:\\Lab [*.odt]"))), false},
	{DETECTION(CONDITION(EXISTS("C:\\L*\\run1"))), true},
	{DETECTION(CONDITION(EXISTS("* [house.*]"))), true},
	{DETECTION(CONDITION(EXISTS("%NOSUCH%\\x"))), false},
	{"<detection><conditions><condition negation='YES'>" EXISTS(
		 "C:\\Lab") "</condition></conditions></detection>",
	 false},
	{DETECTION(CONDITION(EXISTS("C:\\Lab")) CONDITION(EXISTS("C:\\Nope"))), false},
	{"<detection><conditions operation='OR'>" CONDITION(EXISTS("C:\\Lab"))
		 CONDITION(EXISTS("C:\\Nope")) "</conditions></detection>",
	 true},
	{"<detection><conditions>" CONDITION(
		 EXISTS("C:\\Lab")) "<conditions operation='OR'>" CONDITION(EXISTS("C:\\Nope"))
		 CONDITION(EXISTS("D:\\Drawings")) "</conditions></conditions></detection>",
	 true},
	{DETECTION(CONDITION(EXISTS("C:\\Nope"))) DETECTION(CONDITION(EXISTS("C:\\Lab"))), true},
	{"<detects><detect>" CONDITION(EXISTS("C:\\Lab"))
		 CONDITION(EXISTS("C:\\Nope")) "</detect></detects>",
	 true},
	{"<detects><detect>" CONDITION(EXISTS("C:\\Lab")) "</detect><detect>" CONDITION(
		 EXISTS("C:\\Nope")) "</detect></detects>",
	 false},
	{"<detects><detect><objectSet><pattern type='File'>C:\\Lab\\* [*.bin]</pattern></objectSet>"
	 "</detect></detects>",
	 true},
	{"<detects><detect><objectSet><pattern type='File'>C:\\Lab\\* [*.zip]</pattern></objectSet>"
	 "</detect></detects>",
	 false},
	{DETECTION(CONDITION("MigXmlHelper.IsSystemContext()")), true},
	{DETECTION(CONDITION("migxmlhelper.issystemcontext ()")), true},
	/* Not yet done: what keeps more. */
	{DETECTION(CONDITION("MigXmlHelper.IsNative64Bit()")), true},
	{"<detection><conditions><condition negation='Yes'>MigXmlHelper.IsNative64Bit()</condition>"
	 "</conditions></detection>",
	 true},
	{DETECTION(CONDITION("MigXmlHelper.IsNative64Bit()") CONDITION(EXISTS("C:\\Nope"))), false},
	{DETECTION(CONDITION("MigXmlHelper.DoesObjectExist('Registry','HKLM\\Software\\X')")),
	 true},
	{DETECTION(CONDITION("nonsense")), true},
	{"<detection name='nowhere'/>", false},
};

static void detection_follows_the_table(void)
{
	for (size_t i = 0; i < sizeof(detections) / sizeof(*detections); i++) {
		struct str content = {0};
		struct rules *rules;

		str_addf(&content, "%s<rules>%s</rules>", detections[i].detection,
			 INCLUDE("C:\\A\\* [*]"));
		rules = fake_component(&machine, "context='System'", content.data);
		fake_check(rules, "C:\\A\\f", detections[i].expected,
			   *detections[i].detection ? detections[i].detection : "no detection");
		rules_free(rules);
		str_free(&content);
	}
}

static const struct {
	const char *content, *path;
	bool expected;
} uncertain[] = {
	/* What is not yet done never excludes, and never keeps from including. */
	{"<rules>" INCLUDE("C:\\A\\* [*]") "<exclude "
					   "filter='MigXmlHelper.FileProperties(\"filesize\","
					   "\"gt\",\"1KB\")'>"
					   "<objectSet><pattern type='File'>C:\\A\\* "
					   "[*.big]</pattern></objectSet></exclude></rules>",
	 "C:\\A\\x.big", true},
	{"<rules><include filter='MigXmlHelper.FileProperties(\"filesize\",\"gt\",\"1KB\")'>"
	 "<objectSet><pattern type='File'>C:\\A\\* [*.big]</pattern></objectSet></include></rules>",
	 "C:\\A\\x.big", true},
	{"<rules>" INCLUDE("C:\\A\\* [*]") "</rules><rules><conditions>"
					   "<condition>MigXmlHelper.IsNative64Bit()</condition></"
					   "conditions>" EXCLUDE("C:\\A\\B\\* [*]") "</rules>",
	 "C:\\A\\B\\x", true},
	{DETECTION(CONDITION("MigXmlHelper.IsNative64Bit()")) "<rules>" INCLUDE("C:\\A\\* [*]")
		 EXCLUDE("C:\\A\\B\\* [*]") "</rules>",
	 "C:\\A\\B\\x", false},
	{DETECTION(CONDITION("MigXmlHelper.IsNative64Bit()")) "<rules>" INCLUDE("C:\\A\\* [*]")
		 VETO("C:\\A\\B\\* [*]") "</rules>",
	 "C:\\A\\B\\x", true},
	{"<rules>" INCLUDE("C:\\A\\* [*]") "<exclude filter='MigXmlHelper.AnswerNo()'><objectSet>"
					   "<pattern type='File'>C:\\A\\* "
					   "[x]</pattern></objectSet></exclude></rules>",
	 "C:\\A\\x", true},
	{"<rules><include filter='MigXmlHelper.AnswerNo()'><objectSet>"
	 "<pattern type='File'>C:\\A\\* [x]</pattern></objectSet></include></rules>",
	 "C:\\A\\x", false},
	{"<rules><include filter='MigXmlHelper.NeverRestore()'><objectSet>"
	 "<pattern type='File'>C:\\A\\* [x]</pattern></objectSet></include></rules>",
	 "C:\\A\\x", true},
	/* Conditions on a set, nested rules. */
	{"<rules><include><objectSet><condition>" EXISTS(
		 "C:\\Nope") "</condition>"
			     "<pattern type='File'>C:\\A\\* "
			     "[*]</pattern></objectSet></include></rules>",
	 "C:\\A\\x", false},
	{"<rules><conditions>" CONDITION(EXISTS("C:\\Lab")) "</conditions><rules>" INCLUDE(
		 "C:\\A\\* [*]") "</rules></rules>",
	 "C:\\A\\x", true},
	{"<rules><conditions>" CONDITION(EXISTS("C:\\Nope")) "</conditions><rules>" INCLUDE(
		 "C:\\A\\* [*]") "</rules></rules>",
	 "C:\\A\\x", false},
	/* Helper scripts. */
	{"<rules><include><objectSet><script>MigXmlHelper.GenerateDrivePatterns (\"\\X\\* "
	 "[*]\",'fixed')"
	 "</script></objectSet></include></rules>",
	 "D:\\X\\a", true},
	{"<rules><include><objectSet><script>MigXmlHelper.GenerateDrivePatterns(\"* "
	 "[*]\",'Removable')"
	 "</script></objectSet></include></rules>",
	 "D:\\X\\a", false},
	{"<rules><include><objectSet><script>MigXmlHelper.GenerateUserPatterns('File','%"
	 "USERPROFILE%\\* [*.x]','TRUE')"
	 "</script></objectSet></include></rules>",
	 "C:\\Users\\ann\\a.x", true},
};

static void helpers_and_undone_things_keep_more(void)
{
	for (size_t i = 0; i < sizeof(uncertain) / sizeof(*uncertain); i++) {
		struct rules *rules =
			fake_component(&machine, "context='System'", uncertain[i].content);

		fake_check(rules, uncertain[i].path, uncertain[i].expected, uncertain[i].content);
		rules_free(rules);
	}
}

/* clang-format off */
#define NAMED                                                                                      \
	"<migration urlid='a'><namedElements>"                                                     \
	"<environment name='E'><variable name='V'><text>C:\\V</text></variable></environment>"     \
	"<detection name='D'><conditions>" CONDITION(EXISTS("C:\\Lab")) "</conditions></detection>" \
	"<rules name='R'>" INCLUDE("%V%\\* [*]") "</rules>"                                        \
	"<rules name='User' context='User'>" INCLUDE("C:\\U\\* [*]") "</rules></namedElements>"    \
	"<component context='System'><role role='Container'><environment name='E'/>"               \
	"<detection name='D'/><component context='UserAndSystem'><displayName>in</displayName>"    \
	"<role role='Data'><rules name='R'/><rules name='User'/></role></component></role>"        \
	"</component></migration>"
/* clang-format on */

static void named_elements_and_containers(void)
{
	const char *texts[] = {NAMED, NULL};
	int error;
	struct rules *rules = fake_rules(&machine, texts, &error);

	CU_ASSERT_PTR_NOT_NULL_FATAL(rules);
	fake_check(rules, "C:\\V\\f", true, "named elements");
	fake_check(rules, "C:\\U\\f", false, "named element of the other context");
	CU_ASSERT_EQUAL(rules_count(rules), 1);
	rules_free(rules);
	texts[0] = "<migration urlid='a'><namedElements><rules name='Loop'><rules "
		   "name='Loop'/></rules>"
		   "</namedElements><component><role role='Data'><rules "
		   "name='Loop'/></role></component>"
		   "</migration>";
	CU_ASSERT_PTR_NULL(fake_rules(&machine, texts, &error));
	CU_ASSERT_EQUAL(error, HF_ELIMIT);
}

static int suite_init(void)
{
	machine = fake_machine(&fake_win10);
	return 0;
}

void suite_rules_eval(void)
{
	CU_pSuite s = CU_add_suite("rules_eval", suite_init, NULL);

	CU_ADD_TEST(s, contexts_narrow);
	CU_ADD_TEST(s, users_do_not_exclude_each_other);
	CU_ADD_TEST(s, vetoes_reach_their_context_only);
	CU_ADD_TEST(s, variables_expand);
	CU_ADD_TEST(s, undefined_variables_drop_the_pattern);
	CU_ADD_TEST(s, detection_follows_the_table);
	CU_ADD_TEST(s, helpers_and_undone_things_keep_more);
	CU_ADD_TEST(s, named_elements_and_containers);
}
