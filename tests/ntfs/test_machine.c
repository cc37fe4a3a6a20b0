// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * windows/machine.h on NTFS image files: finding, choosing, and that looking changes no byte.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ntfs/image.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/memfs.h"
#include "unit/suites.h"
#include "unit/winsample.h"
#include "windows/machine.h"

/* One step of copy_tree(): what of the sample goes where. */
struct copy {
	fs_ref from, to;
};

struct copying {
	struct fs *from, *to;
	struct copy *todo;
	size_t count, cap;
	fs_ref into;
};

static int copy_entry(void *ctx, const struct fs_entry *e)
{
	struct copying *c = ctx;
	char name[64];
	fs_ref made;
	void *data;
	size_t len;

	for (unsigned i = 0; i <= e->name_len; i++)
		name[i] = i < e->name_len ? (char)e->name[i] : '\0';
	if (e->attributes & FS_ATTR_DIRECTORY) {
		made = image_mkdir(c->to, c->into, name);
		CU_ASSERT_NOT_EQUAL_FATAL(made, 0);
		CU_ASSERT_EQUAL_FATAL(array_grow(&c->todo, c->count, &c->cap), 0);
		c->todo[c->count++] = (struct copy){e->ref, made};
		return 0;
	}
	CU_ASSERT_EQUAL_FATAL(fs_read_file(c->from, e->ref, 1 << 24, &data, &len), 0);
	CU_ASSERT_EQUAL(fs_write_file(c->to, c->into, name, data, len, NULL), 0);
	free(data);
	return 0;
}

/* Copies all of the memfs FROM into the root of TO, and closes both. */
static void copy_tree(struct fs *from, struct fs *to)
{
	struct copying c = {.from = from, .to = to};

	CU_ASSERT_PTR_NOT_NULL_FATAL(to);
	CU_ASSERT_EQUAL_FATAL(array_grow(&c.todo, c.count, &c.cap), 0);
	c.todo[c.count++] = (struct copy){fs_root(from), fs_root(to)};
	while (c.count > 0) {
		struct copy next = c.todo[--c.count];

		c.into = next.to;
		CU_ASSERT_EQUAL(fs_readdir(from, next.from, copy_entry, &c), 0);
	}
	free(c.todo);
	CU_ASSERT_EQUAL(fs_close(from), 0);
	CU_ASSERT_EQUAL(fs_close(to), 0);
}

static const struct winsample_profile profiles[] = {
	{SAMPLE_SID "-1001", "C:\\Users\\ann", 0},
	{SAMPLE_SID "-1002", "D:\\Users\\bob", 0},
};

/* An image with SAMPLE, user ann's profile, and a folder that only looks like a Windows. */
static void make_windows(const char *name, const struct winsample *sample, const char *options,
			 char *path)
{
	struct fs *mem = memfs_new();

	winsample_add_users(mem, sample, profiles, 2);
	winsample_add_hive(mem, "\\Users\\ann\\NTUSER.DAT", NULL);
	(void)memfs_add_dir(mem, "\\WinNT\\System32\\config");
	strcpy(path, image_make(name, 16, options));
	copy_tree(mem, image_open(path, NTFS_WRITE));
}

static struct machine *open_machine(const struct volume_arg *volumes, size_t count)
{
	struct machine_options o = {.volumes = volumes, .volume_count = count};
	struct machine *m = NULL;

	CU_ASSERT_EQUAL_FATAL(machine_open(&o, &m), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	return m;
}

static void found_and_untouched(void)
{
	struct machine_options none = {0};
	char system[256], data[256];
	struct volume_arg volumes[] = {{'C', system}, {'D', data}};
	struct fs *mem = memfs_new();
	uint64_t before[2];
	struct machine *m;

	make_windows("found", &sample_win10, "-L System", system);
	strcpy(data, image_make("found-data", 16, "-L Data"));
	winsample_add_hive(mem, "\\Users\\bob\\NTUSER.DAT", NULL);
	copy_tree(mem, image_open(data, NTFS_WRITE));
	before[0] = image_hash(system);
	before[1] = image_hash(data);
	m = open_machine(volumes, 2);
	CU_ASSERT_EQUAL(m->install_count, 1);
	CU_ASSERT_EQUAL_FATAL(machine_choose(m, &none), 0);
	CU_ASSERT_STRING_EQUAL(m->chosen->directory, "\\Windows");
	CU_ASSERT_EQUAL(m->chosen->user_count, 5);
	CU_ASSERT_TRUE(m->chosen->users[3].has_hive);
	CU_ASSERT_TRUE(m->chosen->users[4].has_hive);
	CU_ASSERT_PTR_NULL(machine_volume(m, 'E'));
	CU_ASSERT_PTR_EQUAL(machine_volume(m, 'D'), &m->volumes[1]);
	CU_ASSERT_EQUAL(machine_close(m), 0);
	CU_ASSERT_EQUAL(image_hash(system), before[0]);
	CU_ASSERT_EQUAL(image_hash(data), before[1]);
}

static void two_and_no_choice(void)
{
	struct machine_options none = {0}, by_label = {.volume_label = "second"};
	char first[256], second[256];
	struct volume_arg volumes[] = {{'C', first}, {'D', second}};
	struct machine *m;

	make_windows("first", &sample_win10, "-L First", first);
	make_windows("second", &sample_xp, "-L Second", second);
	m = open_machine(volumes, 2);
	CU_ASSERT_EQUAL(m->install_count, 2);
	CU_ASSERT_EQUAL(machine_choose(m, &none), HF_EAMBIGUOUS);
	CU_ASSERT_PTR_NULL(m->chosen);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "OLDPC"));
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "First"));
	CU_ASSERT_EQUAL(machine_choose(m, &by_label), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m->chosen);
	CU_ASSERT_EQUAL(m->chosen->volume, 1);
	CU_ASSERT_EQUAL(m->chosen->letter, 'D');
	CU_ASSERT_EQUAL(machine_close(m), 0);
}

static void none_and_damaged(void)
{
	struct machine_options none = {0};
	char path[256];
	struct volume_arg volume = {'C', path};
	struct fs *mem = memfs_new();
	struct machine *m;

	strcpy(path, image_make("none", 16, ""));
	m = open_machine(&volume, 1);
	CU_ASSERT_EQUAL(machine_choose(m, &none), HF_ENOENT);
	CU_ASSERT_EQUAL(machine_close(m), 0);
	winsample_add(mem, &sample_win10);
	(void)memfs_add(mem, "\\Windows\\System32\\config\\SYSTEM", "regf", 4);
	copy_tree(mem, image_open(path, NTFS_WRITE));
	m = open_machine(&volume, 1);
	CU_ASSERT_EQUAL(m->install_count, 0);
	CU_ASSERT_EQUAL(machine_choose(m, &none), HF_ECORRUPT);
	CU_ASSERT_EQUAL(machine_close(m), 0);
}

static void reopening_for_writing(void)
{
	static char hibernated[4096] = "hibr";
	struct machine_options none = {0};
	char path[256];
	struct volume_arg volume = {'C', path};
	struct machine *m;
	uint64_t before;
	struct fs *fs;

	make_windows("reopen", &sample_win10, "", path);
	m = open_machine(&volume, 1);
	CU_ASSERT_EQUAL_FATAL(machine_choose(m, &none), 0);
	CU_ASSERT_EQUAL(machine_reopen_writable(m, 'E'), HF_ENOENT);
	CU_ASSERT_EQUAL(machine_reopen_writable(m, 'C'), 0);
	CU_ASSERT_TRUE(machine_volume(m, 'C')->fs->writable);
	CU_ASSERT_EQUAL(machine_close(m), 0);

	fs = image_open(path, NTFS_WRITE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_EQUAL(fs_write_file(fs, fs_root(fs), "hiberfil.sys", hibernated,
				      sizeof(hibernated), NULL),
			0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	before = image_hash(path);
	m = open_machine(&volume, 1);
	CU_ASSERT_EQUAL_FATAL(machine_choose(m, &none), 0);
	CU_ASSERT_EQUAL(machine_reopen_writable(m, 'C'), HF_EHIBERNATED);
	CU_ASSERT_PTR_NOT_NULL_FATAL(machine_volume(m, 'C')->fs);
	CU_ASSERT_FALSE(machine_volume(m, 'C')->fs->writable);
	CU_ASSERT_EQUAL(machine_close(m), 0);
	CU_ASSERT_EQUAL(image_hash(path), before);
}

void suite_machine(void)
{
	CU_pSuite s = CU_add_suite("windows/machine", NULL, NULL);

	CU_add_test(s, "found, with users on two volumes, untouched", found_and_untouched);
	CU_add_test(s, "two and no choice", two_and_no_choice);
	CU_add_test(s, "none, and a damaged one", none_and_damaged);
	CU_add_test(s, "reopening for writing", reopening_for_writing);
}
