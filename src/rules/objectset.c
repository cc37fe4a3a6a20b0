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

int eval_drives(const struct rules_machine *m, enum rules_drive_kind kind, char out[27])
{
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
	int error = eval_drives(e->rules->machine, kind, drives);

	while (*segment == '\\')
		segment++;
	for (const char *d = drives; *d && !error; d++) {
		struct str text = {0};

		error = str_addf(&text, "%c:\\%s", *d, segment);
		if (!error)
			error = sink->visit(sink->ctx, node, RULES_FILE, text.data, false);
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

bool is_hkcu(const char *text)
{
	static const char *const names[] = {"HKCU", "HKEY_CURRENT_USER"};

	for (unsigned i = 0; text && i < 2; i++) {
		size_t n = strlen(names[i]);

		if (!strncasecmp(text, names[i], n) && (!text[n] || strchr("\\ [*", text[n])))
			return true;
	}
	return false;
}

int location_text(struct str *out, const char *node, const char *leaf)
{
	int error = escape_name(out, node);

	if (!leaf || error)
		return error;
	/* An ini location has no blank before the bracket, and needs none. */
	error = str_adds(out, " [");
	if (!error)
		error = escape_name(out, leaf);
	return error ? error : str_addc(out, ']');
}

/*
 * HKCU of another user than the one whose context this is (GenerateUserPatterns) is spelled by its
 * SID; HKU with the SID of this one is HKCU. Changes TEXT.
 */
static int settle_user(const struct eval *e, int user, struct str *text)
{
	const struct rules_machine *m = e->rules->machine;
	const char *sid = m->variable(m->ctx, user, "USERSID"), *rest;
	struct str out = {0};
	size_t n;
	int error;

	if (user < 0 || !sid || !text->data)
		return 0;
	rest = strpbrk(text->data, "\\");
	if (!rest)
		return 0;
	if (is_hkcu(text->data) && user != e->user) {
		error = str_addf(&out, "HKU\\%s%s", sid, rest);
	} else {
		n = strlen(sid);
		if (strncasecmp(text->data, "HKU\\", 4) &&
		    strncasecmp(text->data, "HKEY_USERS\\", 11))
			return 0;
		if (strncasecmp(rest + 1, sid, n) || user != e->user ||
		    (rest[n + 1] && !strchr("\\ [", rest[n + 1])))
			return 0;
		error = str_addf(&out, "HKCU%s", rest + 1 + n);
	}
	str_free(text);
	*text = out;
	return error;
}

/* One pattern's text: expanded for USER and handed on, or dropped with a note. */
static int add_text(struct eval *e, struct xml_node *node, enum rules_object_type type, int user,
		    const char *raw, const struct pattern_sink *sink)
{
	struct str text = {0};
	int error = eval_expand(e, user, raw, &text);

	if (!error && type == RULES_REGISTRY)
		error = settle_user(e, user, &text);
	if (error == HF_ENOENT) {
		error = eval_note_dropped(e, node);
	} else if (!error && type == RULES_REGISTRY && is_hkcu(text.data) &&
		   (e->user < 0 || user != e->user)) {
		e->missing[0] = '\0';
		error = eval_note_dropped(e, node);
	} else if (!error) {
		node->flags |= NODE_RESOLVED;
		error = sink->visit(sink->ctx, node, type, text.data ? text.data : "", false);
	}
	str_free(&text);
	return error;
}

static int user_patterns(struct eval *e, struct xml_node *node, const struct call *call,
			 const struct pattern_sink *sink)
{
	bool current = call_flag(call, 2, true);
	enum rules_object_type type;

	if (!call_arg(call, 1) || !type_of(call_arg(call, 0), &type)) {
		if (rules_report_once(e->rules, "arguments", node->text))
			log_warning("%s, line %u: GenerateUserPatterns needs an object type and a "
				    "pattern; it gives no patterns",
				    e->file->name, node->line);
		return 0;
	}
	for (int user = 0; user < e->rules->machine->user_count; user++) {
		int error;

		if (user == e->user && !current)
			continue;
		error = add_text(e, node, type, user, call->args[1], sink);
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
		enum rules_object_type type;

		error = eval_step(e, child);
		if (error)
			return error;
		if (child->kind == EL_PATTERN && type_of(xml_attr(child, "type"), &type))
			error = add_text(e, child, type, e->user, child->text, sink);
		else if (child->kind == EL_CONTENT)
			error = eval_content(e, child, sink);
		else if (child->kind == EL_SCRIPT)
			error = script_patterns(e, child, sink);
	}
	return error;
}
