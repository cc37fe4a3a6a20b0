// SPDX-License-Identifier: GPL-2.0-or-later
/* Carrying out the plan for settings, hive by hive. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/apply_private.h"
#include "engine/cancel.h"
#include "engine/errors.h"
#include "engine/restore_plan.h"
#include "engine/restore_settings_private.h"
#include "engine/restore_users.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "rules/rules.h"
#include "volume/fs.h"
#include "windows/hive.h"
#include "windows/hive_write.h"
#include "windows/machine.h"

struct fs *setting_fs(struct machine *machine, const char *path)
{
	struct machine_volume *v = machine_volume(machine, path[0]);

	return v ? v->fs : NULL;
}

int restore_hive_error(struct restore_settings *s, struct restore_hive *hive, int error,
		       const char *reason)
{
	const struct rules_object object = {.type = RULES_REGISTRY, .user = -1, .node = hive->name};
	struct str text = {0};
	char who[600];
	int err = str_addf(&text, "%s; no setting in it is changed%s%s%s", reason,
			   hive->path ? " (" : "", hive->path ? hive->path : "",
			   hive->path ? ")" : "");

	hive->failed = true;
	err = err ? log_oom()
		  : setting_error(s->in.errors, &object,
				  setting_user_name(s, hive->user, who, sizeof(who)), error,
				  text.data);
	str_free(&text);
	return err;
}

static int value_error(struct restore_settings *s, size_t index, int error, const char *reason)
{
	const struct restore_setting *v = &s->values[index];
	const struct source_key *source = &s->sources[v->source - 1];
	struct rules_object object = {.type = RULES_REGISTRY, .user = -1, .leaf = v->name};
	struct key_names names;
	struct str node = {0};
	char who[600];
	int err = source_key_names(s, v->source, &names);

	if (!err)
		err = key_names_text(&names, &node);
	object.node = node.data;
	if (!err)
		err = setting_error(s->in.errors, &object,
				    setting_user_name(s, source->user, who, sizeof(who)), error,
				    reason);
	str_free(&node);
	return err;
}

static int write_value(struct hive_work *work, const struct restore_setting *value,
		       const struct setting *content)
{
	hive_key key;
	int err;

	if (!work->w)
		return 0;
	err = hive_work_key(work, value->key, true, &key);
	return err ? err
		   : hive_write_value(work->w, key, value->name, content->type, content->data,
				      content->len);
}

static int apply_value(struct hive_work *work, size_t index, enum restore_settings_mode mode,
		       uint64_t *changes)
{
	struct restore_setting *value = &work->s->values[index];
	struct setting content = {0};
	int outcome = hive_work_decide(work, value, &content), err = 0;

	if (outcome == SETTING_WRITTEN && mode == SETTINGS_MISSING && work->is_there)
		outcome = SETTING_THERE;
	else if (outcome == SETTING_WRITTEN)
		err = write_value(work, value, &content);
	free((void *)(uintptr_t)content.data);
	if (outcome < 0)
		err = outcome;
	value->outcome = (uint8_t)(err ? SETTING_FAILED : outcome);
	*changes += !err && outcome == SETTING_WRITTEN;
	if (err == HF_EINVAL)
		return value_error(work->s, index, err,
				   "its name, or that of its key, is none that a hive can hold");
	return err;
}

static bool goes_here(const struct restore_settings *s, size_t index, uint32_t hive)
{
	const struct restore_setting *v = &s->values[index];

	return v->key != RESTORE_NONE && s->keys[v->key].hive == hive &&
	       v->outcome != SETTING_REPLACED && v->outcome != SETTING_BY_RULE &&
	       v->outcome != SETTING_LEFT_OUT;
}

static int apply_keys(struct hive_work *work, uint64_t *changes)
{
	struct restore_settings *s = work->s;
	uint64_t before = s->keys_made;
	int err = 0;

	for (uint32_t i = 0; !err && work->w && i < s->key_count; i++) {
		hive_key key;

		if (s->keys[i].hive == work->index && s->keys[i].selected)
			err = hive_work_key(work, i, true, &key);
		if (err == HF_EINVAL)
			err = 0; /* its values tell, and it has no other use */
	}
	*changes += s->keys_made - before;
	return err;
}

static int apply_work(struct hive_work *work, enum restore_settings_mode mode, uint64_t *changes)
{
	struct restore_settings *s = work->s;
	int err = 0;

	if (mode != SETTINGS_MISSING && work->h)
		err = restore_settings_clean(s, work->hive, work->h, work->w, changes);
	for (size_t i = 0; !err && i < s->value_count; i++)
		if (goes_here(s, i, work->index))
			err = apply_value(work, i, mode, changes);
	return err ? err : apply_keys(work, changes);
}

int restore_settings_apply_hive(struct restore_settings *s, uint32_t index, struct hive_write *w,
				enum restore_settings_mode mode, uint64_t *changes)
{
	struct hive_work work;
	int err = hive_work_begin(&work, s, index, hive_write_hive(w), w);

	hive_write_set_now(w, s->in.now);
	if (!err)
		err = apply_work(&work, mode, changes);
	hive_work_end(&work);
	return err;
}

bool restore_settings_concern(const struct restore_settings *s, const struct restore_hive *hive)
{
	uint32_t index = (uint32_t)(hive - s->hives);

	if (hive->values || restore_settings_cleans(s, hive))
		return true;
	for (size_t i = 0; i < s->key_count; i++)
		if (s->keys[i].hive == index && s->keys[i].selected)
			return true;
	return false;
}

/* A UsrClass.dat for a profile that has none yet: whose root is guarded as NTUSER.DAT's is. */
static int make_classes(struct restore_settings *s, const struct restore_hive *hive, struct fs *fs,
			struct hive_write **out, const char **why)
{
	const char *slash = strrchr(hive->path, '\\');
	char *folder = strndup(hive->path, (size_t)(slash - hive->path));
	struct hive_key_info info;
	struct hive *own = NULL;
	struct str path = {0};
	fs_ref ref;
	int err = folder && !str_addf(&path, "%s\\NTUSER.DAT",
				      s->in.users->list[hive->user].to_profile)
			  ? hive_open(fs, path.data, &own, why)
			  : log_oom();

	if (!err) {
		hive_key_info(own, hive_root(own), &info);
		err = info.security
			      ? hive_write_new(info.security, info.security_len, s->in.upcase, out)
			      : HF_ECORRUPT;
	}
	if (!err)
		err = fs_make_path(fs, folder, &ref);
	hive_close(own);
	str_free(&path);
	free(folder);
	return err;
}

int restore_hive_open(struct restore_settings *s, const struct restore_hive *hive, struct fs *fs,
		      struct hive_write **out, const char **why)
{
	int err = hive_write_recover(fs, hive->path);

	*why = "what an interrupted run left of it cannot be tidied up";
	if (!err) {
		*why = NULL;
		err = hive_write_open(fs, hive->path, out, why);
	}
	if (err == HF_ENOENT && hive->kind == RESTORE_CLASSES)
		err = make_classes(s, hive, fs, out, why);
	if (err && !*why)
		*why = err == HF_ENOENT ? "there is no such file" : "it cannot be read";
	return err;
}

/* Values of HIVE that were thought done, in memory, are not. */
static void mark_failed(struct restore_settings *s, uint32_t index)
{
	for (size_t i = 0; i < s->value_count; i++)
		if (goes_here(s, i, index))
			s->values[i].outcome = SETTING_FAILED;
}

static int commit(struct restore_settings *s, uint32_t index, struct hive_write *w, struct fs *fs,
		  enum restore_settings_mode mode)
{
	struct restore_hive *hive = &s->hives[index];
	uint64_t changes = 0;
	int err = restore_settings_apply_hive(s, index, w, mode, &changes);

	if (!err && changes) {
		err = hive_write_commit(w, fs, hive->path);
		if (err && apply_in_doubt(err))
			return err;
	}
	if (!err)
		log_info("%s: %" PRIu64 " changes.", hive->path, changes);
	/* HF_EINVAL was told of a value. */
	if (!err || err == HF_ENOMEM || err == HF_ECANCELLED || err == HF_EINVAL)
		return err;
	mark_failed(s, index);
	return restore_hive_error(s, hive, err,
				  err == HF_ELIMIT ? "the hive would become too large or too deep"
						   : "the hive could not be changed");
}

/* What would be done to the hive on FS. */
static int look_at(struct restore_settings *s, uint32_t index, struct fs *fs)
{
	struct hive *h = NULL;
	struct hive_work work;
	const char *why = NULL;
	uint64_t changes = 0;
	int err = fs ? hive_open(fs, s->hives[index].path, &h, &why) : HF_ENOENT;

	if (err && err != HF_ENOENT)
		return restore_hive_error(s, &s->hives[index], err, why ? why : "unreadable");
	err = hive_work_begin(&work, s, index, h, NULL);
	if (!err)
		err = apply_work(&work, SETTINGS_LOOK, &changes);
	hive_work_end(&work);
	hive_close(h);
	return err;
}

static int apply_one(struct restore_settings *s, uint32_t index, struct machine *machine,
		     enum restore_settings_mode mode)
{
	struct restore_hive *hive = &s->hives[index];
	struct fs *fs = hive->path ? setting_fs(machine, hive->path) : NULL;
	struct hive_write *w = NULL;
	const char *why;
	int err;

	if (mode == SETTINGS_LOOK)
		return look_at(s, index, fs);
	if (!fs) {
		mark_failed(s, index);
		return restore_hive_error(s, hive, HF_ENOENT,
					  hive->path ? "its drive is not there"
						     : "the user has no profile here");
	}
	err = restore_hive_open(s, hive, fs, &w, &why);
	if (!err) {
		err = commit(s, index, w, fs, mode);
	} else {
		mark_failed(s, index);
		err = err == HF_ENOMEM ? log_oom() : restore_hive_error(s, hive, err, why);
	}
	hive_write_close(w);
	return err;
}

static void count(struct restore_settings *s)
{
	memset(s->counts, 0, sizeof(s->counts));
	s->written_keys = 0;
	for (size_t i = 0; i < s->value_count; i++) {
		const struct restore_setting *v = &s->values[i];

		s->counts[v->outcome]++;
		/* Values of a key stand side by side. */
		if (v->outcome == SETTING_WRITTEN &&
		    (!i || v[-1].outcome != SETTING_WRITTEN || v[-1].key != v->key))
			s->written_keys++;
	}
	memset(s->ini_counts, 0, sizeof(s->ini_counts));
	for (size_t i = 0; i < s->ini_count; i++)
		s->ini_counts[s->inis[i].outcome]++;
}

int restore_settings_apply(struct restore_settings *s, struct machine *machine,
			   enum restore_settings_mode mode)
{
	uint64_t done = 0;
	int err = 0;

	progress_phase(mode == SETTINGS_LOOK ? "Estimating" : "Applying", "settings",
		       s->value_count + s->ini_count);
	for (uint32_t i = 0; !err && i < s->hive_count; i++) {
		if (cancel_requested())
			err = HF_ECANCELLED;
		else if (restore_settings_concern(s, &s->hives[i]))
			err = apply_one(s, i, machine, mode);
		done += s->hives[i].values;
		progress_update(done);
	}
	if (!err)
		err = restore_ini_apply(s, machine, mode);
	progress_end(done + s->ini_count);
	count(s);
	return err;
}

int restore_settings_space(const struct restore_settings *s, struct machine *machine, char letter,
			   uint64_t *bytes)
{
	uint64_t largest = 0;
	int err = 0;

	*bytes = 0;
	for (size_t i = 0; !err && i < s->hive_count; i++) {
		const struct restore_hive *hive = &s->hives[i];
		struct fs *fs = hive->path ? setting_fs(machine, hive->path) : NULL;
		struct fs_stat st = {0};
		fs_ref ref;

		if (!fs || hive->path[0] != letter || !restore_settings_concern(s, hive))
			continue;
		err = fs_resolve(fs, hive->path, &ref);
		if (!err)
			err = fs_stat(fs, ref, &st);
		err = err == HF_ENOENT ? 0 : err;
		if (st.size > largest)
			largest = st.size;
		*bytes += 2 * hive->bytes + (1 << 16);
	}
	*bytes += largest;
	return err ? err : restore_ini_space(s, machine, letter, bytes);
}
