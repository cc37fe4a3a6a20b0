// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * windows/hive.h: values and keys as they should be, and hives that lie: truncated, looped, cyclic,
 * with bytes changed at random. Every open and every walk must end soon.
 */
#include <CUnit/CUnit.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "hivegen.h"
#include "report/error.h"
#include "suites.h"
#include "windows/hive.h"
#include "windows/hive_check.h"

/* A tree may claim its ancestors as children: more keys than this in a walk are a failure. */
#define WALK_MAX 300000

static struct hive *open_bytes(uint8_t *data, size_t len)
{
	struct hive *h = NULL;
	const char *why;

	CU_ASSERT_EQUAL(hive_open_memory(data, len, &h, &why), 0);
	return h;
}

static struct hive *open_generated(struct hivegen *g)
{
	size_t len;
	uint8_t *data = hivegen_take(g, &len);
	struct hive *h = open_bytes(data, len);

	free(data);
	return h;
}

static struct hivegen *sample(void)
{
	struct hivegen *g = hivegen_new();
	static const uint16_t unterminated[] = {'a', 'b'}, cut[] = {'x', 0, 0xd800, 'y'};
	static char big[16001], giant[20000];

	memset(big, 'z', sizeof(big) - 1);
	hivegen_key(g, "Software\\Ann");
	hivegen_text(g, "Text", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
	hivegen_expand(g, "Expand", "%A%\\b");
	hivegen_text(g, "", "default");
	hivegen_dword(g, "Number", 0x80000001);
	hivegen_raw(g, "Odd", 1, "abc", 3);
	hivegen_raw(g, "Open", 1, unterminated, sizeof(unterminated));
	hivegen_raw(g, "Cut", 1, cut, sizeof(cut));
	hivegen_raw(g, "Short", 4, "ab", 2);
	hivegen_raw(g, "Empty", 1, "", 0);
	hivegen_raw(g, "Typed", 0x3e9, "", 0);
	hivegen_raw(g, "Bytes", 3, "\1\2\3\4\5\6\7\10\11\12\13\14", 12);
	big[4096] = '\0';
	hivegen_text(g, "Limit", big);
	big[4096] = 'z';
	big[4097] = '\0';
	hivegen_text(g, "Long", big);
	hivegen_raw(g, "Huge", 1, big, 16000);
	hivegen_raw(g, "Giant", 3, giant, sizeof(giant));
	hivegen_key(g, "\xc3\x84hre");
	return g;
}

static void expect_text(const struct hive *h, hive_key key, const char *name, const char *want)
{
	char *text = NULL;

	CU_ASSERT_EQUAL(hive_text(h, key, name, &text), 0);
	if (text)
		CU_ASSERT_STRING_EQUAL(text, want);
	free(text);
}

static void values_are_read_with_bounds(void)
{
	struct hive *h = open_generated(sample());
	hive_key key = 0;
	uint32_t number = 0, type;
	uint8_t *bytes;
	size_t len;
	char *text;

	CU_ASSERT_EQUAL_FATAL(hive_find(h, hive_root(h), "software\\ANN", &key), 0);
	expect_text(h, key, "TEXT", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
	expect_text(h, key, "Expand", "%A%\\b");
	expect_text(h, key, "", "default");
	expect_text(h, key, "Open", "ab");
	expect_text(h, key, "Cut", "x");
	expect_text(h, key, "Empty", "");
	CU_ASSERT_EQUAL(hive_text(h, key, "Odd", &text), HF_ECORRUPT);
	CU_ASSERT_EQUAL(hive_text(h, key, "Number", &text), HF_ECORRUPT);
	CU_ASSERT_EQUAL(hive_text(h, key, "Nothing", &text), HF_ENOENT);
	CU_ASSERT_EQUAL(hive_text(h, key, "Long", &text), HF_ELIMIT);
	CU_ASSERT_EQUAL(hive_text(h, key, "Huge", &text), HF_ELIMIT);
	CU_ASSERT_EQUAL(hive_bytes(h, key, "Giant", &type, &bytes, &len), 0);
	CU_ASSERT_EQUAL(len, 20000);
	free(bytes);
	CU_ASSERT_EQUAL(hive_text(h, key, "Limit", &text), 0);
	CU_ASSERT_EQUAL(strlen(text), 4096);
	free(text);
	CU_ASSERT_EQUAL(hive_dword(h, key, "Number", &number), 0);
	CU_ASSERT_EQUAL(number, 0x80000001);
	CU_ASSERT_EQUAL(hive_dword(h, key, "Short", &number), HF_ECORRUPT);
	CU_ASSERT_EQUAL(hive_dword(h, key, "Text", &number), HF_ECORRUPT);
	CU_ASSERT_EQUAL(hive_bytes(h, key, "Bytes", &type, &bytes, &len), 0);
	CU_ASSERT_TRUE(type == 3 && len == 12 && bytes[11] == 12);
	free(bytes);
	CU_ASSERT_EQUAL(hive_type_of(h, key, "Typed", &type), 0);
	CU_ASSERT_EQUAL(type, 0x3e9);
	CU_ASSERT_EQUAL(hive_find(h, hive_root(h), "\xc3\xa4HRE", &key), 0);
	CU_ASSERT_EQUAL(hive_find(h, hive_root(h), "Software\\Bob", &key), HF_ENOENT);
	CU_ASSERT_FALSE(hive_is_dirty(h));
	hive_close(h);
}

/* Walks everything below the root, as it is, without keeping track; returns the number of keys. */
static size_t walk(const struct hive *h)
{
	hive_key *stack = NULL;
	size_t depth = 0, stack_cap = 0, visited = 0;

	CU_ASSERT_EQUAL_FATAL(array_grow(&stack, depth, &stack_cap), 0);
	stack[depth++] = hive_root(h);
	while (depth > 0 && visited < WALK_MAX) {
		hive_key key = stack[--depth], *keys;
		struct hive_key_info info;
		size_t count;
		char *name = hive_key_name(h, key), *text;
		uint8_t *bytes;

		visited++;
		free(name);
		hive_key_info(h, key, &info);
		if (hive_text(h, key, "Personal", &text) == 0)
			free(text);
		if (hive_bytes(h, key, "", NULL, &bytes, &count) == 0)
			free(bytes);
		CU_ASSERT_EQUAL_FATAL(hive_subkeys(h, key, &keys, &count), 0);
		for (size_t i = 0; i < count; i++) {
			CU_ASSERT_EQUAL_FATAL(array_grow(&stack, depth, &stack_cap), 0);
			stack[depth++] = keys[i];
		}
		free(keys);
	}
	CU_ASSERT_TRUE(visited < WALK_MAX);
	free(stack);
	return visited;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void structure_is_checked(void)
{
	static const struct {
		size_t at;
		uint32_t value;
		int error;
	} damage[] = {
		{0x00, 0x66676572 + 1, HF_ECORRUPT}, /* magic */
		{0x14, 2, HF_EUNSUPPORTED},	     /* major version */
		{0x18, 1, HF_EUNSUPPORTED},	     /* minor version of NT 3.1 */
		{0x28, 0, HF_ECORRUPT},
		{0x24, 0x28, HF_ECORRUPT},	 /* root within a cell */
		{0x24, 0xfffffff0, HF_ECORRUPT}, /* root outside */
		{0x1000, 0, HF_ECORRUPT},	 /* bin magic */
		{0x1004, 0x1000, HF_ECORRUPT},	 /* bin offset */
		{0x1008, 0, HF_ECORRUPT},	 /* bin size */
		{0x1008, 0x100000, HF_ECORRUPT},
		{0x1020, 0x80000000, HF_ECORRUPT}, /* cell size */
		{0x1020, 0xfffffffc, HF_ECORRUPT},
		{0x1020, 0, HF_ECORRUPT},
		{0x1024, 0, HF_ECORRUPT},	   /* root is not a key */
		{0x106c, 0x0000ffff, HF_ECORRUPT}, /* root's name leaves its cell */
	};
	size_t len, at, next;
	uint8_t *good = hivegen_take(sample(), &len), *bad = malloc(len);
	struct hive *h;
	const char *why;

	for (size_t i = 0; i < sizeof(damage) / sizeof(*damage); i++) {
		memcpy(bad, good, len);
		for (int k = 0; k < 4; k++)
			bad[damage[i].at + (size_t)k] = (uint8_t)(damage[i].value >> (8 * k));
		hivegen_checksum(bad);
		CU_ASSERT_EQUAL(hive_open_memory(bad, len, &h, &why), damage[i].error);
		CU_ASSERT_TRUE(*why != '\0');
	}
	/* The last cell of the first bin is free and reaches beyond the bin. */
	memcpy(bad, good, len);
	for (at = next = 0x1020; next < 0x2000; next += hive_cell_size(bad, at))
		at = next;
	next = hive_cell_size(bad, at) + 0x1000;
	for (int k = 0; k < 4; k++)
		bad[at + (size_t)k] = (uint8_t)(next >> (8 * k));
	CU_ASSERT_EQUAL(hive_open_memory(bad, len, &h, &why), 0);
	CU_ASSERT_EQUAL(hive_damage(h, &at)->what, HIVE_LOST_BINS);
	hive_close(h);
	memcpy(bad, good, len);
	bad[0x30]++;
	CU_ASSERT_EQUAL(hive_open_memory(bad, len, &h, &why), HF_ECORRUPT);
	for (size_t cut = 0; cut < len; cut += 509) {
		int err = hive_open_memory(good, cut, &h, &why);

		/* The root is in the first bin. */
		CU_ASSERT_EQUAL(err, cut < 0x2000 ? HF_ECORRUPT : 0);
		if (!err)
			CU_ASSERT_PTR_NOT_NULL(hive_damage(h, &at));
		hive_close(h);
	}
	good[4]++;
	hivegen_checksum(good);
	h = open_bytes(good, len);
	CU_ASSERT_TRUE(h && hive_is_dirty(h));
	hive_close(h);
	free(good);
	free(bad);
}

/* The only damage of H is WHAT of KEY. */
static void expect_damage(const struct hive *h, enum hive_loss what, hive_key key)
{
	size_t count;
	const struct hive_damage *d = hive_damage(h, &count);

	CU_ASSERT_EQUAL(count, 1);
	CU_ASSERT_TRUE(count == 1 && d->what == what && d->key == key);
	CU_ASSERT_EQUAL(hive_key_losses(h, key), 1U << what);
}

static size_t find_list(const uint8_t *data, size_t len, size_t nk)
{
	size_t list = 0x1000 + hive_u32(data + nk + 0x20);

	CU_ASSERT_FATAL(list + 8 < len);
	return list;
}

/* Lists that name themselves, their parents, or the same keys over and over. */
static void subkey_loops_end(void)
{
	struct hivegen *g = hivegen_new();
	size_t len, list, count, root = 0x1020;
	uint8_t *data, intact[8 + 20 * 8];
	char name[32];
	hive_key *keys, found;
	struct hive *h;

	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "key%02d", i);
		hivegen_key(g, name);
	}
	data = hivegen_take(g, &len);
	list = find_list(data, len, root);
	memcpy(intact, data + list, sizeof(intact));

	/* The first subkey is the root itself, the third is the second again. */
	memcpy(data + list + 8, "\x20\0\0\0", 4);
	memcpy(data + list + 8 + 2 * 8, data + list + 8 + 8, 4);
	h = open_bytes(data, len);
	expect_damage(h, HIVE_LOST_SUBKEYS, hive_root(h));
	CU_ASSERT_EQUAL(hive_subkeys(h, hive_root(h), &keys, &count), 0);
	CU_ASSERT_EQUAL(count, 18);
	free(keys);
	CU_ASSERT_EQUAL(walk(h), 19);
	CU_ASSERT_EQUAL(hive_find(h, hive_root(h), "key19", &found), 0);
	CU_ASSERT_EQUAL(hive_find(h, hive_root(h), "key00", &found), HF_ECORRUPT);
	hive_close(h);

	/* An index whose entries are the index itself. */
	memcpy(data + list + 4, "ri", 2);
	for (size_t i = 0; i < 20; i++)
		memcpy(data + list + 8 + 4 * i, data + root + 0x20, 4);
	h = open_bytes(data, len);
	expect_damage(h, HIVE_LOST_SUBKEYS, hive_root(h));
	CU_ASSERT_EQUAL(walk(h), 1);
	hive_close(h);

	/* More subkeys than the list has, and than the hive has room for. */
	memcpy(data + list, intact, sizeof(intact));
	data[root + 0x18] = 21;
	h = open_bytes(data, len);
	expect_damage(h, HIVE_LOST_SUBKEYS, hive_root(h));
	CU_ASSERT_EQUAL(walk(h), 21);
	hive_close(h);
	memset(data + root + 0x18, 0xff, 4);
	h = open_bytes(data, len);
	expect_damage(h, HIVE_LOST_SUBKEYS, hive_root(h));
	CU_ASSERT_EQUAL(walk(h), 21);
	hive_close(h);
	free(data);
}

/* Any byte may be anything: nothing crashes (see it under ASan) and all ends. */
static void random_damage_is_survived(void)
{
	size_t len;
	uint8_t *good = hivegen_take(sample(), &len), *bad = malloc(len);
	uint64_t state = 88172645463325252u;
	double start = now();

	for (int round = 0; round < 4000; round++) {
		struct hive *h;
		const char *why;

		memcpy(bad, good, len);
		for (int k = 0; k <= round % 7; k++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			bad[0x1020 + state % (len - 0x1020)] = (uint8_t)(state >> 40);
		}
		if (hive_open_memory(bad, len, &h, &why) == 0) {
			(void)walk(h);
			hive_close(h);
		}
	}
	CU_ASSERT_TRUE(now() - start < 60);
	free(good);
	free(bad);
}

static uint8_t *read_host_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *data;

	if (!f)
		return NULL;
	if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
		fclose(f);
		return NULL;
	}
	data = malloc((size_t)st.st_size + 1);
	*len = data ? fread(data, 1, (size_t)st.st_size, f) : 0;
	fclose(f);
	return data;
}

static void show_damage(const struct hive *h)
{
	struct str text = {0};
	size_t count;

	(void)hive_damage(h, &count);
	if (count > 0 && hive_damage_text(h, &text) == 0)
		printf("  %s\n", text.data);
	str_free(&text);
}

/* Hives from the field: what must open, with its number of keys, and what must not. */
static void hives_from_the_field(void)
{
	static const struct {
		const char *file;
		int error;
		size_t keys; /* 0: not compared */
	} files[] = {
		{"artemis/NTUSER_Bad.DAT", 0, 0},
		{"yarp/BadListHive", 0, 0},
		{"yarp/BadSubkeyHive", 0, 0},
		{"yarp/BigDataHive", 0, 0},
		{"yarp/ManySubkeysHive", 0, 0},
		{"yarp/UnicodeHive", 0, 0},
		{"yarp/MultiSzHive", 0, 0},
		{"yarp/TruncatedHive", 0, 0},
		{"yarp/NewDirtyHive1/NewDirtyHive", 0, 0},
		{"EricZimmerman/NotAHive", HF_ECORRUPT, 0},
		{"EricZimmerman/SAMBadHBinHeader", 0, 0},
		{"EricZimmerman/SAM_DUPENAME", 0, 0},
		{"hivex/minimal", 0, 1},
		{"hivex/special", 0, 0},
		{"nt-hive/testhive", 0, 0},
		{"plaso/NTUSER.DAT", 0, 0},
		{"plaso/NTUSER-WIN7.DAT", 0, 0},
		{"notatin/win7_ntuser.dat", 0, 0},
		{"regipy/transactions_NTUSER.DAT", 0, 0},
		{"aiowinreg/nt/system.reg", 0, 0},
		{"aiowinreg/nt/software.reg", 0, 0},
		{"aiowinreg/nt/sam.reg", 0, 0},
		{"aiowinreg/win2022_64/sam.reg", 0, 0},
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char path[256];
		uint8_t *data;
		size_t len = 0, keys;
		struct hive *h;
		const char *why;
		double start = now();
		int err;

		(void)snprintf(path, sizeof(path), "../shared/testdata/hives/%s", files[i].file);
		data = read_host_file(path, &len);
		if (!data)
			continue;
		any = true;
		err = hive_open_memory(data, len, &h, &why);
		free(data);
		if (err != files[i].error)
			printf("%s: %d %s\n", files[i].file, err, why);
		CU_ASSERT_EQUAL(err, files[i].error);
		if (err)
			continue;
		keys = walk(h);
		if (getenv("HOLDFAST_SHOW"))
			printf("%s: %zu keys%s, %.2f s\n", files[i].file, keys,
			       hive_is_dirty(h) ? ", dirty" : "", now() - start),
				show_damage(h);
		CU_ASSERT_TRUE(files[i].keys == 0 || keys == files[i].keys);
		CU_ASSERT_TRUE(now() - start < 10);
		hive_close(h);
	}
	if (!any)
		printf("skipped: no testdata ");
}

static struct hive *open_field(const char *file)
{
	char path[256];
	size_t len = 0;
	uint8_t *data;
	struct hive *h;

	(void)snprintf(path, sizeof(path), "../shared/testdata/hives/%s", file);
	data = read_host_file(path, &len);
	h = data ? open_bytes(data, len) : NULL;
	free(data);
	return h;
}

/* Big data in segments, names of other scripts and with NULs, as other readers publish them. */
static void odd_values_from_the_field(void)
{
	struct hive *h = open_field("yarp/BigDataHive");
	uint8_t *data = NULL;
	hive_key key = 0;
	uint32_t number = 1;
	size_t len = 0;

	if (!h) {
		printf("skipped: no testdata ");
		return;
	}
	CU_ASSERT_EQUAL(hive_find(h, hive_root(h), "key_with_bigdata", &key), 0);
	CU_ASSERT_EQUAL(hive_bytes(h, key, "v", NULL, &data, &len), 0);
	CU_ASSERT_EQUAL(len, 81725);
	for (size_t i = 0; i < len; i++)
		CU_ASSERT_EQUAL_FATAL(data[i], '2');
	free(data);
	hive_close(h);
	h = open_field("yarp/UnicodeHive");
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	CU_ASSERT_EQUAL(hive_find(h, hive_root(h),
				  "\xd0\x9f\xd0\xa0\xd0\x98\xd0\x92\xd0\x95\xd0\xa2\\"
				  "\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87",
				  &key),
			0);
	hive_close(h);
	h = open_field("hivex/special");
	CU_ASSERT_PTR_NOT_NULL_FATAL(h);
	CU_ASSERT_EQUAL(hive_find(h, hive_root(h), "zero\xc0\x80key", &key), 0);
	CU_ASSERT_EQUAL(hive_dword(h, key, "ZERO\xc0\x80VAL", &number), 0);
	CU_ASSERT_EQUAL(number, 0);
	hive_close(h);
}

void suite_hive(void)
{
	CU_pSuite s = CU_add_suite("windows/hive", NULL, NULL);

	CU_add_test(s, "values are read with bounds", values_are_read_with_bounds);
	CU_add_test(s, "the structure is checked", structure_is_checked);
	CU_add_test(s, "loops in subkey lists end", subkey_loops_end);
	CU_add_test(s, "random damage is survived", random_damage_is_survived);
	CU_add_test(s, "hives from the field", hives_from_the_field);
	CU_add_test(s, "odd values from the field", odd_values_from_the_field);
}
