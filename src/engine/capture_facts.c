// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the catalog says about the capture besides the objects.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "engine/capture_private.h"
#include "engine/errors.h"
#include "engine/freshness.h"
#include "engine/users.h"
#include "report/error.h"
#include "report/log.h"
#include "store/catalog.h"
#include "windows/machine.h"

/* The whole host file PATH into fresh memory. */
static int read_host_file(const char *path, char **data, size_t *len)
{
	struct str text = {0};
	FILE *f = fopen(path, "re");
	char buf[65536];
	size_t n;
	int ret = f ? 0 : HF_EIO;

	while (!ret && (n = fread(buf, 1, sizeof(buf), f)))
		ret = str_add(&text, buf, n);
	if (!ret && ferror(f))
		ret = HF_EIO;
	if (f)
		fclose(f);
	if (ret == HF_EIO)
		log_error("%s could not be read again: %s.", path, strerror(errno));
	*len = text.len;
	*data = str_take(&text);
	return ret;
}

/* The rules are wanted again at restore: the store keeps a copy of each file. */
static int keep_rule_files(const struct capture *c, struct catalog *catalog)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < c->options.rule_count; i++) {
		struct str path = {0};
		char *data = NULL;
		size_t len = 0;

		ret = c->options.find_rule_file(c->options.rules[i], &path);
		if (!ret)
			ret = read_host_file(path.data, &data, &len);
		if (!ret)
			ret = catalog_add_rule_file(catalog, (int64_t)i + 1, c->options.rules[i],
						    data, len);
		free(data);
		str_free(&path);
	}
	return ret;
}

/* Where each folder was: the restore maps paths by that. */
static int keep_variables(struct catalog *catalog, int64_t user,
			  const struct windows_variable *list, size_t count)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < count; i++)
		ret = catalog_add_variable(catalog, user, list[i].name, list[i].value);
	return ret;
}

int capture_describe(const struct capture *c, struct catalog *catalog)
{
	const struct windows_install *w = c->machine->chosen;
	char when[32];
	time_t now = time(NULL);
	struct tm tm;
	int ret = 0;

	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	const char *const facts[][2] = {
		{"tool", "Holdfast " HOLDFAST_VERSION},
		{"started", when},
		{"command-line", c->options.command_line},
		{"then-wipe", c->options.then_wipe ? "yes" : "no"},
		{"store-path", c->options.store},
		{"windows", w->product},
		{"windows-directory", w->directory},
		{"windows-root", w->root},
		{"version", w->version},
		{"bits", w->bits == 64 ? "64" : "32"},
		{"computer", w->computer},
	};
	for (size_t i = 0; !ret && i < sizeof(facts) / sizeof(*facts); i++)
		ret = catalog_set(catalog, facts[i][0], facts[i][1]);
	if (!ret)
		ret = catalog_set_id(catalog);
	for (size_t u = 0; !ret && u < w->user_count; u++) {
		const struct catalog_user row = {
			.sid = w->users[u].sid,
			.domain = w->users[u].domain,
			.name = w->users[u].name,
			.profile = w->users[u].profile,
			.local = !*w->users[u].domain &&
				 (w->users[u].is_local || !w->users[u].name_is_guess),
			.captured = c->decisions[u].captured,
			.reason = c->decisions[u].reason};
		ret = catalog_add_user(catalog, &row);
		if (!ret)
			ret = keep_variables(catalog, (int64_t)u + 1, w->users[u].variables,
					     w->users[u].variable_count);
	}
	if (!ret)
		ret = keep_variables(catalog, 0, w->variables, w->variable_count);
	if (!ret)
		ret = freshness_record(machine_volume(c->machine, w->letter)->fs, w, catalog);
	return ret ? ret : keep_rule_files(c, catalog);
}

static int add_skipped(struct catalog *catalog, const struct object_error *list, size_t count)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < count; i++)
		ret = catalog_add_skipped(catalog, list[i].path, list[i].reason);
	return ret;
}

int capture_record_skipped(const struct capture *c, struct catalog *catalog)
{
	int ret = add_skipped(catalog, c->errors->list, c->errors->count);

	return ret ? ret : add_skipped(catalog, c->errors->left_out, c->errors->left_out_count);
}
