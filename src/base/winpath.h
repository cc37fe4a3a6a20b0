/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Windows paths as text: "C:\Users\ann", components separated by '\'. Pure string work, no disk.
 */
#ifndef HOLDFAST_BASE_WINPATH_H
#define HOLDFAST_BASE_WINPATH_H

#include <stdbool.h>
#include <stddef.h>

struct str;
struct upcase;

/*
 * True for "X:" or "X:\..." with a letter; the letter in upper case goes to *LETTER (may be NULL)
 * and the rest (after the colon) to *REST (may be NULL), pointing into PATH.
 */
bool winpath_split(const char *path, char *letter, const char **rest);

/*
 * Puts PATH into normal form in OUT (replaced): '/' becomes '\', doubled separators collapse, a
 * trailing one goes (except after "X:"), the drive letter is upper case, "." and ".." are refused.
 * A path without a letter and with a leading '\' gets DRIVE's. Returns 0, HF_EINVAL when it is not
 * an absolute Windows path, HF_ENOMEM.
 */
int winpath_normalise(const char *path, char drive, struct str *out);

/* Adds "\NAME" to the path in P (no doubled separator). 0 or HF_ENOMEM. */
int winpath_add(struct str *p, const char *name);

/* True when PATH is DIR or lies below it; both normalised; case by UC. */
bool winpath_is_below(const struct upcase *uc, const char *path, const char *dir);

/*
 * Iterates components of REST ("\a\b"): returns the next component's start and sets *LEN, or NULL
 * at the end; *CURSOR starts at the string and is advanced.
 */
const char *winpath_next(const char **cursor, size_t *len);

#endif
