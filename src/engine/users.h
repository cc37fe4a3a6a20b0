/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which users are captured: /ui and /ue against the installation's users (USMT specification 11.1,
 * 11.2). Pure decisions with the reason for each; a profile is never dropped because its SID does
 * not resolve to a name.
 */
#ifndef HOLDFAST_ENGINE_USERS_H
#define HOLDFAST_ENGINE_USERS_H

#include <stdbool.h>
#include <stddef.h>

struct windows_install;

/* What the command line says; arrays of the options' arguments. */
struct user_options {
	const char *const *include; /* /ui */
	size_t include_count;
	const char *const *exclude; /* /ue */
	size_t exclude_count;
};

struct user_decision {
	bool captured;
	char reason[128]; /* "by default", "/ui:PC1\ann", "service profile", ... */
};

/*
 * Decides for each of INSTALL's users; DECISIONS has install->user_count entries. An option that
 * matches nobody is warned of.
 */
void users_decide(const struct windows_install *install, const struct user_options *options,
		  struct user_decision *decisions);

/* "PC1\ann", "kim (S-1-5-21-...)" for names that are guesses; into OUT of SIZE bytes; returns OUT.
 */
const char *user_display_name(const struct windows_install *install, size_t user, char *out,
			      size_t size);

#endif
