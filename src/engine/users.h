/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which users are captured: /ui, /ue and /uel against the installation's users (USMT
 * specification 11.1, 11.2). Pure decisions with the reason for each; a profile is never dropped
 * because its SID does not resolve to a name.
 */
#ifndef HOLDFAST_ENGINE_USERS_H
#define HOLDFAST_ENGINE_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct windows_install;

/* What the command line says; arrays of the options' arguments. */
struct user_options {
	const char *const *include; /* /ui */
	size_t include_count;
	const char *const *exclude; /* /ue */
	size_t exclude_count;
	const char *used_text; /* /uel, as given; NULL: not given */
	uint64_t used_since;   /* what it means: 100 ns since 1601 UTC */
	bool no_temporary;     /* MIG_FAIL_ON_PROFILE_ERROR=0: temporary profiles stay out */
};

#define USER_DATE_MAX 16

struct user_decision {
	bool captured;
	char reason[128];	       /* "by default", "/ui:PC1\ann", "service profile", ... */
	char last_used[USER_DATE_MAX]; /* "2024-05-31", or "" when unknown */
};

/*
 * Decides for each of INSTALL's users; DECISIONS has install->user_count entries. An option that
 * matches nobody is warned of.
 */
void users_decide(const struct windows_install *install, const struct user_options *options,
		  struct user_decision *decisions);

/* Can ARGUMENT be one of /ui and /ue: Domain\User, User or a SID, with '*' in any part? */
bool users_argument_ok(const char *argument);

/*
 * What /uel:TEXT means at the time NOW (seconds since 1970 UTC): a number of days, or a date
 * YYYY/M/D, which begins at midnight UTC. HF_EINVAL when it is neither, HF_EUNSUPPORTED for 0: who
 * is logged on now, which is nobody.
 */
int users_parse_uel(const char *text, int64_t now, uint64_t *since);

/* "PC1\ann", "kim (S-1-5-21-...)" for names that are guesses; into OUT of SIZE bytes; returns OUT.
 */
const char *user_display_name(const struct windows_install *install, size_t user, char *out,
			      size_t size);

#endif
