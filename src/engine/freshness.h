/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has Windows run since a store was made? Then there may be work that the store does not hold.
 */
#ifndef HOLDFAST_ENGINE_FRESHNESS_H
#define HOLDFAST_ENGINE_FRESHNESS_H

#include <stdbool.h>

struct fs;
struct catalog;
struct windows_install;

/* Writes the mark of INSTALL on FS, which its next start changes, into CATALOG. */
int freshness_record(struct fs *fs, const struct windows_install *install, struct catalog *catalog);

/* *FRESH: INSTALL still has the mark, or CATALOG was given none. */
int freshness_check(struct fs *fs, const struct windows_install *install, struct catalog *catalog,
		    bool *fresh);

#endif
