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

#endif
