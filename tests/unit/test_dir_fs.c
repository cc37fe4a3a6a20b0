// SPDX-License-Identifier: GPL-2.0-or-later
/* A plain directory as a file system. */
#include <CUnit/Basic.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "unit/suites.h"
#include "volume/dir_fs.h"
#include "volume/fs.h"

#define BIG (UINT64_C(5) << 30) /* does not fit in 32 bits */

static char root[64];

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	f = fopen(path, "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT(fputs(text, f) != EOF);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

/* Files and folders as a camera's card may have them, and one that is none. */
static void make_tree(void)
{
	char path[256];

	strcpy(root, "/tmp/holdfast-dir-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/Photos", root);
	CU_ASSERT_EQUAL(mkdir(path, 0755), 0);
	put("Photos/IMG_1.JPG", "picture");
	put("\xc3\x9c"
	    "bersicht.txt",
	    "umlaut");
	put("read only.txt", "r");
	snprintf(path, sizeof(path), "%s/read only.txt", root);
	CU_ASSERT_EQUAL(chmod(path, 0444), 0);
	snprintf(path, sizeof(path), "%s/pipe", root);
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
	put("big", "");
	snprintf(path, sizeof(path), "%s/big", root);
	CU_ASSERT_EQUAL(truncate(path, (off_t)BIG), 0);
}

static void remove_tree(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	CU_ASSERT_EQUAL(system(command), 0);
}

static struct fs *open_tree(void)
{
	struct fs *fs = NULL;

	CU_ASSERT_EQUAL_FATAL(dir_fs_open(root, "E", &fs), 0);
	return fs;
}

static fs_ref at(struct fs *fs, const char *path)
{
	fs_ref ref = 0;

	CU_ASSERT_EQUAL(fs_resolve(fs, path, &ref), 0);
	return ref;
}

struct seen {
	unsigned count, wrong;
	struct fs *fs;
	char last[NAME_WTF8_MAX];
};

static int see(void *ctx, const struct fs_entry *entry)
{
	struct seen *s = ctx;
	char name[NAME_WTF8_MAX];
	struct fs_stat st;
	fs_ref ref;

	CU_ASSERT_FATAL(text_from_utf16(entry->name, entry->name_len, name, sizeof(name)) > 0);
	/* In one order, each found again by its name, and the same when asked alone. */
	s->wrong += strcmp(name, s->last) <= 0;
	strcpy(s->last, name);
	s->wrong += fs_lookup(s->fs, fs_root(s->fs), entry->name, entry->name_len, &ref) ||
		    ref != entry->ref;
	s->wrong += fs_stat(s->fs, entry->ref, &st) || st.attributes != entry->attributes ||
		    st.size != entry->size;
	s->count++;
	return 0;
}

static void names_are_listed_and_found(void)
{
	struct fs *fs = open_tree();
	struct seen seen = {.fs = fs};
	struct str path = {0};
	fs_ref ref;

	CU_ASSERT_EQUAL(fs_readdir(fs, fs_root(fs), see, &seen), 0);
	CU_ASSERT_EQUAL(seen.count, 4); /* not the pipe */
	CU_ASSERT_EQUAL(seen.wrong, 0);
	CU_ASSERT_EQUAL(at(fs, "E:\\photos\\img_1.jpg"), at(fs, "\\Photos\\IMG_1.JPG"));
	CU_ASSERT_EQUAL(at(fs, "\\\xc3\xbc"
			       "BERSICHT.TXT"),
			at(fs, "\\\xc3\x9c"
			       "bersicht.txt"));
	CU_ASSERT_EQUAL(fs_resolve(fs, "\\Photos\\none", &ref), HF_ENOENT);
	CU_ASSERT_EQUAL(fs_resolve(fs, "\\big\\none", &ref), HF_ENOENT);
	CU_ASSERT_EQUAL(fs_path_of(fs, at(fs, "\\photos\\img_1.jpg"), &path), 0);
	CU_ASSERT_STRING_EQUAL(path.data, "\\Photos\\IMG_1.JPG");
	str_free(&path);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

/* Where there are two, the one whose case is right wins. */
static void case_decides_between_two(void)
{
	struct fs *fs;

	put("README", "upper");
	put("readme", "lower");
	fs = open_tree();
	CU_ASSERT_NOT_EQUAL(at(fs, "\\README"), at(fs, "\\readme"));
	CU_ASSERT(at(fs, "\\ReadMe") == at(fs, "\\README") ||
		  at(fs, "\\ReadMe") == at(fs, "\\readme"));
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void data_and_times_are_read(void)
{
	/* 2019-05-06 07:08:09 UTC */
	const struct timespec times[2] = {{.tv_sec = 1557126489, .tv_nsec = 700},
					  {.tv_sec = 1557126489, .tv_nsec = 200}};
	struct fs *fs = open_tree();
	struct fs_stat st;
	void *data = NULL;
	char path[256], byte = 'x';
	size_t len = 0, done;

	snprintf(path, sizeof(path), "%s/Photos/IMG_1.JPG", root);
	CU_ASSERT_EQUAL(utimensat(AT_FDCWD, path, times, 0), 0);
	CU_ASSERT_EQUAL(fs_read_file(fs, at(fs, "\\Photos\\IMG_1.JPG"), 100, &data, &len), 0);
	CU_ASSERT_EQUAL(len, 7);
	CU_ASSERT(data && !memcmp(data, "picture", 7));
	free(data);
	CU_ASSERT_EQUAL(fs_stat(fs, at(fs, "\\Photos\\IMG_1.JPG"), &st), 0);
	CU_ASSERT_EQUAL(st.times[FS_TIME_MODIFIED], UINT64_C(132016000890000002));
	CU_ASSERT_EQUAL(st.names, 1);
	CU_ASSERT_EQUAL(st.attributes, FS_ATTR_ARCHIVE);
	CU_ASSERT_EQUAL(fs_stat(fs, at(fs, "\\read only.txt"), &st), 0);
	CU_ASSERT_EQUAL(st.attributes, FS_ATTR_ARCHIVE | FS_ATTR_READONLY);
	CU_ASSERT_EQUAL(fs_stat(fs, at(fs, "\\Photos"), &st), 0);
	CU_ASSERT_TRUE(st.is_dir);
	CU_ASSERT_EQUAL(fs_stat(fs, at(fs, "\\big"), &st), 0);
	CU_ASSERT_EQUAL(st.size, BIG);
	CU_ASSERT_EQUAL(fs_read(fs, st.ref, BIG - 1, &byte, 1, &done), 0);
	CU_ASSERT_EQUAL(done, 1);
	CU_ASSERT_EQUAL(byte, 0);
	CU_ASSERT_EQUAL(fs_read(fs, st.ref, BIG, &byte, 1, &done), 0);
	CU_ASSERT_EQUAL(done, 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void nothing_is_written(void)
{
	struct fs *fs = open_tree();
	const uint16_t name[] = {'n', 'e', 'w'};
	const uint64_t times[FS_TIMES] = {0};
	fs_ref dir = fs_root(fs), file = at(fs, "\\big"), ref;

	CU_ASSERT_FALSE(fs->writable);
	CU_ASSERT_EQUAL(fs_mkdir(fs, dir, name, 3, &ref), HF_EREADONLY);
	CU_ASSERT_EQUAL(fs_create(fs, dir, name, 3, &ref), HF_EREADONLY);
	CU_ASSERT_EQUAL(fs_link(fs, file, dir, name, 3), HF_EREADONLY);
	CU_ASSERT_EQUAL(fs_write(fs, file, 0, "x", 1), HF_EREADONLY);
	CU_ASSERT_EQUAL(fs_unlink(fs, dir, name, 3, file), HF_EREADONLY);
	CU_ASSERT_EQUAL(fs_set_attributes(fs, file, FS_ATTR_HIDDEN, 0), HF_EREADONLY);
	CU_ASSERT_EQUAL(fs_set_times(fs, file, times), HF_EREADONLY);
	CU_ASSERT_EQUAL(fs_sync(fs), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void what_is_no_directory_is_refused(void)
{
	struct fs *fs = NULL;
	char path[256];

	CU_ASSERT_EQUAL(dir_fs_open("/nonexistent", "E", &fs), HF_ENOENT);
	snprintf(path, sizeof(path), "%s/big", root);
	CU_ASSERT(dir_fs_open(path, "E", &fs) < 0);
	CU_ASSERT_EQUAL(dir_fs_mount(path, "vfat", "E", &fs), HF_EUNSUPPORTED);
	CU_ASSERT_EQUAL(dir_fs_mount("/dev/null", "ntfs", "E", &fs), HF_EUNSUPPORTED);
	CU_ASSERT_PTR_NULL(fs);
	CU_ASSERT_TRUE(dir_fs_can_mount("exfat"));
	CU_ASSERT_FALSE(dir_fs_can_mount("ntfs"));
}

void suite_dir_fs(void)
{
	CU_pSuite s =
		CU_add_suite_with_setup_and_teardown("dir_fs", NULL, NULL, make_tree, remove_tree);

	CU_ADD_TEST(s, names_are_listed_and_found);
	CU_ADD_TEST(s, case_decides_between_two);
	CU_ADD_TEST(s, data_and_times_are_read);
	CU_ADD_TEST(s, nothing_is_written);
	CU_ADD_TEST(s, what_is_no_directory_is_refused);
}
