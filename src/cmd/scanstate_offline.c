// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which Windows a capture is about, besides the options that every applet has: /offline and the
 * environment (USMT specification 6.2, 6.3).
 */
#include "cmd/scanstate.h"

#include <stdlib.h>
#include <string.h>

#include "report/error.h"
#include "report/log.h"

/* The value of environment variable NAME, or NULL when it is not set or empty. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static int read_architecture(struct scan *s)
{
	static const char name[] = "MIG_OFFLINE_PLATFORM_ARCH";
	const char *value = variable(name);

	if (!value)
		return USMT_SUCCESS;
	if (strcmp(value, "32") && strcmp(value, "64")) {
		log_error("The environment variable %s must be 32 or 64, not \"%s\".", name, value);
		return USMT_INVALID_PARAMETERS;
	}
	s->o.select.options.bits = value[0] == '6' ? 64 : 32;
	log_info("%s=%s: the Windows is taken for a %s-bit one.", name, value, value);
	return USMT_SUCCESS;
}

static int read_environment(struct scan *s)
{
	/* Said, so that nobody looks for what they would have made. */
	static const struct {
		const char *name, *why;
	} without_effect[] = {
		{"USMT_WORKING_DIR", "nothing is written outside the store and the logs"},
		{"MIG_ENABLE_DIAG", "no diagnostic log is written; --explain tells why an object "
				    "is kept or not"},
		{"MIG_DIAG_APPEND", "no diagnostic log is written"},
	};
	const char *profiles = variable("MIG_FAIL_ON_PROFILE_ERROR");

	for (size_t i = 0; i < sizeof(without_effect) / sizeof(*without_effect); i++)
		if (variable(without_effect[i].name))
			log_info("%s has no effect: %s.", without_effect[i].name,
				 without_effect[i].why);
	s->offline.no_temporary = profiles && !strcmp(profiles, "0");
	if (s->offline.no_temporary)
		log_info("MIG_FAIL_ON_PROFILE_ERROR=0: temporary profiles are left out.");
	return read_architecture(s);
}

static void use_file(struct scan *s)
{
	struct machine_options *options = &s->o.select.options;
	const struct offline *file = &s->offline.file;

	options->windows_dirs = file->paths;
	options->windows_dir_count = file->path_count;
	options->fail_on_multiple = file->fail_on_multiple;
	for (size_t i = 0; i < file->mapping_count; i++)
		s->offline.mappings[i] =
			(struct machine_mapping){file->mappings[i].from, file->mappings[i].letter};
	options->mappings = s->offline.mappings;
	options->mapping_count = file->mapping_count;
}

int scan_offline(struct scan *s)
{
	int code = read_environment(s);
	int err;

	if (code || !s->o.offline)
		return code;
	err = offline_read(s->o.offline, s->o.offline, &s->offline.file);
	if (err == HF_ENOMEM)
		return USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	if (err) {
		log_error("/offline:%s requires a valid path of an Offline.xml. Nothing was "
			  "changed.",
			  s->o.offline);
		return USMT_INVALID_PARAMETERS;
	}
	log_info("Offline.xml: %s", s->o.offline);
	use_file(s);
	return USMT_SUCCESS;
}
