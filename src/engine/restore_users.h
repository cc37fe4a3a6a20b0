/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom a store's users become in the new Windows (USMT specification 2, 11.2 to 11.4): /ui and /ue
 * choose by the names in the store, /mu, /md and ProfileControl rename, then each is looked for in
 * the new Windows. Pure.
 */
#ifndef HOLDFAST_ENGINE_RESTORE_USERS_H
#define HOLDFAST_ENGINE_RESTORE_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct catalog;
struct machine;
struct rules_config;
struct user_options;
struct windows_install;

struct restore_user {
	int64_t id; /* in the catalog */
	/* In the store. */
	const char *sid, *domain, *name, *profile;
	bool local;    /* an account of the old computer itself */
	bool captured; /* no: there is nothing of this one */
	bool selected;
	char reason[128]; /* why selected or not */
	/* The account it becomes; a domain of "" is the new computer itself. */
	const char *to_domain, *to_name;
	const char *mapped_by; /* "/mu:..." or NULL */
	/* In the new Windows, after restore_users_find(). */
	int install_user; /* number in its users, or -1: no profile yet */
	const char *to_sid, *to_profile;
};

struct restore_users {
	struct restore_user *list;
	size_t count, cap;
	const char *computer; /* the old one's name */
	struct arena arena;
};

/* Reads the users of CATALOG. Zero-initialise U; free it in any case. */
int restore_users_load(struct restore_users *u, struct catalog *catalog);
void restore_users_free(struct restore_users *u);

/* /ui and /ue, as at capture. 0 or HF_ENOMEM. */
int restore_users_select(struct restore_users *u, const struct user_options *options);

/* Is ARGUMENT a well-formed /mu (USER) or /md argument? */
bool restore_mapping_is_valid(const char *argument, bool user);

/*
 * Names the account of each selected user in the Windows of COMPUTER: /mu first, then /md, then
 * ProfileControl of CONFIG (may be NULL); of each the first that matches. One that matches nobody
 * is warned of. 0 or HF_ENOMEM.
 */
int restore_users_move(struct restore_users *u, const char *computer, const char *const *mu,
		       size_t mu_count, const char *const *md, size_t md_count,
		       const struct rules_config *config);

/*
 * Finds each selected user's profile in the chosen Windows of MACHINE: by SID when the account
 * stays the same, else by account name. What is missing is left with install_user -1.
 */
void restore_users_find(struct restore_users *u, const struct windows_install *install);

/* "PC1\ann", "kim (S-1-5-...)": as in messages; into OUT of SIZE bytes; returns OUT. */
const char *restore_user_name(const struct restore_users *u, const struct restore_user *user,
			      char *out, size_t size);

#endif
