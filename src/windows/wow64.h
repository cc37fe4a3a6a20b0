/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a 64-bit Windows shows a 32-bit program in the place of HKLM\Software and Software\Classes
 * (Microsoft, "Registry Keys Affected by WOW64"): settings of a 32-bit Windows go there when they
 * are restored into a 64-bit one (USMT specification 7.3). Pure.
 */
#ifndef HOLDFAST_WINDOWS_WOW64_H
#define HOLDFAST_WINDOWS_WOW64_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The COUNT names NAMES lead from HKLM\Software to a key. True when 32-bit programs find it below
 * "Wow6432Node"; *AT is then how many of the names stand before that. False for keys that both
 * kinds of programs share, and for those that are below Wow6432Node already.
 */
bool wow64_is_redirected(const char *const *names, size_t count, size_t *at);

#endif
