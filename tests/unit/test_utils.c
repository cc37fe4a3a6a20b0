// SPDX-License-Identifier: GPL-2.0-or-later
/* UsmtUtils: its command line (USMT specification 3), and names for what is extracted. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/usmtutils_options.h"
#include "engine/extract_private.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/suites.h"

#define STORE "C:\\USMTMIG"

static int parse(struct usmt_options *o, const char *line)
{
	char *argv[] = {"usmtutils", "--args", (char *)line, NULL};

	return usmtutils_options_parse(o, 3, argv);
}

static void codes(void)
{
	static const struct {
		const char *line;
		int code;
		const char *message; /* part of the error, or NULL */
	} rows[] = {
		{"/ec", USMT_SUCCESS, NULL},
		{"/?", USMT_DISPLAY_HELP, NULL},
		{"/rd " STORE, USMT_SUCCESS, NULL},
		{"/RD:" STORE " /Y --lose-files", USMT_SUCCESS, NULL},
		{"/verify " STORE, USMT_SUCCESS, NULL},
		{"/verify:FailureOnly " STORE " /l:x.log /v:5", USMT_SUCCESS, NULL},
		{"/extract " STORE " out /i:*.txt /e:*.doc /o", USMT_SUCCESS, NULL},
		{"/extract " STORE " /mnt/stick", USMT_SUCCESS, NULL},
		{"/extract " STORE " /tmp", USMT_SUCCESS, NULL},
		{"/extract " STORE " /nowhere", USMT_INVALID_PARAMETERS, "not valid"},
		{"/extract " STORE " out more", USMT_INVALID_PARAMETERS, "Exactly one"},
		{"/extract " STORE, USMT_INVALID_PARAMETERS, "directory to extract to"},
		{"/extract " STORE " D:\\out", USMT_INVALID_PARAMETERS, "of this system"},
		{"/extract " STORE " out /i:,", USMT_INVALID_PARAMETERS, "argument is missing"},
		{"/extract " STORE " out /i:a?", USMT_INVALID_PARAMETERS, "wildcard is *"},
		{"/extract " STORE " out /e:a\\b", USMT_INVALID_PARAMETERS, "not for paths"},
		{"/ec /rd " STORE, USMT_INVALID_PARAMETERS, "only one"},
		{STORE, USMT_INVALID_PARAMETERS, "Say what to do"},
		{"/verify " STORE " /y", USMT_INVALID_PARAMETERS, "belong to /rd"},
		{"/rd " STORE " /o", USMT_INVALID_PARAMETERS, "belong to /extract"},
		{"/rd " STORE " more", USMT_INVALID_PARAMETERS, "too many"},
		{"/rd", USMT_INVALID_PARAMETERS, "argument is missing"},
		{"/rd /y", USMT_INVALID_PARAMETERS, "argument is missing"},
		{"/verify", USMT_INVALID_PARAMETERS, "StorePath is required"},
		{"/verify:much " STORE, USMT_INVALID_PARAMETERS, "one of summary"},
		{"/verify C:\\S\\USMT\\USMT.MIG", USMT_INVALID_PARAMETERS, "Compressed"},
		{"/verify " STORE " /decrypt:AES", USMT_INVALID_PARAMETERS, "/decrypt: not done"},
		{"/verify " STORE " /hardlink", USMT_INVALID_PARAMETERS, "not valid"},
		{"/verify " STORE " /l:" STORE "\\x.log", USMT_INVALID_PARAMETERS, "inside"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct usmt_options o;
		int code = parse(&o, rows[i].line);
		bool said = !rows[i].message || strstr(log_last_error(), rows[i].message);

		if (code != rows[i].code || !said) {
			printf("\n    %s: code %d, message %s\n", rows[i].line, code,
			       log_last_error());
			CU_FAIL("row");
		}
		usmt_options_free(&o);
	}
	CU_PASS("all rows");
}

static void values_arrive(void)
{
	struct usmt_options o;

	CU_ASSERT_EQUAL(parse(&o, "/extract c:/My/USMT/catalog.db out /i:\"*.txt, *.pdf\" "
				  "/i:my.* /e \"a b;c\""),
			USMT_SUCCESS);
	CU_ASSERT_STRING_EQUAL(o.store_path, "C:\\My");
	CU_ASSERT_STRING_EQUAL(o.destination, "out");
	CU_ASSERT_EQUAL_FATAL(o.names.count, 3);
	CU_ASSERT_STRING_EQUAL(o.names.items[1], "*.pdf");
	CU_ASSERT_STRING_EQUAL(o.names.items[2], "my.*");
	CU_ASSERT_EQUAL_FATAL(o.not_names.count, 2);
	CU_ASSERT_STRING_EQUAL(o.not_names.items[0], "a b");
	usmt_options_free(&o);
}

static bool renamed(const uint16_t *units, unsigned len, uint64_t record, char *out)
{
	const struct tree_node node = {.name = units, .name_len = len, .ref = record};

	return extract_host_name(&node, out);
}

static void host_names(void)
{
	static const struct {
		uint16_t units[8];
		unsigned len;
		const char *name;
	} rows[] = {
		{{'a', '%', ' ', 0xe4}, 4, NULL}, /* stays */
		{{'a', '/', 'b'}, 3, "a%2Fb"},
		{{'a', 0, 'b'}, 3, "a%C0%80b"},
		{{'.'}, 1, "%2E"},
		{{'.', '.'}, 2, "%2E%2E"},
		{{'.', '.', '.'}, 3, NULL},
		{{0xd83d, 'x'}, 2, "%ED%A0%BDx"},
	};
	char name[HOST_NAME_SIZE], other[HOST_NAME_SIZE];
	uint16_t wide[NAME_UNITS_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CU_ASSERT_EQUAL(renamed(rows[i].units, rows[i].len, 1, name), rows[i].name != NULL);
		if (rows[i].name)
			CU_ASSERT_STRING_EQUAL(name, rows[i].name);
	}
	for (size_t i = 0; i < NAME_UNITS_MAX; i++)
		wide[i] = 0x20ac;
	CU_ASSERT(renamed(wide, NAME_UNITS_MAX, 0x1234, name));
	CU_ASSERT(renamed(wide, NAME_UNITS_MAX, 0x1235, other));
	CU_ASSERT(strlen(name) <= NAME_MAX && strlen(name) > NAME_MAX - 10);
	CU_ASSERT_STRING_EQUAL(name + strlen(name) - 5, "~1234");
	CU_ASSERT_STRING_NOT_EQUAL(name, other);
	CU_ASSERT(renamed((const uint16_t[]){'/', '/'}, 2, 1, name));
	for (size_t i = 0; i < NAME_UNITS_MAX; i++)
		wide[i] = '/';
	CU_ASSERT(renamed(wide, NAME_UNITS_MAX, 0x1234, name));
	CU_ASSERT(strlen(name) <= NAME_MAX && !strchr(name, '/'));
}

void suite_utils(void)
{
	CU_pSuite suite = CU_add_suite("utils", NULL, NULL);

	CU_add_test(suite, "UsmtUtils' return codes for command lines", codes);
	CU_add_test(suite, "values arrive", values_arrive);
	CU_add_test(suite, "names that this system cannot hold", host_names);
}
