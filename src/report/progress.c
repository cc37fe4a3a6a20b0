// SPDX-License-Identifier: GPL-2.0-or-later
/* Progress on the console and in the progress log. */
#include "report/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "report/console.h"
#include "report/error.h"
#include "report/textfile.h"

#define TERMINAL_INTERVAL 0.2 /* seconds between redrawn lines */
#define LINE_INTERVAL	  5.0 /* seconds between lines when they cannot be redrawn */
#define CHECK_EVERY	  256 /* updates between looks at the clock */

static struct {
	FILE *file;
	bool failed;
	double start; /* of the run, for the elapsed field */
	char name[32], unit[16];
	uint64_t total, next_check;
	double phase_start, last_shown;
	int last_percent;
} state;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int progress_open(const char *path)
{
	state.file = fopen(path, "we");
	state.start = now();
	state.failed = false;
	return state.file ? 0 : HF_EIO;
}

int progress_close(void)
{
	return textfile_close(&state.file, state.failed);
}

static void write_value(const char *value)
{
	if (!strpbrk(value, ", \"")) {
		fputs(value, state.file);
		return;
	}
	fputc('"', state.file);
	for (; *value; value++) {
		if (*value == '"')
			fputc('"', state.file);
		fputc(*value, state.file);
	}
	fputc('"', state.file);
}

void progress_record(const char *key, const char *value, ...)
{
	unsigned elapsed = (unsigned)(now() - state.start);
	char when[64];
	struct tm tm;
	va_list args;

	if (!state.file)
		return;
	time_t t = time(NULL);
	localtime_r(&t, &tm);
	strftime(when, sizeof(when), "%d %b %Y, %H:%M:%S %z", &tm);
	/* "+0100" -> "+01:00" */
	size_t n = strlen(when);
	memmove(when + n - 1, when + n - 2, 3);
	when[n - 2] = ':';
	fprintf(state.file, "%s, %02u:%02u:%02u", when, elapsed / 3600, elapsed / 60 % 60,
		elapsed % 60);
	va_start(args, value);
	while (key) {
		fprintf(state.file, ", %s, ", key);
		write_value(value ? value : "");
		key = va_arg(args, const char *);
		value = key ? va_arg(args, const char *) : NULL;
	}
	va_end(args);
	if (fputc('\n', state.file) == EOF || fflush(state.file))
		state.failed = true;
}

static void format_time(double seconds, char *out, size_t size)
{
	unsigned s = seconds < 0 ? 0 : seconds > 359999 ? 359999 : (unsigned)(seconds + 0.5);

	if (s >= 3600)
		snprintf(out, size, "%u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(out, size, "%u:%02u", s / 60, s % 60);
}

static void show(uint64_t done, double t)
{
	double spent = t - state.phase_start;
	double rate = spent > 0.001 ? (double)done / spent : 0;
	char line[160], left[16];

	if (state.total) {
		unsigned percent =
			(unsigned)((done > state.total ? state.total : done) * 100 / state.total);
		double rest = state.total > done ? (double)(state.total - done) : 0;
		format_time(rate > 0 ? rest / rate : 0, left, sizeof(left));
		snprintf(line, sizeof(line),
			 "%s: %" PRIu64 " of %" PRIu64 " %s, %u %%, %.0f/s, %s left", state.name,
			 done, state.total, state.unit, percent, rate, rate > 0 ? left : "?");
	} else {
		snprintf(line, sizeof(line), "%s: %" PRIu64 " %s, %.0f/s", state.name, done,
			 state.unit, rate);
	}
	console_show_line(line, false);
	state.last_shown = t;
}

static void record_percent(uint64_t done, double t)
{
	char percent_text[16], minutes[16];

	if (!state.file || !state.total)
		return;
	int percent = (int)(done * 100 / state.total);
	if (percent <= state.last_percent)
		return;
	state.last_percent = percent;
	double spent = t - state.phase_start;
	double left = done ? spent / (double)done * (double)(state.total - done) : 0;
	snprintf(percent_text, sizeof(percent_text), "%d", percent);
	snprintf(minutes, sizeof(minutes), "%.0f", left / 60);
	progress_record("totalPercentageCompleted", percent_text, "totalMinutesRemaining", minutes,
			NULL);
}

void progress_phase(const char *name, const char *unit, uint64_t total)
{
	snprintf(state.name, sizeof(state.name), "%s", name);
	snprintf(state.unit, sizeof(state.unit), "%s", unit);
	state.total = total;
	state.next_check = 0;
	state.last_percent = -1;
	state.phase_start = now();
	state.last_shown = state.phase_start;
	progress_record("PHASE", name, NULL);
}

void progress_update(uint64_t done)
{
	if (done < state.next_check)
		return;
	state.next_check = done + CHECK_EVERY;
	double t = now();
	if (t - state.last_shown >= (console_is_terminal() ? TERMINAL_INTERVAL : LINE_INTERVAL)) {
		show(done, t);
		record_percent(done < state.total ? done : state.total, t);
	}
}

void progress_end(uint64_t done)
{
	double spent = now() - state.phase_start;
	char line[160], time_text[16];

	format_time(spent, time_text, sizeof(time_text));
	snprintf(line, sizeof(line), "%s: %" PRIu64 " %s in %s (%.0f/s)", state.name, done,
		 state.unit, time_text, spent > 0.001 ? (double)done / spent : (double)done * 1000);
	console_show_line(line, true);
	record_percent(state.total, now());
}
