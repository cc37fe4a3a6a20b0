// SPDX-License-Identifier: GPL-2.0-or-later
// Calls of helper functions, "MigXmlHelper.Name("a",'b',NULL)": parsing, and the table of those
// that are known (USMT specification 4.8, 4.9, 4.16).
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "report/error.h"
#include "rules/model.h"

struct helper {
	const char *name;
	unsigned use;
	enum helper_id id;
};

static const struct helper helpers[] = {
	{"DoesObjectExist", HELPER_CONDITION, HELPER_DOES_OBJECT_EXIST},
	{"IsSystemContext", HELPER_CONDITION, HELPER_IS_SYSTEM_CONTEXT},
	{"DoesOSMatch", HELPER_CONDITION, HELPER_NOT_YET},
	{"IsNative64Bit", HELPER_CONDITION, HELPER_NOT_YET},
	{"IsOSLaterThan", HELPER_CONDITION, HELPER_NOT_YET},
	{"IsOSEarlierThan", HELPER_CONDITION, HELPER_NOT_YET},
	{"DoesFileVersionMatch", HELPER_CONDITION, HELPER_NOT_YET},
	{"IsFileVersionAbove", HELPER_CONDITION, HELPER_NOT_YET},
	{"IsFileVersionBelow", HELPER_CONDITION, HELPER_NOT_YET},
	{"DoesStringContentEqual", HELPER_CONDITION, HELPER_NOT_YET},
	{"DoesStringContentContain", HELPER_CONDITION, HELPER_NOT_YET},
	{"IsSameObject", HELPER_CONDITION, HELPER_NOT_YET},
	{"IsSameContent", HELPER_CONDITION, HELPER_NOT_YET},
	{"IsSameStringContent", HELPER_CONDITION, HELPER_NOT_YET},

	{"AnswerNo", HELPER_FILTER, HELPER_ANSWER_NO},
	{"IgnoreIrrelevantLinks", HELPER_FILTER, HELPER_PASS},
	{"NeverRestore", HELPER_FILTER, HELPER_PASS},
	{"CompareStringContent", HELPER_FILTER, HELPER_NOT_YET},
	{"SameRegContent", HELPER_FILTER, HELPER_NOT_YET},
	{"FileProperties", HELPER_FILTER, HELPER_NOT_YET},

	{"GenerateDrivePatterns", HELPER_SET, HELPER_DRIVE_PATTERNS},
	{"GenerateUserPatterns", HELPER_SET, HELPER_USER_PATTERNS},
	{"GenerateDocPatterns", HELPER_SET, HELPER_DOC_PATTERNS},
	{"GetStringContent", HELPER_VALUE, HELPER_NOT_YET},
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char *skip_blanks(char *s)
{
	while (is_blank(*s))
		s++;
	return s;
}

static enum helper_id find_helper(const char *name, unsigned use)
{
	static const char prefix[] = "MigXmlHelper.";

	if (strncasecmp(name, prefix, sizeof(prefix) - 1))
		return HELPER_UNKNOWN;
	name += sizeof(prefix) - 1;
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
		if ((helpers[i].use & use) && !strcasecmp(helpers[i].name, name))
			return helpers[i].id;
	return HELPER_UNKNOWN;
}

/* One argument at S; returns what follows it or NULL. *OUT is NULL for the null argument. */
static char *parse_argument(char *s, char **out)
{
	char *end;

	s = skip_blanks(s);
	if (*s == '"' || *s == '\'') {
		end = strchr(s + 1, *s);
		if (!end)
			return NULL;
		*out = s + 1;
		*end = '\0';
		return skip_blanks(end + 1);
	}
	end = s + strcspn(s, ",)");
	if (!*end)
		return NULL;
	*out = s;
	/* A word without quotes: NULL, or TRUE as some files write it. */
	if ((size_t)(end - s) >= 4 && !strncasecmp(s, "NULL", 4) && *skip_blanks(s + 4) == *end)
		*out = NULL;
	else if (end == s)
		*out = NULL;
	return end;
}

static int parse_arguments(char *s, struct call *call)
{
	if (*skip_blanks(s) == ')')
		return *skip_blanks(skip_blanks(s) + 1) ? HF_EINVAL : 0;
	for (;;) {
		char *arg, *end = parse_argument(s, &arg);
		char mark;

		if (!end || (*end != ',' && *end != ')') || call->count == CALL_ARGS_MAX)
			return HF_EINVAL;
		mark = *end;
		*end = '\0';
		call->args[call->count++] = arg;
		if (mark == ')')
			return *skip_blanks(end + 1) ? HF_EINVAL : 0;
		s = end + 1;
	}
}

int call_parse(const char *text, unsigned use, struct call *call)
{
	char *open, *end;

	memset(call, 0, sizeof(*call));
	call->memory = strdup(text);
	if (!call->memory)
		return HF_ENOMEM;
	call->name = skip_blanks(call->memory);
	open = strchr(call->name, '(');
	if (!open)
		return HF_EINVAL;
	for (end = open; end > call->name && is_blank(end[-1]); end--)
		;
	if (end == call->name)
		return HF_EINVAL;
	*open = '\0';
	*end = '\0';
	call->id = find_helper(call->name, use);
	return parse_arguments(open + 1, call);
}

void call_free(struct call *call)
{
	free(call->memory);
	memset(call, 0, sizeof(*call));
}

bool text_flag(const char *text, bool fallback)
{
	if (!text)
		return fallback;
	if (!strcasecmp(text, "TRUE") || !strcasecmp(text, "YES"))
		return true;
	if (!strcasecmp(text, "FALSE") || !strcasecmp(text, "NO"))
		return false;
	return fallback;
}

bool call_flag(const struct call *call, unsigned index, bool fallback)
{
	return index < call->count ? text_flag(call->args[index], fallback) : fallback;
}
