/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known while the hives of one installation are being read: the open hives, the environment
 * that its values are expanded in, and how its paths map to the volumes as they are here. Used
 * within windows only.
 */
#ifndef HOLDFAST_WINDOWS_CONTEXT_H
#define HOLDFAST_WINDOWS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "windows/hive.h"
#include "windows/install.h"
#include "windows/variables.h"

struct fs;
struct str;

/* Finds open file systems by drive letter (upper case). */
struct volume_finder {
	/* NULL when no open volume has LETTER. */
	struct fs *(*find)(void *ctx, char letter);
	void *ctx;
};

struct windows_context {
	struct fs *fs;			     /* its drive: a volume, or a view of Windows.old */
	const struct volume_finder *volumes; /* the others; may be NULL */
	struct windows_install *install;
	struct hive *software;		   /* owned */
	struct hive *system;		   /* owned */
	hive_key control;		   /* the current control set's key in SYSTEM */
	char own_letter;		   /* what the installation itself calls its volume */
	struct variable_table environment; /* as Windows would set it, fully expanded */
	struct variable_table variables;   /* USMT specification 7.1 */
};

/*
 * Opens SOFTWARE and SYSTEM of INSTALL (its directory must be set) on FS. Returns 0, HF_ENOENT when
 * they are not there or are not those of a Windows, or an error after a warning that names the
 * hive.
 */
int context_open(struct windows_context *c, struct fs *fs, struct windows_install *install);

/* Closes hives and frees tables, not C itself. */
void context_close(struct windows_context *c);

/*
 * Opens a hive of C's installation that it can do without; PATH is on FS. NULL with a warning when
 * it cannot be read; CONSEQUENCE says what follows from that.
 */
struct hive *context_open_hive(struct windows_context *c, struct fs *fs, const char *path,
			       const char *consequence);

/*
 * Tells, once for each hive of INSTALL, what is wrong with HIVE, found at PATH: that it is damaged
 * and what is lost; and once for the installation that a hive is dirty. 0 or HF_ENOMEM (logged).
 */
int context_note_hive(struct windows_install *install, const struct hive *hive, const char *path);

/*
 * Replaces OUT by the path TEXT (a hive value): expanded in SCOPE, normalised, with the letter that
 * its drive has here, junctions and links in it followed. A UNC path is only expanded. HF_EINVAL
 * when it is not an absolute path, HF_ELIMIT when it cannot be expanded, HF_ENOMEM.
 */
int context_path(const struct windows_context *c, const struct variable_scope *scope,
		 const char *text, struct str *out);

/* Gives the normalised PATH the letter that C's own drive has here, if it is on that. */
void context_set_letter(const struct windows_context *c, struct str *path);

/* The file system that the absolute PATH lies on, or NULL when it is not at hand. */
struct fs *context_fs_of(const struct windows_context *c, const char *path);

#endif
