// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * engine/examine.h: what rules may ask about files, links and the registry of a Windows in memory.
 */
#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/examine.h"
#include "engine/users.h"
#include "hivegen.h"
#include "memfs.h"
#include "report/error.h"
#include "report/log.h"
#include "suites.h"
#include "windows/hive.h"
#include "windows/machine.h"
#include "winsample.h"

#define CURRENT "HKLM\\Software\\Microsoft\\Windows NT\\CurrentVersion"

struct fixture {
	struct fs *fs;
	struct windows_install install;
	struct machine_volume volumes[2];
	struct machine machine;
	struct examine e;
	struct rules_machine *m;
};

static void add_hive(struct fs *fs, const char *path, const char *mark)
{
	struct hivegen *g = hivegen_new();

	hivegen_key(g, "Software\\App");
	hivegen_text(g, "Who", mark);
	hivegen_key(g, "Software\\Other");
	hivegen_add(g, fs, path);
}

/* Three users in the installation; the second is not captured. */
static void set_up(struct fixture *f)
{
	static const struct winsample_profile profiles[] = {
		{SAMPLE_SID "-1001", "C:\\Users\\ann", 0},
		{SAMPLE_SID "-1002", "C:\\Users\\borge", 0},
	};
	struct user_decision decisions[5] = {0};

	memset(f, 0, sizeof(*f));
	f->fs = memfs_new();
	winsample_add_users(f->fs, &sample_win10, profiles, 2);
	add_hive(f->fs, "\\Users\\ann\\NTUSER.DAT", "ann");
	add_hive(f->fs, "\\Users\\borge\\NTUSER.DAT", "borge");
	CU_ASSERT_EQUAL(memfs_add(f->fs, "\\a.txt", "hello", 5), 0);
	CU_ASSERT_EQUAL_FATAL(windows_probe(f->fs, "\\Windows", &f->install), 0);
	CU_ASSERT_EQUAL_FATAL(windows_read_users(f->fs, &f->install), 0);
	f->install.volume = 1;
	f->volumes[1] = (struct machine_volume){.fs = f->fs, .letter = 'C'};
	f->machine = (struct machine){.volumes = f->volumes,
				      .volume_count = 2,
				      .installs = &f->install,
				      .install_count = 1,
				      .chosen = &f->install};
	decisions[4].captured = true;
	CU_ASSERT_EQUAL_FATAL(examine_init(&f->e, &f->machine, decisions), 0);
	f->m = &f->e.rules_machine;
}

static void tear_down(struct fixture *f)
{
	examine_free(&f->e);
	windows_install_free(&f->install);
	CU_ASSERT_EQUAL(fs_close(f->fs), 0);
}

static void the_system(void)
{
	struct hivegen *g = hivegen_new();
	struct rules_os os;
	struct fixture f;

	set_up(&f);
	CU_ASSERT_EQUAL(f.m->os(f.m->ctx, &os), 0);
	CU_ASSERT_TRUE(os.major == 10 && os.minor == 0 && os.build == 19045 && os.bits == 64);
	CU_ASSERT_STRING_EQUAL(os.service_pack, "");
	examine_free(&f.e);
	hivegen_key(g, CURRENT + sizeof("HKLM\\Software"));
	hivegen_text(g, "CSDVersion", "Service Pack 3");
	hivegen_add(g, f.fs, "\\Windows\\System32\\config\\SOFTWARE");
	CU_ASSERT_EQUAL_FATAL(
		examine_init(&f.e, &f.machine, (struct user_decision[5]){{.captured = true}}), 0);
	CU_ASSERT_EQUAL(f.m->os(f.m->ctx, &os), 0);
	CU_ASSERT_STRING_EQUAL(os.service_pack, "Service Pack 3");
	tear_down(&f);
}

static void files(void)
{
	struct rules_file_info a, b;
	struct fixture f;
	unsigned errors, warnings;
	void *data;
	size_t len;

	set_up(&f);
	errors = log_error_count();
	CU_ASSERT_EQUAL(f.m->stat(f.m->ctx, "c:\\A.TXT", &a), 0);
	CU_ASSERT_EQUAL(f.m->stat(f.m->ctx, "C:\\a.txt", &b), 0);
	CU_ASSERT_TRUE(a.id == b.id && a.size == 5 && !a.is_dir);
	CU_ASSERT_EQUAL(f.m->stat(f.m->ctx, "C:\\Users", &b), 0);
	CU_ASSERT_TRUE(a.id != b.id && b.is_dir);
	CU_ASSERT_EQUAL(f.m->stat(f.m->ctx, "C:\\none", &b), HF_ENOENT);
	CU_ASSERT_EQUAL(f.m->stat(f.m->ctx, "D:\\a.txt", &b), HF_ENOENT);
	CU_ASSERT_EQUAL(f.m->read_file(f.m->ctx, "C:\\a.txt", 5, &data, &len), 0);
	CU_ASSERT_TRUE(len == 5 && memcmp(data, "hello", 5) == 0);
	free(data);
	CU_ASSERT_EQUAL(f.m->read_file(f.m->ctx, "C:\\a.txt", 4, &data, &len), HF_ELIMIT);
	CU_ASSERT_EQUAL(f.m->read_file(f.m->ctx, "C:\\Users", 99, &data, &len), HF_ENOENT);
	CU_ASSERT_EQUAL(f.m->read_file(f.m->ctx, "C:\\none", 99, &data, &len), HF_ENOENT);
	warnings = log_warning_count();
	CU_ASSERT_EQUAL(memfs_set_reparse(f.fs, "\\a.txt", FS_TAG_WOF), 0);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(f.m->read_file(f.m->ctx, "C:\\a.txt", 5, &data, &len), HF_ENOENT);
	CU_ASSERT_EQUAL(log_warning_count(), warnings + 1);
	/* A cloud file that is kept on the computer has its data. */
	CU_ASSERT_EQUAL(memfs_set_reparse(f.fs, "\\a.txt", 0x9000601a), 0);
	CU_ASSERT_EQUAL(f.m->read_file(f.m->ctx, "C:\\a.txt", 5, &data, &len), 0);
	free(data);
	CU_ASSERT_EQUAL(log_error_count(), errors);
	tear_down(&f);
}

static int count(void *ctx, const char *name)
{
	(void)name;
	++*(int *)ctx;
	return 0;
}

static int stop(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return HF_ELIMIT;
}

/* Rules' user 0 is the captured one. */
static void the_registry(void)
{
	struct fixture f;
	uint32_t type;
	int keys = 0, values = 0;
	void *data;
	size_t len;

	set_up(&f);
	CU_ASSERT_EQUAL(f.m->user_count, 1);
	CU_ASSERT_EQUAL(
		f.m->reg_value(f.m->ctx, 0, "HKCU\\Software\\App", "who", &type, &data, &len), 0);
	CU_ASSERT_TRUE(type == HIVE_SZ && len == 12 && memcmp(data, "b\0o\0r\0g\0e\0\0", 12) == 0);
	free(data);
	CU_ASSERT_EQUAL(
		f.m->reg_value(f.m->ctx, -1, "HKCU\\Software\\App", "who", &type, &data, &len),
		HF_ENOENT);
	CU_ASSERT_EQUAL(f.m->reg_value(f.m->ctx, -1, "HKLM\\SAM\\SAM", "C", &type, &data, &len),
			HF_ENOENT);
	CU_ASSERT_EQUAL(f.m->reg_list(f.m->ctx, 0, "HKCU\\Software", count, NULL, &keys), 0);
	CU_ASSERT_EQUAL(f.m->reg_list(f.m->ctx, 0, "HKCU\\Software\\App", NULL, count, &values), 0);
	CU_ASSERT_TRUE(keys == 2 && values == 1);
	CU_ASSERT_EQUAL(f.m->reg_list(f.m->ctx, 0, "HKCU\\Software", stop, NULL, NULL), HF_ELIMIT);
	CU_ASSERT_EQUAL(f.m->reg_list(f.m->ctx, 0, "HKCU\\None", stop, stop, NULL), HF_ENOENT);
	tear_down(&f);
}

/* The smallest link with a target with variables, and with PATH in LinkInfo when not NULL. */
static size_t make_link(uint8_t *out, const char *variables, const char *path)
{
	static const uint8_t head[20] = {0x4c, 0, 0,	0, 1, 0x14, 2, 0, 0, 0,
					 0,    0, 0xc0, 0, 0, 0,    0, 0, 0, 0x46};
	size_t len = 0x4c;

	memset(out, 0, 2048);
	memcpy(out, head, sizeof(head));
	out[0x15] = 2;
	if (path) {
		size_t n = strlen(path) + 1;

		out[0x14] = 2;
		out[len] = (uint8_t)(0x1c + n + 1);
		out[len + 4] = 0x1c;
		out[len + 8] = 1;
		out[len + 16] = 0x1c;
		out[len + 24] = (uint8_t)(0x1c + n);
		memcpy(out + len + 0x1c, path, n);
		len += 0x1c + n + 1;
	}
	memcpy(out + len, "\x14\x03\0\0\x01\0\0\xa0", 8);
	for (size_t i = 0; variables[i]; i++)
		out[len + 268 + 2 * i] = (uint8_t)variables[i];
	return len + 0x314 + 4;
}

static void expect_target(struct fixture *f, const char *file, const char *variables,
			  const char *path, const char *want)
{
	char full[256], *target = NULL;
	uint8_t link[2048];
	int err;

	CU_ASSERT_EQUAL(memfs_add(f->fs, file, link, make_link(link, variables, path)), 0);
	(void)snprintf(full, sizeof(full), "C:%s", file);
	err = f->m->link_target(f->m->ctx, full, &target);
	CU_ASSERT_EQUAL(err, want ? 0 : HF_ENOENT);
	if (!err) {
		CU_ASSERT_STRING_EQUAL(target, want);
		free(target);
	}
}

static void links(void)
{
	struct fixture f;
	char *target;

	set_up(&f);
	expect_target(&f, "\\a.lnk", "%SystemRoot%\\notepad.exe", NULL, "C:\\Windows\\notepad.exe");
	expect_target(&f, "\\a.lnk", "%windir%\\a%", "C:\\b", "C:\\b");
	expect_target(&f, "\\a.lnk", "%nonsense%\\a", "C:\\b", "C:\\b");
	expect_target(&f, "\\a.lnk", "%nonsense%\\a", NULL, NULL);
	expect_target(&f, "\\a.lnk", "", "D:\\b", "D:\\b");
	expect_target(&f, "\\a.lnk", "relative", NULL, NULL);
	expect_target(&f, "\\Users\\ann\\Desktop\\a.lnk", "%USERPROFILE%\\x", NULL,
		      "C:\\Users\\ann\\x");
	expect_target(&f, "\\Users\\borge\\a.lnk", "%userprofile%\\x", NULL, "C:\\Users\\borge\\x");
	CU_ASSERT_EQUAL(f.m->link_target(f.m->ctx, "C:\\a.txt", &target), HF_ENOENT);
	CU_ASSERT_EQUAL(f.m->link_target(f.m->ctx, "C:\\none.lnk", &target), HF_ENOENT);
	CU_ASSERT_EQUAL(f.m->link_target(f.m->ctx, "C:\\Users", &target), HF_ENOENT);
	CU_ASSERT_EQUAL(f.m->file_version(f.m->ctx, "C:\\a.txt", "FileVersion", &target),
			HF_ENOENT);
	CU_ASSERT_EQUAL(f.m->file_version(f.m->ctx, "C:\\none.exe", "FileVersion", &target),
			HF_ENOENT);
	tear_down(&f);
}

static void versions(void)
{
	static const char path[] = "tests/fuzz/corpus/version_resource/pe32-plus";
	FILE *file = fopen(path, "rb");
	static uint8_t data[8192];
	size_t len = file ? fread(data, 1, sizeof(data), file) : 0;
	struct fixture f;
	char *value;

	set_up(&f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(fclose(file), 0);
	CU_ASSERT_EQUAL(memfs_add(f.fs, "\\app.exe", data, len), 0);
	CU_ASSERT_EQUAL_FATAL(f.m->file_version(f.m->ctx, "C:\\App.exe", "FileVersion", &value), 0);
	CU_ASSERT_STRING_EQUAL(value, "1.2.3");
	free(value);
	/* Cut within its resources: damaged, which is as good as none. */
	CU_ASSERT_EQUAL(memfs_add(f.fs, "\\app.exe", data, 0x640), 0);
	CU_ASSERT_EQUAL(f.m->file_version(f.m->ctx, "C:\\App.exe", "FileVersion", &value),
			HF_ENOENT);
	tear_down(&f);
}

void suite_examine(void)
{
	CU_pSuite s = CU_add_suite("engine/examine", NULL, NULL);

	CU_add_test(s, "the system", the_system);
	CU_add_test(s, "files", files);
	CU_add_test(s, "the registry", the_registry);
	CU_add_test(s, "links", links);
	CU_add_test(s, "versions", versions);
}
