// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which volumes a capture looks at, and their plans.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/capture_private.h"
#include "engine/errors.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/machine.h"

bool capture_excludes(const struct capture *c, char letter)
{
	return letter && c->options.excluded && strchr(c->options.excluded, letter);
}

static bool is_removable(const struct capture *c, const struct machine_volume *v)
{
	return c->machine->disks->disks[v->volume->disk].removable;
}

/* May Windows have had files on it, so that not being able to read it is worth a word? */
static bool is_known(const struct machine_volume *v)
{
	static const char *const kinds[] = {"ntfs", "vfat", "exfat", "BitLocker", "dir"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(v->volume->fstype, kinds[i]))
			return true;
	return false;
}

/* The volume ROOT cannot be read: /c decides, as for a folder. */
static int unreadable(struct capture *c, const struct machine_volume *v, const char *root)
{
	char reason[512];

	if (!is_known(v))
		return 0;
	if (is_removable(c, v)) {
		log_warning("The removable drive %s (%s) cannot be read and is not captured.", root,
			    v->volume->device);
		return 0;
	}
	snprintf(reason, sizeof(reason),
		 "its volume (%s, %s) cannot be read, so that nothing of it is captured; nothing "
		 "on it is changed. To capture without it give --exclude-volume %c:",
		 v->volume->device, v->volume->fstype, root[0]);
	return object_error(c->errors, root, HF_EIO, reason);
}

/* Is the volume V, which has a letter, to be looked at? */
static bool is_taken(const struct capture *c, const struct machine_volume *v)
{
	if (capture_excludes(c, v->letter)) {
		log_status("Volume %c: is left out (--exclude-volume).", v->letter);
		return false;
	}
	if (c->options.local_only && is_removable(c, v)) {
		log_status("Volume %c: is left out: it is removable (/localonly).", v->letter);
		return false;
	}
	return true;
}

static bool is_planned(const struct capture *c, const struct machine_volume *v)
{
	for (size_t i = 0; i < c->part_count; i++)
		if (c->parts[i].volume == v)
			return true;
	return false;
}

/* Plans volume V, whose root is called ROOT. */
static int plan_part(struct capture *c, struct machine_volume *v, const char *root)
{
	struct capture_part *part;
	struct str store = {0};

	if (!v->fs)
		return unreadable(c, v, root);
	if (c->part_count == CATALOG_VOLUMES_MAX) {
		log_error("There are more than %d volumes.", CATALOG_VOLUMES_MAX);
		return HF_ELIMIT;
	}
	if (array_grow(&c->parts, c->part_count, &c->part_cap) ||
	    str_addf(&store, "%s%s", root, c->store_path))
		return log_oom();
	part = &c->parts[c->part_count];
	*part = (struct capture_part){.volume = v, .store = str_take(&store)};
	if (!part->store)
		return log_oom();
	part->role = !c->part_count	  ? CATALOG_MASTER
		     : machine_is_ntfs(v) ? CATALOG_PART
					  : CATALOG_COPIED;
	if (!root[2])
		snprintf(part->folder, sizeof(part->folder), "%c$", root[0]);
	else if (v->volume->serial)
		snprintf(part->folder, sizeof(part->folder), "%016" PRIX64 "$", v->volume->serial);
	else
		snprintf(part->folder, sizeof(part->folder), "Volume%zu$", c->part_count + 1);
	c->part_count++;
	const struct plan_options options = {.root = root,
					     .rules = c->rules,
					     .store_path = part->store,
					     .machine = c->machine,
					     .efs = c->options.efs,
					     .errors = c->errors};
	return plan_make(&part->plan, v->view ? v->view : v->fs, &options);
}

/* The volume that is mounted in a folder, unless it is captured under another name. */
static int plan_mount(struct capture *c, const struct plan_mount *mount)
{
	struct machine_volume *v = mount->volume;
	int err = 0;

	if (!v) {
		log_warning("A volume is mounted in %s which is not there now. Nothing of it is "
			    "captured; it stays as it is.",
			    mount->path);
		return 0;
	}
	if (v->letter) {
		log_info("The volume mounted in %s is also %c:.", mount->path, v->letter);
		return 0;
	}
	if (is_planned(c, v)) {
		log_info("The volume mounted in %s is captured under another path.", mount->path);
		return 0;
	}
	if (c->options.local_only && is_removable(c, v)) {
		log_status("The volume mounted in %s is left out: it is removable (/localonly).",
			   mount->path);
		return 0;
	}
	if (!v->fs)
		err = machine_open_other(v);
	if (!err)
		log_info("The volume %s is mounted in %s.", v->volume->device, mount->path);
	return err ? err : plan_part(c, v, mount->path);
}

/* Parts that contribute nothing go. */
static void drop_empty(struct capture *c)
{
	size_t kept = 1;

	for (size_t i = 1; i < c->part_count; i++) {
		struct capture_part *part = &c->parts[i];

		if (part->plan.needed_dirs) {
			c->parts[kept++] = *part;
			continue;
		}
		log_info("The rules select nothing on %s.", part->plan.root);
		plan_free(&part->plan);
		free(part->store);
	}
	c->part_count = kept;
}

int capture_plan(struct capture *c)
{
	char root[3] = {c->letter, ':', '\0'};
	int err = plan_part(c, machine_volume(c->machine, c->letter), root);

	for (root[0] = 'A'; root[0] <= 'Z' && !err; root[0]++) {
		struct machine_volume *v = machine_volume(c->machine, root[0]);

		if (v && root[0] != c->letter && is_taken(c, v))
			err = plan_part(c, v, root);
	}
	/* Plans move when a part is added; what they point to does not. */
	for (size_t i = 0; i < c->part_count && !err; i++)
		for (size_t k = 0; k < c->parts[i].plan.mount_count && !err; k++)
			err = plan_mount(c, &c->parts[i].plan.mounts[k]);
	if (!err)
		drop_empty(c);
	return err ? err : settings_plan_make(&c->settings, c->examine, c->rules, c->errors);
}
