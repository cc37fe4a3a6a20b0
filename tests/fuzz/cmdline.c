// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Command lines: arguments quoted as Windows programs quote them come out of cmdline_split() as
 * they were, and ScanState's options are taken or refused with a message.
 */
#include "cmd/cmdline.h"

#include <stdbool.h>

#include "cmd/scanstate_options.h"
#include "fuzz/fuzz.h"
#include "report/error.h"
#include "report/log.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	log_set_quiet(true);
	return 0;
}

/* Adds ARG in quotes: backslashes are doubled before a quote, and at the end. */
static void quote(struct str *line, const char *arg)
{
	size_t slashes = 0;
	int failed = str_adds(line, *line->data ? " \"" : "\"");

	for (; !failed; arg++) {
		if (*arg == '\\') {
			slashes++;
			continue;
		}
		for (size_t n = *arg && *arg != '"' ? slashes : 2 * slashes; n && !failed; n--)
			failed = str_addc(line, '\\');
		slashes = 0;
		if (*arg == '"')
			failed |= str_addc(line, '\\');
		failed |= str_addc(line, *arg ? *arg : '"');
		if (!*arg)
			break;
	}
	fuzz_assert(!failed);
}

static void check_round_trip(const struct cmdline *args)
{
	struct cmdline again = {0};
	struct str line = {0};

	fuzz_assert(!str_adds(&line, ""));
	for (int i = 0; i < args->argc; i++)
		quote(&line, args->argv[i]);
	fuzz_assert(!cmdline_split(&again, line.data));
	fuzz_assert(again.argc == args->argc);
	for (int i = 0; i < args->argc; i++)
		fuzz_assert(!strcmp(again.argv[i], args->argv[i]));
	cmdline_free(&again);
	str_free(&line);
}

static void check_list(const struct option_list *list)
{
	fuzz_assert(list->count <= USMT_LIST_MAX);
	for (size_t i = 0; i < list->count; i++)
		fuzz_assert(list->items[i]);
}

static void check_options(struct cmdline *args)
{
	struct usmt_options o = {0};
	unsigned errors = log_error_count();
	int code = scanstate_options_parse(&o, args->argc, args->argv);

	if (code == USMT_SUCCESS) {
		fuzz_assert(log_error_count() == errors);
	} else if (code == USMT_DISPLAY_HELP) {
		/* Help was asked for before the fault. */
		fuzz_assert(log_error_count() <= errors + 1);
	} else {
		fuzz_assert(code == USMT_INVALID_PARAMETERS ||
			    code == USMT_ERROR_OPTION_PARAM_TOO_LARGE);
		fuzz_assert(log_error_count() == errors + 1);
	}
	check_list(&o.rules);
	check_list(&o.include_users);
	check_list(&o.exclude_users);
	if (code == USMT_SUCCESS) {
		fuzz_assert(o.joined && o.line.argc >= 1);
		fuzz_assert(o.verbosity >= 0 && o.verbosity <= 15);
	}
	usmt_options_free(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	struct cmdline args = {0};
	char *text = fuzz_text(&in);

	fuzz_assert(!cmdline_add(&args, "scanstate"));
	if (!cmdline_split(&args, text)) {
		check_round_trip(&args);
		check_options(&args);
	} else {
		fuzz_assert(strchr(text, '"'));
	}
	cmdline_free(&args);
	free(text);
	return 0;
}
