// SPDX-License-Identifier: GPL-2.0-or-later
// The objects of the registry and of ini files that match a pattern, for conditions, variables and
// content filters (USMT specification 4.5, 4.9, 4.11). Bounded searches with an explicit stack.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"
#include "rules/eval.h"
#include "rules/values.h"

#define WALK_NAMES_MAX 1000000u

struct walk {
	struct eval *e;
	const struct pattern *pattern;
	object_visit visit;
	void *ctx;
	char **stack; /* keys still to look into */
	size_t count, cap;
	const char *key; /* the one now */
	bool key_matches, down;
	unsigned names;
	int result; /* of the visitor */
	uint16_t units[PATTERN_UNITS_MAX + 1];
};

static int to_units(struct walk *w, const char *text)
{
	int n = text_to_utf16(text, strlen(text), w->units, PATTERN_UNITS_MAX);

	if (n > 0)
		units_upcase(w->e->rules->machine->upcase, w->units, (unsigned)n);
	return n;
}

static int push(struct walk *w, const char *parent, const char *name)
{
	struct str path = {0};
	int error = join_path(&path, parent, name);

	if (!error)
		error = array_grow(&w->stack, w->count, &w->cap);
	if (error) {
		str_free(&path);
		return HF_ENOMEM;
	}
	w->stack[w->count++] = path.data;
	return 0;
}

static int on_subkey(void *ctx, const char *name)
{
	struct walk *w = ctx;

	if (++w->names > WALK_NAMES_MAX)
		return HF_ELIMIT;
	return w->down && !w->result ? push(w, w->key, name) : 0;
}

static int on_value(void *ctx, const char *name)
{
	struct walk *w = ctx;
	int n;

	if (++w->names > WALK_NAMES_MAX)
		return HF_ELIMIT;
	if (w->result || !w->key_matches)
		return 0;
	n = to_units(w, name);
	if (n >= 0 && pattern_leaf_matches(w->pattern, w->units, (unsigned)n))
		w->result = w->visit(w->ctx, w->key, name);
	return 0;
}

/*
 * Values before the key itself: who asks for content wants values, and the first object that
 * matches "Key\* [*]" is more useful as a value.
 */
static int look_into(struct walk *w)
{
	const struct rules_machine *m = w->e->rules->machine;
	int n = to_units(w, w->key), error;

	w->key_matches = n >= 0 && pattern_node_matches(w->pattern, w->units, (unsigned)n);
	w->down = !w->pattern->exact;
	error = m->reg_list(m->ctx, w->e->user, w->key, on_subkey, on_value, w);
	if (!error && !w->result && w->key_matches && pattern_takes_dirs(w->pattern))
		w->result = w->visit(w->ctx, w->key, NULL);
	return error == HF_ENOENT ? 0 : error;
}

/* The key from which to search: literal components before the first wildcard. */
static int start(struct walk *w)
{
	const struct pattern *p = w->pattern;
	size_t n = 0, end = 0;
	struct str key = {0};
	int error;

	for (; n < p->node_text_len && p->text[n] != '*'; n++)
		if (p->text[n] == '\\')
			end = n;
	if (n == p->node_text_len)
		end = n;
	if (!end) {
		error = push(w, "HKLM", NULL);
		return error || w->e->user < 0 ? error : push(w, "HKCU", NULL);
	}
	error = str_add(&key, p->text, end);
	if (!error)
		error = push(w, key.data, NULL);
	str_free(&key);
	return error;
}

static int walk_registry(struct walk *w)
{
	int error;

	if (!w->e->rules->machine->reg_list)
		return HF_EUNSUPPORTED;
	error = start(w);
	while (w->count && !error && !w->result) {
		char *key = w->stack[--w->count];

		w->key = key;
		error = look_into(w);
		free(key);
	}
	while (w->count)
		free(w->stack[--w->count]);
	free(w->stack);
	return error;
}

struct ini_walk {
	struct walk *w;
	const char *path;
};

/* The node's part after '|' is matched with the section. */
static int on_setting(void *ctx, const char *section, const char *key, const char *value)
{
	struct ini_walk *i = ctx;
	struct walk *w = i->w;
	const struct pattern *p = w->pattern;
	struct str node = {0};
	int n;

	(void)value;
	if (++w->names > WALK_NAMES_MAX)
		return HF_ELIMIT;
	n = to_units(w, section);
	if (n < 0 ||
	    !wild_match(p->node + p->bar + 1, p->node_len - p->bar - 1u, w->units, (unsigned)n))
		return 0;
	n = to_units(w, key);
	if (n < 0 || !pattern_leaf_matches(p, w->units, (unsigned)n))
		return 0;
	if (str_addf(&node, "%s|%s", i->path, section))
		return HF_ENOMEM;
	w->result = w->visit(w->ctx, node.data, key);
	str_free(&node);
	return w->result;
}

static int on_ini_file(void *ctx, const char *path)
{
	struct ini_walk i = {.w = ctx, .path = path};
	struct walk *w = ctx;
	int error = each_setting(w->e->rules->machine, path, on_setting, &i);

	return error == HF_ENOENT && !w->result ? 0 : error;
}

static int walk_ini(struct walk *w)
{
	int error = ini_each_file(w->e->rules->machine, w->pattern, on_ini_file, w);

	return w->result ? 0 : error;
}

int eval_each_object(struct eval *e, const struct pattern *p, object_visit visit, void *ctx)
{
	struct walk *w = calloc(1, sizeof(*w));
	int error;

	if (!w)
		return HF_ENOMEM;
	w->e = e;
	w->pattern = p;
	w->visit = visit;
	w->ctx = ctx;
	error = p->type == RULES_REGISTRY ? walk_registry(w) : walk_ini(w);
	if (!error)
		error = w->result;
	free(w);
	return error;
}
