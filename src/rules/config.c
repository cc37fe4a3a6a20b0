// SPDX-License-Identifier: GPL-2.0-or-later
// Reads Config.xml (USMT specification 5). Element and attribute names are taken in any case, since
// manuals and samples differ; what is unknown is said and left out.
#include "rules/config_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"

static const char *shown(const char *text)
{
	static char buffer[200];

	return text_printable(text, buffer, sizeof(buffer));
}

static bool is(const struct xml_node *node, const char *name)
{
	return node && !strcasecmp(node->name, name);
}

static const char *attr(const struct xml_node *node, const char *name)
{
	for (const struct xml_attr *a = node->attrs; a; a = a->next)
		if (!strcasecmp(a->name, name))
			return a->value;
	return NULL;
}

static void report_unknown(const struct rules_config *cfg, const struct xml_node *node)
{
	log_warning("%s, line %u: unknown element <%s> in <%s> is left out with all in it",
		    cfg->name, node->line, shown(node->name), node->parent->name);
}

static bool migrate_of(const struct rules_config *cfg, const struct xml_node *node)
{
	const char *text = attr(node, "migrate");

	if (!text || (strcasecmp(text, "yes") && strcasecmp(text, "no")))
		log_warning("%s, line %u: a component needs migrate=\"yes\" or migrate=\"no\"; it "
			    "migrates",
			    cfg->name, node->line);
	return text_flag(text, true);
}

/* NODE->mark is 1 below and at a component with migrate="no". */
static int read_component(struct rules_config *cfg, struct xml_node *node)
{
	const char *id = attr(node, "ID");

	node->mark = !migrate_of(cfg, node) || node->parent->mark;
	if (!id) {
		log_warning("%s, line %u: a component without ID has no effect by itself",
			    cfg->name, node->line);
		return 0;
	}
	if (array_grow(&cfg->components, cfg->component_count, &cfg->component_cap))
		return log_oom();
	cfg->components[cfg->component_count++] =
		(struct config_component){.id = id, .migrate = !node->mark};
	return 0;
}

static int read_section(struct rules_config *cfg, struct xml_node *section)
{
	struct xml_node *n = xml_next(section, section);
	int error = 0;

	while (n && !error) {
		if (is(n, "component")) {
			error = read_component(cfg, n);
			n = xml_next(n, section);
		} else {
			report_unknown(cfg, n);
			n = xml_after(n, section);
		}
	}
	return error;
}

/* Adds pattern TEXT of NODE. HardLinkStoreControl: a folder means the files in it (13, row 15). */
static int add_policy(struct rules_config *cfg, const struct xml_node *node,
		      struct config_policy policy)
{
	struct str text = {0};
	const char *why = "";
	int error;

	if (strchr(node->text, '%')) {
		log_warning("%s, line %u: variables in \"%s\" would be those of a running Windows, "
			    "and none is running; use wildcards. The entry is left out",
			    cfg->name, node->line, shown(node->text));
		return 0;
	}
	error = str_adds(&text, node->text);
	if (!error && policy.locked && !strchr(node->text, '['))
		error = str_adds(&text, " [*]");
	if (!error)
		error = pattern_parse_as(policy.type, text.data, upcase_basic(), &cfg->arena,
					 &policy.pattern, &why);
	str_free(&text);
	if (error == HF_EINVAL) {
		log_warning("%s, line %u: the pattern \"%s\" is left out: %s", cfg->name,
			    node->line, shown(node->text), why);
		return 0;
	}
	if (error || array_grow(&cfg->policies, cfg->policy_count, &cfg->policy_cap))
		return log_oom();
	cfg->policies[cfg->policy_count++] = policy;
	return 0;
}

/* errorCode: "any" or a Win32 number. False (with a message) for anything else. */
static bool read_code(const struct rules_config *cfg, const struct xml_node *node, unsigned *out)
{
	const char *text = attr(node, "errorCode");
	char *end;
	unsigned long code;

	*out = 0;
	if (!text || !strcasecmp(text, "any"))
		return true;
	code = strtoul(text, &end, 0);
	if (*text >= '0' && *text <= '9' && !*end && code && code <= UINT32_MAX) {
		*out = (unsigned)code;
		return true;
	}
	log_warning("%s, line %u: errorCode=\"%s\" is neither \"any\" nor the number of a Windows "
		    "error; the entry is left out",
		    cfg->name, node->line, shown(text));
	return false;
}

static int read_errors(struct rules_config *cfg, struct xml_node *list, enum rules_object_type type)
{
	int error = 0;

	for (struct xml_node *n = list->first; n && !error; n = n->next) {
		struct config_policy policy = {.type = type};

		policy.verdict = is(n, "fatal")	     ? RULES_POLICY_FATAL
				 : is(n, "nonFatal") ? RULES_POLICY_NON_FATAL
						     : RULES_POLICY_NONE;
		if (!policy.verdict)
			report_unknown(cfg, n);
		else if (read_code(cfg, n, &policy.code))
			error = add_policy(cfg, n, policy);
	}
	return error;
}

static int read_error_control(struct rules_config *cfg, struct xml_node *control)
{
	int error = 0;

	for (struct xml_node *n = control->first; n && !error; n = n->next) {
		if (is(n, "fileError"))
			error = read_errors(cfg, n, RULES_FILE);
		else if (is(n, "registryError"))
			error = read_errors(cfg, n, RULES_REGISTRY);
		else
			report_unknown(cfg, n);
	}
	return error;
}

static int read_hard_links(struct rules_config *cfg, struct xml_node *control)
{
	int error = 0;

	for (struct xml_node *list = control->first; list && !error; list = list->next) {
		if (!is(list, "fileLocked")) {
			report_unknown(cfg, list);
			continue;
		}
		for (struct xml_node *n = list->first; n && !error; n = n->next) {
			struct config_policy policy = {.type = RULES_FILE, .locked = true};

			policy.verdict = is(n, "createHardLink")  ? RULES_LOCKED_LINK
					 : is(n, "errorHardLink") ? RULES_LOCKED_ERROR
								  : RULES_LOCKED_NONE;
			if (!policy.verdict)
				report_unknown(cfg, n);
			else
				error = add_policy(cfg, n, policy);
		}
	}
	log_info("%s, line %u: HardLinkStoreControl is about files that applications have open; "
		 "while Windows is not running there are none",
		 cfg->name, control->line);
	return error;
}

static int read_policies(struct rules_config *cfg, struct xml_node *policies)
{
	int error = 0;

	for (struct xml_node *n = policies->first; n && !error; n = n->next) {
		if (is(n, "ErrorControl"))
			error = read_error_control(cfg, n);
		else if (is(n, "HardLinkStoreControl"))
			error = read_hard_links(cfg, n);
		else
			report_unknown(cfg, n);
	}
	return error;
}

/* What <changeGroup> needs besides from and to, and names of accounts (5.4). */
static bool check_profile(const struct rules_config *cfg, const struct rules_profile_entry *e)
{
	static const char *const sets[] = {"MigratedUsers", "NonmigratedUsers", "AllUsers"};
	bool known = !e->applies_to;

	for (size_t i = 0; i < 3 && !known; i++)
		known = !strcasecmp(e->applies_to, sets[i]);
	if (e->kind == RULES_PROFILE_GROUP && !known) {
		log_warning("%s, line %u: appliesTo=\"%s\" is none of MigratedUsers, "
			    "NonmigratedUsers, AllUsers; the entry is left out",
			    cfg->name, e->line, shown(e->applies_to));
		return false;
	}
	if (e->kind == RULES_PROFILE_USER && (!strchr(e->from, '\\') || !strchr(e->to, '\\'))) {
		log_warning("%s, line %u: a user is written Domain\\User; the entry is left out",
			    cfg->name, e->line);
		return false;
	}
	return true;
}

static int add_profile(struct rules_config *cfg, struct rules_profile_entry entry)
{
	if (!entry.from || (!entry.to && entry.kind != RULES_PROFILE_GROUP_INCLUDE &&
			    entry.kind != RULES_PROFILE_GROUP_EXCLUDE)) {
		log_warning("%s, line %u: from and to are needed; the entry is left out", cfg->name,
			    entry.line);
		return 0;
	}
	if (!check_profile(cfg, &entry))
		return 0;
	if (array_grow(&cfg->profile, cfg->profile_count, &cfg->profile_cap))
		return log_oom();
	cfg->profile[cfg->profile_count++] = entry;
	return 0;
}

/* One element of ProfileControl; groups around the entries carry nothing themselves. */
static int read_profile_entry(struct rules_config *cfg, const struct xml_node *n)
{
	struct rules_profile_entry entry = {.from = attr(n, "from"),
					    .to = attr(n, "to"),
					    .applies_to = attr(n, "appliesTo"),
					    .line = n->line};

	if (is(n, "changeGroup")) {
		entry.kind = RULES_PROFILE_GROUP;
	} else if (is(n, "domain")) {
		entry.kind = RULES_PROFILE_DOMAIN;
	} else if (is(n, "user")) {
		entry.kind = RULES_PROFILE_USER;
	} else if (is(n, "pattern")) {
		entry.kind = is(n->parent, "exclude") ? RULES_PROFILE_GROUP_EXCLUDE
						      : RULES_PROFILE_GROUP_INCLUDE;
		entry.from = n->text;
		entry.to = entry.applies_to = NULL;
	} else {
		return 0;
	}
	return add_profile(cfg, entry);
}

static bool is_profile_group(const struct xml_node *n)
{
	static const char *const names[] = {"localGroups", "mappings", "changeGroup", "include",
					    "exclude",	   "pattern",  "domains",     "domain",
					    "users",	   "user"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (is(n, names[i]))
			return true;
	return false;
}

static int read_profile(struct rules_config *cfg, struct xml_node *control)
{
	struct xml_node *n = xml_next(control, control);
	size_t before;
	int error = 0;

	while (n && !error) {
		if (!is_profile_group(n)) {
			report_unknown(cfg, n);
			n = xml_after(n, control);
			continue;
		}
		before = cfg->profile_count;
		error = read_profile_entry(cfg, n);
		/* The patterns of a <changeGroup> that is left out go with it. */
		n = is(n, "changeGroup") && cfg->profile_count == before ? xml_after(n, control)
									 : xml_next(n, control);
	}
	return error;
}

/* Other files of USMT's are given to /config by mistake: say where they belong. */
static int check_root(const struct rules_config *cfg, const struct xml_node *root)
{
	if (is(root, "Configuration"))
		return 0;
	if (is(root, "migration"))
		log_error("%s, line %u: this is a rule file (MigXML), not a Config.xml; use /i:%s",
			  cfg->name, root->line, cfg->name);
	else if (is(root, "offline"))
		log_error("%s, line %u: this is an Offline.xml, not a Config.xml; use /offline:%s",
			  cfg->name, root->line, cfg->name);
	else
		log_error("%s, line %u: the root element is <%s>; a Config.xml has <Configuration>",
			  cfg->name, root->line, shown(root->name));
	return HF_EINVAL;
}

static int read_root(struct rules_config *cfg)
{
	int error = check_root(cfg, cfg->doc.root);

	for (struct xml_node *n = cfg->doc.root->first; n && !error; n = n->next) {
		if (is(n, "Applications") || is(n, "Documents") || is(n, "WindowsComponents"))
			error = read_section(cfg, n);
		else if (is(n, "Policies") || is(n, "Policy"))
			error = read_policies(cfg, n);
		else if (is(n, "ProfileControl") || is(n, "ProfileMigration"))
			error = read_profile(cfg, n);
		else
			report_unknown(cfg, n);
	}
	return error;
}

int rules_config_load(const char *path, const char *name, struct rules_config **out)
{
	struct rules_config *cfg = calloc(1, sizeof(*cfg));
	int error;

	*out = NULL;
	if (!cfg || !(cfg->name = arena_strdup(&cfg->arena, name))) {
		free(cfg);
		return log_oom();
	}
	error = xml_read(path, name, &cfg->doc);
	if (!error)
		error = read_root(cfg);
	if (error) {
		rules_config_free(cfg);
		return error;
	}
	*out = cfg;
	return 0;
}

void rules_config_free(struct rules_config *cfg)
{
	if (!cfg)
		return;
	free(cfg->components);
	free(cfg->policies);
	free(cfg->profile);
	xml_free(&cfg->doc);
	arena_free(&cfg->arena);
	free(cfg);
}

bool config_migrates(const struct rules_config *cfg, const char *id)
{
	bool known = false;

	for (size_t i = 0; i < cfg->component_count; i++) {
		if (text_casecmp(upcase_basic(), cfg->components[i].id, id))
			continue;
		if (cfg->components[i].migrate)
			return true;
		known = true;
	}
	return !known;
}

/* The object in upper-case units; false when it is not text. */
static bool to_units(const char *text, uint16_t *out, unsigned *len)
{
	int n = text_to_utf16(text, strlen(text), out, PATTERN_UNITS_MAX);

	if (n < 0)
		return false;
	units_upcase(upcase_basic(), out, (unsigned)n);
	*len = (unsigned)n;
	return true;
}

/* The verdict of the first policy that fits, in document order; 0 when none does. */
static int first_verdict(const struct rules_config *cfg, const struct rules_object *object,
			 bool locked, unsigned code)
{
	static uint16_t node[PATTERN_UNITS_MAX + 1], leaf[PATTERN_UNITS_MAX];
	unsigned node_len, leaf_len = 0;

	if (!to_units(object->node, node, &node_len) ||
	    (object->leaf && !to_units(object->leaf, leaf, &leaf_len)))
		return 0;
	while (node_len > 2 && node[node_len - 1] == '\\')
		node_len--;
	for (size_t i = 0; i < cfg->policy_count; i++) {
		const struct config_policy *p = &cfg->policies[i];

		if (p->locked != locked || p->type != object->type || (p->code && p->code != code))
			continue;
		if (!pattern_node_matches(&p->pattern, node, node_len))
			continue;
		if (object->leaf ? pattern_leaf_matches(&p->pattern, leaf, leaf_len)
				 : pattern_takes_dirs(&p->pattern))
			return p->verdict;
	}
	return 0;
}

enum rules_error_policy rules_config_error_policy(const struct rules_config *cfg,
						  const struct rules_object *object, unsigned code)
{
	return (enum rules_error_policy)first_verdict(cfg, object, false, code);
}

enum rules_locked_policy rules_config_locked_policy(const struct rules_config *cfg,
						    const struct rules_object *object)
{
	return (enum rules_locked_policy)first_verdict(cfg, object, true, 0);
}

int rules_config_profile(const struct rules_config *cfg, rules_profile_visit visit, void *ctx)
{
	for (size_t i = 0; i < cfg->profile_count; i++) {
		int result = visit(ctx, &cfg->profile[i]);

		if (result)
			return result;
	}
	return 0;
}
