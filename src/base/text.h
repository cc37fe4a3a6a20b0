/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text as NTFS and Windows see it. Inside the program paths and names are WTF-8: UTF-8 that may
 * also hold unpaired surrogates (each encoded as three bytes), so that every NTFS name converts and
 * converts back to the same UTF-16 units. Comparison is case-insensitive through an upper-case
 * table, normally the volume's own $UpCase.
 */
#ifndef HOLDFAST_BASE_TEXT_H
#define HOLDFAST_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str;

/* Most UTF-16 units in an NTFS name, and the bytes one needs in WTF-8 with its terminator. */
#define NAME_UNITS_MAX 255
#define NAME_WTF8_MAX  (NAME_UNITS_MAX * 3 + 1)

/* One upper-case unit for each UTF-16 unit: the content of $UpCase. */
struct upcase {
	uint16_t map[65536];
};

/* A table that knows ASCII, Latin-1, Greek and Cyrillic: for when no volume is at hand. */
const struct upcase *upcase_basic(void);

/*
 * Converts UNITS (little-endian on disk, host order here; N of them) to WTF-8 in OUT, terminated.
 * SIZE is OUT's size in bytes. A NUL unit is written as two bytes (C0 80). Returns the length
 * without terminator, or HF_ELIMIT when OUT is too small.
 */
int text_from_utf16(const uint16_t *units, size_t n, char *out, size_t size);

/* As above into fresh memory; NULL when out of memory. The caller frees it. */
char *text_dup_utf16(const uint16_t *units, size_t n);

/*
 * Converts LEN bytes of WTF-8 to UTF-16 units, at most MAX. Returns the number of units, HF_EINVAL
 * for bytes that are not WTF-8, or HF_ELIMIT when OUT is too small.
 */
int text_to_utf16(const char *text, size_t len, uint16_t *out, size_t max);

/* Compares WTF-8 strings case-insensitively by UC; <0, 0 or >0. Invalid bytes compare as
 * themselves. */
int text_casecmp(const struct upcase *uc, const char *a, const char *b);

/* The same on UTF-16 names. */
int utf16_casecmp(const struct upcase *uc, const uint16_t *a, size_t na, const uint16_t *b,
		  size_t nb);

/*
 * A copy of TEXT fit for a terminal or log line: control characters, lone surrogates and invalid
 * bytes shown as \xNN, so that a hostile name cannot steer the console. Writes at most SIZE bytes
 * with terminator into OUT and returns OUT.
 */
const char *text_printable(const char *text, char *out, size_t size);

/*
 * Appends the LEN bytes of a text file to OUT as WTF-8: UTF-16 and UTF-8 by their byte-order marks,
 * else UTF-8 when it is that, else Windows-1252 (bytes that it does not define become the control
 * characters of their number, so that all convert back). NUL, which text has none of, becomes a
 * line end, and is cut at the end. 0 or HF_ENOMEM.
 */
int text_decode(const void *data, size_t len, struct str *out);

/* How a text file says its text. */
enum text_encoding {
	TEXT_WINDOWS_1252,
	TEXT_UTF8,
	TEXT_UTF8_MARKED,  /* with a byte-order mark */
	TEXT_UTF16_LITTLE, /* with one, as the next */
	TEXT_UTF16_BIG,
};

/*
 * Which of them the LEN bytes of DATA are in, as text_decode() takes them; what is ASCII is
 * Windows-1252.
 */
enum text_encoding text_encoding_of(const void *data, size_t len);

/*
 * Appends TEXT (WTF-8) to OUT, encoded, with the mark that belongs to it. HF_EINVAL: TEXT is not
 * WTF-8, or ENCODING cannot say it; HF_ENOMEM.
 */
int text_encode(const char *text, enum text_encoding encoding, struct str *out);

/* True when the N units are a well-formed UTF-16 name without unpaired surrogates or NUL. */
bool utf16_is_well_formed(const uint16_t *units, size_t n);

#endif
