/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of variables and the expansion of "%NAME%" in them. Names are case-insensitive. Pure work
 * in memory; used within windows only.
 */
#ifndef HOLDFAST_WINDOWS_VARIABLES_H
#define HOLDFAST_WINDOWS_VARIABLES_H

#include <stddef.h>

#include "windows/install.h"

struct str;

/* Longest value in bytes; a longer one is not believed (and stops runaway expansion). */
#define VARIABLE_VALUE_MAX 4096

/* Zero-initialise; owns its entries. */
struct variable_table {
	struct windows_variable *items;
	size_t count;
	size_t cap;
};

/* Tables to look names up in, innermost first. */
struct variable_scope {
	const struct variable_table *table;
	const struct variable_scope *outer; /* NULL at the end */
};

/* Defines NAME, replacing an older value. Copies both. 0 or HF_ENOMEM. */
int variables_set(struct variable_table *t, const char *name, const char *value);

/* The value of NAME or NULL. */
const char *variables_get(const struct variable_table *t, const char *name);

/* The value of NAME in the innermost table that has it, or NULL. */
const char *variables_find(const struct variable_scope *scope, const char *name);

/*
 * Replaces OUT by TEXT with every known %NAME% expanded, repeatedly; unknown ones stay as they are,
 * as Windows leaves them. 0, HF_ELIMIT when it does not end or grows beyond VARIABLE_VALUE_MAX,
 * HF_ENOMEM.
 */
int variables_expand(const struct variable_scope *scope, const char *text, struct str *out);

void variables_free(struct variable_table *t);

#endif
