// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checking, planning and filling a store.
 */
#include "engine/capture_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/winpath.h"
#include "engine/cancel.h"
#include "engine/errors.h"
#include "engine/examine.h"
#include "engine/used_rules.h"
#include "engine/verify.h"
#include "report/error.h"
#include "report/log.h"
#include "store/catalog.h"
#include "store/store.h"
#include "windows/machine.h"

#define MINIMUM_FREE (UINT64_C(250) * 1024 * 1024) /* USMT specification 10.1 */

static struct fs *store_fs(const struct capture *c)
{
	return machine_volume(c->machine, c->letter)->fs;
}

/* The volume of the store: there, NTFS, that of the Windows that is captured. */
static int check_volume(struct capture *c)
{
	char windows = c->machine->chosen->letter;

	winpath_split(c->options.store, &c->letter, &c->store_path);
	struct machine_volume *v = machine_volume(c->machine, c->letter);

	if (!v || !v->fs) {
		log_error(
			"StorePath %s: there is no NTFS volume %c: that can be opened. \"holdfast "
			"volumes\" lists what there is.",
			c->options.store, c->letter);
		return HF_EINVAL;
	}
	if (c->letter != windows) {
		log_error("StorePath %s: a hard-link store must lie on the volume of the Windows "
			  "that is captured, %c:.",
			  c->options.store, windows);
		return HF_EINVAL;
	}
	for (size_t i = 0; i < c->machine->volume_count; i++) {
		const struct machine_volume *other = &c->machine->volumes[i];
		if (other->fs && other->letter && other->letter != c->letter)
			log_warning("Volume %c: is not captured by this version; it is only looked "
				    "at and nothing on it is changed.",
				    other->letter);
	}
	return 0;
}

/*
 * Was the complete store made for a wipe that has not begun, by a run that was cut short? Nothing
 * relies on it yet.
 */
static bool is_unused(const struct capture *c)
{
	struct catalog *catalog = NULL;
	enum store_restore restored;
	enum store_wipe wiped;
	const char *made;
	uint64_t since;
	bool unused;

	if (store_wipe_state(store_fs(c), c->store_path, &wiped) || wiped != STORE_NOT_WIPED ||
	    store_restore_state(store_fs(c), c->store_path, &restored, &since) ||
	    restored != STORE_NOT_RESTORED ||
	    store_open_catalog(store_fs(c), c->store_path, &catalog))
		return false;
	made = catalog_get(catalog, "then-wipe");
	unused = made && !strcmp(made, "yes");
	catalog_free(catalog);
	return unused;
}

/*
 * Is what is at the place of the store nothing, or a store that may be replaced? What an
 * interrupted capture left is no store: nobody has to ask for its replacement.
 */
static int check_place(struct capture *c)
{
	enum store_state state;
	int err = store_check_place(store_fs(c), c->options.store);

	if (!err)
		err = store_examine(store_fs(c), c->store_path, &state);
	if (err)
		return err;
	if (state == STORE_OTHER) {
		log_error("%s exists and is not a store: it is not touched. Choose another "
			  "StorePath.",
			  c->options.store);
		return HF_EREFUSED;
	}
	if (state == STORE_COMPLETE && !c->options.overwrite && !c->options.only_look &&
	    !(c->options.then_wipe && is_unused(c))) {
		log_error("%s holds a store already. Use /o to overwrite it, or choose another "
			  "StorePath.",
			  c->options.store);
		return HF_EREFUSED;
	}
	return 0;
}

static int check_room(struct capture *c)
{
	struct fs_space space;
	int err = fs_space(store_fs(c), &space);

	if (err)
		return HF_EREFUSED;
	if (space.free >= MINIMUM_FREE)
		return 0;
	log_message(c->options.only_look ? LOG_WARNING : LOG_ERROR,
		    "Volume %c: has %.0f MB free; a hard-link store needs 250 MB. Delete "
		    "something, or enlarge the volume.",
		    c->letter, (double)space.free / (1024 * 1024));
	return c->options.only_look ? 0 : HF_ENOSPC;
}

int capture_check(struct capture *c)
{
	int err = check_volume(c);

	if (!err)
		err = check_place(c);
	return err ? err : check_room(c);
}

int capture_plan(struct capture *c)
{
	c->parts = calloc(1, sizeof(*c->parts));
	if (!c->parts)
		return log_oom();
	c->part_count = 1;
	struct capture_part *part = &c->parts[0];

	part->letter = c->letter;
	int err = plan_make(&part->plan, c->machine, part->letter, c->rules, c->options.store,
			    c->options.efs, c->errors);

	return err ? err : settings_plan_make(&c->settings, c->examine, c->rules, c->errors);
}

int capture_open(struct capture *c)
{
	cancel_install();
	return machine_reopen_writable(c->machine, c->letter);
}

int capture_clear(struct capture *c)
{
	enum store_state state;
	int err = store_examine(store_fs(c), c->store_path, &state);

	if (err || state == STORE_NONE)
		return err;
	log_status("Deleting the older store in %s.", c->options.store);
	return store_delete(store_fs(c), c->store_path);
}

/* What the plans say, into the store and its catalog. */
static int keep_all(struct capture *c, fs_ref files_root, struct catalog *catalog)
{
	struct used_rules used;
	int err = used_rules_init(&used, c->rules, &c->examine->rules_machine, catalog);

	if (!err)
		err = gather(store_fs(c), files_root, &c->parts[0].plan, &used, catalog, c->errors,
			     &c->result);
	if (!err)
		err = settings_store(&c->settings, c->examine, &used, catalog, c->errors,
				     &c->stored);
	used_rules_free(&used);
	return err;
}

/* The links first, then the proof that they are there, then the catalog that makes it a store. */
static int fill_store(struct capture *c, struct catalog *catalog)
{
	struct fs *fs = store_fs(c);
	struct verify_result verified;
	fs_ref files_root;
	int err = store_create(fs, c->store_path, &files_root);

	if (!err)
		err = capture_describe(c, catalog);
	if (!err)
		err = keep_all(c, files_root, catalog);
	if (!err)
		err = capture_record_skipped(c, catalog);
	if (!err)
		err = fs_sync(fs);
	if (!err)
		err = verify_store(fs, c->store_path, catalog, &verified);
	return err ? err : store_finish(fs, c->store_path, catalog);
}

int capture_fill(struct capture *c)
{
	struct catalog *catalog = NULL;
	int err = catalog_new(&catalog);

	if (err)
		return err;
	err = fill_store(c, catalog);
	catalog_free(catalog);
	if (err)
		log_error("The store %s is not complete: %s. The files are untouched where they "
			  "were; run the same command to begin again.",
			  c->options.store, hf_strerror(err));
	return err;
}

void capture_free(struct capture *c)
{
	for (size_t i = 0; i < c->part_count; i++)
		plan_free(&c->parts[i].plan);
	free(c->parts);
	settings_plan_free(&c->settings);
	c->parts = NULL;
	c->part_count = 0;
}
