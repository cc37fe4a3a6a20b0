/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads registry hives of the examined Windows: keys by path, subkeys, values. Bounded in time and
 * memory on any input: the file's structure is checked first (hive_check.h), and every reference in
 * it once (hive_private.h), so that what is left is a tree whatever the disk says. A damaged hive
 * is read as far as it is sound, and hive_damage() tells what is lost. Nothing here logs, except
 * file system errors below fs_read_file(); callers know whether a hive's failure is an error or a
 * warning.
 */
#ifndef HOLDFAST_WINDOWS_HIVE_H
#define HOLDFAST_WINDOWS_HIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fs;
struct hive;
struct str;

/* A key, and a value, of an open hive. */
typedef size_t hive_key;
typedef size_t hive_value;

/* Largest hive file that is read, in bytes. */
#define HIVE_FILE_MAX (UINT32_C(512) << 20)

/* Longest text value that is believed, in UTF-16 units without terminator. */
#define HIVE_TEXT_MAX 4096

/* Longest data of a value that is read, in bytes. */
#define HIVE_DATA_MAX (UINT32_C(64) << 20)

/* Longest name of a value (winreg.h), and the most of a key's that is read, in UTF-16 units. */
#define HIVE_NAME_MAX 16383

/* Registry value types (winnt.h). */
enum hive_value_type {
	HIVE_SZ = 1,
	HIVE_EXPAND_SZ = 2,
	HIVE_BINARY = 3,
	HIVE_DWORD = 4,
	HIVE_LINK = 6,
	HIVE_MULTI_SZ = 7,
	HIVE_QWORD = 11,
};

/* What a damaged hive has lost. */
enum hive_loss {
	HIVE_LOST_BINS,	    /* a part of the file, with whatever was there */
	HIVE_LOST_SUBKEYS,  /* of a key: some or all */
	HIVE_LOST_VALUES,   /* of a key: some or all */
	HIVE_LOST_DATA,	    /* of a value of a key */
	HIVE_LOST_CLASS,    /* the class name of a key */
	HIVE_LOST_SECURITY, /* the descriptor of a key */
};

struct hive_damage {
	enum hive_loss what;
	hive_key key;  /* 0 for HIVE_LOST_BINS */
	size_t offset; /* in the file: what the damage was found in */
};

/* What a key is, apart from its name, subkeys and values. */
struct hive_key_info {
	uint64_t written;	   /* last change: 100 ns since 1601-01-01 UTC */
	const uint8_t *class_name; /* UTF-16LE, in the hive's memory; NULL when none or damaged */
	size_t class_len;	   /* bytes */
	const uint8_t *security;   /* self-relative descriptor in the hive's memory ([MS-DTYP]
				      2.4.6), not looked into; NULL when damaged */
	size_t security_len;
	bool is_link;	  /* a symbolic link; its value SymbolicLinkValue says where to */
	bool is_volatile; /* was not meant to be stored */
};

/* The bytes of a transaction log of a hive. */
struct hive_log {
	const void *data;
	size_t len;
};

/*
 * Opens the hive file at PATH (as in fs_resolve()) of FS; when it was not written to its end, the
 * transaction logs beside it (PATH with .LOG1, .LOG2, .LOG) are replayed on the copy in memory.
 * Close with hive_close(). HF_ENOENT when there is none, HF_ECORRUPT, HF_EUNSUPPORTED, HF_ELIMIT,
 * HF_EIO, HF_ENOMEM; *WHY then is the reason in words (static text).
 */
int hive_open(struct fs *fs, const char *path, struct hive **out, const char **why);

/* The same on LEN bytes in memory, which are copied, without logs. */
int hive_open_memory(const void *data, size_t len, struct hive **out, const char **why);

/* The same with the COUNT logs (at most 3), in the order .LOG1, .LOG2, .LOG. */
int hive_open_logged(const void *data, size_t len, const struct hive_log *logs, size_t count,
		     struct hive **out, const char **why);

/* Accepts NULL. */
void hive_close(struct hive *hive);

/*
 * True when the hive has transactions that could not be replayed, because a log is missing or
 * damaged; it is read as it is then.
 */
bool hive_is_dirty(const struct hive *hive);

/* How many log entries were replayed when the hive was opened. */
unsigned hive_replayed(const struct hive *hive);

hive_key hive_root(const struct hive *hive);

/*
 * The key at PATH ("a\b\c", case-insensitive) below FROM. HF_ENOENT when there is none, HF_ECORRUPT
 * when there is none but subkeys on the way are lost.
 */
int hive_find(const struct hive *hive, hive_key from, const char *path, hive_key *out);

/* The subkey of KEY called NAME, in which '\' is a character as any other. As hive_find(). */
int hive_subkey(const struct hive *hive, hive_key key, const char *name, hive_key *out);

/*
 * The subkeys of KEY in stored order, into fresh memory; those that damage left. The keys of a hive
 * are a tree of at most 512 levels. HF_ECORRUPT when KEY is none, HF_ENOMEM.
 */
int hive_subkeys(const struct hive *hive, hive_key key, hive_key **out, size_t *count);

/* The name of KEY in WTF-8, in fresh memory; NULL when out of memory. */
char *hive_key_name(const struct hive *hive, hive_key key);

/* What KEY (a key of this hive) is. */
void hive_key_info(const struct hive *hive, hive_key key, struct hive_key_info *out);

/* Adds the names from the root's subkey down to KEY, joined by '\', to PATH. 0 or HF_ENOMEM. */
int hive_path(const struct hive *hive, hive_key key, struct str *path);

/*
 * The values of KEY in stored order, into fresh memory; those that damage left. HF_ECORRUPT when
 * KEY is none, HF_ENOMEM.
 */
int hive_values(const struct hive *hive, hive_key key, hive_value **out, size_t *count);

/* The name of VALUE in WTF-8 ("" for the default value), in fresh memory; NULL when out of memory.
 */
char *hive_value_name(const struct hive *hive, hive_value value);

/* The type of VALUE: REG_*, or any other number. */
uint32_t hive_value_type(const struct hive *hive, hive_value value);

/*
 * The data of VALUE into fresh memory (never NULL on success), whatever its type. HF_ECORRUPT when
 * it is lost, HF_ELIMIT above HIVE_DATA_MAX, HF_ENOMEM.
 */
int hive_value_data(const struct hive *hive, hive_value value, uint8_t **out, size_t *len);

/* Value NAME ("" is the default value; case-insensitive) of KEY. HF_ENOENT, HF_ECORRUPT. */
int hive_find_value(const struct hive *hive, hive_key key, const char *name, hive_value *out);

/* What is lost, ordered by key; *COUNT is 0 for a sound hive. */
const struct hive_damage *hive_damage(const struct hive *hive, size_t *count);

/* What is lost of KEY: the (1 << enum hive_loss) together. */
unsigned hive_key_losses(const struct hive *hive, hive_key key);

/*
 * One sentence for people about all that is lost, with the first places by name and offset, added
 * to TEXT. HF_ENOMEM, or 0.
 */
int hive_damage_text(const struct hive *hive, struct str *text);

/*
 * The text of value NAME ("" is the default value; case-insensitive) of KEY, of type REG_SZ or
 * REG_EXPAND_SZ, up to its first NUL, in fresh memory. HF_ENOENT when there is none; HF_ECORRUPT
 * when it is of another type, of odd length or damaged; HF_ELIMIT when it is longer than
 * HIVE_TEXT_MAX; HF_ENOMEM.
 */
int hive_text(const struct hive *hive, hive_key key, const char *name, char **out);

/* A REG_DWORD value. HF_ENOENT, HF_ECORRUPT for another type or size, HF_ENOMEM. */
int hive_dword(const struct hive *hive, hive_key key, const char *name, uint32_t *out);

/* A value by name as hive_value_data(), with its type in *TYPE (may be NULL). Also HF_ENOENT. */
int hive_bytes(const struct hive *hive, hive_key key, const char *name, uint32_t *type,
	       uint8_t **out, size_t *len);

/* The type of a value without its data (in SAM it holds a number). HF_ENOENT, HF_ECORRUPT,
 * HF_ENOMEM. */
int hive_type_of(const struct hive *hive, hive_key key, const char *name, uint32_t *type);

/* Calls VISIT for every value's name (WTF-8) until it returns not 0, which is then returned. */
int hive_value_names(const struct hive *hive, hive_key key,
		     int (*visit)(void *ctx, const char *name), void *ctx);

#endif
