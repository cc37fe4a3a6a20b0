// SPDX-License-Identifier: GPL-2.0-or-later
// Object sets: <pattern> and <script> to expanded pattern text (USMT specification 4.2, 4.16).
#include <string.h>
#include <strings.h>

#include "report/error.h"
#include "report/log.h"
#include "rules/eval.h"

struct drive_list {
	enum rules_drive_kind kind;
	uint32_t letters; /* bit 0: A */
};

static int add_drive(void *ctx, char letter, enum rules_drive_kind kind)
{
	struct drive_list *list = ctx;

	if (kind == list->kind && letter >= 'A' && letter <= 'Z')
		list->letters |= 1u << (letter - 'A');
	return 0;
}

int eval_drives(struct eval *e, enum rules_drive_kind kind, char out[27])
{
	const struct rules_machine *m = e->rules->machine;
	struct drive_list list = {.kind = kind};
	int error = m->drives(m->ctx, add_drive, &list);

	for (int i = 0; i < 26; i++)
		if (list.letters & (1u << i))
			*out++ = (char)('A' + i);
	*out = '\0';
	return error;
}

int eval_drive_patterns(struct eval *e, struct xml_node *node, const char *segment,
			enum rules_drive_kind kind, const struct pattern_sink *sink)
{
	char drives[27];
	int error = eval_drives(e, kind, drives);

	while (*segment == '\\')
		segment++;
	for (const char *d = drives; *d && !error; d++) {
		struct str text = {0};

		error = str_addf(&text, "%c:\\%s", *d, segment);
		if (!error)
			error = sink->visit(sink->ctx, node, text.data, false);
		str_free(&text);
	}
	return error;
}

static int drive_patterns(struct eval *e, struct xml_node *node, const struct call *call,
			  const struct pattern_sink *sink)
{
	static const struct {
		const char *name;
		enum rules_drive_kind kind;
	} kinds[] = {{"Fixed", RULES_DRIVE_FIXED},
		     {"CDROM", RULES_DRIVE_CDROM},
		     {"Removable", RULES_DRIVE_REMOVABLE},
		     {"Remote", RULES_DRIVE_REMOTE}};

	if (call->count >= 2 && call->args[0] && call->args[1])
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (!strcasecmp(call->args[1], kinds[i].name))
				return eval_drive_patterns(e, node, call->args[0], kinds[i].kind,
							   sink);
	if (rules_report_once(e->rules, "arguments", node->text))
		log_warning("%s, line %u: GenerateDrivePatterns needs a pattern and one of Fixed, "
			    "CDROM, Removable, Remote; it gives no patterns",
			    e->file->name, node->line);
	return 0;
}

/* One pattern's text: expanded for USER and handed on, or dropped with a note. */
static int add_text(struct eval *e, struct xml_node *node, int user, const char *raw,
		    const struct pattern_sink *sink)
{
	struct str text = {0};
	int error = eval_expand(e, user, raw, &text);

	if (error == HF_ENOENT) {
		error = eval_note_dropped(e, node);
	} else if (!error) {
		node->flags |= NODE_RESOLVED;
		error = sink->visit(sink->ctx, node, text.data ? text.data : "", false);
	}
	str_free(&text);
	return error;
}

static int user_patterns(struct eval *e, struct xml_node *node, const struct call *call,
			 const struct pattern_sink *sink)
{
	bool current = call_flag(call, 2, true);

	if (call->count < 2 || !call->args[0] || !call->args[1]) {
		if (rules_report_once(e->rules, "arguments", node->text))
			log_warning("%s, line %u: GenerateUserPatterns needs an object type and a "
				    "pattern; it gives no patterns",
				    e->file->name, node->line);
		return 0;
	}
	if (strcasecmp(call->args[0], "File")) {
		if (rules_report_once(e->rules, "type", call->args[0]))
			log_warning("%s, line %u: patterns of type %s are not yet done by this "
				    "version and have no effect",
				    e->file->name, node->line, call->args[0]);
		return 0;
	}
	for (int user = 0; user < e->rules->machine->user_count; user++) {
		int error;

		if (user == e->user && !current)
			continue;
		error = add_text(e, node, user, call->args[1], sink);
		if (error)
			return error;
	}
	return 0;
}

static int script_patterns(struct eval *e, struct xml_node *node, const struct pattern_sink *sink)
{
	struct call call;
	int error = call_parse(node->text, HELPER_SET, &call);

	if (error == HF_EINVAL)
		error = 0; /* reported when the file was loaded */
	else if (!error && call.id == HELPER_DRIVE_PATTERNS)
		error = drive_patterns(e, node, &call, sink);
	else if (!error && call.id == HELPER_USER_PATTERNS)
		error = user_patterns(e, node, &call, sink);
	else if (!error && call.id == HELPER_DOC_PATTERNS)
		error = eval_doc_patterns(e, node, &call, sink);
	call_free(&call);
	return error;
}

int eval_object_set(struct eval *e, struct xml_node *set, enum tri *condition,
		    const struct pattern_sink *sink)
{
	int error = eval_child_conditions(e, set, condition);

	if (error || *condition == TRI_FALSE)
		return error;
	for (struct xml_node *child = set->first; child && !error; child = child->next) {
		const char *type = xml_attr(child, "type");

		error = eval_step(e, child);
		if (error)
			return error;
		if (child->kind == EL_PATTERN && type && !strcasecmp(type, "File"))
			error = add_text(e, child, e->user, child->text, sink);
		else if (child->kind == EL_SCRIPT)
			error = script_patterns(e, child, sink);
	}
	return error;
}
