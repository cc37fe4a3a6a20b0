// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deciding about the settings of ini files. They are few: the plan holds them whole.
 */
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "base/text.h"
#include "engine/cancel.h"
#include "engine/errors.h"
#include "engine/examine.h"
#include "engine/settings.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/rules.h"
#include "store/catalog.h"

struct ini_walk {
	struct settings_plan *plan;
	struct examine *e;
	const struct rules *rules;
	struct object_errors *errors;
	struct rules_dir dir;
	const char *file;    /* in the plan's memory */
	const char *section; /* that DIR is for, in the plan's memory; NULL before the first */
	int stopped;	     /* why a visit ended, when it did */
};

static int enter_section(struct ini_walk *w, const char *section)
{
	if (w->section && !strcmp(w->section, section))
		return 0;
	w->section = arena_strdup(&w->plan->text, section);
	if (!w->section)
		return HF_ENOMEM;
	return rules_enter_section(w->rules, w->file, w->section, &w->dir);
}

/* Longer than anything Windows would read or rules could name: not a setting. */
static bool is_oversized(int err)
{
	return err == HF_ELIMIT || err == HF_EINVAL;
}

/* Windows itself would cut it. */
static int long_value(struct ini_walk *w, const char *name)
{
	struct str path = {0};
	int err = str_addf(&path, "%s|%s[%s]", w->file, w->section, name) ? HF_ENOMEM : 0;

	if (!err)
		err = object_error(w->errors, path.data, HF_ELIMIT,
				   "its value is longer than 65,536 bytes");
	str_free(&path);
	return err;
}

static int plan_setting(void *ctx, const char *section, const char *name, const char *value)
{
	struct ini_walk *w = ctx;
	struct settings_plan *plan = w->plan;
	struct rules_decision decision;
	struct settings_ini *ini;
	int err = enter_section(w, section);

	if (!err)
		err = rules_decide_setting(&w->dir, name, &decision);
	if (is_oversized(err) || (!err && !decision.selected))
		return 0;
	if (!err && strlen(value) > CATALOG_TEXT_MAX)
		return long_value(w, name);
	if (err || array_grow(&plan->inis, plan->ini_count, &plan->ini_cap))
		return err ? err : HF_ENOMEM;
	ini = &plan->inis[plan->ini_count];
	*ini = (struct settings_ini){
		.file = w->file,
		.section = w->section,
		.name = arena_strdup(&plan->text, name),
		.value = arena_strdup(&plan->text, value),
		.rule = decision.rule,
		.order = (uint32_t)plan->ini_count,
	};
	if (!ini->name || !ini->value)
		return HF_ENOMEM;
	plan->ini_count++;
	return 0;
}

static int compare_places(const struct settings_ini *a, const struct settings_ini *b)
{
	int n = text_casecmp(upcase_basic(), a->section, b->section);

	return n ? n : text_casecmp(upcase_basic(), a->name, b->name);
}

static int compare_settings(const void *a, const void *b)
{
	const struct settings_ini *x = a, *y = b;
	int n = compare_places(x, y);

	return n ? n : (x->order > y->order) - (x->order < y->order);
}

/* Of settings from FIRST on that come twice, Windows reads the one that comes first. */
static void drop_repeated(struct settings_plan *plan, size_t first)
{
	size_t kept = first;

	if (plan->ini_count - first < 2)
		return;
	qsort(plan->inis + first, plan->ini_count - first, sizeof(*plan->inis), compare_settings);
	for (size_t i = first + 1; i < plan->ini_count; i++)
		if (compare_places(&plan->inis[kept], &plan->inis[i]))
			plan->inis[++kept] = plan->inis[i];
	plan->ini_count = kept + 1;
}

static int plan_file(struct ini_walk *w, const char *path)
{
	const struct rules_machine *m = &w->e->rules_machine;
	size_t first = w->plan->ini_count, len = 0;
	void *data = NULL;
	int err = m->read_file(m->ctx, path, RULES_INI_BYTES_MAX, &data, &len);

	if (err)
		return object_error(
			w->errors, path, err,
			err == HF_ELIMIT ? "it is too large for an ini file, so that its settings "
					   "cannot be kept"
					 : "it cannot be read, so that its settings cannot be "
					   "kept");
	w->section = NULL;
	w->file = arena_strdup(&w->plan->text, path);
	err = w->file ? ini_read(data, len, plan_setting, w) : HF_ENOMEM;
	free(data);
	drop_repeated(w->plan, first);
	return err == HF_ENOMEM ? log_oom() : err;
}

static int visit_file(void *ctx, const char *path)
{
	struct ini_walk *w = ctx;

	w->stopped = cancel_requested() ? HF_ECANCELLED : plan_file(w, path);
	return w->stopped;
}

int settings_plan_ini(struct settings_plan *plan, struct examine *e, const struct rules *rules,
		      struct object_errors *errors)
{
	struct ini_walk w = {.plan = plan, .e = e, .rules = rules, .errors = errors};
	int err = rules_ini_files(rules, visit_file, &w);

	rules_dir_free(&w.dir);
	if (err == HF_ENOMEM)
		return log_oom();
	if (err && !w.stopped)
		err = object_error(errors, "ini files", err,
				   "folders could not be searched for those that rules speak of, "
				   "so that settings in them may be missing");
	return err;
}
