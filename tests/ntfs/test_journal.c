// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal under power cuts. A volume in memory records what is written and when it is flushed;
 * cut at any flush, every sector written since the one before may or may not have arrived. What is
 * then opened again must be whole by the health check, which knows nothing of libntfs-3g or the
 * journal, and hold all that was there before.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntfs/image.h"
#include "ntfs/memory.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/suites.h"
#include "volume/block.h"
#include "volume/check.h"
#include "volume/journal.h"
#include "volume/journal_private.h"

#define MIB  16u
#define CUTS 400u

static struct fs *open_memory(uint8_t *data, size_t size, enum ntfs_mode mode, struct trace *trace)
{
	struct fs *fs = NULL;
	int rc = ntfs_open_block(memory_block(data, size, mode == NTFS_WRITE, trace), "Q:", mode,
				 &fs);

	return rc ? NULL : fs;
}

/* What was there before anything: 40 files in \old. */
static uint8_t *sample(size_t size)
{
	const char *path = image_make("journal", MIB, "");
	struct fs *fs = image_open(path, NTFS_WRITE);
	fs_ref old = image_mkdir(fs, fs_root(fs), "old");

	for (unsigned i = 0; i < 40; i++) {
		char name[32];

		snprintf(name, sizeof(name), "file %u", i);
		CU_ASSERT_NOT_EQUAL_FATAL(image_file(fs, old, name, name), 0);
	}
	CU_ASSERT_EQUAL_FATAL(fs_close(fs), 0);
	return memory_image(path, size);
}

/* Work like a capture's and a wipe's: folders, links, a large file, deletions. */
static void work(struct fs *fs)
{
	fs_ref old, made, file;
	uint8_t *big = calloc(1, 300000);
	char name[64];

	CU_ASSERT_EQUAL_FATAL(fs_lookup_text(fs, fs_root(fs), "old", 3, &old), 0);
	made = image_mkdir(fs, fs_root(fs), "made");
	for (unsigned i = 0; i < 160; i++) {
		snprintf(name, sizeof(name), "file %u", i % 40);
		CU_ASSERT_EQUAL_FATAL(fs_lookup_text(fs, old, name, strlen(name), &file), 0);
		snprintf(name, sizeof(name), "link number %u of a file", i);
		CU_ASSERT_EQUAL(image_link(fs, file, made, name), 0);
		if (i % 20)
			continue;
		snprintf(name, sizeof(name), "folder %u", i);
		CU_ASSERT_NOT_EQUAL(image_mkdir(fs, made, name), 0);
	}
	memset(big, 'x', 300000);
	CU_ASSERT_EQUAL(fs_write_file(fs, made, "big", big, 300000, &file), 0);
	free(big);
	for (unsigned i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "link number %u of a file", i);
		CU_ASSERT_EQUAL_FATAL(fs_lookup_text(fs, made, name, strlen(name), &file), 0);
		CU_ASSERT_EQUAL(image_unlink(fs, made, name, file), 0);
	}
}

static void record(const uint8_t *before, size_t size, struct trace *trace)
{
	uint8_t *data = malloc(size);
	struct fs *fs;

	memcpy(data, before, size);
	fs = open_memory(data, size, NTFS_WRITE, trace);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	work(fs);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	free(data);
}

struct findings {
	unsigned bad;
	char first[200];
};

static void found(void *ctx, const struct check_finding *f)
{
	struct findings *all = ctx;

	if (f->kind == CHECK_JOURNAL)
		return;
	if (!all->bad++)
		snprintf(all->first, sizeof(all->first), "%s", f->what);
}

static unsigned check_data(uint8_t *data, size_t size, const char *what)
{
	struct findings all = {0};
	struct check_options options = {.show_max = 5, .found = found, .ctx = &all};
	struct check_result result;
	struct block *block = memory_block(data, size, false, NULL);

	CU_ASSERT_EQUAL(check_volume(block, &options, &result), 0);
	block->ops->close(block);
	if (all.bad && what)
		printf("\n    %s: %s\n", what, all.first);
	return all.bad;
}

/* Opens what the cut left; 0 when it is whole and nothing old is lost. */
static unsigned check_cut(uint8_t *data, size_t size, const char *what)
{
	struct fs *fs = open_memory(data, size, NTFS_WRITE, NULL);
	unsigned bad = 0;
	fs_ref old, file;

	if (!fs || fs_lookup_text(fs, fs_root(fs), "old", 3, &old)) {
		if (what)
			printf("\n    %s: %s\n", what, log_last_error());
		return fs ? fs_close(fs), 1 : 1;
	}
	for (unsigned i = 0; i < 40; i++) {
		char name[32], *text = NULL;
		size_t len = 0;

		snprintf(name, sizeof(name), "file %u", i);
		bad += fs_lookup_text(fs, old, name, strlen(name), &file) != 0 ||
		       fs_read_file(fs, file, 100, (void **)&text, &len) != 0 ||
		       len != strlen(name) || memcmp(text, name, len) != 0;
		free(text);
	}
	bad += fs_close(fs) != 0;
	return bad + check_data(data, size, what);
}

static unsigned sweep(const uint8_t *before, size_t size, const struct trace *t, bool say)
{
	uint64_t random = 42;
	unsigned bad = 0;

	for (unsigned i = 0; i < CUTS; i++) {
		unsigned cut = (unsigned)(memory_random(&random) % (t->flushes + 1)), how = i % 8;
		uint8_t *data = memory_cut(before, size, t, cut, how, &random);
		char what[64];

		snprintf(what, sizeof(what), "cut %u, how %u", cut, how);
		bad += check_cut(data, size, say ? what : NULL) != 0;
		free(data);
	}
	return bad;
}

static void a_cut_at_any_time_loses_nothing(void)
{
	size_t size = (size_t)MIB << 20;
	uint8_t *before = sample(size);
	struct trace t = {0};

	journal_defaults.memory = 64 << 10;
	record(before, size, &t);
	printf("(%zu sectors in %u intervals) ", t.count, t.flushes);
	CU_ASSERT(t.flushes > 20);
	CU_ASSERT_EQUAL(sweep(before, size, &t, true), 0);
	journal_defaults.memory = JOURNAL_MEMORY;
	free(t.items);
	free(before);
}

/* The same without the log must be caught, or the test above proves nothing. */
static void without_the_log_volumes_are_damaged(void)
{
	size_t size = (size_t)MIB << 20;
	uint8_t *before = sample(size);
	struct trace t = {0};
	unsigned bad;

	journal_defaults = (struct journal_options){.memory = 64 << 10, .without_log = true};
	record(before, size, &t);
	journal_defaults = (struct journal_options){.memory = JOURNAL_MEMORY};
	bad = sweep(before, size, &t, false);
	printf("(%u of %u damaged) ", bad, CUTS);
	CU_ASSERT(bad > CUTS / 20);
	free(t.items);
	free(before);
}

#define ADD(test) CU_add_test(suite, #test, test)

void suite_journal(void)
{
	CU_pSuite suite = CU_add_suite("journal", NULL, NULL);

	ADD(a_cut_at_any_time_loses_nothing);
	ADD(without_the_log_volumes_are_damaged);
}
