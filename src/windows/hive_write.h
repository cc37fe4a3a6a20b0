/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes registry hives: on a copy in memory, which then takes the place of the file in steps that
 * a crash may interrupt. The hive is written as Windows writes it: sorted subkey lists with name
 * hashes, big data in segments, one cell for each different security descriptor. Only sound hives
 * are changed: one that is damaged, or lacks transactions, is refused and left alone. Used by the
 * engine's restore.
 *
 * Functions return 0 or a negative enum hf_error and do not log, except hive_write_commit() and
 * hive_write_recover(). After HF_ENOMEM or HF_ELIMIT the hive in memory is sound, but what was
 * asked for may be done in part: do not commit it.
 */
#ifndef HOLDFAST_WINDOWS_HIVE_WRITE_H
#define HOLDFAST_WINDOWS_HIVE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "windows/hive.h"

struct fs;
struct upcase;
struct hive_write;

/* What a new key gets beside its name. Zero-initialise. */
struct hive_new_key {
	const void *class_name; /* UTF-16LE; NULL none */
	size_t class_len;	/* bytes */
	const void *security;	/* self-relative descriptor; NULL: as the key above */
	size_t security_len;	/* bytes */
	bool is_link;		/* a symbolic link: give it the REG_LINK value SymbolicLinkValue */
};

/*
 * Opens the hive at PATH of FS as hive_open() does; names are sorted by FS's $UpCase, so FS must
 * outlive *OUT. HF_EREFUSED when it is damaged or lacks transactions. *WHY as in hive_open().
 */
int hive_write_open(struct fs *fs, const char *path, struct hive_write **out, const char **why);

/* The same on LEN bytes in memory, which are copied (a template). UPCASE must outlive *OUT. */
int hive_write_open_memory(const void *data, size_t len, const struct upcase *upcase,
			   struct hive_write **out, const char **why);

/*
 * A new hive of version 1.5 (as Windows makes them from Windows XP on) with nothing but a root key,
 * whose descriptor is the LEN bytes at SECURITY.
 */
int hive_write_new(const void *security, size_t len, const struct upcase *upcase,
		   struct hive_write **out);

/* Forgets what was not committed; accepts NULL. */
void hive_write_close(struct hive_write *w);

/* The hive as it is now, for looking (hive.h). Keys stay good until they are deleted. */
const struct hive *hive_write_hive(const struct hive_write *w);

/* The time that changed keys and the hive get: 100 ns since 1601-01-01 UTC. Set it first. */
void hive_write_set_now(struct hive_write *w, uint64_t now);

/*
 * The subkey NAME (WTF-8, in which '\' is a character as any other) of KEY, made like HOW (may be
 * NULL) when there is none; *CREATED (may be NULL) says which. HF_EINVAL for a name that is empty
 * or longer than 255 units, HF_ELIMIT when the key would lie too deep or the hive grow above 512
 * MiB.
 */
int hive_write_key(struct hive_write *w, hive_key key, const char *name,
		   const struct hive_new_key *how, hive_key *out, bool *created);

/* The key at PATH ("a\b\c") below KEY, with all that are missing on the way. */
int hive_write_path(struct hive_write *w, hive_key key, const char *path, hive_key *out);

/*
 * Sets value NAME ("" the default value) of KEY, replacing what it had. HF_ELIMIT above
 * HIVE_DATA_MAX, or above 1 MiB in a hive older than version 1.4, which has no big data.
 */
int hive_write_value(struct hive_write *w, hive_key key, const char *name, uint32_t type,
		     const void *data, size_t len);

/* Removes value NAME of KEY. HF_ENOENT. */
int hive_write_delete_value(struct hive_write *w, hive_key key, const char *name);

/* Removes KEY, which must not be the root, with everything below it. */
int hive_write_delete_key(struct hive_write *w, hive_key key);

/* Replaces the descriptor of KEY (not of the keys below). */
int hive_write_security(struct hive_write *w, hive_key key, const void *security, size_t len);

/* Replaces the class name of KEY (UTF-16LE, at most 65,534 bytes; 0: none). */
int hive_write_class(struct hive_write *w, hive_key key, const void *class_name, size_t len);

/* Sets the last-write time of KEY; the next change to it sets it to now again. */
void hive_write_time(struct hive_write *w, hive_key key, uint64_t written);

/*
 * The finished hive: sequence numbers equal and above those of any log that was replayed, checksum
 * right, and checked as if it had been read. The bytes belong to W. HF_ECORRUPT when the check
 * fails, HF_ENOMEM.
 */
int hive_write_bytes(struct hive_write *w, const uint8_t **data, size_t *len);

/*
 * Makes W's hive the file at PATH of FS, in the steps of fs_replace_file() (volume/fs_replace.h);
 * its logs are made void. Stopped anywhere, the file is the whole old hive or the whole new one, or
 * (within step 3, without a journal) missing with both others there; hive_write_recover() tidies
 * up. Errors are logged; until step 3 the old hive is untouched.
 */
int hive_write_commit(struct hive_write *w, struct fs *fs, const char *path);

/*
 * Ends what an interrupted hive_write_commit() left at PATH: before step 3 the old hive stays, from
 * there on the new one. Does nothing when there is nothing. Errors are logged.
 */
int hive_write_recover(struct fs *fs, const char *path);

#endif
