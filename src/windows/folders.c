// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The path variables of the system and of users.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/environment.h"
#include "windows/folder_table.h"
#include "windows/folders.h"

#define EXPLORER "Microsoft\\Windows\\CurrentVersion\\Explorer\\"

/* Where one set of known folders is read from and goes to. */
struct folder_source {
	const struct hive *hive; /* NULL: defaults only */
	hive_key keys[2];	 /* User Shell Folders, Shell Folders */
	bool has_key[2];
	const char *what; /* for messages: whose folders */
	struct variable_table *out;
	const struct variable_scope *of_values;	  /* what hive values are expanded in */
	const struct variable_scope *of_defaults; /* the same for defaults; sees OUT too */
};

int folders_read_path(const struct windows_context *c, const struct hive *hive, hive_key key,
		      const char *name, const struct variable_scope *scope, const char *what,
		      struct str *out)
{
	char shown[512];
	char *text;
	int err = hive_text(hive, key, name, &text);

	if (err == HF_ENOENT || err == HF_ENOMEM)
		return err;
	if (!err && !*text) {
		free(text);
		return HF_ENOENT;
	}
	if (!err) {
		err = context_path(c, scope, text, out);
		(void)text_printable(text, shown, sizeof(shown));
		free(text);
		if (!err || err == HF_ENOMEM)
			return err;
		log_warning("%s: the registry value '%s' is not a usable path (%s); it is ignored.",
			    what, name, shown);
		return HF_EINVAL;
	}
	log_warning("%s: the registry value '%s' is damaged (%s); it is ignored.", what, name,
		    err == HF_ELIMIT ? "too long" : "not a text");
	return HF_EINVAL;
}

/* The default of F for C's version of Windows, or NULL. */
static const char *default_of(const struct windows_context *c, const struct known_folder *f)
{
	const struct windows_install *w = c->install;

	if (w->major < 6)
		return f->xp;
	if (f->eight && (w->major > 6 || w->minor >= 2))
		return f->eight;
	return f->vista;
}

/* Defines all names of one folder. */
static int define_folder(const struct windows_context *c, const struct folder_source *s,
			 const struct known_folder *f)
{
	const char *fallback = default_of(c, f);
	struct str path = {0};
	int err = HF_ENOENT;

	for (int i = 0; i < 2 && err; i++) {
		if (!s->hive || !s->has_key[i] || !f->value)
			continue;
		err = folders_read_path(c, s->hive, s->keys[i], f->value, s->of_values, s->what,
					&path);
		if (err == HF_ENOMEM)
			goto out;
	}
	if (err && fallback)
		err = context_path(c, s->of_defaults, fallback, &path);
	if (err) {
		if (err != HF_ENOMEM)
			err = 0;
		goto out;
	}
	for (int i = 0; i < 3 && f->names[i] && !err; i++)
		err = variables_set(s->out, f->names[i], path.data);
out:
	str_free(&path);
	return err;
}

static int define_folders(const struct windows_context *c, const struct folder_source *s,
			  const struct known_folder *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int err = define_folder(c, s, &table[i]);

		if (err)
			return err;
	}
	return 0;
}

/* Finds the two Shell Folders keys below PREFIX ("" or "Software\"). */
static void find_keys(struct folder_source *s, const char *prefix)
{
	static const char *const names[] = {"User Shell Folders", "Shell Folders"};
	char path[128];

	for (int i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s" EXPLORER "%s", prefix, names[i]);
		s->has_key[i] = hive_find(s->hive, hive_root(s->hive), path, &s->keys[i]) == 0;
	}
}

/* CSIDL_DEFAULT_x: the defaults below the default user's profile. */
static int define_default_user(struct windows_context *c)
{
	struct variable_table profile = {0}, folders = {0};
	struct variable_scope environment = {&c->environment, NULL};
	struct variable_scope user = {&profile, &environment};
	struct variable_scope all = {&folders, &user};
	struct folder_source s = {
		.what = "default user", .out = &folders, .of_values = &user, .of_defaults = &all};
	char name[64];
	int err = variables_set(&profile, "USERPROFILE",
				variables_get(&c->variables, "DEFAULTUSERPROFILE"));

	if (!err)
		err = define_folders(c, &s, user_folders, user_folder_count);
	for (size_t i = 0; i < default_folder_count && !err; i++) {
		const char *value = variables_get(&folders, default_folders[i].source);

		(void)snprintf(name, sizeof(name), "CSIDL_DEFAULT_%s", default_folders[i].name);
		if (value)
			err = variables_set(&c->variables, name, value);
	}
	variables_free(&profile);
	variables_free(&folders);
	return err;
}

static int define_common(struct windows_context *c)
{
	struct variable_scope environment = {&c->environment, NULL};
	struct folder_source s = {.hive = c->software,
				  .what = "SOFTWARE hive, common folders",
				  .out = &c->variables,
				  .of_values = &environment};
	/* %ALLUSERSPROFILE% in a default is USMT's, which for Vista on is not Windows's. */
	struct variable_scope defaults = {&c->variables, &environment};

	s.of_defaults = &defaults;
	find_keys(&s, "");
	return define_folders(c, &s, common_folders, common_folder_count);
}

int folders_of_system(struct windows_context *c)
{
	int err = environment_of_system(c);

	if (!err)
		err = define_common(c);
	if (!err)
		err = define_default_user(c);
	if (!err)
		err = environment_export(&c->environment, &c->variables);
	return err == HF_ENOMEM ? log_oom() : err;
}

/* USERPROFILE and what follows from it. */
static int define_profile(struct variable_table *vars, struct variable_table *environment,
			  const struct windows_user *user)
{
	const char *rest = user->profile;
	char drive[3] = "";
	char letter;
	int err = variables_set(environment, "USERPROFILE", user->profile);

	if (winpath_split(user->profile, &letter, &rest))
		(void)snprintf(drive, sizeof(drive), "%c:", letter);
	if (!err)
		err = variables_set(environment, "HOMEDRIVE", drive);
	if (!err)
		err = variables_set(environment, "HOMEPATH", *rest ? rest : "\\");
	if (!err)
		err = variables_set(environment, "USERNAME", user->name);
	if (!err)
		err = variables_set(vars, "CSIDL_PROFILE", user->profile);
	return err ? err : variables_set(vars, "USERSID", user->sid);
}

/* TEMP and TMP: the user's own setting, else the default. */
static int define_temp(const struct windows_context *c, struct variable_table *environment,
		       const struct variable_table *raw, const struct variable_scope *of_values,
		       const struct variable_scope *of_defaults, const char *what)
{
	static const char *const names[] = {"TEMP", "TMP"};
	struct str path = {0};
	int err = 0;

	for (int i = 0; i < 2 && !err; i++) {
		const char *text = variables_get(raw, names[i]);

		err = text ? context_path(c, of_values, text, &path) : HF_ENOENT;
		if (err && err != HF_ENOENT && err != HF_ENOMEM)
			log_warning("%s: the environment variable %s is not a usable path; it is "
				    "ignored.",
				    what, names[i]);
		if (err && err != HF_ENOMEM)
			err = context_path(c, of_defaults,
					   c->install->major < 6
						   ? "%USERPROFILE%\\Local Settings\\Temp"
						   : "%CSIDL_LOCAL_APPDATA%\\Temp",
					   &path);
		if (!err)
			err = variables_set(environment, names[i], path.data);
	}
	str_free(&path);
	return err;
}

/* Takes the names that Windows itself puts into the environment of a logged-on user. */
static int copy_to_environment(struct variable_table *environment,
			       const struct variable_table *vars)
{
	static const char *const names[] = {"APPDATA", "LOCALAPPDATA"};
	int err = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !err; i++) {
		const char *value = variables_get(vars, names[i]);

		if (value)
			err = variables_set(environment, names[i], value);
	}
	return err;
}

int folders_of_user(struct windows_context *c, struct windows_user *user, const struct hive *hive)
{
	struct variable_table vars = {0}, own = {0}, raw = {0};
	struct variable_scope system = {&c->environment, NULL};
	struct variable_scope raws = {&raw, &system};
	struct variable_scope of_values = {&own, &raws};
	struct variable_scope usmt = {&c->variables, NULL};
	struct variable_scope of_values_usmt = {&own, &usmt};
	struct variable_scope of_defaults = {&vars, &of_values_usmt};
	struct folder_source s = {.hive = hive,
				  .what = user->profile,
				  .out = &vars,
				  .of_values = &of_values,
				  .of_defaults = &of_defaults};
	int err = define_profile(&vars, &own, user);

	if (!err && hive) {
		find_keys(&s, "Software\\");
		err = environment_read(hive, hive_root(hive), "Environment", &raw);
	}
	if (!err)
		err = define_folders(c, &s, user_folders, user_folder_count);
	if (!err)
		err = copy_to_environment(&own, &vars);
	if (!err)
		err = define_temp(c, &own, &raw, &of_values, &of_defaults, user->profile);
	if (!err)
		err = environment_expand(c, &raw, &of_values, &own);
	if (!err)
		err = environment_export(&own, &vars);
	variables_free(&own);
	variables_free(&raw);
	if (err) {
		variables_free(&vars);
		return err == HF_ENOMEM ? log_oom() : err;
	}
	user->variables = vars.items;
	user->variable_count = vars.count;
	return 0;
}
