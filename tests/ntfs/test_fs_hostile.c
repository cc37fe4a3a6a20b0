// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * volume/: real volumes compared with an independent listing, damaged ones, and damage made here:
 * opening and walking end in bounded time, without a crash, and change no byte.
 */
#include <CUnit/CUnit.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "ntfs/image.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/suites.h"
#include "volume/ntfs_private.h"

#define TESTDATA "../shared/testdata"

struct walk {
	struct fs *fs;
	fs_ref *dirs;
	char **paths;
	size_t count, dir_cap, path_cap;
	const char *path; /* of the directory being visited */
	unsigned entries, metadata, failed;
	uint64_t bytes;
	/* A listing to be found: lines of "record size path". */
	char *listing;
	unsigned found;
};

static void push(struct walk *w, fs_ref ref, const char *path)
{
	if (array_grow(&w->dirs, w->count, &w->dir_cap) ||
	    array_grow(&w->paths, w->count, &w->path_cap))
		abort();
	w->dirs[w->count] = ref;
	w->paths[w->count++] = strdup(path);
}

static void look_for(struct walk *w, const struct fs_entry *e, const struct fs_stat *st,
		     const char *path)
{
	char line[2048];

	if (!w->listing)
		return;
	if (st->is_dir)
		snprintf(line, sizeof(line), "\nd %llu-144-",
			 (unsigned long long)FS_RECORD(e->ref));
	else
		snprintf(line, sizeof(line), "\nr %llu-128-",
			 (unsigned long long)FS_RECORD(e->ref));
	for (char *at = strstr(w->listing, line); at; at = strstr(at + 1, line)) {
		char *end = strchr(at + 1, '\n');
		unsigned long long size = 0;
		int name = 0;

		if (!end)
			break;
		*end = '\0';
		if (sscanf(at + 1, "%*c %*s %llu %*s %n", &size, &name) < 1 || !name)
			sscanf(at + 1, "%*c %*s - - %n", &name);
		if (name && !strcmp(at + 1 + name, path)) {
			w->found += !strchr(path, ':');
			if (!st->is_dir)
				CU_ASSERT_EQUAL(size, st->size);
		}
		*end = '\n';
	}
}

static int walk_entry(void *ctx, const struct fs_entry *e)
{
	static uint8_t buf[65536];
	struct walk *w = ctx;
	char name[NAME_WTF8_MAX], path[8192];
	uint8_t *reparse = NULL;
	struct fs_stat st;
	size_t done, len;

	w->entries++;
	w->metadata += e->is_metadata;
	text_from_utf16(e->name, e->name_len, name, sizeof(name));
	snprintf(path, sizeof(path), "%s%s%s", w->path, *w->path ? "/" : "", name);
	if (fs_stat(w->fs, e->ref, &st)) {
		w->failed++;
		return 0;
	}
	look_for(w, e, &st, path);
	if (!fs_reparse(w->fs, e->ref, &reparse, &len))
		free(reparse);
	if (st.is_dir && !e->is_metadata && w->count < 100000 && strlen(path) < 4000)
		push(w, e->ref, path);
	/* The start and the end of the data; damaged sizes may be anything. */
	if (!st.is_dir && !fs_read(w->fs, e->ref, 0, buf, sizeof(buf), &done))
		w->bytes += done;
	if (!st.is_dir && st.size > sizeof(buf) &&
	    !fs_read(w->fs, e->ref, st.size - 100, buf, sizeof(buf), &done))
		w->bytes += done;
	return 0;
}

static int ignore_name(void *ctx, fs_ref parent, const uint16_t *name, unsigned len)
{
	(void)ctx;
	(void)parent;
	(void)name;
	(void)len;
	return 0;
}

static void walk_all(struct walk *w)
{
	struct str path = {0};
	struct fs_space space;
	size_t i;

	push(w, fs_root(w->fs), "");
	for (i = 0; i < w->count; i++) {
		w->path = w->paths[i];
		w->failed += fs_readdir(w->fs, w->dirs[i], walk_entry, w) != 0;
		fs_names(w->fs, w->dirs[i], ignore_name, NULL);
		if (!fs_path_of(w->fs, w->dirs[i], &path))
			str_truncate(&path, 0);
	}
	fs_space(w->fs, &space);
	str_free(&path);
	for (i = 0; i < w->count; i++)
		free(w->paths[i]);
	free(w->dirs);
	free(w->paths);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Looks at the volume PATH in every way; nothing may change. True when it could be opened. */
static bool survive(const char *path, struct walk *w)
{
	uint64_t before = image_hash(path);
	enum ntfs_health health;
	double start = seconds();
	bool opened;

	ntfs_health(path, 0, 0, &health);
	w->fs = image_open(path, NTFS_LOOK);
	opened = w->fs;
	CU_ASSERT(opened || health == NTFS_UNREADABLE);
	if (opened) {
		walk_all(w);
		CU_ASSERT_EQUAL(fs_close(w->fs), 0);
	}
	CU_ASSERT(seconds() - start < 60);
	CU_ASSERT_EQUAL(image_hash(path), before);
	return opened;
}

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 1 << 20);

	if (f && !fread(text, 1, (1 << 20) - 1, f))
		*text = '\0';
	if (f)
		fclose(f);
	return text;
}

/* Lines without a colon in the path: unnamed streams, which look_for() must have found. */
static unsigned expected_lines(const char *listing)
{
	unsigned n = 0;

	for (const char *at = listing; (at = strchr(at, '\n')); at++) {
		const char *end = strchr(at + 1, '\n');
		const char *path = at + 1;
		int i;

		for (i = 0; path && i < 4; i++) {
			path = strchr(path, ' ');
			path = path ? path + 1 : NULL;
		}
		if (!path || (at[1] != 'd' && at[1] != 'r'))
			continue;
		n += !memchr(path, ':', end ? (size_t)(end - path) : strlen(path));
	}
	return n;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), s = strlen(suffix);

	return n > s && !strcmp(name + n - s, suffix);
}

static void real_volumes_agree_with_the_sleuth_kit(void)
{
	DIR *d = opendir(TESTDATA "/ntfs");
	struct dirent *e;

	if (!d) {
		printf("skipped: no testdata ");
		return;
	}
	while ((e = readdir(d))) {
		char command[1024], path[512], list[512];
		struct walk w = {0};

		if (!has_suffix(e->d_name, ".raw.xz"))
			continue;
		snprintf(path, sizeof(path), "%s/real.img", image_dir());
		snprintf(command, sizeof(command), "xz -dc '" TESTDATA "/ntfs/%s' > '%s'",
			 e->d_name, path);
		CU_ASSERT_EQUAL_FATAL(system(command), 0);
		snprintf(list, sizeof(list), TESTDATA "/ntfs/%.*s.tsk.txt",
			 (int)(strlen(e->d_name) - 7), e->d_name);
		w.listing = slurp(list);
		CU_ASSERT(survive(path, &w));
		printf("\n    %s: %u entries, %u failed, found %u of %u ", e->d_name, w.entries,
		       w.failed, w.found, expected_lines(w.listing));
		CU_ASSERT_EQUAL(w.failed, 0);
		CU_ASSERT_EQUAL(w.found, expected_lines(w.listing));
		free(w.listing);
	}
	closedir(d);
}

static void damaged_volumes_are_survived(void)
{
	DIR *d = opendir(TESTDATA "/ntfs-corrupted");
	unsigned count = 0, opened = 0;
	struct dirent *e;

	if (!d) {
		printf("skipped: no testdata ");
		return;
	}
	while ((e = readdir(d))) {
		char command[1024], path[128];
		struct walk w = {0};

		if (!has_suffix(e->d_name, ".tar.xz"))
			continue;
		snprintf(path, sizeof(path), "%s/damaged", image_dir());
		snprintf(command, sizeof(command),
			 "rm -rf '%s' && mkdir '%s' && tar -xJf '" TESTDATA
			 "/ntfs-corrupted/%s' --no-same-owner -C '%s' && cd '%s' && mv *.img v",
			 path, path, e->d_name, path, path);
		CU_ASSERT_EQUAL_FATAL(system(command), 0);
		strcat(path, "/v");
		count++;
		opened += survive(path, &w);
		unlink(path);
	}
	closedir(d);
	printf("(%u of %u could be opened) ", opened, count);
	CU_ASSERT(count > 0);
}

/* A volume with a bit of everything, for breaking. */
static const char *varied_volume(void)
{
	const char *path = image_make("varied", 8, "-c 1024");
	struct fs *fs = image_open(path, NTFS_WRITE);
	fs_ref d, f;
	char name[64];
	unsigned i;

	CU_ASSERT_EQUAL(fs_make_path(fs, "\\a\\b\\c\\d", &d), 0);
	f = image_file(fs, d, "file", "some text that is resident");
	for (i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "name number %u of a file with several names", i);
		CU_ASSERT_EQUAL(image_link(fs, f, d, name), 0);
		snprintf(name, sizeof(name), "small %u", i);
		if (i % 10 == 0)
			CU_ASSERT_NOT_EQUAL(image_file(fs, d, name, name), 0);
	}
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	return path;
}

/* The same "random" numbers in every run. */
static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void random_damage_is_survived(void)
{
	enum { ROUNDS = 150 };
	static uint8_t good[8 << 20];
	char path[512];
	uint32_t state = 20220314;
	int round, i, fd = open(varied_volume(), O_RDONLY | O_CLOEXEC);
	unsigned opened = 0;

	CU_ASSERT_EQUAL_FATAL(read(fd, good, sizeof(good)), (ssize_t)sizeof(good));
	close(fd);
	snprintf(path, sizeof(path), "%s/broken.img", image_dir());
	for (round = 0; round < ROUNDS; round++) {
		struct walk w = {0};

		fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
		CU_ASSERT_EQUAL(write(fd, good, sizeof(good)), (ssize_t)sizeof(good));
		for (i = 0; i < 40; i++) {
			/* Only where something is: damage in empty space proves nothing. */
			size_t at;
			uint8_t byte = (uint8_t)next_random(&state);

			do
				at = (size_t)(next_random(&state)) % sizeof(good);
			while (!good[at]);
			if (i % 2)
				byte = i % 4 == 1 ? 0xff : (uint8_t)(good[at] ^ 1);
			CU_ASSERT_EQUAL(pwrite(fd, &byte, 1, (off_t)at), 1);
		}
		close(fd);
		opened += survive(path, &w);
	}
	printf("(%u of %d could be opened) ", opened, ROUNDS);
}

/* Makes the first index block of DIR point to itself. */
static void index_circle_ends(void)
{
	struct fs *fs = image_open(image_make("circle", 16, ""), NTFS_WRITE);
	fs_ref d = image_mkdir(fs, fs_root(fs), "d"), f = image_file(fs, d, "f", ""), found;
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	unsigned i, count = 0;
	INDEX_ENTRY *e;
	INDEX_BLOCK *ib = malloc(4096);
	char name[64];
	ntfs_inode *ni;
	ntfs_attr *na;

	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "an entry of a large directory, number %u", i);
		CU_ASSERT_EQUAL(image_link(fs, f, d, name), 0);
	}
	CU_ASSERT_EQUAL(fs_sync(fs), 0);
	CU_ASSERT_EQUAL_FATAL(ntfs_get(nfs, d, &ni), 0);
	na = ntfs_attr_open(ni, AT_INDEX_ALLOCATION, NTFS_INDEX_I30, 4);
	/* Every block whose end entry has room becomes a node that leads to block 0. */
	for (i = 0; i < (unsigned)(na->data_size / 4096); i++) {
		VCN zero = 0;

		if (ntfs_attr_mst_pread(na, i * 4096, 1, 4096, ib) != 1)
			continue;
		e = (INDEX_ENTRY *)((u8 *)&ib->index + le32_to_cpu(ib->index.entries_offset));
		while (!(e->ie_flags & INDEX_ENTRY_END))
			e = (INDEX_ENTRY *)((u8 *)e + le16_to_cpu(e->length));
		if (e->ie_flags & INDEX_ENTRY_NODE)
			continue;
		e->ie_flags |= INDEX_ENTRY_NODE;
		e->length = const_cpu_to_le16(24);
		memcpy((u8 *)e + 16, &zero, 8);
		ib->index.ih_flags |= INDEX_NODE;
		ib->index.index_length = cpu_to_le32(le32_to_cpu(ib->index.index_length) + 8);
		CU_ASSERT_EQUAL(ntfs_attr_mst_pwrite(na, i * 4096, 1, 4096, ib), 1);
	}
	ntfs_attr_close(na);
	free(ib);
	CU_ASSERT_EQUAL(ntfs_put(nfs, ni), 0);
	CU_ASSERT_EQUAL(fs_readdir(fs, d, walk_entry, &count), HF_ECORRUPT);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "circle"));
	CU_ASSERT_EQUAL(fs_lookup_text(fs, d, "zzz", 3, &found), HF_ECORRUPT);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static int count_only(void *ctx, const struct fs_entry *entry)
{
	(void)entry;
	(*(unsigned *)ctx)++;
	return 0;
}

static void walking_is_fast(void)
{
	enum { DIRS = 1000, EACH = 100 };
	static fs_ref dirs[DIRS];
	struct fs *fs = image_open(image_make("walk", 200, ""), NTFS_WRITE);
	fs_ref file = 0;
	unsigned i, k, count = 0;
	char name[64];
	double start;

	for (i = 0; i < DIRS; i++) {
		snprintf(name, sizeof(name), "directory %u", i);
		dirs[i] = image_mkdir(fs, fs_root(fs), name);
		snprintf(name, sizeof(name), "file %u", i);
		if (i % 2 == 0)
			file = image_file(fs, fs_root(fs), name, "");
		for (k = 0; k < EACH / 2; k++) {
			snprintf(name, sizeof(name), "name %u of a file.txt", k);
			CU_ASSERT_EQUAL(image_link(fs, file, dirs[i], name), 0);
		}
	}
	CU_ASSERT_EQUAL(fs_sync(fs), 0);
	start = seconds();
	for (i = 0; i < DIRS; i++)
		CU_ASSERT_EQUAL(fs_readdir(fs, dirs[i], count_only, &count), 0);
	start = seconds() - start;
	CU_ASSERT_EQUAL(count, DIRS * EACH / 2);
	printf("(%u entries in %d directories: %.3f s) ", count, DIRS, start);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

#define ADD(test) CU_add_test(suite, #test, test)

void suite_fs_hostile(void)
{
	CU_pSuite suite = CU_add_suite("fs_hostile", NULL, NULL);

	ADD(real_volumes_agree_with_the_sleuth_kit);
	ADD(damaged_volumes_are_survived);
	ADD(random_damage_is_survived);
	ADD(index_circle_ends);
	ADD(walking_is_fast);
}
