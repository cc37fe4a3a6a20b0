// SPDX-License-Identifier: GPL-2.0-or-later
// Ini files: lines to sections and settings.
#include "base/ini.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* Cuts blanks at both ends of S. */
static char *trim(char *s)
{
	size_t n;

	while (*s == ' ' || *s == '\t')
		s++;
	n = strlen(s);
	while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		s[--n] = '\0';
	return s;
}

/* The name in "[name]": up to the last bracket, so that it may hold brackets itself. */
static const char *section_name(char *line)
{
	char *close = strrchr(line, ']');

	if (close)
		*close = '\0';
	return trim(line + 1);
}

static int each_line(char *text, ini_visit visit, void *ctx)
{
	const char *section = "";

	for (char *line = text, *next; line; line = next) {
		char *end = line + strcspn(line, "\r\n"), *equal;
		int result;

		next = *end ? end + 1 : NULL;
		*end = '\0';
		line = trim(line);
		if (*line == '[') {
			section = section_name(line);
			continue;
		}
		equal = strchr(line, '=');
		if (*line == ';' || !equal || equal == line)
			continue;
		*equal = '\0';
		result = visit(ctx, section, trim(line), trim(equal + 1));
		if (result)
			return result;
	}
	return 0;
}

int ini_read(const void *data, size_t len, ini_visit visit, void *ctx)
{
	struct str text = {0};
	int result = text_decode(data, len, &text);

	if (!result && text.data)
		result = each_line(text.data, visit, ctx);
	str_free(&text);
	return result;
}
