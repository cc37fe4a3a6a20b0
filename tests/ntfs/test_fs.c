// SPDX-License-Identifier: GPL-2.0-or-later
/* volume/: NTFS in process, on image files made with mkntfs. */
#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "ntfs/image.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/suites.h"
#include "volume/ntfs_private.h"

static struct fs *fresh(const char *name)
{
	struct fs *fs = image_open(image_make(name, 48, ""), NTFS_WRITE);

	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	return fs;
}

static void new_files_are_found_and_read(void)
{
	struct fs *fs = fresh("basic");
	fs_ref dir = 0, file, found = 0;
	void *data = NULL;
	size_t len = 0;
	struct str path = {0};
	struct fs_space before, after;

	CU_ASSERT_EQUAL(fs_space(fs, &before), 0);
	CU_ASSERT_EQUAL(fs_make_path(fs, "C:\\Users\\Ann\\Documents", &dir), 0);
	file = image_file(fs, dir, "Letter.txt", "dear all");
	CU_ASSERT_EQUAL(fs_resolve(fs, "\\users\\ANN\\documents\\letter.TXT", &found), 0);
	CU_ASSERT_EQUAL(found, file);
	CU_ASSERT_EQUAL(fs_resolve(fs, "C:\\Users\\Nobody", &found), HF_ENOENT);
	CU_ASSERT_EQUAL(fs_resolve(fs, "C:\\Users\\Ann\\Documents\\Letter.txt\\x", &found),
			HF_ENOENT);
	CU_ASSERT_EQUAL(fs_read_file(fs, file, 100, &data, &len), 0);
	CU_ASSERT_EQUAL(len, 8);
	CU_ASSERT_NSTRING_EQUAL(data, "dear all", 8);
	free(data);
	CU_ASSERT_EQUAL(fs_read_file(fs, file, 7, &data, &len), HF_ELIMIT);
	CU_ASSERT_EQUAL(fs_path_of(fs, file, &path), 0);
	CU_ASSERT_STRING_EQUAL(path.data, "\\Users\\Ann\\Documents\\Letter.txt");
	str_free(&path);
	CU_ASSERT_EQUAL(image_file(fs, dir, "LETTER.txt", ""), 0);
	CU_ASSERT_EQUAL(fs_space(fs, &after), 0);
	CU_ASSERT_EQUAL(before.total, after.total);
	CU_ASSERT(after.free <= before.free);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void large_data_is_read_back(void)
{
	enum { SIZE = 3000001 };
	struct fs *fs = fresh("data");
	uint8_t *data = malloc(SIZE), *back = malloc(SIZE);
	uint16_t name[] = {'d'};
	size_t i, done = 0;
	fs_ref file;
	struct fs_stat st;

	for (i = 0; i < SIZE; i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	CU_ASSERT_EQUAL(fs_create(fs, fs_root(fs), name, 1, &file), 0);
	for (i = 0; i < SIZE; i += 100000)
		CU_ASSERT_EQUAL(
			fs_write(fs, file, i, data + i, i + 100000 < SIZE ? 100000 : SIZE - i), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	fs = image_open(image_make("other", 8, ""), NTFS_LOOK);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	char path[256];
	snprintf(path, sizeof(path), "%s/data.img", image_dir());
	fs = image_open(path, NTFS_LOOK);
	CU_ASSERT_EQUAL(fs_read(fs, file, 0, back, SIZE, &done), 0);
	CU_ASSERT_EQUAL(done, SIZE);
	CU_ASSERT_EQUAL(memcmp(data, back, SIZE), 0);
	CU_ASSERT_EQUAL(fs_read(fs, file, SIZE - 5, back, 100, &done), 0);
	CU_ASSERT_EQUAL(done, 5);
	CU_ASSERT_EQUAL(fs_stat(fs, file, &st), 0);
	CU_ASSERT_EQUAL(st.size, SIZE);
	CU_ASSERT(st.allocated >= SIZE);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	free(data);
	free(back);
}

static void lookup_prefers_the_exact_case(void)
{
	struct fs *fs = fresh("case");
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	const char *names[] = {"readme", "README", "ReadMe"};
	fs_ref refs[3], found;
	ntfs_inode *dir, *ni;
	size_t i;

	/* Only the library itself makes names that differ in case alone. */
	CU_ASSERT_EQUAL_FATAL(ntfs_begin_write(nfs), 0);
	for (i = 0; i < 3; i++) {
		uint16_t units[16];
		unsigned n = image_units(names[i], units);

		CU_ASSERT_EQUAL_FATAL(ntfs_get(nfs, fs_root(fs), &dir), 0);
		ni = ntfs_create(dir, dir->security_id, units, (u8)n, S_IFREG);
		CU_ASSERT_PTR_NOT_NULL_FATAL(ni);
		refs[i] = ntfs_ref_of(ni);
		ntfs_inode_close(dir);
		ntfs_inode_close(ni);
	}
	for (i = 0; i < 3; i++)
		CU_ASSERT(image_has(fs, fs_root(fs), names[i], refs[i]));
	CU_ASSERT_EQUAL(fs_lookup_text(fs, fs_root(fs), "rEADmE", 6, &found), 0);
	CU_ASSERT(found == refs[0] || found == refs[1] || found == refs[2]);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void links_share_the_file(void)
{
	struct fs *fs = fresh("links");
	fs_ref root = fs_root(fs), a = image_mkdir(fs, root, "a"), b = image_mkdir(fs, root, "b");
	fs_ref file = image_file(fs, a, "one", "data"), other = image_file(fs, a, "other", "x");
	struct fs_stat st, before;

	CU_ASSERT_EQUAL(fs_stat(fs, file, &before), 0);
	CU_ASSERT_EQUAL(image_link(fs, file, b, "two"), 0);
	CU_ASSERT_EQUAL(image_link(fs, other, b, "three"), 0);
	CU_ASSERT_EQUAL(image_link(fs, other, b, "two"), HF_EEXIST);
	CU_ASSERT_EQUAL(image_link(fs, other, b, "TWO"), 0);
	CU_ASSERT_EQUAL(image_link(fs, file, a, "four"), 0);
	CU_ASSERT_EQUAL(image_link(fs, file, a, "one"), HF_EEXIST);
	CU_ASSERT_EQUAL(image_link(fs, a, b, "dir"), HF_EREFUSED);
	CU_ASSERT_EQUAL(image_link(fs, FILE_Boot | (fs_ref)FILE_Boot << 48, b, "boot"),
			HF_EREFUSED);
	CU_ASSERT_EQUAL(image_link(fs, file + (UINT64_C(1) << 48), b, "stale"), HF_ENOENT);
	CU_ASSERT_EQUAL(image_link(fs, file, file, "x"), HF_EINVAL);
	CU_ASSERT_EQUAL(image_link(fs, file, b, ".."), HF_EINVAL);
	CU_ASSERT(image_has(fs, b, "two", file));
	CU_ASSERT(image_has(fs, b, "TWO", other));
	CU_ASSERT_EQUAL(fs_stat(fs, file, &st), 0);
	CU_ASSERT_EQUAL(st.names, 3);
	CU_ASSERT_EQUAL(memcmp(st.times, before.times, sizeof(st.times)), 0);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void kept_directory_does_not_lose_changes(void)
{
	struct fs *fs = fresh("kept");
	fs_ref root = fs_root(fs), d = image_mkdir(fs, root, "d"), sub, file;
	char name[64];
	unsigned i, entries;

	file = image_file(fs, root, "f", "some data");
	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "a rather long name for a link, number %u", i);
		CU_ASSERT_EQUAL(image_link(fs, file, d, name), 0);
		snprintf(name, sizeof(name), "file %u", i);
		if (i % 3 == 0)
			CU_ASSERT_NOT_EQUAL(image_file(fs, d, name, name), 0);
		if (i % 5 == 0) {
			snprintf(name, sizeof(name), "sub %u", i);
			sub = image_mkdir(fs, d, name);
			CU_ASSERT_EQUAL(image_link(fs, file, sub, "x"), 0);
			CU_ASSERT_EQUAL(fs_copy_metadata(fs, root, sub), 0);
		}
		if (i % 7 == 0)
			CU_ASSERT_EQUAL(fs_write(fs, file, i * 10, "0123456789", 10), 0);
		if (i % 11 == 0)
			CU_ASSERT_EQUAL(fs_set_attributes(fs, d, FS_ATTR_HIDDEN, 0), 0);
	}
	CU_ASSERT_EQUAL(image_disagreements(fs, &entries), 0);
	CU_ASSERT_EQUAL(entries, 300 + 100 + 60 * 2 + 2);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void names_stop_before_the_limit_of_windows(void)
{
	struct fs *fs = fresh("limit");
	fs_ref root = fs_root(fs), d = image_mkdir(fs, root, "d");
	fs_ref file = image_file(fs, root, "f", "");
	unsigned i, errors;
	struct fs_stat st;
	char name[32];

	for (i = 1; i < 1023; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		CU_ASSERT_EQUAL_FATAL(image_link(fs, file, d, name), 0);
	}
	errors = log_error_count();
	CU_ASSERT_EQUAL(image_link(fs, file, d, "one more"), HF_ELIMIT);
	CU_ASSERT_EQUAL(log_error_count(), errors);
	CU_ASSERT_EQUAL(fs_stat(fs, file, &st), 0);
	CU_ASSERT_EQUAL(st.names, 1023);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void odd_names_go_through(void)
{
	static const uint16_t lone[] = {'x', 0xd800, 'y'}, emoji[] = {0xd83d, 0xde00};
	uint16_t long_name[255];
	struct fs *fs = fresh("odd");
	fs_ref root = fs_root(fs), d = image_mkdir(fs, root, "d"),
	       f = image_file(fs, root, "f", "");
	fs_ref found;
	unsigned i;

	for (i = 0; i < 255; i++)
		long_name[i] = (uint16_t)(0x4e00 + i);
	CU_ASSERT_EQUAL(fs_link(fs, f, d, lone, 3), 0);
	CU_ASSERT_EQUAL(fs_link(fs, f, d, emoji, 2), 0);
	CU_ASSERT_EQUAL(fs_link(fs, f, d, long_name, 255), 0);
	CU_ASSERT_EQUAL(fs_lookup(fs, d, lone, 3, &found), 0);
	CU_ASSERT_EQUAL(fs_lookup_text(fs, d, "x\xed\xa0\x80y", 5, &found), 0);
	CU_ASSERT_EQUAL(found, f);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void unlink_takes_only_what_is_named(void)
{
	struct fs *fs = fresh("unlink");
	fs_ref root = fs_root(fs), a = image_mkdir(fs, root, "a"), b = image_mkdir(fs, root, "b");
	fs_ref file = image_file(fs, a, "one", "data"), other = image_file(fs, b, "one", "x");
	struct fs_stat st, before;
	struct fs_space space[2];
	void *data;
	size_t len;

	CU_ASSERT_EQUAL(image_link(fs, file, b, "two"), 0);
	CU_ASSERT_EQUAL(fs_set_attributes(fs, file, FS_ATTR_READONLY, 0), 0);
	CU_ASSERT_EQUAL(fs_stat(fs, file, &before), 0);
	CU_ASSERT_EQUAL(image_unlink(fs, a, "one", other), HF_EREFUSED);
	CU_ASSERT_EQUAL(image_unlink(fs, a, "none", file), HF_ENOENT);
	CU_ASSERT_EQUAL(image_unlink(fs, root, "a", a), HF_EREFUSED);
	CU_ASSERT_EQUAL(image_unlink(fs, a, "one", file), 0);
	CU_ASSERT_EQUAL(fs_stat(fs, file, &st), 0);
	CU_ASSERT_EQUAL(st.names, 1);
	CU_ASSERT_EQUAL(memcmp(st.times, before.times, sizeof(st.times)), 0);
	CU_ASSERT_EQUAL(st.attributes, before.attributes);
	CU_ASSERT_EQUAL(fs_read_file(fs, file, 100, &data, &len), 0);
	CU_ASSERT_NSTRING_EQUAL(data, "data", 4);
	free(data);
	CU_ASSERT_EQUAL(image_unlink(fs, b, "TWO", file), 0);
	CU_ASSERT_EQUAL(fs_stat(fs, file, &st), HF_ENOENT);
	CU_ASSERT_EQUAL(image_unlink(fs, root, "a", a), 0);
	CU_ASSERT(image_has(fs, b, "one", other));
	CU_ASSERT_EQUAL(image_unlink(fs, root, "$MFT", FILE_MFT | UINT64_C(1) << 48), HF_EREFUSED);
	CU_ASSERT_EQUAL(fs_space(fs, &space[0]), 0);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

/* Gives REF in DIR the Win32 name LONG_NAME and the DOS name SHORT_NAME, as Windows does. */
static void give_dos_name(struct fs *fs, fs_ref ref, fs_ref dir, const char *short_name)
{
	ntfs_inode *ni, *dir_ni;

	CU_ASSERT_EQUAL_FATAL(ntfs_drop_kept(ntfs_fs_of(fs)), 0);
	CU_ASSERT_EQUAL_FATAL(ntfs_get(ntfs_fs_of(fs), ref, &ni), 0);
	CU_ASSERT_EQUAL_FATAL(ntfs_get(ntfs_fs_of(fs), dir, &dir_ni), 0);
	/* Closes both. */
	CU_ASSERT_EQUAL(ntfs_set_ntfs_dos_name(ni, dir_ni, short_name, strlen(short_name), 0), 0);
}

static int count_entry(void *ctx, const struct fs_entry *entry)
{
	*(unsigned *)ctx += !entry->is_metadata;
	return 0;
}

static void dos_names_go_with_their_long_names(void)
{
	struct fs *fs = fresh("dos");
	fs_ref root = fs_root(fs), a = image_mkdir(fs, root, "a"), b = image_mkdir(fs, root, "b");
	fs_ref file = image_file(fs, a, "long file name.txt", "data"), found;
	fs_ref dir = image_mkdir(fs, a, "long directory name");
	fs_ref second = image_file(fs, a, "second long file name.txt", "data");
	unsigned count = 0;
	struct fs_stat st;

	give_dos_name(fs, file, a, "LONGFI~1.TXT");
	give_dos_name(fs, dir, a, "LONGDI~1");
	give_dos_name(fs, second, a, "SECOND~1.TXT");
	CU_ASSERT(image_has(fs, a, "longfi~1.txt", file));
	CU_ASSERT_EQUAL(fs_readdir(fs, a, count_entry, &count), 0);
	CU_ASSERT_EQUAL(count, 3);
	CU_ASSERT_EQUAL(image_link(fs, file, b, "link"), 0);
	CU_ASSERT_EQUAL(fs_stat(fs, file, &st), 0);
	CU_ASSERT_EQUAL(st.names, 2);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	/* The other name first: the DOS name in A must stay. */
	CU_ASSERT_EQUAL(image_unlink(fs, b, "link", file), 0);
	CU_ASSERT(image_has(fs, a, "LONGFI~1.TXT", file));
	CU_ASSERT_EQUAL(image_link(fs, file, b, "link"), 0);
	CU_ASSERT_EQUAL(image_unlink(fs, a, "long file name.txt", file), 0);
	CU_ASSERT_EQUAL(fs_lookup_text(fs, a, "LONGFI~1.TXT", 12, &found), HF_ENOENT);
	CU_ASSERT(image_has(fs, b, "link", file));
	CU_ASSERT_EQUAL(fs_stat(fs, file, &st), 0);
	CU_ASSERT_EQUAL(st.names, 1);
	CU_ASSERT_EQUAL(image_unlink(fs, a, "long directory name", dir), 0);
	CU_ASSERT_EQUAL(image_unlink(fs, a, "second long file name.txt", second), 0);
	count = 0;
	CU_ASSERT_EQUAL(fs_readdir(fs, a, count_entry, &count), 0);
	CU_ASSERT_EQUAL(count, 0);
	CU_ASSERT_EQUAL(fs_lookup_text(fs, a, "LONGDI~1", 8, &found), HF_ENOENT);
	CU_ASSERT_EQUAL(image_unlink(fs, root, "a", a), 0);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void long_name_without_dos_twin_can_be_deleted(void)
{
	struct fs *fs = fresh("lone");
	fs_ref root = fs_root(fs), file = image_file(fs, root, "a long name.txt", "data");
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	ntfs_attr_search_ctx *actx;
	ntfs_inode *ni;

	CU_ASSERT_EQUAL_FATAL(ntfs_get(nfs, file, &ni), 0);
	actx = ntfs_attr_get_search_ctx(ni, NULL);
	CU_ASSERT_EQUAL_FATAL(ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, 0, 0, NULL, 0, actx),
			      0);
	ntfs_file_name(actx)->file_name_type = FILE_NAME_WIN32;
	ntfs_inode_mark_dirty(ni);
	ntfs_attr_put_search_ctx(actx);
	CU_ASSERT_EQUAL(ntfs_put(nfs, ni), 0);
	CU_ASSERT_EQUAL(image_unlink(fs, root, "a long name.txt", file), 0);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void wrong_link_count_is_not_believed(void)
{
	struct fs *fs = fresh("count");
	fs_ref root = fs_root(fs), file = image_file(fs, root, "one", "data");
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	ntfs_inode *ni;

	CU_ASSERT_EQUAL(image_link(fs, file, root, "two"), 0);
	CU_ASSERT_EQUAL(fs_sync(fs), 0);
	CU_ASSERT_EQUAL_FATAL(ntfs_get(nfs, file, &ni), 0);
	ni->mrec->link_count = const_cpu_to_le16(1);
	ntfs_inode_mark_dirty(ni);
	CU_ASSERT_EQUAL(ntfs_put(nfs, ni), 0);
	CU_ASSERT_EQUAL(image_unlink(fs, root, "one", file), HF_ECORRUPT);
	CU_ASSERT(image_has(fs, root, "two", file));
	CU_ASSERT(image_has(fs, root, "one", file));
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void directory_emptied_by_windows_can_be_deleted(void)
{
	struct fs *fs = fresh("emptied");
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	fs_ref root = fs_root(fs), d = image_mkdir(fs, root, "d"),
	       f = image_file(fs, root, "f", "");
	char name[64];
	unsigned i;
	ntfs_inode *ni;
	ntfs_attr *na;
	INDEX_BLOCK *ib;

	/* Enough for one block below the root; then the block loses its entries as in Windows. */
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "a name of some length, number %u", i);
		CU_ASSERT_EQUAL(image_link(fs, f, d, name), 0);
	}
	CU_ASSERT_EQUAL(image_unlink(fs, root, "d", d), HF_EREFUSED);
	CU_ASSERT_EQUAL_FATAL(ntfs_get(nfs, d, &ni), 0);
	na = ntfs_attr_open(ni, AT_INDEX_ALLOCATION, NTFS_INDEX_I30, 4);
	CU_ASSERT_PTR_NOT_NULL_FATAL(na);
	ib = malloc(4096);
	CU_ASSERT_EQUAL(ntfs_attr_mst_pread(na, 0, 1, 4096, ib), 1);
	u8 *first = (u8 *)&ib->index + le32_to_cpu(ib->index.entries_offset);
	memset(first, 0, sizeof(INDEX_ENTRY_HEADER));
	((INDEX_ENTRY *)first)->length = const_cpu_to_le16(sizeof(INDEX_ENTRY_HEADER));
	((INDEX_ENTRY *)first)->ie_flags = INDEX_ENTRY_END;
	ib->index.index_length = cpu_to_le32(le32_to_cpu(ib->index.entries_offset) +
					     (u32)sizeof(INDEX_ENTRY_HEADER));
	CU_ASSERT_EQUAL(ntfs_attr_mst_pwrite(na, 0, 1, 4096, ib), 1);
	ntfs_attr_close(na);
	free(ib);
	CU_ASSERT_EQUAL(ntfs_put(nfs, ni), 0);
	CU_ASSERT_EQUAL(image_unlink(fs, root, "d", d), 0);
	CU_ASSERT_EQUAL(fs_lookup_text(fs, root, "d", 1, &d), HF_ENOENT);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

#define ADD(test) CU_add_test(suite, #test, test)

void suite_fs(void)
{
	CU_pSuite suite = CU_add_suite("fs", NULL, NULL);

	ADD(new_files_are_found_and_read);
	ADD(large_data_is_read_back);
	ADD(lookup_prefers_the_exact_case);
	ADD(links_share_the_file);
	ADD(kept_directory_does_not_lose_changes);
	ADD(names_stop_before_the_limit_of_windows);
	ADD(odd_names_go_through);
	ADD(unlink_takes_only_what_is_named);
	ADD(dos_names_go_with_their_long_names);
	ADD(long_name_without_dos_twin_can_be_deleted);
	ADD(wrong_link_count_is_not_believed);
	ADD(directory_emptied_by_windows_can_be_deleted);
}
