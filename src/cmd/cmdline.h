/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command line as Windows programs read it: one string, cut into arguments. */
#ifndef HOLDFAST_CMD_CMDLINE_H
#define HOLDFAST_CMD_CMDLINE_H

#include <stddef.h>

#include "base/mem.h"

struct cmdline {
	char **argv; /* argc entries; in the arena */
	int argc;
	size_t cap;
	struct arena arena;
};

/* Adds ARG as it is. 0 or HF_ENOMEM. */
int cmdline_add(struct cmdline *c, const char *arg);

/*
 * Cuts TEXT by the rules of CommandLineToArgvW and adds the arguments: blanks separate, double
 * quotes group, backslashes are literal unless they stand before a quote (2n: n backslashes and the
 * quote groups; 2n+1: n and a literal quote). By these rules the quote in "C:\Store\" never closes;
 * when a quote is left open, the text is cut once more with \" before a blank taken as the end,
 * which is what people mean. 0, HF_ENOMEM, or HF_EINVAL for a quote that is never closed.
 */
int cmdline_split(struct cmdline *c, const char *text);

void cmdline_free(struct cmdline *c);

#endif
