// SPDX-License-Identifier: GPL-2.0-or-later
// Loading rule files (USMT specification 4.1): classifies the elements of the tree and says, once
// by name with file and line, what is not known and which calls lack arguments.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/model.h"

struct rules *rules_new(void)
{
	return calloc(1, sizeof(struct rules));
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->file_count; i++)
		xml_free(&rules->files[i]->doc);
	index_free(rules->index);
	index_free(rules->key_index);
	index_free(rules->ini_index);
	free(rules->files);
	free(rules->reported);
	free(rules->rules);
	free(rules->dropped);
	free(rules->components);
	free(rules->apply);
	free(rules->added);
	free(rules->remaps);
	free(rules->skipped);
	arena_free(&rules->arena);
	free(rules);
}

#define REPORTS_MAX 1000

bool rules_report_once(struct rules *rules, const char *kind, const char *name)
{
	struct str key = {0};
	const char *kept;

	if (rules->reported_count > REPORTS_MAX || str_addf(&key, "%s %s", kind, name))
		return false;
	for (size_t i = 0; i < rules->reported_count; i++) {
		if (!strcasecmp(rules->reported[i], key.data)) {
			str_free(&key);
			return false;
		}
	}
	kept = arena_strdup(&rules->arena, key.data);
	str_free(&key);
	if (!kept || array_grow(&rules->reported, rules->reported_count, &rules->reported_cap))
		return false;
	rules->reported[rules->reported_count++] = kept;
	if (rules->reported_count <= REPORTS_MAX)
		return true;
	log_warning("more than %d different things in the rule files are unknown; the "
		    "rest is not reported",
		    REPORTS_MAX);
	return false;
}

/* Shows hostile text in messages; two at a time. */
static const char *shown(const char *text)
{
	static char buffers[2][200];
	static unsigned turn;

	turn ^= 1;
	return text_printable(text, buffers[turn], sizeof(buffers[turn]));
}

unsigned context_of(const struct xml_node *node)
{
	const char *text = xml_attr(node, "context");

	if (text && !strcasecmp(text, "User"))
		return CONTEXT_USER;
	if (text && !strcasecmp(text, "System"))
		return CONTEXT_SYSTEM;
	return CONTEXT_BOTH;
}

static void report_unknown(struct rules *rules, const char *file, const struct xml_node *node,
			   const char *alike)
{
	if (!rules_report_once(rules, "unknown", node->name))
		return;
	if (alike)
		log_warning("%s, line %u: unknown element <%s> is left out with all in it; element "
			    "names are case-sensitive: write <%s>",
			    file, node->line, shown(node->name), alike);
	else
		log_warning("%s, line %u: unknown element <%s> is left out with all in it", file,
			    node->line, shown(node->name));
}

static void report_element(struct rules *rules, const char *file, const struct xml_node *node,
			   enum element kind)
{
	if (kind == EL_OFFLINE && rules_report_once(rules, "offline", node->name))
		log_info("%s, line %u: <%s> cannot run while Windows is not running; it is left "
			 "out",
			 file, node->line, node->name);
}

static const char *consequence(unsigned use)
{
	switch (use) {
	case HELPER_CONDITION:
		return "what depends on it is included and not excluded";
	case HELPER_FILTER:
		return "an include with it takes every object, an exclude with it is not applied";
	case HELPER_SET:
		return "it gives no patterns";
	case HELPER_VALUE:
		return "it gives no value";
	case HELPER_CONTENT:
		return "it gives no objects";
	default:
		return "the rule is left out";
	}
}

/* The first argument that may not be null and is, counted from 1, or 0. */
static unsigned missing_argument(const struct call *call)
{
	for (unsigned i = 0; i < call->least; i++)
		if (!call_arg(call, i))
			return i + 1;
	return 0;
}

/* Reports an unparsable or unknown call; evaluation then takes the side that keeps more. */
static int check_call(struct rules *rules, const char *file, const struct xml_node *node,
		      const char *text, unsigned use)
{
	struct call call;
	int error = call_parse(text, use, &call);
	unsigned missing = error ? 0 : missing_argument(&call);

	if (error == HF_EINVAL)
		log_warning("%s, line %u: \"%s\" is not a call of a helper function; %s", file,
			    node->line, shown(text), consequence(use));
	else if (!error && call.id == HELPER_UNKNOWN) {
		if (rules_report_once(rules, "call", call.name))
			log_warning("%s, line %u: unknown helper %s; %s", file, node->line,
				    shown(call.name), consequence(use));
	} else if (missing)
		log_warning("%s, line %u: %s needs %u arguments and argument %u is not given; %s",
			    file, node->line, call.known, call.least, missing, consequence(use));
	else if (!error && call.count > call.most)
		log_warning("%s, line %u: %s takes %u arguments; the others are ignored", file,
			    node->line, call.known, call.most);
	call_free(&call);
	return error == HF_ENOMEM ? log_oom() : 0;
}

/* The call in an attribute that ELEMENT has to have when NEEDED. */
static int check_attribute_call(struct rules *rules, const char *file, const struct xml_node *node,
				const char *attribute, unsigned use, bool needed)
{
	const char *text = xml_attr(node, attribute);

	if (text)
		return check_call(rules, file, node, text, use);
	if (needed)
		log_warning("%s, line %u: <%s> without the attribute %s has no effect", file,
			    node->line, node->name, attribute);
	return 0;
}

bool type_of(const char *text, enum rules_object_type *type)
{
	static const char *const names[] = {"File", "Registry", "Ini"};

	for (unsigned i = 0; text && i < 3; i++) {
		if (!strcasecmp(text, names[i])) {
			*type = (enum rules_object_type)i;
			return true;
		}
	}
	return false;
}

static void check_pattern_type(struct rules *rules, const char *file, const struct xml_node *node)
{
	const char *text = xml_attr(node, "type");
	enum rules_object_type type;

	if (!text)
		log_warning("%s, line %u: <%s> without a type is left out; write type=\"File\"",
			    file, node->line, node->name);
	else if (!type_of(text, &type) && rules_report_once(rules, "type", text))
		log_warning("%s, line %u: there are no patterns of type %s; it is left out", file,
			    node->line, shown(text));
}

static void check_context(const char *file, const struct xml_node *node)
{
	const char *text = xml_attr(node, "context");

	if (text && strcasecmp(text, "User") && strcasecmp(text, "System") &&
	    strcasecmp(text, "UserAndSystem"))
		log_warning("%s, line %u: unknown context \"%s\"; UserAndSystem is used", file,
			    node->line, shown(text));
}

static unsigned script_use(const struct xml_node *parent)
{
	switch (parent->kind) {
	case EL_VARIABLE:
	case EL_LOCATION:
		return HELPER_VALUE;
	case EL_OBJECT_SET:
		return HELPER_SET;
	default:
		return HELPER_OBJECTS;
	}
}

static int check_details(struct rules *rules, const char *file, struct xml_node *node)
{
	check_context(file, node);
	switch (node->kind) {
	case EL_PATTERN:
	case EL_LOCATION:
		check_pattern_type(rules, file, node);
		return 0;
	case EL_CONDITION:
		return check_call(rules, file, node, node->text, HELPER_CONDITION);
	case EL_SCRIPT:
		return check_call(rules, file, node, node->text, script_use(node->parent));
	case EL_INCLUDE:
	case EL_EXCLUDE:
	case EL_CLEANUP:
		return check_attribute_call(rules, file, node, "filter", HELPER_FILTER, false);
	case EL_CONTENT:
		return check_attribute_call(rules, file, node, "filter", HELPER_CONTENT, true);
	case EL_MERGE:
		return check_attribute_call(rules, file, node, "script", HELPER_MERGE, true);
	case EL_CONTENT_MODIFY:
		return check_attribute_call(rules, file, node, "script", HELPER_MODIFY, true);
	case EL_LOCATION_MODIFY:
		return check_attribute_call(rules, file, node, "script", HELPER_MOVE, true);
	default:
		return 0;
	}
}

int migxml_check(struct rules *rules, struct rule_file *file)
{
	struct xml_node *root = file->doc.root, *node;

	root->kind = EL_MIGRATION;
	node = xml_next(root, root);
	while (node) {
		const char *alike;
		const struct element_info *info = element_find(node->name, &alike);
		int error;

		if (!info) {
			report_unknown(rules, file->name, node, alike);
			node = xml_after(node, root);
			continue;
		}
		if (!(info->parents & ELEMENT_BIT(node->parent->kind))) {
			if (rules_report_once(rules, node->parent->name, node->name))
				log_warning(
					"%s, line %u: <%s> may not stand in <%s>; it is left out "
					"with all in it",
					file->name, node->line, node->name,
					shown(node->parent->name));
			node = xml_after(node, root);
			continue;
		}
		report_element(rules, file->name, node, info->kind);
		if (info->kind >= EL_INFORMATION) {
			node = xml_after(node, root);
			continue;
		}
		node->kind = (uint16_t)info->kind;
		error = check_details(rules, file->name, node);
		if (error)
			return error;
		node = xml_next(node, root);
	}
	return 0;
}

/* Other files of USMT's are often given to /i by mistake: say where they belong. */
static int check_root(const char *name, const struct xml_node *root)
{
	if (!strcmp(root->name, "migration"))
		return 0;
	if (!strcasecmp(root->name, "Configuration"))
		log_error("%s, line %u: this is a Config.xml, not a rule file; use /config:%s",
			  name, root->line, name);
	else if (!strcasecmp(root->name, "offline"))
		log_error("%s, line %u: this is an Offline.xml, not a rule file; use /offline:%s",
			  name, root->line, name);
	else
		log_error("%s, line %u: the root element is <%s>; a rule file has <migration>",
			  name, root->line, shown(root->name));
	return HF_EINVAL;
}

static struct rule_file *find_urlid(const struct rules *rules, const char *urlid)
{
	for (size_t i = 0; i < rules->file_count; i++)
		if (!strcasecmp(rules->files[i]->urlid, urlid))
			return rules->files[i];
	return NULL;
}

/* Takes over FILE's document when it is a rule file not seen before. */
static int accept(struct rules *rules, struct rule_file *file)
{
	struct rule_file *other;
	const char *urlid;
	int error = check_root(file->name, file->doc.root);

	if (error)
		return error;
	urlid = xml_attr(file->doc.root, "urlid");
	if (!urlid)
		log_warning("%s, line %u: <migration> has no urlid; its file name is used instead",
			    file->name, file->doc.root->line);
	file->urlid = urlid ? urlid : file->name;
	other = find_urlid(rules, file->urlid);
	if (other) {
		log_warning(
			"%s: not processed, because %s has the same urlid \"%s\"; give each rule "
			"file a urlid of its own",
			file->name, other->name, shown(file->urlid));
		if (array_grow(&rules->skipped, rules->skipped_count, &rules->skipped_cap))
			return log_oom();
		rules->skipped[rules->skipped_count++] = (struct skipped_file){
			.name = file->name, .other = other->name, .line = file->doc.root->line};
		xml_free(&file->doc);
		return 0;
	}
	if (array_grow(&rules->files, rules->file_count, &rules->file_cap))
		return log_oom();
	error = migxml_check(rules, file);
	if (!error)
		rules->files[rules->file_count++] = file;
	return error;
}

static struct rule_file *new_file(struct rules *rules, const char *name)
{
	struct rule_file *file = arena_alloc(&rules->arena, sizeof(*file));

	if (!file || !(file->name = arena_strdup(&rules->arena, name))) {
		log_oom();
		return NULL;
	}
	return file;
}

/* Takes over the document of FILE, whose reading returned ERROR. */
static int take(struct rules *rules, struct rule_file *file, int error)
{
	if (!error)
		error = accept(rules, file);
	if (error)
		xml_free(&file->doc);
	return error;
}

int rules_load(struct rules *rules, const char *path, const char *name)
{
	struct rule_file *file = new_file(rules, name);

	return file ? take(rules, file, xml_read(path, name, &file->doc)) : HF_ENOMEM;
}

int rules_load_memory(struct rules *rules, const void *data, size_t len, const char *name)
{
	struct rule_file *file = new_file(rules, name);

	return file ? take(rules, file, xml_read_memory(data, len, name, &file->doc)) : HF_ENOMEM;
}

void rules_for_restore(struct rules *rules)
{
	rules->for_restore = true;
}
