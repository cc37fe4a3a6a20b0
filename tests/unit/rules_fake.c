// SPDX-License-Identifier: GPL-2.0-or-later
/* The table computer of rules_fake.h. */
#include "unit/rules_fake.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"

static const struct fake_variable win10_variables[] = {
	{-1, "SYSTEMDRIVE", "C:"},
	{-1, "WINDIR", "C:\\Windows"},
	{-1, "CSIDL_WINDOWS", "C:\\Windows"},
	{-1, "PROGRAMFILES", "C:\\Program Files"},
	{-1, "CSIDL_PROGRAM_FILES", "C:\\Program Files"},
	{-1, "PROGRAMFILES(X86)", "C:\\Program Files (x86)"},
	{-1, "PROFILESFOLDER", "C:\\Users"},
	{-1, "CSIDL_COMMON_APPDATA", "C:\\ProgramData"},
	{-1, "CSIDL_COMMON_DOCUMENTS", "C:\\Users\\Public\\Documents"},
	{-1, "CSIDL_COMMON_MUSIC", "C:\\Users\\Public\\Music"},
	{-1, "CSIDL_COMMON_PICTURES", "C:\\Users\\Public\\Pictures"},
	{-1, "CSIDL_COMMON_VIDEO", "C:\\Users\\Public\\Videos"},
	{-1, "CSIDL_COMMON_DESKTOPDIRECTORY", "C:\\Users\\Public\\Desktop"},
	{-1, "CSIDL_COMMON_FAVORITES", "C:\\Users\\Public\\Favorites"},
	{-1, "CSIDL_COMMON_STARTMENU", "C:\\ProgramData\\Microsoft\\Windows\\Start Menu"},
	{-1, "FOLDERID_PublicDownloads", "C:\\Users\\Public\\Downloads"},
#define USER10(n, u)                                                                               \
	{n, "USERPROFILE", "C:\\Users\\" u}, {n, "APPDATA", "C:\\Users\\" u "\\AppData\\Roaming"}, \
		{n, "CSIDL_APPDATA", "C:\\Users\\" u "\\AppData\\Roaming"},                        \
		{n, "CSIDL_LOCAL_APPDATA", "C:\\Users\\" u "\\AppData\\Local"},                    \
		{n, "CSIDL_DESKTOP", "C:\\Users\\" u "\\Desktop"},                                 \
		{n, "CSIDL_FAVORITES", "C:\\Users\\" u "\\Favorites"},                             \
		{n, "CSIDL_CONTACTS", "C:\\Users\\" u "\\Contacts"},                               \
		{n, "CSIDL_MYMUSIC", "C:\\Users\\" u "\\Music"},                                   \
		{n, "CSIDL_MYPICTURES", "C:\\Users\\" u "\\Pictures"},                             \
		{n, "CSIDL_MYVIDEO", "C:\\Users\\" u "\\Videos"},                                  \
		{n, "FOLDERID_Downloads", "C:\\Users\\" u "\\Downloads"},                          \
		{n, "FOLDERID_Links", "C:\\Users\\" u "\\Links"},                                  \
		{n, "FOLDERID_SavedGames", "C:\\Users\\" u "\\Saved Games"},                       \
		{n, "CSIDL_QUICKLAUNCH",                                                           \
		 "C:\\Users\\" u                                                                   \
		 "\\AppData\\Roaming\\Microsoft\\Internet Explorer\\Quick Launch"},                \
	{                                                                                          \
		n, "CSIDL_STARTMENU",                                                              \
			"C:\\Users\\" u "\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu"       \
	}
	USER10(0, "ann"),
	{0, "CSIDL_PERSONAL", "C:\\Users\\ann\\Documents"},
	USER10(1, "bob"),
	{1, "CSIDL_PERSONAL", "D:\\bob [home]"},
	{0, NULL, NULL},
};

#define HS 6u /* hidden and system */

static const struct fake_path win10_paths[] = {
	{"C:\\Users\\ann\\Documents\\report.docx", 0},
	{"C:\\Users\\ann\\Documents\\desktop.ini", HS},
	{"C:\\Users\\ann\\Music\\a.mp3", 0},
	{"C:\\Users\\ann\\Pictures\\", 0},
	{"C:\\Users\\ann\\Videos\\", 0},
	{"C:\\Users\\ann\\Desktop\\", 0},
	{"C:\\Users\\ann\\Downloads\\setup.exe", 0},
	{"C:\\Users\\ann\\Loose\\deep\\x.bin", 0},
	{"C:\\Users\\ann\\loose.txt", 0},
	{"C:\\Users\\ann\\NTUSER.DAT", 2},
	{"C:\\Users\\ann\\AppData\\Roaming\\Tool\\tool.ini", 0},
	{"C:\\Users\\ann\\Cookies\\", HS | 0x400},
	{"C:\\Users\\bob\\Desktop\\todo.txt", 0},
	{"C:\\Users\\eve\\Documents\\secret.docx", 0},
	{"C:\\Users\\Public\\Documents\\shared.xlsx", 0},
	{"C:\\Users\\Public\\Downloads\\", 0},
	{"C:\\ProgramData\\App\\app.doc", 0},
	{"C:\\Program Files\\App\\readme.txt", 0},
	{"C:\\Windows\\notes.txt", 0},
	{"C:\\Lab\\run1\\data.bin", 0},
	{"C:\\Lab\\run1\\notes.odt", 0},
	{"C:\\Windows.old\\Users\\ann\\Documents\\old.docx", 0},
	{"C:\\$Recycle.Bin\\S-1-5-21\\$R1.docx", 0},
	{"C:\\pagefile.sys", HS},
	{"C:\\hiberfil.sys", HS},
	{"C:\\todo.txt", 0},
	{"C:\\Vendor\\", HS},
	{"C:\\bootnxt", 0},
	{"D:\\bob [home]\\letter.docx", 0},
	{"D:\\Drawings\\house.dwg", 0},
	{"D:\\Windows\\stray.doc", 0},
	{"D:\\System Volume Information\\x.doc", 0},
	{NULL, 0},
};

const struct fake fake_win10 = {
	.variables = win10_variables, .paths = win10_paths, .drives = "CD", .users = 2};

/* clang-format off */
static const struct fake_value win10_values[] = {
	{-1, "HKLM\\Software\\App", "", 1, "default"},
	{-1, "HKLM\\Software\\App", "Version", 1, "5.3"},
	{-1, "HKLM\\Software\\App", "Path", 2, "%WINDIR%\\notes.txt"},
	{-1, "HKLM\\Software\\App", "Icon", 1, "\"C:\\Lab\\run1\\data.bin\",-2"},
	{-1, "HKLM\\Software\\App", "Bare", 1, "data.bin"},
	{-1, "HKLM\\Software\\App", "List", 7, "C:\\Lab\\run1\\data.bin|C:\\nope|C:\\Lab\\run1\\notes.odt"},
	{-1, "HKLM\\Software\\App", "Count", 4, "0B000000"},
	{-1, "HKLM\\Software\\App", "Ansi", 3, "443A5C44726177696E67735C686F7573652E64776700"},
	{-1, "HKLM\\Software\\App", "Wide", 3, "44003A005C0044007200610077"
		"0069006E00670073005C0068006F007500730065002E006400770067000000"},
	{-1, "HKLM\\Software\\App", "Quoted", 1, "  \"C:\\Lab\\\""},
	{-1, "HKLM\\Software\\App\\Sub 3.1\\bin", "PathToExe", 1, "C:\\Lab\\run1\\data.bin"},
	{-1, "HKLM\\Software\\Empty", NULL, 0, ""},
	{0, "HKCU\\Software\\App", "Name", 1, "ann"},
	{1, "HKCU\\Software\\App", "Name", 1, "bob"},
	{0, "HKCU\\Software\\OnlyAnn", "x", 1, "5.3"},
	{0, NULL, NULL, 0, NULL},
};

static const struct fake_file win10_files[] = {
	{"C:\\Lab\\run1\\data.bin", 7, 2048, "2023-05-15", "same", "5.10.2.1"},
	{"C:\\Lab\\run1\\notes.odt", 8, 10, "2008-05-17", "other", NULL},
	{"C:\\Lab\\run1", 9, 0, "2020-01-01", NULL, NULL},
	{"C:\\Lab", 10, 0, "2020-01-01", NULL, NULL},
	{"D:\\Drawings\\house.dwg", 7, 2048, "2023-05-15", "same", NULL},
	{"C:\\Users\\ann\\AppData\\Roaming\\Tool\\tool.ini", 11, 60, "2020-01-01",
	 "; x\r\n[Proxy]\r\nHost = proxy1 \r\nFile=D:\\Drawings\\house.dwg\r\n[Other]\r\nHost=x\r\n", NULL},
	{NULL, 0, 0, NULL, NULL, NULL},
};
/* clang-format on */

static const struct rules_os win10_os = {10, 0, 19045, "", 64};

const struct fake fake_win10_full = {.variables = win10_variables,
				     .paths = win10_paths,
				     .drives = "CD",
				     .users = 2,
				     .registry = win10_values,
				     .files = win10_files,
				     .os = &win10_os};

static const struct fake_variable xp_variables[] = {
	{-1, "SYSTEMDRIVE", "C:"},
	{-1, "WINDIR", "C:\\WINDOWS"},
	{-1, "CSIDL_WINDOWS", "C:\\WINDOWS"},
	{-1, "PROGRAMFILES", "C:\\Program Files"},
	{-1, "CSIDL_PROGRAM_FILES", "C:\\Program Files"},
	{-1, "PROFILESFOLDER", "C:\\Documents and Settings"},
#define ALL "C:\\Documents and Settings\\All Users\\"
	{-1, "CSIDL_COMMON_APPDATA", ALL "Application Data"},
	{-1, "CSIDL_COMMON_DOCUMENTS", ALL "Documents"},
	{-1, "CSIDL_COMMON_MUSIC", ALL "Documents\\My Music"},
	{-1, "CSIDL_COMMON_PICTURES", ALL "Documents\\My Pictures"},
	{-1, "CSIDL_COMMON_VIDEO", ALL "Documents\\My Videos"},
	{-1, "CSIDL_COMMON_DESKTOPDIRECTORY", ALL "Desktop"},
	{-1, "CSIDL_COMMON_FAVORITES", ALL "Favorites"},
	{-1, "CSIDL_COMMON_STARTMENU", ALL "Start Menu"},
#define USERXP(n, u)                                                                               \
	{n, "USERPROFILE", "C:\\Documents and Settings\\" u},                                      \
		{n, "CSIDL_APPDATA", "C:\\Documents and Settings\\" u "\\Application Data"},       \
		{n, "CSIDL_LOCAL_APPDATA",                                                         \
		 "C:\\Documents and Settings\\" u "\\Local Settings\\Application Data"},           \
		{n, "CSIDL_PERSONAL", "C:\\Documents and Settings\\" u "\\My Documents"},          \
		{n, "CSIDL_MYMUSIC", "C:\\Documents and Settings\\" u "\\My Documents\\My Music"}, \
		{n, "CSIDL_MYPICTURES",                                                            \
		 "C:\\Documents and Settings\\" u "\\My Documents\\My Pictures"},                  \
		{n, "CSIDL_MYVIDEO",                                                               \
		 "C:\\Documents and Settings\\" u "\\My Documents\\My Videos"},                    \
		{n, "CSIDL_DESKTOP", "C:\\Documents and Settings\\" u "\\Desktop"},                \
		{n, "CSIDL_FAVORITES", "C:\\Documents and Settings\\" u "\\Favorites"},            \
	{                                                                                          \
		n, "CSIDL_STARTMENU", "C:\\Documents and Settings\\" u "\\Start Menu"              \
	}
	USERXP(0, "ann"),
	USERXP(1, "bob"),
	{0, NULL, NULL},
};

static const struct fake_path xp_paths[] = {
	{"C:\\Documents and Settings\\ann\\My Documents\\My Music\\a.mp3", 0},
	{"C:\\Documents and Settings\\ann\\My Documents\\My Pictures\\", 0},
	{"C:\\Documents and Settings\\ann\\My Documents\\letter.doc", 0},
	{"C:\\Documents and Settings\\ann\\Desktop\\", 0},
	{"C:\\Documents and Settings\\ann\\Local Settings\\Temp\\x.tmp", 0},
	{"C:\\Documents and Settings\\ann\\Application Data\\Tool\\t.ini", 0},
	{"C:\\Documents and Settings\\bob\\Favorites\\a.url", 0},
	{"C:\\Documents and Settings\\All Users\\Documents\\plan.doc", 0},
	{"C:\\WINDOWS\\x.doc", 0},
	{"C:\\RECYCLER\\S-1-5-21\\Dc1.doc", 0},
	{"C:\\boot.ini", HS},
	{"C:\\Work\\x.doc", 0},
	{NULL, 0},
};

const struct fake fake_xp = {
	.variables = xp_variables, .paths = xp_paths, .drives = "C", .users = 2};

static const char *variable(void *ctx, int user, const char *name)
{
	const struct fake *fake = ctx;

	for (const struct fake_variable *v = fake->variables; v->name; v++)
		if ((v->user == user || v->user == -1) && !strcasecmp(v->name, name))
			return v->value;
	return NULL;
}

static const char *user_name(void *ctx, int user)
{
	(void)ctx;
	return user < 0 ? "System" : user == 0 ? "PC\\ann" : user == 1 ? "PC\\bob" : "PC\\other";
}

/* The entry of TREE that is PATH or lies below it; *REST is what follows PATH in it. */
static bool is_at(const char *tree, const char *path, const char **rest)
{
	size_t n = strlen(path);

	if (strncasecmp(tree, path, n) || (tree[n] && tree[n] != '\\'))
		return false;
	*rest = tree + n;
	return true;
}

static int exists(void *ctx, const char *path, bool *is_dir)
{
	const struct fake *fake = ctx;
	const char *rest;

	for (const struct fake_path *p = fake->paths; p->path; p++) {
		if (!is_at(p->path, path, &rest))
			continue;
		if (is_dir)
			*is_dir = *rest != '\0';
		return 1;
	}
	return 0;
}

static int list(void *ctx, const char *path, rules_list_visit visit, void *visit_ctx)
{
	const struct fake *fake = ctx;
	const char *seen[100];
	size_t count = 0;
	bool found = false;

	for (const struct fake_path *p = fake->paths; p->path; p++) {
		char name[300];
		const char *rest, *end;
		bool known = false;
		int result;

		if (!is_at(p->path, path, &rest) || !*rest)
			continue;
		found = true;
		end = strchr(++rest, '\\');
		snprintf(name, sizeof(name), "%.*s", end ? (int)(end - rest) : (int)strlen(rest),
			 rest);
		for (size_t i = 0; i < count; i++)
			known |= !strncmp(seen[i], rest, strlen(name)) &&
				 (!seen[i][strlen(name)] || seen[i][strlen(name)] == '\\');
		if (known || !*name || count == 100)
			continue;
		seen[count++] = rest;
		result = visit(visit_ctx, name, end != NULL, !end || !end[1] ? p->attributes : 0);
		if (result)
			return result;
	}
	return found ? 0 : HF_ENOENT;
}

static int drives(void *ctx, rules_drive_visit visit, void *visit_ctx)
{
	const struct fake *fake = ctx;

	for (const char *d = fake->drives; *d; d++) {
		int result = visit(visit_ctx, *d, RULES_DRIVE_FIXED);

		if (result)
			return result;
	}
	return visit(visit_ctx, 'E', RULES_DRIVE_REMOVABLE);
}

static int os(void *ctx, struct rules_os *out)
{
	*out = *((const struct fake *)ctx)->os;
	return 0;
}

static const struct fake_file *find_file(const struct fake *fake, const char *path)
{
	for (const struct fake_file *f = fake->files; f->path; f++)
		if (!strcasecmp(f->path, path))
			return f;
	return NULL;
}

static int stat_file(void *ctx, const char *path, struct rules_file_info *out)
{
	const struct fake_file *f = find_file(ctx, path);
	unsigned year, month, day;
	uint64_t days = 0;

	memset(out, 0, sizeof(*out));
	if (!f)
		return exists(ctx, path, &out->is_dir) == 1 ? 0 : HF_ENOENT;
	CU_ASSERT_EQUAL(sscanf(f->modified, "%u-%u-%u", &year, &month, &day), 3);
	for (unsigned y = 1601; y < year; y++)
		days += (y % 4 == 0 && y % 100) || y % 400 == 0 ? 366 : 365;
	for (unsigned m = 1; m < month; m++)
		days += m == 2 ? 28u + ((year % 4 == 0 && year % 100) || year % 400 == 0)
			       : 30u + ((m + (m > 7)) & 1);
	days += day - 1;
	out->id = f->id;
	out->size = f->size;
	/* In the afternoon, so that a comparison by less than days would show. */
	out->created = out->modified = out->accessed = days * 864000000000u + 500000000000u;
	exists(ctx, path, &out->is_dir);
	return 0;
}

static int read_file(void *ctx, const char *path, size_t max, void **data, size_t *len)
{
	const struct fake_file *f = find_file(ctx, path);

	if (!f || !f->content)
		return HF_ENOENT;
	*len = strlen(f->content);
	if (*len > max)
		return HF_ELIMIT;
	*data = strdup(f->content);
	return 0;
}

static int file_version(void *ctx, const char *path, const char *tag, char **value)
{
	const struct fake_file *f = find_file(ctx, path);

	if (!f || !f->version)
		return HF_ENOENT;
	*value = strdup(!strcasecmp(tag, "FileVersion") ? f->version : "Fake Product");
	return 0;
}

static bool is_key(const struct fake_value *v, int user, const char *key)
{
	return !strcasecmp(v->key, key) && (strncasecmp(key, "HKCU", 4) || v->user == user);
}

static void value_data(const struct fake_value *v, uint8_t *out, size_t *len)
{
	*len = 0;
	if (v->type != 1 && v->type != 2 && v->type != 7) {
		for (const char *c = v->data; *c; c += 2) {
			unsigned byte;

			sscanf(c, "%2x", &byte);
			out[(*len)++] = (uint8_t)byte;
		}
		return;
	}
	for (const char *c = v->data;; c++) {
		out[(*len)++] = *c == '|' && v->type == 7 ? 0 : (uint8_t)*c;
		out[(*len)++] = 0;
		if (!*c)
			break;
	}
	if (v->type == 7) {
		out[(*len)++] = 0;
		out[(*len)++] = 0;
	}
}

static int reg_value(void *ctx, int user, const char *key, const char *name, uint32_t *type,
		     void **data, size_t *len)
{
	const struct fake *fake = ctx;

	for (const struct fake_value *v = fake->registry; v->key; v++) {
		if (!v->name || !is_key(v, user, key) || strcasecmp(v->name, name))
			continue;
		*type = v->type;
		*data = malloc(1000);
		value_data(v, *data, len);
		return 0;
	}
	return HF_ENOENT;
}

static int reg_list(void *ctx, int user, const char *key, rules_reg_visit subkey,
		    rules_reg_visit value, void *visit_ctx)
{
	const struct fake *fake = ctx;
	char seen[100][100];
	size_t count = 0, n = strlen(key);
	int result = 0, found = 0;

	for (const struct fake_value *v = fake->registry; v->key && !result; v++) {
		bool known = false;

		if (is_key(v, user, key)) {
			found = 1;
			if (value && v->name)
				result = value(visit_ctx, v->name);
			continue;
		}
		if (strncasecmp(v->key, key, n) || v->key[n] != '\\' ||
		    (!strncasecmp(key, "HKCU", 4) && v->user != user))
			continue;
		found = 1;
		snprintf(seen[count], sizeof(seen[0]), "%.*s", (int)strcspn(v->key + n + 1, "\\"),
			 v->key + n + 1);
		for (size_t i = 0; i < count; i++)
			known |= !strcasecmp(seen[i], seen[count]);
		if (!known && subkey)
			result = subkey(visit_ctx, seen[count++]);
	}
	return result ? result : found ? 0 : HF_ENOENT;
}

struct rules_machine fake_machine(const struct fake *fake)
{
	return (struct rules_machine){
		.ctx = (void *)(uintptr_t)fake,
		.user_count = fake->users,
		.variable = variable,
		.user_name = user_name,
		.exists = exists,
		.list = list,
		.drives = drives,
		.os = fake->os ? os : NULL,
		.stat = fake->files ? stat_file : NULL,
		.read_file = fake->files ? read_file : NULL,
		.file_version = fake->files ? file_version : NULL,
		.reg_value = fake->registry ? reg_value : NULL,
		.reg_list = fake->registry ? reg_list : NULL,
		.upcase = upcase_basic(),
	};
}

int fake_load(struct rules *rules, const void *text, size_t len, const char *name)
{
	char path[] = "/tmp/holdfast-rules-XXXXXX";
	int fd = mkstemp(path), error;

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, text, len), (ssize_t)len);
	close(fd);
	error = rules_load(rules, path, name);
	unlink(path);
	return error;
}

struct rules *fake_rules(const struct rules_machine *m, const char *const *texts, int *error)
{
	struct rules *rules = rules_new();

	*error = 0;
	for (int i = 0; texts[i] && !*error; i++) {
		char name[20];

		snprintf(name, sizeof(name), "test%d.xml", i + 1);
		*error = fake_load(rules, texts[i], strlen(texts[i]), name);
	}
	if (!*error)
		*error = rules_compile(rules, m);
	if (!*error)
		return rules;
	rules_free(rules);
	return NULL;
}

static int count_wins(void *ctx, const struct rules_match *match)
{
	*(int *)ctx += match->wins;
	return 0;
}

struct rules_decision fake_decide(const struct rules *rules, const char *path, uint32_t attributes)
{
	struct rules_dir dir = {0};
	struct rules_decision fast = {false, RULES_NONE}, slow = {false, RULES_NONE};
	char text[1000];
	size_t n = strlen(path);
	bool is_dir = path[n - 1] == '\\';
	char *cut;
	int wins = 0;

	snprintf(text, sizeof(text), "%s", path);
	if (is_dir)
		text[n - 1] = '\0';
	CU_ASSERT_EQUAL(rules_explain(rules, text, is_dir, attributes, count_wins, &wins, &slow),
			0);
	CU_ASSERT_EQUAL(wins, slow.rule != RULES_NONE);
	if (is_dir) {
		CU_ASSERT_EQUAL(rules_enter(rules, text, &dir), 0);
		rules_decide_dir(&dir, attributes, &fast);
	} else {
		uint16_t name[NAME_UNITS_MAX];
		int units;

		cut = strrchr(text, '\\');
		*cut = '\0';
		units = text_to_utf16(cut + 1, strlen(cut + 1), name, NAME_UNITS_MAX);
		CU_ASSERT_FATAL(units >= 0);
		CU_ASSERT_EQUAL(rules_enter(rules, text, &dir), 0);
		rules_decide_file(&dir, name, (unsigned)units, attributes, &fast);
	}
	rules_dir_free(&dir);
	CU_ASSERT_EQUAL(fast.selected, slow.selected);
	CU_ASSERT_EQUAL(fast.rule, slow.rule);
	if (fast.selected != slow.selected || fast.rule != slow.rule)
		printf("\n    %s: decided %d by %u, explained %d by %u\n", path, fast.selected,
		       fast.rule, slow.selected, slow.rule);
	return fast;
}

struct rules_decision fake_decide_key(const struct rules *rules, int user, const char *path,
				      const char *name)
{
	struct rules_dir dir = {0};
	struct rules_decision fast = {false, RULES_NONE}, slow = {false, RULES_NONE};
	uint16_t units[1000];
	int wins = 0, n = name ? text_to_utf16(name, strlen(name), units, 1000) : 0;

	CU_ASSERT_FATAL(n >= 0);
	CU_ASSERT_EQUAL(rules_explain_key(rules, user, path, name, count_wins, &wins, &slow), 0);
	CU_ASSERT_EQUAL(wins, slow.rule != RULES_NONE);
	CU_ASSERT_EQUAL(rules_enter_key(rules, user, path, &dir), 0);
	if (name)
		rules_decide_value(&dir, units, (unsigned)n, &fast);
	else
		rules_decide_key(&dir, &fast);
	rules_dir_free(&dir);
	CU_ASSERT_EQUAL(fast.selected, slow.selected);
	CU_ASSERT_EQUAL(fast.rule, slow.rule);
	return fast;
}

struct rules_decision fake_decide_setting(const struct rules *rules, const char *path,
					  const char *section, const char *key)
{
	struct rules_dir dir = {0};
	struct rules_decision fast = {false, RULES_NONE}, slow = {false, RULES_NONE};
	int wins = 0;

	CU_ASSERT_EQUAL(rules_explain_setting(rules, path, section, key, count_wins, &wins, &slow),
			0);
	CU_ASSERT_EQUAL(wins, slow.rule != RULES_NONE);
	CU_ASSERT_EQUAL(rules_enter_section(rules, path, section, &dir), 0);
	CU_ASSERT_EQUAL(rules_decide_setting(&dir, key, &fast), 0);
	rules_dir_free(&dir);
	CU_ASSERT_EQUAL(fast.selected, slow.selected);
	CU_ASSERT_EQUAL(fast.rule, slow.rule);
	if (fast.rule != slow.rule)
		printf("\n    %s|%s[%s]: decided %u, explained %u\n", path, section, key, fast.rule,
		       slow.rule);
	return fast;
}

bool fake_selected(const struct rules *rules, const char *path)
{
	return fake_decide(rules, path, 0).selected;
}

struct rules *fake_component(const struct rules_machine *m, const char *attributes,
			     const char *content)
{
	struct str xml = {0};
	const char *texts[2] = {NULL, NULL};
	struct rules *rules;
	int error;

	str_addf(&xml, "<migration urlid='urn:test'><component type='Documents' %s>", attributes);
	str_addf(&xml, "<displayName>c</displayName><role role='Data'>%s</role></component>",
		 content);
	str_adds(&xml, "</migration>");
	texts[0] = xml.data;
	rules = fake_rules(m, texts, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rules);
	str_free(&xml);
	return rules;
}

void fake_check(const struct rules *rules, const char *path, bool expected, const char *what)
{
	bool got = fake_selected(rules, path);

	if (got != expected)
		printf("\n    %s: %s: selected %d, expected %d\n", what, path, got, expected);
	CU_ASSERT_EQUAL(got, expected);
}
