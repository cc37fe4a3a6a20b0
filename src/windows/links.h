/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Junctions and symbolic links as text ([MS-FSCC] 2.1.2.4, 2.1.2.5). Used within windows only.
 */
#ifndef HOLDFAST_WINDOWS_LINKS_H
#define HOLDFAST_WINDOWS_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str;
struct windows_context;

/*
 * Replaces OUT by where the raw reparse point DATA leads: "C:\Users" for one with a drive letter,
 * "..\x" for a relative one. HF_EUNSUPPORTED for a target without a letter (a volume by its id, the
 * network) and for other kinds of reparse points, HF_ECORRUPT when the data is damaged, HF_ENOMEM.
 */
int links_target(const uint8_t *data, size_t len, struct str *out);

/*
 * Replaces PATH (normalised) by where it is when folders on the way are junctions or links: rules
 * and the walk over a volume go by real folders. Stays as it is as far as it does not exist.
 * *BROKEN tells that it leads through a link which cannot be followed (to a volume without a
 * letter, in a circle, damaged); PATH is then the link's and what follows it. 0 or HF_ENOMEM.
 */
int links_follow(const struct windows_context *c, struct str *path, bool *broken);

#endif
