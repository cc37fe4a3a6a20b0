// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs all CUnit suites, or those named as arguments, and prints CUnit's summary. */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

#include "report/log.h"
#include "unit/suites.h"

#define SUITE_ENTRY(name) {#name, suite_##name},

static const struct {
	const char *name;
	void (*add)(void);
} suites[] = {SUITES(SUITE_ENTRY)};

int main(int argc, char **argv)
{
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i++) {
		bool wanted = argc < 2;
		for (int a = 1; a < argc; a++)
			wanted |= !strcmp(argv[a], suites[i].name);
		if (wanted)
			suites[i].add();
	}
	log_set_quiet(true);
	setvbuf(stdout, NULL, _IOLBF, 0);
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	unsigned failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed ? 1 : 0;
}
