// SPDX-License-Identifier: GPL-2.0-or-later
/* report/: log lines, progress records, return codes. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "unit/suites.h"

static char *slurp(const char *path)
{
	static char text[8192];
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
	return text;
}

static void log_lines_have_usmt_form(void)
{
	char path[] = "/tmp/holdfast-log-XXXXXX";
	int fd = mkstemp(path);
	int year;
	char level[32], code[32], rest[64];

	CU_ASSERT(fd >= 0);
	close(fd);
	CU_ASSERT_EQUAL(log_open(path, 0), 0);
	log_detail("not at this verbosity");
	log_warning("a \x1b[31m name");
	CU_ASSERT_EQUAL(log_close(), 0);
	char *text = slurp(path);
	CU_ASSERT_EQUAL(sscanf(text, "%4d-%*2d-%*2d %*2d:%*2d:%*2d, %31s %31s %63[^\n]", &year,
			       level, code, rest),
			4);
	CU_ASSERT_STRING_EQUAL(level, "Warning");
	CU_ASSERT_STRING_EQUAL(code, "[0x000000]");
	CU_ASSERT_STRING_EQUAL(rest, "a \\x1B[31m name");
	CU_ASSERT_PTR_NULL(strstr(text, "verbosity"));
	CU_ASSERT_STRING_EQUAL(log_last_error(), "a \\x1B[31m name");
	unlink(path);
	CU_ASSERT_EQUAL(log_open("/nonexistent/log", 0), HF_EIO);
}

static void progress_records_have_usmt_form(void)
{
	char path[] = "/tmp/holdfast-progress-XXXXXX";
	int fd = mkstemp(path);
	char month[8], rest[128];
	int day, hours;

	CU_ASSERT(fd >= 0);
	close(fd);
	CU_ASSERT_EQUAL(progress_open(path), 0);
	progress_record("errorCode", "0", "message", "Successful run", NULL);
	CU_ASSERT_EQUAL(progress_close(), 0);
	char *text = slurp(path);
	CU_ASSERT_EQUAL(sscanf(text, "%2d %3s %*4d, %2d:%*2d:%*2d %*3d:%*2d, %*8s, %127[^\n]", &day,
			       month, &hours, rest),
			4);
	CU_ASSERT_STRING_EQUAL(rest, "errorCode, 0, message, \"Successful run\"");
	unlink(path);
}

static void codes_have_names(void)
{
	CU_ASSERT_STRING_EQUAL(usmt_code_name(27), "INVALID_STORE_LOCATION");
	CU_ASSERT_STRING_EQUAL(usmt_code_name(99), "UNKNOWN");
	CU_ASSERT_STRING_EQUAL(hf_strerror(HF_EREADONLY), "opened read-only");
	CU_ASSERT_STRING_EQUAL(hf_strerror(-999), "unknown error");
	CU_ASSERT_STRING_EQUAL(hf_strerror(5), "unknown error");
}

void suite_report(void)
{
	CU_pSuite suite = CU_add_suite("report", NULL, NULL);

	CU_add_test(suite, "log lines have USMT's form", log_lines_have_usmt_form);
	CU_add_test(suite, "progress records have USMT's form", progress_records_have_usmt_form);
	CU_add_test(suite, "codes have names", codes_have_names);
}
