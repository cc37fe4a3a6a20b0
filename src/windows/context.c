// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opens the hives of an installation and translates its paths.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/fs.h"
#include "windows/context.h"
#include "windows/links.h"

#define CURRENT_VERSION "Microsoft\\Windows NT\\CurrentVersion"

/* True when the state of the hive at PATH was told before; from now on it was. */
static bool was_told(struct windows_install *install, const char *path)
{
	const char *rest = path;
	char *copy;

	(void)winpath_split(path, NULL, &rest);
	for (size_t i = 0; i < install->told_count; i++)
		if (text_casecmp(upcase_basic(), install->told_hives[i], rest) == 0)
			return true;
	copy = strdup(rest);
	if (copy && array_grow(&install->told_hives, install->told_count, &install->told_cap) == 0)
		install->told_hives[install->told_count++] = copy;
	else
		free(copy); /* it is told again then */
	return false;
}

static int tell_damage(const struct hive *hive, const char *path)
{
	struct str text = {0};
	char shown[512];
	int err = hive_damage_text(hive, &text);

	if (!err)
		log_warning("%s: this registry hive is damaged: %s. The rest is read; check the "
			    "disk, or restore the hive from a backup.",
			    text_printable(path, shown, sizeof(shown)), text.data);
	str_free(&text);
	return err ? log_oom() : 0;
}

int context_note_hive(struct windows_install *install, const struct hive *hive, const char *path)
{
	unsigned replayed = hive_replayed(hive);
	size_t damages;
	char shown[512];

	(void)hive_damage(hive, &damages);
	if (hive_is_dirty(hive) && !install->hives_dirty) {
		install->hives_dirty = true;
		log_warning(
			"%s: Windows was switched off before this registry hive was complete; "
			"and its .LOG files do not have all that is missing; it is read without "
			"the newest changes. Start and shut down that Windows properly if they "
			"matter.",
			text_printable(path, shown, sizeof(shown)));
	}
	if ((damages == 0 && replayed == 0) || was_told(install, path))
		return 0;
	if (replayed > 0)
		log_info("%s: replayed %u transaction%s from this registry hive's logs.",
			 text_printable(path, shown, sizeof(shown)), replayed,
			 replayed == 1 ? "" : "s");
	return damages > 0 ? tell_damage(hive, path) : 0;
}

/* Opens SOFTWARE or SYSTEM; HF_ENOENT in silence, everything else after a warning. */
static int open_system_hive(struct fs *fs, struct windows_install *install, const char *name,
			    struct hive **out)
{
	struct str path = {0};
	char shown[512];
	const char *why;
	int err = str_addf(&path, "%s\\System32\\config\\%s", windows_own_directory(install), name);

	*out = NULL;
	if (err)
		return log_oom();
	err = hive_open(fs, path.data, out, &why);
	if (err && err != HF_ENOENT)
		log_warning("%s: this registry hive cannot be used: %s. The Windows in %s is left "
			    "out; check the disk, or restore the hive from a backup.",
			    text_printable(path.data, shown, sizeof(shown)), why,
			    install->directory);
	if (!err)
		err = context_note_hive(install, *out, path.data);
	str_free(&path);
	return err;
}

int windows_control_set(const struct hive *system, hive_key *out)
{
	static const char *const names[] = {"Current", "Default", "LastKnownGood"};
	char path[32];
	hive_key select;
	uint32_t number;

	if (hive_find(system, hive_root(system), "Select", &select) == 0)
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			if (hive_dword(system, select, names[i], &number) || number == 0)
				continue;
			(void)snprintf(path, sizeof(path), "ControlSet%03u", number);
			if (hive_find(system, hive_root(system), path, out) == 0)
				return 0;
		}
	return hive_find(system, hive_root(system), "ControlSet001", out);
}

/* The letter in the installation's own SystemRoot, or 'C'. */
static char own_letter(const struct windows_context *c)
{
	hive_key key;
	char *text, letter = 'C';

	if (hive_find(c->software, hive_root(c->software), CURRENT_VERSION, &key) == 0 &&
	    hive_text(c->software, key, "SystemRoot", &text) == 0) {
		if (!winpath_split(text, &letter, NULL))
			letter = 'C';
		free(text);
	}
	return letter;
}

/* Checks that the two hives are what their names say. */
static int check_keys(struct windows_context *c)
{
	hive_key key;
	int err = hive_find(c->software, hive_root(c->software), CURRENT_VERSION, &key);

	if (!err)
		err = windows_control_set(c->system, &c->control);
	if (err && err != HF_ENOENT && err != HF_ENOMEM)
		log_warning("%s\\System32\\config: the registry of this Windows is damaged inside; "
			    "it is left out. Check the disk, or restore SOFTWARE and SYSTEM from a "
			    "backup.",
			    c->install->directory);
	return err;
}

int context_open(struct windows_context *c, struct fs *fs, struct windows_install *install)
{
	int err;

	memset(c, 0, sizeof(*c));
	c->fs = fs;
	c->install = install;
	err = open_system_hive(fs, install, "SOFTWARE", &c->software);
	if (!err) {
		err = open_system_hive(fs, install, "SYSTEM", &c->system);
		if (err == HF_ENOENT) {
			log_warning(
				"%s\\System32\\config has a SOFTWARE hive but no SYSTEM hive; the "
				"Windows there is left out.",
				install->directory);
			err = HF_ECORRUPT;
		}
	}
	if (!err)
		err = check_keys(c);
	if (!err)
		c->own_letter = own_letter(c);
	if (err)
		context_close(c);
	return err;
}

void context_close(struct windows_context *c)
{
	hive_close(c->software);
	hive_close(c->system);
	variables_free(&c->environment);
	variables_free(&c->variables);
	memset(c, 0, sizeof(*c));
}

struct hive *context_open_hive(struct windows_context *c, struct fs *fs, const char *path,
			       const char *consequence)
{
	struct hive *hive;
	char shown[512];
	const char *why;

	if (hive_open(fs, path, &hive, &why)) {
		log_warning("%s: this registry hive cannot be used: %s. %s",
			    text_printable(path, shown, sizeof(shown)), why, consequence);
		return NULL;
	}
	(void)context_note_hive(c->install, hive, path);
	return hive;
}

void context_set_letter(const struct windows_context *c, struct str *path)
{
	if (path->data[0] == c->own_letter)
		path->data[0] = c->install->letter;
}

static bool is_separator(char c)
{
	return c == '\\' || c == '/';
}

int context_path(const struct windows_context *c, const struct variable_scope *scope,
		 const char *text, struct str *out)
{
	struct str expanded = {0};
	const char *p;
	bool broken;
	int err = variables_expand(scope, text, &expanded);

	if (err)
		return err;
	p = expanded.data ? expanded.data : "";
	if (strncmp(p, "\\\\?\\", 4) == 0 && winpath_split(p + 4, NULL, NULL))
		p += 4;
	str_truncate(out, 0);
	if (is_separator(p[0]) && is_separator(p[1])) {
		err = str_adds(out, p);
	} else {
		err = winpath_normalise(p, c->own_letter, out);
		if (!err) {
			context_set_letter(c, out);
			err = links_follow(c, out, &broken);
		}
	}
	str_free(&expanded);
	return err;
}

struct fs *context_fs_of(const struct windows_context *c, const char *path)
{
	char letter;

	if (!winpath_split(path, &letter, NULL))
		return NULL;
	if (letter == c->install->letter)
		return c->fs;
	return c->volumes ? c->volumes->find(c->volumes->ctx, letter) : NULL;
}
