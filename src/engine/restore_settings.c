// SPDX-License-Identifier: GPL-2.0-or-later
/* The plan of what becomes of a catalog's settings. */
#include "engine/restore_settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "engine/restore_plan.h"
#include "engine/restore_rules.h"
#include "engine/restore_settings_private.h"
#include "engine/restore_users.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/rules.h"
#include "store/catalog.h"
#include "windows/hive.h"

const char *setting_user_name(const struct restore_settings *s, int user, char *out, size_t size)
{
	return user < 0 ? NULL
			: restore_user_name(s->in.users, &s->in.users->list[user], out, size);
}

int source_key_names(const struct restore_settings *s, int64_t id, struct key_names *out)
{
	out->count = s->sources[id - 1].depth;
	for (size_t i = out->count; i; id = s->sources[id - 1].parent)
		out->items[--i] = s->sources[id - 1].name;
	return 0;
}

static int load_security(void *ctx, int64_t id, const void *descriptor, size_t len)
{
	struct restore_settings *s = ctx;
	const char *copy = arena_strndup(&s->arena, descriptor, len);

	(void)id;
	if (!copy || array_grow(&s->securities, s->security_count, &s->security_cap) ||
	    array_grow(&s->security_lens, s->security_count, &s->security_len_cap))
		return log_oom();
	s->securities[s->security_count] = (const uint8_t *)copy;
	s->security_lens[s->security_count++] = len;
	return 0;
}

static int load_key(void *ctx, const struct catalog_reg_key *row)
{
	struct restore_settings *s = ctx;
	const struct source_key *parent = row->parent ? &s->sources[row->parent - 1] : NULL;
	struct source_key key = {
		.name = arena_strdup(&s->arena, row->name),
		.class_name = row->class_name ? arena_strdup(&s->arena, row->class_name) : NULL,
		.parent = row->parent,
		.rule = row->rule,
		.security = row->security,
		.user = parent ? parent->user : (int)row->user - 1,
		.depth = (uint16_t)(parent ? parent->depth + 1 : 1),
		.selected = row->how == CATALOG_DIR,
	};

	if (!key.name || (row->class_name && !key.class_name) ||
	    array_grow(&s->sources, s->source_count, &s->source_cap))
		return log_oom();
	if (key.depth > SETTING_NAMES_MAX || key.user >= (int)s->in.users->count) {
		log_error("The catalog's registry keys lie too deep, or are of users that it does "
			  "not have.");
		return HF_ECORRUPT;
	}
	s->sources[s->source_count++] = key;
	return 0;
}

/* Where key ID goes by itself; works it out once. */
static int place_of(struct restore_settings *s, int64_t id, const struct key_names *names,
		    uint32_t *place)
{
	struct source_key *key = &s->sources[id - 1];
	int err = 0;

	if (!key->placed)
		err = setting_place(s, names, key->user, true, &key->place, &key->why);
	key->placed = !err;
	*place = err ? RESTORE_NONE : key->place;
	return err;
}

/* The names above KEY get what the names above ID had when they are made. */
static void set_sources(struct restore_settings *s, uint32_t key, int64_t id)
{
	while (id && s->keys[key].parent != key &&
	       !text_casecmp(s->in.upcase, s->keys[key].name, s->sources[id - 1].name)) {
		if (!s->keys[key].source)
			s->keys[key].source = id;
		key = s->keys[key].parent;
		id = s->sources[id - 1].parent;
	}
}

/*
 * Where value LEAF (NULL: the key itself) of key ID goes; *TO_LEAF is its name there, *MOVED when a
 * rule said so.
 */
static int find_place(struct restore_settings *s, int64_t id, const char *leaf, uint32_t *place,
		      const char **to_leaf, bool *moved)
{
	const struct source_key *key = &s->sources[id - 1];
	struct key_names names, to;
	struct str node = {0};
	const char *why;
	int err = source_key_names(s, id, &names);

	if (!err)
		err = key_names_text(&names, &node);
	if (!err)
		err = setting_location(s, &names, key->user, node.data, leaf, &to, to_leaf);
	*moved = err == 1;
	if (err == 1)
		err = setting_place(s, &to, key->user, false, place, &why);
	else if (!err)
		err = place_of(s, id, &names, place);
	if (!err && *place != RESTORE_NONE)
		set_sources(s, *place, id);
	str_free(&node);
	return err;
}

static bool is_below(const struct restore_settings *s, int64_t id, const char *path)
{
	struct key_names names;
	struct str text = {0};
	bool below;

	(void)source_key_names(s, id, &names);
	names.items[0] = "";
	below = !key_names_text(&names, &text) && text.data &&
		!text_casecmp(s->in.upcase, text.data, path);
	str_free(&text);
	return below;
}

#define EXPLORER "\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\"

/* The keys with the folders of a user, or of all. */
static bool is_shell_folders(const struct restore_settings *s, int64_t id)
{
	return s->sources[id - 1].depth == 7 && (is_below(s, id, EXPLORER "User Shell Folders") ||
						 is_below(s, id, EXPLORER "Shell Folders"));
}

/* The content with the paths of each restored user moved, in the plan's memory. */
static int move_paths(struct restore_settings *s, struct restore_setting *value, bool shell)
{
	int own = s->sources[value->source - 1].user, err = 0;
	uint64_t moved = 0;

	for (size_t i = 0; !err && i < s->in.users->count; i++) {
		const struct restore_user *u = &s->in.users->list[i];
		const struct setting_paths paths = {.mapping = s->in.mapping,
						    .from = u->profile,
						    .to = u->to_profile,
						    .shell_folders = shell && own == (int)i};
		struct setting out;

		if (!u->selected)
			continue;
		err = setting_move_paths(&paths, &value->content, &out);
		if (err != 1)
			continue;
		moved = 1;
		value->content.data =
			(const uint8_t *)arena_strndup(&s->arena, (const char *)out.data, out.len);
		value->content.len = out.len;
		free((void *)(uintptr_t)out.data);
		err = value->content.data ? 0 : log_oom();
	}
	s->moved_paths += moved;
	return err;
}

/* What merge rules are called that mean something for a setting. */
static uint8_t merge_of(const struct rules_apply_rule *rule)
{
	if (rule && !strcmp(rule->helper, "DestinationPriority"))
		return SETTING_DESTINATION;
	if (rule && !strcmp(rule->helper, "HigherValue"))
		return SETTING_HIGHER;
	return rule && !strcmp(rule->helper, "LowerValue") ? SETTING_LOWER : SETTING_SOURCE;
}

/* What rules say of the content of VALUE, whose name in the store is LEAF. */
static int ask_rules(struct restore_settings *s, struct restore_setting *value, const char *leaf)
{
	int user = s->sources[value->source - 1].user;
	struct rules_object object = {.type = RULES_REGISTRY,
				      .user = restore_rules_old_user(s->in.rules, user),
				      .leaf = leaf};
	const struct rules_apply_rule *rule = NULL;
	struct key_names names;
	struct str node = {0};
	int err = s->in.rules ? source_key_names(s, value->source, &names) : 1;

	if (!err)
		err = key_names_text(&names, &node);
	object.node = node.data;
	if (!err)
		err = restore_rules_best(s->in.rules, RULES_MERGE, &object, &rule);
	if (!err) {
		value->merge = merge_of(rule);
		err = restore_rules_best(s->in.rules, RULES_CONTENT_MODIFY, &object, &rule);
	}
	if (!err && rule)
		value->change = (struct setting_rule){
			.helper = rule->helper,
			.args = rule->source_args,
			.arg_count = rule->arg_count,
		};
	str_free(&node);
	/* Rules cannot name what is longer than a pattern may be. */
	return err == 1 || err == HF_ELIMIT || err == HF_EINVAL ? 0 : err;
}

/* Of two values for one place the later counts, unless a rule prefers what is there. */
static int claim(struct restore_settings *s, uint32_t index)
{
	struct restore_setting *value = &s->values[index], *first;
	uint32_t holder;
	int err = setting_claim(s, value->key, value->name, index, &holder);

	if (err || holder == index)
		return err;
	first = &s->values[holder];
	if (value->merge == SETTING_DESTINATION) {
		value->outcome = SETTING_REPLACED;
		return 0;
	}
	/* The first keeps the place in the table; what was in it goes to the other's. */
	const struct restore_setting swapped = *first;

	*first = *value;
	*value = swapped;
	value->outcome = SETTING_REPLACED;
	return 0;
}

static int plan_value(struct restore_settings *s, const struct catalog_reg_value *row,
		      struct restore_setting *value)
{
	bool shell = is_shell_folders(s, row->key);
	const char *leaf = row->name;
	int err = find_place(s, row->key, row->name, &value->key, &leaf, &value->moved);

	if (err)
		return err;
	value->name = arena_strdup(&s->arena, leaf);
	value->content.data = (const uint8_t *)arena_strndup(&s->arena, row->data, row->len);
	if (!value->name || !value->content.data)
		return log_oom();
	if (value->key == RESTORE_NONE || row->type == HIVE_LINK ||
	    (shell && s->sources[row->key - 1].user < 0))
		value->outcome = SETTING_LEFT_OUT;
	else if (restore_rules_never(s->in.rules, row->rule))
		value->outcome = SETTING_BY_RULE;
	if (value->outcome != SETTING_PENDING)
		return 0;
	err = ask_rules(s, value, row->name);
	return err ? err : move_paths(s, value, shell);
}

static int load_value(void *ctx, const struct catalog_reg_value *row)
{
	struct restore_settings *s = ctx;
	struct restore_setting *value;
	struct restore_hive *hive;
	int err;

	if ((uint64_t)row->key > s->source_count || s->value_count >= INT32_MAX) {
		log_error("The catalog's registry values are not those of its keys.");
		return HF_ECORRUPT;
	}
	if (array_grow(&s->values, s->value_count, &s->value_cap))
		return log_oom();
	value = &s->values[s->value_count];
	*value = (struct restore_setting){
		.key = RESTORE_NONE,
		.source = row->key,
		.content = {.type = row->type, .len = row->len},
	};
	err = plan_value(s, row, value);
	if (err)
		return err;
	s->value_count++;
	if (value->outcome != SETTING_PENDING)
		return 0;
	hive = &s->hives[s->keys[value->key].hive];
	hive->values++;
	hive->bytes += value->content.len + 64 + 2 * strlen(value->name);
	return claim(s, (uint32_t)s->value_count - 1);
}

/* A key that was selected itself is made also when it has no values. */
static int plan_keys(struct restore_settings *s)
{
	int err = 0;

	for (size_t i = 0; !err && i < s->source_count; i++) {
		const char *leaf;
		uint32_t place = RESTORE_NONE;
		bool moved;

		if (!s->sources[i].selected || !s->sources[i].parent ||
		    restore_rules_never(s->in.rules, s->sources[i].rule))
			continue;
		err = find_place(s, (int64_t)i + 1, NULL, &place, &leaf, &moved);
		if (!err && place != RESTORE_NONE)
			s->keys[place].selected = true;
		else if (!err && s->sources[i].why && log_wants_detail())
			log_detail("Registry key %s is not restored: %s.", s->sources[i].name,
				   s->sources[i].why);
	}
	return err;
}

static int report_rules(const struct restore_settings *s)
{
	uint64_t unknown = 0;
	const char *name = NULL;

	for (size_t i = 0; i < s->value_count; i++) {
		const char *helper = s->values[i].change.helper;

		if (!helper || setting_knows_content_helper(helper))
			continue;
		name = helper;
		unknown++;
	}
	if (unknown)
		log_warning("%llu registry values are restored unchanged: this version does not "
			    "carry out contentModify %s.",
			    (unsigned long long)unknown, name);
	return 0;
}

int restore_settings_plan(struct restore_settings *s, const struct restore_settings_input *in)
{
	int err;

	s->in = *in;
	err = catalog_reg_securities(in->catalog, load_security, s);
	if (!err)
		err = catalog_reg_keys(in->catalog, load_key, s);
	if (!err)
		err = plan_keys(s);
	if (!err)
		err = catalog_reg_values(in->catalog, 0, load_value, s);
	if (!err)
		err = restore_ini_plan(s);
	return err ? err : report_rules(s);
}

static int key_path(const struct restore_settings *s, uint32_t key, struct str *text)
{
	struct key_names names = {.count = 0};

	for (uint32_t k = key;; k = s->keys[k].parent) {
		names.count++;
		if (s->keys[k].parent == k)
			break;
	}
	if (names.count > SETTING_NAMES_MAX)
		return HF_ELIMIT;
	for (size_t i = names.count; i; key = s->keys[key].parent)
		names.items[--i] = s->keys[key].name;
	return key_names_text(&names, text);
}

static int add_whose(const struct restore_settings *s, int user, const char *leaf, struct str *text)
{
	char who[600];
	int err = str_addf(text, " [%s]", leaf);

	if (!err && user >= 0)
		err = str_addf(text, " of %s", setting_user_name(s, user, who, sizeof(who)));
	return err ? log_oom() : 0;
}

int restore_settings_from(const struct restore_settings *s, size_t index, struct str *text)
{
	const struct restore_setting *v = &s->values[index];
	struct key_names names;
	int err = source_key_names(s, v->source, &names);

	if (!err)
		err = key_names_text(&names, text);
	return err ? err : add_whose(s, s->sources[v->source - 1].user, v->name, text);
}

int restore_settings_to(const struct restore_settings *s, size_t index, struct str *text)
{
	const struct restore_setting *v = &s->values[index];
	int err = key_path(s, v->key, text);

	return err ? err : add_whose(s, s->hives[s->keys[v->key].hive].user, v->name, text);
}

uint64_t restore_settings_only_stored(const struct restore_settings *s)
{
	uint64_t count = 0;

	for (size_t i = 0; i < s->value_count; i++) {
		int user = s->sources[s->values[i].source - 1].user;

		count += user >= 0 && !s->in.users->list[user].selected;
	}
	for (size_t i = 0; i < s->ini_count; i++)
		count += s->inis[i].outcome == SETTING_LEFT_OUT;
	return count;
}

void restore_settings_free(struct restore_settings *s)
{
	free(s->hives);
	free(s->keys);
	free(s->values);
	free(s->inis);
	free(s->sources);
	free(s->securities);
	free(s->security_lens);
	free(s->slots);
	arena_free(&s->arena);
	*s = (struct restore_settings){0};
}
