// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deciding about the registry: one walk over the hives, each key and value put before the rules
 * under all of its names.
 */
#include "engine/settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "engine/cancel.h"
#include "engine/errors.h"
#include "engine/examine.h"
#include "engine/setting_names.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "rules/rules.h"
#include "windows/hive.h"
#include "windows/machine.h"

/* Levels of keys: those of a hive (windows/registry.h) and the roots above. */
#define SETTINGS_DEPTH_MAX 520

/* UTF-16 units of the longest names that Windows allows. */
#define KEY_NAME_UNITS	 256
#define VALUE_NAME_UNITS 16383

/* A key that is being walked through. */
struct frame {
	struct registry_content content;
	size_t next; /* subkey */
	uint32_t key;
	size_t path_len;
};

struct walk {
	struct settings_plan *plan;
	struct examine *e;
	const struct rules *rules;
	struct object_errors *errors;
	struct setting_names names;
	struct setting_alias asked[SETTING_ALIASES]; /* those of NAMES that rules know of */
	size_t aliases;
	struct rules_dir dirs[SETTING_ALIASES]; /* of the key at hand */
	bool alive[SETTING_ALIASES];		/* the key has that name, and rules know of it */
	int user;
	struct registry_key classes; /* UsrClass.dat of USER; no place when there is none */
	struct str path, alias;
	struct frame *stack;
	size_t depth, cap;
	uint16_t units[VALUE_NAME_UNITS]; /* of a value's name */
};

/* A key that is in no hive. */
static const struct registry_key made_key = {.root = REGISTRY_KEY, .user = -1};

/* Whose HKCU is walked through, for messages; or NULL. */
static const char *owner(const struct walk *w)
{
	const struct rules_machine *m = &w->e->rules_machine;

	return w->user < 0 ? NULL : m->user_name(m->ctx, w->user);
}

/* setting_error() for the key at hand, or its value VALUE. */
static int trouble(struct walk *w, const char *value, int error, const char *reason)
{
	const struct rules_object object = {
		.type = RULES_REGISTRY, .user = w->user, .node = w->path.data, .leaf = value};

	return setting_error(w->errors, &object, owner(w), error, reason);
}

/*
 * Prepares the rules for the key at hand under each of its names. *WANTED: they may say something
 * of it or its values; *DEEPER: of what is below.
 */
static int enter(struct walk *w, bool *wanted, bool *deeper)
{
	int err = 0;

	*wanted = *deeper = false;
	for (size_t i = 0; i < w->aliases && !err; i++) {
		const struct setting_alias *alias = &w->asked[i];

		w->alive[i] = false;
		err = setting_name(alias, w->path.data, &w->alias);
		if (err) {
			err = err == HF_ENOENT ? 0 : err;
			continue;
		}
		err = rules_enter_key(w->rules, alias->user, w->alias.data, &w->dirs[i]);
		if (err)
			return err == HF_ENOMEM ? log_oom() : err;
		w->alive[i] = w->dirs[i].count;
		*wanted |= w->dirs[i].count;
		*deeper |= w->dirs[i].may_descend;
	}
	/* What has another name further down: rules know of that, or it would not be in the list.
	 */
	for (size_t i = 0; i < w->aliases; i++)
		*deeper |= setting_leads_to(&w->asked[i], w->path.data);
	return err;
}

/* Decides the key at hand (NAME NULL) or its value NAME. */
static int decide(struct walk *w, const char *name, struct rules_decision *out)
{
	int n = name ? text_to_utf16(name, strlen(name), w->units, VALUE_NAME_UNITS) : 0;

	*out = (struct rules_decision){false, RULES_NONE};
	if (n < 0)
		return n;
	for (size_t i = 0; i < w->aliases; i++) {
		struct rules_decision one;

		if (!w->alive[i])
			continue;
		if (name)
			rules_decide_value(&w->dirs[i], w->units, (unsigned)n, &one);
		else
			rules_decide_key(&w->dirs[i], &one);
		setting_also(w->rules, out, &one);
	}
	return 0;
}

static int plan_value(struct walk *w, uint32_t key, uint32_t index,
		      const struct registry_value_entry *value)
{
	struct settings_plan *plan = w->plan;
	struct rules_decision decision;
	int err;

	plan->seen_values++;
	err = decide(w, value->name, &decision);
	if (err)
		return trouble(w, value->name, err, "its name is longer than Windows allows");
	if (!decision.selected)
		return 0;
	if (value->error)
		return trouble(w, value->name, value->error,
			       value->error == HF_ELIMIT ? "its data is larger than 64 MiB"
							 : "its data is lost: the hive is damaged");
	if (array_grow(&plan->values, plan->value_count, &plan->value_cap))
		return log_oom();
	plan->values[plan->value_count++] = (struct settings_value){index, decision.rule};
	plan->keys[key].value_count++;
	plan->keys[key].needed = true;
	plan->bytes += value->len;
	return 0;
}

/* What damage has taken from the key at hand, as far as rules could have wanted it. */
static int report_losses(struct walk *w, const struct settings_key *key, unsigned losses,
			 bool deeper)
{
	struct str file = {0}, inside = {0}, reason = {0};
	bool subkeys = losses & 1u << HIVE_LOST_SUBKEYS && deeper;
	bool values = losses & 1u << HIVE_LOST_VALUES;
	int err;

	if (!subkeys && !values)
		return 0;
	err = registry_key_file(w->e->registry, &key->key, &file, &inside);
	if (!err)
		err = str_addf(&reason, "%s of this key are lost: the hive %s is damaged",
			       subkeys && values ? "subkeys and values"
			       : subkeys	 ? "subkeys"
						 : "values",
			       file.data);
	err = err ? log_oom() : trouble(w, NULL, HF_ECORRUPT, reason.data);
	str_free(&file);
	str_free(&inside);
	str_free(&reason);
	return err;
}

bool settings_key_is_made(const struct settings_key *key)
{
	return key->key.root == REGISTRY_KEY && !key->key.count;
}

static int add_key(struct walk *w, const struct settings_key *key)
{
	struct settings_plan *plan = w->plan;

	if (plan->key_count >= UINT32_MAX || plan->value_count >= UINT32_MAX) {
		log_error("The registry has more objects than a plan can hold.");
		return HF_ELIMIT;
	}
	if (array_grow(&plan->keys, plan->key_count, &plan->key_cap))
		return log_oom();
	plan->keys[plan->key_count++] = *key;
	return 0;
}

/* After a key: an unneeded one is dropped when it is the last, a needed one needs its parent. */
static void settle(struct settings_plan *plan, uint32_t index)
{
	struct settings_key *key = &plan->keys[index];

	if (key->needed) {
		plan->keys[key->parent].needed = true;
		plan->needed_keys++;
	} else if (index + 1 == plan->key_count) {
		plan->key_count--;
	}
}

static int push(struct walk *w, struct registry_content *content, uint32_t key)
{
	if (array_grow(&w->stack, w->depth, &w->cap))
		return log_oom();
	w->stack[w->depth++] = (struct frame){*content, 0, key, w->path.len};
	*content = (struct registry_content){0};
	return 0;
}

/* Adds the subkey NAME at PLACE to what was read of a key. */
static int add_subkey(struct registry_content *content, const char *name,
		      const struct registry_key *place)
{
	size_t cap = content->subkey_count;

	if (array_grow(&content->subkeys, content->subkey_count, &cap))
		return log_oom();
	content->subkeys[content->subkey_count].name = strdup(name);
	if (!content->subkeys[content->subkey_count].name)
		return log_oom();
	content->subkeys[content->subkey_count++].key = *place;
	return 0;
}

static bool has_subkey(const struct registry_content *content, const char *name)
{
	for (size_t i = 0; i < content->subkey_count; i++)
		if (!strcasecmp(content->subkeys[i].name, name))
			return true;
	return false;
}

/*
 * Reads the key at hand. UsrClass.dat is HKCU\Software\Classes also when NTUSER.DAT is lost, or has
 * no Software: what is missing above it is made.
 */
static int read_key(struct walk *w, const struct settings_key *key,
		    struct registry_content *content)
{
	int err = settings_key_is_made(key) ? 0
					    : registry_read_key(w->e->registry, &key->key, content);

	if (err || !w->classes.count)
		return err == HF_ENOMEM ? log_oom() : err;
	if (!strcasecmp(w->path.data, "HKCU") && !has_subkey(content, "Software"))
		return add_subkey(content, "Software", &made_key);
	if (!strcasecmp(w->path.data, "HKCU\\Software") && settings_key_is_made(key))
		return add_subkey(content, "Classes", &w->classes);
	return 0;
}

/* Takes a key into the plan with what is selected of its values, and goes into it if DEEPER. */
static int plan_content(struct walk *w, struct settings_key *key, struct registry_content *content,
			bool deeper)
{
	struct rules_decision decision;
	uint32_t index = (uint32_t)w->plan->key_count;
	int err = decide(w, NULL, &decision);

	if (!err)
		err = report_losses(w, key, content->info.losses, deeper);
	if (err)
		return err;
	key->selected = key->needed = decision.selected;
	key->rule = decision.rule;
	key->first_value = (uint32_t)w->plan->value_count;
	err = add_key(w, key);
	for (size_t i = 0; i < content->value_count && !err; i++)
		err = plan_value(w, index, (uint32_t)i, &content->values[i]);
	if (!err && deeper)
		return push(w, content, index);
	if (!err)
		settle(w->plan, index);
	return err;
}

/* Puts the key at hand before the rules. */
static int plan_key(struct walk *w, const char *name, const struct registry_key *place,
		    uint32_t parent)
{
	struct registry_content content = {0};
	struct settings_key key = {.key = *place, .parent = parent, .user = w->user};
	bool wanted, deeper;
	int err;

	if (cancel_requested())
		return HF_ECANCELLED;
	progress_update(++w->plan->seen_keys);
	if (text_to_utf16(name, strlen(name), w->units, KEY_NAME_UNITS) < 0)
		return trouble(w, NULL, HF_ELIMIT, "its name is longer than Windows allows");
	err = enter(w, &wanted, &deeper);
	if (err == HF_EINVAL || err == HF_ELIMIT)
		return trouble(w, NULL, err, "its path is longer than rules can name");
	if (err || (!wanted && !deeper))
		return err;
	key.name = arena_strdup(&w->plan->text, name);
	if (!key.name)
		return log_oom();
	err = read_key(w, &key, &content);
	if (err && err != HF_ENOMEM)
		return trouble(w, NULL, err, "it cannot be read");
	if (!err)
		err = plan_content(w, &key, &content, deeper);
	registry_content_free(&content);
	return err;
}

/*
 * Whether the key at hand is passed over: the control set that is CurrentControlSet as well, and in
 * HKU what is some user's.
 */
static bool is_elsewhere(const struct walk *w)
{
	return setting_is_second(&w->names, w->path.data) ||
	       (!strncasecmp(w->path.data, "HKU\\", 4) &&
		strncasecmp(w->path.data, "HKU\\.DEFAULT", 12));
}

static int plan_subkey(struct walk *w)
{
	struct frame *f = &w->stack[w->depth - 1];
	const struct registry_subkey_entry *subkey = &f->content.subkeys[f->next++];
	size_t len = f->path_len;
	uint32_t parent = f->key;
	int err;

	str_truncate(&w->path, len);
	err = str_addf(&w->path, "\\%s", subkey->name) ? log_oom() : 0;
	if (!err && !is_elsewhere(w))
		err = plan_key(w, subkey->name, &subkey->key, parent);
	return err;
}

static void pop(struct walk *w)
{
	struct frame *f = &w->stack[--w->depth];

	registry_content_free(&f->content);
}

/* Keeps those names that rules know of. */
static int ask_names(struct walk *w)
{
	struct rules_dir dir = {0};
	int err = 0;

	w->aliases = 0;
	for (size_t i = 0; i < w->names.count && !err; i++) {
		const struct setting_alias *alias = &w->names.items[i];

		if (alias->implied)
			continue;
		err = rules_enter_key(w->rules, alias->user, alias->to, &dir);
		if (!err && (dir.count || dir.may_descend))
			w->asked[w->aliases++] = *alias;
	}
	rules_dir_free(&dir);
	return err == HF_ENOMEM ? log_oom() : err;
}

/*
 * A hive that cannot be opened is only missing from the lists of keys: asked for by PROBE here, it
 * is an error of the key SHOWN, if rules would look there. One that is REQUIRED is one even when
 * there is none.
 */
static int check_hive(struct walk *w, const char *probe, const char *shown, bool required)
{
	int user = w->user < 0 ? -1 : (int)w->e->users[w->user];
	struct registry_key key;
	bool wanted, deeper;
	int err;

	str_truncate(&w->path, 0);
	err = str_adds(&w->path, shown) ? log_oom() : enter(w, &wanted, &deeper);
	if (err || (!wanted && !deeper))
		return err;
	err = registry_open_key(w->e->registry, user, probe, &key);
	if (!err && w->user >= 0 && !required && key.count && key.at[0].user == user)
		w->classes = key;
	if (!err || (err == HF_ENOENT && !required))
		return 0;
	if (err == HF_ENOMEM)
		return log_oom();
	return trouble(w, NULL, err == HF_ENOENT ? HF_ECORRUPT : err,
		       "the registry hive that has it cannot be read, so that none of the settings "
		       "in it can be kept");
}

static int check_hives(struct walk *w, const char *root)
{
	struct str classes = {0};
	const char *sid;
	int err;

	if (!strcmp(root, "HKLM")) {
		err = check_hive(w, "HKLM\\Software", "HKLM\\Software", true);
		return err ? err : check_hive(w, "HKLM\\System", "HKLM\\System", true);
	}
	if (!strcmp(root, "HKU"))
		return check_hive(w, "HKU\\.DEFAULT", "HKU\\.DEFAULT", false);
	sid = w->e->machine->chosen->users[w->e->users[w->user]].sid;
	err = check_hive(w, "HKCU", "HKCU", true);
	if (!err && str_addf(&classes, "HKU\\%s_Classes", sid))
		err = log_oom();
	if (!err)
		err = check_hive(w, classes.data, "HKCU\\Software\\Classes", false);
	str_free(&classes);
	return err;
}

/* Goes through everything below the key ROOT. */
static int walk_below(struct walk *w, const char *root)
{
	int user = w->user < 0 ? -1 : (int)w->e->users[w->user];
	struct registry_key place;
	int err = registry_open_key(w->e->registry, user, root, &place);

	if (err == HF_ENOMEM)
		return log_oom();
	if (err && !w->classes.count) /* said by check_hives() */
		return 0;
	if (err)
		place = made_key;
	str_truncate(&w->path, 0);
	err = str_adds(&w->path, root) ? log_oom() : 0;
	if (!err)
		err = plan_key(w, root, &place, (uint32_t)w->plan->key_count);
	while (!err && w->depth) {
		struct frame *f = &w->stack[w->depth - 1];

		if (f->next < f->content.subkey_count) {
			err = plan_subkey(w);
		} else {
			settle(w->plan, f->key);
			pop(w);
		}
	}
	while (w->depth)
		pop(w);
	return err;
}

/* The tree of ROOT, of the rules' user USER, unless rules know nothing of it. */
static int walk_root(struct walk *w, const char *root, int user)
{
	int err = setting_names_init(&w->names, w->e, root, user);

	w->user = user;
	w->classes = made_key;
	if (!err)
		err = ask_names(w);
	if (!err && w->aliases)
		err = check_hives(w, root);
	if (!err && w->aliases)
		err = walk_below(w, root);
	setting_names_free(&w->names);
	return err;
}

static int walk_registry(struct walk *w)
{
	int err = walk_root(w, "HKLM", -1);

	if (!err)
		err = walk_root(w, "HKU", -1);
	for (int u = 0; u < w->e->rules_machine.user_count && !err; u++)
		err = walk_root(w, "HKCU", u);
	return err;
}

int settings_plan_make(struct settings_plan *plan, struct examine *e, const struct rules *rules,
		       struct object_errors *errors)
{
	struct walk *w = calloc(1, sizeof(*w));
	int err;

	*plan = (struct settings_plan){0};
	if (!w)
		return log_oom();
	w->plan = plan;
	w->e = e;
	w->rules = rules;
	w->errors = errors;
	progress_phase("Scanning", "registry keys", 0);
	err = walk_registry(w);
	progress_end(plan->seen_keys);
	for (size_t i = 0; i < SETTING_ALIASES; i++)
		rules_dir_free(&w->dirs[i]);
	free(w->stack);
	str_free(&w->path);
	str_free(&w->alias);
	free(w);
	if (!err)
		err = settings_plan_ini(plan, e, rules, errors);
	if (err == HF_ECANCELLED && cancel_requested())
		log_error("Stopped on request. Nothing was written.");
	return err;
}

void settings_plan_free(struct settings_plan *plan)
{
	free(plan->keys);
	free(plan->values);
	free(plan->inis);
	arena_free(&plan->text);
	*plan = (struct settings_plan){0};
}

int settings_key_path(const struct settings_plan *plan, uint32_t key, struct str *path)
{
	uint32_t chain[SETTINGS_DEPTH_MAX];
	size_t depth = 0;
	int err = 0;

	for (;; key = plan->keys[key].parent) {
		if (depth == SETTINGS_DEPTH_MAX)
			return HF_ELIMIT;
		chain[depth++] = key;
		if (plan->keys[key].parent == key)
			break;
	}
	while (depth && !err) {
		key = chain[--depth];
		err = str_addf(path, "%s%s", plan->keys[key].parent == key ? "" : "\\",
			       plan->keys[key].name);
	}
	return err;
}
