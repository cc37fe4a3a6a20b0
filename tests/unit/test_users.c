// SPDX-License-Identifier: GPL-2.0-or-later
/* engine/users.c: who is captured, by USMT specification 11.1 and 11.2. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "engine/users.h"
#include "unit/suites.h"
#include "windows/install.h"

#define S "S-1-5-21-1-2-3-"

enum { ANN, JOERG, KIM, CORP_LEE, SYSTEM, GONE, USERS };

static struct windows_user users[USERS] = {
	[ANN] = {.sid = S "1001", .domain = "", .name = "ann"},
	[JOERG] = {.sid = S "1002", .domain = "", .name = "Jörg"},
	[KIM] = {.sid = "S-1-5-21-9-9-9-1104", .domain = "", .name = "kim", .name_is_guess = true},
	[CORP_LEE] = {.sid = "S-1-5-21-9-9-9-1105", .domain = "CORP", .name = "lee"},
	[SYSTEM] = {.sid = "S-1-5-18",
		    .domain = "",
		    .name = "systemprofile",
		    .kind = WINDOWS_USER_SERVICE},
	[GONE] = {.sid = S "1009", .domain = "", .name = "gone", .kind = WINDOWS_USER_STALE},
};

static struct windows_install install = {.computer = "PC1", .users = users, .user_count = USERS};

#define LIST(...)                                                                                  \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

/* CAPTURED lists who is in, as letters: a ann, j Jörg, k kim, l lee. */
static void table(void)
{
	static const struct {
		const char *include[3], *exclude[3];
		const char *captured;
	} rows[] = {
		{{0}, {0}, "ajkl"},
		{LIST("PC1\\ann"), {0}, "ajkl"},
		{LIST("PC1\\ann"), LIST("*\\*"), "a"},
		{LIST("ann"), LIST("*"), "a"},
		{LIST("%computername%\\ANN"), LIST("*\\*"), "a"},
		{LIST("pc1\\jÖRG"), LIST("*\\*"), "j"},
		{LIST("CORP\\*"), LIST("CORP\\lee"), "ajkl"},
		{{0}, LIST("CORP\\lee"), "ajk"},
		{{0}, LIST("PC1\\*"), "kl"},
		{{0}, LIST("ann"), "jkl"},
		/* kim's domain is unknown: excluding by a domain must not drop the profile ... */
		{{0}, LIST("CORP\\kim"), "ajkl"},
		{{0}, LIST("kim"), "ajkl"},
		/* ... but including by it may take it in, and the SID always works. */
		{LIST("CORP\\kim"), LIST("*\\*"), "k"},
		{{0}, LIST("S-1-5-21-9-9-9-1104"), "ajl"},
		{{0}, LIST("*-1001"), "jkl"},
		{LIST("S-1-5-21-9-9-9-1104*"), LIST("*"), "k"},
		{{0}, LIST("*\\kim"), "ajl"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct user_options o = {.include = rows[i].include, .exclude = rows[i].exclude};
		struct user_decision d[USERS];
		char got[8] = "";

		while (o.include_count < 3 && rows[i].include[o.include_count])
			o.include_count++;
		while (o.exclude_count < 3 && rows[i].exclude[o.exclude_count])
			o.exclude_count++;
		users_decide(&install, &o, d);
		for (int u = 0, n = 0; u < USERS; u++)
			if (d[u].captured)
				got[n++] = "ajklsg"[u];
		if (strcmp(got, rows[i].captured))
			printf("\n    row %zu: %s instead of %s\n", i, got, rows[i].captured);
		CU_ASSERT_STRING_EQUAL(got, rows[i].captured);
	}
}

static void reasons_and_names(void)
{
	static const char *const exclude[] = {"PC1\\ann"};
	struct user_options o = {.exclude = exclude, .exclude_count = 1};
	struct user_decision d[USERS];
	char name[128];

	users_decide(&install, &o, d);
	CU_ASSERT_STRING_EQUAL(d[ANN].reason, "/ue:PC1\\ann");
	CU_ASSERT_STRING_EQUAL(d[KIM].reason, "by default");
	CU_ASSERT_STRING_EQUAL(d[SYSTEM].reason, "service profile");
	CU_ASSERT_STRING_EQUAL(user_display_name(&install, ANN, name, sizeof(name)), "PC1\\ann");
	CU_ASSERT_STRING_EQUAL(user_display_name(&install, KIM, name, sizeof(name)),
			       "kim (S-1-5-21-9-9-9-1104)");
	CU_ASSERT_STRING_EQUAL(user_display_name(&install, CORP_LEE, name, sizeof(name)),
			       "CORP\\lee");
}

void suite_users(void)
{
	CU_pSuite suite = CU_add_suite("users", NULL, NULL);

	CU_add_test(suite, "/ui and /ue", table);
	CU_add_test(suite, "reasons and names", reasons_and_names);
}
