/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folders of installed programs, as the examined registry tells them, for the document finder (USMT
 * specification 8.2). Private to src/rules. What the registry does not name, or names in a form
 * that is not understood, is no program's folder: its files are taken.
 */
#ifndef HOLDFAST_RULES_PROGRAMS_H
#define HOLDFAST_RULES_PROGRAMS_H

#include "rules/eval.h"

/* Zero-initialise; programs_free() at the end. */
struct programs {
	struct arena arena;
	char **folders; /* "C:\App", sorted, each once; below the root of a drive */
	size_t count, cap;
	unsigned keys; /* uninstall keys looked at */
};

/*
 * Reads the uninstall keys of the computer (both widths) and of e->user, in the system context of
 * all users. At most 4,096 keys; the rest is left with a warning. 0, also when there is no registry
 * to ask, or a negative error.
 */
int programs_find(struct eval *e, struct programs *out);
void programs_free(struct programs *p);

/* Whether PATH is PARENT or lies below it. */
bool path_is_within(const struct eval *e, const char *path, const char *parent);

/* Whether EXT (without dot) is a type that only programs are made of; INDEX goes through them. */
bool is_program_type(const struct eval *e, const char *ext);
const char *program_type(size_t index); /* NULL after the last */

/* Called with an application's folder and an extension registered to it; returns 0 to go on. */
typedef int (*program_type_visit)(void *ctx, const char *folder, const char *ext);

/*
 * Visits the document types (HKLM\Software\Classes) that an application below the folder ROOT
 * opens. The application's folder is the innermost of P that holds the executable, or else the
 * executable's own. At most 20,000 types. The visitor's value or an error.
 */
int programs_each_type(struct eval *e, const struct programs *p, const char *root,
		       program_type_visit visit, void *ctx);

#endif
