/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NTFS image files for tests: made with mkntfs, checked from outside the code under test.
 */
#ifndef HOLDFAST_TESTS_NTFS_IMAGE_H
#define HOLDFAST_TESTS_NTFS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "volume/fs.h"
#include "volume/ntfs.h"

/* A scratch directory of this process, removed at exit; static storage. */
const char *image_dir(void);

/* Makes an empty volume of MIB MiB; OPTIONS go to mkntfs. The path is static storage, one per NAME.
 */
const char *image_make(const char *name, unsigned mib, const char *options);

/* Opens PATH without offset; NULL on failure. */
struct fs *image_open(const char *path, enum ntfs_mode mode);

/* A hash over the data of the (sparse) file at PATH, its size and where its holes are. */
uint64_t image_hash(const char *path);

/* Converts ASCII to UTF-16; returns the length. */
unsigned image_units(const char *ascii, uint16_t *units);

/* link(), mkdir() ... by ASCII names. */
int image_link(struct fs *fs, fs_ref file, fs_ref dir, const char *name);
int image_unlink(struct fs *fs, fs_ref dir, const char *name, fs_ref expect);
fs_ref image_mkdir(struct fs *fs, fs_ref dir, const char *name);
fs_ref image_file(struct fs *fs, fs_ref dir, const char *name, const char *text);

/* True when DIR has an entry NAME that is REF. */
bool image_has(struct fs *fs, fs_ref dir, const char *name, fs_ref ref);

/*
 * Walks the whole volume and compares directions: every entry's file knows that name, every
 * name of every file met is in its directory's index, and the entry's size and attributes are the
 * file's. Returns the number of disagreements and counts entries into *ENTRIES (may be NULL).
 */
unsigned image_disagreements(struct fs *fs, unsigned *entries);

struct catalog;
struct gather_result;
struct object_errors;
struct plan;
struct rules;
struct verify_result;

/* plan_make() of FS as C:. */
int image_plan(struct plan *plan, struct fs *fs, const struct rules *rules, const char *store,
	       struct object_errors *errors);
/* Gathers PLAN of volume C: with serial number SERIAL, which FS is, below ROOT into CATALOG. */
int image_gather(struct fs *fs, uint64_t serial, fs_ref root, const struct plan *plan,
		 struct catalog *catalog, struct object_errors *errors,
		 struct gather_result *result);
/* verify_store() for a store C:\Store on FS alone. */
int image_verify(struct fs *fs, struct catalog *catalog, struct verify_result *result);

#endif
