// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Environment variables from the hives, and the system's fixed places.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/winpath.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/environment.h"
#include "windows/folders.h"

#define CURRENT_VERSION "Microsoft\\Windows\\CurrentVersion"
#define PROFILE_LIST	"Microsoft\\Windows NT\\CurrentVersion\\ProfileList"

/* What environment_read() works on. */
struct reading {
	const struct hive *hive;
	hive_key key;
	struct variable_table *raw;
};

static int read_variable(void *ctx, const char *name)
{
	struct reading *r = ctx;
	char *text;
	int err = hive_text(r->hive, r->key, name, &text);

	if (err == HF_ENOMEM)
		return err;
	if (err || !*name) {
		if (!err)
			free(text);
		log_detail("environment variable '%s' is not a usable text and is ignored", name);
		return 0;
	}
	err = variables_set(r->raw, name, text);
	free(text);
	return err;
}

int environment_read(const struct hive *hive, hive_key from, const char *path,
		     struct variable_table *raw)
{
	struct reading r = {.hive = hive, .raw = raw};
	int err = hive_find(hive, from, path, &r.key);

	if (!err)
		err = hive_value_names(hive, r.key, read_variable, &r);
	return err == HF_ENOMEM ? err : 0;
}

/* VALUE is one absolute path, not a list of them or other text. */
static bool is_path(const char *value)
{
	const char *rest;

	return winpath_split(value, NULL, &rest) && *rest == '\\' && !strpbrk(rest, ";:\"*?<>|,");
}

int environment_expand(const struct windows_context *c, const struct variable_table *raw,
		       const struct variable_scope *scope, struct variable_table *out)
{
	struct str value = {0};
	int err = 0;

	for (size_t i = 0; i < raw->count && err != HF_ENOMEM; i++) {
		const char *name = raw->items[i].name;

		if (variables_get(out, name))
			continue;
		err = variables_expand(scope, raw->items[i].value, &value);
		if (!err && value.data && is_path(value.data)) {
			char *text = strdup(value.data);

			if (!text || context_path(c, scope, text, &value) == HF_ENOMEM)
				err = HF_ENOMEM;
			free(text);
		}
		if (!err)
			err = variables_set(out, name, value.data && value.len ? value.data : "");
		else if (err != HF_ENOMEM)
			log_detail("environment variable '%s' refers to itself or is too long and "
				   "is ignored",
				   name);
	}
	str_free(&value);
	return err == HF_ENOMEM ? err : 0;
}

int environment_export(const struct variable_table *from, struct variable_table *to)
{
	for (size_t i = 0; i < from->count; i++) {
		if (variables_get(to, from->items[i].name))
			continue;
		if (variables_set(to, from->items[i].name, from->items[i].value))
			return HF_ENOMEM;
	}
	return 0;
}

/* Defines the variables NAMES (ended by NULL) of T as VALUE. */
static int set_all(struct variable_table *t, const char *const *names, const char *value)
{
	for (; *names; names++)
		if (variables_set(t, *names, value))
			return HF_ENOMEM;
	return 0;
}

/* The Windows directory and its parts: they are where the hives were found. */
static int define_windows(struct windows_context *c)
{
	static const struct {
		const char *names[4];
		const char *tail;
	} parts[] = {
		{{"SYSTEMROOT", "WINDIR", "CSIDL_WINDOWS"}, ""},
		{{"SYSTEM", "SYSTEM32", "CSIDL_SYSTEM"}, "\\system32"},
		{{"SYSTEM16"}, "\\system"},
		{{"CSIDL_FONTS", "CSIDL_COMMON_FONTS"}, "\\Fonts"},
		{{"CSIDL_RESOURCES"}, "\\Resources"},
	};
	static const char *const env[] = {"SystemRoot", "windir", NULL};
	const struct windows_install *w = c->install;
	const char drive[] = {w->letter, ':', '\0'};
	struct str path = {0};
	int err = variables_set(&c->environment, "SystemDrive", drive);

	if (!err)
		err = variables_set(&c->environment, "COMPUTERNAME", w->computer);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && !err; i++) {
		str_truncate(&path, 0);
		err = str_addf(&path, "%c:%s%s", w->letter, windows_own_directory(w),
			       parts[i].tail);
		if (!err && i == 0)
			err = set_all(&c->environment, env, path.data);
		if (!err)
			err = set_all(&c->variables, parts[i].names, path.data);
	}
	str_free(&path);
	return err;
}

/* A path from value NAME of KEY, or else the expanded FALLBACK; HF_ENOMEM only. */
static int path_or(const struct windows_context *c, bool has_key, hive_key key, const char *name,
		   const char *fallback, struct str *out)
{
	struct variable_scope scope = {&c->environment, NULL};
	int err = HF_ENOENT;

	if (has_key && name)
		err = folders_read_path(c, c->software, key, name, &scope, "SOFTWARE hive", out);
	if (err && err != HF_ENOMEM)
		err = context_path(c, &scope, fallback, out);
	return err;
}

static int define_program_files(struct windows_context *c)
{
	static const struct {
		const char *value, *fallback;
		const char *env[3];
		const char *names[4];
		bool only_64;
	} dirs[] = {
		{"ProgramFilesDir",
		 "%SystemDrive%\\Program Files",
		 {"ProgramFiles"},
		 {"PROGRAMFILES", "CSIDL_PROGRAM_FILES"},
		 false},
		{"ProgramFilesDir (x86)",
		 "%SystemDrive%\\Program Files (x86)",
		 {"ProgramFiles(x86)"},
		 {"PROGRAMFILES(X86)", "CSIDL_PROGRAM_FILES(X86)", "CSIDL_PROGRAM_FILESX86"},
		 true},
		{"CommonFilesDir",
		 "%ProgramFiles%\\Common Files",
		 {"CommonProgramFiles"},
		 {"COMMONPROGRAMFILES", "CSIDL_PROGRAM_FILES_COMMON"},
		 false},
		{"CommonFilesDir (x86)",
		 "%ProgramFiles(x86)%\\Common Files",
		 {"CommonProgramFiles(x86)"},
		 {"COMMONPROGRAMFILES(X86)", "CSIDL_PROGRAM_FILES_COMMON(X86)",
		  "CSIDL_PROGRAM_FILES_COMMONX86"},
		 true},
		{"ProgramW6432Dir", "%ProgramFiles%", {"ProgramW6432"}, {NULL}, true},
		{"CommonW6432Dir", "%CommonProgramFiles%", {"CommonProgramW6432"}, {NULL}, true},
	};
	hive_key key;
	bool has_key = hive_find(c->software, hive_root(c->software), CURRENT_VERSION, &key) == 0;
	struct str path = {0};
	int err = 0;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs) && !err; i++) {
		if (dirs[i].only_64 && c->install->bits != 64)
			continue;
		err = path_or(c, has_key, key, dirs[i].value, dirs[i].fallback, &path);
		if (!err)
			err = set_all(&c->environment, dirs[i].env, path.data);
		if (!err)
			err = set_all(&c->variables, dirs[i].names, path.data);
	}
	str_free(&path);
	return err;
}

/*
 * Up to 5.2, ProfileList names the default and the common profile by their folder's name below
 * ProfilesDirectory; from 6.0 on by path.
 */
static int define_profile_xp(struct windows_context *c, bool has_key, hive_key key,
			     const char *value, const char *usual, const char *variable)
{
	const char *profiles = variables_get(&c->variables, "PROFILESFOLDER");
	struct str path = {0};
	char *name = NULL;
	int err = has_key ? hive_text(c->software, key, value, &name) : HF_ENOENT;

	if (err == HF_ENOMEM)
		return err;
	if (!err && (!*name || strpbrk(name, "\\/:%"))) {
		log_warning("SOFTWARE hive: the registry value '%s' is not a folder name; it is "
			    "ignored.",
			    value);
		free(name);
		name = NULL;
	}
	err = str_addf(&path, "%s\\%s", profiles, name ? name : usual);
	if (!err)
		err = variables_set(&c->variables, variable, path.data);
	free(name);
	str_free(&path);
	return err;
}

static int define_profile_vista(struct windows_context *c, bool has_key, hive_key key,
				const char *value, const char *fallback, const char *variable,
				struct variable_table *out)
{
	struct str path = {0};
	int err = path_or(c, has_key, key, value, fallback, &path);

	if (!err)
		err = variables_set(out, variable, path.data);
	str_free(&path);
	return err;
}

/* The profiles of all users; ALLUSERSPROFILE means one thing to Windows and another to USMT. */
static int define_shared_profiles(struct windows_context *c, bool has_key, hive_key key)
{
	static const char *const usmt = "ALLUSERSPROFILE";
	struct variable_table *env = &c->environment;
	int err;

	if (c->install->major < 6) {
		err = define_profile_xp(c, has_key, key, "DefaultUserProfile", "Default User",
					"DEFAULTUSERPROFILE");
		if (!err)
			err = define_profile_xp(c, has_key, key, "AllUsersProfile", "All Users",
						usmt);
		return err ? err : variables_set(env, usmt, variables_get(&c->variables, usmt));
	}
	err = define_profile_vista(c, has_key, key, "ProgramData", "%SystemDrive%\\ProgramData",
				   "ProgramData", env);
	if (!err)
		err = variables_set(env, usmt, variables_get(env, "ProgramData"));
	if (!err)
		err = define_profile_vista(c, has_key, key, "Public", "%ProfilesDirectory%\\Public",
					   "PUBLIC", env);
	if (!err)
		err = variables_set(&c->variables, usmt, variables_get(env, "PUBLIC"));
	return err ? err
		   : define_profile_vista(c, has_key, key, "Default",
					  "%ProfilesDirectory%\\Default", "DEFAULTUSERPROFILE",
					  &c->variables);
}

static int define_profiles(struct windows_context *c)
{
	unsigned major = c->install->major;
	hive_key key, system_key = 0;
	bool has_key = hive_find(c->software, hive_root(c->software), PROFILE_LIST, &key) == 0;
	bool has_system = has_key && hive_find(c->software, key, "S-1-5-18", &system_key) == 0;
	struct str path = {0};
	int err = path_or(c, has_key, key, "ProfilesDirectory",
			  major >= 6   ? "%SystemDrive%\\Users"
			  : major == 5 ? "%SystemDrive%\\Documents and Settings"
				       : "%SystemRoot%\\Profiles",
			  &path);

	if (!err)
		err = variables_set(&c->variables, "PROFILESFOLDER", path.data);
	/* Not in Windows's environment; ProfileImagePath values use it all the same. */
	if (!err)
		err = variables_set(&c->environment, "ProfilesDirectory", path.data);
	if (!err)
		err = define_shared_profiles(c, has_key, key);
	if (!err)
		err = path_or(c, has_system, system_key, "ProfileImagePath",
			      "%SystemRoot%\\system32\\config\\systemprofile", &path);
	if (!err)
		err = variables_set(&c->variables, "SYSTEMPROFILE", path.data);
	str_free(&path);
	return err;
}

int environment_of_system(struct windows_context *c)
{
	struct variable_table raw = {0};
	struct variable_scope raws = {&raw, NULL};
	struct variable_scope scope = {&c->environment, &raws}; /* what Windows sets itself wins */
	int err = define_windows(c);

	if (!err)
		err = define_program_files(c);
	if (!err)
		err = define_profiles(c);
	if (!err)
		err = environment_read(c->system, c->control,
				       "Control\\Session Manager\\Environment", &raw);
	if (!err)
		err = environment_expand(c, &raw, &scope, &c->environment);
	variables_free(&raw);
	return err;
}
