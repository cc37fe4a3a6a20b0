// SPDX-License-Identifier: GPL-2.0-or-later
/* The progress line on standard output. */
#include "report/console.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool quiet, line_shown;

void console_set_quiet(bool value)
{
	quiet = value;
}

bool console_is_terminal(void)
{
	static int known = -1;

	if (known < 0)
		known = isatty(STDOUT_FILENO);
	return known;
}

void console_show_line(const char *text, bool final)
{
	if (quiet)
		return;
	if (console_is_terminal()) {
		printf("\r%s\033[K%s", text, final ? "\n" : "");
		line_shown = !final;
	} else {
		printf("%s\n", text);
	}
	fflush(stdout);
}

void console_clear_line(void)
{
	if (line_shown && !quiet) {
		fputs("\r\033[K", stdout);
		fflush(stdout);
	}
	line_shown = false;
}
