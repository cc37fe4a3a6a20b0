// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * holdfast wipe: deletes the old Windows around a verified store.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/winpath.h"
#include "cmd/applet.h"
#include "cmd/cmd.h"
#include "engine/cancel.h"
#include "engine/doctor.h"
#include "engine/target.h"
#include "engine/wipe.h"
#include "report/error.h"
#include "report/log.h"

#define KEEPS_MAX 64

struct wipe_command {
	struct select select;
	struct wipe_options options;
	const char *keeps[KEEPS_MAX];
	const char *log, *vars;
	bool dry_run, help, accept_damage, resume;
};

static const char usage[] =
	"Usage: holdfast wipe C: [options]\n"
	"Deletes everything on the volume except the store, \\Holdfast, \\_SMSTaskSequence, what\n"
	"--keep names, and NTFS's own files. Refuses unless the store is complete, every entry of\n"
	"it checks out, every profile is in it or was excluded by an option of the capture,\n"
	"nothing was skipped, Windows has not run since, the volume is not damaged (see holdfast\n"
	"doctor), and no other store would go. An interrupted wipe, also one that a power cut\n"
	"ended, goes on when the same command is given again.\n"
	"\n"
	"  --keep PATH          also leave this file or folder alone; may be repeated\n"
	"  --store PATH         which store counts, when there are several\n"
	"  --with-errors        also wipe what the capture had to skip (its return code 3)\n"
	"  --old-store          also when Windows has run since the capture\n"
	"  --accept-damage      also when the volume is damaged\n"
	"  --resume             only go on with a wipe that was interrupted, or is done while no "
	"new\n"
	"                       Windows is there yet; otherwise write nothing and end with code "
	"27\n"
	"  --ignore-dirty-flag  also when the volume is marked as damaged, if no damage is found\n"
	"  --dry-run            only check and show what would go; writes nothing\n"
	"  --log FILE           log file on this computer\n"
	"  --vars FILE          write OSDStateStorePath and _SMSTSProtectedPaths to this file\n"
	"  --help               this text\n";

static const char codes[] =
	"\n"
	"Exit codes: 0 wiped (or, with --dry-run, could be); 2 stopped on request; 11 bad "
	"options;\n"
	"13 the log file cannot be written; 26 no Windows, or not clear which; 27 no complete "
	"store,\n"
	"not clear which, or no wipe to --resume; 36 refused: hibernated, not shut down, in use, "
	"or\n"
	"something that is not in the store would be lost; 38 the volume cannot be read; 42 the\n"
	"store does not fit its catalog, or the catalog is damaged; 61 some objects could not be\n"
	"deleted; 71 cannot work here (memory, no access); 72 stopped by an error while deleting:\n"
	"the store is whole, run it again.\n";

static int take_volume(struct wipe_command *w, const char *arg)
{
	const char *rest;
	char letter;

	if (!winpath_split(arg, &letter, &rest) || (rest[0] && strcmp(rest, "\\"))) {
		log_error("%s is not an option or a volume. Say which volume to wipe: "
			  "holdfast wipe C:",
			  arg);
		return HF_EINVAL;
	}
	if (w->options.letter) {
		log_error("One volume is wiped at a time: %c: or %s?", w->options.letter, arg);
		return HF_EINVAL;
	}
	w->options.letter = letter;
	return 0;
}

static int parse(struct wipe_command *w, int argc, char **argv)
{
	const char *volumes[2];
	struct applet_values keeps = {.items = w->keeps, .max = KEEPS_MAX};
	const struct applet_option options[] = {
		{"--dry-run", .flag = &w->dry_run},
		{"--with-errors", .flag = &w->options.with_errors},
		{"--old-store", .flag = &w->options.old_store},
		{"--accept-damage", .flag = &w->accept_damage},
		{"--ignore-dirty-flag", .flag = &w->select.options.ignore_dirty_flag},
		{"--resume", .flag = &w->resume},
		{"--keep", .values = &keeps},
		{"--store", .value = &w->options.store},
		{"--log", .value = &w->log},
		{"--vars", .value = &w->vars},
	};
	struct applet_line line = {.applet = "wipe",
				   .select = &w->select,
				   .options = options,
				   .option_count = sizeof(options) / sizeof(*options),
				   .words = {.items = volumes, .max = 2}};
	int err;

	select_init(&w->select);
	err = applet_parse(&line, argc, argv);
	w->help = line.help;
	w->options.keep = w->keeps;
	w->options.keep_count = keeps.count;
	for (size_t i = 0; i < line.words.count && !err && !w->help; i++)
		err = take_volume(w, volumes[i]);
	if (!err && !w->help && !w->options.letter) {
		log_error("Say which volume to wipe: holdfast wipe C:");
		err = HF_EINVAL;
	}
	return err;
}

static int write_vars(const char *path, const struct wipe_plan *plan)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fprintf(f, "OSDStateStorePath=%s\n_SMSTSProtectedPaths=%s\n",
			       wipe_plan_store(plan), wipe_plan_protected(plan)) > 0;

	if (f && fclose(f))
		ok = false;
	if (ok)
		return 0;
	log_error("The variables file %s cannot be written: %s.", path, strerror(errno));
	return HF_EIO;
}

/* The exit code for ERROR met before anything was deleted. */
static int code_before(int error)
{
	switch (error) {
	case 0:
		return USMT_SUCCESS;
	case HF_EINVAL:
		return USMT_INVALID_PARAMETERS;
	case HF_ECANCELLED:
		return USMT_STATUS_CANCELED;
	case HF_EREFUSED:
	case HF_EHIBERNATED:
	case HF_EUNCLEAN:
	case HF_EBUSY:
	case HF_ENOTNTFS:
	case HF_EBITLOCKER:
	case HF_EUNSUPPORTED:
		return USMT_ERROR_UNSUPPORTED_PLATFORM;
	case HF_ENOENT:
	case HF_EAMBIGUOUS:
		return USMT_INVALID_STORE_LOCATION;
	case HF_ECORRUPT:
		return USMT_ERROR_CORRUPTED_STORE;
	case HF_EIO:
		return USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE;
	default:
		return USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	}
}

static int code_after(int error)
{
	switch (error) {
	case HF_EIO:
	case HF_ECORRUPT:
	case HF_ENOSPC:
	case HF_ELIMIT:
		return USMT_UNABLE_DOMIGRATION;
	case HF_EACCES:
		return USMT_MIGRATION_STOPPED_NONFATAL;
	default:
		return code_before(error);
	}
}

static int carry_out(struct wipe_command *w, struct machine *m)
{
	const struct machine_volume *v = machine_volume(m, w->options.letter);
	const char name[] = {w->options.letter, ':', '\0'};
	struct wipe_plan *plan = NULL;
	int err = wipe_plan_make(m, &w->options, &plan);

	/* The plan's own refusals say more about what would be lost. */
	if (!err)
		err = v ? doctor_permit(v->volume, name, w->accept_damage) : HF_ENOENT;
	if (err) {
		wipe_plan_free(plan);
		return code_before(err);
	}
	if (w->vars && write_vars(w->vars, plan)) {
		wipe_plan_free(plan);
		return USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	}
	if (w->dry_run)
		log_status("Dry run: nothing was written. %c: can be wiped.", w->options.letter);
	else
		err = wipe_run(m, plan);
	wipe_plan_free(plan);
	return code_after(err);
}

/* --resume: the code when there is no wipe to go on with, as far as can be told; else 0. */
static int check_under_way(const struct wipe_command *w, struct machine *m, int err)
{
	bool under_way = false;

	if (!err)
		err = wipe_is_under_way(m, &w->options, &under_way);
	if (!err && under_way)
		return USMT_SUCCESS;
	log_status("No interrupted wipe of %c: was found.", w->options.letter);
	return USMT_INVALID_STORE_LOCATION;
}

static int run(struct wipe_command *w)
{
	struct machine *m = NULL;
	int code, err = machine_open(&w->select.options, &m);

	if (!err)
		err = target_choose(m, &w->select.options, w->options.letter);
	code = w->resume ? check_under_way(w, m, err) : USMT_SUCCESS;
	if (code) {
		machine_close(m);
		return code;
	}
	if (err == HF_ENOENT || err == HF_EAMBIGUOUS || err == HF_ECORRUPT)
		code = USMT_INIT_ERROR;
	else
		code = err ? code_before(err) : carry_out(w, m);
	err = machine_close(m);
	return err && !code ? USMT_UNABLE_DOMIGRATION : code;
}

int cmd_wipe(int argc, char **argv)
{
	static struct wipe_command w;
	int code;

	w = (struct wipe_command){0};
	if (parse(&w, argc, argv))
		return USMT_INVALID_PARAMETERS;
	if (w.help) {
		printf("%s%s%s", usage, select_help, codes);
		return USMT_DISPLAY_HELP;
	}
	if (w.log && log_open(w.log, 5)) {
		log_error("The log file %s cannot be written: %s.", w.log, strerror(errno));
		return USMT_INIT_LOGFILE_FAILED;
	}
	cancel_install();
	code = run(&w);
	log_status("Wipe return code: %d", code);
	if (log_close() && !code) {
		log_error("The log file %s could not be written completely.", w.log);
		code = USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	}
	return code;
}
