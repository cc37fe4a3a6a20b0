// SPDX-License-Identifier: GPL-2.0-or-later
/* Whom a store's users become in the new Windows. */
#include "engine/restore_users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "engine/users.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/config.h"
#include "store/catalog.h"
#include "windows/install.h"

static int load_user(void *ctx, const struct catalog_user *row)
{
	struct restore_users *u = ctx;
	struct restore_user *user;

	if (array_grow(&u->list, u->count, &u->cap))
		return log_oom();
	user = &u->list[u->count];
	*user = (struct restore_user){
		.id = (int64_t)u->count + 1,
		.sid = arena_strdup(&u->arena, row->sid),
		.domain = arena_strdup(&u->arena, row->domain),
		.name = arena_strdup(&u->arena, row->name),
		.profile = arena_strdup(&u->arena, row->profile),
		.local = row->local,
		.captured = row->captured,
		.install_user = -1,
	};
	if (!user->sid || !user->domain || !user->name || !user->profile)
		return log_oom();
	user->to_domain = user->domain;
	user->to_name = user->name;
	snprintf(user->reason, sizeof(user->reason), "not captured: %.100s", row->reason);
	u->count++;
	return 0;
}

int restore_users_load(struct restore_users *u, struct catalog *catalog)
{
	const char *computer = catalog_get(catalog, "computer");

	u->computer = arena_strdup(&u->arena, computer ? computer : "");
	return u->computer ? catalog_users(catalog, load_user, u) : log_oom();
}

void restore_users_free(struct restore_users *u)
{
	free(u->list);
	arena_free(&u->arena);
	*u = (struct restore_users){0};
}

/* The store's users as an installation's, for those who decide about them. */
static struct windows_user *as_windows_users(const struct restore_users *u)
{
	struct windows_user *users = calloc(u->count + 1, sizeof(*users));

	for (size_t i = 0; users && i < u->count; i++) {
		const struct restore_user *from = &u->list[i];

		users[i] = (struct windows_user){
			.sid = (char *)(uintptr_t)from->sid,
			.domain = (char *)(uintptr_t)from->domain,
			.name = (char *)(uintptr_t)from->name,
			.profile = (char *)(uintptr_t)from->profile,
			.name_is_guess = !from->local && !*from->domain,
			.is_local = from->local,
		};
	}
	return users;
}

int restore_users_select(struct restore_users *u, const struct user_options *options)
{
	struct user_decision *decisions = calloc(u->count + 1, sizeof(*decisions));
	struct windows_user *users = as_windows_users(u);
	int err = decisions && users ? 0 : log_oom();

	if (!err) {
		const struct windows_install store = {.computer = (char *)(uintptr_t)u->computer,
						      .users = users,
						      .user_count = u->count};

		users_decide(&store, options, decisions);
	}
	for (size_t i = 0; !err && i < u->count; i++) {
		struct restore_user *user = &u->list[i];

		if (!user->captured)
			continue;
		user->selected = decisions[i].captured;
		memcpy(user->reason, decisions[i].reason, sizeof(user->reason));
	}
	free(users);
	free(decisions);
	return err;
}

const char *restore_user_name(const struct restore_users *u, const struct restore_user *user,
			      char *out, size_t size)
{
	if (!user->local && !*user->domain)
		snprintf(out, size, "%s (%s)", user->name, user->sid);
	else
		snprintf(out, size, "%s\\%s", *user->domain ? user->domain : u->computer,
			 user->name);
	return out;
}

/* One mapping, in pieces of the argument. */
struct move {
	const char *argument;
	const char *option; /* "mu", "md" */
	bool user;	    /* else a domain */
	char from_domain[260], from_name[260], to_domain[260], to_name[260];
	bool has_from_domain, has_to_domain;
	bool used;
};

/* "DOMAIN\NAME" or "NAME" of LEN bytes. */
static bool split_account(const char *text, size_t len, char *domain, char *name, bool *has_domain)
{
	const char *slash = memchr(text, '\\', len);
	size_t head = slash ? (size_t)(slash - text) : 0;
	size_t tail = slash ? len - head - 1 : len;
	const char *rest = slash ? slash + 1 : text;

	if (!tail || head > 256 || tail > 256 || memchr(rest, '\\', tail) || (slash && !head))
		return false;
	memcpy(domain, text, head);
	domain[head] = '\0';
	memcpy(name, rest, tail);
	name[tail] = '\0';
	*has_domain = slash;
	return true;
}

static bool parse_user(const char *from, size_t len, const char *to, struct move *m)
{
	return split_account(from, len, m->from_domain, m->from_name, &m->has_from_domain) &&
	       split_account(to, strlen(to), m->to_domain, m->to_name, &m->has_to_domain) &&
	       !strchr(m->from_name, '*') && !strchr(m->to_name, '*') && !strchr(m->to_domain, '*');
}

static bool parse_domain(const char *from, size_t len, const char *to, struct move *m)
{
	if (!len || len > 256 || !*to || strlen(to) > 256 || strpbrk(to, "*\\") ||
	    memchr(from, '\\', len))
		return false;
	memcpy(m->from_domain, from, len);
	m->from_domain[len] = '\0';
	strcpy(m->to_domain, to);
	return true;
}

static bool parse_move(const char *argument, bool user, struct move *m)
{
	const char *colon = strchr(argument, ':');

	*m = (struct move){.argument = argument, .option = user ? "mu" : "md", .user = user};
	if (!colon || strchr(colon + 1, ':'))
		return false;
	return user ? parse_user(argument, (size_t)(colon - argument), colon + 1, m)
		    : parse_domain(argument, (size_t)(colon - argument), colon + 1, m);
}

bool restore_mapping_is_valid(const char *argument, bool user)
{
	struct move m;

	return parse_move(argument, user, &m);
}

/* TEXT against PATTERN, which may hold '*'. No recursion. */
static bool fits(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern && !strncasecmp(pattern, text, 1)) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool is_this_computer(const char *domain, const char *computer)
{
	return !strcasecmp(domain, computer) || !strcasecmp(domain, "%computername%") ||
	       !strcmp(domain, ".");
}

/* Is USER one of domain PATTERN? Of accounts that nobody resolved only the folder tells. */
static bool in_domain(const struct restore_users *u, const struct restore_user *user,
		      const char *pattern)
{
	const char *dot = strrchr(user->profile, '.');

	if (*user->domain)
		return fits(pattern, user->domain);
	if (user->local)
		return is_this_computer(pattern, u->computer) || fits(pattern, u->computer);
	return !strcmp(pattern, "*") || (dot && fits(pattern, dot + 1));
}

static bool is_meant(const struct restore_users *u, const struct restore_user *user,
		     const struct move *m)
{
	if (!m->user)
		return in_domain(u, user, m->from_domain);
	if (!m->has_from_domain && !strcasecmp(m->from_name, user->sid))
		return true;
	if (text_casecmp(upcase_basic(), m->from_name, user->name))
		return false;
	if (!m->has_from_domain)
		return user->local;
	/* A name that nobody resolved may be of any domain. */
	return (!user->local && !*user->domain) || in_domain(u, user, m->from_domain);
}

static int apply_move(struct restore_users *u, struct restore_user *user, struct move *m,
		      const char *computer)
{
	struct str by = {0};
	int err = str_addf(&by, "/%s:%s", m->option, m->argument);
	bool here = is_this_computer(m->to_domain, computer);

	if (!err) {
		user->mapped_by = arena_strdup(&u->arena, by.data);
		if (!m->user || m->has_to_domain)
			user->to_domain = here ? "" : arena_strdup(&u->arena, m->to_domain);
		if (m->user)
			user->to_name = arena_strdup(&u->arena, m->to_name);
		if (!user->mapped_by || !user->to_domain || !user->to_name)
			err = HF_ENOMEM;
	}
	str_free(&by);
	return err ? log_oom() : 0;
}

struct moves {
	struct move *list;
	size_t count, cap;
	int err;
};

static int add_move(struct moves *moves, const char *argument, bool user, const char *option)
{
	struct move m;

	if (!parse_move(argument, user, &m)) {
		log_warning("%s: \"%s\" is not a mapping of %s and is ignored.", option, argument,
			    user ? "a user" : "a domain");
		return 0;
	}
	m.option = option;
	if (array_grow(&moves->list, moves->count, &moves->cap))
		return log_oom();
	moves->list[moves->count++] = m;
	return 0;
}

static int collect_moves(struct moves *moves, const char *const *mu, size_t mu_count,
			 const char *const *md, size_t md_count)
{
	int err = 0;

	for (size_t i = 0; !err && i < mu_count; i++)
		err = add_move(moves, mu[i], true, "mu");
	for (size_t i = 0; !err && i < md_count; i++)
		err = add_move(moves, md[i], false, "md");
	return err;
}

/* What ProfileControl of a Config.xml says of USER (5.4). */
static int apply_control(struct restore_users *u, struct restore_user *user, const char *computer,
			 const struct rules_config *config)
{
	char domain[260], name[260];
	struct str account = {0}, to = {0};
	bool has_domain;
	int err = str_addf(&account, "%s\\%s", *user->domain ? user->domain : u->computer,
			   user->name);

	if (!err)
		err = rules_config_map_account(config, account.data, &to);
	if (!err && !split_account(to.data, to.len, domain, name, &has_domain)) {
		log_warning("ProfileControl: \"%s\" is no account that %s could become; ignored.",
			    to.data, account.data);
		err = HF_ENOENT;
	}
	str_free(&account);
	str_free(&to);
	if (err)
		return err == HF_ENOENT ? 0 : log_oom();
	if (has_domain)
		user->to_domain =
			is_this_computer(domain, computer) ? "" : arena_strdup(&u->arena, domain);
	user->to_name = arena_strdup(&u->arena, name);
	user->mapped_by = "ProfileControl";
	return user->to_domain && user->to_name ? 0 : log_oom();
}

int restore_users_move(struct restore_users *u, const char *computer, const char *const *mu,
		       size_t mu_count, const char *const *md, size_t md_count,
		       const struct rules_config *config)
{
	struct moves moves = {0};
	int err = collect_moves(&moves, mu, mu_count, md, md_count);

	for (size_t i = 0; !err && i < u->count; i++) {
		struct restore_user *user = &u->list[i];

		if (user->local)
			user->to_domain = "";
		for (size_t k = 0; !err && k < moves.count; k++) {
			if (!is_meant(u, user, &moves.list[k]))
				continue;
			moves.list[k].used = true;
			if (!user->mapped_by)
				err = apply_move(u, user, &moves.list[k], computer);
		}
		if (!err && config && !user->mapped_by)
			err = apply_control(u, user, computer, config);
	}
	for (size_t k = 0; !err && k < moves.count; k++)
		if (!moves.list[k].used)
			log_warning("/%s:%s matches no user of the store: check the spelling; the "
				    "log lists the store's users.",
				    moves.list[k].option, moves.list[k].argument);
	free(moves.list);
	return err;
}

/* The profile in INSTALL with SID, or of account DOMAIN\NAME, or -1. */
static int find_by_sid(const struct windows_install *install, const char *sid)
{
	for (size_t i = 0; i < install->user_count; i++)
		if (install->users[i].kind == WINDOWS_USER_NORMAL && !install->users[i].unlisted &&
		    !strcasecmp(install->users[i].sid, sid))
			return (int)i;
	return -1;
}

static int find_by_name(const struct windows_install *install, const char *domain, const char *name)
{
	for (size_t i = 0; i < install->user_count; i++) {
		const struct windows_user *w = &install->users[i];
		bool fits_domain =
			*domain ? !strcasecmp(w->domain, domain) : !*w->domain && !w->name_is_guess;

		if (w->kind == WINDOWS_USER_NORMAL && !w->unlisted && fits_domain &&
		    !text_casecmp(upcase_basic(), w->name, name))
			return (int)i;
	}
	return -1;
}

void restore_users_find(struct restore_users *u, const struct windows_install *install)
{
	for (size_t i = 0; i < u->count; i++) {
		struct restore_user *user = &u->list[i];

		if (!user->selected)
			continue;
		/* Local accounts have new SIDs in a new Windows; a stale equal one means nothing
		 * there unless the name agrees. */
		if (!*user->to_domain && (user->local || user->mapped_by))
			user->install_user = find_by_name(install, "", user->to_name);
		else if (user->mapped_by)
			user->install_user = find_by_name(install, user->to_domain, user->to_name);
		else
			user->install_user = find_by_sid(install, user->sid);
		if (user->install_user < 0)
			continue;
		user->to_sid = install->users[user->install_user].sid;
		user->to_profile = install->users[user->install_user].profile;
	}
}
