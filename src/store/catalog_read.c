// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening and reading a catalog. The file comes from a volume that anybody may have written to:
 * SQLite is told to distrust it, the schema must be ours to the letter, and every row is checked
 * before anything is done by it.
 */
#include "store/catalog_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "report/log.h"

#define PAGE_SIZE 4096

int catalog_damaged(struct catalog *c, const char *why)
{
	log_error("%s is damaged: %s. The store cannot be relied upon; nothing was changed. Check "
		  "the volume, then capture again.",
		  c->name ? c->name : "The catalog", why);
	return HF_ECORRUPT;
}

int catalog_prepare(struct catalog *c, const char *sql, sqlite3_stmt **st)
{
	int rc = sqlite3_prepare_v2(c->db, sql, -1, st, NULL);

	return rc ? catalog_sqlite_error(c, "read it", rc) : 0;
}

/* Checks what SQLite itself would only trust: magic, page size and number of pages. */
static bool header_fits(const uint8_t *data, size_t len)
{
	size_t pages;

	if (len < PAGE_SIZE || len % PAGE_SIZE || memcmp(data, "SQLite format 3", 16))
		return false;
	pages = (size_t)data[28] << 24 | (size_t)data[29] << 16 | (size_t)data[30] << 8 | data[31];
	return data[16] == PAGE_SIZE >> 8 && data[17] == 0 && pages == len / PAGE_SIZE;
}

static int check_schema(struct catalog *c)
{
	sqlite3_stmt *st;
	size_t found = 0;
	int rc, err = catalog_prepare(c, "SELECT type,name,sql FROM sqlite_schema ORDER BY rowid",
				      &st);

	if (err)
		return err;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *type = (const char *)sqlite3_column_text(st, 0);
		const char *name = (const char *)sqlite3_column_text(st, 1);
		const char *sql = (const char *)sqlite3_column_text(st, 2);

		if (found >= catalog_table_count || !type || !name || !sql ||
		    strcmp(type, "table") || strcmp(name, catalog_tables[found].name) ||
		    strcmp(sql, catalog_tables[found].sql)) {
			err = catalog_damaged(c, "its tables are not those of a Holdfast catalog");
			break;
		}
		found++;
	}
	if (!err && rc != SQLITE_DONE)
		err = catalog_sqlite_error(c, "read its schema", rc);
	if (!err && found != catalog_table_count)
		err = catalog_damaged(c, "tables are missing");
	sqlite3_finalize(st);
	return err;
}

static int check_integrity(struct catalog *c)
{
	sqlite3_stmt *st;
	int rc, err = catalog_prepare(c, "PRAGMA integrity_check(1)", &st);

	if (err)
		return err;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(st, 0);

		if (!text || strcmp(text, "ok"))
			err = catalog_damaged(c, text ? text : "it cannot be checked");
	} else {
		err = catalog_sqlite_error(c, "check it", rc);
	}
	sqlite3_finalize(st);
	return err;
}

/* A bound on the work that a hostile file can cause; called every million steps. */
static int too_long(void *left)
{
	unsigned *steps = left;

	return *steps ? (*steps)-- == 1 : 1;
}

static int harden(struct catalog *c)
{
	static const char pragmas[] = "PRAGMA trusted_schema=OFF;PRAGMA cell_size_check=ON;"
				      "PRAGMA query_only=ON;PRAGMA temp_store=MEMORY";
	int rc;

	/* A row is a value with its name and little else. */
	sqlite3_limit(c->db, SQLITE_LIMIT_LENGTH, CATALOG_DATA_MAX + (1 << 20));
	sqlite3_limit(c->db, SQLITE_LIMIT_ATTACHED, 0);
	rc = sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (!rc)
		rc = sqlite3_exec(c->db, pragmas, NULL, NULL, NULL);
	return rc ? catalog_sqlite_error(c, "open it", rc) : 0;
}

static int load(struct catalog *c, const void *data, size_t len)
{
	unsigned char *copy;
	int rc = sqlite3_open_v2(":memory:", &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
				 NULL);

	if (rc)
		return catalog_sqlite_error(c, "open it", rc);
	copy = sqlite3_malloc64(len);
	if (!copy)
		return log_oom();
	memcpy(copy, data, len);
	/* SQLite frees the copy, also when this fails. */
	rc = sqlite3_deserialize(c->db, "main", copy, (sqlite3_int64)len, (sqlite3_int64)len,
				 SQLITE_DESERIALIZE_READONLY | SQLITE_DESERIALIZE_FREEONCLOSE);
	return rc ? catalog_sqlite_error(c, "open it", rc) : 0;
}

static int check_format(struct catalog *c)
{
	const char *format = catalog_get(c, "format");
	char known[16];

	if (!format)
		return catalog_damaged(c, "it does not tell its format");
	snprintf(known, sizeof(known), "%d", CATALOG_FORMAT);
	if (strcmp(format, known)) {
		log_error(
			"%s has format %s, and this version of Holdfast knows format %d only. Use "
			"the version that made the store.",
			c->name, format, CATALOG_FORMAT);
		return HF_ECORRUPT;
	}
	return 0;
}

/* The visitors of catalog_open(): the checks are in reading the rows. */
static int accept_user(void *ctx, const struct catalog_user *user)
{
	(void)ctx;
	(void)user;
	return 0;
}

static int accept_variable(void *ctx, int64_t user, const char *name, const char *value)
{
	(void)ctx;
	(void)user;
	(void)name;
	(void)value;
	return 0;
}

static int accept_rule(void *ctx, const struct catalog_rule *rule)
{
	(void)ctx;
	(void)rule;
	return 0;
}

static int accept_volume(void *ctx, const struct catalog_volume *volume)
{
	(void)ctx;
	(void)volume;
	return 0;
}

static int accept_dir(void *ctx, const struct catalog_dir *dir)
{
	(void)ctx;
	(void)dir;
	return 0;
}

static int accept_file(void *ctx, const struct catalog_file *file)
{
	int64_t *dirs = ctx;

	return file->dir > *dirs ? HF_ECORRUPT : 0;
}

static int accept_rule_file(void *ctx, const char *name, const void *data, size_t len)
{
	(void)ctx;
	(void)name;
	(void)data;
	(void)len;
	return 0;
}

static int check_rows(struct catalog *c)
{
	uint64_t dirs = 0, files, skipped;
	int64_t dir_count;
	int err = catalog_users(c, accept_user, NULL);

	if (!err)
		err = catalog_variables(c, accept_variable, NULL);
	if (!err)
		err = catalog_rules(c, accept_rule, NULL);
	if (!err)
		err = catalog_volumes(c, accept_volume, NULL);
	if (!err)
		err = catalog_dirs(c, accept_dir, NULL);
	if (!err)
		err = catalog_count(c, &dirs, &files, &skipped);
	dir_count = (int64_t)dirs;
	if (!err)
		err = catalog_files(c, 0, accept_file, &dir_count);
	if (!err)
		err = catalog_rule_files(c, accept_rule_file, NULL);
	return err ? err : catalog_check_settings(c);
}

int catalog_open(const void *data, size_t len, const char *name, struct catalog **out)
{
	struct catalog *c = calloc(1, sizeof(*c));
	unsigned steps = 1000 + (unsigned)(len >> 14);
	int err = 0;

	if (!c)
		return log_oom();
	c->read_only = true;
	c->name = strdup(name);
	if (!c->name)
		err = log_oom();
	else if (!header_fits(data, len))
		err = catalog_damaged(c, "it is not a whole SQLite database");
	if (!err)
		err = load(c, data, len);
	if (!err)
		err = harden(c);
	if (!err) {
		sqlite3_progress_handler(c->db, 1000000, too_long, &steps);
		err = check_schema(c);
	}
	if (!err)
		err = check_integrity(c);
	if (!err)
		err = check_format(c);
	if (!err)
		err = check_rows(c);
	if (c->db)
		sqlite3_progress_handler(c->db, 0, NULL, NULL);
	if (err) {
		catalog_free(c);
		return err;
	}
	*out = c;
	return 0;
}

const char *catalog_text(sqlite3_stmt *st, int at)
{
	const char *text;
	int len;

	if (sqlite3_column_type(st, at) != SQLITE_TEXT)
		return NULL;
	text = (const char *)sqlite3_column_text(st, at);
	len = sqlite3_column_bytes(st, at);
	if (!text || len < 0 || len > CATALOG_TEXT_MAX || strlen(text) != (size_t)len)
		return NULL;
	return text;
}

bool catalog_int(sqlite3_stmt *st, int at, int64_t min, int64_t max, int64_t *out)
{
	if (sqlite3_column_type(st, at) != SQLITE_INTEGER)
		return false;
	*out = sqlite3_column_int64(st, at);
	return *out >= min && *out <= max;
}

/*
 * A name that NTFS can hold as one component. Volumes written by other systems may have a backslash
 * in one, so names of a catalog are looked up one by one and never joined to a path to be resolved.
 */
const char *catalog_name(sqlite3_stmt *st, int at)
{
	const char *name = catalog_text(st, at);
	uint16_t units[NAME_UNITS_MAX];

	if (!name || !*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return NULL;
	return text_to_utf16(name, strlen(name), units, NAME_UNITS_MAX) > 0 ? name : NULL;
}

const char *catalog_get(struct catalog *c, const char *key)
{
	struct catalog_fact *fact;
	const char *value;
	char *copy = NULL;
	sqlite3_stmt *st;

	if (catalog_prepare(c, "SELECT value FROM fact WHERE key=?", &st))
		return NULL;
	sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW) {
		value = catalog_text(st, 0);
		copy = value ? strdup(value) : NULL;
	}
	sqlite3_finalize(st);
	if (!copy)
		return NULL;
	for (fact = c->facts; fact && strcmp(fact->key, key); fact = fact->next)
		;
	if (!fact) {
		fact = calloc(1, sizeof(*fact));
		if (fact)
			fact->key = strdup(key);
		if (!fact || !fact->key) {
			free(fact);
			free(copy);
			log_oom();
			return NULL;
		}
		fact->next = c->facts;
		c->facts = fact;
	}
	free(fact->value);
	fact->value = copy;
	return copy;
}

int catalog_each_row(struct catalog *c, sqlite3_stmt *st,
		     int (*row)(struct catalog *c, sqlite3_stmt *st, void *ctx), void *ctx)
{
	int rc, err = 0;

	while (!err && (rc = sqlite3_step(st)) == SQLITE_ROW)
		err = row(c, st, ctx);
	if (!err && rc != SQLITE_DONE)
		err = catalog_sqlite_error(c, "read its rows", rc);
	sqlite3_finalize(st);
	return err;
}

struct user_ctx {
	int (*visit)(void *, const struct catalog_user *);
	void *ctx;
	int64_t last; /* id of the row before */
};

static int user_row(struct catalog *c, sqlite3_stmt *st, void *ctx)
{
	struct user_ctx *u = ctx;
	int64_t captured, local;
	struct catalog_user user = {
		.sid = catalog_text(st, 1),
		.domain = catalog_text(st, 2),
		.name = catalog_text(st, 3),
		.profile = catalog_text(st, 4),
		.reason = catalog_text(st, 7),
	};

	if (!user.sid || !user.domain || !user.name || !user.profile || !user.reason ||
	    !catalog_int(st, 0, u->last + 1, u->last + 1, &user.id) ||
	    !catalog_int(st, 5, 0, 1, &local) || !catalog_int(st, 6, 0, 1, &captured))
		return catalog_damaged(c, "a user's row is not valid");
	u->last = user.id;
	user.local = local;
	user.captured = captured;
	return u->visit(u->ctx, &user);
}

int catalog_users(struct catalog *c, int (*visit)(void *, const struct catalog_user *), void *ctx)
{
	struct user_ctx u = {visit, ctx, 0};
	sqlite3_stmt *st;
	int err =
		catalog_prepare(c,
				"SELECT id,sid,domain,name,profile,local,captured,reason FROM user "
				"ORDER BY id",
				&st);

	return err ? err : catalog_each_row(c, st, user_row, &u);
}

struct variable_ctx {
	int (*visit)(void *, int64_t user, const char *name, const char *value);
	void *ctx;
};

static int variable_row(struct catalog *c, sqlite3_stmt *st, void *ctx)
{
	const char *name = catalog_text(st, 1), *value = catalog_text(st, 2);
	struct variable_ctx *v = ctx;
	int64_t user;

	if (!catalog_int(st, 0, 0, INT32_MAX, &user) || !name || !value)
		return catalog_damaged(c, "a variable's row is not valid");
	return v->visit(v->ctx, user, name, value);
}

int catalog_variables(struct catalog *c,
		      int (*visit)(void *, int64_t user, const char *name, const char *value),
		      void *ctx)
{
	struct variable_ctx v = {visit, ctx};
	sqlite3_stmt *st;
	int err =
		catalog_prepare(c, "SELECT user,name,value FROM variable ORDER BY user,name", &st);

	return err ? err : catalog_each_row(c, st, variable_row, &v);
}

struct rule_ctx {
	int (*visit)(void *, const struct catalog_rule *);
	void *ctx;
};

static int rule_row(struct catalog *c, sqlite3_stmt *st, void *ctx)
{
	struct rule_ctx *r = ctx;
	int64_t line;
	struct catalog_rule rule = {
		.kind = catalog_text(st, 1),
		.pattern = catalog_text(st, 2),
		.file = catalog_text(st, 3),
		.component = catalog_text(st, 5),
		.user = catalog_text(st, 6),
	};

	if (!catalog_int(st, 0, 1, UINT32_MAX, &rule.id) || !rule.kind || !rule.pattern ||
	    !rule.file || !catalog_int(st, 4, 0, UINT32_MAX, &line) || !rule.component ||
	    !rule.user)
		return catalog_damaged(c, "a rule's row is not valid");
	rule.line = (unsigned)line;
	return r->visit(r->ctx, &rule);
}

int catalog_rules(struct catalog *c, int (*visit)(void *, const struct catalog_rule *), void *ctx)
{
	struct rule_ctx r = {visit, ctx};
	sqlite3_stmt *st;
	int err = catalog_prepare(
		c, "SELECT id,kind,pattern,file,line,component,user FROM rule ORDER BY id", &st);

	return err ? err : catalog_each_row(c, st, rule_row, &r);
}

struct dir_ctx {
	int (*visit)(void *, const struct catalog_dir *);
	void *ctx;
	int64_t last; /* id of the row before */
};

static int dir_row(struct catalog *c, sqlite3_stmt *st, void *ctx)
{
	struct dir_ctx *d = ctx;
	int64_t volume, stored, attributes, tag, how;
	struct catalog_dir dir = {.name = catalog_name(st, 2)};

	if (!catalog_int(st, 0, d->last + 1, d->last + 1, &dir.id) ||
	    !catalog_int(st, 1, 0, dir.id - 1, &dir.parent) || !dir.name ||
	    !catalog_int(st, 3, 1, CATALOG_VOLUMES_MAX, &volume) ||
	    sqlite3_column_type(st, 4) != SQLITE_INTEGER ||
	    !catalog_int(st, 5, INT64_MIN, INT64_MAX, &stored) ||
	    !catalog_int(st, 6, 0, UINT32_MAX, &attributes) ||
	    !catalog_int(st, 7, 0, UINT32_MAX, &tag) ||
	    !catalog_int(st, 8, CATALOG_DIR, CATALOG_PARENT, &how) ||
	    !catalog_int(st, 9, 0, UINT32_MAX, &dir.rule))
		return catalog_damaged(c, "a directory's row is not valid");
	d->last = dir.id;
	dir.volume = (unsigned)volume;
	dir.source = (uint64_t)sqlite3_column_int64(st, 4);
	dir.stored = (uint64_t)stored;
	dir.attributes = (uint32_t)attributes;
	dir.reparse_tag = (uint32_t)tag;
	dir.how = (enum catalog_how)how;
	return d->visit(d->ctx, &dir);
}

int catalog_dirs(struct catalog *c, int (*visit)(void *, const struct catalog_dir *), void *ctx)
{
	struct dir_ctx d = {visit, ctx, 0};
	sqlite3_stmt *st;
	int err = catalog_prepare(
		c,
		"SELECT id,parent,name,volume,source,stored,attributes,reparse,how,rule "
		"FROM dir ORDER BY id",
		&st);

	return err ? err : catalog_each_row(c, st, dir_row, &d);
}

struct file_ctx {
	int (*visit)(void *, const struct catalog_file *);
	void *ctx;
};

static int file_row(struct catalog *c, sqlite3_stmt *st, void *ctx)
{
	struct file_ctx *f = ctx;
	int64_t size, attributes, tag, names, how, stored = 0;
	bool shared = sqlite3_column_type(st, 3) == SQLITE_NULL;
	struct catalog_file file = {.name = catalog_name(st, 1)};

	if (!catalog_int(st, 0, 1, INT64_MAX, &file.dir) || !file.name ||
	    sqlite3_column_type(st, 2) != SQLITE_INTEGER ||
	    (!shared && !catalog_int(st, 3, INT64_MIN, INT64_MAX, &stored)) ||
	    !catalog_int(st, 4, 0, INT64_MAX, &size) ||
	    !catalog_int(st, 5, 0, UINT32_MAX, &attributes) ||
	    !catalog_int(st, 6, 0, UINT32_MAX, &tag) ||
	    !catalog_int(st, 7, 0, UINT32_MAX, &names) ||
	    !catalog_int(st, 8, CATALOG_LINK, CATALOG_LISTED, &how) ||
	    !catalog_int(st, 9, 0, UINT32_MAX, &file.rule))
		return catalog_damaged(c, "a file's row is not valid");
	if (how == CATALOG_DIR || how == CATALOG_PARENT || shared != (how == CATALOG_LINK) ||
	    (how == CATALOG_LISTED && stored))
		return catalog_damaged(c, "a file's row contradicts itself");
	file.source = (uint64_t)sqlite3_column_int64(st, 2);
	file.stored = shared ? file.source : (uint64_t)stored;
	file.size = (uint64_t)size;
	file.attributes = (uint32_t)attributes;
	file.reparse_tag = (uint32_t)tag;
	file.names = (unsigned)names;
	file.how = (enum catalog_how)how;
	return f->visit(f->ctx, &file);
}

int catalog_files(struct catalog *c, int64_t dir, int (*visit)(void *, const struct catalog_file *),
		  void *ctx)
{
	static const char columns[] =
		"SELECT dir,name,source,stored,size,attributes,reparse,names,how,rule FROM file";
	struct file_ctx f = {visit, ctx};
	char sql[160];
	sqlite3_stmt *st;
	int err;

	sqlite3_snprintf(sizeof(sql), sql, "%s%s ORDER BY dir,name", columns,
			 dir ? " WHERE dir=?" : "");
	err = catalog_prepare(c, sql, &st);
	if (err)
		return err;
	if (dir)
		sqlite3_bind_int64(st, 1, dir);
	return catalog_each_row(c, st, file_row, &f);
}

struct rule_file_ctx {
	int (*visit)(void *, const char *name, const void *data, size_t len);
	void *ctx;
	int64_t id, part; /* of the last row; id 0: none yet */
	struct str name, data;
};

static int finish_rule_file(struct rule_file_ctx *r)
{
	return r->id ? r->visit(r->ctx, r->name.data, r->data.data ? r->data.data : "", r->data.len)
		     : 0;
}

static int rule_file_row(struct catalog *c, sqlite3_stmt *st, void *ctx)
{
	int64_t id = sqlite3_column_int64(st, 0), part = sqlite3_column_int64(st, 1);
	const char *name = catalog_text(st, 2);
	struct rule_file_ctx *r = ctx;
	int len = sqlite3_column_bytes(st, 3), err = 0;

	if (!name || sqlite3_column_type(st, 3) != SQLITE_BLOB || len > CATALOG_PIECE ||
	    part != (id == r->id ? r->part + 1 : 0))
		return catalog_damaged(c, "a row of the rule files is not valid");
	if (id != r->id) {
		err = finish_rule_file(r);
		str_truncate(&r->name, 0);
		str_truncate(&r->data, 0);
		if (!err && str_adds(&r->name, name))
			err = log_oom();
	}
	r->id = id;
	r->part = part;
	if (!err && str_add(&r->data, sqlite3_column_blob(st, 3), (size_t)len))
		err = log_oom();
	return err;
}

int catalog_rule_files(struct catalog *c,
		       int (*visit)(void *, const char *name, const void *data, size_t len),
		       void *ctx)
{
	struct rule_file_ctx r = {.visit = visit, .ctx = ctx};
	sqlite3_stmt *st;
	int err =
		catalog_prepare(c, "SELECT id,part,name,data FROM rule_file ORDER BY id,part", &st);

	if (!err)
		err = catalog_each_row(c, st, rule_file_row, &r);
	if (!err)
		err = finish_rule_file(&r);
	str_free(&r.name);
	str_free(&r.data);
	return err;
}

struct skipped_ctx {
	int (*visit)(void *, const char *path, const char *reason);
	void *ctx;
};

static int skipped_row(struct catalog *c, sqlite3_stmt *st, void *ctx)
{
	const char *path = catalog_text(st, 0), *reason = catalog_text(st, 1);
	struct skipped_ctx *s = ctx;

	if (!path || !reason)
		return catalog_damaged(c, "a row of what was skipped is not valid");
	return s->visit(s->ctx, path, reason);
}

int catalog_skipped(struct catalog *c, int (*visit)(void *, const char *path, const char *reason),
		    void *ctx)
{
	struct skipped_ctx s = {visit, ctx};
	sqlite3_stmt *st;
	int err = catalog_prepare(c, "SELECT path,reason FROM skipped ORDER BY id", &st);

	return err ? err : catalog_each_row(c, st, skipped_row, &s);
}

int catalog_count_rows(struct catalog *c, const char *sql, uint64_t *out)
{
	sqlite3_stmt *st;
	int rc, err = catalog_prepare(c, sql, &st);

	if (err)
		return err;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = (uint64_t)sqlite3_column_int64(st, 0);
	else
		err = catalog_sqlite_error(c, "count its rows", rc);
	sqlite3_finalize(st);
	return err;
}

int catalog_count(struct catalog *c, uint64_t *dirs, uint64_t *files, uint64_t *skipped)
{
	int err = catalog_count_rows(c, "SELECT count(*) FROM dir", dirs);

	if (!err)
		err = catalog_count_rows(c, "SELECT count(*) FROM file", files);
	if (!err)
		err = catalog_count_rows(c, "SELECT count(*) FROM skipped", skipped);
	return err;
}
