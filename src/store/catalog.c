// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making a catalog in memory.
 */
#include "store/catalog_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/error.h"
#include "report/log.h"

/*
 * Columns whose value is mostly the same come as NULL or 0, which SQLite keeps in the row's header
 * without a byte of their own: "stored" is NULL when it equals "source".
 */
const struct catalog_table catalog_tables[] = {
	{"fact", "CREATE TABLE fact(key TEXT PRIMARY KEY,value TEXT NOT NULL)WITHOUT ROWID"},
	{"user", "CREATE TABLE user(id INTEGER PRIMARY KEY,sid TEXT NOT NULL,domain TEXT NOT NULL,"
		 "name TEXT NOT NULL,profile TEXT NOT NULL,local INTEGER NOT NULL,"
		 "captured INTEGER NOT NULL,reason TEXT NOT NULL)"},
	{"volume",
	 "CREATE TABLE volume(id INTEGER PRIMARY KEY,path TEXT NOT NULL,root TEXT NOT NULL,"
	 "serial INTEGER NOT NULL,kind TEXT NOT NULL,label TEXT NOT NULL,"
	 "role INTEGER NOT NULL)"},
	{"rule",
	 "CREATE TABLE rule(id INTEGER PRIMARY KEY,kind TEXT NOT NULL,pattern TEXT NOT NULL,"
	 "file TEXT NOT NULL,line INTEGER NOT NULL,component TEXT NOT NULL,"
	 "user TEXT NOT NULL)"},
	{"dir",
	 "CREATE TABLE dir(id INTEGER PRIMARY KEY,parent INTEGER NOT NULL,name TEXT NOT NULL,"
	 "volume INTEGER NOT NULL,source INTEGER NOT NULL,stored INTEGER,"
	 "attributes INTEGER NOT NULL,reparse INTEGER NOT NULL,how INTEGER NOT NULL,"
	 "rule INTEGER NOT NULL)"},
	{"file",
	 "CREATE TABLE file(dir INTEGER NOT NULL,name TEXT NOT NULL,source INTEGER NOT NULL,"
	 "stored INTEGER,size INTEGER NOT NULL,attributes INTEGER NOT NULL,"
	 "reparse INTEGER NOT NULL,names INTEGER NOT NULL,how INTEGER NOT NULL,"
	 "rule INTEGER NOT NULL,PRIMARY KEY(dir,name))WITHOUT ROWID"},
	{"skipped", "CREATE TABLE skipped(id INTEGER PRIMARY KEY,path TEXT NOT NULL,"
		    "reason TEXT NOT NULL)"},
	{"rule_file", "CREATE TABLE rule_file(id INTEGER NOT NULL,part INTEGER NOT NULL,"
		      "name TEXT NOT NULL,data BLOB NOT NULL,PRIMARY KEY(id,part))"
		      "WITHOUT ROWID"},
	{"variable", "CREATE TABLE variable(user INTEGER NOT NULL,name TEXT NOT NULL,"
		     "value TEXT NOT NULL,PRIMARY KEY(user,name))WITHOUT ROWID"},
	{"reg_security", "CREATE TABLE reg_security(id INTEGER PRIMARY KEY,"
			 "descriptor BLOB NOT NULL)"},
	{"reg_key", "CREATE TABLE reg_key(id INTEGER PRIMARY KEY,parent INTEGER NOT NULL,"
		    "name TEXT NOT NULL,user INTEGER,class TEXT,security INTEGER,"
		    "written INTEGER NOT NULL,how INTEGER NOT NULL,rule INTEGER NOT NULL)"},
	{"reg_value", "CREATE TABLE reg_value(key INTEGER NOT NULL,name TEXT NOT NULL,"
		      "type INTEGER NOT NULL,data BLOB NOT NULL,rule INTEGER NOT NULL,"
		      "PRIMARY KEY(key,name))WITHOUT ROWID"},
	{"ini_value", "CREATE TABLE ini_value(file TEXT NOT NULL,section TEXT NOT NULL,"
		      "name TEXT NOT NULL,value TEXT NOT NULL,rule INTEGER NOT NULL,"
		      "PRIMARY KEY(file,section,name))WITHOUT ROWID"},
};
const size_t catalog_table_count = sizeof(catalog_tables) / sizeof(*catalog_tables);

static const char *const statement_sql[CATALOG_STATEMENTS] = {
	[ADD_FACT] = "INSERT OR REPLACE INTO fact VALUES(?,?)",
	[ADD_USER] = "INSERT INTO user VALUES(NULL,?,?,?,?,?,?,?)",
	[ADD_VOLUME] = "INSERT INTO volume VALUES(?,?,?,?,?,?,?)",
	[ADD_RULE] = "INSERT INTO rule VALUES(?,?,?,?,?,?,?)",
	[ADD_DIR] = "INSERT INTO dir VALUES(?,?,?,?,?,?,?,?,?,?)",
	[ADD_FILE] = "INSERT INTO file VALUES(?,?,?,?,?,?,?,?,?,?)",
	[ADD_SKIPPED] = "INSERT INTO skipped VALUES(NULL,?,?)",
	[ADD_RULE_FILE] = "INSERT INTO rule_file VALUES(?,?,?,?)",
	[ADD_VARIABLE] = "INSERT INTO variable VALUES(?,?,?)",
	[ADD_REG_SECURITY] = "INSERT INTO reg_security VALUES(?,?)",
	[ADD_REG_KEY] = "INSERT INTO reg_key VALUES(?,?,?,?,?,?,?,?,?)",
	[ADD_REG_VALUE] = "INSERT INTO reg_value VALUES(?,?,?,?,?)",
	[ADD_INI_VALUE] = "INSERT INTO ini_value VALUES(?,?,?,?,?)",
};

int catalog_sqlite_error(struct catalog *c, const char *doing, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return log_oom();
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		log_error("%s is damaged: %s. The store cannot be relied upon; nothing was "
			  "changed. Check the volume, then capture again.",
			  c->name ? c->name : "The catalog", sqlite3_errmsg(c->db));
		return HF_ECORRUPT;
	case SQLITE_FULL:
	case SQLITE_TOOBIG:
		log_error("The catalog has become larger than 1 GiB. Capture less at once.");
		return HF_ELIMIT;
	case SQLITE_READONLY:
		return HF_EREADONLY;
	default:
		log_error("%s: cannot %s: %s.", c->name ? c->name : "The catalog", doing,
			  sqlite3_errmsg(c->db));
		return HF_EIO;
	}
}

static int exec(struct catalog *c, const char *sql)
{
	int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);

	return rc ? catalog_sqlite_error(c, sql, rc) : 0;
}

static int make_schema(struct catalog *c)
{
	char pragma[160];
	int err;

	snprintf(pragma, sizeof(pragma),
		 "PRAGMA page_size=4096;PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;"
		 "PRAGMA encoding='UTF-8';PRAGMA application_id=%d;PRAGMA user_version=%d",
		 CATALOG_APPLICATION_ID, CATALOG_FORMAT);
	err = exec(c, pragma);
	if (!err)
		err = exec(c, "BEGIN");
	for (size_t i = 0; i < catalog_table_count && !err; i++)
		err = exec(c, catalog_tables[i].sql);
	for (size_t i = 0; i < CATALOG_STATEMENTS && !err; i++) {
		int rc = sqlite3_prepare_v3(c->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
					    &c->statements[i], NULL);

		if (rc)
			err = catalog_sqlite_error(c, "prepare a statement", rc);
	}
	c->in_transaction = true;
	return err;
}

int catalog_new(struct catalog **out)
{
	struct catalog *c = calloc(1, sizeof(*c));
	char format[16];
	int rc, err = 0;

	if (!c)
		return log_oom();
	rc = sqlite3_open_v2(":memory:", &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	if (!rc)
		rc = sqlite3_deserialize(c->db, "main", NULL, 0, 0,
					 SQLITE_DESERIALIZE_RESIZEABLE |
						 SQLITE_DESERIALIZE_FREEONCLOSE);
	if (rc)
		err = catalog_sqlite_error(c, "make a catalog in memory", rc);
	if (!err)
		err = make_schema(c);
	snprintf(format, sizeof(format), "%d", CATALOG_FORMAT);
	if (!err)
		err = catalog_set(c, "format", format);
	if (!err)
		err = catalog_set(c, "state", "capturing");
	if (err) {
		catalog_free(c);
		return err;
	}
	*out = c;
	return 0;
}

void catalog_free(struct catalog *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < CATALOG_STATEMENTS; i++)
		sqlite3_finalize(c->statements[i]);
	sqlite3_close(c->db);
	while (c->facts) {
		struct catalog_fact *fact = c->facts;

		c->facts = fact->next;
		free(fact->key);
		free(fact->value);
		free(fact);
	}
	free(c->name);
	free(c);
}

/* Binding cannot fail but for memory; that shows when the statement runs. */
void catalog_bind_text(sqlite3_stmt *st, int at, const char *text)
{
	sqlite3_bind_text(st, at, text ? text : "", -1, SQLITE_STATIC);
}

static void bind_u64(sqlite3_stmt *st, int at, uint64_t value)
{
	sqlite3_bind_int64(st, at, (sqlite3_int64)value);
}

int catalog_run(struct catalog *c, enum catalog_statement which)
{
	sqlite3_stmt *st = c->statements[which];
	int rc = sqlite3_step(st), err = 0;

	if (rc != SQLITE_DONE)
		err = catalog_sqlite_error(c, "add a row", rc);
	sqlite3_reset(st);
	return err;
}

/* The statement, or NULL on a catalog opened for reading. */
sqlite3_stmt *catalog_statement(struct catalog *c, enum catalog_statement which)
{
	return c->read_only ? NULL : c->statements[which];
}

int catalog_set(struct catalog *c, const char *key, const char *value)
{
	sqlite3_stmt *st = catalog_statement(c, ADD_FACT);

	if (!st)
		return HF_EREADONLY;
	catalog_bind_text(st, 1, key);
	catalog_bind_text(st, 2, value);
	return catalog_run(c, ADD_FACT);
}

int catalog_add_user(struct catalog *c, const struct catalog_user *user)
{
	sqlite3_stmt *st = catalog_statement(c, ADD_USER);

	if (!st)
		return HF_EREADONLY;
	catalog_bind_text(st, 1, user->sid);
	catalog_bind_text(st, 2, user->domain);
	catalog_bind_text(st, 3, user->name);
	catalog_bind_text(st, 4, user->profile);
	sqlite3_bind_int(st, 5, user->local);
	sqlite3_bind_int(st, 6, user->captured);
	catalog_bind_text(st, 7, user->reason);
	return catalog_run(c, ADD_USER);
}

int catalog_add_variable(struct catalog *c, int64_t user, const char *name, const char *value)
{
	sqlite3_stmt *st = catalog_statement(c, ADD_VARIABLE);

	if (!st)
		return HF_EREADONLY;
	sqlite3_bind_int64(st, 1, user);
	catalog_bind_text(st, 2, name);
	catalog_bind_text(st, 3, value);
	return catalog_run(c, ADD_VARIABLE);
}

int catalog_add_rule(struct catalog *c, const struct catalog_rule *rule)
{
	sqlite3_stmt *st = catalog_statement(c, ADD_RULE);

	if (!st)
		return HF_EREADONLY;
	sqlite3_bind_int64(st, 1, rule->id);
	catalog_bind_text(st, 2, rule->kind);
	catalog_bind_text(st, 3, rule->pattern);
	catalog_bind_text(st, 4, rule->file);
	sqlite3_bind_int64(st, 5, rule->line);
	catalog_bind_text(st, 6, rule->component);
	catalog_bind_text(st, 7, rule->user);
	return catalog_run(c, ADD_RULE);
}

int catalog_add_dir(struct catalog *c, const struct catalog_dir *dir)
{
	sqlite3_stmt *st = catalog_statement(c, ADD_DIR);

	if (!st)
		return HF_EREADONLY;
	sqlite3_bind_int64(st, 1, dir->id);
	sqlite3_bind_int64(st, 2, dir->parent);
	catalog_bind_text(st, 3, dir->name);
	sqlite3_bind_int64(st, 4, dir->volume);
	bind_u64(st, 5, dir->source);
	bind_u64(st, 6, dir->stored);
	sqlite3_bind_int64(st, 7, dir->attributes);
	sqlite3_bind_int64(st, 8, dir->reparse_tag);
	sqlite3_bind_int(st, 9, dir->how);
	sqlite3_bind_int64(st, 10, dir->rule);
	return catalog_run(c, ADD_DIR);
}

int catalog_add_file(struct catalog *c, const struct catalog_file *file)
{
	sqlite3_stmt *st = catalog_statement(c, ADD_FILE);

	if (!st)
		return HF_EREADONLY;
	sqlite3_bind_int64(st, 1, file->dir);
	catalog_bind_text(st, 2, file->name);
	bind_u64(st, 3, file->source);
	if (file->stored == file->source)
		sqlite3_bind_null(st, 4);
	else
		bind_u64(st, 4, file->stored);
	bind_u64(st, 5, file->size);
	sqlite3_bind_int64(st, 6, file->attributes);
	sqlite3_bind_int64(st, 7, file->reparse_tag);
	sqlite3_bind_int64(st, 8, file->names);
	sqlite3_bind_int(st, 9, file->how);
	sqlite3_bind_int64(st, 10, file->rule);
	return catalog_run(c, ADD_FILE);
}

int catalog_add_skipped(struct catalog *c, const char *path, const char *reason)
{
	sqlite3_stmt *st = catalog_statement(c, ADD_SKIPPED);

	if (!st)
		return HF_EREADONLY;
	catalog_bind_text(st, 1, path);
	catalog_bind_text(st, 2, reason);
	return catalog_run(c, ADD_SKIPPED);
}

int catalog_add_rule_file(struct catalog *c, int64_t id, const char *name, const void *data,
			  size_t len)
{
	const char *bytes = data;
	size_t at = 0;
	int err = 0;

	for (int part = 0; !err && (part == 0 || at < len); part++) {
		size_t n = len - at < CATALOG_PIECE ? len - at : CATALOG_PIECE;
		sqlite3_stmt *st = catalog_statement(c, ADD_RULE_FILE);

		if (!st)
			return HF_EREADONLY;
		sqlite3_bind_int64(st, 1, id);
		sqlite3_bind_int(st, 2, part);
		catalog_bind_text(st, 3, name);
		sqlite3_bind_blob(st, 4, bytes + at, (int)n, SQLITE_STATIC);
		err = catalog_run(c, ADD_RULE_FILE);
		at += n;
	}
	return err;
}

int catalog_serialize(struct catalog *c, const void **data, size_t *len)
{
	sqlite3_int64 size = 0;
	int err;

	if (c->in_transaction) {
		err = exec(c, "COMMIT");
		if (err)
			return err;
		c->in_transaction = false;
	}
	*data = sqlite3_serialize(c->db, "main", &size, SQLITE_SERIALIZE_NOCOPY);
	if (!*data || size <= 0)
		return log_oom();
	*len = (size_t)size;
	return 0;
}
