// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reparse points: the input is a raw one. A target is text, absolute with a letter or relative.
 */
#include "windows/links.h"

#include "base/mem.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct str out = {0};

	if (!links_target(data, len, &out))
		fuzz_assert(out.data && *out.data);
	str_free(&out);
	return 0;
}
