// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The operations of a plain directory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/msdos_fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/dir_private.h"

#define ROOT		 ((fs_ref)1)
#define EPOCH_DIFFERENCE INT64_C(11644473600) /* seconds from 1601 to 1970 */
#define UNITS_PER_SECOND 10000000	      /* of 100 ns */
#define SECTOR		 512
#define DOS_ATTRIBUTES                                                                             \
	((uint32_t)(FS_ATTR_READONLY | FS_ATTR_HIDDEN | FS_ATTR_SYSTEM | FS_ATTR_ARCHIVE))

static struct dir_fs *dir_of(struct fs *fs)
{
	return (struct dir_fs *)fs;
}

/* Says that DOING (NAME in) the object REF failed with ERRNUM. */
static int fail(const struct dir_fs *d, fs_ref ref, const char *doing, int errnum)
{
	struct str path = {0};
	int err = dir_path(d, ref, &path);

	log_error("Volume %s: cannot %s %s: %s.", d->name, doing,
		  err ? "an unknown object" : path.data, strerror(errnum));
	str_free(&path);
	return hf_from_errno(errnum);
}

/* Opens REF; its descriptor, or a negative enum hf_error with a message. */
static int open_ref(const struct dir_fs *d, fs_ref ref, int flags, const char *doing)
{
	struct str path = {0};
	int err = dir_path(d, ref, &path), fd;

	if (err)
		return err == HF_ENOENT ? fail(d, ref, doing, ENOENT) : err;
	fd = openat(d->root, path.data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags);
	if (fd < 0)
		fd = fail(d, ref, doing, errno);
	str_free(&path);
	return fd;
}

static uint64_t nt_time(const struct statx_timestamp *t)
{
	int64_t seconds = t->tv_sec + EPOCH_DIFFERENCE;

	return seconds < 0 ? 0 : (uint64_t)seconds * UNITS_PER_SECOND + t->tv_nsec / 100;
}

/* FAT and exFAT tell the attributes themselves; elsewhere the permissions have to do. */
static uint32_t attributes_of(int fd, const struct statx *sx)
{
	uint32_t kind = S_ISDIR(sx->stx_mode) ? FS_ATTR_DIRECTORY : 0, dos = 0;

	if (fd >= 0 && !ioctl(fd, FAT_IOCTL_GET_ATTRIBUTES, &dos))
		return kind | (dos & DOS_ATTRIBUTES);
	if (kind)
		return kind;
	return FS_ATTR_ARCHIVE | (sx->stx_mode & 0222 ? 0 : FS_ATTR_READONLY);
}

/* Describes NAME in the directory DIR (or DIR itself when NAME is ""). False with errno set. */
static bool describe(int dir, const char *name, struct statx *sx, uint32_t *attributes)
{
	int fd;

	if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
		  STATX_BASIC_STATS | STATX_BTIME, sx))
		return false;
	if (!S_ISDIR(sx->stx_mode) && !S_ISREG(sx->stx_mode))
		return true;
	fd = *name ? openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : dup(dir);
	*attributes = attributes_of(fd, sx);
	if (fd >= 0)
		close(fd);
	return true;
}

static fs_ref op_root(struct fs *fs)
{
	(void)fs;
	return ROOT;
}

/* The names in a directory, as the host has them. */
struct listing {
	char **names;
	size_t count, cap;
};

static void listing_free(struct listing *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lists directory REF in an order that depends on the names alone; *FD stays open for it. */
static int list_dir(struct dir_fs *d, fs_ref ref, struct listing *list, int *fd)
{
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	*list = (struct listing){0};
	*fd = open_ref(d, ref, O_DIRECTORY, "list");
	if (*fd < 0)
		return *fd;
	dir = fdopendir(dup(*fd));
	if (!dir)
		err = fail(d, ref, "list", errno);
	while (dir && !err && (errno = 0, entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (array_grow(&list->names, list->count, &list->cap))
			err = log_oom();
		else if (!(list->names[list->count] = strdup(entry->d_name)))
			err = log_oom();
		else
			list->count++;
	}
	if (!err && errno)
		err = fail(d, ref, "list", errno);
	if (dir)
		closedir(dir);
	if (list->count)
		qsort(list->names, list->count, sizeof(*list->names), compare_names);
	if (err)
		close(*fd);
	return err;
}

/* Visits one NAME of directory REF, open as FD. */
static int visit_name(struct dir_fs *d, fs_ref ref, int fd, const char *name, fs_visit visit,
		      void *ctx)
{
	uint16_t units[NAME_UNITS_MAX];
	struct fs_entry entry = {.name = units};
	int n = text_to_utf16(name, strlen(name), units, NAME_UNITS_MAX), err;
	char shown[512];
	struct statx sx;

	text_printable(name, shown, sizeof(shown));
	if (n <= 0) {
		log_error("Volume %s: the name %s cannot be a name of Windows.", d->name, shown);
		return HF_EINVAL;
	}
	if (!describe(fd, name, &sx, &entry.attributes)) {
		log_error("Volume %s: %s cannot be examined: %s.", d->name, shown, strerror(errno));
		return hf_from_errno(errno);
	}
	if (!S_ISDIR(sx.stx_mode) && !S_ISREG(sx.stx_mode)) {
		log_warning("Volume %s: %s is neither a file nor a folder; it is left out.",
			    d->name, shown);
		return 0;
	}
	err = dir_intern(d, ref, name, &entry.ref);
	if (err)
		return err;
	entry.name_len = (unsigned)n;
	entry.size = S_ISREG(sx.stx_mode) ? sx.stx_size : 0;
	return visit(ctx, &entry);
}

static int op_readdir(struct fs *fs, fs_ref dir, fs_visit visit, void *ctx)
{
	struct dir_fs *d = dir_of(fs);
	struct listing list;
	int fd, err = list_dir(d, dir, &list, &fd);

	if (!err) {
		for (size_t i = 0; i < list.count && !err; i++)
			err = visit_name(d, dir, fd, list.names[i], visit, ctx);
		close(fd);
	}
	listing_free(&list);
	return err;
}

static int op_lookup(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref *out)
{
	struct dir_fs *d = dir_of(fs);
	char wanted[NAME_WTF8_MAX];
	const char *found = NULL;
	struct listing list;
	int fd, err;

	if (text_from_utf16(name, len, wanted, sizeof(wanted)) < 0)
		return HF_ENOENT;
	err = list_dir(d, dir, &list, &fd);
	if (!err)
		close(fd);
	for (size_t i = 0; i < list.count && !err; i++) {
		if (!strcmp(list.names[i], wanted)) {
			found = list.names[i];
			break;
		}
		if (!found && !text_casecmp(upcase_basic(), list.names[i], wanted))
			found = list.names[i];
	}
	if (!err)
		err = found ? dir_intern(d, dir, found, out) : HF_ENOENT;
	listing_free(&list);
	return err;
}

static int op_stat(struct fs *fs, fs_ref ref, struct fs_stat *out)
{
	struct dir_fs *d = dir_of(fs);
	int fd = open_ref(d, ref, 0, "open");
	struct statx sx;

	if (fd < 0)
		return fd;
	*out = (struct fs_stat){.ref = ref, .names = 1};
	if (!describe(fd, "", &sx, &out->attributes)) {
		int errnum = errno;

		close(fd);
		return fail(d, ref, "examine", errnum);
	}
	close(fd);
	out->is_dir = S_ISDIR(sx.stx_mode);
	out->size = out->is_dir ? 0 : sx.stx_size;
	out->allocated = sx.stx_blocks * SECTOR;
	out->times[FS_TIME_MODIFIED] = nt_time(&sx.stx_mtime);
	out->times[FS_TIME_CHANGED] = out->times[FS_TIME_MODIFIED];
	out->times[FS_TIME_ACCESSED] = nt_time(&sx.stx_atime);
	out->times[FS_TIME_CREATED] =
		sx.stx_mask & STATX_BTIME ? nt_time(&sx.stx_btime) : out->times[FS_TIME_MODIFIED];
	return 0;
}

static int op_names(struct fs *fs, fs_ref ref, fs_name_visit visit, void *ctx)
{
	struct dir_fs *d = dir_of(fs);
	uint16_t units[NAME_UNITS_MAX];
	const char *name;
	int n;

	if (ref <= ROOT || ref > d->count)
		return 0;
	name = d->nodes[ref - 1].name;
	n = text_to_utf16(name, strlen(name), units, NAME_UNITS_MAX);
	return n <= 0 ? HF_EINVAL : visit(ctx, d->nodes[ref - 1].parent, units, (unsigned)n);
}

/* Files are mostly read from begin to end, one after the other: the last one stays open. */
static int open_file(struct dir_fs *d, fs_ref ref)
{
	if (d->file >= 0 && d->file_ref == ref)
		return 0;
	if (d->file >= 0)
		close(d->file);
	d->file = open_ref(d, ref, 0, "read");
	if (d->file < 0) {
		int err = d->file;

		d->file = -1;
		return err;
	}
	d->file_ref = ref;
	return 0;
}

static int op_read(struct fs *fs, fs_ref ref, uint64_t offset, void *buf, size_t len, size_t *done)
{
	struct dir_fs *d = dir_of(fs);
	int err = open_file(d, ref);

	*done = 0;
	if (!err && offset > INT64_MAX - len)
		err = HF_EINVAL;
	while (!err && *done < len) {
		ssize_t n =
			pread(d->file, (char *)buf + *done, len - *done, (off_t)(offset + *done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = fail(d, ref, "read", errno);
		if (n <= 0)
			break;
		*done += (size_t)n;
	}
	return err;
}

static int op_reparse(struct fs *fs, fs_ref ref, uint8_t **data, size_t *len)
{
	(void)fs;
	(void)ref;
	(void)data;
	(void)len;
	return HF_ENOENT;
}

static int op_space(struct fs *fs, struct fs_space *out)
{
	struct dir_fs *d = dir_of(fs);
	struct statvfs st;

	if (fstatvfs(d->root, &st))
		return fail(d, ROOT, "examine", errno);
	out->total = (uint64_t)st.f_blocks * st.f_frsize;
	out->free = (uint64_t)st.f_bavail * st.f_frsize;
	out->cluster = (uint32_t)st.f_bsize;
	return 0;
}

static const struct upcase *op_upcase(struct fs *fs)
{
	(void)fs;
	return upcase_basic();
}

static int op_sync(struct fs *fs)
{
	(void)fs;
	return 0;
}

static int op_close(struct fs *fs)
{
	struct dir_fs *d = dir_of(fs);
	int err = 0;

	if (d->file >= 0)
		close(d->file);
	if (d->root >= 0)
		close(d->root);
	if (d->mountpoint)
		err = dir_unmount(d->mountpoint, d->name);
	arena_free(&d->names);
	free(d->nodes);
	free(d->slots);
	free(d->mountpoint);
	free(d->name);
	free(d);
	return err;
}

/* Everything that would change something. */

static int refuse(struct fs *fs)
{
	log_error("Volume %s is only read; nothing on it is changed.", dir_of(fs)->name);
	return HF_EREADONLY;
}

static int op_link(struct fs *fs, fs_ref file, fs_ref dir, const uint16_t *name, unsigned len)
{
	(void)file;
	(void)dir;
	(void)name;
	(void)len;
	return refuse(fs);
}

static int op_make(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref *out)
{
	(void)dir;
	(void)name;
	(void)len;
	(void)out;
	return refuse(fs);
}

static int op_write(struct fs *fs, fs_ref ref, uint64_t offset, const void *buf, size_t len)
{
	(void)ref;
	(void)offset;
	(void)buf;
	(void)len;
	return refuse(fs);
}

static int op_copy_metadata(struct fs *fs, fs_ref from, fs_ref to)
{
	(void)from;
	(void)to;
	return refuse(fs);
}

static int op_set_security(struct fs *fs, fs_ref ref, const void *sd, size_t len)
{
	(void)ref;
	(void)sd;
	(void)len;
	return refuse(fs);
}

static int op_set_attributes(struct fs *fs, fs_ref ref, uint32_t set, uint32_t clear)
{
	(void)ref;
	(void)set;
	(void)clear;
	return refuse(fs);
}

static int op_set_times(struct fs *fs, fs_ref ref, const uint64_t times[FS_TIMES])
{
	(void)ref;
	(void)times;
	return refuse(fs);
}

static int op_unlink(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref expect)
{
	(void)dir;
	(void)name;
	(void)len;
	(void)expect;
	return refuse(fs);
}

static const struct fs_ops dir_ops = {
	.root = op_root,
	.readdir = op_readdir,
	.lookup = op_lookup,
	.stat = op_stat,
	.names = op_names,
	.read = op_read,
	.reparse = op_reparse,
	.space = op_space,
	.upcase = op_upcase,
	.link = op_link,
	.mkdir = op_make,
	.create = op_make,
	.write = op_write,
	.copy_metadata = op_copy_metadata,
	.set_security = op_set_security,
	.set_attributes = op_set_attributes,
	.set_times = op_set_times,
	.unlink = op_unlink,
	.sync = op_sync,
	.close = op_close,
};

int dir_fs_open(const char *path, const char *name, struct fs **out)
{
	struct dir_fs *d = calloc(1, sizeof(*d));
	fs_ref root;
	int err;

	*out = NULL;
	if (!d)
		return log_oom();
	d->fs.ops = &dir_ops;
	d->file = -1;
	d->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d->name = strdup(name);
	if (d->root < 0) {
		log_error("Volume %s: %s cannot be opened: %s.", name, path, strerror(errno));
		err = hf_from_errno(errno);
	} else {
		err = d->name ? dir_intern(d, 0, "", &root) : log_oom();
	}
	if (err) {
		(void)op_close(&d->fs); /* nothing was mounted: it cannot fail */
		return err;
	}
	*out = &d->fs;
	return 0;
}
