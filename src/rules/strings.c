// SPDX-License-Identifier: GPL-2.0-or-later
// Locations without wildcards, and the string content of the object there: GetStringContent
// (USMT specification 4.16).
#include <string.h>
#include <strings.h>

#include "report/error.h"
#include "report/log.h"
#include "rules/eval.h"
#include "rules/values.h"

/* File locations are also written as a plain path: then the last part is the name. */
static int split_location(struct eval *e, const struct pattern *p, struct place_of *out)
{
	size_t len;
	const char *leaf = pattern_leaf_text(p, &len);

	out->type = p->type;
	out->node = arena_strndup(&e->arena, p->text, p->node_text_len);
	out->leaf = NULL;
	if (leaf && (len || p->type != RULES_FILE)) {
		out->leaf = arena_strndup(&e->arena, leaf, len);
		if (!out->leaf)
			return HF_ENOMEM;
	}
	return out->node ? 0 : HF_ENOMEM;
}

int eval_location(struct eval *e, const struct xml_node *node, const char *type_name,
		  const char *text, struct place_of *out)
{
	enum rules_object_type type;
	struct str expanded = {0};
	struct pattern pattern;
	const char *why = "its type is none of File, Registry, Ini";
	int error;

	if (!type_of(type_name, &type)) {
		error = HF_EINVAL;
		goto out;
	}
	error = eval_expand(e, e->user, text, &expanded);
	if (error == HF_ENOENT) {
		log_info("%s, line %u: %%%s%% has no value, so there is no object \"%s\"",
			 e->file->name, node->line, e->missing, text);
		goto out;
	}
	if (error)
		goto out;
	if (type == RULES_REGISTRY && e->user < 0 && is_hkcu(expanded.data)) {
		why = "HKCU needs a user, and this is the system context";
		error = HF_EINVAL;
		goto out;
	}
	error = pattern_parse_as(type, expanded.data ? expanded.data : "",
				 e->rules->machine->upcase, &e->arena, &pattern, &why);
	if (!error)
		error = split_location(e, &pattern, out);
out:
	str_free(&expanded);
	if (error != HF_EINVAL)
		return error;
	log_info("%s, line %u: \"%s\" names no object: %s", e->file->name, node->line, text, why);
	return HF_ENOENT;
}

/* Values come escaped as pattern text. */
static int add_unescaped(const struct str *value, struct str *out)
{
	for (size_t i = 0; i < value->len; i++) {
		if (value->data[i] == '^' && i + 1 < value->len)
			i++;
		if (str_addc(out, value->data[i]))
			return HF_ENOMEM;
	}
	return 0;
}

int eval_expand_content(struct eval *e, const char *text, struct str *out)
{
	while (*text) {
		size_t run = strcspn(text, "%"), n;
		struct str one = {0}, value = {0};
		int error = str_add(out, text, run);

		if (error || !text[run])
			return error;
		text += run;
		n = strcspn(text + 1, "%\\");
		if (text[1 + n] != '%' || !n) {
			if (str_addc(out, *text++))
				return HF_ENOMEM;
			continue;
		}
		error = str_add(&one, text, n + 2);
		if (!error)
			error = eval_expand(e, e->user, one.data, &value);
		if (error == HF_ENOENT)
			error = str_add(out, one.data, one.len);
		else if (!error)
			error = add_unescaped(&value, out);
		str_free(&one);
		str_free(&value);
		if (error)
			return error;
		text += n + 2;
	}
	return 0;
}

/* Arguments 3 and 4: sets of characters cut from the left and from the right. */
static void trim_sets(const struct call *call, struct str *s)
{
	const char *left = call_arg(call, 3), *right = call_arg(call, 4);
	size_t n;

	while (s->len && right && strchr(right, s->data[s->len - 1]))
		str_truncate(s, s->len - 1);
	n = left && s->data ? strspn(s->data, left) : 0;
	if (!n)
		return;
	memmove(s->data, s->data + n, s->len - n + 1);
	s->len -= n;
}

int eval_string_content(struct eval *e, const struct xml_node *node, const struct call *call,
			struct str *text, bool *out)
{
	struct str raw = {0}, expanded = {0};
	struct place_of place;
	int error;

	*out = false;
	if (!call_arg(call, 0) || !call_arg(call, 1) || !strcasecmp(call->args[0], "File"))
		return 0;
	error = eval_location(e, node, call->args[0], call->args[1], &place);
	if (!error)
		error = object_text(e->rules->machine, e->user, place.type, place.node, place.leaf,
				    &raw);
	if (!error && call_flag(call, 2, true))
		error = eval_expand_content(e, raw.data ? raw.data : "", &expanded);
	else if (!error)
		error = str_adds(&expanded, raw.data ? raw.data : "");
	if (!error) {
		trim_sets(call, &expanded);
		error = escape_name(text, expanded.data ? expanded.data : "");
		*out = !error;
	}
	str_free(&raw);
	str_free(&expanded);
	/* Too long, or nothing that can be asked: no value. Damage stops the run. */
	return error == HF_ENOENT || error == HF_EUNSUPPORTED || error == HF_ELIMIT ||
			       error == HF_EINVAL
		       ? 0
		       : error;
}
