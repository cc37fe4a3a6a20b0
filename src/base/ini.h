/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads ini files as Windows' profile functions do: "[section]", "key=value", ';' begins a comment
 * line. Every byte is taken as hostile; time is linear in the length, memory at most four times
 * that.
 */
#ifndef HOLDFAST_BASE_INI_H
#define HOLDFAST_BASE_INI_H

#include <stddef.h>

/*
 * Called for each setting in the order of the file, with text in WTF-8 that lives for the call;
 * returns 0 to go on. SECTION is "" before the first section, KEY is never empty. Blanks around all
 * three are cut; VALUE keeps its quotes. Of a section or key that comes twice Windows reads the
 * first.
 */
typedef int (*ini_visit)(void *ctx, const char *section, const char *key, const char *value);

/*
 * Goes through the LEN bytes of an ini file: UTF-16 or UTF-8 as text_decode() tells them, else
 * Windows-1252. Lines end with CR, LF or NUL. Lines that are no setting are passed over. The
 * visitor's value when it is not 0, 0, or HF_ENOMEM.
 */
int ini_read(const void *data, size_t len, ini_visit visit, void *ctx);

#endif
