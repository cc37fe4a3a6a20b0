/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives a file new content as a whole: whatever stops it, the name leads to the old content or to
 * the new one. On top of the table of fs.h.
 */
#ifndef HOLDFAST_VOLUME_FS_REPLACE_H
#define HOLDFAST_VOLUME_FS_REPLACE_H

#include <stddef.h>

#include "volume/fs.h"

/* What is special about the file. */
struct fs_replace {
	const char *what; /* "registry hive": for messages */
	/* What else has to be done to NAME in DIR when it leads to the new file; may be NULL. */
	int (*finish)(struct fs *fs, fs_ref dir, const char *name);
};

/*
 * Makes the LEN bytes of DATA the file at PATH (as in fs_resolve()). When there was one, the new
 * file gets its attributes, times, descriptor and streams and takes its place. The steps, each on
 * the disk before the next:
 *   1  NAME.holdfast-new is written
 *   2  the old file gets a second name, NAME.holdfast-old
 *   3  NAME is taken from the old file and given to the new one
 *   4  HOW->finish; NAME.holdfast-old and NAME.holdfast-new removed
 * Stopped anywhere, NAME is the whole old file or the whole new one, or (within step 3, without a
 * journal) missing with both others there; fs_replace_recover() tidies up. Other names of the old
 * file keep it. When the file is new, its descriptor is that of its folder. HF_ENOENT: no such
 * folder; HF_EAMBIGUOUS: there is an old file beside a new one; both, and what writing returns, are
 * logged.
 */
int fs_replace_file(struct fs *fs, const char *path, const void *data, size_t len,
		    const struct fs_replace *how);

/*
 * Ends what an interrupted fs_replace_file() left at PATH: before step 3 the old file stays, from
 * there on the new one. Does nothing when there is nothing. Errors are logged.
 */
int fs_replace_recover(struct fs *fs, const char *path, const struct fs_replace *how);

#endif
