// SPDX-License-Identifier: GPL-2.0-or-later
// What ProfileControl of a Config.xml says of accounts and local groups (USMT specification 5.4).
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"
#include "rules/config_private.h"
#include "rules/pattern.h"

/* True when NAME fits PATTERN: '*' is anything, case does not matter. */
static bool fits(const char *pattern, const char *name)
{
	static uint16_t p[PATTERN_UNITS_MAX], s[PATTERN_UNITS_MAX];
	int m = text_to_utf16(pattern, strlen(pattern), p, PATTERN_UNITS_MAX);
	int n = text_to_utf16(name, strlen(name), s, PATTERN_UNITS_MAX);

	if (m < 0 || n < 0)
		return false;
	units_upcase(upcase_basic(), p, (unsigned)m);
	units_upcase(upcase_basic(), s, (unsigned)n);
	for (int i = 0; i < m; i++)
		if (p[i] == '*')
			p[i] = 0;
	return wild_match(p, (unsigned)m, s, (unsigned)n);
}

/* The first entry of KIND whose from fits NAME, or NULL. */
static const struct rules_profile_entry *first_fit(const struct rules_config *cfg,
						   enum rules_profile_kind kind, const char *name)
{
	for (size_t i = 0; i < cfg->profile_count; i++)
		if (cfg->profile[i].kind == kind && fits(cfg->profile[i].from, name))
			return &cfg->profile[i];
	return NULL;
}

int rules_config_map_account(const struct rules_config *cfg, const char *account, struct str *out)
{
	const struct rules_profile_entry *entry = first_fit(cfg, RULES_PROFILE_USER, account);
	const char *cut = strchr(account, '\\');
	struct str domain = {0};
	int error;

	if (entry)
		return str_adds(out, entry->to);
	if (!cut)
		return HF_ENOENT;
	error = str_add(&domain, account, (size_t)(cut - account));
	if (!error) {
		entry = first_fit(cfg, RULES_PROFILE_DOMAIN, domain.data);
		error = entry ? str_addf(out, "%s%s", entry->to, cut) : HF_ENOENT;
	}
	str_free(&domain);
	return error;
}

/* Whether the patterns that follow <changeGroup> number I take ACCOUNT: excludes before includes.
 */
static bool concerns(const struct rules_config *cfg, size_t i, const char *account)
{
	bool included = false, has_include = false;

	while (++i < cfg->profile_count) {
		const struct rules_profile_entry *e = &cfg->profile[i];

		if (e->kind == RULES_PROFILE_GROUP_EXCLUDE) {
			if (fits(e->from, account))
				return false;
		} else if (e->kind == RULES_PROFILE_GROUP_INCLUDE) {
			has_include = true;
			included |= fits(e->from, account);
		} else {
			break;
		}
	}
	return included || !has_include;
}

static bool applies(const struct rules_profile_entry *e, bool migrated)
{
	const char *to = e->applies_to;

	if (!to || !strcasecmp(to, "AllUsers"))
		return true;
	return !strcasecmp(to, migrated ? "MigratedUsers" : "NonmigratedUsers");
}

const char *rules_config_change_group(const struct rules_config *cfg, const char *group,
				      const char *account, bool migrated)
{
	for (size_t i = 0; i < cfg->profile_count; i++) {
		const struct rules_profile_entry *e = &cfg->profile[i];

		if (e->kind != RULES_PROFILE_GROUP || !applies(e, migrated))
			continue;
		if (group ? !fits(e->from, group) : strcmp(e->from, "*") != 0)
			continue;
		if (concerns(cfg, i, account))
			return e->to;
	}
	return NULL;
}
