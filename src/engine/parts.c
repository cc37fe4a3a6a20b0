// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding and deleting the parts of a store.
 */
#include "engine/parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/machine.h"

int parts_init(struct parts *parts, const char *path)
{
	*parts = (struct parts){.path = strdup(path)};
	return parts->path ? 0 : log_oom();
}

static void free_row(struct catalog_volume *row)
{
	free((char *)(uintptr_t)row->path);
	free((char *)(uintptr_t)row->root);
	free((char *)(uintptr_t)row->kind);
	free((char *)(uintptr_t)row->label);
}

int parts_add(struct parts *parts, const struct catalog_volume *row, struct machine_volume *holder)
{
	struct part *part;

	if (array_grow(&parts->items, parts->count, &parts->cap))
		return log_oom();
	part = &parts->items[parts->count];
	*part = (struct part){.row = *row, .holder = holder};
	part->row.id = (unsigned)parts->count + 1;
	part->row.path = strdup(row->path);
	part->row.root = strdup(row->root);
	part->row.kind = strdup(row->kind);
	part->row.label = strdup(row->label);
	if (part->row.path && part->row.root && part->row.kind && part->row.label) {
		parts->count++;
		return 0;
	}
	free_row(&part->row);
	return log_oom();
}

void parts_free(struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		free_row(&parts->items[i].row);
	free(parts->items);
	free(parts->path);
	*parts = (struct parts){0};
}

int parts_examine(struct machine_volume *v, const char *path, enum store_state *state,
		  char id[CATALOG_ID_SIZE])
{
	struct catalog *catalog = NULL;
	const char *fact = NULL;
	int err = store_examine(v->fs, path, state);

	id[0] = '\0';
	if (!err && *state == STORE_IS_PART) {
		err = store_part_id(v->fs, path, id);
	} else if (!err && *state == STORE_COMPLETE) {
		err = store_open_catalog(v->fs, path, &catalog);
		if (!err)
			fact = catalog_get(catalog, "store-id");
		if (fact && strlen(fact) == CATALOG_ID_SIZE - 1)
			strcpy(id, fact);
		catalog_free(catalog);
	}
	return err == HF_ECORRUPT || err == HF_EREFUSED ? 0 : err;
}

/* Volumes whose file system may hold a store. */
static bool may_hold(const struct machine_volume *v)
{
	return v->fs && machine_is_ntfs(v);
}

int parts_find_master(struct machine *m, const char *path, const char *id,
		      struct machine_volume **out)
{
	*out = NULL;
	for (size_t i = 0; *id && i < m->volume_count; i++) {
		struct machine_volume *v = &m->volumes[i];
		char found[CATALOG_ID_SIZE];
		enum store_state state;
		int err = may_hold(v) ? parts_examine(v, path, &state, found) : HF_ENOENT;

		if (!err && state == STORE_COMPLETE && !strcmp(found, id))
			*out = v;
		if (err && err != HF_ENOENT)
			return err;
	}
	return 0;
}

struct locating {
	struct parts *parts;
	struct machine *m;
	struct machine_volume *master;
	const char *id;
};

static int missing(const struct locating *l, const struct catalog_volume *row)
{
	log_error("The store %s has a part on %s (serial number %016" PRIX64
		  ", label '%s'), which is not there or does not hold it. Connect that disk, or "
		  "capture again with /o.",
		  l->parts->path, row->path, row->serial, row->label);
	return HF_ENOENT;
}

/* The volume that holds the part ROW of the store. */
static int find_part(const struct locating *l, const struct catalog_volume *row,
		     struct machine_volume **out)
{
	*out = NULL;
	for (size_t i = 0; i < l->m->volume_count; i++) {
		struct machine_volume *v = &l->m->volumes[i];
		char id[CATALOG_ID_SIZE];
		enum store_state state;
		int err;

		if (!may_hold(v) || v->volume->serial != row->serial)
			continue;
		err = parts_examine(v, l->parts->path, &state, id);
		if (err)
			return err;
		if (state != STORE_IS_PART || strcmp(id, l->id))
			continue;
		if (*out) {
			log_error("%s and %s both hold the part of the store %s on %s: one is a "
				  "copy of the other. Disconnect the one that does not count.",
				  (*out)->volume->device, v->volume->device, l->parts->path,
				  row->path);
			return HF_EAMBIGUOUS;
		}
		*out = v;
	}
	return *out ? 0 : missing(l, row);
}

static int locate_row(void *ctx, const struct catalog_volume *row)
{
	struct locating *l = ctx;
	struct machine_volume *holder = l->master;
	int err = 0;

	if (row->role == CATALOG_MASTER && row->serial != l->master->volume->serial) {
		log_error("The store %s was made on another volume (serial number %016" PRIX64
			  ", this one has %016" PRIX64
			  "): a hard-link store cannot be copied. Use it where it was made.",
			  l->parts->path, row->serial, l->master->volume->serial);
		return HF_EREFUSED;
	}
	if (row->role == CATALOG_PART)
		err = find_part(l, row, &holder);
	return err ? err : parts_add(l->parts, row, holder);
}

int parts_locate(struct parts *parts, struct machine *m, struct machine_volume *master,
		 const char *path, struct catalog *catalog)
{
	struct locating l = {.parts = parts, .m = m, .master = master};
	int err = parts_init(parts, path);

	l.id = catalog_get(catalog, "store-id");
	if (!l.id)
		l.id = "";
	if (!err)
		err = catalog_volumes(catalog, locate_row, &l);
	if (!err && !parts->count) {
		log_error("The catalog of the store %s names no volume.", path);
		err = HF_ECORRUPT;
	}
	return err;
}

static struct fs *find_volume(void *ctx, char letter)
{
	struct machine_volume *v = machine_volume(ctx, letter);

	return v ? v->fs : NULL;
}

int parts_survey_losses(struct machine *m, const char *path, struct machine_volume *const *volumes,
			size_t count, struct store_losses *losses)
{
	const struct store_volumes origins = {find_volume, m};
	int err = 0;

	*losses = (struct store_losses){0};
	for (size_t i = 0; i < count && !err; i++) {
		struct store_losses some;

		err = store_survey_losses(volumes[i]->fs, path, &origins, &some);
		losses->files += some.files;
		losses->bytes += some.bytes;
	}
	return err;
}

int parts_delete_whatever(const char *path, struct machine_volume *const *volumes, size_t count)
{
	enum store_state state;
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		err = store_examine(volumes[i]->fs, path, &state);
		if (!err && state == STORE_COMPLETE)
			err = store_retire(volumes[i]->fs, path);
	}
	for (size_t i = 0; i < count && !err; i++)
		err = store_delete_whatever(volumes[i]->fs, path);
	return err;
}

int parts_delete(struct machine *m, const char *path, struct machine_volume *const *volumes,
		 size_t count)
{
	const struct store_volumes origins = {find_volume, m};
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		err = store_check_delete(volumes[i]->fs, path, &origins);
	return err ? err : parts_delete_whatever(path, volumes, count);
}
