/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The path variables of USMT specification 7: those of the system (7.1) and of one user (7.2), from
 * the hives (User Shell Folders, then Shell Folders), else the defaults of that Windows version.
 * Used within windows only.
 */
#ifndef HOLDFAST_WINDOWS_FOLDERS_H
#define HOLDFAST_WINDOWS_FOLDERS_H

#include "windows/context.h"

/*
 * Fills C->environment and C->variables. Garbage in the hives is replaced by defaults with a
 * warning. 0 or HF_ENOMEM (logged).
 */
int folders_of_system(struct windows_context *c);

/*
 * Fills USER->variables from HIVE (its NTUSER.DAT; NULL: defaults only). folders_of_system() comes
 * first. 0 or HF_ENOMEM (logged).
 */
int folders_of_user(struct windows_context *c, struct windows_user *user, const struct hive *hive);

/*
 * Reads path value NAME of KEY in HIVE into OUT as context_path() does. HF_ENOENT when there is
 * none or it is empty; HF_EINVAL, after a warning that says what is wrong and names WHAT, when it
 * is garbage; HF_ENOMEM.
 */
int folders_read_path(const struct windows_context *c, const struct hive *hive, hive_key key,
		      const char *name, const struct variable_scope *scope, const char *what,
		      struct str *out);

#endif
