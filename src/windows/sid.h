/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Security identifiers in text form ([MS-DTYP] 2.4.2.1). Used within windows only.
 */
#ifndef HOLDFAST_WINDOWS_SID_H
#define HOLDFAST_WINDOWS_SID_H

#include <stdbool.h>
#include <stdint.h>

/* True for "S-1-authority-sub..." with 1 to 15 sub-authorities, each below 2^32. */
bool sid_is_valid(const char *text);

/* True for accounts of services and of the system itself, which no person logs on with. */
bool sid_is_service(const char *sid);

/*
 * When SID is "DOMAIN-rid" with DOMAIN as given (case-insensitive): true, and the rid in *RID.
 */
bool sid_in_domain(const char *sid, const char *domain, uint32_t *rid);

#endif
