// SPDX-License-Identifier: GPL-2.0-or-later
/* Content of registry values. */
#include "engine/setting_change.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/setting_text.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/hive.h"

/* winnt.h; the others are in hive.h. */
#define REG_DWORD_BIG_ENDIAN 5

static uint64_t number_at(const uint8_t *data, size_t len, bool big)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n |= (uint64_t)data[i] << 8 * (big ? len - 1 - i : i);
	return n;
}

/* A whole text that is a number: decimal, or hexadecimal after 0x; blanks around do not matter. */
static bool parse_number(const char *text, int64_t *out)
{
	bool negative;
	uint64_t n = 0;
	unsigned base = 10;
	size_t digits = 0;

	text += strspn(text, " \t");
	negative = *text == '-';
	text += negative;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	for (;; text++, digits++) {
		unsigned digit = (unsigned)(*text - '0');

		if (base == 16 && digit > 9)
			digit = (unsigned)((*text | 32) - 'a') + 10;
		if (digit >= base)
			break;
		if (n > (UINT64_C(1) << 58))
			return false;
		n = n * base + digit;
	}
	text += strspn(text, " \t");
	*out = negative ? -(int64_t)n : (int64_t)n;
	return digits && !*text;
}

/* The number that SETTING is. */
static bool number_of(const struct setting *s, int64_t *out)
{
	struct str text = {0};
	bool is = false;

	switch (s->type) {
	case HIVE_DWORD:
	case REG_DWORD_BIG_ENDIAN:
		*out = (int64_t)number_at(s->data, s->len == 4 ? 4 : 0,
					  s->type == REG_DWORD_BIG_ENDIAN);
		return s->len == 4;
	case HIVE_QWORD:
		*out = (int64_t)number_at(s->data, s->len == 8 ? 8 : 0, false);
		return s->len == 8 && *out >= 0;
	case HIVE_SZ:
	case HIVE_EXPAND_SZ:
		is = !setting_text(s, &text) && text.data && parse_number(text.data, out);
		str_free(&text);
		return is;
	default:
		return false;
	}
}

static int put_bytes(uint32_t type, const void *data, size_t len, struct setting *out)
{
	uint8_t *copy = malloc(len + 1);

	if (!copy)
		return log_oom();
	memcpy(copy, data, len);
	*out = (struct setting){type, copy, len};
	// cppcheck-suppress memleak
	return 1;
}

static int put_number(uint32_t type, int64_t number, struct setting *out)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)((uint64_t)number >> 8 * i);
	return put_bytes(type, bytes, type == HIVE_QWORD ? 8 : 4, out);
}

static int put_decimal(int64_t number, struct setting *out)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, number);
	return setting_put_text(HIVE_SZ, text, out);
}

static int keep(const struct setting *source, struct setting *out)
{
	return put_bytes(source->type, source->data, source->len, out);
}

static const char *argument(const struct setting_rule *rule, unsigned index)
{
	return index < rule->arg_count ? rule->args[index] : NULL;
}

static int to_dword(const struct setting_rule *rule, const struct setting *source,
		    const struct setting *there, struct setting *out)
{
	const char *fallback = argument(rule, 0);
	int64_t number = 0;

	(void)there;
	if (source->type == HIVE_BINARY && source->len == 4)
		number = (int64_t)number_at(source->data, 4, false);
	else if ((!number_of(source, &number) || number > UINT32_MAX || number < INT32_MIN) &&
		 (!fallback || !parse_number(fallback, &number)))
		number = 0;
	return put_number(HIVE_DWORD, number, out);
}

static int to_string(const struct setting_rule *rule, const struct setting *source,
		     const struct setting *there, struct setting *out)
{
	const char *fallback = argument(rule, 0);
	struct str text = {0};
	int64_t number;
	int err;

	(void)there;
	if (source->type != HIVE_SZ && source->type != HIVE_EXPAND_SZ)
		return number_of(source, &number)
			       ? put_decimal(number, out)
			       : setting_put_text(HIVE_SZ, fallback ? fallback : "0", out);
	err = setting_text(source, &text);
	if (!err)
		err = setting_put_text(HIVE_SZ, text.data ? text.data : "", out);
	str_free(&text);
	return err;
}

static int to_binary(const struct setting_rule *rule, const struct setting *source,
		     const struct setting *there, struct setting *out)
{
	(void)rule;
	(void)there;
	return put_bytes(HIVE_BINARY, source->data, source->len, out);
}

/* A value that is no number stays. */
static int offset(const struct setting_rule *rule, const struct setting *source,
		  const struct setting *there, struct setting *out)
{
	const char *by = argument(rule, 0);
	int64_t number, n;

	(void)there;
	if (!by || !parse_number(by, &n) || !number_of(source, &number))
		return keep(source, out);
	number = (int64_t)((uint64_t)number + (uint64_t)n);
	if (source->type == HIVE_SZ || source->type == HIVE_EXPAND_SZ)
		return put_decimal(number, out);
	return put_number(source->type == HIVE_QWORD ? HIVE_QWORD : HIVE_DWORD, number, out);
}

/* Entry INDEX of the comma list LIST, without blanks around it; false when it has none. */
static bool list_entry(const char *list, size_t index, const char **text, size_t *len)
{
	for (; index; index--) {
		list = strchr(list, ',');
		if (!list++)
			return false;
	}
	list += strspn(list, " \t");
	*text = list;
	*len = strcspn(list, ",");
	while (*len && (list[*len - 1] == ' ' || list[*len - 1] == '\t'))
		--*len;
	return true;
}

/* TEXT in the kind of value that SOURCE is. */
static int put_like(const struct setting *source, const char *text, struct setting *out)
{
	int64_t number;

	if (source->type == HIVE_DWORD && parse_number(text, &number))
		return put_number(HIVE_DWORD, number, out);
	return setting_put_text(source->type == HIVE_EXPAND_SZ ? HIVE_EXPAND_SZ : HIVE_SZ, text,
				out);
}

static int by_table(const struct setting_rule *rule, const struct setting *source,
		    const struct setting *there, struct setting *out)
{
	const char *from = argument(rule, 0), *to = argument(rule, 1), *found = NULL;
	const char *fallback = argument(rule, 2);
	struct str text = {0};
	size_t len = 0;
	int err = setting_text(source, &text);

	(void)there;
	for (size_t i = 0; !err && !found && from && to; i++) {
		if (!list_entry(from, i, &found, &len))
			break;
		if (len == text.len && !strncasecmp(found, text.data ? text.data : "", len)) {
			if (!list_entry(to, i, &found, &len))
				found = NULL;
			break;
		}
		found = NULL;
	}
	str_truncate(&text, 0);
	if (!err && (found || fallback))
		err = str_add(&text, found ? found : fallback, found ? len : strlen(fallback))
			      ? log_oom()
			      : put_like(source, text.data, out);
	str_free(&text);
	return err;
}

static const struct {
	const char *name;
	int (*modify)(const struct setting_rule *, const struct setting *, const struct setting *,
		      struct setting *);
} helpers[] = {
	{"ConvertToDWORD", to_dword},
	{"ConvertToString", to_string},
	{"ConvertToBinary", to_binary},
	{"OffsetValue", offset},
	{"SetValueByTable", by_table},
	{"MergeMultiSzContent", setting_merge_multi},
	{"MergeDelimitedContent", setting_merge_delimited},
	/* What it can keep of a value, times and security, is the key's, and is kept always. */
	{"KeepExisting", NULL},
};

bool setting_knows_content_helper(const char *name)
{
	for (size_t i = 0; i < sizeof(helpers) / sizeof(*helpers); i++)
		if (!strcmp(name, helpers[i].name))
			return true;
	return false;
}

int setting_modify(const struct setting_rule *rule, const struct setting *source,
		   const struct setting *there, struct setting *out)
{
	for (size_t i = 0; rule && i < sizeof(helpers) / sizeof(*helpers); i++)
		if (!strcmp(rule->helper, helpers[i].name) && helpers[i].modify)
			return helpers[i].modify(rule, source, there, out);
	return keep(source, out);
}

bool setting_wins(enum setting_merge merge, const struct setting *source,
		  const struct setting *there)
{
	int64_t a, b;

	if (merge == SETTING_DESTINATION)
		return false;
	if (merge == SETTING_SOURCE || !number_of(source, &a) || !number_of(there, &b))
		return true;
	return merge == SETTING_HIGHER ? a > b : a < b;
}

bool setting_equal(const struct setting *a, const struct setting *b)
{
	return a->type == b->type && a->len == b->len && !memcmp(a->data, b->data, a->len);
}
