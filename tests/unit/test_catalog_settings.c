// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * store/catalog.h: registry and ini tables, read back and with hostile rows.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/error.h"
#include "store/catalog.h"
#include "unit/suites.h"

#define ODD_NAME "\\DosDevices\\C: \xc3\xa4\xed\xa0\x80\xc0\x80z"
#define BIG	 ((size_t)3 << 20)

static const struct catalog_reg_key root = {
	.id = 1, .name = "HKCU", .user = 1, .how = CATALOG_PARENT};

/* A catalog with one user, a descriptor and the key ROOT. */
static struct catalog *begin(const struct catalog_reg_key *first)
{
	const struct catalog_user user = {
		.sid = "S-1-5-21-1", .domain = "", .name = "ann", .profile = "", .reason = ""};
	struct catalog *c = NULL;

	CU_ASSERT_EQUAL_FATAL(catalog_new(&c), 0);
	CU_ASSERT_EQUAL(catalog_add_user(c, &user), 0);
	CU_ASSERT_EQUAL(catalog_add_reg_security(c, 1, "\1descriptor", 11), 0);
	CU_ASSERT_EQUAL(catalog_add_reg_key(c, first), 0);
	return c;
}

/* What opening C gives; frees it. */
static int reopen(struct catalog *c, struct catalog **out)
{
	const void *data;
	size_t len;
	int err;

	CU_ASSERT_EQUAL_FATAL(catalog_serialize(c, &data, &len), 0);
	err = catalog_open(data, len, "test", out);
	catalog_free(c);
	return err;
}

static int check_security(void *ctx, int64_t id, const void *descriptor, size_t len)
{
	CU_ASSERT_EQUAL(id, 1);
	CU_ASSERT_EQUAL_FATAL(len, 11);
	CU_ASSERT(!memcmp(descriptor, "\1descriptor", len));
	++*(unsigned *)ctx;
	return 0;
}

static int check_key(void *ctx, const struct catalog_reg_key *key)
{
	if (++*(unsigned *)ctx == 1) {
		CU_ASSERT_STRING_EQUAL(key->name, "HKCU");
		CU_ASSERT_EQUAL(key->user, 1);
		CU_ASSERT_PTR_NULL(key->class_name);
		CU_ASSERT_EQUAL(key->security, 0);
		return 0;
	}
	CU_ASSERT_EQUAL(key->parent, 1);
	CU_ASSERT_STRING_EQUAL(key->name, "a\\b");
	CU_ASSERT_EQUAL(key->user, 0);
	CU_ASSERT_STRING_EQUAL(key->class_name, "GenericClass");
	CU_ASSERT_EQUAL(key->security, 1);
	CU_ASSERT_EQUAL(key->written, UINT64_C(133000000000000001));
	CU_ASSERT_EQUAL(key->how, CATALOG_DIR);
	CU_ASSERT_EQUAL(key->rule, 4);
	return 0;
}

static int check_value(void *ctx, const struct catalog_reg_value *value)
{
	static const struct catalog_reg_value expected[] = {
		{.name = "", .type = 1, .len = 0},
		{.name = ODD_NAME, .type = 0xffff1234, .len = 4},
		{.name = "big", .type = 3, .len = BIG},
	};
	unsigned *count = ctx;

	CU_ASSERT_FATAL(*count < 3);
	CU_ASSERT_STRING_EQUAL(value->name, expected[*count].name);
	CU_ASSERT_EQUAL(value->key, 2);
	CU_ASSERT_EQUAL(value->type, expected[*count].type);
	CU_ASSERT_EQUAL(value->len, expected[*count].len);
	CU_ASSERT_PTR_NOT_NULL(value->data);
	CU_ASSERT_EQUAL(value->rule, 5);
	(*count)++;
	return 0;
}

static int check_ini(void *ctx, const struct catalog_ini_value *value)
{
	CU_ASSERT_STRING_EQUAL(value->file, "C:\\a.ini");
	CU_ASSERT_STRING_EQUAL(value->section, "s");
	CU_ASSERT_STRING_EQUAL(value->name, "n");
	CU_ASSERT_STRING_EQUAL(value->value, "v=w");
	++*(unsigned *)ctx;
	return 0;
}

static void settings_are_read_back(void)
{
	const struct catalog_reg_key key = {.id = 2,
					    .parent = 1,
					    .name = "a\\b",
					    .class_name = "GenericClass",
					    .security = 1,
					    .written = UINT64_C(133000000000000001),
					    .how = CATALOG_DIR,
					    .rule = 4};
	const struct catalog_ini_value ini = {"C:\\a.ini", "s", "n", "v=w", 6};
	struct catalog_reg_value value = {.key = 2, .name = "big", .type = 3, .rule = 5};
	uint64_t keys = 0, values = 0, inis = 0;
	struct catalog *c = begin(&root), *read = NULL;
	unsigned count[4] = {0};

	value.data = calloc(1, BIG);
	value.len = BIG;
	CU_ASSERT_PTR_NOT_NULL_FATAL(value.data);
	CU_ASSERT_EQUAL(catalog_add_reg_key(c, &key), 0);
	CU_ASSERT_EQUAL(catalog_add_reg_value(c, &value), 0);
	CU_ASSERT_EQUAL(catalog_add_reg_value(c, &value), HF_EEXIST);
	free((void *)value.data);
	value = (struct catalog_reg_value){.key = 2,
					   .name = ODD_NAME,
					   .type = 0xffff1234,
					   .data = "1234",
					   .len = 4,
					   .rule = 5};
	CU_ASSERT_EQUAL(catalog_add_reg_value(c, &value), 0);
	value = (struct catalog_reg_value){.key = 2, .name = "", .type = 1, .rule = 5};
	CU_ASSERT_EQUAL(catalog_add_reg_value(c, &value), 0);
	CU_ASSERT_EQUAL(catalog_add_ini_value(c, &ini), 0);
	CU_ASSERT_EQUAL_FATAL(reopen(c, &read), 0);
	CU_ASSERT_EQUAL(catalog_count_settings(read, &keys, &values, &inis), 0);
	CU_ASSERT(keys == 2 && values == 3 && inis == 1);
	CU_ASSERT_EQUAL(catalog_reg_securities(read, check_security, &count[0]), 0);
	CU_ASSERT_EQUAL(catalog_reg_keys(read, check_key, &count[1]), 0);
	CU_ASSERT_EQUAL(catalog_reg_values(read, 2, check_value, &count[2]), 0);
	CU_ASSERT_EQUAL(catalog_ini_values(read, check_ini, &count[3]), 0);
	CU_ASSERT(count[0] == 1 && count[1] == 2 && count[2] == 3 && count[3] == 1);
	count[2] = 0;
	CU_ASSERT_EQUAL(catalog_reg_values(read, 0, check_value, &count[2]), 0);
	CU_ASSERT_EQUAL(catalog_reg_values(read, 1, check_value, &count[2]), 0);
	CU_ASSERT_EQUAL(count[2], 3);
	CU_ASSERT_EQUAL(catalog_add_ini_value(read, &ini), HF_EREADONLY);
	catalog_free(read);
}

/* What opening a catalog with FIRST, and SECOND if it is not NULL, gives. */
static int keys(const struct catalog_reg_key *first, const struct catalog_reg_key *second)
{
	struct catalog *c = begin(first), *read = NULL;
	int err;

	if (second)
		CU_ASSERT_EQUAL(catalog_add_reg_key(c, second), 0);
	err = reopen(c, &read);
	if (!err)
		catalog_free(read);
	return err;
}

static void hostile_keys_are_refused(void)
{
	struct catalog_reg_key key = {.id = 2, .parent = 1, .name = "k", .how = CATALOG_DIR};
	const struct catalog_reg_key good = key;
	struct catalog_reg_key first = root;
	char longest[258];

	memset(longest, 'x', sizeof(longest));
	longest[257] = '\0';
	CU_ASSERT_EQUAL(keys(&root, &good), 0);
#define REFUSED(change)                                                                            \
	do {                                                                                       \
		key = good;                                                                        \
		first = root;                                                                      \
		change;                                                                            \
		CU_ASSERT_EQUAL(keys(&first, &key), HF_ECORRUPT);                                  \
	} while (0)
	REFUSED(key.name = "");
	REFUSED(key.name = longest);
	REFUSED(key.name = "\xff");
	REFUSED(key.parent = 2);
	REFUSED(key.parent = 0); /* a root of that name */
	REFUSED(key.id = 3);
	REFUSED(key.user = 1);
	REFUSED(key.security = 2);
	REFUSED(key.how = CATALOG_COPY);
	REFUSED(key.rule = -1);
	REFUSED(first.user = 2); /* there is one only */
	REFUSED(first.user = 0);
	REFUSED(first.name = "HKLM");
	REFUSED(first.name = "HKCR");
#undef REFUSED
	first = (struct catalog_reg_key){.id = 1, .name = "HKLM", .how = CATALOG_PARENT};
	CU_ASSERT_EQUAL(keys(&first, NULL), 0);
}

static int value(int64_t key, const char *name, int64_t rule)
{
	const struct catalog_reg_value row = {
		.key = key, .name = name, .data = "", .len = 0, .rule = rule};
	struct catalog *c = begin(&root), *read = NULL;
	int err;

	CU_ASSERT_EQUAL(catalog_add_reg_value(c, &row), 0);
	err = reopen(c, &read);
	if (!err)
		catalog_free(read);
	return err;
}

static void hostile_values_are_refused(void)
{
	char *longest = malloc(16385);

	CU_ASSERT_PTR_NOT_NULL_FATAL(longest);
	memset(longest, 'x', 16385);
	longest[16384] = '\0';
	CU_ASSERT_EQUAL(value(1, longest, 0), HF_ECORRUPT);
	longest[16383] = '\0';
	CU_ASSERT_EQUAL(value(1, longest, 0), 0);
	free(longest);
	CU_ASSERT_EQUAL(value(1, "", 0), 0);
	CU_ASSERT_EQUAL(value(2, "v", 0), HF_ECORRUPT);
	CU_ASSERT_EQUAL(value(0, "v", 0), HF_ECORRUPT);
	CU_ASSERT_EQUAL(value(1, "\xff", 0), HF_ECORRUPT);
	CU_ASSERT_EQUAL(value(1, "v", -2), HF_ECORRUPT);
}

void suite_catalog_settings(void)
{
	CU_pSuite s = CU_add_suite("catalog_settings", NULL, NULL);

	CU_ADD_TEST(s, settings_are_read_back);
	CU_ADD_TEST(s, hostile_keys_are_refused);
	CU_ADD_TEST(s, hostile_values_are_refused);
}
