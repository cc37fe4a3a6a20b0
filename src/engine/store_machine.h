/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lets rules see the old Windows as its store tells it: implements struct rules_machine on a
 * catalog's variables and the files in the store. Reads only.
 */
#ifndef HOLDFAST_ENGINE_STORE_MACHINE_H
#define HOLDFAST_ENGINE_STORE_MACHINE_H

#include <stdint.h>

#include "rules/rules.h"

struct machine;
struct restore_users;
struct windows_install;

struct store_machine {
	struct rules_machine rules_machine; /* give &rules_machine to rules_compile() */
	struct machine *machine;	    /* whose volume holds the store */
	char letter;
	const char *store; /* "C:\USMTMIG" */
	const struct windows_install *source;
	const struct restore_users *restored;
	uint32_t *users; /* rules' user number -> index into RESTORED; owned */
	char name[512];
};

/*
 * Fills M for the users of RESTORED that are selected, in the order of their places in the new
 * Windows, so that those have the same numbers there. 0 or HF_ENOMEM. All must outlive M.
 */
int store_machine_init(struct store_machine *m, struct machine *machine, char letter,
		       const char *store, const struct windows_install *source,
		       const struct restore_users *restored, const struct upcase *upcase);
void store_machine_free(struct store_machine *m);

/*
 * The object PATH ("C:\Users\ann") of the store: *FS and *REF. HF_ENOENT in silence when it was not
 * kept.
 */
struct fs;
int store_machine_find(const struct store_machine *m, const char *path, struct fs **fs,
		       uint64_t *ref);

#endif
