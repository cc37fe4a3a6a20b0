// SPDX-License-Identifier: GPL-2.0-or-later
/* What surrounds the work of ScanState, LoadState and UsmtUtils. */
#include "cmd/usmt_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine/errors.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "rules/config.h"
#include "rules/rules.h"
#include "windows/machine.h"

/* Where rule files that came along are, unless HOLDFAST_RULES says otherwise. */
#define RULES_DIR "/usr/share/holdfast"

static const struct {
	const char *name, *program, *upper;
	const char *log; /* that is written unasked; NULL: none */
} tools[USMT_TOOLS] = {
	[USMT_SCANSTATE] = {"ScanState", "scanstate", "SCANSTATE", "ScanState.log"},
	[USMT_LOADSTATE] = {"LoadState", "loadstate", "LOADSTATE", "LoadState.log"},
	[USMT_UTILS] = {"UsmtUtils", "usmtutils", "USMTUTILS", NULL},
};

const char *usmt_tool_name(enum usmt_tool tool)
{
	return tools[tool].name;
}

static void log_start(const struct usmt_options *o)
{
	char when[64];
	struct tm tm;
	time_t now = time(NULL);

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y/%m/%d:%H:%M:%S.000", &tm);
	log_info("%s Version Holdfast " HOLDFAST_VERSION, tools[o->tool].upper);
	log_info("USMT Started at %s", when);
	log_info("Command line: %s", o->joined);
	if (o->tool != USMT_UTILS)
		log_info("Starting the migration process");
}

int usmt_open_logs(const struct usmt_options *o, struct output *log, struct output *progress)
{
	const char *name = o->log || o->log_spool ? o->log : tools[o->tool].log;

	if (output_init(log, name, o->log_spool) ||
	    (log->path && log_open(log->path, o->verbosity))) {
		log_error("The log %s cannot be written: %s. Name another with /l:FILE.",
			  log->path ? log->path : name, strerror(errno));
		return USMT_INIT_LOGFILE_FAILED;
	}
	if (output_init(progress, o->progress, o->progress_spool))
		return USMT_ERROR_UNABLE_CREATE_PROGRESS_LOG;
	if (progress->path && progress_open(progress->path)) {
		log_error("The progress log %s cannot be written: %s.", progress->path,
			  strerror(errno));
		return USMT_ERROR_UNABLE_CREATE_PROGRESS_LOG;
	}
	log_start(o);
	return USMT_SUCCESS;
}

int usmt_deliver_logs(struct output *log, struct output *progress, struct machine *machine)
{
	int ret = 0;

	if (progress_close() | log_close()) {
		log_error("A log could not be written completely: is its disk full?");
		ret = HF_EIO;
	}
	ret |= output_deliver(progress, machine);
	ret |= output_deliver(log, machine);
	return ret ? HF_EIO : 0;
}

int usmt_code_for(int error, int fallback)
{
	switch (error) {
	case HF_EHIBERNATED:
	case HF_EUNCLEAN:
	case HF_EBUSY:
	case HF_ENOTNTFS:
	case HF_EBITLOCKER:
		return USMT_ERROR_UNSUPPORTED_PLATFORM;
	case HF_ECANCELLED:
		return USMT_STATUS_CANCELED;
	case HF_ENOMEM:
		return USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	default:
		return fallback;
	}
}

int usmt_find_windows(const struct usmt_options *o, struct machine **machine)
{
	int ret = machine_open(&o->select.options, machine);

	if (!ret)
		ret = machine_choose(*machine, &o->select.options);
	if (ret)
		return usmt_code_for(ret,
				     ret == HF_EINVAL ? USMT_FAILED_MIGSTARTUP : USMT_INIT_ERROR);
	const struct windows_install *w = (*machine)->chosen;
	log_status("Windows: %s, version %s, %u-bit, computer %s, in %c:%s", w->product, w->version,
		   w->bits, w->computer, w->letter, w->directory);
	if (w->root && *w->root)
		log_status("It was set aside in %c:%s, and is kept under the paths it had before. "
			   "What was not moved there is where it was, and is not looked at.",
			   w->letter, w->root);
	progress_record("program", tools[o->tool].program, "productVersion", HOLDFAST_VERSION,
			"computerName", w->computer, "commandLine", o->joined, NULL);
	progress_record("PHASE", "Initializing", NULL);
	return USMT_SUCCESS;
}

int usmt_load_config(const struct usmt_options *o, struct rules_config **config)
{
	if (!o->config)
		return USMT_SUCCESS;
	int ret = rules_config_load(o->config, o->config, config);

	if (ret)
		return usmt_code_for(ret, USMT_UNABLE_TO_READ_CONFIG_FILE);
	log_info("Configuration: %s. HardLinkStoreControl, if it is there, changes nothing: "
		 "offline no file is locked.",
		 o->config);
	return USMT_SUCCESS;
}

int usmt_find_rule_file(const char *name, struct str *path)
{
	const char *dir = getenv("HOLDFAST_RULES");
	int ret = str_adds(path, name);

	if (ret || strchr(name, '/') || access(name, F_OK) == 0)
		return ret;
	str_truncate(path, 0);
	ret = str_addf(path, "%s/%s", dir ? dir : RULES_DIR, name);
	if (!ret && access(path->data, F_OK)) {
		str_truncate(path, 0);
		ret = str_adds(path, name);
	}
	return ret;
}

int usmt_load_rule_files(const struct usmt_options *o, struct rules *rules)
{
	for (size_t i = 0; i < o->rules.count; i++) {
		struct str path = {0};
		int ret = usmt_find_rule_file(o->rules.items[i], &path);

		log_info("Script file specified: %s", o->rules.items[i]);
		if (!ret)
			ret = rules_load(rules, path.data, o->rules.items[i]);
		str_free(&path);
		if (ret)
			return usmt_code_for(ret, USMT_UNABLE_GET_SCRIPTFILES);
	}
	return USMT_SUCCESS;
}

void usmt_say_result(enum usmt_tool tool, const struct object_errors *errors, int code)
{
	char number[16], ignored[16];

	object_errors_summary(errors);
	snprintf(number, sizeof(number), "%d", code);
	snprintf(ignored, sizeof(ignored), "%zu",
		 code && code != USMT_WOULD_HAVE_FAILED ? (size_t)0 : errors->count);
	progress_record("errorCode", number, "numberOfIgnoredErrors", ignored, "message",
			code == USMT_SUCCESS ? "Successful run" : usmt_code_name(code), NULL);
	if (code == USMT_SUCCESS)
		log_status("Success.");
	else if (code == USMT_WOULD_HAVE_FAILED)
		log_status("Success, %zu errors ignored; each is listed in the log.",
			   errors->count);
	else
		log_status("Failed.");
	log_status("%s return code: %d", tools[tool].name, code);
}
