/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the ntfs_*.c files share: the mounted volume and how its inodes are opened and closed. The
 * only header of the project that includes libntfs-3g's.
 *
 * The library keeps no table of open inodes. Two ntfs_inode objects of one MFT record overwrite
 * each other, and closing an inode whose FILE_NAME copies are stale opens its parent directories.
 * So:
 *  - between two calls nothing is open but the KEPT directory, the target of the last link();
 *  - reading calls take it through ntfs_get() when they need the same record;
 *  - every writing call but link() closes it first (ntfs_drop_kept()).
 */
#ifndef HOLDFAST_VOLUME_NTFS_PRIVATE_H
#define HOLDFAST_VOLUME_NTFS_PRIVATE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/* The library's headers test these names of its own config.h. */
#ifndef HAVE_STDARG_H
#define HAVE_STDARG_H	 1
#define HAVE_STDINT_H	 1
#define HAVE_STDIO_H	 1
#define HAVE_STDLIB_H	 1
#define HAVE_STRING_H	 1
#define HAVE_SYS_STAT_H	 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_TIME_H	 1
#endif

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/cache.h>
#include <ntfs-3g/device.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/ea.h>
#include <ntfs-3g/index.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/layout.h>
#include <ntfs-3g/logfile.h>
#include <ntfs-3g/logging.h>
#include <ntfs-3g/mft.h>
#include <ntfs-3g/reparse.h>
#include <ntfs-3g/security.h>
#include <ntfs-3g/volume.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/block.h"
#include "volume/fs.h"
#include "volume/journal.h"
#include "volume/ntfs.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "names are used in place");

/* MFT records below this are NTFS's own or reserved for it; only the root among them is ours. */
#define NTFS_FIRST_USER 24

/* Windows allows 1,024 names a file; one is left for it. */
#define NTFS_NAMES_MAX 1023

/* Bytes of data that one change writes at most, so that the smallest journal has room for it. */
#define NTFS_CHANGE_MAX ((size_t)256 << 10)

/* The device under the library: a struct block with a position. */
struct ntfs_medium {
	struct block *block; /* not owned */
	int64_t position;
	bool failed; /* the block reported an error: not damage but a failing disk */
};

/* A directory kept open between link() calls; names as hashes of their upper-case form. */
struct ntfs_kept {
	ntfs_inode *ni; /* NULL: none */
	fs_ref ref;
	bool names_known; /* HASHES holds every name of the directory */
	uint64_t *hashes; /* open addressing, 0 is empty */
	size_t count, slots;
};

struct ntfs_fs {
	struct fs base;
	struct block *block; /* owned; the journal's */
	struct journal *journal;
	struct ntfs_medium medium;
	ntfs_volume *vol;
	char *name; /* what the user calls the volume */
	struct upcase upcase;
	struct ntfs_kept kept;
	uint64_t *extend; /* records below $Extend, ascending */
	size_t extend_count;
	bool extend_known;
	bool dirty_flag_set; /* with the first change of the session */
	bool was_clean;	     /* the flag was off before it, and goes off again with the last */
	bool suspect;	     /* a change failed half way: it is taken back by closing */
	bool damaged;	     /* because the volume is damaged: the dirty flag stays */
};

static inline struct ntfs_fs *ntfs_fs_of(struct fs *fs)
{
	return (struct ntfs_fs *)fs;
}

/* ntfs_refuse.c: why not, with a message. 0: nothing stands in the way. */
int ntfs_refuse_boot(const char *name, struct block *block);
int ntfs_refuse_health(const char *name, enum ntfs_health health);
/* A dirty volume may be written to when the health check finds nothing wrong with it. */
int ntfs_permit_dirty(struct ntfs_fs *nfs);
/* For errno as mounting left it; for RC of opening PATH. */
int ntfs_mount_failed(struct ntfs_fs *nfs);
int ntfs_open_failed(const char *path, const char *name, int rc);

/* ntfs_device.c: a new library device on MEDIUM (not owned), NULL when out of memory. */
struct ntfs_device *ntfs_medium_device(struct ntfs_medium *medium, const char *name);

/* ntfs_inode.c */

/*
 * Opens REF, checking its sequence number and that it is a base record in use; HF_ENOENT when it is
 * gone. Close with ntfs_put(). Logs.
 */
int ntfs_get(struct ntfs_fs *nfs, fs_ref ref, ntfs_inode **out);
/* The same, and it must be a directory. */
int ntfs_get_dir(struct ntfs_fs *nfs, fs_ref ref, ntfs_inode **out);
/* Closes NI unless it is the kept one; a failed write of it is logged and returned. */
int ntfs_put(struct ntfs_fs *nfs, ntfs_inode *ni);
/* RC of the work on NI, or when that is 0 the one of closing it. */
int ntfs_put_rc(struct ntfs_fs *nfs, ntfs_inode *ni, int rc);
fs_ref ntfs_ref_of(const ntfs_inode *ni);
static inline bool ntfs_is_dir(const ntfs_inode *ni)
{
	return ni->mrec->flags & MFT_RECORD_IS_DIRECTORY;
}
/* The errno of the library as enum hf_error; EIO is damage unless the medium failed. */
int ntfs_error(const struct ntfs_fs *nfs, int errnum);
/* Logs that WHAT (a verb phrase) failed on REF with errno, with a hint; returns ntfs_error(). */
int ntfs_fail(struct ntfs_fs *nfs, const char *what, fs_ref ref);
/* As above, for a change: the volume is SUSPECT from now on. */
int ntfs_fail_change(struct ntfs_fs *nfs, const char *what, fs_ref ref);
/* True for NTFS's own files: records below 24 except the root, and all below $Extend. */
bool ntfs_is_metadata(struct ntfs_fs *nfs, fs_ref ref);
/* NAME as text for messages; SIZE of OUT at least NAME_WTF8_MAX. */
const char *ntfs_name_text(const uint16_t *name, unsigned len, char *out, size_t size);
/* The units of FN's name; the structure is packed but lies on an even address. */
static inline const uint16_t *ntfs_fn_units(const FILE_NAME_ATTR *fn)
{
	return (const void *)((const u8 *)fn + offsetof(FILE_NAME_ATTR, file_name));
}
/* The resident FILE_NAME at CTX when it is sound, else NULL. */
FILE_NAME_ATTR *ntfs_file_name(const ntfs_attr_search_ctx *ctx);
/* The security descriptor of NI into fresh memory. HF_EIO (logged), HF_ENOMEM. */
int ntfs_security_of(struct ntfs_fs *nfs, ntfs_inode *ni, uint8_t **data, size_t *len);

/* The named streams of a file or directory. Zero-initialise; free ITEMS. */
struct ntfs_stream {
	ntfschar name[NAME_UNITS_MAX];
	unsigned name_len;
};
struct ntfs_streams {
	struct ntfs_stream *items;
	size_t count, cap;
};
int ntfs_list_streams(struct ntfs_fs *nfs, ntfs_inode *ni, struct ntfs_streams *out);

/* The reparse tag of NI, 0 when it has none. */
uint32_t ntfs_reparse_tag(ntfs_inode *ni);
/*
 * The value of attribute TYPE (NAME, LEN), at most MAX bytes (HF_ELIMIT), into fresh memory;
 * HF_ENOENT without message when there is none.
 */
int ntfs_attr_value(struct ntfs_fs *nfs, ntfs_inode *ni, ATTR_TYPES type, ntfschar *name,
		    unsigned len, size_t max, uint8_t **value, size_t *size);

/* ntfs_index.c: the $I30 index of a directory, read with every bound checked. */

/* FN and REF are valid during the call only. Return 0 to go on. */
typedef int (*ntfs_index_visit)(void *ctx, const FILE_NAME_ATTR *fn, fs_ref ref);
/* All entries in collation order, DOS names too. Nothing else may be open on DIR's record. */
int ntfs_index_walk(struct ntfs_fs *nfs, ntfs_inode *dir, ntfs_index_visit visit, void *ctx);
/* NAME in DIR: exactly, else case-insensitively. HF_ENOENT without message. */
int ntfs_index_find(struct ntfs_fs *nfs, ntfs_inode *dir, const uint16_t *name, unsigned len,
		    fs_ref *out);
/* Whether NAME, exactly so, is in DIR: 0, or HF_ENOENT without message. */
int ntfs_index_has(struct ntfs_fs *nfs, ntfs_inode *dir, const uint16_t *name, unsigned len);
/* True when DIR's index fits in its record: it is small. */
bool ntfs_index_is_small(ntfs_inode *dir);

/* ntfs_write.c */

/* Call before the first change of every writing operation; sets the volume's dirty flag once. */
int ntfs_begin_write(struct ntfs_fs *nfs);
/* Commits what was changed so far, which must be whole. Logs. */
int ntfs_commit(struct ntfs_fs *nfs);
/*
 * In the middle of a long change of NI, which would be whole if it ended here: commits when the
 * journal wants it.
 */
int ntfs_commit_amid(struct ntfs_fs *nfs, ntfs_inode *ni);
/* The message for a failed journal; returns RC. */
int ntfs_journal_failed(struct ntfs_fs *nfs, int rc);
/* HF_EREFUSED for NTFS's own files. */
int ntfs_refuse_metadata(struct ntfs_fs *nfs, fs_ref ref, const char *what);
int ntfs_check_name(const uint16_t *name, unsigned len);

/* ntfs_link.c */
int ntfs_drop_kept(struct ntfs_fs *nfs);

/* The operations, by file. ntfs_dir.c: */
int ntfs_op_readdir(struct fs *fs, fs_ref dir, fs_visit visit, void *ctx);
int ntfs_op_lookup(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref *out);
int ntfs_op_names(struct fs *fs, fs_ref ref, fs_name_visit visit, void *ctx);
/* ntfs_read.c: */
int ntfs_op_stat(struct fs *fs, fs_ref ref, struct fs_stat *out);
int ntfs_op_read(struct fs *fs, fs_ref ref, uint64_t offset, void *buf, size_t len, size_t *done);
int ntfs_op_reparse(struct fs *fs, fs_ref ref, uint8_t **data, size_t *len);
int ntfs_op_security(struct fs *fs, fs_ref ref, uint8_t **data, size_t *len);
int ntfs_op_space(struct fs *fs, struct fs_space *out);
/* ntfs_write.c: */
int ntfs_op_mkdir(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref *out);
int ntfs_op_create(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref *out);
int ntfs_op_write(struct fs *fs, fs_ref ref, uint64_t offset, const void *buf, size_t len);
int ntfs_op_set_security(struct fs *fs, fs_ref ref, const void *sd, size_t len);
int ntfs_op_set_reparse(struct fs *fs, fs_ref ref, const void *data, size_t len);
int ntfs_op_set_attributes(struct fs *fs, fs_ref ref, uint32_t set, uint32_t clear);
int ntfs_op_set_times(struct fs *fs, fs_ref ref, const uint64_t times[FS_TIMES]);
int ntfs_op_sync(struct fs *fs);
/* ntfs_link.c and ntfs_unlink.c: */
int ntfs_op_link(struct fs *fs, fs_ref file, fs_ref dir, const uint16_t *name, unsigned len);
int ntfs_op_unlink(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref expect);
/* ntfs_copy.c: */
int ntfs_op_same_streams(struct fs *fs, fs_ref ref, struct fs *other, fs_ref other_ref);
int ntfs_op_copy_metadata(struct fs *fs, fs_ref from, fs_ref to);
int ntfs_op_import_metadata(struct fs *fs, struct fs *source, fs_ref from, fs_ref to);

/* Puts the descriptor SD (LEN bytes, self-relative) on NI; errno is set on failure. */
int ntfs_put_security(struct ntfs_fs *nfs, ntfs_inode *ni, const void *sd, size_t len);

#endif
