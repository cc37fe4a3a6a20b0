/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Config.xml (USMT specification 5): which components migrate, and the policies on errors, locked
 * files and profiles.
 */
#ifndef HOLDFAST_RULES_CONFIG_H
#define HOLDFAST_RULES_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/rules.h"

struct rules_config;

/*
 * Reads the Config.xml at host path PATH, called NAME in messages, into *OUT (rules_config_free()).
 * HF_ENOENT, HF_EINVAL (not well-formed, or another root: a rule file is recognised and /i named),
 * HF_ELIMIT, HF_EIO, HF_ENOMEM; messages name file and line.
 */
int rules_config_load(const char *path, const char *name, struct rules_config **out);
void rules_config_free(struct rules_config *cfg);

/*
 * Whether the component ID migrates: no only when the file says so; of one ID with yes and no, yes
 * wins; below an entry with no, all is no (5.1). Case does not matter.
 */
bool config_migrates(const struct rules_config *cfg, const char *id);

enum rules_error_policy {
	RULES_POLICY_NONE, /* nothing said: fatal without /c */
	RULES_POLICY_NON_FATAL,
	RULES_POLICY_FATAL /* also with /c */
};

/*
 * What ErrorControl says of OBJECT (type File or Registry) and Win32 error CODE: the first entry in
 * document order that fits (5.2).
 */
enum rules_error_policy rules_config_error_policy(const struct rules_config *cfg,
						  const struct rules_object *object, unsigned code);

enum rules_locked_policy { RULES_LOCKED_NONE, RULES_LOCKED_LINK, RULES_LOCKED_ERROR };

/* What HardLinkStoreControl says of a file that an application has locked (5.3). */
enum rules_locked_policy rules_config_locked_policy(const struct rules_config *cfg,
						    const struct rules_object *object);

enum rules_profile_kind {
	RULES_PROFILE_GROUP,
	RULES_PROFILE_GROUP_INCLUDE, /* of the group before it: FROM is a pattern "Domain\\User*" */
	RULES_PROFILE_GROUP_EXCLUDE,
	RULES_PROFILE_DOMAIN,
	RULES_PROFILE_USER
};

/* An entry of ProfileControl (5.4). Strings belong to the configuration; TO may be NULL. */
struct rules_profile_entry {
	enum rules_profile_kind kind;
	const char *from, *to, *applies_to;
	unsigned line;
};
typedef int (*rules_profile_visit)(void *ctx, const struct rules_profile_entry *entry);

/* Visits ProfileControl in document order. The visitor's value when it is not 0. */
int rules_config_profile(const struct rules_config *cfg, rules_profile_visit visit, void *ctx);

struct str;

/*
 * The account that ACCOUNT ("Domain\user") of the source becomes by <users> and <domains>, which
 * equal /mu and /md: users before domains, of each the first that fits; '*' in from stands for
 * anything, case does not matter (5.4, 11.3). Appends "Domain\user" to OUT: 0, HF_ENOENT when
 * nothing is said of the account, or HF_ENOMEM.
 */
int rules_config_map_account(const struct rules_config *cfg, const char *account, struct str *out);

/*
 * The local group of the destination that a member ACCOUNT of local group GROUP gets instead, by
 * the first <changeGroup> that fits; NULL when none does. GROUP NULL: the group is not known, as
 * when Windows was not running; only from="*" fits. MIGRATED: whether the user migrates
 * (appliesTo). The string belongs to CFG.
 */
const char *rules_config_change_group(const struct rules_config *cfg, const char *group,
				      const char *account, bool migrated);

#endif
