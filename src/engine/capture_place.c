// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a capture's store lies: is the place fit, is there room, and is an older store in the way?
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/winpath.h"
#include "engine/capture_private.h"
#include "report/error.h"
#include "report/log.h"
#include "store/store.h"
#include "windows/machine.h"

#define MIB	     (UINT64_C(1024) * 1024)
#define MINIMUM_FREE (250 * MIB) /* on the master; USMT specification 10.1 */
#define PART_FREE    (16 * MIB)	 /* on other volumes, besides what the names take */

/* Bytes that one more name, directory and catalog row take at most; docs/store-format.md. */
#define BYTES_PER_FILE 768
#define BYTES_PER_DIR  6144

uint64_t capture_names_bytes(const struct plan *plan)
{
	return plan->file_count * BYTES_PER_FILE + plan->needed_dirs * BYTES_PER_DIR;
}

/* The master: there, NTFS; best on the volume of the Windows that is captured. */
static int check_volume(struct capture *c)
{
	char windows = c->machine->chosen->letter;

	winpath_split(c->options.store, &c->letter, &c->store_path);
	struct machine_volume *v = machine_volume(c->machine, c->letter);

	if (v && !machine_is_ntfs(v)) {
		log_error("StorePath %s: volume %c: has no NTFS, and a hard-link store needs it. "
			  "Name a folder on %c:; files of %c: are copied into it.",
			  c->options.store, c->letter, windows, c->letter);
		return HF_EINVAL;
	}
	if (!v || !v->fs) {
		log_error(
			"StorePath %s: there is no NTFS volume %c: that can be opened. \"holdfast "
			"volumes\" lists what there is.",
			c->options.store, c->letter);
		return HF_EINVAL;
	}
	if (capture_excludes(c, c->letter)) {
		log_error("StorePath %s lies on a volume that --exclude-volume leaves out.",
			  c->options.store);
		return HF_EINVAL;
	}
	if (c->letter != windows)
		log_warning("StorePath %s is not on the volume of the Windows that is captured, "
			    "%c:. Each volume's files are kept on that volume all the same; name "
			    "the same StorePath at restore.",
			    c->options.store, windows);
	return 0;
}

/*
 * Was the complete store made for a wipe that has not begun, by a run that was cut short? Nothing
 * relies on it yet.
 */
static bool is_unused(const struct capture *c, struct fs *fs)
{
	struct catalog *catalog = NULL;
	enum store_restore restored;
	enum store_wipe wiped;
	const char *made;
	uint64_t since;
	bool unused;

	if (store_wipe_state(fs, c->store_path, &wiped) || wiped != STORE_NOT_WIPED ||
	    store_restore_state(fs, c->store_path, &restored, &since) ||
	    restored != STORE_NOT_RESTORED || store_open_catalog(fs, c->store_path, &catalog))
		return false;
	made = catalog_get(catalog, "then-wipe");
	unused = made && !strcmp(made, "yes");
	catalog_free(catalog);
	return unused;
}

/* There is a store, or part of one, on V that nobody has asked to replace. */
static int check_overwrite(const struct capture *c, const struct machine_volume *v)
{
	const char letter[3] = {v->letter, ':', '\0'};

	if (c->options.overwrite || c->options.only_look)
		return 0;
	log_error("%s%s holds a store already. Use /o to overwrite it, or choose another "
		  "StorePath.",
		  v->letter ? letter : "", c->store_path);
	return HF_EREFUSED;
}

/*
 * Is what is at the place of the store on its own volume V nothing, or a store that may be
 * replaced? What an interrupted capture left is no store: nobody has to ask for its replacement.
 */
static int check_place(const struct capture *c, struct machine_volume *v)
{
	enum store_state state;
	int err = store_check_place(v->fs, c->options.store);

	if (!err)
		err = store_examine(v->fs, c->store_path, &state);
	if (err)
		return err;
	if (state == STORE_OTHER) {
		log_error("%s exists and is not a store: it is not touched. Choose another "
			  "StorePath.",
			  c->options.store);
		return HF_EREFUSED;
	}
	if (state == STORE_NONE || state == STORE_INCOMPLETE)
		return 0;
	if (state == STORE_COMPLETE && c->options.then_wipe && is_unused(c, v->fs))
		return 0;
	return check_overwrite(c, v);
}

/* Is NEED bytes free on V, whose root is called ROOT? */
static int check_room(const struct capture *c, struct machine_volume *v, const char *root,
		      uint64_t need)
{
	struct fs_space space;
	int err = fs_space(v->fs, &space);

	if (err)
		return HF_EREFUSED;
	if (space.free >= need)
		return 0;
	log_message(c->options.only_look ? LOG_WARNING : LOG_ERROR,
		    "Volume %s has %.0f MB free; the store needs %.0f MB there%s. Delete "
		    "something, or enlarge the volume.",
		    root, (double)space.free / MIB, (double)need / MIB,
		    need == MINIMUM_FREE ? " (a hard-link store always needs 250 MB)" : "");
	return c->options.only_look ? 0 : HF_ENOSPC;
}

int capture_check(struct capture *c)
{
	char root[3] = {0};
	struct machine_volume *v;
	int err = check_volume(c);

	if (err)
		return err;
	root[0] = c->letter;
	root[1] = ':';
	v = machine_volume(c->machine, c->letter);
	err = check_place(c, v);
	return err ? err : check_room(c, v, root, MINIMUM_FREE);
}

/* Bytes that the files of PLAN take when they are copied to clusters of CLUSTER bytes. */
static uint64_t copied_bytes(const struct plan *plan, uint32_t cluster)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < plan->file_count; i++) {
		uint64_t size = plan->files[i].listed_only ? 0 : plan->files[i].size;

		sum += (size + cluster - 1) / cluster * cluster;
	}
	return sum;
}

static int check_rooms(const struct capture *c)
{
	struct fs_space space;
	uint64_t copies = 0, names;
	int err = fs_space(c->parts[0].volume->fs, &space);

	if (err)
		return HF_EREFUSED;
	names = capture_names_bytes(&c->parts[0].plan);
	for (size_t i = 1; i < c->part_count && !err; i++) {
		const struct capture_part *part = &c->parts[i];

		if (part->role == CATALOG_COPIED) {
			copies += copied_bytes(&part->plan, space.cluster);
			names += capture_names_bytes(&part->plan);
		} else {
			err = check_room(c, part->volume, part->plan.root,
					 capture_names_bytes(&part->plan) + PART_FREE);
		}
	}
	if (err)
		return err;
	/* Names of up to a million files fit in what is asked for anyway. */
	return check_room(
		c, c->parts[0].volume, c->parts[0].plan.root,
		copies + (names + PART_FREE > MINIMUM_FREE ? names + PART_FREE : MINIMUM_FREE));
}

static bool is_part(const struct capture *c, const struct machine_volume *v)
{
	for (size_t i = 0; i < c->part_count; i++)
		if (c->parts[i].volume == v && c->parts[i].role != CATALOG_COPIED)
			return true;
	return false;
}

static int add_old(struct capture *c, struct machine_volume *v)
{
	if (array_grow(&c->old, c->old_count, &c->old_cap))
		return log_oom();
	c->old[c->old_count++] = v;
	return 0;
}

static int refuse_other(const struct capture *c, const struct machine_volume *v, const char *what)
{
	const char letter[3] = {v->letter, ':', '\0'};

	log_message(c->options.only_look ? LOG_WARNING : LOG_ERROR,
		    "%s%s on %s is %s, which does not belong to the store that is overwritten. "
		    "Delete it first, choose another StorePath, or leave that volume alone with "
		    "--exclude-volume.",
		    v->letter ? letter : "", c->store_path, v->volume->device, what);
	return c->options.only_look ? 0 : HF_EREFUSED;
}

/*
 * What V has at the place of the store: of the store ID that is overwritten, a left-over of an
 * interrupted capture, or somebody else's? CUT: the master was left by an interrupted capture.
 */
static int look_for_old(struct capture *c, struct machine_volume *v, const char *id, bool cut)
{
	char found[CATALOG_ID_SIZE];
	struct machine_volume *master = NULL;
	enum store_state state;
	int err = parts_examine(v, c->store_path, &state, found);

	if (err || state == STORE_NONE || (state == STORE_OTHER && !is_part(c, v)))
		return err;
	if (v == c->parts[0].volume || (*id && !strcmp(found, id)))
		return add_old(c, v);
	if (state == STORE_OTHER)
		return refuse_other(c, v, "no store");
	if (state == STORE_IS_PART)
		err = parts_find_master(c->machine, c->store_path, found, &master);
	if (err)
		return err;
	if (state == STORE_COMPLETE || master)
		return is_part(c, v)
			       ? refuse_other(c, v,
					      master ? "part of another store" : "another store")
			       : 0;
	/* The master of a part may be on a disk that is not there. */
	if (state == STORE_IS_PART && !cut)
		err = check_overwrite(c, v);
	return err ? err : add_old(c, v);
}

/* Finds everything that is to be deleted before the new store is made. */
static int find_old(struct capture *c)
{
	char id[CATALOG_ID_SIZE];
	enum store_state state;
	int err = parts_examine(c->parts[0].volume, c->store_path, &state, id);

	for (size_t i = 0; i < c->machine->volume_count && !err; i++) {
		struct machine_volume *v = &c->machine->volumes[i];

		if (v->fs && machine_is_ntfs(v) && !capture_excludes(c, v->letter))
			err = look_for_old(c, v, id, state == STORE_INCOMPLETE);
	}
	return err;
}

int capture_check_parts(struct capture *c)
{
	int err = 0;

	for (size_t i = 1; i < c->part_count && !err; i++)
		if (c->parts[i].role == CATALOG_PART)
			err = store_check_place(c->parts[i].volume->fs, c->store_path);
	if (!err)
		err = find_old(c);
	return err ? err : check_rooms(c);
}
