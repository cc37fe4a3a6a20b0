/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command lines of Holdfast's own applets: "--name", "--name VALUE", "--name=VALUE", words. */
#ifndef HOLDFAST_CMD_APPLET_H
#define HOLDFAST_CMD_APPLET_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/select.h"

/* Values in the order of the command line: of a repeatable option, or the words beside options. */
struct applet_values {
	const char **items; /* room for MAX */
	size_t count, max;
};

/* An option; exactly one of the pointers is set. */
struct applet_option {
	const char *name; /* "--keep" */
	bool *flag;
	const char **value; /* may be given once */
	struct applet_values *values;
};

struct applet_line {
	const char *applet;
	struct select *select; /* takes --volume and the like */
	const struct applet_option *options;
	size_t option_count;
	struct applet_values words;
	bool help; /* --help or /? was given: what else is wrong does not matter */
};

/* Reads ARGV. 0 or HF_EINVAL with a message. */
int applet_parse(struct applet_line *line, int argc, char **argv);

/* Flushes standard output; USMT_INIT_OPERATING_ENVIRONMENT_FAILED with a message, else CODE. */
int applet_flush(int code);

#endif
