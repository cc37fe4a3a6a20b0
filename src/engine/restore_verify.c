// SPDX-License-Identifier: GPL-2.0-or-later
/* Comparing the new Windows with a carried-out plan. */
#include "engine/restore_verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/apply_private.h"
#include "engine/cancel.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"

#define FAULTS_SHOWN 20

struct verification {
	struct applying a; /* for looking at places as apply does */
	struct restore_check *check;
	unsigned shown;
	uint64_t done;
};

static int fault(struct verification *v, uint64_t *counter, const struct restore_file *file,
		 const char *what)
{
	struct str path = {0};
	int err;

	if ((*counter)++, v->shown++ >= FAULTS_SHOWN)
		return 0;
	err = restore_file_target(v->a.plan, file, &path);
	if (!err)
		log_error("Not restored as it should be: %s %s.", path.data, what);
	str_free(&path);
	return err;
}

/* Does the outcome promise that the file is there? */
static bool should_be_there(const struct restore_file *file)
{
	return file->outcome == RESTORE_IN_PLACE || file->outcome == RESTORE_LINKED ||
	       file->outcome == RESTORE_COPIED || file->outcome == RESTORE_SAME;
}

static int check_file(struct verification *v, const struct open_place *open,
		      const struct restore_file *file)
{
	struct applying *a = &v->a;
	uint16_t name[NAME_UNITS_MAX];
	int n = text_to_utf16(file->to_name, strlen(file->to_name), name, NAME_UNITS_MAX), same;
	struct listing_entry *entry;

	if (!should_be_there(file)) {
		v->check->not_restored++;
		return 0;
	}
	entry = n > 0 && open->fs ? listing_exact(&a->listing, name, (unsigned)n) : NULL;
	if (!entry)
		return fault(v, &v->check->missing, file, "is missing");
	if (open->fs == a->run->store && entry->ref == file->stored) {
		v->check->same_record++;
		return 0;
	}
	if (file->outcome == RESTORE_IN_PLACE || file->outcome == RESTORE_LINKED)
		return fault(v, &v->check->different, file, "is another file than the store's");
	same = apply_same_content(a, open->fs, entry->ref, a->run->store, file->stored);
	if (same < 0)
		return fault(v, &v->check->different, file, "cannot be read");
	if (!same)
		return fault(v, &v->check->different, file, "differs from the store's file");
	v->check->same_content++;
	return 0;
}

static int check_place(struct verification *v, uint32_t index)
{
	struct applying *a = &v->a;
	const struct restore_place *place = &a->plan->places[index];
	int err = apply_find_place(a, index);

	if (!err && a->open[index].ref)
		v->check->dirs++;
	listing_clear(&a->listing);
	if (!err && place->file_count && a->open[index].ref)
		err = listing_read(&a->listing, a->open[index].fs, a->open[index].ref);
	for (uint32_t i = 0; !err && i < place->file_count; i++) {
		const struct restore_file *file =
			&a->plan->files[a->plan->order[place->first_file + i]];

		err = check_file(v, &a->open[index], file);
		progress_update(++v->done);
	}
	return err;
}

static int check_all(struct verification *v)
{
	const struct restore_plan *p = v->a.plan;
	int err = 0;

	for (size_t i = 0; !err && i < p->place_count; i++) {
		if (cancel_requested())
			return HF_ECANCELLED;
		if (p->places[i].needed)
			err = check_place(v, (uint32_t)i);
	}
	return err;
}

int restore_verify(struct restore_run *run, struct restore_check *check)
{
	struct verification v = {
		.a = {.run = run, .plan = run->plan, .listing = {.upcase = run->target->upcase}},
		.check = check};
	int err = apply_begin(&v.a);

	*check = (struct restore_check){0};
	if (!err) {
		progress_phase("Verifying", "files", run->plan->ordered);
		err = check_all(&v);
		progress_end(v.done);
	}
	apply_end(&v.a);
	if (err)
		return err;
	log_status("Compared with the store: %" PRIu64 " files are the same record, %" PRIu64
		   " equal in content, %" PRIu64 " missing, %" PRIu64 " different; %" PRIu64
		   " were not to be restored or could not be.",
		   check->same_record, check->same_content, check->missing, check->different,
		   check->not_restored);
	return check->missing || check->different ? HF_ECORRUPT : 0;
}
