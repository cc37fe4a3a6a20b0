/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What capture.c (the steps), capture_volumes.c (which volumes), capture_place.c (where, and is
 * there room) and capture_facts.c (what the catalog says besides the objects) share.
 */
#ifndef HOLDFAST_ENGINE_CAPTURE_PRIVATE_H
#define HOLDFAST_ENGINE_CAPTURE_PRIVATE_H

#include "engine/capture.h"

/* Was LETTER excluded by the user? */
bool capture_excludes(const struct capture *c, char letter);

/* Writes what is known before gathering: facts, users and copies of the rule files. */
int capture_describe(const struct capture *c, struct catalog *catalog);

/* Writes the run's object errors: what was to be kept and is not. */
int capture_record_skipped(const struct capture *c, struct catalog *catalog);

#endif
