// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine/mapping.c and engine/restore_users.c: where things go and whom users become, by USMT
 * specification 2, 4.12, 7.3 and 11.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/mapping.h"
#include "engine/restore_users.h"
#include "engine/users.h"
#include "report/error.h"
#include "report/log.h"
#include "store/catalog.h"
#include "unit/suites.h"
#include "windows/install.h"

#define DS "C:\\Documents and Settings\\"

/* What variables of the old Windows named, and name in the new one; by user, -1 the system. */
static const struct {
	const char *name, *from, *to;
	int user;
} folders[] = {
	{"PROFILESFOLDER", "C:\\Documents and Settings", "C:\\Users", -1},
	{"WINDIR", "C:\\WINDOWS", "C:\\Windows", -1},
	{"PATH", "C:\\WINDOWS\\system32", "C:\\Elsewhere", -1},
	{"SYSTEMDRIVE", "C:", "D:", -1},
	{"CSIDL_COMMON_DOCUMENTS", DS "All Users\\Documents", "C:\\Users\\Public\\Documents", -1},
	{"CSIDL_COMMON_APPDATA", DS "All Users\\Application Data", "C:\\ProgramData", -1},
	{"USERPROFILE", DS "ann", "C:\\Users\\ann", 0},
	{"CSIDL_PERSONAL", DS "ann\\My Documents", "C:\\Users\\ann\\Documents", 0},
	{"CSIDL_MYMUSIC", DS "ann\\My Documents\\My Music", "C:\\Users\\ann\\Music", 0},
	{"CSIDL_APPDATA", DS "ann\\Application Data", "C:\\Users\\ann\\AppData\\Roaming", 0},
	{"CSIDL_LOCAL_APPDATA", DS "ann\\Local Settings\\Application Data",
	 "C:\\Users\\ann\\AppData\\Local", 0},
	{"CSIDL_MYVIDEO", "\\\\server\\share\\video", "C:\\Users\\ann\\Videos", 0},
	{"CSIDL_FAVORITES", DS "ann", "C:\\Users\\ann\\Favorites", 0},
	{"USERPROFILE", DS "bob", NULL, 1},
	{"CSIDL_PERSONAL", DS "bob\\My Documents", NULL, 1},
	{"FOLDERID_RecordedTV", "C:\\Public TV", NULL, 1},
	{"FOLDERID_RecordedTV", "C:\\Public TV", "C:\\Users\\Public\\TV", 2},
	{"CSIDL_DESKTOP", "C:\\Shared", "C:\\Users\\ann\\Desktop", 0},
	{"CSIDL_DESKTOP", "C:\\Shared", "C:\\Users\\kim\\Desktop", 2},
};

static struct mapping *sample(void)
{
	static struct mapping m;

	m = (struct mapping){.upcase = upcase_basic()};
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		unsigned rank = mapping_rank(folders[i].name);

		if (rank)
			CU_ASSERT_EQUAL(mapping_add(&m, folders[i].from, folders[i].to,
						    folders[i].name, folders[i].user, rank),
					0);
	}
	CU_ASSERT_EQUAL(mapping_finish(&m), 0);
	return &m;
}

/* Each row names what it comes from; TO is NULL for what is left out. */
static const struct {
	const char *section, *from, *to;
} rows[] = {
	{"7.3 the most specific folder first", DS "ann\\My Documents\\My Music\\a.mp3",
	 "C:\\Users\\ann\\Music\\a.mp3"},
	{"7.3 below a known folder", DS "ann\\My Documents\\b\\c.txt",
	 "C:\\Users\\ann\\Documents\\b\\c.txt"},
	{"7.3 the folder itself", DS "ann\\My Documents", "C:\\Users\\ann\\Documents"},
	{"7.3 Local Settings", DS "ann\\Local Settings\\Application Data\\X",
	 "C:\\Users\\ann\\AppData\\Local\\X"},
	{"7.3 Application Data", DS "ann\\Application Data\\X",
	 "C:\\Users\\ann\\AppData\\Roaming\\X"},
	{"7.3 rest of the profile", DS "ann\\Own\\x.txt", "C:\\Users\\ann\\Own\\x.txt"},
	{"7.3 a profile wins over a folder moved onto it", DS "ann\\x", "C:\\Users\\ann\\x"},
	{"7.3 All Users", DS "All Users\\Documents\\x", "C:\\Users\\Public\\Documents\\x"},
	{"7.3 ProgramData", DS "All Users\\Application Data\\x", "C:\\ProgramData\\x"},
	{"4.12 names that only begin alike", DS "annabel\\x", "C:\\Users\\annabel\\x"},
	{"4.12 case does not matter", "c:\\DOCUMENTS AND SETTINGS\\ANN\\my documents\\X",
	 "C:\\Users\\ann\\Documents\\X"},
	{"4.12 below no known folder", "C:\\Data\\x", "C:\\Data\\x"},
	{"4.12 another drive", "D:\\x", "D:\\x"},
	{"4.12 a drive is no folder", "C:\\x", "C:\\x"},
	{"7.1 PATH is no folder", "C:\\WINDOWS\\system32\\x", "C:\\Windows\\system32\\x"},
	{"11.2 a user left out", DS "bob\\My Documents\\x", NULL},
	{"11.2 the rest of that profile", DS "bob\\x", NULL},
	{"11.2 what a user left out shared with another", "C:\\Public TV\\x",
	 "C:\\Users\\Public\\TV\\x"},
	{"7.3 a folder that two users shared stays", "C:\\Shared\\x", "C:\\Shared\\x"},
};

static void folders_go_to_folders(void)
{
	struct mapping *m = sample();
	struct str out = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int err = mapping_path(m, rows[i].from, &out, NULL);
		bool good = rows[i].to ? !err && !strcmp(out.data, rows[i].to) : err == HF_EREFUSED;

		if (!good)
			printf("\n    %s: %s\n", rows[i].section, out.data ? out.data : "");
		CU_ASSERT_TRUE(good);
	}
	str_free(&out);
	mapping_free(m);
}

static void add_user(struct catalog *c, const char *sid, const char *name, const char *profile,
		     bool local, bool captured)
{
	const struct catalog_user row = {.sid = sid,
					 .domain = "",
					 .name = name,
					 .profile = profile,
					 .local = local,
					 .captured = captured,
					 .reason = "by default"};

	CU_ASSERT_EQUAL(catalog_add_user(c, &row), 0);
}

#define OLD "S-1-5-21-1-1-1-"
#define NEW "S-1-5-21-2-2-2-"
#define DOM "S-1-5-21-9-9-9-"

enum { ANN, JOERG, KIM, LEFT, USERS };

static void load(struct restore_users *u)
{
	struct catalog *c = NULL;

	CU_ASSERT_EQUAL_FATAL(catalog_new(&c), 0);
	CU_ASSERT_EQUAL(catalog_set(c, "computer", "OLDPC"), 0);
	add_user(c, OLD "1001", "ann", "C:\\Users\\ann", true, true);
	add_user(c, OLD "1002", "Jörg", "C:\\Users\\Joerg", true, true);
	add_user(c, DOM "1104", "kim", "C:\\Users\\kim.CORP", false, true);
	add_user(c, OLD "1009", "left", "C:\\Users\\left", true, false);
	CU_ASSERT_EQUAL(restore_users_load(u, c), 0);
	catalog_free(c);
	CU_ASSERT_EQUAL_FATAL(u->count, USERS);
}

static struct windows_user there[] = {
	{.sid = NEW "1001", .domain = "", .name = "JÖRG", .profile = "C:\\Users\\J"},
	{.sid = NEW "1002", .domain = "", .name = "ann", .profile = "C:\\Users\\ann.000"},
	{.sid = DOM "1104",
	 .domain = "",
	 .name = "kim",
	 .name_is_guess = true,
	 .profile = "C:\\Users\\kim"},
	{.sid = DOM "1200", .domain = "CORP", .name = "ann", .profile = "C:\\Users\\ann"},
	{.sid = OLD "1001",
	 .domain = "",
	 .name = "old",
	 .name_is_guess = true,
	 .profile = "C:\\Users\\x"},
};
static const struct windows_install new_windows = {
	.computer = "NEWPC", .users = there, .user_count = sizeof(there) / sizeof(*there)};

static void find(struct restore_users *u, const char *mu, const char *md)
{
	const struct user_options options = {0};

	load(u);
	CU_ASSERT_EQUAL(restore_users_select(u, &options), 0);
	CU_ASSERT_EQUAL(restore_users_move(u, "NEWPC", &mu, mu ? 1 : 0, &md, md ? 1 : 0, NULL), 0);
	restore_users_find(u, &new_windows);
}

/* 11.4, 11.5: local accounts by name, for their SIDs are new; others by SID. */
static void users_are_found(void)
{
	struct restore_users u = {0};

	find(&u, NULL, NULL);
	CU_ASSERT_EQUAL(u.list[ANN].install_user, 1);
	CU_ASSERT_EQUAL(u.list[JOERG].install_user, 0);
	CU_ASSERT_EQUAL(u.list[KIM].install_user, 2);
	CU_ASSERT_FALSE(u.list[LEFT].selected);
	CU_ASSERT_EQUAL(u.list[LEFT].install_user, -1);
	restore_users_free(&u);
}

/* Each row: /mu, /md, the user looked at, and which account of the new Windows that becomes. */
static const struct {
	const char *section, *mu, *md;
	int user, found;
} moves[] = {
	{"2 /mu local to domain", "ann:CORP\\ann", NULL, ANN, 3},
	{"2 /mu with the old computer", "OLDPC\\ann:CORP\\ann", NULL, ANN, 3},
	{"2 /mu by SID", OLD "1001:CORP\\ann", NULL, ANN, 3},
	{"2 /mu keeps the computer without a new domain", "ann:jörg", NULL, ANN, 0},
	{"2 /mu to the new computer", "CORP\\kim:NEWPC\\ann", NULL, KIM, 1},
	{"2 /mu of another is not for this one", "jörg:CORP\\ann", NULL, ANN, 1},
	{"2 /md of the old computer", NULL, "OLDPC:CORP", ANN, 3},
	{"2 /md with a wildcard", NULL, "*:CORP", ANN, 3},
	{"2 /md of another domain", NULL, "OTHER:CORP", ANN, 1},
	{"2 /md of the domain that the folder tells", NULL, "CORP:NEWPC", KIM, -1},
	{"11.3 /mu before /md", "ann:jörg", "*:CORP", ANN, 0},
	{"11.3 an account that is not there", "ann:CORP\\nobody", NULL, ANN, -1},
};

static void users_are_moved(void)
{
	for (size_t i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
		struct restore_users u = {0};

		find(&u, moves[i].mu, moves[i].md);
		if (u.list[moves[i].user].install_user != moves[i].found)
			printf("\n    %s: %d\n", moves[i].section,
			       u.list[moves[i].user].install_user);
		CU_ASSERT_EQUAL(u.list[moves[i].user].install_user, moves[i].found);
		restore_users_free(&u);
	}
}

static void mappings_have_a_form(void)
{
	static const char *const good[] = {"a:B\\c", "A\\b:c", "A\\b c:D\\e f", "a:b"};
	static const char *const bad[] = {"a",	  ":b",	  "a:",	   "A\\:b",    "\\a:b",
					  "a*:b", "a:b*", "a:b:c", "A\\b\\c:d"};
	static const char *const bad_domains[] = {"A", ":B", "A:", "A:B*", "A\\b:C", "A:B\\c"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		CU_ASSERT_TRUE(restore_mapping_is_valid(good[i], true));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_FALSE(restore_mapping_is_valid(bad[i], true));
	for (size_t i = 0; i < sizeof(bad_domains) / sizeof(*bad_domains); i++)
		CU_ASSERT_FALSE(restore_mapping_is_valid(bad_domains[i], false));
	CU_ASSERT_TRUE(restore_mapping_is_valid("A*:B", false));
}

/* 12 row 14: a mapping that matches nobody is said. */
static void idle_mappings_are_said(void)
{
	struct restore_users u = {0};
	unsigned before = log_warning_count();

	find(&u, "nobody:CORP\\ann", NULL);
	CU_ASSERT_EQUAL(log_warning_count(), before + 1);
	restore_users_free(&u);
}

void suite_mapping(void)
{
	CU_pSuite suite = CU_add_suite("mapping", NULL, NULL);

	CU_add_test(suite, "folders go to folders", folders_go_to_folders);
	CU_add_test(suite, "users are found", users_are_found);
	CU_add_test(suite, "users are moved", users_are_moved);
	CU_add_test(suite, "mappings have a form", mappings_have_a_form);
	CU_add_test(suite, "idle mappings are said", idle_mappings_are_said);
}
