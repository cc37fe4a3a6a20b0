// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Comparing a store with its catalog.
 */
#include "engine/verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "engine/cancel.h"
#include "engine/parts.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "store/catalog.h"
#include "store/tree.h"
#include "windows/machine.h"

#define FAULTS_SHOWN 20

struct dir_row {
	const char *name;
	fs_ref stored;
	unsigned volume;
	uint32_t parent;		  /* index; of the row itself for roots */
	uint32_t next_child, first_child; /* UINT32_MAX: none */
	bool found;
};

/* Something that the directory at hand must hold. */
struct expected {
	const char *name;
	fs_ref stored;
	uint64_t size;
	uint32_t dir; /* index of a directory, or UINT32_MAX for a file */
	bool seen;
};

struct verification {
	const struct parts *parts;
	const struct machine_volume *holder; /* of the directory at hand */
	struct catalog *catalog;
	struct verify_result *result;
	verify_visit visit; /* NULL: faults are messages */
	void *ctx;
	struct dir_row *dirs;
	size_t dir_count, dir_cap;
	uint32_t first_root;
	struct arena names;	/* of directories */
	struct expected *items; /* of the directory at hand, sorted by name */
	size_t item_count, item_cap;
	struct arena item_names;
	uint32_t at; /* the directory at hand; UINT32_MAX for File itself */
	fs_ref dir;  /* its reference */
	unsigned shown;
	uint64_t done;
};

/* The path in the store of NAME in directory DIR. */
static int stored_path(struct verification *v, uint32_t dir, const char *name, struct str *path)
{
	uint32_t chain[TREE_DEPTH_MAX];
	size_t depth = 0;
	char letter[3] = {v->holder->letter, ':', '\0'};
	int err =
		str_addf(path, "%s%s\\USMT\\File", v->holder->letter ? letter : "", v->parts->path);

	while (dir != UINT32_MAX && depth < TREE_DEPTH_MAX) {
		chain[depth++] = dir;
		dir = v->dirs[dir].parent == dir ? UINT32_MAX : v->dirs[dir].parent;
	}
	while (depth && !err)
		err = str_addf(path, "\\%s", v->dirs[chain[--depth]].name);
	return err ? err : str_addf(path, "\\%s", name);
}

/* The path that NAME in directory DIR was captured from. */
static int source_path(struct verification *v, uint32_t dir, const char *name, struct str *path)
{
	uint32_t chain[TREE_DEPTH_MAX];
	size_t depth = 0;
	int err;

	if (dir == UINT32_MAX)
		return stored_path(v, dir, name, path);
	while (v->dirs[dir].parent != dir && depth < TREE_DEPTH_MAX) {
		chain[depth++] = dir;
		dir = v->dirs[dir].parent;
	}
	err = str_adds(path, v->parts->items[v->dirs[dir].volume - 1].row.path);
	while (depth && !err)
		err = winpath_add(path, v->dirs[chain[--depth]].name);
	return err ? err : winpath_add(path, name);
}

/* Tells the visitor about NAME in the directory at hand; FAULT is NULL when it checks out. */
static int tell(struct verification *v, const char *name, const char *fault)
{
	struct str path = {0};
	int err =
		source_path(v, v->at, name, &path) ? log_oom() : v->visit(v->ctx, path.data, fault);

	str_free(&path);
	return err;
}

/* One fault: counted in *COUNTER and told, or when nobody listens the first of them. */
static int fault(struct verification *v, uint64_t *counter, const char *name, const char *what)
{
	struct str path = {0};
	int err = 0;

	(*counter)++;
	if (v->visit)
		return tell(v, name, what);
	if (v->shown >= FAULTS_SHOWN)
		return 0;
	v->shown++;
	err = stored_path(v, v->at, name, &path);
	if (!err)
		log_error("The store does not fit its catalog: %s %s.", path.data, what);
	str_free(&path);
	return err ? log_oom() : 0;
}

static int load_dir(void *ctx, const struct catalog_dir *dir)
{
	struct verification *v = ctx;
	struct dir_row *row;
	uint32_t index = (uint32_t)v->dir_count, *list;

	if (v->dir_count >= UINT32_MAX - 1)
		return HF_ELIMIT;
	if (dir->volume > v->parts->count ||
	    (dir->parent && v->dirs[dir->parent - 1].volume != dir->volume)) {
		log_error("The catalog has a directory \"%s\" of no captured volume.", dir->name);
		return HF_ECORRUPT;
	}
	if (array_grow(&v->dirs, v->dir_count, &v->dir_cap))
		return log_oom();
	row = &v->dirs[v->dir_count++];
	*row = (struct dir_row){
		.name = arena_strdup(&v->names, dir->name),
		.stored = dir->stored,
		.volume = dir->volume,
		.parent = dir->parent ? (uint32_t)(dir->parent - 1) : index,
		.first_child = UINT32_MAX,
	};
	/* catalog_dirs() has checked that ids are 1.. and that a parent comes before its children.
	 */
	list = dir->parent ? &v->dirs[dir->parent - 1].first_child : &v->first_root;
	row->next_child = *list;
	*list = index;
	return row->name ? 0 : log_oom();
}

static int expect(struct verification *v, const char *name, fs_ref stored, uint64_t size,
		  uint32_t dir)
{
	if (array_grow(&v->items, v->item_count, &v->item_cap))
		return log_oom();
	v->items[v->item_count++] =
		(struct expected){.name = name, .stored = stored, .size = size, .dir = dir};
	return 0;
}

static int expect_file(void *ctx, const struct catalog_file *file)
{
	struct verification *v = ctx;
	const char *name;

	if (file->how == CATALOG_LISTED)
		return 0;
	name = arena_strdup(&v->item_names, file->name);
	return name ? expect(v, name, file->stored, file->size, UINT32_MAX) : log_oom();
}

static int compare_items(const void *a, const void *b)
{
	return strcmp(((const struct expected *)a)->name, ((const struct expected *)b)->name);
}

struct own_name {
	fs_ref dir;
	const struct fs_entry *entry;
};

/* 1 for the very name that the directory's entry says. */
static int is_own_name(void *ctx, fs_ref parent, const uint16_t *name, unsigned name_len)
{
	const struct own_name *own = ctx;

	return parent == own->dir && name_len == own->entry->name_len &&
	       !memcmp(name, own->entry->name, name_len * sizeof(*name));
}

/* A file that is where it should be and of the right size. */
static int count_file(struct verification *v, struct expected *item, const struct fs_entry *entry)
{
	struct own_name own = {v->dir, entry};
	int err = v->visit ? fs_names(v->holder->fs, entry->ref, is_own_name, &own) : 1;

	if (err == HF_ENOMEM)
		return err;
	if (err != 1)
		return fault(v, &v->result->different, item->name,
			     err ? "cannot be read" : "has a record without this name");
	v->result->files++;
	progress_update(++v->done);
	return v->visit ? tell(v, item->name, NULL) : 0;
}

static int compare_item(struct verification *v, struct expected *item, const struct fs_entry *entry)
{
	bool is_dir = entry->attributes & FS_ATTR_DIRECTORY;
	struct fs_stat st;
	int err;

	if (item->seen)
		return fault(v, &v->result->unexpected, item->name, "is there twice");
	item->seen = true;
	if (is_dir != (item->dir != UINT32_MAX))
		return fault(v, &v->result->different, item->name,
			     is_dir ? "is a directory" : "is a file");
	if (entry->ref != item->stored)
		return fault(v, &v->result->different, item->name,
			     "is another object than the captured one");
	if (is_dir) {
		v->dirs[item->dir].found = true;
		v->result->dirs++;
		return 0;
	}
	err = fs_stat(v->holder->fs, entry->ref, &st);
	if (err == HF_ENOMEM)
		return err;
	if (err)
		return fault(v, &v->result->different, item->name, "cannot be read");
	if (st.is_dir || st.size != item->size)
		return fault(v, &v->result->different, item->name,
			     "has another size than the captured one");
	return count_file(v, item, entry);
}

static int compare_entry(void *ctx, const struct fs_entry *entry)
{
	struct verification *v = ctx;
	char name[NAME_WTF8_MAX];
	struct expected key = {.name = name}, *item = NULL;

	if (text_from_utf16(entry->name, entry->name_len, name, sizeof(name)) < 0)
		return HF_ECORRUPT;
	if (v->item_count)
		item = bsearch(&key, v->items, v->item_count, sizeof(*v->items), compare_items);
	if (!item)
		return fault(v, &v->result->unexpected, name, "is not in the catalog");
	return compare_item(v, item, entry);
}

/* Compares the directory with reference REF with what the list of items says. */
static int compare_dir(struct verification *v, fs_ref ref)
{
	int err;

	v->dir = ref;
	if (v->item_count)
		qsort(v->items, v->item_count, sizeof(*v->items), compare_items);
	err = fs_readdir(v->holder->fs, ref, compare_entry, v);
	if (err && err != HF_ENOMEM && err != HF_ECANCELLED)
		err = fault(v, &v->result->different, ".", "cannot be read");
	for (size_t i = 0; i < v->item_count && !err; i++)
		if (!v->items[i].seen)
			err = fault(v, &v->result->missing, v->items[i].name, "is missing");
	return err;
}

static const struct machine_volume *holder_of(const struct verification *v, uint32_t dir)
{
	return v->parts->items[v->dirs[dir].volume - 1].holder;
}

/* The list of items becomes what the children from FIRST on are that lie on the volume at hand. */
static int expect_children(struct verification *v, uint32_t first)
{
	int err = 0;

	v->item_count = 0;
	arena_free(&v->item_names);
	for (uint32_t i = first; i != UINT32_MAX && !err; i = v->dirs[i].next_child)
		if (holder_of(v, i) == v->holder)
			err = expect(v, v->dirs[i].name, v->dirs[i].stored, 0, i);
	return err;
}

/* A directory that is not there, or not the right one: all it should hold is missing. */
static int count_lost(struct verification *v)
{
	int err = 0;

	if (!v->visit)
		v->result->missing += v->item_count;
	for (size_t i = 0; v->visit && i < v->item_count && !err; i++)
		err = fault(v, &v->result->missing, v->items[i].name, "is missing");
	return err;
}

static int find_files(struct verification *v, fs_ref *files)
{
	struct str path = {0};
	int err = str_addf(&path, "%s\\USMT\\File", v->parts->path) ? log_oom() : 0;

	if (!err)
		err = fs_resolve(v->holder->fs, path.data, files);
	if (err == HF_ENOENT) {
		log_error("The store has lost its directory %s on %s.", path.data,
			  v->holder->volume ? v->holder->volume->device : "its volume");
		v->result->missing++;
		err = HF_ECORRUPT;
	}
	str_free(&path);
	return err;
}

/* The folder File of each volume that holds something: the trees of its volumes and nothing else.
 */
static int verify_roots(struct verification *v)
{
	fs_ref files;
	int err = 0;

	v->at = UINT32_MAX;
	for (size_t i = 0; i < v->parts->count && !err; i++) {
		const struct part *part = &v->parts->items[i];

		if (part->row.role == CATALOG_COPIED)
			continue;
		v->holder = part->holder;
		err = find_files(v, &files);
		if (!err)
			err = expect_children(v, v->first_root);
		if (!err)
			err = compare_dir(v, files);
	}
	return err;
}

static int verify_tree(struct verification *v)
{
	int err = verify_roots(v);

	for (uint32_t i = 0; i < v->dir_count && !err; i++) {
		v->at = i;
		v->holder = holder_of(v, i);
		if (cancel_requested())
			return HF_ECANCELLED;
		err = expect_children(v, v->dirs[i].first_child);
		if (!err)
			err = catalog_files(v->catalog, (int64_t)i + 1, expect_file, v);
		if (!err)
			err = v->dirs[i].found ? compare_dir(v, v->dirs[i].stored) : count_lost(v);
	}
	return err;
}

static int verify(struct verification *v)
{
	uint64_t dirs, files, skipped;
	int err = catalog_count(v->catalog, &dirs, &files, &skipped);

	v->first_root = UINT32_MAX;
	*v->result = (struct verify_result){0};
	if (!err)
		err = catalog_check_settings(v->catalog);
	if (!err)
		err = catalog_dirs(v->catalog, load_dir, v);
	if (!err) {
		progress_phase("Verifying", "files", files);
		err = verify_tree(v);
		progress_end(v->done);
	}
	free(v->dirs);
	free(v->items);
	arena_free(&v->names);
	arena_free(&v->item_names);
	if (!err && (v->result->missing || v->result->different || v->result->unexpected))
		err = HF_ECORRUPT;
	return err;
}

int verify_store(const struct parts *parts, struct catalog *catalog, struct verify_result *result)
{
	struct verification v = {.parts = parts, .catalog = catalog, .result = result};
	int err = verify(&v);

	if (err == HF_ECORRUPT && (result->missing || result->different || result->unexpected))
		log_error("The store at %s does not fit its catalog: %" PRIu64 " missing, %" PRIu64
			  " different, %" PRIu64 " unexpected. It must not be relied upon: capture "
			  "again with /o.",
			  parts->path, result->missing, result->different, result->unexpected);
	return err;
}

int verify_store_each(const struct parts *parts, struct catalog *catalog, verify_visit visit,
		      void *ctx, struct verify_result *result)
{
	struct verification v = {
		.parts = parts, .catalog = catalog, .result = result, .visit = visit, .ctx = ctx};

	return verify(&v);
}
