// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Storing what the settings plan says. Hives are read once more, key by key, so that no more than
 * one key's data is held beside the catalog.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/cancel.h"
#include "engine/errors.h"
#include "engine/examine.h"
#include "engine/settings.h"
#include "engine/used_rules.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "rules/rules.h"
#include "store/catalog.h"

/* A descriptor that the catalog has. */
struct descriptor {
	const char *bytes; /* NULL: a free slot */
	size_t len;
	uint64_t hash;
	int64_t id;
};

struct storing {
	const struct settings_plan *plan;
	struct examine *e;
	struct used_rules *used;
	struct catalog *catalog;
	struct object_errors *errors;
	struct settings_result *result;
	uint32_t *ids; /* catalog ids of the plan's keys; 0 none */
	struct descriptor *slots;
	size_t slot_count, descriptors; /* SLOT_COUNT is a power of two */
	struct arena bytes;
};

static uint64_t hash_bytes(const uint8_t *bytes, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* The slot of the descriptor, or the free one that it would have. */
static struct descriptor *find_slot(struct storing *s, const uint8_t *bytes, size_t len,
				    uint64_t hash)
{
	size_t at = (size_t)hash & (s->slot_count - 1);

	while (s->slots[at].bytes && (s->slots[at].hash != hash || s->slots[at].len != len ||
				      memcmp(s->slots[at].bytes, bytes, len)))
		at = (at + 1) & (s->slot_count - 1);
	return &s->slots[at];
}

/* Keeps at least half of the slots free. */
static int make_room(struct storing *s)
{
	struct descriptor *old = s->slots;
	size_t count = s->slot_count;

	if (s->descriptors < count / 2)
		return 0;
	s->slot_count = count ? count * 2 : 256;
	s->slots = calloc(s->slot_count, sizeof(*s->slots));
	if (!s->slots) {
		s->slots = old;
		s->slot_count = count;
		return log_oom();
	}
	for (size_t i = 0; i < count; i++)
		if (old[i].bytes)
			*find_slot(s, (const uint8_t *)old[i].bytes, old[i].len, old[i].hash) =
				old[i];
	free(old);
	return 0;
}

/* The catalog's id of the descriptor, which goes there when it is new. HF_ELIMIT: too large. */
static int security_id(struct storing *s, const uint8_t *bytes, size_t len, int64_t *id)
{
	uint64_t hash = hash_bytes(bytes, len);
	struct descriptor *slot;
	int err = make_room(s);

	if (err)
		return err;
	slot = find_slot(s, bytes, len, hash);
	if (!slot->bytes) {
		err = catalog_add_reg_security(s->catalog, (int64_t)s->descriptors + 1, bytes, len);
		if (err)
			return err;
		slot->bytes = arena_strndup(&s->bytes, (const char *)bytes, len);
		if (!slot->bytes)
			return log_oom();
		slot->len = len;
		slot->hash = hash;
		slot->id = (int64_t)++s->descriptors;
	}
	*id = slot->id;
	return 0;
}

/* setting_error() for key KEY of the plan, or its value VALUE. */
static int trouble(struct storing *s, uint32_t key, const char *value, int error,
		   const char *reason)
{
	const struct rules_machine *m = &s->e->rules_machine;
	int user = s->plan->keys[key].user;
	struct str path = {0};
	int err = settings_key_path(s->plan, key, &path) ? log_oom() : 0;
	const struct rules_object object = {
		.type = RULES_REGISTRY, .user = user, .node = path.data, .leaf = value};

	if (!err)
		err = setting_error(s->errors, &object,
				    user < 0 ? NULL : m->user_name(m->ctx, user), error, reason);
	str_free(&path);
	return err;
}

/* The descriptor's id into ROW. A key of a hive has one; its loss does not keep the key back. */
static int store_security(struct storing *s, uint32_t index, const struct registry_key_info *info,
			  struct catalog_reg_key *row)
{
	int err = HF_ECORRUPT;

	if (s->plan->keys[index].key.root != REGISTRY_KEY ||
	    settings_key_is_made(&s->plan->keys[index]))
		return 0;
	if (info->security && info->security_len)
		err = security_id(s, info->security, info->security_len, &row->security);
	if (err == HF_ECORRUPT || err == HF_ELIMIT)
		err = trouble(s, index, NULL, err,
			      "its permissions are lost, as they are damaged in the hive; all else "
			      "of it is kept");
	return err;
}

static int store_key(struct storing *s, uint32_t index, const struct registry_key_info *info)
{
	const struct settings_key *key = &s->plan->keys[index];
	bool is_root = key->parent == index;
	struct catalog_reg_key row = {
		.id = (int64_t)s->result->keys + 1,
		.parent = is_root ? 0 : s->ids[key->parent],
		.name = key->name,
		.user = is_root && key->user >= 0 ? (int64_t)s->e->users[key->user] + 1 : 0,
		.class_name = info->class_name,
		.written = info->written,
		.how = key->selected ? CATALOG_DIR : CATALOG_PARENT,
	};
	int err = store_security(s, index, info, &row);

	if (!err && row.class_name && strlen(row.class_name) > CATALOG_TEXT_MAX) {
		row.class_name = NULL;
		err = trouble(s, index, NULL, HF_ELIMIT,
			      "its class is longer than can be kept; all else of it is");
	}
	if (!err)
		err = used_rules_id(s->used, key->selected ? key->rule : RULES_NONE, &row.rule);
	if (!err)
		err = catalog_add_reg_key(s->catalog, &row);
	if (!err)
		s->ids[index] = (uint32_t)++s->result->keys;
	return err;
}

static int store_value(struct storing *s, uint32_t index, const struct settings_value *planned,
		       const struct registry_content *content)
{
	const struct registry_value_entry *value;
	struct catalog_reg_value row;
	int err;

	if (planned->index >= content->value_count)
		return trouble(s, index, NULL, HF_ECORRUPT,
			       "a value is not there any more: the hive has changed meanwhile");
	value = &content->values[planned->index];
	if (value->error)
		return trouble(s, index, value->name, value->error, "its data cannot be read");
	row = (struct catalog_reg_value){
		.key = s->ids[index],
		.name = value->name,
		.type = value->type,
		.data = value->data,
		.len = value->len,
	};
	err = used_rules_id(s->used, planned->rule, &row.rule);
	if (!err)
		err = catalog_add_reg_value(s->catalog, &row);
	if (err == HF_EEXIST || err == HF_ELIMIT)
		return trouble(s, index, value->name, err,
			       err == HF_EEXIST ? "the key has another value of the same name"
						: "its data is larger than 64 MiB");
	s->result->values += !err;
	return err;
}

/* Key INDEX of the plan with its values. One that cannot be read has a row all the same. */
static int store_content(struct storing *s, uint32_t index)
{
	const struct settings_key *key = &s->plan->keys[index];
	struct registry_content content = {0};
	bool made = settings_key_is_made(key);
	int err = made ? 0 : registry_read_key(s->e->registry, &key->key, &content);
	bool unread = err;

	if (unread) {
		content = (struct registry_content){0};
		err = trouble(s, index, NULL, err, "it cannot be read");
	}
	if (!err)
		err = store_key(s, index, &content.info);
	for (uint32_t i = 0; i < key->value_count && !err && !unread; i++)
		err = store_value(s, index, &s->plan->values[key->first_value + i], &content);
	registry_content_free(&content);
	return err;
}

static int store_inis(struct storing *s)
{
	int err = 0;

	for (size_t i = 0; i < s->plan->ini_count && !err; i++) {
		const struct settings_ini *ini = &s->plan->inis[i];
		struct catalog_ini_value row = {
			.file = ini->file,
			.section = ini->section,
			.name = ini->name,
			.value = ini->value,
		};

		err = used_rules_id(s->used, ini->rule, &row.rule);
		if (!err)
			err = catalog_add_ini_value(s->catalog, &row);
		s->result->inis += !err;
	}
	return err;
}

static int store_all(struct storing *s)
{
	const struct settings_plan *plan = s->plan;
	int err = 0;

	for (size_t i = 0; i < plan->key_count && !err; i++) {
		if (!plan->keys[i].needed)
			continue;
		err = cancel_requested() ? HF_ECANCELLED : store_content(s, (uint32_t)i);
		progress_update(s->result->keys);
	}
	return err ? err : store_inis(s);
}

int settings_store(const struct settings_plan *plan, struct examine *e, struct used_rules *used,
		   struct catalog *catalog, struct object_errors *errors,
		   struct settings_result *result)
{
	struct storing s = {.plan = plan,
			    .e = e,
			    .used = used,
			    .catalog = catalog,
			    .errors = errors,
			    .result = result};
	int err;

	*result = (struct settings_result){0};
	if (!plan->needed_keys && !plan->ini_count)
		return 0;
	s.ids = calloc(plan->key_count + 1, sizeof(*s.ids));
	if (!s.ids)
		return log_oom();
	progress_phase("Saving", "registry keys", plan->needed_keys);
	err = store_all(&s);
	progress_end(result->keys);
	free(s.ids);
	free(s.slots);
	arena_free(&s.bytes);
	return err;
}
