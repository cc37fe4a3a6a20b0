/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads registry hives of the examined Windows: keys by path, subkeys, values. Bounded in time and
 * memory on any input: the file's structure is checked first (hive_check.h), subkey lists are read
 * here and not by libhivex (which follows loops in them), and libhivex reads only values whose
 * cells were checked. Nothing here logs, except file system errors below fs_read_file(); callers
 * know whether a hive's failure is an error or a warning.
 */
#ifndef HOLDFAST_WINDOWS_HIVE_H
#define HOLDFAST_WINDOWS_HIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fs;
struct hive;

/* A key of an open hive. */
typedef size_t hive_key;

/* Largest hive file that is read, in bytes. */
#define HIVE_FILE_MAX (UINT32_C(512) << 20)

/* Longest text value that is believed, in UTF-16 units without terminator. */
#define HIVE_TEXT_MAX 4096

/* Registry value types (winnt.h). */
enum hive_value_type {
	HIVE_SZ = 1,
	HIVE_EXPAND_SZ = 2,
	HIVE_BINARY = 3,
	HIVE_DWORD = 4,
};

/*
 * Opens the hive file at PATH (as in fs_resolve()) of FS. Close with hive_close(). HF_ENOENT when
 * there is none, HF_ECORRUPT, HF_EUNSUPPORTED, HF_ELIMIT, HF_EIO, HF_ENOMEM; *WHY then is the
 * reason in words (static text).
 */
int hive_open(struct fs *fs, const char *path, struct hive **out, const char **why);

/* The same on LEN bytes in memory, which are copied. */
int hive_open_memory(const void *data, size_t len, struct hive **out, const char **why);

/* Accepts NULL. */
void hive_close(struct hive *hive);

/* True when the hive has transactions that were not written back; it is read as it is. */
bool hive_is_dirty(const struct hive *hive);

hive_key hive_root(const struct hive *hive);

/*
 * The key at PATH ("a\b\c", case-insensitive) below FROM. HF_ENOENT when there is none, HF_ECORRUPT
 * when a subkey list on the way is damaged, HF_ENOMEM.
 */
int hive_find(const struct hive *hive, hive_key from, const char *path, hive_key *out);

/*
 * The subkeys of KEY in stored order, into fresh memory. Never more than the hive has room for, but
 * a damaged hive may name an ancestor here: who walks down must remember where he was. HF_ECORRUPT,
 * HF_ENOMEM.
 */
int hive_subkeys(const struct hive *hive, hive_key key, hive_key **out, size_t *count);

/* The name of KEY in WTF-8, in fresh memory; NULL when out of memory. */
char *hive_key_name(const struct hive *hive, hive_key key);

/*
 * The text of value NAME ("" is the default value; case-insensitive) of KEY, of type REG_SZ or
 * REG_EXPAND_SZ, up to its first NUL, in fresh memory. HF_ENOENT when there is none; HF_ECORRUPT
 * when it is of another type, of odd length or damaged; HF_ELIMIT when it is longer than
 * HIVE_TEXT_MAX; HF_ENOMEM.
 */
int hive_text(const struct hive *hive, hive_key key, const char *name, char **out);

/* A REG_DWORD value. HF_ENOENT, HF_ECORRUPT for another type or size, HF_ENOMEM. */
int hive_dword(const struct hive *hive, hive_key key, const char *name, uint32_t *out);

/*
 * Any value as bytes in fresh memory (never NULL on success), with its type in *TYPE (may be NULL).
 * HF_ENOENT; HF_ECORRUPT; HF_ELIMIT above 16 KiB (big data); HF_ENOMEM.
 */
int hive_bytes(const struct hive *hive, hive_key key, const char *name, uint32_t *type,
	       uint8_t **out, size_t *len);

/* The type of a value without its data (in SAM it holds a number). HF_ENOENT, HF_ECORRUPT,
 * HF_ENOMEM. */
int hive_type_of(const struct hive *hive, hive_key key, const char *name, uint32_t *type);

/* Calls VISIT for every value's name (WTF-8) until it returns not 0, which is then returned. */
int hive_value_names(const struct hive *hive, hive_key key,
		     int (*visit)(void *ctx, const char *name), void *ctx);

#endif
