/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store's catalog: an SQLite database, made in memory while capturing and written to the volume
 * in one piece at the end; read back into memory the same way (docs/store-format.md). Rows are
 * directories and files as (parent, name), so that a path is never stored twice.
 */
#ifndef HOLDFAST_STORE_CATALOG_H
#define HOLDFAST_STORE_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct catalog;

#define CATALOG_FORMAT 2

/* Longest text in any row, in bytes. */
#define CATALOG_TEXT_MAX 65536

/* Largest data of one registry value, in bytes. */
#define CATALOG_DATA_MAX (64 << 20)

/* How an object is kept. */
enum catalog_how {
	CATALOG_LINK,	/* another name for the same file record */
	CATALOG_COPY,	/* copied: it had too many names already */
	CATALOG_DIR,	/* a directory made anew, selected by a rule */
	CATALOG_PARENT, /* a directory made anew only because something below is kept */
	CATALOG_LISTED, /* not kept, only listed: a cloud placeholder without data */
};

/* A captured user, or one left out by an option, so that wipe can tell that nobody was forgotten.
 */
struct catalog_user {
	int64_t id; /* 1.. in the order of adding, which gives it: not looked at then */
	const char *sid, *domain, *name, *profile;
	bool local; /* an account of that computer itself; false when that is not known */
	bool captured;
	const char *reason; /* the option ("/ue:...") or fact that decided */
};

/* What a volume is to the store. */
enum catalog_role {
	CATALOG_MASTER, /* holds the catalog; its files are linked */
	CATALOG_PART,	/* holds a part of the store: its files are linked there */
	CATALOG_COPIED, /* knows no links: its files are copies on the master */
};

/* A captured volume. */
struct catalog_volume {
	unsigned id;	   /* 1.. ; 1 is the master's */
	const char *path;  /* "C:", or the folder that it is mounted in: "C:\Mount" */
	const char *root;  /* its folder below File: "C$" */
	uint64_t serial;   /* NTFS volume serial number; 0 for others */
	const char *kind;  /* file system: "ntfs", "vfat", "exfat", "dir" */
	const char *label; /* of the file system */
	enum catalog_role role;
};

#define CATALOG_VOLUMES_MAX 255

struct catalog_dir {
	int64_t id;	  /* 1.. in order of capture; parents before children */
	int64_t parent;	  /* 0 for the row of a volume's root, which is called "C$" */
	const char *name; /* WTF-8 */
	unsigned volume;  /* id of the catalog_volume that it comes from */
	uint64_t source;  /* file reference on the captured volume */
	uint64_t stored;  /* file reference of its copy in the store */
	uint32_t attributes, reparse_tag;
	enum catalog_how how;
	int64_t rule; /* catalog rule id; 0 none */
};

struct catalog_file {
	int64_t dir;
	const char *name;
	uint64_t source; /* file reference; of the record that both names share when linked */
	uint64_t stored; /* equals SOURCE for links; 0 when listed only */
	uint64_t size;	 /* of the unnamed data, bytes */
	uint32_t attributes, reparse_tag;
	unsigned names; /* hard links before the capture */
	enum catalog_how how;
	int64_t rule;
};

struct catalog_rule {
	int64_t id; /* 1.. */
	const char *kind, *pattern, *file, *component;
	unsigned line;
	const char *user; /* as in messages ("PC1\\ann"), or "" for the system context */
};

/*
 * A registry key. Below the roots names and tree are Windows' (CurrentControlSet is there under
 * that name, not as the control set that it stands for; Software\Classes of a user is
 * UsrClass.dat).
 */
struct catalog_reg_key {
	int64_t id;		/* 1.. ; parents before children */
	int64_t parent;		/* 0 for a root: "HKLM", "HKU", and "HKCU" of each user */
	const char *name;	/* WTF-8; a NUL is C0 80 */
	int64_t user;		/* id of the user whose "HKCU" it is; 0 for everything else */
	const char *class_name; /* WTF-8, or NULL */
	int64_t security;	/* id of the descriptor; 0 none */
	uint64_t written;	/* last-write time, 100 ns since 1601-01-01 UTC */
	enum catalog_how how;	/* CATALOG_DIR or CATALOG_PARENT */
	int64_t rule;		/* catalog rule id; 0 none */
};

struct catalog_reg_value {
	int64_t key;
	const char *name; /* WTF-8; "" is the default value; may hold backslashes */
	uint32_t type;	  /* REG_*, or whatever else the hive says */
	const void *data; /* as in the hive: texts are UTF-16LE, ended or not */
	size_t len;	  /* at most CATALOG_DATA_MAX */
	int64_t rule;
};

/* A setting of an ini file, in WTF-8 as decoded from the file's encoding. */
struct catalog_ini_value {
	const char *file; /* "C:\Windows\win.ini" */
	const char *section, *name, *value;
	int64_t rule;
};

/* A new, empty catalog in memory. */
int catalog_new(struct catalog **out);
/* Opens one from LEN bytes of DATA read from a volume (copied); HF_ECORRUPT if it is none, of
 * another format, or damaged (integrity check), with a message naming NAME. Read-only. */
int catalog_open(const void *data, size_t len, const char *name, struct catalog **out);
void catalog_free(struct catalog *c);

/* Free-form facts: "format", "state" ("capturing" or "complete"), "tool", "started", "finished",
 * "command-line", "store-path", "store-id", "windows", "version", "bits", "computer". */
int catalog_set(struct catalog *c, const char *key, const char *value);
/* The value or NULL; lives until the next call for the same key or catalog_free(). */
const char *catalog_get(struct catalog *c, const char *key);

/*
 * The fact "store-id": 32 random hexadecimal digits that a store's parts on other volumes name it
 * by.
 */
#define CATALOG_ID_SIZE 33
int catalog_set_id(struct catalog *c);

int catalog_add_user(struct catalog *c, const struct catalog_user *user);
/*
 * The value that variable NAME had at capture (USMT specification 7) for user number USER (1.. in
 * the order of catalog_add_user()), or for the system when USER is 0: where folders went to then.
 */
int catalog_add_variable(struct catalog *c, int64_t user, const char *name, const char *value);
int catalog_add_volume(struct catalog *c, const struct catalog_volume *volume);
int catalog_add_rule(struct catalog *c, const struct catalog_rule *rule);
int catalog_add_dir(struct catalog *c, const struct catalog_dir *dir);
int catalog_add_file(struct catalog *c, const struct catalog_file *file);
/* An object that was to be kept and was not, with the reason; the run's "skipped" list. */
int catalog_add_skipped(struct catalog *c, const char *path, const char *reason);

/*
 * A copy of rule file number ID (1.., in the order of the command line), LEN bytes of DATA, called
 * NAME there: USMT wants the same files again at restore, where they are often lost.
 */
int catalog_add_rule_file(struct catalog *c, int64_t id, const char *name, const void *data,
			  size_t len);

/* Settings; a key's parent, security and user are added before it, values after their key. */
int catalog_add_reg_security(struct catalog *c, int64_t id, const void *descriptor, size_t len);
int catalog_add_reg_key(struct catalog *c, const struct catalog_reg_key *key);
/* HF_EEXIST in silence when the key has a value of that very name. */
int catalog_add_reg_value(struct catalog *c, const struct catalog_reg_value *value);
int catalog_add_ini_value(struct catalog *c, const struct catalog_ini_value *value);

/* Strings in the structures are valid during the visit only. Visits return 0 to go on. */
int catalog_users(struct catalog *c, int (*visit)(void *, const struct catalog_user *), void *ctx);
/* The variables, user by user from the system's (0) on, sorted by name. */
int catalog_variables(struct catalog *c,
		      int (*visit)(void *, int64_t user, const char *name, const char *value),
		      void *ctx);
/* In order of their ids. */
int catalog_volumes(struct catalog *c, int (*visit)(void *, const struct catalog_volume *),
		    void *ctx);
int catalog_dirs(struct catalog *c, int (*visit)(void *, const struct catalog_dir *), void *ctx);
/* Files of directory DIR, or of all directories in order when DIR is 0. */
int catalog_files(struct catalog *c, int64_t dir, int (*visit)(void *, const struct catalog_file *),
		  void *ctx);
/* The rule files in order, each put together again. DATA is valid during the visit only. */
int catalog_rule_files(struct catalog *c,
		       int (*visit)(void *, const char *name, const void *data, size_t len),
		       void *ctx);
/* Everything that catalog_add_skipped() added. */
int catalog_skipped(struct catalog *c, int (*visit)(void *, const char *path, const char *reason),
		    void *ctx);
int catalog_rules(struct catalog *c, int (*visit)(void *, const struct catalog_rule *), void *ctx);
/* Security descriptors (self-relative) in order, from id 1. */
int catalog_reg_securities(struct catalog *c,
			   int (*visit)(void *, int64_t id, const void *descriptor, size_t len),
			   void *ctx);
int catalog_reg_keys(struct catalog *c, int (*visit)(void *, const struct catalog_reg_key *),
		     void *ctx);
/* Values of key KEY, or of all keys in order when KEY is 0. */
int catalog_reg_values(struct catalog *c, int64_t key,
		       int (*visit)(void *, const struct catalog_reg_value *), void *ctx);
int catalog_ini_values(struct catalog *c, int (*visit)(void *, const struct catalog_ini_value *),
		       void *ctx);
/* Reads all settings and checks them as catalog_open() does. HF_ECORRUPT with a message. */
int catalog_check_settings(struct catalog *c);
int catalog_count_settings(struct catalog *c, uint64_t *keys, uint64_t *values, uint64_t *inis);
/* Numbers of rows. */
int catalog_count(struct catalog *c, uint64_t *dirs, uint64_t *files, uint64_t *skipped);

/*
 * The finished database as one piece of memory that stays valid until the next change or
 * catalog_free(). 0 or HF_ENOMEM.
 */
int catalog_serialize(struct catalog *c, const void **data, size_t *len);

#endif
