// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules in the catalog.
 */
#include "engine/used_rules.h"

#include <stdlib.h>

#include "report/log.h"
#include "rules/rules.h"
#include "store/catalog.h"

int used_rules_init(struct used_rules *u, const struct rules *rules,
		    const struct rules_machine *machine, struct catalog *catalog)
{
	*u = (struct used_rules){.rules = rules, .machine = machine, .catalog = catalog};
	u->known = calloc(rules ? rules_count(rules) + (size_t)1 : 1, sizeof(*u->known));
	return u->known ? 0 : log_oom();
}

void used_rules_free(struct used_rules *u)
{
	free(u->known);
	u->known = NULL;
}

int used_rules_id(struct used_rules *u, uint32_t index, int64_t *id)
{
	static const char *const kinds[] = {
		[RULES_INCLUDE] = "include",
		[RULES_EXCLUDE] = "exclude",
		[RULES_UNCONDITIONAL_EXCLUDE] = "unconditionalExclude",
	};
	const struct rules_rule *rule;
	struct catalog_rule row;

	*id = 0;
	if (index == RULES_NONE || !u || !u->rules)
		return 0;
	*id = (int64_t)index + 1;
	if (u->known[index])
		return 0;
	u->known[index] = true;
	rule = rules_rule(u->rules, index);
	row = (struct catalog_rule){
		.id = *id,
		.kind = kinds[rule->kind],
		.pattern = rule->pattern,
		.file = rule->file,
		.component = rule->component,
		.line = rule->line,
	};
	if (rule->user >= 0 && u->machine)
		row.user = u->machine->user_name(u->machine->ctx, rule->user);
	return catalog_add_rule(u->catalog, &row);
}
