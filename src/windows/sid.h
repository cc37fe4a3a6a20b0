/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Security identifiers in text form ([MS-DTYP] 2.4.2.1). Used within windows only.
 */
#ifndef HOLDFAST_WINDOWS_SID_H
#define HOLDFAST_WINDOWS_SID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the longest SID as text, with its terminator. */
#define SID_TEXT_MAX 192

/* True for "S-1-authority-sub..." with 1 to 15 sub-authorities, each below 2^32. */
bool sid_is_valid(const char *text);

/* True for accounts of services and of the system itself, which no person logs on with. */
bool sid_is_service(const char *sid);

/*
 * When SID is "DOMAIN-rid" with DOMAIN as given (case-insensitive): true, and the rid in *RID.
 */
bool sid_in_domain(const char *sid, const char *domain, uint32_t *rid);

/* True for accounts of Entra ID (Azure AD): S-1-12-1-... */
bool sid_is_entra(const char *sid);

/* True for what can be a person's account: local or of a domain (no group that Windows makes), or
 * of Entra ID. */
bool sid_is_person(const char *sid);

/*
 * Whose the self-relative security descriptor SD ([MS-DTYP] 2.4.6; hostile bytes) says an object
 * is: its owner when that is a person, else the only person that its access list lets in (Windows
 * makes profile folders for people, but they belong to the system). False when there is none.
 */
bool sid_of_person(const uint8_t *sd, size_t len, char out[SID_TEXT_MAX]);

#endif
