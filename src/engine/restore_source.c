// SPDX-License-Identifier: GPL-2.0-or-later
/* The captured Windows as its store tells it. */
#include "engine/restore_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/winpath.h"
#include "report/error.h"
#include "report/log.h"
#include "store/catalog.h"
#include "windows/install.h"

/* A list of variables that grows. */
struct growing {
	struct windows_variable *items;
	size_t count, cap;
};

struct loading {
	struct windows_install *out;
	size_t user_cap;
	struct growing variables; /* of USER */
	int64_t user;
};

static int load_user(void *ctx, const struct catalog_user *row)
{
	struct loading *l = ctx;
	struct windows_user *user;

	if (array_grow(&l->out->users, l->out->user_count, &l->user_cap))
		return log_oom();
	user = &l->out->users[l->out->user_count++];
	*user = (struct windows_user){
		.sid = strdup(row->sid),
		.domain = strdup(row->domain),
		.name = strdup(row->name),
		.profile = strdup(row->profile),
		.name_is_guess = !row->local && !*row->domain,
		.is_local = row->local,
	};
	return user->sid && user->domain && user->name && user->profile ? 0 : log_oom();
}

/* Hands the variables read so far to whom they belong; those of nobody are dropped. */
static void give(struct loading *l)
{
	if (!l->user) {
		l->out->variables = l->variables.items;
		l->out->variable_count = l->variables.count;
	} else if ((uint64_t)l->user <= l->out->user_count) {
		l->out->users[l->user - 1].variables = l->variables.items;
		l->out->users[l->user - 1].variable_count = l->variables.count;
	} else {
		for (size_t i = 0; i < l->variables.count; i++) {
			free(l->variables.items[i].name);
			free(l->variables.items[i].value);
		}
		free(l->variables.items);
	}
	l->variables = (struct growing){0};
}

static int load_variable(void *ctx, int64_t user, const char *name, const char *value)
{
	struct loading *l = ctx;
	struct windows_variable *v;

	if (user != l->user)
		give(l);
	l->user = user;
	if (array_grow(&l->variables.items, l->variables.count, &l->variables.cap))
		return log_oom();
	v = &l->variables.items[l->variables.count++];
	v->name = strdup(name);
	v->value = strdup(value);
	return v->name && v->value ? 0 : log_oom();
}

static char *fact(struct catalog *catalog, const char *key)
{
	const char *value = catalog_get(catalog, key);

	return strdup(value ? value : "");
}

int restore_source_load(struct catalog *catalog, struct windows_install *out)
{
	struct loading l = {.out = out};
	const char *path = catalog_get(catalog, "store-path"), *bits;
	int err;

	*out = (struct windows_install){
		.letter = 'C',
		.directory = fact(catalog, "windows-directory"),
		.product = fact(catalog, "windows"),
		.version = fact(catalog, "version"),
		.computer = fact(catalog, "computer"),
	};
	if (!out->directory || !out->product || !out->version || !out->computer)
		return log_oom();
	if (path)
		winpath_split(path, &out->letter, NULL);
	bits = catalog_get(catalog, "bits");
	out->bits = bits && !strcmp(bits, "64") ? 64 : 32;
	(void)sscanf(out->version, "%u.%u.%u", &out->major, &out->minor, &out->build);
	err = catalog_users(catalog, load_user, &l);
	if (!err)
		err = catalog_variables(catalog, load_variable, &l);
	give(&l);
	return err;
}
