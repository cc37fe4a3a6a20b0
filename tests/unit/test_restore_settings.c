// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Settings put back: engine/setting_change.h (USMT specification 4.13, 4.14), where keys go (7.3,
 * engine/restore_settings.h) in hives in memory, base/ini.h's writing, windows/wow64.h.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/errors.h"
#include "engine/mapping.h"
#include "engine/restore_plan.h"
#include "engine/restore_settings.h"
#include "engine/restore_users.h"
#include "report/error.h"
#include "store/catalog.h"
#include "unit/suites.h"
#include "windows/hive.h"
#include "windows/hive_write.h"
#include "windows/install.h"
#include "windows/security_map.h"
#include "windows/wow64.h"

/* A value as text: "4:1", "1:abc", "7:a|b", "3:0aff". */
static struct setting parse(const char *text, uint8_t *data)
{
	struct setting s = {.type = (uint32_t)strtoul(text, NULL, 10), .data = data};

	text = strchr(text, ':') + 1;
	if (s.type == HIVE_DWORD || s.type == HIVE_QWORD) {
		uint64_t n = strtoull(text, NULL, 0);

		s.len = s.type == HIVE_DWORD ? 4 : 8;
		for (size_t i = 0; i < s.len; i++)
			data[i] = (uint8_t)(n >> 8 * i);
		return s;
	}
	if (s.type == HIVE_BINARY) {
		for (; *text; text += 2) {
			unsigned byte;

			CU_ASSERT_EQUAL(sscanf(text, "%2x", &byte), 1);
			data[s.len++] = (uint8_t)byte;
		}
		return s;
	}
	for (const char *c = text;; c++) {
		data[s.len++] = *c == '|' ? 0 : (uint8_t)*c;
		data[s.len++] = 0;
		if (!*c)
			break;
	}
	if (s.type == HIVE_MULTI_SZ && *text) {
		data[s.len++] = 0;
		data[s.len++] = 0;
	}
	return s;
}

static bool is_like(const struct setting *have, const char *text)
{
	uint8_t data[512];
	struct setting want = parse(text, data);

	return setting_equal(have, &want);
}

static void content_is_modified(void)
{
	static const struct {
		const char *section, *helper, *args[4], *source, *there, *result;
	} rows[] = {
		{"4.13 text to number", "ConvertToDWORD", {"5"}, "1:12", NULL, "4:12"},
		{"4.13 hexadecimal", "ConvertToDWORD", {NULL}, "1:0x1F", NULL, "4:31"},
		{"4.13 failure: the default", "ConvertToDWORD", {"5"}, "1:12x", NULL, "4:5"},
		{"4.13 NULL is 0", "ConvertToDWORD", {NULL}, "1:no", NULL, "4:0"},
		{"4.13 a number stays", "ConvertToDWORD", {"5"}, "4:3", NULL, "4:3"},
		{"4.13 too large", "ConvertToDWORD", {"5"}, "1:4294967296", NULL, "4:5"},
		{"4.13 number to text",
		 "ConvertToString",
		 {NULL},
		 "4:4294967295",
		 NULL,
		 "1:4294967295"},
		{"4.13 expand to text", "ConvertToString", {NULL}, "2:a", NULL, "1:a"},
		{"4.13 failure: NULL is 0", "ConvertToString", {NULL}, "3:ff", NULL, "1:0"},
		{"4.13 failure: default", "ConvertToString", {"none"}, "3:ff", NULL, "1:none"},
		{"4.13 to binary", "ConvertToBinary", {NULL}, "4:1", NULL, "3:01000000"},
		{"4.13 offset", "OffsetValue", {"-2"}, "4:5", NULL, "4:3"},
		{"4.13 offset of text", "OffsetValue", {"10"}, "1:5", NULL, "1:15"},
		{"4.13 offset of no number", "OffsetValue", {"1"}, "1:x", NULL, "1:x"},
		{"4.13 table", "SetValueByTable", {"a, b,c", "1,2,3", "9"}, "1:B", NULL, "1:2"},
		{"4.13 table of numbers",
		 "SetValueByTable",
		 {"1,2", "7,8", NULL},
		 "4:2",
		 NULL,
		 "4:8"},
		{"4.13 no match", "SetValueByTable", {"a,b", "1,2", "9"}, "1:x", NULL, "1:9"},
		{"4.13 no counterpart", "SetValueByTable", {"a,b", "1", "9"}, "1:b", NULL, "1:9"},
		{"4.13 no default", "SetValueByTable", {"a,b", "1,2", NULL}, "1:x", "1:y", NULL},
		{"4.13 lists",
		 "MergeMultiSzContent",
		 {"Add", "new", "Remove", "B"},
		 "7:a|b",
		 "7:A|c",
		 "7:a|c|new"},
		{"4.13 no list there", "MergeMultiSzContent", {NULL}, "7:a|b", NULL, "7:a|b"},
		{"4.13 delimited",
		 "MergeDelimitedContent",
		 {";,", "Add", "x"},
		 "1:a;b",
		 "1:B,c",
		 "1:a;b;c;x"},
		{"4.13 KeepExisting is of keys", "KeepExisting", {"Security"}, "1:a", "1:b", "1:a"},
		{"4.17 unknown: nothing", "MigSysHelper.Odd", {NULL}, "3:01", NULL, "3:01"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t source_data[512], there_data[512];
		struct setting source = parse(rows[i].source, source_data), there = {0}, out = {0};
		struct setting_rule rule = {rows[i].helper, rows[i].args, 4};
		int modified;

		if (rows[i].there)
			there = parse(rows[i].there, there_data);
		modified = setting_modify(&rule, &source, rows[i].there ? &there : NULL, &out);
		if (modified != (rows[i].result != NULL) ||
		    (modified && !is_like(&out, rows[i].result)))
			CU_FAIL(rows[i].section);
		if (modified == 1) { /* again, on the result */
			struct setting again = {0};

			CU_ASSERT_EQUAL(setting_modify(&rule, &source, &out, &again), 1);
			CU_ASSERT_TRUE(setting_equal(&out, &again));
			free((void *)(uintptr_t)again.data);
		}
		free((void *)(uintptr_t)out.data);
	}
}

static void one_of_two_wins(void)
{
	static const struct {
		const char *section;
		enum setting_merge merge;
		const char *source, *there;
		bool wins;
	} rows[] = {
		{"4.14 default", SETTING_SOURCE, "1:a", "1:b", true},
		{"4.14 DestinationPriority", SETTING_DESTINATION, "1:a", "1:b", false},
		{"4.14 HigherValue", SETTING_HIGHER, "4:2", "4:10", false},
		{"4.14 HigherValue", SETTING_HIGHER, "4:0xffffffff", "4:10", true},
		{"4.14 HigherValue of texts", SETTING_HIGHER, "1:9", "1:10", false},
		{"4.14 HigherValue of no numbers", SETTING_HIGHER, "1:a", "4:10", true},
		{"4.14 LowerValue", SETTING_LOWER, "4:2", "4:10", true},
		{"4.14 LowerValue", SETTING_LOWER, "11:20", "4:10", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t a[64], b[64];
		struct setting source = parse(rows[i].source, a), there = parse(rows[i].there, b);

		if (setting_wins(rows[i].merge, &source, &there) != rows[i].wins)
			CU_FAIL(rows[i].section);
	}
}

#define DS "C:\\Documents and Settings\\"

static struct mapping *folders(void)
{
	static struct mapping m;

	m = (struct mapping){.upcase = upcase_basic()};
	CU_ASSERT_EQUAL(mapping_add(&m, DS "ann", "C:\\Users\\ann", "USERPROFILE", 0, 1), 0);
	CU_ASSERT_EQUAL(mapping_add(&m, DS "ann\\My Documents", "C:\\Users\\ann\\Documents",
				    "CSIDL_PERSONAL", 0, 3),
			0);
	CU_ASSERT_EQUAL(mapping_finish(&m), 0);
	return &m;
}

static void paths_follow_the_profile(void)
{
	static const struct {
		const char *section, *source, *result;
		bool shell;
	} rows[] = {
		{"11.5 the profile", "1:" DS "ann", "1:C:\\Users\\ann", false},
		{"11.5 below it", "2:" DS "ann\\x y\\z", "2:C:\\Users\\ann\\x y\\z", false},
		{"11.5 a known folder", "1:c:\\documents and settings\\ANN\\my documents\\a.b",
		 "1:C:\\Users\\ann\\Documents\\a.b", false},
		{"11.5 only a beginning", "1:" DS "annabel\\x", NULL, false},
		{"11.5 in the middle", "1:\"" DS "ann\\x\"", NULL, false},
		{"11.5 another", "1:C:\\Data", NULL, false},
		{"11.5 no text", "3:43003a00", NULL, false},
		{"11.5 a list", "7:" DS "ann\\a|other", "7:C:\\Users\\ann\\a|other", false},
		{"11.5 a list with a gap", "7:" DS "ann\\a||x", NULL, false},
		{"11.5 a text that goes on", "1:" DS "ann|x", NULL, false},
		{"11.5 the variable", "2:%USERPROFILE%\\My Documents", NULL, false},
		{"7.3 shell folders", "2:%UserProfile%\\My Documents\\x",
		 "2:%USERPROFILE%\\Documents\\x", true},
		{"7.3 shell folders elsewhere", "2:\\\\server\\home", NULL, true},
	};
	struct setting_paths paths = {
		.mapping = folders(), .from = DS "ann", .to = "C:\\Users\\ann"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t data[512];
		struct setting source = parse(rows[i].source, data), out = {0};
		int moved;

		paths.shell_folders = rows[i].shell;
		moved = setting_move_paths(&paths, &source, &out);
		if (moved != (rows[i].result != NULL) || (moved && !is_like(&out, rows[i].result)))
			CU_FAIL(rows[i].section);
		free((void *)(uintptr_t)out.data);
	}
	mapping_free((struct mapping *)(uintptr_t)paths.mapping);
}

static void keys_are_shared_or_not(void)
{
	static const struct {
		const char *names[4];
		int at; /* -1: shared */
	} rows[] = {
		{{"Vendor", "X"}, 0},
		{{"Microsoft", "Windows", "CurrentVersion", "Run"}, 0},
		{{"microsoft", "windows", "currentversion", "POLICIES"}, -1},
		{{"Microsoft", "Windows NT", "CurrentVersion", "Fonts"}, -1},
		{{"Policies"}, -1},
		{{"Classes", ".x"}, -1},
		{{"Classes", "clsid", "{1}"}, 1},
		{{"Wow6432Node", "Vendor"}, -1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t count = 0, at;

		while (count < 4 && rows[i].names[count])
			count++;
		CU_ASSERT_EQUAL(wow64_is_redirected(rows[i].names, count, &at), rows[i].at >= 0);
		if (rows[i].at >= 0)
			CU_ASSERT_EQUAL(at, (size_t)rows[i].at);
	}
}

static void ini_settings_are_written(void)
{
	static const struct {
		const char *what, *before, *section, *key, *value, *after;
		int err;
	} rows[] = {
		{"a new file", "", "A", "k", "v", "[A]\r\nk=v\r\n", 0},
		{"replaced", "[a]\r\nK = old ; x\r\n[B]\r\nk=b\r\n", "A", "k", "v",
		 "[a]\r\nK = v\r\n[B]\r\nk=b\r\n", 0},
		{"comments and other lines stay", ";k=c\n[A]\nnothing\n\n;k=d\nk=old\n", "A", "k",
		 "v", ";k=c\n[A]\nnothing\n\n;k=d\nk=v\n", 0},
		{"at the section's end", "[A]\nx=1\n\n[B]\n", "A", "k", "v",
		 "[A]\nx=1\nk=v\n\n[B]\n", 0},
		{"a section without settings", "[A]\n[B]\nx=1", "A", "k", "v", "[A]\nk=v\n[B]\nx=1",
		 0},
		{"a new section", "[A]\nx=1", "B", "k", "v", "[A]\nx=1\n[B]\nk=v\n", 0},
		{"the first counts", "[A]\nk=1\nk=2\n", "A", "k", "v", "[A]\nk=v\nk=2\n", 0},
		{"Windows-1252", "[A]\nk=\xe4\n", "A", "k", "\xc3\xb6", "[A]\nk=\xf6\n", 0},
		{"not in Windows-1252", "[A]\nk=\xe4\n", "A", "k", "\xd0\xba", NULL, HF_EINVAL},
		{"UTF-8", "[A]\nk=\xc3\xa4\n", "A", "k", "\xd0\xba", "[A]\nk=\xd0\xba\n", 0},
		{"UTF-8 with a mark", "\xef\xbb\xbf[A]\n", "A", "k", "\xd0\xba",
		 "\xef\xbb\xbf[A]\nk=\xd0\xba\n", 0},
		{"no line", "[A]\n", "A", "k", "a\nb", NULL, HF_EINVAL},
		{"no key", "[A]\n", "A", "a=b", "v", NULL, HF_EINVAL},
		{"blanks that would be cut", "[A]\n", "A", "k", " v", NULL, HF_EINVAL},
		{"before the first section", "x=1\n[A]\n", "", "k", "v", "x=1\nk=v\n[A]\n", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct ini_setting s = {rows[i].section, rows[i].key, rows[i].value};
		struct str out = {0};
		int err = ini_change(rows[i].before, strlen(rows[i].before), &s, 1, &out, NULL);

		if (err != rows[i].err || (!err && strcmp(out.data, rows[i].after)))
			CU_FAIL(rows[i].what);
		str_free(&out);
	}
}

static void ini_files_keep_their_bytes(void)
{
	static const char utf16[] = "\xff\xfe[\0A\0]\0\r\0\n\0k\0=\0v\0\r\0\n"; /* and a NUL */
	const struct ini_setting s = {"A", "k", "\xd0\xba"};
	struct str out = {0};

	CU_ASSERT_EQUAL(ini_change(utf16, sizeof(utf16), &s, 1, &out, NULL), 0);
	CU_ASSERT_EQUAL(out.len, sizeof(utf16));
	CU_ASSERT_EQUAL(memcmp(out.data + 16, "\x3a\x04\r\0\n", 6), 0);
	CU_ASSERT_EQUAL(ini_change("[A]\0x", 5, &s, 1, &out, NULL), HF_EREFUSED);
	str_free(&out);
}

/* What a plan is made for: a 32-bit Windows with ann, and a 64-bit one where she is anna. */
struct world {
	struct catalog *catalog;
	struct windows_install source, target;
	struct restore_user user;
	struct restore_users users;
	struct security_map sids;
	struct object_errors errors;
	struct restore_settings settings;
	int64_t keys;
};

#define SID_OLD "S-1-5-21-1-2-3-1001"
#define SID_NEW "S-1-5-21-4-5-6-1002"

static void world_begin(struct world *w)
{
	*w = (struct world){
		.source = {.bits = 32, .letter = 'C'},
		.target = {.bits = 64,
			   .letter = 'C',
			   .major = 10,
			   .directory = (char *)(uintptr_t) "\\Windows"},
		.user = {.id = 1,
			 .sid = SID_OLD,
			 .domain = "",
			 .name = "ann",
			 .profile = DS "ann",
			 .local = true,
			 .captured = true,
			 .selected = true,
			 .to_sid = SID_NEW,
			 .to_profile = "C:\\Users\\ann"},
		.users = {.count = 1, .computer = "PC"},
	};
	w->users.list = &w->user;
	CU_ASSERT_EQUAL(security_map_add(&w->sids, SID_OLD, SID_NEW), 0);
	CU_ASSERT_EQUAL_FATAL(catalog_new(&w->catalog), 0);
}

/* "HKCU|Software|X": each name with a row of its own. */
static int64_t add_key(struct world *w, const char *names, enum catalog_how how, int64_t security)
{
	char copy[200], *save = NULL;
	int64_t parent = 0;

	snprintf(copy, sizeof(copy), "%s", names);
	for (char *name = strtok_r(copy, "|", &save); name; name = strtok_r(NULL, "|", &save)) {
		const struct catalog_reg_key key = {
			.id = ++w->keys,
			.parent = parent,
			.name = name,
			.user = !parent && !strcmp(name, "HKCU"),
			.security = parent ? security : 0,
			.how = *save ? CATALOG_PARENT : how,
		};

		CU_ASSERT_EQUAL(catalog_add_reg_key(w->catalog, &key), 0);
		parent = w->keys;
	}
	return parent;
}

static void add_value(struct world *w, int64_t key, const char *name, const char *text)
{
	uint8_t data[512];
	const struct setting s = parse(text, data);
	const struct catalog_reg_value row = {
		.key = key, .name = name, .type = s.type, .data = s.data, .len = s.len};

	CU_ASSERT_EQUAL(catalog_add_reg_value(w->catalog, &row), 0);
}

static void world_plan(struct world *w)
{
	const struct restore_settings_input in = {
		.catalog = w->catalog,
		.source = &w->source,
		.target = &w->target,
		.users = &w->users,
		.mapping = folders(),
		.sids = &w->sids,
		.upcase = upcase_basic(),
		.errors = &w->errors,
		.now = 42,
	};

	CU_ASSERT_EQUAL_FATAL(restore_settings_plan(&w->settings, &in), 0);
}

static void world_end(struct world *w)
{
	mapping_free((struct mapping *)(uintptr_t)w->settings.in.mapping);
	restore_settings_free(&w->settings);
	security_map_free(&w->sids);
	object_errors_free(&w->errors);
	catalog_free(w->catalog);
}

static void keys_go_where_they_belong(void)
{
	static const struct {
		const char *section, *from, *file, *to; /* FILE NULL: left out */
	} rows[] = {
		{"7.3 HKCU", "HKCU|Software|X", "C:\\Users\\ann\\NTUSER.DAT",
		 "HKCU\\Software\\X [v] of PC\\ann"},
		{"7.3 a user's classes", "HKCU|Software|Classes|.x",
		 "C:\\Users\\ann\\AppData\\Local\\Microsoft\\Windows\\UsrClass.dat",
		 "HKCU\\Software\\Classes\\.x [v] of PC\\ann"},
		{"7.3 a user's servers", "HKCU|Software|Classes|CLSID|{1}",
		 "C:\\Users\\ann\\AppData\\Local\\Microsoft\\Windows\\UsrClass.dat",
		 "HKCU\\Software\\Classes\\Wow6432Node\\CLSID\\{1} [v] of PC\\ann"},
		{"7.3 HKLM\\Software", "HKLM|SOFTWARE|Vendor",
		 "C:\\Windows\\System32\\config\\SOFTWARE",
		 "HKLM\\Software\\Wow6432Node\\Vendor [v]"},
		{"7.3 shared", "HKLM|SOFTWARE|Policies|X",
		 "C:\\Windows\\System32\\config\\SOFTWARE", "HKLM\\Software\\Policies\\X [v]"},
		{"7.3 the control set", "HKLM|SYSTEM|CurrentControlSet|Services",
		 "C:\\Windows\\System32\\config\\SYSTEM",
		 "HKLM\\System\\CurrentControlSet\\Services [v]"},
		{"7.3 another control set", "HKLM|SYSTEM|ControlSet002|Services", NULL, NULL},
		{"7.3 .DEFAULT", "HKU|.DEFAULT|X", "C:\\Windows\\System32\\config\\DEFAULT",
		 "HKU\\.DEFAULT\\X [v]"},
		{"7.3 the machine's folders",
		 "HKLM|SOFTWARE|Microsoft|Windows|CurrentVersion|Explorer|Shell Folders", NULL,
		 NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct world w;
		struct str text = {0};
		const struct restore_setting *v;

		world_begin(&w);
		add_value(&w, add_key(&w, rows[i].from, CATALOG_PARENT, 0), "v", "4:1");
		world_plan(&w);
		CU_ASSERT_EQUAL_FATAL(w.settings.value_count, 1);
		v = &w.settings.values[0];
		if (!rows[i].file) {
			if (v->outcome != SETTING_LEFT_OUT)
				CU_FAIL(rows[i].section);
		} else if (v->outcome != SETTING_PENDING ||
			   restore_settings_to(&w.settings, 0, &text) ||
			   strcmp(text.data, rows[i].to) ||
			   strcmp(w.settings.hives[w.settings.keys[v->key].hive].path,
				  rows[i].file)) {
			CU_FAIL(rows[i].section);
		}
		str_free(&text);
		world_end(&w);
	}
}

static const uint8_t root_sd[20] = {1, 0, 0, 0x80};

/* O:<SID_OLD>, and nothing else. */
static const uint8_t owned_sd[48] = {1, 0, 0, 0x80, 20, 0, 0, 0, 0, 0, 0, 0, 0,	   0, 0, 0,
				     0, 0, 0, 0,    1,	5, 0, 0, 0, 0, 0, 5, 21,   0, 0, 0,
				     1, 0, 0, 0,    2,	0, 0, 0, 3, 0, 0, 0, 0xe9, 3, 0, 0};

static struct hive_write *hive(void)
{
	struct hive_write *w = NULL;

	CU_ASSERT_EQUAL_FATAL(hive_write_new(root_sd, sizeof(root_sd), upcase_basic(), &w), 0);
	return w;
}

static void expect(struct hive_write *w, const char *path, const char *name, const char *text)
{
	struct setting have = {0};
	uint8_t *data = NULL;
	hive_key key;
	int err = hive_find(hive_write_hive(w), hive_root(hive_write_hive(w)), path, &key);

	if (!err)
		err = hive_bytes(hive_write_hive(w), key, name, &have.type, &data, &have.len);
	have.data = data;
	if (text ? err || !is_like(&have, text) : err != HF_ENOENT) {
		printf("\n    %s [%s]\n", path, name);
		CU_FAIL("value");
	}
	free(data);
}

/* 11.5: written into a hive; once more changes nothing; SIDs of new keys are those of now. */
static void values_are_written_once(void)
{
	struct hive_write *h = hive();
	struct hive_key_info info;
	struct world w;
	hive_key key;
	uint64_t changes = 0;
	int64_t id;

	world_begin(&w);
	CU_ASSERT_EQUAL(catalog_add_reg_security(w.catalog, 1, owned_sd, sizeof(owned_sd)), 0);
	id = add_key(&w, "HKCU|Software|X", CATALOG_DIR, 1);
	add_value(&w, id, "", "1:default");
	add_value(&w, id, "a\\b", "1:" DS "ann\\x");
	add_value(&w, id, "link", "6:there");
	(void)add_key(&w, "HKCU|Empty", CATALOG_DIR, 0);
	world_plan(&w);
	CU_ASSERT_EQUAL(hive_write_path(h, hive_root(hive_write_hive(h)), "software", &key), 0);
	CU_ASSERT_EQUAL(restore_settings_apply_hive(&w.settings, 0, h, SETTINGS_APPLY, &changes),
			0);
	CU_ASSERT_EQUAL(changes, 3); /* two values, and a key without any */
	expect(h, "Software\\X", "", "1:default");
	expect(h, "Software\\X", "a\\b", "1:C:\\Users\\ann\\x");
	expect(h, "Software\\X", "link", NULL);
	CU_ASSERT_EQUAL(hive_find(hive_write_hive(h), hive_root(hive_write_hive(h)), "Empty", &key),
			0);
	CU_ASSERT_EQUAL(
		hive_find(hive_write_hive(h), hive_root(hive_write_hive(h)), "Software\\X", &key),
		0);
	hive_key_info(hive_write_hive(h), key, &info);
	CU_ASSERT_EQUAL_FATAL(info.security_len, sizeof(owned_sd));
	CU_ASSERT_EQUAL(info.security[32], 4); /* the first number of SID_NEW's own */
	changes = 0;
	CU_ASSERT_EQUAL(restore_settings_apply_hive(&w.settings, 0, h, SETTINGS_APPLY, &changes),
			0);
	CU_ASSERT_EQUAL(changes, 0);
	CU_ASSERT_EQUAL(hive_write_value(h, key, "", HIVE_BINARY, "x", 1), 0);
	CU_ASSERT_EQUAL(hive_write_delete_value(h, key, "a\\b"), 0);
	CU_ASSERT_EQUAL(restore_settings_apply_hive(&w.settings, 0, h, SETTINGS_MISSING, &changes),
			0);
	CU_ASSERT_EQUAL(changes, 1);
	expect(h, "Software\\X", "", "3:78");
	expect(h, "Software\\X", "a\\b", "1:C:\\Users\\ann\\x");
	hive_write_close(h);
	world_end(&w);
}

/* 7.3: CurrentControlSet is the one that Select names. */
static void the_control_set_is_the_hives(void)
{
	static const uint8_t two[4] = {2};
	struct hive_write *h = hive();
	hive_key root = hive_root(hive_write_hive(h)), key;
	struct world w;
	uint64_t changes = 0;

	world_begin(&w);
	add_value(&w, add_key(&w, "HKLM|SYSTEM|CurrentControlSet|X", CATALOG_DIR, 0), "v", "4:1");
	world_plan(&w);
	CU_ASSERT_EQUAL(hive_write_path(h, root, "ControlSet001", &key), 0);
	CU_ASSERT_EQUAL(hive_write_path(h, root, "ControlSet002", &key), 0);
	CU_ASSERT_EQUAL(hive_write_path(h, root, "Select", &key), 0);
	CU_ASSERT_EQUAL(hive_write_value(h, key, "Current", HIVE_DWORD, two, 4), 0);
	CU_ASSERT_EQUAL(restore_settings_apply_hive(&w.settings, 0, h, SETTINGS_APPLY, &changes),
			0);
	expect(h, "ControlSet002\\X", "v", "4:1");
	expect(h, "ControlSet001\\X", "v", NULL);
	CU_ASSERT_EQUAL(hive_find(hive_write_hive(h), root, "CurrentControlSet", &key), HF_ENOENT);
	hive_write_close(h);
	world_end(&w);
}

/* 4.14: two values for one place (a key and its 32-bit namesake): the later counts. */
static void two_for_one_place(void)
{
	struct hive_write *h = hive();
	struct world w;
	uint64_t changes = 0;

	world_begin(&w);
	add_value(&w, add_key(&w, "HKLM|SOFTWARE|X", CATALOG_DIR, 0), "v", "4:1");
	add_value(&w, add_key(&w, "HKLM|SOFTWARE|Wow6432Node|x", CATALOG_DIR, 0), "V", "4:2");
	world_plan(&w);
	CU_ASSERT_EQUAL(restore_settings_apply_hive(&w.settings, 0, h, SETTINGS_APPLY, &changes),
			0);
	expect(h, "Wow6432Node\\X", "v", "4:2");
	CU_ASSERT_EQUAL(w.settings.values[0].outcome + w.settings.values[1].outcome,
			SETTING_WRITTEN + SETTING_REPLACED);
	hive_write_close(h);
	world_end(&w);
}

/* 11.2: what a user has who is left out stays in the store. */
static void users_are_left_out(void)
{
	struct world w;

	world_begin(&w);
	w.user.selected = false;
	add_value(&w, add_key(&w, "HKCU|Software|X", CATALOG_DIR, 0), "v", "4:1");
	world_plan(&w);
	CU_ASSERT_EQUAL(w.settings.hive_count, 0);
	CU_ASSERT_EQUAL(w.settings.values[0].outcome, SETTING_LEFT_OUT);
	world_end(&w);
}

void suite_restore_settings(void)
{
	CU_pSuite suite = CU_add_suite("restore_settings", NULL, NULL);

	CU_add_test(suite, "content is modified", content_is_modified);
	CU_add_test(suite, "one of two wins", one_of_two_wins);
	CU_add_test(suite, "paths follow the profile", paths_follow_the_profile);
	CU_add_test(suite, "keys are shared or not", keys_are_shared_or_not);
	CU_add_test(suite, "ini settings are written", ini_settings_are_written);
	CU_add_test(suite, "ini files keep their bytes", ini_files_keep_their_bytes);
	CU_add_test(suite, "keys go where they belong", keys_go_where_they_belong);
	CU_add_test(suite, "values are written once", values_are_written_once);
	CU_add_test(suite, "the control set is the hive's", the_control_set_is_the_hives);
	CU_add_test(suite, "two for one place", two_for_one_place);
	CU_add_test(suite, "users are left out", users_are_left_out);
}
