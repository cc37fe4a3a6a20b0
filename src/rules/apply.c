// SPDX-License-Identifier: GPL-2.0-or-later
// Rules for the restore (USMT specification 4.8, 4.10 to 4.15): kept with their patterns, and which
// of them is the most specific for an object (4.7).
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/model.h"

int apply_add(struct rules *rules, enum rules_object_type type, const char *pattern,
	      const struct rules_apply_rule *model)
{
	struct apply_rule *rule;
	const char *why;
	int error;

	if (array_grow(&rules->apply, rules->apply_count, &rules->apply_cap))
		return HF_ENOMEM;
	rule = &rules->apply[rules->apply_count];
	error = pattern_parse_as(type, pattern, rules->machine->upcase, &rules->arena,
				 &rule->pattern, &why);
	if (error == HF_EINVAL) {
		char shown[300];

		if (rules_report_once(rules, "pattern", pattern))
			log_warning("%s, line %u: the pattern \"%s\" is dropped: %s", model->file,
				    model->line, text_printable(pattern, shown, sizeof(shown)),
				    why);
		return 0;
	}
	if (error)
		return error;
	rule->shown = *model;
	rule->shown.type = type;
	rule->shown.pattern = rule->pattern.text;
	rules->apply_count++;
	return 0;
}

uint32_t rules_apply_rule_count(const struct rules *rules)
{
	return (uint32_t)rules->apply_count;
}

const struct rules_apply_rule *rules_apply_rule(const struct rules *rules, uint32_t index)
{
	return &rules->apply[index].shown;
}

/* An object in upper-case units. */
struct sought {
	const struct rules_object *object;
	uint16_t node[PATTERN_UNITS_MAX + 1], leaf[PATTERN_UNITS_MAX];
	uint16_t alias[KEY_ALIASES][PATTERN_UNITS_MAX + 1];
	unsigned node_len, leaf_len, alias_len[KEY_ALIASES]; /* 0: there is none */
	bool hkcu;
};

static int to_units(const struct rules *rules, const char *text, uint16_t *out, unsigned *len)
{
	int n = text_to_utf16(text, strlen(text), out, PATTERN_UNITS_MAX);

	if (n < 0)
		return n;
	units_upcase(rules->machine->upcase, out, (unsigned)n);
	*len = (unsigned)n;
	return 0;
}

static struct sought *prepare(const struct rules *rules, const struct rules_object *object,
			      int *error)
{
	struct sought *s = calloc(1, sizeof(*s));

	*error = HF_ENOMEM;
	if (!s)
		return NULL;
	s->object = object;
	s->hkcu = object->type == RULES_REGISTRY && !strncasecmp(object->node, "HKCU", 4);
	*error = to_units(rules, object->node, s->node, &s->node_len);
	while (s->node_len > 2 && s->node[s->node_len - 1] == '\\')
		s->node_len--;
	for (unsigned i = 0; i < KEY_ALIASES && s->hkcu && object->user >= 0 && !*error; i++) {
		struct str alias = {0};

		*error = key_alias(rules, object->user, object->node, i, &alias);
		if (!*error)
			*error = to_units(rules, alias.data, s->alias[i], &s->alias_len[i]);
		str_free(&alias);
		if (*error == HF_ENOENT)
			*error = 0;
	}
	if (!*error && object->leaf)
		*error = to_units(rules, object->leaf, s->leaf, &s->leaf_len);
	return s;
}

/* HKCU is one user's; others speak of it by its names under HKU. */
static bool node_matches(struct sought *s, const struct apply_rule *rule)
{
	if ((!s->hkcu || rule->shown.user == s->object->user) &&
	    pattern_node_matches(&rule->pattern, s->node, s->node_len))
		return true;
	for (unsigned i = 0; i < KEY_ALIASES; i++)
		if (s->alias_len[i] &&
		    pattern_node_matches(&rule->pattern, s->alias[i], s->alias_len[i]))
			return true;
	return false;
}

static bool matches(struct sought *s, const struct apply_rule *rule)
{
	const struct pattern *p = &rule->pattern;

	if (p->type != s->object->type || !node_matches(s, rule))
		return false;
	return s->object->leaf ? pattern_leaf_matches(p, s->leaf, s->leaf_len)
			       : pattern_takes_dirs(p);
}

/* >0 when A is more specific than B. */
static int compare(const struct apply_rule *a, const struct apply_rule *b)
{
	int d = pattern_compare_nodes(&a->pattern, &b->pattern);

	return d ? d : pattern_compare_leaves(&a->pattern, &b->pattern);
}

/* The best rule of the KINDS (bits) that has all of ATTRIBUTES; the first of equals stays. */
static uint32_t best(const struct rules *rules, struct sought *s, unsigned kinds,
		     unsigned attributes)
{
	uint32_t found = RULES_NONE;

	for (uint32_t i = 0; i < rules->apply_count; i++) {
		const struct apply_rule *rule = &rules->apply[i];

		if (!(kinds & 1u << rule->shown.kind) ||
		    (rule->shown.attributes & attributes) != attributes || !matches(s, rule))
			continue;
		if (found == RULES_NONE || compare(rule, &rules->apply[found]) > 0)
			found = i;
	}
	return found;
}

int rules_best_apply_rule(const struct rules *rules, enum rules_apply_kind kind,
			  const struct rules_object *object, uint32_t *out)
{
	int error;
	struct sought *s = prepare(rules, object, &error);

	*out = RULES_NONE;
	if (!error)
		*out = best(rules, s, 1u << kind, 0);
	free(s);
	return error;
}

int rules_attributes(const struct rules *rules, const struct rules_object *object, unsigned *out)
{
	static const unsigned parts[] = {RULES_SECURITY, RULES_TIME_FIELDS};
	int error;
	struct sought *s = prepare(rules, object, &error);

	*out = RULES_SECURITY | RULES_TIME_FIELDS;
	for (unsigned i = 0; i < 2 && !error; i++) {
		uint32_t rule = best(
			rules, s, 1u << RULES_INCLUDE_ATTRIBUTES | 1u << RULES_EXCLUDE_ATTRIBUTES,
			parts[i]);

		if (rule != RULES_NONE && rules->apply[rule].shown.kind == RULES_EXCLUDE_ATTRIBUTES)
			*out &= ~parts[i];
	}
	free(s);
	return error;
}

int rules_added_objects(const struct rules *rules, rules_added_visit visit, void *ctx)
{
	for (size_t i = 0; i < rules->added_count; i++) {
		int result = visit(ctx, &rules->added[i]);

		if (result)
			return result;
	}
	return 0;
}

int rules_remaps(const struct rules *rules, rules_remap_visit visit, void *ctx)
{
	for (size_t i = 0; i < rules->remap_count; i++) {
		const struct remap *r = &rules->remaps[i];
		int result = visit(ctx, r->name, r->value, r->user);

		if (result)
			return result;
	}
	return 0;
}
