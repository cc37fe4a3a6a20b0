// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Replaying the transaction logs of hives (windows/hive_log.h): logs written here in both formats,
 * torn, damaged, missing and misleading ones, and dirty hives from the field with what Windows made
 * of them.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hivedump.h"
#include "hivegen.h"
#include "memfs.h"
#include "report/error.h"
#include "suites.h"
#include "windows/hive.h"

#define TESTDATA "../shared/testdata/hives/"
#define STATES	 5

/* One hive as it grew: STATES[0] is what is on the disk, the others are in logs. */
struct states {
	uint8_t *data[STATES];
	size_t len[STATES];
};

static void make_states(struct states *s)
{
	static const char big[9000];

	memset(s, 0, sizeof(*s));
	for (int i = 0; i < STATES; i++) {
		struct hivegen *g = i ? hivegen_open(s->data[i - 1], s->len[i - 1]) : hivegen_new();
		char name[32];

		(void)snprintf(name, sizeof(name), "State\\Key%d", i);
		hivegen_key(g, name);
		hivegen_dword(g, "Number", (uint32_t)i);
		hivegen_raw(g, "Grows", 3, big, (size_t)i * 2000);
		hivegen_key(g, "Latest");
		hivegen_dword(g, "Number", (uint32_t)i);
		s->data[i] = hivegen_take(g, &s->len[i]);
	}
	hivegen_set_sequence(s->data[0], 6, 5);
}

static void free_states(struct states *s)
{
	for (int i = 0; i < STATES; i++)
		free(s->data[i]);
}

/* Adds the entry that makes state N of the one before, with the sequence number it has by right. */
static void entry(struct hivelog *log, const struct states *s, int n)
{
	hivelog_entry(log, s->data[n - 1], s->len[n - 1], s->data[n], s->len[n], 4 + (uint32_t)n);
}

static struct hive *open_logged(const uint8_t *data, size_t len, const struct hivelog *log1,
				const struct hivelog *log2, const struct hivelog *old)
{
	const struct hivelog *files[] = {log1, log2, old};
	struct hive_log logs[3];
	size_t count = 0;
	struct hive *h = NULL;
	const char *why;

	for (size_t i = 0; i < 3; i++)
		if (files[i])
			logs[count++] = (struct hive_log){files[i]->data, files[i]->len};
	(void)hive_open_logged(data, len, logs, count, &h, &why);
	return h;
}

/* H (closed here) says the same as state N, after ENTRIES were replayed. */
static void expect_state(struct hive *h, const struct states *s, int n, unsigned entries,
			 bool dirty)
{
	struct hive *want = open_logged(s->data[n], s->len[n], NULL, NULL, NULL);
	char *a, *b;

	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	a = hivedump(h, 1);
	b = hivedump(want, 1);
	CU_ASSERT_STRING_EQUAL(a, b);
	CU_ASSERT_EQUAL(hive_replayed(h), entries);
	CU_ASSERT_EQUAL(hive_is_dirty(h), dirty);
	free(a);
	free(b);
	hive_close(h);
	hive_close(want);
}

static void new_logs_are_used_in_turn(void)
{
	struct hivelog one = {0}, two = {0}, stale = {0};
	struct states s;

	make_states(&s);
	hivelog_begin(&one, s.data[0], 6, 5, 1);
	entry(&one, &s, 1);
	entry(&one, &s, 2);
	hivelog_begin(&two, s.data[0], 6, 7, 1);
	entry(&two, &s, 3);
	entry(&two, &s, 4);
	expect_state(open_logged(s.data[0], s.len[0], &one, &two, NULL), &s, 4, 4, false);
	expect_state(open_logged(s.data[0], s.len[0], &two, &one, NULL), &s, 4, 4, false);
	expect_state(open_logged(s.data[0], s.len[0], &one, NULL, NULL), &s, 2, 2, false);
	/* A log from before the last write of the hive. */
	hivelog_begin(&stale, s.data[0], 6, 3, 1);
	hivelog_entry(&stale, s.data[4], s.len[4], s.data[0], s.len[0], 3);
	hivelog_entry(&stale, s.data[4], s.len[4], s.data[0], s.len[0], 4);
	expect_state(open_logged(s.data[0], s.len[0], &one, &stale, NULL), &s, 2, 2, false);
	expect_state(open_logged(s.data[0], s.len[0], &stale, NULL, NULL), &s, 0, 0, true);
	/* Without the first log the second has nothing to go on from. */
	expect_state(open_logged(s.data[0], s.len[0], &two, NULL, NULL), &s, 0, 0, true);
	expect_state(open_logged(s.data[0], s.len[0], NULL, NULL, NULL), &s, 0, 0, true);
	/* A hive that was written to its end needs no log. */
	hivegen_set_sequence(s.data[0], 5, 5);
	expect_state(open_logged(s.data[0], s.len[0], &one, &two, NULL), &s, 0, 0, false);
	free(one.data);
	free(two.data);
	free(stale.data);
	free_states(&s);
}

/* The last entry was being written when the power went; or one in the middle is damaged. */
static void torn_entries_are_left_out(void)
{
	struct hivelog one = {0}, two = {0};
	struct states s;
	size_t end1, end2;

	make_states(&s);
	hivelog_begin(&one, s.data[0], 6, 5, 1);
	entry(&one, &s, 1);
	end1 = one.len;
	entry(&one, &s, 2);
	end2 = one.len;
	one.data[end2 - 1000]++;
	expect_state(open_logged(s.data[0], s.len[0], &one, NULL, NULL), &s, 1, 1, false);
	one.data[end2 - 1000]--;
	one.len = end2 - 512;
	expect_state(open_logged(s.data[0], s.len[0], &one, NULL, NULL), &s, 1, 1, false);
	one.len = end1 + 20;
	expect_state(open_logged(s.data[0], s.len[0], &one, NULL, NULL), &s, 1, 1, false);
	one.len = end2;
	/* An older entry after the last one is from an earlier round. */
	hivelog_entry(&one, s.data[1], s.len[1], s.data[0], s.len[0], 4);
	expect_state(open_logged(s.data[0], s.len[0], &one, NULL, NULL), &s, 2, 2, false);
	one.len = end2;
	entry(&one, &s, 3);
	one.data[end1 + 100]++;
	expect_state(open_logged(s.data[0], s.len[0], &one, NULL, NULL), &s, 1, 1, true);
	one.len = end2;
	hivelog_begin(&two, s.data[0], 6, 7, 1);
	entry(&two, &s, 3);
	expect_state(open_logged(s.data[0], s.len[0], &one, &two, NULL), &s, 1, 1, true);
	free(one.data);
	free(two.data);
	free_states(&s);
}

/* Entries with right hashes and wrong contents. */
static void entries_are_not_believed(void)
{
	static const struct {
		size_t at;
		uint32_t value;
	} lies[] = {
		{16, 0},	{16, 0x1001},	  {16, 0x7fff0000}, {16, 0x10000000},
		{20, 500},	{20, 0xffffffff}, {40, 0xfffff000}, {40, 0x100000},
		{44, 0x100000}, {44, 0xffffffff},
	};
	struct hivelog one = {0};
	struct states s;

	make_states(&s);
	hivelog_begin(&one, s.data[0], 6, 5, 1);
	entry(&one, &s, 1);
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		uint8_t kept[4], *e = one.data + 512;

		memcpy(kept, e + lies[i].at, 4);
		for (int k = 0; k < 4; k++)
			e[lies[i].at + (size_t)k] = (uint8_t)(lies[i].value >> (8 * k));
		hivelog_hash(e);
		expect_state(open_logged(s.data[0], s.len[0], &one, NULL, NULL), &s, 0, 0, true);
		memcpy(e + lies[i].at, kept, 4);
		hivelog_hash(e);
	}
	expect_state(open_logged(s.data[0], s.len[0], &one, NULL, NULL), &s, 1, 1, false);
	free(one.data);
	free_states(&s);
}

static void base_blocks_are_recovered(void)
{
	struct hivelog one = {0}, two = {0};
	struct states s;

	make_states(&s);
	hivelog_begin(&one, s.data[0], 6, 5, 1);
	entry(&one, &s, 1);
	hivelog_begin(&two, s.data[0], 6, 6, 1);
	hivelog_entry(&two, s.data[0], s.len[0], s.data[2], s.len[2], 6);
	s.data[0][0x20]++;
	/* Only the later log counts then: what the earlier has is in the hive already. */
	expect_state(open_logged(s.data[0], s.len[0], &one, &two, NULL), &s, 2, 1, false);
	memset(s.data[0], 0, 512);
	expect_state(open_logged(s.data[0], s.len[0], &one, NULL, NULL), &s, 1, 1, false);
	CU_ASSERT_PTR_NULL(open_logged(s.data[0], s.len[0], NULL, NULL, NULL));
	one.data[0x30]++;
	CU_ASSERT_PTR_NULL(open_logged(s.data[0], s.len[0], &one, NULL, NULL));
	free(one.data);
	free(two.data);
	free_states(&s);
}

static void set_time(uint8_t *base, uint8_t time)
{
	base[12] = time;
	hivegen_checksum(base);
}

/* The bitmap format, as Windows 2000 to 8 write it; with sectors of 512 and of 4096 bytes. */
static void old_logs_are_replayed(void)
{
	static const struct {
		uint32_t type, sequence;
		unsigned cluster;
	} kinds[] = {{2, 5, 1}, {1, 5, 1}, {1, 6, 1}, {1, 6, 8}};
	struct states s;

	make_states(&s);
	set_time(s.data[0], 7);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct hivelog log = {0};

		hivelog_begin(&log, s.data[0], kinds[i].type, kinds[i].sequence, kinds[i].cluster);
		hivelog_dirt(&log, s.data[0], s.len[0], s.data[4], s.len[4]);
		expect_state(open_logged(s.data[0], s.len[0], NULL, NULL, &log), &s, 4, 1, false);
		expect_state(open_logged(s.data[0], s.len[0], &log, NULL, NULL), &s, 4, 1, false);
		/* Cut, of another write, or with a bin that is none. */
		log.len -= 512;
		expect_state(open_logged(s.data[0], s.len[0], NULL, NULL, &log), &s, 0, 0, true);
		log.len += 512;
		set_time(log.data, 6);
		expect_state(open_logged(s.data[0], s.len[0], NULL, NULL, &log), &s, 0, 0, true);
		set_time(log.data, 7);
		memset(memmem(log.data, log.len, "hbin", 4), 0, 4);
		expect_state(open_logged(s.data[0], s.len[0], NULL, NULL, &log), &s, 0, 0, true);
		free(log.data);
	}
	free_states(&s);
}

/* Of two old logs the later one has all that is missing; without it the other one serves. */
static void the_latest_old_log_counts(void)
{
	struct hivelog one = {0}, two = {0};
	struct states s;

	make_states(&s);
	set_time(s.data[0], 7);
	hivelog_begin(&one, s.data[0], 1, 6, 1);
	hivelog_dirt(&one, s.data[0], s.len[0], s.data[2], s.len[2]);
	hivelog_begin(&two, s.data[0], 1, 7, 1);
	hivelog_dirt(&two, s.data[0], s.len[0], s.data[4], s.len[4]);
	set_time(two.data, 8);
	expect_state(open_logged(s.data[0], s.len[0], &one, &two, NULL), &s, 4, 1, false);
	two.len -= 512;
	expect_state(open_logged(s.data[0], s.len[0], &one, &two, NULL), &s, 2, 1, false);
	/* The base block is gone: the first bin knows the time too. */
	s.data[0][0x1000 + 20] = 7;
	memset(s.data[0], 0xff, 512);
	expect_state(open_logged(s.data[0], s.len[0], &one, NULL, NULL), &s, 2, 1, false);
	free(one.data);
	free(two.data);
	free_states(&s);
}

static void logs_are_found_beside_the_hive(void)
{
	struct fs *fs = memfs_new();
	struct hivelog one = {0}, two = {0};
	struct states s;
	struct hive *h = NULL;
	const char *why;

	make_states(&s);
	hivelog_begin(&one, s.data[0], 6, 5, 1);
	entry(&one, &s, 1);
	hivelog_begin(&two, s.data[0], 6, 6, 1);
	entry(&two, &s, 2);
	CU_ASSERT_EQUAL(memfs_add(fs, "\\a\\NTUSER.DAT", s.data[0], s.len[0]), 0);
	CU_ASSERT_EQUAL(memfs_add(fs, "\\a\\ntuser.dat.LOG", "", 0), 0);
	CU_ASSERT_EQUAL(memfs_add(fs, "\\a\\ntuser.dat.LOG1", two.data, two.len), 0);
	CU_ASSERT_EQUAL(memfs_add(fs, "\\a\\ntuser.dat.LOG2", one.data, one.len), 0);
	CU_ASSERT_EQUAL(hive_open(fs, "C:\\a\\ntuser.dat", &h, &why), 0);
	expect_state(h, &s, 2, 2, false);
	memset(s.data[0], 0, 512);
	CU_ASSERT_EQUAL(memfs_add(fs, "\\a\\NTUSER.DAT", s.data[0], s.len[0]), 0);
	CU_ASSERT_EQUAL(memfs_add(fs, "\\a\\ntuser.dat.LOG1", "x", 1), 0);
	CU_ASSERT_EQUAL(hive_open(fs, "C:\\a\\ntuser.dat", &h, &why), 0);
	expect_state(h, &s, 1, 1, false);
	CU_ASSERT_EQUAL(memfs_add(fs, "\\a\\ntuser.dat.LOG2", "x", 1), 0);
	CU_ASSERT_EQUAL(hive_open(fs, "C:\\a\\ntuser.dat", &h, &why), HF_ECORRUPT);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	free(one.data);
	free(two.data);
	free_states(&s);
}

/* Any byte of the logs may be anything. */
static void random_damage_is_survived(void)
{
	struct hivelog one = {0}, old = {0};
	struct states s;
	uint64_t state = 88172645463325252u;

	make_states(&s);
	hivelog_begin(&one, s.data[0], 6, 5, 1);
	for (int n = 1; n < STATES; n++)
		entry(&one, &s, n);
	hivelog_begin(&old, s.data[0], 1, 5, 1);
	hivelog_dirt(&old, s.data[0], s.len[0], s.data[4], s.len[4]);
	for (int round = 0; round < 2000; round++) {
		struct hivelog *log = round % 2 ? &one : &old;
		uint8_t *copy = malloc(log->len);
		struct hivelog bad = {copy, log->len};
		struct hive *h;

		memcpy(copy, log->data, log->len);
		for (int k = 0; k < 4; k++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			copy[state % (k < 2 ? 0x300 : log->len)] = (uint8_t)(state >> 40);
		}
		hivegen_checksum(copy);
		if (round % 2) {
			memcpy(copy + 516, log->data + 516, 4); /* so much is hashed */
			hivelog_hash(copy + 512);
		}
		h = open_logged(s.data[0], s.len[0], &bad, NULL, NULL);
		if (h)
			free(hivedump(h, 0));
		hive_close(h);
		free(copy);
	}
	free(one.data);
	free(old.data);
	free_states(&s);
}

/* A dirty hive from the field with its logs; NULL without testdata. */
static struct hive *open_field(const char *hive, const char *log1, const char *log2)
{
	const char *const names[] = {hive, log1, log2};
	uint8_t *data[3] = {0};
	size_t len[3] = {0};
	struct hivelog logs[2];
	struct hive *h = NULL;

	for (size_t i = 0; i < 3; i++) {
		char path[256];

		(void)snprintf(path, sizeof(path), TESTDATA "%s", names[i]);
		data[i] = hivedump_file(path, &len[i]);
	}
	if (data[0] && data[1] && data[2]) {
		logs[0] = (struct hivelog){data[1], len[1]};
		logs[1] = (struct hivelog){data[2], len[2]};
		h = open_logged(data[0], len[0], &logs[0], &logs[1], NULL);
		CU_ASSERT_PTR_NOT_NULL(h);
	}
	for (size_t i = 0; i < 3; i++)
		free(data[i]);
	return h;
}

static void hives_from_the_field(void)
{
	const char *const dirty = "yarp/NewDirtyHive1/NewDirtyHive";
	struct hive *h = open_field(dirty, "yarp/NewDirtyHive1/NewDirtyHive.LOG1",
				    "yarp/NewDirtyHive1/NewDirtyHive.LOG2"),
		    *want;
	char *a, *b;
	size_t len, count;
	uint8_t *data = hivedump_file(TESTDATA "yarp/NewDirtyHive1/RecoveredHive_Windows10", &len);

	if (!h || !data) {
		printf("skipped: no testdata ");
		return;
	}
	want = open_logged(data, len, NULL, NULL, NULL);
	a = hivedump(h, 1);
	b = hivedump(want, 1);
	CU_ASSERT_STRING_EQUAL(a, b);
	CU_ASSERT_PTR_NOT_NULL(strstr(a, "Key3"));
	CU_ASSERT_PTR_NULL(strstr(a, "Key1"));
	CU_ASSERT_EQUAL(hive_replayed(h), 4);
	CU_ASSERT_FALSE(hive_is_dirty(h));
	free(a);
	free(b);
	free(data);
	hive_close(h);
	hive_close(want);
	h = open_field("regipy/transactions_NTUSER.DAT", "regipy/transactions_ntuser.dat.log1",
		       "regipy/transactions_ntuser.dat.log2");
	if (!h)
		return;
	CU_ASSERT_EQUAL(hive_replayed(h), 23);
	CU_ASSERT_FALSE(hive_is_dirty(h));
	(void)hive_damage(h, &count);
	CU_ASSERT_EQUAL(count, 0);
	hive_close(h);
}

void suite_hive_log(void)
{
	CU_pSuite s = CU_add_suite("windows/hive_log", NULL, NULL);

	CU_add_test(s, "new logs are used in turn", new_logs_are_used_in_turn);
	CU_add_test(s, "torn entries are left out", torn_entries_are_left_out);
	CU_add_test(s, "entries are not believed", entries_are_not_believed);
	CU_add_test(s, "base blocks are recovered", base_blocks_are_recovered);
	CU_add_test(s, "old logs are replayed", old_logs_are_replayed);
	CU_add_test(s, "the latest old log counts", the_latest_old_log_counts);
	CU_add_test(s, "logs are found beside the hive", logs_are_found_beside_the_hive);
	CU_add_test(s, "random damage is survived", random_damage_is_survived);
	CU_add_test(s, "hives from the field", hives_from_the_field);
}
