// SPDX-License-Identifier: GPL-2.0-or-later
/* The catalog of a store in memory, with sums. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/winpath.h"
#include "cmd/store_private.h"
#include "report/error.h"
#include "report/log.h"
#include "store/tree.h"

static int load_volume(void *ctx, const struct catalog_volume *row)
{
	struct store_view *view = ctx;
	char *path = arena_strdup(&view->arena, row->path);

	if (!path || array_grow(&view->volumes, view->volume_count, &view->volume_cap))
		return log_oom();
	view->volumes[view->volume_count++] = path;
	return 0;
}

static int load_rule(void *ctx, const struct catalog_rule *row)
{
	struct store_view *view = ctx;
	struct store_rule *rule;

	if (array_grow(&view->rules, view->rule_count, &view->rule_cap))
		return log_oom();
	rule = &view->rules[view->rule_count++];
	rule->row = *row;
	rule->row.kind = arena_strdup(&view->arena, row->kind);
	rule->row.pattern = arena_strdup(&view->arena, row->pattern);
	rule->row.file = arena_strdup(&view->arena, row->file);
	rule->row.component = arena_strdup(&view->arena, row->component);
	rule->row.user = arena_strdup(&view->arena, row->user);
	return rule->row.kind && rule->row.pattern && rule->row.file && rule->row.component &&
			       rule->row.user
		       ? 0
		       : log_oom();
}

/* catalog_dirs() has checked that ids are 1.. and that a parent comes before its children. */
static int load_dir(void *ctx, const struct catalog_dir *row)
{
	struct store_view *view = ctx;
	struct store_dir *dir;

	if (row->volume > view->volume_count || view->dir_count >= STORE_NO_DIR - 1) {
		log_error("The catalog has a directory \"%s\" of no captured volume.",
			  store_safe(row->name));
		return HF_ECORRUPT;
	}
	if (array_grow(&view->dirs, view->dir_count, &view->dir_cap))
		return log_oom();
	dir = &view->dirs[view->dir_count++];
	*dir = (struct store_dir){.row = *row,
				  .parent = row->parent ? (uint32_t)row->parent - 1 : STORE_NO_DIR,
				  .first_child = STORE_NO_DIR,
				  .next = STORE_NO_DIR};
	dir->row.name = arena_strdup(&view->arena, row->name);
	return dir->row.name ? 0 : log_oom();
}

static int compare_ids(const void *a, const void *b)
{
	int64_t x = ((const struct store_rule *)a)->row.id,
		y = ((const struct store_rule *)b)->row.id;

	return x < y ? -1 : x > y;
}

const struct store_rule *store_view_rule(const struct store_view *view, int64_t id)
{
	const struct store_rule key = {.row.id = id};

	return view->rule_count
		       ? bsearch(&key, view->rules, view->rule_count, sizeof(key), compare_ids)
		       : NULL;
}

static int count_file(void *ctx, const struct catalog_file *file)
{
	struct store_view *view = ctx;
	struct store_rule *rule = (struct store_rule *)store_view_rule(view, file->rule);

	if (file->how == CATALOG_LISTED) {
		view->listed++;
		return 0;
	}
	if (file->dir < 1 || (uint64_t)file->dir > view->dir_count)
		return 0;
	view->dirs[file->dir - 1].files++;
	view->dirs[file->dir - 1].bytes += file->size;
	view->files++;
	view->bytes += file->size;
	if (rule) {
		rule->files++;
		rule->bytes += file->size;
	}
	return 0;
}

/* Sums from the leaves up; children are chained in the order of their names. */
static void add_up(struct store_view *view)
{
	for (size_t i = view->dir_count; i-- > 0;) {
		struct store_dir *dir = &view->dirs[i], *parent;
		uint32_t *link;

		dir->all_files += dir->files;
		dir->all_bytes += dir->bytes;
		if (dir->parent == STORE_NO_DIR)
			continue;
		parent = &view->dirs[dir->parent];
		parent->all_files += dir->all_files;
		parent->all_bytes += dir->all_bytes;
		link = &parent->first_child;
		dir->next = *link;
		*link = (uint32_t)i;
	}
}

int store_view_load(struct store_view *view)
{
	int err = catalog_volumes(view->catalog, load_volume, view);

	if (!err)
		err = catalog_rules(view->catalog, load_rule, view);
	if (!err)
		err = catalog_dirs(view->catalog, load_dir, view);
	if (!err && view->rule_count)
		qsort(view->rules, view->rule_count, sizeof(*view->rules), compare_ids);
	if (!err)
		err = catalog_files(view->catalog, 0, count_file, view);
	if (!err)
		add_up(view);
	return err;
}

int store_view_path(const struct store_view *view, uint32_t index, struct str *path)
{
	uint32_t chain[TREE_DEPTH_MAX];
	size_t depth = 0;
	int err;

	while (view->dirs[index].parent != STORE_NO_DIR && depth < TREE_DEPTH_MAX) {
		chain[depth++] = index;
		index = view->dirs[index].parent;
	}
	err = str_adds(path, view->volumes[view->dirs[index].row.volume - 1]);
	while (depth && !err)
		err = winpath_add(path, view->dirs[chain[--depth]].row.name);
	return err;
}

void store_view_free(struct store_view *view)
{
	catalog_free(view->catalog);
	free(view->path);
	free(view->dirs);
	free(view->rules);
	free(view->volumes);
	arena_free(&view->arena);
	view->catalog = NULL;
}

const char *store_safe(const char *text)
{
	static char buffers[4][4096];
	static unsigned turn;

	return text_printable(text ? text : "", buffers[turn++ % 4], sizeof(buffers[0]));
}

const char *store_wipe_word(enum store_wipe wipe)
{
	static const char *const words[] = {[STORE_NOT_WIPED] = "no",
					    [STORE_WIPE_STARTED] = "started",
					    [STORE_WIPE_DONE] = "yes"};

	return words[wipe];
}

const char *store_restore_word(enum store_restore restore)
{
	static const char *const words[] = {[STORE_NOT_RESTORED] = "no",
					    [STORE_RESTORE_STARTED] = "started",
					    [STORE_RESTORE_DONE] = "yes"};

	return words[restore];
}

const char *store_place(const struct machine_volume *v, const char *path, char out[512])
{
	if (v->letter)
		snprintf(out, 512, "%c:%s", v->letter, path);
	else
		snprintf(out, 512, "%s %s", v->volume->device, path);
	return out;
}
