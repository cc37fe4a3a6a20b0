// SPDX-License-Identifier: GPL-2.0-or-later
/* The log file and the console. */
#include "report/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "report/console.h"
#include "report/error.h"
#include "report/textfile.h"

#define VERBOSITY_VERBOSE  1
#define VERBOSITY_OBJECTS  4
#define VERBOSITY_DEBUGGER 8

static struct {
	FILE *file;
	int verbosity;
	bool quiet, failed, oom_said;
	unsigned warnings, errors;
	char last_error[512];
} state;

static const char *const level_name[] = {"Info", "Info", "Status", "Warning", "Error"};

int log_open(const char *path, int verbosity)
{
	state.file = fopen(path, "we");
	if (!state.file)
		return HF_EIO;
	state.verbosity = verbosity;
	state.failed = false;
	return 0;
}

int log_close(void)
{
	return textfile_close(&state.file, state.failed);
}

void log_set_quiet(bool quiet)
{
	state.quiet = quiet;
	console_set_quiet(quiet);
}

const char *log_last_error(void)
{
	return state.last_error;
}

unsigned log_warning_count(void)
{
	return state.warnings;
}

unsigned log_error_count(void)
{
	return state.errors;
}

bool log_wants_detail(void)
{
	return state.file && (state.verbosity & VERBOSITY_OBJECTS);
}

/* "YYYY-MM-DD hh:mm:ss, Info                  [0x000000] text" (USMT specification 9.4). */
static void write_file(enum log_level level, const char *text)
{
	char when[32];
	struct tm tm;
	time_t now = time(NULL);

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	if (fprintf(state.file, "%s, %-22s[0x000000] %s\n", when, level_name[level], text) < 0 ||
	    (level >= LOG_STATUS && fflush(state.file)))
		state.failed = true;
}

static void write_console(enum log_level level, const char *text)
{
	FILE *to = level >= LOG_WARNING ? stderr : stdout;

	console_clear_line();
	if (level == LOG_WARNING)
		fputs("warning: ", to);
	else if (level == LOG_ERROR)
		fputs("error: ", to);
	fprintf(to, "%s\n", text);
	fflush(to);
}

/* Control characters of hostile names must not steer the terminal; line breaks are ours. */
static void make_printable(const char *text, char *out, size_t size)
{
	size_t len = 0;

	while (*text && len + 2 < size) {
		size_t n = strcspn(text, "\n\t");
		char piece[4096];

		if (n >= sizeof(piece))
			n = sizeof(piece) - 1;
		memcpy(piece, text, n);
		piece[n] = '\0';
		text_printable(piece, out + len, size - len - 1);
		len += strlen(out + len);
		text += n;
		if (*text == '\n' || *text == '\t')
			out[len++] = *text++;
	}
	out[len] = '\0';
}

void log_message(enum log_level level, const char *format, ...)
{
	static char raw[8192], text[16384];
	va_list args;

	if (level == LOG_DETAIL && !log_wants_detail())
		return;
	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	make_printable(raw, text, sizeof(text));
	if (level == LOG_WARNING)
		state.warnings++;
	if (level == LOG_ERROR)
		state.errors++;
	if (level >= LOG_WARNING)
		snprintf(state.last_error, sizeof(state.last_error), "%.500s", text);
	if (state.file)
		write_file(level, text);
	if (!state.quiet && (level >= LOG_STATUS || (state.verbosity & VERBOSITY_DEBUGGER)))
		write_console(level, text);
}

void log_out_of_memory(void)
{
	if (!state.oom_said)
		log_error(
			"Out of memory. Nothing more was written; use a machine with more memory, "
			"or fewer rules and volumes at once.");
	state.oom_said = true;
}
