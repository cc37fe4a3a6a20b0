// SPDX-License-Identifier: GPL-2.0-or-later
// Conditions and detection (USMT specification 4.4, 4.9) in three values: a helper that is not
// known gives UNKNOWN, and whoever asked takes the side that keeps more.
#include <string.h>
#include <strings.h>

#include "report/error.h"
#include "report/log.h"
#include "rules/eval.h"

enum tri tri_and(enum tri a, enum tri b)
{
	if (a == TRI_FALSE || b == TRI_FALSE)
		return TRI_FALSE;
	return a == TRI_UNKNOWN || b == TRI_UNKNOWN ? TRI_UNKNOWN : TRI_TRUE;
}

enum tri tri_or(enum tri a, enum tri b)
{
	if (a == TRI_TRUE || b == TRI_TRUE)
		return TRI_TRUE;
	return a == TRI_UNKNOWN || b == TRI_UNKNOWN ? TRI_UNKNOWN : TRI_FALSE;
}

static enum tri tri_not(enum tri a)
{
	return a == TRI_UNKNOWN ? TRI_UNKNOWN : a == TRI_TRUE ? TRI_FALSE : TRI_TRUE;
}

/* DoesObjectExist(type, pattern). An undefined variable means that there is no such object. */
static int object_exists(struct eval *e, const struct xml_node *node, const struct call *call,
			 enum tri *out)
{
	struct str text = {0};
	enum rules_object_type type;
	int error;

	*out = TRI_UNKNOWN;
	if (!type_of(call_arg(call, 0), &type)) {
		if (rules_report_once(e->rules, "exists", call->args[0]))
			log_warning("%s, line %u: DoesObjectExist knows the types File, Registry "
				    "and Ini; what depends on it is included and not excluded",
				    e->file->name, node->line);
		return 0;
	}
	error = eval_expand(e, e->user, call->args[1], &text);
	if (error == HF_ENOENT) {
		log_info("%s, line %u: %%%s%% has no value, so the condition is false",
			 e->file->name, node->line, e->missing);
		*out = TRI_FALSE;
		error = 0;
	} else if (!error && type == RULES_REGISTRY && e->user < 0 && is_hkcu(text.data)) {
		*out = TRI_FALSE;
	} else if (!error) {
		error = eval_exists(e, type, text.data ? text.data : "", out, NULL);
		if (!error && *out == TRI_UNKNOWN &&
		    rules_report_once(e->rules, "unknown answer", node->text))
			log_warning("%s, line %u: DoesObjectExist cannot be answered for this "
				    "computer; what depends on it is included and not excluded",
				    e->file->name, node->line);
	}
	str_free(&text);
	return error;
}

static bool has_arguments(const struct call *call)
{
	for (unsigned i = 0; i < call->least; i++)
		if (!call_arg(call, i))
			return false;
	return true;
}

static int eval_condition(struct eval *e, const struct xml_node *node, enum tri *out)
{
	struct call call;
	int error = call_parse(node->text, HELPER_CONDITION, &call);

	*out = TRI_UNKNOWN;
	if (error == HF_EINVAL || (!error && !has_arguments(&call)))
		error = 0; /* reported when the file was loaded */
	else if (!error && call.id == HELPER_DOES_OBJECT_EXIST)
		error = object_exists(e, node, &call, out);
	else if (!error && call.id == HELPER_IS_SYSTEM_CONTEXT)
		*out = e->user < 0 ? TRI_TRUE : TRI_FALSE;
	else if (!error && call.id != HELPER_UNKNOWN)
		error = eval_helper_condition(e, node, &call, out);
	call_free(&call);
	if (text_flag(xml_attr(node, "negation"), false))
		*out = tri_not(*out);
	return error;
}

struct any_match {
	struct eval *e;
	enum tri found;
};

static int match_one(void *ctx, struct xml_node *node, enum rules_object_type type,
		     const char *text, bool visible_only)
{
	struct any_match *any = ctx;
	enum tri found;
	int error;

	(void)node, (void)visible_only;
	if (any->found == TRI_TRUE)
		return 0;
	error = eval_exists(any->e, type, text, &found, NULL);
	any->found = tri_or(any->found, found);
	return error;
}

/* An <objectSet> in <detect>: true when it matches an object. */
static int set_matches(struct eval *e, struct xml_node *set, enum tri *out)
{
	struct any_match any = {.e = e, .found = TRI_FALSE};
	struct pattern_sink sink = {.visit = match_one, .ctx = &any};
	enum tri condition;
	int error = eval_object_set(e, set, &condition, &sink);

	*out = tri_and(condition, any.found);
	return error;
}

/* An element whose value is made from its children's: those to be OR-ed and those to be AND-ed. */
struct frame {
	struct xml_node *node, *next;
	bool has_or, has_and;
	enum tri or_value, and_value;
};

static void frame_open(struct frame *f, struct xml_node *node)
{
	*f = (struct frame){
		.node = node, .next = node->first, .or_value = TRI_FALSE, .and_value = TRI_TRUE};
}

static void frame_add(struct frame *f, const struct xml_node *child, enum tri value)
{
	const char *operation = xml_attr(f->node, "operation");
	bool is_or = f->node->kind == EL_CONDITIONS ? operation && !strcasecmp(operation, "OR")
						    : child->kind != EL_DETECT;

	if (is_or) {
		f->has_or = true;
		f->or_value = tri_or(f->or_value, value);
	} else {
		f->has_and = true;
		f->and_value = tri_and(f->and_value, value);
	}
}

/* An element with nothing in it does nothing, that is, it holds. */
static enum tri frame_value(const struct frame *f)
{
	return tri_and(f->has_or ? f->or_value : TRI_TRUE, f->has_and ? f->and_value : TRI_TRUE);
}

static bool is_group(const struct xml_node *node)
{
	return node->kind == EL_CONDITIONS || node->kind == EL_DETECTS || node->kind == EL_DETECT;
}

int eval_truth(struct eval *e, struct xml_node *node, enum tri *out)
{
	struct frame stack[XML_DEPTH_MAX + 1];
	struct frame *top = stack;

	if (!is_group(node))
		return eval_condition(e, node, out);
	frame_open(top, node);
	for (;;) {
		struct xml_node *child = top->next;
		enum tri value;
		int error;

		if (!child) {
			*out = frame_value(top);
			if (top == stack)
				return 0;
			child = top->node;
			frame_add(--top, child, *out);
			continue;
		}
		top->next = child->next;
		error = eval_step(e, child);
		if (error)
			return error;
		if (is_group(child)) {
			frame_open(++top, child);
			continue;
		}
		if (child->kind == EL_CONDITION)
			error = eval_condition(e, child, &value);
		else if (child->kind == EL_OBJECT_SET)
			error = set_matches(e, child, &value);
		else
			continue;
		if (error)
			return error;
		frame_add(top, child, value);
	}
}

int eval_child_conditions(struct eval *e, const struct xml_node *node, enum tri *out)
{
	*out = TRI_TRUE;
	for (struct xml_node *child = node->first; child; child = child->next) {
		enum tri value;
		int error;

		if (child->kind != EL_CONDITIONS && child->kind != EL_CONDITION)
			continue;
		error = eval_truth(e, child, &value);
		if (error)
			return error;
		*out = tri_and(*out, value);
	}
	return 0;
}
