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

/*
 * An object of the store: a file, or a directory that has a fault. PATH is where it was captured
 * ("C:\Users\ann\x"); FAULT is what is wrong with it, or NULL. 0 to go on, or an error.
 */
typedef int (*verify_visit)(void *ctx, const char *path, const char *fault);

/*
 * As verify_store(), telling VISIT each object instead of giving messages, and looking closer: the
 * record itself must have the name that the store's directory says.
 */
int verify_store_each(const struct parts *parts, struct catalog *catalog, verify_visit visit,
		      void *ctx, struct verify_result *result);

#endif
