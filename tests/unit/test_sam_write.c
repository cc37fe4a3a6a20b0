// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * windows/sam_write.h, profile_security.h, profile_new.h: accounts made in account databases that
 * Windows wrote are like those beside them, odd ones are refused; the user is in each key of a
 * hive; junctions are turned.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "hivedump.h"
#include "report/error.h"
#include "suites.h"
#include "windows/hive_write.h"
#include "windows/profile_new.h"
#include "windows/profile_security.h"
#include "windows/sam_write.h"
#include "windows/security_map.h"

#define TESTDATA "../shared/testdata/hives/"
#define SID	 "S-1-5-21-1-2-3-1001"

/* The host's hive FILE opened for changes, or NULL. */
static struct hive_write *open_file(const char *file)
{
	struct hive_write *w = NULL;
	const char *why;
	size_t len;
	uint8_t *data = hivedump_file(file, &len);

	if (!data) {
		printf("skipped: no testdata ");
		return NULL;
	}
	CU_ASSERT_EQUAL(hive_write_open_memory(data, len, upcase_basic(), &w, &why), 0);
	free(data);
	return w;
}

static uint8_t *bytes_of(const struct hive_write *w, const char *path, const char *name,
			 size_t *len)
{
	const struct hive *h = hive_write_hive(w);
	uint8_t *data = NULL;
	hive_key key;

	*len = 0;
	CU_ASSERT_EQUAL_FATAL(hive_find(h, hive_root(h), path, &key), 0);
	CU_ASSERT_EQUAL_FATAL(hive_bytes(h, key, name, NULL, &data, len), 0);
	return data;
}

static int create(struct hive_write *w, const char *name, char *sid, const char **why)
{
	const struct sam_new a = {.name = name, .enabled = true, .now = 0x1122334455667788};

	return sam_create(w, &a, sid, 192, why);
}

static void like_its_neighbours(const char *file, const char *first, const char *second)
{
	struct hive_write *w = open_file(file);
	const uint8_t *data;
	const char *why = "";
	char sid[192];
	size_t len;

	if (!w)
		return;
	CU_ASSERT_EQUAL(create(w, "ann", sid, &why), 0);
	CU_ASSERT_STRING_EQUAL(sid, first);
	CU_ASSERT_EQUAL(create(w, "J\xc3\xb6rg", sid, &why), 0);
	CU_ASSERT_STRING_EQUAL(sid, second);
	CU_ASSERT_EQUAL(windows_find_account(hive_write_hive(w), "ANN", sid, sizeof(sid)), 0);
	CU_ASSERT_STRING_EQUAL(sid, first);
	CU_ASSERT_EQUAL(create(w, "Ann", sid, &why), HF_EEXIST);
	CU_ASSERT_EQUAL(hive_write_bytes(w, &data, &len), 0);
	hive_write_close(w);
}

static void test_real(void)
{
	like_its_neighbours(TESTDATA "aiowinreg/win2022_64/sam.reg",
			    "S-1-5-21-4042553000-2217363381-1479057140-1000",
			    "S-1-5-21-4042553000-2217363381-1479057140-1001");
	like_its_neighbours(TESTDATA "EricZimmerman/SAM_DUPENAME",
			    "S-1-5-21-4271176276-4210259494-4108073714-1024",
			    "S-1-5-21-4271176276-4210259494-4108073714-1025");
}

/* The parts of V that are not the account's own are those of DefaultAccount. */
static void test_parts(void)
{
	struct hive_write *w = open_file(TESTDATA "aiowinreg/win2022_64/sam.reg");
	static const char users[] = "SAM\\Domains\\Account\\Users\\";
	const char *why = "";
	char sid[192], path[96];
	size_t len, model_len;
	uint8_t *v, *model;

	if (!w)
		return;
	CU_ASSERT_EQUAL(create(w, "ann", sid, &why), 0);
	(void)snprintf(path, sizeof(path), "%s000003E8", users);
	v = bytes_of(w, path, "V", &len);
	(void)snprintf(path, sizeof(path), "%s000001F7", users);
	model = bytes_of(w, path, "V", &model_len);
	/* The descriptor, but for the number in the account's own SID. */
	CU_ASSERT_EQUAL(memcmp(v, model, 12), 0);
	for (size_t i = 0, other = 0; i < 0x10c; i++) {
		other += v[0xcc + i] != model[0xcc + i];
		CU_ASSERT(other <= 2);
	}
	CU_ASSERT_EQUAL(memcmp(v + 0xcc + 0x10c, "a\0n\0n\0", 6), 0);
	free(v);
	free(model);
	(void)snprintf(path, sizeof(path), "%s000003E8", users);
	v = bytes_of(w, path, "F", &len);
	CU_ASSERT_EQUAL_FATAL(len, 80);
	CU_ASSERT_EQUAL(memcmp(v + 0x18, "\x88\x77\x66\x55\x44\x33\x22\x11", 8), 0);
	CU_ASSERT_EQUAL(memcmp(v + 0x30, "\xe8\x03\0\0\x01\x02\0\0\x10\0\0\0", 12), 0);
	free(v);
	hive_write_close(w);
}

static void test_names(void)
{
	static const char *const bad[] = {
		"",    "...", ". .", "a/b", "a\\b", "a@b", "ann.", "a\tb", "a name of 21 letters.",
		"a\"b"};
	static const char *const good[] = {"a", "ann lee", "J\xc3\xb6rg M\xc3\xbcller", "a.b",
					   "12345678901234567890"};
	const char *why;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_FALSE(sam_name_is_valid(bad[i], &why));
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		CU_ASSERT_TRUE(sam_name_is_valid(good[i], &why));
}

/* How often the user is in the descriptor of the key at PATH, with MASK in the low 16 bits. */
static int entries(const struct hive *h, const char *path, uint32_t mask)
{
	struct hive_key_info info;
	uint8_t sid[SECURITY_SID_MAX], len = security_sid(SID, sid);
	hive_key key;
	int n = 0;

	CU_ASSERT_EQUAL_FATAL(hive_find(h, hive_root(h), path, &key), 0);
	hive_key_info(h, key, &info);
	for (size_t i = 8; i + len <= info.security_len; i++)
		n += !memcmp(info.security + i, sid, len) &&
		     info.security[i - 4] == (mask & 0xff) && info.security[i - 2] == mask >> 16;
	return n;
}

static void test_hive(void)
{
	static const char *const keys[] = {"", "Software", "Software\\Policies",
					   "Software\\Policies\\Deep", "Environment"};
	uint8_t sd[PROFILE_SECURITY_MAX];
	size_t len = profile_security(PROFILE_KEY, "S-1-5-21-1-2-3-500", sd);
	struct hive_write *w = NULL;
	hive_key key;

	CU_ASSERT_EQUAL_FATAL(hive_write_new(sd, len, upcase_basic(), &w), 0);
	for (size_t i = 1; i < sizeof(keys) / sizeof(*keys); i++)
		CU_ASSERT_EQUAL(hive_write_path(w, hive_root(hive_write_hive(w)), keys[i], &key),
				0);
	for (int run = 0; run < 2; run++) { /* the second time nothing is added */
		CU_ASSERT_EQUAL(profile_secure_hive(w, SID), 0);
		for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
			CU_ASSERT_EQUAL(entries(hive_write_hive(w), keys[i],
						strstr(keys[i], "Policies") ? 0x20019 : 0xf003f),
					1);
	}
	CU_ASSERT_EQUAL(profile_secure_hive(w, "kim"), HF_EINVAL);
	hive_write_close(w);
}

/* A junction to C:\Users\Default\Documents. */
static size_t junction(uint8_t *out)
{
	static const char name[] = "\\??\\C:\\Users\\Default\\Documents";
	size_t n = sizeof(name) - 1;

	memset(out, 0, 256);
	out[0] = 3;
	out[3] = 0xa0;
	out[10] = (uint8_t)(2 * n);
	for (size_t i = 0; i < n; i++)
		out[16 + 2 * i] = (uint8_t)name[i];
	return 16 + 2 * n + 2;
}

static void test_junction(void)
{
	uint8_t data[256];
	size_t len = junction(data);
	struct str out = {0};

	CU_ASSERT_EQUAL(profile_move_junction(data, len, "C:\\Users\\Def", "C:\\Users\\a", &out),
			0);
	CU_ASSERT_EQUAL(
		profile_move_junction(data, len, "C:\\Users\\default", "C:\\Users\\a", &out), 1);
	CU_ASSERT_EQUAL(out.len, 16 + 2 * strlen("\\??\\C:\\Users\\a\\Documents") + 2 +
					 2 * strlen("C:\\Users\\a\\Documents") + 2);
	CU_ASSERT_EQUAL((uint8_t)out.data[4], out.len - 8);
	CU_ASSERT_EQUAL(out.data[16 + 2 * 13], 'a');
	/* Names that lie outside of the data. */
	data[8] = 0xff;
	CU_ASSERT_EQUAL(
		profile_move_junction(data, len, "C:\\Users\\default", "C:\\Users\\a", &out), 0);
	CU_ASSERT_EQUAL(profile_move_junction(data, 8, "C:\\Users\\default", "C:\\b", &out), 0);
	str_free(&out);
}

static void test_list(void)
{
	static const char list[] = "Microsoft\\Windows NT\\CurrentVersion\\ProfileList";
	uint8_t sd[PROFILE_SECURITY_MAX];
	size_t len = profile_security(PROFILE_KEY, SID, sd);
	struct hive_write *w = NULL;
	const struct hive *h;
	hive_key key, entry;
	char *path = NULL;
	uint32_t odd;

	CU_ASSERT_EQUAL_FATAL(hive_write_new(sd, len, upcase_basic(), &w), 0);
	h = hive_write_hive(w);
	CU_ASSERT_EQUAL(profile_list_set(w, SID, "x"), HF_ENOENT);
	CU_ASSERT_EQUAL_FATAL(hive_write_path(w, hive_root(h), list, &key), 0);
	CU_ASSERT_EQUAL(hive_write_path(w, key, SID ".bak", &entry), 0);
	CU_ASSERT_EQUAL_FATAL(hive_write_path(w, key, SID, &entry), 0);
	CU_ASSERT_EQUAL(hive_write_value(w, entry, "Odd", HIVE_DWORD, "\1\0\0\0", 4), 0);
	CU_ASSERT_EQUAL(profile_list_set(w, SID, "%SystemDrive%\\Users\\ann"), 0);
	CU_ASSERT_EQUAL_FATAL(hive_subkey(h, key, SID, &entry), 0);
	CU_ASSERT_EQUAL(hive_dword(h, entry, "Odd", &odd), HF_ENOENT);
	CU_ASSERT_EQUAL(hive_text(h, entry, "ProfileImagePath", &path), 0);
	CU_ASSERT_STRING_EQUAL(path, "%SystemDrive%\\Users\\ann");
	CU_ASSERT_EQUAL(hive_subkey(h, key, SID ".bak", &entry), 0);
	free(path);
	hive_write_close(w);
}

void suite_sam_write(void)
{
	CU_pSuite s = CU_add_suite("sam_write", NULL, NULL);

	CU_ADD_TEST(s, test_real);
	CU_ADD_TEST(s, test_parts);
	CU_ADD_TEST(s, test_names);
	CU_ADD_TEST(s, test_hive);
	CU_ADD_TEST(s, test_junction);
	CU_ADD_TEST(s, test_list);
}
