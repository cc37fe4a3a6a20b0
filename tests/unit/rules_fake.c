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

const struct fake fake_win10 = {win10_variables, win10_paths, "CD", 2};

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

const struct fake fake_xp = {xp_variables, xp_paths, "C", 2};

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
