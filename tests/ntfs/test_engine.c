// SPDX-License-Identifier: GPL-2.0-or-later
/* engine/ and store/ on image files: capture, verification, wipe, and what they refuse. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/cancel.h"
#include "engine/errors.h"
#include "engine/gather.h"
#include "engine/plan.h"
#include "engine/verify.h"
#include "engine/wipe.h"
#include "ntfs/image.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/rules.h"
#include "store/catalog.h"
#include "store/store.h"
#include "unit/suites.h"
#include "volume/ntfs_private.h"
#include "windows/machine.h"

#define STORE	  "C:\\USMTMIG"
#define FILES	  "C:\\USMTMIG\\USMT\\File\\C$"
#define SID	  "S-1-5-21-1-2-3-1001"
#define MANY	  1023
#define RULE_FILE "keep.xml"

static const char rule_text[] =
	"<?xml version='1.0'?><migration urlid='http://example.com/engine'>"
	"<component type='Documents' context='System'><displayName>Kept</displayName>"
	"<role role='Data'><rules><include><objectSet>"
	"<pattern type='File'>C:\\Keep\\* [*]</pattern>"
	"<pattern type='File'>C:\\Users\\ann\\* [*.txt]</pattern>"
	"</objectSet></include></rules></role></component></migration>";

/* What rules may ask of a computer about which nothing is known. */
static const char *no_variable(void *ctx, int user, const char *name)
{
	(void)ctx;
	(void)user;
	(void)name;
	return NULL;
}

static const char *no_name(void *ctx, int user)
{
	(void)ctx;
	(void)user;
	return "nobody";
}

static int never_exists(void *ctx, const char *path, bool *is_dir)
{
	(void)ctx;
	(void)path;
	(void)is_dir;
	return 0;
}

static int never_lists(void *ctx, const char *path, rules_list_visit visit, void *visit_ctx)
{
	(void)ctx;
	(void)path;
	(void)visit;
	(void)visit_ctx;
	return HF_ENOENT;
}

static int one_drive(void *ctx, rules_drive_visit visit, void *visit_ctx)
{
	(void)ctx;
	return visit(visit_ctx, 'C', RULES_DRIVE_FIXED);
}

static struct rules *make_rules(void)
{
	static struct rules_machine machine = {
		.variable = no_variable,
		.user_name = no_name,
		.exists = never_exists,
		.list = never_lists,
		.drives = one_drive,
	};
	struct rules *rules = rules_new();
	char path[512];
	FILE *f;

	machine.upcase = upcase_basic();
	snprintf(path, sizeof(path), "%s/%s", image_dir(), RULE_FILE);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(rule_text, f);
	fclose(f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rules);
	CU_ASSERT_EQUAL_FATAL(rules_load(rules, path, RULE_FILE), 0);
	CU_ASSERT_EQUAL_FATAL(rules_compile(rules, &machine), 0);
	return rules;
}

static fs_ref at(struct fs *fs, const char *path)
{
	fs_ref ref = 0;

	return fs_resolve(fs, path, &ref) ? 0 : ref;
}

static void put(struct fs *fs, const char *dir, const char *name, const char *text)
{
	fs_ref ref = 0;

	CU_ASSERT_EQUAL_FATAL(fs_make_path(fs, dir, &ref), 0);
	CU_ASSERT_NOT_EQUAL_FATAL(image_file(fs, ref, name, text), 0);
}

/* A volume like a small PC's, and its path. */
static const char *make_volume(const char *name)
{
	const char *path = image_make(name, 24, "");
	struct fs *fs = image_open(path, NTFS_WRITE);
	fs_ref dir;

	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	put(fs, "C:\\Keep", "a.txt", "alpha");
	put(fs, "C:\\Keep\\sub", "b.txt", "beta");
	put(fs, "C:\\Keep", "empty.txt", "");
	CU_ASSERT_EQUAL(fs_make_path(fs, "C:\\Keep\\empty", &dir), 0);
	CU_ASSERT_EQUAL(
		image_link(fs, at(fs, "C:\\Keep\\a.txt"), at(fs, "C:\\Keep\\sub"), "a2.txt"), 0);
	put(fs, "C:\\Users\\ann", "doc.txt", "document");
	put(fs, "C:\\Users\\ann", "NTUSER.DAT", "hive");
	put(fs, "C:\\Users\\Default", "NTUSER.DAT", "hive");
	put(fs, "C:\\Windows\\System32", "x.dll", "code");
	put(fs, "C:\\Other", "c.bin", "gamma");
	put(fs, "C:\\Holdfast\\Logs", "l.log", "log");
	put(fs, "C:\\_SMSTaskSequence", "t.xml", "ts");
	put(fs, "C:\\Drivers\\net", "d.inf", "driver");
	put(fs, "C:\\Drivers\\old", "o.inf", "driver");
	CU_ASSERT_EQUAL_FATAL(fs_close(fs), 0);
	return path;
}

static uint64_t serial_of(const char *path)
{
	const struct volume_arg arg = {'C', path};
	struct disks *disks = NULL;
	uint64_t serial = 0;

	CU_ASSERT_EQUAL_FATAL(disks_scan(&arg, 1, &disks), 0);
	if (disks->volume_count)
		serial = disks->volumes[0].serial;
	disks_free(disks);
	return serial;
}

/* Captures with the rule above; stops before the catalog when not FINISH. */
static int capture(const char *path, bool finish, struct gather_result *result)
{
	const struct catalog_user user = {.sid = SID,
					  .domain = "",
					  .name = "ann",
					  .profile = "C:\\Users\\ann",
					  .captured = true,
					  .reason = "by default"};
	struct object_errors errors = {0};
	struct rules *rules = make_rules();
	struct verify_result verified;
	struct catalog *catalog = NULL;
	struct plan plan;
	fs_ref root = 0;
	struct fs *fs = image_open(path, NTFS_WRITE);
	int err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_EQUAL_FATAL(catalog_new(&catalog), 0);
	CU_ASSERT_EQUAL(catalog_add_user(catalog, &user), 0);
	CU_ASSERT_EQUAL(image_plan(&plan, fs, rules, STORE, &errors), 0);
	CU_ASSERT_EQUAL(store_create(fs, STORE, &root), 0);
	cancel_set(!finish);
	err = image_gather(fs, serial_of(path), root, &plan, catalog, &errors, result);
	cancel_set(false);
	if (!err)
		err = image_verify(fs, catalog, &verified);
	if (!err)
		err = store_finish(fs, STORE, catalog);
	CU_ASSERT_EQUAL(errors.count, 0);
	catalog_free(catalog);
	plan_free(&plan);
	rules_free(rules);
	object_errors_free(&errors);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	return err;
}

static const char *captured_volume(const char *name)
{
	const char *path = make_volume(name);
	struct gather_result result;

	CU_ASSERT_EQUAL_FATAL(capture(path, true, &result), 0);
	return path;
}

static void check_same_object(struct fs *fs, const char *from, const char *to, bool same_ref)
{
	struct fs_stat a, b;

	CU_ASSERT_EQUAL_FATAL(fs_stat(fs, at(fs, from), &a), 0);
	CU_ASSERT_EQUAL_FATAL(fs_stat(fs, at(fs, to), &b), 0);
	CU_ASSERT_EQUAL(a.ref == b.ref, same_ref);
	CU_ASSERT_EQUAL(a.size, b.size);
	CU_ASSERT_EQUAL(a.attributes, b.attributes);
	CU_ASSERT_EQUAL(a.security_id, b.security_id);
	for (int i = 0; i < FS_TIMES; i++)
		CU_ASSERT_EQUAL(a.times[i], b.times[i]);
}

static void a_capture_links_what_the_rules_say(void)
{
	const char *path = make_volume("capture");
	struct gather_result result;
	struct fs_stat st;
	struct fs *fs;
	uint32_t names;

	CU_ASSERT_EQUAL_FATAL(capture(path, true, &result), 0);
	CU_ASSERT_EQUAL(result.linked, 5);
	CU_ASSERT_EQUAL(result.copied, 0);
	fs = image_open(path, NTFS_LOOK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	check_same_object(fs, "C:\\Keep\\a.txt", FILES "\\Keep\\a.txt", true);
	check_same_object(fs, "C:\\Keep\\a.txt", FILES "\\Keep\\sub\\a2.txt", true);
	check_same_object(fs, "C:\\Keep\\sub\\b.txt", FILES "\\Keep\\sub\\b.txt", true);
	check_same_object(fs, "C:\\Users\\ann\\doc.txt", FILES "\\Users\\ann\\doc.txt", true);
	check_same_object(fs, "C:\\Keep\\sub", FILES "\\Keep\\sub", false);
	check_same_object(fs, "C:\\Keep\\empty", FILES "\\Keep\\empty", false);
	check_same_object(fs, "C:\\Users\\ann", FILES "\\Users\\ann", false);
	CU_ASSERT_EQUAL(at(fs, FILES "\\Other"), 0);
	CU_ASSERT_EQUAL(at(fs, FILES "\\Users\\ann\\NTUSER.DAT"), 0);
	CU_ASSERT_EQUAL(at(fs, FILES "\\USMTMIG"), 0);
	CU_ASSERT_EQUAL(fs_stat(fs, at(fs, "C:\\Keep\\a.txt"), &st), 0);
	names = st.names;
	CU_ASSERT_EQUAL(names, 4);
	CU_ASSERT_EQUAL(fs_stat(fs, at(fs, "C:\\USMTMIG\\USMT\\File"), &st), 0);
	CU_ASSERT_TRUE(st.attributes & FS_ATTR_HIDDEN);
	CU_ASSERT_EQUAL(at(fs, "C:\\USMTMIG\\USMT\\catalog.new"), 0);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void the_store_is_not_planned(void)
{
	struct fs *fs = image_open(make_volume("plan"), NTFS_LOOK);
	struct object_errors errors = {0};
	struct rules *rules = make_rules();
	struct str path = {0};
	struct plan plan;

	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_EQUAL(image_plan(&plan, fs, rules, "C:\\KEEP\\SUB", &errors), 0);
	CU_ASSERT_EQUAL(plan.file_count, 3);
	CU_ASSERT_EQUAL(plan.needed_dirs, 5); /* C:, Keep, empty, Users, ann */
	CU_ASSERT_EQUAL(plan_file_path(&plan, &plan.files[2], &path), 0);
	CU_ASSERT_STRING_EQUAL(path.data, "C:\\Users\\ann\\doc.txt");
	str_free(&path);
	plan_free(&plan);
	rules_free(rules);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

/* What verify_store() says of the store after a change. */
static int verify(struct fs *fs, struct verify_result *result)
{
	struct catalog *c = NULL;
	int err = store_open_catalog(fs, STORE, &c);

	if (!err)
		err = image_verify(fs, c, result);
	catalog_free(c);
	return err;
}

static void tampered_stores_are_told(void)
{
	const char *path = captured_volume("tamper");
	struct fs *fs = image_open(path, NTFS_WRITE);
	struct verify_result r;
	fs_ref dir, file;

	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	dir = at(fs, FILES "\\Keep");
	file = at(fs, FILES "\\Keep\\a.txt");
	CU_ASSERT_EQUAL(verify(fs, &r), 0);
	CU_ASSERT_EQUAL(r.files, 5);
	CU_ASSERT_EQUAL(image_unlink(fs, dir, "a.txt", file), 0);
	CU_ASSERT_EQUAL(verify(fs, &r), HF_ECORRUPT);
	CU_ASSERT_EQUAL(r.missing, 1);
	/* The same name and content, but another file. */
	CU_ASSERT_NOT_EQUAL(image_file(fs, dir, "a.txt", "alpha"), 0);
	CU_ASSERT_EQUAL(verify(fs, &r), HF_ECORRUPT);
	CU_ASSERT_EQUAL(r.different, 1);
	CU_ASSERT_EQUAL(image_unlink(fs, dir, "a.txt", at(fs, FILES "\\Keep\\a.txt")), 0);
	CU_ASSERT_EQUAL(image_link(fs, file, dir, "a.txt"), 0);
	CU_ASSERT_EQUAL(verify(fs, &r), 0);
	CU_ASSERT_EQUAL(image_link(fs, file, dir, "more.txt"), 0);
	CU_ASSERT_EQUAL(verify(fs, &r), HF_ECORRUPT);
	CU_ASSERT_EQUAL(r.unexpected, 1);
	CU_ASSERT_EQUAL(image_unlink(fs, dir, "more.txt", file), 0);
	CU_ASSERT_EQUAL(fs_write(fs, file, 5, "more", 4), 0);
	CU_ASSERT_EQUAL(verify(fs, &r), HF_ECORRUPT);
	CU_ASSERT_EQUAL(r.different, 2); /* both of its names */
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void a_damaged_catalog_is_no_catalog(void)
{
	const char *path = captured_volume("damage");
	struct fs *fs = image_open(path, NTFS_WRITE);
	fs_ref file;
	struct fs_stat st;

	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	file = at(fs, "C:\\USMTMIG\\USMT\\catalog.db");
	CU_ASSERT_EQUAL_FATAL(fs_stat(fs, file, &st), 0);
	for (uint64_t offset = 0; offset < st.size; offset += 97) {
		struct catalog *c = NULL;
		uint8_t byte, bad;
		size_t done;

		CU_ASSERT_EQUAL(fs_read(fs, file, offset, &byte, 1, &done), 0);
		bad = byte ^ 0x10;
		CU_ASSERT_EQUAL(fs_write(fs, file, offset, &bad, 1), 0);
		CU_ASSERT_EQUAL(store_open_catalog(fs, STORE, &c), HF_ECORRUPT);
		CU_ASSERT_EQUAL(fs_write(fs, file, offset, &byte, 1), 0);
	}
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void files_with_too_many_names_are_copied(void)
{
	const char *path = make_volume("names");
	struct fs *fs = image_open(path, NTFS_WRITE);
	struct gather_result result;
	struct fs_stat st;
	void *data = NULL;
	size_t len = 0;
	fs_ref dir, file;
	char name[16];

	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	file = at(fs, "C:\\Other\\c.bin");
	CU_ASSERT_EQUAL_FATAL(fs_make_path(fs, "C:\\Other\\names", &dir), 0);
	for (unsigned i = 2; i < MANY; i++) {
		snprintf(name, sizeof(name), "%u", i);
		CU_ASSERT_EQUAL_FATAL(image_link(fs, file, dir, name), 0);
	}
	CU_ASSERT_EQUAL(image_link(fs, file, at(fs, "C:\\Keep"), "many"), 0);
	CU_ASSERT_EQUAL(image_link(fs, at(fs, "C:\\Keep\\a.txt"), dir, "few"), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	CU_ASSERT_EQUAL(capture(path, true, &result), 0);
	CU_ASSERT_EQUAL(result.copied, 1);
	CU_ASSERT_EQUAL(result.linked, 5);
	fs = image_open(path, NTFS_WRITE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	check_same_object(fs, "C:\\Keep\\many", FILES "\\Keep\\many", false);
	CU_ASSERT_EQUAL(fs_stat(fs, file, &st), 0);
	CU_ASSERT_EQUAL(st.names, MANY);
	CU_ASSERT_EQUAL(fs_read_file(fs, at(fs, FILES "\\Keep\\many"), 100, &data, &len), 0);
	CU_ASSERT_EQUAL(len, 5);
	CU_ASSERT_NSTRING_EQUAL(data, "gamma", 5);
	free(data);
	/* The copy's only name is in the store, and deleting it loses nothing. */
	CU_ASSERT_EQUAL(store_delete(fs, STORE, NULL), 0);
	CU_ASSERT_EQUAL(at(fs, STORE), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void stores_are_told_from_other_things(void)
{
	const char *path = make_volume("states");
	struct gather_result result;
	enum store_state state;
	struct fs *fs;
	fs_ref root;

	CU_ASSERT_EQUAL(capture(path, false, &result), HF_ECANCELLED);
	fs = image_open(path, NTFS_WRITE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_EQUAL(store_examine(fs, STORE, &state), 0);
	CU_ASSERT_EQUAL(state, STORE_INCOMPLETE);
	CU_ASSERT_EQUAL(store_examine(fs, "C:\\Nothing", &state), 0);
	CU_ASSERT_EQUAL(state, STORE_NONE);
	CU_ASSERT_EQUAL(store_examine(fs, "C:\\Keep\\empty", &state), 0);
	CU_ASSERT_EQUAL(state, STORE_NONE);
	CU_ASSERT_EQUAL(store_examine(fs, "C:\\Keep", &state), 0);
	CU_ASSERT_EQUAL(state, STORE_OTHER);
	CU_ASSERT_EQUAL(store_delete(fs, "C:\\Keep", NULL), HF_EREFUSED);
	CU_ASSERT_EQUAL(store_create(fs, "C:\\Keep", &root), HF_EEXIST);
	CU_ASSERT_EQUAL(store_create(fs, STORE, &root), HF_EEXIST);
	CU_ASSERT_EQUAL(store_examine(fs, "C:\\", &state), HF_EINVAL);
	CU_ASSERT_EQUAL(store_delete(fs, STORE, NULL), 0);
	CU_ASSERT_EQUAL(at(fs, STORE), 0);
	CU_ASSERT_NOT_EQUAL(at(fs, "C:\\Keep\\a.txt"), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	/* A complete store with something of somebody else in it is not deleted. */
	CU_ASSERT_EQUAL(capture(path, true, &result), 0);
	fs = image_open(path, NTFS_WRITE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	put(fs, STORE "\\USMT", "mine.txt", "x");
	CU_ASSERT_EQUAL(store_delete(fs, STORE, NULL), HF_EREFUSED);
	CU_ASSERT_NOT_EQUAL(at(fs, FILES "\\Keep\\a.txt"), 0);
	/* A store of another program: a catalog of its own beside the files. */
	put(fs, "C:\\Foreign\\USMT", "catalog.mig", "x");
	CU_ASSERT_EQUAL(fs_make_path(fs, "C:\\Foreign\\USMT\\File", &root), 0);
	CU_ASSERT_EQUAL(store_delete(fs, "C:\\Foreign", NULL), HF_EREFUSED);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

/* A machine whose only Windows has the user ann, to wipe PATH with. */
struct bench {
	struct machine *m;
	struct windows_user user;
	struct windows_install install;
	struct machine_options options;
	struct volume_arg arg;
};

static void bench_open(struct bench *b, const char *path)
{
	*b = (struct bench){
		.user = {.sid = (char *)SID,
			 .name = (char *)"ann",
			 .profile = (char *)"C:\\Users\\ann"},
		.install = {.letter = 'C', .directory = (char *)"\\Windows", .user_count = 1},
		.arg = {'C', path},
	};
	b->install.users = &b->user;
	b->options = (struct machine_options){.volumes = &b->arg, .volume_count = 1};
	CU_ASSERT_EQUAL_FATAL(machine_open(&b->options, &b->m), 0);
	b->m->chosen = &b->install;
}

static void bench_close(struct bench *b)
{
	b->m->chosen = NULL;
	CU_ASSERT_EQUAL(machine_close(b->m), 0);
}

/* Makes a wipe plan; runs it when RUN. Returns the error. */
static int wipe(struct bench *b, const char *const *keep, size_t count, bool run)
{
	const struct wipe_options options = {.letter = 'C', .keep = keep, .keep_count = count};
	struct wipe_plan *plan = NULL;
	int err = wipe_plan_make(b->m, &options, &plan);

	if (!err && run)
		err = wipe_run(b->m, plan);
	wipe_plan_free(plan);
	return err;
}

static int try_wipe(const char *path, bool with_windows)
{
	struct bench b;
	int err;

	bench_open(&b, path);
	if (!with_windows)
		b.m->chosen = NULL;
	err = wipe(&b, NULL, 0, false);
	bench_close(&b);
	return err;
}

static int collect_name(void *ctx, const struct fs_entry *entry)
{
	char name[NAME_WTF8_MAX];

	if (entry->is_metadata)
		return 0;
	text_from_utf16(entry->name, entry->name_len, name, sizeof(name));
	return str_addf(ctx, "%s ", name);
}

static void a_wipe_leaves_what_is_protected(void)
{
	static const char *const keep[] = {"c:\\drivers\\NET", "C:\\Missing"};
	const char *path = captured_volume("wipe");
	struct verify_result r;
	enum store_wipe state;
	struct str names = {0};
	struct bench b;
	struct fs *fs;
	uint64_t before;

	before = image_hash(path);
	bench_open(&b, path);
	CU_ASSERT_EQUAL(wipe(&b, keep, 2, false), 0);
	CU_ASSERT_EQUAL(image_hash(path), before);
	CU_ASSERT_EQUAL(wipe(&b, keep, 2, true), 0);
	bench_close(&b);
	fs = image_open(path, NTFS_WRITE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_EQUAL(fs_readdir(fs, fs_root(fs), collect_name, &names), 0);
	CU_ASSERT_STRING_EQUAL(names.data, "Drivers Holdfast USMTMIG _SMSTaskSequence ");
	str_truncate(&names, 0);
	CU_ASSERT_EQUAL(fs_readdir(fs, at(fs, "C:\\Drivers"), collect_name, &names), 0);
	CU_ASSERT_STRING_EQUAL(names.data, "net ");
	str_free(&names);
	CU_ASSERT_NOT_EQUAL(at(fs, "C:\\Drivers\\net\\d.inf"), 0);
	CU_ASSERT_NOT_EQUAL(at(fs, "C:\\Holdfast\\Logs\\l.log"), 0);
	CU_ASSERT_NOT_EQUAL(at(fs, "C:\\_SMSTaskSequence\\t.xml"), 0);
	CU_ASSERT_EQUAL(verify(fs, &r), 0);
	CU_ASSERT_EQUAL(r.files, 5);
	CU_ASSERT_EQUAL(store_wipe_state(fs, STORE, &state), 0);
	CU_ASSERT_EQUAL(state, STORE_WIPE_DONE);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	/* The store now holds the last names: it is not deleted. */
	CU_ASSERT_EQUAL(store_delete(fs, STORE, NULL), HF_EREFUSED);
	CU_ASSERT_EQUAL(verify(fs, &r), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void a_wipe_needs_a_whole_store(void)
{
	const char *path = make_volume("nostore");
	struct gather_result result;
	struct fs *fs;

	CU_ASSERT_EQUAL(try_wipe(path, true), HF_ENOENT);
	CU_ASSERT_EQUAL(capture(path, false, &result), HF_ECANCELLED);
	CU_ASSERT_EQUAL(try_wipe(path, true), HF_ENOENT);
	path = captured_volume("lostlink");
	CU_ASSERT_EQUAL(try_wipe(path, true), 0);
	fs = image_open(path, NTFS_WRITE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_EQUAL(image_unlink(fs, at(fs, FILES "\\Keep\\sub"), "b.txt",
				     at(fs, FILES "\\Keep\\sub\\b.txt")),
			0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	CU_ASSERT_EQUAL(try_wipe(path, true), HF_ECORRUPT);
}

/*
 * Captures into a store whose catalog says SERIAL, keeps nothing when EMPTY, and lists SKIPPED when
 * not NULL.
 */
static void odd_store(const char *path, uint64_t serial, bool empty, const char *skipped)
{
	struct fs *fs = image_open(path, NTFS_WRITE);
	struct object_errors errors = {0};
	struct rules *rules = make_rules();
	struct catalog *catalog = NULL;
	struct gather_result result;
	struct plan plan;
	fs_ref root;

	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_EQUAL_FATAL(catalog_new(&catalog), 0);
	CU_ASSERT_EQUAL(image_plan(&plan, fs, rules, STORE, &errors), 0);
	if (empty)
		plan.dir_count = 1;
	CU_ASSERT_EQUAL(store_create(fs, STORE, &root), 0);
	CU_ASSERT_EQUAL(image_gather(fs, serial, root, &plan, catalog, &errors, &result), 0);
	if (skipped)
		CU_ASSERT_EQUAL(catalog_add_skipped(catalog, skipped, "tried"), 0);
	CU_ASSERT_EQUAL(store_finish(fs, STORE, catalog), 0);
	catalog_free(catalog);
	plan_free(&plan);
	rules_free(rules);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void stores_of_others_and_empty_ones_are_refused(void)
{
	const char *path = make_volume("foreign");

	odd_store(path, serial_of(path) ^ 1, false, NULL);
	CU_ASSERT_EQUAL(try_wipe(path, true), HF_EREFUSED);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "another volume"));
	path = make_volume("nothing");
	odd_store(path, serial_of(path), true, NULL);
	CU_ASSERT_EQUAL(try_wipe(path, true), HF_EREFUSED);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "no files"));
}

static void a_wipe_forgets_nobody(void)
{
	const char *path = captured_volume("people");
	static const char *const keep[] = {"C:\\Users\\bob"};
	struct bench b;
	struct fs *fs;

	/* A user whom Windows lists and the catalog does not. */
	bench_open(&b, path);
	b.user.sid = (char *)"S-1-5-21-1-2-3-1002";
	CU_ASSERT_EQUAL(wipe(&b, NULL, 0, false), HF_EREFUSED);
	b.user.kind = WINDOWS_USER_TEMPORARY;
	CU_ASSERT_EQUAL(wipe(&b, NULL, 0, false), HF_EREFUSED);
	b.user.kind = WINDOWS_USER_SERVICE;
	CU_ASSERT_EQUAL(wipe(&b, NULL, 0, false), 0);
	bench_close(&b);
	/* A profile that nobody lists. */
	fs = image_open(path, NTFS_WRITE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	put(fs, "C:\\Users\\bob", "ntuser.dat", "hive");
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	bench_open(&b, path);
	CU_ASSERT_EQUAL(wipe(&b, NULL, 0, false), HF_EREFUSED);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "C:\\Users\\bob"));
	CU_ASSERT_EQUAL(wipe(&b, keep, 1, false), 0);
	/* The same account with its profile elsewhere is not the captured profile. */
	b.user.profile = (char *)"C:\\Users\\bob";
	CU_ASSERT_EQUAL(wipe(&b, NULL, 0, false), HF_EREFUSED);
	bench_close(&b);
}

static void what_was_skipped_is_not_wiped(void)
{
	static const char *const keep[] = {"C:\\Users", "C:\\Other"};
	const char *path = make_volume("skipped");
	struct wipe_options options = {.letter = 'C', .with_errors = true};
	struct wipe_plan *plan = NULL;
	struct bench b;

	odd_store(path, serial_of(path), false, "C:\\Other\\c.bin");
	bench_open(&b, path);
	/* Its user is not in this catalog. */
	b.install.user_count = 0;
	options.keep = keep;
	options.keep_count = 1;
	CU_ASSERT_EQUAL(wipe(&b, keep, 1, false), HF_EREFUSED);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "--with-errors"));
	CU_ASSERT_EQUAL(wipe(&b, keep, 2, false), 0);
	CU_ASSERT_EQUAL(wipe_plan_make(b.m, &options, &plan), 0);
	wipe_plan_free(plan);
	bench_close(&b);
	/* Nothing of that name is left to be lost. */
	path = make_volume("skipped2");
	odd_store(path, serial_of(path), false, "C:\\Other\\gone.bin");
	bench_open(&b, path);
	b.install.user_count = 0;
	CU_ASSERT_EQUAL(wipe(&b, keep, 1, false), 0);
	bench_close(&b);
}

/* Makes the empty directory DIR a junction to \??\C:\x. */
static void make_junction(struct fs *fs, fs_ref dir)
{
	static const uint8_t junction[] = {
		3,    0, 0,   0xa0, 26,	 0, 0,	  0, /* tag and length */
		0,    0, 14,  0,    16,	 0, 0,	  0, /* substitute and print name: offset, length */
		'\\', 0, '?', 0,    '?', 0, '\\', 0, 'C', 0, ':', 0, '\\', 0, 0, 0, 0, 0,
	};
	ntfs_inode *ni;

	CU_ASSERT_EQUAL_FATAL(ntfs_get(ntfs_fs_of(fs), dir, &ni), 0);
	CU_ASSERT_EQUAL(ntfs_set_ntfs_reparse_data(ni, (const char *)junction, sizeof(junction), 0),
			0);
	CU_ASSERT_EQUAL(ntfs_put(ntfs_fs_of(fs), ni), 0);
}

static void a_linked_profile_is_not_captured(void)
{
	static const char *const keep[] = {"C:\\Users\\ann"};
	const char *path = captured_volume("linked");
	struct fs *fs = image_open(path, NTFS_WRITE);
	struct bench b;
	fs_ref ann;

	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	ann = at(fs, "C:\\Users\\ann");
	CU_ASSERT_EQUAL(image_unlink(fs, ann, "doc.txt", at(fs, "C:\\Users\\ann\\doc.txt")), 0);
	CU_ASSERT_EQUAL(image_unlink(fs, ann, "NTUSER.DAT", at(fs, "C:\\Users\\ann\\NTUSER.DAT")),
			0);
	make_junction(fs, ann);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	bench_open(&b, path);
	CU_ASSERT_EQUAL(wipe(&b, NULL, 0, false), HF_EREFUSED);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "junction"));
	/* Keeping the link alone would be in vain. */
	CU_ASSERT_EQUAL(wipe(&b, keep, 1, false), HF_EINVAL);
	bench_close(&b);
}

static void stores_do_not_nest(void)
{
	struct fs *fs = image_open(captured_volume("nest"), NTFS_WRITE);
	struct verify_result r;
	fs_ref root;

	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_EQUAL(store_check_place(fs, STORE), 0);
	CU_ASSERT_EQUAL(store_check_place(fs, "C:\\New\\one"), 0);
	CU_ASSERT_EQUAL(store_check_place(fs, FILES "\\Keep\\new"), HF_EREFUSED);
	CU_ASSERT_EQUAL(store_create(fs, STORE "\\new", &root), HF_EREFUSED);
	CU_ASSERT_EQUAL(verify(fs, &r), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void bad_keeps_are_refused(void)
{
	static const char *const bad[] = {"D:\\x", "C:\\", "C:\\a\\..\\b", "relative"};
	const char *path = captured_volume("keeps");
	struct bench b;

	bench_open(&b, path);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_EQUAL(wipe(&b, &bad[i], 1, false), HF_EINVAL);
	bench_close(&b);
}

static void an_interrupted_wipe_goes_on(void)
{
	const char *path = captured_volume("resume");
	struct bench b;
	struct fs *fs;
	enum store_wipe state;

	CU_ASSERT_EQUAL(try_wipe(path, false), HF_EREFUSED);
	fs = image_open(path, NTFS_WRITE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_EQUAL(store_set_wipe_state(fs, STORE, STORE_WIPE_STARTED), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	bench_open(&b, path);
	b.m->chosen = NULL;
	CU_ASSERT_EQUAL(wipe(&b, NULL, 0, true), 0);
	bench_close(&b);
	fs = image_open(path, NTFS_LOOK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_EQUAL(at(fs, "C:\\Windows"), 0);
	CU_ASSERT_EQUAL(store_wipe_state(fs, STORE, &state), 0);
	CU_ASSERT_EQUAL(state, STORE_WIPE_DONE);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	/* Given again there is nothing to do; what came since is not the wipe's to delete. */
	CU_ASSERT_EQUAL(try_wipe(path, false), 0);
	fs = image_open(path, NTFS_WRITE);
	CU_ASSERT_NOT_EQUAL(image_mkdir(fs, fs_root(fs), "put there since"), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	CU_ASSERT_EQUAL(try_wipe(path, false), HF_EREFUSED);
}

static void a_cancelled_wipe_touches_nothing_more(void)
{
	const char *path = captured_volume("cancel");
	const struct wipe_options options = {.letter = 'C'};
	struct wipe_plan *plan = NULL;
	struct bench b;

	bench_open(&b, path);
	CU_ASSERT_EQUAL_FATAL(wipe_plan_make(b.m, &options, &plan), 0);
	cancel_set(true);
	CU_ASSERT_EQUAL(wipe_run(b.m, plan), HF_ECANCELLED);
	cancel_set(false);
	wipe_plan_free(plan);
	bench_close(&b);
	CU_ASSERT_EQUAL(try_wipe(path, true), 0);
}

void suite_engine(void)
{
	CU_pSuite s = CU_add_suite("engine", NULL, NULL);

	CU_ADD_TEST(s, a_capture_links_what_the_rules_say);
	CU_ADD_TEST(s, the_store_is_not_planned);
	CU_ADD_TEST(s, tampered_stores_are_told);
	CU_ADD_TEST(s, a_damaged_catalog_is_no_catalog);
	CU_ADD_TEST(s, files_with_too_many_names_are_copied);
	CU_ADD_TEST(s, stores_are_told_from_other_things);
	CU_ADD_TEST(s, a_wipe_leaves_what_is_protected);
	CU_ADD_TEST(s, a_wipe_needs_a_whole_store);
	CU_ADD_TEST(s, stores_of_others_and_empty_ones_are_refused);
	CU_ADD_TEST(s, a_wipe_forgets_nobody);
	CU_ADD_TEST(s, what_was_skipped_is_not_wiped);
	CU_ADD_TEST(s, a_linked_profile_is_not_captured);
	CU_ADD_TEST(s, stores_do_not_nest);
	CU_ADD_TEST(s, bad_keeps_are_refused);
	CU_ADD_TEST(s, an_interrupted_wipe_goes_on);
	CU_ADD_TEST(s, a_cancelled_wipe_touches_nothing_more);
}
