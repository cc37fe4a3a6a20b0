// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys and values of one hive of the new Windows, against the plan. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "engine/restore_settings_private.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/hive.h"
#include "windows/hive_write.h"
#include "windows/install.h"
#include "windows/security_map.h"

int hive_work_begin(struct hive_work *work, struct restore_settings *s, uint32_t index,
		    const struct hive *h, struct hive_write *w)
{
	*work = (struct hive_work){.s = s,
				   .hive = &s->hives[index],
				   .index = index,
				   .h = h,
				   .w = w,
				   .open = calloc(s->key_count + 1, sizeof(*work->open))};
	if (!work->open)
		return log_oom();
	if (h)
		work->open[work->hive->root] = hive_root(h);
	return 0;
}

void hive_work_end(struct hive_work *work)
{
	free(work->open);
	free(work->data);
	work->open = NULL;
	work->data = NULL;
}

/* WTF-8 to UTF-16LE in fresh memory. */
static int class_bytes(const char *text, uint8_t **out, size_t *len)
{
	size_t max = strlen(text);
	uint16_t *units = malloc((max + 1) * sizeof(*units));
	int n = units ? text_to_utf16(text, max, units, max) : HF_ENOMEM;

	*out = n < 0 ? NULL : malloc(2 * (size_t)n + 1);
	for (int i = 0; *out && i < n; i++) {
		(*out)[2 * i] = (uint8_t)(units[i] & 0xff);
		(*out)[2 * i + 1] = (uint8_t)(units[i] >> 8);
	}
	*len = n > 0 ? 2 * (size_t)n : 0;
	free(units);
	return n == HF_ENOMEM || (n >= 0 && !*out) ? log_oom() : 0;
}

/* Makes NAME below PARENT as it was at its source: class, and descriptor with the SIDs of now. */
static int make_key(struct hive_work *work, hive_key parent, const struct restore_setting_key *key,
		    hive_key *out)
{
	struct restore_settings *s = work->s;
	const struct source_key *source = key->source ? &s->sources[key->source - 1] : NULL;
	struct hive_new_key how = {0};
	uint8_t *class_name = NULL, *mapped = NULL;
	bool created;
	int err = 0;

	if (source && source->class_name) {
		err = class_bytes(source->class_name, &class_name, &how.class_len);
		how.class_name = class_name;
	}
	if (!err && source && source->security && (size_t)source->security <= s->security_count) {
		how.security = s->securities[source->security - 1];
		how.security_len = s->security_lens[source->security - 1];
		err = security_map_apply(s->in.sids, how.security, how.security_len, &mapped,
					 &how.security_len);
		if (err == 1)
			how.security = mapped;
		if (err == HF_ECORRUPT)
			how.security = NULL;
		err = err == HF_ENOMEM ? log_oom() : 0;
	}
	if (!how.security)
		how.security_len = 0;
	if (!err)
		err = hive_write_key(work->w, parent, key->name, &how, out, &created);
	free(class_name);
	free(mapped);
	s->keys_made += !err && created;
	return err;
}

/* Child KEY of PARENT. The current control set is whichever the hive says. */
static int step(struct hive_work *work, hive_key parent, const struct restore_setting_key *key,
		bool make, hive_key *out)
{
	int err;

	if (work->hive->kind == RESTORE_SYSTEM && key->parent == work->hive->root &&
	    !strcasecmp(key->name, "CurrentControlSet"))
		return windows_control_set(work->h, out);
	err = hive_subkey(work->h, parent, key->name, out);
	return err == HF_ENOENT && make ? make_key(work, parent, key, out) : err;
}

int hive_work_key(struct hive_work *work, uint32_t key, bool make, size_t *out)
{
	uint32_t way[SETTING_NAMES_MAX];
	size_t count = 0;
	int err = work->h ? 0 : HF_ENOENT;

	while (!err && !work->open[key]) {
		if (count == SETTING_NAMES_MAX)
			return HF_ELIMIT;
		way[count++] = key;
		key = work->s->keys[key].parent;
	}
	while (!err && count) {
		uint32_t next = way[--count];

		err = step(work, work->open[key], &work->s->keys[next], make, &work->open[next]);
		if (err)
			work->open[next] = 0;
		key = next;
	}
	if (!err)
		*out = work->open[key];
	return err;
}

/* What is there under the name of VALUE. */
static int look(struct hive_work *work, const struct restore_setting *value)
{
	hive_value found;
	hive_key key;
	int err = hive_work_key(work, value->key, false, &key);

	free(work->data);
	work->data = NULL;
	work->is_there = false;
	if (!err)
		err = hive_find_value(work->h, key, value->name, &found);
	if (!err)
		err = hive_value_data(work->h, found, &work->data, &work->there.len);
	if (err)
		return err == HF_ENOENT ? 0 : err;
	work->there.type = hive_value_type(work->h, found);
	work->there.data = work->data;
	work->is_there = true;
	return 0;
}

int hive_work_decide(struct hive_work *work, const struct restore_setting *value,
		     struct setting *out)
{
	const struct setting *there;
	int err = look(work, value);

	if (err)
		return err;
	there = work->is_there ? &work->there : NULL;
	err = setting_modify(value->change.helper ? &value->change : NULL, &value->content, there,
			     out);
	if (err < 0)
		return err;
	if (!err)
		return SETTING_KEPT_OTHER;
	err = SETTING_WRITTEN;
	if (there && !setting_wins((enum setting_merge)value->merge, out, there))
		err = SETTING_KEPT_OTHER;
	if (there && setting_equal(out, there))
		err = SETTING_THERE;
	if (err != SETTING_WRITTEN) {
		free((void *)(uintptr_t)out->data);
		out->data = NULL;
	}
	return err;
}
