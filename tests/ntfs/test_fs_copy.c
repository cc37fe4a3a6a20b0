// SPDX-License-Identifier: GPL-2.0-or-later
/* volume/: copying metadata, and how fast links are made. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ntfs/image.h"
#include "report/error.h"
#include "unit/suites.h"
#include "volume/ntfs_private.h"

/* clang-format off */
static const uint8_t system_only[] = {
	1, 0, 4, 0x80, 0x14, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0x2c, 0, 0, 0,
	1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0,
	1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0,
	2, 0, 28, 0, 1, 0, 0, 0, 0, 0, 20, 0, 0xff, 1, 31, 0, 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0,
};
static const uint8_t junction[] = {
	3, 0, 0, 0xa0, 20, 0, 0, 0, 0, 0, 6, 0, 8, 0, 2, 0,
	'C', 0, ':', 0, '\\', 0, 0, 0, 'C', 0, 0, 0,
};
/* clang-format on */
static const sle64 old_times[4] = {131000000000000001, 131000000000000123, 132000000000000007,
				   132999999999999999};

static void set_times(struct fs *fs, fs_ref ref, const sle64 times[4])
{
	ntfs_inode *ni;

	CU_ASSERT_EQUAL_FATAL(ntfs_get(ntfs_fs_of(fs), ref, &ni), 0);
	ni->creation_time = times[0];
	ni->last_data_change_time = times[1];
	ni->last_mft_change_time = times[2];
	ni->last_access_time = times[3];
	NInoFileNameSetDirty(ni);
	ntfs_inode_mark_dirty(ni);
	CU_ASSERT_EQUAL(ntfs_put(ntfs_fs_of(fs), ni), 0);
}

static void add_stream(struct fs *fs, fs_ref ref, const char *name, const void *data, size_t len)
{
	uint16_t units[64];
	unsigned n = image_units(name, units);
	ntfs_inode *ni;

	CU_ASSERT_EQUAL_FATAL(ntfs_get(ntfs_fs_of(fs), ref, &ni), 0);
	CU_ASSERT_EQUAL(ntfs_attr_add(ni, AT_DATA, units, (u8)n, (u8 *)data, (s64)len), 0);
	CU_ASSERT_EQUAL(ntfs_put(ntfs_fs_of(fs), ni), 0);
}

static void check_stream(struct fs *fs, fs_ref ref, const char *name, const void *data, size_t len)
{
	uint16_t units[64];
	unsigned n = image_units(name, units);
	uint8_t *back = NULL;
	size_t got = 0;
	ntfs_inode *ni;

	CU_ASSERT_EQUAL_FATAL(ntfs_get(ntfs_fs_of(fs), ref, &ni), 0);
	CU_ASSERT_EQUAL(
		ntfs_attr_value(ntfs_fs_of(fs), ni, AT_DATA, units, n, 1 << 20, &back, &got), 0);
	CU_ASSERT_EQUAL(got, len);
	CU_ASSERT(back && got == len && !memcmp(back, data, len));
	free(back);
	CU_ASSERT_EQUAL(ntfs_put(ntfs_fs_of(fs), ni), 0);
}

static int same_times(void *ctx, const FILE_NAME_ATTR *fn, fs_ref ref)
{
	const sle64 *times = ctx;

	(void)ref;
	if (fn->file_name_length == 2)
		CU_ASSERT(fn->creation_time == times[0] && fn->last_data_change_time == times[1] &&
			  fn->last_mft_change_time == times[2] && fn->last_access_time == times[3]);
	return 0;
}

/* Names of two letters in DIR must have OLD_TIMES in the index. */
static void check_index_times(struct fs *fs, fs_ref dir)
{
	sle64 times[4];
	ntfs_inode *ni;

	memcpy(times, old_times, sizeof(times));
	CU_ASSERT_EQUAL_FATAL(ntfs_get(ntfs_fs_of(fs), dir, &ni), 0);
	CU_ASSERT_EQUAL(ntfs_index_walk(ntfs_fs_of(fs), ni, same_times, times), 0);
	CU_ASSERT_EQUAL(ntfs_put(ntfs_fs_of(fs), ni), 0);
}

/* The four times of RECORD as The Sleuth Kit prints them; "" without it. */
static void times_from_outside(const char *path, fs_ref ref, char *out, size_t size)
{
	char command[400];
	FILE *p;
	size_t n;

	snprintf(command, sizeof(command),
		 "TZ=UTC istat -f ntfs '%s' %llu 2>/dev/null | sed -n '/STANDARD_INFO/,/FILE_NAME/"
		 "{/^Created\\|^File Mod\\|^MFT Mod\\|^Accessed\\|^Flags/p}'",
		 path, (unsigned long long)FS_RECORD(ref));
	p = popen(command, "re");
	n = p ? fread(out, 1, size - 1, p) : 0;
	out[n] = '\0';
	if (p)
		pclose(p);
}

static void copied_file_metadata_is_the_same(void)
{
	static uint8_t big[200000];
	struct fs *fs = image_open(image_make("copy", 48, ""), NTFS_WRITE);
	fs_ref root = fs_root(fs), d = image_mkdir(fs, root, "target"), from, to;
	char path[300], outside[2][1024];
	struct fs_stat a, b;

	snprintf(path, sizeof(path), "%s/copy.img", image_dir());
	memset(big + 150000, 7, 1000);
	from = image_file(fs, root, "source", "text");
	add_stream(fs, from, "small", "stream", 6);
	add_stream(fs, from, "big", big, sizeof(big));
	CU_ASSERT_EQUAL(fs_set_security(fs, from, system_only, sizeof(system_only)), 0);
	CU_ASSERT_EQUAL(fs_set_security(fs, from, system_only, 20), HF_EINVAL);
	CU_ASSERT_EQUAL(
		fs_set_attributes(fs, from, FS_ATTR_HIDDEN | FS_ATTR_READONLY, FS_ATTR_ARCHIVE), 0);
	CU_ASSERT_EQUAL(fs_set_attributes(fs, from, FS_ATTR_REPARSE, 0), HF_EINVAL);
	set_times(fs, from, old_times);
	to = image_file(fs, d, "to", "text");
	CU_ASSERT_EQUAL(fs_copy_metadata(fs, from, to), 0);
	CU_ASSERT_EQUAL(fs_stat(fs, from, &a), 0);
	CU_ASSERT_EQUAL(fs_stat(fs, to, &b), 0);
	CU_ASSERT_EQUAL(a.attributes, FS_ATTR_HIDDEN | FS_ATTR_READONLY);
	CU_ASSERT_EQUAL(b.attributes & ~(uint32_t)FS_ATTR_SPARSE, a.attributes);
	CU_ASSERT_EQUAL(a.security_id, b.security_id);
	CU_ASSERT_NOT_EQUAL(a.security_id, 0);
	CU_ASSERT_EQUAL(memcmp(a.times, b.times, sizeof(a.times)), 0);
	check_stream(fs, to, "small", "stream", 6);
	check_stream(fs, to, "big", big, sizeof(big));
	check_index_times(fs, d);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);

	times_from_outside(path, from, outside[0], sizeof(outside[0]));
	times_from_outside(path, to, outside[1], sizeof(outside[1]));
	if (!strstr(outside[0], "Created") || !strstr(outside[1], "Created")) {
		printf("skipped: no istat ");
		return;
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(outside[0], "2016-02-15 08:53:20.0000001"));
	/* The flags before them differ by "Sparse". */
	CU_ASSERT_STRING_EQUAL(strstr(outside[0], "Created"), strstr(outside[1], "Created"));
}

static void copied_directory_metadata_is_the_same(void)
{
	struct fs *fs = image_open(image_make("copydir", 48, ""), NTFS_WRITE);
	fs_ref root = fs_root(fs), d = image_mkdir(fs, root, "target"), dir, copy, file;
	struct fs_stat st;
	uint8_t *data = NULL;
	ntfs_inode *ni;
	size_t len = 0;

	file = image_file(fs, root, "source", "text");
	dir = image_mkdir(fs, root, "junction");
	CU_ASSERT_EQUAL_FATAL(ntfs_get(ntfs_fs_of(fs), dir, &ni), 0);
	CU_ASSERT_EQUAL(ntfs_set_ntfs_reparse_data(ni, (const char *)junction, sizeof(junction), 0),
			0);
	CU_ASSERT_EQUAL(ntfs_put(ntfs_fs_of(fs), ni), 0);
	set_times(fs, dir, old_times);
	copy = image_mkdir(fs, d, "di");
	CU_ASSERT_EQUAL(image_link(fs, file, copy, "inside"), 0);
	CU_ASSERT_EQUAL(fs_copy_metadata(fs, dir, copy), 0);
	CU_ASSERT_EQUAL(fs_copy_metadata(fs, dir, file), HF_EINVAL);
	CU_ASSERT_EQUAL(fs_copy_metadata(fs, dir, dir), HF_EINVAL);
	CU_ASSERT_EQUAL(fs_stat(fs, copy, &st), 0);
	CU_ASSERT_EQUAL(st.reparse_tag, FS_TAG_MOUNT_POINT);
	CU_ASSERT_EQUAL(fs_reparse(fs, copy, &data, &len), 0);
	CU_ASSERT(len == sizeof(junction) && !memcmp(data, junction, len));
	free(data);
	CU_ASSERT_EQUAL(fs_reparse(fs, file, &data, &len), HF_ENOENT);
	CU_ASSERT_EQUAL(fs_copy_metadata(fs, root, d), 0);
	check_index_times(fs, d);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	/* Takes its entry out of $Reparse. */
	CU_ASSERT_EQUAL(image_unlink(fs, root, "junction", dir), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_tree(struct fs *fs, fs_ref *dirs, fs_ref *files, unsigned dir_count)
{
	char name[64];
	unsigned i;

	for (i = 0; i < dir_count; i++) {
		snprintf(name, sizeof(name), "directory %u", i);
		dirs[i] = image_mkdir(fs, fs_root(fs), name);
	}
	for (i = 0; i < dir_count; i++) {
		snprintf(name, sizeof(name), "source file %u", i);
		files[i] = image_file(fs, fs_root(fs), name, "");
	}
}

/* COUNT links, 100 for each directory, through fs_link() or the bare library. Links a second. */
static double link_rate(const char *name, bool bare)
{
	enum { DIRS = 300, EACH = 100 };
	static fs_ref dirs[DIRS], files[DIRS];
	const char *path = image_make(name, 4096, "");
	struct fs *fs = image_open(path, NTFS_WRITE);
	ntfs_volume *vol = NULL;
	unsigned d, i, failed = 0;
	double start;

	make_tree(fs, dirs, files, DIRS);
	if (bare) {
		CU_ASSERT_EQUAL(fs_close(fs), 0);
		vol = ntfs_mount(path, 0);
		CU_ASSERT_PTR_NOT_NULL_FATAL(vol);
	}
	start = now();
	for (d = 0; d < DIRS; d++) {
		ntfs_inode *dir = bare ? ntfs_inode_open(vol, FS_RECORD(dirs[d])) : NULL;

		for (i = 0; i < EACH; i++) {
			uint16_t units[64];
			char text[64];
			unsigned n;

			snprintf(text, sizeof(text), "document number %u.docx", i);
			n = image_units(text, units);
			if (bare) {
				ntfs_inode *ni =
					ntfs_inode_open(vol, FS_RECORD(files[(i * 3 + d) % DIRS]));
				failed += ntfs_link(ni, dir, units, (u8)n) != 0;
				failed += ntfs_inode_close(ni) != 0;
			} else {
				failed += fs_link(fs, files[(i * 3 + d) % DIRS], dirs[d], units,
						  n) != 0;
			}
		}
		if (dir)
			failed += ntfs_inode_close(dir) != 0;
	}
	start = now() - start;
	CU_ASSERT_EQUAL(failed, 0);
	CU_ASSERT_EQUAL(bare ? ntfs_umount(vol, FALSE) : fs_close(fs), 0);
	return DIRS * EACH / start;
}

static void linking_is_nearly_as_fast_as_the_library(void)
{
	double bare = 0, ours = 0;
	int i;

	/* The better of three each, because other programs run too. */
	for (i = 0; i < 3; i++) {
		double rate = link_rate("ours", false);

		ours = rate > ours ? rate : ours;
		rate = link_rate("bare", true);
		bare = rate > bare ? rate : bare;
	}

	printf("(%.0f links/s, bare ntfs_link %.0f/s, ratio %.2f) ", ours, bare, ours / bare);
	CU_ASSERT(ours > bare * 0.5);
}

#define ADD(test) CU_add_test(suite, #test, test)

void suite_fs_copy(void)
{
	CU_pSuite suite = CU_add_suite("fs_copy", NULL, NULL);

	ADD(copied_file_metadata_is_the_same);
	ADD(copied_directory_metadata_is_the_same);
	ADD(linking_is_nearly_as_fast_as_the_library);
}
