// SPDX-License-Identifier: GPL-2.0-or-later
// Weaknesses of rule files that can be seen without a computer (--lint): components with only
// excludes, patterns that cannot match, variables without a value, unknown elements and attributes,
// urlids given twice.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"
#include "rules/model.h"

/* Variables of USMT specification 7.1: in every context. Windows' own are not listed: any name that
 * the computer defines may be used. */
static const char *const both[] = {
	"SYSTEMDRIVE",
	"SYSTEMROOT",
	"WINDIR",
	"SYSTEM",
	"SYSTEM16",
	"SYSTEM32",
	"PROGRAMFILES",
	"PROGRAMFILES(X86)",
	"COMMONPROGRAMFILES",
	"COMMONPROGRAMFILES(X86)",
	"PROGRAMDATA",
	"PUBLIC",
	"PROFILESFOLDER",
	"DEFAULTUSERPROFILE",
	"ALLUSERSPROFILE",
	"ALLUSERSAPPDATA",
	"SYSTEMPROFILE",
	"COMPUTERNAME",
	"OS",
	"PATH",
	"CSIDL_WINDOWS",
	"CSIDL_SYSTEM",
	"CSIDL_FONTS",
	"CSIDL_RESOURCES",
};

static const char *const both_prefixes[] = {"CSIDL_COMMON_", "CSIDL_DEFAULT_",
					    "CSIDL_PROGRAM_FILES", "FOLDERID_Public",
					    "FOLDERID_Program"};

/* Specification 7.2: only where rules run for a user. */
static const char *const user_only[] = {"USERPROFILE", "USERSID",     "USERNAME", "USERDOMAIN",
					"HOMEPATH",    "HOMEDRIVE",   "TEMP",	  "TMP",
					"APPDATA",     "LOCALAPPDATA"};

static const char *const user_prefixes[] = {"CSIDL_", "FOLDERID_"};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct lint {
	const struct rules *rules;
	const struct rule_file *file;
	rules_lint_visit visit;
	void *ctx;
	int result;
};

static void say(struct lint *l, const struct xml_node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct lint *l, const struct xml_node *node, const char *format, ...)
{
	char text[500], shown[1000];
	va_list args;

	if (l->result)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	l->result = l->visit(l->ctx, l->file->name, node->line,
			     text_printable(text, shown, sizeof(shown)));
}

static bool is_in(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcasecmp(list[i], name))
			return true;
	return false;
}

static bool has_prefix(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strncasecmp(name, list[i], strlen(list[i])))
			return true;
	return false;
}

/* Whether some <environment> of the file defines NAME. */
static bool is_defined(const struct lint *l, const char *name)
{
	const struct xml_node *root = l->file->doc.root;

	for (const struct xml_node *n = xml_next(root, root); n; n = xml_next(n, root)) {
		const char *own = n->kind == EL_VARIABLE ? xml_attr(n, "name") : NULL;

		if (own && !strcasecmp(own, name))
			return true;
	}
	return false;
}

/* The contexts in which NODE can run, by all that stands around it. */
static unsigned contexts_of(const struct xml_node *node)
{
	unsigned context = CONTEXT_BOTH;

	for (; node; node = node->parent)
		if (node->kind == EL_COMPONENT || node->kind == EL_RULES ||
		    node->kind == EL_ENVIRONMENT || node->kind == EL_DETECTION)
			context &= context_of(node);
	return context;
}

/* GenerateUserPatterns expands its pattern for each user, wherever it stands. */
static bool runs_for_users(const struct xml_node *node)
{
	struct call call;
	bool users;

	if (node->kind != EL_SCRIPT)
		return false;
	users = !call_parse(node->text, HELPER_SET, &call) && call.id == HELPER_USER_PATTERNS;
	call_free(&call);
	return users;
}

static void check_variable(struct lint *l, const struct xml_node *node, const char *name)
{
	bool user;

	if (is_defined(l, name) || is_in(name, both, COUNT(both)) ||
	    has_prefix(name, both_prefixes, COUNT(both_prefixes)))
		return;
	user = is_in(name, user_only, COUNT(user_only)) ||
	       has_prefix(name, user_prefixes, COUNT(user_prefixes));
	if (!user)
		say(l, node, "variable %%%s%% is defined neither here nor by USMT", name);
	else if (contexts_of(node) == CONTEXT_SYSTEM && !runs_for_users(node))
		say(l, node,
		    "variable %%%s%% belongs to a user and has no value in the System context",
		    name);
	else if (!contexts_of(node))
		say(l, node,
		    "this can never run: its context and that around it exclude each other");
}

/* Variables are names between two %, as eval_expand() finds them. */
static void check_variables(struct lint *l, const struct xml_node *node, const char *text)
{
	while ((text = strchr(text, '%'))) {
		char name[100];
		size_t n = strcspn(++text, "%\\[]*|<>\"/:^");

		if (text[n] != '%' || !n)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)n, text);
		check_variable(l, node, name);
		text += n + 1;
	}
}

/* Each %NAME% by "C:" or, for the registry, by "HKLM": enough to see what the rest is worth. */
static int stand_in(enum rules_object_type type, const char *text, struct str *out)
{
	const char *value = type == RULES_REGISTRY ? "HKLM\\x" : "C:\\x";

	for (bool first = true; *text; first = false) {
		size_t n = *text == '%' ? strcspn(text + 1, "%\\[]*|<>\"/:^") : 0;
		int error;

		if (*text == '%' && n && text[n + 1] == '%') {
			error = str_adds(out, first ? value : "x");
			text += n + 2;
		} else {
			error = str_addc(out, *text++);
		}
		if (error)
			return error;
	}
	return 0;
}

static void check_pattern(struct lint *l, const struct xml_node *node)
{
	enum rules_object_type type;
	struct arena arena = {0};
	struct pattern pattern;
	struct str text = {0};
	const char *why = "";
	int error;

	if (!type_of(xml_attr(node, "type"), &type)) {
		say(l, node, "<pattern> needs type=\"File\", \"Registry\" or \"Ini\"");
		return;
	}
	error = stand_in(type, node->text, &text);
	if (!error)
		error = pattern_parse_as(type, text.data ? text.data : "", upcase_basic(), &arena,
					 &pattern, &why);
	if (error == HF_EINVAL)
		say(l, node, "\"%s\" can never match: %s", node->text, why);
	else if (!error && strchr(node->text, '?'))
		say(l, node, "\"%s\" can never match: ? is no wildcard and no name holds one",
		    node->text);
	else if (!error && type == RULES_REGISTRY && !strncasecmp(pattern.text, "HKCU", 4) &&
		 contexts_of(node) == CONTEXT_SYSTEM)
		say(l, node,
		    "\"%s\" can never match: HKCU needs a user, and this runs in the System "
		    "context",
		    node->text);
	str_free(&text);
	arena_free(&arena);
	check_variables(l, node, node->text);
}

/* A component whose rules only exclude does nothing (4.7, principle 6). */
static void check_component(struct lint *l, const struct xml_node *component)
{
	const struct xml_node *exclude = NULL;
	bool other = false;

	for (const struct xml_node *n = xml_next(component, component); n;
	     n = xml_next(n, component)) {
		if (n->kind == EL_EXCLUDE)
			exclude = n;
		else if (n->kind == EL_INCLUDE || n->kind == EL_UNCONDITIONAL_EXCLUDE ||
			 n->kind == EL_COMPONENT || n->kind == EL_EXTENSIONS ||
			 (n->kind == EL_RULES && xml_attr(n, "name")))
			other = true;
	}
	if (exclude && !other)
		say(l, component,
		    "component \"%s\" only excludes, and so does nothing: an exclude takes from "
		    "the "
		    "includes of its own component; to keep files out of all components use "
		    "<unconditionalExclude>",
		    component_name(component));
}

static const struct {
	enum element kind;
	const char *names; /* between blanks */
} attributes[] = {
	{EL_MIGRATION, " urlid "},
	{EL_COMPONENT, " type context defaultSupported hidden "},
	{EL_DISPLAY_NAME, " _locID "},
	{EL_ROLE, " role "},
	{EL_ENVIRONMENT, " name context "},
	{EL_VARIABLE, " name remap "},
	{EL_DETECTION, " name context "},
	{EL_DETECTS, " name context "},
	{EL_DETECT, " name context "},
	{EL_CONDITIONS, " operation name "},
	{EL_CONDITION, " negation name "},
	{EL_RULES, " name context "},
	{EL_INCLUDE, " filter "},
	{EL_EXCLUDE, " filter "},
	{EL_CLEANUP, " filter "},
	{EL_CONTENT, " filter "},
	{EL_MERGE, " script "},
	{EL_CONTENT_MODIFY, " script "},
	{EL_LOCATION_MODIFY, " script "},
	{EL_INCLUDE_ATTRIBUTES, " attributes "},
	{EL_EXCLUDE_ATTRIBUTES, " attributes "},
	{EL_PATTERN, " type "},
	{EL_LOCATION, " type "},
	{EL_BYTES, " string expand "},
};

static void check_attributes(struct lint *l, const struct xml_node *node)
{
	const char *names = " ";

	for (size_t i = 0; i < COUNT(attributes); i++)
		if (attributes[i].kind == node->kind)
			names = attributes[i].names;
	for (const struct xml_attr *a = node->attrs; a; a = a->next) {
		char word[60];

		/* A schema reference is for editors. */
		if (strstr(a->name, "chemaLocation"))
			continue;
		snprintf(word, sizeof(word), " %.50s ", a->name);
		if (!strstr(names, word))
			say(l, node, "<%s> has no attribute %s; it is ignored", node->name,
			    a->name);
	}
}

static void check_element(struct lint *l, const struct xml_node *node)
{
	check_attributes(l, node);
	switch (node->kind) {
	case EL_COMPONENT:
		check_component(l, node);
		break;
	case EL_PATTERN:
		check_pattern(l, node);
		break;
	case EL_CONDITION:
	case EL_SCRIPT:
	case EL_TEXT:
		check_variables(l, node, node->text);
		break;
	default:
		break;
	}
}

/* Elements that migxml_check() did not classify are unknown, or stand where they may not. */
static void check_unclassified(struct lint *l, const struct xml_node *node)
{
	const char *alike;
	const struct element_info *info = element_find(node->name, &alike);

	if (!info && alike)
		say(l, node, "unknown element <%s>; names are case-sensitive: write <%s>",
		    node->name, alike);
	else if (!info)
		say(l, node, "unknown element <%s>", node->name);
	else if (!(info->parents & ELEMENT_BIT(node->parent->kind)))
		say(l, node, "<%s> may not stand in <%s>", node->name, node->parent->name);
}

static void check_file(struct lint *l)
{
	struct xml_node *root = l->file->doc.root, *n = xml_next(root, root);

	if (!xml_attr(root, "urlid"))
		say(l, root, "<migration> has no urlid");
	check_attributes(l, root);
	while (n && !l->result) {
		if (n->kind) {
			check_element(l, n);
			n = xml_next(n, root);
		} else {
			check_unclassified(l, n);
			n = xml_after(n, root);
		}
	}
}

int rules_lint(const struct rules *rules, rules_lint_visit visit, void *ctx)
{
	struct lint l = {.rules = rules, .visit = visit, .ctx = ctx};

	for (size_t i = 0; i < rules->file_count && !l.result; i++) {
		l.file = rules->files[i];
		check_file(&l);
	}
	for (size_t i = 0; i < rules->skipped_count && !l.result; i++) {
		const struct skipped_file *s = &rules->skipped[i];
		struct rule_file file = {.name = s->name};
		struct xml_node at = {.line = s->line};

		l.file = &file;
		say(&l, &at, "has the urlid of %s and would not be processed", s->other);
	}
	return l.result;
}
