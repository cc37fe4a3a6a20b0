// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Filling a store, on all volumes that contribute to it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/cancel.h"
#include "engine/capture_private.h"
#include "engine/examine.h"
#include "engine/used_rules.h"
#include "engine/verify.h"
#include "report/error.h"
#include "report/log.h"
#include "store/catalog.h"
#include "store/store.h"
#include "windows/machine.h"

/* The volumes that are written to. */
struct written {
	struct machine_volume **volumes;
	size_t count, cap;
};

static int add_written(struct written *w, struct machine_volume *v)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->volumes[i] == v)
			return 0;
	if (array_grow(&w->volumes, w->count, &w->cap))
		return log_oom();
	w->volumes[w->count++] = v;
	return 0;
}

static int list_written(const struct capture *c, struct written *w)
{
	int err = 0;

	for (size_t i = 0; i < c->part_count && !err; i++)
		if (c->parts[i].role != CATALOG_COPIED)
			err = add_written(w, c->parts[i].volume);
	for (size_t i = 0; i < c->old_count && !err; i++)
		err = add_written(w, c->old[i]);
	return err;
}

static int open_all(const struct capture *c, const struct written *w, bool healthy, int err)
{
	for (size_t i = 0; i < w->count && !err; i++) {
		struct machine_volume *v = w->volumes[i];

		if (v->fs && v->fs->writable)
			continue;
		/* Those that will refuse come first, so that no other has to be given back. */
		if (!healthy == (v->volume->health == NTFS_CLEAN))
			continue;
		err = machine_volume_reopen(c->machine, v);
		if (err && v->letter)
			log_error("Nothing was written to any volume. To capture without %c: give "
				  "--exclude-volume %c:",
				  v->letter, v->letter);
	}
	return err;
}

int capture_open(struct capture *c)
{
	struct written w = {0};
	int err;

	cancel_install();
	err = list_written(c, &w);
	err = open_all(c, &w, false, err);
	err = open_all(c, &w, true, err);
	for (size_t i = 0; i < w.count && err; i++)
		if (w.volumes[i]->fs && w.volumes[i]->fs->writable)
			(void)machine_volume_look(c->machine,
						  w.volumes[i]); /* the refusal is told already */
	free(w.volumes);
	return err;
}

int capture_clear(struct capture *c)
{
	if (!c->old_count)
		return 0;
	log_status("Deleting the older store in %s.", c->options.store);
	return parts_delete(c->machine, c->store_path, c->old, c->old_count);
}

/* The catalog's rows of the captured volumes, which PARTS keeps for the proof. */
static int record_volumes(const struct capture *c, struct catalog *catalog, struct parts *parts)
{
	int err = parts_init(parts, c->store_path);

	for (size_t i = 0; i < c->part_count && !err; i++) {
		const struct capture_part *part = &c->parts[i];
		const struct volume *v = part->volume->volume;
		const struct catalog_volume row = {.path = part->plan.root,
						   .root = part->folder,
						   .serial = v->serial,
						   .kind = v->fstype,
						   .label = v->label,
						   .role = part->role};
		err = parts_add(parts, &row,
				part->role == CATALOG_COPIED ? c->parts[0].volume : part->volume);
		if (!err)
			err = catalog_add_volume(catalog, &parts->items[i].row);
	}
	return err;
}

/* Gathers part number I, into the master's FILES when it is copied. */
static int gather_part(struct capture *c, struct gathering *g, size_t i, fs_ref *master_files)
{
	const struct capture_part *part = &c->parts[i];
	bool copied = part->role == CATALOG_COPIED;
	struct gather_volume v = {
		.id = (unsigned)i + 1,
		.root = part->folder,
		.from = part->volume->fs,
		.to = copied ? c->parts[0].volume->fs : part->volume->fs,
		.files_root = *master_files,
		.plan = &part->plan,
	};
	int err = copied ? 0 : store_create(v.to, c->store_path, &v.files_root);

	if (!i)
		*master_files = v.files_root;
	return err ? err : gather_volume(g, &v);
}

static int gather_parts(struct capture *c, struct used_rules *rules, struct catalog *catalog)
{
	struct gathering *g = gather_begin(rules, catalog, c->errors);
	fs_ref master_files = 0;
	int err = g ? 0 : HF_ENOMEM;

	for (size_t i = 0; i < c->part_count && !err; i++)
		err = gather_part(c, g, i, &master_files);
	c->result = gather_end(g);
	return err;
}

/* Everything on the medium and in its place; the parts get their marks before the master. */
static int finish(struct capture *c, struct catalog *catalog, const struct parts *parts)
{
	struct verify_result verified;
	int err = 0;

	for (size_t i = 0; i < c->part_count && !err; i++)
		if (c->parts[i].role != CATALOG_COPIED)
			err = fs_sync(c->parts[i].volume->fs);
	if (!err)
		err = verify_store(parts, catalog, &verified);
	for (size_t i = 1; i < c->part_count && !err; i++)
		if (c->parts[i].role == CATALOG_PART)
			err = store_finish_part(c->parts[i].volume->fs, c->store_path,
						catalog_get(catalog, "store-id"));
	return err ? err : store_finish(c->parts[0].volume->fs, c->store_path, catalog);
}

/* What the plans say, into the store and its catalog. */
static int keep_all(struct capture *c, struct catalog *catalog)
{
	struct used_rules used;
	int err = used_rules_init(&used, c->rules, &c->examine->rules_machine, catalog);

	if (!err)
		err = gather_parts(c, &used, catalog);
	if (!err)
		err = settings_store(&c->settings, c->examine, &used, catalog, c->errors,
				     &c->stored);
	used_rules_free(&used);
	return err;
}

static int fill_store(struct capture *c, struct catalog *catalog)
{
	struct parts parts = {0};
	int err = capture_describe(c, catalog);

	if (!err)
		err = record_volumes(c, catalog, &parts);
	if (!err)
		err = keep_all(c, catalog);
	if (!err)
		err = capture_record_skipped(c, catalog);
	if (!err)
		err = finish(c, catalog, &parts);
	parts_free(&parts);
	return err;
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
	for (size_t i = 0; i < c->part_count; i++) {
		plan_free(&c->parts[i].plan);
		free(c->parts[i].store);
	}
	free(c->parts);
	settings_plan_free(&c->settings);
	free(c->old);
	c->parts = NULL;
	c->old = NULL;
	c->part_count = c->old_count = 0;
}
