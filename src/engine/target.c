// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding the volume to work on.
 */
#include "engine/target.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "engine/parts.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/machine.h"

/* The complete stores of a volume. */
struct found {
	struct str path; /* of the first */
	unsigned count;
};

static int note_complete(void *ctx, const char *path, enum store_state state)
{
	struct found *found = ctx;

	if (state == STORE_COMPLETE && !found->count++)
		return str_adds(&found->path, path) ? log_oom() : 0;
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

/* Gives the volumes of the store at PATH of MASTER the letters that they had at the capture. */
static int take_letters(struct machine *m, struct machine_volume *master, const char *path)
{
	struct catalog *catalog = NULL;
	struct parts parts = {0};
	int err = store_open_catalog(master->fs, path, &catalog);

	if (!err)
		err = parts_locate(&parts, m, master, path, catalog);
	for (size_t i = 0; i < parts.count && !err; i++) {
		const struct part *part = &parts.items[i];

		if (part->row.role != CATALOG_COPIED && !part->row.path[2])
			part->holder->letter = part->row.path[0];
	}
	parts_free(&parts);
	catalog_free(catalog);
	return err;
}

/* The only volume that fits and holds a complete store, whose path goes to FOUND. */
static int find_store(struct machine *m, const struct machine_options *options, char letter,
		      struct machine_volume **only, struct found *found)
{
	unsigned count = 0;

	*only = NULL;
	for (size_t i = 0; i < m->volume_count; i++) {
		struct machine_volume *v = &m->volumes[i];
		unsigned before = found->count;
		int err = 0;

		if (!v->fs || !machine_is_ntfs(v) || !fits(m, v, options))
			continue;
		err = store_find(v->fs, note_complete, found);
		if (err)
			return err;
		if (found->count > before) {
			*only = v;
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
	if (!*only) {
		log_error("Neither a Windows nor a complete store was found on any volume that "
			  "fits.");
		return HF_ENOENT;
	}
	return 0;
}

/* No Windows on any volume that fits: the volumes of the store are those that it was made of. */
static int choose_by_store(struct machine *m, const struct machine_options *options, char letter)
{
	struct machine_volume *only;
	struct found found = {0};
	int err;

	if (machine_volume(m, letter))
		return 0;
	err = find_store(m, options, letter, &only, &found);
	if (!err)
		err = take_letters(m, only, found.path.data);
	str_free(&found.path);
	if (err)
		return err;
	if (!machine_volume(m, letter)) {
		log_error("No Windows was found, and the store on %s has nothing of a volume %c:.",
			  only->volume->device, letter);
		return HF_ENOENT;
	}
	log_info("No Windows was found; %s, which holds a store, is taken for %c:.",
		 machine_volume(m, letter)->volume->device, letter);
	return 0;
}

int target_choose(struct machine *m, const struct machine_options *options, char letter)
{
	for (size_t i = 0; i < m->install_count; i++)
		if (fits(m, &m->volumes[m->installs[i].volume], options))
			return machine_choose(m, options);
	return choose_by_store(m, options, letter);
}
