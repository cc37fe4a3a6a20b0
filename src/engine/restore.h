/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A restore: opens the store, decides about users, plans where everything goes, carries that out,
 * compares. Up to restore_plan_all() nothing is written.
 */
#ifndef HOLDFAST_ENGINE_RESTORE_H
#define HOLDFAST_ENGINE_RESTORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "engine/apply.h"
#include "engine/mapping.h"
#include "engine/parts.h"
#include "engine/profiles.h"
#include "engine/restore_plan.h"
#include "engine/restore_settings.h"
#include "engine/restore_users.h"
#include "engine/restore_verify.h"
#include "engine/users.h"
#include "windows/install.h"
#include "windows/security_map.h"

struct catalog;
struct machine;
struct object_errors;
struct restore_rules;
struct rules;
struct rules_config;

/* What a restore is to do; everything must outlive it. */
struct restore_options {
	const char *store; /* "C:\USMTMIG", normalised */
	struct user_options users;
	const char *const *move_users; /* /mu */
	size_t move_user_count;
	const char *const *move_domains; /* /md */
	size_t move_domain_count;
	struct profile_options profiles;
	const struct rules_config *config; /* or NULL */
	/* Loads rule files into RULES; NULL: those that the store has kept are taken. */
	int (*load_rules)(void *ctx, struct rules *rules);
	void *load_ctx;
};

struct restore {
	struct restore_options options;
	struct machine *machine; /* with a chosen Windows: the new one */
	struct object_errors *errors;
	char letter; /* of the volume that holds the store */
	struct catalog *catalog;
	struct parts parts;	       /* of the store, on all its volumes */
	struct windows_install source; /* the old Windows */
	struct restore_users users;
	struct profiles profiles; /* to be made */
	struct upcase upcase;	  /* a copy: volumes are reopened */
	struct mapping mapping;
	struct security_map sids; /* of users that have another one now */
	struct restore_rules *rules;
	struct restore_target target;
	struct restore_plan plan;
	struct restore_result result;
	struct restore_check check;
	struct restore_settings settings;
	struct restore_settings_check settings_check;
	uint64_t since; /* when the first run began; 0 before */
	bool goes_on;	/* an earlier run was interrupted */
	bool is_done;	/* an earlier run was finished and compared */
};

/*
 * Finishes what an interrupted restore_delete_store() began: *DONE when there was such a store, and
 * nothing is left of it then. Otherwise nothing is changed. Set options and machine first.
 */
int restore_finish_deletion(struct restore *r, bool *done);

/*
 * Opens the store: complete, of this volume, and every object of it there. HF_ENOENT, HF_EREFUSED,
 * HF_ECORRUPT and what reading returns, each with a message. Set options, machine and errors first.
 */
int restore_open(struct restore *r);

/*
 * Chooses the users, names their new accounts and sees to their profiles. What profile_ensure()
 * returns.
 */
int restore_choose_users(struct restore *r);

/*
 * Reads the rules and plans where everything goes. HF_EINVAL, HF_ENOENT, HF_ELIMIT for a rule file
 * that cannot be used.
 */
int restore_plan_all(struct restore *r);

/*
 * Opens the volumes for writing: what machine_reopen_writable() returns, or HF_ENOSPC when there is
 * too little room to begin.
 */
int restore_open_volumes(struct restore *r);

/*
 * Carries the plan out. The store says so while it is under way, and when it was finished without
 * an object error.
 */
int restore_carry_out(struct restore *r);

/* Compares the new Windows with the plan: what restore_verify() returns. */
int restore_compare(struct restore *r);

/*
 * Deletes the store after restore_compare() found everything, and with it what was copied, is equal
 * to what was there, or is not wanted by a rule. When it is interrupted, restore_finish_deletion()
 * goes on. HF_EREFUSED when users were left out whose files
 * are only there.
 */
int restore_delete_store(struct restore *r);

void restore_free(struct restore *r);

#endif
