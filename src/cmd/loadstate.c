// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LoadState: options in, exit code out. Everything that can be refused is refused before anything
 * is written (USMT specification 2, 9.1).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/loadstate_options.h"
#include "cmd/usmt_run.h"
#include "engine/cancel.h"
#include "engine/errors.h"
#include "engine/restore.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "rules/config.h"
#include "windows/machine.h"

struct load {
	struct usmt_options o;
	struct output log, progress;
	struct rules_config *config;
	struct object_errors errors;
	struct restore restore;
	bool deleted; /* the rest of a store that an earlier run had restored */
};

/* The code of an error met while the store was opened. */
static int store_code(int error)
{
	switch (error) {
	case HF_ENOENT:
	case HF_EREFUSED:
	case HF_EINVAL:
		return USMT_INVALID_STORE_LOCATION;
	case HF_ECORRUPT:
		return USMT_ERROR_CORRUPTED_STORE;
	default:
		return usmt_code_for(error, USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE);
	}
}

static int user_code(int error)
{
	switch (error) {
	case HF_EACCES:
		return USMT_ERROR_USE_LAC;
	case HF_EINVAL:
	case HF_EUNSUPPORTED:
		return USMT_INIT_ERROR;
	default:
		return usmt_code_for(error, USMT_UNABLE_FINDMIGUNITS);
	}
}

static int find_windows(struct load *l)
{
	return usmt_find_windows(&l->o, &l->restore.machine);
}

static int load_config(struct load *l)
{
	int code = usmt_load_config(&l->o, &l->config);

	l->errors.config = l->config;
	return code;
}

static int load_rules(void *ctx, struct rules *rules)
{
	const struct load *l = ctx;

	/* The code says more than an error number: 28 for whatever is wrong with a rule file. */
	return usmt_load_rule_files(&l->o, rules) ? HF_EINVAL : 0;
}

static int open_store(struct load *l)
{
	const struct usmt_options *o = &l->o;
	int err;

	l->restore.errors = &l->errors;
	l->restore.options = (struct restore_options){
		.store = o->store_path,
		.users = {.include = o->include_users.items,
			  .include_count = o->include_users.count,
			  .exclude = o->exclude_users.items,
			  .exclude_count = o->exclude_users.count},
		.move_users = o->move_users.items,
		.move_user_count = o->move_users.count,
		.move_domains = o->move_domains.items,
		.move_domain_count = o->move_domains.count,
		.profiles = {.create_accounts = o->create_accounts,
			     .password = o->account_password,
			     .enable_accounts = o->enable_accounts,
			     .only_look = o->dry_run},
		.config = l->config,
		.load_rules = o->rules.count ? load_rules : NULL,
		.load_ctx = l,
	};
	if (o->delete_store) {
		err = restore_finish_deletion(&l->restore, &l->deleted);
		if (err)
			return usmt_code_for(err, USMT_UNABLE_DELETE_STORE);
		if (l->deleted) {
			log_status("The store %s is deleted.", o->store_path);
			return USMT_SUCCESS;
		}
	}
	err = restore_open(&l->restore);
	return err ? store_code(err) : USMT_SUCCESS;
}

/* Console, log and progress log: each user of the store, who that becomes and why. */
static void report_users(const struct load *l)
{
	const struct restore_users *u = &l->restore.users;
	char name[512], line[1400];

	log_status("Users of the store:");
	for (size_t i = 0; i < u->count; i++) {
		const struct restore_user *user = &u->list[i];

		if (!user->captured)
			continue;
		restore_user_name(u, user, name, sizeof(name));
		if (user->selected && user->to_profile)
			snprintf(line, sizeof(line), "-> %s%s%s", user->to_profile,
				 user->mapped_by ? " by " : "",
				 user->mapped_by ? user->mapped_by : "");
		else
			snprintf(line, sizeof(line), "%s",
				 user->selected ? "no profile here" : "left out");
		log_status("  %-40s %s (%s)", name, line, user->reason);
		progress_record("detectedUser", name, "includedInMigration",
				user->selected ? "Yes" : "No", NULL);
	}
}

static int choose_users(struct load *l)
{
	int err = restore_choose_users(&l->restore);

	report_users(l);
	return err ? user_code(err) : USMT_SUCCESS;
}

/* Each file with its place: the whole plan is in the log of a dry run, or with /v:4. */
static int list_plan(const struct load *l)
{
	const struct restore_plan *p = &l->restore.plan;
	struct str from = {0}, to = {0};
	int err = 0;

	for (size_t i = 0; !err && i < p->file_count; i++) {
		const struct restore_file *file = &p->files[i];

		err = restore_file_source(p, file, &from);
		if (!err && file->place != RESTORE_NONE)
			err = restore_file_target(p, file, &to);
		if (!err)
			log_info("%s -> %s", from.data,
				 file->place != RESTORE_NONE ? to.data : "(left out)");
	}
	str_free(&from);
	str_free(&to);
	return err;
}

/* The same for settings. */
static int list_settings(const struct load *l)
{
	static const char *const outcomes[SETTING_OUTCOMES] = {
		[SETTING_THERE] = " (is there)",
		[SETTING_KEPT_OTHER] = " (a rule prefers the one there)",
		[SETTING_BY_RULE] = " (left out by a filter)",
		[SETTING_REPLACED] = " (another one goes there too)",
		[SETTING_LEFT_OUT] = " (left out)",
	};
	const struct restore_settings *s = &l->restore.settings;
	struct str from = {0}, to = {0};
	int err = 0;

	for (size_t i = 0; !err && i < s->value_count; i++) {
		const char *outcome = outcomes[s->values[i].outcome];

		err = restore_settings_from(s, i, &from);
		if (!err && s->values[i].key != RESTORE_NONE)
			err = restore_settings_to(s, i, &to);
		if (!err)
			log_info("%s -> %s%s", from.data,
				 s->values[i].key != RESTORE_NONE ? to.data : "",
				 outcome ? outcome : "");
	}
	for (size_t i = 0; !err && i < s->ini_count; i++)
		log_info("%s|%s[%s]%s", s->inis[i].file, s->inis[i].section, s->inis[i].name,
			 outcomes[s->inis[i].outcome] ? outcomes[s->inis[i].outcome] : "");
	str_free(&from);
	str_free(&to);
	return err;
}

static uint64_t settings_of(const struct restore_settings *s, enum restore_setting_outcome outcome)
{
	return s->counts[outcome] + s->ini_counts[outcome];
}

/* What was planned of settings, and for a dry run what would become of them. */
static void report_settings_plan(const struct load *l)
{
	const struct restore_settings *s = &l->restore.settings;
	uint64_t keys = 0, values = 0;

	for (size_t i = 0; i < s->hive_count; i++)
		values += s->hives[i].values;
	for (size_t i = 0; i < s->key_count; i++)
		keys += s->keys[i].parent != i;
	if (!s->value_count && !s->ini_count && !keys)
		return;
	log_status("To restore: %" PRIu64 " registry values in %" PRIu64 " keys, %zu ini settings; "
		   "%" PRIu64 " values with paths of a profile that moved.",
		   values, keys, s->ini_count, s->moved_paths);
	if (l->o.dry_run)
		log_status("Settings: %" PRIu64 " to write, %" PRIu64 " are there, %" PRIu64
			   " that a rule prefers as they are there, %" PRIu64
			   " left out; destinationCleanup of %" PRIu64 " values and %" PRIu64
			   " keys.",
			   settings_of(s, SETTING_WRITTEN), settings_of(s, SETTING_THERE),
			   settings_of(s, SETTING_KEPT_OTHER),
			   settings_of(s, SETTING_LEFT_OUT) + settings_of(s, SETTING_BY_RULE),
			   s->cleaned_values, s->cleaned_keys);
}

static int make_plan(struct load *l)
{
	const struct restore_plan *p = &l->restore.plan;
	char megabytes[32];
	int err;

	progress_record("PHASE", "Estimating", NULL);
	err = restore_plan_all(&l->restore);

	if (!err && (l->o.dry_run || log_wants_detail()))
		err = list_plan(l);
	if (!err && (l->o.dry_run || log_wants_detail()))
		err = list_settings(l);
	if (err)
		return usmt_code_for(err, err == HF_EINVAL || err == HF_ELIMIT
						  ? USMT_UNABLE_GET_SCRIPTFILES
						  : USMT_UNABLE_FINDMIGUNITS);
	snprintf(megabytes, sizeof(megabytes), "%" PRIu64, p->bytes / 1000000);
	progress_record("totalSizeInMBToTransfer", megabytes, NULL);
	log_status("To restore: %zu files (%.1f MB), %" PRIu64 " of them not to where they were; "
		   "%" PRIu64 " are left out.",
		   p->ordered, (double)p->bytes / 1e6, p->moved_files, p->left_out_files);
	report_settings_plan(l);
	return USMT_SUCCESS;
}

static void report_result(const struct load *l)
{
	const struct restore_result *r = &l->restore.result;

	log_status("Restored: %" PRIu64 " files linked, %" PRIu64 " copied, %" PRIu64
		   " were in place, %" PRIu64 " equal ones were there; %" PRIu64
		   " got another name; %" PRIu64 " folders made.",
		   r->files[RESTORE_LINKED], r->files[RESTORE_COPIED], r->files[RESTORE_IN_PLACE],
		   r->files[RESTORE_SAME], r->renamed, r->dirs_made);
	if (r->files[RESTORE_KEPT_OTHER] || r->files[RESTORE_BY_RULE] || r->files[RESTORE_NO_DATA])
		log_status("Not restored: %" PRIu64 " where a rule preferred the file there, "
			   "%" PRIu64 " by a filter, %" PRIu64 " that are only in the cloud.",
			   r->files[RESTORE_KEPT_OTHER], r->files[RESTORE_BY_RULE],
			   r->files[RESTORE_NO_DATA]);
}

static void report_settings(const struct load *l)
{
	const struct restore_settings *s = &l->restore.settings;

	if (!s->value_count && !s->ini_count && !s->keys_made && !s->cleaned_values &&
	    !s->cleaned_keys)
		return;
	log_status("Restored: %" PRIu64 " registry values in %zu keys (%" PRIu64
		   " of them new), %" PRIu64 " ini settings; %" PRIu64 " were there.",
		   s->counts[SETTING_WRITTEN], s->written_keys, s->keys_made,
		   s->ini_counts[SETTING_WRITTEN], settings_of(s, SETTING_THERE));
	if (s->cleaned_values || s->cleaned_keys)
		log_status("Deleted by destinationCleanup: %" PRIu64 " registry values, %" PRIu64
			   " keys.",
			   s->cleaned_values, s->cleaned_keys);
	if (settings_of(s, SETTING_KEPT_OTHER) || settings_of(s, SETTING_BY_RULE) ||
	    settings_of(s, SETTING_LEFT_OUT) || settings_of(s, SETTING_REPLACED))
		log_status("Settings not restored: %" PRIu64 " where a rule preferred the one "
			   "there, %" PRIu64 " by a filter, %" PRIu64 " that are left out, %" PRIu64
			   " that another one replaced.",
			   settings_of(s, SETTING_KEPT_OTHER), settings_of(s, SETTING_BY_RULE),
			   settings_of(s, SETTING_LEFT_OUT), settings_of(s, SETTING_REPLACED));
}

static int compare(struct load *l)
{
	int err = restore_compare(&l->restore);

	if (err)
		return usmt_code_for(err, USMT_UNABLE_DOMIGRATION);
	if (!l->o.delete_store)
		return USMT_SUCCESS;
	if (l->errors.count) {
		log_error("The store %s is not deleted: %zu objects could not be restored.",
			  l->o.store_path, l->errors.count);
		return USMT_UNABLE_DELETE_STORE;
	}
	err = restore_delete_store(&l->restore);
	if (err)
		return usmt_code_for(err, USMT_UNABLE_DELETE_STORE);
	log_status("The store %s is deleted.", l->o.store_path);
	return USMT_SUCCESS;
}

static int carry_out(struct load *l)
{
	int err;

	cancel_install();
	err = restore_open_volumes(&l->restore);
	if (err)
		return usmt_code_for(err, USMT_FAILED_MIGSTARTUP);
	progress_record("PHASE", "Applying", NULL);
	err = restore_carry_out(&l->restore);
	report_result(l);
	report_settings(l);
	if (err)
		return usmt_code_for(err, err == HF_EIO || err == HF_ECORRUPT || err == HF_ENOSPC
						  ? USMT_UNABLE_DOMIGRATION
						  : USMT_MIGRATION_STOPPED_NONFATAL);
	return l->o.verify || l->o.delete_store ? compare(l) : USMT_SUCCESS;
}

static int run(struct load *l)
{
	int (*const steps[])(struct load *) = {find_windows, load_config, open_store, choose_users,
					       make_plan};
	int code = usmt_open_logs(&l->o, &l->log, &l->progress);

	for (size_t i = 0; !code && !l->deleted && i < sizeof(steps) / sizeof(*steps); i++)
		code = steps[i](l);
	if (!code && l->o.dry_run) {
		log_status("Dry run: nothing was written to any volume.");
		return USMT_SUCCESS;
	}
	return code || l->deleted ? code : carry_out(l);
}

static void release(struct load *l)
{
	restore_free(&l->restore);
	rules_config_free(l->config);
	object_errors_free(&l->errors);
	usmt_options_free(&l->o);
}

int cmd_loadstate(int argc, char **argv)
{
	static struct load l;
	int code = loadstate_options_parse(&l.o, argc, argv);

	if (code == USMT_DISPLAY_HELP)
		loadstate_help();
	if (code) {
		usmt_options_free(&l.o);
		return code;
	}
	l.errors.continue_on_error = l.o.go_on;
	code = run(&l);
	if (code == USMT_SUCCESS && l.errors.count)
		code = USMT_WOULD_HAVE_FAILED;
	usmt_say_result(USMT_LOADSTATE, &l.errors, code);
	if (usmt_deliver_logs(&l.log, &l.progress, l.restore.machine) && code == USMT_SUCCESS)
		code = USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	if (machine_close(l.restore.machine) &&
	    (code == USMT_SUCCESS || code == USMT_WOULD_HAVE_FAILED)) {
		log_error("A volume could not be closed cleanly: run chkdsk on it.");
		code = USMT_UNABLE_DOMIGRATION;
	}
	release(&l);
	return code;
}
