// SPDX-License-Identifier: GPL-2.0-or-later
/* Making the plan of a restore. */
#include "engine/restore_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/winpath.h"
#include "engine/mapping.h"
#include "engine/restore_rules.h"
#include "report/error.h"
#include "report/log.h"

#define PATH_UNITS 32768u

/* A captured volume. */
struct source_volume {
	const char *path; /* "C:"; NULL: there is none of that id */
	bool elsewhere;	  /* its files are in a part of the store on another volume */
};

struct planning {
	struct source_volume volumes[CATALOG_VOLUMES_MAX + 1]; /* by id */
	struct restore_plan *plan;
	const struct restore_target *target;
	struct str path, leaf; /* scratch */
};

static size_t hash_path(struct restore_plan *p, const char *path)
{
	int n = text_to_utf16(path, strlen(path), p->scratch, PATH_UNITS);
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (int i = 0; i < n; i++)
		h = (h ^ p->upcase->map[p->scratch[i]]) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

/* Makes room so that at most half of the slots are taken. */
static int grow_slots(struct restore_plan *p)
{
	size_t count = p->slot_count ? p->slot_count * 2 : 1024;
	uint32_t *slots;

	if (p->place_count * 2 < p->slot_count)
		return 0;
	slots = malloc(count * sizeof(*slots));
	if (!slots)
		return log_oom();
	memset(slots, 0xff, count * sizeof(*slots));
	for (size_t i = 0; i < p->place_count; i++) {
		size_t at = hash_path(p, p->places[i].path) & (count - 1);

		while (slots[at] != RESTORE_NONE)
			at = (at + 1) & (count - 1);
		slots[at] = (uint32_t)i;
	}
	free(p->slots);
	p->slots = slots;
	p->slot_count = count;
	return 0;
}

/* The slot of PATH: with its place, or free for it. */
static size_t find_slot(struct restore_plan *p, const char *path)
{
	size_t at = hash_path(p, path) & (p->slot_count - 1);

	while (p->slots[at] != RESTORE_NONE &&
	       text_casecmp(p->upcase, p->places[p->slots[at]].path, path))
		at = (at + 1) & (p->slot_count - 1);
	return at;
}

static int add_place(struct planning *g, const char *path, uint32_t parent, uint32_t *out)
{
	struct restore_plan *p = g->plan;
	size_t slot;

	if (p->place_count >= RESTORE_NONE - 1)
		return HF_ELIMIT;
	if (winpath_is_below(p->upcase, path, g->target->store)) {
		log_error("%s lies in the store %s: nothing can be restored there. Nothing was "
			  "changed.",
			  path, g->target->store);
		return HF_EREFUSED;
	}
	if (grow_slots(p) || array_grow(&p->places, p->place_count, &p->place_cap))
		return log_oom();
	*out = (uint32_t)p->place_count;
	p->places[*out] = (struct restore_place){
		.path = arena_strdup(&p->arena, path),
		.parent = parent == RESTORE_NONE ? *out : parent,
		.source = RESTORE_NONE,
	};
	if (!p->places[*out].path)
		return log_oom();
	slot = find_slot(p, path);
	p->slots[slot] = *out;
	p->place_count++;
	return 0;
}

/*
 * The place PATH (normalised), made with all above it when it is new: from the root down, so that
 * a parent's number is less than its children's.
 */
static int intern_place(struct planning *g, const char *path, uint32_t *out)
{
	char *copy = strdup(path), *end = copy ? copy + 2 : NULL;
	uint32_t parent = RESTORE_NONE;
	int err = copy ? 0 : log_oom();

	if (!err && !g->target->drives[copy[0] - 'A'])
		copy[0] = g->target->system_letter;
	while (!err) {
		char stop = *end;
		size_t slot;

		*end = '\0';
		err = grow_slots(g->plan);
		if (err)
			break;
		slot = find_slot(g->plan, copy);
		*out = g->plan->slots[slot];
		if (*out == RESTORE_NONE)
			err = add_place(g, copy, parent, out);
		parent = *out;
		*end = stop;
		if (!stop)
			break;
		end += 1 + strcspn(end + 1, "\\");
	}
	free(copy);
	return err;
}

/* Where what is in directory DIR goes, whose own rule-free path is PATH. */
static int place_of_path(struct planning *g, const char *path, uint32_t *out)
{
	int err = mapping_path(g->target->mapping, path, &g->path, NULL);

	*out = RESTORE_NONE;
	if (err)
		return err == HF_EREFUSED ? 0 : err;
	return intern_place(g, g->path.data, out);
}

/*
 * The directory object itself: whose metadata the place gets when it has to be made. A rule may
 * move it; what is in it goes by its own rules.
 */
static int place_dir_object(struct planning *g, uint32_t index)
{
	struct restore_plan *plan = g->plan;
	const struct restore_dir *dir = &plan->dirs[index];
	uint32_t place = dir->place;
	struct restore_place *p;
	int moved;

	if (place == RESTORE_NONE)
		return 0;
	moved = restore_rules_location(g->target->rules, dir->path, NULL, &g->path, &g->leaf);
	if (moved == 1)
		moved = intern_place(g, g->path.data, &place);
	if (moved)
		return moved;
	p = &plan->places[place];
	if (p->source == RESTORE_NONE || (dir->selected && !plan->dirs[p->source].selected))
		p->source = index;
	if (dir->selected)
		p->needed = true;
	return 0;
}

static int add_volume(void *ctx, const struct catalog_volume *row)
{
	struct planning *g = ctx;

	g->volumes[row->id] = (struct source_volume){
		.path = arena_strdup(&g->plan->arena, row->path),
		.elsewhere = row->role == CATALOG_PART,
	};
	return g->volumes[row->id].path ? 0 : log_oom();
}

static int plan_dir(void *ctx, const struct catalog_dir *row)
{
	struct planning *g = ctx;
	struct restore_plan *p = g->plan;
	struct restore_dir *dir;
	int err;

	if (p->dir_count >= RESTORE_NONE - 1)
		return HF_ELIMIT;
	if (!g->volumes[row->volume].path) {
		log_error("The catalog has a directory \"%s\" of no captured volume.", row->name);
		return HF_ECORRUPT;
	}
	if (array_grow(&p->dirs, p->dir_count, &p->dir_cap))
		return log_oom();
	str_truncate(&g->path, 0);
	err = row->parent ? str_addf(&g->path, "%s\\%s", p->dirs[row->parent - 1].path, row->name)
			  : str_adds(&g->path, g->volumes[row->volume].path);
	dir = &p->dirs[p->dir_count];
	*dir = (struct restore_dir){
		.name = err ? NULL : arena_strdup(&p->arena, row->name),
		.path = err ? NULL : arena_strdup(&p->arena, g->path.data),
		.parent = row->parent ? (uint32_t)row->parent - 1 : (uint32_t)p->dir_count,
		.stored = row->stored,
		.attributes = row->attributes,
		.reparse_tag = row->reparse_tag,
		.selected = row->how == CATALOG_DIR,
	};
	if (!dir->name || !dir->path)
		return log_oom();
	p->dir_count++;
	dir->place = RESTORE_NONE;
	if (!g->volumes[row->volume].elsewhere)
		err = place_of_path(g, dir->path, &dir->place);
	return err ? err : place_dir_object(g, (uint32_t)p->dir_count - 1);
}

static void count_file(struct restore_plan *p, const struct restore_file *file)
{
	const struct restore_dir *dir = &p->dirs[file->dir];

	if (file->place == RESTORE_NONE) {
		p->left_out_files++;
		return;
	}
	p->places[file->place].file_count++;
	p->places[file->place].needed = true;
	p->ordered++;
	p->bytes += file->size;
	if (file->to_name != file->name ||
	    text_casecmp(p->upcase, p->places[file->place].path, dir->path))
		p->moved_files++;
}

/* What rules say of FILE, which has its place by the folders alone. */
static int ask_rules(struct planning *g, struct restore_file *file)
{
	const char *dir = g->plan->dirs[file->dir].path;
	int verdict;

	if (file->place == RESTORE_NONE || !g->target->rules)
		return 0;
	verdict = restore_rules_hold_back(g->target->rules, file->rule, dir, file->name);
	if (verdict == 1) {
		file->outcome = RESTORE_BY_RULE;
		g->plan->held_back++;
		return 0;
	}
	if (!verdict)
		verdict = restore_rules_location(g->target->rules, dir, file->name, &g->path,
						 &g->leaf);
	if (verdict <= 0)
		return verdict;
	file->to_name = arena_strdup(&g->plan->arena, g->leaf.data);
	return file->to_name ? intern_place(g, g->path.data, &file->place) : log_oom();
}

static int plan_file(void *ctx, const struct catalog_file *row)
{
	struct planning *g = ctx;
	struct restore_plan *p = g->plan;
	struct restore_file *file;

	if (p->file_count >= RESTORE_NONE - 1)
		return HF_ELIMIT;
	if (array_grow(&p->files, p->file_count, &p->file_cap))
		return log_oom();
	file = &p->files[p->file_count];
	*file = (struct restore_file){
		.name = arena_strdup(&p->arena, row->name),
		.size = row->size,
		.stored = row->stored,
		.dir = (uint32_t)row->dir - 1,
		.place = p->dirs[row->dir - 1].place,
		.attributes = row->attributes,
		.rule = row->rule,
		.how = (uint8_t)row->how,
	};
	file->to_name = file->name;
	if (!file->name)
		return log_oom();
	p->file_count++;
	int err = ask_rules(g, file);
	count_file(p, file);
	return err;
}

/* Above something needed, everything is needed; then the files by place. */
static int put_in_order(struct restore_plan *p)
{
	uint32_t at = 0;

	for (size_t i = p->place_count; i-- > 0;)
		if (p->places[i].needed)
			p->places[p->places[i].parent].needed = true;
	p->order = malloc((p->ordered + 1) * sizeof(*p->order));
	if (!p->order)
		return log_oom();
	for (size_t i = 0; i < p->place_count; i++) {
		p->places[i].first_file = at;
		at += p->places[i].file_count;
		p->places[i].file_count = 0;
	}
	for (size_t i = 0; i < p->file_count; i++) {
		struct restore_place *place;

		if (p->files[i].place == RESTORE_NONE)
			continue;
		place = &p->places[p->files[i].place];
		p->order[place->first_file + place->file_count++] = (uint32_t)i;
	}
	return 0;
}

int restore_plan_make(struct restore_plan *plan, struct catalog *catalog,
		      const struct restore_target *target)
{
	struct planning g = {.plan = plan, .target = target};
	int err;

	*plan = (struct restore_plan){.upcase = target->upcase};
	plan->scratch = malloc(PATH_UNITS * sizeof(*plan->scratch));
	if (!plan->scratch)
		return log_oom();
	err = catalog_volumes(catalog, add_volume, &g);
	if (!err)
		err = catalog_dirs(catalog, plan_dir, &g);
	if (!err)
		err = catalog_files(catalog, 0, plan_file, &g);
	if (!err)
		err = put_in_order(plan);
	if (err == HF_ELIMIT)
		log_error("The store has more objects than a plan can hold.");
	str_free(&g.path);
	str_free(&g.leaf);
	return err;
}

void restore_plan_free(struct restore_plan *plan)
{
	free(plan->dirs);
	free(plan->places);
	free(plan->files);
	free(plan->order);
	free(plan->slots);
	free(plan->scratch);
	arena_free(&plan->arena);
	*plan = (struct restore_plan){0};
}

static int join(struct str *path, const char *dir, const char *name)
{
	str_truncate(path, 0);
	return str_addf(path, "%s\\%s", dir, name) ? log_oom() : 0;
}

int restore_file_source(const struct restore_plan *plan, const struct restore_file *file,
			struct str *path)
{
	return join(path, plan->dirs[file->dir].path, file->name);
}

int restore_file_target(const struct restore_plan *plan, const struct restore_file *file,
			struct str *path)
{
	return join(path, plan->places[file->place].path, file->to_name);
}
