// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine/settings.h on a Windows in memory: what is kept of a key, what damage takes, and that
 * explaining agrees with gathering.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/errors.h"
#include "engine/examine.h"
#include "engine/setting_names.h"
#include "engine/settings.h"
#include "engine/used_rules.h"
#include "engine/users.h"
#include "hivegen.h"
#include "memfs.h"
#include "report/error.h"
#include "report/log.h"
#include "store/catalog.h"
#include "suites.h"
#include "windows/machine.h"
#include "winsample.h"

#define ANN   SAMPLE_SID "-1001"
#define CLASS "G\0e\0n\0e\0r\0i\0c\0" /* as in the hive */

struct fixture {
	struct fs *fs;
	struct windows_install install;
	struct machine_volume volumes[2];
	struct machine machine;
	struct examine e;
	struct rules *rules;
	struct object_errors errors;
	struct settings_plan plan;
};

/* Where the cell with the LEN bytes of TEXT at OFFSET in it begins. */
static uint8_t *find_cell(uint8_t *hive, size_t size, size_t offset, const void *text, size_t len)
{
	for (size_t at = 0x1020; at + offset + len <= size; at += 8)
		if (!memcmp(hive + at + offset, text, len))
			return hive + at;
	CU_FAIL_FATAL("no such cell");
	return NULL;
}

/* Ann's hive: Software\Vendor with a class, two values and a subkey, which is lost when DAMAGED. */
static void add_hive(struct fs *fs, bool damaged)
{
	struct hivegen *g = hivegen_new();
	uint8_t *data, *nk, *text;
	uint32_t at;
	size_t len;

	hivegen_key(g, "Software\\Vendor");
	hivegen_text(g, "", "the default");
	hivegen_raw(g, "class", 3, CLASS, sizeof(CLASS) - 1);
	hivegen_key(g, "Software\\Vendor\\Sub");
	hivegen_dword(g, "Number", 7);
	hivegen_key(g, "Control Panel\\Mouse");
	hivegen_text(g, "Speed", "1");
	data = hivegen_take(g, &len);
	/* The class is a cell of its own: that of a value's data, which becomes four bytes within.
	 */
	nk = find_cell(data, len, 0x50, "Vendor", 6);
	text = find_cell(data, len, 4, CLASS, sizeof(CLASS) - 1);
	at = (uint32_t)(text - data - 0x1000);
	memcpy(nk + 0x34, &at, 4);
	nk[0x4e] = sizeof(CLASS) - 1;
	memcpy(find_cell(data, len, 0x18, "class", 5) + 8, "\4\0\0\x80", 4);
	if (damaged)
		find_cell(data, len, 0x50, "Sub", 3)[4] = 'x';
	CU_ASSERT_EQUAL(memfs_add(fs, "\\Users\\ann\\NTUSER.DAT", data, len), 0);
	free(data);
}

static struct rules *load_rules(const char *context, const char *patterns)
{
	char path[] = "/tmp/holdfast-rules-XXXXXX";
	struct rules *rules = rules_new();
	FILE *f = fdopen(mkstemp(path), "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fprintf(f,
		"<migration urlid=\"urn:t\"><component type=\"System\" context=\"%s\">"
		"<displayName>t</displayName><role role=\"Settings\"><rules>%s</rules></role>"
		"</component></migration>",
		context, patterns);
	CU_ASSERT_EQUAL(fclose(f), 0);
	CU_ASSERT_EQUAL_FATAL(rules_load(rules, path, "t.xml"), 0);
	unlink(path);
	return rules;
}

#define INCLUDE(pattern)                                                                           \
	"<include><objectSet><pattern type=\"Registry\">" pattern "</pattern></objectSet></"       \
	"include>"
#define EXCLUDE(pattern)                                                                           \
	"<exclude><objectSet><pattern type=\"Registry\">" pattern "</pattern></objectSet></"       \
	"exclude>"
#define VETO(pattern)                                                                              \
	"<unconditionalExclude><objectSet><pattern type=\"Registry\">" pattern                     \
	"</pattern></objectSet></unconditionalExclude>"

/* Makes the plan; ann is the only user that is captured. What settings_plan_make() returns. */
static int set_up(struct fixture *f, bool damaged, const char *context, const char *patterns)
{
	static const struct winsample_profile profiles[] = {{ANN, "C:\\Users\\ann", 0}};
	struct user_decision decisions[4] = {0};

	memset(f, 0, sizeof(*f));
	f->fs = memfs_new();
	winsample_add_users(f->fs, &sample_win10, profiles, 1);
	add_hive(f->fs, damaged);
	CU_ASSERT_EQUAL_FATAL(windows_probe(f->fs, "\\Windows", &f->install), 0);
	CU_ASSERT_EQUAL_FATAL(windows_read_users(f->fs, &f->install), 0);
	f->install.volume = 1;
	f->volumes[1] = (struct machine_volume){.fs = f->fs, .letter = 'C'};
	f->machine = (struct machine){.volumes = f->volumes,
				      .volume_count = 2,
				      .installs = &f->install,
				      .install_count = 1,
				      .chosen = &f->install};
	decisions[3].captured = true;
	CU_ASSERT_EQUAL_FATAL(examine_init(&f->e, &f->machine, decisions), 0);
	f->rules = load_rules(context, patterns);
	CU_ASSERT_EQUAL_FATAL(rules_compile(f->rules, &f->e.rules_machine), 0);
	return settings_plan_make(&f->plan, &f->e, f->rules, &f->errors);
}

static void tear_down(struct fixture *f)
{
	settings_plan_free(&f->plan);
	object_errors_free(&f->errors);
	rules_free(f->rules);
	examine_free(&f->e);
	windows_install_free(&f->install);
	CU_ASSERT_EQUAL(fs_close(f->fs), 0);
}

static int check_key(void *ctx, const struct catalog_reg_key *key)
{
	++*(unsigned *)ctx;
	if (strcmp(key->name, "Vendor")) {
		CU_ASSERT_PTR_NULL(key->class_name);
		return 0;
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(key->class_name);
	CU_ASSERT_STRING_EQUAL(key->class_name, "Generic");
	CU_ASSERT_EQUAL(key->how, CATALOG_DIR);
	CU_ASSERT_EQUAL(key->security, 1);
	CU_ASSERT(key->rule > 0);
	return 0;
}

static int check_value(void *ctx, const struct catalog_reg_value *value)
{
	++*(unsigned *)ctx;
	CU_ASSERT(value->rule > 0);
	if (!strcmp(value->name, "Number"))
		CU_ASSERT(value->type == 4 && value->len == 4 && *(const char *)value->data == 7);
	return 0;
}

static int check_security(void *ctx, int64_t id, const void *descriptor, size_t len)
{
	(void)descriptor;
	CU_ASSERT_EQUAL(len, 20);
	*(unsigned *)ctx = (unsigned)id;
	return 0;
}

static void everything_of_a_key_is_kept(void)
{
	struct settings_result result;
	struct used_rules used;
	struct catalog *c;
	struct fixture f;
	unsigned keys = 0, values = 0, securities = 0;

	CU_ASSERT_EQUAL(set_up(&f, false, "User", INCLUDE("HKCU\\Software\\* [*]")), 0);
	CU_ASSERT_EQUAL(f.plan.value_count, 3);
	CU_ASSERT_EQUAL_FATAL(catalog_new(&c), 0);
	CU_ASSERT_EQUAL(used_rules_init(&used, f.rules, &f.e.rules_machine, c), 0);
	CU_ASSERT_EQUAL(settings_store(&f.plan, &f.e, &used, c, &f.errors, &result), 0);
	CU_ASSERT(result.keys == 4 && result.values == 3 && result.inis == 0);
	CU_ASSERT_EQUAL(catalog_reg_keys(c, check_key, &keys), 0);
	CU_ASSERT_EQUAL(catalog_reg_values(c, 0, check_value, &values), 0);
	CU_ASSERT_EQUAL(catalog_reg_securities(c, check_security, &securities), 0);
	CU_ASSERT(keys == 4 && values == 3 && securities == 1);
	CU_ASSERT_EQUAL(f.errors.count, 0);
	used_rules_free(&used);
	catalog_free(c);
	tear_down(&f);
}

static void damage_is_an_error_of_the_key(void)
{
	struct fixture f;

	CU_ASSERT_EQUAL(set_up(&f, true, "User", INCLUDE("HKCU\\Software\\* [*]")), HF_ECORRUPT);
	CU_ASSERT_EQUAL_FATAL(f.errors.count, 1);
	CU_ASSERT_EQUAL(strncmp(f.errors.list[0].path, "HKCU\\Software\\Vendor of ", 24), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.errors.list[0].reason, "C:\\Users\\ann\\NTUSER.DAT"));
	settings_plan_free(&f.plan);
	f.errors.continue_on_error = true;
	CU_ASSERT_EQUAL(settings_plan_make(&f.plan, &f.e, f.rules, &f.errors), 0);
	CU_ASSERT_EQUAL(f.errors.count, 2);
	CU_ASSERT_EQUAL(f.plan.value_count, 2);
	tear_down(&f);
	/* What no rule asks for is nobody's loss. */
	CU_ASSERT_EQUAL(set_up(&f, true, "User", INCLUDE("HKCU\\Control Panel\\* [*]")), 0);
	CU_ASSERT(f.errors.count == 0 && f.plan.value_count == 1);
	tear_down(&f);
}

static int ignore_match(void *ctx, const struct rules_match *match)
{
	(void)ctx;
	(void)match;
	return 0;
}

/* What explaining says of value NAME of KEY, which may be any of the key's names. */
static bool explained(struct fixture *f, const char *key, const char *name)
{
	struct rules_decision decision = {false, RULES_NONE}, one;
	struct str canonical = {0}, alias = {0};
	struct setting_names names;
	char root[5];
	int user;

	CU_ASSERT_EQUAL_FATAL(setting_canonical(&f->e, key, &canonical, &user), 0);
	snprintf(root, sizeof(root), "%.*s", (int)strcspn(canonical.data, "\\"), canonical.data);
	CU_ASSERT_EQUAL(setting_names_init(&names, &f->e, root, user == -1 ? -1 : 0), 0);
	for (size_t i = 0; i < names.count; i++) {
		if (names.items[i].implied || setting_name(&names.items[i], canonical.data, &alias))
			continue;
		CU_ASSERT_EQUAL(rules_explain_key(f->rules, names.items[i].user, alias.data, name,
						  ignore_match, NULL, &one),
				0);
		setting_also(f->rules, &decision, &one);
	}
	setting_names_free(&names);
	str_free(&canonical);
	str_free(&alias);
	return decision.selected;
}

static bool planned(struct fixture *f, const char *key)
{
	struct str path = {0};
	bool found = false;

	for (uint32_t k = 0; k < f->plan.key_count; k++) {
		str_truncate(&path, 0);
		CU_ASSERT_EQUAL(settings_key_path(&f->plan, k, &path), 0);
		found |= !strcmp(path.data, key) && f->plan.keys[k].value_count;
	}
	str_free(&path);
	return found;
}

/* The value Number of Sub, with rules for it under two names. */
static void all_names_count(void)
{
	static const char sub[] = "HKCU\\Software\\Vendor\\Sub";
	static const char own[] = "HKU\\" ANN "\\Software\\Vendor\\Sub";
	static const struct {
		const char *context, *patterns;
		bool kept;
	} cases[] = {
		{"System", INCLUDE("HKU\\" ANN "\\Software\\* [*]"), true},
		{"System", INCLUDE("HKU\\* [Number]"), true},
		{"System", INCLUDE("HKU\\" SAMPLE_SID "-1009\\* [*]"), false},
		{"User", INCLUDE("HKEY_CURRENT_USER\\Software\\Vendor\\Sub [number]"), true},
		{"User", INCLUDE("HKCU\\* [*]") EXCLUDE("HKCU\\*\\Sub [*]"), false},
		{"UserAndSystem", INCLUDE("HKU\\" ANN "\\* [*]") VETO("HKCU\\*\\Sub [*]"), true},
		{"User", INCLUDE("HKU\\" ANN "\\* [*]") VETO("HKCU\\*\\Sub [*]"), false},
		{"User", INCLUDE("HKU\\* [*]") VETO("HKCU\\*\\Sub [*]"), false},
		{"User", INCLUDE("HKCU\\* [*]") VETO("HKU\\* [Number]"), false},
		{"User", INCLUDE("HKLM\\* [*]"), false},
	};
	struct fixture f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CU_ASSERT_EQUAL(set_up(&f, false, cases[i].context, cases[i].patterns), 0);
		if (planned(&f, sub) != cases[i].kept)
			printf("%zu: %s\n", i, cases[i].patterns);
		CU_ASSERT_EQUAL(planned(&f, sub), cases[i].kept);
		CU_ASSERT_EQUAL(explained(&f, sub, "Number"), cases[i].kept);
		CU_ASSERT_EQUAL(explained(&f, own, "Number"), cases[i].kept);
		tear_down(&f);
	}
}

void suite_settings(void)
{
	CU_pSuite s = CU_add_suite("settings", NULL, NULL);

	CU_ADD_TEST(s, everything_of_a_key_is_kept);
	CU_ADD_TEST(s, damage_is_an_error_of_the_key);
	CU_ADD_TEST(s, all_names_count);
}
