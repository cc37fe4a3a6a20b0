// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * windows/registry.h: each root of the registry in its hive, the keys Windows makes itself, hives
 * that are missing or damaged, and hives from the field.
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
#include "windows/hive.h"
#include "windows/registry.h"
#include "winsample.h"

#define ANN	 SAMPLE_SID "-1001"
#define BORGE	 SAMPLE_SID "-1002"
#define CLASSES	 "\\AppData\\Local\\Microsoft\\Windows\\UsrClass.dat"
#define TESTDATA "../shared/testdata/hives/"

enum { USER_ANN = 3, USER_BORGE = 4 };

struct fixture {
	struct fs *fs;
	struct windows_install install;
	struct registry *r;
	unsigned opened; /* how often a volume was asked for */
};

static struct fs *volume(void *ctx, char letter)
{
	struct fixture *f = ctx;

	f->opened++;
	return letter == 'C' ? f->fs : NULL;
}

static void add_user_hive(struct fs *fs, const char *profile, const char *mark)
{
	struct hivegen *g = hivegen_new();
	char path[256];

	hivegen_key(g, "Software\\App");
	hivegen_text(g, "Who", mark);
	hivegen_text(g, "", "the default");
	hivegen_dword(g, "Number", 7);
	hivegen_key(g, "Software\\App\\Sub");
	hivegen_key(g, "Software\\Classes\\.nt"); /* masked where there is a UsrClass.dat */
	hivegen_text(g, "", mark);
	hivegen_key(g, "Control Panel");
	(void)snprintf(path, sizeof(path), "%s\\NTUSER.DAT", profile);
	hivegen_add(g, fs, path);
}

static void add_classes(struct fs *fs, const char *path, const char *mark)
{
	struct hivegen *g = hivegen_new();

	hivegen_key(g, ".txt");
	hivegen_text(g, "", mark);
	hivegen_key(g, ".own");
	hivegen_text(g, "", mark);
	hivegen_add(g, fs, path);
}

/* SOFTWARE with classes: the sample's own, and a few keys. */
static void add_more_software(struct fs *fs)
{
	static const char path[] = "\\Windows\\System32\\config\\DEFAULT";
	struct hivegen *g = hivegen_new();

	hivegen_key(g, "Software\\App");
	hivegen_text(g, "Who", "default");
	hivegen_add(g, fs, path);
}

static void set_up(struct fixture *f)
{
	static const struct winsample_profile profiles[] = {
		{ANN, "C:\\Users\\ann", 0},
		{BORGE, "C:\\Users\\borge", 0},
	};

	memset(f, 0, sizeof(*f));
	f->fs = memfs_new();
	winsample_add_users(f->fs, &sample_win10, profiles, 2);
	add_more_software(f->fs);
	add_user_hive(f->fs, "\\Users\\ann", "ann");
	add_user_hive(f->fs, "\\Users\\borge", "borge");
	add_classes(f->fs, "\\Users\\ann" CLASSES, "ann's");
	CU_ASSERT_EQUAL_FATAL(windows_probe(f->fs, "\\Windows", &f->install), 0);
	CU_ASSERT_EQUAL_FATAL(windows_read_users(f->fs, &f->install), 0);
	CU_ASSERT_EQUAL_FATAL(f->install.user_count, 5);
	f->r = registry_new(&f->install, volume, f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->r);
	CU_ASSERT_EQUAL(f->opened, 0);
}

static void tear_down(struct fixture *f)
{
	registry_free(f->r);
	windows_install_free(&f->install);
	CU_ASSERT_EQUAL(fs_close(f->fs), 0);
}

/* The value as ASCII in static storage, or NULL with the error in *ERR. */
static const char *text(struct fixture *f, int user, const char *key, const char *name, int *err)
{
	static char out[256];
	uint32_t type;
	void *data;
	size_t len, n = 0;

	*err = registry_value(f->r, user, key, name, &type, &data, &len);
	if (*err)
		return NULL;
	CU_ASSERT_TRUE(type == HIVE_SZ || type == HIVE_EXPAND_SZ);
	for (; 2 * n + 1 < len && n + 1 < sizeof(out); n++)
		out[n] = ((char *)data)[2 * n];
	out[n] = '\0';
	free(data);
	return out;
}

static void expect(struct fixture *f, int user, const char *key, const char *name, const char *want)
{
	int err;
	const char *have = text(f, user, key, name, &err);

	if (!have || strcmp(have, want) != 0)
		printf("%s [%s]: %s (%d)\n", key, name, have ? have : "nothing", err);
	CU_ASSERT_EQUAL(err, 0);
	CU_ASSERT_TRUE(have && strcmp(have, want) == 0);
}

static void expect_none(struct fixture *f, int user, const char *key, const char *name)
{
	int err;

	(void)text(f, user, key, name, &err);
	if (err != HF_ENOENT)
		printf("%s [%s]: %d\n", key, name, err);
	CU_ASSERT_EQUAL(err, HF_ENOENT);
}

#define CURRENT "Software\\Microsoft\\Windows NT\\CurrentVersion"

static void roots_lead_to_their_hives(void)
{
	struct fixture f;

	set_up(&f);
	expect(&f, -1, "HKLM\\" CURRENT, "ProductName", "Windows 10 Pro");
	expect(&f, -1, "hkey_local_machine\\SOFTWARE\\microsoft\\windows nt\\currentversion\\",
	       "PRODUCTNAME", "Windows 10 Pro");
	expect(&f, -1, "HKLM\\System\\ControlSet001\\Control\\ComputerName\\ComputerName",
	       "ComputerName", "WRONG-SET");
	expect(&f, -1, "HKLM\\System\\CurrentControlSet\\Control\\ComputerName\\ComputerName",
	       "ComputerName", "PC-10");
	expect(&f, USER_ANN, "HKCU\\Software\\App", "Who", "ann");
	expect(&f, USER_BORGE, "HKEY_CURRENT_USER\\Software\\App", "who", "borge");
	expect(&f, USER_ANN, "HKCU\\Software\\App", "", "the default");
	expect(&f, USER_ANN, "HKU\\" BORGE "\\Software\\App", "Who", "borge");
	expect(&f, -1, "HKEY_USERS\\" ANN "\\Software\\App", "Who", "ann");
	expect(&f, -1, "HKU\\.Default\\Software\\App", "Who", "default");
	expect(&f, -1, "HKU\\S-1-5-18\\Software\\App", "Who", "default");
	expect_none(&f, -1, "HKCU\\Software\\App", "Who");
	expect_none(&f, USER_ANN, "HKCU\\Software\\App", "Where");
	expect_none(&f, USER_ANN, "HKCU\\Software\\App\\Deeper", "Who");
	expect_none(&f, -1, "HKLM\\Hardware\\Description", "x");
	expect_none(&f, -1, "HKLM", "x");
	expect_none(&f, -1, "HKCC\\Software", "x");
	expect_none(&f, -1, "HKU\\S-1-5-21-9\\Software\\App", "Who");
	expect_none(&f, -1, "HKLMX\\Software", "x");
	expect_none(&f, -1, "", "");
	tear_down(&f);
}

static void classes_are_merged(void)
{
	struct fixture f;
	struct hivegen *g = hivegen_new();

	set_up(&f);
	expect(&f, USER_ANN, "HKCU\\Software\\Classes\\.txt", "", "ann's");
	expect(&f, -1, "HKU\\" ANN "_Classes\\.txt", "", "ann's");
	expect(&f, -1, "HKU\\" ANN "\\Software\\classes\\.own", "", "ann's");
	expect(&f, USER_ANN, "HKCR\\.txt", "", "ann's");
	expect_none(&f, USER_BORGE, "HKCR\\.txt", "");
	expect(&f, USER_BORGE, "HKCR\\.nt", "", "borge");
	expect(&f, USER_BORGE, "HKCU\\Software\\Classes\\.nt", "", "borge");
	expect_none(&f, USER_ANN, "HKCR\\.nt", "");
	expect_none(&f, USER_BORGE, "HKCU\\Software\\Classes\\.txt", "");
	registry_free(f.r);

	/* A SOFTWARE hive with classes; the old place of UsrClass.dat. */
	hivegen_key(g, CURRENT + sizeof("Software"));
	hivegen_key(g, "Classes\\.txt");
	hivegen_text(g, "", "all");
	hivegen_text(g, "Type", "text");
	hivegen_key(g, "Classes\\.all");
	hivegen_add(g, f.fs, "\\Windows\\System32\\config\\SOFTWARE");
	add_classes(f.fs,
		    "\\Users\\borge\\Local Settings\\Application Data\\Microsoft\\Windows\\"
		    "UsrClass.dat",
		    "borge's");
	f.r = registry_new(&f.install, volume, &f);
	expect(&f, USER_ANN, "HKCR\\.txt", "", "ann's");
	expect(&f, USER_ANN, "HKEY_CLASSES_ROOT\\.txt", "Type", "text");
	expect(&f, USER_BORGE, "HKCR\\.txt", "", "borge's");
	expect(&f, -1, "HKCR\\.txt", "", "all");
	tear_down(&f);
}

/* Collects names as "a;b;". */
static int collect(void *ctx, const char *name)
{
	struct str *s = ctx;

	CU_ASSERT_EQUAL(str_adds(s, name), 0);
	CU_ASSERT_EQUAL(str_addc(s, ';'), 0);
	return 0;
}

static void expect_list(struct fixture *f, int user, const char *key, const char *subkeys,
			const char *values)
{
	struct str s = {0};

	CU_ASSERT_EQUAL(str_adds(&s, ""), 0);
	if (subkeys) {
		CU_ASSERT_EQUAL(registry_list(f->r, user, key, collect, NULL, &s), 0);
		if (strcmp(s.data, subkeys) != 0)
			printf("%s: %s\n", key, s.data);
		CU_ASSERT_STRING_EQUAL(s.data, subkeys);
	}
	str_truncate(&s, 0);
	if (values) {
		CU_ASSERT_EQUAL(registry_list(f->r, user, key, NULL, collect, &s), 0);
		CU_ASSERT_STRING_EQUAL(s.data, values);
	}
	str_free(&s);
}

static int stop(void *ctx, const char *name)
{
	(void)name;
	++*(int *)ctx;
	return 4711;
}

/* Asks about another user while one is being listed. */
static int reenter(void *ctx, const char *name)
{
	struct fixture *f = ctx;

	(void)name;
	expect(f, USER_BORGE, "HKCU\\Software\\App", "Who", "borge");
	return 0;
}

static void keys_are_listed(void)
{
	struct fixture f;
	int calls = 0;

	set_up(&f);
	expect_list(&f, USER_ANN, "HKCU\\Software\\App", "Sub;", "Who;;Number;");
	expect_list(&f, USER_ANN, "HKCU\\Software", "App;Classes;", "");
	expect_list(&f, USER_BORGE, "HKCU\\Software", "App;Classes;", "");
	expect_list(&f, USER_ANN, "HKCU", "Control Panel;Software;", "");
	expect_list(&f, USER_ANN, "HKCR", ".own;.txt;", NULL);
	expect_list(&f, -1, "HKLM", "SOFTWARE;SYSTEM;", "");
	expect_list(&f, -1, "HKU\\", ".DEFAULT;" ANN ";" BORGE ";", "");
	expect_list(&f, -1, "HKLM\\System",
		    "ControlSet001;ControlSet002;MountedDevices;Select;CurrentControlSet;", "");
	expect_list(&f, -1, "HKLM\\System\\CurrentControlSet", "Control;", "");
	CU_ASSERT_EQUAL(registry_list(f.r, USER_ANN, "HKCU", stop, NULL, &calls), 4711);
	CU_ASSERT_EQUAL(calls, 1);
	CU_ASSERT_EQUAL(registry_list(f.r, USER_ANN, "HKCU\\Software", reenter, NULL, &f), 0);
	CU_ASSERT_EQUAL(registry_list(f.r, USER_ANN, "HKCU\\Software\\App", NULL, stop, &calls),
			4711);
	CU_ASSERT_EQUAL(registry_list(f.r, USER_ANN, "HKCU\\None", stop, stop, &calls), HF_ENOENT);
	CU_ASSERT_EQUAL(registry_list(f.r, USER_ANN, "HKCU\\None", NULL, NULL, NULL), HF_ENOENT);
	CU_ASSERT_EQUAL(registry_list(f.r, USER_ANN, "HKCU\\Software", NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(registry_list(f.r, -1, "HKCU", stop, stop, &calls), HF_ENOENT);
	CU_ASSERT_EQUAL(calls, 2);
	tear_down(&f);
}

/* Each hive is opened once while its user is the one asked for. */
static void hives_are_kept(void)
{
	struct fixture f;

	set_up(&f);
	for (int i = 0; i < 5; i++) {
		expect(&f, -1, "HKLM\\" CURRENT, "ProductName", "Windows 10 Pro");
		expect(&f, USER_ANN, "HKCU\\Software\\App", "Who", "ann");
		expect(&f, USER_ANN, "HKCR\\.txt", "", "ann's");
		expect_none(&f, -1, "HKU\\.DEFAULT\\x", "");
	}
	CU_ASSERT_EQUAL(f.opened, 4);
	expect(&f, USER_BORGE, "HKCU\\Software\\App", "Who", "borge");
	expect(&f, USER_ANN, "HKCU\\Software\\App", "Who", "ann");
	CU_ASSERT_EQUAL(f.opened, 6);
	tear_down(&f);
}

static void secrets_are_refused(void)
{
	struct fixture f;
	unsigned warnings;
	uint32_t type;
	void *data;
	size_t len;
	int calls = 0;

	set_up(&f);
	warnings = log_warning_count();
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(registry_value(f.r, -1, "HKLM\\SAM\\SAM\\Domains\\Account", "V",
					       &type, &data, &len),
				HF_EREFUSED);
		CU_ASSERT_EQUAL(
			registry_list(f.r, -1, "HKLM\\Security\\Policy", stop, stop, &calls),
			HF_EREFUSED);
	}
	CU_ASSERT_EQUAL(calls, 0);
	CU_ASSERT_EQUAL(log_warning_count(), warnings + 1);
	tear_down(&f);
}

/* DEFAULT with a value whose data is longer than its cell. */
static void add_damaged_default(struct fs *fs)
{
	struct hivegen *g = hivegen_new();
	uint8_t *bytes, *vk;
	size_t len;

	hivegen_key(g, "Software\\App");
	hivegen_text(g, "Who", "default");
	hivegen_raw(g, "Broken", 3, "0123456789", 10);
	bytes = hivegen_take(g, &len);
	vk = memmem(bytes, len, "Broken", 6);
	CU_ASSERT_PTR_NOT_NULL_FATAL(vk);
	vk[-0x18 + 0x0a] = 1;
	CU_ASSERT_EQUAL(memfs_add(fs, "\\Windows\\System32\\config\\DEFAULT", bytes, len), 0);
	free(bytes);
}

static void damage_is_said_once(void)
{
	static char big[20000];
	struct fixture f;
	unsigned warnings;
	uint32_t type;
	void *data;
	size_t len;

	set_up(&f);
	CU_ASSERT_EQUAL(memfs_add(f.fs, "\\Users\\ann\\NTUSER.DAT", "regfoops", 8), 0);
	CU_ASSERT_EQUAL(memfs_add(f.fs, "\\Users\\ann" CLASSES, big, sizeof(big)), 0);
	add_damaged_default(f.fs);
	warnings = log_warning_count();
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(registry_value(f.r, USER_ANN, "HKCU\\Software\\App", "Who", &type,
					       &data, &len),
				HF_ECORRUPT);
		CU_ASSERT_PTR_NULL(data);
		expect(&f, USER_BORGE, "HKCU\\Software\\App", "Who", "borge");
	}
	CU_ASSERT_EQUAL(log_warning_count(), warnings + 1);
	(void)registry_value(f.r, USER_ANN, "HKCU\\Software\\Classes\\.txt", "", &type, &data,
			     &len);
	CU_ASSERT_EQUAL(log_warning_count(), warnings + 2);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(registry_value(f.r, -1, "HKU\\.DEFAULT\\Software\\App", "Broken",
					       &type, &data, &len),
				HF_ECORRUPT);
	CU_ASSERT_EQUAL(log_warning_count(), warnings + 3);
	expect(&f, -1, "HKU\\.DEFAULT\\Software\\App", "Who", "default");
	tear_down(&f);
}

/* The entry called NAME, or NULL. */
static struct registry_subkey_entry *subkey_of(struct registry_content *c, const char *name)
{
	for (size_t i = 0; i < c->subkey_count; i++)
		if (strcmp(c->subkeys[i].name, name) == 0)
			return &c->subkeys[i];
	CU_FAIL("no such subkey");
	return NULL;
}

static struct registry_value_entry *value_of(struct registry_content *c, const char *name)
{
	for (size_t i = 0; i < c->value_count; i++)
		if (strcmp(c->values[i].name, name) == 0)
			return &c->values[i];
	CU_FAIL("no such value");
	return NULL;
}

/* A key's values with their data, its subkeys, its nature; also after another user's hive was
 * open. */
static void keys_are_read_whole(void)
{
	struct registry_content c, d;
	struct registry_value_entry *v;
	struct registry_key key, sub, other;
	struct str file = {0}, path = {0};
	struct fixture f;

	set_up(&f);
	CU_ASSERT_EQUAL(registry_open_key(f.r, USER_ANN, "HKCU\\Software\\App", &key), 0);
	CU_ASSERT_EQUAL(registry_open_key(f.r, USER_BORGE, "HKCU\\Software\\App", &other), 0);
	CU_ASSERT_EQUAL(registry_read_key(f.r, &other, &c), 0);
	registry_content_free(&c);
	CU_ASSERT_EQUAL_FATAL(registry_read_key(f.r, &key, &c), 0);
	CU_ASSERT_EQUAL(c.value_count, 3);
	CU_ASSERT_EQUAL(c.subkey_count, 1);
	v = value_of(&c, "Who");
	CU_ASSERT_TRUE(v && v->type == 1 && v->len == 8 && memcmp(v->data, "a\0n\0n\0\0", 8) == 0);
	v = value_of(&c, "Number");
	CU_ASSERT_TRUE(v && v->type == 4 && v->len == 4 && v->data[0] == 7 && !v->error);
	CU_ASSERT_PTR_NOT_NULL(value_of(&c, ""));
	CU_ASSERT_EQUAL(c.info.security_len, 20);
	CU_ASSERT_PTR_NULL(c.info.class_name);
	CU_ASSERT_FALSE(c.info.is_link || c.info.is_volatile || c.info.losses);
	CU_ASSERT_EQUAL(registry_open_subkey(f.r, &key, "sUB", &sub), 0);
	CU_ASSERT_EQUAL(memcmp(&sub, &subkey_of(&c, "Sub")->key, sizeof(sub)), 0);
	CU_ASSERT_EQUAL(registry_key_file(f.r, &sub, &file, &path), 0);
	CU_ASSERT_STRING_EQUAL(file.data, "C:\\Users\\ann\\NTUSER.DAT");
	CU_ASSERT_STRING_EQUAL(path.data, "Software\\App\\Sub");
	CU_ASSERT_EQUAL(registry_open_subkey(f.r, &key, "Sub\\x", &sub), HF_ENOENT);
	CU_ASSERT_EQUAL(registry_open_key(f.r, USER_ANN, "HKCU\\None", &sub), HF_ENOENT);
	CU_ASSERT_EQUAL(registry_open_key(f.r, USER_ANN, "HKLM\\SAM", &sub), HF_EREFUSED);
	registry_content_free(&c);

	/* Down from HKLM to what CurrentControlSet is, as by the path. */
	CU_ASSERT_EQUAL_FATAL(registry_open_key(f.r, -1, "HKLM", &key), 0);
	CU_ASSERT_EQUAL_FATAL(registry_read_key(f.r, &key, &c), 0);
	CU_ASSERT_EQUAL(c.subkey_count, 2);
	CU_ASSERT_EQUAL_FATAL(registry_read_key(f.r, &subkey_of(&c, "SYSTEM")->key, &d), 0);
	CU_ASSERT_EQUAL(registry_open_key(f.r, -1, "HKLM\\System\\CurrentControlSet", &sub), 0);
	CU_ASSERT_EQUAL(memcmp(&sub, &subkey_of(&d, "CurrentControlSet")->key, sizeof(sub)), 0);
	registry_content_free(&d);
	registry_content_free(&c);
	str_free(&file);
	str_free(&path);
	tear_down(&f);
}

/* Classes are those of UsrClass.dat; HKCR has them in front of the machine's. */
static void merged_keys_are_read_whole(void)
{
	struct registry_content c;
	struct registry_key key, sub;
	struct fixture f;
	struct hivegen *g = hivegen_new();

	set_up(&f);
	hivegen_key(g, "Microsoft\\Windows NT\\CurrentVersion");
	hivegen_key(g, "Classes\\.TXT\\Machine");
	hivegen_text(g, "", "machine's");
	hivegen_key(g, "Classes\\.TXT");
	hivegen_text(g, "", "machine's");
	hivegen_text(g, "More", "machine's");
	hivegen_key(g, "Classes\\.sys");
	hivegen_add(g, f.fs, "\\Windows\\System32\\config\\SOFTWARE");
	CU_ASSERT_EQUAL_FATAL(registry_open_key(f.r, USER_ANN, "HKCU\\Software", &key), 0);
	CU_ASSERT_EQUAL_FATAL(registry_read_key(f.r, &key, &c), 0);
	CU_ASSERT_EQUAL(c.subkey_count, 2);
	CU_ASSERT_EQUAL(registry_open_key(f.r, USER_ANN, "HKCU\\Software\\Classes", &sub), 0);
	CU_ASSERT_EQUAL(memcmp(&sub, &subkey_of(&c, "Classes")->key, sizeof(sub)), 0);
	registry_content_free(&c);

	CU_ASSERT_EQUAL_FATAL(registry_open_key(f.r, USER_ANN, "HKCR", &key), 0);
	CU_ASSERT_EQUAL(key.count, 2);
	CU_ASSERT_EQUAL_FATAL(registry_read_key(f.r, &key, &c), 0);
	CU_ASSERT_EQUAL(c.subkey_count, 3);
	sub = subkey_of(&c, ".txt")->key;
	CU_ASSERT_EQUAL(sub.count, 2);
	CU_ASSERT_EQUAL(subkey_of(&c, ".sys")->key.count, 1);
	registry_content_free(&c);
	CU_ASSERT_EQUAL_FATAL(registry_read_key(f.r, &sub, &c), 0);
	CU_ASSERT_EQUAL(c.value_count, 2);
	CU_ASSERT_TRUE(value_of(&c, "")->len == 12 && value_of(&c, "")->data[0] == 'a');
	CU_ASSERT_TRUE(value_of(&c, "More")->len == 20);
	CU_ASSERT_EQUAL(c.subkey_count, 1);
	registry_content_free(&c);
	tear_down(&f);
}

/* Users without a hive, or on a volume that is not at hand, have no registry, in silence. */
static void missing_hives_are_silent(void)
{
	struct fixture f;
	unsigned warnings;

	set_up(&f);
	f.install.users[USER_ANN].has_hive = false;
	f.install.users[USER_BORGE].profile[0] = 'E';
	warnings = log_warning_count();
	expect_none(&f, USER_ANN, "HKCU\\Software\\App", "Who");
	expect_none(&f, USER_BORGE, "HKCU\\Software\\App", "Who");
	expect_none(&f, USER_BORGE, "HKCR\\.txt", "");
	expect_list(&f, -1, "HKU", ".DEFAULT;" BORGE ";", NULL);
	CU_ASSERT_EQUAL(log_warning_count(), warnings);
	tear_down(&f);
}

/* The file at host path PATH put into FS as NAME; false when it is not there. */
static bool add_host_file(struct fs *fs, const char *path, const char *name)
{
	static uint8_t data[16 << 20];
	FILE *file = fopen(path, "rb");
	size_t len = file ? fread(data, 1, sizeof(data), file) : 0;

	if (!file)
		return false;
	(void)fclose(file);
	CU_ASSERT_EQUAL(memfs_add(fs, name, data, len), 0);
	return true;
}

/* Values here were read with hivexsh. */
static void hives_from_the_field(void)
{
	struct fixture f;
	uint32_t type;
	void *data;
	size_t len;

	set_up(&f);
	if (!add_host_file(f.fs, TESTDATA "plaso/NTUSER.DAT", "\\Users\\ann\\NTUSER.DAT") ||
	    !add_host_file(f.fs, TESTDATA "aiowinreg/nt/software.reg",
			   "\\Windows\\System32\\config\\SOFTWARE") ||
	    !add_host_file(f.fs, TESTDATA "aiowinreg/nt/system.reg",
			   "\\Windows\\System32\\config\\SYSTEM")) {
		printf("skipped: no testdata ");
		tear_down(&f);
		return;
	}
	expect(&f, -1, "HKLM\\" CURRENT, "CurrentVersion", "4.0");
	expect(&f, -1, "HKCR\\.txt", "", "txtfile");
	expect(&f, -1, "HKLM\\" CURRENT, "CSDVersion", "Service Pack 3");
	expect(&f, -1, "HKLM\\System\\CurrentControlSet\\Control\\ComputerName\\ComputerName",
	       "ComputerName", "SERVER");
	expect_list(&f, -1, "HKLM\\System",
		    "ControlSet001;ControlSet002;Select;Setup;"
		    "CurrentControlSet;",
		    NULL);
	expect(&f, USER_ANN, "HKCU\\Control Panel\\Desktop", "SCRNSAVE.EXE",
	       "C:\\WINDOWS\\System32\\logon.scr");
	expect_list(&f, USER_ANN, "HKCU",
		    "AppEvents;Console;Control Panel;Environment;Identities;Keyboard Layout;"
		    "Printers;Software;UNICODE Program Groups;Windows 3.1 Migration Status;",
		    "");
	CU_ASSERT_EQUAL(registry_value(f.r, USER_ANN, "HKCU\\Control Panel\\Desktop",
				       "UserPreferencesMask", &type, &data, &len),
			0);
	CU_ASSERT_TRUE(type == HIVE_BINARY && len == 4 && memcmp(data, "\x9e\x3e\x07\x80", 4) == 0);
	free(data);
	tear_down(&f);
}

void suite_registry(void)
{
	CU_pSuite s = CU_add_suite("windows/registry", NULL, NULL);

	CU_add_test(s, "roots lead to their hives", roots_lead_to_their_hives);
	CU_add_test(s, "classes are merged", classes_are_merged);
	CU_add_test(s, "keys are listed", keys_are_listed);
	CU_add_test(s, "hives are kept", hives_are_kept);
	CU_add_test(s, "secrets are refused", secrets_are_refused);
	CU_add_test(s, "keys are read whole", keys_are_read_whole);
	CU_add_test(s, "merged keys are read whole", merged_keys_are_read_whole);
	CU_add_test(s, "damage is said once", damage_is_said_once);
	CU_add_test(s, "missing hives are silent", missing_hives_are_silent);
	CU_add_test(s, "hives from the field", hives_from_the_field);
}
