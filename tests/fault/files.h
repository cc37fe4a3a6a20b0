/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must not get lost on a volume: files by name, record and content. */
#ifndef HOLDFAST_TESTS_FAULT_FILES_H
#define HOLDFAST_TESTS_FAULT_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "volume/fs.h"

struct kept_file {
	char *path; /* "\a\b", WTF-8 */
	fs_ref ref;
	uint64_t hash; /* of the unnamed data */
};

struct kept_files {
	struct kept_file *items;
	size_t count, cap;
};

/* Adds all files below directory TOP ("" is the root); not below SKIP when that is not NULL. */
void files_add(struct kept_files *files, struct fs *fs, const char *top, const char *skip);

/* How many of FILES are missing or changed; the first ones are printed as part of WHAT. */
unsigned files_lost(const struct kept_files *files, struct fs *fs, const char *what);

void files_free(struct kept_files *files);

#endif
