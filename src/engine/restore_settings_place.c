// SPDX-License-Identifier: GPL-2.0-or-later
/* Where registry keys go (USMT specification 4.12, 7.3). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "engine/restore_plan.h"
#include "engine/restore_rules.h"
#include "engine/restore_settings_private.h"
#include "engine/restore_users.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/rules.h"
#include "windows/install.h"
#include "windows/wow64.h"

#define VALUE_SLOT 0x80000000u

int key_names_text(const struct key_names *names, struct str *text)
{
	int err = 0;

	str_truncate(text, 0);
	for (size_t i = 0; !err && i < names->count; i++)
		err = (i && str_addc(text, '\\')) || str_adds(text, names->items[i]);
	return err ? log_oom() : 0;
}

static bool is_name(const struct key_names *n, size_t at, const char *name)
{
	return at < n->count && !strcasecmp(n->items[at], name);
}

static uint32_t hash(const struct restore_settings *s, uint32_t parent, const char *name)
{
	uint16_t units[256];
	int n = text_to_utf16(name, strlen(name), units, 256);
	uint32_t h = 2166136261u ^ parent;

	/* A name that is too long is one of few. */
	for (int i = 0; i < n; i++)
		h = (h ^ s->in.upcase->map[units[i]]) * 16777619u;
	return (h ^ h >> 15) * 2654435761u;
}

static bool slot_fits(const struct restore_settings *s, uint32_t slot, uint32_t parent,
		      const char *name, bool value)
{
	uint32_t index = (slot & ~VALUE_SLOT) - 1;

	if (value != ((slot & VALUE_SLOT) != 0))
		return false;
	if (value)
		return s->values[index].key == parent &&
		       !text_casecmp(s->in.upcase, s->values[index].name, name);
	return s->keys[index].parent == parent && index != parent &&
	       !text_casecmp(s->in.upcase, s->keys[index].name, name);
}

static uint32_t *find_slot(const struct restore_settings *s, uint32_t parent, const char *name,
			   bool value)
{
	size_t at = hash(s, parent, name) & (s->slot_count - 1);

	while (s->slots[at] && !slot_fits(s, s->slots[at], parent, name, value))
		at = (at + 1) & (s->slot_count - 1);
	return &s->slots[at];
}

/* Keeps half of the slots free. */
static int make_room(struct restore_settings *s)
{
	uint32_t *old = s->slots;
	size_t count = s->slot_count;

	if (s->slot_used < count / 2)
		return 0;
	if (count > (size_t)1 << 30)
		return HF_ELIMIT;
	s->slot_count = count ? 2 * count : 1024;
	s->slots = calloc(s->slot_count, sizeof(*s->slots));
	if (!s->slots) {
		s->slots = old;
		s->slot_count = count;
		return log_oom();
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t index = (old[i] & ~VALUE_SLOT) - 1;
		bool value = old[i] & VALUE_SLOT;

		if (old[i])
			*find_slot(s, value ? s->values[index].key : s->keys[index].parent,
				   value ? s->values[index].name : s->keys[index].name, value) =
				old[i];
	}
	free(old);
	return 0;
}

int setting_claim(struct restore_settings *s, uint32_t key, const char *name, uint32_t index,
		  uint32_t *holder)
{
	int err = make_room(s);
	uint32_t *slot;

	if (err)
		return err;
	slot = find_slot(s, key, name, true);
	*holder = *slot ? (*slot & ~VALUE_SLOT) - 1 : index;
	s->slot_used += !*slot;
	if (!*slot)
		*slot = (index + 1) | VALUE_SLOT;
	return 0;
}

static int add_key(struct restore_settings *s, uint32_t parent, uint32_t hive, const char *name,
		   uint32_t *out)
{
	struct restore_setting_key *key;

	if (array_grow(&s->keys, s->key_count, &s->key_cap))
		return log_oom();
	*out = (uint32_t)s->key_count;
	key = &s->keys[s->key_count];
	*key = (struct restore_setting_key){.parent = parent == RESTORE_NONE ? *out : parent,
					    .hive = hive,
					    .name = arena_strdup(&s->arena, name)};
	if (!key->name)
		return log_oom();
	s->key_count++;
	s->hives[hive].bytes += parent == RESTORE_NONE ? 0 : 128 + 2 * strlen(name);
	return 0;
}

static int child(struct restore_settings *s, uint32_t parent, const char *name, uint32_t *out)
{
	int err = make_room(s);
	uint32_t *slot;

	if (err)
		return err;
	slot = find_slot(s, parent, name, false);
	if (*slot) {
		*out = *slot - 1;
		return 0;
	}
	err = add_key(s, parent, s->keys[parent].hive, name, out);
	if (!err) {
		*slot = *out + 1;
		s->slot_used++;
	}
	return err;
}

/* The file of the hive, in the plan's memory; NULL with *ERR 0 when there is no profile. */
static const char *hive_path(struct restore_settings *s, enum restore_hive_kind kind, int user,
			     int *err)
{
	static const char *const machine[] = {"SOFTWARE", "SYSTEM", "DEFAULT"};
	const struct windows_install *w = s->in.target;
	const char *profile = user < 0 ? NULL : s->in.users->list[user].to_profile, *kept = NULL;
	struct str path = {0};

	*err = 0;
	if (user >= 0 && !profile)
		return NULL;
	if (kind == RESTORE_NTUSER)
		*err = str_addf(&path, "%s\\NTUSER.DAT", profile);
	else if (kind == RESTORE_CLASSES)
		*err = str_addf(&path, "%s\\%s\\Microsoft\\Windows\\UsrClass.dat", profile,
				w->major >= 6 ? "AppData\\Local"
					      : "Local Settings\\Application Data");
	else
		*err = str_addf(&path, "%c:%s\\System32\\config\\%s", w->letter, w->directory,
				machine[kind]);
	if (!*err)
		kept = arena_strdup(&s->arena, path.data);
	str_free(&path);
	if (!kept)
		*err = log_oom();
	return kept;
}

static int find_hive(struct restore_settings *s, enum restore_hive_kind kind, int user,
		     uint32_t *root)
{
	static const char *const names[] = {"HKLM\\Software", "HKLM\\System", "HKU\\.DEFAULT",
					    "HKCU", "HKCU\\Software\\Classes"};
	struct restore_hive *h;
	int err;

	for (size_t i = 0; i < s->hive_count; i++)
		if (s->hives[i].kind == kind && s->hives[i].user == user) {
			*root = s->hives[i].root;
			return 0;
		}
	if (array_grow(&s->hives, s->hive_count, &s->hive_cap))
		return log_oom();
	h = &s->hives[s->hive_count];
	*h = (struct restore_hive){.kind = kind, .user = user, .name = names[kind]};
	h->path = hive_path(s, kind, user, &err);
	if (!err)
		err = add_key(s, RESTORE_NONE, (uint32_t)s->hive_count, names[kind], &h->root);
	*root = h->root;
	s->hive_count += !err;
	return err;
}

/* The user of the store whose SID the LEN bytes are, then or now; or -1. */
static int user_of_sid(const struct restore_settings *s, const char *sid, size_t len)
{
	for (size_t i = 0; i < s->in.users->count; i++) {
		const struct restore_user *u = &s->in.users->list[i];

		if (u->selected &&
		    ((strlen(u->sid) == len && !strncasecmp(u->sid, sid, len)) ||
		     (u->to_sid && strlen(u->to_sid) == len && !strncasecmp(u->to_sid, sid, len))))
			return (int)i;
	}
	return -1;
}

/* A root, and what is cut off for it. */
struct start {
	enum restore_hive_kind kind;
	int user;
	size_t skip;
};

static const char *start_user(const struct key_names *n, size_t skip, int user, struct start *out)
{
	if (user < 0)
		return "it is a user's, and no user is meant";
	*out = (struct start){RESTORE_NTUSER, user, skip};
	if (is_name(n, skip, "Software") && is_name(n, skip + 1, "Classes"))
		*out = (struct start){RESTORE_CLASSES, user, skip + 2};
	return NULL;
}

static const char *start_users(const struct restore_settings *s, const struct key_names *n,
			       struct start *out)
{
	const char *sid = n->count > 1 ? n->items[1] : "";
	size_t len = strlen(sid);
	int user;

	if (!strcasecmp(sid, ".DEFAULT") || !strcasecmp(sid, "S-1-5-18")) {
		*out = (struct start){RESTORE_DEFAULT, -1, 2};
		return NULL;
	}
	if (len > 8 && !strcasecmp(sid + len - 8, "_Classes")) {
		*out = (struct start){RESTORE_CLASSES, user_of_sid(s, sid, len - 8), 2};
		return out->user < 0 ? "it is of a user who is not restored" : NULL;
	}
	user = user_of_sid(s, sid, len);
	return user < 0 ? "it is of a user who is not restored" : start_user(n, 2, user, out);
}

/* The last control set that worked, and what was kept of others, means nothing to the new one. */
static bool is_control_set(const char *name)
{
	return strlen(name) == 13 && !strncasecmp(name, "ControlSet", 10) &&
	       strspn(name + 10, "0123456789") == 3;
}

/* NULL with *OUT, or why nothing goes there. */
static const char *find_start(const struct restore_settings *s, const struct key_names *n, int user,
			      struct start *out)
{
	if (is_name(n, 0, "HKCU"))
		return start_user(n, 1, user, out);
	if (is_name(n, 0, "HKU"))
		return start_users(s, n, out);
	if (!is_name(n, 0, "HKLM"))
		return "there is no such root";
	*out = (struct start){RESTORE_SOFTWARE, -1, 2};
	if (is_name(n, 1, "Software"))
		return NULL;
	out->kind = RESTORE_SYSTEM;
	if (!is_name(n, 1, "System"))
		return "this version restores Software and System of HKLM only";
	if (n->count > 2 && is_control_set(n->items[2]))
		return "control sets other than the current one are the new Windows' own";
	return NULL;
}

int setting_place(struct restore_settings *s, const struct key_names *names, int user,
		  bool redirect, uint32_t *key, const char **why)
{
	struct start start;
	size_t wow = SIZE_MAX, at = 0;
	uint32_t root = RESTORE_NONE;
	int err;

	*key = RESTORE_NONE;
	*why = find_start(s, names, user, &start);
	if (*why)
		return 0;
	if (start.user >= 0 && !s->in.users->list[start.user].selected) {
		*why = "its user is left out";
		return 0;
	}
	redirect = redirect && s->in.source->bits == 32 && s->in.target->bits == 64;
	if (redirect && start.kind == RESTORE_SOFTWARE &&
	    wow64_is_redirected(names->items + 2, names->count - 2, &at))
		wow = 2 + at;
	else if (redirect && start.kind == RESTORE_CLASSES &&
		 wow64_is_redirected(names->items + start.skip - 1, names->count - start.skip + 1,
				     &at))
		wow = start.skip - 1 + at;
	err = find_hive(s, start.kind, start.user, &root);
	for (size_t i = start.skip; !err && i < names->count; i++) {
		if (i == wow)
			err = child(s, root, "Wow6432Node", &root);
		if (!err)
			err = child(s, root, names->items[i], &root);
	}
	*key = root;
	return err;
}

/* TEXT ("HKLM\Software\X") into names in S's memory; long root names and HKCR as the short ones. */
static int split_key(struct restore_settings *s, const char *text, size_t len,
		     struct key_names *out)
{
	static const struct {
		const char *from, *to;
	} roots[] = {{"HKEY_LOCAL_MACHINE", "HKLM"},
		     {"HKEY_CURRENT_USER", "HKCU"},
		     {"HKEY_USERS", "HKU"}};
	char *copy = arena_strndup(&s->arena, text, len);

	out->count = 0;
	if (!copy)
		return log_oom();
	for (char *save = NULL, *name = strtok_r(copy, "\\", &save); name;
	     name = strtok_r(NULL, "\\", &save)) {
		if (out->count + 2 >= SETTING_NAMES_MAX)
			return HF_EINVAL;
		out->items[out->count++] = name;
	}
	if (!out->count)
		return HF_EINVAL;
	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++)
		if (!strcasecmp(out->items[0], roots[i].from))
			out->items[0] = roots[i].to;
	if (strcasecmp(out->items[0], "HKCR") && strcasecmp(out->items[0], "HKEY_CLASSES_ROOT"))
		return 0;
	memmove(out->items + 3, out->items + 1, (out->count - 1) * sizeof(*out->items));
	out->items[0] = "HKLM";
	out->items[1] = "Software";
	out->items[2] = "Classes";
	out->count += 2;
	return 0;
}

/* "HKCU\X [y]": the key into TO, y into *LEAF, NULL when there is none. */
static int split_location(struct restore_settings *s, const char *text, struct key_names *to,
			  const char **leaf)
{
	const char *open = strrchr(text, '['), *end = text + strlen(text);

	*leaf = NULL;
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (open && end > open && end[-1] == ']') {
		*leaf = arena_strndup(&s->arena, open + 1, (size_t)(end - open) - 2);
		if (!*leaf)
			return log_oom();
		end = open;
	}
	while (end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\\'))
		end--;
	return split_key(s, text, (size_t)(end - text), to);
}

static int add_tail(const struct key_names *names, size_t skip, struct key_names *to)
{
	for (size_t i = skip; i < names->count; i++) {
		if (to->count == SETTING_NAMES_MAX)
			return HF_ELIMIT;
		to->items[to->count++] = names->items[i];
	}
	return 1;
}

/* How many of NAMES are ROOT, or 0 when they are not below it. */
static size_t root_depth(const struct restore_settings *s, const struct key_names *names,
			 const struct key_names *root)
{
	if (root->count > names->count)
		return 0;
	for (size_t i = 0; i < root->count; i++)
		if (text_casecmp(s->in.upcase, names->items[i], root->items[i]))
			return 0;
	return root->count;
}

static int relative_move(struct restore_settings *s, const struct rules_apply_rule *rule,
			 const struct key_names *names, struct key_names *to)
{
	const char *target = restore_rules_target_argument(s->in.rules, rule, 1), *leaf;
	struct key_names from;
	size_t depth;
	int err;

	if (!target || !rule->arg_count || !rule->source_args[0])
		return 0;
	err = split_location(s, rule->source_args[0], &from, &leaf);
	depth = err ? 0 : root_depth(s, names, &from);
	if (!depth)
		return err;
	err = split_location(s, target, to, &leaf);
	return err ? err : add_tail(names, depth, to);
}

/* The longest known folder of a registry path is its root (4.12). */
static int move(struct restore_settings *s, const struct rules_apply_rule *rule,
		const struct key_names *names, struct key_names *to)
{
	const char *target = restore_rules_target_argument(s->in.rules, rule, 0), *leaf;
	int err;

	if (!target)
		return 0;
	err = split_location(s, target, to, &leaf);
	return err ? err : add_tail(names, 1, to);
}

static int exact_move(struct restore_settings *s, const struct rules_apply_rule *rule,
		      const char *leaf, struct key_names *to, const char **to_leaf)
{
	const char *target = restore_rules_target_argument(s->in.rules, rule, 0), *new_leaf;
	int err;

	/* Values go flat into it; there is nothing for the keys that they were in. */
	if (!target || !leaf)
		return 0;
	err = split_location(s, target, to, &new_leaf);
	if (!err && new_leaf)
		*to_leaf = new_leaf;
	return err ? err : 1;
}

int setting_location(struct restore_settings *s, const struct key_names *names, int user,
		     const char *node, const char *leaf, struct key_names *to, const char **to_leaf)
{
	const struct rules_object object = {
		.type = RULES_REGISTRY,
		.user = restore_rules_old_user(s->in.rules, user),
		.node = node,
		.leaf = leaf,
	};
	const struct rules_apply_rule *rule;
	int moved = restore_rules_best(s->in.rules, RULES_LOCATION_MODIFY, &object, &rule);

	*to_leaf = leaf;
	if (moved || !rule)
		return moved == HF_ELIMIT || moved == HF_EINVAL ? 0 : moved;
	if (!strcmp(rule->helper, "RelativeMove"))
		moved = relative_move(s, rule, names, to);
	else if (!strcmp(rule->helper, "Move"))
		moved = move(s, rule, names, to);
	else if (!strcmp(rule->helper, "ExactMove"))
		moved = exact_move(s, rule, leaf, to, to_leaf);
	if (moved == 1 && log_wants_detail())
		log_detail("%s%s%s%s is moved by %s, line %u.", node, leaf ? " [" : "",
			   leaf ? leaf : "", leaf ? "]" : "", rule->file, rule->line);
	return moved == HF_EINVAL ? 0 : moved;
}
