/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 (FIPS 180-4): the catalog's checksum, in the form that sha256sum checks, and that of
 * files that are copied.
 */
#ifndef HOLDFAST_STORE_SHA256_H
#define HOLDFAST_STORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX 65 /* 64 digits and the terminator */

/* A digest in the making. */
struct sha256 {
	uint32_t h[8];
	uint64_t len;	  /* bytes so far */
	uint8_t rest[64]; /* LEN % 64 of them */
};

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t len);
/* Writes the digest to HEX as lower-case digits; S is used up. */
void sha256_end(struct sha256 *s, char hex[SHA256_HEX]);

/* Writes the digest of LEN bytes of DATA to HEX as lower-case digits. */
void sha256_hex(const void *data, size_t len, char hex[SHA256_HEX]);

#endif
