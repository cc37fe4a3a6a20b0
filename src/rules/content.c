// SPDX-License-Identifier: GPL-2.0-or-later
// <content>: the files and folders that are named in registry values and ini settings (USMT
// specification 4.11).
#include <string.h>
#include <stdlib.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/eval.h"
#include "rules/values.h"

/* Deeper <content> in <content> is no real rule. */
#define CONTENT_DEPTH_MAX 8
/* Longer texts name no file. */
#define NAME_BYTES_MAX 32767

struct extract {
	struct eval *e;
	struct xml_node *node;
	const struct call *call;
	const struct pattern_sink *sink;
	const struct pattern *pattern; /* of the inner set: whose objects are read */
};

static int emit(const struct extract *x, const char *dir, const char *name, const char *suffix)
{
	struct str text = {0};
	int error = location_text(&text, dir, name);

	if (!error && suffix)
		error = str_addf(&text, "\\%s", suffix);
	if (!error)
		error = x->sink->visit(x->sink->ctx, x->node, RULES_FILE, text.data, false);
	str_free(&text);
	return error;
}

/* 1 when file or directory PATH is there; *IS_DIR says which. */
static int there(const struct extract *x, const char *path, bool *is_dir)
{
	const struct rules_machine *m = x->e->rules->machine;

	*is_dir = false;
	/* A path on the network or a device is not on this computer. */
	if (!path[0] || path[1] != ':' || path[2] != '\\')
		return 0;
	return m->exists(m->ctx, path, is_dir);
}

/* Hands on file PATH when it exists: 1, 0, or an error. */
static int try_file(const struct extract *x, char *path)
{
	char *cut = strrchr(path, '\\');
	bool is_dir;
	int found = there(x, path, &is_dir), error;

	if (found != 1 || is_dir || !cut)
		return found < 0 ? found : 0;
	*cut = '\0';
	error = emit(x, path, cut + 1, NULL);
	*cut = '\\';
	return error ? error : 1;
}

/* A bare name is looked for in the folders of PathHints. */
static int try_hints(const struct extract *x, const char *name)
{
	const char *hints = call_arg(x->call, 1);

	while (hints && *hints) {
		size_t n = strcspn(hints, ";");
		struct str one = {0}, path = {0};
		int result = str_add(&one, hints, n);

		if (!result)
			result = eval_expand_content(x->e, one.data ? one.data : "", &path);
		while (path.len && path.data[path.len - 1] == '\\')
			str_truncate(&path, path.len - 1);
		if (!result)
			result = str_addf(&path, "\\%s", name);
		if (!result)
			result = try_file(x, path.data);
		str_free(&one);
		str_free(&path);
		if (result)
			return result;
		hints += n + (hints[n] == ';');
	}
	return 0;
}

/* Cuts blanks and quotes at both ends. */
static char *clean(char *s)
{
	size_t n;

	while (*s == ' ' || *s == '"' || *s == '\t')
		s++;
	n = strlen(s);
	while (n && (s[n - 1] == ' ' || s[n - 1] == '"' || s[n - 1] == '\t'))
		s[--n] = '\0';
	return s;
}

static int extract_file(const struct extract *x, const char *text)
{
	struct str path = {0};
	char *name;
	int result = strlen(text) > NAME_BYTES_MAX ? 0 : eval_expand_content(x->e, text, &path);

	if (!result && path.data) {
		for (char *c = path.data; *c; c++)
			if (*c == '/')
				*c = '\\';
		name = clean(path.data);
		result = strchr(name, '\\') ? try_file(x, name) : *name ? try_hints(x, name) : 0;
	}
	str_free(&path);
	return result < 0 ? result : 0;
}

/* The folder of the text less LevelsToTrim levels. */
static int extract_directory(const struct extract *x, const char *text)
{
	const char *levels = call_arg(x->call, 1);
	struct str path = {0};
	long trim = levels ? strtol(levels, NULL, 10) : 0;
	bool is_dir;
	char *name;
	int result = strlen(text) > NAME_BYTES_MAX ? 0 : eval_expand_content(x->e, text, &path);

	if (!result && path.data) {
		name = clean(path.data);
		for (size_t n = strlen(name); n > 3 && name[n - 1] == '\\'; n--)
			name[n - 1] = '\0';
		for (; trim > 0 && *name; trim--) {
			char *cut = strrchr(name, '\\');

			if (!cut)
				break;
			*cut = '\0';
		}
		result = trim > 0 || strlen(name) < 3 ? 0 : there(x, name, &is_dir);
		if (result == 1)
			result = is_dir ? emit(x, name, NULL, call_arg(x->call, 2)) : 0;
	}
	str_free(&path);
	return result;
}

/* One string of the content, cut at the separators; ALL: each piece. */
static int extract_string(const struct extract *x, char *text, bool all)
{
	const char *separators = call_arg(x->call, 0);

	for (;;) {
		size_t n = separators && *separators ? strcspn(text, separators) : strlen(text);
		bool last = !text[n];
		int error;

		text[n] = '\0';
		error = x->call->id == HELPER_EXTRACT_DIRECTORY ? extract_directory(x, text)
								: extract_file(x, text);
		if (error || last || !all)
			return error;
		text += n + 1;
	}
}

/* The strings of registry data: several only in a REG_MULTI_SZ. */
static int extract_data(const struct extract *x, uint32_t type, const uint8_t *data, size_t len)
{
	bool all = x->call->id == HELPER_EXTRACT_FILES;
	int error = 0;

	if (x->call->id == HELPER_EXTRACT_ANSI) {
		struct str text = {0};
		size_t n = strnlen((const char *)data, len);

		error = text_decode(data, n, &text);
		if (!error && text.data)
			error = extract_string(x, text.data, false);
		str_free(&text);
		return error;
	}
	if (x->call->id != HELPER_EXTRACT_UNICODE && type != REG_TYPE_SZ &&
	    type != REG_TYPE_EXPAND_SZ && type != REG_TYPE_MULTI_SZ)
		return 0;
	while (len >= 2 && !error) {
		struct str text = {0};
		long used = utf16le_add(data, len, &text);

		error = used < 0 ? (int)used : 0;
		if (!error && !text.len) {
			str_free(&text);
			break;
		}
		if (!error)
			error = extract_string(x, text.data, all);
		str_free(&text);
		if (type != REG_TYPE_MULTI_SZ || !all)
			break;
		data += used;
		len -= (size_t)used;
	}
	return error;
}

static int read_object(void *ctx, const char *node, const char *leaf)
{
	const struct extract *x = ctx;
	const struct rules_machine *m = x->e->rules->machine;
	struct str text = {0};
	void *data = NULL;
	uint32_t type;
	size_t len;
	int error;

	if (!leaf)
		return 0;
	if (x->pattern->type == RULES_INI) {
		error = object_text(m, x->e->user, RULES_INI, node, leaf, &text);
		if (!error && text.data)
			error = extract_string(x, text.data, x->call->id == HELPER_EXTRACT_FILES);
		str_free(&text);
	} else {
		error = m->reg_value
				? m->reg_value(m->ctx, x->e->user, node, leaf, &type, &data, &len)
				: HF_EUNSUPPORTED;
		if (!error)
			error = extract_data(x, type, data, len);
		free(data);
	}
	return error == HF_ENOENT ? 0 : error;
}

/* One pattern of the inner set. */
static int read_pattern(void *ctx, struct xml_node *node, enum rules_object_type type,
			const char *text, bool visible_only)
{
	struct extract x = *(struct extract *)ctx;
	struct eval *e = x.e;
	struct pattern pattern;
	const char *why = "content is read from the registry and from ini files only";
	int error;

	(void)visible_only;
	error = type == RULES_FILE ? HF_EINVAL
				   : pattern_parse_as(type, text, e->rules->machine->upcase,
						      &e->arena, &pattern, &why);
	if (error == HF_EINVAL) {
		if (rules_report_once(e->rules, "content", text))
			log_warning("%s, line %u: \"%s\" gives no content: %s", e->file->name,
				    node->line, text, why);
		return 0;
	}
	if (error)
		return error;
	x.pattern = &pattern;
	error = eval_each_object(e, &pattern, read_object, &x);
	if (error == HF_EUNSUPPORTED || error == HF_ELIMIT) {
		if (rules_report_once(e->rules, "content", text))
			log_warning("%s, line %u: the content of \"%s\" %s; files named in it are "
				    "not found",
				    e->file->name, node->line, text,
				    error == HF_ELIMIT ? "is too much to be read"
						       : "cannot be read on this computer");
		error = 0;
	}
	return error;
}

int eval_content(struct eval *e, struct xml_node *content, const struct pattern_sink *sink)
{
	const char *filter = xml_attr(content, "filter");
	struct call call;
	struct extract x = {.e = e, .node = content, .call = &call, .sink = sink};
	struct pattern_sink inner = {read_pattern, &x};
	enum tri condition;
	int error;

	if (!filter)
		return 0; /* reported when the file was loaded */
	if (e->content_depth == CONTENT_DEPTH_MAX) {
		log_error("%s, line %u: <content> is nested deeper than %d levels", e->file->name,
			  content->line, CONTENT_DEPTH_MAX);
		return HF_ELIMIT;
	}
	error = call_parse(filter, HELPER_CONTENT, &call);
	e->content_depth++;
	for (struct xml_node *set = content->first; set && !error; set = set->next)
		if (set->kind == EL_OBJECT_SET && call.id != HELPER_UNKNOWN)
			error = eval_object_set(e, set, &condition, &inner);
	e->content_depth--;
	call_free(&call);
	return error == HF_EINVAL ? 0 : error;
}
