// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding the volume to work on.
 */
#include "engine/target.h"

#include <string.h>
#include <strings.h>

#include "report/error.h"
#include "report/log.h"
#include "store/store.h"
#include "windows/machine.h"

static int note_complete(void *ctx, const char *path, enum store_state state)
{
	bool *found = ctx;

	(void)path;
	*found |= state == STORE_COMPLETE;
	return 0;
}

static bool fits(const struct machine *m, const struct machine_volume *v,
		 const struct machine_options *options)
{
	const struct disk *disk = &m->disks->disks[v->volume->disk];

	if (options->disk_serial && strcasecmp(options->disk_serial, disk->serial))
		return false;
	return !options->volume_label || !strcasecmp(options->volume_label, v->volume->label);
}

/* No Windows on any volume that fits: the volume with the store. */
static int choose_by_store(struct machine *m, const struct machine_options *options, char letter)
{
	struct machine_volume *only = NULL;
	unsigned count = 0;

	if (machine_volume(m, letter))
		return 0;
	for (size_t i = 0; i < m->volume_count; i++) {
		struct machine_volume *v = &m->volumes[i];
		bool found = false;
		int err = 0;

		if (!v->fs || v->letter || !fits(m, v, options))
			continue;
		err = store_find(v->fs, note_complete, &found);
		if (err)
			return err;
		if (found) {
			only = v;
			count++;
		}
	}
	if (count > 1) {
		log_error(
			"No Windows was found, and %u volumes hold a store. Say which is %c: with "
			"--disk-serial, --volume-label or --volume %c=DEVICE.",
			count, letter, letter);
		return HF_EAMBIGUOUS;
	}
	if (!only) {
		log_error("Neither a Windows nor a complete store was found on any volume that "
			  "fits.");
		return HF_ENOENT;
	}
	only->letter = letter;
	log_info("No Windows was found; %s, which holds a store, is taken for %c:.",
		 only->volume->device, letter);
	return 0;
}

int target_choose(struct machine *m, const struct machine_options *options, char letter)
{
	for (size_t i = 0; i < m->install_count; i++)
		if (fits(m, &m->volumes[m->installs[i].volume], options))
			return machine_choose(m, options);
	return choose_by_store(m, options, letter);
}
