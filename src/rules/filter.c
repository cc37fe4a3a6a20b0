// SPDX-License-Identifier: GPL-2.0-or-later
// Filters that are asked for each object at ScanState: FileProperties and CompareStringContent
// (USMT specification 4.8).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"
#include "rules/model.h"
#include "rules/values.h"

enum property { FILE_SIZE, DATE_CREATED, DATE_MODIFIED, DATE_ACCESSED };
enum operation { OP_RANGE, OP_NEQ, OP_LTE, OP_LT, OP_EQ, OP_GTE, OP_GT };

#define TICKS_PER_DAY 864000000000ull /* of 100 ns */

static int find_word(const char *word, const char *const *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (!strcasecmp(words[i], word))
			return (int)i;
	return -1;
}

/* "10KB" in bytes; what follows goes to *END. */
static bool parse_size(const char *s, uint64_t *out, const char **end)
{
	static const struct {
		const char *name;
		unsigned shift;
	} units[] = {{"KB", 10}, {"MB", 20}, {"GB", 30}, {"B", 0}};
	uint64_t value = 0;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (value > UINT64_MAX >> 34)
			return false;
		value = value * 10 + (unsigned)(*s - '0');
	}
	while (*s == ' ')
		s++;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strncasecmp(s, units[i].name, strlen(units[i].name)))
			continue;
		if (value > UINT64_MAX >> units[i].shift)
			return false;
		*out = value << units[i].shift;
		*end = s + strlen(units[i].name);
		return true;
	}
	*out = value;
	*end = s;
	return true;
}

/* Days from 1601-01-01 to the date; the usual count of days by leap years. */
static uint64_t days_of(unsigned year, unsigned month, unsigned day)
{
	static const unsigned before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	unsigned y = year - 1;
	bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;

	return (uint64_t)y * 365 + y / 4 - y / 100 + y / 400 + before[month - 1] + day - 1 +
	       (leap && month > 2) - 584388u;
}

/* "YYYY/MM/DD" in days. */
static bool parse_date(const char *s, uint64_t *out, const char **end)
{
	unsigned year, month, day;
	int used = 0;

	if (sscanf(s, "%4u/%2u/%2u%n", &year, &month, &day, &used) != 3 || !used)
		return false;
	if (year < 1601 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*out = days_of(year, month, day);
	*end = s + used;
	return true;
}

static bool parse_value(const char *s, enum property property, uint64_t *out, const char **end)
{
	while (*s == ' ')
		s++;
	if (!(property == FILE_SIZE ? parse_size(s, out, end) : parse_date(s, out, end)))
		return false;
	while (**end == ' ')
		++*end;
	return true;
}

static int make_properties(const struct call *call, struct filter *out, const char **why)
{
	static const char *const properties[] = {"filesize", "dateCreated", "dateModified",
						 "dateAccessed"};
	static const char *const operators[] = {"range", "neq", "lte", "lt", "eq", "gte", "gt"};
	const char *value = call_arg(call, 2), *end = "";
	int property, op;

	if (!call_arg(call, 0) || !call_arg(call, 1) || !value) {
		*why = "FileProperties needs three arguments";
		return HF_EINVAL;
	}
	property = find_word(call->args[0], properties, 4);
	op = find_word(call->args[1], operators, 7);
	*why = "FileProperties knows filesize, dateCreated, dateModified, dateAccessed and range, "
	       "neq, lte, lt, eq, gte, gt";
	if (property < 0 || op < 0)
		return HF_EINVAL;
	out->property = (uint8_t)property;
	out->op = (uint8_t)op;
	*why = "the value of FileProperties is a date as 2023/05/15, a size as 10KB, or two of "
	       "them with a - between";
	if (!parse_value(value, out->property, &out->low, &end))
		return HF_EINVAL;
	out->high = out->low;
	if (*end == '-' && !parse_value(end + 1, out->property, &out->high, &end))
		return HF_EINVAL;
	if (*end)
		return HF_EINVAL;
	/* Some manuals print the end before the start. */
	if (out->high < out->low) {
		uint64_t low = out->high;

		out->high = out->low;
		out->low = low;
	}
	return 0;
}

int filter_make(struct arena *arena, const struct call *call, struct filter *out, const char **why)
{
	const char *type;

	*out = (struct filter){.id = call->id};
	if (call->id == HELPER_FILE_PROPERTIES)
		return make_properties(call, out, why);
	if (!call_arg(call, 0)) {
		*why = "CompareStringContent needs a text to compare with";
		return HF_EINVAL;
	}
	type = call_arg(call, 1);
	out->equal = type && !strcasecmp(type, "Equal");
	out->text = arena_strdup(arena, call->args[0]);
	return out->text ? 0 : HF_ENOMEM;
}

static bool holds(const struct filter *f, uint64_t value)
{
	switch (f->op) {
	case OP_RANGE:
	case OP_EQ:
		return value >= f->low && value <= f->high;
	case OP_NEQ:
		return value < f->low || value > f->high;
	case OP_LTE:
		return value <= f->high;
	case OP_LT:
		return value < f->low;
	case OP_GTE:
		return value >= f->low;
	default:
		return value > f->high;
	}
}

/* 1, 0, or a negative error when it cannot be told. */
static int properties_hold(const struct rules_machine *m, const struct filter *f, const char *path)
{
	struct rules_file_info info;
	uint64_t ticks;
	int error = m->stat ? m->stat(m->ctx, path, &info) : HF_EUNSUPPORTED;

	if (error)
		return error;
	switch (f->property) {
	case FILE_SIZE:
		return info.is_dir ? HF_EUNSUPPORTED : holds(f, info.size);
	case DATE_CREATED:
		ticks = info.created;
		break;
	case DATE_MODIFIED:
		ticks = info.modified;
		break;
	default:
		ticks = info.accessed;
		break;
	}
	return holds(f, ticks / TICKS_PER_DAY);
}

/* The text form of a file is its text here; a directory or key has none. */
static int text_holds(const struct rules *rules, const struct rule *rule, int user,
		      const char *path, const char *name)
{
	const struct filter *f = rule->filter;
	struct str text = {0};
	int error = HF_ENOENT;
	bool same;

	if (name)
		error = object_text(rules->machine, user, rule->pattern.type, path, name, &text);
	if (error && error != HF_ENOENT) {
		str_free(&text);
		return error;
	}
	same = !error && !text_casecmp(rules->machine->upcase, text.data ? text.data : "", f->text);
	str_free(&text);
	return same == f->equal;
}

bool filter_keeps(const struct rules *rules, const struct rule *rule, int user, const char *path,
		  const char *name)
{
	struct str full = {0};
	int result;

	if (rule->filter->id == HELPER_COMPARE_STRING) {
		result = text_holds(rules, rule, user, path, name);
	} else if (rule->pattern.type != RULES_FILE) {
		result = HF_EUNSUPPORTED;
	} else {
		result = join_path(&full, path, name);
		if (!result)
			result = properties_hold(rules->machine, rule->filter, full.data);
		str_free(&full);
	}
	return result < 0 ? rule->shown.kind == RULES_INCLUDE : result;
}
