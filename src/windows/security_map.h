/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replaces SIDs in security descriptors ([MS-DTYP] 2.4.2, 2.4.4 to 2.4.6): a restored user may
 * have another one than before (USMT specification 4.10). Pure work on bytes, which may be hostile.
 */
#ifndef HOLDFAST_WINDOWS_SECURITY_MAP_H
#define HOLDFAST_WINDOWS_SECURITY_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECURITY_SID_MAX 68 /* bytes of a SID with 15 sub-authorities */

struct security_pair {
	uint8_t from[SECURITY_SID_MAX], to[SECURITY_SID_MAX];
	uint8_t from_len, to_len;
	bool machine; /* FROM is a computer's own SID: its built-in accounts and groups go along */
};

/* Zero-initialise. */
struct security_map {
	struct security_pair *pairs;
	size_t count, cap;
};

/*
 * SID FROM becomes TO (text). Equal ones are not added. HF_EINVAL when one is not valid, HF_ENOMEM.
 */
int security_map_add(struct security_map *m, const char *from, const char *to);

/*
 * The accounts and groups with a RID below 1,000 of the computer or domain that account FROM
 * belongs to become those of TO's.
 */
int security_map_add_domain(struct security_map *m, const char *from, const char *to);

/*
 * The self-relative descriptor SD with every SID of M replaced, into fresh memory. 1: changed, *OUT
 * and *OUT_LEN are set; 0: nothing in it is of M; HF_ECORRUPT: it is not a valid descriptor;
 * HF_ENOMEM. Entries of kinds that are not known, and conditions, are copied as they are.
 */
int security_map_apply(const struct security_map *m, const uint8_t *sd, size_t len, uint8_t **out,
		       size_t *out_len);

void security_map_free(struct security_map *m);

/* SID ("S-1-5-21-...") as bytes; their number, or 0 when it is none. */
uint8_t security_sid(const char *text, uint8_t out[SECURITY_SID_MAX]);

#endif
