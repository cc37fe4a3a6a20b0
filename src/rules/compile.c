// SPDX-License-Identifier: GPL-2.0-or-later
// From elements to rules: walks every component for the system and for each user, and turns those
// that are detected into a flat list of patterns (USMT specification 0.1 step 4, 4.2 to 4.4).
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/config.h"
#include "rules/unit.h"

/* An element that stands for itself or for named elements elsewhere in the file. */
struct target_list {
	struct xml_node **nodes;
	size_t count, cap;
	bool dangling; /* a name that nothing has */
};

const char *component_name(const struct xml_node *component)
{
	for (const struct xml_node *child = component->first; child; child = child->next)
		if (child->kind == EL_DISPLAY_NAME)
			return child->text;
	return "";
}

static int add_target(struct target_list *list, struct xml_node *node)
{
	if (array_grow(&list->nodes, list->count, &list->cap))
		return HF_ENOMEM;
	list->nodes[list->count++] = node;
	return 0;
}

/*
 * NODE itself, or, when it has a name, all elements of its kind with that name in <namedElements>
 * ("name references", 4.2). Only those whose context fits CONTEXT.
 */
static int resolve(struct eval *e, struct xml_node *node, unsigned context,
		   struct target_list *list)
{
	const char *name = xml_attr(node, "name");
	struct xml_node *root = e->file->doc.root;
	bool known = false;

	list->count = 0;
	if (!(context_of(node) & context))
		return 0;
	if (!name || node->parent->kind == EL_NAMED_ELEMENTS)
		return add_target(list, node);
	for (struct xml_node *group = root->first; group; group = group->next) {
		if (group->kind != EL_NAMED_ELEMENTS)
			continue;
		for (struct xml_node *n = group->first; n; n = n->next) {
			const char *other = xml_attr(n, "name");
			int error = eval_step(e, node);

			if (error)
				return error;
			if (n->kind != node->kind || !other || strcasecmp(other, name))
				continue;
			known = true;
			if ((context_of(n) & context) && add_target(list, n))
				return HF_ENOMEM;
		}
	}
	list->dangling = !known;
	if (!known && rules_report_once(e->rules, e->file->name, name))
		log_warning(
			"%s, line %u: <%s name=\"%s\"> refers to nothing in <namedElements>; it is "
			"left out",
			e->file->name, node->line, node->name, name);
	return 0;
}

/* Value of a <detection> or <detects>; *PRESENT is false when it says nothing in this context. */
static int detect_one(struct eval *e, struct xml_node *node, unsigned context, bool *present,
		      enum tri *out)
{
	struct target_list list = {0};
	int error = resolve(e, node, context, &list);

	*out = TRI_FALSE;
	*present = list.count || list.dangling;
	for (size_t i = 0; i < list.count && !error; i++) {
		struct xml_node *target = list.nodes[i];
		enum tri value = TRI_TRUE;

		error = target->kind == EL_DETECTS ? eval_truth(e, target, &value)
						   : eval_child_conditions(e, target, &value);
		*out = tri_or(*out, value);
	}
	free(list.nodes);
	return error;
}

/* The detections that are children of NODE: OR; true when there are none. */
static int detect_children(struct eval *e, const struct xml_node *node, unsigned context,
			   enum tri *out)
{
	bool any = false;

	*out = TRI_FALSE;
	for (struct xml_node *child = e->rules->for_restore ? NULL : node->first; child;
	     child = child->next) {
		enum tri value;
		bool present;
		int error;

		if (child->kind != EL_DETECTION && child->kind != EL_DETECTS)
			continue;
		if (!child->first && !xml_attr(child, "name"))
			continue;
		error = detect_one(e, child, context, &present, &value);
		if (error)
			return error;
		if (!present)
			continue;
		any = true;
		*out = tri_or(*out, value);
	}
	if (!any)
		*out = TRI_TRUE;
	return 0;
}

static int add_environments(struct eval *e, const struct xml_node *node, unsigned context)
{
	for (struct xml_node *child = node->first; child; child = child->next) {
		struct target_list list = {0};
		int error;

		if (child->kind != EL_ENVIRONMENT)
			continue;
		error = resolve(e, child, context, &list);
		for (size_t i = 0; i < list.count && !error; i++)
			error = eval_environment(e, list.nodes[i]);
		free(list.nodes);
		if (error)
			return error;
	}
	return 0;
}

/* Everything that stands around the role, from outside in: contexts, variables, detection. */
static int enter_unit(struct unit *u)
{
	struct xml_node *chain[XML_DEPTH_MAX] = {0};
	size_t depth = 0;
	int error = 0;

	u->context = eval_context(u->e);
	u->detected = TRI_TRUE;
	u->e->variable_count = 0;
	for (struct xml_node *n = u->role ? u->role : u->component; n; n = n->parent)
		chain[depth++] = n;
	while (depth-- && !error && u->detected != TRI_FALSE) {
		struct xml_node *n = chain[depth];
		enum tri value;

		if (n->kind == EL_COMPONENT)
			u->context &= context_of(n);
		if (!u->context)
			return 0;
		if (n->kind != EL_COMPONENT && n->kind != EL_ROLE)
			continue;
		error = add_environments(u->e, n, u->context);
		if (!error && n->kind == EL_ROLE) {
			error = detect_children(u->e, n, u->context, &value);
			u->detected = tri_and(u->detected, value);
		}
	}
	return error;
}

/* A <rules> still to be run. */
struct pending {
	struct xml_node *node;
	unsigned context, depth;
	bool certain;
};

struct pending_list {
	struct pending *items;
	size_t count, cap;
};

static int push(struct eval *e, struct pending_list *list, struct xml_node *node, unsigned context,
		bool certain, unsigned depth)
{
	struct target_list targets = {0};
	int error = resolve(e, node, context, &targets);

	if (!error && depth > XML_DEPTH_MAX) {
		log_error("%s, line %u: <rules> are nested deeper than 256 levels; look for named "
			  "rules "
			  "that name themselves",
			  e->file->name, node->line);
		error = HF_ELIMIT;
	}
	for (size_t i = targets.count; i-- > 0 && !error;) {
		error = array_grow(&list->items, list->count, &list->cap);
		if (error)
			break;
		list->items[list->count++] = (struct pending){
			.node = targets.nodes[i],
			.context = context & context_of(targets.nodes[i]),
			.certain = certain,
			.depth = depth,
		};
	}
	free(targets.nodes);
	return error;
}

/* Conditions and detects of one <rules>; its own context is ignored in detects (4.2). */
static int rules_hold(struct eval *e, struct xml_node *node, enum tri *out)
{
	enum tri detected;
	int error = eval_child_conditions(e, node, out);

	if (error || *out == TRI_FALSE)
		return error;
	error = detect_children(e, node, CONTEXT_BOTH, &detected);
	*out = tri_and(*out, detected);
	return error;
}

static int run_one_rules(const struct unit *u, const struct pending *now, struct pending_list *list)
{
	enum tri holds;
	int error = rules_hold(u->e, now->node, &holds);

	if (error || holds == TRI_FALSE)
		return error;
	for (struct xml_node *child = now->node->first; child && !error; child = child->next) {
		bool certain = now->certain && holds == TRI_TRUE;

		error = eval_step(u->e, child);
		if (error)
			break;
		if (child->kind == EL_RULES)
			error = push(u->e, list, child, now->context, certain, now->depth + 1);
		else
			error = unit_run_element(u, child, certain);
	}
	return error;
}

static int run_rules(const struct unit *u)
{
	struct pending_list list = {0};
	int error = 0;

	for (struct xml_node *child = u->role->first; child && !error; child = child->next) {
		if (child->kind != EL_RULES)
			continue;
		error = push(u->e, &list, child, u->context, true, 0);
		while (list.count && !error) {
			struct pending now = list.items[--list.count];

			error = run_one_rules(u, &now, &list);
		}
	}
	free(list.items);
	return error;
}

/* The outermost role that NODE, a role, belongs to within its component. */
static const struct xml_node *outermost_role(const struct xml_node *node)
{
	while (node->parent && node->parent->kind == EL_ROLE)
		node = node->parent;
	return node;
}

int component_id(const struct rule_file *file, const struct xml_node *component,
		 const struct xml_node *role, struct str *out)
{
	const char *name = role ? xml_attr(role, "role") : NULL;
	size_t start = out->len;

	if (str_addf(out, "%s/%s/%s", file->urlid, component_name(component), name ? name : ""))
		return HF_ENOMEM;
	for (size_t i = start; i < out->len; i++)
		if (out->data[i] >= 'A' && out->data[i] <= 'Z')
			out->data[i] = (char)(out->data[i] - 'A' + 'a');
	return 0;
}

/* Whether Config.xml switches off ROLE or one that it stands in (5.1): 1, 0, or an error. */
static int switched_off(const struct eval *e, const struct xml_node *role)
{
	while (role && e->rules->config) {
		const struct xml_node *component;
		struct str id = {0};
		bool off;

		role = outermost_role(role);
		component = role->parent;
		if (component_id(e->file, component, role, &id))
			return HF_ENOMEM;
		off = !config_migrates(e->rules->config, id.data);
		str_free(&id);
		if (off)
			return 1;
		role = component->parent->kind == EL_ROLE ? component->parent : NULL;
	}
	return 0;
}

void rules_use_config(struct rules *rules, const struct rules_config *cfg)
{
	rules->config = cfg;
}

static int note_component(struct rules *rules, struct xml_node *component, int user, bool detected)
{
	if (detected)
		component->flags |= NODE_DETECTED;
	if (array_grow(&rules->components, rules->component_count, &rules->component_cap))
		return HF_ENOMEM;
	rules->components[rules->component_count++] = (struct component_state){
		.name = component_name(component), .user = user, .detected = detected};
	return 0;
}

/* <extensions> go with the component's first role. */
static int run_own_extensions(struct unit *u, uint32_t *instance)
{
	const struct xml_node *role = u->component->first;
	int off;

	while (role && role->kind != EL_ROLE)
		role = role->next;
	if (!role)
		role = u->component->parent->kind == EL_ROLE ? u->component->parent : NULL;
	off = switched_off(u->e, role);
	u->instance = (*instance)++;
	return off || u->detected == TRI_FALSE ? (off < 0 ? off : 0) : unit_run_extensions(u);
}

/* One role in the context of U; *DETECTED is set when it is present. */
static int run_role(struct unit *u, struct xml_node *role, uint32_t *instance, bool *detected)
{
	int error;

	/* A role within a role is part of it: precedence is per outermost role. */
	role->mark = role->parent->kind == EL_ROLE ? role->parent->mark : (*instance)++;
	u->role = role;
	u->instance = role->mark;
	error = switched_off(u->e, role);
	if (error)
		return error < 0 ? error : 0;
	error = enter_unit(u);
	if (error || u->detected == TRI_FALSE)
		return error;
	*detected = true;
	return run_rules(u);
}

/* One component in the context of E; INSTANCE is advanced for each role of its own. */
static int run_component(struct eval *e, struct xml_node *component, uint32_t *instance)
{
	struct unit u = {.e = e, .component = component};
	bool detected = false, has_role = false;
	struct xml_node *n = xml_next(component, component);
	int error = enter_unit(&u);

	if (error || !u.context)
		return error;
	error = run_own_extensions(&u, instance);
	while (n && !error) {
		if (n->kind == EL_COMPONENT || !n->kind) {
			n = xml_after(n, component);
			continue;
		}
		if (n->kind == EL_ROLE) {
			has_role = true;
			error = run_role(&u, n, instance, &detected);
		}
		n = xml_next(n, component);
	}
	if (!error && has_role)
		error = note_component(e->rules, component, e->user, detected);
	return error;
}

static int run_file(struct rules *rules, struct rule_file *file, int user, uint32_t *instance)
{
	struct eval e = {.rules = rules, .file = file, .user = user};
	struct xml_node *root = file->doc.root;
	int error = 0;

	for (struct xml_node *n = xml_next(root, root); n && !error; n = xml_next(n, root)) {
		if (n->kind != EL_COMPONENT)
			continue;
		error = run_component(&e, n, instance);
		arena_free(&e.arena);
		e.arena = (struct arena){0};
		e.variable_count = 0;
	}
	free(e.variables);
	arena_free(&e.arena);
	return error;
}

/*
 * Says which patterns were dropped. A pattern of a UserAndSystem component that names a user's
 * folder has no value in the system context by design: that is no warning.
 */
static void report_dropped(const struct rules *rules)
{
	for (size_t i = 0; i < rules->dropped_count; i++) {
		const struct dropped *d = &rules->dropped[i];
		const struct rules_machine *m = rules->machine;
		enum log_level level = LOG_INFO;
		char text[200];

		/* At a restore the capture has said so, or the folder is not of that Windows. */
		if (!(d->node->flags & (NODE_RESOLVED | NODE_REPORTED)) && !rules->for_restore)
			level = LOG_WARNING;
		d->node->flags |= NODE_REPORTED;
		text_printable(d->node->text, text, sizeof(text));
		if (!d->variable) {
			log_message(
				level,
				"%s, line %u: Registry location \"%s\" is considered invalid in "
				"the current context: HKCU needs a user; the pattern is dropped "
				"for %s",
				d->file->name, d->node->line, text,
				d->user < 0 ? "the system" : m->user_name(m->ctx, d->user));
			continue;
		}
		log_message(level,
			    "%s, line %u: variable %%%s%% has no value for %s; the pattern \"%s\" "
			    "is dropped",
			    d->file->name, d->node->line, d->variable,
			    d->user < 0 ? "the system" : m->user_name(m->ctx, d->user), text);
	}
}

int rules_compile(struct rules *rules, const struct rules_machine *machine)
{
	uint32_t instance = 0;
	int error = 0;

	rules->machine = machine;
	for (int user = -1; user < machine->user_count && !error; user++)
		for (size_t i = 0; i < rules->file_count && !error; i++)
			error = run_file(rules, rules->files[i], user, &instance);
	if (!error) {
		report_dropped(rules);
		error = index_build(rules);
	}
	if (error == HF_ENOMEM)
		log_oom();
	return error;
}

int rules_components(const struct rules *rules, rules_component_visit visit, void *ctx)
{
	for (size_t i = 0; i < rules->component_count; i++) {
		const struct component_state *c = &rules->components[i];
		int result = visit(ctx, c->name, c->user, c->detected);

		if (result)
			return result;
	}
	return 0;
}

uint32_t rules_count(const struct rules *rules)
{
	return (uint32_t)rules->rule_count;
}

const struct rules_rule *rules_rule(const struct rules *rules, uint32_t index)
{
	return &rules->rules[index].shown;
}
