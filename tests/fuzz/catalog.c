// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Catalogs. The first byte chooses: a sound catalog with patches of the input, the input itself as
 * the file, or rows from the input written and read back. What catalog_open() lets pass must hold
 * what the engine relies on.
 */
#include "store/catalog.h"

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "report/error.h"
#include "report/log.h"

#define ROWS_MAX 40

static uint8_t *base;
static size_t base_len;

/* What the engine relies on while it reads a catalog that was accepted. */
struct reading {
	uint64_t dirs, files, users, keys, values, inis;
};

static void fill(struct catalog *c)
{
	struct catalog_user user = {.sid = "S-1-5-21-1-2-3-1001",
				    .domain = "PC",
				    .name = "ann",
				    .profile = "C:\\Users\\ann",
				    .captured = true,
				    .reason = "/ui:ann"};
	struct catalog_rule rule = {1,		 "include", "C:\\* [*.doc]", "a.xml",
				    "Documents", 7,	    "PC\\ann"};

	fuzz_assert(!catalog_set(c, "format", "2") && !catalog_set(c, "state", "complete"));
	fuzz_assert(!catalog_set(c, "store-id", "00112233445566778899aabbccddeeff"));
	fuzz_assert(!catalog_add_volume(c, &(struct catalog_volume){.id = 1,
								    .path = "C:",
								    .root = "C$",
								    .serial = 0x1122334455667788,
								    .kind = "ntfs",
								    .label = "Windows"}));
	fuzz_assert(!catalog_add_user(c, &user) && !catalog_add_rule(c, &rule));
	fuzz_assert(!catalog_add_variable(c, 1, "CSIDL_PERSONAL", "C:\\Docs"));
	fuzz_assert(!catalog_add_skipped(c, "C:\\x", "locked"));
}

static void fill_settings(struct catalog *c)
{
	const struct catalog_reg_key keys[] = {
		{.id = 1, .name = "HKCU", .user = 1, .how = CATALOG_PARENT},
		{.id = 2, .parent = 1, .name = "Software", .security = 1, .how = CATALOG_DIR},
	};
	const struct catalog_reg_value value = {2, "v", 4, "1234", 4, 1};
	const struct catalog_ini_value ini = {"C:\\a.ini", "s", "n", "v", 1};

	fuzz_assert(!catalog_add_reg_security(c, 1, "descriptor", 10));
	fuzz_assert(!catalog_add_reg_key(c, &keys[0]) && !catalog_add_reg_key(c, &keys[1]));
	fuzz_assert(!catalog_add_reg_value(c, &value) && !catalog_add_ini_value(c, &ini));
}

static size_t serialize(struct catalog *c, uint8_t **out)
{
	const void *data;
	size_t len;

	fuzz_assert(!catalog_serialize(c, &data, &len));
	*out = malloc(len);
	fuzz_assert(*out);
	memcpy(*out, data, len);
	return len;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct catalog_dir dir = {.id = 1, .name = "C$", .volume = 1, .how = CATALOG_PARENT};
	struct catalog_file file = {.dir = 2,
				    .name = "a.doc",
				    .source = 70,
				    .stored = 70,
				    .size = 12,
				    .names = 1,
				    .how = CATALOG_LINK,
				    .rule = 1};
	struct catalog *c;

	(void)argc;
	(void)argv;
	log_set_quiet(true);
	fuzz_assert(!catalog_new(&c));
	fill(c);
	fuzz_assert(!catalog_add_dir(c, &dir));
	dir = (struct catalog_dir){.id = 2,
				   .parent = 1,
				   .name = "Users",
				   .volume = 1,
				   .source = 40,
				   .stored = 50,
				   .how = CATALOG_DIR,
				   .rule = 1};
	fuzz_assert(!catalog_add_dir(c, &dir) && !catalog_add_file(c, &file));
	file.name = "b.doc";
	file.how = CATALOG_COPY;
	file.stored = 71;
	fuzz_assert(!catalog_add_file(c, &file));
	fill_settings(c);
	base_len = serialize(c, &base);
	catalog_free(c);
	return 0;
}

static void check_name(const char *name)
{
	uint16_t units[NAME_UNITS_MAX];

	fuzz_assert(name && *name && strcmp(name, ".") && strcmp(name, ".."));
	fuzz_assert(text_to_utf16(name, strlen(name), units, NAME_UNITS_MAX) > 0);
}

static int check_volume(void *ctx, const struct catalog_volume *volume)
{
	unsigned *volumes = ctx;

	check_name(volume->root);
	fuzz_assert(volume->id == ++*volumes && volume->id <= CATALOG_VOLUMES_MAX);
	fuzz_assert((volume->id == 1) == (volume->role == CATALOG_MASTER));
	fuzz_assert(volume->path[0] && volume->path[1] == ':' && volume->kind && volume->label);
	return 0;
}

static int check_dir(void *ctx, const struct catalog_dir *dir)
{
	struct reading *r = ctx;

	check_name(dir->name);
	fuzz_assert(dir->id == (int64_t)++r->dirs);
	fuzz_assert(dir->parent >= 0 && dir->parent < dir->id);
	fuzz_assert(dir->volume >= 1 && dir->volume <= CATALOG_VOLUMES_MAX);
	return 0;
}

static int check_file(void *ctx, const struct catalog_file *file)
{
	struct reading *r = ctx;

	check_name(file->name);
	r->files++;
	fuzz_assert(file->dir >= 1 && file->dir <= (int64_t)r->dirs);
	fuzz_assert(file->how != CATALOG_LINK || file->stored == file->source);
	fuzz_assert(file->how != CATALOG_LISTED || !file->stored);
	return 0;
}

static int check_user(void *ctx, const struct catalog_user *user)
{
	struct reading *r = ctx;

	r->users++;
	fuzz_assert(user->sid && user->domain && user->name && user->profile && user->reason);
	return 0;
}

static int check_variable(void *ctx, int64_t user, const char *name, const char *value)
{
	(void)ctx;
	fuzz_assert(user >= 0 && name && value);
	return 0;
}

static int check_rule(void *ctx, const struct catalog_rule *rule)
{
	(void)ctx;
	fuzz_assert(rule->id && rule->kind && rule->pattern && rule->file && rule->component &&
		    rule->user);
	return 0;
}

static int check_key(void *ctx, const struct catalog_reg_key *key)
{
	struct reading *r = ctx;

	fuzz_assert(key->id == (int64_t)++r->keys);
	fuzz_assert(key->parent >= 0 && key->parent < key->id);
	fuzz_assert(*key->name && key->user <= (int64_t)r->users);
	return 0;
}

static int check_value(void *ctx, const struct catalog_reg_value *value)
{
	struct reading *r = ctx;

	r->values++;
	fuzz_assert(value->key >= 1 && value->key <= (int64_t)r->keys);
	fuzz_assert(value->name && value->data);
	return 0;
}

static int check_ini(void *ctx, const struct catalog_ini_value *value)
{
	struct reading *r = ctx;

	r->inis++;
	fuzz_assert(*value->file && value->section && value->name && value->value);
	return 0;
}

static void check_settings(struct catalog *c, struct reading *r)
{
	uint64_t keys, values, inis;

	fuzz_assert(!catalog_count_settings(c, &keys, &values, &inis));
	fuzz_assert(!catalog_reg_keys(c, check_key, r) && r->keys == keys);
	fuzz_assert(!catalog_reg_values(c, 0, check_value, r) && r->values == values);
	fuzz_assert(!catalog_ini_values(c, check_ini, r) && r->inis == inis);
}

static void check_rows(struct catalog *c)
{
	struct reading r = {0}, each = {0};
	uint64_t dirs, files, skipped;
	unsigned volumes = 0;

	fuzz_assert(!catalog_count(c, &dirs, &files, &skipped));
	fuzz_assert(!catalog_users(c, check_user, &r));
	fuzz_assert(!catalog_variables(c, check_variable, NULL));
	fuzz_assert(!catalog_rules(c, check_rule, NULL));
	fuzz_assert(!catalog_volumes(c, check_volume, &volumes));
	fuzz_assert(!catalog_dirs(c, check_dir, &r) && r.dirs == dirs);
	fuzz_assert(!catalog_files(c, 0, check_file, &r) && r.files == files);
	check_settings(c, &r);
	each.dirs = dirs;
	for (uint64_t i = 1; i <= dirs && i <= 64; i++)
		fuzz_assert(!catalog_files(c, (int64_t)i, check_file, &each));
	fuzz_assert(dirs > 64 || each.files == files);
	fuzz_assert(!strcmp(catalog_get(c, "format"), "2"));
}

static void open_and_check(const uint8_t *data, size_t len)
{
	unsigned errors = log_error_count();
	struct catalog *c;
	int error = catalog_open(data, len, "input", &c);

	if (error) {
		fuzz_assert(log_error_count() == errors + 1);
		return;
	}
	check_rows(c);
	catalog_free(c);
}

static void patched(struct fuzz_input *in)
{
	struct fuzz_patch done[FUZZ_PATCHES_MAX];
	uint8_t *copy = malloc(base_len);
	struct fuzz_zone zones[32];
	size_t count = 0;

	fuzz_assert(copy);
	memcpy(copy, base, base_len);
	for (; count < 32 && count < base_len / 4096; count++)
		zones[count] = (struct fuzz_zone){count * 4096, 4096};
	fuzz_patch(in, copy, zones, count, done);
	open_and_check(copy, base_len);
	free(copy);
}

/* A name as capture writes it: what NTFS can hold. */
static bool is_name(const char *name)
{
	uint16_t units[NAME_UNITS_MAX];

	return *name && strcmp(name, ".") && strcmp(name, "..") &&
	       text_to_utf16(name, strlen(name), units, NAME_UNITS_MAX) > 0;
}

struct kept {
	struct catalog_file files[ROWS_MAX];
	unsigned found, count;
	int64_t parents[ROWS_MAX + 2]; /* by the id of the directory */
	int64_t dirs;
};

static int find_dir(void *ctx, const struct catalog_dir *dir)
{
	struct kept *k = ctx;

	fuzz_assert(dir->id <= k->dirs && dir->parent == k->parents[dir->id]);
	fuzz_assert(dir->id == 1 || (dir->source == (uint64_t)-dir->id && dir->volume == 2));
	return 0;
}

static int find_kept(void *ctx, const struct catalog_file *file)
{
	struct kept *k = ctx;

	for (unsigned i = 0; i < k->count; i++) {
		const struct catalog_file *f = &k->files[i];

		k->found += f->dir == file->dir && !strcmp(f->name, file->name) &&
			    f->source == file->source && f->stored == file->stored &&
			    f->size == file->size && f->how == file->how &&
			    f->attributes == file->attributes && f->names == file->names;
	}
	return 0;
}

static void written(struct fuzz_input *in)
{
	struct catalog_dir dir = {.id = 1, .name = "C$", .volume = 1, .how = CATALOG_PARENT};
	struct kept kept = {.dirs = 1};
	struct catalog *c;
	uint8_t *data;
	size_t len;

	fuzz_assert(!catalog_new(&c));
	fill(c);
	fuzz_assert(!catalog_add_dir(c, &dir));
	while (in->len && kept.count < ROWS_MAX) {
		uint16_t bits = fuzz_u16(in);
		struct catalog_file *f = &kept.files[kept.count];
		char *name = fuzz_text(in);

		dir = (struct catalog_dir){.id = kept.dirs + 1,
					   .parent = bits % kept.dirs + 1,
					   .name = name,
					   .volume = 2,
					   .source = (uint64_t) - (kept.dirs + 1),
					   .attributes = bits,
					   .how = CATALOG_DIR};
		if (bits & 2 && kept.dirs <= ROWS_MAX && is_name(name) && !catalog_add_dir(c, &dir))
			kept.parents[++kept.dirs] = dir.parent;

		*f = (struct catalog_file){.dir = 1,
					   .name = name,
					   .source = bits * 0x1000100010001u,
					   .size = bits,
					   .attributes = bits * 0x10001u,
					   .names = bits,
					   .how = bits & 1 ? CATALOG_COPY : CATALOG_LINK};
		f->stored = f->how == CATALOG_LINK ? f->source : f->source + 1;
		if (is_name(name) && !catalog_add_file(c, f))
			kept.count++;
		else
			free(name);
	}
	len = serialize(c, &data);
	catalog_free(c);
	fuzz_assert(!catalog_open(data, len, "own", &c));
	check_rows(c);
	fuzz_assert(!catalog_files(c, 1, find_kept, &kept) && kept.found == kept.count);
	fuzz_assert(!catalog_dirs(c, find_dir, &kept));
	catalog_free(c);
	free(data);
	while (kept.count)
		free((char *)(uintptr_t)kept.files[--kept.count].name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};

	switch (fuzz_u8(&in) % 4) {
	case 0:
		open_and_check(in.data, in.len);
		break;
	case 1:
		written(&in);
		break;
	default:
		patched(&in);
	}
	return 0;
}
