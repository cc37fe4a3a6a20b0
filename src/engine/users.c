// SPDX-License-Identifier: GPL-2.0-or-later
/* Decides which users are captured. */
#include "engine/users.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/log.h"
#include "windows/install.h"

/* TEXT against PATTERN with '*'; case-insensitive; no recursion. */
static bool wildcard_match(const char *pattern, size_t len, const char *text)
{
	size_t p = 0, star = (size_t)-1;
	const char *resume = NULL;

	while (*text) {
		if (p < len && pattern[p] == '*') {
			star = p++;
			resume = text;
		} else if (p < len && !strncasecmp(pattern + p, text, 1)) {
			p++;
			text++;
		} else if (resume) {
			p = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (p < len && pattern[p] == '*')
		p++;
	return p == len;
}

/* The pattern in the same upper case as the candidate, so that non-ASCII names compare too. */
static void fold(const char *text, char *out, size_t size)
{
	uint16_t units[512];
	int n = text_to_utf16(text, strlen(text), units, 512);

	if (n < 0) {
		snprintf(out, size, "%s", text);
		return;
	}
	for (int i = 0; i < n; i++)
		units[i] = upcase_basic()->map[units[i]];
	if (text_from_utf16(units, (size_t)n, out, size) < 0)
		snprintf(out, size, "%s", text);
}

static bool domain_matches(const struct windows_install *install, const struct windows_user *user,
			   const char *pattern, size_t len, bool including)
{
	char domain[512];

	if (len == 14 && !strncasecmp(pattern, "%COMPUTERNAME%", 14))
		return !*user->domain && !user->name_is_guess;
	if (*user->domain)
		fold(user->domain, domain, sizeof(domain));
	else if (user->name_is_guess) /* domain unknown: taking in is safe, leaving out is not */
		return including || (len == 1 && *pattern == '*');
	else
		fold(install->computer, domain, sizeof(domain));
	return wildcard_match(pattern, len, domain);
}

static bool user_matches(const struct windows_install *install, const struct windows_user *user,
			 const char *argument, bool including)
{
	char pattern[512], name[512];

	if (wildcard_match(argument, strlen(argument), user->sid))
		return true;
	fold(argument, pattern, sizeof(pattern));
	fold(user->name, name, sizeof(name));
	const char *slash = strchr(pattern, '\\');
	if (slash)
		return domain_matches(install, user, pattern, (size_t)(slash - pattern),
				      including) &&
		       wildcard_match(slash + 1, strlen(slash + 1), name);
	bool local = !*user->domain && !user->name_is_guess;
	if (!local && strcmp(pattern, "*") && !(including && user->name_is_guess))
		return false;
	return wildcard_match(pattern, strlen(pattern), name);
}

static const char *first_match(const struct windows_install *install,
			       const struct windows_user *user, const char *const *list,
			       size_t count, bool including)
{
	for (size_t i = 0; i < count; i++)
		if (user_matches(install, user, list[i], including))
			return list[i];
	return NULL;
}

static void decide(const struct windows_install *install, const struct windows_user *user,
		   const struct user_options *options, struct user_decision *d)
{
	const char *by;

	if (user->kind == WINDOWS_USER_STALE) {
		snprintf(d->reason, sizeof(d->reason), "stale entry: no profile folder");
	} else if (user->kind == WINDOWS_USER_SERVICE) {
		snprintf(d->reason, sizeof(d->reason), "service profile");
	} else if ((by = first_match(install, user, options->include, options->include_count,
				     true))) {
		d->captured = true;
		snprintf(d->reason, sizeof(d->reason), "/ui:%.100s", by);
	} else if ((by = first_match(install, user, options->exclude, options->exclude_count,
				     false))) {
		snprintf(d->reason, sizeof(d->reason), "/ue:%.100s", by);
	} else {
		d->captured = true;
		snprintf(d->reason, sizeof(d->reason), "by default");
	}
}

static void warn_unused(const struct windows_install *install, const char *option,
			const char *const *list, size_t count, bool including)
{
	for (size_t i = 0; i < count; i++) {
		bool used = false;
		for (size_t u = 0; u < install->user_count; u++)
			used |= user_matches(install, &install->users[u], list[i], including);
		if (!used)
			log_warning(
				"/%s:%s matches no user of this Windows; check the spelling, or "
				"use the SID.",
				option, list[i]);
	}
}

void users_decide(const struct windows_install *install, const struct user_options *options,
		  struct user_decision *decisions)
{
	for (size_t u = 0; u < install->user_count; u++) {
		memset(&decisions[u], 0, sizeof(decisions[u]));
		decide(install, &install->users[u], options, &decisions[u]);
	}
	warn_unused(install, "ui", options->include, options->include_count, true);
	warn_unused(install, "ue", options->exclude, options->exclude_count, false);
}

const char *user_display_name(const struct windows_install *install, size_t user, char *out,
			      size_t size)
{
	const struct windows_user *u = &install->users[user];

	if (u->name_is_guess && !*u->domain)
		snprintf(out, size, "%s (%s)", u->name, u->sid);
	else
		snprintf(out, size, "%s\\%s", *u->domain ? u->domain : install->computer, u->name);
	return out;
}
