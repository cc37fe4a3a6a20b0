// SPDX-License-Identifier: GPL-2.0-or-later
/* rules/: rules for the restore, added objects, remapped variables, and --lint (USMT specification
 * 4.2, 4.5, 4.7, 4.10 to 4.15). */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/rules_fake.h"
#include "unit/suites.h"

static struct rules_machine machine;

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define SET(p)	 "<objectSet><pattern type='File'>" p "</pattern></objectSet>"
#define KEYS(p)	 "<objectSet><pattern type='Registry'>" p "</pattern></objectSet>"

static const char
	restore_rules
		[] = "<rules>"
		     "<merge script='MigXmlHelper.SourcePriority()'>" SET(
			     "C:\\A\\* [*]") "</merge>"
					     "<merge "
					     "script='migxmlhelper.destinationpriority()'>" SET(
						     "C:\\A\\* [*.ini]") "</merge>"
									 "<merge "
									 "script='MigXmlHelper."
									 "NewestVersion("
									 "\"FileVersion\")'>" SET("C:\\A\\* [*.ini]") "</merge>"
														      "<merge script='MigXmlHelper.HigherValue()'>" KEYS("HKCU\\K\\* [*]") "</merge>"
																							   "<merge script='MigXmlHelper.NoSuch()'>" SET("C:\\B\\* [*]") "</merge>"
																															"<merge script='MigXmlHelper.FindFilePlaceByPattern()'>" SET("C:\\B\\* [*]") "</merge>"
																																								     "<locationModify script=\"MigXmlHelper.RelativeMove('%CSIDL_PERSONAL%','%NOSUCH%\\X')\">" SET("C:\\A\\B\\* [*]") "</locationModify>"
																																																						      "<contentModify script=\"MigXmlHelper.SetValueByTable('1,2','a,b',NULL)\">" KEYS("HKCU\\K [v]") "</contentModify>"
																																																																		      "<destinationCleanup filter='MigXmlHelper.AnswerNo()'>" KEYS("HKCU\\K\\* [*]") "</destinationCleanup>"
																																																																												     "<include filter='MigXmlHelper.NeverRestore()'>" SET(
																																																																													     "C:\\A\\* [*]") "</include>"
																																																																															     "<excludeAttributes attributes='Security, TimeFields'>" SET("C:\\A\\* [*]") "</excludeAttributes>"
																																																																																									 "<includeAttributes attributes='Security'>" SET(
																																																																																										 "C:\\A\\B\\* [*]") "</includeAttributes>"
																																																																																												    "</rules>";

static const struct {
	const char *section;
	enum rules_apply_kind kind;
	struct rules_object object;
	const char *helper; /* NULL: none applies */
} best[] = {
	{"4.14 most specific", RULES_MERGE, {RULES_FILE, -1, "C:\\A", "x.txt"}, "SourcePriority"},
	{"4.14 ties: document order",
	 RULES_MERGE,
	 {RULES_FILE, -1, "C:\\A\\x", "y.INI"},
	 "DestinationPriority"},
	{"4.14 nothing", RULES_MERGE, {RULES_FILE, -1, "C:\\C", "x"}, NULL},
	{"4.17 unknown helper: nothing", RULES_MERGE, {RULES_FILE, -1, "C:\\B", "x"}, NULL},
	{"4.14 registry", RULES_MERGE, {RULES_REGISTRY, 0, "HKCU\\K\\L", "v"}, "HigherValue"},
	{"4.14 of one user", RULES_MERGE, {RULES_REGISTRY, 7, "HKCU\\K\\L", "v"}, NULL},
	{"4.12", RULES_LOCATION_MODIFY, {RULES_FILE, -1, "C:\\A\\B\\c", "x"}, "RelativeMove"},
	{"4.12", RULES_LOCATION_MODIFY, {RULES_FILE, -1, "C:\\A\\B", NULL}, "RelativeMove"},
	{"4.13", RULES_CONTENT_MODIFY, {RULES_REGISTRY, 1, "HKCU\\K", "V"}, "SetValueByTable"},
	{"4.15", RULES_CLEANUP, {RULES_REGISTRY, 1, "HKCU\\K", NULL}, "AnswerNo"},
	{"4.8 NeverRestore", RULES_FILTER, {RULES_FILE, -1, "C:\\A", "x"}, "NeverRestore"},
};

static void restore_rules_are_kept(void)
{
	struct rules *rules = fake_component(&machine, "context='User'", restore_rules);
	const struct rules_apply_rule *r;
	uint32_t number;

	for (size_t i = 0; i < COUNT(best); i++) {
		const char *helper;

		CU_ASSERT_EQUAL(
			rules_best_apply_rule(rules, best[i].kind, &best[i].object, &number), 0);
		helper = number == RULES_NONE ? NULL : rules_apply_rule(rules, number)->helper;
		if (!helper != !best[i].helper || (helper && strcmp(helper, best[i].helper)))
			printf("\n    %s: %s\n", best[i].section, helper ? helper : "none");
		CU_ASSERT_TRUE(!helper == !best[i].helper &&
			       (!helper || !strcmp(helper, best[i].helper)));
	}
	CU_ASSERT_EQUAL(
		rules_best_apply_rule(rules, RULES_LOCATION_MODIFY, &best[6].object, &number), 0);
	CU_ASSERT_FATAL(number != RULES_NONE);
	r = rules_apply_rule(rules, number);
	CU_ASSERT_EQUAL(r->arg_count, 2);
	CU_ASSERT_STRING_EQUAL(r->args[0], "%CSIDL_PERSONAL%");
	CU_ASSERT_STRING_EQUAL(r->source_args[0], "C:\\Users\\ann\\Documents");
	CU_ASSERT_PTR_NULL(r->source_args[1]);
	CU_ASSERT_STRING_EQUAL(r->pattern, "C:\\A\\B\\* [*]");
	CU_ASSERT_EQUAL(r->line, 1);
	CU_ASSERT_STRING_EQUAL(r->urlid, "urn:test");
	rules_free(rules);
}

static void attributes_travel_by_the_most_specific(void)
{
	struct rules *rules = fake_component(&machine, "context='System'", restore_rules);
	struct rules_object object = {RULES_FILE, -1, "C:\\A", "x"};
	unsigned what;

	CU_ASSERT_EQUAL(rules_attributes(rules, &object, &what), 0);
	CU_ASSERT_EQUAL(what, 0);
	object.node = "C:\\A\\B\\c";
	CU_ASSERT_EQUAL(rules_attributes(rules, &object, &what), 0);
	CU_ASSERT_EQUAL(what, RULES_SECURITY);
	object.node = "C:\\C";
	CU_ASSERT_EQUAL(rules_attributes(rules, &object, &what), 0);
	CU_ASSERT_EQUAL(what, RULES_SECURITY | RULES_TIME_FIELDS);
	rules_free(rules);
}

static int note_added(void *ctx, const struct rules_added_object *o)
{
	struct str *s = ctx;

	str_addf(s, "%d %s (%s)", o->type, o->location, o->attributes);
	for (size_t i = 0; i < o->len; i++)
		str_addf(s, " %02X", ((const uint8_t *)o->bytes)[i]);
	return str_addc(s, '\n');
}

#define OBJECT(type, where, what, bytes)                                                           \
	"<object><location type='" type "'><text>" where "</text></location><attributes>" what     \
	"</attributes>" bytes "</object>"

static void added_objects_are_listed(void)
{
	struct str got = {0};
	unsigned before = log_warning_count();
	struct rules *rules = fake_component(
		&machine, "context='System'",
		"<rules><addObjects>" OBJECT(
			"Registry", "HKLM\\K [d]", "Dword",
			"<bytes>0B000000</bytes>") OBJECT("Registry", "HKLM\\K [s]", "String",
							  "<bytes "
							  "string='Yes'>%SYSTEMDRIVE%</bytes>")
			OBJECT("Registry", "HKLM\\K [n]", "String",
			       "<bytes string='Yes' expand='No'>%</bytes>")
				OBJECT("Registry", "HKLM\\K", "None", "<bytes>00</bytes>") OBJECT(
					"File", "%WINDIR% [x.txt]", "Hidden",
					"<bytes>616263</bytes>")
					OBJECT("File", "C:\\x [y]", "",
					       "<bytes>6</bytes>") "</"
								   "addObjects><addObjects><"
								   "condition>MigXmlHelper."
								   "DoesObjectExist('File','C:"
								   "\\nope')"
								   "</condition>" OBJECT(
									   "File", "C:\\never [x]",
									   "", "") "</addObjects></"
										   "rules>");

	CU_ASSERT_EQUAL(rules_added_objects(rules, note_added, &got), 0);
	CU_ASSERT_STRING_EQUAL(got.data, "1 HKLM\\K [d] (Dword) 0B 00 00 00\n"
					 "1 HKLM\\K [s] (String) 43 00 3A 00 00 00\n"
					 "1 HKLM\\K [n] (String) 25 00 00 00\n"
					 "1 HKLM\\K (None)\n"
					 "0 C:\\Windows [x.txt] (Hidden) 61 62 63\n");
	CU_ASSERT_EQUAL(log_warning_count(), before + 1);
	str_free(&got);
	rules_free(rules);
}

/* Each function for the restore: element, call, its arguments as they are kept. */
static const struct {
	const char *section, *element, *call, *kept;
} calls[] = {
	{"4.14", "merge", "MigXmlHelper.DestinationPriority()", "DestinationPriority"},
	{"4.14", "merge", "migxmlhelper.SOURCEPRIORITY ( )", "SourcePriority"},
	{"4.14", "merge", "MigXmlHelper.FindFilePlaceByPattern('&lt;F> (&lt;N>).&lt;E>')",
	 "FindFilePlaceByPattern <F> (<N>).<E>"},
	{"4.14", "merge", "MigXmlHelper.NewestVersion('FileVersion')", "NewestVersion FileVersion"},
	{"4.14", "merge", "MigXmlHelper.HigherValue()", "HigherValue"},
	{"4.14", "merge", "MigXmlHelper.LowerValue()", "LowerValue"},
	{"4.14", "merge", "MigXmlHelper.LeafPattern()", "LeafPattern"},
	{"4.14", "merge", "MigXmlHelper.NoSuch()", NULL},
	{"4.14", "merge", "MigXmlHelper.NewestVersion(NULL)", NULL},
	{"4.12", "locationModify", "MigXmlHelper.ExactMove('C:\\a [b.txt]')",
	 "ExactMove C:\\a [b.txt]"},
	{"4.12", "locationModify", "MigXmlHelper.Move(&quot;C:\\a&quot;)", "Move C:\\a"},
	{"4.12", "locationModify", "MigXmlHelper.RelativeMove('C:\\a','%WINDIR%\\b')",
	 "RelativeMove C:\\a %WINDIR%\\b"},
	{"4.12", "locationModify", "MigXmlHelper.RelativeMove('C:\\a')", NULL},
	{"4.13", "contentModify", "MigXmlHelper.ConvertToDWORD(NULL)", "ConvertToDWORD (null)"},
	{"4.13", "contentModify", "MigXmlHelper.ConvertToDWORD()", "ConvertToDWORD"},
	{"4.13", "contentModify", "MigXmlHelper.ConvertToString('7')", "ConvertToString 7"},
	{"4.13", "contentModify", "MigXmlHelper.ConvertToBinary()", "ConvertToBinary"},
	{"4.13", "contentModify", "MigXmlHelper.OffsetValue('-3')", "OffsetValue -3"},
	{"4.13", "contentModify", "MigXmlHelper.SetValueByTable('1,2','3,4',NULL)",
	 "SetValueByTable 1,2 3,4 (null)"},
	{"4.13", "contentModify", "MigXmlHelper.KeepExisting('Security','FileAttrib:RH')",
	 "KeepExisting Security FileAttrib:RH"},
	{"4.13", "contentModify", "MigXmlHelper.MergeMultiSzContent('Add','a','Remove','b')",
	 "MergeMultiSzContent Add a Remove b"},
	{"4.13", "contentModify", "MigXmlHelper.MergeDelimitedContent(';','Add','a')",
	 "MergeDelimitedContent ; Add a"},
	{"4.13", "contentModify", "MigXmlHelper.MergeShellLibraries('TRUE','TRUE')",
	 "MergeShellLibraries TRUE TRUE"},
	{"4.13", "contentModify", "MigSysHelper.ConvertToOfficeLangID()", "ConvertToOfficeLangID"},
	{"4.13", "contentModify", "MigSysHelper.UpdateMvBinaryMapiStruct()",
	 "UpdateMvBinaryMapiStruct"},
	{"4.13", "contentModify", "MigSysHelper.SetPstPathInMapiStruct()",
	 "SetPstPathInMapiStruct"},
};

static void calls_are_kept_as_written(void)
{
	for (size_t i = 0; i < COUNT(calls); i++) {
		const struct rules_apply_rule *r;
		struct str xml = {0}, got = {0};
		struct rules *rules;

		str_addf(&xml, "<rules><%s script=\"%s\">" SET("C:\\A [*]") "</%s></rules>",
			 calls[i].element, calls[i].call, calls[i].element);
		rules = fake_component(&machine, "context='System'", xml.data);
		CU_ASSERT_EQUAL(rules_apply_rule_count(rules), calls[i].kept != NULL);
		if (calls[i].kept && rules_apply_rule_count(rules)) {
			r = rules_apply_rule(rules, 0);
			str_adds(&got, r->helper);
			for (unsigned k = 0; k < r->arg_count; k++)
				str_addf(&got, " %s", r->args[k] ? r->args[k] : "(null)");
			if (strcmp(got.data, calls[i].kept))
				printf("\n    %s: %s\n", calls[i].section, got.data);
			CU_ASSERT_STRING_EQUAL(got.data, calls[i].kept);
		}
		rules_free(rules);
		str_free(&xml);
		str_free(&got);
	}
}

/* 4.2: what only informs changes nothing; <extensions> include on fixed drives. */
static void elements_of_components_are_read(void)
{
	unsigned before = log_warning_count();
	struct rules *rules = fake_component(
		&machine, "context='System'",
		"<rules/></role><manufacturer>x</manufacturer><version>1</version><description/>"
		"<paths><path "
		"type='x'>y</path></paths><icon/><extensions><extension>dwg</extension>"
		"<extension>*.odt</extension></extensions><role role='Settings'><plugin/>");

	CU_ASSERT_EQUAL(log_warning_count(), before);
	fake_check(rules, "D:\\x\\a.DWG", true, "4.2 extension");
	fake_check(rules, "C:\\a.odt", true, "4.2 extension");
	fake_check(rules, "E:\\a.odt", false, "4.2 extension: fixed drives only");
	fake_check(rules, "C:\\a.doc", false, "4.2 extension");
	rules_free(rules);
}

/* 4.2: <location> by script is one string; <addObjects> by script has no function to call. */
static void locations_may_come_from_a_script(void)
{
	static const char content[] =
		"<rules><addObjects><object><location type='File'><script>"
		"MigXmlHelper.GetStringContent('Registry','HKLM\\Software\\App [Path]')</script>"
		"</location><attributes>Hidden</attributes></object><object>"
		"<location type='File'><script>MigXmlHelper.GetStringContent('Registry',"
		"'HKLM\\Software\\App [None]')</script></location><attributes/></object>"
		"<script>MigXmlHelper.Nothing()</script></addObjects></rules>";
	struct str got = {0};
	unsigned before = log_warning_count();
	struct rules *rules = fake_component(&machine, "context='System'", content);

	CU_ASSERT_EQUAL(log_warning_count(), before + 1);
	CU_ASSERT_EQUAL(rules_added_objects(rules, note_added, &got), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(got.data);
	CU_ASSERT_STRING_EQUAL(got.data, "0 C:\\Windows\\notes.txt (Hidden)\n");
	if (strcmp(got.data, "0 C:\\Windows\\notes.txt (Hidden)\n"))
		printf("\n    %s\n", got.data);
	str_free(&got);
	rules_free(rules);
}

static int note_remap(void *ctx, const char *name, const char *value, int user)
{
	return str_addf(ctx, "%s=%s for %d\n", name, value, user);
}

static void remapped_variables_are_listed(void)
{
	struct str got = {0};
	struct rules *rules = fake_component(
		&machine, "context='System'",
		"<environment><variable name='A' remap='Yes'><text>C:\\A</text></variable>"
		"<variable name='B'><text>C:\\B</text></variable></environment><rules/>");

	CU_ASSERT_EQUAL(rules_remaps(rules, note_remap, &got), 0);
	CU_ASSERT_STRING_EQUAL(got.data, "A=C:\\A for -1\n");
	str_free(&got);
	rules_free(rules);
}

/* A component (attributes, then content of its role) and a part of what --lint says, NULL nothing.
 */
static const struct {
	const char *attributes, *content, *says;
} lints[] = {
	{"", "<rules><include>" SET("C:\\A\\* [*]") "</include></rules>", NULL},
	{"", "<rules><exclude>" SET("C:\\A\\* [*]") "</exclude></rules>", "only excludes"},
	{"", "<rules><unconditionalExclude>" SET("C:\\A\\* [*]") "</unconditionalExclude></rules>",
	 NULL},
	{"", "<rules><include>" SET("A\\* [*]") "</include></rules>", "can never match"},
	{"", "<rules><include>" SET("\\\\srv\\x [*]") "</include></rules>", "can never match"},
	{"", "<rules><include>" SET("C:\\A?\\* [*]") "</include></rules>", "? is no wildcard"},
	{"", "<rules><include>" KEYS("Software\\X [*]") "</include></rules>", "can never match"},
	{"context='System'", "<rules><include>" KEYS("HKCU\\X [*]") "</include></rules>",
	 "HKCU needs a user"},
	{"", "<rules><include>" SET("%NOSUCH%\\* [*]") "</include></rules>", "%NOSUCH%"},
	{"", "<rules><include>" SET("%FOLDERID_Downloads%\\* [*]") "</include></rules>", NULL},
	{"",
	 "<environment><variable name='nosuch'><text>C:\\A</text></variable></environment>"
	 "<rules><include>" SET("%NOSUCH%\\* [*]") "</include></rules>",
	 NULL},
	{"context='System'", "<rules><include>" SET("%USERPROFILE%\\* [*]") "</include></rules>",
	 "has no value in the System context"},
	{"", "<rules context='System'><include>" SET("%APPDATA%\\* [*]") "</include></rules>",
	 "has no value in the System context"},
	{"context='User'", "<rules><include>" SET("%APPDATA%\\* [*]") "</include></rules>", NULL},
	{"context='System'",
	 "<rules><include><objectSet><script>MigXmlHelper.GenerateUserPatterns('File',"
	 "'%APPDATA%\\* [*]','TRUE')</script></objectSet></include></rules>",
	 NULL},
	{"", "<Rules/>", "write <rules>"},
	{"", "<nonsense/>", "unknown element <nonsense>"},
	{"", "<pattern/>", "may not stand"},
	{"", "<rules colour='red'><include>" SET("C:\\A [*]") "</include></rules>", "colour"},
	{"",
	 "<rules><include><objectSet><pattern "
	 "type='Dir'>C:\\A</pattern></objectSet></include></rules>",
	 "needs type="},
};

struct heard {
	const char *says;
	int found, others;
};

static int hear(void *ctx, const char *file, unsigned line, const char *text)
{
	struct heard *h = ctx;

	if (h->says && strstr(text, h->says)) {
		h->found++;
		CU_ASSERT_TRUE(line > 0 && *file);
	} else {
		h->others++;
		printf("\n    also said: %s\n", text);
	}
	return 0;
}

static void lint_says_what_is_weak(void)
{
	for (size_t i = 0; i < COUNT(lints); i++) {
		struct rules *rules =
			fake_component(&machine, lints[i].attributes, lints[i].content);
		struct heard heard = {.says = lints[i].says};

		CU_ASSERT_EQUAL(rules_lint(rules, hear, &heard), 0);
		if (heard.found != (lints[i].says != NULL))
			printf("\n    not said: %s: %s\n", lints[i].says, lints[i].content);
		CU_ASSERT_EQUAL(heard.found, lints[i].says != NULL);
		CU_ASSERT_EQUAL(heard.others, 0);
		rules_free(rules);
	}
}

static void lint_says_a_second_urlid(void)
{
	static const char *const texts[] = {"<migration urlid='a'/>", "<migration urlid='A'/>",
					    NULL};
	struct heard heard = {.says = "has the urlid of test1.xml"};
	int error;
	struct rules *rules = fake_rules(&machine, texts, &error);

	CU_ASSERT_PTR_NOT_NULL_FATAL(rules);
	CU_ASSERT_EQUAL(rules_lint(rules, hear, &heard), 0);
	CU_ASSERT_EQUAL(heard.found, 1);
	CU_ASSERT_EQUAL(heard.others, 0);
	rules_free(rules);
}

static int suite_init(void)
{
	machine = fake_machine(&fake_win10_full);
	return 0;
}

void suite_rules_apply(void)
{
	CU_pSuite s = CU_add_suite("rules_apply", suite_init, NULL);

	CU_ADD_TEST(s, restore_rules_are_kept);
	CU_ADD_TEST(s, attributes_travel_by_the_most_specific);
	CU_ADD_TEST(s, added_objects_are_listed);
	CU_ADD_TEST(s, locations_may_come_from_a_script);
	CU_ADD_TEST(s, calls_are_kept_as_written);
	CU_ADD_TEST(s, elements_of_components_are_read);
	CU_ADD_TEST(s, remapped_variables_are_listed);
	CU_ADD_TEST(s, lint_says_what_is_weak);
	CU_ADD_TEST(s, lint_says_a_second_urlid);
}
