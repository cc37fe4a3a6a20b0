/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules that decided for something, on their way into the catalog: each is written there when
 * it is first used, by whichever part of a capture.
 */
#ifndef HOLDFAST_ENGINE_USED_RULES_H
#define HOLDFAST_ENGINE_USED_RULES_H

#include <stdbool.h>
#include <stdint.h>

struct catalog;
struct rules;
struct rules_machine;

struct used_rules {
	const struct rules *rules;	     /* NULL: there are none */
	const struct rules_machine *machine; /* names the rules' users; may be NULL */
	struct catalog *catalog;
	bool *known; /* owned: which are in the catalog */
};

/* All must outlive U. 0 or HF_ENOMEM (logged); free with used_rules_free() in any case. */
int used_rules_init(struct used_rules *u, const struct rules *rules,
		    const struct rules_machine *machine, struct catalog *catalog);
void used_rules_free(struct used_rules *u);

/* The catalog's id of rule INDEX; 0 for RULES_NONE, and when U is NULL. What catalog_add_rule()
 * returns. */
int used_rules_id(struct used_rules *u, uint32_t index, int64_t *id);

#endif
