// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deciding whether a volume may be wiped, and what stays.
 */
#include "engine/wipe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/winpath.h"
#include "engine/verify.h"
#include "engine/wipe_private.h"
#include "report/error.h"
#include "report/log.h"
#include "store/catalog.h"
#include "store/store.h"
#include "windows/machine.h"

/* Stays besides store and keeps: our logs, and the task sequence's own folder. */
static const char *const always_kept[] = {"Holdfast", "_SMSTaskSequence"};
/* Where the files FVE2.{...} are. */
static const char fve_folder[] = "\\System Volume Information";

bool wipe_is_protected(const struct wipe_plan *plan, fs_ref parent, fs_ref ref)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].ref && plan->items[i].ref == ref &&
		    plan->items[i].parent == parent)
			return true;
	return false;
}

/* Follows PATH component by component; the directories above its end become ancestors. */
static int locate(struct fs *fs, struct wipe_plan *plan, struct wipe_protected *item)
{
	const char *rest = item->path + 2, *part = NULL;
	fs_ref at = fs_root(fs), parent = at;
	struct fs_stat st = {.is_dir = true};
	size_t len;
	int err;

	while ((part = winpath_next(&rest, &len))) {
		if (st.attributes & FS_ATTR_REPARSE && at != fs_root(fs)) {
			log_error("%s leads through a junction or link: name its target instead.",
				  item->path);
			return HF_EINVAL;
		}
		if (!st.is_dir)
			return 0;
		parent = at;
		err = fs_lookup_text(fs, parent, part, len, &at);
		if (!err)
			err = fs_stat(fs, at, &st);
		if (err)
			return err == HF_ENOENT ? 0 : err;
		err = ref_set_add(&plan->ancestors, parent);
		if (err < 0)
			return err;
	}
	item->parent = parent;
	item->ref = at;
	item->is_dir = st.is_dir && !(st.attributes & FS_ATTR_REPARSE);
	return 0;
}

/* Adds PATH (normalised). */
static int protect(struct fs *fs, struct wipe_plan *plan, const char *path)
{
	struct wipe_protected *item;

	if (array_grow(&plan->items, plan->count, &plan->cap))
		return log_oom();
	item = &plan->items[plan->count];
	item->path = strdup(path);
	if (!item->path)
		return log_oom();
	plan->count++;
	if ((plan->protected.len && str_addc(&plan->protected, ';')) ||
	    str_adds(&plan->protected, path))
		return log_oom();
	return locate(fs, plan, item);
}

/* A junction may be kept for what it leads to, which would go: as bad as leading through one. */
static int check_kept(struct fs *fs, const struct wipe_protected *item)
{
	struct fs_stat st;
	int err;

	if (!item->ref) {
		log_warning("--keep %s: there is nothing of that name.", item->path);
		return 0;
	}
	err = fs_stat(fs, item->ref, &st);
	if (err || !TREE_TAG_IS_SURROGATE(st.reparse_tag))
		return err;
	log_error("--keep %s is a junction or link: name its target instead.", item->path);
	return HF_EINVAL;
}

static int protect_keep(struct fs *fs, struct wipe_plan *plan, const char *keep)
{
	struct str path = {0};
	char letter = 0;
	int err = winpath_normalise(keep, plan->letter, &path);

	if (err == HF_ENOMEM) {
		err = log_oom();
	} else if (err || !winpath_split(path.data, &letter, NULL) || letter != plan->letter ||
		   !path.data[2]) {
		log_error("--keep %s: give the full path of a file or folder on %c:, like "
			  "%c:\\Drivers.",
			  keep, plan->letter, plan->letter);
		err = HF_EINVAL;
	} else {
		err = protect(fs, plan, path.data);
	}
	if (!err)
		err = check_kept(fs, &plan->items[plan->count - 1]);
	str_free(&path);
	return err;
}

struct found_stores {
	struct str complete; /* the only complete one */
	unsigned complete_count;
	struct str list;
	unsigned incomplete_count;
};

static int note_store(void *ctx, const char *path, enum store_state state)
{
	struct found_stores *found = ctx;

	if (str_addf(&found->list, "\n  %s%s", path,
		     state == STORE_INCOMPLETE ? " (not complete)" : ""))
		return log_oom();
	if (state == STORE_INCOMPLETE) {
		found->incomplete_count++;
		return 0;
	}
	found->complete_count++;
	str_truncate(&found->complete, 0);
	return str_adds(&found->complete, path) ? log_oom() : 0;
}

/* The volume's only store. */
static int find_store(struct fs *fs, char letter, struct str *path)
{
	struct found_stores found = {0};
	int err = store_find(fs, note_store, &found);

	if (!err && !found.complete_count) {
		log_error("Volume %c: is not wiped: there is no complete store on it.%s%s\nCapture "
			  "first (scanstate), or name a store that lies deeper with --store.",
			  letter, found.list.len ? " There is:" : "",
			  found.list.len ? found.list.data : "");
		err = HF_ENOENT;
	} else if (!err && found.complete_count + found.incomplete_count > 1) {
		log_error(
			"Volume %c: is not wiped: it is not clear which store counts:%s\nSay which "
			"with --store, or delete the others.",
			letter, found.list.data);
		err = HF_EAMBIGUOUS;
	}
	if (!err && str_addf(path, "%c:%s", letter, found.complete.data))
		err = log_oom();
	str_free(&found.complete);
	str_free(&found.list);
	return err;
}

static int choose_store(struct fs *fs, const struct wipe_options *options, struct wipe_plan *plan)
{
	struct str path = {0};
	char letter = 0;
	int err = 0;

	if (options->store) {
		err = winpath_normalise(options->store, plan->letter, &path);
		if (!err && (!winpath_split(path.data, &letter, NULL) || letter != plan->letter ||
			     !path.data[2]))
			err = HF_EINVAL;
		if (err == HF_EINVAL)
			log_error("--store %s: give the full path of a store on %c:.",
				  options->store, plan->letter);
	} else {
		err = find_store(fs, plan->letter, &path);
	}
	if (!err) {
		plan->store = str_take(&path);
		if (!plan->store)
			err = log_oom();
	}
	str_free(&path);
	return err;
}

/* A store without a file was made without rules: deleting everything else cannot be meant. */
static int check_contents(const struct wipe_plan *plan)
{
	uint64_t dirs, files, skipped;
	int err = catalog_count(plan->catalog, &dirs, &files, &skipped);

	if (err)
		return err;
	if (!files) {
		log_error("Volume %c: is not wiped: the store %s holds no files at all. Capture "
			  "again "
			  "with rule files (/i).",
			  plan->letter, plan->store);
		return HF_EREFUSED;
	}
	return 0;
}

/* What was captured lies in Windows.old, beside a Windows that is to stay. */
static int check_windows_old(const struct wipe_plan *plan)
{
	const char *root = catalog_get(plan->catalog, "windows-root");

	if (!root || !*root)
		return 0;
	log_error("Volume %c: is not wiped: the store %s holds the state of the Windows that was "
		  "set aside in %c:%s, and a wipe would delete the Windows that has taken its "
		  "place. Restore the store there; then delete %c:%s with Windows' Disk Cleanup.",
		  plan->letter, plan->store, plan->letter, root, plan->letter, root);
	return HF_EREFUSED;
}

/* The volume with the catalog of the store that has its part, or all, on V. */
static int find_master(struct machine *m, struct machine_volume *v, const struct wipe_plan *plan,
		       struct machine_volume **out)
{
	char id[CATALOG_ID_SIZE];
	enum store_state state;
	int err = parts_examine(v, plan->store + 2, &state, id);

	*out = v;
	if (err || state != STORE_IS_PART)
		return err;
	err = parts_find_master(m, plan->store + 2, id, out);
	if (!err && !*out) {
		log_error("%s is part of a store whose catalog is on another volume, which is not "
			  "there or not complete. Connect that disk, or capture again with /o.",
			  plan->store);
		err = HF_ENOENT;
	}
	return err;
}

/* Does the store hold files of V itself? */
static int check_volume(const struct machine_volume *v, const struct wipe_plan *plan)
{
	for (size_t i = 0; i < plan->parts.count; i++)
		if (plan->parts.items[i].holder == v &&
		    plan->parts.items[i].row.role != CATALOG_COPIED)
			return 0;
	log_error("The store %s does not hold this volume's files.", plan->store);
	return HF_EREFUSED;
}

/* The store is complete, has this volume's files, and is whole on all its volumes. */
static int check_store(struct machine *m, struct machine_volume *v, struct wipe_plan *plan)
{
	struct machine_volume *master;
	struct verify_result result;
	enum store_wipe state;
	int err = find_master(m, v, plan, &master);

	if (!err)
		err = store_open_catalog(master->fs, plan->store + 2, &plan->catalog);
	if (!err)
		err = parts_locate(&plan->parts, m, master, plan->store + 2, plan->catalog);
	if (!err)
		err = check_volume(v, plan);
	if (!err)
		err = check_windows_old(plan);
	if (!err)
		err = check_contents(plan);
	if (!err)
		err = store_wipe_state(v->fs, plan->store, &state);
	if (!err)
		err = verify_store(&plan->parts, plan->catalog, &result);
	if (err)
		return err;
	plan->resumes = state == STORE_WIPE_STARTED;
	plan->wiped = state == STORE_WIPE_DONE;
	log_status("The store %s is whole: %" PRIu64 " files, %" PRIu64 " folders.", plan->store,
		   result.files, result.dirs);
	return 0;
}

struct other_stores {
	struct fs *fs;
	struct wipe_plan *plan;
};

/* Complete stores besides the one that counts are not the wipe's to delete. */
static int protect_store(void *ctx, const char *path, enum store_state state)
{
	struct other_stores *other = ctx;
	struct str full = {0};
	int err = str_addf(&full, "%c:%s", other->plan->letter, path) ? log_oom() : 0;

	if (!err && state != STORE_INCOMPLETE && strcmp(full.data, other->plan->store))
		err = protect(other->fs, other->plan, full.data);
	str_free(&full);
	return err;
}

struct names {
	const struct wipe_plan *plan;
	struct str paths; /* one after the other, each with its NUL */
};

static int note_metadata(void *ctx, const struct fs_entry *e)
{
	static const uint16_t prefix[] = {'F', 'V', 'E'};
	struct names *names = ctx;
	char name[NAME_WTF8_MAX];

	if (e->name_len < 3 || memcmp(e->name, prefix, sizeof(prefix)) ||
	    text_from_utf16(e->name, e->name_len, name, sizeof(name)) < 0)
		return 0;
	return str_addf(&names->paths, "%c:%s\\%s", names->plan->letter, fve_folder, name) ||
			       str_addc(&names->paths, '\0')
		       ? log_oom()
		       : 0;
}

/*
 * The clusters under BitLocker's metadata belong to files. Were these deleted, the next file on
 * them would be lost: what is written there by a system that has the volume open goes nowhere.
 */
static int protect_metadata(struct fs *fs, struct wipe_plan *plan)
{
	struct names names = {.plan = plan};
	fs_ref folder;
	int err = fs_resolve(fs, fve_folder, &folder);

	if (err)
		return err == HF_ENOENT ? 0 : err;
	err = fs_readdir(fs, folder, note_metadata, &names);
	for (size_t at = 0; at < names.paths.len && !err; at += strlen(names.paths.data + at) + 1)
		err = protect(fs, plan, names.paths.data + at);
	str_free(&names.paths);
	return err;
}

static int protect_all(struct fs *fs, const struct wipe_options *options, struct wipe_plan *plan)
{
	struct other_stores other = {fs, plan};
	char path[64];
	int err = protect(fs, plan, plan->store);

	for (size_t i = 0; i < sizeof(always_kept) / sizeof(*always_kept) && !err; i++) {
		snprintf(path, sizeof(path), "%c:\\%s", plan->letter, always_kept[i]);
		err = protect(fs, plan, path);
	}
	for (size_t i = 0; i < options->keep_count && !err; i++)
		err = protect_keep(fs, plan, options->keep[i]);
	if (!err && options->store)
		err = store_find(fs, protect_store, &other);
	if (!err && !plan->items[0].ref)
		err = HF_ENOENT;
	return err;
}

/* Without a Windows nobody can tell whose profiles there were: only an earlier wipe's word counts.
 */
static int check_windows(struct machine *m, const struct wipe_plan *plan)
{
	if (m->chosen || plan->wiped)
		return 0;
	if (plan->resumes) {
		log_status("There is no Windows any more: the interrupted wipe goes on.");
		return 0;
	}
	log_error("Volume %c: is not wiped: no Windows was chosen, so it cannot be told whose "
		  "profiles there are.",
		  plan->letter);
	return HF_EREFUSED;
}

/* The same command once more after a wipe: nothing to do. What came since is nobody's to delete. */
static int check_again(const struct machine *m, const struct wipe_plan *plan)
{
	if (m->chosen || !plan->wiped)
		return 0;
	if (!wipe_plan_objects(plan)) {
		log_status("Volume %c: was wiped already; nothing is left to delete.",
			   plan->letter);
		return 0;
	}
	log_error("Volume %c: is not wiped: it was wiped already, and there is no Windows, but "
		  "something was put there since. Delete it by hand, or protect it with --keep.",
		  plan->letter);
	return HF_EREFUSED;
}

static int decide(struct machine *m, const struct wipe_options *options, struct wipe_plan *plan)
{
	struct machine_volume *v = machine_volume(m, plan->letter);
	int err;

	if (v && !v->fs && v->volume->bitlocker) {
		log_error("Volume %c: is not wiped: it is locked by BitLocker (see above).",
			  plan->letter);
		return HF_EBITLOCKER;
	}
	if (!v || !v->fs || !machine_is_ntfs(v)) {
		log_error("There is no NTFS volume %c: that can be read.", plan->letter);
		return HF_ENOENT;
	}
	err = choose_store(v->fs, options, plan);
	if (!err)
		err = check_store(m, v, plan);
	if (!err)
		err = check_windows(m, plan);
	if (!err)
		err = protect_all(v->fs, options, plan);
	if (!err && v->volume->bitlocker)
		err = protect_metadata(v->fs, plan);
	if (!err)
		err = wipe_check_profiles(m, v->fs, plan);
	if (!err)
		err = wipe_check_linked(v->fs, plan);
	if (!err)
		err = wipe_check_skipped(v->fs, plan, options->with_errors);
	if (!err)
		err = wipe_check_fresh(m, plan, options->old_store);
	if (!err)
		err = wipe_survey(v->fs, plan);
	return err ? err : check_again(m, plan);
}

int wipe_plan_make(struct machine *m, const struct wipe_options *options, struct wipe_plan **out)
{
	struct wipe_plan *plan = calloc(1, sizeof(*plan));
	int err;

	if (!plan)
		return log_oom();
	plan->letter = options->letter;
	err = decide(m, options, plan);
	if (err) {
		wipe_plan_free(plan);
		return err;
	}
	*out = plan;
	return 0;
}

const char *wipe_plan_store(const struct wipe_plan *plan)
{
	return plan->store;
}

const char *wipe_plan_protected(const struct wipe_plan *plan)
{
	return plan->protected.data;
}

uint64_t wipe_plan_objects(const struct wipe_plan *plan)
{
	return plan->objects;
}

void wipe_plan_free(struct wipe_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->count; i++)
		free(plan->items[i].path);
	free(plan->items);
	free(plan->store);
	parts_free(&plan->parts);
	catalog_free(plan->catalog);
	str_free(&plan->protected);
	ref_set_free(&plan->ancestors);
	free(plan);
}
