// SPDX-License-Identifier: GPL-2.0-or-later
/* The command lines of Holdfast's own applets. */
#include "cmd/applet.h"

#include <stdio.h>
#include <string.h>

#include "report/error.h"
#include "report/log.h"

static int add_value(struct applet_values *values, const char *value)
{
	if (values->count == values->max)
		return HF_EINVAL;
	values->items[values->count++] = value;
	return 1;
}

/* Takes argv[*INDEX] as OPTION: 1 taken, 0 it is another, HF_EINVAL. */
static int take_option(const struct applet_option *option, int argc, char **argv, int *index)
{
	const char *value;
	int taken;

	if (option->flag)
		return !strcmp(argv[*index], option->name) ? (*option->flag = true) : 0;
	value = select_value(option->name, argc, argv, index);
	if (!value)
		return 0;
	if (!*value)
		return HF_EINVAL;
	if (option->values) {
		taken = add_value(option->values, value);
	} else {
		taken = *option->value ? HF_EINVAL : 1;
		*option->value = value;
	}
	if (taken < 0)
		log_error("Option %s is given too often.", option->name);
	return taken;
}

static int take(struct applet_line *line, int argc, char **argv, int *index)
{
	const char *word = argv[*index];
	int taken = select_take(line->select, argc, argv, index);

	for (size_t i = 0; i < line->option_count && !taken; i++)
		taken = take_option(&line->options[i], argc, argv, index);
	if (taken)
		return taken;
	if (!strcmp(word, "--help") || !strcmp(word, "/?"))
		return line->help = true;
	if (!strncmp(word, "--", 2) || !line->words.max) {
		log_error("%s does not know \"%s\". \"holdfast %s --help\" lists what it knows.",
			  line->applet, word, line->applet);
		return HF_EINVAL;
	}
	taken = add_value(&line->words, word);
	if (taken < 0)
		log_error("\"%s\" is one argument too many for %s. \"holdfast %s --help\" tells "
			  "what it takes.",
			  word, line->applet, line->applet);
	return taken;
}

int applet_parse(struct applet_line *line, int argc, char **argv)
{
	for (int i = 1; i < argc && !line->help; i++) {
		int taken = take(line, argc, argv, &i);

		if (taken < 0)
			return taken;
	}
	return 0;
}

int applet_flush(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	log_error("The answer could not be written to standard output.");
	return USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
}
