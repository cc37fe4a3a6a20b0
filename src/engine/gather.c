// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Linking what the plan says into the store.
 */
#include "engine/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/cancel.h"
#include "engine/errors.h"
#include "engine/plan.h"
#include "engine/used_rules.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "rules/rules.h"
#include "store/catalog.h"
#include "store/sha256.h"
#include "store/store.h"
#include "store/tree.h"

/* NTFS allows 1,024 names (USMT specification 10.1); the last is left for the restore. */
#define COPIED_NAMES 1023
#define COPY_PIECE   ((size_t)1 << 20)
#define MEGABYTE     1000000

/* A directory of the store that is being filled. */
struct open_dir {
	uint32_t index; /* in plan.dirs */
	fs_ref stored;	/* 0: it could not be made */
	int64_t id;	/* in the catalog */
};

/* A copy that further names of the same file are linked to. */
struct copy {
	fs_ref source, stored;
};

/* Copies that are remembered; a file's names are mostly near each other. */
#define COPIES 64

struct gathering {
	const struct gather_volume *volume; /* at hand */
	struct fs *from, *to;
	const struct plan *plan;
	struct used_rules *rules;
	struct catalog *catalog;
	struct object_errors *errors;
	struct gather_result result;
	struct open_dir *stack; /* the root's first */
	size_t depth, cap;
	int64_t next_id;
	char *buffer;	 /* for copies */
	bool unreadable; /* it was reading that failed last */
	struct copy copies[COPIES];
	size_t copy_count; /* made so far; the newest COPIES of them are remembered */
	uint64_t done;	   /* files of the volume at hand, or bytes when they are copied */
};

/* After these the volume cannot be told to be as the program believes. */
static bool in_doubt(int error)
{
	return error == HF_EIO || error == HF_ECORRUPT || error == HF_ENOMEM ||
	       error == HF_EREADONLY;
}

/*
 * What becomes of ERROR at PATH (freed here; PATH_ERROR: making it failed). STOPS: the volume is in
 * doubt, so that nobody's /c may go on.
 */
static int trouble(struct gathering *g, struct str *path, int path_error, bool stops, int error,
		   const char *reason)
{
	int err = path_error;

	if (!err && stops) {
		log_error("Stopped at %s: %s. The store is incomplete; the originals are as they "
			  "were.",
			  path->data, reason);
		err = error;
	} else if (!err) {
		err = object_error(g->errors, path->data, error, reason);
	}
	str_free(path);
	return err;
}

static int dir_trouble(struct gathering *g, uint32_t index, int error, const char *reason)
{
	struct str path = {0};
	int err = plan_dir_path(g->plan, index, &path);

	return trouble(g, &path, err, in_doubt(error), error, reason);
}

/* WRITING: the error came from a change of the volume. */
static int file_trouble(struct gathering *g, const struct plan_file *file, int error, bool writing,
			const char *reason)
{
	struct str path = {0};
	int err = plan_file_path(g->plan, file, &path);

	return trouble(g, &path, err, writing && in_doubt(error), error, reason);
}

/* Are the files copied to another volume? */
static bool copies(const struct gathering *g)
{
	return g->from != g->to;
}

/* Makes TO carry what FROM has besides its data; what other file systems have is less. */
static int copy_metadata(struct gathering *g, fs_ref from, fs_ref to)
{
	const uint32_t kept = FS_ATTR_READONLY | FS_ATTR_HIDDEN | FS_ATTR_SYSTEM | FS_ATTR_ARCHIVE;
	struct fs_stat st;
	int err;

	if (!copies(g))
		return fs_copy_metadata(g->to, from, to);
	err = fs_stat(g->from, from, &st);
	if (!err)
		err = fs_set_attributes(g->to, to, st.attributes & kept, kept & ~st.attributes);
	return err ? err : fs_set_times(g->to, to, st.times);
}

/* The last thing done to a directory: filling it has changed its times. */
static int close_dir(struct gathering *g)
{
	const struct open_dir *top = &g->stack[--g->depth];
	const struct plan_dir *dir = &g->plan->dirs[top->index];
	int err;

	if (!top->stored || !g->depth)
		return 0;
	err = copy_metadata(g, dir->ref, top->stored);
	if (!err)
		return 0;
	return dir_trouble(g, top->index, err,
			   "its attributes, times or security cannot be copied into the store");
}

static int record_dir(struct gathering *g, const struct open_dir *open, int64_t parent)
{
	const struct plan_dir *dir = &g->plan->dirs[open->index];
	char name[NAME_WTF8_MAX];
	struct catalog_dir row = {
		.id = open->id,
		.parent = parent,
		.name = parent ? name : g->volume->root,
		.volume = g->volume->id,
		.source = dir->ref,
		.stored = open->stored,
		.attributes = dir->attributes,
		.reparse_tag = dir->reparse_tag,
		.how = dir->selected ? CATALOG_DIR : CATALOG_PARENT,
	};
	int err = used_rules_id(g->rules, dir->selected ? dir->rule : RULES_NONE, &row.rule);

	if (!err && parent && text_from_utf16(dir->name, dir->name_len, name, sizeof(name)) < 0)
		err = HF_EINVAL;
	return err ? err : catalog_add_dir(g->catalog, &row);
}

/* The folder of the volume's tree below File. */
static int make_root(struct gathering *g, fs_ref *out)
{
	uint16_t name[NAME_UNITS_MAX];
	int len = text_to_utf16(g->volume->root, strlen(g->volume->root), name, NAME_UNITS_MAX);
	int err = len < 0 ? len : fs_mkdir(g->to, g->volume->files_root, name, (unsigned)len, out);

	return err ? err : store_protect(g->to, *out);
}

/* Makes directory INDEX of the plan in the one on top of the stack, and puts it there. */
static int open_dir(struct gathering *g, uint32_t index)
{
	const struct plan_dir *dir = &g->plan->dirs[index];
	const struct open_dir *top = g->depth ? &g->stack[g->depth - 1] : NULL;
	int64_t parent = top ? top->id : 0;
	struct open_dir *open;
	int err = 0;

	if (array_grow(&g->stack, g->depth, &g->cap))
		return log_oom();
	top = g->depth ? &g->stack[g->depth - 1] : NULL;
	open = &g->stack[g->depth++];
	*open = (struct open_dir){.index = index};
	if (!top) {
		if (make_root(g, &open->stored))
			return dir_trouble(g, index, HF_EIO, "the store's tree cannot be begun");
	} else if (!top->stored) {
		return dir_trouble(g, index, HF_ENOENT,
				   "the directory above it is not in the store");
	} else {
		err = fs_mkdir(g->to, top->stored, dir->name, dir->name_len, &open->stored);
	}
	if (err) {
		open->stored = 0;
		return dir_trouble(g, index, err, "it cannot be made in the store");
	}
	open->id = ++g->next_id;
	g->result.dirs++;
	return record_dir(g, open, parent);
}

/* Copies SIZE bytes and adds up their DIGEST. */
static int copy_data(struct gathering *g, const struct plan_file *file, uint64_t size, fs_ref to,
		     struct sha256 *digest)
{
	for (uint64_t at = 0; at < size;) {
		size_t piece = size - at < COPY_PIECE ? (size_t)(size - at) : COPY_PIECE;
		size_t done = 0;
		int err = cancel_requested()
				  ? HF_ECANCELLED
				  : fs_read(g->from, file->ref, at, g->buffer, piece, &done);

		if (!err && done != piece)
			err = HF_ECORRUPT;
		g->unreadable = err && err != HF_ECANCELLED;
		if (!err)
			err = fs_write(g->to, to, at, g->buffer, done);
		if (err)
			return err;
		sha256_add(digest, g->buffer, done);
		at += done;
		if (copies(g))
			progress_update((g->done += done) / MEGABYTE);
	}
	return 0;
}

/* Reads the copy TO of SIZE bytes back: is it what WANTED was? */
static int check_copy(struct gathering *g, fs_ref to, uint64_t size, struct sha256 *wanted)
{
	char expected[SHA256_HEX], found[SHA256_HEX];
	struct sha256 digest;

	sha256_begin(&digest);
	for (uint64_t at = 0; at < size;) {
		size_t piece = size - at < COPY_PIECE ? (size_t)(size - at) : COPY_PIECE;
		size_t done = 0;
		int err = fs_read(g->to, to, at, g->buffer, piece, &done);

		if (!err && done != piece)
			err = HF_ECORRUPT;
		if (err)
			return err;
		sha256_add(&digest, g->buffer, done);
		at += done;
	}
	sha256_end(wanted, expected);
	sha256_end(&digest, found);
	if (!strcmp(expected, found))
		return 0;
	log_error("The copy in the store is not what was read: the disk or the memory is failing.");
	return HF_EIO;
}

/* Fills the new file TO with the data of FILE. */
static int fill_copy(struct gathering *g, const struct plan_file *file, uint64_t size, fs_ref to)
{
	struct sha256 digest;
	int err;

	if (!g->buffer)
		g->buffer = malloc(COPY_PIECE);
	if (!g->buffer)
		return log_oom();
	sha256_begin(&digest);
	err = copy_data(g, file, size, to, &digest);
	if (!err)
		err = check_copy(g, to, size, &digest);
	return err ? err : copy_metadata(g, file->ref, to);
}

/* A new file with the same content. */
static int copy_file(struct gathering *g, const struct plan_file *file, const struct fs_stat *st,
		     fs_ref dir, fs_ref *stored)
{
	int err = fs_create(g->to, dir, file->name, file->name_len, stored);

	if (!err)
		err = fill_copy(g, file, st->size, *stored);
	else
		return err;
	if (!err) {
		g->result.copied++;
		return 0;
	}
	/* A partial copy must not look like the file. */
	if (fs_unlink(g->to, dir, file->name, file->name_len, *stored))
		return HF_EIO;
	return err;
}

static int say_copied(struct gathering *g, const struct plan_file *file, const struct fs_stat *st)
{
	struct str path = {0};
	int err = plan_file_path(g->plan, file, &path);

	if (!err)
		log_info("%s has %u names already and is copied instead of linked.", path.data,
			 st->names);
	str_free(&path);
	return err;
}

/* A file with too many names: copied once, its further names are links to the copy. */
static int keep_copy(struct gathering *g, const struct plan_file *file, const struct fs_stat *st,
		     fs_ref dir, fs_ref *stored)
{
	int err = HF_ELIMIT;

	for (size_t i = 0; i < COPIES && i < g->copy_count && err == HF_ELIMIT; i++) {
		struct fs_stat copy;

		if (g->copies[i].source != file->ref)
			continue;
		*stored = g->copies[i].stored;
		err = fs_stat(g->to, *stored, &copy);
		if (!err)
			err = copy.names >= COPIED_NAMES
				      ? HF_ELIMIT
				      : fs_link(g->to, *stored, dir, file->name, file->name_len);
	}
	if (err != HF_ELIMIT)
		return err;
	err = say_copied(g, file, st);
	if (!err)
		err = copy_file(g, file, st, dir, stored);
	if (!err)
		g->copies[g->copy_count++ % COPIES] = (struct copy){file->ref, *stored};
	return err;
}

/* Links or copies FILE; ROW gets how and where. */
static int keep_file(struct gathering *g, const struct plan_file *file, const struct fs_stat *st,
		     fs_ref dir, struct catalog_file *row)
{
	int err = HF_ELIMIT;

	if (copies(g)) {
		row->how = CATALOG_COPY;
		return copy_file(g, file, st, dir, &row->stored);
	}
	row->how = CATALOG_LINK;
	row->stored = file->ref;
	if (st->names < COPIED_NAMES)
		err = fs_link(g->to, file->ref, dir, file->name, file->name_len);
	if (!err) {
		g->result.linked++;
		g->result.bytes += st->size;
	}
	if (err != HF_ELIMIT)
		return err;
	row->how = CATALOG_COPY;
	return keep_copy(g, file, st, dir, &row->stored);
}

static int gather_file(struct gathering *g, const struct plan_file *file,
		       const struct open_dir *dir)
{
	char name[NAME_WTF8_MAX];
	struct catalog_file row = {.dir = dir->id,
				   .name = name,
				   .source = file->ref,
				   .attributes = file->attributes,
				   .reparse_tag = file->reparse_tag};
	struct fs_stat st;
	int err;

	if (!dir->stored)
		return file_trouble(g, file, HF_ENOENT, false,
				    "the directory above it is not in the store");
	err = fs_stat(g->from, file->ref, &st);
	if (!err && (st.is_dir || st.is_metadata))
		err = HF_ECORRUPT;
	if (err)
		return file_trouble(g, file, err, false, "its record cannot be read");
	row.size = st.size;
	row.names = st.names;
	if (file->listed_only) {
		row.how = CATALOG_LISTED;
		g->result.listed++;
	} else {
		g->unreadable = false;
		err = keep_file(g, file, &st, dir->stored, &row);
		if (err)
			return file_trouble(g, file, err, !g->unreadable,
					    copies(g) ? "it cannot be copied into the store"
						      : "it cannot be linked into the store");
	}
	if (text_from_utf16(file->name, file->name_len, name, sizeof(name)) < 0)
		return file_trouble(g, file, HF_EINVAL, false, "its name cannot be recorded");
	err = used_rules_id(g->rules, file->rule, &row.rule);
	return err ? err : catalog_add_file(g->catalog, &row);
}

static int gather_dir(struct gathering *g, uint32_t index)
{
	const struct plan_dir *dir = &g->plan->dirs[index];
	int err = 0;

	while (!err && g->depth && g->stack[g->depth - 1].index != dir->parent)
		err = close_dir(g);
	if (!err)
		err = open_dir(g, index);
	for (uint32_t i = 0; i < dir->file_count && !err; i++) {
		if (cancel_requested())
			return HF_ECANCELLED;
		err = gather_file(g, &g->plan->files[dir->first_file + i], &g->stack[g->depth - 1]);
		if (!copies(g))
			progress_update(++g->done);
	}
	return err;
}

/* The parent of everything must be made first, also when nothing is selected. */
static int gather_all(struct gathering *g)
{
	int err = 0;

	for (size_t i = 0; i < g->plan->dir_count && !err; i++) {
		if (i && !g->plan->dirs[i].needed)
			continue;
		err = cancel_requested() ? HF_ECANCELLED : gather_dir(g, (uint32_t)i);
	}
	while (g->depth && !err)
		err = close_dir(g);
	return err;
}

struct gathering *gather_begin(struct used_rules *rules, struct catalog *catalog,
			       struct object_errors *errors)
{
	struct gathering *g = calloc(1, sizeof(*g));

	if (!g) {
		(void)log_oom();
		return NULL;
	}
	g->rules = rules;
	g->catalog = catalog;
	g->errors = errors;
	return g;
}

int gather_volume(struct gathering *g, const struct gather_volume *volume)
{
	int err;

	g->volume = volume;
	g->from = volume->from;
	g->to = volume->to;
	g->plan = volume->plan;
	g->done = 0;
	g->depth = 0;
	g->copy_count = 0;
	if (copies(g))
		progress_phase("Copying", "MB", g->plan->bytes / MEGABYTE);
	else
		progress_phase("Saving", "files", g->plan->file_count);
	err = gather_all(g);
	progress_end(copies(g) ? g->done / MEGABYTE : g->done);
	if (err == HF_ECANCELLED && cancel_requested()) {
		int synced = fs_sync(g->to);

		log_error(
			"Stopped on request. The store is incomplete and is not used by anything; "
			"the originals are as they were. Capture again with /o.");
		return synced ? synced : err;
	}
	return err;
}

struct gather_result gather_end(struct gathering *g)
{
	struct gather_result result = {0};

	if (!g)
		return result;
	result = g->result;
	result.skipped = g->errors->count;
	free(g->stack);
	free(g->buffer);
	free(g);
	return result;
}
