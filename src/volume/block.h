/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lies under an NTFS volume: a run of bytes that can be read, written and flushed, as a table
 * of operations (struct block_ops), so that a journaled device, or in tests one that counts, fails
 * or stops, can be put under libntfs-3g without it or the rest of volume/ knowing. Called by
 * ntfs_device.c only; says nothing itself.
 */
#ifndef HOLDFAST_VOLUME_BLOCK_H
#define HOLDFAST_VOLUME_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "volume/ntfs.h"

struct block;
struct volume;

struct block_ops {
	/*
	 * Reads or writes up to LEN bytes at OFFSET (bytes from the volume's start). Returns the
	 * number of bytes done, less than LEN only at the end of the volume, or a negative enum
	 * hf_error.
	 */
	int64_t (*pread)(struct block *block, void *buf, size_t len, uint64_t offset);
	int64_t (*pwrite)(struct block *block, const void *buf, size_t len, uint64_t offset);
	/* All that was written is on the medium when this returns 0. */
	int (*sync)(struct block *block);
	/* Releases BLOCK, also on failure. */
	int (*close)(struct block *block);
};

/* The base every implementation embeds as its first member. */
struct block {
	const struct block_ops *ops;
	uint64_t size; /* bytes */
	bool writable; /* pwrite may be called */
};

/*
 * Opens SIZE bytes (0: all to the end) at OFFSET of the device or image file PATH. Not WRITABLE:
 * opened O_RDONLY, so that no write can reach the medium. WRITABLE: exclusively; HF_EBUSY when a
 * block device is mounted or held by somebody else, or an image file is locked. Other errors:
 * HF_ENOENT, HF_EACCES, HF_EREADONLY (write-protected device), HF_EINVAL (OFFSET or SIZE outside),
 * HF_EIO, HF_ENOMEM. errno says more.
 */
int block_open_file(const char *path, uint64_t offset, uint64_t size, bool writable,
		    struct block **out);

/* What block_open_file() does, when not NULL: tests put their own disk there. */
extern int (*block_open_hook)(const char *path, uint64_t offset, uint64_t size, bool writable,
			      struct block **out);

/*
 * The volume V for reading, decrypted when it is a BitLocker volume that is open. V must outlive
 * it. Errors as of block_open_file(); says nothing.
 */
int volume_block(const struct volume *v, struct block **out);

/* As volume_block(), for writing too when WRITABLE, with a message that names V's device. */
int volume_block_named(const struct volume *v, bool writable, struct block **out);

/*
 * As ntfs_open(), on BLOCK, which it takes over: closed by fs_close(), or here on failure. For
 * writing the block must be writable.
 */
int ntfs_open_block(struct block *block, const char *name, enum ntfs_mode mode, struct fs **out);

/* As block_open_file(), with a message for the volume that the user calls NAME. */
int block_open_named(const char *path, uint64_t offset, uint64_t size, const char *name,
		     bool writable, struct block **out);

/*
 * As ntfs_health(), on BLOCK, which it takes over. *LABEL (may be NULL) becomes the volume's label
 * in fresh memory, NULL when it has none.
 */
int ntfs_health_block(struct block *block, const char *name, enum ntfs_health *health,
		      char **label);

#endif
