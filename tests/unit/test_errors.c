// SPDX-License-Identifier: GPL-2.0-or-later
/* Trouble with single objects: what goes on and what stops. */
#include <CUnit/CUnit.h>

#include "engine/errors.h"
#include "report/error.h"
#include "unit/suites.h"

static void errors_of_objects_follow_the_option(void)
{
	struct object_errors errors = {.continue_on_error = true};

	CU_ASSERT_EQUAL(object_error(&errors, "C:\\x", HF_ECORRUPT, "damaged"), 0);
	CU_ASSERT_EQUAL(object_error(&errors, "C:\\x", HF_ENOSPC, "full"), HF_ENOSPC);
	CU_ASSERT_EQUAL(object_error(&errors, "C:\\x", HF_ECANCELLED, "asked"), HF_ECANCELLED);
	CU_ASSERT_EQUAL(errors.count, 3);
	object_errors_free(&errors);
	errors.continue_on_error = false;
	CU_ASSERT_EQUAL(object_error(&errors, "C:\\x", HF_ECORRUPT, "damaged"), HF_ECORRUPT);
	object_errors_free(&errors);
}

void suite_errors(void)
{
	CU_pSuite s = CU_add_suite("errors", NULL, NULL);

	CU_ADD_TEST(s, errors_of_objects_follow_the_option);
}
