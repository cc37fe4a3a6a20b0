// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The health check on a disk that fails: sectors that cannot be read, in every place where it
 * matters; on a volume that an interrupted command left; and lists of runs, row by row.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/doctor.h"
#include "ntfs/image.h"
#include "ntfs/memory.h"
#include "report/log.h"
#include "unit/suites.h"
#include "volume/check_private.h"
#include "volume/disk.h"
#include "volume/journal.h"
#include "volume/unclean.h"

#define MIB 16u

/* A block of which some sectors cannot be read, and which takes only so many writes. */
struct failing {
	struct block base;
	struct block *under;
	uint64_t first, count; /* unreadable sectors */
	unsigned writes;       /* taken before the disk is gone */
};

static int64_t failing_pread(struct block *b, void *buf, size_t len, uint64_t offset)
{
	struct failing *f = (struct failing *)b;

	if (f->count && offset < (f->first + f->count) * SECTOR && offset + len > f->first * SECTOR)
		return HF_EIO;
	return f->under->ops->pread(f->under, buf, len, offset);
}

static int64_t failing_pwrite(struct block *b, const void *buf, size_t len, uint64_t offset)
{
	struct failing *f = (struct failing *)b;

	if (!f->writes)
		return HF_EIO;
	f->writes--;
	return f->under->ops->pwrite(f->under, buf, len, offset);
}

static int failing_sync(struct block *b)
{
	struct failing *f = (struct failing *)b;

	return f->writes ? f->under->ops->sync(f->under) : HF_EIO;
}

static int failing_close(struct block *b)
{
	struct failing *f = (struct failing *)b;
	int rc = f->under->ops->close(f->under);

	free(f);
	return rc;
}

static struct block *failing_block(const char *path, bool writable, uint64_t first, uint64_t count,
				   unsigned writes)
{
	static const struct block_ops ops = {failing_pread, failing_pwrite, failing_sync,
					     failing_close};
	struct failing *f = calloc(1, sizeof(*f));

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL_FATAL(block_open_file(path, 0, 0, writable, &f->under), 0);
	f->base = (struct block){&ops, f->under->size, writable};
	f->first = first;
	f->count = count;
	f->writes = writes;
	return &f->base;
}

/* What the check told of one kind. */
struct told {
	enum check_kind kind;
	unsigned count;
	char path[300];
	int64_t sector;
};

static void take(void *ctx, const struct check_finding *f)
{
	struct told *t = ctx;

	if (f->kind != t->kind)
		return;
	t->count++;
	if (f->sector >= 0)
		t->sector = f->sector;
	if (f->path)
		snprintf(t->path, sizeof(t->path), "%s", f->path);
}

static int examine(const char *path, uint64_t first, uint64_t count, bool surface,
		   struct told *told, struct check_result *result)
{
	struct check_options options = {
		.surface = surface, .show_max = 50, .found = take, .ctx = told};
	struct block *block = failing_block(path, false, first, count, 0);
	int rc;

	*told = (struct told){.kind = CHECK_UNREADABLE, .sector = -1};
	rc = check_volume(block, &options, result);
	block->ops->close(block);
	return rc;
}

/* A volume with \folder\victim, 64 KiB; its record's and its data's first sectors. */
static const char *victim(uint64_t *record, uint64_t *data)
{
	static const struct check_options options = {0};
	const char *path = image_make("victim", MIB, "");
	struct fs *fs = image_open(path, NTFS_WRITE);
	fs_ref dir = image_mkdir(fs, fs_root(fs), "folder"), file;
	struct check_result result;
	struct check *c;
	struct block *block;
	const char *why;
	struct stream s;
	struct file f;
	char *text = malloc(65537);

	memset(text, 'v', 65536);
	text[65536] = '\0';
	file = image_file(fs, dir, "victim", text);
	free(text);
	CU_ASSERT_EQUAL_FATAL(fs_close(fs), 0);
	CU_ASSERT_EQUAL_FATAL(block_open_file(path, 0, 0, false, &block), 0);
	c = check_new(block, &options, &result);
	CU_ASSERT_EQUAL_FATAL(check_run(c), 0);
	CU_ASSERT_EQUAL(result.errors, 0);
	CU_ASSERT_EQUAL_FATAL(file_load(c, FS_RECORD(file), &f), 0);
	CU_ASSERT_EQUAL_FATAL(stream_open(c, &f, AT_DATA, "", &s, &why), 0);
	*data = s.runs.items[0].lcn * c->cluster_size / SECTOR;
	*record =
		(c->mft.items[0].lcn * c->cluster_size + FS_RECORD(file) * c->record_size) / SECTOR;
	stream_free(&s);
	file_free(&f);
	check_free(c);
	block->ops->close(block);
	return path;
}

static void unreadable_sectors_are_named(void)
{
	struct check_result r;
	uint64_t record, data;
	struct told told;
	const char *path = victim(&record, &data);

	/* A record: its file cannot be told, the rest of the volume is. */
	CU_ASSERT_EQUAL(examine(path, record + 1, 1, false, &told, &r), 0);
	CU_ASSERT_EQUAL(told.count, 1);
	CU_ASSERT_EQUAL(told.sector, (int64_t)record + 1);
	CU_ASSERT_EQUAL(r.sectors_unreadable, 1);
	CU_ASSERT(r.files > 10);
	/* Data: only when it is asked for, with the file's name. */
	CU_ASSERT_EQUAL(examine(path, data + 3, 2, false, &told, &r), 0);
	CU_ASSERT_EQUAL(r.errors, 0);
	CU_ASSERT_EQUAL(examine(path, data + 3, 2, true, &told, &r), 0);
	CU_ASSERT_EQUAL(told.sector, (int64_t)data + 3);
	CU_ASSERT_EQUAL(r.sectors_unreadable, 2);
	CU_ASSERT_STRING_EQUAL(told.path, "\\folder\\victim");
	CU_ASSERT_EQUAL(r.errors, r.count[CHECK_UNREADABLE]);
	/* The whole disk, read to its end. */
	CU_ASSERT_EQUAL(examine(path, 0, 0, true, &told, &r), 0);
	CU_ASSERT_EQUAL(r.errors + r.leaks + r.notes, 0);
}

static void without_a_boot_sector_its_copy_serves(void)
{
	struct check_result r;
	uint64_t record, data;
	struct told told;
	const char *path = victim(&record, &data);

	told.kind = CHECK_BOOT_DAMAGED;
	CU_ASSERT_EQUAL(examine(path, 0, 1, false, &told, &r), 0);
	CU_ASSERT_EQUAL(r.count[CHECK_BOOT_DAMAGED], 1);
	CU_ASSERT(r.files > 10);
	CU_ASSERT_EQUAL(examine(path, 0, (MIB << 20) / SECTOR, false, &told, &r), HF_EIO);
}

/* The library cannot mount it: that the disk fails is said, and what that means. */
static void a_failing_disk_is_explained(void)
{
	static const struct check_options options = {0};
	uint64_t record, data;
	const char *path = victim(&record, &data);
	struct check_result result;
	struct block *block;
	struct check *c;
	struct fs *fs;
	uint64_t mft;

	CU_ASSERT_EQUAL_FATAL(block_open_file(path, 0, 0, false, &block), 0);
	c = check_new(block, &options, &result);
	CU_ASSERT_EQUAL_FATAL(check_run(c), 0);
	mft = c->mft_lcn * c->cluster_size / SECTOR;
	check_free(c);
	block->ops->close(block);
	CU_ASSERT_EQUAL(
		ntfs_open_block(failing_block(path, false, mft, 1, 0), "Q:", NTFS_LOOK, &fs),
		HF_EIO);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), unclean_explain(UNCLEAN_SECTORS)));
}

/* Work that is cut off after WRITES writes; what the volume is then. */
static const char *interrupted(unsigned writes)
{
	uint64_t record, data;
	const char *path = victim(&record, &data);
	struct block *block = failing_block(path, true, 0, 0, writes);
	struct fs *fs;
	char name[32];

	if (ntfs_open_block(block, "Q:", NTFS_WRITE, &fs))
		return path;
	for (unsigned i = 0; i < 60; i++) {
		fs_ref made;
		uint16_t units[32];

		snprintf(name, sizeof(name), "made %u", i);
		if (fs_mkdir(fs, fs_root(fs), units, image_units(name, units), &made))
			break;
	}
	fs_close(fs);
	return path;
}

static void an_interrupted_volume_is_healthy(void)
{
	unsigned seen = 0, torn = 0;

	for (unsigned writes = 0; writes < 40; writes++) {
		static const struct doctor_options options = {.show_max = 5};
		const char *path = interrupted(writes);
		struct volume volume = {.device = (char *)path};
		struct doctor_report report;
		struct check_result raw;
		struct told told;

		CU_ASSERT_EQUAL_FATAL(doctor_examine(&volume, "Q:", &options, &report), 0);
		CU_ASSERT_EQUAL(report.result.errors, 0);
		CU_ASSERT_EQUAL(examine(path, 0, 0, false, &told, &raw), 0);
		if (report.result.count[CHECK_INTERRUPTED]) {
			seen++;
			torn += raw.errors != 0;
			CU_ASSERT_EQUAL(report.result.count[CHECK_DIRTY], 0);
			CU_ASSERT_EQUAL(report.result.notes, 1);
			CU_ASSERT_EQUAL(report.verdict, DOCTOR_NOTES);
		}
		doctor_report_free(&report);
	}
	/* Without the journal some of them are damaged: it is what makes them whole. */
	CU_ASSERT(seen > 3);
	CU_ASSERT(torn > 0);
}

static void lists_of_runs(void)
{
	static const struct {
		const char *what;
		uint8_t pairs[24];
		uint32_t len;
		uint64_t lowest, highest;
		int rc;
		unsigned count;
		uint64_t lcn; /* of the last run */
	} rows[] = {
		{"one run", {0x11, 0x05, 0x10, 0}, 4, 0, 4, 0, 1, 0x10},
		{"backwards", {0x11, 0x05, 0x10, 0x11, 0x02, 0xf8, 0}, 7, 0, 6, 0, 2, 8},
		{"a hole", {0x11, 0x05, 0x10, 0x01, 0x03, 0}, 6, 0, 7, 0, 2, RUN_HOLE},
		{"later extent", {0x11, 0x05, 0x10, 0}, 4, 100, 104, 0, 1, 0x10},
		{"empty", {0}, 1, 0, UINT64_MAX, 0, 0, 0},
		{"no end", {0x11, 0x05, 0x10}, 3, 0, 4, HF_ECORRUPT, 0, 0},
		{"cut off", {0x21, 0x05, 0x10}, 3, 0, 4, HF_ECORRUPT, 0, 0},
		{"no length", {0x10, 0x05, 0}, 3, 0, 4, HF_ECORRUPT, 0, 0},
		{"length zero", {0x11, 0x00, 0x10, 0}, 4, 0, UINT64_MAX, HF_ECORRUPT, 0, 0},
		{"negative length", {0x11, 0xff, 0x10, 0}, 4, 0, 4, HF_ECORRUPT, 0, 0},
		{"nine bytes",
		 {0x19, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0},
		 12,
		 0,
		 0,
		 HF_ECORRUPT,
		 0,
		 0},
		{"before the volume", {0x11, 0x05, 0xf0, 0}, 4, 0, 4, HF_ECORRUPT, 0, 0},
		{"behind the volume", {0x21, 0x05, 0xfe, 0x03, 0}, 5, 0, 4, HF_ECORRUPT, 0, 0},
		{"up to its end", {0x21, 0x05, 0xe3, 0x03, 0}, 5, 0, 4, 0, 1, 995},
		{"longer than said", {0x11, 0x05, 0x10, 0}, 4, 0, 3, HF_ECORRUPT, 0, 0},
		{"shorter than said", {0x11, 0x05, 0x10, 0}, 4, 0, 5, HF_ECORRUPT, 0, 0},
		{"sum overflows",
		 {0x01, 0x05, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0},
		 12,
		 0,
		 4,
		 HF_ECORRUPT,
		 0,
		 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct attr a = {.pairs = rows[i].pairs,
				 .pairs_len = rows[i].len,
				 .lowest = rows[i].lowest,
				 .highest = rows[i].highest};
		struct runs runs = {0};
		const char *why = NULL;
		int rc = runs_decode(&a, 1000, &runs, &why);

		if (rc != rows[i].rc)
			printf("\n    %s: %d\n", rows[i].what, rc);
		CU_ASSERT_EQUAL(rc, rows[i].rc);
		CU_ASSERT(!rc || why);
		if (!rc)
			CU_ASSERT_EQUAL(runs.count, rows[i].count);
		if (!rc && runs.count)
			CU_ASSERT_EQUAL(runs.items[runs.count - 1].lcn, rows[i].lcn);
		runs_free(&runs);
	}
}

#define ADD(test) CU_add_test(suite, #test, test)

void suite_check(void)
{
	CU_pSuite suite = CU_add_suite("check", NULL, NULL);

	ADD(unreadable_sectors_are_named);
	ADD(without_a_boot_sector_its_copy_serves);
	ADD(a_failing_disk_is_explained);
	ADD(an_interrupted_volume_is_healthy);
	ADD(lists_of_runs);
}
