/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The environment variables of an offline Windows: what Windows itself would set for the system,
 * and what the Environment keys of the hives add. Used within windows only.
 */
#ifndef HOLDFAST_WINDOWS_ENVIRONMENT_H
#define HOLDFAST_WINDOWS_ENVIRONMENT_H

#include "windows/context.h"

/*
 * Fills C->environment, and C->variables with those of USMT specification 7.1 that are not known
 * folders (SYSTEMROOT, PROGRAMFILES, PROFILESFOLDER, ...). 0 or HF_ENOMEM.
 */
int environment_of_system(struct windows_context *c);

/* Adds all text values of key PATH below FROM to RAW, unexpanded. A missing key is none. 0,
 * HF_ENOMEM. */
int environment_read(const struct hive *hive, hive_key from, const char *path,
		     struct variable_table *raw);

/*
 * Expands each variable of RAW in SCOPE and defines it in OUT unless it is there already. What
 * cannot be expanded is left out. 0 or HF_ENOMEM.
 */
int environment_expand(const struct windows_context *c, const struct variable_table *raw,
		       const struct variable_scope *scope, struct variable_table *out);

/* Defines what FROM has and TO has not in TO. 0 or HF_ENOMEM. */
int environment_export(const struct variable_table *from, struct variable_table *to);

#endif
