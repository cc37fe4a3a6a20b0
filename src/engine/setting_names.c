// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of registry keys.
 */
#include "engine/setting_names.h"

#include <string.h>
#include <strings.h>

#include "engine/examine.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/machine.h"
#include "windows/registry.h"

#define SYSTEM_KEY  "HKLM\\System"
#define CURRENT_SET SYSTEM_KEY "\\CurrentControlSet"

/* True when KEY is TOP or below it; *REST is then what follows. */
static bool is_below(const char *key, const char *top, const char **rest)
{
	size_t n = strlen(top);

	if (strncasecmp(key, top, n) || (key[n] && key[n] != '\\'))
		return false;
	*rest = key + n;
	return true;
}

static int add(struct setting_names *names, int user, const char *from, const char *to,
	       bool implied)
{
	if (!from || !to || names->count == SETTING_ALIASES)
		return log_oom();
	names->items[names->count++] = (struct setting_alias){user, from, to, implied};
	return 0;
}

/* FORMAT's "%s" filled with TEXT, in the names' memory. */
static const char *keep(struct setting_names *names, const char *before, const char *text,
			const char *after)
{
	struct str s = {0};
	const char *kept = NULL;

	if (!str_addf(&s, "%s%s%s", before, text, after))
		kept = arena_strdup(&names->text, s.data);
	str_free(&s);
	return kept;
}

/* The name of the control set that CurrentControlSet is. */
static int add_control_set(struct setting_names *names, struct examine *e)
{
	struct registry_content content;
	struct registry_key system, current;
	int err = registry_open_key(e->registry, -1, SYSTEM_KEY, &system);

	if (!err)
		err = registry_open_key(e->registry, -1, CURRENT_SET, &current);
	if (!err)
		err = registry_read_key(e->registry, &system, &content);
	if (err) /* reported when the hive is gathered */
		return err == HF_ENOMEM ? log_oom() : 0;
	for (size_t i = 0; i < content.subkey_count && !err; i++) {
		const struct registry_subkey_entry *k = &content.subkeys[i];

		if (k->key.count && k->key.at[0].key == current.at[0].key &&
		    strcasecmp(k->name, "CurrentControlSet"))
			err = add(names, -1, CURRENT_SET, keep(names, SYSTEM_KEY "\\", k->name, ""),
				  false);
	}
	registry_content_free(&content);
	return err;
}

int setting_names_init(struct setting_names *names, struct examine *e, const char *root, int user)
{
	const char *sid;
	int err;

	*names = (struct setting_names){0};
	err = add(names, user, root, root, false);
	if (err)
		return err;
	if (!strcmp(root, "HKLM")) {
		/* A link in the hive, from Windows 7 on. */
		err = add(names, -1, "HKLM\\Software\\Classes\\Wow6432Node",
			  "HKLM\\Software\\Wow6432Node\\Classes", false);
		return err ? err : add_control_set(names, e);
	}
	if (!strcmp(root, "HKU"))
		return add(names, -1, "HKU\\.DEFAULT", "HKU\\S-1-5-18", false);
	sid = e->machine->chosen->users[e->users[user]].sid;
	err = add(names, -1, "HKCU", keep(names, "HKU\\", sid, ""), true);
	return err ? err
		   : add(names, -1, "HKCU\\Software\\Classes",
			 keep(names, "HKU\\", sid, "_Classes"), true);
}

void setting_names_free(struct setting_names *names)
{
	arena_free(&names->text);
	*names = (struct setting_names){0};
}

int setting_name(const struct setting_alias *alias, const char *path, struct str *out)
{
	const char *rest;

	if (!is_below(path, alias->from, &rest))
		return HF_ENOENT;
	str_truncate(out, 0);
	return str_adds(out, alias->to) || str_adds(out, rest) ? log_oom() : 0;
}

bool setting_leads_to(const struct setting_alias *alias, const char *path)
{
	const char *rest;

	return is_below(alias->from, path, &rest) && *rest;
}

bool setting_is_second(const struct setting_names *names, const char *path)
{
	for (size_t i = 1; i < names->count; i++)
		if (!strcmp(names->items[i].from, CURRENT_SET) &&
		    !strcasecmp(names->items[i].to, path))
			return true;
	return false;
}

/* KEY with its root in the short form, as rules spell it. */
static int short_root(const char *key, struct str *out)
{
	static const char *const roots[][2] = {
		{"HKEY_CURRENT_USER", "HKCU"},
		{"HKEY_LOCAL_MACHINE", "HKLM"},
		{"HKEY_USERS", "HKU"},
		{"HKCR", "HKLM\\Software\\Classes"},
		{"HKCU", "HKCU"},
		{"HKEY_CLASSES_ROOT", "HKLM\\Software\\Classes"},
		{"HKLM", "HKLM"},
		{"HKU", "HKU"},
	};
	const char *rest;

	str_truncate(out, 0);
	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++)
		if (is_below(key, roots[i][0], &rest))
			return str_adds(out, roots[i][1]) || str_adds(out, rest) ? log_oom() : 0;
	return str_adds(out, key) ? log_oom() : 0;
}

/* Renames KEY when it is one of the other names below ROOT; *FOUND says so. */
static int rename_below(struct examine *e, const char *root, int user, struct str *key, bool *found)
{
	struct setting_names names;
	struct str renamed = {0};
	int err = setting_names_init(&names, e, root, user);

	for (size_t i = 1; i < names.count && !err && !*found; i++) {
		const struct setting_alias back = {user, names.items[i].to, names.items[i].from,
						   false};

		err = setting_name(&back, key->data, &renamed);
		*found = !err;
		if (err == HF_ENOENT)
			err = 0;
	}
	if (*found) {
		str_free(key);
		*key = renamed;
	} else {
		str_free(&renamed);
	}
	setting_names_free(&names);
	return err;
}

int setting_canonical(struct examine *e, const char *key, struct str *out, int *user)
{
	bool found = false;
	const char *rest;
	int err = short_root(key, out);

	*user = -1;
	if (err)
		return err;
	if (is_below(out->data, "HKLM", &rest))
		return rename_below(e, "HKLM", -1, out, &found);
	if (is_below(out->data, "HKCU", &rest)) {
		*user = SETTING_ANY_USER;
		return 0;
	}
	err = rename_below(e, "HKU", -1, out, &found);
	for (int u = 0; u < e->rules_machine.user_count && !err && !found; u++) {
		err = rename_below(e, "HKCU", u, out, &found);
		if (found)
			*user = u;
	}
	return err;
}

static bool is_veto(const struct rules *rules, const struct rules_decision *d)
{
	return d->rule != RULES_NONE && !d->selected &&
	       rules_rule(rules, d->rule)->kind == RULES_UNCONDITIONAL_EXCLUDE;
}

/*
 * As between contexts, one name that is selected is enough; but what a context excludes
 * unconditionally under one name it does not take under another.
 */
void setting_also(const struct rules *rules, struct rules_decision *out,
		  const struct rules_decision *also)
{
	bool same_context =
		out->rule != RULES_NONE && also->rule != RULES_NONE &&
		rules_rule(rules, out->rule)->user == rules_rule(rules, also->rule)->user;

	if (out->rule == RULES_NONE)
		*out = *also;
	else if (same_context && is_veto(rules, also))
		*out = *also;
	else if (!out->selected && also->selected && !(same_context && is_veto(rules, out)))
		*out = *also;
}
