/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings: what rules select of the registry and of ini files (USMT specification 4.6). Deciding
 * makes a plan and only reads; storing writes what the plan says into the catalog. The plan holds
 * places in hives, not data: a value is read again when it is stored.
 */
#ifndef HOLDFAST_ENGINE_SETTINGS_H
#define HOLDFAST_ENGINE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "windows/registry.h"

struct catalog;
struct examine;
struct object_errors;
struct rules;
struct used_rules;

/* A key of the tree that the catalog will have; see struct catalog_reg_key. */
struct settings_key {
	struct registry_key key;
	const char *name;		   /* WTF-8 */
	uint32_t parent;		   /* index; its own for a root */
	uint32_t first_value, value_count; /* slice of settings_plan.values */
	uint32_t rule;			   /* winner, or RULES_NONE */
	int user;			   /* the rules' user whose HKCU it is in; else -1 */
	bool selected;			   /* by a rule, not only as somebody's parent */
	bool needed;			   /* selected, or something in or below it is */
};

struct settings_value {
	uint32_t index; /* among the key's values */
	uint32_t rule;
};

struct settings_ini {
	const char *file, *section, *name, *value; /* WTF-8 */
	uint32_t order;				   /* in which it was found */
	uint32_t rule;
};

struct settings_plan {
	struct settings_key *keys; /* depth first, parents before children */
	size_t key_count, key_cap;
	struct settings_value *values; /* in the order of their keys */
	size_t value_count, value_cap;
	struct settings_ini *inis;
	size_t ini_count, ini_cap;
	uint64_t needed_keys;		 /* rows of the catalog */
	uint64_t bytes;			 /* of the values' data */
	uint64_t seen_keys, seen_values; /* objects looked at */
	struct arena text;
};

/*
 * Puts the registry of E before RULES: HKLM, HKU\.DEFAULT, HKCU of each captured user; and the ini
 * files that they name. A hive or key that cannot be read goes through ERRORS. Progress is
 * reported. Free with settings_plan_free() in any case.
 */
int settings_plan_make(struct settings_plan *plan, struct examine *e, const struct rules *rules,
		       struct object_errors *errors);
void settings_plan_free(struct settings_plan *plan);

/* The ini part of settings_plan_make(): adds to PLAN. */
int settings_plan_ini(struct settings_plan *plan, struct examine *e, const struct rules *rules,
		      struct object_errors *errors);

/* Appends "HKCU\Software\X" of key number KEY. 0 or HF_ENOMEM. */
int settings_key_path(const struct settings_plan *plan, uint32_t key, struct str *path);

/* True for a key that is in no hive, only above one that is: it has a name and nothing else. */
bool settings_key_is_made(const struct settings_key *key);

/* What was stored. */
struct settings_result {
	uint64_t keys, values, inis;
};

/*
 * Adds what PLAN says to CATALOG, whose users have been added. Decides nothing; a value that cannot
 * be read goes through ERRORS.
 */
int settings_store(const struct settings_plan *plan, struct examine *e, struct used_rules *used,
		   struct catalog *catalog, struct object_errors *errors,
		   struct settings_result *result);

#endif
