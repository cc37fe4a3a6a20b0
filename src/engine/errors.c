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
#include "rules/config.h"

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

/* What ErrorControl says of PATH as a file or, if nothing, as a directory. */
static enum rules_error_policy policy_of(const struct object_errors *errors, const char *path,
					 int error)
{
	const char *slash = strrchr(path, '\\');
	struct rules_object object = {.type = RULES_FILE, .user = -1};
	enum rules_error_policy policy = RULES_POLICY_NONE;
	char *node;

	if (!errors->config)
		return RULES_POLICY_NONE;
	node = slash ? strndup(path, (size_t)(slash - path)) : NULL;
	if (node) {
		object.node = node;
		object.leaf = slash + 1;
		policy = rules_config_error_policy(errors->config, &object, hf_win32_code(error));
	}
	free(node);
	if (policy != RULES_POLICY_NONE)
		return policy;
	object.node = path;
	object.leaf = NULL;
	return rules_config_error_policy(errors->config, &object, hf_win32_code(error));
}

static bool stops(const struct object_errors *errors, const char *path, int error)
{
	if (always_stops(error))
		return true;
	switch (policy_of(errors, path, error)) {
	case RULES_POLICY_FATAL:
		return true;
	case RULES_POLICY_NON_FATAL:
		return false;
	default:
		return !errors->continue_on_error;
	}
}

int object_error(struct object_errors *errors, const char *path, int error, const char *reason)
{
	bool stop = stops(errors, path, error);

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
