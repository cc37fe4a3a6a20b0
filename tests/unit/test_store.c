// SPDX-License-Identifier: GPL-2.0-or-later
/* store/: the catalog, its checksum and the walk over directories. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "report/error.h"
#include "store/catalog.h"
#include "store/sha256.h"
#include "store/tree.h"
#include "unit/suites.h"

static void digests_are_sha256(void)
{
	char hex[SHA256_HEX];
	char *million = malloc(1000000);

	sha256_hex("", 0, hex);
	CU_ASSERT_STRING_EQUAL(hex,
			       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_hex("abc", 3, hex);
	CU_ASSERT_STRING_EQUAL(hex,
			       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
	CU_ASSERT_STRING_EQUAL(hex,
			       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	CU_ASSERT_PTR_NOT_NULL_FATAL(million);
	memset(million, 'a', 1000000);
	sha256_hex(million, 1000000, hex);
	CU_ASSERT_STRING_EQUAL(hex,
			       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

/* A catalog with two directories, FILES files in the second, a user, a rule and a skipped object.
 */
static struct catalog *sample(unsigned files)
{
	const struct catalog_user user = {.sid = "S-1-5-21-1",
					  .domain = "PC1",
					  .name = "ann",
					  .profile = "C:\\Users\\ann",
					  .local = true,
					  .captured = true,
					  .reason = "by default"};
	const struct catalog_rule rule = {.id = 7,
					  .kind = "include",
					  .pattern = "C:\\Users\\ann\\* [*]",
					  .file = "a.xml",
					  .component = "x",
					  .line = 3,
					  .user = "PC1\\ann"};
	struct catalog_dir dir = {.id = 1,
				  .name = "C$",
				  .volume = 1,
				  .source = UINT64_C(0x5000000000005),
				  .stored = UINT64_C(0x8001000000000041),
				  .attributes = FS_ATTR_DIRECTORY,
				  .how = CATALOG_PARENT};
	struct catalog_file file = {.dir = 2, .size = 1000, .names = 1, .rule = 7};
	struct catalog *c = NULL;
	char name[32];

	CU_ASSERT_EQUAL_FATAL(catalog_new(&c), 0);
	CU_ASSERT_EQUAL(catalog_set_id(c), 0);
	CU_ASSERT_EQUAL(catalog_add_volume(c, &(struct catalog_volume){.id = 1,
								       .path = "C:",
								       .root = "C$",
								       .serial = ~UINT64_C(1),
								       .kind = "ntfs",
								       .label = "Windows",
								       .role = CATALOG_MASTER}),
			0);
	CU_ASSERT_EQUAL(catalog_add_volume(c, &(struct catalog_volume){.id = 2,
								       .path = "C:\\Mount",
								       .root = "12$",
								       .kind = "exfat",
								       .label = "",
								       .role = CATALOG_COPIED}),
			0);
	CU_ASSERT_EQUAL(catalog_add_user(c, &user), 0);
	CU_ASSERT_EQUAL(catalog_add_variable(c, 1, "CSIDL_PERSONAL", "D:\\Docs"), 0);
	CU_ASSERT_EQUAL(catalog_add_variable(c, 0, "WINDIR", "C:\\Windows"), 0);
	CU_ASSERT_EQUAL(catalog_add_rule(c, &rule), 0);
	CU_ASSERT_EQUAL(catalog_add_dir(c, &dir), 0);
	dir = (struct catalog_dir){.id = 2,
				   .parent = 1,
				   .name = "d",
				   .volume = 1,
				   .source = 70,
				   .stored = 71,
				   .how = CATALOG_DIR,
				   .rule = 7};
	CU_ASSERT_EQUAL(catalog_add_dir(c, &dir), 0);
	file.name = name;
	for (unsigned i = 0; i < files; i++) {
		snprintf(name, sizeof(name), "Document number %06u.docx", i);
		file.source = file.stored = (UINT64_C(3) << 48) + 100 + i;
		if (catalog_add_file(c, &file))
			CU_FAIL("a file cannot be added");
	}
	CU_ASSERT_EQUAL(catalog_add_skipped(c, "C:\\x", "cannot be read"), 0);
	CU_ASSERT_EQUAL(catalog_set(c, "state", "complete"), 0);
	return c;
}

static int count_file(void *ctx, const struct catalog_file *file)
{
	unsigned *count = ctx;

	CU_ASSERT_EQUAL(file->source, (UINT64_C(3) << 48) + 100 + *count);
	CU_ASSERT_EQUAL(file->stored, file->source);
	CU_ASSERT_EQUAL(file->size, 1000);
	CU_ASSERT_EQUAL(file->rule, 7);
	(*count)++;
	return 0;
}

static int check_volume(void *ctx, const struct catalog_volume *volume)
{
	unsigned *count = ctx;

	CU_ASSERT_EQUAL(volume->id, ++*count);
	CU_ASSERT_EQUAL(volume->role, *count == 1 ? CATALOG_MASTER : CATALOG_COPIED);
	CU_ASSERT_EQUAL(volume->serial, *count == 1 ? ~UINT64_C(1) : 0);
	CU_ASSERT_STRING_EQUAL(volume->path, *count == 1 ? "C:" : "C:\\Mount");
	CU_ASSERT_STRING_EQUAL(volume->root, *count == 1 ? "C$" : "12$");
	CU_ASSERT_STRING_EQUAL(volume->kind, *count == 1 ? "ntfs" : "exfat");
	return 0;
}

static int check_dir(void *ctx, const struct catalog_dir *dir)
{
	unsigned *count = ctx;

	if (++*count == 1) {
		CU_ASSERT_EQUAL(dir->stored, UINT64_C(0x8001000000000041));
		CU_ASSERT_STRING_EQUAL(dir->name, "C$");
	} else {
		CU_ASSERT_EQUAL(dir->parent, 1);
		CU_ASSERT_EQUAL(dir->how, CATALOG_DIR);
	}
	return 0;
}

static int check_user(void *ctx, const struct catalog_user *user)
{
	CU_ASSERT_STRING_EQUAL(user->profile, "C:\\Users\\ann");
	CU_ASSERT_TRUE(user->captured);
	CU_ASSERT_TRUE(user->local);
	++*(unsigned *)ctx;
	return 0;
}

/* The system's come first, whatever the order of adding. */
static int check_variable(void *ctx, int64_t user, const char *name, const char *value)
{
	unsigned *count = ctx;

	CU_ASSERT_EQUAL(user, *count);
	CU_ASSERT_STRING_EQUAL(name, user ? "CSIDL_PERSONAL" : "WINDIR");
	CU_ASSERT_STRING_EQUAL(value, user ? "D:\\Docs" : "C:\\Windows");
	(*count)++;
	return 0;
}

static int check_rule(void *ctx, const struct catalog_rule *rule)
{
	CU_ASSERT_EQUAL(rule->id, 7);
	CU_ASSERT_EQUAL(rule->line, 3);
	CU_ASSERT_STRING_EQUAL(rule->pattern, "C:\\Users\\ann\\* [*]");
	CU_ASSERT_STRING_EQUAL(rule->user, "PC1\\ann");
	++*(unsigned *)ctx;
	return 0;
}

static void a_catalog_is_read_back(void)
{
	struct catalog *c = sample(10), *read = NULL;
	uint64_t dirs = 0, files = 0, skipped = 0;
	unsigned count = 0;
	const void *data;
	size_t len;

	CU_ASSERT_EQUAL_FATAL(catalog_serialize(c, &data, &len), 0);
	CU_ASSERT_EQUAL_FATAL(catalog_open(data, len, "test", &read), 0);
	catalog_free(c);
	CU_ASSERT_STRING_EQUAL(catalog_get(read, "state"), "complete");
	CU_ASSERT_PTR_NULL(catalog_get(read, "nothing"));
	CU_ASSERT_EQUAL(strlen(catalog_get(read, "store-id")), CATALOG_ID_SIZE - 1);
	unsigned volumes = 0;
	CU_ASSERT_EQUAL(catalog_volumes(read, check_volume, &volumes), 0);
	CU_ASSERT_EQUAL(volumes, 2);
	CU_ASSERT_EQUAL(catalog_count(read, &dirs, &files, &skipped), 0);
	CU_ASSERT_EQUAL(dirs, 2);
	CU_ASSERT_EQUAL(files, 10);
	CU_ASSERT_EQUAL(skipped, 1);
	CU_ASSERT_EQUAL(catalog_files(read, 2, count_file, &count), 0);
	CU_ASSERT_EQUAL(count, 10);
	count = 0;
	CU_ASSERT_EQUAL(catalog_files(read, 1, count_file, &count), 0);
	CU_ASSERT_EQUAL(count, 0);
	CU_ASSERT_EQUAL(catalog_dirs(read, check_dir, &count), 0);
	CU_ASSERT_EQUAL(count, 2);
	count = 0;
	CU_ASSERT_EQUAL(catalog_users(read, check_user, &count), 0);
	CU_ASSERT_EQUAL(count, 1);
	count = 0;
	CU_ASSERT_EQUAL(catalog_variables(read, check_variable, &count), 0);
	CU_ASSERT_EQUAL(count, 2);
	count = 0;
	CU_ASSERT_EQUAL(catalog_rules(read, check_rule, &count), 0);
	CU_ASSERT_EQUAL(count, 1);
	CU_ASSERT_EQUAL(catalog_set(read, "state", "x"), HF_EREADONLY);
	catalog_free(read);
}

/* Longer than two pieces, exactly one, and empty. */
static const size_t rule_file_sizes[] = {600000, 256 * 1024, 0};

static int check_rule_file(void *ctx, const char *name, const void *data, size_t len)
{
	unsigned *count = ctx;
	const unsigned char *bytes = data;
	char expected[16];

	snprintf(expected, sizeof(expected), "R%u.xml", *count);
	CU_ASSERT_STRING_EQUAL(name, expected);
	CU_ASSERT_EQUAL_FATAL(len, rule_file_sizes[*count]);
	for (size_t i = 0; i < len; i += 4093)
		CU_ASSERT_EQUAL(bytes[i], (unsigned char)(i / 7 + *count));
	(*count)++;
	return 0;
}

static void rule_files_are_kept(void)
{
	struct catalog *c = sample(1), *read = NULL;
	unsigned char *bytes = malloc(600000);
	const void *data;
	unsigned count = 0;
	size_t len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	for (unsigned k = 0; k < 3; k++) {
		char name[16];
		snprintf(name, sizeof(name), "R%u.xml", k);
		for (size_t i = 0; i < rule_file_sizes[k]; i++)
			bytes[i] = (unsigned char)(i / 7 + k);
		CU_ASSERT_EQUAL(catalog_add_rule_file(c, k + 1, name, bytes, rule_file_sizes[k]),
				0);
	}
	free(bytes);
	CU_ASSERT_EQUAL_FATAL(catalog_serialize(c, &data, &len), 0);
	CU_ASSERT_EQUAL_FATAL(catalog_open(data, len, "test", &read), 0);
	CU_ASSERT_EQUAL(catalog_rule_files(read, check_rule_file, &count), 0);
	CU_ASSERT_EQUAL(count, 3);
	catalog_free(c);
	catalog_free(read);
}

static int accept_dir(void *ctx, const struct catalog_dir *dir)
{
	(void)ctx;
	CU_ASSERT_PTR_NOT_NULL(dir->name);
	return 0;
}

static int accept_file(void *ctx, const struct catalog_file *file)
{
	(void)ctx;
	CU_ASSERT_PTR_NOT_NULL(file->name);
	return 0;
}

/* Damage is found or harmless; it never ends in more than an error. */
static void damaged_catalogs_are_survived(void)
{
	struct catalog *c = sample(200), *read = NULL;
	unsigned refused = 0, tried = 0;
	const void *data;
	uint8_t *copy;
	size_t len;

	CU_ASSERT_EQUAL_FATAL(catalog_serialize(c, &data, &len), 0);
	copy = malloc(len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	for (size_t at = 0; at < len; at += 7 + (at > 4096) * 24) {
		memcpy(copy, data, len);
		copy[at] ^= (uint8_t)(1 + at % 255);
		tried++;
		if (catalog_open(copy, len, "test", &read)) {
			refused++;
			continue;
		}
		catalog_dirs(read, accept_dir, NULL);
		catalog_files(read, 0, accept_file, NULL);
		catalog_get(read, "state");
		catalog_free(read);
	}
	CU_ASSERT(refused > tried / 10);
	for (size_t cut = 0; cut < len; cut += 1111)
		CU_ASSERT_EQUAL(catalog_open(data, cut, "test", &read), HF_ECORRUPT);
	CU_ASSERT_EQUAL(catalog_open("no database", 11, "test", &read), HF_ECORRUPT);
	free(copy);
	catalog_free(c);
}

/* A catalog with one directory (parent PARENT) and one file of that name. */
static int reopen_with(const char *name, int64_t dir, int64_t parent)
{
	const struct catalog_dir root = {
		.id = 1, .name = "C$", .volume = 1, .parent = parent, .how = CATALOG_PARENT};
	const struct catalog_file file = {.dir = dir, .name = name};
	struct catalog *c = NULL, *read = NULL;
	const void *data;
	size_t len;
	int err;

	CU_ASSERT_EQUAL_FATAL(catalog_new(&c), 0);
	CU_ASSERT_EQUAL(catalog_add_dir(c, &root), 0);
	CU_ASSERT_EQUAL(catalog_add_file(c, &file), 0);
	CU_ASSERT_EQUAL_FATAL(catalog_serialize(c, &data, &len), 0);
	err = catalog_open(data, len, "test", &read);
	if (!err)
		catalog_free(read);
	catalog_free(c);
	return err;
}

static void hostile_rows_are_refused(void)
{
	char longest[257];

	memset(longest, 'x', sizeof(longest));
	longest[256] = '\0';
	CU_ASSERT_EQUAL(reopen_with(longest, 1, 0), HF_ECORRUPT);
	longest[255] = '\0';
	CU_ASSERT_EQUAL(reopen_with(longest, 1, 0), 0);
	CU_ASSERT_EQUAL(reopen_with("..", 1, 0), HF_ECORRUPT);
	CU_ASSERT_EQUAL(reopen_with(".", 1, 0), HF_ECORRUPT);
	CU_ASSERT_EQUAL(reopen_with("", 1, 0), HF_ECORRUPT);
	CU_ASSERT_EQUAL(reopen_with("\xff", 1, 0), HF_ECORRUPT);
	CU_ASSERT_EQUAL(reopen_with("a", 2, 0), HF_ECORRUPT);
	CU_ASSERT_EQUAL(reopen_with("a", 0, 0), HF_ECORRUPT);
	CU_ASSERT_EQUAL(reopen_with("a", 1, 1), HF_ECORRUPT);
	/* Odd, but names that NTFS can hold: an unpaired surrogate, a backslash. */
	CU_ASSERT_EQUAL(reopen_with("a\\b", 1, 0), 0);
	CU_ASSERT_EQUAL(reopen_with("\xed\xa0\x80", 1, 0), 0);
}

/* Budget of the design: at most 128 bytes a file with everything; the catalog alone stays below
 * 100. */
static void catalogs_are_small_and_fast(void)
{
	enum { FILES = 100000 };
	struct timespec from, to;
	struct catalog *c;
	const void *data;
	size_t len = 0;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &from);
	c = sample(FILES);
	CU_ASSERT_EQUAL(catalog_serialize(c, &data, &len), 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	catalog_free(c);
	seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	printf("(%.1f bytes and %.2f us a file) ", (double)len / FILES, seconds * 1e6 / FILES);
	CU_ASSERT(len < (size_t)FILES * 100);
	CU_ASSERT(seconds < 5);
}

/* A hostile file system: directory 1 holds itself under two names, 2.. hold the next number. */
static int loop_readdir(struct fs *fs, fs_ref dir, fs_visit visit, void *ctx)
{
	const uint16_t name[1] = {'a'}, other[1] = {'b'};
	struct fs_entry e = {.name = name, .name_len = 1, .attributes = FS_ATTR_DIRECTORY};
	int err;

	(void)fs;
	e.ref = dir == 1 ? 1 : dir + 1;
	err = visit(ctx, &e);
	e.name = other;
	return err || dir != 1 ? err : visit(ctx, &e);
}

struct walked {
	unsigned visits, leaves, troubles;
	int error;
};

static int walked_visit(void *ctx, struct tree_node *node, const struct str *path)
{
	struct walked *w = ctx;

	(void)node;
	(void)path;
	w->visits++;
	return TREE_ENTER;
}

static int walked_leave(void *ctx, struct tree_node *node, const struct str *path)
{
	(void)node;
	(void)path;
	((struct walked *)ctx)->leaves++;
	return 0;
}

static int walked_trouble(void *ctx, struct tree_node *node, const struct str *path, int error,
			  const char *reason)
{
	struct walked *w = ctx;

	(void)node;
	(void)path;
	(void)reason;
	w->troubles++;
	w->error = error;
	return 0;
}

static void endless_trees_end(void)
{
	static const struct fs_ops ops = {.readdir = loop_readdir};
	struct fs fs = {.ops = &ops};
	struct walked w = {0};
	const struct tree_visitor visitor = {
		.visit = walked_visit, .leave = walked_leave, .trouble = walked_trouble, .ctx = &w};

	CU_ASSERT_EQUAL(tree_walk(&fs, 1, "C:", &visitor), 0);
	CU_ASSERT_EQUAL(w.visits, 3);
	CU_ASSERT_EQUAL(w.leaves, 3);
	CU_ASSERT_EQUAL(w.troubles, 2);
	CU_ASSERT_EQUAL(w.error, HF_ECORRUPT);
	w = (struct walked){0};
	CU_ASSERT_EQUAL(tree_walk(&fs, 2, "C:", &visitor), 0);
	CU_ASSERT_EQUAL(w.troubles, 1);
	CU_ASSERT_EQUAL(w.error, HF_ELIMIT);
	CU_ASSERT_EQUAL(w.visits, TREE_DEPTH_MAX + 1);
	CU_ASSERT_EQUAL(w.leaves, w.visits);
}

void suite_store(void)
{
	CU_pSuite s = CU_add_suite("store", NULL, NULL);

	CU_ADD_TEST(s, digests_are_sha256);
	CU_ADD_TEST(s, a_catalog_is_read_back);
	CU_ADD_TEST(s, rule_files_are_kept);
	CU_ADD_TEST(s, damaged_catalogs_are_survived);
	CU_ADD_TEST(s, hostile_rows_are_refused);
	CU_ADD_TEST(s, catalogs_are_small_and_fast);
	CU_ADD_TEST(s, endless_trees_end);
}
