/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Closing a text file on the host so that nothing lost on the way stays unnoticed. Private to
 * report/. */
#ifndef HOLDFAST_REPORT_TEXTFILE_H
#define HOLDFAST_REPORT_TEXTFILE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Flushes, syncs and closes *FILE (may be NULL) and sets it to NULL. FAILED: a write failed before.
 * Returns 0 or HF_EIO when anything was not written.
 */
int textfile_close(FILE **file, bool failed);

#endif
