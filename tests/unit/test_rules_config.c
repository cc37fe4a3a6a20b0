// SPDX-License-Identifier: GPL-2.0-or-later
/* rules/: Config.xml (USMT specification 5). */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/config.h"
#include "unit/rules_fake.h"
#include "unit/suites.h"

static struct rules_machine machine;

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static int load_config(const char *text, struct rules_config **out)
{
	char path[] = "/tmp/holdfast-config-XXXXXX";
	int fd = mkstemp(path), error;

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	error = rules_config_load(path, "Config.xml", out);
	unlink(path);
	return error;
}

#define INC(p)                                                                                     \
	"<rules><include><objectSet><pattern type='File'>" p                                       \
	"</pattern></objectSet></include></rules>"
static const char migration[] =
	"<migration urlid='urn:U'>"
	"<component type='Documents' context='System'><displayName>One</displayName>"
	"<role role='Data'>" INC("C:\\One [*]") "</role><role role='Settings'>" INC(
		"C:\\Set [*]") "</role></component>"
			       "<component type='Application' "
			       "context='System'><displayName>Suite</displayName>"
			       "<role role='Container'><component type='Application' "
			       "context='System'>"
			       "<displayName>Part &amp; more</displayName><role "
			       "role='Settings'>" INC(
				       "C:\\Part [*]") "</role></component></role></component>"
						       "<component type='System' "
						       "context='System'><displayName>Gone</"
						       "displayName><role role='Data'>"
						       "<detection><conditions><condition>"
						       "MigXmlHelper.DoesObjectExist('File','C:"
						       "\\nope')"
						       "</condition></conditions></detection>" INC(
							       "C:\\Gone [*]") "</role></component>"
									       "<component "
									       "type='Application' "
									       "context='System' "
									       "hidden='yes'><"
									       "displayName>Hid</"
									       "displayName>"
									       "<role "
									       "role='Data'>" INC(
										       "C:\\Hid "
										       "[*]") "</"
											      "role"
											      "></"
											      "comp"
											      "onen"
											      "t>"
											      "</"
											      "migr"
											      "atio"
											      "n>";

/* What stands in <Configuration>, a directory of those above, and whether it migrates. */
static const struct {
	const char *section, *entries, *path;
	bool expected;
} rows[] = {
	{"5.1 no entry", "<Documents/>", "C:\\One\\f", true},
	{"5.1 no",
	 "<Documents><component displayname='x' migrate='no' ID='urn:u/one/data'/></Documents>",
	 "C:\\One\\f", false},
	{"5.1 of one role", "<Documents><component migrate='no' ID='urn:u/one/data'/></Documents>",
	 "C:\\Set\\f", true},
	{"5.1 in any case", "<Documents><component migrate='NO' ID='URN:U/One/DATA'/></Documents>",
	 "C:\\One\\f", false},
	{"5.1 yes", "<Documents><component migrate='yes' ID='urn:u/one/data'/></Documents>",
	 "C:\\One\\f", true},
	{"5.1 yes beats no",
	 "<Documents><component migrate='yes' ID='urn:u/one/data'/><component migrate='no' "
	 "ID='urn:u/one/data'/></Documents>",
	 "C:\\One\\f", true},
	{"5.1 in another section",
	 "<Applications><component migrate='no' ID='urn:u/one/data'/></Applications>", "C:\\One\\f",
	 false},
	{"5.1 an ID not known",
	 "<Documents><component migrate='no' ID='urn:u/two/data'/></Documents>", "C:\\One\\f",
	 true},
	{"5.1 below a no",
	 "<Documents><component migrate='no' ID='group'><component migrate='yes' "
	 "ID='urn:u/one/data'/></component></Documents>",
	 "C:\\One\\f", false},
	{"5.1 below a yes",
	 "<Documents><component migrate='yes' ID='group'><component migrate='no' "
	 "ID='urn:u/one/data'/></component></Documents>",
	 "C:\\One\\f", false},
	{"4.3 container off",
	 "<Applications><component migrate='no' ID='urn:u/suite/container'/></Applications>",
	 "C:\\Part\\f", false},
	{"4.3 container off, part on",
	 "<Applications><component migrate='no' ID='urn:u/suite/container'/><component "
	 "migrate='yes' ID='urn:u/part &amp; more/settings'/></Applications>",
	 "C:\\Part\\f", false},
	{"5.1 part off",
	 "<Applications><component migrate='no' ID='urn:u/part &amp; "
	 "more/settings'/></Applications>",
	 "C:\\Part\\f", false},
	{"5.1 migrate missing", "<Documents><component ID='urn:u/one/data'/></Documents>",
	 "C:\\One\\f", true},
};

static void components_are_switched(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rules *rules = rules_new();
		struct rules_config *cfg;
		struct str xml = {0};

		str_addf(&xml, "<Configuration>%s</Configuration>", rows[i].entries);
		CU_ASSERT_EQUAL_FATAL(load_config(xml.data, &cfg), 0);
		CU_ASSERT_EQUAL(fake_load(rules, migration, strlen(migration), "u.xml"), 0);
		rules_use_config(rules, cfg);
		CU_ASSERT_EQUAL(rules_compile(rules, &machine), 0);
		fake_check(rules, rows[i].path, rows[i].expected, rows[i].section);
		rules_free(rules);
		rules_config_free(cfg);
		str_free(&xml);
	}
}

#define FILES(x) "<Policies><ErrorControl><fileError>" x "</fileError></ErrorControl></Policies>"
#define KEYS(x)                                                                                    \
	"<Policies><ErrorControl><registryError>" x "</registryError></ErrorControl></Policies>"

static const struct {
	const char *section, *policies;
	struct rules_object object;
	unsigned code;
	enum rules_error_policy expected;
} policies[] = {
	{"5.2 no entry", "", {RULES_FILE, -1, "C:\\a", "x"}, 5, RULES_POLICY_NONE},
	{"5.2 code",
	 FILES("<nonFatal errorCode='32'>* [*.tmp]</nonFatal>"),
	 {RULES_FILE, -1, "C:\\a", "x.tmp"},
	 32,
	 RULES_POLICY_NON_FATAL},
	{"5.2 another code",
	 FILES("<nonFatal errorCode='32'>* [*.tmp]</nonFatal>"),
	 {RULES_FILE, -1, "C:\\a", "x.tmp"},
	 33,
	 RULES_POLICY_NONE},
	{"5.2 another object",
	 FILES("<nonFatal errorCode='32'>* [*.tmp]</nonFatal>"),
	 {RULES_FILE, -1, "C:\\a", "x.doc"},
	 32,
	 RULES_POLICY_NONE},
	{"5.2 any",
	 FILES("<nonFatal errorCode='any'>* [*]</nonFatal>"),
	 {RULES_FILE, -1, "C:\\a", "x"},
	 1392,
	 RULES_POLICY_NON_FATAL},
	{"5.2 missing code is any",
	 FILES("<fatal>D:\\Finance\\* [*]</fatal>"),
	 {RULES_FILE, -1, "D:\\Finance\\x", "y"},
	 2,
	 RULES_POLICY_FATAL},
	{"5.2 document order",
	 FILES("<nonFatal>* [*]</nonFatal><fatal>C:\\a\\* [*]</fatal>"),
	 {RULES_FILE, -1, "C:\\a", "x"},
	 5,
	 RULES_POLICY_NON_FATAL},
	{"5.2 document order",
	 FILES("<fatal>C:\\a\\* [*]</fatal><nonFatal>* [*]</nonFatal>"),
	 {RULES_FILE, -1, "C:\\a", "x"},
	 5,
	 RULES_POLICY_FATAL},
	{"5.2 directories",
	 FILES("<fatal>C:\\a\\* [*]</fatal>"),
	 {RULES_FILE, -1, "C:\\a", NULL},
	 5,
	 RULES_POLICY_FATAL},
	{"5.2 registry",
	 KEYS("<nonFatal errorCode='5'>HKCU\\Software\\Vendor\\* [*]</nonFatal>"),
	 {RULES_REGISTRY, 0, "HKCU\\Software\\vendor\\x", ""},
	 5,
	 RULES_POLICY_NON_FATAL},
	{"5.2 lists are apart",
	 FILES("<nonFatal>* [*]</nonFatal>"),
	 {RULES_REGISTRY, 0, "HKCU\\x", "v"},
	 5,
	 RULES_POLICY_NONE},
	{"13 row 14: Policy",
	 "<Policy><ErrorControl><fileError><fatal>* "
	 "[*]</fatal></fileError></ErrorControl></Policy>",
	 {RULES_FILE, -1, "C:\\a", "x"},
	 5,
	 RULES_POLICY_FATAL},
	{"5.2 bad code",
	 FILES("<nonFatal errorCode='often'>* [*]</nonFatal>"),
	 {RULES_FILE, -1, "C:\\a", "x"},
	 5,
	 RULES_POLICY_NONE},
	{"5.2 variables",
	 FILES("<nonFatal>%TEMP%\\* [*]</nonFatal>"),
	 {RULES_FILE, -1, "C:\\a", "x"},
	 5,
	 RULES_POLICY_NONE},
};

static void errors_are_judged_in_document_order(void)
{
	for (size_t i = 0; i < COUNT(policies); i++) {
		struct rules_config *cfg;
		struct str xml = {0};
		enum rules_error_policy got;

		str_addf(&xml, "<Configuration>%s</Configuration>", policies[i].policies);
		CU_ASSERT_EQUAL_FATAL(load_config(xml.data, &cfg), 0);
		got = rules_config_error_policy(cfg, &policies[i].object, policies[i].code);
		if (got != policies[i].expected)
			printf("\n    %s: %s: %d\n", policies[i].section, policies[i].policies,
			       got);
		CU_ASSERT_EQUAL(got, policies[i].expected);
		rules_config_free(cfg);
		str_free(&xml);
	}
}

static void locked_files_have_a_policy(void)
{
	struct rules_object work = {RULES_FILE, -1, "C:\\Work", "x"},
			    other = {RULES_FILE, -1, "D:\\", "x"};
	struct rules_config *cfg;

	CU_ASSERT_EQUAL_FATAL(
		load_config("<Configuration><Policies><HardLinkStoreControl><fileLocked>"
			    "<createHardLink>c:\\Work</createHardLink>"
			    "<errorHardLink>C:\\* [*]</errorHardLink></fileLocked>"
			    "</HardLinkStoreControl></Policies></Configuration>",
			    &cfg),
		0);
	CU_ASSERT_EQUAL(rules_config_locked_policy(cfg, &work), RULES_LOCKED_LINK);
	work.node = "C:\\x";
	CU_ASSERT_EQUAL(rules_config_locked_policy(cfg, &work), RULES_LOCKED_ERROR);
	CU_ASSERT_EQUAL(rules_config_locked_policy(cfg, &other), RULES_LOCKED_NONE);
	rules_config_free(cfg);
}

static int note_profile(void *ctx, const struct rules_profile_entry *e)
{
	return str_addf(ctx, "%d %s %s %s\n", e->kind, e->from, e->to ? e->to : "-",
			e->applies_to ? e->applies_to : "-");
}

static void profiles_are_kept(void)
{
	struct rules_config *cfg;
	struct str got = {0};

	CU_ASSERT_EQUAL_FATAL(
		load_config("<Configuration><ProfileControl><localGroups><mappings>"
			    "<changeGroup From='*' To='Users' appliesTo='MigratedUsers'><include>"
			    "<pattern>D1\\U*</pattern></include><exclude><pattern>D2\\U</pattern>"
			    "</exclude></changeGroup></mappings></localGroups>"
			    "<domains><domain from='D1' to='D2'/></domains>"
			    "<users><user from='D1\\a' to='D2\\b'/></users>"
			    "</ProfileControl></Configuration>",
			    &cfg),
		0);
	CU_ASSERT_EQUAL(rules_config_profile(cfg, note_profile, &got), 0);
	CU_ASSERT_STRING_EQUAL(got.data, "0 * Users MigratedUsers\n1 D1\\U* - -\n2 D2\\U - -\n"
					 "3 D1 D2 -\n4 D1\\a D2\\b -\n");
	str_free(&got);
	rules_config_free(cfg);
}

#define GROUP(attributes, x) "<changeGroup " attributes ">" x "</changeGroup>"
#define IN(x)		     "<include><pattern>" x "</pattern></include>"
#define OUT(x)		     "<exclude><pattern>" x "</pattern></exclude>"

/* clang-format off */
/* 5.4: what becomes of a membership of ACCOUNT in GROUP (NULL: not known). */
static const struct {
	const char *section, *groups, *group, *account;
	bool migrated;
	const char *expected;
} groups[] = {
	{"5.4 no entry", "", "Administrators", "D1\\U1", true, NULL},
	{"5.4 manual's sample", GROUP("from='Administrators' to='Users' appliesTo='MigratedUsers'", IN("D1\\User*") OUT("D2\\User")), "administrators", "d1\\user7", true, "Users"},
	{"5.4 another group", GROUP("from='Administrators' to='Users' appliesTo='MigratedUsers'", IN("D1\\User*")), "Guests", "D1\\User7", true, NULL},
	{"5.4 another user", GROUP("from='Administrators' to='Users' appliesTo='MigratedUsers'", IN("D1\\User*")), "Administrators", "D2\\User7", true, NULL},
	{"5.4 exclude beats include", GROUP("from='*' to='Users' appliesTo='MigratedUsers'", IN("*") OUT("D2\\*")), "x", "D2\\User", true, NULL},
	{"5.4 only an exclude", GROUP("from='*' to='Users' appliesTo='MigratedUsers'", OUT("D2\\*")), "x", "D1\\User", true, "Users"},
	{"5.4 migrated users only", GROUP("from='*' to='Users' appliesTo='MigratedUsers'", IN("*")), "x", "D1\\U", false, NULL},
	{"5.4 the others only", GROUP("from='*' to='Users' appliesTo='NonmigratedUsers'", IN("*")), "x", "D1\\U", false, "Users"},
	{"5.4 all users", GROUP("From='*' To='Users' appliesTo='allusers'", IN("*")), "x", "D1\\U", false, "Users"},
	{"5.4 offline remedy", GROUP("from='*' to='Users' appliesTo='MigratedUsers'", IN("*")), NULL, "D1\\U", true, "Users"},
	{"5.4 offline, a group by name", GROUP("from='Administrators' to='Users'", IN("*")), NULL, "D1\\U", true, NULL},
	{"5.4 the first that fits", GROUP("from='A' to='B'", IN("*")) GROUP("from='*' to='C'", IN("*")), "a", "D1\\U", true, "B"},
	{"5.4 an unknown appliesTo", GROUP("from='*' to='A' appliesTo='x'", OUT("D1\\*")) GROUP("from='*' to='B'", IN("*")), "g", "D1\\U", true, "B"},
	{"5.4 left out with its patterns", GROUP("from='*' to='A'", IN("*")) GROUP("from='*'", OUT("*")), "g", "D1\\U", true, "A"},
};

/* clang-format on */

/* 5.4, 11.3: the domains and users of one file, an account, what becomes of it. */
static const struct {
	const char *section, *account, *expected;
} accounts[] = {
	{"5.4 a user", "D1\\User1", "D2\\User2"},
	{"5.4 case", "d1\\USER1", "D2\\User2"},
	{"5.4 a domain", "D1\\other one", "D3\\other one"},
	{"11.3 the first rule", "D1\\twice", "X\\1"},
	{"5.4 a wildcard", "Lab7\\u", "L\\u"},
	{"5.4 nothing said", "D9\\u", NULL},
	{"5.4 no domain", "User1", NULL},
};

static void profiles_are_answered(void)
{
	struct rules_config *cfg;

	for (size_t i = 0; i < COUNT(groups); i++) {
		struct str xml = {0};
		const char *got;

		str_addf(&xml,
			 "<Configuration><ProfileControl><localGroups><mappings>%s</mappings>"
			 "</localGroups></ProfileControl></Configuration>",
			 groups[i].groups);
		CU_ASSERT_EQUAL_FATAL(load_config(xml.data, &cfg), 0);
		got = rules_config_change_group(cfg, groups[i].group, groups[i].account,
						groups[i].migrated);
		if (!got != !groups[i].expected || (got && strcmp(got, groups[i].expected) != 0)) {
			printf("\n    %s: %s\n", groups[i].section, got ? got : "-");
			CU_FAIL();
		}
		rules_config_free(cfg);
		str_free(&xml);
	}
	CU_ASSERT_EQUAL_FATAL(
		load_config("<Configuration><ProfileControl><domains><domain from='D1' to='D3'/>"
			    "<domain from='D1' to='D4'/><domain from='Lab*' to='L'/></domains>"
			    "<users><user from='D1\\User1' to='D2\\User2'/><user from='nobody' "
			    "to='D2\\x'/><user from='D1\\twice' to='X\\1'/><user from='D1\\twice' "
			    "to='X\\2'/></users></ProfileControl></Configuration>",
			    &cfg),
		0);
	for (size_t i = 0; i < COUNT(accounts); i++) {
		struct str got = {0};
		int error = rules_config_map_account(cfg, accounts[i].account, &got);

		CU_ASSERT_EQUAL(error, accounts[i].expected ? 0 : HF_ENOENT);
		if (accounts[i].expected &&
		    (error || strcmp(got.data, accounts[i].expected) != 0)) {
			printf("\n    %s: %s\n", accounts[i].section, got.data ? got.data : "-");
			CU_FAIL();
		}
		str_free(&got);
	}
	rules_config_free(cfg);
}

static void other_files_are_refused(void)
{
	static const struct {
		const char *text, *says;
	} bad[] = {{"<migration urlid='x'/>", "use /i:Config.xml"},
		   {"<offline/>", "use /offline:Config.xml"},
		   {"<html/>", "<html>"},
		   {"not XML", "Config.xml, line 1"},
		   {"<Configuration>\n<x></Configuration>", "Config.xml, line 2"}};
	struct rules_config *cfg;

	for (size_t i = 0; i < COUNT(bad); i++) {
		CU_ASSERT_EQUAL(load_config(bad[i].text, &cfg), HF_EINVAL);
		CU_ASSERT_PTR_NULL(cfg);
		if (!strstr(log_last_error(), bad[i].says))
			printf("\n    %s\n", log_last_error());
		CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), bad[i].says));
	}
	CU_ASSERT_EQUAL(rules_config_load("/nonexistent/x.xml", "x.xml", &cfg), HF_ENOENT);
}

static const char generated[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Configuration>\n"
	"  <Applications>\n"
	"    <component displayname=\"Suite\" migrate=\"yes\" ID=\"urn:u/suite/container\">\n"
	"      <component displayname=\"Part &amp; more\" migrate=\"yes\" "
	"ID=\"urn:u/part &amp; more/settings\"/>\n"
	"    </component>\n"
	"  </Applications>\n"
	"  <Documents>\n"
	"    <component displayname=\"One\" migrate=\"yes\" ID=\"urn:u/one/data\"/>\n"
	"    <component displayname=\"One\" migrate=\"yes\" ID=\"urn:u/one/settings\"/>\n"
	"  </Documents>\n"
	"  <WindowsComponents/>\n";

static void what_is_detected_is_written(void)
{
	struct rules *rules = rules_new();
	struct rules_config *cfg;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CU_ASSERT_EQUAL(fake_load(rules, migration, strlen(migration), "u.xml"), 0);
	CU_ASSERT_EQUAL(rules_compile(rules, &machine), 0);
	CU_ASSERT_EQUAL(rules_write_config(rules, out), 0);
	fclose(out);
	CU_ASSERT_EQUAL(strncmp(text, generated, strlen(generated)), 0);
	if (strncmp(text, generated, strlen(generated)))
		printf("\n%s\n", text);
	/* What is written can be read. */
	CU_ASSERT_EQUAL_FATAL(load_config(text, &cfg), 0);
	CU_ASSERT_TRUE(config_migrates(cfg, "urn:u/one/data"));
	rules_config_free(cfg);
	free(text);
	rules_free(rules);
}

static int suite_init(void)
{
	machine = fake_machine(&fake_win10_full);
	return 0;
}

void suite_rules_config(void)
{
	CU_pSuite s = CU_add_suite("rules_config", suite_init, NULL);

	CU_ADD_TEST(s, components_are_switched);
	CU_ADD_TEST(s, errors_are_judged_in_document_order);
	CU_ADD_TEST(s, locked_files_have_a_policy);
	CU_ADD_TEST(s, profiles_are_kept);
	CU_ADD_TEST(s, profiles_are_answered);
	CU_ADD_TEST(s, other_files_are_refused);
	CU_ADD_TEST(s, what_is_detected_is_written);
}
