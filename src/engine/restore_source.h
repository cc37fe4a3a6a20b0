/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The captured Windows as its store tells it: version, users, variables. Reads the catalog only. */
#ifndef HOLDFAST_ENGINE_RESTORE_SOURCE_H
#define HOLDFAST_ENGINE_RESTORE_SOURCE_H

struct catalog;
struct windows_install;

/*
 * Fills OUT with what CATALOG says: computer, version, bits, letter, directory, all users (number N
 * is the catalog's N + 1) and the variables of both contexts. 0, HF_ENOMEM or a reading error. Free
 * it with windows_install_free() in any case.
 */
int restore_source_load(struct catalog *catalog, struct windows_install *out);

#endif
