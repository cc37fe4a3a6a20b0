// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text: UTF-16 to WTF-8 and back gives the same units; what is printable steers no console; both
 * comparisons agree.
 */
#include "base/text.h"

#include <stdbool.h>

#include "fuzz/fuzz.h"
#include "report/error.h"

#define UNITS 4096

/* Length of the UTF-8 character at S by the table of RFC 3629, 0 when it is none. */
static unsigned utf8_length(const uint8_t *s, size_t len)
{
	unsigned k = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	uint8_t low = 0x80, high = 0xbf;

	if (!k || k > len || s[0] > 0xf4)
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (k > 1 && (s[1] < low || s[1] > high))
		return 0;
	for (unsigned i = 2; i < k; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return k;
}

static bool is_utf8(const char *text)
{
	const uint8_t *s = (const uint8_t *)text;
	size_t len = strlen(text);

	while (len) {
		unsigned k = utf8_length(s, len);

		if (!k)
			return false;
		s += k;
		len -= k;
	}
	return true;
}

static void check_units(const uint16_t *units, size_t n)
{
	static uint16_t back[UNITS];
	char *text = text_dup_utf16(units, n), *tight;
	bool whole = utf16_is_well_formed(units, n);
	int len;

	fuzz_assert(text);
	len = (int)strlen(text);
	fuzz_assert(text_to_utf16(text, (size_t)len, back, UNITS) == (int)n);
	fuzz_assert(!memcmp(back, units, n * sizeof(*units)));
	fuzz_assert(!n || text_to_utf16(text, (size_t)len, back, n - 1) == HF_ELIMIT);
	tight = malloc((size_t)len + 1);
	fuzz_assert(tight);
	fuzz_assert(text_from_utf16(units, n, tight, (size_t)len + 1) == len);
	fuzz_assert(!strcmp(tight, text));
	fuzz_assert(text_from_utf16(units, n, tight, (size_t)len) == HF_ELIMIT);
	fuzz_assert(is_utf8(text) == whole);
	free(tight);
	free(text);
}

/* Nothing that moves the cursor, changes colours or turns the line around. */
static void check_printable(const char *text, size_t size)
{
	char *out = malloc(size);
	const uint8_t *s;

	fuzz_assert(out);
	fuzz_assert(text_printable(text, out, size) == out);
	fuzz_assert(strlen(out) < size);
	fuzz_assert(is_utf8(out));
	for (s = (const uint8_t *)out; *s; s++) {
		fuzz_assert(*s >= 0x20 && *s != 0x7f);
		fuzz_assert(!(s[0] == 0xc2 && s[1] < 0xa0));
		fuzz_assert(!(s[0] == 0xe2 && s[1] == 0x80 && s[2] >= 0xa8 && s[2] <= 0xae));
		fuzz_assert(!(s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
	}
	free(out);
}

static int sign(int n)
{
	return n < 0 ? -1 : n > 0;
}

static bool holds_nul(const uint16_t *units, int n)
{
	for (int i = 0; i < n; i++)
		if (!units[i])
			return true;
	return false;
}

static void check_compare(const char *a, const char *b)
{
	static uint16_t ua[UNITS], ub[UNITS];
	const struct upcase *uc = upcase_basic();
	int order = sign(text_casecmp(uc, a, b));
	int na = text_to_utf16(a, strlen(a), ua, UNITS),
	    nb = text_to_utf16(b, strlen(b), ub, UNITS);

	fuzz_assert(order == -sign(text_casecmp(uc, b, a)));
	fuzz_assert(!text_casecmp(uc, a, a));
	fuzz_assert(order || (na < 0) == (nb < 0));
	if (na < 0 || nb < 0 || holds_nul(ua, na) || holds_nul(ub, nb))
		return;
	fuzz_assert(order == sign(utf16_casecmp(uc, ua, (size_t)na, ub, (size_t)nb)));
	for (int i = 0; i < na; i++)
		ua[i] = uc->map[ua[i]];
	char *upper = text_dup_utf16(ua, (size_t)na);
	fuzz_assert(upper && !text_casecmp(uc, a, upper));
	fuzz_assert(order == sign(text_casecmp(uc, upper, b)));
	free(upper);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	static uint16_t units[UNITS];
	size_t size = fuzz_u8(&in) + 1u, n = in.len / 2;
	char *a, *b;
	int count;

	if (in.len > UNITS)
		return 0;
	memcpy(units, in.data, n * 2);
	check_units(units, n);
	a = fuzz_text(&in);
	b = fuzz_text(&in);
	count = text_to_utf16(a, strlen(a), units, UNITS);
	if (count >= 0)
		check_units(units, (size_t)count);
	if (is_utf8(a))
		fuzz_assert(count >= 0 && utf16_is_well_formed(units, (size_t)count));
	check_printable(a, size);
	check_printable(b, strlen(b) * 4 + 5);
	check_compare(a, b);
	free(a);
	free(b);
	return 0;
}
