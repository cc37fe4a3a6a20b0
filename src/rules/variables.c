// SPDX-License-Identifier: GPL-2.0-or-later
// Variables (USMT specification 4.5 and 7): those of <environment>, then the computer's own.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "report/error.h"
#include "report/log.h"
#include "rules/eval.h"

/* Longest text that variables may grow to: a definition may double its predecessor. */
#define EXPANSION_MAX 32767

unsigned eval_context(const struct eval *e)
{
	return e->user < 0 ? CONTEXT_SYSTEM : CONTEXT_USER;
}

int eval_step(struct eval *e, const struct xml_node *node)
{
	if (++e->steps <= EVAL_STEPS_MAX)
		return 0;
	if (e->steps == EVAL_STEPS_MAX + 1)
		log_error("%s, line %u: the rules refer to each other too often; look for named "
			  "elements that name themselves",
			  e->file->name, node->line);
	return HF_ELIMIT;
}

int escape_name(struct str *out, const char *text)
{
	for (; *text; text++)
		if ((strchr("^[]*", *text) && str_addc(out, '^')) || str_addc(out, *text))
			return HF_ENOMEM;
	return 0;
}

/* Characters that end a candidate for a name, so that "100%\x%" is not one. */
static size_t name_length(const char *s)
{
	size_t n = strcspn(s, "%\\[]*|<>\"/:^");

	return s[n] == '%' ? n : 0;
}

static int add_value(struct eval *e, int user, const char *name, struct str *out)
{
	const struct rules_machine *m = e->rules->machine;
	const char *value;

	/* The last definition hides earlier ones. */
	for (size_t i = e->variable_count; i-- > 0;)
		if (!strcasecmp(e->variables[i].name, name))
			return str_adds(out, e->variables[i].value);
	value = m->variable(m->ctx, user, name);
	if (!value) {
		snprintf(e->missing, sizeof(e->missing), "%s", name);
		return HF_ENOENT;
	}
	return escape_name(out, value);
}

int eval_expand(struct eval *e, int user, const char *text, struct str *out)
{
	while (*text) {
		size_t run = strcspn(text, "%"), n;
		struct str name = {0};
		int error;

		if (str_add(out, text, run))
			return HF_ENOMEM;
		text += run;
		if (!*text)
			break;
		n = name_length(text + 1);
		if (!n) {
			if (str_addc(out, *text++))
				return HF_ENOMEM;
			continue;
		}
		error = str_add(&name, text + 1, n);
		if (!error)
			error = add_value(e, user, name.data, out);
		str_free(&name);
		if (error)
			return error;
		if (out->len > EXPANSION_MAX * 3) {
			snprintf(e->missing, sizeof(e->missing), "%.*s", (int)n, text + 1);
			return HF_ENOENT;
		}
		text += n + 2;
	}
	return 0;
}

static int add_variable(struct eval *e, const struct xml_node *v, const char *name,
			const struct str *value)
{
	struct rules *rules = e->rules;
	const char *kept = arena_strndup(&e->arena, value->data ? value->data : "", value->len);

	if (!kept || array_grow(&e->variables, e->variable_count, &e->variable_cap))
		return HF_ENOMEM;
	e->variables[e->variable_count++] = (struct variable){.name = name, .value = kept};
	if (!text_flag(xml_attr(v, "remap"), false))
		return 0;
	kept = arena_strdup(&rules->arena, kept);
	if (!kept || array_grow(&rules->remaps, rules->remap_count, &rules->remap_cap))
		return HF_ENOMEM;
	rules->remaps[rules->remap_count++] =
		(struct remap){.name = name, .value = kept, .user = e->user};
	return 0;
}

int eval_script_value(struct eval *e, const struct xml_node *script, struct str *value, bool *out)
{
	struct call call;
	int error = call_parse(script->text, HELPER_VALUE, &call);

	*out = false;
	if (error == HF_EINVAL)
		error = 0; /* reported when the file was loaded */
	else if (!error && call.id == HELPER_GET_STRING)
		error = eval_string_content(e, script, &call, value, out);
	call_free(&call);
	return error;
}

struct first_match {
	struct eval *e;
	struct str *value;
	bool found;
};

static int take_first(void *ctx, struct xml_node *node, enum rules_object_type type,
		      const char *text, bool visible_only)
{
	struct first_match *first = ctx;
	enum tri found;
	int error;

	(void)node, (void)visible_only;
	if (first->found)
		return 0;
	error = eval_exists(first->e, type, text, &found, first->value);
	first->found = !error && found == TRI_TRUE;
	return error;
}

/* Value of one <variable> in pattern text; *OUT is false when it stays undefined. */
static int value_of(struct eval *e, struct xml_node *kind, struct str *value, bool *out)
{
	struct first_match first = {.e = e, .value = value};
	struct pattern_sink sink = {take_first, &first};
	enum tri condition;
	int error;

	*out = false;
	if (kind->kind == EL_SCRIPT)
		return eval_script_value(e, kind, value, out);
	if (kind->kind == EL_OBJECT_SET) {
		error = eval_object_set(e, kind, &condition, &sink);
		*out = first.found;
		return error;
	}
	error = eval_expand(e, e->user, kind->text, value);
	*out = !error;
	return error == HF_ENOENT ? 0 : error;
}

static int define(struct eval *e, const struct xml_node *v, const char *name, struct xml_node *kind)
{
	struct str value = {0};
	bool defined;
	int error;

	e->missing[0] = '\0';
	error = value_of(e, kind, &value, &defined);
	if (!error && defined)
		error = add_variable(e, v, name, &value);
	else if (!error && *e->missing)
		log_info("%s, line %u: variable %%%s%% stays undefined because %%%s%% is",
			 e->file->name, v->line, name, e->missing);
	else if (!error)
		log_info("%s, line %u: variable %%%s%% stays undefined: nothing gives it a value",
			 e->file->name, v->line, name);
	str_free(&value);
	return error;
}

static bool is_defined(const struct eval *e, const char *name)
{
	for (size_t i = 0; i < e->variable_count; i++)
		if (!strcasecmp(e->variables[i].name, name))
			return true;
	return false;
}

int eval_environment(struct eval *e, const struct xml_node *environment)
{
	enum tri condition;
	int error = eval_child_conditions(e, environment, &condition);

	if (error || condition == TRI_FALSE)
		return error;
	for (struct xml_node *v = environment->first; v; v = v->next) {
		const char *name = xml_attr(v, "name");

		if (v->kind != EL_VARIABLE || !name)
			continue;
		/* Of several definitions that may or may not hold, the first stays. */
		if (condition == TRI_UNKNOWN && is_defined(e, name))
			continue;
		for (struct xml_node *kind = v->first; kind; kind = kind->next) {
			if (kind->kind != EL_TEXT && kind->kind != EL_SCRIPT &&
			    kind->kind != EL_OBJECT_SET)
				continue;
			error = define(e, v, name, kind);
			if (error)
				return error;
			break;
		}
	}
	return 0;
}

int eval_note_dropped(struct eval *e, struct xml_node *node)
{
	struct rules *rules = e->rules;
	const char *name = *e->missing ? arena_strdup(&rules->arena, e->missing) : NULL;

	if ((*e->missing && !name) ||
	    array_grow(&rules->dropped, rules->dropped_count, &rules->dropped_cap))
		return HF_ENOMEM;
	rules->dropped[rules->dropped_count++] =
		(struct dropped){.file = e->file, .node = node, .variable = name, .user = e->user};
	return 0;
}
