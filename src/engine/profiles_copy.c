// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The folder of a new profile: a copy of Default with the user's own security, his hives first made
 * his. Done again, it finishes what is there.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "engine/profiles.h"
#include "report/error.h"
#include "report/log.h"
#include "store/tree.h"
#include "volume/fs.h"
#include "windows/hive_write.h"
#include "windows/machine.h"
#include "windows/profile_new.h"
#include "windows/profile_security.h"

#define PIECE	       ((size_t)1 << 16)
#define SPACE_OF_FILE  4096 /* record, name, rounding */
#define SPACE_OF_HIVES ((uint64_t)4 << 20)
#define CLASSES_FOLDER "AppData\\Local\\Microsoft\\Windows"
#define CLASSES_XP     "Local Settings\\Application Data\\Microsoft\\Windows"

struct copying {
	struct fs *fs;
	const struct profile_plan *plan;
	const char *from; /* "C:\Users\Default" */
	fs_ref folder;
	uint8_t *buffer; /* PIECE bytes */
	uint64_t now;
};

static int trouble(const struct copying *c, const char *what, int err)
{
	log_error("%s: the new profile of %s cannot be made (%s). Run the same command again when "
		  "the cause is mended.",
		  what, c->plan->name, hf_strerror(err));
	return err;
}

static bool begins(const uint16_t *name, unsigned len, const char *with)
{
	size_t n = strlen(with);

	if (len < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] > 127 || strncasecmp((char[]){(char)name[i]}, with + i, 1) != 0)
			return false;
	return true;
}

/* A hive or what belongs to one: made in another way, or not to be taken along at all. */
static bool is_of_hive(const struct tree_node *node)
{
	return (!node->parent->parent && begins(node->name, node->name_len, "NTUSER.DAT")) ||
	       begins(node->name, node->name_len, "USRCLASS.DAT");
}

/* NAME in DIR: there from an earlier run, or new. */
static int make(struct fs *fs, bool dir, fs_ref parent, const uint16_t *name, unsigned len,
		fs_ref *out)
{
	int err = fs_lookup(fs, parent, name, len, out);

	if (err != HF_ENOENT)
		return err;
	return dir ? fs_mkdir(fs, parent, name, len, out) : fs_create(fs, parent, name, len, out);
}

static int copy_data(const struct copying *c, fs_ref from, fs_ref to)
{
	size_t done = 1;
	int err = 0;

	for (uint64_t at = 0; !err && done; at += done) {
		err = fs_read(c->fs, from, at, c->buffer, PIECE, &done);
		if (!err && done)
			err = fs_write(c->fs, to, at, c->buffer, done);
	}
	return err;
}

/* Everything that FROM is, but the user's. */
static int dress(const struct copying *c, fs_ref from, fs_ref to, enum profile_object object)
{
	uint8_t sd[PROFILE_SECURITY_MAX];
	size_t len = profile_security(object, c->plan->sid, sd);
	int err = fs_copy_metadata(c->fs, from, to);

	return err ? err : fs_set_security(c->fs, to, sd, len);
}

/* A junction into Default leads into the new profile. */
static int turn_junction(const struct copying *c, fs_ref from, fs_ref to)
{
	uint8_t *data;
	size_t len;
	struct str moved = {0};
	int err = fs_reparse(c->fs, from, &data, &len);

	if (err)
		return err == HF_ENOENT ? 0 : err;
	err = profile_move_junction(data, len, c->from, c->plan->folder, &moved);
	if (err == 1)
		err = fs_set_reparse(c->fs, to, moved.data, moved.len);
	free(data);
	str_free(&moved);
	return err;
}

static int copy_object(struct copying *c, struct tree_node *node)
{
	fs_ref parent = node->parent->mark, to;
	bool dir = node->attributes & FS_ATTR_DIRECTORY;
	int err = make(c->fs, dir, parent, node->name, node->name_len, &to);

	if (err)
		return err;
	node->mark = to;
	if (!dir) {
		err = copy_data(c, node->ref, to);
		return err ? err : dress(c, node->ref, to, PROFILE_FILE);
	}
	if (!TREE_TAG_IS_SURROGATE(node->reparse_tag))
		return TREE_ENTER; /* its metadata after what is in it */
	err = dress(c, node->ref, to, PROFILE_JUNCTION);
	if (!err)
		err = turn_junction(c, node->ref, to);
	return err ? err : TREE_SKIP;
}

static int visit(void *ctx, struct tree_node *node, const struct str *path)
{
	struct copying *c = ctx;
	int err;

	if (!node->parent) {
		node->mark = c->folder;
		return TREE_ENTER;
	}
	if (node->is_metadata || is_of_hive(node))
		return TREE_SKIP;
	if (node->attributes & FS_ATTR_ENCRYPTED) {
		log_warning("%s: something in it is encrypted and is not copied to %s.", path->data,
			    c->plan->folder);
		return TREE_SKIP;
	}
	err = copy_object(c, node);
	return err < 0 ? trouble(c, path->data, err) : err;
}

static int leave(void *ctx, struct tree_node *node, const struct str *path)
{
	struct copying *c = ctx;
	int err;

	if (!node->parent)
		return 0;
	err = dress(c, node->ref, node->mark, PROFILE_DIRECTORY);
	return err ? trouble(c, path->data, err) : 0;
}

static int unreadable(void *ctx, struct tree_node *node, const struct str *path, int error,
		      const char *reason)
{
	(void)node;
	log_error("%s: %s.", path->data, reason);
	return trouble(ctx, path->data, error);
}

/* A file that is the user's alone, hidden. */
static int hide(const struct copying *c, const char *path, uint32_t attributes)
{
	uint8_t sd[PROFILE_SECURITY_MAX];
	size_t len = profile_security(PROFILE_FILE, c->plan->sid, sd);
	fs_ref ref;
	int err = fs_resolve(c->fs, path, &ref);

	if (!err)
		err = fs_set_security(c->fs, ref, sd, len);
	return err ? err : fs_set_attributes(c->fs, ref, attributes, 0);
}

/* The hive at FROM becomes the user's at TO. HF_ENOENT when there is none. */
static int copy_hive(const struct copying *c, const char *from, const char *to)
{
	struct hive_write *w = NULL;
	const char *why = "";
	int err = hive_write_open(c->fs, from, &w, &why);

	if (!err) {
		hive_write_set_now(w, c->now);
		err = profile_secure_hive(w, c->plan->sid);
	}
	if (!err)
		err = hive_write_commit(w, c->fs, to);
	hive_write_close(w);
	if (err && *why && err != HF_ENOENT)
		log_error("%s cannot be taken for a new profile: %s.", from, why);
	return err;
}

static int new_hive(const struct copying *c, const char *to)
{
	uint8_t sd[PROFILE_SECURITY_MAX];
	size_t len = profile_security(PROFILE_KEY, c->plan->sid, sd);
	struct hive_write *w = NULL;
	int err = hive_write_new(sd, len, fs_upcase(c->fs), &w);

	if (!err) {
		hive_write_set_now(w, c->now);
		err = hive_write_commit(w, c->fs, to);
	}
	hive_write_close(w);
	return err;
}

static int make_folder(const struct copying *c, const char *path)
{
	uint8_t sd[PROFILE_SECURITY_MAX];
	size_t len = profile_security(PROFILE_DIRECTORY, c->plan->sid, sd);
	struct str at = {0};
	fs_ref ref;
	int err = 0;

	/* Each that is missing is the user's too. */
	for (size_t n = 0; !err && path[n]; n += path[n] == '\\') {
		n += strcspn(path + n, "\\");
		str_truncate(&at, 0);
		err = str_addf(&at, "%s\\%.*s", c->plan->folder, (int)n, path);
		if (!err && fs_resolve(c->fs, at.data, &ref) == HF_ENOENT) {
			err = fs_make_path(c->fs, at.data, &ref);
			if (!err)
				err = fs_set_security(c->fs, ref, sd, len);
		}
	}
	str_free(&at);
	return err;
}

static int make_hives(struct copying *c, bool xp)
{
	const char *classes = xp ? CLASSES_XP : CLASSES_FOLDER;
	struct str from = {0}, to = {0}, old = {0}, new = {0};
	int err = str_addf(&from, "%s\\NTUSER.DAT", c->from);

	if (!err)
		err = str_addf(&to, "%s\\NTUSER.DAT", c->plan->folder);
	if (!err)
		err = str_addf(&old, "%s\\%s\\UsrClass.dat", c->from, classes);
	if (!err)
		err = str_addf(&new, "%s\\%s\\UsrClass.dat", c->plan->folder, classes);
	if (!err)
		err = copy_hive(c, from.data, to.data);
	if (!err)
		err = hide(c, to.data, FS_ATTR_HIDDEN);
	if (!err)
		err = make_folder(c, classes);
	if (!err) {
		err = copy_hive(c, old.data, new.data);
		if (err == HF_ENOENT)
			err = new_hive(c, new.data);
	}
	if (!err)
		err = hide(c, new.data, FS_ATTR_HIDDEN | FS_ATTR_SYSTEM);
	str_free(&from);
	str_free(&to);
	str_free(&old);
	str_free(&new);
	return err ? trouble(c, c->plan->folder, err) : 0;
}

/* The profile's folder with the mark that it is not finished. */
static int begin(struct copying *c)
{
	uint8_t sd[PROFILE_SECURITY_MAX];
	size_t len = profile_security(PROFILE_ROOT, c->plan->sid, sd);
	fs_ref ref;
	int err = fs_make_path(c->fs, c->plan->folder, &c->folder);

	if (!err)
		err = fs_write_file(c->fs, c->folder, PROFILE_UNFINISHED, c->plan->sid,
				    strlen(c->plan->sid), &ref);
	if (err == HF_EEXIST)
		err = 0;
	if (!err)
		err = fs_set_security(c->fs, c->folder, sd, len);
	if (!err)
		err = fs_sync(c->fs);
	return err ? trouble(c, c->plan->folder, err) : 0;
}

int profile_copy(struct profiles *p, const struct profile_plan *plan)
{
	const struct windows_install *w = p->machine->chosen;
	struct copying c = {.fs = machine_volume(p->machine, w->letter)->fs,
			    .plan = plan,
			    .from = profile_defaults(p),
			    .buffer = malloc(PIECE),
			    .now = p->now};
	const struct tree_visitor visitor = {
		.visit = visit, .leave = leave, .trouble = unreadable, .ctx = &c};
	fs_ref from;
	int err = c.buffer ? begin(&c) : log_oom();

	if (!err)
		err = fs_resolve(c.fs, c.from, &from);
	if (!err)
		err = tree_walk(c.fs, from, c.from, &visitor);
	if (!err)
		err = make_hives(&c, w->major < 6);
	free(c.buffer);
	return err;
}

static int weigh(void *ctx, struct tree_node *node, const struct str *path)
{
	uint64_t *bytes = ctx;

	(void)path;
	*bytes += SPACE_OF_FILE + (node->attributes & FS_ATTR_DIRECTORY ? 0 : node->size);
	return node->parent && TREE_TAG_IS_SURROGATE(node->reparse_tag) ? TREE_SKIP : TREE_ENTER;
}

static int cannot_weigh(void *ctx, struct tree_node *node, const struct str *path, int error,
			const char *reason)
{
	(void)ctx;
	(void)node;
	log_error("%s: %s. New profiles are made from it.", path->data, reason);
	return error;
}

int profile_measure(struct profiles *p, uint64_t *bytes)
{
	struct fs *fs = machine_volume(p->machine, p->machine->chosen->letter)->fs;
	const struct tree_visitor visitor = {.visit = weigh, .trouble = cannot_weigh, .ctx = bytes};
	const char *from = profile_defaults(p);
	fs_ref ref;
	int err = fs_resolve(fs, from, &ref);

	if (err == HF_ENOENT)
		log_error("%s is not there: new profiles are made from it. Install Windows anew.",
			  from);
	*bytes += SPACE_OF_HIVES;
	return err ? err : tree_walk(fs, ref, from, &visitor);
}
