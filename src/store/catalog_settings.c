// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The catalog's registry and ini tables: writing, and reading with every row checked.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "store/catalog_private.h"

/* UTF-16 units of the longest names that Windows allows. */
#define KEY_NAME_UNITS	 256
#define VALUE_NAME_UNITS 16383

/* Bytes of the longest security descriptor: its lists are 64 KiB at most each. */
#define DESCRIPTOR_MAX (1 << 18)

int catalog_add_reg_security(struct catalog *c, int64_t id, const void *descriptor, size_t len)
{
	sqlite3_stmt *st = catalog_statement(c, ADD_REG_SECURITY);

	if (!st)
		return HF_EREADONLY;
	if (len > DESCRIPTOR_MAX)
		return HF_ELIMIT;
	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_blob(st, 2, descriptor, (int)len, SQLITE_STATIC);
	return catalog_run(c, ADD_REG_SECURITY);
}

/* A number for which 0 is "none", which is NULL in the table. */
static void bind_reference(sqlite3_stmt *st, int at, int64_t id)
{
	if (id)
		sqlite3_bind_int64(st, at, id);
	else
		sqlite3_bind_null(st, at);
}

int catalog_add_reg_key(struct catalog *c, const struct catalog_reg_key *key)
{
	sqlite3_stmt *st = catalog_statement(c, ADD_REG_KEY);

	if (!st)
		return HF_EREADONLY;
	sqlite3_bind_int64(st, 1, key->id);
	sqlite3_bind_int64(st, 2, key->parent);
	catalog_bind_text(st, 3, key->name);
	bind_reference(st, 4, key->user);
	sqlite3_bind_text(st, 5, key->class_name, -1, SQLITE_STATIC);
	bind_reference(st, 6, key->security);
	sqlite3_bind_int64(st, 7, (sqlite3_int64)key->written);
	sqlite3_bind_int(st, 8, key->how);
	sqlite3_bind_int64(st, 9, key->rule);
	return catalog_run(c, ADD_REG_KEY);
}

int catalog_add_reg_value(struct catalog *c, const struct catalog_reg_value *value)
{
	sqlite3_stmt *st = catalog_statement(c, ADD_REG_VALUE);
	int rc;

	if (!st)
		return HF_EREADONLY;
	if (value->len > CATALOG_DATA_MAX)
		return HF_ELIMIT;
	sqlite3_bind_int64(st, 1, value->key);
	catalog_bind_text(st, 2, value->name);
	sqlite3_bind_int64(st, 3, value->type);
	sqlite3_bind_blob(st, 4, value->len ? value->data : "", (int)value->len, SQLITE_STATIC);
	sqlite3_bind_int64(st, 5, value->rule);
	rc = sqlite3_step(st);
	sqlite3_reset(st);
	if (rc == SQLITE_DONE)
		return 0;
	return (rc & 0xff) == SQLITE_CONSTRAINT ? HF_EEXIST
						: catalog_sqlite_error(c, "add a value", rc);
}

int catalog_add_ini_value(struct catalog *c, const struct catalog_ini_value *value)
{
	sqlite3_stmt *st = catalog_statement(c, ADD_INI_VALUE);

	if (!st)
		return HF_EREADONLY;
	catalog_bind_text(st, 1, value->file);
	catalog_bind_text(st, 2, value->section);
	catalog_bind_text(st, 3, value->name);
	catalog_bind_text(st, 4, value->value);
	sqlite3_bind_int64(st, 5, value->rule);
	return catalog_run(c, ADD_INI_VALUE);
}

/* Text column AT when it is a name that Windows could have: at most MAX units of WTF-8. */
static const char *name_column(sqlite3_stmt *st, int at, size_t max)
{
	const char *name = catalog_text(st, at);
	uint16_t units[VALUE_NAME_UNITS];

	return name && text_to_utf16(name, strlen(name), units, max) >= 0 ? name : NULL;
}

/* A number that is NULL for none; else in 1..MAX. */
static bool reference_column(sqlite3_stmt *st, int at, int64_t max, int64_t *out)
{
	*out = 0;
	return sqlite3_column_type(st, at) == SQLITE_NULL || catalog_int(st, at, 1, max, out);
}

struct security_ctx {
	int (*visit)(void *, int64_t id, const void *descriptor, size_t len);
	void *ctx;
	int64_t last;
};

static int security_row(struct catalog *c, sqlite3_stmt *st, void *ctx)
{
	struct security_ctx *s = ctx;
	int len = sqlite3_column_bytes(st, 1);

	if (!catalog_int(st, 0, s->last + 1, s->last + 1, &s->last) ||
	    sqlite3_column_type(st, 1) != SQLITE_BLOB || len <= 0 || len > DESCRIPTOR_MAX)
		return catalog_damaged(c, "a security descriptor's row is not valid");
	return s->visit(s->ctx, s->last, sqlite3_column_blob(st, 1), (size_t)len);
}

int catalog_reg_securities(struct catalog *c,
			   int (*visit)(void *, int64_t id, const void *descriptor, size_t len),
			   void *ctx)
{
	struct security_ctx s = {visit, ctx, 0};
	sqlite3_stmt *st;
	int err = catalog_prepare(c, "SELECT id,descriptor FROM reg_security ORDER BY id", &st);

	return err ? err : catalog_each_row(c, st, security_row, &s);
}

struct key_ctx {
	int (*visit)(void *, const struct catalog_reg_key *);
	void *ctx;
	int64_t last; /* id of the row before */
};

/* A root has a root's name; it is a user's exactly when it is HKCU. */
static bool root_fits(const struct catalog_reg_key *key)
{
	if (key->parent)
		return *key->name && !key->user;
	if (!strcmp(key->name, "HKCU"))
		return key->user != 0;
	return !key->user && (!strcmp(key->name, "HKLM") || !strcmp(key->name, "HKU"));
}

static int key_row(struct catalog *c, sqlite3_stmt *st, void *ctx)
{
	struct key_ctx *k = ctx;
	struct catalog_reg_key key = {
		.name = name_column(st, 2, KEY_NAME_UNITS),
		.class_name = catalog_text(st, 4),
	};
	int64_t how;

	if (!catalog_int(st, 0, k->last + 1, k->last + 1, &key.id) ||
	    !catalog_int(st, 1, 0, key.id - 1, &key.parent) || !key.name ||
	    !reference_column(st, 3, UINT32_MAX, &key.user) ||
	    (!key.class_name && sqlite3_column_type(st, 4) != SQLITE_NULL) ||
	    !reference_column(st, 5, UINT32_MAX, &key.security) ||
	    sqlite3_column_type(st, 6) != SQLITE_INTEGER ||
	    !catalog_int(st, 7, CATALOG_DIR, CATALOG_PARENT, &how) ||
	    !catalog_int(st, 8, 0, UINT32_MAX, &key.rule))
		return catalog_damaged(c, "a registry key's row is not valid");
	if (!root_fits(&key))
		return catalog_damaged(c, "a registry key's row contradicts itself");
	k->last = key.id;
	key.written = (uint64_t)sqlite3_column_int64(st, 6);
	key.how = (enum catalog_how)how;
	return k->visit(k->ctx, &key);
}

int catalog_reg_keys(struct catalog *c, int (*visit)(void *, const struct catalog_reg_key *),
		     void *ctx)
{
	struct key_ctx k = {visit, ctx, 0};
	sqlite3_stmt *st;
	int err = catalog_prepare(c,
				  "SELECT id,parent,name,user,class,security,written,how,rule "
				  "FROM reg_key ORDER BY id",
				  &st);

	return err ? err : catalog_each_row(c, st, key_row, &k);
}

struct value_ctx {
	int (*visit)(void *, const struct catalog_reg_value *);
	void *ctx;
};

static int value_row(struct catalog *c, sqlite3_stmt *st, void *ctx)
{
	struct value_ctx *v = ctx;
	struct catalog_reg_value value = {.name = name_column(st, 1, VALUE_NAME_UNITS)};
	int len = sqlite3_column_bytes(st, 3);
	int64_t type;

	if (!catalog_int(st, 0, 1, INT64_MAX, &value.key) || !value.name ||
	    !catalog_int(st, 2, 0, UINT32_MAX, &type) ||
	    sqlite3_column_type(st, 3) != SQLITE_BLOB || len > CATALOG_DATA_MAX ||
	    !catalog_int(st, 4, 0, UINT32_MAX, &value.rule))
		return catalog_damaged(c, "a registry value's row is not valid");
	value.type = (uint32_t)type;
	value.data = len ? sqlite3_column_blob(st, 3) : "";
	value.len = (size_t)len;
	return value.data ? v->visit(v->ctx, &value) : log_oom();
}

int catalog_reg_values(struct catalog *c, int64_t key,
		       int (*visit)(void *, const struct catalog_reg_value *), void *ctx)
{
	static const char all[] = "SELECT key,name,type,data,rule FROM reg_value ORDER BY key,name";
	static const char one[] =
		"SELECT key,name,type,data,rule FROM reg_value WHERE key=? ORDER BY key,name";
	struct value_ctx v = {visit, ctx};
	sqlite3_stmt *st;
	int err = catalog_prepare(c, key ? one : all, &st);

	if (err)
		return err;
	if (key)
		sqlite3_bind_int64(st, 1, key);
	return catalog_each_row(c, st, value_row, &v);
}

struct ini_ctx {
	int (*visit)(void *, const struct catalog_ini_value *);
	void *ctx;
};

static int ini_row(struct catalog *c, sqlite3_stmt *st, void *ctx)
{
	struct ini_ctx *i = ctx;
	struct catalog_ini_value value = {
		.file = catalog_text(st, 0),
		.section = catalog_text(st, 1),
		.name = catalog_text(st, 2),
		.value = catalog_text(st, 3),
	};

	if (!value.file || !*value.file || !value.section || !value.name || !value.value ||
	    !catalog_int(st, 4, 0, UINT32_MAX, &value.rule))
		return catalog_damaged(c, "an ini setting's row is not valid");
	return i->visit(i->ctx, &value);
}

int catalog_ini_values(struct catalog *c, int (*visit)(void *, const struct catalog_ini_value *),
		       void *ctx)
{
	struct ini_ctx i = {visit, ctx};
	sqlite3_stmt *st;
	int err = catalog_prepare(c,
				  "SELECT file,section,name,value,rule FROM ini_value "
				  "ORDER BY file,section,name",
				  &st);

	return err ? err : catalog_each_row(c, st, ini_row, &i);
}

int catalog_count_settings(struct catalog *c, uint64_t *keys, uint64_t *values, uint64_t *inis)
{
	int err = catalog_count_rows(c, "SELECT count(*) FROM reg_key", keys);

	if (!err)
		err = catalog_count_rows(c, "SELECT count(*) FROM reg_value", values);
	if (!err)
		err = catalog_count_rows(c, "SELECT count(*) FROM ini_value", inis);
	return err;
}

/* What rows may refer to. */
struct totals {
	struct catalog *catalog;
	uint64_t users, securities, keys;
};

static int accept_security(void *ctx, int64_t id, const void *descriptor, size_t len)
{
	struct totals *t = ctx;

	(void)descriptor;
	(void)len;
	t->securities = (uint64_t)id;
	return 0;
}

static int accept_key(void *ctx, const struct catalog_reg_key *key)
{
	struct totals *t = ctx;

	if ((uint64_t)key->user > t->users || (uint64_t)key->security > t->securities)
		return catalog_damaged(t->catalog, "a registry key refers to nothing");
	t->keys = (uint64_t)key->id;
	return 0;
}

static int accept_value(void *ctx, const struct catalog_reg_value *value)
{
	const struct totals *t = ctx;

	return (uint64_t)value->key > t->keys
		       ? catalog_damaged(t->catalog, "a registry value has no key")
		       : 0;
}

static int accept_ini(void *ctx, const struct catalog_ini_value *value)
{
	(void)ctx;
	(void)value;
	return 0;
}

int catalog_check_settings(struct catalog *c)
{
	struct totals t = {.catalog = c};
	int err = catalog_count_rows(c, "SELECT count(*) FROM user", &t.users);

	if (!err)
		err = catalog_reg_securities(c, accept_security, &t);
	if (!err)
		err = catalog_reg_keys(c, accept_key, &t);
	if (!err)
		err = catalog_reg_values(c, 0, accept_value, &t);
	return err ? err : catalog_ini_values(c, accept_ini, NULL);
}
