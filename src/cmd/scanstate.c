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

#include "base/winpath.h"
#include "cmd/cmd.h"
#include "engine/cancel.h"
#include "engine/freshness.h"
#include "engine/verify.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "store/catalog.h"
#include "store/store.h"

#define MINIMUM_FREE (UINT64_C(250) * 1024 * 1024) /* USMT specification 10.1 */

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
	const struct scanstate_options *o = &s->o;
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

/* The volume of the store: there, NTFS, fit for writing when that is meant. */
static int check_volume(struct scan *s)
{
	s->letter = s->machine->chosen->letter;
	if (generates(s))
		return USMT_SUCCESS;
	winpath_split(s->o.store_path, &s->letter, &s->store_path);
	struct machine_volume *v = machine_volume(s->machine, s->letter);

	if (!v || !v->fs) {
		log_error(
			"StorePath %s: there is no NTFS volume %c: that can be opened. \"holdfast "
			"volumes\" lists what there is.",
			s->o.store_path, s->letter);
		return USMT_INVALID_STORE_LOCATION;
	}
	if (s->letter != s->machine->chosen->letter) {
		log_error("StorePath %s: a hard-link store must lie on the volume of the Windows "
			  "that is "
			  "captured, %c:.",
			  s->o.store_path, s->machine->chosen->letter);
		return USMT_INVALID_STORE_LOCATION;
	}
	for (size_t i = 0; i < s->machine->volume_count; i++) {
		const struct machine_volume *other = &s->machine->volumes[i];
		if (other->fs && other->letter && other->letter != s->letter)
			log_warning("Volume %c: is not captured by this version; it is only looked "
				    "at and nothing on it is changed.",
				    other->letter);
	}
	return USMT_SUCCESS;
}

/* Is there room, in both senses, for a store? */
static int check_store(struct scan *s)
{
	if (generates(s))
		return USMT_SUCCESS;
	struct fs *fs = machine_volume(s->machine, s->letter)->fs;
	enum store_state state;
	struct fs_space space;

	if (store_check_place(fs, s->o.store_path) || store_examine(fs, s->store_path, &state) ||
	    fs_space(fs, &space))
		return USMT_INVALID_STORE_LOCATION;
	if (state == STORE_OTHER) {
		log_error("%s exists and is not a store: it is not touched. Choose another "
			  "StorePath.",
			  s->o.store_path);
		return USMT_INVALID_STORE_LOCATION;
	}
	if (state != STORE_NONE && !s->o.overwrite && !only_looks(s)) {
		log_error("%s holds a%s store already. Use /o to overwrite it, or choose another "
			  "StorePath.",
			  s->o.store_path, state == STORE_COMPLETE ? "" : "n interrupted");
		return USMT_INVALID_STORE_LOCATION;
	}
	if (space.free < MINIMUM_FREE) {
		log_message(only_looks(s) ? LOG_WARNING : LOG_ERROR,
			    "Volume %c: has %.0f MB free; a hard-link store needs 250 MB. Delete "
			    "something, or enlarge the volume.",
			    s->letter, (double)space.free / (1024 * 1024));
		if (!only_looks(s))
			return USMT_FAILED_MIGSTARTUP;
	}
	return USMT_SUCCESS;
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
	ret = plan_make(&s->plan, s->machine, s->letter, s->rules, s->o.store_path, &s->errors);
	s->plan.machine = &s->examine.rules_machine;
	if (ret)
		return code_for(ret, USMT_MIGRATION_STOPPED_NONFATAL);
	progress_record("PHASE", "Collecting", NULL);
	return scan_report_plan(s) ? USMT_INIT_OPERATING_ENVIRONMENT_FAILED : USMT_SUCCESS;
}

/* The whole host file PATH into fresh memory. */
static int read_host_file(const char *path, char **data, size_t *len)
{
	struct str text = {0};
	FILE *f = fopen(path, "re");
	char buf[65536];
	size_t n;
	int ret = f ? 0 : HF_EIO;

	while (!ret && (n = fread(buf, 1, sizeof(buf), f)))
		ret = str_add(&text, buf, n);
	if (!ret && ferror(f))
		ret = HF_EIO;
	if (f)
		fclose(f);
	if (ret == HF_EIO)
		log_error("%s could not be read again: %s.", path, strerror(errno));
	*len = text.len;
	*data = str_take(&text);
	return ret;
}

/* Catalog facts that are known before gathering. */
static int describe(struct scan *s, struct catalog *c)
{
	const struct windows_install *w = s->machine->chosen;
	const struct volume *volume = machine_volume(s->machine, s->letter)->volume;
	char serial[20], when[32];
	time_t now = time(NULL);
	struct tm tm;
	int ret = 0;

	snprintf(serial, sizeof(serial), "%016" PRIX64, volume->serial);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	const char *const facts[][2] = {
		{"tool", "Holdfast " HOLDFAST_VERSION},
		{"started", when},
		{"command-line", s->o.joined},
		{"store-path", s->o.store_path},
		{"volume-serial", serial},
		{"windows", w->product},
		{"windows-directory", w->directory},
		{"version", w->version},
		{"computer", w->computer},
	};
	for (size_t i = 0; !ret && i < sizeof(facts) / sizeof(*facts); i++)
		ret = catalog_set(c, facts[i][0], facts[i][1]);
	for (size_t u = 0; !ret && u < w->user_count; u++) {
		const struct catalog_user row = {.sid = w->users[u].sid,
						 .domain = w->users[u].domain,
						 .name = w->users[u].name,
						 .profile = w->users[u].profile,
						 .captured = s->decisions[u].captured,
						 .reason = s->decisions[u].reason};
		ret = catalog_add_user(c, &row);
	}
	return ret ? ret : freshness_record(machine_volume(s->machine, w->letter)->fs, w, c);
}

/* The rules are wanted again at restore: the store keeps a copy of each file. */
static int keep_rule_files(struct scan *s, struct catalog *c)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < s->o.rules.count; i++) {
		struct str path = {0};
		char *data = NULL;
		size_t len = 0;

		ret = scan_find_rule_file(s->o.rules.items[i], &path);
		if (!ret)
			ret = read_host_file(path.data, &data, &len);
		if (!ret)
			ret = catalog_add_rule_file(c, (int64_t)i + 1, s->o.rules.items[i], data,
						    len);
		free(data);
		str_free(&path);
	}
	return ret;
}

static int record_skipped(struct scan *s, struct catalog *c)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < s->errors.count; i++)
		ret = catalog_add_skipped(c, s->errors.list[i].path, s->errors.list[i].reason);
	return ret;
}

/* The links first, then the proof that they are there, then the catalog that makes it a store. */
static int fill_store(struct scan *s, struct fs *fs, struct catalog *c)
{
	struct verify_result verified;
	fs_ref files_root;
	int ret = store_create(fs, s->store_path, &files_root);

	if (!ret)
		ret = describe(s, c);
	if (!ret)
		ret = keep_rule_files(s, c);
	if (!ret)
		ret = gather(fs, files_root, &s->plan, s->rules, c, &s->errors, &s->result);
	if (!ret)
		ret = record_skipped(s, c);
	if (!ret)
		ret = fs_sync(fs);
	if (!ret)
		ret = verify_store(fs, s->store_path, c, &verified);
	if (!ret)
		ret = store_finish(fs, s->store_path, c);
	if (ret)
		log_error("The store %s is not complete: %s. The files are untouched where they "
			  "were; run the same command with /o to begin again.",
			  s->o.store_path, hf_strerror(ret));
	return ret;
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

static int capture(struct scan *s)
{
	struct catalog *c = NULL;
	int ret;

	cancel_install();
	ret = machine_reopen_writable(s->machine, s->letter);

	if (ret)
		return code_for(ret, USMT_FAILED_MIGSTARTUP);
	struct fs *fs = machine_volume(s->machine, s->letter)->fs;
	enum store_state state;
	ret = store_examine(fs, s->store_path, &state);
	if (!ret && state != STORE_NONE) {
		log_status("Deleting the older store in %s.", s->o.store_path);
		ret = store_delete(fs, s->store_path);
		if (ret)
			return code_for(ret, USMT_UNABLE_DELETE_STORE);
	}
	if (!ret)
		ret = catalog_new(&c);
	if (!ret)
		ret = fill_store(s, fs, c);
	catalog_free(c);
	if (!ret)
		ret = write_vars(s);
	if (ret)
		return code_for(ret, USMT_UNABLE_DOMIGRATION);
	log_status("Kept in %s: %" PRIu64 " files (%.1f MB) in place by hard links, %" PRIu64
		   " copied, %" PRIu64 " folders; %zu objects skipped.",
		   s->o.store_path, s->result.linked, (double)s->result.bytes / 1e6,
		   s->result.copied, s->result.dirs, s->errors.count);
	return USMT_SUCCESS;
}

static int run(struct scan *s)
{
	int (*const steps[])(struct scan *) = {find_windows, load_config,  load_rules, check_volume,
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
	return code ? code : capture(s);
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
	plan_free(&s->plan);
	rules_free(s->rules);
	rules_config_free(s->config);
	examine_free(&s->examine);
	free(s->decisions);
	object_errors_free(&s->errors);
	scanstate_options_free(&s->o);
}

int cmd_scanstate(int argc, char **argv)
{
	static struct scan s;
	int code = scanstate_options_parse(&s.o, argc, argv);

	if (code == USMT_DISPLAY_HELP)
		scanstate_help();
	if (code) {
		scanstate_options_free(&s.o);
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
		log_error("Volume %c: could not be closed cleanly: run chkdsk on it.", s.letter);
		code = USMT_UNABLE_DOMIGRATION;
	}
	release(&s);
	return code;
}
