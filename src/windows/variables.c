// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Variable tables and expansion.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "windows/variables.h"

/* Values refer to values; more rounds than this is a loop. */
#define EXPANSION_ROUNDS 16
#define NAME_MAX_BYTES	 256

static struct windows_variable *find_item(const struct variable_table *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (text_casecmp(upcase_basic(), t->items[i].name, name) == 0)
			return &t->items[i];
	return NULL;
}

const char *variables_get(const struct variable_table *t, const char *name)
{
	const struct windows_variable *item = find_item(t, name);

	return item ? item->value : NULL;
}

const char *variables_find(const struct variable_scope *scope, const char *name)
{
	for (; scope; scope = scope->outer) {
		const char *value = variables_get(scope->table, name);

		if (value)
			return value;
	}
	return NULL;
}

int variables_set(struct variable_table *t, const char *name, const char *value)
{
	struct windows_variable *item = find_item(t, name);
	char *copy = strdup(value);

	if (!copy)
		return HF_ENOMEM;
	if (item) {
		free(item->value);
		item->value = copy;
		return 0;
	}
	if (array_grow(&t->items, t->count, &t->cap)) {
		free(copy);
		return HF_ENOMEM;
	}
	item = &t->items[t->count];
	item->value = copy;
	item->name = strdup(name);
	if (!item->name) {
		free(copy);
		return HF_ENOMEM;
	}
	t->count++;
	return 0;
}

/* The value of the reference that starts at TEXT ("%NAME%"), or NULL; *LEN is its length. */
static const char *reference(const struct variable_scope *scope, const char *text, size_t *len)
{
	char name[NAME_MAX_BYTES];
	const char *end = strchr(text + 1, '%');
	size_t n;

	if (!end)
		return NULL;
	n = (size_t)(end - text) - 1;
	if (n == 0 || n >= sizeof(name))
		return NULL;
	memcpy(name, text + 1, n);
	name[n] = '\0';
	*len = n + 2;
	return variables_find(scope, name);
}

/* One round: appends TEXT to OUT with its references replaced; *CHANGED tells whether it had any.
 */
static int expand_once(const struct variable_scope *scope, const char *text, struct str *out,
		       bool *changed)
{
	*changed = false;
	while (*text) {
		size_t len = 1;
		const char *value = *text == '%' ? reference(scope, text, &len) : NULL;
		int err;

		if (value) {
			*changed = true;
			err = str_adds(out, value);
		} else {
			len = 1;
			err = str_addc(out, *text);
		}
		if (err)
			return err;
		if (out->len > VARIABLE_VALUE_MAX)
			return HF_ELIMIT;
		text += len;
	}
	return 0;
}

int variables_expand(const struct variable_scope *scope, const char *text, struct str *out)
{
	struct str now = {0}, next = {0};
	bool changed = true;
	int err = str_adds(&now, text);

	for (int round = 0; !err && changed; round++) {
		if (round == EXPANSION_ROUNDS) {
			err = HF_ELIMIT;
			break;
		}
		str_truncate(&next, 0);
		err = expand_once(scope, now.data ? now.data : "", &next, &changed);
		if (!err) {
			struct str swap = now;

			now = next;
			next = swap;
		}
	}
	str_free(&next);
	if (err) {
		str_free(&now);
		return err;
	}
	str_free(out);
	*out = now;
	return 0;
}

void variables_free(struct variable_table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->items[i].name);
		free(t->items[i].value);
	}
	free(t->items);
	memset(t, 0, sizeof(*t));
}
