// SPDX-License-Identifier: GPL-2.0-or-later
/* destinationCleanup in the registry (USMT specification 4.15). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/winpath.h"
#include "engine/restore_rules.h"
#include "engine/restore_settings_private.h"
#include "engine/restore_users.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/rules.h"
#include "windows/hive.h"
#include "windows/hive_write.h"
#include "windows/install.h"

#define DEPTH_MAX 513

/* A key on the way down. */
struct level {
	hive_key key;
	hive_key *subkeys; /* owned */
	size_t count, next;
	size_t path_len;
	bool stays; /* something in it is not cleaned up */
};

struct cleaning {
	struct restore_settings *s;
	const struct restore_hive *hive;
	const struct hive *h;
	struct hive_write *w;
	const struct rules *rules;
	int user; /* in the rules */
	struct str path;
	uint64_t *changes;
	struct level levels[DEPTH_MAX];
	size_t depth;
};

/* The fixed part of RULE's pattern, as a path with the hive's name, cut to whole names. */
static int literal_part(const struct restore_settings *s, const struct restore_hive *hive,
			const struct rules_apply_rule *rule, struct str *out)
{
	size_t len = strcspn(rule->pattern, "*?["), at;
	const char *sid = hive->user < 0 ? NULL : s->in.users->list[hive->user].to_sid;
	const char *text = rule->pattern;
	int err;

	str_truncate(out, 0);
	if ((text[len] == '*' || text[len] == '?') && len && text[len - 1] != '\\')
		while (len && text[len - 1] != '\\')
			len--;
	while (len && (text[len - 1] == '\\' || text[len - 1] == ' '))
		len--;
	at = 4 + (sid ? strlen(sid) : 0);
	if (sid && !strncasecmp(text, "HKU\\", 4) && len >= at &&
	    !strncasecmp(text + 4, sid, strlen(sid)) && (len == at || text[at] == '\\'))
		err = str_adds(out, "HKCU") || str_add(out, text + at, len - at);
	else
		err = str_add(out, text, len);
	return err ? log_oom() : 0;
}

/* Does RULE, whose fixed part is LITERAL, speak of HIVE? *REST is where in it. */
static bool is_about(const struct restore_settings *s, const struct restore_hive *hive,
		     const struct rules_apply_rule *rule, const char *literal, const char **rest)
{
	const struct upcase *uc = s->in.upcase;

	if (hive->user >= 0 && !strncasecmp(rule->pattern, "HKCU", 4) &&
	    rule->user != restore_rules_new_user(s->in.rules, hive->user))
		return false;
	*rest = "";
	if (winpath_is_below(uc, hive->name, literal))
		return true;
	if (!winpath_is_below(uc, literal, hive->name))
		return false;
	*rest = literal;
	for (const char *name = hive->name; *rest && name; name = strchr(name, '\\')) {
		name += *name == '\\';
		*rest += strcspn(*rest, "\\");
		*rest += **rest == '\\';
	}
	return true;
}

static bool cleans_registry(const struct rules_apply_rule *rule)
{
	return rule->kind == RULES_CLEANUP && rule->type == RULES_REGISTRY && !*rule->helper;
}

bool restore_settings_cleans(const struct restore_settings *s, const struct restore_hive *hive)
{
	const struct rules *rules = restore_rules_of_target(s->in.rules);
	struct str literal = {0};
	bool cleans = false;

	for (uint32_t i = 0; rules && !cleans && i < rules_apply_rule_count(rules); i++) {
		const struct rules_apply_rule *rule = rules_apply_rule(rules, i);
		const char *rest;

		if (cleans_registry(rule) && !literal_part(s, hive, rule, &literal))
			cleans = literal.data && is_about(s, hive, rule, literal.data, &rest);
	}
	str_free(&literal);
	return cleans;
}

/* 1, 0 or an error. Rules cannot name what is longer than a pattern may be. */
static int is_condemned(const struct cleaning *c, const char *leaf)
{
	const struct rules_object object = {
		.type = RULES_REGISTRY, .user = c->user, .node = c->path.data, .leaf = leaf};
	uint32_t index = RULES_NONE;
	int err = rules_best_apply_rule(c->rules, RULES_CLEANUP, &object, &index);

	if (err == HF_ELIMIT || err == HF_EINVAL)
		return 0;
	return err ? err : index != RULES_NONE && !*rules_apply_rule(c->rules, index)->helper;
}

static void tell(const struct cleaning *c, const char *name)
{
	log_info("%s %s%s%s%s: a rule cleans it up.",
		 c->w ? "Deleted:" : "To delete:", c->path.data, name ? " [" : "", name ? name : "",
		 name ? "]" : "");
}

static int clean_value(struct cleaning *c, struct level *level, hive_value value)
{
	char *name = hive_value_name(c->h, value);
	int err = name ? is_condemned(c, name) : log_oom();

	if (!err)
		level->stays = true;
	if (err == 1) {
		tell(c, name);
		c->s->cleaned_values++;
		++*c->changes;
		err = c->w ? hive_write_delete_value(c->w, level->key, name) : 0;
	}
	free(name);
	return err;
}

static int enter(struct cleaning *c, hive_key key)
{
	struct level *level = &c->levels[c->depth];
	hive_value *values = NULL;
	size_t count;
	int err;

	if (c->depth == DEPTH_MAX)
		return HF_ELIMIT;
	*level = (struct level){.key = key, .path_len = c->path.len};
	c->depth++;
	err = hive_values(c->h, key, &values, &count);
	for (size_t i = 0; !err && i < count; i++)
		err = clean_value(c, level, values[i]);
	free(values);
	return err ? err : hive_subkeys(c->h, key, &level->subkeys, &level->count);
}

/* The key that is left goes when it is meant itself and nothing stays in it. */
static int leave(struct cleaning *c)
{
	struct level *level = &c->levels[--c->depth];
	int err = 0;

	free(level->subkeys);
	str_truncate(&c->path, level->path_len);
	if (!level->stays && level->key != hive_root(c->h))
		err = is_condemned(c, NULL);
	if (err == 1) {
		tell(c, NULL);
		c->s->cleaned_keys++;
		++*c->changes;
		return c->w ? hive_write_delete_key(c->w, level->key) : 0;
	}
	if (!err && c->depth)
		c->levels[c->depth - 1].stays = true;
	return err;
}

static int walk(struct cleaning *c, hive_key start)
{
	int err = enter(c, start);

	while (!err && c->depth) {
		struct level *level = &c->levels[c->depth - 1];
		char *name;

		str_truncate(&c->path, level->path_len);
		if (level->next == level->count) {
			err = leave(c);
			continue;
		}
		name = hive_key_name(c->h, level->subkeys[level->next]);
		err = !name || str_addf(&c->path, "\\%s", name) ? log_oom() : 0;
		free(name);
		if (!err)
			err = enter(c, level->subkeys[level->next++]);
	}
	while (c->depth)
		free(c->levels[--c->depth].subkeys);
	return err;
}

static int clean_below(struct cleaning *c, const char *rest)
{
	hive_key start = hive_root(c->h);
	const char *below = rest;
	int err = 0;

	str_truncate(&c->path, 0);
	if (str_addf(&c->path, "%s%s%s", c->hive->name, *rest ? "\\" : "", rest))
		return log_oom();
	if (c->hive->kind == RESTORE_SYSTEM && !strncasecmp(rest, "CurrentControlSet", 17) &&
	    (!rest[17] || rest[17] == '\\')) {
		err = windows_control_set(c->h, &start);
		below += 17 + (rest[17] == '\\');
	}
	if (!err)
		err = hive_find(c->h, start, below, &start);
	if (!err)
		err = walk(c, start);
	return err == HF_ENOENT ? 0 : err;
}

int restore_settings_clean(struct restore_settings *s, const struct restore_hive *hive,
			   const struct hive *h, struct hive_write *w, uint64_t *changes)
{
	struct str literal = {0};
	struct cleaning *c = calloc(1, sizeof(*c));
	int err = c ? 0 : log_oom();

	if (!err)
		*c = (struct cleaning){.s = s,
				       .hive = hive,
				       .h = h,
				       .w = w,
				       .rules = restore_rules_of_target(s->in.rules),
				       .user = restore_rules_new_user(s->in.rules, hive->user),
				       .changes = changes};
	for (uint32_t i = 0; !err && c->rules && i < rules_apply_rule_count(c->rules); i++) {
		const struct rules_apply_rule *rule = rules_apply_rule(c->rules, i);
		const char *rest;

		if (!cleans_registry(rule))
			continue;
		err = literal_part(s, hive, rule, &literal);
		if (!err && literal.data && is_about(s, hive, rule, literal.data, &rest))
			err = clean_below(c, rest);
	}
	if (c)
		str_free(&c->path);
	free(c);
	str_free(&literal);
	return err;
}
