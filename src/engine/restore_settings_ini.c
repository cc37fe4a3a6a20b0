// SPDX-License-Identifier: GPL-2.0-or-later
/* Settings of ini files put back (USMT specification 4.6, 4.14). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/ini.h"
#include "base/text.h"
#include "engine/apply_private.h"
#include "engine/errors.h"
#include "engine/mapping.h"
#include "engine/restore_rules.h"
#include "engine/restore_settings_private.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/rules.h"
#include "store/catalog.h"
#include "volume/fs.h"
#include "volume/fs_replace.h"
#include "windows/install.h"

static const struct fs_replace as_ini = {"ini file", NULL};

static int ask_rules(struct restore_settings *s, const struct catalog_ini_value *row,
		     struct restore_ini *ini)
{
	struct rules_object object = {.type = RULES_INI, .user = -1, .leaf = row->name};
	const struct rules_apply_rule *rule = NULL;
	struct str node = {0};
	int err = str_addf(&node, "%s|%s", row->file, row->section) ? log_oom() : 0;

	object.node = node.data;
	if (!err)
		err = restore_rules_best(s->in.rules, RULES_MERGE, &object, &rule);
	if (!err && rule && !strcmp(rule->helper, "DestinationPriority"))
		ini->merge = SETTING_DESTINATION;
	if (!err)
		err = restore_rules_best(s->in.rules, RULES_LOCATION_MODIFY, &object, &rule);
	s->ini_rules += !err && rule;
	if (!err)
		err = restore_rules_best(s->in.rules, RULES_CONTENT_MODIFY, &object, &rule);
	s->ini_rules += !err && rule;
	str_free(&node);
	return err == HF_ELIMIT || err == HF_EINVAL ? 0 : err;
}

static int load_ini(void *ctx, const struct catalog_ini_value *row)
{
	struct restore_settings *s = ctx;
	struct str file = {0};
	struct restore_ini *ini;
	int err = mapping_path(s->in.mapping, row->file, &file, NULL);

	if (err && err != HF_EREFUSED) {
		str_free(&file);
		return err;
	}
	if (array_grow(&s->inis, s->ini_count, &s->ini_cap)) {
		str_free(&file);
		return log_oom();
	}
	ini = &s->inis[s->ini_count];
	*ini = (struct restore_ini){
		.file = arena_strdup(&s->arena, err ? row->file : file.data),
		.section = arena_strdup(&s->arena, row->section),
		.name = arena_strdup(&s->arena, row->name),
		.value = arena_strdup(&s->arena, row->value),
		.outcome = err ? SETTING_LEFT_OUT : SETTING_PENDING,
	};
	str_free(&file);
	if (!ini->file || !ini->section || !ini->name || !ini->value)
		return log_oom();
	if (!err && s->in.drives && !s->in.drives[(ini->file[0] | 32) - 'a'])
		((char *)(uintptr_t)ini->file)[0] = s->in.target->letter;
	if (!err && restore_rules_never(s->in.rules, row->rule))
		ini->outcome = SETTING_BY_RULE;
	s->ini_count++;
	return ask_rules(s, row, ini);
}

int restore_ini_plan(struct restore_settings *s)
{
	int err = catalog_ini_values(s->in.catalog, load_ini, s);

	if (!err && s->ini_rules)
		log_warning("Rules move or modify ini settings (locationModify, contentModify): "
			    "this version restores those unchanged.");
	return err;
}

/* The settings from FIRST on that go to one file: their end. */
static size_t end_of_file(const struct restore_settings *s, size_t first)
{
	size_t end = first + 1;

	while (end < s->ini_count &&
	       !text_casecmp(s->in.upcase, s->inis[first].file, s->inis[end].file))
		end++;
	return end;
}

/* A setting as the file has it. */
struct sought {
	const struct restore_ini *ini;
	int state; /* 0 not there, 1 there, 2 there and equal */
};

static int compare(void *ctx, const char *section, const char *key, const char *value)
{
	struct sought *sought = ctx;

	if (text_casecmp(upcase_basic(), section, sought->ini->section) ||
	    text_casecmp(upcase_basic(), key, sought->ini->name))
		return 0;
	sought->state = strcmp(value, sought->ini->value) ? 1 : 2;
	return 1; /* the first counts */
}

static int look_for(const void *data, size_t len, const struct restore_ini *ini, int *state)
{
	struct sought sought = {ini, 0};
	int err = len ? ini_read(data, len, compare, &sought) : 0;

	*state = sought.state;
	return err < 0 ? log_oom() : 0;
}

/* The content of the file, nothing when it is not there. */
static int read_ini(struct fs *fs, const char *path, void **data, size_t *len)
{
	fs_ref ref;
	int err = fs ? fs_resolve(fs, path, &ref) : HF_ENOENT;

	*data = NULL;
	*len = 0;
	if (!err)
		err = fs_read_file(fs, ref, RULES_INI_BYTES_MAX, data, len);
	return err == HF_ENOENT ? 0 : err;
}

static int ini_error(struct restore_settings *s, struct restore_ini *ini, int error,
		     const char *reason)
{
	struct rules_object object = {.type = RULES_INI, .user = -1, .leaf = ini->name};
	struct str node = {0};
	int err = str_addf(&node, "%s|%s", ini->file, ini->section) ? log_oom() : 0;

	ini->outcome = SETTING_FAILED;
	object.node = node.data;
	if (!err)
		err = setting_error(s->in.errors, &object, NULL, error, reason);
	str_free(&node);
	return err;
}

/* All that were to be written to one file. */
static int file_error(struct restore_settings *s, size_t first, size_t end, int error,
		      const char *reason)
{
	int err = 0;

	for (size_t i = first; !err && i < end; i++)
		if (s->inis[i].outcome == SETTING_PENDING || s->inis[i].outcome == SETTING_WRITTEN)
			err = ini_error(s, &s->inis[i], error, reason);
	return err;
}

static int decide(struct restore_settings *s, const void *data, size_t len, size_t first,
		  size_t end, enum restore_settings_mode mode, size_t *changes)
{
	int err = 0, state;

	*changes = 0;
	for (size_t i = first; !err && i < end; i++) {
		struct restore_ini *ini = &s->inis[i];

		if (ini->outcome == SETTING_BY_RULE || ini->outcome == SETTING_LEFT_OUT)
			continue;
		err = look_for(data, len, ini, &state);
		ini->outcome = SETTING_WRITTEN;
		if (state == 2 || (state && mode == SETTINGS_MISSING))
			ini->outcome = SETTING_THERE;
		else if (state && ini->merge == SETTING_DESTINATION)
			ini->outcome = SETTING_KEPT_OTHER;
		*changes += ini->outcome == SETTING_WRITTEN;
	}
	return err;
}

/* DATA with what is to be written, into OUT. A setting that cannot be said is an error of its own.
 */
static int change(struct restore_settings *s, const void *data, size_t len, size_t first,
		  size_t end, struct str *out)
{
	struct ini_setting *list = calloc(end - first, sizeof(*list));
	size_t *numbers = calloc(end - first, sizeof(*numbers));
	int err = list && numbers ? HF_EINVAL : log_oom();

	while (err == HF_EINVAL) {
		size_t count = 0, wrong = SIZE_MAX;

		for (size_t i = first; i < end; i++) {
			const struct restore_ini *ini = &s->inis[i];

			if (ini->outcome != SETTING_WRITTEN)
				continue;
			numbers[count] = i;
			list[count++] = (struct ini_setting){ini->section, ini->name, ini->value};
		}
		err = ini_change(data, len, list, count, out, &wrong);
		if (err != HF_EINVAL)
			break;
		err = wrong == SIZE_MAX
			      ? HF_ECORRUPT
			      : ini_error(s, &s->inis[numbers[wrong]], HF_EINVAL,
					  "the file's encoding, or a line of it, cannot say it");
		if (!err)
			err = HF_EINVAL; /* again, without it */
		else
			break;
	}
	free(list);
	free(numbers);
	return err;
}

/* Does OUT say what was to be written? */
static int check(struct restore_settings *s, const struct str *out, size_t first, size_t end)
{
	int err = 0, state = 0;

	for (size_t i = first; !err && i < end; i++) {
		if (s->inis[i].outcome != SETTING_WRITTEN)
			continue;
		err = look_for(out->data, out->len, &s->inis[i], &state);
		if (!err && state != 2)
			err = HF_ECORRUPT;
	}
	return err;
}

static int write_ini(struct fs *fs, const char *path, const struct str *out)
{
	const char *slash = strrchr(path, '\\');
	char *folder = strndup(path, (size_t)(slash - path));
	fs_ref ref;
	int err = folder ? fs_make_path(fs, folder, &ref) : log_oom();

	free(folder);
	return err ? err : fs_replace_file(fs, path, out->data, out->len, &as_ini);
}

static int apply_ini_file(struct restore_settings *s, struct machine *machine, size_t first,
			  size_t end, enum restore_settings_mode mode)
{
	const char *path = s->inis[first].file;
	struct fs *fs = setting_fs(machine, path);
	struct str out = {0};
	void *data = NULL;
	size_t len, changes;
	int err = 0;

	if (!fs)
		return file_error(s, first, end, HF_ENOENT, "its drive is not there");
	if (mode != SETTINGS_LOOK)
		err = fs_replace_recover(fs, path, &as_ini);
	if (!err)
		err = read_ini(fs, path, &data, &len);
	if (err)
		return file_error(s, first, end, err, "the file cannot be read");
	err = decide(s, data, len, first, end, mode, &changes);
	if (!err && changes && mode != SETTINGS_LOOK) {
		err = change(s, data, len, first, end, &out);
		if (!err)
			err = check(s, &out, first, end);
		if (err == HF_ECORRUPT || err == HF_EREFUSED)
			err = file_error(s, first, end, err,
					 "the file would not be the same but for the settings; it "
					 "is left as it is");
		else if (!err && (!data || out.len != len || memcmp(out.data, data, len)))
			err = write_ini(fs, path, &out);
	}
	free(data);
	str_free(&out);
	return err;
}

int restore_ini_apply(struct restore_settings *s, struct machine *machine,
		      enum restore_settings_mode mode)
{
	int err = 0;

	for (size_t i = 0, end; !err && i < s->ini_count; i = end) {
		end = end_of_file(s, i);
		err = apply_ini_file(s, machine, i, end, mode);
	}
	return err;
}

static bool is_expected(const struct restore_ini *ini)
{
	return ini->outcome == SETTING_WRITTEN || ini->outcome == SETTING_THERE ||
	       ini->outcome == SETTING_KEPT_OTHER;
}

static int verify_one(struct restore_settings *s, const struct restore_ini *ini, const void *data,
		      size_t len, bool is_done, struct restore_settings_check *check_out,
		      unsigned *shown)
{
	int state, err = look_for(data, len, ini, &state);

	(void)s;
	if (err)
		return err;
	if (state == 2 || (state && ini->outcome == SETTING_KEPT_OTHER)) {
		check_out->same++;
	} else if (state && is_done) {
		check_out->changed_since++;
	} else {
		*(state ? &check_out->different : &check_out->missing) += 1;
		if ((*shown)++ < 20)
			log_error("Not restored as it should be: %s|%s[%s] %s.", ini->file,
				  ini->section, ini->name,
				  state ? "has another value" : "is missing");
	}
	return 0;
}

int restore_ini_verify(struct restore_settings *s, struct machine *machine, bool is_done,
		       struct restore_settings_check *check_out, unsigned *shown)
{
	int err = 0;

	for (size_t i = 0, end; !err && i < s->ini_count; i = end) {
		void *data = NULL;
		size_t len;

		end = end_of_file(s, i);
		err = read_ini(setting_fs(machine, s->inis[i].file), s->inis[i].file, &data, &len);
		for (size_t k = i; !err && k < end; k++) {
			if (is_expected(&s->inis[k]))
				err = verify_one(s, &s->inis[k], data, len, is_done, check_out,
						 shown);
			else
				check_out->not_restored++;
		}
		free(data);
	}
	return err;
}

int restore_ini_space(const struct restore_settings *s, struct machine *machine, char letter,
		      uint64_t *bytes)
{
	for (size_t i = 0, end; i < s->ini_count; i = end) {
		struct fs *fs = setting_fs(machine, s->inis[i].file);
		struct fs_stat st = {0};
		fs_ref ref;

		end = end_of_file(s, i);
		if (s->inis[i].file[0] != letter || !fs)
			continue;
		if (!fs_resolve(fs, s->inis[i].file, &ref) && !fs_stat(fs, ref, &st))
			*bytes += st.size;
		*bytes += 8192 + 512 * (end - i);
	}
	return 0;
}
