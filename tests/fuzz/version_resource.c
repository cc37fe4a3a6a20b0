// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Version resources: the input is a PE file. Every tag is found as WTF-8 or not at all, the same on
 * each try, and what is found by its name in another case is the same text.
 */
#include "windows/version_resource.h"

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "report/error.h"

static char *find(const uint8_t *data, size_t len, const char *tag)
{
	char *value = NULL;
	int err = version_resource_memory(data, len, tag, &value);

	fuzz_assert(err == 0 || err == HF_ENOENT || err == HF_ECORRUPT);
	fuzz_assert((err == 0) == (value != NULL));
	return value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const tags[][2] = {{"CompanyName", "companyname"},
					      {"FileDescription", "FILEDESCRIPTION"},
					      {"FileVersion", "fileVersion"},
					      {"ProductVersion", "PRODUCTVERSION"}};
	static uint16_t units[65536];

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		char *a = find(data, len, tags[i][0]), *b = find(data, len, tags[i][1]);

		fuzz_assert(!a == !b && (!a || strcmp(a, b) == 0));
		if (a)
			fuzz_assert(*a && text_to_utf16(a, strlen(a), units, 65536) > 0);
		free(a);
		free(b);
	}
	return 0;
}
