// SPDX-License-Identifier: GPL-2.0-or-later
/* Directories and files of this system that come out of a store. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/text.h"
#include "engine/cancel.h"
#include "engine/extract_private.h"
#include "report/error.h"
#include "report/log.h"

#define PIECE ((size_t)1 << 20) /* read at once */
#define BLOCK ((size_t)4096)	/* smallest hole */
/* A file has this name until it is complete. */
#define UNFINISHED ".holdfast-unfinished"
/* 1601 to 1970 in 100 ns; NTFS's clock */
#define UNIX_EPOCH UINT64_C(116444736000000000)

int extract_host_open(struct extract_host *h, const char *destination, bool overwrite)
{
	*h = (struct extract_host){.root = -1, .dir = -1, .overwrite = overwrite};
	if (!mkdir(destination, 0777) || errno == EEXIST)
		h->root = open(destination, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->root < 0) {
		log_error("%s cannot be extracted to: %s. Name a directory of this system, such as "
			  "the place where a USB stick is mounted.",
			  destination, strerror(errno));
		return HF_EINVAL;
	}
	h->buffer = malloc(PIECE);
	return h->buffer ? 0 : log_oom();
}

void extract_host_leave(struct extract_host *h)
{
	if (h->dir >= 0 && h->dir != h->root)
		close(h->dir);
	h->dir = -1;
	h->at = 0;
}

int extract_host_close(struct extract_host *h, const char *destination)
{
	int err = 0;

	extract_host_leave(h);
	if (h->root >= 0 && syncfs(h->root)) {
		log_error("%s: what was extracted is not safely written: %s.", destination,
			  strerror(errno));
		err = HF_EIO;
	}
	if (h->root >= 0)
		close(h->root);
	free(h->buffer);
	return err;
}

uint64_t extract_host_free(const struct extract_host *h)
{
	struct statvfs st;

	return fstatvfs(h->root, &st) ? UINT64_MAX : (uint64_t)st.f_bavail * st.f_frsize;
}

/* Adds the unit bytes TEXT of one character, as they are or escaped; false when there is no room.
 */
static bool add_character(char *name, size_t *len, size_t max, const unsigned char *text, size_t n,
			  bool escape)
{
	if (*len + (escape ? 3 * n : n) > max)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (escape)
			*len += (size_t)snprintf(name + *len, 4, "%%%02X", text[i]);
		else
			name[(*len)++] = (char)text[i];
	}
	return true;
}

bool extract_host_name(const struct tree_node *node, char name[HOST_NAME_SIZE])
{
	unsigned char text[NAME_WTF8_MAX + 1];
	char tail[24];
	size_t len = 0, max = NAME_MAX;
	int n = text_from_utf16(node->name, node->name_len, (char *)text, NAME_WTF8_MAX);
	bool changed = false, fits = true;

	/* What is cut off gives way to the record's number, so that names stay different. */
	snprintf(tail, sizeof(tail), "~%llx", (unsigned long long)FS_RECORD(node->ref));
	if (n > NAME_MAX)
		max -= strlen(tail);
	for (int i = 0; i < n && fits;) {
		const unsigned char *c = text + i;
		size_t size = *c < 0x80 ? 1 : *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : 4;
		bool escape = *c == '/' || *c == 0xc0 || (*c == 0xed && c[1] >= 0xa0) ||
			      (*c == '.' && (n == 1 || (n == 2 && text[1] == '.')));

		changed |= escape;
		fits = add_character(name, &len, max, c, size, escape);
		i += (int)size;
	}
	if (!fits) {
		if (len > NAME_MAX - strlen(tail)) {
			len = NAME_MAX - strlen(tail);
			while (len && ((unsigned char)name[len] & 0xc0) == 0x80)
				len--;
		}
		strcpy(name + len, tail);
		return true;
	}
	name[len] = '\0';
	return changed;
}

/* Opens directory NAME of DIR, which is made when it is not there. Links are not followed. */
static int enter(int dir, const char *name)
{
	if (mkdirat(dir, name, 0777) && errno != EEXIST)
		return -1;
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int extract_host_enter(struct extract_host *h, const struct tree_node *node)
{
	const struct tree_node *chain[TREE_DEPTH_MAX];
	char name[HOST_NAME_SIZE];
	size_t depth = 0;
	int dir = h->root;

	if (h->dir >= 0 && h->at == node->ref)
		return 0;
	extract_host_leave(h);
	for (; node->parent && depth < TREE_DEPTH_MAX; node = node->parent)
		chain[depth++] = node;
	if (node->parent)
		return errno = ENAMETOOLONG, HF_ELIMIT;
	h->at = depth ? chain[0]->ref : node->ref;
	while (depth) {
		int next;

		extract_host_name(chain[--depth], name);
		next = enter(dir, name);
		if (dir != h->root)
			close(dir);
		dir = next;
		if (dir < 0)
			return hf_from_errno(errno);
	}
	h->dir = dir;
	return 0;
}

static struct timespec unix_time(uint64_t ntfs)
{
	uint64_t t = ntfs > UNIX_EPOCH ? ntfs - UNIX_EPOCH : 0;

	return (struct timespec){.tv_sec = (time_t)(t / 10000000),
				 .tv_nsec = (long)(t % 10000000) * 100};
}

static int set_times(int fd, const struct fs_stat *st)
{
	const struct timespec times[2] = {unix_time(st->times[FS_TIME_ACCESSED]),
					  unix_time(st->times[FS_TIME_MODIFIED])};

	return futimens(fd, times);
}

int extract_host_times(struct extract_host *h, const struct tree_node *node,
		       const struct fs_stat *st)
{
	int err = extract_host_enter(h, node);

	return err ? err : set_times(h->dir, st) ? hf_from_errno(errno) : 0;
}

/* Writes LEN bytes of the buffer at OFFSET, but for blocks of zeros when SPARSE. */
static int write_piece(const struct extract_host *h, int fd, uint64_t offset, size_t len,
		       bool sparse)
{
	static const uint8_t zeros[BLOCK];

	for (size_t at = 0; at < len;) {
		size_t n = len - at < BLOCK ? len - at : BLOCK;

		if (!sparse)
			n = len - at;
		if (!sparse || memcmp(h->buffer + at, zeros, n)) {
			ssize_t done = pwrite(fd, h->buffer + at, n, (off_t)(offset + at));

			if (done <= 0)
				return hf_from_errno(done ? errno : EIO);
			n = (size_t)done;
		}
		at += n;
	}
	return 0;
}

/* The data; *REASON is set for errors of the volume, and stays for those of the host. */
static int copy_data(struct extract_host *h, struct fs *fs, const struct fs_stat *st, int fd,
		     const char **reason)
{
	bool sparse = st->attributes & (FS_ATTR_SPARSE | FS_ATTR_COMPRESSED);
	uint64_t offset = 0;

	while (offset < st->size) {
		size_t done = 0;
		int err = cancel_requested()
				  ? HF_ECANCELLED
				  : fs_read(fs, st->ref, offset, h->buffer, PIECE, &done);

		if (err || !done) {
			*reason = "its data cannot be read from the volume";
			return err ? err : HF_EIO;
		}
		err = write_piece(h, fd, offset, done, sparse);
		if (err)
			return err;
		offset += done;
	}
	return ftruncate(fd, (off_t)st->size) ? hf_from_errno(errno) : 0;
}

int extract_host_file(struct extract_host *h, struct fs *fs, const struct tree_node *node,
		      const struct fs_stat *st, const char **reason)
{
	char name[HOST_NAME_SIZE];
	struct stat there;
	int err, fd;

	*reason = NULL;
	extract_host_name(node, name);
	if (!fstatat(h->dir, name, &there, AT_SYMLINK_NOFOLLOW) &&
	    (!h->overwrite || !S_ISREG(there.st_mode))) {
		*reason = h->overwrite ? "something of its name is there, and is not a file"
				       : "a file of its name is there; /o overwrites it";
		return HF_EEXIST;
	}
	unlinkat(h->dir, UNFINISHED, 0);
	fd = openat(h->dir, UNFINISHED, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0) {
		*reason = strerror(errno);
		return hf_from_errno(errno);
	}
	err = copy_data(h, fs, st, fd, reason);
	if (!err && set_times(fd, st))
		err = hf_from_errno(errno);
	if (close(fd) && !err)
		err = hf_from_errno(errno);
	if (!err && renameat(h->dir, UNFINISHED, h->dir, name))
		err = hf_from_errno(errno);
	if (err && !*reason)
		*reason = strerror(errno);
	if (err)
		unlinkat(h->dir, UNFINISHED, 0);
	return err;
}
