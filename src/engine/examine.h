/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lets the rules see the examined computer: implements struct rules_machine on struct machine.
 * Reads only.
 */
#ifndef HOLDFAST_ENGINE_EXAMINE_H
#define HOLDFAST_ENGINE_EXAMINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "rules/rules.h"

struct machine;
struct registry;
struct user_decision;

struct examine {
	struct rules_machine rules_machine; /* give &rules_machine to rules_compile() */
	struct machine *machine;
	size_t *users;	      /* rules' user number -> index into the installation's users; owned */
	struct upcase upcase; /* a copy: the volume may be reopened while rules live */
	char name[512];
	struct registry *registry; /* owned */
	char *service_pack;	   /* owned; NULL until asked for */
	bool hollow_warned;	   /* of a file whose data is elsewhere */
};

/*
 * Fills E for the chosen installation of MACHINE and the users that DECISIONS captures. 0 or
 * HF_ENOMEM. Both must outlive E; free E with examine_free().
 */
int examine_init(struct examine *e, struct machine *machine, const struct user_decision *decisions);
void examine_free(struct examine *e);

#endif
