// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * struct block_ops on a part of a block device or image file.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/error.h"
#include "volume/block.h"

struct block_file {
	struct block base;
	int fd;
	uint64_t start; /* of the volume in the file, bytes */
};

/* Cuts LEN to what lies inside the volume; 0 at and behind its end. */
static size_t within(const struct block *block, size_t len, uint64_t offset)
{
	if (offset >= block->size)
		return 0;
	return len > block->size - offset ? (size_t)(block->size - offset) : len;
}

static int64_t file_pread(struct block *block, void *buf, size_t len, uint64_t offset)
{
	struct block_file *f = (struct block_file *)block;
	size_t done = 0;

	len = within(block, len, offset);
	while (done < len) {
		ssize_t n = pread(f->fd, (char *)buf + done, len - done,
				  (off_t)(f->start + offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return HF_EIO;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (int64_t)done;
}

static int64_t file_pwrite(struct block *block, const void *buf, size_t len, uint64_t offset)
{
	struct block_file *f = (struct block_file *)block;
	size_t done = 0;

	if (!block->writable)
		return HF_EREADONLY;
	len = within(block, len, offset);
	while (done < len) {
		ssize_t n = pwrite(f->fd, (const char *)buf + done, len - done,
				   (off_t)(f->start + offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return HF_EIO;
		done += (size_t)n;
	}
	return (int64_t)done;
}

static int file_sync(struct block *block)
{
	struct block_file *f = (struct block_file *)block;

	return block->writable && fsync(f->fd) ? HF_EIO : 0;
}

static int file_close(struct block *block)
{
	struct block_file *f = (struct block_file *)block;
	int rc = file_sync(block);

	if (close(f->fd) && !rc)
		rc = HF_EIO;
	free(f);
	return rc;
}

static const struct block_ops file_ops = {
	.pread = file_pread,
	.pwrite = file_pwrite,
	.sync = file_sync,
	.close = file_close,
};

/* The size of the open device or file in bytes; refuses write-protected devices for writing. */
static int measure(int fd, const struct stat *st, bool writable, uint64_t *size)
{
	int readonly = 0;

	if (!S_ISBLK(st->st_mode)) {
		*size = (uint64_t)st->st_size;
		return 0;
	}
	if (ioctl(fd, BLKGETSIZE64, size))
		return HF_EIO;
	if (writable && !ioctl(fd, BLKROGET, &readonly) && readonly) {
		errno = EROFS;
		return HF_EREADONLY;
	}
	return 0;
}

/* Keeps other Holdfasts and QEMU away from an image file while it is written. */
static int lock_image(int fd, uint64_t start, uint64_t size)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)start,
		.l_len = (off_t)size,
	};

	if (!fcntl(fd, F_OFD_SETLK, &lock))
		return 0;
	/* File systems without locks (9p, some network shares) must not keep us from working. */
	return errno == EAGAIN || errno == EACCES ? HF_EBUSY : 0;
}

static int prepare(int fd, uint64_t offset, bool writable, uint64_t *size)
{
	struct stat st;
	uint64_t total;
	int rc;

	if (fstat(fd, &st))
		return HF_EIO;
	if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : ENOTBLK;
		return HF_EINVAL;
	}
	rc = measure(fd, &st, writable, &total);
	if (rc)
		return rc;
	if (offset > total || *size > total - offset) {
		errno = ENXIO;
		return HF_EINVAL;
	}
	if (!*size)
		*size = total - offset;
	return writable && S_ISREG(st.st_mode) ? lock_image(fd, offset, *size) : 0;
}

static int open_error(int errnum)
{
	switch (errnum) {
	case EBUSY:
		return HF_EBUSY;
	case ENOENT:
		return HF_ENOENT;
	case EACCES:
	case EPERM:
		return HF_EACCES;
	case EROFS:
		return HF_EREADONLY;
	case ENOMEM:
		return HF_ENOMEM;
	default:
		return HF_EIO;
	}
}

int (*block_open_hook)(const char *path, uint64_t offset, uint64_t size, bool writable,
		       struct block **out);

int block_open_file(const char *path, uint64_t offset, uint64_t size, bool writable,
		    struct block **out)
{
	int flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK;
	struct block_file *f;
	struct stat st;
	int fd, rc;

	if (block_open_hook)
		return block_open_hook(path, offset, size, writable, out);
	/* Only block devices know O_EXCL without O_CREAT: "nobody else mounts or holds it". */
	if (writable && !stat(path, &st) && S_ISBLK(st.st_mode))
		flags |= O_EXCL;
	fd = open(path, flags);
	if (fd < 0)
		return open_error(errno);
	f = calloc(1, sizeof(*f));
	rc = f ? prepare(fd, offset, writable, &size) : HF_ENOMEM;
	if (rc) {
		int saved = errno;

		close(fd);
		free(f);
		errno = saved;
		return rc;
	}
	f->base = (struct block){.ops = &file_ops, .size = size, .writable = writable};
	f->fd = fd;
	f->start = offset;
	*out = &f->base;
	return 0;
}
