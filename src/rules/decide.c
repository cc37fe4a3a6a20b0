// SPDX-License-Identifier: GPL-2.0-or-later
// Decisions (USMT specification 4.7): once per directory the entries that match it, in the order in
// which they decide; for each file only their leaves are looked at.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"
#include "rules/index.h"

#define VALUE_UNITS_MAX 16383 /* of the name of a registry value */
#define HIDDEN_SYSTEM	0x6u  /* FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM */

/* A directory's path while its entries are gathered. */
struct place {
	uint16_t units[PATTERN_UNITS_MAX + 1];
	unsigned len;
};

static int add_candidate(struct rules_dir *dir, uint32_t entry, bool matches)
{
	if (array_grow(&dir->candidates, dir->count, &dir->cap))
		return HF_ENOMEM;
	dir->candidates[dir->count++] = (struct rules_candidate){entry, matches};
	return 0;
}

/*
 * True when the wildcard of E can match something below the directory: its literal beginning is met
 * already ("P\" begins with it), and a '*' takes the rest.
 */
static bool reaches_below(const struct entry *e, const struct place *place)
{
	const struct pattern *p = e->pattern;
	unsigned literal = 0;

	if (e->shape == SHAPE_EXACT)
		return false;
	while (p->node[literal])
		literal++;
	if (literal > place->len + 1)
		return false;
	/* units[len] is '\' here, put there by the caller. */
	return !memcmp(p->node, place->units, literal * sizeof(*p->node));
}

/* The entries (of context ONLY unless it is -1) whose literal part is the first N units. */
static int gather(const struct rule_index *index, struct rules_dir *dir, struct place *place,
		  int only, unsigned n, uint32_t hash)
{
	const struct unit_slot *slot = unit_find(&index->buckets, place->units, n, hash);

	for (uint32_t i = slot ? slot->value : RULES_NONE; i != RULES_NONE;
	     i = index->entries[i].next) {
		const struct entry *e = &index->entries[i];
		bool matches, reaches;
		int error;

		/* What is under HKCU is one user's: only what is written for that one counts. */
		if (only >= 0 && e->user != only)
			continue;
		place->units[place->len] = '\\';
		reaches = e->includes && reaches_below(e, place);
		if (e->shape == SHAPE_EXACT)
			matches = n == place->len;
		else if (e->shape == SHAPE_SUBTREE)
			matches = true;
		else
			matches = pattern_node_matches(e->pattern, place->units, place->len);
		if (!matches && !reaches)
			continue;
		error = add_candidate(dir, i, matches);
		if (error)
			return error;
	}
	return 0;
}

static int gather_all(const struct rule_index *index, struct rules_dir *dir, struct place *place,
		      int only)
{
	uint32_t hash = UNIT_HASH_START;
	int error = gather(index, dir, place, only, 0, hash);

	for (unsigned i = 0; i < place->len && !error; i++) {
		if (i && place->units[i] == '\\')
			error = gather(index, dir, place, only, i, hash);
		hash = unit_hash_add(hash, place->units[i]);
	}
	return error ? error : gather(index, dir, place, only, place->len, hash);
}

/* True when a veto of USER covers the directory with all below it. */
static bool vetoed(const struct rule_index *index, const struct rules_dir *dir, int user)
{
	for (size_t i = 0; i < dir->count; i++) {
		const struct entry *e = &index->entries[dir->candidates[i].entry];

		if (e->veto && e->user == user && e->shape == SHAPE_SUBTREE && e->excludes_all)
			return true;
	}
	return false;
}

/* True when an exclude of the whole subtree beats all that the include entry E could say below. */
static bool overruled(const struct rule_index *index, const struct rules_dir *dir,
		      const struct entry *e)
{
	for (size_t i = 0; i < dir->count; i++) {
		const struct entry *x = &index->entries[dir->candidates[i].entry];

		if (!x->veto && x->instance == e->instance && x->shape == SHAPE_SUBTREE &&
		    x->excludes_all && pattern_compare_nodes(x->pattern, e->pattern) > 0)
			return true;
	}
	return false;
}

static bool may_descend(const struct rule_index *index, const struct rules_dir *dir,
			struct place *place, int only)
{
	const struct unit_slot *slot;

	for (size_t i = 0; i < dir->count; i++) {
		const struct entry *e = &index->entries[dir->candidates[i].entry];

		place->units[place->len] = '\\';
		if (e->includes && reaches_below(e, place) && !vetoed(index, dir, e->user) &&
		    !overruled(index, dir, e))
			return true;
	}
	slot = unit_find(&index->below, place->units, place->len,
			 unit_hash(place->units, place->len));
	for (uint32_t i = slot ? slot->value : RULES_NONE; i != RULES_NONE;
	     i = index->belows[i].next)
		if (!(only >= 0 && index->entries[index->belows[i].entry].user != only) &&
		    !vetoed(index, dir, index->entries[index->belows[i].entry].user))
			return true;
	return false;
}

static int compare_candidates(const void *a, const void *b)
{
	uint32_t x = ((const struct rules_candidate *)a)->entry;
	uint32_t y = ((const struct rules_candidate *)b)->entry;

	return x < y ? -1 : x > y;
}

/* Keeps the entries that match, in the order of entries. */
static void settle(struct rules_dir *dir)
{
	size_t k = 0;

	for (size_t i = 0; i < dir->count; i++)
		if (dir->candidates[i].matches)
			dir->candidates[k++] = dir->candidates[i];
	dir->count = k;
	if (k > 1)
		qsort(dir->candidates, k, sizeof(*dir->candidates), compare_candidates);
}

/* PATH for filters, when one of the entries has such rules. */
static int keep_path(struct rules_dir *dir, const char *path)
{
	const struct rule_index *index = dir->index;

	dir->filtered = false;
	for (size_t i = 0; i < dir->count; i++)
		dir->filtered |= index->entries[dir->candidates[i].entry].leaves.filtered_count > 0;
	if (!dir->filtered)
		return 0;
	free(dir->path);
	dir->path = strdup(path);
	return dir->path ? 0 : HF_ENOMEM;
}

/* PATH in upper-case units. */
static int set_place(const struct rules_dir *dir, const char *path, struct place *place)
{
	bool setting = dir->index == dir->rules->ini_index;
	size_t len = strlen(path);
	int n = text_to_utf16(path, len, place->units, PATTERN_UNITS_MAX);

	if (n == HF_ELIMIT && !setting) {
		/* Deeper than Windows can go: what holds for the directories above holds here. */
		for (len = PATTERN_UNITS_MAX; len && path[len] != '\\'; len--)
			;
		n = text_to_utf16(path, len, place->units, PATTERN_UNITS_MAX);
	}
	if (n < 0)
		return n;
	while (n > 2 && place->units[n - 1] == '\\' && !setting)
		n--;
	place->len = (unsigned)n;
	units_upcase(dir->rules->machine->upcase, place->units, place->len);
	return 0;
}

/* Adds what speaks of PATH; ONLY: see gather(). */
static int enter_place(struct rules_dir *dir, const char *path, int only)
{
	static struct place place; /* 64 KiB; too much for the stack */
	int error = set_place(dir, path, &place);

	if (!error)
		error = gather_all(dir->index, dir, &place, only);
	if (!error)
		dir->may_descend |= may_descend(dir->index, dir, &place, only);
	return error;
}

int key_alias(const struct rules *rules, int user, const char *path, unsigned which,
	      struct str *out)
{
	static const char classes[] = "\\Software\\Classes";
	const struct rules_machine *m = rules->machine;
	const char *sid = m->variable(m->ctx, user, "USERSID"), *rest = path + strlen("HKCU");
	size_t n = strlen(classes);

	if (!sid)
		return HF_ENOENT;
	if (!which)
		return str_addf(out, "HKU\\%s%s", sid, rest);
	if (strncasecmp(rest, classes, n) || (rest[n] && rest[n] != '\\'))
		return HF_ENOENT;
	return str_addf(out, "HKU\\%s_Classes%s", sid, rest + n);
}

static int enter(struct rules_dir *dir, const char *path)
{
	int error;

	dir->count = 0;
	dir->may_descend = false;
	error = enter_place(dir, path, dir->user);
	for (unsigned i = 0; i < KEY_ALIASES && dir->user >= 0 && !error; i++) {
		struct str alias = {0};

		error = key_alias(dir->rules, dir->user, path, i, &alias);
		if (!error)
			error = enter_place(dir, alias.data, -1);
		str_free(&alias);
		if (error == HF_ENOENT)
			error = 0;
	}
	if (error) {
		dir->may_descend = true;
		return error;
	}
	settle(dir);
	return keep_path(dir, path);
}

int rules_enter(const struct rules *rules, const char *path, struct rules_dir *dir)
{
	dir->rules = rules;
	dir->index = rules->index;
	dir->is_key = false;
	dir->user = -1;
	return enter(dir, path);
}

int rules_enter_key(const struct rules *rules, int user, const char *path, struct rules_dir *dir)
{
	bool hkcu = !strncasecmp(path, "HKCU", 4) && (!path[4] || path[4] == '\\');

	if (hkcu && user < 0)
		return HF_EINVAL;
	dir->rules = rules;
	dir->index = rules->key_index;
	dir->is_key = true;
	dir->user = hkcu ? user : -1;
	return enter(dir, path);
}

int rules_enter_section(const struct rules *rules, const char *path, const char *section,
			struct rules_dir *dir)
{
	struct str node = {0};
	int error;

	dir->rules = rules;
	dir->index = rules->ini_index;
	dir->is_key = false;
	dir->user = -1;
	error = str_addf(&node, "%s|%s", path, section);
	if (!error)
		error = enter(dir, node.data);
	str_free(&node);
	return error;
}

void rules_dir_free(struct rules_dir *dir)
{
	free(dir->candidates);
	free(dir->path);
	memset(dir, 0, sizeof(*dir));
}

/* The object to be decided; what leaves need of a name is made when first asked for. */
struct object {
	const struct rules_dir *dir;
	const struct rules *rules;
	const uint16_t *raw;
	unsigned len;
	bool is_dir, upcased, hashed;
	uint32_t attributes, hash;
	uint16_t *name; /* room for len units */
	unsigned ext;	/* index after the last dot; len when there is none */
	uint32_t ext_hash;
};

static const uint16_t *name_of(struct object *o)
{
	if (o->upcased)
		return o->name;
	memcpy(o->name, o->raw, o->len * sizeof(*o->name));
	units_upcase(o->rules->machine->upcase, o->name, o->len);
	o->upcased = true;
	o->ext = o->len;
	for (unsigned i = o->len; i-- > 0;) {
		if (o->name[i] == '.') {
			o->ext = i + 1;
			break;
		}
	}
	o->ext_hash = unit_hash(o->name + o->ext, o->len - o->ext);
	return o->name;
}

static uint32_t find_exact(const struct leaf_set *set, struct object *o)
{
	const struct unit_slot *slot;

	if (!set->exact.count)
		return RULES_NONE;
	name_of(o);
	if (!o->hashed)
		o->hash = unit_hash(o->name, o->len);
	o->hashed = true;
	slot = unit_find(&set->exact, o->name, o->len, o->hash);
	return slot ? slot->value : RULES_NONE;
}

static uint32_t find_wild(const struct leaf_set *set, struct object *o)
{
	const struct unit_slot *slot = NULL;
	uint32_t best = RULES_NONE;

	if (!set->ext.count && !set->wild_count)
		return RULES_NONE;
	name_of(o);
	if (o->ext < o->len)
		slot = unit_find(&set->ext, o->name + o->ext, o->len - o->ext, o->ext_hash);
	if (slot)
		best = slot->value;
	for (uint32_t i = 0; i < set->wild_count; i++) {
		uint32_t rule = set->wild[i];

		if (best != RULES_NONE && rule_compare(o->rules, best, rule) < 0)
			break;
		if (pattern_leaf_matches(&o->rules->rules[rule].pattern, o->name, o->len))
			return rule;
	}
	return best;
}

static bool passes_filter(const struct rule *rule, const struct object *o)
{
	static char text[PATTERN_UNITS_MAX * 3 + 1];

	if (!o->is_dir && text_from_utf16(o->raw, o->len, text, sizeof(text)) < 0)
		return rule->shown.kind == RULES_INCLUDE;
	return filter_keeps(o->rules, rule, o->dir->user, o->dir->path, o->is_dir ? NULL : text);
}

/* The best rule with a filter that lets the object pass, when it wins over BEST. */
static uint32_t match_filtered(const struct leaf_set *set, struct object *o, uint32_t best)
{
	for (uint32_t i = 0; i < set->filtered_count; i++) {
		uint32_t number = set->filtered[i];
		const struct rule *rule = &o->rules->rules[number];

		if (best != RULES_NONE && rule_compare(o->rules, best, number) < 0)
			break;
		if (o->is_dir ? !pattern_takes_dirs(&rule->pattern)
			      : !pattern_leaf_matches(&rule->pattern, name_of(o), o->len))
			continue;
		if (passes_filter(rule, o))
			return number;
	}
	return best;
}

/* The most specific rule of one entry that matches, or RULES_NONE. */
static uint32_t match_entry(const struct entry *e, struct object *o)
{
	const struct leaf_set *set = &e->leaves;
	uint32_t rule;

	if (o->is_dir) {
		rule = set->star != RULES_NONE ? set->star : set->none;
	} else {
		rule = find_exact(set, o);
		if (rule == RULES_NONE)
			rule = find_wild(set, o);
		if (rule == RULES_NONE)
			rule = set->star;
	}
	return set->filtered_count ? match_filtered(set, o, rule) : rule;
}

/*
 * The winner of the instance that begins at candidate *I; advances *I past the instance. Entries
 * come by node specificity; only those equal in it have to be compared further.
 */
static uint32_t match_instance(const struct rules_dir *dir, size_t *i, struct object *o)
{
	const struct rule_index *index = dir->index;
	const struct entry *first = &index->entries[dir->candidates[*i].entry], *found = NULL;
	uint32_t best = RULES_NONE;

	for (; *i < dir->count; ++*i) {
		const struct entry *e = &index->entries[dir->candidates[*i].entry];
		uint32_t rule;

		if (e->user != first->user || e->veto != first->veto ||
		    e->instance != first->instance)
			break;
		if (found && pattern_compare_nodes(e->pattern, found->pattern))
			continue;
		rule = match_entry(e, o);
		if (rule == RULES_NONE)
			continue;
		if (!found || rule_compare(dir->rules, rule, best) < 0)
			best = rule;
		found = e;
	}
	return best;
}

static bool selects(const struct object *o, uint32_t number)
{
	const struct rule *rule = &o->rules->rules[number];

	return rule->shown.kind == RULES_INCLUDE &&
	       !(rule->visible_only && !o->is_dir &&
		 (o->attributes & HIDDEN_SYSTEM) == HIDDEN_SYSTEM);
}

/*
 * Contexts are independent: an object migrates when in one of them an instance selects it and no
 * veto of that context takes it out.
 */
static void decide(const struct rules_dir *dir, struct object *o, struct rules_decision *out)
{
	const struct entry *entries = dir->index->entries;
	uint32_t veto = RULES_NONE, first_veto = RULES_NONE, refusal = RULES_NONE;
	int user = INT32_MIN;

	for (size_t i = 0; i < dir->count;) {
		const struct entry *e = &entries[dir->candidates[i].entry];
		uint32_t rule;

		if (e->user != user)
			veto = RULES_NONE;
		user = e->user;
		if (!e->veto && veto != RULES_NONE) {
			i++;
			continue;
		}
		rule = match_instance(dir, &i, o);
		if (rule == RULES_NONE)
			continue;
		if (e->veto) {
			veto = rule;
			if (first_veto == RULES_NONE)
				first_veto = rule;
		} else if (selects(o, rule)) {
			*out = (struct rules_decision){true, rule};
			return;
		} else if (refusal == RULES_NONE) {
			refusal = rule;
		}
	}
	*out = (struct rules_decision){false, first_veto != RULES_NONE ? first_veto : refusal};
}

static void decide_node(const struct rules_dir *dir, uint32_t attributes,
			struct rules_decision *out)
{
	uint16_t none = 0;
	struct object o = {.dir = dir, .rules = dir->rules, .is_dir = true, .name = &none};

	o.attributes = attributes;
	decide(dir, &o, out);
}

static void decide_leaf(const struct rules_dir *dir, const uint16_t *name, unsigned len,
			uint16_t *room, uint32_t attributes, struct rules_decision *out)
{
	struct object o;

	o.dir = dir;
	o.rules = dir->rules;
	o.is_dir = false;
	o.upcased = o.hashed = false;
	o.raw = name;
	o.len = len;
	o.name = room;
	o.attributes = attributes;
	decide(dir, &o, out);
}

void rules_decide_dir(const struct rules_dir *dir, uint32_t attributes, struct rules_decision *out)
{
	decide_node(dir, attributes, out);
}

void rules_decide_file(const struct rules_dir *dir, const uint16_t *name, unsigned name_len,
		       uint32_t attributes, struct rules_decision *out)
{
	uint16_t room[NAME_UNITS_MAX];

	/* No file system here has longer names. */
	decide_leaf(dir, name, name_len < NAME_UNITS_MAX ? name_len : NAME_UNITS_MAX, room,
		    attributes, out);
}

void rules_decide_key(const struct rules_dir *dir, struct rules_decision *out)
{
	decide_node(dir, 0, out);
}

void rules_decide_value(const struct rules_dir *dir, const uint16_t *name, unsigned name_len,
			struct rules_decision *out)
{
	static uint16_t room[VALUE_UNITS_MAX];
	uint16_t none = 0;

	decide_leaf(dir, name_len ? name : &none,
		    name_len < VALUE_UNITS_MAX ? name_len : VALUE_UNITS_MAX, room, 0, out);
}

int rules_decide_setting(const struct rules_dir *dir, const char *key, struct rules_decision *out)
{
	static uint16_t units[PATTERN_UNITS_MAX], room[PATTERN_UNITS_MAX];
	int n = text_to_utf16(key, strlen(key), units, PATTERN_UNITS_MAX);

	if (n < 0)
		return n;
	decide_leaf(dir, units, (unsigned)n, room, 0, out);
	return 0;
}
