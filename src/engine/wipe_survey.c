// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counting what a wipe would delete, before anything is.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "engine/cancel.h"
#include "engine/wipe_private.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"

struct survey {
	struct fs *fs;
	struct wipe_plan *plan;
	struct ref_set kept;		 /* files that keep a name in something protected */
	struct ref_set counted;		 /* files with several names, counted once */
	uint64_t top_objects, top_bytes; /* of the top-level object at hand */
};

static int keep_visit(void *ctx, struct tree_node *node, const struct str *path)
{
	struct survey *s = ctx;
	int err;

	(void)path;
	if (node->attributes & FS_ATTR_DIRECTORY)
		return TREE_ENTER;
	err = ref_set_add(&s->kept, node->ref);
	return err < 0 ? err : TREE_ENTER;
}

/* Numbers only suffer when a directory cannot be read here; deleting meets it again. */
static int survey_trouble(void *ctx, struct tree_node *node, const struct str *path, int error,
			  const char *reason)
{
	(void)ctx;
	(void)node;
	log_warning("%s: %s (%s).", path->data, reason, hf_strerror(error));
	return 0;
}

static int note_kept(struct survey *s)
{
	const struct tree_visitor visitor = {
		.visit = keep_visit, .trouble = survey_trouble, .ctx = s};
	int err = 0;

	for (size_t i = 0; i < s->plan->count && !err; i++) {
		const struct wipe_protected *item = &s->plan->items[i];

		if (!item->ref)
			continue;
		if (item->is_dir)
			err = tree_walk(s->fs, item->ref, item->path, &visitor);
		else
			err = ref_set_add(&s->kept, item->ref);
		if (err > 0)
			err = 0;
	}
	return err;
}

/* Bytes that deleting file NODE frees, counted with the first of its names. */
static int count_bytes(struct survey *s, const struct tree_node *node, uint64_t *bytes)
{
	struct fs_stat st;
	int err;

	*bytes = 0;
	if (ref_set_has(&s->kept, node->ref))
		return 0;
	err = fs_stat(s->fs, node->ref, &st);
	if (err)
		return err == HF_ENOMEM ? err : 0;
	if (st.names > 1) {
		err = ref_set_add(&s->counted, node->ref);
		if (err <= 0)
			return err;
	}
	*bytes = st.allocated;
	return 0;
}

static void tell_top(struct survey *s, const struct str *path)
{
	if (s->top_objects)
		log_status("  %-40s %10" PRIu64 " objects %12.1f MB", path->data, s->top_objects,
			   (double)s->top_bytes / 1e6);
	s->top_objects = s->top_bytes = 0;
}

/*
 * The catalogs of a store of ours or of part of one, and of Microsoft's two kinds, in the folder
 * USMT. Whatever state it is in, it may hold the last names of files, or their only copies.
 */
static int check_store(struct survey *s, const struct tree_node *node, const struct str *path)
{
	static const char *const catalogs[] = {"catalog.db", "part-of", "catalog.mig", "USMT.MIG"};
	static const char usmt[] = "\\USMT";
	int root_len = (int)(path->len - strlen(usmt)), err = HF_ENOENT;
	fs_ref ref;

	if (node->name_len != strlen(usmt) - 1 ||
	    text_casecmp(fs_upcase(s->fs), path->data + root_len, usmt))
		return 0;
	for (size_t i = 0; i < sizeof(catalogs) / sizeof(*catalogs) && err == HF_ENOENT; i++)
		err = fs_lookup_text(s->fs, node->ref, catalogs[i], strlen(catalogs[i]), &ref);
	if (err)
		return err == HF_ENOENT ? 0 : err;
	log_error("Volume %c: is not wiped: there is another store in %.*s, which may hold the "
		  "last names of files. Restore it, protect it with --keep \"%.*s\", or delete it "
		  "first.",
		  s->plan->letter, root_len, path->data, root_len, path->data);
	return HF_EREFUSED;
}

static int survey_visit(void *ctx, struct tree_node *node, const struct str *path)
{
	struct survey *s = ctx;
	bool is_dir = node->attributes & FS_ATTR_DIRECTORY;
	uint64_t bytes = 0;
	int err;

	if (!node->parent)
		return TREE_ENTER;
	if (cancel_requested())
		return HF_ECANCELLED;
	if (node->is_metadata || wipe_is_protected(s->plan, node->parent->ref, node->ref))
		return TREE_SKIP;
	err = is_dir ? check_store(s, node, path) : count_bytes(s, node, &bytes);
	if (err)
		return err;
	if (!is_dir || !ref_set_has(&s->plan->ancestors, node->ref)) {
		s->plan->objects++;
		s->top_objects++;
	}
	s->plan->freed += bytes;
	s->top_bytes += bytes;
	progress_update(s->plan->objects);
	if (!node->parent->parent && !is_dir) {
		struct str full = {0};

		err = str_adds(&full, path->data) ? log_oom() : 0;
		if (!err)
			err = tree_add_name(&full, node->name, node->name_len);
		if (!err)
			tell_top(s, &full);
		str_free(&full);
		return err;
	}
	if (!is_dir || !(node->attributes & FS_ATTR_REPARSE) ||
	    (node->reparse_tag && !TREE_TAG_IS_SURROGATE(node->reparse_tag)))
		return TREE_ENTER;
	if (!node->parent->parent)
		tell_top(s, path);
	return TREE_SKIP;
}

static int survey_leave(void *ctx, struct tree_node *node, const struct str *path)
{
	if (node->parent && !node->parent->parent)
		tell_top(ctx, path);
	return 0;
}

int wipe_survey(struct fs *fs, struct wipe_plan *plan)
{
	struct survey s = {.fs = fs, .plan = plan};
	const struct tree_visitor visitor = {
		.visit = survey_visit, .leave = survey_leave, .trouble = survey_trouble, .ctx = &s};
	const char root[3] = {plan->letter, ':', '\0'};
	int err = note_kept(&s);

	if (!err) {
		log_status("To be wiped:");
		progress_phase("Examining", "objects", 0);
		err = tree_walk(fs, fs_root(fs), root, &visitor);
		progress_end(plan->objects);
	}
	for (size_t i = 0; i < plan->count && !err; i++)
		if (plan->items[i].ref)
			log_status("  %-40s stays", plan->items[i].path);
	if (!err)
		log_status("Together: %" PRIu64 " objects; at least %.1f MB become free.",
			   plan->objects, (double)plan->freed / 1e6);
	ref_set_free(&s.kept);
	ref_set_free(&s.counted);
	return err;
}
