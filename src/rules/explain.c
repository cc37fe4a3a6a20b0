// SPDX-License-Identifier: GPL-2.0-or-later
// Why an object is taken or not: every matching pattern and who wins. Goes through all rules one by
// one and applies USMT specification 4.7 as it is written, without the structures of decide.c,
// which tests compare with it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"
#include "rules/index.h"

#define HIDDEN_SYSTEM 0x6u

struct explained {
	const struct rules *rules;
	uint16_t dir[PATTERN_UNITS_MAX + 1], alias[KEY_ALIASES][PATTERN_UNITS_MAX + 1];
	uint16_t name[PATTERN_UNITS_MAX];
	unsigned dir_len, name_len, alias_len[KEY_ALIASES]; /* 0: there is none */
	enum rules_object_type type;
	bool is_dir;
	int user; /* of HKCU; else -1 */
	const char *node_text, *leaf_text;
	uint32_t attributes;
	uint32_t *matches; /* rule numbers, ascending */
	size_t count, cap;
};

static int upcase(const struct explained *x, const char *text, uint16_t *out, unsigned *len)
{
	int n = text_to_utf16(text, strlen(text), out, PATTERN_UNITS_MAX);

	if (n < 0)
		return n;
	*len = (unsigned)n;
	units_upcase(x->rules->machine->upcase, out, *len);
	return 0;
}

static int prepare_aliases(struct explained *x, const char *node)
{
	int error = 0;

	for (unsigned i = 0; i < KEY_ALIASES && x->user >= 0 && !error; i++) {
		struct str alias = {0};

		error = key_alias(x->rules, x->user, node, i, &alias);
		if (!error)
			error = upcase(x, alias.data, x->alias[i], &x->alias_len[i]);
		str_free(&alias);
		if (error == HF_ENOENT)
			error = 0;
	}
	return error;
}

static int prepare(struct explained *x, const char *node, const char *leaf)
{
	int error = upcase(x, node, x->dir, &x->dir_len);

	if (!error)
		error = prepare_aliases(x, node);

	while (x->dir_len > 2 && x->dir[x->dir_len - 1] == '\\' && x->type != RULES_INI)
		x->dir_len--;
	x->is_dir = !leaf;
	x->node_text = node;
	x->leaf_text = leaf;
	return error || !leaf ? error : upcase(x, leaf, x->name, &x->name_len);
}

/* What is under HKCU is one user's; others speak of it by its names under HKU. */
static bool node_matches(struct explained *x, const struct rule *rule)
{
	const struct pattern *p = &rule->pattern;

	if ((x->user < 0 || rule->shown.user == x->user) &&
	    pattern_node_matches(p, x->dir, x->dir_len))
		return true;
	for (unsigned i = 0; i < KEY_ALIASES; i++)
		if (x->alias_len[i] && pattern_node_matches(p, x->alias[i], x->alias_len[i]))
			return true;
	return false;
}

static bool matches(struct explained *x, const struct rule *rule)
{
	const struct pattern *p = &rule->pattern;

	if (p->type != x->type)
		return false;
	if (!node_matches(x, rule))
		return false;
	if (x->is_dir ? !pattern_takes_dirs(p) : !pattern_leaf_matches(p, x->name, x->name_len))
		return false;
	return !rule->filter || filter_keeps(x->rules, rule, x->user, x->node_text, x->leaf_text);
}

static int find_matches(struct explained *x)
{
	for (uint32_t i = 0; i < x->rules->rule_count; i++) {
		if (!matches(x, &x->rules->rules[i]))
			continue;
		if (array_grow(&x->matches, x->count, &x->cap))
			return HF_ENOMEM;
		x->matches[x->count++] = i;
	}
	return 0;
}

static bool same_place(const struct explained *x, uint32_t a, uint32_t b)
{
	const struct rules_rule *p = &x->rules->rules[a].shown, *q = &x->rules->rules[b].shown;
	bool veto = p->kind == RULES_UNCONDITIONAL_EXCLUDE;

	return p->instance == q->instance && veto == (q->kind == RULES_UNCONDITIONAL_EXCLUDE);
}

static bool wins_instance(const struct explained *x, uint32_t rule)
{
	for (size_t i = 0; i < x->count; i++)
		if (same_place(x, rule, x->matches[i]) &&
		    rule_compare(x->rules, x->matches[i], rule) < 0)
			return false;
	return true;
}

static bool left_out_as_hidden(const struct explained *x, const struct rule *rule)
{
	return rule->visible_only && !x->is_dir && (x->attributes & HIDDEN_SYSTEM) == HIDDEN_SYSTEM;
}

static bool vetoed(const struct explained *x, int user)
{
	for (size_t i = 0; i < x->count; i++) {
		const struct rules_rule *r = &x->rules->rules[x->matches[i]].shown;

		if (r->kind == RULES_UNCONDITIONAL_EXCLUDE && r->user == user)
			return true;
	}
	return false;
}

/* The first instance in the order of users and instances that selects, or else the reason why not.
 */
static struct rules_decision conclude(const struct explained *x)
{
	struct rules_decision out = {false, RULES_NONE};
	uint32_t veto = RULES_NONE;

	for (size_t i = 0; i < x->count; i++) {
		uint32_t number = x->matches[i];
		const struct rule *rule = &x->rules->rules[number];
		bool is_veto = rule->shown.kind == RULES_UNCONDITIONAL_EXCLUDE;

		if (!wins_instance(x, number))
			continue;
		if (is_veto) {
			if (veto == RULES_NONE ||
			    x->rules->rules[veto].shown.instance > rule->shown.instance)
				veto = number;
			continue;
		}
		if (vetoed(x, rule->shown.user))
			continue;
		if (rule->shown.kind == RULES_INCLUDE && !left_out_as_hidden(x, rule))
			return (struct rules_decision){true, number};
		if (out.rule == RULES_NONE)
			out.rule = number;
	}
	if (veto != RULES_NONE)
		out.rule = veto;
	return out;
}

static void say_specificity(const struct explained *x, const struct rule *rule, char *out,
			    size_t size)
{
	const struct pattern *p = &rule->pattern;
	char leaf[40];

	switch (p->leaf_class) {
	case LEAF_EXACT:
		snprintf(leaf, sizeof(leaf), "leaf exact");
		break;
	case LEAF_WILD:
		snprintf(leaf, sizeof(leaf), "leaf %u literal", p->leaf_literals);
		break;
	case LEAF_STAR:
		snprintf(leaf, sizeof(leaf), "leaf any");
		break;
	default:
		snprintf(leaf, sizeof(leaf), "no leaf");
		break;
	}
	if (left_out_as_hidden(x, rule))
		snprintf(out, size, "not for hidden system files");
	else if (p->exact)
		snprintf(out, size, "directory part %u exact, %s", p->prefix, leaf);
	else if (p->more)
		snprintf(out, size, "directory part %u literal + %u, %s", p->prefix, p->more, leaf);
	else
		snprintf(out, size, "directory part %u literal, %s", p->prefix, leaf);
}

static int explain(struct explained *x, const char *node, const char *leaf, rules_match_visit visit,
		   void *ctx, struct rules_decision *out)
{
	int error = prepare(x, node, leaf);

	if (!error)
		error = find_matches(x);
	if (!error)
		*out = conclude(x);
	for (size_t i = 0; i < x->count && !error; i++) {
		struct rules_match match = {.rule = x->matches[i],
					    .wins_instance = wins_instance(x, x->matches[i]),
					    .wins = x->matches[i] == out->rule};

		say_specificity(x, &x->rules->rules[match.rule], match.specificity,
				sizeof(match.specificity));
		error = visit(ctx, &match);
	}
	free(x->matches);
	return error;
}

int rules_explain(const struct rules *rules, const char *path, bool is_dir, uint32_t attributes,
		  rules_match_visit visit, void *ctx, struct rules_decision *out)
{
	const char *cut = is_dir ? NULL : strrchr(path, '\\');
	struct explained *x;
	struct str node = {0};
	int error;

	if (!is_dir && !cut)
		return HF_EINVAL;
	x = calloc(1, sizeof(*x));
	if (!x)
		return HF_ENOMEM;
	x->rules = rules;
	x->user = -1;
	x->attributes = attributes;
	error = str_add(&node, path, cut ? (size_t)(cut - path) : strlen(path));
	if (!error)
		error = explain(x, node.data ? node.data : "", cut ? cut + 1 : NULL, visit, ctx,
				out);
	str_free(&node);
	free(x);
	return error;
}

int rules_explain_key(const struct rules *rules, int user, const char *path, const char *name,
		      rules_match_visit visit, void *ctx, struct rules_decision *out)
{
	bool hkcu = !strncasecmp(path, "HKCU", 4) && (!path[4] || path[4] == '\\');
	struct explained *x;
	int error;

	if (hkcu && user < 0)
		return HF_EINVAL;
	x = calloc(1, sizeof(*x));
	if (!x)
		return HF_ENOMEM;
	x->rules = rules;
	x->type = RULES_REGISTRY;
	x->user = hkcu ? user : -1;
	error = explain(x, path, name, visit, ctx, out);
	free(x);
	return error;
}

int rules_explain_setting(const struct rules *rules, const char *path, const char *section,
			  const char *key, rules_match_visit visit, void *ctx,
			  struct rules_decision *out)
{
	struct explained *x = calloc(1, sizeof(*x));
	struct str node = {0};
	int error = x ? str_addf(&node, "%s|%s", path, section) : HF_ENOMEM;

	if (!error) {
		x->rules = rules;
		x->type = RULES_INI;
		x->user = -1;
		error = explain(x, node.data, key, visit, ctx, out);
	}
	str_free(&node);
	free(x);
	return error;
}
