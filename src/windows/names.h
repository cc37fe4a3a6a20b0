/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an offline Windows remembers about the names of accounts that are not its own: of a domain,
 * of Entra ID (USMT specification 11.2). Nothing here is authoritative; the SID is. Used within
 * windows only.
 */
#ifndef HOLDFAST_WINDOWS_NAMES_H
#define HOLDFAST_WINDOWS_NAMES_H

#include "windows/context.h"

/* Free with names_free(). */
struct account_name {
	char *name;	  /* NULL when nothing is remembered */
	char *domain;	  /* NULL when unknown; "" for the computer itself */
	char *upn;	  /* "ann@example.org", or NULL */
	const char *from; /* where NAME was found, for people; static */
};

/*
 * What is remembered about SID: the logon screen's last users, IdentityStore, Group Policy's
 * DataStore, and the Volatile Environment of its own hive USER (may be NULL). 0 also when nothing
 * is found; HF_ENOMEM.
 */
int names_find(const struct windows_context *c, const char *sid, const struct hive *user,
	       struct account_name *out);
void names_free(struct account_name *name);

#endif
