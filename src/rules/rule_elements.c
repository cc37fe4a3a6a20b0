// SPDX-License-Identifier: GPL-2.0-or-later
// What stands in <rules>: includes and excludes become patterns that decide at ScanState, the
// others are checked and kept for the restore (USMT specification 4.2, 4.8 to 4.15).
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/unit.h"
#include "rules/values.h"

/* Where the patterns of one <include>, <exclude> or <unconditionalExclude> go. */
struct rule_sink {
	const struct unit *u;
	enum rules_kind kind;
	bool certain;	    /* nothing unknown decides whether it applies */
	enum tri condition; /* of the object set */
	const struct filter *filter;
};

static void note_not_applied(const struct rule_sink *sink, const struct xml_node *node,
			     const char *text)
{
	char shown[300];

	log_info("%s, line %u: the exclude \"%s\" is not applied, because a condition or filter on "
		 "it "
		 "cannot be evaluated",
		 sink->u->e->file->name, node->line, text_printable(text, shown, sizeof(shown)));
}

static int add_rule(void *ctx, struct xml_node *node, enum rules_object_type type, const char *text,
		    bool visible_only)
{
	const struct rule_sink *sink = ctx;
	struct eval *e = sink->u->e;
	struct rules *rules = e->rules;
	struct rule *rule;
	const char *why;
	char shown[300];
	int error;

	if (sink->kind != RULES_INCLUDE && (!sink->certain || sink->condition != TRI_TRUE)) {
		note_not_applied(sink, node, text);
		return 0;
	}
	if (array_grow(&rules->rules, rules->rule_count, &rules->rule_cap))
		return HF_ENOMEM;
	rule = &rules->rules[rules->rule_count];
	memset(rule, 0, sizeof(*rule));
	error = pattern_parse_as(type, text, rules->machine->upcase, &rules->arena, &rule->pattern,
				 &why);
	if (error == HF_EINVAL) {
		if (rules_report_once(rules, "pattern", text))
			log_warning("%s, line %u: the pattern \"%s\" is dropped: %s", e->file->name,
				    node->line, text_printable(text, shown, sizeof(shown)), why);
		return 0;
	}
	if (error)
		return error;
	rule->filter = sink->filter;
	rule->visible_only = visible_only && sink->kind == RULES_INCLUDE;
	rule->shown = (struct rules_rule){
		.kind = sink->kind,
		.type = type,
		.pattern = rule->pattern.text,
		.file = e->file->name,
		.line = node->line,
		.component = component_name(sink->u->component),
		.instance = sink->u->instance,
		.user = e->user,
	};
	rules->rule_count++;
	return 0;
}

/* A filter for the restore goes with the patterns of its include or exclude. */
struct apply_sink {
	struct rules *rules;
	struct rules_apply_rule model;
};

static int add_apply(void *ctx, struct xml_node *node, enum rules_object_type type,
		     const char *text, bool visible_only)
{
	struct apply_sink *sink = ctx;

	(void)visible_only;
	sink->model.line = node->line;
	return apply_add(sink->rules, type, text, &sink->model);
}

/* The arguments of CALL into the arena, as written and with the values of the source. */
static int keep_arguments(struct eval *e, const struct call *call, struct rules_apply_rule *model)
{
	struct arena *arena = &e->rules->arena;
	unsigned n = call->count < call->most ? call->count : call->most;
	const char **args = arena_alloc(arena, (n + 1) * sizeof(*args));
	const char **source = arena_alloc(arena, (n + 1) * sizeof(*source));

	if (!args || !source)
		return HF_ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		struct str value = {0};
		int error;

		if (!call->args[i])
			continue;
		args[i] = arena_strdup(arena, call->args[i]);
		error = args[i] ? eval_expand(e, e->user, call->args[i], &value) : HF_ENOMEM;
		if (!error && !(source[i] = arena_strdup(arena, value.data ? value.data : "")))
			error = HF_ENOMEM;
		str_free(&value);
		if (error && error != HF_ENOENT)
			return error;
	}
	model->helper = call->known ? call->known : "";
	model->args = args;
	model->source_args = source;
	model->arg_count = n;
	return 0;
}

static struct rules_apply_rule apply_model(const struct unit *u, enum rules_apply_kind kind)
{
	return (struct rules_apply_rule){
		.kind = kind,
		.helper = "",
		.file = u->e->file->name,
		.urlid = u->e->file->urlid,
		.component = component_name(u->component),
		.instance = u->instance,
		.user = u->e->user,
	};
}

/* Each pattern in the sets of NODE becomes a rule like SINK's model. */
static int add_apply_sets(const struct unit *u, struct xml_node *node, struct apply_sink *apply)
{
	struct pattern_sink sink = {add_apply, apply};
	enum tri condition;
	int error = 0;

	for (struct xml_node *set = node->first; set && !error; set = set->next)
		if (set->kind == EL_OBJECT_SET)
			error = eval_object_set(u->e, set, &condition, &sink);
	return error;
}

/* A rule whose helper stands in the attribute SCRIPT, or in FILTER where it may be left out. */
static int run_apply(const struct unit *u, struct xml_node *node, enum rules_apply_kind kind,
		     unsigned use, const char *attribute)
{
	struct apply_sink apply = {.rules = u->e->rules, .model = apply_model(u, kind)};
	const char *text = xml_attr(node, attribute);
	struct call call = {0};
	bool usable = true;
	int error = 0;

	if (!text && use != HELPER_FILTER)
		return 0; /* reported when the file was loaded */
	if (text) {
		error = call_parse(text, use, &call);
		for (unsigned i = 0; !error && i < call.least; i++)
			usable &= call_arg(&call, i) != NULL;
		usable &= error != HF_EINVAL && call.id != HELPER_UNKNOWN;
		if (!error && usable)
			error = keep_arguments(u->e, &call, &apply.model);
	}
	/* Unknown: a modifier does nothing (4.17). Deleting with an unknown filter is no choice. */
	if (!error && usable)
		error = add_apply_sets(u, node, &apply);
	call_free(&call);
	return error == HF_EINVAL ? 0 : error;
}

/* <includeAttributes>, <excludeAttributes>: "Security", "TimeFields", or both (4.10). */
static int run_attributes(const struct unit *u, struct xml_node *node, enum rules_apply_kind kind)
{
	struct apply_sink apply = {.rules = u->e->rules, .model = apply_model(u, kind)};
	const char *text = xml_attr(node, "attributes");

	for (const char *s = text; s && *s;) {
		size_t n = strcspn(s, ",\"' ");

		if (n == 8 && !strncasecmp(s, "Security", n))
			apply.model.attributes |= RULES_SECURITY;
		else if (n == 10 && !strncasecmp(s, "TimeFields", n))
			apply.model.attributes |= RULES_TIME_FIELDS;
		else if (n && rules_report_once(u->e->rules, "attributes", text))
			log_warning("%s, line %u: attributes=\"%s\": only Security and TimeFields "
				    "are known",
				    u->e->file->name, node->line, text);
		s += n;
		s += strspn(s, ",\"' ");
	}
	if (!apply.model.attributes) {
		if (!text && rules_report_once(u->e->rules, "attributes", node->name))
			log_warning("%s, line %u: <%s> without the attribute attributes has no "
				    "effect",
				    u->e->file->name, node->line, node->name);
		return 0;
	}
	return add_apply_sets(u, node, &apply);
}

/* What the filter of an include or exclude does: now, or for each object, or at the restore. */
struct filter_plan {
	enum tri now;
	const struct filter *each;
	bool at_restore;
};

static int make_each(const struct unit *u, const struct xml_node *node, const struct call *call,
		     struct filter_plan *plan)
{
	struct rules *rules = u->e->rules;
	struct filter *filter = arena_alloc(&rules->arena, sizeof(*filter));
	const char *why;
	int error = filter ? filter_make(&rules->arena, call, filter, &why) : HF_ENOMEM;

	if (error == HF_EINVAL) {
		if (rules_report_once(rules, "filter", xml_attr(node, "filter")))
			log_warning("%s, line %u: %s; an include with it takes every object, an "
				    "exclude with it is not applied",
				    u->e->file->name, node->line, why);
		plan->now = TRI_UNKNOWN;
		return 0;
	}
	plan->each = filter;
	return error;
}

static int plan_filter(const struct unit *u, const struct xml_node *node, struct filter_plan *plan)
{
	const char *text = xml_attr(node, "filter");
	struct call call;
	int error;

	*plan = (struct filter_plan){.now = TRI_TRUE};
	if (!text || node->kind == EL_UNCONDITIONAL_EXCLUDE)
		return 0;
	error = call_parse(text, HELPER_FILTER, &call);
	if (error == HF_EINVAL || (!error && call.id == HELPER_UNKNOWN)) {
		plan->now = TRI_UNKNOWN;
		error = 0;
	} else if (!error && call.id == HELPER_ANSWER_NO) {
		plan->now = TRI_FALSE;
	} else if (!error && call.id == HELPER_SAME_REG_CONTENT) {
		plan->now = TRI_UNKNOWN;
		plan->at_restore = true;
	} else if (!error && call.id == HELPER_PASS) {
		plan->at_restore = true;
	} else if (!error) {
		error = make_each(u, node, &call, plan);
	}
	call_free(&call);
	return error;
}

/* One <include>, <exclude> or <unconditionalExclude>. */
static int run_selection(const struct unit *u, struct xml_node *node, bool certain)
{
	struct rule_sink rule = {.u = u};
	struct pattern_sink sink = {add_rule, &rule};
	struct filter_plan plan;
	int error = plan_filter(u, node, &plan);

	if (error || plan.now == TRI_FALSE)
		return error;
	rule.kind = node->kind == EL_INCLUDE   ? RULES_INCLUDE
		    : node->kind == EL_EXCLUDE ? RULES_EXCLUDE
					       : RULES_UNCONDITIONAL_EXCLUDE;
	rule.filter = plan.each;
	rule.certain = certain && plan.now == TRI_TRUE;
	/* Within a component excludes go with its includes; a veto reaches beyond it. */
	if (node->kind == EL_UNCONDITIONAL_EXCLUDE && u->detected != TRI_TRUE)
		rule.certain = false;
	for (struct xml_node *set = u->e->rules->for_restore ? NULL : node->first; set && !error;
	     set = set->next)
		if (set->kind == EL_OBJECT_SET)
			error = eval_object_set(u->e, set, &rule.condition, &sink);
	if (!error && plan.at_restore)
		error = run_apply(u, node, RULES_FILTER, HELPER_FILTER, "filter");
	return error;
}

static struct xml_node *child_of(const struct xml_node *node, enum element kind)
{
	for (struct xml_node *child = node->first; child; child = child->next)
		if (child->kind == kind)
			return child;
	return NULL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "616263": two digits for each byte. HF_EINVAL for anything else. */
static int hex_bytes(struct arena *arena, const char *text, struct rules_added_object *out)
{
	uint8_t *bytes = arena_alloc(arena, strlen(text) / 2 + 1);

	if (!bytes)
		return HF_ENOMEM;
	for (; *text; text += 2) {
		while (*text == ' ' || *text == '\n' || *text == '\t' || *text == '\r')
			text++;
		if (!*text)
			break;
		if (hex_digit(text[0]) < 0 || hex_digit(text[1]) < 0)
			return HF_EINVAL;
		bytes[out->len++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
	}
	out->bytes = bytes;
	return 0;
}

/* Text for the registry is UTF-16LE with its terminator. */
static int text_bytes(struct arena *arena, const char *text, struct rules_added_object *out)
{
	size_t len = strlen(text);
	uint16_t *units;
	uint8_t *bytes;
	int n;

	if (out->type != RULES_REGISTRY) {
		out->bytes = arena_strdup(arena, text);
		out->len = len;
		return out->bytes ? 0 : HF_ENOMEM;
	}
	units = malloc((len + 1) * sizeof(*units));
	bytes = arena_alloc(arena, (len + 1) * 2);
	n = units && bytes ? text_to_utf16(text, len, units, len) : HF_ENOMEM;
	for (int i = 0; i < n; i++) {
		bytes[2 * i] = (uint8_t)units[i];
		bytes[2 * i + 1] = (uint8_t)(units[i] >> 8);
	}
	free(units);
	if (n < 0)
		return n;
	out->bytes = bytes;
	out->len = ((size_t)n + 1) * 2;
	return 0;
}

static int object_content(struct eval *e, const struct xml_node *bytes,
			  struct rules_added_object *out)
{
	struct arena *arena = &e->rules->arena;
	struct str text = {0};
	int error;

	if (!bytes)
		return 0;
	error = text_flag(xml_attr(bytes, "expand"), true)
			? eval_expand_content(e, bytes->text, &text)
			: str_adds(&text, bytes->text);
	if (!error)
		error = text_flag(xml_attr(bytes, "string"), false)
				? text_bytes(arena, text.data ? text.data : "", out)
				: hex_bytes(arena, text.data ? text.data : "", out);
	str_free(&text);
	return error;
}

/* The text of a <location>: written, or the string that its script gives. HF_EINVAL for neither. */
static int location_of(struct eval *e, const struct xml_node *location, struct str *out)
{
	const struct xml_node *text = child_of(location, EL_TEXT),
			      *script = child_of(location, EL_SCRIPT);
	struct str value = {0};
	bool given = false;
	int error = 0;

	if (text)
		return str_adds(out, text->text);
	if (!script)
		return HF_EINVAL;
	error = eval_script_value(e, script, &value, &given);
	/* A string of the computer is a location as it stands, brackets and all. */
	for (size_t i = 0; given && i < value.len && !error; i++) {
		if (value.data[i] == '^' && i + 1 < value.len)
			i++;
		error = str_addc(out, value.data[i]);
	}
	str_free(&value);
	return error ? error : out->len ? 0 : HF_ENOENT;
}

/* One <object>: location, attributes, content. HF_EINVAL and HF_ENOENT leave it out. */
static int add_object(const struct unit *u, const struct xml_node *object)
{
	struct eval *e = u->e;
	struct rules *rules = e->rules;
	const struct xml_node *location = child_of(object, EL_LOCATION),
			      *attributes = child_of(object, EL_ATTRIBUTES);
	struct rules_added_object added = {.file = e->file->name, .line = object->line};
	struct place_of place;
	struct str where = {0};
	int error;

	if (!location || !attributes || !type_of(xml_attr(location, "type"), &added.type))
		return HF_EINVAL;
	error = location_of(e, location, &where);
	if (!error)
		error = eval_location(e, location, xml_attr(location, "type"), where.data, &place);
	str_free(&where);
	if (error)
		return error;
	added.user = e->user;
	error = location_text(&where, place.node, place.leaf);
	if (!error) {
		added.location = arena_strdup(&rules->arena, where.data ? where.data : "");
		added.attributes = arena_strdup(&rules->arena, attributes->text);
	}
	str_free(&where);
	if (!added.location || !added.attributes)
		return HF_ENOMEM;
	/* Keys and directories have no content (4.2). */
	if (place.leaf)
		error = object_content(e, child_of(object, EL_BYTES), &added);
	if (error || array_grow(&rules->added, rules->added_count, &rules->added_cap))
		return error ? error : HF_ENOMEM;
	rules->added[rules->added_count++] = added;
	return 0;
}

static int run_added(const struct unit *u, struct xml_node *node)
{
	enum tri holds;
	int error = eval_child_conditions(u->e, node, &holds);

	if (error || holds != TRI_TRUE)
		return error;
	for (struct xml_node *child = node->first; child; child = child->next) {
		if (child->kind != EL_OBJECT)
			continue;
		error = add_object(u, child);
		if (error == HF_EINVAL && rules_report_once(u->e->rules, "object", child->text))
			log_warning("%s, line %u: an <object> needs <location type=...> with "
				    "<text> or <script>, <attributes>, and <bytes> with two "
				    "hexadecimal digits "
				    "a byte or string=\"Yes\"; it is left out",
				    u->e->file->name, child->line);
		if (error && error != HF_EINVAL && error != HF_ENOENT)
			return error;
	}
	return 0;
}

int unit_run_element(const struct unit *u, struct xml_node *node, bool certain)
{
	switch (node->kind) {
	case EL_INCLUDE:
	case EL_EXCLUDE:
	case EL_UNCONDITIONAL_EXCLUDE:
		return run_selection(u, node, certain);
	case EL_MERGE:
		return run_apply(u, node, RULES_MERGE, HELPER_MERGE, "script");
	case EL_CONTENT_MODIFY:
		return run_apply(u, node, RULES_CONTENT_MODIFY, HELPER_MODIFY, "script");
	case EL_LOCATION_MODIFY:
		return run_apply(u, node, RULES_LOCATION_MODIFY, HELPER_MOVE, "script");
	case EL_CLEANUP:
		return certain ? run_apply(u, node, RULES_CLEANUP, HELPER_FILTER, "filter") : 0;
	case EL_INCLUDE_ATTRIBUTES:
		return run_attributes(u, node, RULES_INCLUDE_ATTRIBUTES);
	case EL_EXCLUDE_ATTRIBUTES:
		return run_attributes(u, node, RULES_EXCLUDE_ATTRIBUTES);
	case EL_ADD_OBJECTS:
		return certain ? run_added(u, node) : 0;
	default:
		return 0;
	}
}

/* <extensions> of a component: an include of each extension on fixed drives (4.2). */
int unit_run_extensions(const struct unit *u)
{
	struct rule_sink rule = {
		.u = u, .kind = RULES_INCLUDE, .certain = true, .condition = TRI_TRUE};
	struct pattern_sink sink = {add_rule, &rule};
	int error = 0;

	for (struct xml_node *list = u->component->first; list && !error; list = list->next) {
		if (list->kind != EL_EXTENSIONS)
			continue;
		for (struct xml_node *n = list->first; n && !error; n = n->next) {
			const char *extension = n->text;
			struct str segment = {0};

			while (*extension == '*' || *extension == '.')
				extension++;
			if (n->kind != EL_EXTENSION || !*extension)
				continue;
			error = str_addf(&segment, "* [*.%s]", extension);
			if (!error)
				error = eval_drive_patterns(u->e, n, segment.data,
							    RULES_DRIVE_FIXED, &sink);
			str_free(&segment);
		}
	}
	return error;
}
