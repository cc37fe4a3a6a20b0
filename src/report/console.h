/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console line that progress redraws in place: log clears it before it prints, so that the two
 * never mix. Private to report/.
 */
#ifndef HOLDFAST_REPORT_CONSOLE_H
#define HOLDFAST_REPORT_CONSOLE_H

#include <stdbool.h>

/* No console output at all. */
void console_set_quiet(bool quiet);

/* Shows TEXT in the line (terminal) or as a line of its own; FINAL ends it with a newline. */
void console_show_line(const char *text, bool final);

/* Removes the line in place, if one is shown. */
void console_clear_line(void);

/* True when standard output is a terminal: lines may be redrawn. */
bool console_is_terminal(void);

#endif
