// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an installation says about itself in its hives.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/fs_view.h"
#include "windows/context.h"
#include "windows/folders.h"
#include "windows/letters.h"
#include "windows/profiles.h"
#include "windows/read_users.h"

#define CURRENT_VERSION "Microsoft\\Windows NT\\CurrentVersion"

/* From this build on Windows is called 11, although ProductName still says 10. */
#define FIRST_BUILD_OF_11 22000

/* A text value or "" in fresh memory; NULL when out of memory. */
static char *text_or_empty(const struct hive *hive, hive_key key, const char *name)
{
	char *text;
	int err = hive_text(hive, key, name, &text);

	if (err == HF_ENOMEM)
		return NULL;
	return err ? strdup("") : text;
}

static unsigned number_of(const char *text)
{
	unsigned long n = strtoul(text, NULL, 10);

	return n > 1000000 ? 0 : (unsigned)n;
}

/* CurrentMajorVersionNumber and Minor (10 on), else CurrentVersion ("6.1"), and the build. */
static int read_version(const struct hive *hive, hive_key key, struct windows_install *out)
{
	struct str version = {0};
	uint32_t major, minor;
	char *text = text_or_empty(hive, key, "CurrentVersion");
	const char *dot;

	if (!text)
		return HF_ENOMEM;
	dot = strchr(text, '.');
	out->major = number_of(text);
	out->minor = dot ? number_of(dot + 1) : 0;
	free(text);
	if (hive_dword(hive, key, "CurrentMajorVersionNumber", &major) == 0 &&
	    hive_dword(hive, key, "CurrentMinorVersionNumber", &minor) == 0) {
		out->major = major;
		out->minor = minor;
	}
	text = text_or_empty(hive, key, "CurrentBuildNumber");
	if (text && !*text) {
		free(text);
		text = text_or_empty(hive, key, "CurrentBuild");
	}
	if (!text)
		return HF_ENOMEM;
	out->build = number_of(text);
	free(text);
	if (str_addf(&version, "%u.%u.%u", out->major, out->minor, out->build))
		return HF_ENOMEM;
	out->version = str_take(&version);
	return out->version ? 0 : HF_ENOMEM;
}

static int read_product(const struct hive *hive, hive_key key, struct windows_install *out)
{
	static const char ten[] = "Windows 10";
	struct str name = {0};

	out->product = text_or_empty(hive, key, "ProductName");
	if (out->product && !*out->product) {
		/* NT 4.0 has none. */
		if (str_addf(&name, "Windows%s %u.%u", out->major <= 4 ? " NT" : "", out->major,
			     out->minor))
			return HF_ENOMEM;
		free(out->product);
		out->product = str_take(&name);
	}
	if (!out->product)
		return HF_ENOMEM;
	if (out->build >= FIRST_BUILD_OF_11 && strncmp(out->product, ten, sizeof(ten) - 1) == 0)
		out->product[sizeof(ten) - 2] = '1';
	return 0;
}

/* 64 or 32; by the machine environment, else by a value that only 64-bit systems have. */
static int read_bits(const struct windows_context *c, struct windows_install *out)
{
	hive_key key;
	char *text = NULL;
	int err = hive_find(c->system, c->control, "Control\\Session Manager\\Environment", &key);

	if (!err)
		err = hive_text(c->system, key, "PROCESSOR_ARCHITECTURE", &text);
	if (err == HF_ENOMEM)
		return err;
	if (!err) {
		out->bits = strcasestr(text, "64") ? 64 : 32;
		free(text);
		return 0;
	}
	out->bits = 32;
	if (hive_find(c->software, hive_root(c->software), "Microsoft\\Windows\\CurrentVersion",
		      &key) == 0 &&
	    hive_text(c->software, key, "ProgramFilesDir (x86)", &text) == 0) {
		out->bits = 64;
		free(text);
	}
	return 0;
}

static int read_computer(const struct windows_context *c, struct windows_install *out)
{
	hive_key key;
	int err = hive_find(c->system, c->control, "Control\\ComputerName\\ComputerName", &key);

	if (err == HF_ENOMEM)
		return err;
	out->computer = err ? strdup("") : text_or_empty(c->system, key, "ComputerName");
	return out->computer ? 0 : HF_ENOMEM;
}

/* "\Windows.old\Windows" and the like: a Windows that an upgrade set aside. */
static bool is_old_directory(const char *directory)
{
	static const char prefix[] = "\\Windows.old";

	return strncasecmp(directory, prefix, sizeof(prefix) - 1) == 0 &&
	       strchr(directory + 1, '\\') != NULL;
}

const char *windows_own_directory(const struct windows_install *install)
{
	return install->directory + (install->root ? strlen(install->root) : 0);
}

/* What was the root of INSTALL's drive: FS, or a view of Windows.old, to be closed. */
static int open_root(struct fs *fs, const struct windows_install *install, struct fs **view)
{
	*view = NULL;
	return install->root && *install->root ? fs_view_open(fs, install->root, view) : 0;
}

/* Sets directory, root and is_old. */
static int place(const char *directory, struct windows_install *out)
{
	memset(out, 0, sizeof(*out));
	out->is_old = is_old_directory(directory);
	out->directory = strdup(directory);
	out->root = strndup(directory, out->is_old ? strcspn(directory + 1, "\\") + 1 : 0);
	return out->directory && out->root ? 0 : log_oom();
}

/* Fills OUT from the hives of C. */
static int read_install(const struct windows_context *c, struct windows_install *out)
{
	hive_key key;
	int err;

	out->letter = c->own_letter;
	err = hive_find(c->software, hive_root(c->software), CURRENT_VERSION, &key);
	if (!err)
		err = read_version(c->software, key, out);
	if (!err)
		err = read_product(c->software, key, out);
	if (!err)
		err = read_bits(c, out);
	if (!err)
		err = read_computer(c, out);
	if (!err)
		err = letters_read(c->system, out);
	return err == HF_ENOMEM ? log_oom() : err;
}

int windows_probe(struct fs *fs, const char *directory, struct windows_install *out)
{
	struct windows_context c;
	struct fs *view = NULL;
	int err = place(directory, out);

	if (!err)
		err = open_root(fs, out, &view);
	if (!err)
		err = context_open(&c, view ? view : fs, out);
	if (!err) {
		err = read_install(&c, out);
		context_close(&c);
	}
	(void)fs_close(view); /* frees memory only */
	if (err)
		windows_install_free(out);
	return err;
}

static void free_variables(struct windows_variable *variables, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(variables[i].name);
		free(variables[i].value);
	}
	free(variables);
}

static void free_users(struct windows_install *install)
{
	for (size_t i = 0; i < install->user_count; i++) {
		struct windows_user *u = &install->users[i];

		free(u->sid);
		free(u->domain);
		free(u->name);
		free(u->upn);
		free(u->profile);
		free_variables(u->variables, u->variable_count);
	}
	free(install->users);
	free_variables(install->variables, install->variable_count);
	install->users = NULL;
	install->user_count = 0;
	install->variables = NULL;
	install->variable_count = 0;
}

int windows_read_users_on(struct fs *fs, const struct volume_finder *volumes,
			  struct windows_install *install)
{
	struct windows_context c;
	int err;

	free_users(install);
	err = context_open(&c, fs, install);
	if (err)
		return err;
	c.volumes = volumes;
	err = folders_of_system(&c);
	if (!err)
		err = profiles_read(&c);
	if (err) {
		free_users(install);
	} else {
		install->variables = c.variables.items;
		install->variable_count = c.variables.count;
		memset(&c.variables, 0, sizeof(c.variables));
	}
	context_close(&c);
	return err;
}

int windows_read_users(struct fs *fs, struct windows_install *install)
{
	struct fs *view;
	int err = open_root(fs, install, &view);

	if (!err)
		err = windows_read_users_on(view ? view : fs, NULL, install);
	(void)fs_close(view); /* frees memory only */
	return err;
}

static const char *find_variable(const struct windows_variable *variables, size_t count,
				 const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_casecmp(upcase_basic(), variables[i].name, name) == 0)
			return variables[i].value;
	return NULL;
}

const char *windows_variable(const struct windows_install *install, int user, const char *name)
{
	const char *value = NULL;

	if (user >= 0 && (size_t)user < install->user_count)
		value = find_variable(install->users[user].variables,
				      install->users[user].variable_count, name);
	return value ? value : find_variable(install->variables, install->variable_count, name);
}

void windows_install_free(struct windows_install *install)
{
	free_users(install);
	free(install->directory);
	free(install->root);
	free(install->product);
	free(install->version);
	free(install->computer);
	free(install->mounted_devices);
	for (size_t i = 0; i < install->told_count; i++)
		free(install->told_hives[i]);
	free(install->told_hives);
	memset(install, 0, sizeof(*install));
}
