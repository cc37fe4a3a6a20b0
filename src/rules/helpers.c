// SPDX-License-Identifier: GPL-2.0-or-later
// Calls of helper functions, "MigXmlHelper.Name("a",'b',NULL)": parsing, and the table of those
// that are known (USMT specification 4.8 to 4.16).
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "report/error.h"
#include "rules/model.h"

#define ANY CALL_ARGS_MAX

struct helper {
	const char *name;
	unsigned use;
	enum helper_id id;
	uint8_t least, most; /* arguments that must not be null; that it takes */
};

static const struct helper helpers[] = {
	{"DoesObjectExist", HELPER_CONDITION, HELPER_DOES_OBJECT_EXIST, 2, 2},
	{"IsSystemContext", HELPER_CONDITION, HELPER_IS_SYSTEM_CONTEXT, 0, 0},
	{"DoesOSMatch", HELPER_CONDITION, HELPER_DOES_OS_MATCH, 2, 2},
	{"IsNative64Bit", HELPER_CONDITION, HELPER_IS_64_BIT, 0, 0},
	{"IsOSLaterThan", HELPER_CONDITION, HELPER_IS_OS_LATER, 2, 2},
	{"IsOSEarlierThan", HELPER_CONDITION, HELPER_IS_OS_EARLIER, 2, 2},
	{"DoesFileVersionMatch", HELPER_CONDITION, HELPER_VERSION_MATCH, 3, 3},
	{"IsFileVersionAbove", HELPER_CONDITION, HELPER_VERSION_ABOVE, 3, 3},
	{"IsFileVersionBelow", HELPER_CONDITION, HELPER_VERSION_BELOW, 3, 3},
	{"DoesStringContentEqual", HELPER_CONDITION, HELPER_STRING_EQUAL, 2, 3},
	{"DoesStringContentContain", HELPER_CONDITION, HELPER_STRING_CONTAIN, 2, 3},
	{"IsSameObject", HELPER_CONDITION, HELPER_SAME_OBJECT, 3, 3},
	{"IsSameContent", HELPER_CONDITION, HELPER_SAME_CONTENT, 4, 4},
	{"IsSameStringContent", HELPER_CONDITION, HELPER_SAME_STRING, 4, 4},

	{"AnswerNo", HELPER_FILTER, HELPER_ANSWER_NO, 0, 0},
	{"IgnoreIrrelevantLinks", HELPER_FILTER, HELPER_PASS, 0, 0},
	{"NeverRestore", HELPER_FILTER, HELPER_PASS, 0, 0},
	{"CompareStringContent", HELPER_FILTER, HELPER_COMPARE_STRING, 1, 2},
	{"SameRegContent", HELPER_FILTER, HELPER_SAME_REG_CONTENT, 0, ANY},
	{"FileProperties", HELPER_FILTER, HELPER_FILE_PROPERTIES, 3, 3},

	{"GenerateDrivePatterns", HELPER_SET, HELPER_DRIVE_PATTERNS, 2, 2},
	{"GenerateUserPatterns", HELPER_SET, HELPER_USER_PATTERNS, 2, 3},
	{"GenerateDocPatterns", HELPER_SET, HELPER_DOC_PATTERNS, 0, 3},
	{"GetStringContent", HELPER_VALUE, HELPER_GET_STRING, 2, 5},

	{"ExtractSingleFile", HELPER_CONTENT, HELPER_EXTRACT_FILE, 0, 2},
	{"ExtractMultipleFiles", HELPER_CONTENT, HELPER_EXTRACT_FILES, 0, 2},
	{"ExtractDirectory", HELPER_CONTENT, HELPER_EXTRACT_DIRECTORY, 0, 3},
	{"ExtractSingleFileAnsiBin", HELPER_CONTENT, HELPER_EXTRACT_ANSI, 0, 2},
	{"ExtractSingleFileUnicodeBin", HELPER_CONTENT, HELPER_EXTRACT_UNICODE, 0, 2},

	{"DestinationPriority", HELPER_MERGE, HELPER_AT_RESTORE, 0, 0},
	{"SourcePriority", HELPER_MERGE, HELPER_AT_RESTORE, 0, 0},
	{"FindFilePlaceByPattern", HELPER_MERGE, HELPER_AT_RESTORE, 1, 1},
	{"NewestVersion", HELPER_MERGE, HELPER_AT_RESTORE, 1, 1},
	{"HigherValue", HELPER_MERGE, HELPER_AT_RESTORE, 0, 0},
	{"LowerValue", HELPER_MERGE, HELPER_AT_RESTORE, 0, 0},
	{"LeafPattern", HELPER_MERGE, HELPER_AT_RESTORE, 0, ANY},

	{"ExactMove", HELPER_MOVE, HELPER_AT_RESTORE, 1, 1},
	{"Move", HELPER_MOVE, HELPER_AT_RESTORE, 1, 1},
	{"RelativeMove", HELPER_MOVE, HELPER_AT_RESTORE, 2, 2},

	{"ConvertToDWORD", HELPER_MODIFY, HELPER_AT_RESTORE, 0, 1},
	{"ConvertToString", HELPER_MODIFY, HELPER_AT_RESTORE, 0, 1},
	{"ConvertToBinary", HELPER_MODIFY, HELPER_AT_RESTORE, 0, 0},
	{"OffsetValue", HELPER_MODIFY, HELPER_AT_RESTORE, 1, 1},
	{"SetValueByTable", HELPER_MODIFY, HELPER_AT_RESTORE, 2, 3},
	{"KeepExisting", HELPER_MODIFY, HELPER_AT_RESTORE, 1, ANY},
	{"MergeMultiSzContent", HELPER_MODIFY, HELPER_AT_RESTORE, 0, ANY},
	{"MergeDelimitedContent", HELPER_MODIFY, HELPER_AT_RESTORE, 1, ANY},
	{"MergeShellLibraries", HELPER_MODIFY, HELPER_AT_RESTORE, 0, 2},
	{"ConvertToOfficeLangID", HELPER_MODIFY, HELPER_AT_RESTORE, 0, ANY},
	{"UpdateMvBinaryMapiStruct", HELPER_MODIFY, HELPER_AT_RESTORE, 0, ANY},
	{"SetPstPathInMapiStruct", HELPER_MODIFY, HELPER_AT_RESTORE, 0, ANY},
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

/* Rule files mix the two prefixes; no name stands for different things under them. */
static const struct helper *find_helper(const char *name, unsigned use)
{
	static const char *const prefixes[] = {"MigXmlHelper.", "MigSysHelper."};

	for (size_t k = 0; k < 2; k++) {
		size_t n = strlen(prefixes[k]);

		if (strncasecmp(name, prefixes[k], n))
			continue;
		for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
			if ((helpers[i].use & use) && !strcasecmp(helpers[i].name, name + n))
				return &helpers[i];
	}
	return NULL;
}

/* One argument at S; returns what follows it or NULL. *OUT is NULL for the null argument. */
static char *parse_argument(char *s, char **out)
{
	char *end, *last;

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
	/* A word without quotes: NULL, or TRUE as some files write it. */
	for (last = end; last > s && is_blank(last[-1]); last--)
		;
	*out = last == s || (last - s == 4 && !strncasecmp(s, "NULL", 4)) ? NULL : s;
	if (last < end)
		*last = '\0';
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
	const struct helper *helper;
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
	helper = find_helper(call->name, use);
	call->most = CALL_ARGS_MAX;
	if (helper) {
		call->id = helper->id;
		call->known = helper->name;
		call->least = helper->least;
		call->most = helper->most;
	}
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
	if (!strcasecmp(text, "TRUE") || !strcasecmp(text, "YES") || !strcmp(text, "1"))
		return true;
	if (!strcasecmp(text, "FALSE") || !strcasecmp(text, "NO") || !strcmp(text, "0"))
		return false;
	return fallback;
}

const char *call_arg(const struct call *call, unsigned index)
{
	return index < call->count ? call->args[index] : NULL;
}

bool call_flag(const struct call *call, unsigned index, bool fallback)
{
	return index < call->count ? text_flag(call->args[index], fallback) : fallback;
}
