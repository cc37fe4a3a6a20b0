// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deleting the old Windows. The store says "wipe started" before the first name goes and "done"
 * after the last, so that an interrupted wipe can be told from a volume that was never wiped, and
 * goes on.
 */
#include <inttypes.h>

#include "engine/cancel.h"
#include "engine/errors.h"
#include "engine/verify.h"
#include "engine/wipe_private.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "store/store.h"
#include "windows/machine.h"

/* Marks of a directory that stays, and of one that could not be emptied. */
enum { MARK_STAYS = 1 };

struct deletion {
	struct fs *fs;
	const struct wipe_plan *plan;
	struct object_errors errors;
	uint64_t done;
};

/* The object named in PATH resisted; its parents stay too. */
static int resisted(struct deletion *d, struct tree_node *node, const char *path, int error,
		    const char *reason)
{
	for (struct tree_node *n = node; n; n = n->parent)
		n->mark = MARK_STAYS;
	/* A failing device or library state is not about this object. */
	if (error == HF_EIO) {
		log_error("Stopped wiping at %s: %s.", path, reason);
		return error;
	}
	return object_error(&d->errors, path, error, reason);
}

static int delete_object(struct deletion *d, struct tree_node *node, const struct str *path)
{
	struct str full = {0};
	int err = fs_unlink(d->fs, node->parent->ref, node->name, node->name_len, node->ref);

	if (!err) {
		progress_update(++d->done);
		return 0;
	}
	if (str_adds(&full, path->data))
		return log_oom();
	if (!(node->attributes & FS_ATTR_DIRECTORY) &&
	    tree_add_name(&full, node->name, node->name_len)) {
		str_free(&full);
		return HF_ENOMEM;
	}
	err = resisted(d, node, full.data, err, "it cannot be deleted");
	str_free(&full);
	return err;
}

static int wipe_visit(void *ctx, struct tree_node *node, const struct str *path)
{
	struct deletion *d = ctx;
	int err;

	if (!node->parent)
		return TREE_ENTER;
	if (cancel_requested())
		return HF_ECANCELLED;
	if (node->is_metadata || wipe_is_protected(d->plan, node->parent->ref, node->ref)) {
		for (struct tree_node *n = node->parent; n; n = n->parent)
			n->mark = MARK_STAYS;
		return TREE_SKIP;
	}
	if (!(node->attributes & FS_ATTR_DIRECTORY))
		return delete_object(d, node, path);
	/* Links are deleted, not entered; they have nothing inside. */
	if ((node->attributes & FS_ATTR_REPARSE) &&
	    (!node->reparse_tag || TREE_TAG_IS_SURROGATE(node->reparse_tag))) {
		err = delete_object(d, node, path);
		return err ? err : TREE_SKIP;
	}
	return TREE_ENTER;
}

static int wipe_leave(void *ctx, struct tree_node *node, const struct str *path)
{
	struct deletion *d = ctx;

	if (!node->parent || node->mark == MARK_STAYS ||
	    ref_set_has(&d->plan->ancestors, node->ref))
		return 0;
	return delete_object(d, node, path);
}

static int wipe_trouble(void *ctx, struct tree_node *node, const struct str *path, int error,
			const char *reason)
{
	return resisted(ctx, node, path->data, error, reason);
}

static int delete_all(struct fs *fs, const struct wipe_plan *plan)
{
	struct deletion d = {.fs = fs, .plan = plan, .errors = {.continue_on_error = true}};
	const struct tree_visitor visitor = {
		.visit = wipe_visit, .leave = wipe_leave, .trouble = wipe_trouble, .ctx = &d};
	const char root[3] = {plan->letter, ':', '\0'};
	int err, synced;

	log_status("Reporting deletion progress.");
	progress_phase("Wiping", "objects", plan->objects);
	err = tree_walk(fs, fs_root(fs), root, &visitor);
	progress_end(d.done);
	synced = fs_sync(fs);
	if (!err)
		err = synced;
	if (!err && d.errors.count) {
		log_error("%zu objects on %c: could not be deleted; each is listed above.",
			  d.errors.count, plan->letter);
		err = HF_EACCES;
	}
	object_errors_free(&d.errors);
	return err;
}

static void announce(const struct wipe_plan *plan)
{
	log_status("Wiping %c:\\", plan->letter);
	for (size_t i = 0; i < plan->count; i++)
		log_status("Set \"%s\" to not be wiped", plan->items[i].path);
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].ref)
			log_status("Skipping %s for wipe", plan->items[i].path);
	log_status("Calculating expected free space.");
}

/* The references of the read-only look must still be what they were. */
static int recheck(struct fs *fs, const struct wipe_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		fs_ref ref = 0;
		int err = fs_resolve(fs, plan->items[i].path, &ref);

		if (err && err != HF_ENOENT)
			return err;
		if ((err ? 0 : ref) == plan->items[i].ref)
			continue;
		log_error("%s has changed since it was looked at. Nothing was wiped.",
			  plan->items[i].path);
		return HF_EREFUSED;
	}
	return 0;
}

/* After the deletion: the store is as it was, and the numbers. */
static int conclude(struct fs *fs, const struct wipe_plan *plan, const struct fs_space *before)
{
	struct verify_result result;
	struct fs_space after;
	int err = verify_store(&plan->parts, plan->catalog, &result);

	if (err)
		return err;
	err = store_set_wipe_state(fs, plan->store, STORE_WIPE_DONE);
	if (!err)
		err = fs_space(fs, &after);
	if (err)
		return err;
	log_status(
		"Free space: %.1f MB before, %.1f MB after (at least %.1f MB were expected). The "
		"store %s is whole: %" PRIu64 " files.",
		(double)before->free / 1e6, (double)after.free / 1e6,
		(double)(before->free + plan->freed) / 1e6, plan->store, result.files);
	log_status("Successfully wiped %c:\\", plan->letter);
	return 0;
}

static void say_unfinished(const struct wipe_plan *plan, int error)
{
	log_error("The wipe of %c:\\ was not finished (%s). The store %s was not touched; the same "
		  "command goes on with the wipe.",
		  plan->letter, hf_strerror(error), plan->store);
}

int wipe_run(struct machine *m, struct wipe_plan *plan)
{
	struct fs_space before;
	struct fs *fs;
	int err;

	if (plan->wiped && !wipe_plan_objects(plan))
		return 0;
	err = machine_reopen_writable(m, plan->letter);
	if (err)
		return err;
	fs = machine_volume(m, plan->letter)->fs;
	err = recheck(fs, plan);
	if (!err)
		err = fs_space(fs, &before);
	if (!err && cancel_requested())
		err = HF_ECANCELLED;
	if (err)
		return err;
	announce(plan);
	log_status("Expected: at least %.1f MB free (now %.1f MB of %.1f MB).",
		   (double)(before.free + plan->freed) / 1e6, (double)before.free / 1e6,
		   (double)before.total / 1e6);
	err = store_set_wipe_state(fs, plan->store, STORE_WIPE_STARTED);
	if (!err)
		err = delete_all(fs, plan);
	if (!err)
		err = conclude(fs, plan, &before);
	if (err)
		say_unfinished(plan, err);
	return err;
}
