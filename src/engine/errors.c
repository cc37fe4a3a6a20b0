// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Per-object trouble and its summary.
 */
#include "engine/errors.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"

/* Errors that are never about one object alone. */
static bool always_stops(int error)
{
	return error == HF_ENOMEM || error == HF_ENOSPC || error == HF_ECANCELLED ||
	       error == HF_EREADONLY;
}

static int record(struct object_errors *errors, const char *path, int error, const char *reason)
{
	struct object_error *e;

	if (array_grow(&errors->list, errors->count, &errors->cap))
		return log_oom();
	e = &errors->list[errors->count];
	e->path = strdup(path);
	e->reason = strdup(reason);
	e->error = error;
	if (!e->path || !e->reason) {
		free(e->path);
		free(e->reason);
		return log_oom();
	}
	errors->count++;
	return 0;
}

int object_error(struct object_errors *errors, const char *path, int error, const char *reason)
{
	bool stop = !errors->continue_on_error || always_stops(error);

	if (error == HF_ENOMEM)
		return log_oom();
	if (record(errors, path, error, reason))
		return HF_ENOMEM;
	progress_record("error", error == HF_ENOSPC ? "UnableToCopy" : "UnableToOpen", "objectName",
			path, "action", stop ? "Abort" : "Ignore", NULL);
	if (!stop) {
		log_warning("Skipped %s: %s.", path, reason);
		return 0;
	}
	log_error("Stopped at %s: %s.", path, reason);
	return error;
}

void object_errors_summary(const struct object_errors *errors)
{
	if (!errors->count) {
		log_info("No error in migration process is recorded.");
		return;
	}
	log_info("----------------------------------- USMT ERROR SUMMARY "
		 "-----------------------------------");
	log_info("* One or more errors were encountered in migration (ordered by first occurence)");
	log_info("+--------------------------------------------------------------------------------"
		 "---------");
	log_info("|    Error Code | Caused Abort | Recurrence | First Occurence");
	for (size_t i = 0; i < errors->count; i++) {
		const struct object_error *e = &errors->list[i];
		bool seen = false;
		size_t same = 0;

		for (size_t j = 0; j < errors->count && !seen; j++) {
			bool equal = errors->list[j].error == e->error &&
				     !strcmp(errors->list[j].reason, e->reason);

			seen = equal && j < i;
			same += equal;
		}
		if (!seen)
			log_info("| %13d | %12s | %10zu | %s: %s", -e->error,
				 errors->continue_on_error && !always_stops(e->error) ? "No"
										      : "Yes",
				 same, e->path, e->reason);
	}
}

void object_errors_free(struct object_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++) {
		free(errors->list[i].path);
		free(errors->list[i].reason);
	}
	free(errors->list);
	*errors = (struct object_errors){.continue_on_error = errors->continue_on_error};
}
