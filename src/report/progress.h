/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells how far the work is: on the console (phase, objects done of total, rate, time left; redrawn
 * in place on a terminal, a line every few seconds elsewhere) and in USMT's machine-readable
 * progress log (USMT specification 9.3). Process-wide state.
 */
#ifndef HOLDFAST_REPORT_PROGRESS_H
#define HOLDFAST_REPORT_PROGRESS_H

#include <stdint.h>

/*
 * Opens the progress log PATH (a host path). Returns 0 or HF_EIO with errno set; says nothing.
 * Without it the functions below only serve the console.
 */
int progress_open(const char *path);

/* Closes it. Returns 0 or HF_EIO when something was not written. */
int progress_close(void);

/*
 * Writes one record: the three fixed fields, then the key-value pairs given as alternating strings
 * up to a NULL; a value with a comma, blank or quote is quoted. Numbers are passed as text.
 */
void progress_record(const char *key, const char *value, ...) __attribute__((sentinel));

/*
 * Begins a phase. NAME is USMT's ("Scanning", "Collecting", "Saving") or ours ("Wiping"); UNIT is
 * what is counted ("files", "folders"); TOTAL is 0 when not known yet.
 */
void progress_phase(const char *name, const char *unit, uint64_t total);

/* DONE objects of the phase are done; cheap enough to call for each one. */
void progress_update(uint64_t done);

/* Ends the phase: a last full line on the console with count, time and rate. */
void progress_end(uint64_t done);

#endif
