// SPDX-License-Identifier: GPL-2.0-or-later
// DoesObjectExist(type, pattern) (USMT specification 4.9): a look-up, or a bounded search when
// the pattern has wildcards.
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/eval.h"

#define FIND_NAMES_MAX		     1000000u
#define FILE_ATTRIBUTE_REPARSE_POINT 0x400u

struct find {
	const struct rules_machine *machine;
	struct pattern pattern;
	char **stack; /* directories still to look into */
	size_t count, cap;
	const char *dir; /* the one now */
	bool dir_matches;
	bool found;
	struct str *where; /* location of what was found, unless NULL */
	unsigned names;
	uint16_t units[PATTERN_UNITS_MAX + 1];
};

/* Upper-case units of TEXT into F->units; negative when it does not fit or is not text. */
static int to_units(struct find *f, const char *text)
{
	int n = text_to_utf16(text, strlen(text), f->units, PATTERN_UNITS_MAX);

	if (n > 0)
		units_upcase(f->machine->upcase, f->units, (unsigned)n);
	return n;
}

static bool node_matches(struct find *f, const char *path)
{
	int n = to_units(f, path);

	return n >= 0 && pattern_node_matches(&f->pattern, f->units, (unsigned)n);
}

static int push(struct find *f, const char *parent, const char *name)
{
	struct str path = {0};
	int error = str_addf(&path, "%s\\%s", parent, name);

	if (!error)
		error = array_grow(&f->stack, f->count, &f->cap);
	if (error) {
		str_free(&path);
		return HF_ENOMEM;
	}
	f->stack[f->count++] = path.data;
	return 0;
}

static int look_at(void *ctx, const char *name, bool is_dir, uint32_t attributes)
{
	struct find *f = ctx;
	int n;

	if (f->found)
		return 0;
	if (++f->names > FIND_NAMES_MAX)
		return HF_ELIMIT;
	if (is_dir)
		return attributes & FILE_ATTRIBUTE_REPARSE_POINT ? 0 : push(f, f->dir, name);
	if (!f->dir_matches)
		return 0;
	n = to_units(f, name);
	if (n < 0 || !pattern_leaf_matches(&f->pattern, f->units, (unsigned)n))
		return 0;
	f->found = true;
	return f->where ? location_text(f->where, f->dir, name) : 0;
}

/* Looks into every directory from the literal part of the pattern down. */
static int search(struct find *f, const char *start)
{
	int error = array_grow(&f->stack, f->count, &f->cap);
	char *path = error ? NULL : strdup(start);

	if (!path)
		return HF_ENOMEM;
	f->stack[f->count++] = path;
	while (f->count && !f->found && !error) {
		path = f->stack[--f->count];
		f->dir = path;
		f->dir_matches = node_matches(f, path);
		if (f->dir_matches && pattern_takes_dirs(&f->pattern)) {
			bool is_dir = false;

			f->found =
				f->machine->exists(f->machine->ctx, path, &is_dir) == 1 && is_dir;
			if (f->found && f->where)
				error = location_text(f->where, path, NULL);
		}
		if (!f->found && (!f->pattern.exact || f->dir_matches))
			error = f->machine->list(f->machine->ctx, path, look_at, f);
		if (error == HF_ENOENT)
			error = 0;
		free(path);
	}
	while (f->count)
		free(f->stack[--f->count]);
	free(f->stack);
	return error;
}

/* An exact name is looked up, whether it is written as a file, a directory or a plain path. */
static int look_up(struct find *f, enum tri *out)
{
	const struct pattern *p = &f->pattern;
	struct str path = {0};
	size_t cut = 0;
	bool is_dir = false;
	int error = str_add(&path, p->text, p->node_text_len);

	if (!error && path.len > 2 && path.data[path.len - 1] == '\\')
		str_truncate(&path, path.len - 1);
	if (!error && p->leaf_class == LEAF_EXACT) {
		const char *leaf = p->text + p->node_text_len + 2;

		error = str_addc(&path, '\\');
		cut = path.len;
		if (!error)
			error = str_add(&path, leaf, strlen(leaf) - 1);
	}
	if (!error)
		error = f->machine->exists(f->machine->ctx, path.data, &is_dir);
	if (error >= 0)
		*out = error == 1 && (p->leaf_class == LEAF_NONE || !is_dir) ? TRI_TRUE : TRI_FALSE;
	if (error >= 0 && *out == TRI_TRUE && f->where) {
		if (cut)
			path.data[cut - 1] = '\0';
		error = location_text(f->where, path.data, cut ? path.data + cut : NULL);
	}
	str_free(&path);
	return error < 0 ? error : 0;
}

/* The directory from which a search has to begin: literal components before the first wildcard. */
static int search_start(const struct pattern *p, struct str *out)
{
	size_t n = 0, end = 0;

	for (; n < p->node_text_len && p->text[n] != '*'; n++)
		if (p->text[n] == '\\')
			end = n;
	if (n == p->node_text_len && n && p->text[n - 1] != '\\')
		end = n;
	return str_add(out, p->text, end);
}

static int search_drives(struct eval *e, struct find *f)
{
	char drives[27];
	int error = eval_drives(e->rules->machine, RULES_DRIVE_FIXED, drives);

	for (const char *d = drives; *d && !f->found && !error; d++) {
		char root[] = {*d, ':', '\0'};

		f->stack = NULL;
		f->count = f->cap = 0;
		error = search(f, root);
	}
	return error;
}

/* The outcome of a search, when it was given up too. */
static int conclude(struct eval *e, const char *text, int error, bool found, enum tri *out)
{
	if (error == HF_ELIMIT) {
		log_warning(
			"%s: the search for \"%s\" was given up after %u names; what depends on it "
			"is included and not excluded",
			e->file->name, text, FIND_NAMES_MAX);
		*out = TRI_UNKNOWN;
		return 0;
	}
	if (error == HF_EUNSUPPORTED) {
		*out = TRI_UNKNOWN;
		return 0;
	}
	*out = found ? TRI_TRUE : TRI_FALSE;
	return error;
}

static int exists_file(struct eval *e, const char *text, struct find *f, enum tri *out)
{
	struct str start = {0};
	int error;

	if (f->pattern.exact &&
	    (f->pattern.leaf_class == LEAF_EXACT || f->pattern.leaf_class == LEAF_NONE))
		return look_up(f, out);
	error = search_start(&f->pattern, &start);
	if (!error)
		error = start.len ? search(f, start.data) : search_drives(e, f);
	str_free(&start);
	return conclude(e, text, error, f->found, out);
}

static int found_one(void *ctx, const char *node, const char *leaf)
{
	struct str *where = ctx;

	return where && location_text(where, node, leaf) ? HF_ENOMEM : 1;
}

int eval_exists(struct eval *e, enum rules_object_type type, const char *text, enum tri *out,
		struct str *where)
{
	struct find *f = calloc(1, sizeof(*f));
	const char *why;
	int error;

	*out = TRI_FALSE;
	if (!f)
		return HF_ENOMEM;
	f->machine = e->rules->machine;
	f->where = where;
	error = pattern_parse_as(type, text, f->machine->upcase, &e->arena, &f->pattern, &why);
	if (error == HF_EINVAL) {
		log_info("%s: the condition on \"%s\" is false: %s", e->file->name, text, why);
		error = 0;
	} else if (!error && type == RULES_FILE) {
		error = exists_file(e, text, f, out);
	} else if (!error) {
		error = eval_each_object(e, &f->pattern, found_one, where);
		error = conclude(e, text, error < 0 ? error : 0, error > 0, out);
	}
	free(f);
	return error;
}
