// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a restore is made of: engine/listing.c (USMT specification 4.14), windows/security_map.c
 * (4.10), the state of a restore in the store.
 */
#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/listing.h"
#include "report/error.h"
#include "unit/suites.h"
#include "windows/security_map.h"

static unsigned units(const char *text, uint16_t *out)
{
	int n = text_to_utf16(text, strlen(text), out, NAME_UNITS_MAX);

	CU_ASSERT_TRUE_FATAL(n > 0);
	return (unsigned)n;
}

static void add(struct listing *l, const char *name, fs_ref ref, uint32_t owner)
{
	uint16_t name_units[NAME_UNITS_MAX];
	unsigned n = units(name, name_units);

	CU_ASSERT_EQUAL(listing_add(l, name_units, n, ref, 0, 0, owner), 0);
}

/* The free name for NAME by PATTERN, as text. */
static const char *free_name(struct listing *l, const char *name, const char *pattern)
{
	static char text[NAME_WTF8_MAX];
	uint16_t in[NAME_UNITS_MAX], out[NAME_UNITS_MAX];
	int n = listing_free_name(l, in, units(name, in), pattern, out);

	if (n < 0 || text_from_utf16(out, (size_t)n, text, sizeof(text)) < 0)
		return "";
	return text;
}

/* 4.14: Name(1).ext, (2), ...; the first free one, whatever the case. */
static void free_names(void)
{
	static const struct {
		const char *name, *pattern, *expected;
	} rows[] = {
		{"a.txt", NULL, "a(3).txt"},	   {"b.txt", NULL, "b(1).txt"},
		{"none", NULL, "none(1)"},	   {".profile", NULL, ".profile(1)"},
		{"x.tar.gz", NULL, "x.tar(1).gz"}, {"a.txt", "<F> - <N>.<E>", "a - 3.txt"},
		{"a.txt", "<N> <F>", "3 a"},	   {"a.txt", "<F>.<E>", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct listing l = {.upcase = upcase_basic()};

		add(&l, "a.txt", 1, UINT32_MAX);
		add(&l, "A(1).TXT", 2, UINT32_MAX);
		add(&l, "a(2).txt", 3, UINT32_MAX);
		add(&l, "a - 1.txt", 4, UINT32_MAX);
		add(&l, "a - 2.txt", 5, UINT32_MAX);
		add(&l, "1 a", 6, UINT32_MAX);
		add(&l, "2 A", 7, UINT32_MAX);
		CU_ASSERT_STRING_EQUAL(free_name(&l, rows[i].name, rows[i].pattern),
				       rows[i].expected);
		listing_free(&l);
	}
}

/* 12 row 10: the thousandth is found as fast as the first. */
static void many_free_names(void)
{
	struct listing l = {.upcase = upcase_basic()};

	add(&l, "Local (C).lnk", 1, UINT32_MAX);
	for (uint32_t i = 1; i <= 20000; i++)
		add(&l, free_name(&l, "Local (C).lnk", NULL), i + 1, UINT32_MAX);
	CU_ASSERT_STRING_EQUAL(free_name(&l, "Local (C).lnk", NULL), "Local (C)(20001).lnk");
	listing_free(&l);
}

static void names_are_found(void)
{
	struct listing l = {.upcase = upcase_basic()};
	uint16_t name[NAME_UNITS_MAX];
	unsigned n;

	add(&l, "Ärger.txt", 7, 3);
	add(&l, "Ärger(1).txt", 8, UINT32_MAX);
	n = units("ärger.TXT", name);
	CU_ASSERT_PTR_NULL(listing_exact(&l, name, n));
	CU_ASSERT_PTR_NOT_NULL(listing_similar(&l, name, n, UINT32_MAX));
	CU_ASSERT_PTR_NULL(listing_similar(&l, name, n, 3));
	n = units("Ärger.txt", name);
	CU_ASSERT_PTR_NOT_NULL(listing_renamed(&l, name, n, NULL, 8));
	CU_ASSERT_PTR_NULL(listing_renamed(&l, name, n, NULL, 7));
	listing_clear(&l);
	CU_ASSERT_PTR_NULL(listing_exact(&l, name, n));
	listing_free(&l);
}

/* O:S-1-5-21-1-2-3-1001 G:S-1-5-21-1-2-3-513 D:(A;;FA;;;S-1-5-21-1-2-3-1001)(A;;FA;;;SY) */
static const uint8_t descriptor[] = {
	1,
	0,
	4,
	0x80,
	20,
	0,
	0,
	0,
	48,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	76,
	0,
	0,
	0,
	/* 20: owner, 48: group */
	1,
	5,
	0,
	0,
	0,
	0,
	0,
	5,
	21,
	0,
	0,
	0,
	1,
	0,
	0,
	0,
	2,
	0,
	0,
	0,
	3,
	0,
	0,
	0,
	0xe9,
	3,
	0,
	0,
	1,
	5,
	0,
	0,
	0,
	0,
	0,
	5,
	21,
	0,
	0,
	0,
	1,
	0,
	0,
	0,
	2,
	0,
	0,
	0,
	3,
	0,
	0,
	0,
	1,
	2,
	0,
	0,
	/* 76: two entries of 36 and 20 bytes */
	2,
	0,
	64,
	0,
	2,
	0,
	0,
	0,
	0,
	0,
	36,
	0,
	0xff,
	1,
	0x1f,
	0,
	1,
	5,
	0,
	0,
	0,
	0,
	0,
	5,
	21,
	0,
	0,
	0,
	1,
	0,
	0,
	0,
	2,
	0,
	0,
	0,
	3,
	0,
	0,
	0,
	0xe9,
	3,
	0,
	0,
	0,
	0,
	20,
	0,
	0xff,
	1,
	0x1f,
	0,
	1,
	1,
	0,
	0,
	0,
	0,
	0,
	5,
	18,
	0,
	0,
	0,
};

static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void sids_are_replaced(void)
{
	/* S-1-12-1-4-5-6-7: as long; S-1-5-21-7-7-7-99: the same form; S-1-5-18: shorter. */
	static const char *const to[] = {"S-1-5-21-7-7-7-99", "S-1-5-18", "S-1-12-1-4-5-6-7-8-9"};

	for (size_t i = 0; i < 3; i++) {
		struct security_map m = {0};
		uint8_t *out = NULL, *again = NULL;
		size_t len = 0, ignored;

		CU_ASSERT_EQUAL(security_map_add(&m, "S-1-5-21-1-2-3-1001", to[i]), 0);
		CU_ASSERT_EQUAL(
			security_map_add_domain(&m, "S-1-5-21-1-2-3-1001", "S-1-5-21-7-7-7-99"), 0);
		CU_ASSERT_EQUAL_FATAL(
			security_map_apply(&m, descriptor, sizeof(descriptor), &out, &len), 1);
		/* The owner and the first entry are the new SID, the group of the new computer. */
		uint32_t owner = get32(out + 4), group = get32(out + 8), acl = get32(out + 16);
		size_t n = 8 + 4 * (size_t)out[owner + 1];
		CU_ASSERT_EQUAL(memcmp(out + owner, out + acl + 16, n), 0);
		CU_ASSERT_EQUAL(out[acl + 10], 8 + n);
		CU_ASSERT_EQUAL(get32(out + group + 12), 7);
		CU_ASSERT_EQUAL(get32(out + group + 24), 513);
		CU_ASSERT_EQUAL(out[acl + 2], 8 + 8 + n + 20);
		/* Nothing is left to replace. */
		CU_ASSERT_EQUAL(security_map_apply(&m, out, len, &again, &ignored), 0);
		free(out);
		security_map_free(&m);
	}
}

static void bad_descriptors_are_refused(void)
{
	struct security_map m = {0};
	uint8_t copy[sizeof(descriptor)], *out;
	size_t len;

	CU_ASSERT_EQUAL(security_map_add(&m, "S-1-5-21-1-2-3-1001", "S-1-5-18"), 0);
	CU_ASSERT_EQUAL(security_map_add(&m, "nonsense", "S-1-5-18"), HF_EINVAL);
	CU_ASSERT_EQUAL(security_map_add(&m, "S-1-5-18", "S-1-5-18"), 0);
	CU_ASSERT_EQUAL(m.count, 1);
	for (size_t n = 0; n < sizeof(descriptor); n++)
		CU_ASSERT_EQUAL(security_map_apply(&m, descriptor, n, &out, &len), HF_ECORRUPT);
	/* Any byte wrong: an answer or an error, never a read beyond. */
	for (size_t i = 0; i < sizeof(descriptor); i++) {
		memcpy(copy, descriptor, sizeof(copy));
		copy[i] ^= 0xff;
		if (security_map_apply(&m, copy, sizeof(copy), &out, &len) == 1)
			free(out);
	}
	security_map_free(&m);
}

void suite_restore(void)
{
	CU_pSuite suite = CU_add_suite("restore", NULL, NULL);

	CU_add_test(suite, "free names", free_names);
	CU_add_test(suite, "many free names", many_free_names);
	CU_add_test(suite, "names are found", names_are_found);
	CU_add_test(suite, "SIDs are replaced", sids_are_replaced);
	CU_add_test(suite, "bad descriptors are refused", bad_descriptors_are_refused);
}
