/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One role of one component in one context, while its rules are made. Private to src/rules:
 * compile.c walks the components, rule_elements.c makes what stands in their <rules>.
 */
#ifndef HOLDFAST_RULES_UNIT_H
#define HOLDFAST_RULES_UNIT_H

#include "rules/eval.h"

struct unit {
	struct eval *e;
	struct xml_node *component, *role;
	unsigned context; /* narrowed by the components around it; a single bit or 0 */
	uint32_t instance;
	enum tri detected;
};

/*
 * Makes the rules of NODE when it is one of <include>, <exclude>, <unconditionalExclude>, the
 * apply-time rules and <addObjects>; anything else is nothing. CERTAIN: all conditions around it
 * are known.
 */
int unit_run_element(const struct unit *u, struct xml_node *node, bool certain);

/* <extensions> of a component: an include of each extension on fixed drives (4.2). */
int unit_run_extensions(const struct unit *u);

#endif
