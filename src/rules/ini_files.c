// SPDX-License-Identifier: GPL-2.0-or-later
// The ini files that patterns of type Ini speak of (USMT specification 4.6): those named are looked
// up, wildcards in the file's own name are searched for.
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/eval.h"
#include "rules/values.h"

#define FILE_ATTRIBUTE_REPARSE_POINT 0x400u
/*
 * Bytes of all paths looked at: those of some five million files. Stops a search in directories
 * that contain each other, in bounded memory too.
 */
#define PATH_BYTES_MAX (512u << 20)

struct path_list {
	char **items; /* owned */
	size_t count, cap;
};

struct ini_search {
	const struct rules_machine *machine;
	const struct pattern *pattern;
	struct path_list stack, found; /* directories to look into; files of the one now */
	const char *dir;
	size_t dir_len, bytes;
	uint16_t units[PATTERN_UNITS_MAX];
};

static int add_path(struct path_list *list, const char *dir, const char *name)
{
	struct str path = {0};
	int error = join_path(&path, dir, name);

	if (!error)
		error = array_grow(&list->items, list->count, &list->cap);
	if (error) {
		str_free(&path);
		return HF_ENOMEM;
	}
	list->items[list->count++] = path.data;
	return 0;
}

static void free_paths(struct path_list *list)
{
	while (list->count)
		free(list->items[--list->count]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

static int on_name(void *ctx, const char *name, bool is_dir, uint32_t attributes)
{
	struct ini_search *s = ctx;
	struct str path = {0};
	int n, error;

	s->bytes += s->dir_len + strlen(name) + 1;
	if (s->bytes > PATH_BYTES_MAX)
		return HF_ELIMIT;
	if (is_dir)
		return attributes & FILE_ATTRIBUTE_REPARSE_POINT
			       ? 0
			       : add_path(&s->stack, s->dir, name);
	error = join_path(&path, s->dir, name);
	if (error)
		return error;
	n = text_to_utf16(path.data, path.len, s->units, PATTERN_UNITS_MAX);
	str_free(&path);
	if (n < 0)
		return 0;
	units_upcase(s->machine->upcase, s->units, (unsigned)n);
	return pattern_ini_file_matches(s->pattern, s->units, (unsigned)n)
		       ? add_path(&s->found, s->dir, name)
		       : 0;
}

/* Every directory from START down; what was found in one is visited after it was listed. */
static int search(struct ini_search *s, const char *start, ini_file_visit visit, void *ctx)
{
	int error = add_path(&s->stack, start, NULL);

	while (s->stack.count && !error) {
		char *dir = s->stack.items[--s->stack.count];

		s->dir = dir;
		s->dir_len = strlen(dir);
		error = s->machine->list(s->machine->ctx, dir, on_name, s);
		if (error == HF_ENOENT)
			error = 0;
		free(dir);
		for (size_t i = 0; i < s->found.count && !error; i++)
			error = visit(ctx, s->found.items[i]);
		free_paths(&s->found);
	}
	free_paths(&s->stack);
	return error;
}

static int search_drives(struct ini_search *s, ini_file_visit visit, void *ctx)
{
	char drives[27];
	int error = eval_drives(s->machine, RULES_DRIVE_FIXED, drives);

	for (const char *d = drives; *d && !error; d++) {
		char root[] = {*d, ':', '\0'};

		error = search(s, root, visit, ctx);
	}
	return error;
}

static int look_up(const struct rules_machine *m, const char *path, ini_file_visit visit, void *ctx)
{
	bool is_dir = false;
	int found = m->exists(m->ctx, path, &is_dir);

	return found == 1 && !is_dir ? visit(ctx, path) : found < 0 ? found : 0;
}

static int each_file(struct ini_search *s, const char *file, ini_file_visit visit, void *ctx)
{
	struct str start = {0};
	size_t n = strcspn(file, "*");
	int error;

	if (!file[n])
		return look_up(s->machine, file, visit, ctx);
	while (n && file[n] != '\\')
		n--;
	if (!n)
		return search_drives(s, visit, ctx);
	error = str_add(&start, file, n);
	if (!error)
		error = search(s, start.data, visit, ctx);
	str_free(&start);
	return error;
}

int ini_each_file(const struct rules_machine *m, const struct pattern *p, ini_file_visit visit,
		  void *ctx)
{
	struct ini_search *s = calloc(1, sizeof(*s));
	struct str file = {0};
	int error;

	if (!s)
		return HF_ENOMEM;
	s->machine = m;
	s->pattern = p;
	error = str_add(&file, p->text, strcspn(p->text, "|"));
	if (!error)
		error = each_file(s, file.data, visit, ctx);
	str_free(&file);
	free(s);
	return error;
}

static int by_file(const void *a, const void *b)
{
	const struct pattern *p = *(const struct pattern *const *)a;
	const struct pattern *q = *(const struct pattern *const *)b;

	if (p->bar != q->bar)
		return p->bar < q->bar ? -1 : 1;
	return memcmp(p->node, q->node, p->bar * sizeof(*p->node));
}

/* The include patterns of type Ini, those with the same file part side by side. */
static int sorted_patterns(const struct rules *rules, const struct pattern ***out, size_t *count)
{
	*count = 0;
	*out = malloc((rules->rule_count + 1) * sizeof(**out));
	if (!*out)
		return HF_ENOMEM;
	for (size_t i = 0; i < rules->rule_count; i++) {
		const struct rule *r = &rules->rules[i];

		if (r->pattern.type == RULES_INI && r->shown.kind == RULES_INCLUDE)
			(*out)[(*count)++] = &r->pattern;
	}
	qsort(*out, *count, sizeof(**out), by_file);
	return 0;
}

static int keep_path(void *ctx, const char *path)
{
	return add_path(ctx, path, NULL);
}

static const struct upcase *sorted_upcase; /* for qsort, which passes no context */

static int by_name(const void *a, const void *b)
{
	return text_casecmp(sorted_upcase, *(char *const *)a, *(char *const *)b);
}

static int visit_once(const struct rules *rules, struct path_list *paths,
		      rules_ini_file_visit visit, void *ctx)
{
	int result = 0;

	sorted_upcase = rules->machine->upcase;
	if (paths->count)
		qsort(paths->items, paths->count, sizeof(*paths->items), by_name);
	for (size_t i = 0; i < paths->count && !result; i++)
		if (!i || by_name(&paths->items[i - 1], &paths->items[i]))
			result = visit(ctx, paths->items[i]);
	return result;
}

int rules_ini_files(const struct rules *rules, rules_ini_file_visit visit, void *ctx)
{
	const struct pattern **patterns;
	struct path_list paths = {0};
	size_t count;
	int error = sorted_patterns(rules, &patterns, &count);

	for (size_t i = 0; i < count && !error; i++) {
		if (i && !by_file(&patterns[i - 1], &patterns[i]))
			continue;
		error = ini_each_file(rules->machine, patterns[i], keep_path, &paths);
		if (error)
			log_error("The ini files of the pattern \"%s\" could not be searched for: "
				  "%s. Name the file without wildcards.",
				  patterns[i]->text, hf_strerror(error));
	}
	if (!error)
		error = visit_once(rules, &paths, visit, ctx);
	free_paths(&paths);
	free(patterns);
	return error;
}
