// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * windows/install.h on installations in memory: what a Windows is, its users, its variables.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hivegen.h"
#include "memfs.h"
#include "report/error.h"
#include "report/log.h"
#include "suites.h"
#include "windows/profiles.h"
#include "windows/sid.h"
#include "winsample.h"

#define LENGTH(a) (sizeof(a) / sizeof(*(a)))

static void expect_text(const char *have, const char *want)
{
	if (!have || !want) {
		CU_ASSERT_PTR_EQUAL(have, want);
		if (have)
			printf("have '%s' instead of nothing ", have);
		if (want)
			printf("have nothing instead of '%s' ", want);
		return;
	}
	if (strcmp(have, want) != 0)
		printf("have '%s' instead of '%s' ", have, want);
	CU_ASSERT_STRING_EQUAL(have, want);
}

static void expect_variable(const struct windows_install *w, int user, const char *name,
			    const char *want)
{
	const char *have = windows_variable(w, user, name);

	if (!have || !want || strcmp(have, want) != 0)
		if (have || want)
			printf("%%%s%%: ", name);
	expect_text(have, want);
}

static void sids(void)
{
	uint32_t rid = 0;

	CU_ASSERT_TRUE(sid_is_valid("S-1-5-18"));
	CU_ASSERT_TRUE(sid_is_valid("s-1-5-21-4294967295-2-3-1001"));
	CU_ASSERT_TRUE(sid_is_valid("S-1-12-1-11-22-33-44"));
	CU_ASSERT_TRUE(sid_is_valid("S-1-0x1000000000-1"));
	CU_ASSERT_TRUE(sid_is_valid("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15"));
	CU_ASSERT_FALSE(sid_is_valid("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16"));
	CU_ASSERT_FALSE(sid_is_valid("S-1-5"));
	CU_ASSERT_FALSE(sid_is_valid("S-1-5-"));
	CU_ASSERT_FALSE(sid_is_valid("S-1-5-21-4294967296"));
	CU_ASSERT_FALSE(sid_is_valid("S-1-5-18 "));
	CU_ASSERT_FALSE(sid_is_valid("S-1-5-18_Classes"));
	CU_ASSERT_FALSE(sid_is_valid("S-2-5-18"));
	CU_ASSERT_FALSE(sid_is_valid(""));
	CU_ASSERT_TRUE(sid_is_service("S-1-5-20"));
	CU_ASSERT_TRUE(sid_is_service("S-1-5-80-1-2-3-4-5"));
	CU_ASSERT_TRUE(sid_is_service("S-1-5-96-0-1"));
	CU_ASSERT_FALSE(sid_is_service("S-1-5-21-80-1-2-500"));
	CU_ASSERT_FALSE(sid_is_service("S-1-5-200-1"));
	CU_ASSERT_TRUE(sid_in_domain(SAMPLE_SID "-1001", SAMPLE_SID, &rid));
	CU_ASSERT_EQUAL(rid, 1001);
	CU_ASSERT_FALSE(sid_in_domain(SAMPLE_SID "1-1001", SAMPLE_SID, &rid));
	CU_ASSERT_FALSE(sid_in_domain(SAMPLE_SID "-1-1001", SAMPLE_SID, &rid));
	CU_ASSERT_FALSE(sid_in_domain(SAMPLE_SID "-1001", "", &rid));
}

static void names_of_folders(void)
{
	static const struct {
		const char *folder, *name;
	} cases[] = {
		{"ann", "ann"},
		{"ann.000", "ann"},
		{"ann.PC-10", "ann"},
		{"ann.contoso.001", "ann"},
		{"john.doe", "john.doe"},
		{"john.doe.CONTOSO", "john.doe"},
		{"john.doe.12", "john.doe.12"},
		{".000", ".000"},
		{".contoso", ".contoso"},
		{"ann.FABRIKAM", "ann.FABRIKAM"},
	};
	static const char *const known[] = {"PC-10", NULL, "CONTOSO"};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		char *name = profiles_name_of_folder(cases[i].folder, known, LENGTH(known));

		expect_text(name, cases[i].name);
		free(name);
	}
}

static void versions(void)
{
	static const struct {
		const struct winsample *sample;
		const char *product, *version;
		unsigned bits;
	} cases[] = {
		{&sample_win10, "Windows 10 Pro", "10.0.19045", 64},
		{&sample_win11, "Windows 11 Home", "10.0.22631", 64},
		{&sample_win7, "Windows 7 Professional", "6.1.7601", 32},
		{&sample_xp, "Microsoft Windows XP", "5.1.2600", 32},
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct fs *fs = memfs_new();
		struct windows_install w;

		winsample_add(fs, cases[i].sample);
		CU_ASSERT_EQUAL(windows_probe(fs, cases[i].sample->directory, &w), 0);
		expect_text(w.product, cases[i].product);
		expect_text(w.version, cases[i].version);
		expect_text(w.computer, cases[i].sample->computer);
		CU_ASSERT_EQUAL(w.bits, cases[i].bits);
		CU_ASSERT_EQUAL(w.letter, 'C');
		CU_ASSERT_FALSE(w.is_old);
		CU_ASSERT_FALSE(w.hives_dirty);
		windows_install_free(&w);
		(void)fs_close(fs);
	}
}

static void no_windows(void)
{
	struct fs *fs = memfs_new();
	struct windows_install w;
	struct hivegen *g;
	unsigned warnings;

	CU_ASSERT_EQUAL(windows_probe(fs, "\\Windows", &w), HF_ENOENT);
	winsample_add(fs, &sample_win10);
	g = hivegen_new();
	hivegen_key(g, "Microsoft");
	hivegen_add(g, fs, "\\Windows\\System32\\config\\SOFTWARE");
	CU_ASSERT_EQUAL(windows_probe(fs, "\\Windows", &w), HF_ENOENT);
	(void)memfs_add(fs, "\\Windows\\System32\\config\\SOFTWARE", "regf", 4);
	warnings = log_warning_count();
	CU_ASSERT_EQUAL(windows_probe(fs, "\\Windows", &w), HF_ECORRUPT);
	CU_ASSERT_EQUAL(log_warning_count(), warnings + 1);
	hivegen_add(hivegen_new(), fs, "\\Other\\System32\\config\\SOFTWARE");
	CU_ASSERT_EQUAL(windows_probe(fs, "\\Other", &w), HF_ECORRUPT);
	(void)fs_close(fs);
}

static void dirty_hives_are_said_once(void)
{
	struct fs *fs = memfs_new();
	struct windows_install w;
	unsigned warnings;
	uint8_t *data;
	size_t len;
	fs_ref ref;

	winsample_add(fs, &sample_win10);
	for (int i = 0; i < 2; i++) {
		const char *path = i ? "\\Windows\\System32\\config\\SYSTEM"
				     : "\\Windows\\System32\\config\\SOFTWARE";

		CU_ASSERT_EQUAL_FATAL(fs_resolve(fs, path, &ref), 0);
		CU_ASSERT_EQUAL_FATAL(fs_read_file(fs, ref, 1 << 20, (void **)&data, &len), 0);
		data[4] += 7;
		hivegen_checksum(data);
		(void)memfs_add(fs, path, data, len);
		free(data);
	}
	warnings = log_warning_count();
	CU_ASSERT_EQUAL_FATAL(windows_probe(fs, "\\Windows", &w), 0);
	CU_ASSERT_TRUE(w.hives_dirty);
	CU_ASSERT_EQUAL(windows_read_users(fs, &w), 0);
	CU_ASSERT_EQUAL(log_warning_count(), warnings + 1);
	windows_install_free(&w);
	(void)fs_close(fs);
}

/* The sample with PROFILES, probed and with its users read. */
static struct fs *open_sample(const struct winsample *sample,
			      const struct winsample_profile *profiles, size_t count,
			      const char *ann, const char *const *folders,
			      struct windows_install *w)
{
	struct fs *fs = memfs_new();

	winsample_add_users(fs, sample, profiles, count);
	if (ann)
		winsample_add_hive(fs, ann, folders);
	CU_ASSERT_EQUAL_FATAL(windows_probe(fs, sample->directory, w), 0);
	CU_ASSERT_EQUAL_FATAL(windows_read_users(fs, w), 0);
	return fs;
}

static const struct windows_user *find_user(const struct windows_install *w, const char *sid,
					    const char *profile)
{
	for (size_t i = 0; i < w->user_count; i++)
		if (strcmp(w->users[i].sid, sid) == 0 &&
		    (!profile || strcmp(w->users[i].profile, profile) == 0))
			return &w->users[i];
	printf("no user %s ", sid);
	CU_FAIL_FATAL("user missing");
	return NULL;
}

static void users_and_their_kinds(void)
{
	static const struct winsample_profile profiles[] = {
		{SAMPLE_SID "-1001", "C:\\Users\\ann", 0},
		{SAMPLE_SID "-1002", "%ProfilesDirectory%\\b", 0},
		{SAMPLE_SID "-1003", "C:\\Users\\gone", 0},
		{SAMPLE_SID "-1004", "C:\\Users\\TEMP", 0x800},
		{SAMPLE_SID "-1004.bak", "C:\\Users\\cleo", 0x8800},
		{SAMPLE_SID "-1005", "C:\\Users\\dan.PC-10", 0},
		{SAMPLE_SID "-1005.bak", "c:/users/DAN.pc-10/", 0},
		{"S-1-5-21-7-8-9-1001", "%SystemDrive%\\Users\\eve.CONTOSO", 0x100},
		{"S-1-5-82-1-2-3-4-5", "C:\\Users\\pool", 0},
		{SAMPLE_SID "-1006", "E:\\Users\\far", 0},
		{SAMPLE_SID "-1007", NULL, 0},
		{"NotASid", "C:\\Users\\odd", 0},
	};
	static const char *const folders[] = {"\\Users\\b",	      "\\Users\\TEMP",
					      "\\Users\\cleo",	      "\\Users\\dan.PC-10",
					      "\\Users\\eve.CONTOSO", "\\Users\\pool"};
	struct fs *fs = memfs_new();
	const struct windows_user *u;
	struct windows_install w;

	winsample_add_users(fs, &sample_win10, profiles, LENGTH(profiles));
	winsample_add_hive(fs, "\\Users\\ann\\NTUSER.DAT", NULL);
	for (size_t i = 0; i < LENGTH(folders); i++)
		(void)memfs_add_dir(fs, folders[i]);
	CU_ASSERT_EQUAL_FATAL(windows_probe(fs, "\\Windows", &w), 0);
	CU_ASSERT_EQUAL_FATAL(windows_read_users(fs, &w), 0);
	CU_ASSERT_EQUAL(w.user_count, 12);
	expect_text(w.users[0].sid, "S-1-5-18");
	expect_text(w.users[0].profile, "C:\\Windows\\system32\\config\\systemprofile");
	CU_ASSERT_EQUAL(w.users[0].kind, WINDOWS_USER_SERVICE);
	u = find_user(&w, SAMPLE_SID "-1001", NULL);
	CU_ASSERT_TRUE(u->kind == WINDOWS_USER_NORMAL && u->has_hive && !u->name_is_guess);
	expect_text(u->name, "ann");
	expect_text(u->domain, "");
	u = find_user(&w, SAMPLE_SID "-1002", "C:\\Users\\b");
	CU_ASSERT_TRUE(u->kind == WINDOWS_USER_NORMAL && !u->has_hive);
	expect_text(u->name, "b\xc3\xb6rge");
	CU_ASSERT_EQUAL(find_user(&w, SAMPLE_SID "-1003", NULL)->kind, WINDOWS_USER_STALE);
	u = find_user(&w, SAMPLE_SID "-1004", "C:\\Users\\TEMP");
	CU_ASSERT_EQUAL(u->kind, WINDOWS_USER_TEMPORARY);
	u = find_user(&w, SAMPLE_SID "-1004", "C:\\Users\\cleo");
	CU_ASSERT_EQUAL(u->kind, WINDOWS_USER_NORMAL);
	u = find_user(&w, SAMPLE_SID "-1005", NULL);
	expect_text(u->name, "dan");
	expect_text(u->profile, "C:\\Users\\dan.PC-10");
	u = find_user(&w, "S-1-5-21-7-8-9-1001", NULL);
	CU_ASSERT_TRUE(u->kind == WINDOWS_USER_NORMAL && u->name_is_guess && u->state == 0x100);
	expect_text(u->name, "eve");
	expect_text(u->domain, "");
	CU_ASSERT_EQUAL(find_user(&w, "S-1-5-82-1-2-3-4-5", NULL)->kind, WINDOWS_USER_SERVICE);
	u = find_user(&w, SAMPLE_SID "-1006", "E:\\Users\\far");
	CU_ASSERT_TRUE(u->kind == WINDOWS_USER_NORMAL && !u->has_hive);
	windows_install_free(&w);
	(void)fs_close(fs);
}

static const struct winsample_profile ann_vista[] = {{SAMPLE_SID "-1001", "C:\\Users\\ann", 0}};
static const struct winsample_profile ann_xp[] = {
	{SAMPLE_SID "-1001", "%SystemDrive%\\Documents and Settings\\ann", 0}};

/* One variable and what it must be; NULL: undefined. */
struct expected {
	const char *name, *value;
};

static void expect_all(const struct windows_install *w, int user, const struct expected *e,
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_variable(w, user, e[i].name, e[i].value);
}

static void system_variables_of_10(void)
{
	static const struct expected all[] = {
		{"SystemDrive", "C:"},
		{"SYSTEMROOT", "C:\\Windows"},
		{"WINDIR", "C:\\Windows"},
		{"CSIDL_SYSTEM", "C:\\Windows\\system32"},
		{"SYSTEM16", "C:\\Windows\\system"},
		{"CSIDL_COMMON_FONTS", "C:\\Windows\\Fonts"},
		{"CSIDL_RESOURCES", "C:\\Windows\\Resources"},
		{"ProgramFiles", "C:\\Program Files"},
		{"CSIDL_PROGRAM_FILES", "C:\\Program Files"},
		{"ProgramFiles(x86)", "C:\\Program Files (x86)"},
		{"CSIDL_PROGRAM_FILESX86", "C:\\Program Files (x86)"},
		{"CSIDL_PROGRAM_FILES_COMMON", "C:\\Program Files\\Common Files"},
		{"COMMONPROGRAMFILES(X86)", "C:\\Program Files (x86)\\Common Files"},
		{"PROFILESFOLDER", "C:\\Users"},
		{"DEFAULTUSERPROFILE", "C:\\Users\\Default"},
		{"ALLUSERSPROFILE", "C:\\Users\\Public"},
		{"ALLUSERSAPPDATA", "C:\\ProgramData"},
		{"CSIDL_COMMON_APPDATA", "C:\\ProgramData"},
		{"ProgramData", "C:\\ProgramData"},
		{"SYSTEMPROFILE", "C:\\Windows\\system32\\config\\systemprofile"},
		{"CSIDL_COMMON_DESKTOPDIRECTORY", "C:\\Users\\Public\\Desktop"},
		{"CSIDL_COMMON_MUSIC", "E:\\Shared\\Music"},
		{"CSIDL_COMMON_VIDEO", "C:\\Users\\Public\\Videos"},
		{"CSIDL_COMMON_STARTUP",
		 "C:\\ProgramData\\Microsoft\\Windows\\Start Menu\\Programs\\Startup"},
		{"CSIDL_COMMON_TEMPLATES", "C:\\ProgramData\\Microsoft\\Windows\\Templates"},
		{"CSIDL_DEFAULT_APPDATA", "C:\\Users\\Default\\AppData\\Roaming"},
		{"CSIDL_DEFAULT_DOWNLOADS", "C:\\Users\\Default\\Downloads"},
		{"CSIDL_DEFAULT_STARTUP", "C:\\Users\\Default\\AppData\\Roaming\\Microsoft\\Windows"
					  "\\Start Menu\\Programs\\Startup"},
		{"TEMP", "C:\\Windows\\TEMP"},
		{"TOOLS", "D:\\Tools\\bin"},
		{"COMPUTERNAME", "PC-10"},
		{"COMMON", "C:\\ProgramData\\x"}, /* what Windows means by ALLUSERSPROFILE */
		{"LOOP", NULL},
		{"USERPROFILE", NULL},
		{"CSIDL_BITBUCKET", NULL},
		{"CSIDL_DRIVES", NULL},
	};
	struct windows_install w;
	struct fs *fs = open_sample(&sample_win10, NULL, 0, NULL, NULL, &w);

	expect_all(&w, -1, all, LENGTH(all));
	windows_install_free(&w);
	(void)fs_close(fs);
}

static void system_variables_of_xp(void)
{
	static const struct expected all[] = {
		{"WINDIR", "C:\\WINDOWS"},
		{"PROFILESFOLDER", "C:\\Documents and Settings"},
		{"DEFAULTUSERPROFILE", "C:\\Documents and Settings\\Default User"},
		{"ALLUSERSPROFILE", "C:\\Documents and Settings\\All Users"},
		{"ALLUSERSAPPDATA", "C:\\Documents and Settings\\All Users\\Application Data"},
		{"CSIDL_COMMON_DESKTOPDIRECTORY", "C:\\Documents and Settings\\All Users\\Desktop"},
		{"CSIDL_COMMON_PICTURES",
		 "C:\\Documents and Settings\\All Users\\Documents\\My Pictures"},
		{"CSIDL_COMMON_ADMINTOOLS", "C:\\Documents and Settings\\All Users\\Start Menu"
					    "\\Programs\\Administrative Tools"},
		{"CSIDL_DEFAULT_LOCAL_APPDATA", "C:\\Documents and Settings\\Default User"
						"\\Local Settings\\Application Data"},
		{"CSIDL_DEFAULT_DOWNLOADS", NULL},
		{"PROGRAMFILES(X86)", NULL},
		{"FOLDERID_PublicDownloads", NULL},
	};
	struct windows_install w;
	struct fs *fs = open_sample(&sample_xp, NULL, 0, NULL, NULL, &w);

	expect_all(&w, -1, all, LENGTH(all));
	windows_install_free(&w);
	(void)fs_close(fs);
}

static void user_variables_of_10(void)
{
	static const char *const folders[] = {"Personal",
					      "\\\\server\\home\\%USERNAME%\\Docs",
					      "My Pictures",
					      "%MYDATA%\\Pictures\\",
					      "My Music",
					      "relative\\music",
					      "My Video",
					      "%LoopA%%My Video%",
					      "Desktop",
					      "",
					      "{374DE290-123F-4565-9164-39C4925E467B}",
					      "d:/downloads",
					      NULL};
	static const struct expected all[] = {
		{"USERPROFILE", "C:\\Users\\ann"},
		{"CSIDL_PROFILE", "C:\\Users\\ann"},
		{"USERSID", SAMPLE_SID "-1001"},
		{"HOMEDRIVE", "C:"},
		{"HOMEPATH", "\\Users\\ann"},
		{"USERNAME", "ann"},
		{"APPDATA", "C:\\Users\\ann\\AppData\\Roaming"},
		{"LOCALAPPDATA", "C:\\Users\\ann\\AppData\\Local"},
		{"TEMP", "C:\\Users\\ann\\AppData\\Local\\Temp"},
		{"TMP", "C:\\Users\\ann\\AppData\\Local\\T"},
		{"CSIDL_PERSONAL", "\\\\server\\home\\ann\\Docs"},
		{"CSIDL_MYDOCUMENTS", "\\\\server\\home\\ann\\Docs"},
		{"CSIDL_MYPICTURES", "D:\\Data\\Pictures"},
		{"FOLDERID_Screenshots", "D:\\Data\\Pictures\\Screenshots"},
		{"CSIDL_MYMUSIC", "C:\\Users\\ann\\Music"},
		{"CSIDL_PLAYLISTS", "C:\\Users\\ann\\Music\\Playlists"},
		{"CSIDL_MYVIDEO", "C:\\Users\\ann\\Videos"},
		{"CSIDL_DESKTOPDIRECTORY", "C:\\Users\\ann\\Desktop"},
		{"CSIDL_FAVORITES", "C:\\Users\\ann\\Stars"},
		{"FOLDERID_Downloads", "D:\\downloads"},
		{"CSIDL_CONTACTS", "C:\\Users\\ann\\Contacts"},
		{"CSIDL_NETHOOD",
		 "C:\\Users\\ann\\AppData\\Roaming\\Microsoft\\Windows\\Network Shortcuts"},
		{"CSIDL_COOKIES",
		 "C:\\Users\\ann\\AppData\\Local\\Microsoft\\Windows\\INetCookies"},
		{"CSIDL_INTERNET_CACHE",
		 "C:\\Users\\ann\\AppData\\Local\\Microsoft\\Windows\\INetCache"},
		{"CSIDL_QUICKLAUNCH", "C:\\Users\\ann\\AppData\\Roaming\\Microsoft"
				      "\\Internet Explorer\\Quick Launch"},
		{"CSIDL_VIRTUALSTORE_PROGRAMFILES(X86)",
		 "C:\\Users\\ann\\AppData\\Local\\VirtualStore\\Program Files (x86)"},
		{"FOLDERID_SkyDrive", "C:\\Users\\ann\\OneDrive"},
		{"MYDATA", "D:\\Data"},
		{"CSIDL_INTERNET", NULL},
		{"CSIDL_COMMON_APPDATA", "C:\\ProgramData"},
		{"WINDIR", "C:\\Windows"},
	};
	unsigned warnings = log_warning_count();
	struct windows_install w;
	struct fs *fs =
		open_sample(&sample_win10, ann_vista, 1, "\\Users\\ann\\NTUSER.DAT", folders, &w);

	expect_all(&w, 3, all, LENGTH(all));
	/* My Music is not absolute; My Video neither, for its variables are unknown. */
	CU_ASSERT_EQUAL(log_warning_count(), warnings + 2);
	windows_install_free(&w);
	(void)fs_close(fs);
}

static void user_variables_of_7_and_xp(void)
{
	static const struct expected seven[] = {
		{"CSIDL_COOKIES", "C:\\Users\\ann\\AppData\\Roaming\\Microsoft\\Windows\\Cookies"},
		{"CSIDL_INTERNET_CACHE", "C:\\Users\\ann\\AppData\\Local\\Microsoft\\Windows"
					 "\\Temporary Internet Files"},
	};
	static const struct expected xp[] = {
		{"USERPROFILE", "C:\\Documents and Settings\\ann"},
		{"CSIDL_APPDATA", "C:\\Documents and Settings\\ann\\Application Data"},
		{"CSIDL_LOCAL_APPDATA",
		 "C:\\Documents and Settings\\ann\\Local Settings\\Application Data"},
		{"CSIDL_PERSONAL", "F:\\Docs"},
		{"CSIDL_MYPICTURES", "F:\\Docs\\My Pictures"},
		{"TEMP", "C:\\Documents and Settings\\ann\\Local Settings\\Temp"},
		{"CSIDL_HISTORY", "C:\\Documents and Settings\\ann\\Local Settings\\History"},
		{"CSIDL_STARTUP", "C:\\Documents and Settings\\ann\\Start Menu\\Programs\\Startup"},
		{"CSIDL_CDBURN_AREA", "C:\\Documents and Settings\\ann\\Local Settings"
				      "\\Application Data\\Microsoft\\CD Burning"},
		{"CSIDL_CONTACTS", NULL},
		{"FOLDERID_Downloads", NULL},
		{"CSIDL_VIRTUALSTORE", NULL},
	};
	static const char *const folders[] = {"Personal", "F:\\Docs", NULL};
	struct windows_install w;
	struct fs *fs = open_sample(&sample_win7, ann_vista, 1, NULL, NULL, &w);

	expect_all(&w, 3, seven, LENGTH(seven));
	windows_install_free(&w);
	(void)fs_close(fs);
	fs = open_sample(&sample_xp, ann_xp, 1, "\\Documents and Settings\\ann\\NTUSER.DAT",
			 folders, &w);
	expect_all(&w, 3, xp, LENGTH(xp));
	windows_install_free(&w);
	(void)fs_close(fs);
}

static void a_user_without_hive_gets_defaults(void)
{
	unsigned warnings = log_warning_count();
	struct fs *fs = memfs_new();
	struct windows_install w;

	winsample_add_users(fs, &sample_win10, ann_vista, 1);
	(void)memfs_add(fs, "\\Users\\ann\\NTUSER.DAT", "garbage", 7);
	CU_ASSERT_EQUAL_FATAL(windows_probe(fs, "\\Windows", &w), 0);
	CU_ASSERT_EQUAL_FATAL(windows_read_users(fs, &w), 0);
	CU_ASSERT_FALSE(w.users[3].has_hive);
	CU_ASSERT_EQUAL(w.users[3].kind, WINDOWS_USER_NORMAL);
	expect_variable(&w, 3, "CSIDL_PERSONAL", "C:\\Users\\ann\\Documents");
	CU_ASSERT_EQUAL(log_warning_count(), warnings + 1);
	windows_install_free(&w);
	(void)fs_close(fs);
}

/* Paths of a Windows that was set aside are where they are now, not where they were. */
static void windows_old(void)
{
	static const struct winsample old = {.directory = "\\Windows.old\\Windows",
					     .root = "C:\\Windows",
					     .product = "Windows 10 Pro",
					     .version = "6.3",
					     .build = "19045",
					     .major = 10,
					     .architecture = "AMD64",
					     .computer = "OLD"};
	struct fs *fs = memfs_new();
	struct windows_install w;

	winsample_add_users(fs, &old, ann_vista, 1);
	winsample_add_hive(fs, "\\Windows.old\\Users\\ann\\NTUSER.DAT", NULL);
	CU_ASSERT_EQUAL_FATAL(windows_probe(fs, old.directory, &w), 0);
	CU_ASSERT_TRUE(w.is_old);
	CU_ASSERT_EQUAL_FATAL(windows_read_users(fs, &w), 0);
	/* Its own paths, as it wrote them; where they lie now is the caller's to know. */
	expect_text(w.root, "\\Windows.old");
	expect_text(w.users[3].profile, "C:\\Users\\ann");
	CU_ASSERT_TRUE(w.users[3].has_hive);
	expect_variable(&w, 3, "CSIDL_PERSONAL", "C:\\Users\\ann\\Documents");
	expect_variable(&w, -1, "WINDIR", "C:\\Windows");
	windows_install_free(&w);
	(void)fs_close(fs);
}

/* Puts a hive from the field into FS; false when there is none. */
static bool add_field_hive(struct fs *fs, const char *file, const char *path)
{
	static uint8_t data[4 << 20];
	char host[256];
	size_t len;
	FILE *f;

	(void)snprintf(host, sizeof(host), "../shared/testdata/hives/%s", file);
	f = fopen(host, "rb");
	if (!f)
		return false;
	len = fread(data, 1, sizeof(data), f);
	(void)fclose(f);
	return memfs_add(fs, path, data, len) == 0;
}

/* An NT 4.0 server with its own SAM. */
static void nt4_from_the_field(void)
{
	struct fs *fs = memfs_new();
	struct windows_install w;

	if (!add_field_hive(fs, "aiowinreg/nt/software.reg",
			    "\\WINNT\\system32\\config\\software") ||
	    !add_field_hive(fs, "aiowinreg/nt/system.reg", "\\WINNT\\system32\\config\\system") ||
	    !add_field_hive(fs, "aiowinreg/nt/sam.reg", "\\WINNT\\system32\\config\\SAM")) {
		printf("skipped: no testdata ");
		(void)fs_close(fs);
		return;
	}
	CU_ASSERT_EQUAL_FATAL(windows_probe(fs, "\\WINNT", &w), 0);
	CU_ASSERT_EQUAL_FATAL(windows_read_users(fs, &w), 0);
	expect_text(w.product, "Windows NT 4.0");
	expect_text(w.version, "4.0.1381");
	expect_text(w.computer, "SERVER");
	CU_ASSERT_EQUAL(w.bits, 32);
	CU_ASSERT_EQUAL_FATAL(w.user_count, 1);
	expect_text(w.users[0].sid, "S-1-5-21-247810356-1021781772-2498087-500");
	expect_text(w.users[0].name, "Administrator");
	CU_ASSERT_FALSE(w.users[0].name_is_guess);
	expect_text(w.users[0].profile, "C:\\WINNT\\Profiles\\Administrator");
	CU_ASSERT_EQUAL(w.users[0].kind, WINDOWS_USER_STALE);
	windows_install_free(&w);
	(void)fs_close(fs);
}

/*
 * User hives of XP and 7 in place of ann's: what User Shell Folders has follows the profile, what
 * only Shell Folders has names the hive's owner, and what is empty (My Video on XP) is the default.
 */
static void user_hives_from_the_field(void)
{
	static const struct {
		const struct winsample *sample;
		const char *file, *path;
		const struct winsample_profile *profile;
		struct expected expected[3];
	} cases[] = {
		{&sample_xp,
		 "plaso/NTUSER.DAT",
		 "\\Documents and Settings\\ann\\NTUSER.DAT",
		 ann_xp,
		 {{"CSIDL_STARTUP",
		   "C:\\Documents and Settings\\ann\\Start Menu\\Programs\\Startup"},
		  {"CSIDL_MYMUSIC", "C:\\Documents and Settings\\joe\\My Documents\\My Music"},
		  {"CSIDL_MYVIDEO", "C:\\Documents and Settings\\ann\\My Documents\\My Videos"}}},
		{&sample_win7,
		 "plaso/NTUSER-WIN7.DAT",
		 "\\Users\\ann\\NTUSER.DAT",
		 ann_vista,
		 {{"CSIDL_MYMUSIC", "C:\\Users\\ann\\Music"},
		  {"TEMP", "C:\\Users\\ann\\AppData\\Local\\Temp"},
		  {"CSIDL_CDBURN_AREA",
		   "C:\\Users\\nfury\\AppData\\Local\\Microsoft\\Windows\\Burn\\Burn"}}},
		{&sample_win7,
		 "artemis/NTUSER_Bad.DAT",
		 "\\Users\\ann\\NTUSER.DAT",
		 ann_vista,
		 {{"CSIDL_PERSONAL", "C:\\Users\\ann\\Documents"},
		  {"CSIDL_MYMUSIC", "C:\\Users\\ann\\Music"},
		  {"CSIDL_DESKTOP", "C:\\Users\\ann\\Desktop"}}},
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct fs *fs = memfs_new();
		struct windows_install w;

		winsample_add_users(fs, cases[i].sample, cases[i].profile, 1);
		if (add_field_hive(fs, cases[i].file, cases[i].path)) {
			CU_ASSERT_EQUAL_FATAL(windows_probe(fs, cases[i].sample->directory, &w), 0);
			CU_ASSERT_EQUAL_FATAL(windows_read_users(fs, &w), 0);
			CU_ASSERT_TRUE(w.users[3].has_hive);
			expect_all(&w, 3, cases[i].expected, 3);
			windows_install_free(&w);
		} else {
			printf("skipped: no testdata ");
		}
		(void)fs_close(fs);
	}
}

void suite_windows(void)
{
	CU_pSuite s = CU_add_suite("windows", NULL, NULL);

	CU_add_test(s, "SIDs", sids);
	CU_add_test(s, "names from profile folders", names_of_folders);
	CU_add_test(s, "product, version, architecture", versions);
	CU_add_test(s, "what is not a Windows", no_windows);
	CU_add_test(s, "dirty hives are said once", dirty_hives_are_said_once);
	CU_add_test(s, "users and their kinds", users_and_their_kinds);
	CU_add_test(s, "system variables, 10", system_variables_of_10);
	CU_add_test(s, "system variables, XP", system_variables_of_xp);
	CU_add_test(s, "user variables, 10", user_variables_of_10);
	CU_add_test(s, "user variables, 7 and XP", user_variables_of_7_and_xp);
	CU_add_test(s, "a user without a usable hive", a_user_without_hive_gets_defaults);
	CU_add_test(s, "Windows.old", windows_old);
	CU_add_test(s, "NT 4.0 from the field", nt4_from_the_field);
	CU_add_test(s, "user hives from the field", user_hives_from_the_field);
}
