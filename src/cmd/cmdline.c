// SPDX-License-Identifier: GPL-2.0-or-later
/* Cuts a Windows command line into arguments. */
#include "cmd/cmdline.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "report/error.h"

int cmdline_add(struct cmdline *c, const char *arg)
{
	char *copy = arena_strdup(&c->arena, arg);

	if (!copy || array_grow(&c->argv, (size_t)c->argc, &c->cap))
		return HF_ENOMEM;
	c->argv[c->argc++] = copy;
	return 0;
}

/*
 * Takes the backslashes and the quote that may follow them at *S. Returns 0 or HF_ENOMEM; *GROUP is
 * turned when the quote is a grouping one. LENIENT: a quote before a blank ends a group although a
 * backslash stands before it.
 */
static int take_backslashes(const char **s, struct str *arg, bool *group, bool lenient)
{
	size_t n = strspn(*s, "\\");
	int ret = 0;

	*s += n;
	if (**s != '"') {
		while (!ret && n--)
			ret = str_addc(arg, '\\');
		return ret;
	}
	bool closes = lenient && *group && strchr(" \t\r\n", (*s)[1]);
	bool literal = (n % 2) && !closes;
	for (size_t i = 0; !ret && i < (literal ? n / 2 : (n + 1) / 2); i++)
		ret = str_addc(arg, '\\');
	if (!ret && literal)
		ret = str_addc(arg, '"');
	if (!literal)
		*group = !*group;
	(*s)++;
	return ret;
}

static int split(struct cmdline *c, const char *text, bool lenient)
{
	struct str arg = {0};
	bool group = false, open = false;
	int ret = 0;

	for (const char *s = text; !ret;) {
		if (!*s || (!group && strchr(" \t\r\n", *s))) {
			if (open) {
				ret = cmdline_add(c, arg.data ? arg.data : "");
				str_truncate(&arg, 0);
				open = false;
			}
			if (!*s)
				break;
			s++;
			continue;
		}
		open = true;
		if (*s == '\\' || *s == '"')
			ret = take_backslashes(&s, &arg, &group, lenient);
		else
			ret = str_addc(&arg, *s++);
	}
	str_free(&arg);
	return ret ? ret : group ? HF_EINVAL : 0;
}

int cmdline_split(struct cmdline *c, const char *text)
{
	int before = c->argc;
	int ret = split(c, text, false);

	if (ret == HF_EINVAL) {
		c->argc = before;
		ret = split(c, text, true);
	}
	return ret;
}

void cmdline_free(struct cmdline *c)
{
	free(c->argv);
	arena_free(&c->arena);
	memset(c, 0, sizeof(*c));
}
