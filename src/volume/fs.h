/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mounted file system, as a table of operations (struct fs_ops) so that NTFS in process
 * (volume/ntfs.h) is joined by a plain directory (volume/dir_fs.h) without touching the engine.
 * Objects are named by reference, never by path: on NTFS the MFT record number in the low 48 bits
 * and the sequence number in the high 16, so that a reference to a deleted object is recognised.
 * Names are UTF-16 units in host order, exactly as on disk.
 *
 * Owned by whoever opened it; used by windows (read-only), store and engine. Not thread-safe.
 * Every function returns 0 or a negative enum hf_error unless said otherwise and has logged the
 * reason, except HF_ENOENT from fs_lookup() and fs_resolve(), which is an answer.
 */
#ifndef HOLDFAST_VOLUME_FS_H
#define HOLDFAST_VOLUME_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fs;
struct upcase;
struct str;

typedef uint64_t fs_ref;

#define FS_RECORD(ref)	 ((ref)&UINT64_C(0xffffffffffff))
#define FS_SEQUENCE(ref) ((unsigned)((ref) >> 48))

/* Win32 file attributes ([MS-FSCC] 2.6) that the engine looks at. */
enum fs_attribute {
	FS_ATTR_READONLY = 0x1,
	FS_ATTR_HIDDEN = 0x2,
	FS_ATTR_SYSTEM = 0x4,
	FS_ATTR_DIRECTORY = 0x10,
	FS_ATTR_ARCHIVE = 0x20,
	FS_ATTR_SPARSE = 0x200,
	FS_ATTR_REPARSE = 0x400,
	FS_ATTR_COMPRESSED = 0x800,
	FS_ATTR_OFFLINE = 0x1000,
	FS_ATTR_ENCRYPTED = 0x4000,
	FS_ATTR_RECALL_ON_OPEN = 0x40000,
	FS_ATTR_RECALL_ON_DATA_ACCESS = 0x400000,
};

/* Reparse tags ([MS-FSCC] 2.1.2.1). Cloud placeholders use 0x9000?01A. */
#define FS_TAG_MOUNT_POINT UINT32_C(0xA0000003)
#define FS_TAG_SYMLINK	   UINT32_C(0xA000000C)
#define FS_TAG_DEDUP	   UINT32_C(0x80000013)
#define FS_TAG_WOF	   UINT32_C(0x80000017)
#define FS_TAG_IS_CLOUD(t) (((t)&UINT32_C(0xFFFF0FFF)) == UINT32_C(0x9000001A))

/* One name in a directory, as its index says it; valid during the visit only. */
struct fs_entry {
	const uint16_t *name;
	unsigned name_len; /* UTF-16 units, 1..255 */
	fs_ref ref;
	uint32_t attributes;  /* Win32, with FS_ATTR_DIRECTORY for directories */
	uint32_t reparse_tag; /* 0 when none, or when the index does not tell */
	uint64_t size; /* of the unnamed data in bytes; may be stale for files with several names */
	bool is_metadata; /* one of NTFS's own files ($MFT, $Extend, ...): never touched */
};

/* Returns 0 to go on, anything else to stop; fs_readdir() then returns that. */
typedef int (*fs_visit)(void *ctx, const struct fs_entry *entry);

enum { FS_TIME_CREATED, FS_TIME_MODIFIED, FS_TIME_CHANGED, FS_TIME_ACCESSED, FS_TIMES };

struct fs_stat {
	fs_ref ref;
	uint64_t size;		  /* unnamed data, bytes */
	uint64_t allocated;	  /* clusters of the unnamed data, bytes; 0 when resident */
	uint64_t times[FS_TIMES]; /* 100 ns since 1601-01-01 UTC */
	uint32_t attributes;
	uint32_t reparse_tag;
	uint32_t security_id; /* NTFS 3: $Secure id; 0 when the descriptor is in the record */
	unsigned names;	      /* names without DOS ones: the hard link count a person would count */
	bool resident;	      /* the unnamed data is in the record itself */
	bool is_dir;
	bool is_metadata;
};

struct fs_space {
	uint64_t total;	  /* bytes */
	uint64_t free;	  /* bytes */
	uint32_t cluster; /* bytes */
};

/* A name of a file: the directory that holds it and the name there. */
typedef int (*fs_name_visit)(void *ctx, fs_ref parent, const uint16_t *name, unsigned name_len);

struct fs_ops {
	fs_ref (*root)(struct fs *fs);
	/* All names of directory DIR except "." and ".." and DOS names, in index order. */
	int (*readdir)(struct fs *fs, fs_ref dir, fs_visit visit, void *ctx);
	/* The object called NAME in DIR, case-insensitively (an exact match wins). HF_ENOENT if
	 * none. */
	int (*lookup)(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref *out);
	int (*stat)(struct fs *fs, fs_ref ref, struct fs_stat *out);
	/* Every name of a file or directory, DOS names left out. */
	int (*names)(struct fs *fs, fs_ref ref, fs_name_visit visit, void *ctx);
	/* Reads unnamed data; *DONE is less than LEN only at the end of the data. */
	int (*read)(struct fs *fs, fs_ref ref, uint64_t offset, void *buf, size_t len,
		    size_t *done);
	/* The raw reparse point (tag, length, data) into fresh memory; HF_ENOENT if it has none. */
	int (*reparse)(struct fs *fs, fs_ref ref, uint8_t **data, size_t *len);
	/* The self-relative security descriptor ([MS-DTYP] 2.4.6) into fresh memory; its content is
	 * whatever is on the disk. NULL for a file system without any. */
	int (*security)(struct fs *fs, fs_ref ref, uint8_t **data, size_t *len);
	/*
	 * Have REF and OTHER_REF of OTHER, which is of the same kind as FS, the same named streams?
	 * 1 or 0. NULL for a file system without any.
	 */
	int (*same_streams)(struct fs *fs, fs_ref ref, struct fs *other, fs_ref other_ref);
	int (*space)(struct fs *fs, struct fs_space *out);
	/* The volume's own $UpCase; lives as long as FS. */
	const struct upcase *(*upcase)(struct fs *fs);

	/* From here on: writing; HF_EREADONLY on a file system opened read-only. */

	/*
	 * One more name for FILE, not a directory: NAME in DIR. HF_EEXIST when exactly NAME is
	 * taken; names that differ in case alone may stand side by side, as they may where they are
	 * captured from. HF_ELIMIT (no error message) when FILE has 1,023 names, DOS ones counted:
	 * Windows stops at 1,024.
	 */
	int (*link)(struct fs *fs, fs_ref file, fs_ref dir, const uint16_t *name, unsigned len);
	/*
	 * A new empty directory or file in DIR, with the security descriptor of DIR (SYSTEM and
	 * Administrators only when DIR has none of its own that can be shared) and nothing else of
	 * it. HF_EEXIST when exactly this name is taken.
	 */
	int (*mkdir)(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref *out);
	int (*create)(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref *out);
	/* Writes unnamed data at OFFSET, extending it as needed. */
	int (*write)(struct fs *fs, fs_ref ref, uint64_t offset, const void *buf, size_t len);
	/*
	 * Makes TO (a new object of the same kind) carry FROM's attributes, four times, security
	 * descriptor, reparse point and named streams; not its unnamed data. For directories call
	 * it after they were filled, because filling changes times.
	 */
	int (*copy_metadata)(struct fs *fs, fs_ref from, fs_ref to);
	/*
	 * The same from an object of SOURCE, another volume. HF_EUNSUPPORTED (no message) when
	 * SOURCE is not of the same kind.
	 */
	int (*import_metadata)(struct fs *fs, struct fs *source, fs_ref from, fs_ref to);
	/* Replaces the security descriptor: SD is a self-relative one ([MS-DTYP] 2.4.6). */
	int (*set_security)(struct fs *fs, fs_ref ref, const void *sd, size_t len);
	/* Replaces the reparse point that REF has (tag, length, data: [MS-FSCC] 2.1.2). */
	int (*set_reparse)(struct fs *fs, fs_ref ref, const void *data, size_t len);
	/* Sets and clears Win32 attributes. */
	int (*set_attributes)(struct fs *fs, fs_ref ref, uint32_t set, uint32_t clear);
	/* Sets the four times, which further changes of the object would move again. */
	int (*set_times)(struct fs *fs, fs_ref ref, const uint64_t times[FS_TIMES]);
	/*
	 * Removes NAME from DIR; it must name EXPECT (HF_EREFUSED otherwise). A directory must be
	 * empty. The data goes with the last name. A read-only file needs no attribute change.
	 */
	int (*unlink)(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref expect);
	/* Everything written so far is on the medium when this returns 0. */
	int (*sync)(struct fs *fs);
	/* Syncs (when writable), unmounts and frees FS, also on failure. */
	int (*close)(struct fs *fs);
};

/* The base every implementation embeds as its first member. */
struct fs {
	const struct fs_ops *ops;
	bool writable;
};

/* Thin calls through the table: the names the engine uses. */
static inline fs_ref fs_root(struct fs *fs)
{
	return fs->ops->root(fs);
}
static inline int fs_readdir(struct fs *fs, fs_ref dir, fs_visit visit, void *ctx)
{
	return fs->ops->readdir(fs, dir, visit, ctx);
}
static inline int fs_lookup(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len,
			    fs_ref *out)
{
	return fs->ops->lookup(fs, dir, name, len, out);
}
static inline int fs_stat(struct fs *fs, fs_ref ref, struct fs_stat *out)
{
	return fs->ops->stat(fs, ref, out);
}
static inline int fs_names(struct fs *fs, fs_ref ref, fs_name_visit visit, void *ctx)
{
	return fs->ops->names(fs, ref, visit, ctx);
}
static inline int fs_read(struct fs *fs, fs_ref ref, uint64_t offset, void *buf, size_t len,
			  size_t *done)
{
	return fs->ops->read(fs, ref, offset, buf, len, done);
}
static inline int fs_reparse(struct fs *fs, fs_ref ref, uint8_t **data, size_t *len)
{
	return fs->ops->reparse(fs, ref, data, len);
}
/* HF_ENOENT on a file system without descriptors. */
int fs_security(struct fs *fs, fs_ref ref, uint8_t **data, size_t *len);
/* The same between any two; 0 also when only one of them can have streams. */
int fs_same_streams(struct fs *fs, fs_ref ref, struct fs *other, fs_ref other_ref);
static inline int fs_space(struct fs *fs, struct fs_space *out)
{
	return fs->ops->space(fs, out);
}
static inline const struct upcase *fs_upcase(struct fs *fs)
{
	return fs->ops->upcase(fs);
}
static inline int fs_link(struct fs *fs, fs_ref file, fs_ref dir, const uint16_t *name,
			  unsigned len)
{
	return fs->ops->link(fs, file, dir, name, len);
}
static inline int fs_mkdir(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len,
			   fs_ref *out)
{
	return fs->ops->mkdir(fs, dir, name, len, out);
}
static inline int fs_create(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len,
			    fs_ref *out)
{
	return fs->ops->create(fs, dir, name, len, out);
}
static inline int fs_write(struct fs *fs, fs_ref ref, uint64_t offset, const void *buf, size_t len)
{
	return fs->ops->write(fs, ref, offset, buf, len);
}
static inline int fs_copy_metadata(struct fs *fs, fs_ref from, fs_ref to)
{
	return fs->ops->copy_metadata(fs, from, to);
}
/* copy_metadata() within one volume, import_metadata() between two. */
int fs_carry_metadata(struct fs *source, fs_ref from, struct fs *fs, fs_ref to);
static inline int fs_set_security(struct fs *fs, fs_ref ref, const void *sd, size_t len)
{
	return fs->ops->set_security(fs, ref, sd, len);
}
static inline int fs_set_reparse(struct fs *fs, fs_ref ref, const void *data, size_t len)
{
	return fs->ops->set_reparse(fs, ref, data, len);
}
static inline int fs_set_attributes(struct fs *fs, fs_ref ref, uint32_t set, uint32_t clear)
{
	return fs->ops->set_attributes(fs, ref, set, clear);
}
static inline int fs_set_times(struct fs *fs, fs_ref ref, const uint64_t times[FS_TIMES])
{
	return fs->ops->set_times(fs, ref, times);
}
static inline int fs_unlink(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len,
			    fs_ref expect)
{
	return fs->ops->unlink(fs, dir, name, len, expect);
}
static inline int fs_sync(struct fs *fs)
{
	return fs->ops->sync(fs);
}
/* Accepts NULL. */
static inline int fs_close(struct fs *fs)
{
	return fs ? fs->ops->close(fs) : 0;
}

/* Helpers on top of the table (volume/fs.c). */

/* One path component in WTF-8 (LEN bytes) looked up in DIR. */
int fs_lookup_text(struct fs *fs, fs_ref dir, const char *name, size_t len, fs_ref *out);

/*
 * The object at PATH, components separated by '\', relative to the root; a leading "X:" and '\' are
 * skipped. Reparse points are not followed. HF_ENOENT when a component is missing.
 */
int fs_resolve(struct fs *fs, const char *path, fs_ref *out);

/* Reads the whole unnamed data, at most MAX bytes (HF_ELIMIT above), into fresh memory. */
int fs_read_file(struct fs *fs, fs_ref ref, size_t max, void **data, size_t *len);

/* Makes every missing directory of PATH (as in fs_resolve()); OUT is the last one. */
int fs_make_path(struct fs *fs, const char *path, fs_ref *out);

/*
 * Creates NAME (WTF-8) in DIR with LEN bytes of DATA; HF_EEXIST when taken in any case. OUT may be
 * NULL.
 */
int fs_write_file(struct fs *fs, fs_ref dir, const char *name, const void *data, size_t len,
		  fs_ref *out);

/* The path of REF through its first name, as "\a\b" (root: "\"), appended to PATH. Bounded depth.
 */
int fs_path_of(struct fs *fs, fs_ref ref, struct str *path);

#endif
