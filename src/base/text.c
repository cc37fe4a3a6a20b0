// SPDX-License-Identifier: GPL-2.0-or-later
/* WTF-8, UTF-16 and case-insensitive comparison. */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/error.h"

#define IS_HIGH(u) (((u)&0xfc00) == 0xd800)
#define IS_LOW(u)  (((u)&0xfc00) == 0xdc00)

/* ASCII, Latin-1, Greek and Cyrillic: simple one-to-one upper case. */
static uint16_t basic_upper(unsigned u)
{
	if ((u >= 'a' && u <= 'z') || (u >= 0xe0 && u <= 0xfe && u != 0xf7))
		return (uint16_t)(u - 0x20);
	if (u == 0xff)
		return 0x178;
	if (u >= 0x100 && u <= 0x137 && (u & 1) && u != 0x131)
		return (uint16_t)(u - 1);
	if (u >= 0x14a && u <= 0x177 && (u & 1))
		return (uint16_t)(u - 1);
	if (u >= 0x3b1 && u <= 0x3cb && u != 0x3c2)
		return (uint16_t)(u - 0x20);
	if (u >= 0x430 && u <= 0x44f)
		return (uint16_t)(u - 0x20);
	if (u >= 0x450 && u <= 0x45f)
		return (uint16_t)(u - 0x50);
	return (uint16_t)u;
}

const struct upcase *upcase_basic(void)
{
	static struct upcase table;
	static bool made;

	if (!made) {
		for (unsigned u = 0; u < 65536; u++)
			table.map[u] = basic_upper(u);
		made = true;
	}
	return &table;
}

/* Encodes one code point (a lone surrogate counts as one); returns the number of bytes. */
static unsigned encode(uint32_t c, unsigned char *out)
{
	if (c == 0) {
		out[0] = 0xc0;
		out[1] = 0x80;
		return 2;
	}
	if (c < 0x80) {
		out[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (unsigned char)(0xc0 | c >> 6);
		out[1] = (unsigned char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (unsigned char)(0xe0 | c >> 12);
		out[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (unsigned char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | c >> 18);
	out[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (unsigned char)(0x80 | (c & 0x3f));
	return 4;
}

int text_from_utf16(const uint16_t *units, size_t n, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t c = units[i];
		unsigned char bytes[4];

		if (IS_HIGH(c) && i + 1 < n && IS_LOW(units[i + 1]))
			c = 0x10000 + ((c & 0x3ff) << 10) + (units[++i] & 0x3ffu);
		unsigned k = encode(c, bytes);
		if (size - len <= k)
			return HF_ELIMIT;
		memcpy(out + len, bytes, k);
		len += k;
	}
	if (len >= size)
		return HF_ELIMIT;
	out[len] = '\0';
	return (int)len;
}

char *text_dup_utf16(const uint16_t *units, size_t n)
{
	if (n > (SIZE_MAX - 1) / 3 || n > INT32_MAX / 3 - 1)
		return NULL;
	char *text = malloc(n * 3 + 1);
	if (text)
		text_from_utf16(units, n, text, n * 3 + 1);
	return text;
}

/*
 * Decodes the next code point of S (LEN bytes left) into *C; returns the number of bytes, or 0 when
 * they are not WTF-8.
 */
static unsigned decode(const unsigned char *s, size_t len, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned k;

	if (s[0] < 0x80) {
		*c = s[0];
		return 1;
	}
	if (len >= 2 && s[0] == 0xc0 && s[1] == 0x80) {
		*c = 0;
		return 2;
	}
	if (s[0] >= 0xc2 && s[0] < 0xe0)
		k = 2;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		k = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf5)
		k = 4;
	else
		return 0;
	if (len < k)
		return 0;
	*c = s[0] & (0xffu >> (k + 1));
	for (unsigned i = 1; i < k; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	return *c < least[k] || *c > 0x10ffff ? 0 : k;
}

int text_to_utf16(const char *text, size_t len, uint16_t *out, size_t max)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = 0;

	while (len) {
		uint32_t c;
		unsigned k = decode(s, len, &c);
		if (!k)
			return HF_EINVAL;
		if (n + (c > 0xffff ? 2 : 1) > max)
			return HF_ELIMIT;
		if (c > 0xffff) {
			out[n++] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
			out[n++] = (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff));
		} else {
			out[n++] = (uint16_t)c;
		}
		s += k;
		len -= k;
	}
	return (int)n;
}

/* The next UTF-16 unit of *S in upper case; PENDING holds a low surrogate still to be given. */
static uint32_t next_upper(const struct upcase *uc, const unsigned char **s, uint32_t *pending)
{
	uint32_t c;

	if (*pending) {
		c = *pending;
		*pending = 0;
		return c;
	}
	if (!**s)
		return 0;
	unsigned k = decode(*s, strnlen((const char *)*s, 4), &c);
	if (!k) {
		c = 0x10000u + **s; /* outside the range of units: an invalid byte equals itself */
		(*s)++;
		return c;
	}
	*s += k;
	if (c > 0xffff) {
		*pending = 0xdc00 + ((c - 0x10000) & 0x3ff);
		return 0xd800 + ((c - 0x10000) >> 10);
	}
	return c ? uc->map[c] : 0x20000;
}

int text_casecmp(const struct upcase *uc, const char *a, const char *b)
{
	const unsigned char *pa = (const unsigned char *)a, *pb = (const unsigned char *)b;
	uint32_t wait_a = 0, wait_b = 0;

	for (;;) {
		if (!wait_a && !wait_b && *pa < 0x80 && *pb < 0x80 && *pa && *pb) {
			uint16_t ua = uc->map[*pa++], ub = uc->map[*pb++];
			if (ua != ub)
				return ua < ub ? -1 : 1;
			continue;
		}
		uint32_t ua = next_upper(uc, &pa, &wait_a), ub = next_upper(uc, &pb, &wait_b);
		if (ua != ub)
			return ua < ub ? -1 : 1;
		if (!ua)
			return 0;
	}
}

int utf16_casecmp(const struct upcase *uc, const uint16_t *a, size_t na, const uint16_t *b,
		  size_t nb)
{
	size_t n = na < nb ? na : nb;

	for (size_t i = 0; i < n; i++) {
		uint16_t ua = uc->map[a[i]], ub = uc->map[b[i]];
		if (ua != ub)
			return ua < ub ? -1 : 1;
	}
	return na == nb ? 0 : na < nb ? -1 : 1;
}

/* Bytes of a character that may be shown as it is, else 0. */
static unsigned showable(const unsigned char *s, size_t len)
{
	uint32_t c;
	unsigned k = decode(s, len, &c);

	if (!k || c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000))
		return 0;
	/* Direction overrides would let a name reorder the line it is shown in. */
	if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 ||
	    c == 0x2029)
		return 0;
	return k;
}

const char *text_printable(const char *text, char *out, size_t size)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t left = strlen(text), len = 0;

	while (left) {
		unsigned k = showable(s, left);
		if (k) {
			if (size - len <= k)
				break;
			memcpy(out + len, s, k);
			len += k;
		} else {
			k = 1;
			if (size - len <= 4)
				break;
			len += (size_t)snprintf(out + len, 5, "\\x%02X", *s);
		}
		s += k;
		left -= k;
	}
	out[len] = '\0';
	return out;
}

bool utf16_is_well_formed(const uint16_t *units, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!units[i] || IS_LOW(units[i]))
			return false;
		if (IS_HIGH(units[i])) {
			if (i + 1 >= n || !IS_LOW(units[i + 1]))
				return false;
			i++;
		}
	}
	return true;
}

/* Windows-1252 where it is not Latin-1. */
static const uint16_t cp1252[32] = {
	0x20ac, 0x81,	0x201a, 0x192,	0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,	0x2030, 0x160,
	0x2039, 0x152,	0x8d,	0x17d,	0x8f,	0x90,	0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x2dc,	0x2122, 0x161,	0x203a, 0x153,	0x9d,	0x17e,	0x178,
};

/* Unit I of the LEN bytes read as UTF-16 (WIDE) or Windows-1252; NUL as a line end. */
static uint16_t unit_at(const uint8_t *bytes, size_t i, bool wide, bool big)
{
	uint16_t unit = bytes[i];

	if (wide)
		unit = (uint16_t)(bytes[2 * i + (big ? 1 : 0)] | bytes[2 * i + (big ? 0 : 1)] << 8);
	else if (unit >= 0x80 && unit < 0xa0)
		unit = cp1252[unit - 0x80];
	return unit ? unit : '\n';
}

static int decode_units(const uint8_t *bytes, size_t n, bool wide, bool big, struct str *out)
{
	uint16_t *units = malloc((n + 1) * sizeof(*units));
	char *text = NULL;
	int error;

	if (!units)
		return HF_ENOMEM;
	for (size_t i = 0; i < n; i++)
		units[i] = unit_at(bytes, i, wide, big);
	text = text_dup_utf16(units, n);
	free(units);
	error = text ? str_adds(out, text) : HF_ENOMEM;
	free(text);
	return error;
}

static bool is_utf8(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t c;
		unsigned k = decode(bytes + i, len - i, &c);

		/* C0 80 is ours for NUL, not UTF-8. */
		if (!k || (!c && k > 1))
			return false;
		i += k;
	}
	return true;
}

int text_decode(const void *data, size_t len, struct str *out)
{
	const uint8_t *bytes = data;
	size_t start = out->len;
	bool little = len >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe;
	bool big = len >= 2 && bytes[0] == 0xfe && bytes[1] == 0xff;

	if (little || big) {
		size_t n = len / 2 - 1;

		while (n && !bytes[2 * n] && !bytes[2 * n + 1])
			n--;
		return decode_units(bytes + 2, n, true, big, out);
	}
	while (len && !bytes[len - 1])
		len--;
	if (len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)) {
		bytes += 3;
		len -= 3;
	}
	if (!is_utf8(bytes, len))
		return decode_units(bytes, len, false, false, out);
	if (str_add(out, data ? (const char *)bytes : "", len))
		return HF_ENOMEM;
	for (size_t i = start; i < out->len; i++)
		if (!out->data[i])
			out->data[i] = '\n';
	return 0;
}

enum text_encoding text_encoding_of(const void *data, size_t len)
{
	const uint8_t *bytes = data;

	if (len >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe)
		return TEXT_UTF16_LITTLE;
	if (len >= 2 && bytes[0] == 0xfe && bytes[1] == 0xff)
		return TEXT_UTF16_BIG;
	if (len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3))
		return TEXT_UTF8_MARKED;
	while (len && !bytes[len - 1])
		len--;
	for (size_t i = 0; i < len; i++)
		if (bytes[i] >= 0x80)
			return is_utf8(bytes, len) ? TEXT_UTF8 : TEXT_WINDOWS_1252;
	return TEXT_WINDOWS_1252;
}

/* The byte that is UNIT in Windows-1252, or -1. */
static int byte_of(uint16_t unit)
{
	if (unit < 0x80 || (unit >= 0xa0 && unit < 0x100))
		return unit;
	for (int i = 0; i < 32; i++)
		if (cp1252[i] == unit)
			return 0x80 + i;
	return -1;
}

static int encode_units(const uint16_t *units, int n, enum text_encoding encoding, struct str *out)
{
	bool big = encoding == TEXT_UTF16_BIG;
	int err = 0;

	if (encoding != TEXT_WINDOWS_1252)
		err = str_add(out, big ? "\xfe\xff" : "\xff\xfe", 2);
	for (int i = 0; !err && i < n; i++) {
		const char low = (char)(units[i] & 0xff), high = (char)(units[i] >> 8);
		const char pair[2] = {big ? high : low, big ? low : high};
		int byte = byte_of(units[i]);

		if (encoding != TEXT_WINDOWS_1252)
			err = str_add(out, pair, 2);
		else
			err = byte < 0 ? HF_EINVAL : str_addc(out, (char)byte);
	}
	return err;
}

int text_encode(const char *text, enum text_encoding encoding, struct str *out)
{
	size_t len = strlen(text);
	uint16_t *units;
	int n, err;

	if (encoding == TEXT_UTF8 || encoding == TEXT_UTF8_MARKED)
		return str_addf(out, "%s%s", encoding == TEXT_UTF8 ? "" : "\xef\xbb\xbf", text);
	units = malloc((len + 1) * sizeof(*units));
	if (!units)
		return HF_ENOMEM;
	n = text_to_utf16(text, len, units, len);
	err = n < 0 ? n : encode_units(units, n, encoding, out);
	free(units);
	return err;
}
