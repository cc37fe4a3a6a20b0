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
#include "engine/profiles.h"
#include "engine/restore_plan.h"
#include "engine/restore_users.h"
#include "engine/restore_verify.h"
#include "engine/users.h"
#include "windows/install.h"

struct catalog;
struct machine;
struct object_errors;
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
};

struct restore {
	struct restore_options options;
	struct machine *machine; /* with a chosen Windows: the new one */
	struct object_errors *errors;
	char letter; /* of the volume that holds the store */
	struct catalog *catalog;
	struct windows_install source; /* the old Windows */
	struct restore_users users;
	struct upcase upcase; /* a copy: volumes are reopened */
	struct mapping mapping;
	struct restore_target target;
	struct restore_plan plan;
	struct restore_result result;
	struct restore_check check;
	uint64_t since; /* when the first run began; 0 before */
	bool goes_on;	/* an earlier run was interrupted */
};

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

/* Plans where everything goes. */
int restore_plan_all(struct restore *r);

/* Opens the volumes for writing; what machine_reopen_writable() returns. */
int restore_open_volumes(struct restore *r);

/* Carries the plan out. */
int restore_carry_out(struct restore *r);

/* Compares, and when all is well says in the store that the restore is done. HF_ECORRUPT. */
int restore_compare(struct restore *r);

/* Deletes the store after restore_compare(). HF_EREFUSED when it holds the last name of a file. */
int restore_delete_store(struct restore *r);

void restore_free(struct restore *r);

#endif
