/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share: taking an input apart, failing with a message, and changing bytes of
 * a sound base file at places the input chooses.
 */
#ifndef HOLDFAST_TESTS_FUZZ_H
#define HOLDFAST_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the program, as a crash that libFuzzer keeps the input of, unless CONDITION holds. */
#define fuzz_assert(condition)                                                                     \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fuzz_fail(#condition, __FILE__, __LINE__);                                 \
	} while (0)

static inline void __attribute__((noreturn)) fuzz_fail(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* What is left of the input. Reading beyond its end gives zeros. */
struct fuzz_input {
	const uint8_t *data;
	size_t len;
};

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
	if (!in->len)
		return 0;
	in->len--;
	return *in->data++;
}

static inline uint16_t fuzz_u16(struct fuzz_input *in)
{
	uint16_t low = fuzz_u8(in);

	return (uint16_t)(low | fuzz_u8(in) << 8);
}

/* The text up to the next NUL or the end, in memory of exactly its size; the caller frees it. */
static inline char *fuzz_text(struct fuzz_input *in)
{
	size_t len = strnlen((const char *)in->data, in->len);
	char *text = malloc(len + 1);

	fuzz_assert(text);
	if (len)
		memcpy(text, in->data, len);
	text[len] = '\0';
	in->data += len;
	in->len -= len;
	fuzz_u8(in);
	return text;
}

/* A part of a base file that is worth changing. */
struct fuzz_zone {
	size_t at, len;
};

struct fuzz_patch {
	size_t at, len;
};

#define FUZZ_PATCHES_MAX 32

/*
 * Applies the patches that IN lists to BASE and tells their places in DONE (FUZZ_PATCHES_MAX).
 * Returns their number. One patch: zone, place in it (16 bits), kind, then its bytes: up to 8
 * bytes to set, one bit to turn, or a place (16 bits) in the same zone to copy 16 bytes from.
 */
static inline size_t fuzz_patch(struct fuzz_input *in, uint8_t *base, const struct fuzz_zone *zones,
				size_t zone_count, struct fuzz_patch *done)
{
	size_t count = 0;

	while (in->len && count < FUZZ_PATCHES_MAX) {
		const struct fuzz_zone *zone = &zones[fuzz_u8(in) % zone_count];
		size_t at = fuzz_u16(in) % zone->len, room = zone->len - at, len;
		uint8_t kind = fuzz_u8(in), *to = base + zone->at + at;

		if (kind < 0xc0) {
			len = (kind & 7) + 1u < room ? (kind & 7) + 1u : room;
			for (size_t i = 0; i < len; i++)
				to[i] = fuzz_u8(in);
		} else if (kind < 0xe0) {
			len = 1;
			*to ^= (uint8_t)(1u << (kind & 7));
		} else {
			size_t from = fuzz_u16(in) % zone->len;

			len = room < 16 ? room : 16;
			if (len > zone->len - from)
				len = zone->len - from;
			memmove(to, base + zone->at + from, len);
		}
		done[count++] = (struct fuzz_patch){zone->at + at, len};
	}
	return count;
}

#endif
