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

static int define(struct eval *e, const char *name, const char *text)
{
	struct str value = {0};
	const char *kept;
	int error = eval_expand(e, e->user, text, &value);

	if (error == HF_ENOENT) {
		str_free(&value);
		log_info("%s: variable %%%s%% stays undefined because %%%s%% is", e->file->name,
			 name, e->missing);
		return 0;
	}
	if (error)
		return error;
	kept = arena_strndup(&e->arena, value.data ? value.data : "", value.len);
	str_free(&value);
	if (!kept || array_grow(&e->variables, e->variable_count, &e->variable_cap))
		return HF_ENOMEM;
	e->variables[e->variable_count++] = (struct variable){.name = name, .value = kept};
	return 0;
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
		for (struct xml_node *text = v->first; text; text = text->next) {
			if (text->kind != EL_TEXT)
				continue;
			error = define(e, name, text->text);
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
	const char *name = arena_strdup(&rules->arena, e->missing);

	if (!name || array_grow(&rules->dropped, rules->dropped_count, &rules->dropped_cap))
		return HF_ENOMEM;
	rules->dropped[rules->dropped_count++] =
		(struct dropped){.file = e->file, .node = node, .variable = name, .user = e->user};
	return 0;
}
