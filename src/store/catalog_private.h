/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What catalog.c (writing) and catalog_read.c (opening, reading) share. Only these two include
 * SQLite.
 */
#ifndef HOLDFAST_STORE_CATALOG_PRIVATE_H
#define HOLDFAST_STORE_CATALOG_PRIVATE_H

#include <sqlite3.h>

#include "store/catalog.h"

/* Rule files are kept in pieces of this many bytes, so that no value is large. */
#define CATALOG_PART (256 * 1024)

enum catalog_statement {
	ADD_FACT,
	ADD_USER,
	ADD_RULE,
	ADD_DIR,
	ADD_FILE,
	ADD_SKIPPED,
	ADD_RULE_FILE,
	ADD_VARIABLE,
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

#endif
