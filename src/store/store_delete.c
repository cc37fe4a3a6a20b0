// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deleting a store without losing a file: first everything in it is looked at, then the catalog
 * goes, then the links.
 */
#include "store/store.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "store/store_private.h"
#include "store/tree.h"

/* From this many names on gather copies a file instead of linking it. */
#define COPIED_NAMES 1023
#define SHOWN	     5

struct deletion {
	struct fs *fs;
	const struct store_volumes *volumes; /* or NULL */
	struct ref_set dirs;		     /* all directories of the store */
	struct str original;		     /* scratch */
	struct ref_set lost;		     /* files whose last name is in the store */
	struct store_losses losses;
	uint64_t objects;
};

static int delete_trouble(void *ctx, struct tree_node *node, const struct str *path, int error,
			  const char *reason)
{
	(void)ctx;
	(void)node;
	log_error("Cannot delete the store's %s: %s. Nothing was deleted there.", path->data,
		  reason);
	return error;
}

/* The volume that what lies below folder ROOT ("\E$...") of File comes from. */
static struct fs *origin_of(const struct deletion *d, const char *root)
{
	struct fs *fs = NULL;

	if (d->volumes && root[0] == '\\' && root[1] >= 'A' && root[1] <= 'Z' && root[2] == '$')
		fs = d->volumes->find(d->volumes->ctx, root[1]);
	return fs ? fs : d->fs;
}

/*
 * True when the file at PATH\NAME of the store, whose only name that is, is a copy that gather made
 * of a file with too many names, or on a volume without links: that file is still where the store's
 * tree says.
 */
static bool is_copy(struct deletion *d, struct tree_node *node, const struct str *path,
		    const struct fs_stat *copy)
{
	/* Walked paths start at File: "\C$\Users\..." */
	const char *rest = path->len ? strchr(path->data + 1, '\\') : NULL;
	struct fs *origin = origin_of(d, path->len ? path->data : "");
	struct fs_stat st;
	fs_ref ref;

	str_truncate(&d->original, 0);
	if (str_adds(&d->original, rest ? rest : "") ||
	    tree_add_name(&d->original, node->name, node->name_len))
		return false;
	if (fs_resolve(origin, d->original.data, &ref) || fs_stat(origin, ref, &st) || st.is_dir)
		return false;
	/* On another volume the file itself is there, and perhaps newer than its copy. */
	return origin != d->fs || (st.names >= COPIED_NAMES && st.size == copy->size);
}

static int metadata_inside(const struct str *path)
{
	log_error(
		"The store's %s holds one of NTFS's own files: the volume is damaged. Nothing was "
		"deleted. Run chkdsk /f on the volume in Windows.",
		path->data);
	return HF_ECORRUPT;
}

/* First pass: which directories belong to the store. */
static int dirs_visit(void *ctx, struct tree_node *node, const struct str *path)
{
	struct deletion *d = ctx;
	int err;

	d->objects++;
	if (node->is_metadata)
		return metadata_inside(path);
	if (!(node->attributes & FS_ATTR_DIRECTORY))
		return TREE_ENTER;
	err = ref_set_add(&d->dirs, node->ref);
	return err < 0 ? err : TREE_ENTER;
}

/* 1 for a name outside the store. */
static int is_outside(void *ctx, fs_ref parent, const uint16_t *name, unsigned name_len)
{
	const struct deletion *d = ctx;

	(void)name;
	(void)name_len;
	return !ref_set_has(&d->dirs, parent);
}

/* Second pass: has every file a name outside the store? */
static int check_visit(void *ctx, struct tree_node *node, const struct str *path)
{
	struct deletion *d = ctx;
	struct fs_stat st;
	int err;

	if (node->attributes & FS_ATTR_DIRECTORY)
		return TREE_ENTER;
	err = fs_names(d->fs, node->ref, is_outside, d);
	if (err < 0 || err == 1)
		return err < 0 ? err : TREE_ENTER;
	err = fs_stat(d->fs, node->ref, &st);
	if (err)
		return err;
	if (is_copy(d, node, path, &st))
		return TREE_ENTER;
	err = ref_set_add(&d->lost, node->ref);
	if (err != 1)
		return err < 0 ? err : TREE_ENTER;
	d->losses.bytes += st.size;
	if (d->losses.files++ < SHOWN)
		log_warning("The store holds the last name of %s.", d->original.data);
	return TREE_ENTER;
}

static int delete_visit(void *ctx, struct tree_node *node, const struct str *path)
{
	struct deletion *d = ctx;

	(void)path;
	if (node->attributes & FS_ATTR_DIRECTORY)
		return TREE_ENTER;
	progress_update(++d->objects);
	return fs_unlink(d->fs, node->parent->ref, node->name, node->name_len, node->ref);
}

static int delete_leave(void *ctx, struct tree_node *node, const struct str *path)
{
	struct deletion *d = ctx;

	(void)path;
	if (!node->parent)
		return 0;
	progress_update(++d->objects);
	return fs_unlink(d->fs, node->parent->ref, node->name, node->name_len, node->ref);
}

/* Removes FILE from the USMT directory if it is there. */
static int remove_file(struct fs *fs, fs_ref usmt, const char *name)
{
	fs_ref ref;
	int err = store_lookup(fs, usmt, name, &ref);

	if (err)
		return err == HF_ENOENT ? 0 : err;
	return store_unlink(fs, usmt, name, ref);
}

/* From here on the store is incomplete, whatever happens: catalog.new says that it is one. */
static int retire_catalog(struct fs *fs, fs_ref usmt)
{
	fs_ref ref;
	int err = store_lookup(fs, usmt, STORE_CATALOG_NEW, &ref);

	if (err == HF_ENOENT)
		err = fs_write_file(fs, usmt, STORE_CATALOG_NEW, NULL, 0, NULL);
	if (!err)
		err = fs_sync(fs);
	if (!err)
		err = remove_file(fs, usmt, STORE_CATALOG);
	if (!err)
		err = remove_file(fs, usmt, STORE_CATALOG_SUM);
	if (!err)
		err = remove_file(fs, usmt, STORE_PART_OF);
	if (!err)
		err = remove_file(fs, usmt, STORE_WIPE);
	return err ? err : fs_sync(fs);
}

/* Which files would deleting the directory File lose? */
static int survey_files(struct deletion *d, fs_ref files)
{
	const struct tree_visitor dirs = {.visit = dirs_visit, .trouble = delete_trouble, .ctx = d};
	const struct tree_visitor check = {
		.visit = check_visit, .trouble = delete_trouble, .ctx = d};
	int err = tree_walk(d->fs, files, "", &dirs);

	if (!err)
		err = tree_walk(d->fs, files, "", &check);
	str_free(&d->original);
	ref_set_free(&d->dirs);
	ref_set_free(&d->lost);
	return err;
}

/* Deletes the directory File and its TOTAL objects. */
static int delete_files(struct fs *fs, fs_ref usmt, fs_ref files, uint64_t total)
{
	struct deletion d = {.fs = fs};
	const struct tree_visitor run = {
		.visit = delete_visit, .leave = delete_leave, .trouble = delete_trouble, .ctx = &d};
	int err;

	progress_phase("Deleting", "objects", total);
	err = tree_walk(fs, files, "", &run);
	progress_end(d.objects);
	return err ? err : store_unlink(fs, usmt, STORE_FILES, files);
}

/* Nobody needs what only this store holds any more: its deletion was interrupted. */
static int is_spent(struct fs *fs, const char *path, bool *spent)
{
	enum store_restore restored;
	uint64_t since;
	int err = store_restore_state(fs, path, &restored, &since);

	*spent = restored == STORE_RESTORE_SPENT;
	return err;
}

/*
 * Removes the emptied USMT directory and the store's own, which stays when something else is in it.
 * All in one batch of the journal, so that there is no remainder that nobody can tell.
 */
static int delete_root(struct fs *fs, const char *path, fs_ref root, fs_ref usmt)
{
	struct str parent_path = {0};
	const char *name = strrchr(path, '\\') + 1;
	enum store_state state = STORE_NONE;
	fs_ref parent;
	int err = remove_file(fs, usmt, STORE_CATALOG_NEW);

	if (!err)
		err = remove_file(fs, usmt, STORE_RESTORE);
	if (!err)
		err = store_unlink(fs, root, STORE_USMT, usmt);
	if (!err)
		err = store_examine(fs, path, &state);
	if (err || state != STORE_NONE)
		return err ? err : fs_sync(fs);
	if (str_add(&parent_path, path, (size_t)(name - path)))
		return log_oom();
	err = fs_resolve(fs, parent_path.data, &parent);
	if (!err)
		err = store_unlink(fs, parent, name, root);
	str_free(&parent_path);
	return err ? err : fs_sync(fs);
}

/* Finds the directories of the store at PATH; *FILES is 0 when it has none yet. */
static int find_dirs(struct fs *fs, const char *path, fs_ref *root, fs_ref *usmt, fs_ref *files)
{
	enum store_state state;
	int err = store_examine(fs, path, &state);

	if (err)
		return err;
	if (state == STORE_NONE || state == STORE_OTHER) {
		log_error(
			"%s is not a Holdfast store and is not deleted. Choose another StorePath.",
			path);
		return HF_EREFUSED;
	}
	err = fs_resolve(fs, path, root);
	if (!err)
		err = store_lookup(fs, *root, STORE_USMT, usmt);
	if (err)
		return err;
	err = store_lookup(fs, *usmt, STORE_FILES, files);
	if (err == HF_ENOENT) {
		*files = 0;
		err = 0;
	}
	return err;
}

static int survey(struct deletion *d, const char *path)
{
	fs_ref root = 0, usmt = 0, files = 0;
	enum store_state state;
	bool spent = false;
	int err = find_dirs(d->fs, path, &root, &usmt, &files);

	if (!err)
		err = store_examine(d->fs, path, &state);
	if (!err && state == STORE_INCOMPLETE)
		err = is_spent(d->fs, path, &spent);
	return err || !files || spent ? err : survey_files(d, files);
}

static int check_deletion(struct deletion *d, const char *path)
{
	int err = survey(d, path);

	if (err || !d->losses.files)
		return err;
	log_error("The store is not deleted: it holds the last name of %" PRIu64
		  " files, which would be lost. Restore them, or move them out of it, first.",
		  d->losses.files);
	return HF_EREFUSED;
}

int store_survey_losses(struct fs *fs, const char *path, const struct store_volumes *volumes,
			struct store_losses *losses)
{
	struct deletion d = {.fs = fs, .volumes = volumes};
	int err = survey(&d, path);

	*losses = d.losses;
	return err;
}

int store_check_delete(struct fs *fs, const char *path, const struct store_volumes *volumes)
{
	struct deletion d = {.fs = fs, .volumes = volumes};

	return check_deletion(&d, path);
}

int store_retire(struct fs *fs, const char *path)
{
	fs_ref root = 0, usmt = 0, files = 0;
	int err = find_dirs(fs, path, &root, &usmt, &files);

	return err ? err : retire_catalog(fs, usmt);
}

int store_delete_whatever(struct fs *fs, const char *path)
{
	struct deletion d = {.fs = fs};
	const struct tree_visitor dirs = {
		.visit = dirs_visit, .trouble = delete_trouble, .ctx = &d};
	fs_ref root = 0, usmt = 0, files = 0;
	int err = find_dirs(fs, path, &root, &usmt, &files);

	if (!err && files)
		err = tree_walk(fs, files, "", &dirs);
	ref_set_free(&d.dirs);
	if (!err)
		err = retire_catalog(fs, usmt);
	if (!err && files)
		err = delete_files(fs, usmt, files, d.objects);
	if (!err)
		err = fs_sync(fs);
	return err ? err : delete_root(fs, path, root, usmt);
}

int store_delete(struct fs *fs, const char *path, const struct store_volumes *volumes)
{
	int err = store_check_delete(fs, path, volumes);

	return err ? err : store_delete_whatever(fs, path);
}
