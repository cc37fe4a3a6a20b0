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

static int record(struct object_error **list, size_t *count, size_t *cap, const char *path,
		  int error, const char *reason)
{
	struct object_error *e;

	if (array_grow(list, *count, cap))
		return log_oom();
	e = &(*list)[*count];
	e->path = strdup(path);
	e->reason = strdup(reason);
	e->error = error;
	if (!e->path || !e->reason) {
		free(e->path);
		free(e->reason);
		return log_oom();
	}
	++*count;
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

static bool stops(const struct object_errors *errors, enum rules_error_policy policy, int error)
{
	if (always_stops(error))
		return true;
	switch (policy) {
	case RULES_POLICY_FATAL:
		return true;
	case RULES_POLICY_NON_FATAL:
		return false;
	default:
		return !errors->continue_on_error;
	}
}

static int settle(struct object_errors *errors, const char *path, enum rules_error_policy policy,
		  int error, const char *reason)
{
	bool stop = stops(errors, policy, error);

	if (error == HF_ENOMEM)
		return log_oom();
	if (record(&errors->list, &errors->count, &errors->cap, path, error, reason))
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

int object_error(struct object_errors *errors, const char *path, int error, const char *reason)
{
	return settle(errors, path, policy_of(errors, path, error), error, reason);
}

int setting_error(struct object_errors *errors, const struct rules_object *object, const char *who,
		  int error, const char *reason)
{
	enum rules_error_policy policy = RULES_POLICY_NONE;
	struct str shown = {0};
	int err = str_adds(&shown, object->node);

	if (!err && object->leaf)
		err = str_addf(&shown, " [%s]", object->leaf);
	if (!err && who)
		err = str_addf(&shown, " of %s", who);
	if (errors->config)
		policy = rules_config_error_policy(errors->config, object, hf_win32_code(error));
	err = err ? log_oom() : settle(errors, shown.data, policy, error, reason);
	str_free(&shown);
	return err;
}

int object_left_out(struct object_errors *errors, const char *path, const char *option)
{
	log_info("Left out by %s: %s", option, path);
	return record(&errors->left_out, &errors->left_out_count, &errors->left_out_cap, path, 0,
		      option);
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

static void free_list(struct object_error *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(list[i].path);
		free(list[i].reason);
	}
	free(list);
}

void object_errors_free(struct object_errors *errors)
{
	free_list(errors->list, errors->count);
	free_list(errors->left_out, errors->left_out_count);
	*errors = (struct object_errors){.continue_on_error = errors->continue_on_error};
}
