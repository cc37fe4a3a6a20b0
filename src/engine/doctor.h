/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a volume healthy enough to risk something on it? Runs the check of volume/check.h on it, keeps
 * what was found, and says it in words a technician understands, with the next step. Writes
 * only when it is asked to discard what stands in the way.
 */
#ifndef HOLDFAST_ENGINE_DOCTOR_H
#define HOLDFAST_ENGINE_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"
#include "volume/check.h"
#include "volume/smart.h"
#include "volume/unclean.h"

struct volume;

enum doctor_verdict {
	DOCTOR_HEALTHY, /* nothing at all */
	DOCTOR_NOTES,	/* nothing inconsistent: lost space, or something worth knowing */
	DOCTOR_DAMAGED, /* data is at risk */
};

struct doctor_options {
	bool surface;	   /* also read every cluster in use */
	bool progress;	   /* show on the console how far it is */
	unsigned show_max; /* findings of each kind to keep; all are counted */
};

struct doctor_report {
	struct check_result result;
	struct check_finding *findings; /* in the order found; strings in the arena */
	size_t count, cap;
	enum doctor_verdict verdict;
	struct arena arena;
	bool out_of_memory;
};

/*
 * Examines VOLUME, which is called NAME in messages. 0: judged, REPORT says how; free it with
 * doctor_report_free(). Otherwise HF_ENOTNTFS, HF_EBITLOCKER, HF_EIO, HF_EACCES, HF_ENOMEM,
 * HF_ECANCELLED, with a message.
 */
int doctor_examine(const struct volume *volume, const char *name,
		   const struct doctor_options *options, struct doctor_report *report);
void doctor_report_free(struct doctor_report *report);

/*
 * Examines VOLUME before something is deleted on it. 0 when it is not damaged, or damage is
 * ACCEPTed, which is then said; HF_EREFUSED with all findings when it is. The errors of
 * doctor_examine().
 */
int doctor_permit(const struct volume *volume, const char *name, bool accept);

/*
 * Makes CHANGE on VOLUME; volume/unclean.h says what is written and when it is refused. The only
 * thing here that writes. Further errors: those of volume_block_named().
 */
int doctor_discard(const struct volume *volume, const char *name, enum unclean_change change);

/* Says in one line how the disk is by its own account, and in another what to do if it fails. */
void doctor_tell_disk(const struct smart *smart, const char *name);

/* Says all findings (errors first), totals, the verdict and the next step, as status messages. */
void doctor_tell(const struct doctor_report *report, const char *name);

#endif
