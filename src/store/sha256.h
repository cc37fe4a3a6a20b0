/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 (FIPS 180-4): the catalog's checksum, in the form that sha256sum checks.
 */
#ifndef HOLDFAST_STORE_SHA256_H
#define HOLDFAST_STORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX 65 /* 64 digits and the terminator */

/* Writes the digest of LEN bytes of DATA to HEX as lower-case digits. */
void sha256_hex(const void *data, size_t len, char hex[SHA256_HEX]);

#endif
