// SPDX-License-Identifier: GPL-2.0-or-later
/* Our own rule files, component by component, on the computer of rules_apps_table.h. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/rules_apps_patterns.h"
#include "unit/rules_fake.h"
#include "unit/suites.h"

#define FOLDER "rootfs/usr/share/holdfast/"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

struct table {
	const char *file;
	const struct app_row *rows;
	size_t count;
	bool complete; /* every component of the file has rows */
};

static const struct table tables[] = {
	{"MigApp.xml", migapp_rows, COUNT(migapp_rows), true},
	{"MigSys.xml", migsys_rows, COUNT(migsys_rows), true},
	{"MigUser.xml", miguser_rows, COUNT(miguser_rows), false},
	{"MigApp.xml", migapp_patterns, COUNT(migapp_patterns), false},
	{"MigSys.xml", migsys_patterns, COUNT(migsys_patterns), false},
};

static const char *const our_files[] = {"MigUser.xml", "MigDocs.xml", "MigApp.xml", "MigSys.xml"};

static const struct fake_variable variables[] = {
	{-1, "SYSTEMDRIVE", "C:"},
	{-1, "WINDIR", "C:\\Windows"},
	{-1, "CSIDL_WINDOWS", "C:\\Windows"},
	{-1, "CSIDL_PROGRAM_FILES", "C:\\Program Files"},
	{-1, "CSIDL_PROGRAM_FILES_COMMON", "C:\\Program Files\\Common Files"},
	{-1, "PROFILESFOLDER", "C:\\Users"},
	{-1, "CSIDL_COMMON_APPDATA", "C:\\ProgramData"},
	{0, "USERPROFILE", "C:\\Users\\ann"},
	{0, "CSIDL_APPDATA", "C:\\Users\\ann\\AppData\\Roaming"},
	{0, "CSIDL_LOCAL_APPDATA", "C:\\Users\\ann\\AppData\\Local"},
	{0, "CSIDL_PERSONAL", "C:\\Users\\ann\\Documents"},
	{0, "CSIDL_DESKTOP", "C:\\Users\\ann\\Desktop"},
	{0, "CSIDL_MYMUSIC", "C:\\Users\\ann\\Music"},
	{0, "CSIDL_MYPICTURES", "C:\\Users\\ann\\Pictures"},
	{0, "CSIDL_MYVIDEO", "C:\\Users\\ann\\Videos"},
	{0, "CSIDL_NETHOOD", ROAM "Microsoft\\Windows\\Network Shortcuts"},
	{0, "CSIDL_PRINTHOOD", ROAM "Microsoft\\Windows\\Printer Shortcuts"},
	{0, "CSIDL_SENDTO", ROAM "Microsoft\\Windows\\SendTo"},
	{0, "CSIDL_TEMPLATES", ROAM "Microsoft\\Windows\\Templates"},
	{0, "CSIDL_PLAYLISTS", HOME "Music\\Playlists"},
	{0, "FOLDERID_Downloads", HOME "Downloads"},
	{0, "FOLDERID_Objects3D", HOME "3D Objects"},
	{0, "FOLDERID_SavedPictures", HOME "Pictures\\Saved Pictures"},
	{0, "FOLDERID_Screenshots", "D:\\Screens"},
	{0, "FOLDERID_CameraRoll", HOME "Pictures\\Camera Roll"},
	{0, NULL, NULL},
};

static bool is_registry(const char *object)
{
	return !strncmp(object, "HK", 2);
}

/* "KEY [NAME]" in two; both point into BUFFER. */
static void split(const char *object, char buffer[400], char **name)
{
	char *end;

	snprintf(buffer, 400, "%s", object);
	*name = strstr(buffer, " [");
	CU_ASSERT_PTR_NOT_NULL_FATAL(*name);
	**name = '\0';
	*name += 2;
	end = strrchr(*name, ']');
	CU_ASSERT_PTR_NOT_NULL_FATAL(end);
	*end = '\0';
}

typedef int (*row_visit)(void *ctx, const struct app_row *row);

static int each_row(row_visit visit, void *ctx)
{
	for (size_t t = 0; t < COUNT(tables); t++) {
		for (size_t i = 0; i < tables[t].count; i++) {
			int result = visit(ctx, &tables[t].rows[i]);

			if (result)
				return result;
		}
	}
	return 0;
}

static int os(void *ctx, struct rules_os *out)
{
	(void)ctx;
	*out = (struct rules_os){10, 0, 19045, "", 64};
	return 0;
}

struct value_query {
	const char *key, *name;
	bool found;
};

static int match_value(void *ctx, const struct app_row *row)
{
	struct value_query *q = ctx;
	char buffer[400], *name;

	if (!is_registry(row->object))
		return 0;
	split(row->object, buffer, &name);
	q->found |= !strcasecmp(buffer, q->key) && !strcasecmp(name, q->name);
	return 0;
}

static int reg_value(void *ctx, int user, const char *key, const char *name, uint32_t *type,
		     void **data, size_t *len)
{
	struct value_query q = {.key = key, .name = name};
	const char *text = NULL;
	char kind = 's';
	uint16_t *units;
	int n;

	(void)ctx;
	if (user < 0 && !strncasecmp(key, "HKCU", 4))
		return HF_ENOENT;
	for (size_t i = 0; i < COUNT(app_values); i++) {
		if (strcasecmp(key, app_values[i].key) || strcasecmp(name, app_values[i].name))
			continue;
		text = app_values[i].text;
		kind = app_values[i].kind;
	}
	each_row(match_value, &q);
	if (!text && !q.found)
		return HF_ENOENT;
	if (!text)
		text = "x";
	*type = kind == 's' ? 1 : 3; /* REG_SZ, REG_BINARY */
	units = calloc(200, sizeof(*units));
	CU_ASSERT_PTR_NOT_NULL_FATAL(units);
	n = text_to_utf16(text, strlen(text), units, 199);
	CU_ASSERT_FATAL(n > 0);
	*len = (size_t)(n + 1) * sizeof(*units);
	if (kind == 'a') {
		*len = strlen(text) + 1;
		memcpy(units, text, *len);
	}
	*data = units;
	return 0;
}

/* What is below a key: its values, and its subkeys once each. */
struct key_query {
	const char *key;
	rules_reg_visit subkey, value;
	void *ctx;
	bool found;
	char seen[60][80];
	size_t count;
};

static int visit_subkey(struct key_query *q, const char *rest)
{
	char name[80];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(rest, "\\"), rest);
	for (size_t i = 0; i < q->count; i++)
		if (!strcasecmp(q->seen[i], name))
			return 0;
	CU_ASSERT_FATAL(q->count < COUNT(q->seen));
	memcpy(q->seen[q->count++], name, sizeof(name));
	return q->subkey ? q->subkey(q->ctx, name) : 0;
}

static int visit_value(struct key_query *q, const char *key, const char *name)
{
	size_t n = strlen(q->key);

	if (strncasecmp(key, q->key, n) || (key[n] && key[n] != '\\'))
		return 0;
	q->found = true;
	if (key[n])
		return visit_subkey(q, key + n + 1);
	return q->value ? q->value(q->ctx, name) : 0;
}

static int match_key(void *ctx, const struct app_row *row)
{
	char buffer[400], *name;

	if (!is_registry(row->object))
		return 0;
	split(row->object, buffer, &name);
	return visit_value(ctx, buffer, name);
}

static int reg_list(void *ctx, int user, const char *key, rules_reg_visit subkey,
		    rules_reg_visit value, void *visit_ctx)
{
	struct key_query *q = calloc(1, sizeof(*q));
	int result;

	(void)ctx;
	CU_ASSERT_PTR_NOT_NULL_FATAL(q);
	*q = (struct key_query){.key = key, .subkey = subkey, .value = value, .ctx = visit_ctx};
	result = user < 0 && !strncasecmp(key, "HKCU", 4) ? 0 : each_row(match_key, q);
	for (size_t i = 0; i < COUNT(app_values) && !result; i++)
		result = visit_value(q, app_values[i].key, app_values[i].name);
	if (!result && !q->found)
		result = HF_ENOENT;
	free(q);
	return result;
}

struct computer {
	struct fake fake;
	struct fake_path *paths;
	size_t count, cap;
	struct rules_machine machine;
};

static int add_path(void *ctx, const struct app_row *row)
{
	struct computer *c = ctx;

	if (is_registry(row->object))
		return 0;
	CU_ASSERT_EQUAL_FATAL(array_grow(&c->paths, c->count, &c->cap), 0);
	c->paths[c->count++] = (struct fake_path){row->object, 0};
	return 0;
}

static void computer_open(struct computer *c)
{
	memset(c, 0, sizeof(*c));
	each_row(add_path, c);
	CU_ASSERT_EQUAL_FATAL(array_grow(&c->paths, c->count, &c->cap), 0);
	c->paths[c->count] = (struct fake_path){NULL, 0};
	c->fake = (struct fake){
		.variables = variables, .paths = c->paths, .drives = "CD", .users = 1};
	c->machine = fake_machine(&c->fake);
	c->machine.os = os;
	c->machine.reg_value = reg_value;
	c->machine.reg_list = reg_list;
}

static void load(struct rules *rules, const char *file)
{
	char path[100];

	snprintf(path, sizeof(path), FOLDER "%s", file);
	CU_ASSERT_EQUAL_FATAL(rules_load(rules, path, file), 0);
}

/* What the rules of one component say of one object. */
struct verdict {
	const struct rules *rules;
	const char *component;
	bool taken;
};

static int note_match(void *ctx, const struct rules_match *match)
{
	struct verdict *v = ctx;
	const struct rules_rule *rule = rules_rule(v->rules, match->rule);

	if (match->wins_instance && rule->kind == RULES_INCLUDE &&
	    !strcmp(rule->component, v->component))
		v->taken = true;
	return 0;
}

static bool taken(const struct rules *rules, const struct app_row *row)
{
	struct verdict v = {.rules = rules, .component = row->component};
	struct rules_decision decision = {false, RULES_NONE};

	if (is_registry(row->object)) {
		char buffer[400], *name;

		split(row->object, buffer, &name);
		CU_ASSERT_EQUAL(
			rules_explain_key(rules, 0, buffer, name, note_match, &v, &decision), 0);
	} else {
		CU_ASSERT_EQUAL(
			rules_explain(rules, row->object, false, 0, note_match, &v, &decision), 0);
	}
	return v.taken && decision.selected;
}

static void each_component_takes_and_leaves(void)
{
	struct computer c;

	computer_open(&c);
	for (size_t t = 0; t < COUNT(tables); t++) {
		struct rules *rules = rules_new();
		unsigned warnings = log_warning_count();

		load(rules, tables[t].file);
		CU_ASSERT_EQUAL_FATAL(rules_compile(rules, &c.machine), 0);
		CU_ASSERT_EQUAL(log_warning_count(), warnings);
		for (size_t i = 0; i < tables[t].count; i++) {
			const struct app_row *row = &tables[t].rows[i];
			bool got = taken(rules, row);

			if (got != row->taken)
				printf("\n    %s, %s: %s is %staken\n", tables[t].file,
				       row->component, row->object, got ? "" : "not ");
			CU_ASSERT_EQUAL(got, row->taken);
		}
		rules_free(rules);
	}
	free(c.paths);
}

/* The lines of a file with patterns that decide for some row, or, of a veto, match one. */
struct lines {
	const struct rules *rules;
	bool seen[4000];
};

static int note_line(void *ctx, const struct rules_match *match)
{
	struct lines *lines = ctx;
	const struct rules_rule *rule = rules_rule(lines->rules, match->rule);

	CU_ASSERT_FATAL(rule->line < COUNT(lines->seen));
	if (match->wins_instance || rule->kind == RULES_UNCONDITIONAL_EXCLUDE)
		lines->seen[rule->line] = true;
	return 0;
}

static int note_lines(void *ctx, const struct app_row *row)
{
	struct lines *lines = ctx;
	struct rules_decision decision;
	char buffer[400], *name;

	if (!is_registry(row->object))
		return rules_explain(lines->rules, row->object, false, 0, note_line, lines,
				     &decision);
	split(row->object, buffer, &name);
	return rules_explain_key(lines->rules, 0, buffer, name, note_line, lines, &decision);
}

static void check_lines(const struct computer *c, const char *file)
{
	struct lines *lines = calloc(1, sizeof(*lines));
	struct rules *rules = rules_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(lines);
	lines->rules = rules;
	load(rules, file);
	CU_ASSERT_EQUAL_FATAL(rules_compile(rules, &c->machine), 0);
	CU_ASSERT_EQUAL(each_row(note_lines, lines), 0);
	for (size_t i = 0; i < COUNT(never_patterns); i++)
		CU_ASSERT_EQUAL(note_lines(lines, &never_patterns[i]), 0);
	for (uint32_t i = 0; i < rules_count(rules); i++) {
		const struct rules_rule *rule = rules_rule(rules, i);

		if (!lines->seen[rule->line])
			printf("\n    %s, line %u: nothing tests %s\n", file, rule->line,
			       rule->pattern);
		CU_ASSERT_TRUE(lines->seen[rule->line]);
	}
	rules_free(rules);
	free(lines);
}

/* No pattern is there untested. */
static void each_pattern_decides_for_a_row(void)
{
	struct computer c;

	computer_open(&c);
	check_lines(&c, "MigApp.xml");
	check_lines(&c, "MigSys.xml");
	free(c.paths);
}

/* A component that no row speaks of is not tested. */
static int has_rows(void *ctx, const char *name, int user, bool detected)
{
	const struct table *table = ctx;
	bool both[2] = {false, false};

	(void)user;
	if (!strncmp(name, "Never migrated", 14) || !strncmp(name, "Microsoft Office ", 17) ||
	    !strcmp(name, "Microsoft Office"))
		return 0;
	if (!detected)
		printf("\n    %s: %s is not detected\n", table->file, name);
	CU_ASSERT_TRUE(detected);
	for (size_t i = 0; i < table->count; i++)
		if (!strcmp(table->rows[i].component, name))
			both[table->rows[i].taken] = true;
	if (!both[0] || !both[1])
		printf("\n    %s: %s has no rows\n", table->file, name);
	CU_ASSERT_TRUE(both[0] && both[1]);
	return 0;
}

static void each_component_has_rows(void)
{
	struct computer c;

	computer_open(&c);
	for (size_t t = 0; t < COUNT(tables); t++) {
		struct rules *rules = rules_new();

		load(rules, tables[t].file);
		CU_ASSERT_EQUAL_FATAL(rules_compile(rules, &c.machine), 0);
		if (tables[t].complete)
			CU_ASSERT_EQUAL(
				rules_components(rules, has_rows, (void *)(uintptr_t)&tables[t]),
				0);
		rules_free(rules);
	}
	free(c.paths);
}

/* Takes all there is in the system's context and in the user's. */
static const char greedy[] =
	"<migration urlid='urn:test:greedy'>"
	"<component type='Documents' context='UserAndSystem'><displayName>greedy</displayName>"
	"<role role='Data'><rules context='User'><include><objectSet>"
	"<pattern type='File'>%USERPROFILE%\\* [*]</pattern></objectSet></include></rules>"
	"<rules context='System'><include><objectSet>"
	"<script>MigXmlHelper.GenerateDrivePatterns('* [*]','Fixed')</script>"
	"</objectSet></include></rules></role></component></migration>";

static void check_never(const struct rules *rules, const char *file, const struct app_row *rows,
			size_t count)
{
	bool with_caches = !strcmp(file, "MigApp.xml");

	for (size_t i = 0; i < count; i++)
		if (with_caches || strcmp(rows[i].component, "MigApp"))
			fake_check(rules, rows[i].object, false, file);
}

static void check_greedy(const struct computer *c, const char *file)
{
	struct rules *rules = rules_new();

	CU_ASSERT_EQUAL_FATAL(fake_load(rules, greedy, sizeof(greedy) - 1, "greedy.xml"), 0);
	load(rules, file);
	CU_ASSERT_EQUAL_FATAL(rules_compile(rules, &c->machine), 0);
	check_never(rules, file, never_rows, COUNT(never_rows));
	check_never(rules, file, never_patterns, COUNT(never_patterns));
	for (size_t i = 0; i < COUNT(kept_paths); i++)
		fake_check(rules, kept_paths[i], true, file);
	rules_free(rules);
}

/* Whatever other files take: no caches and the like, and nothing else is kept out. */
static void vetoes_reach_all_contexts_and_no_documents(void)
{
	struct computer c;

	computer_open(&c);
	for (size_t i = 0; i < COUNT(our_files); i++)
		check_greedy(&c, our_files[i]);
	free(c.paths);
}

/* A profile that lies where the system's rules look: only the system's veto can reach there. */
static void vetoes_reach_profiles_elsewhere(void)
{
	static const struct fake_variable elsewhere[] = {
		{-1, "CSIDL_WINDOWS", "C:\\Windows"},
		{-1, "CSIDL_PROGRAM_FILES", "C:\\Program Files"},
		{-1, "PROFILESFOLDER", "C:\\Users"},
		{-1, "CSIDL_COMMON_APPDATA", "C:\\ProgramData"},
		{0, "USERPROFILE", "D:\\Home\\ann"},
		{0, "CSIDL_APPDATA", "D:\\Home\\ann\\AppData\\Roaming"},
		{0, "CSIDL_LOCAL_APPDATA", "D:\\Home\\ann\\AppData\\Local"},
		{0, NULL, NULL},
	};
	struct computer c;
	struct rules *rules = rules_new();

	computer_open(&c);
	c.fake.variables = elsewhere;
	load(rules, "MigUser.xml");
	CU_ASSERT_EQUAL_FATAL(rules_compile(rules, &c.machine), 0);
	fake_check(rules, "D:\\Home\\ann\\AppData\\Local\\Temp\\a.docx", false, "temporary");
	fake_check(rules, "D:\\Home\\ann\\letter.docx", true, "loose document");
	rules_free(rules);
	free(c.paths);
}

static void our_files_together(void)
{
	struct computer c;
	struct rules *rules = rules_new();
	unsigned warnings = log_warning_count();

	computer_open(&c);
	for (size_t i = 0; i < COUNT(our_files); i++)
		load(rules, our_files[i]);
	CU_ASSERT_EQUAL_FATAL(rules_compile(rules, &c.machine), 0);
	CU_ASSERT_EQUAL(log_warning_count(), warnings);
	for (size_t t = 0; t < COUNT(tables); t++)
		for (size_t i = 0; i < tables[t].count; i++)
			if (tables[t].rows[i].taken)
				CU_ASSERT_TRUE(taken(rules, &tables[t].rows[i]));
	rules_free(rules);
	free(c.paths);
}

/* Other computers, where most of the applications are missing, give no reason to complain either.
 */
static void our_files_on_other_computers(void)
{
	static const struct fake *const fakes[] = {&fake_win10, &fake_xp};

	for (size_t f = 0; f < COUNT(fakes); f++) {
		struct rules_machine m = fake_machine(fakes[f]);
		struct rules *rules = rules_new();
		unsigned warnings = log_warning_count();

		m.os = os;
		m.reg_value = reg_value;
		m.reg_list = reg_list;
		for (size_t i = 0; i < COUNT(our_files); i++)
			load(rules, our_files[i]);
		CU_ASSERT_EQUAL_FATAL(rules_compile(rules, &m), 0);
		CU_ASSERT_EQUAL(log_warning_count(), warnings);
		rules_free(rules);
	}
}

void suite_rules_apps(void)
{
	CU_pSuite s = CU_add_suite("rules_apps", NULL, NULL);

	CU_ADD_TEST(s, each_component_takes_and_leaves);
	CU_ADD_TEST(s, each_component_has_rows);
	CU_ADD_TEST(s, each_pattern_decides_for_a_row);
	CU_ADD_TEST(s, vetoes_reach_all_contexts_and_no_documents);
	CU_ADD_TEST(s, vetoes_reach_profiles_elsewhere);
	CU_ADD_TEST(s, our_files_together);
	CU_ADD_TEST(s, our_files_on_other_computers);
}
