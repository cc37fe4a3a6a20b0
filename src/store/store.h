/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store's layout on a volume (docs/store-format.md, USMT specification 10):
 *   STOREPATH\USMT\catalog.db         the catalog, named last: without it it is no store
 *   STOREPATH\USMT\catalog.db.sha256  its checksum, as sha256sum writes it
 *   STOREPATH\USMT\catalog.new        while a capture or a deletion is under way
 *   STOREPATH\USMT\part-of            instead of a catalog: its volume's part of a store whose
 *                                     catalog is on another volume
 *   STOREPATH\USMT\wipe.state         "started" or "done" once a wipe relies on the store
 *   STOREPATH\USMT\restore.state      the same once it is being restored, and since when
 *   STOREPATH\USMT\File\C$\...        the hard links, in the tree of the captured volume
 */
#ifndef HOLDFAST_STORE_STORE_H
#define HOLDFAST_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "store/catalog.h"
#include "volume/fs.h"

enum store_state {
	STORE_NONE,	  /* nothing there, or an empty directory */
	STORE_INCOMPLETE, /* a store without a complete catalog: an interrupted capture or deletion
			   */
	STORE_COMPLETE,
	STORE_IS_PART, /* belongs to the store with the id that store_part_id() tells */
	STORE_OTHER,   /* something that is not a store: must not be touched */
};

/*
 * What is at PATH ("\USMTMIG" or "C:\USMTMIG") of FS, told by the names in its USMT directory; the
 * catalog itself is checked by store_open_catalog(). Says nothing unless reading fails.
 */
int store_examine(struct fs *fs, const char *path, enum store_state *state);

/*
 * Can a store be made at PATH: no component may be a junction (it would not be where Windows looks
 * for it) or a file, and none above it another store. HF_EREFUSED with a message when not.
 */
int store_check_place(struct fs *fs, const char *path);

/*
 * Makes the empty skeleton of a new store at PATH and every missing directory above it, all with
 * access for SYSTEM and Administrators only. FILES_ROOT becomes the File directory (hidden).
 * HF_EEXIST when something is there that is not an empty directory.
 */
int store_create(struct fs *fs, const char *path, fs_ref *files_root);

/* Gives a directory or file of the store the owner Administrators and access for SYSTEM and
 * Administrators only. */
int store_protect(struct fs *fs, fs_ref ref);

/* Finds the open file system with drive LETTER, or NULL: where copies in a store come from. */
struct store_volumes {
	struct fs *(*find)(void *ctx, char letter);
	void *ctx;
};

/*
 * Could the store, or part of one, at PATH be deleted? HF_EREFUSED with a message when it is none,
 * or when it holds the last name of a file (after a wipe, or when the original was deleted since)
 * or a copy whose original cannot be found on VOLUMES (may be NULL): deleting it would lose that
 * file. An incomplete one that is STORE_RESTORE_SPENT goes with what only it holds.
 */
int store_check_delete(struct fs *fs, const char *path, const struct store_volumes *volumes);

/* Files that only the store holds: deleting it would lose them. */
struct store_losses {
	uint64_t files, bytes;
};

/* Counts them, as store_check_delete() would refuse them, and names the first in warnings. */
int store_survey_losses(struct fs *fs, const char *path, const struct store_volumes *volumes,
			struct store_losses *losses);

/*
 * Makes the store incomplete, on the medium: the first step of deleting it. restore.state stays to
 * the end, so that an interrupted deletion can be told from an interrupted capture.
 */
int store_retire(struct fs *fs, const char *path);

/*
 * Deletes the store or part of one at PATH (complete or not) after store_check_delete(): its
 * catalog first, so that no half-deleted store looks complete, then the links; the files' other
 * names are not touched.
 */
int store_delete(struct fs *fs, const char *path, const struct store_volumes *volumes);

/* The same without the check: files that only the store holds are lost. */
int store_delete_whatever(struct fs *fs, const char *path);

/* Writes CATALOG with state "complete": synced links, then catalog.new, sync, then its final name.
 */
int store_finish(struct fs *fs, const char *path, struct catalog *catalog);

/*
 * The same for a part of the store ID (CATALOG_ID_SIZE) on another volume, which gets "part-of" in
 * place of a catalog. Comes before the master's store_finish().
 */
int store_finish_part(struct fs *fs, const char *path, const char *id);

/* The id of the store that the part at PATH belongs to. HF_ECORRUPT without message if unreadable.
 */
int store_part_id(struct fs *fs, const char *path, char id[CATALOG_ID_SIZE]);

/*
 * Reads the catalog of a complete store. HF_ENOENT: there is no store; HF_EREFUSED: it is not
 * complete, or not a store; HF_ECORRUPT: damaged. Each with a message.
 */
int store_open_catalog(struct fs *fs, const char *path, struct catalog **out);

/*
 * Looks for stores one and two directories below the root. Calls VISIT with each one's path
 * ("\USMTMIG") and state (STORE_INCOMPLETE, STORE_COMPLETE or STORE_IS_PART). 0, or the first
 * non-zero return of VISIT.
 */
int store_find(struct fs *fs, int (*visit)(void *ctx, const char *path, enum store_state state),
	       void *ctx);

/* How far a wipe that relies on the store has come. */
enum store_wipe { STORE_NOT_WIPED, STORE_WIPE_STARTED, STORE_WIPE_DONE };

/* Reads and writes that; after writing it is on the medium. */
int store_wipe_state(struct fs *fs, const char *path, enum store_wipe *state);
int store_set_wipe_state(struct fs *fs, const char *path, enum store_wipe state);

/* How far a restore from the store has come, and then its deletion. */
enum store_restore {
	STORE_NOT_RESTORED,
	STORE_RESTORE_STARTED,
	STORE_RESTORE_DONE,
	STORE_RESTORE_SPENT,	/* compared; nobody needs what only the store still holds */
	STORE_RESTORE_DELETING, /* that is gone: whatever has its last name there must stay */
};

/*
 * Reads that, with SINCE when it began (100 ns since 1601-01-01 UTC; 0: never); and writes another
 * one: after that it is on the medium.
 */
int store_restore_state(struct fs *fs, const char *path, enum store_restore *state,
			uint64_t *since);
int store_set_restore_state(struct fs *fs, const char *path, enum store_restore state,
			    uint64_t since);

#endif
