/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads ini files as Windows' profile functions do: "[section]", "key=value", ';' begins a comment
 * line. Every byte is taken as hostile; time is linear in the length, memory at most four times
 * that.
 */
#ifndef HOLDFAST_BASE_INI_H
#define HOLDFAST_BASE_INI_H

#include <stddef.h>

struct str;

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

/* A setting to be written. */
struct ini_setting {
	const char *section, *key, *value; /* WTF-8; SECTION "" is what stands before the first */
};

/*
 * The LEN bytes of an ini file (0: there is none yet) with COUNT settings changed or added, into
 * OUT (replaced): as WritePrivateProfileString() does, with order, comments, encoding and line ends
 * as they were. A value is replaced where ini_read() finds it first; a key that is missing goes to
 * the end of its section, a missing section to the end of the file. A new file is Windows-1252 when
 * that can say it, else UTF-16.
 *
 * HF_EINVAL: a setting cannot be said in the encoding of the file, or not in a line of it; then
 * *WRONG (may be NULL) is its number. HF_EREFUSED: the file holds bytes that would not be the same
 * afterwards. HF_ENOMEM.
 */
int ini_change(const void *data, size_t len, const struct ini_setting *settings, size_t count,
	       struct str *out, size_t *wrong);

#endif
