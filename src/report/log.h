/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one place messages go through. A message goes to the log file when one is open (lines in the
 * form of USMT's main log, USMT specification 9.4) and, from LOG_STATUS on, to the console: errors
 * and warnings on standard error, the rest on standard output. Process-wide state; single-threaded.
 */
#ifndef HOLDFAST_REPORT_LOG_H
#define HOLDFAST_REPORT_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "report/error.h"

enum log_level {
	LOG_DETAIL, /* log file at /v:4 and above only */
	LOG_INFO,   /* log file */
	LOG_STATUS, /* log file and console */
	LOG_WARNING,
	LOG_ERROR,
};

/*
 * Opens (creates or truncates) the log file PATH, a host path; messages given before are not
 * repeated. VERBOSITY is the sum of ScanState's /v (USMT specification 1): 1 verbose, 4 objects,
 * 8 echo everything to the console. Returns 0, or HF_EIO with errno set; says nothing itself.
 */
int log_open(const char *path, int verbosity);

/* Flushes, syncs and closes the log file. Returns 0 or HF_EIO when anything was not written. */
int log_close(void);

/* No console output at all (tests); the default is console output. */
void log_set_quiet(bool quiet);

/* Keeps the last error and warning messages for tests: a copy of the newest, "" when none. */
const char *log_last_error(void);

/* How many warnings and errors were given so far. */
unsigned log_warning_count(void);
unsigned log_error_count(void);

/* True when messages of LOG_DETAIL are wanted; guards the cost of making them. */
bool log_wants_detail(void);

void log_message(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * What happened, to which object, why, and what to do next. The text is one line or several; no
 * trailing newline.
 */
#define log_error(...)	 log_message(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_status(...)	 log_message(LOG_STATUS, __VA_ARGS__)
#define log_info(...)	 log_message(LOG_INFO, __VA_ARGS__)
#define log_detail(...)	 log_message(LOG_DETAIL, __VA_ARGS__)

/* Logs "out of memory", once in a run. */
void log_out_of_memory(void);

/* The same, and returns HF_ENOMEM: `return log_oom();`. */
static inline int log_oom(void)
{
	log_out_of_memory();
	return HF_ENOMEM;
}

#endif
