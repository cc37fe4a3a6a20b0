// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose a profile is and where: account names, security descriptors, junctions, folders that
 * ProfileList does not name (USMT specification 11.1, 11.2).
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hivegen.h"
#include "memfs.h"
#include "report/error.h"
#include "report/log.h"
#include "suites.h"
#include "volume/fs_view.h"
#include "windows/hive.h"
#include "windows/links.h"
#include "windows/names.h"
#include "windows/sam.h"
#include "windows/sid.h"
#include "winsample.h"

#define LENGTH(a) (sizeof(a) / sizeof(*(a)))

/* A descriptor: header, owner at 20, then an access list. */
struct sd {
	uint8_t bytes[512];
	size_t len;
};

static void put(struct sd *sd, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		sd->bytes[sd->len++] = (uint8_t)(value >> (8 * i));
}

/* S-1-AUTHORITY-SUBS... */
static void put_sid(struct sd *sd, unsigned authority, const uint32_t *subs, unsigned count)
{
	put(sd, 1, 1);
	put(sd, count, 1);
	put(sd, (uint64_t)authority << 40, 6);
	for (unsigned i = 0; i < count; i++)
		put(sd, subs[i], 4);
}

static const uint32_t admins[] = {32, 544}, ann[] = {21, 1, 2, 3, 1001},
		      bob[] = {21, 1, 2, 3, 1002}, group[] = {21, 1, 2, 3, 513},
		      entra[] = {1, 5, 6, 7, 4294967295};

struct trustee {
	const uint32_t *subs;
	unsigned count, authority, type;
};

static void make_sd(struct sd *sd, const struct trustee *owner, const struct trustee *list)
{
	size_t acl;

	memset(sd, 0, sizeof(*sd));
	put(sd, 0x80040001, 4);
	put(sd, 20, 4);
	put(sd, 0, 8);
	put(sd, 20 + 8 + 4 * owner->count, 4);
	put_sid(sd, owner->authority, owner->subs, owner->count);
	acl = sd->len;
	put(sd, 2, 8);
	for (; list->subs; list++) {
		put(sd, list->type, 2);
		put(sd, 16 + 4 * list->count, 2);
		put(sd, 0x1f01ff, 4);
		put_sid(sd, list->authority, list->subs, list->count);
		sd->bytes[acl + 4]++;
	}
	sd->bytes[acl + 2] = (uint8_t)(sd->len - acl);
	sd->bytes[acl + 3] = (uint8_t)((sd->len - acl) >> 8);
}

static void owners(void)
{
	static const struct {
		struct trustee owner, list[4];
		const char *sid; /* NULL: nobody's */
	} cases[] = {
		{{ann, 5, 5, 0}, {{0}}, "S-1-5-21-1-2-3-1001"},
		{{entra, 5, 12, 0}, {{0}}, "S-1-12-1-5-6-7-4294967295"},
		{{admins, 2, 5, 0}, {{admins, 2, 5, 0}}, NULL},
		{{admins, 2, 5, 0}, {{admins, 2, 5, 0}, {ann, 5, 5, 0}}, "S-1-5-21-1-2-3-1001"},
		{{admins, 2, 5, 0}, {{ann, 5, 5, 0}, {ann, 5, 5, 0}}, "S-1-5-21-1-2-3-1001"},
		{{admins, 2, 5, 0}, {{ann, 5, 5, 0}, {bob, 5, 5, 0}}, NULL},
		/* who is denied is not let in; groups are not people */
		{{admins, 2, 5, 0}, {{bob, 5, 5, 1}, {ann, 5, 5, 0}}, "S-1-5-21-1-2-3-1001"},
		{{admins, 2, 5, 0}, {{group, 5, 5, 0}}, NULL},
		{{group, 5, 5, 0}, {{ann, 5, 5, 0}}, "S-1-5-21-1-2-3-1001"},
	};
	char sid[SID_TEXT_MAX];

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct sd sd;
		bool found;

		make_sd(&sd, &cases[i].owner, cases[i].list);
		found = sid_of_person(sd.bytes, sd.len, sid);
		CU_ASSERT_EQUAL(found, cases[i].sid != NULL);
		if (found && cases[i].sid)
			CU_ASSERT_STRING_EQUAL(sid, cases[i].sid);
		/* Cut anywhere, and with every byte at its worst: no more than a wrong answer. */
		for (size_t len = 0; len < sd.len; len++) {
			uint8_t *cut = malloc(len + 1), kept = sd.bytes[len];

			memcpy(cut, sd.bytes, len);
			(void)sid_of_person(cut, len, sid);
			free(cut);
			sd.bytes[len] = 0xff;
			(void)sid_of_person(sd.bytes, sd.len, sid);
			sd.bytes[len] = kept;
		}
	}
}

static void targets(void)
{
	static const struct {
		uint32_t tag, flags;
		const char *name;
		int error;
		const char *target;
	} cases[] = {
		{FS_TAG_MOUNT_POINT, 0, "\\??\\D:\\Users", 0, "D:\\Users"},
		{FS_TAG_MOUNT_POINT, 0, "\\??\\d:", 0, "d:"},
		{FS_TAG_MOUNT_POINT, 0, "\\??\\Volume{12345678-0000-0000-0000-000000000000}\\",
		 HF_EUNSUPPORTED, NULL},
		{FS_TAG_SYMLINK, 0, "\\??\\C:\\x", 0, "C:\\x"},
		{FS_TAG_SYMLINK, 1, "..\\y", 0, "..\\y"},
		{FS_TAG_SYMLINK, 0, "\\??\\UNC\\server\\share", HF_EUNSUPPORTED, NULL},
		{FS_TAG_SYMLINK, 0, "", HF_EUNSUPPORTED, NULL},
		{FS_TAG_WOF, 0, "C:\\x", HF_EUNSUPPORTED, NULL},
	};
	struct str out = {0};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct sd data = {.len = 0};
		size_t n = strlen(cases[i].name);

		put(&data, cases[i].tag, 8);
		put(&data, 0, 2);
		put(&data, 2 * n, 2);
		put(&data, 0, 4);
		if (cases[i].tag == FS_TAG_SYMLINK)
			put(&data, cases[i].flags, 4);
		for (size_t k = 0; k < n; k++)
			put(&data, (uint8_t)cases[i].name[k], 2);
		CU_ASSERT_EQUAL(links_target(data.bytes, data.len, &out), cases[i].error);
		if (!cases[i].error)
			CU_ASSERT_STRING_EQUAL(out.data, cases[i].target);
		for (size_t len = 0; len < data.len; len++) {
			uint8_t *cut = malloc(len + 1);

			memcpy(cut, data.bytes, len);
			CU_ASSERT_TRUE(links_target(cut, len, &out) < 0 || !n);
			free(cut);
		}
	}
	str_free(&out);
}

static struct fs *open_windows(struct fs *fs, struct windows_install *w)
{
	CU_ASSERT_EQUAL_FATAL(windows_probe(fs, "\\Windows", w), 0);
	CU_ASSERT_EQUAL_FATAL(windows_read_users(fs, w), 0);
	return fs;
}

static void close_windows(struct fs *fs, struct windows_install *w)
{
	windows_install_free(w);
	(void)fs_close(fs);
}

static const struct windows_user *user_at(const struct windows_install *w, const char *profile)
{
	for (size_t i = 0; i < w->user_count; i++)
		if (!strcmp(w->users[i].profile, profile))
			return &w->users[i];
	printf("no user at %s ", profile);
	CU_FAIL_FATAL("user missing");
	return NULL;
}

static void profiles_behind_junctions(void)
{
	static const struct winsample_profile profiles[] = {
		{SAMPLE_SID "-1001", "C:\\Users\\ann", 0},
		{SAMPLE_SID "-1002", "C:\\Users\\b", 0},
		{SAMPLE_SID "-1003", "C:\\Users\\loop", 0},
		{SAMPLE_SID "-1004", "C:\\Users\\volume\\dan", 0},
		{SAMPLE_SID "-1005", "C:\\Users\\dead", 0},
	};
	static const char *const folders[] = {"Personal", "%USERPROFILE%\\My Documents", NULL};
	struct fs *fs = memfs_new();
	struct windows_install w;
	unsigned warnings = log_warning_count();

	winsample_add_users(fs, &sample_win10, profiles, LENGTH(profiles));
	winsample_add_hive(fs, "\\Data\\ann\\NTUSER.DAT", folders);
	(void)memfs_add_dir(fs, "\\Data\\ann\\Documents");
	(void)memfs_set_link(fs, "\\Data\\ann\\My Documents", "\\??\\C:\\Users\\ann\\Documents");
	(void)memfs_set_link(fs, "\\Users\\ann", "\\??\\C:\\Data\\ann");
	/* The last of two links leads to a drive that is not at hand. */
	(void)memfs_set_link(fs, "\\Users\\b", "\\??\\C:\\Next");
	(void)memfs_set_link(fs, "\\Next", "\\??\\E:\\b");
	(void)memfs_set_link(fs, "\\Users\\loop", "\\??\\C:\\Users\\loop");
	(void)memfs_set_link(fs, "\\Users\\volume", "\\??\\Volume{1}\\");
	(void)memfs_set_link(fs, "\\Users\\dead", "\\??\\C:\\Nowhere");
	open_windows(fs, &w);
	CU_ASSERT_TRUE(user_at(&w, "C:\\Data\\ann")->has_hive);
	CU_ASSERT_STRING_EQUAL(windows_variable(&w, 3, "CSIDL_PERSONAL"),
			       "C:\\Data\\ann\\Documents");
	CU_ASSERT_EQUAL(user_at(&w, "E:\\b")->kind, WINDOWS_USER_NORMAL);
	/* Where nobody can look there may be work. */
	CU_ASSERT_EQUAL(user_at(&w, "C:\\Users\\loop")->kind, WINDOWS_USER_NORMAL);
	CU_ASSERT_EQUAL(user_at(&w, "C:\\Users\\volume\\dan")->kind, WINDOWS_USER_NORMAL);
	CU_ASSERT_EQUAL(user_at(&w, "C:\\Nowhere")->kind, WINDOWS_USER_STALE);
	CU_ASSERT_EQUAL(log_warning_count(), warnings + 3);
	close_windows(fs, &w);
}

static void profiles_that_are_not_listed(void)
{
	static const struct winsample_profile profiles[] = {
		{SAMPLE_SID "-1001", "C:\\Users\\ann", 0},
		{SAMPLE_SID "-1002", "C:\\Homes\\b", 0},
	};
	static const char *const hives[] = {"Users\\ann",    "Users\\lost",	"Users\\admin",
					    "Users\\Public", "Users\\Default",	"Homes\\b",
					    "Homes\\other",  "Homes\\b\\deeper"};
	const struct trustee of_admins = {admins, 2, 5, 0}, nobody = {NULL, 0, 0, 0};
	const struct trustee list[] = {{bob, 5, 5, 0}, nobody};
	struct fs *fs = memfs_new();
	struct windows_install w;
	struct sd sd;

	winsample_add_users(fs, &sample_win10, profiles, LENGTH(profiles));
	for (size_t i = 0; i < LENGTH(hives); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "\\%s\\NTUSER.DAT", hives[i]);
		winsample_add_hive(fs, path, NULL);
	}
	(void)memfs_add_dir(fs, "\\Users\\no hive in it");
	make_sd(&sd, &of_admins, list);
	(void)memfs_set_security(fs, "\\Users\\lost", sd.bytes, sd.len);
	make_sd(&sd, &of_admins, &nobody);
	(void)memfs_set_security(fs, "\\Users\\admin", sd.bytes, sd.len);
	(void)memfs_set_link(fs, "\\Users\\link", "\\??\\C:\\Homes\\b");
	open_windows(fs, &w);
	CU_ASSERT_EQUAL(w.user_count, 3 + 2 + 3);
	CU_ASSERT_STRING_EQUAL(user_at(&w, "C:\\Users\\lost")->sid, "S-1-5-21-1-2-3-1002");
	CU_ASSERT_STRING_EQUAL(user_at(&w, "C:\\Users\\admin")->sid, "unknown-admin");
	CU_ASSERT_STRING_EQUAL(user_at(&w, "C:\\Homes\\other")->sid, "unknown-other");
	CU_ASSERT_TRUE(user_at(&w, "C:\\Homes\\other")->unlisted);
	CU_ASSERT_TRUE(user_at(&w, "C:\\Homes\\other")->has_hive);
	CU_ASSERT_FALSE(user_at(&w, "C:\\Homes\\b")->unlisted);
	close_windows(fs, &w);
}

/* The account database of a hive from the field in *OUT; false when it is not there. */
static bool field_sam(const char *file, struct sam *out, int *err)
{
	static uint8_t data[4 << 20];
	char host[256];
	struct hive *hive;
	const char *why;
	FILE *f;
	size_t len;

	(void)snprintf(host, sizeof(host), "../shared/testdata/hives/%s", file);
	f = fopen(host, "rb");
	if (!f) {
		printf("skipped: no testdata ");
		return false;
	}
	len = fread(data, 1, sizeof(data), f);
	(void)fclose(f);
	*err = hive_open_memory(data, len, &hive, &why);
	if (*err)
		return true;
	*err = sam_read(hive, out);
	hive_close(hive);
	return true;
}

static void accounts_from_the_field(void)
{
	static const struct {
		const char *file;
		size_t at_least;
		uint32_t rid;
		const char *name;
	} cases[] = {
		{"aiowinreg/nt/sam.reg", 2, 500, "Administrator"},
		{"aiowinreg/win2022_64/sam.reg", 4, 500, "Administrator"},
		{"EricZimmerman/SAM_DUPENAME", 2, 500, "Administrator"},
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct sam sam = {0};
		char sid[SID_TEXT_MAX];
		const char *name;
		int err = 0;

		if (!field_sam(cases[i].file, &sam, &err))
			continue;
		CU_ASSERT_EQUAL(err, 0);
		CU_ASSERT_TRUE(sam.count >= cases[i].at_least);
		(void)snprintf(sid, sizeof(sid), "%s-%u", sam.machine_sid, cases[i].rid);
		CU_ASSERT_TRUE(sid_is_valid(sid) && sid_is_person(sid));
		name = sam_name(&sam, sid);
		CU_ASSERT_PTR_NOT_NULL_FATAL(name);
		CU_ASSERT_STRING_EQUAL(name, cases[i].name);
		sam_free(&sam);
	}
}

/* A view is the folder: its own root, nothing above it, the references of the volume. */
static void views(void)
{
	struct fs *fs = memfs_new(), *view;
	fs_ref here, there;

	(void)memfs_add(fs, "\\Windows.old\\Users\\ann\\x.txt", "x", 1);
	(void)memfs_add(fs, "\\Users\\new\\y.txt", "y", 1);
	CU_ASSERT_EQUAL(fs_view_open(fs, "\\Nothing", &view), HF_ENOENT);
	CU_ASSERT_EQUAL(fs_view_open(fs, "\\Users\\new\\y.txt", &view), HF_ENOENT);
	CU_ASSERT_EQUAL_FATAL(fs_view_open(fs, "\\Windows.old", &view), 0);
	CU_ASSERT_EQUAL(fs_resolve(fs, "\\Windows.old\\Users\\ann\\x.txt", &here), 0);
	CU_ASSERT_EQUAL(fs_resolve(view, "C:\\Users\\ann\\x.txt", &there), 0);
	CU_ASSERT_EQUAL(here, there);
	CU_ASSERT_EQUAL(fs_resolve(view, "C:\\Users\\new", &there), HF_ENOENT);
	CU_ASSERT_FALSE(view->writable);
	(void)fs_close(view);
	(void)fs_close(fs);
}

void suite_people(void)
{
	CU_pSuite s = CU_add_suite("windows/people", NULL, NULL);

	CU_add_test(s, "whose an object is", owners);
	CU_add_test(s, "where a link leads", targets);
	CU_add_test(s, "profiles behind junctions", profiles_behind_junctions);
	CU_add_test(s, "profiles that are not listed", profiles_that_are_not_listed);
	CU_add_test(s, "accounts from the field", accounts_from_the_field);
	CU_add_test(s, "a folder as a file system", views);
}
