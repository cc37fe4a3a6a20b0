// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Discarding a hibernated session or a journal: exactly that changes, the dirty flag before
 * anything else whenever the power goes, and never where there is nothing to discard.
 */
#include <CUnit/CUnit.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntfs/image.h"
#include "ntfs/memory.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/suites.h"
#include "volume/check.h"
#include "volume/unclean.h"

#define MIB  16u
#define SIZE ((size_t)MIB << 20)

/* A volume; SESSION: with a hiberfil.sys that holds one; JOURNAL: with a journal in use. */
static uint8_t *sample(bool session, bool journal)
{
	const char *path = image_make("unclean", MIB, "");
	struct fs *fs = image_open(path, NTFS_WRITE);
	struct logfile log;
	struct block *block;
	uint8_t *data;
	char *text = malloc(20001);

	memset(text, 'h', 20000);
	text[20000] = '\0';
	memcpy(text, session ? "HIBR" : "wake", 4);
	CU_ASSERT_NOT_EQUAL_FATAL(image_file(fs, fs_root(fs), "hiberfil.sys", text), 0);
	free(text);
	CU_ASSERT_EQUAL_FATAL(fs_close(fs), 0);
	data = memory_image(path, SIZE);
	block = memory_block(data, SIZE, false, NULL);
	CU_ASSERT_EQUAL_FATAL(logfile_find(block, &log), 0);
	for (unsigned page = 0; journal && page < 2; page++) {
		uint8_t *p = data + log.sectors[page * 8] * SECTOR;

		memset(p, 0, 4096);
		memcpy(p, "RSTR", 4);
		p[4] = 30; /* update sequence: 9 units */
		p[6] = 9;
		p[17] = 16; /* system page size 4096 */
		p[21] = 16; /* log page size */
		p[24] = 48; /* restart area */
		p[26] = p[28] = 1;
		p[48 + 1] = 16 - (uint8_t)page; /* LSN; client 0 in use, not clean */
	}
	/* What the journal itself holds. */
	for (unsigned sector = 16; journal && sector < 64; sector++)
		memset(data + log.sectors[sector] * SECTOR, 'J', SECTOR);
	logfile_free(&log);
	block->ops->close(block);
	return data;
}

static struct check_result look(uint8_t *data)
{
	static const struct check_options options = {0};
	struct block *block = memory_block(data, SIZE, false, NULL);
	struct check_result result;

	CU_ASSERT_EQUAL(check_volume(block, &options, &result), 0);
	block->ops->close(block);
	return result;
}

static int discard(uint8_t *data, enum unclean_change change, struct trace *trace)
{
	struct block *block = memory_block(data, SIZE, true, trace);
	int rc = unclean_discard(block, change, "Q:");

	block->ops->close(block);
	return rc;
}

static size_t differing_sectors(const uint8_t *a, const uint8_t *b)
{
	size_t n = 0;

	for (size_t at = 0; at < SIZE; at += SECTOR)
		n += memcmp(a + at, b + at, SECTOR) != 0;
	return n;
}

static bool journal_is_empty(uint8_t *data)
{
	struct block *block = memory_block(data, SIZE, false, NULL);
	struct logfile log;
	bool empty = true;

	CU_ASSERT_EQUAL_FATAL(logfile_find(block, &log), 0);
	for (size_t i = 0; i < log.count; i++)
		for (size_t k = 0; k < SECTOR; k++)
			empty &= data[log.sectors[i] * SECTOR + k] == 0xff;
	logfile_free(&log);
	block->ops->close(block);
	return empty;
}

/* Cut anywhere: still in the state, or marked as dirty; the same call again brings it to its end.
 */
static void sweep(const uint8_t *before, enum unclean_change change, enum check_kind state)
{
	uint8_t *data = malloc(SIZE);
	struct trace t = {0};
	uint64_t random = 7;

	memcpy(data, before, SIZE);
	CU_ASSERT_EQUAL_FATAL(discard(data, change, &t), 0);
	free(data);
	CU_ASSERT(t.flushes >= 4);
	for (unsigned i = 0; i < 200; i++) {
		unsigned cut = i % (t.flushes + 1);
		struct check_result r;

		data = memory_cut(before, SIZE, &t, cut, i / (t.flushes + 1) % 8, &random);
		r = look(data);
		CU_ASSERT(r.count[state] || r.count[CHECK_DIRTY]);
		CU_ASSERT(r.count[state] || journal_is_empty(data));
		CU_ASSERT(r.count[CHECK_DIRTY] || differing_sectors(before, data) == 0);
		CU_ASSERT_EQUAL(r.errors, r.count[CHECK_MIRROR_DIFFERS]);
		if (r.count[state])
			CU_ASSERT_EQUAL(discard(data, change, NULL), 0);
		r = look(data);
		CU_ASSERT_EQUAL(r.errors, 0);
		CU_ASSERT_EQUAL(r.notes, 1);
		CU_ASSERT_EQUAL(r.count[CHECK_DIRTY], 1);
		free(data);
	}
	free(t.items);
}

static void a_discarded_session_leaves_the_dirty_flag(void)
{
	uint8_t *before = sample(true, false), *data = malloc(SIZE);

	memcpy(data, before, SIZE);
	CU_ASSERT_EQUAL(discard(data, UNCLEAN_DISCARD_JOURNAL, NULL), HF_EREFUSED);
	CU_ASSERT_EQUAL(differing_sectors(before, data), 0);
	CU_ASSERT_EQUAL(discard(data, UNCLEAN_DISCARD_SESSION, NULL), 0);
	/* The flag twice and 4 KiB of hiberfil.sys; the journal was empty. */
	CU_ASSERT_EQUAL(differing_sectors(before, data), 2 + 8);
	CU_ASSERT_EQUAL(discard(data, UNCLEAN_DISCARD_SESSION, NULL), HF_EREFUSED);
	sweep(before, UNCLEAN_DISCARD_SESSION, CHECK_HIBERNATED);
	free(data);
	free(before);
}

/* Until the rest of the journal is gone, and that is flushed, drivers see that there is one. */
static void the_restart_pages_go_last(void)
{
	uint8_t *data = sample(false, true);
	struct block *block = memory_block(data, SIZE, false, NULL);
	unsigned first = UINT_MAX, last = 0;
	struct trace t = {0};
	struct logfile log;

	CU_ASSERT_EQUAL_FATAL(logfile_find(block, &log), 0);
	block->ops->close(block);
	CU_ASSERT_EQUAL(discard(data, UNCLEAN_DISCARD_JOURNAL, &t), 0);
	for (size_t i = 0; i < t.count; i++) {
		unsigned flush = t.items[i].flush;

		for (size_t k = 0; k < log.count; k++) {
			if (log.sectors[k] != t.items[i].sector)
				continue;
			if (k < 16)
				first = flush < first ? flush : first;
			else
				last = flush > last ? flush : last;
		}
	}
	CU_ASSERT(last > 0 && first != UINT_MAX);
	CU_ASSERT(first > last);
	logfile_free(&log);
	free(t.items);
	free(data);
}

static void a_discarded_journal_leaves_the_dirty_flag(void)
{
	uint8_t *before = sample(false, true), *data = malloc(SIZE);

	memcpy(data, before, SIZE);
	CU_ASSERT_EQUAL(discard(data, UNCLEAN_DISCARD_SESSION, NULL), HF_EREFUSED);
	CU_ASSERT_EQUAL(differing_sectors(before, data), 0);
	CU_ASSERT_EQUAL(discard(data, UNCLEAN_DISCARD_JOURNAL, NULL), 0);
	CU_ASSERT_EQUAL(differing_sectors(before, data), 2 + 64);
	CU_ASSERT_EQUAL(discard(data, UNCLEAN_DISCARD_JOURNAL, NULL), HF_EREFUSED);
	sweep(before, UNCLEAN_DISCARD_JOURNAL, CHECK_JOURNAL);
	free(data);
	free(before);
}

static void nothing_to_discard_changes_nothing(void)
{
	uint8_t *before = sample(false, false), *data = malloc(SIZE);

	memcpy(data, before, SIZE);
	CU_ASSERT_EQUAL(discard(data, UNCLEAN_DISCARD_SESSION, NULL), HF_EREFUSED);
	CU_ASSERT_EQUAL(discard(data, UNCLEAN_DISCARD_JOURNAL, NULL), HF_EREFUSED);
	memset(data, 0, SECTOR);
	memset(data + SIZE - SECTOR, 0, SECTOR);
	CU_ASSERT_EQUAL(discard(data, UNCLEAN_DISCARD_JOURNAL, NULL), HF_ENOTNTFS);
	free(data);
	free(before);
}

static void explanations_fit_a_screen(void)
{
	for (int reason = 0; reason < UNCLEAN_REASONS; reason++) {
		const char *line = unclean_explain(reason);
		unsigned lines = 0;

		CU_ASSERT_PTR_NOT_NULL_FATAL(line);
		CU_ASSERT_PTR_NOT_NULL(strstr(line, "What it means: "));
		CU_ASSERT_PTR_NOT_NULL(strstr(line, "\nThe safe way: "));
		CU_ASSERT_PTR_NOT_NULL(strstr(line, "\nWhat Holdfast can do: "));
		for (size_t n; *line; line += n + (line[n] == '\n'), lines++) {
			n = strcspn(line, "\n");
			CU_ASSERT(n > 0 && n <= 80);
		}
		CU_ASSERT(lines <= 12);
	}
}

#define ADD(test) CU_add_test(suite, #test, test)

void suite_unclean(void)
{
	CU_pSuite suite = CU_add_suite("unclean", NULL, NULL);

	ADD(a_discarded_session_leaves_the_dirty_flag);
	ADD(a_discarded_journal_leaves_the_dirty_flag);
	ADD(the_restart_pages_go_last);
	ADD(nothing_to_discard_changes_nothing);
	ADD(explanations_fit_a_screen);
}
