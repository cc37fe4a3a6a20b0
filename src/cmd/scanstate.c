// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ScanState: options in, exit code out. The order of checks is that of USMT specification 1.2, so
 * that everything which can be refused is refused before anything is written.
 */
#include "cmd/scanstate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"

/* Where rule files that came along are, unless HOLDFAST_RULES says otherwise. */
#define RULES_DIR "/usr/share/holdfast"

static bool generates(const struct scan *s)
{
	return s->o.genconfig || s->o.genmigxml;
}

static bool only_looks(const struct scan *s)
{
	return s->o.dry_run || s->o.explain || s->o.estimate_asked || generates(s);
}

static int open_outputs(struct scan *s)
{
	const struct usmt_options *o = &s->o;
	const char *log = o->log || o->log_spool ? o->log : "ScanState.log";
	const char *estimate = o->estimate ? o->estimate : "Usmtsize.txt";

	if (output_init(&s->log, log, o->log_spool) || log_open(s->log.path, o->verbosity)) {
		log_error("The log %s cannot be written: %s. Name another with /l:FILE.",
			  s->log.path ? s->log.path : log, strerror(errno));
		return USMT_INIT_LOGFILE_FAILED;
	}
	if (output_init(&s->progress, o->progress, o->progress_spool))
		return USMT_ERROR_UNABLE_CREATE_PROGRESS_LOG;
	if (s->progress.path && progress_open(s->progress.path)) {
		log_error("The progress log %s cannot be written: %s.", s->progress.path,
			  strerror(errno));
		return USMT_ERROR_UNABLE_CREATE_PROGRESS_LOG;
	}
	if (output_init(&s->list, o->listfiles, NULL))
		return USMT_INVALID_PARAMETERS;
	if (o->estimate_asked && output_init(&s->estimate, estimate, NULL))
		return USMT_PREFLIGHT_FILE_CREATION_FAILED;
	return USMT_SUCCESS;
}

static void log_start(const struct scan *s)
{
	char when[64];
	struct tm tm;
	time_t now = time(NULL);

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y/%m/%d:%H:%M:%S.000", &tm);
	log_info("SCANSTATE Version Holdfast " HOLDFAST_VERSION);
	log_info("USMT Started at %s", when);
	log_info("Command line: %s", s->o.joined);
	log_info("Starting the migration process");
}

/* Exit code for trouble with volumes; FALLBACK for errors that say nothing of their own. */
static int code_for(int error, int fallback)
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

static int find_windows(struct scan *s)
{
	int ret = machine_open(&s->o.select.options, &s->machine);

	if (!ret)
		ret = machine_choose(s->machine, &s->o.select.options);
	if (ret)
		return code_for(ret, USMT_INIT_ERROR);
	const struct windows_install *w = s->machine->chosen;
	log_status("Windows: %s, version %s, %u-bit, computer %s, in %c:%s", w->product, w->version,
		   w->bits, w->computer, w->letter, w->directory);
	progress_record("program", "scanstate", "productVersion", HOLDFAST_VERSION, "computerName",
			w->computer, "commandLine", s->o.joined, NULL);
	progress_record("PHASE", "Initializing", NULL);
	return USMT_SUCCESS;
}

int scan_find_rule_file(const char *name, struct str *path)
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

static int load_config(struct scan *s)
{
	if (!s->o.config)
		return USMT_SUCCESS;
	int ret = rules_config_load(s->o.config, s->o.config, &s->config);

	if (ret)
		return code_for(ret, USMT_UNABLE_TO_READ_CONFIG_FILE);
	log_info("Configuration: %s. HardLinkStoreControl, if it is there, changes nothing: "
		 "offline no "
		 "file is locked.",
		 s->o.config);
	s->errors.config = s->config;
	return USMT_SUCCESS;
}

static int load_rules(struct scan *s)
{
	s->rules = rules_new();
	if (!s->rules)
		return log_oom(), USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	for (size_t i = 0; i < s->o.rules.count; i++) {
		struct str path = {0};
		int ret = scan_find_rule_file(s->o.rules.items[i], &path);

		log_info("Script file specified: %s", s->o.rules.items[i]);
		if (!ret)
			ret = rules_load(s->rules, path.data, s->o.rules.items[i]);
		str_free(&path);
		if (ret)
			return code_for(ret, USMT_UNABLE_GET_SCRIPTFILES);
	}
	rules_use_config(s->rules, s->config);
	if (!s->o.rules.count)
		log_warning("No rule file was given (/i): without rules nothing is kept.");
	return USMT_SUCCESS;
}

/* Is the place fit for a store? */
static int check_store(struct scan *s)
{
	int ret;

	s->capture = (struct capture){
		.options = {.store = s->o.store_path,
			    .command_line = s->o.joined,
			    .rules = s->o.rules.items,
			    .rule_count = s->o.rules.count,
			    .find_rule_file = scan_find_rule_file,
			    .overwrite = s->o.overwrite,
			    .only_look = only_looks(s)},
		.machine = s->machine,
		.rules = s->rules,
		.rules_machine = &s->examine.rules_machine,
		.errors = &s->errors,
		.letter = s->machine->chosen->letter,
	};
	if (generates(s))
		return USMT_SUCCESS;
	ret = capture_check(&s->capture);
	return ret ? code_for(ret, ret == HF_ENOSPC ? USMT_FAILED_MIGSTARTUP
						    : USMT_INVALID_STORE_LOCATION)
		   : USMT_SUCCESS;
}

/*
 * A captured user whose hive cannot be read may have folders elsewhere that nobody knows of: /c
 * decides whether to go on with the default ones, and the wipe will want to be told.
 */
static int check_hives(struct scan *s)
{
	const struct windows_install *w = s->machine->chosen;
	int ret = 0;

	for (size_t u = 0; !ret && u < w->user_count; u++)
		if (s->decisions[u].captured && !w->users[u].has_hive)
			ret = object_error(&s->errors, w->users[u].profile, HF_ECORRUPT,
					   "the user's NTUSER.DAT cannot be read, so folders that "
					   "were moved elsewhere are unknown; the default ones are "
					   "taken");
	return ret ? code_for(ret, USMT_MIGRATION_STOPPED_NONFATAL) : USMT_SUCCESS;
}

static int decide_users(struct scan *s)
{
	const struct windows_install *w = s->machine->chosen;
	const struct user_options options = {
		.include = s->o.include_users.items,
		.include_count = s->o.include_users.count,
		.exclude = s->o.exclude_users.items,
		.exclude_count = s->o.exclude_users.count,
	};

	s->decisions = calloc(w->user_count + 1, sizeof(*s->decisions));
	if (!s->decisions)
		return log_oom(), USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	users_decide(w, &options, s->decisions);
	s->capture.decisions = s->decisions;
	scan_report_users(s);
	return check_hives(s);
}

/* Rules that are decided but not carried out yet: said, so that nobody counts on them. */
static void warn_of_settings(const struct scan *s)
{
	unsigned keys = 0, ini = 0;

	for (uint32_t r = 0; r < rules_count(s->rules); r++) {
		const struct rules_rule *rule = rules_rule(s->rules, r);
		if (rule->kind != RULES_INCLUDE)
			continue;
		keys += rule->type == RULES_REGISTRY;
		ini += rule->type == RULES_INI;
	}
	if (keys || ini)
		log_warning("This version keeps files only: what %u registry patterns and %u ini "
			    "patterns of the rules select is not captured.",
			    keys, ini);
}

static int make_plan(struct scan *s)
{
	int ret = examine_init(&s->examine, s->machine, s->decisions);

	if (!ret)
		ret = rules_compile(s->rules, &s->examine.rules_machine);
	if (!ret)
		ret = scan_report_components(s);
	if (ret)
		return code_for(ret, USMT_UNABLE_FINDMIGUNITS);
	if (!generates(s))
		warn_of_settings(s);
	if (s->o.explain || generates(s))
		return USMT_SUCCESS;
	ret = capture_plan(&s->capture);
	if (ret)
		return code_for(ret, USMT_MIGRATION_STOPPED_NONFATAL);
	progress_record("PHASE", "Collecting", NULL);
	return scan_report_plan(s) ? USMT_INIT_OPERATING_ENVIRONMENT_FAILED : USMT_SUCCESS;
}

static int write_vars(const struct scan *s)
{
	if (!s->o.vars)
		return 0;
	FILE *f = fopen(s->o.vars, "we");
	int ret = f && fprintf(f, "OSDStateStorePath=%s\n", s->o.store_path) > 0 ? 0 : HF_EIO;

	if (f && fclose(f))
		ret = HF_EIO;
	if (ret)
		log_error("The variables file %s could not be written: %s.", s->o.vars,
			  strerror(errno));
	return ret;
}

static int carry_out(struct scan *s)
{
	struct capture *c = &s->capture;
	int ret = capture_open(c);

	if (ret)
		return code_for(ret, USMT_FAILED_MIGSTARTUP);
	ret = capture_clear(c);
	if (ret)
		return code_for(ret, USMT_UNABLE_DELETE_STORE);
	ret = capture_fill(c);
	if (!ret)
		ret = write_vars(s);
	if (ret)
		return code_for(ret, USMT_UNABLE_DOMIGRATION);
	log_status("Kept in %s: %" PRIu64 " files (%.1f MB) in place by hard links, %" PRIu64
		   " copied, %" PRIu64 " folders; %zu objects skipped.",
		   s->o.store_path, c->result.linked, (double)c->result.bytes / 1e6,
		   c->result.copied, c->result.dirs, s->errors.count);
	return USMT_SUCCESS;
}

static int run(struct scan *s)
{
	int (*const steps[])(struct scan *) = {find_windows, load_config,  load_rules,
					       check_store,  decide_users, make_plan};
	int code = open_outputs(s);

	if (!code)
		log_start(s);
	for (size_t i = 0; !code && i < sizeof(steps) / sizeof(*steps); i++)
		code = steps[i](s);
	if (!code && generates(s))
		return scan_generate(s);
	if (!code && s->o.explain)
		return scan_explain(s);
	if (!code && s->list.path)
		code = scan_write_list(s);
	if (!code && s->o.estimate_asked)
		return scan_write_estimate(s);
	if (!code && s->o.dry_run) {
		log_status("Dry run: nothing was written to any volume.");
		return USMT_SUCCESS;
	}
	return code ? code : carry_out(s);
}

static void say_result(const struct scan *s, int code)
{
	char number[16], ignored[16];

	object_errors_summary(&s->errors);
	snprintf(number, sizeof(number), "%d", code);
	snprintf(ignored, sizeof(ignored), "%zu",
		 code && code != USMT_WOULD_HAVE_FAILED ? (size_t)0 : s->errors.count);
	progress_record("errorCode", number, "numberOfIgnoredErrors", ignored, "message",
			code == USMT_SUCCESS ? "Successful run" : usmt_code_name(code), NULL);
	if (code == USMT_SUCCESS)
		log_status("Success.");
	else if (code == USMT_WOULD_HAVE_FAILED)
		log_status("Success, %zu errors ignored; each is listed in the log.",
			   s->errors.count);
	else
		log_status("Failed.");
	log_status("ScanState return code: %d", code);
}

/* Logs are closed before they are taken to where the command line wants them. */
static int deliver_outputs(struct scan *s, int code)
{
	int ret = output_deliver(&s->list, s->machine);

	ret |= output_deliver(&s->estimate, s->machine);
	if (progress_close() | log_close()) {
		log_error("A log could not be written completely: is its disk full?");
		ret = HF_EIO;
	}
	ret |= output_deliver(&s->progress, s->machine);
	ret |= output_deliver(&s->log, s->machine);
	return ret && code == USMT_SUCCESS ? USMT_INIT_OPERATING_ENVIRONMENT_FAILED : code;
}

static void release(struct scan *s)
{
	capture_free(&s->capture);
	rules_free(s->rules);
	rules_config_free(s->config);
	examine_free(&s->examine);
	free(s->decisions);
	object_errors_free(&s->errors);
	usmt_options_free(&s->o);
}

int cmd_scanstate(int argc, char **argv)
{
	static struct scan s;
	int code = scanstate_options_parse(&s.o, argc, argv);

	if (code == USMT_DISPLAY_HELP)
		scanstate_help();
	if (code) {
		usmt_options_free(&s.o);
		return code;
	}
	if (s.o.lint) {
		code = scan_lint(&s);
		release(&s);
		return code;
	}
	if (s.o.genmigxml)
		s.o.rules = (struct option_list){.items = {"MigDocs.xml"}, .count = 1};
	s.errors.continue_on_error = s.o.go_on;
	code = run(&s);
	if (code == USMT_SUCCESS && s.errors.count)
		code = USMT_WOULD_HAVE_FAILED;
	say_result(&s, code);
	code = deliver_outputs(&s, code);
	if (machine_close(s.machine) && (code == USMT_SUCCESS || code == USMT_WOULD_HAVE_FAILED)) {
		log_error("Volume %c: could not be closed cleanly: run chkdsk on it.",
			  s.capture.letter);
		code = USMT_UNABLE_DOMIGRATION;
	}
	release(&s);
	return code;
}
