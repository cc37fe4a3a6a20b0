// SPDX-License-Identifier: GPL-2.0-or-later
/* engine/users.c: who is captured, by USMT specification 11.1 and 11.2. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "engine/users.h"
#include "report/error.h"
#include "unit/suites.h"
#include "windows/install.h"

#define S "S-1-5-21-1-2-3-"

enum { ANN, JOERG, KIM, CORP_LEE, SYSTEM, GONE, ENTRA, TEMP, NIL, USERS };

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
	[ENTRA] = {.sid = "S-1-12-1-1-2-3-4",
		   .domain = "AzureAD",
		   .name = "EveSample",
		   .upn = "eve@example.org"},
	[TEMP] = {.sid = S "1010", .domain = "", .name = "temp", .kind = WINDOWS_USER_TEMPORARY},
	/* A folder that nothing is known of but that it is there. */
	[NIL] = {.sid = "unknown-old",
		 .domain = "",
		 .name = "old",
		 .name_is_guess = true,
		 .unlisted = true},
};

/* Days before now that each was active; 0: not known. */
static const unsigned idle[USERS] = {
	[ANN] = 1, [JOERG] = 40, [KIM] = 29, [CORP_LEE] = 31, [ENTRA] = 400, [TEMP] = 3};

static struct windows_install install = {.computer = "PC1", .users = users, .user_count = USERS};

/* 2024-05-31 12:00 UTC */
#define NOW	    INT64_C(1717156800)
#define FILETIME(t) (((uint64_t)(t) + UINT64_C(11644473600)) * UINT64_C(10000000))

#define LIST(...)                                                                                  \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

/*
 * USMT specification 11.2, row by row, and what follows from it. CAPTURED lists who is in, as
 * letters: a ann, j Jörg, k kim, l lee, s the system, e eve, t temp, o old.
 */
static void table(void)
{
	for (int u = 0; u < USERS; u++)
		users[u].last_used = idle[u] ? FILETIME(NOW - (int64_t)idle[u] * 86400 + 60) : 0;

	static const struct {
		const char *include[3], *exclude[3];
		const char *used;
		const char *captured;
	} rows[] = {
		/* none */
		{{0}, {0}, NULL, "ajkleto"},
		/* /ui alone excludes nobody */
		{LIST("PC1\\ann"), {0}, NULL, "ajkleto"},
		{LIST("PC1\\ann"), LIST("*\\*"), NULL, "a"},
		{LIST("ann"), LIST("*"), NULL, "a"},
		{LIST("%computername%\\ANN"), LIST("*\\*"), NULL, "a"},
		{LIST("%ComputerName%\\*"), LIST("*\\*"), NULL, "ajt"},
		{LIST("pc1\\jÖRG"), LIST("*\\*"), NULL, "j"},
		/* /ui wins over /ue */
		{LIST("CORP\\*"), LIST("CORP\\lee"), NULL, "ajkleto"},
		{LIST("*"), LIST("*\\*"), NULL, "ajkleto"},
		{{0}, LIST("CORP\\lee"), NULL, "ajketo"},
		{{0}, LIST("PC1\\*"), NULL, "kleo"},
		{{0}, LIST("ann"), NULL, "jkleto"},
		{{0}, LIST("a*"), NULL, "jkleto"},
		{{0}, LIST("*\\*"), NULL, ""},
		{{0}, LIST("*"), NULL, ""},
		/* kim's domain is unknown: excluding by a domain must not drop the profile ... */
		{{0}, LIST("CORP\\kim"), NULL, "ajkleto"},
		{{0}, LIST("kim"), NULL, "ajkleto"},
		/* ... but including by it may take it in, and the SID always works. */
		{LIST("CORP\\kim"), LIST("*\\*"), NULL, "k"},
		{{0}, LIST("S-1-5-21-9-9-9-1104"), NULL, "ajleto"},
		{{0}, LIST("*-1001"), NULL, "jkleto"},
		{LIST("S-1-5-21-9-9-9-1104*"), LIST("*"), NULL, "k"},
		{{0}, LIST("*\\kim"), NULL, "ajleto"},
		{LIST("unknown-*"), LIST("*"), NULL, "o"},
		/* Entra ID: by name, by sign-in name, by either with the domain, by SID */
		{LIST("AzureAD\\EveSample"), LIST("*"), NULL, "e"},
		{LIST("eve@EXAMPLE.org"), LIST("*"), NULL, "e"},
		{LIST("azuread\\eve@*"), LIST("*"), NULL, "e"},
		{{0}, LIST("S-1-12-1-*"), NULL, "ajklto"},
		{{0}, LIST("EveSample"), NULL, "ajkleto"},
		/* a service is meant only by its SID */
		{LIST("*\\*"), LIST("*\\*"), NULL, "ajkleto"},
		{LIST("S-1-5-18"), LIST("*\\*"), NULL, "s"},
		/* /uel: who was active; who nothing is known of stays in */
		{{0}, {0}, "30", "akto"},
		{{0}, {0}, "1", "ao"},
		{{0}, {0}, "9999", "ajkleto"},
		/* /ue is without effect beside it */
		{{0}, LIST("ann"), "30", "akto"},
		{{0}, LIST("*\\*"), "30", "akto"},
		/* /ui wins over /uel: all of CORP however old, others only when active */
		{LIST("CORP\\lee"), {0}, "30", "aklto"},
		{LIST("*"), {0}, "1", "ajkleto"},
		/* a date: 35 days before now */
		{{0}, {0}, "2024/4/26", "aklto"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct user_options o = {.include = rows[i].include, .exclude = rows[i].exclude};
		struct user_decision d[USERS];
		char got[USERS + 1] = "";

		while (o.include_count < 3 && rows[i].include[o.include_count])
			o.include_count++;
		while (o.exclude_count < 3 && rows[i].exclude[o.exclude_count])
			o.exclude_count++;
		o.used_text = rows[i].used;
		if (o.used_text)
			CU_ASSERT_EQUAL(users_parse_uel(o.used_text, NOW, &o.used_since), 0);
		users_decide(&install, &o, d);
		for (int u = 0, n = 0; u < USERS; u++)
			if (d[u].captured)
				got[n++] = "ajklsgeto"[u];
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
	CU_ASSERT_STRING_EQUAL(user_display_name(&install, NIL, name, sizeof(name)),
			       "old (unknown-old)");
	CU_ASSERT_STRING_EQUAL(user_display_name(&install, ENTRA, name, sizeof(name)),
			       "AzureAD\\EveSample");
}

/* The reason begins with the option, by which the wipe sees that somebody asked for it. */
static void reasons_of_uel(void)
{
	struct user_options o = {.used_text = "30"};
	struct user_decision d[USERS];

	CU_ASSERT_EQUAL(users_parse_uel("30", NOW, &o.used_since), 0);
	users[ANN].last_used = FILETIME(NOW - 86400);
	users[JOERG].last_used = FILETIME(NOW - 40 * INT64_C(86400));
	users_decide(&install, &o, d);
	CU_ASSERT_STRING_EQUAL(d[ANN].reason, "/uel:30: last used 2024-05-30");
	CU_ASSERT_STRING_EQUAL(d[ANN].last_used, "2024-05-30");
	CU_ASSERT_STRING_EQUAL(d[JOERG].reason, "/uel:30: last used 2024-04-21");
	CU_ASSERT_FALSE(d[JOERG].captured);
	CU_ASSERT_STRING_EQUAL(d[NIL].reason, "/uel:30: when it was last used is not known");
	CU_ASSERT_TRUE(d[NIL].captured);
	o = (struct user_options){.no_temporary = true};
	users_decide(&install, &o, d);
	CU_ASSERT_FALSE(d[TEMP].captured);
	CU_ASSERT_STRING_EQUAL(d[TEMP].reason, "temporary profile (MIG_FAIL_ON_PROFILE_ERROR=0)");
}

static void what_uel_means(void)
{
	static const struct {
		const char *text;
		int error;
		int64_t since; /* seconds since 1970 */
	} cases[] = {
		{"1", 0, NOW - 86400},	       {"30", 0, NOW - 30 * INT64_C(86400)},
		{"2020/2/15", 0, 1581724800},  {"2020/02/29", 0, 1582934400},
		{"0", HF_EUNSUPPORTED, 0},     {"", HF_EINVAL, 0},
		{"-1", HF_EINVAL, 0},	       {"30d", HF_EINVAL, 0},
		{"123456", HF_EINVAL, 0},      {"2020/2/30", HF_EINVAL, 0},
		{"2020/13/1", HF_EINVAL, 0},   {"2020/0/1", HF_EINVAL, 0},
		{"20/2/15", HF_EINVAL, 0},     {"2020/2", HF_EINVAL, 0},
		{"2020/2/15/1", HF_EINVAL, 0}, {"2/15/2020", HF_EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t since = 0;

		if (users_parse_uel(cases[i].text, NOW, &since) != cases[i].error)
			printf("\n    %s\n", cases[i].text);
		CU_ASSERT_EQUAL(users_parse_uel(cases[i].text, NOW, &since), cases[i].error);
		if (!cases[i].error)
			CU_ASSERT_EQUAL(since, FILETIME(cases[i].since));
	}
}

static void arguments(void)
{
	static const char *const good[] = {
		"ann",		 "CORP\\ann",		"*\\*",		 "*",
		"S-1-5-21-1-*",	 "%computername%\\ann", "J\xc3\xb6rg M", "D 1\\u 1",
		"AzureAD\\a@b.c"};
	static const char *const bad[] = {"",	 "\\ann",   "CORP\\", "A\\B\\C", "a:b",
					  "a/b", "\"ann\"", "a|b",    "a\tb",	 "a?"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		CU_ASSERT_TRUE(users_argument_ok(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_FALSE(users_argument_ok(bad[i]));
}

void suite_users(void)
{
	CU_pSuite suite = CU_add_suite("users", NULL, NULL);

	CU_add_test(suite, "/ui, /uel and /ue", table);
	CU_add_test(suite, "reasons of /uel", reasons_of_uel);
	CU_add_test(suite, "what /uel means", what_uel_means);
	CU_add_test(suite, "arguments of /ui and /ue", arguments);
	CU_add_test(suite, "reasons and names", reasons_and_names);
}
