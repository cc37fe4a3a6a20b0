/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file system in memory for tests: a table of paths with bytes, directories implied. Only looking
 * works (root, readdir, lookup, stat, read, reparse, security, upcase, close); names compare by
 * upcase_basic().
 */
#ifndef HOLDFAST_TESTS_MEMFS_H
#define HOLDFAST_TESTS_MEMFS_H

#include <stddef.h>
#include <stdint.h>

#include "volume/fs.h"

/* A new empty file system; NULL when out of memory. Close it with fs_close(). */
struct fs *memfs_new(void);

/* Adds the file PATH ("\a\b.txt", WTF-8) with LEN bytes (copied), or replaces its data. */
int memfs_add(struct fs *fs, const char *path, const void *data, size_t len);

/* Adds the directory PATH and those above it. */
int memfs_add_dir(struct fs *fs, const char *path);

/* Makes the object PATH, which must be there, a reparse point with TAG. */
int memfs_set_reparse(struct fs *fs, const char *path, uint32_t tag);

/* Makes the directory PATH a junction to TARGET ("\\??\\C:\\a", as it is stored). */
int memfs_set_link(struct fs *fs, const char *path, const char *target);

/* Gives the object PATH the security descriptor SD (copied). */
int memfs_set_security(struct fs *fs, const char *path, const void *sd, size_t len);

#endif
