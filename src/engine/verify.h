/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compares a store with its catalog, on all its volumes: every directory and file is there under
 * its name and is the very record that was captured (USMT specification 3, "natural extension" of
 * /verify). Reads only.
 */
#ifndef HOLDFAST_ENGINE_VERIFY_H
#define HOLDFAST_ENGINE_VERIFY_H

#include <stdint.h>

struct catalog;
struct parts;

struct verify_result {
	uint64_t dirs, files; /* that check out */
	uint64_t missing, different, unexpected;
};

/*
 * Checks that the catalog's settings can be read, and the store that PARTS hold: one directory read
 * for each directory, sizes from the records. Each fault is an error message (the first 20). 0 when
 * whole, HF_ECORRUPT when not, or the error that stopped it.
 */
int verify_store(const struct parts *parts, struct catalog *catalog, struct verify_result *result);

#endif
