// SPDX-License-Identifier: GPL-2.0-or-later
/* cmd/: ScanState's command line, one row for each rule of USMT specification 0, 1 and 1.1. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmdline.h"
#include "cmd/scanstate_options.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/suites.h"

#define STORE "C:\\USMTMIG"
#define HL    " /hardlink /nocompress "

static int parse(struct usmt_options *o, const char *line)
{
	char *argv[] = {"scanstate", "--args", (char *)line, NULL};

	return scanstate_options_parse(o, 3, argv);
}

static void codes(void)
{
	static const struct {
		const char *section, *line;
		int code;
		const char *message; /* part of the error, or NULL */
	} rows[] = {
		{"1", STORE HL, USMT_SUCCESS, NULL},
		{"1", " ", USMT_DISPLAY_HELP, NULL},
		{"own", "", USMT_INVALID_PARAMETERS, "--args needs a value"},
		{"1", "/?", USMT_DISPLAY_HELP, NULL},
		{"1", "/help " STORE, USMT_DISPLAY_HELP, NULL},
		{"0.1 any order", HL "/i:a.xml " STORE " /i:b.xml", USMT_SUCCESS, NULL},
		{"0.1 any case", STORE " /HardLink /NOCOMPRESS", USMT_SUCCESS, NULL},
		{"0.1 colon or blank", STORE HL "/v 5 /l C:\\x.log", USMT_SUCCESS, NULL},
		{"0.2 repeated", STORE HL "/o /o", USMT_INVALID_PARAMETERS, "more than once"},
		{"0.2 repeatable", STORE HL "/ui:a /ui:b /ue:c /ue:d", USMT_SUCCESS, NULL},
		{"0.3 two stores", STORE " D:\\x" HL, USMT_INVALID_PARAMETERS, "Exactly one"},
		{"0.3 none", HL, USMT_INVALID_PARAMETERS, "StorePath is required"},
		{"0.3 C:\\", "C:\\" HL, USMT_INVALID_PARAMETERS, "not a whole volume"},
		{"0.3 relative", "store" HL, USMT_INVALID_PARAMETERS, "drive letter"},
		{"0.3 network", "\\\\srv\\x" HL, USMT_INVALID_PARAMETERS, "network"},
		{"0.3 backslash in quotes", "\"C:\\My Store\\\"" HL, USMT_SUCCESS, NULL},
		{"0.13 mark", STORE HL "/bad", USMT_INVALID_PARAMETERS, "##ERROR## --> /bad"},
		{"1 /v", STORE HL "/v:13", USMT_SUCCESS, NULL},
		{"1 /v", STORE HL "/v:3", USMT_INVALID_PARAMETERS, "sum of 1, 4 and 8"},
		{"1 /v", STORE HL "/v:", USMT_INVALID_PARAMETERS, "missing"},
		{"1 flag with value", STORE HL "/o:1", USMT_INVALID_PARAMETERS, "takes no value"},
		{"1 missing value", STORE HL "/i /o", USMT_INVALID_PARAMETERS, "missing"},
		{"1.1 hardlink", STORE " /hardlink", USMT_INVALID_PARAMETERS, "needs /nocompress"},
		{"1.1 plain store", STORE " /nocompress", USMT_INVALID_PARAMETERS,
		 "Only hard-link"},
		{"1.1 /listfiles /p", STORE HL "/listfiles:x /p:y", USMT_INVALID_PARAMETERS, "/p"},
		{"1 bare /p", STORE " /p", USMT_INVALID_PARAMETERS, "needs /nocompress"},
		{"1 bare /p", STORE " /nocompress /p", USMT_SUCCESS, NULL},
		{"1 /p:file", STORE " /p:est.xml", USMT_SUCCESS, NULL},
		{"not yet", STORE HL "/vsc", USMT_INVALID_PARAMETERS, "/vsc: not done"},
		{"1 /all", STORE HL "/all", USMT_SUCCESS, NULL},
		{"1.1 /all", STORE HL "/all /ui:a", USMT_INVALID_PARAMETERS, "/all: not together"},
		{"1 /auto", STORE HL "/auto", USMT_SUCCESS, NULL},
		{"9.2 /auto", STORE HL "/auto /v:5", USMT_INVALID_PARAMETERS,
		 "/auto: not together"},
		{"1 /config", STORE HL "/config:c.xml", USMT_SUCCESS, NULL},
		{"1 /genconfig", "/genconfig:c.xml /i:a.xml /v:5 /l:x /o", USMT_SUCCESS, NULL},
		{"1 /genconfig", STORE " /genconfig:c", USMT_INVALID_PARAMETERS, "makes no store"},
		{"1.1 /genconfig", "/genconfig:c /c", USMT_INVALID_PARAMETERS, "only together"},
		{"1.1 /genconfig", "/genconfig:c /all", USMT_INVALID_PARAMETERS, "only together"},
		{"1 /genmigxml", "/genmigxml:m.xml", USMT_SUCCESS, NULL},
		{"1 /genmigxml", "/genmigxml:m /i:a", USMT_INVALID_PARAMETERS, "only together"},
		{"1.1 one command", "/genmigxml:m /genconfig:c", USMT_INVALID_PARAMETERS,
		 "already"},
		{"own", "--lint a.xml b.xml", USMT_SUCCESS, NULL},
		{"own", "--lint", USMT_INVALID_PARAMETERS, "names of rule files"},
		{"1 /efs", STORE HL "/efs:skip", USMT_SUCCESS, NULL},
		{"1 /efs", STORE HL "/efs:CopyRaw", USMT_SUCCESS, NULL},
		{"1 /efs", STORE HL "/efs:decryptcopy", USMT_INVALID_PARAMETERS,
		 "/efs: decryptcopy"},
		{"1 /efs", STORE HL "/efs:maybe", USMT_INVALID_PARAMETERS, "/efs: must be"},
		{"1 /r", STORE HL "/r:3 /w 5 /targetxp", USMT_SUCCESS, NULL},
		{"1 /r", STORE HL "/r:few", USMT_INVALID_PARAMETERS, "/r: must be a whole"},
		{"1.1 /efs", STORE " /nocompress /p:x /efs:hardlink", USMT_INVALID_PARAMETERS,
		 "needs /hardlink"},
		{"own", STORE " --dry-run", USMT_SUCCESS, NULL},
		{"own", STORE HL "--explain", USMT_INVALID_PARAMETERS, "needs a value"},
		{"own", STORE HL "--nonsense", USMT_INVALID_PARAMETERS, "no such option"},
		{"own", STORE HL "--volume C", USMT_INVALID_PARAMETERS, NULL},
		{"6", STORE HL "/offlinewindir:C:\\Windows --windows x", USMT_INVALID_PARAMETERS,
		 "--windows"},
		{"quotes", STORE HL "\"/l:x", USMT_INVALID_PARAMETERS, "never closed"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct usmt_options o;
		int code = parse(&o, rows[i].line);
		bool said = !rows[i].message || strstr(log_last_error(), rows[i].message);
		if (code != rows[i].code || !said) {
			printf("\n    [%s] %s: code %d, message %s\n", rows[i].section,
			       rows[i].line, code, log_last_error());
			CU_FAIL("row");
		}
		usmt_options_free(&o);
	}
	CU_PASS("all rows");
}

static void lengths(void)
{
	struct usmt_options o;
	char line[2000] = STORE HL "/i:";

	memset(line + strlen(line), 'x', 256);
	CU_ASSERT_EQUAL(parse(&o, line), USMT_SUCCESS);
	usmt_options_free(&o);
	line[strlen(line)] = 'x';
	CU_ASSERT_EQUAL(parse(&o, line), USMT_ERROR_OPTION_PARAM_TOO_LARGE);
	usmt_options_free(&o);
}

static void values_arrive(void)
{
	struct usmt_options o;

	CU_ASSERT_EQUAL(parse(&o, "c:/My\\Store\\ /i:MigUser.xml /i \"my rules.xml\" /c /o " HL
				  "/l:C:\\a\\b.log /ui:CORP\\kim /ue *-500 --explain=C:\\x"),
			USMT_SUCCESS);
	CU_ASSERT_STRING_EQUAL(o.store_path, "C:\\My\\Store");
	CU_ASSERT_EQUAL(o.rules.count, 2);
	CU_ASSERT_STRING_EQUAL(o.rules.items[1], "my rules.xml");
	CU_ASSERT_STRING_EQUAL(o.log, "C:\\a\\b.log");
	CU_ASSERT_STRING_EQUAL(o.include_users.items[0], "CORP\\kim");
	CU_ASSERT_STRING_EQUAL(o.exclude_users.items[0], "*-500");
	CU_ASSERT_STRING_EQUAL(o.explain, "C:\\x");
	CU_ASSERT(o.go_on && o.overwrite && o.hardlink && o.nocompress && !o.dry_run);
	usmt_options_free(&o);
}

/* CommandLineToArgvW's rules, and the trailing backslash that people write. */
static void splitting(void)
{
	static const struct {
		const char *text;
		const char *args[4];
	} rows[] = {
		{"a b\tc", {"a", "b", "c"}},
		{"  a  ", {"a"}},
		{"\"a b\" c", {"a b", "c"}},
		{"a\"b c\"d", {"ab cd"}},
		{"\"\" x", {"", "x"}},
		{"a\\b\\\\c", {"a\\b\\\\c"}},
		{"\"a\\\\\" b", {"a\\", "b"}},
		{"\"a\\\"b\" c", {"a\"b", "c"}},
		{"x \"C:\\Store\\\"", {"x", "C:\\Store\\"}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cmdline c = {0};
		CU_ASSERT_EQUAL(cmdline_split(&c, rows[i].text), 0);
		int n = 0;
		while (n < 4 && rows[i].args[n])
			n++;
		CU_ASSERT_EQUAL(c.argc, n);
		for (int k = 0; k < n && k < c.argc; k++)
			CU_ASSERT_STRING_EQUAL(c.argv[k], rows[i].args[k]);
		cmdline_free(&c);
	}
}

void suite_cmd(void)
{
	CU_pSuite suite = CU_add_suite("cmd", NULL, NULL);

	CU_add_test(suite, "ScanState's return codes for command lines", codes);
	CU_add_test(suite, "lengths", lengths);
	CU_add_test(suite, "values arrive", values_arrive);
	CU_add_test(suite, "splitting a Windows command line", splitting);
}
