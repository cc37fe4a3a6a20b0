// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making, finding, finishing and opening a store.
 */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"
#include "report/log.h"
#include "store/catalog.h"
#include "store/sha256.h"
#include "store/store_private.h"
#include "store/tree.h"

#define CATALOG_MAX   ((size_t)1 << 30) /* SQLite's own limit for a database in memory */
#define WRITE_PIECE   ((size_t)1 << 20)
#define SUM_LINE_MAX  128
#define WIPE_FILE_MAX 64

/*
 * Self-relative security descriptor ([MS-DTYP] 2.4.6): owner and group Administrators, a protected
 * DACL with full control for SYSTEM and Administrators, inherited by everything below. In SDDL:
 * O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)
 */
static const uint8_t store_security[] =
	{
		1,    0, 0x04, 0x90, 20,   0,	 0,    0, 36, 0, 0,  0, /* revision .. group */
		0,    0, 0,    0,    52,   0,	 0,    0,		/* no SACL, DACL */
		1,    2, 0,    0,    0,	   0,	 0,    5, 32, 0, 0,  0, 0x20, 2,
		0,    0, 1,    2,    0,	   0,	 0,    0, 0,  5, 32, 0, 0,    0,
		0x20, 2, 0,    0,    2,	   0,	 52,   0, 2,  0, 0,  0, /* ACL: 52 bytes, two
									   entries */
		0,    3, 20,   0,    0xff, 0x01, 0x1f, 0, 1,  1, 0,  0, 0,    0,
		0,    5, 18,   0,    0,	   0, /* SYSTEM */
		0,    3, 24,   0,    0xff, 0x01, 0x1f, 0, 1,  2, 0,  0, 0,    0,
		0,    5, 32,   0,    0,	   0,	 0x20, 2, 0,  0, /* Administrators */
};

int store_check_path(const char *path)
{
	const char *rest = path;
	size_t len;

	winpath_split(path, NULL, &rest);
	if (rest[0] == '\\' && winpath_next(&rest, &len))
		return 0;
	log_error("%s cannot be a store: name a directory like C:\\USMTMIG.", path);
	return HF_EINVAL;
}

int store_lookup(struct fs *fs, fs_ref dir, const char *name, fs_ref *out)
{
	return fs_lookup_text(fs, dir, name, strlen(name), out);
}

int store_unlink(struct fs *fs, fs_ref dir, const char *name, fs_ref ref)
{
	uint16_t units[NAME_UNITS_MAX];
	int len = text_to_utf16(name, strlen(name), units, NAME_UNITS_MAX);

	return len < 0 ? len : fs_unlink(fs, dir, units, (unsigned)len, ref);
}

int store_protect(struct fs *fs, fs_ref ref)
{
	return fs_set_security(fs, ref, store_security, sizeof(store_security));
}

static int count_entry(void *ctx, const struct fs_entry *entry)
{
	size_t *count = ctx;

	(void)entry;
	(*count)++;
	return 0;
}

static int count_entries(struct fs *fs, fs_ref dir, size_t *count)
{
	*count = 0;
	return fs_readdir(fs, dir, count_entry, count);
}

/* What the names in a USMT directory are. */
struct survey {
	bool files, catalog, part, fresh, other;
};

static int survey_entry(void *ctx, const struct fs_entry *entry)
{
	struct survey *s = ctx;
	char name[NAME_WTF8_MAX];
	bool dir = entry->attributes & FS_ATTR_DIRECTORY;

	if (text_from_utf16(entry->name, entry->name_len, name, sizeof(name)) < 0)
		s->other = true;
	else if (!strcmp(name, STORE_FILES) && dir)
		s->files = true;
	else if (!strcmp(name, STORE_CATALOG) && !dir)
		s->catalog = true;
	else if (!strcmp(name, STORE_PART_OF) && !dir)
		s->part = true;
	else if (!strcmp(name, STORE_CATALOG_NEW) && !dir)
		s->fresh = true;
	else if ((strcmp(name, STORE_CATALOG_SUM) && strcmp(name, STORE_WIPE) &&
		  strcmp(name, STORE_RESTORE)) ||
		 dir)
		s->other = true;
	return 0;
}

/* The state of what is in directory ROOT, the place of a store. */
static int examine_dir(struct fs *fs, fs_ref root, enum store_state *state)
{
	struct survey s = {0};
	struct fs_stat st;
	size_t count;
	fs_ref usmt;
	int err = fs_stat(fs, root, &st);

	*state = STORE_OTHER;
	if (err || !st.is_dir || (st.attributes & FS_ATTR_REPARSE))
		return err;
	err = count_entries(fs, root, &count);
	if (!err && !count)
		*state = STORE_NONE;
	if (err || !count)
		return err;
	err = store_lookup(fs, root, STORE_USMT, &usmt);
	if (err)
		return err == HF_ENOENT ? 0 : err;
	err = fs_stat(fs, usmt, &st);
	if (err || !st.is_dir || (st.attributes & FS_ATTR_REPARSE))
		return err;
	err = fs_readdir(fs, usmt, survey_entry, &s);
	if (err || s.other)
		return err;
	if (s.catalog && s.files)
		*state = STORE_COMPLETE;
	else if (s.part && s.files && !s.catalog)
		*state = STORE_IS_PART;
	else if (s.fresh || (!s.files && !s.catalog && count == 1))
		*state = STORE_INCOMPLETE;
	return 0;
}

int store_examine(struct fs *fs, const char *path, enum store_state *state)
{
	fs_ref root;
	int err = store_check_path(path);

	if (err)
		return err;
	err = fs_resolve(fs, path, &root);
	if (err == HF_ENOENT) {
		*state = STORE_NONE;
		return 0;
	}
	return err ? err : examine_dir(fs, root, state);
}

static int make_dir(struct fs *fs, fs_ref parent, const char *name, size_t len, fs_ref *out)
{
	uint16_t units[NAME_UNITS_MAX];
	int n = text_to_utf16(name, len, units, NAME_UNITS_MAX), err;

	if (n < 0)
		return n;
	err = fs_mkdir(fs, parent, units, (unsigned)n, out);
	return err ? err : store_protect(fs, *out);
}

/* Every missing directory of PATH, each protected from the start. */
static int make_path(struct fs *fs, const char *path, fs_ref *out)
{
	const char *rest = path, *part;
	fs_ref dir = fs_root(fs);
	size_t len;

	winpath_split(path, NULL, &rest);
	while ((part = winpath_next(&rest, &len))) {
		fs_ref next;
		int err = fs_lookup_text(fs, dir, part, len, &next);

		if (err == HF_ENOENT)
			err = make_dir(fs, dir, part, len, &next);
		if (err)
			return err;
		dir = next;
	}
	*out = dir;
	return 0;
}

/* A store in a store would make the outer one unlike its catalog. */
static int check_outer(struct fs *fs, fs_ref dir, const char *path)
{
	enum store_state state;
	fs_ref usmt;
	int err = store_lookup(fs, dir, STORE_USMT, &usmt);

	if (!err)
		err = examine_dir(fs, dir, &state);
	if (err)
		return err == HF_ENOENT ? 0 : err;
	if (state == STORE_NONE || state == STORE_OTHER)
		return 0;
	log_error("The store %s cannot be made: it would lie inside another store. Choose another "
		  "StorePath.",
		  path);
	return HF_EREFUSED;
}

int store_check_place(struct fs *fs, const char *path)
{
	const char *rest = path, *part;
	fs_ref dir = fs_root(fs);
	size_t len;

	winpath_split(path, NULL, &rest);
	while ((part = winpath_next(&rest, &len))) {
		struct fs_stat st;
		int err = fs_lookup_text(fs, dir, part, len, &dir);

		if (!err)
			err = fs_stat(fs, dir, &st);
		if (err)
			return err == HF_ENOENT ? 0 : err;
		if (!st.is_dir || (st.attributes & FS_ATTR_REPARSE)) {
			log_error("The store %s cannot be made: %.*s is a %s. Name a plain "
				  "directory.",
				  path, (int)len, part, st.is_dir ? "junction or link" : "file");
			return HF_EREFUSED;
		}
		err = rest[strspn(rest, "\\/")] ? check_outer(fs, dir, path) : 0;
		if (err)
			return err;
	}
	return 0;
}

int store_create(struct fs *fs, const char *path, fs_ref *files_root)
{
	enum store_state state;
	fs_ref root, usmt, fresh;
	int err = store_examine(fs, path, &state);

	if (err)
		return err;
	err = store_check_place(fs, path);
	if (err)
		return err;
	if (state != STORE_NONE) {
		log_error("%s exists already. Give /o to replace a store, or another StorePath.",
			  path);
		return HF_EEXIST;
	}
	err = make_path(fs, path, &root);
	if (!err)
		err = store_protect(fs, root);
	if (!err)
		err = make_dir(fs, root, STORE_USMT, strlen(STORE_USMT), &usmt);
	if (!err)
		err = fs_write_file(fs, usmt, STORE_CATALOG_NEW, NULL, 0, &fresh);
	if (!err)
		err = store_protect(fs, fresh);
	if (!err)
		err = make_dir(fs, usmt, STORE_FILES, strlen(STORE_FILES), files_root);
	if (!err)
		err = fs_set_attributes(fs, *files_root, FS_ATTR_HIDDEN, 0);
	return err ? err : fs_sync(fs);
}

static int write_all(struct fs *fs, fs_ref file, const void *data, size_t len)
{
	for (size_t done = 0; done < len;) {
		size_t piece = len - done < WRITE_PIECE ? len - done : WRITE_PIECE;
		int err = fs_write(fs, file, done, (const char *)data + done, piece);

		if (err)
			return err;
		done += piece;
	}
	return 0;
}

static int write_sum(struct fs *fs, fs_ref usmt, const void *data, size_t len)
{
	char hex[SHA256_HEX], line[SUM_LINE_MAX];
	fs_ref sum;
	int n, err;

	sha256_hex(data, len, hex);
	n = snprintf(line, sizeof(line), "%s  %s\n", hex, STORE_CATALOG);
	err = fs_write_file(fs, usmt, STORE_CATALOG_SUM, line, (size_t)n, &sum);
	return err ? err : store_protect(fs, sum);
}

/* The USMT directory of the store at PATH. */
static int find_usmt(struct fs *fs, const char *path, fs_ref *usmt)
{
	fs_ref root;
	int err = fs_resolve(fs, path, &root);

	return err ? err : store_lookup(fs, root, STORE_USMT, usmt);
}

/* Gives the synced catalog.new its final NAME. */
static int publish(struct fs *fs, fs_ref usmt, fs_ref fresh, const char *name)
{
	uint16_t units[NAME_UNITS_MAX];
	int len = text_to_utf16(name, strlen(name), units, NAME_UNITS_MAX);
	int err = fs_link(fs, fresh, usmt, units, (unsigned)len);

	if (!err)
		err = fs_sync(fs);
	if (!err)
		err = store_unlink(fs, usmt, STORE_CATALOG_NEW, fresh);
	return err ? err : fs_sync(fs);
}

/* The USMT directory and the catalog.new of the store at PATH that is being filled. */
static int find_fresh(struct fs *fs, const char *path, fs_ref *usmt, fs_ref *fresh)
{
	int err = find_usmt(fs, path, usmt);

	if (!err)
		err = store_lookup(fs, *usmt, STORE_CATALOG_NEW, fresh);
	if (err == HF_ENOENT)
		log_error("The store %s has vanished while it was being filled.", path);
	return err;
}

int store_finish_part(struct fs *fs, const char *path, const char *id)
{
	char line[CATALOG_ID_SIZE + 1];
	fs_ref usmt = 0, fresh = 0;
	int len = snprintf(line, sizeof(line), "%s\n", id);
	int err = fs_sync(fs);

	if (!err)
		err = find_fresh(fs, path, &usmt, &fresh);
	if (!err)
		err = write_all(fs, fresh, line, (size_t)len);
	if (!err)
		err = fs_sync(fs);
	return err ? err : publish(fs, usmt, fresh, STORE_PART_OF);
}

int store_part_id(struct fs *fs, const char *path, char id[CATALOG_ID_SIZE])
{
	void *data = NULL;
	size_t len = 0;
	fs_ref usmt, file;
	int err = find_usmt(fs, path, &usmt);

	if (!err)
		err = store_lookup(fs, usmt, STORE_PART_OF, &file);
	if (!err)
		err = fs_read_file(fs, file, CATALOG_ID_SIZE, &data, &len);
	if (err)
		return err == HF_ELIMIT ? HF_ECORRUPT : err;
	if (len == CATALOG_ID_SIZE && ((char *)data)[len - 1] == '\n') {
		memcpy(id, data, len);
		id[len - 1] = '\0';
	} else {
		err = HF_ECORRUPT;
	}
	free(data);
	return err;
}

int store_finish(struct fs *fs, const char *path, struct catalog *catalog)
{
	const void *data = NULL;
	fs_ref usmt = 0, fresh = 0;
	size_t len = 0;
	int err = fs_sync(fs);

	if (!err)
		err = catalog_set(catalog, "state", "complete");
	if (!err)
		err = catalog_serialize(catalog, &data, &len);
	if (err)
		return err;
	err = find_fresh(fs, path, &usmt, &fresh);
	if (!err)
		err = write_all(fs, fresh, data, len);
	if (!err)
		err = write_sum(fs, usmt, data, len);
	if (!err)
		err = fs_sync(fs);
	return err ? err : publish(fs, usmt, fresh, STORE_CATALOG);
}

/* Compares the catalog with its checksum file. */
static int check_sum(struct fs *fs, fs_ref usmt, const char *name, const void *data, size_t len)
{
	char hex[SHA256_HEX];
	void *line = NULL;
	size_t line_len = 0;
	fs_ref sum;
	bool same;
	int err = store_lookup(fs, usmt, STORE_CATALOG_SUM, &sum);

	if (err == HF_ENOENT) {
		log_error("%s has no checksum (%s): the store cannot be relied upon.", name,
			  STORE_CATALOG_SUM);
		return HF_ECORRUPT;
	}
	if (!err)
		err = fs_read_file(fs, sum, SUM_LINE_MAX, &line, &line_len);
	if (err)
		return err;
	sha256_hex(data, len, hex);
	same = line_len > strlen(hex) && !memcmp(line, hex, strlen(hex)) &&
	       ((const char *)line)[strlen(hex)] == ' ';
	free(line);
	if (same)
		return 0;
	log_error("%s does not fit its checksum: the catalog is damaged and the store cannot be "
		  "relied "
		  "upon. Nothing was changed. Check the volume, then capture again.",
		  name);
	return HF_ECORRUPT;
}

static int read_catalog(struct fs *fs, fs_ref usmt, const char *name, struct catalog **out)
{
	struct catalog *c = NULL;
	const char *state;
	void *data = NULL;
	size_t len = 0;
	fs_ref file;
	int err = store_lookup(fs, usmt, STORE_CATALOG, &file);

	if (!err)
		err = fs_read_file(fs, file, CATALOG_MAX, &data, &len);
	if (!err)
		err = check_sum(fs, usmt, name, data, len);
	if (!err)
		err = catalog_open(data, len, name, &c);
	free(data);
	if (err)
		return err;
	state = catalog_get(c, "state");
	if (!state || strcmp(state, "complete")) {
		log_error("%s does not say that the capture was completed.", name);
		catalog_free(c);
		return HF_EREFUSED;
	}
	*out = c;
	return 0;
}

int store_open_catalog(struct fs *fs, const char *path, struct catalog **out)
{
	enum store_state state;
	struct str name = {0};
	fs_ref usmt;
	int err = store_examine(fs, path, &state);

	if (err)
		return err;
	switch (state) {
	case STORE_NONE:
		log_error("There is no store at %s. Capture first (scanstate).", path);
		return HF_ENOENT;
	case STORE_INCOMPLETE:
		log_error("The store at %s is not complete: its capture was interrupted. Capture "
			  "again with /o.",
			  path);
		return HF_EREFUSED;
	case STORE_IS_PART:
		log_error("%s is part of a store whose catalog is on another volume.", path);
		return HF_EREFUSED;
	case STORE_OTHER:
		log_error("%s is not a Holdfast store.", path);
		return HF_EREFUSED;
	case STORE_COMPLETE:
		break;
	}
	err = find_usmt(fs, path, &usmt);
	if (!err && str_addf(&name, "%s\\%s\\%s", path, STORE_USMT, STORE_CATALOG))
		err = log_oom();
	if (!err)
		err = read_catalog(fs, usmt, name.data, out);
	str_free(&name);
	return err;
}

struct find {
	struct fs *fs;
	int (*visit)(void *ctx, const char *path, enum store_state state);
	void *ctx;
};

static int find_visit(void *ctx, struct tree_node *node, const struct str *path)
{
	struct find *find = ctx;
	enum store_state state;
	unsigned depth = 0;
	fs_ref usmt;
	int err;

	for (const struct tree_node *n = node->parent; n; n = n->parent)
		depth++;
	if (!depth)
		return TREE_ENTER;
	if (!(node->attributes & FS_ATTR_DIRECTORY) || node->is_metadata ||
	    (node->attributes & FS_ATTR_REPARSE) ||
	    tree_name_is_foreign(node->name, node->name_len))
		return TREE_SKIP;
	err = store_lookup(find->fs, node->ref, STORE_USMT, &usmt);
	if (!err)
		err = examine_dir(find->fs, node->ref, &state);
	if (err && err != HF_ENOENT)
		return err;
	if (!err && state != STORE_NONE && state != STORE_OTHER) {
		err = find->visit(find->ctx, path->data, state);
		return err ? err : TREE_SKIP;
	}
	return depth < 2 ? TREE_ENTER : TREE_SKIP;
}

/* An unreadable directory cannot be told to hold no store: the search ends. */
static int find_trouble(void *ctx, struct tree_node *node, const struct str *path, int error,
			const char *reason)
{
	(void)ctx;
	(void)node;
	log_error("Cannot look for stores in %s: %s. Name the store with --store.", path->data,
		  reason);
	return error;
}

int store_find(struct fs *fs, int (*visit)(void *ctx, const char *path, enum store_state state),
	       void *ctx)
{
	struct find find = {fs, visit, ctx};
	const struct tree_visitor visitor = {
		.visit = find_visit, .trouble = find_trouble, .ctx = &find};

	return tree_walk(fs, fs_root(fs), "", &visitor);
}

static const char *const wipe_words[] = {
	[STORE_WIPE_STARTED] = "started\n",
	[STORE_WIPE_DONE] = "done\n",
};

int store_wipe_state(struct fs *fs, const char *path, enum store_wipe *state)
{
	void *data = NULL;
	size_t len = 0;
	fs_ref usmt, file;
	int err = find_usmt(fs, path, &usmt);

	*state = STORE_NOT_WIPED;
	if (!err)
		err = store_lookup(fs, usmt, STORE_WIPE, &file);
	if (err)
		return err == HF_ENOENT ? 0 : err;
	err = fs_read_file(fs, file, WIPE_FILE_MAX, &data, &len);
	if (err)
		return err;
	for (enum store_wipe s = STORE_WIPE_STARTED; s <= STORE_WIPE_DONE; s++)
		if (len == strlen(wipe_words[s]) && !memcmp(data, wipe_words[s], len))
			*state = s;
	free(data);
	return 0;
}

int store_set_wipe_state(struct fs *fs, const char *path, enum store_wipe state)
{
	fs_ref usmt, file;
	int err = find_usmt(fs, path, &usmt);

	if (err)
		return err;
	err = store_lookup(fs, usmt, STORE_WIPE, &file);
	if (!err)
		err = store_unlink(fs, usmt, STORE_WIPE, file);
	else if (err == HF_ENOENT)
		err = 0;
	if (!err && state != STORE_NOT_WIPED)
		err = fs_write_file(fs, usmt, STORE_WIPE, wipe_words[state],
				    strlen(wipe_words[state]), &file);
	if (!err && state != STORE_NOT_WIPED)
		err = store_protect(fs, file);
	return err ? err : fs_sync(fs);
}
