// SPDX-License-Identifier: GPL-2.0-or-later
/* Carrying out the plan of a restore: one place after the other. */
#include "engine/apply.h"

#include <stdlib.h>

#include "engine/apply_private.h"
#include "engine/cancel.h"
#include "engine/errors.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "windows/machine.h"

bool apply_in_doubt(int error)
{
	return error == HF_EIO || error == HF_ECORRUPT || error == HF_ENOMEM ||
	       error == HF_EREADONLY;
}

int apply_trouble(struct applying *a, struct str *path, bool changing, int error,
		  const char *reason)
{
	int err;

	if (changing && apply_in_doubt(error)) {
		log_error("Stopped at %s: %s.", path->data, reason);
		err = error;
	} else {
		err = object_error(a->run->errors, path->data, error, reason);
	}
	str_free(path);
	return err;
}

/* All files of a place that could not be opened: its own trouble was reported. */
static int give_up_files(struct applying *a, const struct restore_place *place)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < place->file_count; i++) {
		struct restore_file *file = &a->plan->files[a->plan->order[place->first_file + i]];
		struct str path = {0};

		file->outcome = RESTORE_FAILED;
		err = restore_file_target(a->plan, file, &path);
		if (!err)
			err = apply_trouble(a, &path, false, HF_ENOENT,
					    "the folder that it goes into is not there");
		str_free(&path);
	}
	return err;
}

static int fill_place(struct applying *a, uint32_t index)
{
	const struct restore_place *place = &a->plan->places[index];
	const struct open_place *open = &a->open[index];
	int err = 0;

	if (open->failed)
		return give_up_files(a, place);
	listing_clear(&a->listing);
	if (!open->empty)
		err = listing_read(&a->listing, open->fs, open->ref);
	for (uint32_t i = 0; !err && i < place->file_count; i++) {
		if (cancel_requested())
			return HF_ECANCELLED;
		err = apply_file(a, &a->plan->files[a->plan->order[place->first_file + i]]);
		progress_update(++a->done);
	}
	return err;
}

static int apply_all(struct applying *a)
{
	const struct restore_plan *p = a->plan;
	int err = 0;

	for (size_t i = 0; !err && i < p->place_count; i++) {
		if (!p->places[i].needed)
			continue;
		if (cancel_requested())
			return HF_ECANCELLED;
		err = apply_open_place(a, (uint32_t)i);
		if (!err && p->places[i].file_count)
			err = fill_place(a, (uint32_t)i);
	}
	/* Children before their parents: making them changed the parents' times. */
	for (size_t i = p->place_count; !err && i-- > 0;)
		err = apply_finish_place(a, (uint32_t)i);
	return err;
}

static int sync_volumes(struct machine *m)
{
	int err = 0;

	for (size_t i = 0; i < m->volume_count; i++) {
		struct fs *fs = m->volumes[i].fs;
		int ret = fs && fs->writable ? fs_sync(fs) : 0;

		err = err ? err : ret;
	}
	return err;
}

int apply_begin(struct applying *a)
{
	a->open = calloc(a->plan->place_count + 1, sizeof(*a->open));
	for (int i = 0; i < 2; i++)
		a->buffers[i] = malloc(COPY_PIECE);
	return a->open && a->buffers[0] && a->buffers[1] ? 0 : log_oom();
}

void apply_end(struct applying *a)
{
	listing_free(&a->listing);
	free(a->open);
	free(a->buffers[0]);
	free(a->buffers[1]);
	for (size_t i = 0; i < OWNERS; i++)
		free(a->owners[i].sd);
}

int restore_apply(struct restore_run *run)
{
	struct applying a = {
		.run = run, .plan = run->plan, .listing = {.upcase = run->target->upcase}};
	int err = apply_begin(&a), synced;

	*run->result = (struct restore_result){0};
	if (!err) {
		progress_phase("Applying", "files", run->plan->ordered);
		err = apply_all(&a);
		progress_end(a.done);
	}
	for (size_t i = 0; i < run->plan->file_count; i++)
		if (run->plan->files[i].place != RESTORE_NONE)
			run->result->files[run->plan->files[i].outcome]++;
	synced = sync_volumes(run->machine);
	apply_end(&a);
	return err ? err : synced;
}
