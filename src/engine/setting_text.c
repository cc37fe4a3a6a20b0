// SPDX-License-Identifier: GPL-2.0-or-later
/* Texts in registry values, and their union with those that are there. */
#include "engine/setting_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/hive.h"

/* Appends the N units at DATA (little-endian, in no alignment) to TEXT. */
static int add_units(const uint8_t *data, size_t n, struct str *text)
{
	uint16_t *units = malloc((n + 1) * sizeof(*units));
	char *out = NULL;
	int err = 0;

	for (size_t i = 0; units && i < n; i++)
		units[i] = (uint16_t)(data[2 * i] | data[2 * i + 1] << 8);
	if (units)
		out = text_dup_utf16(units, n);
	if (!out || str_adds(text, out))
		err = log_oom();
	free(units);
	free(out);
	return err;
}

/* The units before the first NUL of the LEN bytes at DATA. */
static size_t text_units(const uint8_t *data, size_t len)
{
	size_t n = 0;

	while (2 * n + 1 < len && (data[2 * n] || data[2 * n + 1]))
		n++;
	return n;
}

int setting_text(const struct setting *s, struct str *text)
{
	uint64_t number = 0;

	str_truncate(text, 0);
	if (s->type == HIVE_SZ || s->type == HIVE_EXPAND_SZ)
		return add_units(s->data, text_units(s->data, s->len), text);
	if (s->type != HIVE_DWORD && s->type != HIVE_QWORD)
		return 0;
	for (size_t i = 0; i < s->len && i < 8; i++)
		number |= (uint64_t)s->data[i] << 8 * i;
	return str_addf(text, "%" PRIu64, number) ? log_oom() : 0;
}

int setting_texts_add(struct setting_texts *t, const char *text, size_t len)
{
	if (array_grow(&t->items, t->count, &t->cap))
		return log_oom();
	t->items[t->count] = strndup(text, len);
	return t->items[t->count++] ? 0 : log_oom();
}

void setting_texts_free(struct setting_texts *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->items[i]);
	free(t->items);
	*t = (struct setting_texts){0};
}

int setting_texts_read(const struct setting *s, struct setting_texts *out)
{
	struct str text = {0};
	size_t at = 0;
	int err = 0;

	if (s->type != HIVE_MULTI_SZ && s->type != HIVE_SZ && s->type != HIVE_EXPAND_SZ)
		return 0;
	while (!err && at + 1 < s->len) {
		size_t n = text_units(s->data + at, s->len - at);

		if (!n && s->type == HIVE_MULTI_SZ)
			break; /* the list's end */
		str_truncate(&text, 0);
		err = add_units(s->data + at, n, &text);
		if (!err)
			err = setting_texts_add(out, text.data ? text.data : "", text.len);
		if (s->type != HIVE_MULTI_SZ)
			break;
		at += 2 * (n + 1);
	}
	str_free(&text);
	return err;
}

/* Appends TEXT as UTF-16LE with a NUL to OUT. */
static int add_utf16(const char *text, struct str *out)
{
	size_t len = strlen(text);
	uint16_t *units = malloc((len + 1) * sizeof(*units));
	int n = units ? text_to_utf16(text, len, units, len) : HF_ENOMEM, err = n < 0 ? n : 0;

	for (int i = 0; !err && i <= n; i++) {
		uint16_t unit = i < n ? units[i] : 0;
		const char bytes[2] = {(char)(unit & 0xff), (char)(unit >> 8)};

		err = str_add(out, bytes, 2);
	}
	free(units);
	return err == HF_ENOMEM ? log_oom() : err;
}

static int take(uint32_t type, struct str *bytes, int err, struct setting *out)
{
	if (err) {
		str_free(bytes);
		return err;
	}
	*out = (struct setting){type, (const uint8_t *)bytes->data, bytes->len};
	return 1;
}

int setting_put_text(uint32_t type, const char *text, struct setting *out)
{
	struct str bytes = {0};
	int err = add_utf16(text, &bytes);

	return take(type, &bytes, err, out);
}

int setting_put_texts(const struct setting_texts *t, struct setting *out)
{
	struct str bytes = {0};
	int err = 0;

	for (size_t i = 0; !err && i < t->count; i++)
		err = add_utf16(t->items[i], &bytes);
	if (!err)
		err = add_utf16("", &bytes);
	return take(HIVE_MULTI_SZ, &bytes, err, out);
}

static size_t find(const struct setting_texts *t, const char *text)
{
	size_t i = 0;

	while (i < t->count && text_casecmp(upcase_basic(), t->items[i], text))
		i++;
	return i;
}

static int add_new(struct setting_texts *to, const struct setting_texts *from)
{
	int err = 0;

	for (size_t i = 0; !err && i < from->count; i++)
		if (find(to, from->items[i]) == to->count)
			err = setting_texts_add(to, from->items[i], strlen(from->items[i]));
	return err;
}

/* The pairs of RULE's arguments from FIRST on: "Add", text, "Remove", text. */
static int carry_out(const struct setting_rule *rule, unsigned first, struct setting_texts *t)
{
	int err = 0;

	for (unsigned i = first; !err && i + 1 < rule->arg_count; i += 2) {
		const char *what = rule->args[i], *text = rule->args[i + 1];
		size_t at = what && text ? find(t, text) : 0;

		if (!what || !text)
			continue;
		if (!strcasecmp(what, "Add") && at == t->count) {
			err = setting_texts_add(t, text, strlen(text));
		} else if (!strcasecmp(what, "Remove") && at < t->count) {
			free(t->items[at]);
			t->count--;
			memmove(&t->items[at], &t->items[at + 1],
				(t->count - at) * sizeof(*t->items));
		}
	}
	return err;
}

int setting_merge_multi(const struct setting_rule *rule, const struct setting *source,
			const struct setting *there, struct setting *out)
{
	struct setting_texts own = {0}, other = {0}, all = {0};
	int err = setting_texts_read(source, &own);

	if (!err && there)
		err = setting_texts_read(there, &other);
	if (!err)
		err = add_new(&all, &own);
	if (!err)
		err = add_new(&all, &other);
	if (!err)
		err = carry_out(rule, 0, &all);
	if (!err)
		err = setting_put_texts(&all, out);
	setting_texts_free(&own);
	setting_texts_free(&other);
	setting_texts_free(&all);
	return err;
}

/* Adds the pieces of S between the characters of DELIMITERS. */
static int split(const struct setting *s, const char *delimiters, struct setting_texts *out)
{
	struct str text = {0};
	const char *at;
	int err = setting_text(s, &text);

	at = text.data ? text.data : "";
	while (!err && *at) {
		size_t len = strcspn(at, delimiters);

		if (len)
			err = setting_texts_add(out, at, len);
		at += len + (at[len] != '\0');
	}
	str_free(&text);
	return err;
}

int setting_merge_delimited(const struct setting_rule *rule, const struct setting *source,
			    const struct setting *there, struct setting *out)
{
	const char *delimiters = rule->arg_count && rule->args[0] ? rule->args[0] : ";";
	struct setting_texts own = {0}, other = {0}, all = {0};
	struct str text = {0};
	int err = split(source, delimiters, &own);

	if (!err && there)
		err = split(there, delimiters, &other);
	if (!err)
		err = add_new(&all, &own);
	if (!err)
		err = add_new(&all, &other);
	if (!err)
		err = carry_out(rule, 1, &all);
	for (size_t i = 0; !err && i < all.count; i++)
		if ((i && str_addc(&text, *delimiters)) || str_adds(&text, all.items[i]))
			err = log_oom();
	if (!err)
		err = setting_put_text(source->type == HIVE_EXPAND_SZ ? HIVE_EXPAND_SZ : HIVE_SZ,
				       text.data ? text.data : "", out);
	str_free(&text);
	setting_texts_free(&own);
	setting_texts_free(&other);
	setting_texts_free(&all);
	return err;
}
