/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What catalog.c (writing), catalog_read.c (opening, reading) and catalog_settings.c (both, for the
 * registry and ini tables) share. Only these include SQLite.
 */
#ifndef HOLDFAST_STORE_CATALOG_PRIVATE_H
#define HOLDFAST_STORE_CATALOG_PRIVATE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "store/catalog.h"

/* Rule files are kept in pieces of this many bytes, so that no value is large. */
#define CATALOG_PIECE (256 * 1024)

enum catalog_statement {
	ADD_FACT,
	ADD_USER,
	ADD_VOLUME,
	ADD_RULE,
	ADD_DIR,
	ADD_FILE,
	ADD_SKIPPED,
	ADD_RULE_FILE,
	ADD_VARIABLE,
	ADD_REG_SECURITY,
	ADD_REG_KEY,
	ADD_REG_VALUE,
	ADD_INI_VALUE,
	CATALOG_STATEMENTS,
};

/* A value that catalog_get() handed out. */
struct catalog_fact {
	struct catalog_fact *next;
	char *key, *value;
};

struct catalog {
	sqlite3 *db;
	sqlite3_stmt *statements[CATALOG_STATEMENTS];
	struct catalog_fact *facts;
	char *name;	     /* of an opened one, for messages */
	bool in_transaction; /* rows wait for catalog_serialize() */
	bool read_only;
};

/* The objects of a catalog of this format, exactly as sqlite_schema must list them. */
struct catalog_table {
	const char *name, *sql;
};
extern const struct catalog_table catalog_tables[];
extern const size_t catalog_table_count;

/* Identifies the file to file(1) and others: "HFst". */
#define CATALOG_APPLICATION_ID 0x48467374

/* Says what SQLite had against DOING and returns the enum hf_error for RC. */
int catalog_sqlite_error(struct catalog *c, const char *doing, int rc);

/* Writing: the statement, or NULL on a catalog opened for reading; a text; one row. */
sqlite3_stmt *catalog_statement(struct catalog *c, enum catalog_statement which);
void catalog_bind_text(sqlite3_stmt *st, int at, const char *text);
int catalog_run(struct catalog *c, enum catalog_statement which);

/* Says that the catalog is damaged, and WHY; HF_ECORRUPT. */
int catalog_damaged(struct catalog *c, const char *why);
int catalog_prepare(struct catalog *c, const char *sql, sqlite3_stmt **st);
/* Runs ST to its end, ROW for each row; finalizes it. */
int catalog_each_row(struct catalog *c, sqlite3_stmt *st,
		     int (*row)(struct catalog *c, sqlite3_stmt *st, void *ctx), void *ctx);
/* The single number that SQL asks for. */
int catalog_count_rows(struct catalog *c, const char *sql, uint64_t *out);
/* Text column AT without embedded NUL and of bounded length, or NULL. */
const char *catalog_text(sqlite3_stmt *st, int at);
/* Text column AT that is a name as NTFS has them, or NULL. */
const char *catalog_name(sqlite3_stmt *st, int at);
/* Integer column AT; false when it is none, or not in MIN..MAX. */
bool catalog_int(sqlite3_stmt *st, int at, int64_t min, int64_t max, int64_t *out);

#endif
