// SPDX-License-Identifier: GPL-2.0-or-later
/* Decides which users are captured. */
#include "engine/users.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/text.h"
#include "report/error.h"
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

/* Is USER known to be an account of the computer itself? */
static bool is_local(const struct windows_user *user)
{
	return !*user->domain && (user->is_local || !user->name_is_guess);
}

static bool domain_matches(const struct windows_install *install, const struct windows_user *user,
			   const char *pattern, size_t len, bool including)
{
	char domain[512];

	if (len == 14 && !strncasecmp(pattern, "%COMPUTERNAME%", 14))
		return is_local(user);
	if (*user->domain)
		fold(user->domain, domain, sizeof(domain));
	else if (!is_local(user)) /* domain unknown: taking in is safe, leaving out is not */
		return including || (len == 1 && *pattern == '*');
	else
		fold(install->computer, domain, sizeof(domain));
	return wildcard_match(pattern, len, domain);
}

/*
 * Does the part of an argument without its domain fit USER's name? A name that is guessed from the
 * folder is no reason to leave a user out of a domain that is known.
 */
static bool name_matches(const struct windows_user *user, const char *pattern, bool including)
{
	char name[512];

	if (user->name_is_guess && (*user->domain || user->is_local) && !including &&
	    strcmp(pattern, "*"))
		return false;
	fold(user->name, name, sizeof(name));
	return wildcard_match(pattern, strlen(pattern), name);
}

static bool upn_matches(const struct windows_user *user, const char *pattern)
{
	char upn[512];

	if (!user->upn || !*user->upn)
		return false;
	fold(user->upn, upn, sizeof(upn));
	return wildcard_match(pattern, strlen(pattern), upn);
}

/*
 * Does ARGUMENT mean USER? "Domain\User", "User" for local accounts, a sign-in name with '@', a
 * SID; '*' anywhere. What follows a domain may be a sign-in name too, as in AzureAD\ann@x.org.
 */
static bool user_matches(const struct windows_install *install, const struct windows_user *user,
			 const char *argument, bool including)
{
	char pattern[512];

	if (wildcard_match(argument, strlen(argument), user->sid))
		return true;
	fold(argument, pattern, sizeof(pattern));
	const char *slash = strchr(pattern, '\\');
	if (slash)
		return domain_matches(install, user, pattern, (size_t)(slash - pattern),
				      including) &&
		       (name_matches(user, slash + 1, including) || upn_matches(user, slash + 1));
	if (strchr(pattern, '@'))
		return upn_matches(user, pattern);
	if (!is_local(user) && strcmp(pattern, "*") && !(including && user->name_is_guess))
		return false;
	return name_matches(user, pattern, including);
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

/* Services are not people: only who names one by its SID means it. */
static const char *named_by_sid(const struct windows_user *user, const struct user_options *options)
{
	for (size_t i = 0; i < options->include_count; i++)
		if (!strncasecmp(options->include[i], "S-1-", 4) &&
		    wildcard_match(options->include[i], strlen(options->include[i]), user->sid))
			return options->include[i];
	return NULL;
}

/* FILETIME as "2024-05-31", "" when unknown. */
static void date_of(uint64_t time, char out[USER_DATE_MAX])
{
	time_t seconds = (time_t)(time / UINT64_C(10000000)) - INT64_C(11644473600);
	struct tm tm;

	*out = '\0';
	if (time && gmtime_r(&seconds, &tm))
		(void)strftime(out, USER_DATE_MAX, "%Y-%m-%d", &tm);
}

static void decide_by_use(const struct windows_user *user, const struct user_options *options,
			  struct user_decision *d)
{
	d->captured = !user->last_used || user->last_used >= options->used_since;
	snprintf(d->reason, sizeof(d->reason), "/uel:%.40s: %s%s", options->used_text,
		 user->last_used ? "last used " : "when it was last used is not known",
		 d->last_used);
}

static void decide(const struct windows_install *install, const struct windows_user *user,
		   const struct user_options *options, struct user_decision *d)
{
	const char *by;

	date_of(user->last_used, d->last_used);
	if (user->kind == WINDOWS_USER_STALE) {
		snprintf(d->reason, sizeof(d->reason), "stale entry: no profile folder");
	} else if (user->kind == WINDOWS_USER_SERVICE) {
		by = named_by_sid(user, options);
		d->captured = by;
		snprintf(d->reason, sizeof(d->reason), by ? "/ui:%.100s" : "service profile", by);
	} else if ((by = first_match(install, user, options->include, options->include_count,
				     true))) {
		d->captured = true;
		snprintf(d->reason, sizeof(d->reason), "/ui:%.100s", by);
	} else if (user->kind == WINDOWS_USER_TEMPORARY && options->no_temporary) {
		snprintf(d->reason, sizeof(d->reason),
			 "temporary profile (MIG_FAIL_ON_PROFILE_ERROR=0)");
	} else if (options->used_text) {
		decide_by_use(user, options, d);
	} else if ((by = first_match(install, user, options->exclude, options->exclude_count,
				     false))) {
		snprintf(d->reason, sizeof(d->reason), "/ue:%.100s", by);
	} else {
		d->captured = true;
		snprintf(d->reason, sizeof(d->reason), "by default%s",
			 user->unlisted				? "; not listed by Windows"
			 : user->kind == WINDOWS_USER_TEMPORARY ? "; a temporary profile"
								: "");
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

/* What people do not expect of USMT's precedence (USMT specification 11.2, 12 item 2). */
static void warn_of_precedence(const struct user_options *options)
{
	if (options->used_text)
		log_warning("/uel goes by the time at which NTUSER.DAT was last written, which "
			    "virus scanners and policies may change: check the dates below.");
	if (options->used_text && options->exclude_count)
		log_warning("/ue has no effect beside /uel: who was active comes in. Leave /uel "
			    "out to exclude users by name.");
	if (options->include_count && !options->exclude_count && !options->used_text)
		log_warning("/ui alone excludes nobody: all users are captured. Add /ue:*\\* to "
			    "capture only those named by /ui.");
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
	warn_of_precedence(options);
}

/* One part of Domain\User: not empty, nothing that Windows forbids in account names. */
static bool part_ok(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || strchr("\"/\\[]:;|=,+?<>", text[i]))
			return false;
	return len > 0;
}

bool users_argument_ok(const char *argument)
{
	const char *slash = strchr(argument, '\\');

	if (slash)
		return part_ok(argument, (size_t)(slash - argument)) &&
		       part_ok(slash + 1, strlen(slash + 1));
	return part_ok(argument, strlen(argument));
}

/* A number of one to LEN digits at *P. */
static bool digits(const char **p, size_t len, int *out)
{
	const char *start = *p;

	for (*out = 0; **p >= '0' && **p <= '9' && (size_t)(*p - start) < len; (*p)++)
		*out = *out * 10 + (**p - '0');
	return *p > start;
}

static int parse_date(const char *text, uint64_t *since)
{
	struct tm tm = {0}, again;
	time_t seconds;

	if (!digits(&text, 4, &tm.tm_year) || *text++ != '/' || !digits(&text, 2, &tm.tm_mon) ||
	    *text++ != '/' || !digits(&text, 2, &tm.tm_mday) || *text || tm.tm_year < 1980)
		return HF_EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	again = tm;
	seconds = timegm(&again);
	if (again.tm_mon != tm.tm_mon || again.tm_mday != tm.tm_mday)
		return HF_EINVAL; /* the 30th of February */
	*since = ((uint64_t)seconds + UINT64_C(11644473600)) * UINT64_C(10000000);
	return 0;
}

int users_parse_uel(const char *text, int64_t now, uint64_t *since)
{
	const char *end = text;
	int days;

	if (strchr(text, '/'))
		return parse_date(text, since);
	if (!digits(&end, 5, &days) || *end)
		return HF_EINVAL;
	if (!days)
		return HF_EUNSUPPORTED;
	*since = ((uint64_t)now + UINT64_C(11644473600) - (uint64_t)days * 86400) *
		 UINT64_C(10000000);
	return 0;
}

const char *user_display_name(const struct windows_install *install, size_t user, char *out,
			      size_t size)
{
	const struct windows_user *u = &install->users[user];

	if (u->name_is_guess)
		snprintf(out, size, "%s (%s)", u->name, u->sid);
	else
		snprintf(out, size, "%s\\%s", *u->domain ? u->domain : install->computer, u->name);
	return out;
}
