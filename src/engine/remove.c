// SPDX-License-Identifier: GPL-2.0-or-later
/* Deleting a store on all its volumes. */
#include "engine/remove.h"

#include "engine/parts.h"
#include "engine/place.h"
#include "report/error.h"
#include "windows/machine.h"

int removal_survey(const struct place *place, struct store_losses *losses)
{
	/* Copies in the store may be of what is on volumes without links. */
	int err = machine_open_others(place->machine);

	*losses = (struct store_losses){0};
	return err ? err
		   : parts_survey_losses(place->machine, place->path, place->volumes, place->count,
					 losses);
}

static int free_space(const struct place *place, uint64_t *bytes)
{
	int err = 0;

	*bytes = 0;
	for (size_t i = 0; i < place->count && !err; i++) {
		struct fs_space space = {0};

		err = fs_space(place->volumes[i]->fs, &space);
		*bytes += space.free;
	}
	return err;
}

int removal_carry_out(const struct place *place, uint64_t *freed)
{
	uint64_t before = 0, after = 0;
	int err = 0;

	for (size_t i = 0; i < place->count && !err; i++)
		err = machine_volume_reopen(place->machine, place->volumes[i]);
	if (!err)
		err = free_space(place, &before);
	if (!err)
		err = parts_delete_whatever(place->path, place->volumes, place->count);
	if (!err)
		err = free_space(place, &after);
	*freed = after > before ? after - before : 0;
	return err;
}
