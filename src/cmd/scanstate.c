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

#include "cmd/cmd.h"
#include "cmd/usmt_run.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"

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
	const char *estimate = o->estimate ? o->estimate : "Usmtsize.txt";
	int code = usmt_open_logs(o, &s->log, &s->progress);

	if (!code && output_init(&s->list, o->listfiles, NULL))
		code = USMT_INVALID_PARAMETERS;
	if (!code && o->estimate_asked && output_init(&s->estimate, estimate, NULL))
		code = USMT_PREFLIGHT_FILE_CREATION_FAILED;
	return code;
}

static int find_windows(struct scan *s)
{
	int code = usmt_find_windows(&s->o, &s->machine);

	return !code && machine_open_others(s->machine) ? USMT_INIT_OPERATING_ENVIRONMENT_FAILED
							: code;
}

static int load_config(struct scan *s)
{
	int code = usmt_load_config(&s->o, &s->config);

	s->errors.config = s->config;
	return code;
}

static int load_rules(struct scan *s)
{
	int code;

	s->rules = rules_new();
	if (!s->rules)
		return log_oom(), USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	code = usmt_load_rule_files(&s->o, s->rules);
	rules_use_config(s->rules, s->config);
	if (!code && !s->o.rules.count)
		log_warning("No rule file was given (/i): without rules nothing is kept.");
	return code;
}

/* The code for trouble with the place of the store. */
static int place_code(int error)
{
	if (!error)
		return USMT_SUCCESS;
	return usmt_code_for(error, error == HF_ENOSPC ? USMT_FAILED_MIGSTARTUP
						       : USMT_INVALID_STORE_LOCATION);
}

/* Is the place fit for a store? */
static int check_store(struct scan *s)
{
	s->capture = (struct capture){
		.options = {.store = s->o.store_path,
			    .command_line = s->o.joined,
			    .rules = s->o.rules.items,
			    .rule_count = s->o.rules.count,
			    .find_rule_file = usmt_find_rule_file,
			    .excluded = s->o.excluded_volumes,
			    .local_only = s->o.local_only,
			    .overwrite = s->o.overwrite,
			    .then_wipe = s->o.then_wipe,
			    .efs = scanstate_efs(&s->o),
			    .only_look = only_looks(s)},
		.machine = s->machine,
		.rules = s->rules,
		.examine = &s->examine,
		.errors = &s->errors,
		.letter = s->machine->chosen->letter,
	};
	if (generates(s))
		return USMT_SUCCESS;
	return place_code(capture_check(&s->capture));
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
	return ret ? usmt_code_for(ret, USMT_MIGRATION_STOPPED_NONFATAL) : USMT_SUCCESS;
}

static int decide_users(struct scan *s)
{
	const struct windows_install *w = s->machine->chosen;
	uint64_t since = 0;

	if (s->o.used && users_parse_uel(s->o.used, time(NULL), &since))
		return USMT_INVALID_PARAMETERS;
	const struct user_options options = {
		.include = s->o.include_users.items,
		.include_count = s->o.include_users.count,
		.exclude = s->o.exclude_users.items,
		.exclude_count = s->o.exclude_users.count,
		.used_text = s->o.used,
		.used_since = since,
		.no_temporary = s->offline.no_temporary,
	};

	s->decisions = calloc(w->user_count + 1, sizeof(*s->decisions));
	if (!s->decisions)
		return log_oom(), USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	users_decide(w, &options, s->decisions);
	s->capture.decisions = s->decisions;
	scan_report_users(s);
	return check_hives(s);
}

static int make_plan(struct scan *s)
{
	int ret = examine_init(&s->examine, s->machine, s->decisions);

	if (!ret)
		ret = rules_compile(s->rules, &s->examine.rules_machine);
	if (!ret)
		ret = scan_report_components(s);
	if (ret)
		return usmt_code_for(ret, USMT_UNABLE_FINDMIGUNITS);
	if (s->o.explain || generates(s))
		return USMT_SUCCESS;
	ret = capture_plan(&s->capture);
	if (ret)
		return usmt_code_for(ret, USMT_MIGRATION_STOPPED_NONFATAL);
	ret = capture_check_parts(&s->capture);
	if (ret)
		return place_code(ret);
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
		return usmt_code_for(ret, USMT_FAILED_MIGSTARTUP);
	ret = capture_clear(c);
	if (ret)
		return usmt_code_for(ret, USMT_UNABLE_DELETE_STORE);
	ret = capture_fill(c);
	if (!ret)
		ret = write_vars(s);
	if (ret)
		return usmt_code_for(ret, USMT_UNABLE_DOMIGRATION);
	log_status("Kept in %s: %" PRIu64 " files (%.1f MB) in place by hard links, %" PRIu64
		   " copied, %" PRIu64 " folders; %" PRIu64 " registry values of %" PRIu64
		   " keys, %" PRIu64 " ini settings; %zu objects skipped.",
		   s->o.store_path, c->result.linked, (double)c->result.bytes / 1e6,
		   c->result.copied, c->result.dirs, c->stored.values, c->stored.keys,
		   c->stored.inis, s->errors.count);
	return USMT_SUCCESS;
}

static int run(struct scan *s)
{
	int (*const steps[])(struct scan *) = {scan_offline, find_windows, load_config, load_rules,
					       check_store,  decide_users, make_plan};
	int code = open_outputs(s);

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

/* Logs are closed before they are taken to where the command line wants them. */
static int deliver_outputs(struct scan *s, int code)
{
	int ret = output_deliver(&s->list, s->machine);

	ret |= output_deliver(&s->estimate, s->machine);
	ret |= usmt_deliver_logs(&s->log, &s->progress, s->machine);
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
	offline_free(&s->offline.file);
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
	usmt_say_result(USMT_SCANSTATE, &s.errors, code);
	code = deliver_outputs(&s, code);
	if (machine_close(s.machine) && (code == USMT_SUCCESS || code == USMT_WOULD_HAVE_FAILED)) {
		log_error("A volume could not be closed cleanly: run chkdsk on it.");
		code = USMT_UNABLE_DOMIGRATION;
	}
	release(&s);
	return code;
}
