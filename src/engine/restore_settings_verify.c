// SPDX-License-Identifier: GPL-2.0-or-later
/* Comparing the hives and ini files of the new Windows with the plan. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cancel.h"
#include "engine/restore_plan.h"
#include "engine/restore_settings_private.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "windows/hive.h"

#define FAULTS_SHOWN 20

struct settings_verification {
	struct restore_settings *s;
	struct restore_settings_check *check;
	bool is_done;
	unsigned shown;
};

static bool is_expected(const struct restore_setting *v)
{
	return v->outcome == SETTING_WRITTEN || v->outcome == SETTING_THERE ||
	       v->outcome == SETTING_KEPT_OTHER;
}

static int fault(struct settings_verification *v, size_t index, bool is_there)
{
	struct str text = {0};
	int err = 0;

	if (is_there && v->is_done) {
		v->check->changed_since++;
		return 0;
	}
	*(is_there ? &v->check->different : &v->check->missing) += 1;
	if (v->shown++ < FAULTS_SHOWN) {
		err = restore_settings_to(v->s, index, &text);
		if (!err)
			log_error("Not restored as it should be: %s %s.", text.data,
				  is_there ? "has another value" : "is missing");
	}
	str_free(&text);
	return err;
}

static int check_value(struct settings_verification *v, struct hive_work *work, size_t index)
{
	struct setting content = {0};
	int outcome = hive_work_decide(work, &v->s->values[index], &content);

	free((void *)(uintptr_t)content.data);
	if (outcome < 0)
		return outcome;
	if (outcome == SETTING_WRITTEN)
		return fault(v, index, work->is_there);
	v->check->same++;
	return 0;
}

static int check_keys(struct settings_verification *v, struct hive_work *work)
{
	struct restore_settings *s = v->s;

	for (uint32_t i = 0; i < s->key_count; i++) {
		hive_key key;

		if (s->keys[i].hive != work->index || !s->keys[i].selected || work->hive->failed ||
		    !hive_work_key(work, i, false, &key))
			continue;
		v->check->missing++;
		if (v->shown++ < FAULTS_SHOWN)
			log_error("Not restored as it should be: key %s in %s is missing.",
				  s->keys[i].name, work->hive->path);
	}
	return 0;
}

static int check_hive(struct settings_verification *v, uint32_t index, struct machine *machine)
{
	struct restore_settings *s = v->s;
	const struct restore_hive *hive = &s->hives[index];
	struct fs *fs = hive->path ? setting_fs(machine, hive->path) : NULL;
	struct hive *h = NULL;
	struct hive_work work;
	const char *why = NULL;
	int err = fs && !hive->failed ? hive_open(fs, hive->path, &h, &why) : 0;

	if (err && err != HF_ENOENT) {
		log_error("%s cannot be read again: %s.", hive->path, why ? why : hf_strerror(err));
		return err;
	}
	err = hive_work_begin(&work, s, index, h, NULL);
	for (size_t i = 0; !err && i < s->value_count; i++)
		if (s->values[i].key != RESTORE_NONE && s->keys[s->values[i].key].hive == index &&
		    is_expected(&s->values[i]))
			err = check_value(v, &work, i);
	if (!err)
		err = check_keys(v, &work);
	hive_work_end(&work);
	hive_close(h);
	return err;
}

int restore_settings_verify(struct restore_settings *s, struct machine *machine, bool is_done,
			    struct restore_settings_check *check)
{
	struct settings_verification v = {.s = s, .check = check, .is_done = is_done};
	int err = 0;

	*check = (struct restore_settings_check){0};
	if (!s->value_count && !s->ini_count && !s->key_count)
		return 0;
	for (size_t i = 0; i < s->value_count; i++)
		check->not_restored += !is_expected(&s->values[i]);
	for (uint32_t i = 0; !err && i < s->hive_count; i++)
		err = cancel_requested() ? HF_ECANCELLED : check_hive(&v, i, machine);
	if (!err)
		err = restore_ini_verify(s, machine, is_done, check, &v.shown);
	if (err)
		return err;
	log_status("Compared with the store: %" PRIu64 " settings are the same, %" PRIu64
		   " missing, %" PRIu64 " different; %" PRIu64
		   " were not to be restored or could not be.",
		   check->same, check->missing, check->different, check->not_restored);
	if (check->changed_since)
		log_status("%" PRIu64 " settings have changed since an earlier restore was "
			   "compared; they stay as they are.",
			   check->changed_since);
	return check->missing || check->different ? HF_ECORRUPT : 0;
}
