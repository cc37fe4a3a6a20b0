// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Security descriptors: the input is a self-relative one. Whoever is found is a person with a valid
 * SID.
 */
#include "windows/sid.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char sid[SID_TEXT_MAX];

	if (sid_of_person(data, len, sid))
		fuzz_assert(sid_is_valid(sid) && sid_is_person(sid));
	return 0;
}
