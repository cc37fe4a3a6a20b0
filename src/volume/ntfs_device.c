// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libntfs-3g's device operations on a struct block. The library never sees a file descriptor, and a
 * device opened read-only refuses every write here, before the block does.
 */
#include <errno.h>
#include <fcntl.h>

#include "volume/ntfs_private.h"

static struct ntfs_medium *medium_of(struct ntfs_device *dev)
{
	return dev->d_private;
}

static int dev_open(struct ntfs_device *dev, int flags)
{
	if (NDevOpen(dev)) {
		errno = EBUSY;
		return -1;
	}
	if ((flags & O_ACCMODE) == O_RDONLY) {
		NDevSetReadOnly(dev);
	} else if (!medium_of(dev)->block->writable) {
		errno = EACCES;
		return -1;
	}
	medium_of(dev)->position = 0;
	NDevSetOpen(dev);
	return 0;
}

/* The block itself lives on: whoever opened it closes it. */
static int dev_close(struct ntfs_device *dev)
{
	NDevClearOpen(dev);
	return 0;
}

static s64 dev_seek(struct ntfs_device *dev, s64 offset, int whence)
{
	struct ntfs_medium *m = medium_of(dev);
	int64_t size = (int64_t)m->block->size;
	int64_t base = whence == SEEK_CUR ? m->position : whence == SEEK_END ? size : 0;
	int64_t target;

	if (__builtin_add_overflow(base, offset, &target) || target < 0 || target > size) {
		errno = EINVAL;
		return -1;
	}
	m->position = target;
	return target;
}

/* Turns the block's answer into the library's. */
static s64 answer(struct ntfs_medium *m, int64_t done)
{
	if (done >= 0)
		return done;
	m->failed = true;
	errno = done == HF_ENOSPC ? ENOSPC : EIO;
	return -1;
}

static s64 dev_pread(struct ntfs_device *dev, void *buf, s64 count, s64 offset)
{
	struct ntfs_medium *m = medium_of(dev);

	if (count < 0 || offset < 0) {
		errno = EINVAL;
		return -1;
	}
	return answer(m, m->block->ops->pread(m->block, buf, (size_t)count, (uint64_t)offset));
}

static s64 dev_pwrite(struct ntfs_device *dev, const void *buf, s64 count, s64 offset)
{
	struct ntfs_medium *m = medium_of(dev);

	if (NDevReadOnly(dev)) {
		errno = EROFS;
		return -1;
	}
	if (count < 0 || offset < 0) {
		errno = EINVAL;
		return -1;
	}
	NDevSetDirty(dev);
	return answer(m, m->block->ops->pwrite(m->block, buf, (size_t)count, (uint64_t)offset));
}

static s64 dev_read(struct ntfs_device *dev, void *buf, s64 count)
{
	struct ntfs_medium *m = medium_of(dev);
	s64 done = dev_pread(dev, buf, count, m->position);

	if (done > 0)
		m->position += done;
	return done;
}

static s64 dev_write(struct ntfs_device *dev, const void *buf, s64 count)
{
	struct ntfs_medium *m = medium_of(dev);
	s64 done = dev_pwrite(dev, buf, count, m->position);

	if (done > 0)
		m->position += done;
	return done;
}

static int dev_sync(struct ntfs_device *dev)
{
	struct ntfs_medium *m = medium_of(dev);

	if (NDevReadOnly(dev) || !NDevDirty(dev))
		return 0;
	if (m->block->ops->sync(m->block)) {
		m->failed = true;
		errno = EIO;
		return -1;
	}
	NDevClearDirty(dev);
	return 0;
}

static int dev_stat(struct ntfs_device *dev, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFREG | 0600;
	st->st_size = (off_t)medium_of(dev)->block->size;
	return 0;
}

static int dev_ioctl(struct ntfs_device *dev, unsigned long request, void *argp)
{
	(void)dev;
	(void)request;
	(void)argp;
	errno = EOPNOTSUPP;
	return -1;
}

static struct ntfs_device_operations device_ops = {
	.open = dev_open,
	.close = dev_close,
	.seek = dev_seek,
	.read = dev_read,
	.write = dev_write,
	.pread = dev_pread,
	.pwrite = dev_pwrite,
	.sync = dev_sync,
	.stat = dev_stat,
	.ioctl = dev_ioctl,
};

struct ntfs_device *ntfs_medium_device(struct ntfs_medium *medium, const char *name)
{
	return ntfs_device_alloc(name, 0, &device_ops, medium);
}
