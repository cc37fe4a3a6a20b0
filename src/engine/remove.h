/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deleting a store on all its volumes (USMT specification 3, /rd): first what would be lost,
 * read-only; then the deletion.
 */
#ifndef HOLDFAST_ENGINE_REMOVE_H
#define HOLDFAST_ENGINE_REMOVE_H

#include <stdint.h>

#include "store/store.h"

struct place;

/* Finds out what only the store at PLACE holds. What reading returns. */
int removal_survey(const struct place *place, struct store_losses *losses);

/*
 * Deletes it; *FREED are the bytes that became free. Volumes that must not be written to stop it
 * before anything is changed. The caller has asked about losses.
 */
int removal_carry_out(const struct place *place, uint64_t *freed);

#endif
