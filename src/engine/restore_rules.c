// SPDX-License-Identifier: GPL-2.0-or-later
/* What rules say when files are restored. */
#include "engine/restore_rules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "engine/examine.h"
#include "engine/mapping.h"
#include "engine/restore_users.h"
#include "engine/store_machine.h"
#include "engine/users.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/rules.h"
#include "store/catalog.h"
#include "volume/fs.h"
#include "windows/machine.h"
#include "windows/shell_link.h"

enum hold_back { HOLD_NOTHING, HOLD_ALWAYS, HOLD_DEAD_LINKS };

/* A rule of the catalog whose include had a filter for the restore. */
struct held_rule {
	int64_t id;
	enum hold_back hold;
};

struct restore_rules {
	struct restore_rules_input in;
	struct store_machine old_machine;
	struct examine new_machine;
	struct rules *old, *new;
	bool has[RULES_INI + 1][RULES_FILTER + 1]; /* kinds of rules about files, ... */
	struct held_rule *held;			   /* those with a filter, by number */
	size_t held_count, held_cap;
};

static int load_both(struct restore_rules *r)
{
	int err = 0;

	r->old = rules_new();
	r->new = rules_new();
	if (!r->old || !r->new)
		return log_oom();
	for (int i = 0; !err && i < 2; i++) {
		struct rules *rules = i ? r->new : r->old;

		err = r->in.load(r->in.ctx, rules);
		rules_use_config(rules, r->in.config);
		rules_for_restore(rules);
	}
	return err;
}

/* The users of the new Windows that somebody becomes. */
static int init_new_machine(struct restore_rules *r)
{
	const struct windows_install *w = r->in.machine->chosen;
	struct user_decision *decisions = calloc(w->user_count + 1, sizeof(*decisions));
	int err = decisions ? 0 : log_oom();

	for (size_t i = 0; !err && i < r->in.users->count; i++)
		if (r->in.users->list[i].selected && r->in.users->list[i].install_user >= 0)
			decisions[r->in.users->list[i].install_user].captured = true;
	if (!err)
		err = examine_init(&r->new_machine, r->in.machine, decisions);
	free(decisions);
	return err;
}

/* The last component of a host path, as rule files are named. */
static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Which filter the include had that is rule ROW of the catalog: the same line of the same file. */
static enum hold_back filter_of(const struct restore_rules *r, const struct catalog_rule *row)
{
	for (uint32_t i = 0; i < rules_apply_rule_count(r->old); i++) {
		const struct rules_apply_rule *rule = rules_apply_rule(r->old, i);

		if (rule->kind != RULES_FILTER || rule->line != row->line ||
		    strcmp(file_name(rule->file), file_name(row->file)) ||
		    text_casecmp(r->in.upcase, rule->pattern, row->pattern))
			continue;
		if (!strcmp(rule->helper, "NeverRestore"))
			return HOLD_ALWAYS;
		if (!strcmp(rule->helper, "IgnoreIrrelevantLinks"))
			return HOLD_DEAD_LINKS;
	}
	return HOLD_NOTHING;
}

/* In order of their numbers, as the catalog gives them. */
static int load_hold(void *ctx, const struct catalog_rule *row)
{
	struct restore_rules *r = ctx;
	enum hold_back hold = filter_of(r, row);

	if (hold == HOLD_NOTHING)
		return 0;
	if (array_grow(&r->held, r->held_count, &r->held_cap))
		return log_oom();
	r->held[r->held_count++] = (struct held_rule){row->id, hold};
	return 0;
}

static int compare_held(const void *key, const void *item)
{
	int64_t id = *(const int64_t *)key;
	const struct held_rule *held = item;

	return id < held->id ? -1 : id > held->id;
}

int restore_rules_new(const struct restore_rules_input *input, struct restore_rules **out)
{
	struct restore_rules *r = calloc(1, sizeof(*r));
	int err;

	*out = r;
	if (!r)
		return log_oom();
	r->in = *input;
	err = load_both(r);
	if (!err)
		err = store_machine_init(&r->old_machine, input->machine, input->letter,
					 input->store, input->source, input->users, input->upcase);
	if (!err)
		err = init_new_machine(r);
	if (!err)
		err = rules_compile(r->old, &r->old_machine.rules_machine);
	if (!err)
		err = rules_compile(r->new, &r->new_machine.rules_machine);
	for (uint32_t i = 0; !err && i < rules_apply_rule_count(r->old); i++) {
		const struct rules_apply_rule *rule = rules_apply_rule(r->old, i);

		r->has[rule->type][rule->kind] = true;
	}
	return err ? err : catalog_rules(input->catalog, load_hold, r);
}

void restore_rules_free(struct restore_rules *r)
{
	if (!r)
		return;
	rules_free(r->old);
	rules_free(r->new);
	store_machine_free(&r->old_machine);
	examine_free(&r->new_machine);
	free(r->held);
	free(r);
}

const struct rules *restore_rules_of_target(const struct restore_rules *r)
{
	return r ? r->new : NULL;
}

int restore_rules_best(const struct restore_rules *r, int kind, const struct rules_object *object,
		       const struct rules_apply_rule **out)
{
	uint32_t index;
	int err;

	*out = NULL;
	if (!r || !r->has[object->type][kind])
		return 0;
	err = rules_best_apply_rule(r->old, (enum rules_apply_kind)kind, object, &index);
	if (!err && index != RULES_NONE)
		*out = rules_apply_rule(r->old, index);
	return err;
}

/* The same for a file, or a directory when LEAF is NULL. */
static int best(const struct restore_rules *r, enum rules_apply_kind kind, const char *dir,
		const char *leaf, const struct rules_apply_rule **out)
{
	const struct rules_object object = {
		.type = RULES_FILE, .user = -1, .node = dir, .leaf = leaf};

	return restore_rules_best(r, kind, &object, out);
}

int restore_rules_old_user(const struct restore_rules *r, int user)
{
	for (int i = 0; r && user >= 0 && i < r->old_machine.rules_machine.user_count; i++)
		if (r->old_machine.users[i] == (uint32_t)user)
			return i;
	return -1;
}

/* The user of the new Windows that user number OLD of the old one's rules is there. */
static int new_user(const struct restore_rules *r, int old)
{
	int wanted;

	if (old < 0)
		return -1;
	wanted = r->in.users->list[r->old_machine.users[old]].install_user;
	for (int i = 0; i < r->new_machine.rules_machine.user_count; i++)
		if ((int)r->new_machine.users[i] == wanted)
			return i;
	return -1;
}

int restore_rules_new_user(const struct restore_rules *r, int user)
{
	return r ? new_user(r, restore_rules_old_user(r, user)) : -1;
}

const char *restore_rules_target_argument(const struct restore_rules *r,
					  const struct rules_apply_rule *rule, unsigned index)
{
	int user = new_user(r, rule->user);

	for (uint32_t i = 0; i < rules_apply_rule_count(r->new); i++) {
		const struct rules_apply_rule *other = rules_apply_rule(r->new, i);

		if (other->kind == rule->kind && other->line == rule->line && other->user == user &&
		    !strcmp(other->file, rule->file) && !strcmp(other->helper, rule->helper) &&
		    index < other->arg_count)
			return other->source_args[index];
	}
	return NULL;
}

/* Splits "C:\a\b [c]" into NODE (normalised) and LEAF ("" when it has none). */
static int split_location(const char *text, struct str *node, struct str *leaf)
{
	const char *open = strrchr(text, '['), *end = text + strlen(text);
	char *head;
	int err = 0;

	str_truncate(leaf, 0);
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (open && end > open && end[-1] == ']') {
		err = str_add(leaf, open + 1, (size_t)(end - open) - 2);
		end = open;
	}
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	head = err ? NULL : strndup(text, (size_t)(end - text));
	if (!head)
		return log_oom();
	err = winpath_normalise(head, 0, node);
	free(head);
	return err;
}

/* Adds what PATH has beyond its first COUNT components. */
static int add_tail(struct str *out, const char *path, size_t skip)
{
	const char *rest = path;
	size_t len;

	winpath_split(path, NULL, &rest);
	while (skip-- && winpath_next(&rest, &len))
		;
	return str_adds(out, rest);
}

static size_t components(const char *path)
{
	const char *rest = path;
	size_t n = 0, len;

	winpath_split(path, NULL, &rest);
	while (winpath_next(&rest, &len))
		n++;
	return n;
}

/* ROOT with what DIR has below its first SKIP components, into OUT. */
static int below_root(const char *root, const char *dir, size_t skip, struct str *out)
{
	int err = winpath_normalise(root, 0, out);

	if (!err && add_tail(out, dir, skip))
		err = log_oom();
	return err;
}

static int relative_move(struct restore_rules *r, const struct rules_apply_rule *rule,
			 const char *dir, struct str *to_dir)
{
	const char *to = restore_rules_target_argument(r, rule, 1);
	struct str from = {0};
	int err;

	if (!to || !rule->source_args[0])
		return 0;
	err = winpath_normalise(rule->source_args[0], 0, &from);
	if (!err && !winpath_is_below(r->in.upcase, dir, from.data))
		err = 1;
	if (!err)
		err = below_root(to, dir, components(from.data), to_dir);
	str_free(&from);
	if (err == 1 || err == HF_EINVAL)
		return 0;
	return err ? err : 1;
}

/* Below the longest folder that the old Windows knew; else the whole path without its drive. */
static int move(struct restore_rules *r, const struct rules_apply_rule *rule, const char *dir,
		struct str *to_dir)
{
	const char *to = restore_rules_target_argument(r, rule, 0);
	const struct mapping_entry *by = NULL;
	struct str path = {0};
	int err;

	if (!to)
		return 0;
	err = mapping_path(r->in.mapping, dir, &path, &by);
	str_free(&path);
	if (err == HF_ENOMEM)
		return err;
	err = below_root(to, dir, by ? components(by->from) : 0, to_dir);
	return err == HF_EINVAL ? 0 : err ? err : 1;
}

static int exact_move(struct restore_rules *r, const struct rules_apply_rule *rule,
		      struct str *to_dir, struct str *to_leaf)
{
	const char *to = restore_rules_target_argument(r, rule, 0);
	struct str leaf = {0};
	int err = to ? split_location(to, to_dir, &leaf) : HF_EINVAL;

	if (!err && leaf.len) {
		str_free(to_leaf);
		*to_leaf = leaf;
		return 1;
	}
	str_free(&leaf);
	return err == HF_EINVAL ? 0 : err ? err : 1;
}

int restore_rules_location(struct restore_rules *r, const char *dir, const char *leaf,
			   struct str *to_dir, struct str *to_leaf)
{
	const struct rules_apply_rule *rule;
	int moved = best(r, RULES_LOCATION_MODIFY, dir, leaf, &rule);

	if (moved || !rule)
		return moved;
	str_truncate(to_leaf, 0);
	if (leaf && str_adds(to_leaf, leaf))
		return log_oom();
	if (!strcmp(rule->helper, "RelativeMove"))
		moved = relative_move(r, rule, dir, to_dir);
	else if (!strcmp(rule->helper, "Move"))
		moved = move(r, rule, dir, to_dir);
	else if (!strcmp(rule->helper, "ExactMove"))
		moved = exact_move(r, rule, to_dir, to_leaf);
	if (moved == 1 && log_wants_detail())
		log_detail("%s%s%s goes to %s by %s, line %u.", dir, leaf ? "\\" : "",
			   leaf ? leaf : "", to_dir->data, rule->file, rule->line);
	return moved;
}

int restore_rules_merge(const struct restore_rules *r, const char *dir, const char *leaf,
			enum restore_merge *merge, const char **argument)
{
	static const struct {
		const char *helper;
		enum restore_merge merge;
	} known[] = {
		{"SourcePriority", RESTORE_MERGE_SOURCE},
		{"DestinationPriority", RESTORE_MERGE_DESTINATION},
		{"FindFilePlaceByPattern", RESTORE_MERGE_PATTERN},
		{"NewestVersion", RESTORE_MERGE_VERSION},
	};
	const struct rules_apply_rule *rule;
	int err = best(r, RULES_MERGE, dir, leaf, &rule);

	*merge = RESTORE_MERGE_DEFAULT;
	*argument = rule && rule->arg_count ? rule->args[0] : NULL;
	for (size_t i = 0; !err && rule && i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(rule->helper, known[i].helper))
			*merge = known[i].merge;
	return err;
}

/* Is TARGET, which a link leads to, kept in the store, or there in the new Windows? */
static int target_is_there(struct restore_rules *r, const char *target)
{
	struct str path = {0}, moved = {0};
	struct fs *fs;
	fs_ref ref;
	int err = winpath_normalise(target, 0, &path), there = 1;

	if (!err) {
		err = store_machine_find(&r->old_machine, path.data, &fs, &ref);
		if (err == HF_ENOENT) {
			err = mapping_path(r->in.mapping, path.data, &moved, NULL);
			there = err ? 0
				    : r->new_machine.rules_machine.exists(&r->new_machine,
									  moved.data, NULL);
			err = err == HF_EREFUSED ? 0 : err;
		}
	} else if (err == HF_EINVAL) {
		err = 0;
	}
	str_free(&path);
	str_free(&moved);
	return err ? err : there;
}

/* Does the link DIR\LEAF of the store lead to a place of this computer that is not there? */
static int is_dead_link(struct restore_rules *r, const char *dir, const char *leaf)
{
	struct str path = {0};
	struct shell_link link = {0};
	struct fs *fs;
	fs_ref ref;
	void *data = NULL;
	size_t len;
	int err = str_addf(&path, "%s\\%s", dir, leaf) ? log_oom() : 0, there = 1;

	if (!err)
		err = store_machine_find(&r->old_machine, path.data, &fs, &ref);
	if (!err)
		err = fs_read_file(fs, ref, SHELL_LINK_MAX, &data, &len);
	str_free(&path);
	if (err)
		return err == HF_ENOENT || err == HF_ELIMIT ? 0 : err;
	err = shell_link_parse(data, len, &link);
	free(data);
	if (err)
		return log_oom();
	if (link.kind == SHELL_LINK_LOCAL && !link.variables)
		there = target_is_there(r, link.path);
	shell_link_free(&link);
	return there < 0 ? there : !there;
}

static enum hold_back hold_of(const struct restore_rules *r, int64_t rule)
{
	const struct held_rule *held = NULL;

	if (r && r->held_count)
		held = bsearch(&rule, r->held, r->held_count, sizeof(*r->held), compare_held);
	return held ? held->hold : HOLD_NOTHING;
}

bool restore_rules_never(const struct restore_rules *r, int64_t rule)
{
	return hold_of(r, rule) == HOLD_ALWAYS;
}

int restore_rules_hold_back(struct restore_rules *r, int64_t rule, const char *dir,
			    const char *leaf)
{
	size_t len = strlen(leaf);

	switch (hold_of(r, rule)) {
	case HOLD_ALWAYS:
		return 1;
	case HOLD_DEAD_LINKS:
		return len > 4 && !strcasecmp(leaf + len - 4, ".lnk") ? is_dead_link(r, dir, leaf)
								      : 0;
	default:
		return 0;
	}
}

struct remap_search {
	const struct restore_rules *r;
	restore_remap_visit visit;
	void *ctx;
	const char *name; /* what is looked for in the new Windows, and whose */
	int user;
	const char *found;
};

static int find_remap(void *ctx, const char *name, const char *value, int user)
{
	struct remap_search *s = ctx;

	if (user == s->user && !strcasecmp(name, s->name))
		s->found = value;
	return 0;
}

static int visit_remap(void *ctx, const char *name, const char *value, int user)
{
	struct remap_search *s = ctx;

	s->name = name;
	s->user = new_user(s->r, user);
	s->found = NULL;
	(void)rules_remaps(s->r->new, find_remap, s);
	return s->found ? s->visit(s->ctx, name, value, s->found,
				   user < 0 ? -1 : (int)s->r->old_machine.users[user])
			: 0;
}

int restore_rules_remaps(const struct restore_rules *r, restore_remap_visit visit, void *ctx)
{
	struct remap_search s = {.r = r, .visit = visit, .ctx = ctx};

	return rules_remaps(r->old, visit_remap, &s);
}

static int count_added(void *ctx, const struct rules_added_object *object)
{
	(void)object;
	++*(unsigned *)ctx;
	return 0;
}

void restore_rules_report(const struct restore_rules *r)
{
	unsigned added = 0, other_merges = 0, modified = 0, filtered = 0;

	(void)rules_added_objects(r->old, count_added, &added);
	for (uint32_t i = 0; i < rules_apply_rule_count(r->old); i++) {
		const struct rules_apply_rule *rule = rules_apply_rule(r->old, i);

		/* Our own rules merge shell libraries; the old one taking the place is as good. */
		modified += rule->kind == RULES_CONTENT_MODIFY && rule->type == RULES_FILE &&
			    strcmp(rule->helper, "MergeShellLibraries") != 0;
		filtered += rule->kind == RULES_CLEANUP && rule->type == RULES_REGISTRY &&
			    *rule->helper;
		other_merges += rule->kind == RULES_MERGE && rule->type == RULES_FILE &&
				(!strcmp(rule->helper, "LeafPattern") ||
				 !strcmp(rule->helper, "HigherValue") ||
				 !strcmp(rule->helper, "LowerValue"));
	}
	if (r->has[RULES_FILE][RULES_CONTENT_MODIFY])
		log_message(modified ? LOG_WARNING : LOG_INFO,
			    "Rules modify the contents of files (contentModify): this version "
			    "restores those files unchanged.");
	if (r->has[RULES_FILE][RULES_INCLUDE_ATTRIBUTES] ||
	    r->has[RULES_FILE][RULES_EXCLUDE_ATTRIBUTES] ||
	    r->has[RULES_REGISTRY][RULES_EXCLUDE_ATTRIBUTES])
		log_warning("Rules leave out times or security of files or keys "
			    "(excludeAttributes): this version restores both.");
	if (filtered)
		log_warning(
			"%u patterns of destinationCleanup in the registry have a filter, which "
			"this version does not ask: nothing is deleted by them.",
			filtered);
	if (added)
		log_warning(
			"Rules pretend %u objects (addObjects): this version does not make them.",
			added);
	if (other_merges)
		log_warning("%u merge rules for files are of kinds that mean nothing for files: a "
			    "file whose name is taken gets another name.",
			    other_merges);
}
