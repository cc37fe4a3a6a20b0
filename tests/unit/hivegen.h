/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes registry hives for tests, through libhivex. Any failure ends the test program: a half-made
 * hive would prove nothing.
 */
#ifndef HOLDFAST_TESTS_HIVEGEN_H
#define HOLDFAST_TESTS_HIVEGEN_H

#include <stddef.h>
#include <stdint.h>

struct fs;
struct hivegen;

/* A new hive with nothing but a root key. */
struct hivegen *hivegen_new(void);

/* Goes on with the hive of LEN bytes at DATA, which are copied; values go to the root. */
struct hivegen *hivegen_open(const void *data, size_t len);

/* Makes the key PATH ("a\b", from the root) with its parents; the following values go there. */
void hivegen_key(struct hivegen *g, const char *path);

/* Values of the current key. Texts are WTF-8 and stored with their terminator. */
void hivegen_text(struct hivegen *g, const char *name, const char *text);
void hivegen_expand(struct hivegen *g, const char *name, const char *text);
void hivegen_dword(struct hivegen *g, const char *name, uint32_t value);
void hivegen_raw(struct hivegen *g, const char *name, uint32_t type, const void *data, size_t len);

/* Ends G and hands over the hive's bytes. */
uint8_t *hivegen_take(struct hivegen *g, size_t *len);

/* Ends G and puts the hive into the file PATH of the memfs FS. */
void hivegen_add(struct hivegen *g, struct fs *fs, const char *path);

/* Makes the base block's checksum right again after DATA was tampered with. */
void hivegen_checksum(uint8_t *data);

/*
 * Marks the hive at DATA as one whose write to PRIMARY began and did not end: its sequence numbers
 * become PRIMARY and SECONDARY.
 */
void hivegen_set_sequence(uint8_t *data, uint32_t primary, uint32_t secondary);

/* A transaction log that is being written. Zero-initialise. */
struct hivelog {
	uint8_t *data; /* owned */
	size_t len;
};

/*
 * Begins a log for the hive at BASE, of TYPE (6 new, 1 old, 2 Windows 2000's), with SEQUENCE; its
 * sectors are CLUSTER * 512 bytes.
 */
void hivelog_begin(struct hivelog *log, const uint8_t *base, uint32_t type, uint32_t sequence,
		   unsigned cluster);

/* Adds an entry (HvLE) with SEQUENCE that makes TO of the hive FROM: the pages that differ. */
void hivelog_entry(struct hivelog *log, const uint8_t *from, size_t from_len, const uint8_t *to,
		   size_t to_len, uint32_t sequence);

/* Writes an old log's bitmap and pages that make TO of FROM. */
void hivelog_dirt(struct hivelog *log, const uint8_t *from, size_t from_len, const uint8_t *to,
		  size_t to_len);

/* Makes the hashes of the entry at ENTRY right again after it was tampered with. */
void hivelog_hash(uint8_t *entry);

#endif
