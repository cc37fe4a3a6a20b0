// SPDX-License-Identifier: GPL-2.0-or-later
/* destinationCleanup. */
#include "engine/cleanup.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/winpath.h"
#include "engine/cancel.h"
#include "engine/errors.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/rules.h"
#include "store/tree.h"
#include "windows/machine.h"

struct cleaning {
	struct cleanup *c;
	struct fs *fs;
	const char *literal; /* only what is there, or above, is looked at */
};

/* Does a rule delete the object LEAF of NODE, or NODE itself? 1, 0 or an error. */
static int is_condemned(const struct cleanup *c, const char *node, const char *leaf)
{
	const struct rules_object object = {
		.type = RULES_FILE, .user = -1, .node = node, .leaf = leaf};
	const struct rules_apply_rule *rule;
	uint32_t index;
	int err = rules_best_apply_rule(c->rules, RULES_CLEANUP, &object, &index);

	if (err || index == RULES_NONE)
		return err;
	rule = rules_apply_rule(c->rules, index);
	return !*rule->helper;
}

static int remove_object(struct cleaning *w, struct tree_node *node, const char *path)
{
	int err;

	w->c->deleted++;
	log_info("%s %s: a rule cleans it up.", w->c->only_look ? "To delete:" : "Deleted:", path);
	if (w->c->only_look)
		return 0;
	err = fs_unlink(w->fs, node->parent->ref, node->name, node->name_len, node->ref);
	return err ? object_error(w->c->errors, path, err, "it cannot be deleted, as a rule wants")
		   : 0;
}

static int visit_file(struct cleaning *w, struct tree_node *node, const struct str *dir)
{
	char name[NAME_WTF8_MAX];
	struct str path = {0};
	int err = text_from_utf16(node->name, node->name_len, name, sizeof(name));

	if (err < 0)
		return err;
	err = is_condemned(w->c, dir->data, name);
	if (err == 1) {
		err = str_addf(&path, "%s\\%s", dir->data, name) ? log_oom() : 0;
		if (!err)
			err = remove_object(w, node, path.data);
		str_free(&path);
	}
	return err;
}

static int visit(void *ctx, struct tree_node *node, const struct str *path)
{
	struct cleaning *w = ctx;

	if (cancel_requested())
		return HF_ECANCELLED;
	if (node->is_metadata)
		return TREE_SKIP;
	if (!(node->attributes & FS_ATTR_DIRECTORY))
		return visit_file(w, node, path);
	if (!winpath_is_below(fs_upcase(w->fs), path->data, w->literal) &&
	    !winpath_is_below(fs_upcase(w->fs), w->literal, path->data))
		return TREE_SKIP;
	if (winpath_is_below(fs_upcase(w->fs), path->data, w->c->store) ||
	    ((node->attributes & FS_ATTR_REPARSE) && TREE_TAG_IS_SURROGATE(node->reparse_tag)))
		return TREE_SKIP;
	return TREE_ENTER;
}

static int count_entry(void *ctx, const struct fs_entry *entry)
{
	(void)ctx;
	(void)entry;
	return 1;
}

static int leave(void *ctx, struct tree_node *node, const struct str *path)
{
	struct cleaning *w = ctx;
	int err;

	if (!node->parent)
		return 0;
	err = is_condemned(w->c, path->data, NULL);
	if (err != 1)
		return err;
	err = fs_readdir(w->fs, node->ref, count_entry, NULL);
	if (err)
		return err < 0 ? err : 0;
	return remove_object(w, node, path->data);
}

static int trouble(void *ctx, struct tree_node *node, const struct str *path, int error,
		   const char *reason)
{
	struct cleaning *w = ctx;

	(void)node;
	return object_error(w->c->errors, path->data, error, reason);
}

/* The longest directory that everything which PATTERN can match is in, or is: its literal part. */
static int literal_part(const char *pattern, struct str *out)
{
	size_t len = strcspn(pattern, "*[");
	char *head = strndup(pattern, len), *end;
	int err;

	if (!head)
		return log_oom();
	end = head + len;
	if (pattern[len] == '*' && len && end[-1] != '\\') /* "C:\Dir*": the last name is half */
		while (end > head && end[-1] != '\\')
			end--;
	while (end > head && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	err = winpath_normalise(head, 0, out);
	free(head);
	return err;
}

/* From the directory above LITERAL, so that LITERAL itself can go. */
static int clean_in(struct cleanup *c, const char *literal)
{
	struct cleaning w = {.c = c, .literal = literal};
	const struct tree_visitor visitor = {
		.visit = visit, .leave = leave, .trouble = trouble, .ctx = &w};
	struct machine_volume *v = machine_volume(c->machine, literal[0]);
	char *start = strdup(literal), *slash = start ? strrchr(start, '\\') : NULL;
	fs_ref ref;
	int err = start ? 0 : log_oom();

	if (slash)
		*slash = '\0';
	if (!err && v && v->fs) {
		w.fs = v->fs;
		err = fs_resolve(w.fs, start, &ref);
		if (!err)
			err = tree_walk(w.fs, ref, start, &visitor);
		err = err == HF_ENOENT ? 0 : err;
	}
	free(start);
	return err;
}

int cleanup_files(struct cleanup *c)
{
	struct str literal = {0};
	int err = 0;

	c->deleted = 0;
	for (uint32_t i = 0; !err && i < rules_apply_rule_count(c->rules); i++) {
		const struct rules_apply_rule *rule = rules_apply_rule(c->rules, i);

		if (rule->kind != RULES_CLEANUP || rule->type != RULES_FILE)
			continue;
		if (*rule->helper) {
			log_warning("%s, line %u: destinationCleanup with the filter %s is not "
				    "done by this version; nothing is deleted by it.",
				    rule->file, rule->line, rule->helper);
			continue;
		}
		err = literal_part(rule->pattern, &literal);
		if (!err)
			err = clean_in(c, literal.data);
		else if (err == HF_EINVAL)
			err = 0;
	}
	str_free(&literal);
	return err;
}
