/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules say when files are restored (USMT specification 4.8, 4.12 to 4.15). The rules are read
 * twice: as the old Windows meant them, for patterns that speak of what is in the store, and as the
 * new one does, for where things go and what is cleaned up there. Reads only.
 */
#ifndef HOLDFAST_ENGINE_RESTORE_RULES_H
#define HOLDFAST_ENGINE_RESTORE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine;
struct catalog;
struct mapping;
struct restore_rules;
struct restore_users;
struct rules;
struct rules_config;
struct str;
struct upcase;
struct windows_install;

/* What rules are compiled for; everything outlives them. */
struct restore_rules_input {
	struct machine *machine; /* with the new Windows chosen */
	const struct windows_install *source;
	const struct restore_users *users;
	struct catalog *catalog;
	const struct mapping *mapping;
	const struct rules_config *config; /* or NULL */
	const struct upcase *upcase;
	char letter;	   /* of the volume that holds the store */
	const char *store; /* "C:\USMTMIG" */
	/* Loads the rule files into RULES; called once for each Windows. */
	int (*load)(void *ctx, struct rules *rules);
	void *ctx;
};

/* 0, an error of LOAD, or HF_ENOMEM. Free in any case. */
int restore_rules_new(const struct restore_rules_input *input, struct restore_rules **out);
void restore_rules_free(struct restore_rules *r);

/*
 * Where the most specific locationModify rule moves file LEAF of directory DIR ("C:\Users\ann"), or
 * the directory itself when LEAF is NULL: *TO_DIR and *TO_LEAF (both replaced). 1: moved; 0: no
 * rule, or it does not apply; or a negative error. R may be NULL.
 */
int restore_rules_location(struct restore_rules *r, const char *dir, const char *leaf,
			   struct str *to_dir, struct str *to_leaf);

struct rules_object;
struct rules_apply_rule;

/*
 * The most specific rule of KIND (enum rules_apply_kind) for OBJECT of the store, or *OUT NULL.
 * OBJECT's user is restore_rules_old_user()'s. R may be NULL.
 */
int restore_rules_best(const struct restore_rules *r, int kind, const struct rules_object *object,
		       const struct rules_apply_rule **out);

/* What argument INDEX of RULE means in the new Windows, or NULL when it cannot be told. */
const char *restore_rules_target_argument(const struct restore_rules *r,
					  const struct rules_apply_rule *rule, unsigned index);

/* The number that USER of the store (-1: none) has in the rules of the old, or new, Windows. */
int restore_rules_old_user(const struct restore_rules *r, int user);
int restore_rules_new_user(const struct restore_rules *r, int user);

/* Had the include that is rule number RULE of the catalog the filter NeverRestore? */
bool restore_rules_never(const struct restore_rules *r, int64_t rule);

enum restore_merge {
	RESTORE_MERGE_DEFAULT,
	RESTORE_MERGE_SOURCE,	   /* replace the one there */
	RESTORE_MERGE_DESTINATION, /* keep it */
	RESTORE_MERGE_PATTERN,	   /* a new name by the rule's pattern */
	RESTORE_MERGE_VERSION,	   /* the newer by the version resource wins */
};

/*
 * What to do when the place of file DIR\LEAF of the store is taken; *ARGUMENT is the rule's pattern
 * or version tag.
 */
int restore_rules_merge(const struct restore_rules *r, const char *dir, const char *leaf,
			enum restore_merge *merge, const char **argument);

/*
 * Does a filter of the include that selected DIR\LEAF (rule number RULE of the catalog) keep it
 * from being restored: NeverRestore, or IgnoreIrrelevantLinks on a link to what is not there any
 * more? 1, 0 or a negative error.
 */
int restore_rules_hold_back(struct restore_rules *r, int64_t rule, const char *dir,
			    const char *leaf);

/*
 * Variables with remap (4.5): VISIT is called with each that both Windows have, what it was and is,
 * and the number of the store's user or -1.
 */
typedef int (*restore_remap_visit)(void *ctx, const char *name, const char *from, const char *to,
				   int user);
int restore_rules_remaps(const struct restore_rules *r, restore_remap_visit visit, void *ctx);

/* Says which rules about files this version does not carry out. */
void restore_rules_report(const struct restore_rules *r);

/* The new Windows' rules, for destinationCleanup; NULL when R is NULL. */
const struct rules *restore_rules_of_target(const struct restore_rules *r);

#endif
