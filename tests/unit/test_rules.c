// SPDX-License-Identifier: GPL-2.0-or-later
/* rules/: precedence, patterns, and the index against the plain way. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/rules_fake.h"
#include "unit/suites.h"

static struct rules_machine machine;

static void add_set(struct str *xml, const char *element, const char *pattern)
{
	if (pattern)
		str_addf(xml, "<%s><objectSet><pattern type='File'>%s</pattern></objectSet></%s>",
			 element, pattern, element);
}

static void add_component(struct str *xml, const char *name, const char *include,
			  const char *exclude)
{
	if (!include && !exclude)
		return;
	str_addf(xml,
		 "<component type='Documents' context='System'><displayName>%s</displayName>"
		 "<role role='Data'><rules>",
		 name);
	add_set(xml, "include", include);
	/* In a sibling <rules>: the component counts, not the element. */
	str_adds(xml, "</rules><rules>");
	add_set(xml, "exclude", exclude);
	str_adds(xml, "</rules></role></component>");
}

/* Rules of up to two components with one include and one exclude each. */
static struct rules *two_components(const char *i1, const char *e1, const char *i2, const char *e2)
{
	struct str xml = {0};
	const char *texts[2] = {NULL, NULL};
	struct rules *rules;
	int error;

	str_adds(&xml, "<migration urlid='urn:test'>");
	add_component(&xml, "one", i1, e1);
	add_component(&xml, "two", i2, e2);
	str_adds(&xml, "</migration>");
	texts[0] = xml.data;
	rules = fake_rules(&machine, texts, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rules);
	str_free(&xml);
	return rules;
}

struct row {
	const char *include1, *exclude1, *include2, *exclude2;
	const char *yes, *no; /* blank-separated names below C:\ */
};

static void check_list(const struct rules *rules, const char *list, bool expected, const char *what)
{
	char copy[500], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", list);
	for (char *p = strtok_r(copy, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
		char path[200];

		snprintf(path, sizeof(path), "C:\\%s", p);
		fake_check(rules, path, expected, what);
	}
}

/* The rows of the documented table in specification 4.7, files for registry values. */
static const struct row precedence[] = {
	{"C:\\Dir1\\* [*]", "C:\\* [*.txt]", NULL, NULL, "Dir1\\a.txt Dir1\\s\\b.doc", "a.txt"},
	{"C:\\Data\\* [*]", "C:\\* [*.mp3]", NULL, NULL, "Data\\a.mp3", "b.mp3"},
	{"C:\\Dir1\\* [*]", "C:\\Dir1\\Dir2\\* [*.txt]", NULL, NULL,
	 "Dir1\\a.txt Dir1\\Dir2\\a.doc Dir1\\ Dir1\\Dir2\\",
	 "Dir1\\Dir2\\a.txt Dir1\\Dir2\\x\\a.txt"},
	{"C:\\Dir1\\* [*]", "C:\\Dir1\\* [*.txt]", NULL, NULL, "Dir1\\a.doc Dir1\\x\\b.doc",
	 "Dir1\\a.txt Dir1\\x\\a.TXT"},
	{"C:\\Dir1\\Dir2\\* [*.txt]", "C:\\Dir1\\Dir2\\* [*.txt]", NULL, NULL, "",
	 "Dir1\\Dir2\\a.txt Dir1\\Dir2\\"},
	{"C:\\Dir1\\* [*.txt]", "C:\\Dir1\\Dir2\\* [*]", NULL, NULL, "Dir1\\a.txt Dir1\\x\\a.txt",
	 "Dir1\\Dir2\\a.txt Dir1\\a.doc Dir1\\"},
	/* The documents contradict rule 3 here; by rule 3 the include wins. */
	{"C:\\Dir1\\Dir2\\* [*]", "C:\\Dir1\\* [*.txt]", NULL, NULL, "Dir1\\Dir2\\a.txt",
	 "Dir1\\a.txt"},
	{"C:\\Dir1\\* [*]", "C:\\Dir1\\Dir2\\* [*.txt]", "C:\\Dir1\\Dir2\\* [*.txt]",
	 "C:\\Dir1\\* [*]", "Dir1\\a.txt Dir1\\Dir2\\a.txt Dir1\\Dir2\\b.doc", "a.txt"},
	/* The documents contradict rules 1 and 6 here. */
	{"C:\\Dir1\\Dir2\\* [*]", NULL, NULL, "C:\\Dir1\\* [*.txt]", "Dir1\\Dir2\\a.txt",
	 "Dir1\\a.txt"},
	{NULL, "C:\\Dir1\\Dir2\\* [*]", "C:\\Dir1\\* [*.txt]", NULL,
	 "Dir1\\Dir2\\a.txt Dir1\\a.txt", "Dir1\\a.doc"},
	{"C:\\K\\* [*]", "C:\\K [DefaultColor]", NULL, NULL, "K\\other K\\x\\DefaultColor",
	 "K\\DefaultColor"},
	{"C:\\K [DefaultColor]", "C:\\K\\* [*]", NULL, NULL, "K\\DefaultColor",
	 "K\\other K\\x\\DefaultColor K\\"},
	{"C:\\K [V]", "C:\\K [V]", NULL, NULL, "", "K\\V"},
	/* A directory by its name is more specific than with all below it, whatever the leaf. */
	{"C:\\K\\* [V]", "C:\\K [*]", NULL, NULL, "K\\x\\V", "K\\V K\\w"},
	{"C:\\K [V]", "C:\\K\\* [*]", "C:\\K\\* [*]", "C:\\K [V]", "K\\V K\\w K\\x\\y", ""},
	/* "Checks" below the algorithm. */
	{"C:\\U\\* [*]", "C:\\U\\*\\Cache\\* [*]", NULL, NULL, "U\\a U\\Cache\\b U\\p\\c",
	 "U\\p\\Cache\\b U\\p\\q\\Cache\\x\\b"},
	{"C:\\Fx\\* [*]", "C:\\Fx\\Profiles\\*\\ [pluginreg.dat]", NULL, NULL,
	 "Fx\\Profiles\\pluginreg.data Fx\\pluginreg.dat", "Fx\\Profiles\\p1\\pluginreg.dat"},
	{"C:\\* [*.doc]", "C:\\Users\\* [*]", NULL, NULL, "Lab\\a.doc a.doc", "Users\\x\\a.doc"},
	/* More literals in the leaf decide between equal directory parts. */
	{"C:\\A\\* [*.doc]", "C:\\A\\* [*d*]", NULL, NULL, "A\\x.doc", "A\\d.x"},
	{"C:\\A\\* [x.doc]", "C:\\A\\* [*.doc]", NULL, NULL, "A\\x.doc", "A\\y.doc"},
	{"C:\\A\\* [*.doc*]", "C:\\A\\* [*.docx]", NULL, NULL, "A\\x.doc A\\x.docm A\\x.docx1", ""},
};

static void precedence_is_as_documented(void)
{
	for (size_t i = 0; i < sizeof(precedence) / sizeof(*precedence); i++) {
		const struct row *r = &precedence[i];
		struct rules *rules =
			two_components(r->include1, r->exclude1, r->include2, r->exclude2);
		char what[40];

		snprintf(what, sizeof(what), "precedence row %zu", i + 1);
		check_list(rules, r->yes, true, what);
		check_list(rules, r->no, false, what);
		rules_free(rules);
	}
}

/* Forms of specification 4.6. */
static const struct {
	const char *pattern;
	const char *path;
	bool expected;
} forms[] = {
	{"C:\\Dir [*]", "C:\\Dir\\a", true},
	{"C:\\Dir [*]", "C:\\Dir\\", true},
	{"C:\\Dir [*]", "C:\\Dir\\x\\a", false},
	{"C:\\Dir [*]", "C:\\Dir\\x\\", false},
	{"C:\\Dir\\ [*]", "C:\\dir\\A", true},
	{"C:\\Dir\\ [*]", "C:\\Dir\\x\\a", false},
	{"C:\\Dir\\[*]", "C:\\Dir\\a", true},
	{"C:\\Dir\\* [*]", "C:\\Dir\\a", true},
	{"C:\\Dir\\* [*]", "C:\\Dir\\x\\y\\noext", true},
	{"C:\\Dir\\* [*]", "C:\\Dir\\", true},
	{"C:\\Dir\\* [*]", "C:\\Dir\\x\\", true},
	{"C:\\Dir\\* [*]", "C:\\Dir2\\a", false},
	{"C:\\Dir\\*", "C:\\Dir\\", true},
	{"C:\\Dir\\*", "C:\\Dir\\x\\", true},
	{"C:\\Dir\\*", "C:\\Dir\\a", false},
	{"C:\\Dir", "C:\\Dir\\", true},
	{"C:\\Dir", "C:\\Dir\\x\\", false},
	{"C:\\Dir", "C:\\Dir\\a", false},
	{"C:\\Dir []", "C:\\Dir\\", true},
	{"C:\\Dir* [*]", "C:\\Dir\\a", true},
	{"C:\\Dir* [*]", "C:\\Dir2\\x\\a", true},
	{"C:\\Dir* [*]", "C:\\Di\\a", false},
	{"C:\\*\\X [*]", "C:\\a\\X\\f", true},
	{"C:\\*\\X [*]", "C:\\a\\b\\x\\f", true},
	{"C:\\*\\X [*]", "C:\\X\\f", false},
	{"C:\\*\\X [*]", "C:\\a\\X\\y\\f", false},
	{"C:\\A\\*\\B\\* [*]", "C:\\A\\1\\2\\B\\3\\f", true},
	{"C:\\A\\*\\B\\* [*]", "C:\\A\\1\\B\\f", true},
	{"C:\\A\\*\\B\\* [*]", "C:\\A\\B\\f", false},
	{"* [*.doc]", "D:\\x\\a.DOC", true},
	{"* [*.doc]", "C:\\a.doc", true},
	{"* [*.doc]", "C:\\a.docx", false},
	{"* [*.doc]", "C:\\x\\", false},
	{"*[*.doc]", "C:\\x\\a.doc", true},
	{"*\\Temp\\* [*]", "D:\\x\\Temp\\a", true},
	{"C:\\Dir\\* [*.doc*]", "C:\\Dir\\a.docx", true},
	{"C:\\Dir\\* [*.doc*]", "C:\\Dir\\a.b.doc.bak", true},
	{"C:\\Dir\\* [*.doc*]", "C:\\Dir\\a.odt", false},
	{"C:\\Dir\\* [*.tar.gz]", "C:\\Dir\\a.tar.gz", true},
	{"C:\\Dir\\* [*.tar.gz]", "C:\\Dir\\a.gz", false},
	{"C:\\Dir\\* [a*b*c]", "C:\\Dir\\a-b-b-c", true},
	{"C:\\Dir\\* [a*b*c]", "C:\\Dir\\ac", false},
	{"C:\\Dir [file^].txt]", "C:\\Dir\\file].txt", true},
	{"C:\\Dir [file^[1^].txt]", "C:\\Dir\\file[1].txt", true},
	{"C:\\Dir [a^*b]", "C:\\Dir\\axb", false},
	{"C:\\a [b]\\* [*]", "C:\\a [b]\\f", true},
	{"C:\\a^[b^]", "C:\\a[b]\\", true},
	{"C:\\Common\\Blog \\* [*]", "C:\\Common\\Blog \\f", true},
	{"C:\\Common\\Blog \\* [*]", "C:\\Common\\Blog\\f", false},
	{"  C:\\Dir\\*    [*]\n", "C:\\Dir\\f", true},
	{"C:\\\\Dir\\\\* [*]", "C:\\Dir\\f", true},
	{"C:/Dir/* [*]", "C:\\Dir\\f", true},
	{"C:\\ [f]", "C:\\f", true},
	{"C:\\ [f]", "C:\\x\\f", false},
	{"C:\\*", "C:\\", true},
	{"C:\\?ir [*]", "C:\\Dir\\f", false},
	{"C:\\100%\\* [*]", "C:\\100%\\f", true},
	{"C:\\\xC3\x84\xC3\x96\\* [\xC3\xA4*]", "C:\\\xC3\xA4\xC3\xB6\\\xC3\x84x", true},
	{"C:\\\xF0\x9F\x98\x80\\* [*]", "C:\\\xF0\x9F\x98\x80\\f", true},
};

static void patterns_match_as_documented(void)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct rules *rules = two_components(forms[i].pattern, NULL, NULL, NULL);

		fake_check(rules, forms[i].path, forms[i].expected, forms[i].pattern);
		rules_free(rules);
	}
}

static void bad_patterns_are_dropped_with_a_warning(void)
{
	static const char *const bad[] = {
		"",	      "[x]",	"Dir\\* [*]", "\\Dir [*]", "\\\\srv\\x\\* [*]",
		"C:\\Dir [x", "CC:\\x", "C:Dir [*]"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		unsigned before = log_warning_count();
		struct rules *rules = two_components(bad[i], NULL, NULL, NULL);

		if (rules_count(rules) || log_warning_count() != before + 1)
			printf("\n    \"%s\" was not dropped\n", bad[i]);
		CU_ASSERT_EQUAL(rules_count(rules), 0);
		CU_ASSERT_EQUAL(log_warning_count(), before + 1);
		rules_free(rules);
	}
}

/* Decisions by the index and by the plain way must agree on rules that overlap in every manner. */
static const char *const nodes[] = {"C:\\A\\*",	   "C:\\A",	  "C:\\A\\B\\*", "C:\\A\\*\\C\\*",
				    "C:\\A*",	   "*",		  "C:\\*\\B",	 "C:\\*",
				    "C:\\A\\B\\C", "C:\\*\\C\\*", "C:\\A\\*\\D", "*\\B\\*"};
static const char *const leaves[] = {" [*]",   "",	" [*.x]",  " [*.y]",
				     " [a.x]", " [a*]", " [*.x*]", " [*x*]"};
static const char *const dirs[] = {"",	  "A\\",       "A\\B\\",    "A\\B\\C\\",   "AB\\",
				   "B\\", "A\\C\\D\\", "X\\B\\C\\", "A\\X\\C\\D\\"};
static const char *const files[] = {"", "a.x", "b.x", "a.y", "z", "x.a.xx"};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct rules *random_rules(struct str *xml)
{
	const char *texts[2] = {NULL, NULL};
	struct rules *rules;
	int error;

	str_adds(xml, "<migration urlid='u'>");
	for (int c = 0; c < 1 + rand() % 3; c++) {
		str_addf(xml, "<component context='%s'><role role='Data'><rules>",
			 rand() % 2 ? "System" : "UserAndSystem");
		for (int k = 0; k < 1 + rand() % 6; k++) {
			char pattern[60];

			snprintf(pattern, sizeof(pattern), "%s%s",
				 nodes[(size_t)rand() % COUNT(nodes)],
				 leaves[(size_t)rand() % COUNT(leaves)]);
			add_set(xml,
				rand() % 2   ? "include"
				: rand() % 4 ? "exclude"
					     : "unconditionalExclude",
				pattern);
		}
		str_adds(xml, "</rules></role></component>");
	}
	str_adds(xml, "</migration>");
	texts[0] = xml->data;
	rules = fake_rules(&machine, texts, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rules);
	return rules;
}

/* Nothing below a directory that is not to be entered may be selected. */
static void check_nothing_below(const struct rules *rules, const char *dir, const char *xml)
{
	size_t n = strlen(dir);

	for (size_t d = 0; d < COUNT(dirs); d++) {
		if (strncmp(dirs[d], dir, n) || !dirs[d][n])
			continue;
		for (size_t f = 0; f < COUNT(files); f++) {
			char path[120];
			bool lost;

			snprintf(path, sizeof(path), "C:\\%s%s", dirs[d], files[f]);
			lost = fake_selected(rules, path);
			if (lost)
				printf("\n    %s lost below %s\n%s\n", path, dir, xml);
			CU_ASSERT_FALSE(lost);
		}
	}
}

static bool descends(const struct rules *rules, const char *path)
{
	struct rules_dir dir = {0};
	bool result;

	CU_ASSERT_EQUAL(rules_enter(rules, path, &dir), 0);
	result = dir.may_descend;
	rules_dir_free(&dir);
	return result;
}

static void index_agrees_with_plain_rules(void)
{
	srand(1);
	for (int round = 0; round < 300; round++) {
		struct str xml = {0};
		struct rules *rules = random_rules(&xml);

		for (size_t d = 0; d < COUNT(dirs); d++) {
			char path[60];

			for (size_t f = 0; f < COUNT(files); f++) {
				snprintf(path, sizeof(path), "C:\\%s%s", dirs[d], files[f]);
				fake_decide(rules, path, 0);
			}
			snprintf(path, sizeof(path), "C:\\%s", dirs[d]);
			path[strlen(path) - 1] = '\0';
			if (!descends(rules, path))
				check_nothing_below(rules, dirs[d], xml.data);
		}
		rules_free(rules);
		str_free(&xml);
	}
}

static void subtrees_are_pruned(void)
{
	struct rules *rules = two_components("C:\\A\\B\\* [*]", NULL, NULL, NULL);

	CU_ASSERT_TRUE(descends(rules, "C:"));
	CU_ASSERT_TRUE(descends(rules, "C:\\a"));
	CU_ASSERT_TRUE(descends(rules, "C:\\A\\B\\C"));
	CU_ASSERT_FALSE(descends(rules, "C:\\AB"));
	CU_ASSERT_FALSE(descends(rules, "C:\\A\\C"));
	CU_ASSERT_FALSE(descends(rules, "D:"));
	rules_free(rules);
	rules = two_components("C:\\* [*.doc]", "C:\\Windows\\* [*]", NULL, NULL);
	CU_ASSERT_TRUE(descends(rules, "C:\\Lab"));
	CU_ASSERT_FALSE(descends(rules, "C:\\Windows"));
	CU_ASSERT_FALSE(descends(rules, "C:\\Windows\\System32"));
	rules_free(rules);
	/* The exclude takes less than all: its subtree has to be seen. */
	rules = two_components("C:\\* [*.doc]", "C:\\Windows\\* [*.txt]", NULL, NULL);
	CU_ASSERT_TRUE(descends(rules, "C:\\Windows"));
	rules_free(rules);
	/* The include has the same directory part and a narrower leaf: it wins there. */
	rules = two_components("C:\\A\\* [*.doc]", "C:\\A\\* [*]", NULL, NULL);
	CU_ASSERT_TRUE(descends(rules, "C:\\A"));
	rules_free(rules);
	rules = two_components("*\\Keep\\* [*]", "C:\\Windows\\* [*]", "C:\\Windows\\X [y]", NULL);
	CU_ASSERT_TRUE(descends(rules, "C:\\Windows"));
	CU_ASSERT_FALSE(descends(rules, "C:\\Windows\\X"));
	rules_free(rules);
}

/* A hostile volume can be deeper than any Windows path; its files still belong to the top. */
static void endless_paths_keep_their_rules(void)
{
	struct rules *rules = two_components("C:\\A\\* [*]", NULL, NULL, NULL);
	static const uint16_t name[] = {'f'};
	struct rules_decision decision;
	struct rules_dir dir = {0};
	struct str path = {0};

	str_adds(&path, "C:\\A");
	for (int i = 0; i < 30000; i++)
		str_adds(&path, "\\\xC3\xA4");
	CU_ASSERT_EQUAL(rules_enter(rules, path.data, &dir), 0);
	rules_decide_file(&dir, name, 1, 0, &decision);
	CU_ASSERT_TRUE(decision.selected);
	CU_ASSERT_TRUE(dir.may_descend);
	rules_dir_free(&dir);
	str_free(&path);
	rules_free(rules);
}

static int suite_init(void)
{
	machine = fake_machine(&fake_win10);
	return 0;
}

void suite_rules(void)
{
	CU_pSuite s = CU_add_suite("rules", suite_init, NULL);

	CU_ADD_TEST(s, precedence_is_as_documented);
	CU_ADD_TEST(s, patterns_match_as_documented);
	CU_ADD_TEST(s, bad_patterns_are_dropped_with_a_warning);
	CU_ADD_TEST(s, index_agrees_with_plain_rules);
	CU_ADD_TEST(s, subtrees_are_pruned);
	CU_ADD_TEST(s, endless_paths_keep_their_rules);
}
