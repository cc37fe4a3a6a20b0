/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-object trouble: one function decides, by <ErrorControl> and /c, whether the run goes on, and
 * keeps the list of what was skipped (USMT specification 1 "/c", 5.2, 9.4).
 */
#ifndef HOLDFAST_ENGINE_ERRORS_H
#define HOLDFAST_ENGINE_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object_error {
	char *path;
	char *reason;
	int error; /* enum hf_error */
};

struct rules_config;
struct rules_object;

struct object_errors {
	const struct rules_config *config; /* whose ErrorControl is asked first; NULL: none */
	bool continue_on_error;		   /* /c */
	struct object_error *list;
	size_t count, cap;
	struct object_error *left_out; /* not errors: an option asked for it, REASON names it */
	size_t left_out_count, left_out_cap;
};

/*
 * Records that the object at PATH cannot be kept, because of REASON and ERROR. Returns 0 when the
 * run goes on (ErrorControl says nonFatal, or says nothing and there is /c), else ERROR. HF_ENOMEM,
 * HF_ENOSPC, HF_ECANCELLED and HF_EREADONLY always stop the run.
 */
int object_error(struct object_errors *errors, const char *path, int error, const char *reason);

/*
 * The same for OBJECT of the registry, which is shown as "HKCU\Software\X [v] of PC1\ann"; WHO may
 * be NULL. Asks ErrorControl's <registryError>.
 */
int setting_error(struct object_errors *errors, const struct rules_object *object, const char *who,
		  int error, const char *reason);

/* Records that the object at PATH is left out because OPTION ("/efs:skip") says so. 0 or HF_ENOMEM.
 */
int object_left_out(struct object_errors *errors, const char *path, const char *option);

/* Writes USMT's error summary (specification 9.4) to the log. */
void object_errors_summary(const struct object_errors *errors);

void object_errors_free(struct object_errors *errors);

#endif
