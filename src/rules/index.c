// SPDX-License-Identifier: GPL-2.0-or-later
// Builds the decision structures of index.h from the flat list of rules.
#include "rules/index.h"

#include <stdlib.h>
#include <string.h>

#include "report/error.h"

uint32_t unit_hash(const uint16_t *units, uint32_t len)
{
	uint32_t h = UNIT_HASH_START;

	for (uint32_t i = 0; i < len; i++)
		h = unit_hash_add(h, units[i]);
	return h;
}

static uint32_t spread(uint32_t hash)
{
	return hash ^ (hash >> 15);
}

struct unit_slot *unit_find(const struct unit_table *t, const uint16_t *key, uint32_t len,
			    uint32_t hash)
{
	if (!t->count)
		return NULL;
	for (uint32_t i = spread(hash) & t->mask;; i = (i + 1) & t->mask) {
		struct unit_slot *s = &t->slots[i];

		if (!s->key)
			return NULL;
		if (s->hash == hash && s->len == len && !memcmp(s->key, key, len * sizeof(*key)))
			return s;
	}
}

static void put(struct unit_table *t, const struct unit_slot *slot)
{
	uint32_t i = spread(slot->hash) & t->mask;

	while (t->slots[i].key)
		i = (i + 1) & t->mask;
	t->slots[i] = *slot;
	t->count++;
}

static int grow(struct unit_table *t)
{
	struct unit_table larger = {.mask = t->slots ? t->mask * 2 + 1 : 7};

	larger.slots = calloc((size_t)larger.mask + 1, sizeof(*larger.slots));
	if (!larger.slots)
		return HF_ENOMEM;
	for (uint32_t i = 0; t->slots && i <= t->mask; i++)
		if (t->slots[i].key)
			put(&larger, &t->slots[i]);
	free(t->slots);
	*t = larger;
	return 0;
}

/* The slot of KEY, made with value RULES_NONE when new; NULL when out of memory. */
static struct unit_slot *unit_make(struct unit_table *t, const uint16_t *key, uint32_t len)
{
	struct unit_slot slot = {
		.key = key, .len = len, .hash = unit_hash(key, len), .value = RULES_NONE};
	struct unit_slot *found = unit_find(t, key, len, slot.hash);

	if (found)
		return found;
	if ((!t->slots || t->count * 2 > t->mask) && grow(t))
		return NULL;
	put(t, &slot);
	return unit_find(t, key, len, slot.hash);
}

int rule_compare(const struct rules *rules, uint32_t a, uint32_t b)
{
	const struct rule *x = &rules->rules[a], *y = &rules->rules[b];
	int d = pattern_compare_nodes(&y->pattern, &x->pattern);

	if (!d)
		d = pattern_compare_leaves(&y->pattern, &x->pattern);
	/* Equally specific: exclude wins. */
	if (!d)
		d = (x->shown.kind == RULES_INCLUDE) - (y->shown.kind == RULES_INCLUDE);
	if (!d)
		d = a < b ? -1 : a > b;
	return d;
}

static const struct rules *sorted_rules; /* for qsort, which passes no context */

static bool is_veto(const struct rule *rule)
{
	return rule->shown.kind == RULES_UNCONDITIONAL_EXCLUDE;
}

/* Like entries and, within one, by the leaf. */
static int compare_places(const struct rule *x, const struct rule *y)
{
	int d;

	if (x->shown.user != y->shown.user)
		return x->shown.user < y->shown.user ? -1 : 1;
	if (is_veto(x) != is_veto(y))
		return is_veto(x) ? -1 : 1;
	if (x->shown.instance != y->shown.instance)
		return x->shown.instance < y->shown.instance ? -1 : 1;
	d = pattern_compare_nodes(&y->pattern, &x->pattern);
	if (d)
		return d;
	if (x->pattern.node_len != y->pattern.node_len)
		return x->pattern.node_len < y->pattern.node_len ? -1 : 1;
	return memcmp(x->pattern.node, y->pattern.node,
		      x->pattern.node_len * sizeof(*x->pattern.node));
}

static int compare_sorted(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int d = compare_places(&sorted_rules->rules[x], &sorted_rules->rules[y]);

	return d ? d : rule_compare(sorted_rules, x, y);
}

/* "*.ext" without another dot or wildcard. */
static bool is_extension(const struct pattern *p)
{
	if (p->leaf_len < 3 || p->leaf[0] || p->leaf[1] != '.')
		return false;
	for (unsigned i = 2; i < p->leaf_len; i++)
		if (!p->leaf[i] || p->leaf[i] == '.')
			return false;
	return true;
}

/* Rules come best first, so the first of each leaf stays. */
static int add_leaf(struct leaf_set *set, const struct pattern *p, uint32_t rule)
{
	struct unit_slot *slot;

	switch (p->leaf_class) {
	case LEAF_NONE:
		if (set->none == RULES_NONE)
			set->none = rule;
		return 0;
	case LEAF_STAR:
		if (set->star == RULES_NONE)
			set->star = rule;
		return 0;
	case LEAF_EXACT:
		slot = unit_make(&set->exact, p->leaf, p->leaf_len);
		break;
	default:
		if (!is_extension(p)) {
			set->wild[set->wild_count++] = rule;
			return 0;
		}
		slot = unit_make(&set->ext, p->leaf + 2, p->leaf_len - 2u);
		break;
	}
	if (!slot)
		return HF_ENOMEM;
	if (slot->value == RULES_NONE)
		slot->value = rule;
	return 0;
}

static void shape_entry(struct entry *e)
{
	const struct pattern *p = e->pattern;
	unsigned n = 0, anchor = 0;

	for (; n < p->node_len && p->node[n]; n++)
		if (p->node[n] == '\\')
			anchor = n;
	if (n == p->node_len) {
		e->shape = SHAPE_EXACT;
		anchor = n;
	} else {
		e->shape = SHAPE_GLOB;
		if (n + 1 == p->node_len && n && p->node[n - 1] == '\\' && p->type != RULES_INI)
			e->shape = SHAPE_SUBTREE;
	}
	e->anchor = (uint16_t)anchor;
}

static int fill_entry(struct rules *rules, struct entry *e, const uint32_t *order, uint32_t count)
{
	const struct rule *first = &rules->rules[order[0]];

	e->pattern = &first->pattern;
	e->user = first->shown.user;
	e->instance = first->shown.instance;
	e->veto = is_veto(first);
	e->leaves.star = e->leaves.none = RULES_NONE;
	e->leaves.wild = arena_alloc(&rules->arena, count * sizeof(*e->leaves.wild));
	e->leaves.filtered = arena_alloc(&rules->arena, count * sizeof(*e->leaves.filtered));
	if (!e->leaves.wild || !e->leaves.filtered)
		return HF_ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		const struct rule *rule = &rules->rules[order[i]];
		int error = 0;

		if (rule->filter)
			e->leaves.filtered[e->leaves.filtered_count++] = order[i];
		else
			error = add_leaf(&e->leaves, &rule->pattern, order[i]);
		if (error)
			return error;
		if (rule->shown.kind == RULES_INCLUDE)
			e->includes = true;
		else if (rule->filter)
			continue;
		else if (rule->pattern.leaf_class == LEAF_STAR)
			e->excludes_all = true;
	}
	shape_entry(e);
	return 0;
}

/* Every directory above the literal part of an include can lead to it. */
static int note_below(struct rule_index *index, uint32_t number)
{
	const struct entry *e = &index->entries[number];
	const struct pattern *p = e->pattern;

	for (unsigned i = 0; i < p->node_len && p->node[i]; i++) {
		struct unit_slot *slot;

		/* "C:\A\*" is C:\A itself: not below it, but reached by the bucket of C:\A. */
		if (p->node[i] != '\\' || i + 1 == p->node_len || !p->node[i + 1])
			continue;
		slot = unit_make(&index->below, p->node, i);
		if (!slot)
			return HF_ENOMEM;
		if (slot->value != RULES_NONE &&
		    index->entries[index->belows[slot->value].entry].instance == e->instance)
			continue;
		if (array_grow(&index->belows, index->below_count, &index->below_cap))
			return HF_ENOMEM;
		index->belows[index->below_count] = (struct below){number, slot->value};
		slot->value = (uint32_t)index->below_count++;
	}
	return 0;
}

static int link_entries(struct rule_index *index)
{
	for (uint32_t i = 0; i < index->entry_count; i++) {
		struct entry *e = &index->entries[i];
		struct unit_slot *slot = unit_make(&index->buckets, e->pattern->node, e->anchor);

		if (!slot)
			return HF_ENOMEM;
		e->next = slot->value;
		slot->value = i;
		if (e->includes && note_below(index, i))
			return HF_ENOMEM;
	}
	return 0;
}

static int make_entries(struct rules *rules, struct rule_index *index, const uint32_t *order,
			uint32_t count)
{
	uint32_t from = 0;

	while (from < count) {
		struct entry *e = &index->entries[index->entry_count++];
		uint32_t to = from + 1;
		int error;

		while (to < count &&
		       !compare_places(&rules->rules[order[from]], &rules->rules[order[to]]))
			to++;
		error = fill_entry(rules, e, order + from, to - from);
		if (error)
			return error;
		from = to;
	}
	return link_entries(index);
}

/* The index of the rules of one type. */
static int build(struct rules *rules, enum rules_object_type type, struct rule_index **out)
{
	size_t count = 0;
	struct rule_index *index;
	uint32_t *order;
	int error = HF_ENOMEM;

	index = calloc(1, sizeof(*index));
	*out = index;
	if (!index)
		return HF_ENOMEM;
	order = malloc((rules->rule_count + 1) * sizeof(*order));
	for (uint32_t i = 0; order && i < rules->rule_count; i++)
		if (rules->rules[i].pattern.type == type)
			order[count++] = i;
	index->entries = calloc(count + 1, sizeof(*index->entries));
	if (index->entries && order) {
		sorted_rules = rules;
		qsort(order, count, sizeof(*order), compare_sorted);
		error = make_entries(rules, index, order, (uint32_t)count);
	}
	free(order);
	return error;
}

int index_build(struct rules *rules)
{
	int error = build(rules, RULES_FILE, &rules->index);

	if (!error)
		error = build(rules, RULES_REGISTRY, &rules->key_index);
	return error ? error : build(rules, RULES_INI, &rules->ini_index);
}

void index_free(struct rule_index *index)
{
	if (!index)
		return;
	for (uint32_t i = 0; index->entries && i < index->entry_count; i++) {
		free(index->entries[i].leaves.exact.slots);
		free(index->entries[i].leaves.ext.slots);
	}
	free(index->entries);
	free(index->buckets.slots);
	free(index->below.slots);
	free(index->belows);
	free(index);
}
