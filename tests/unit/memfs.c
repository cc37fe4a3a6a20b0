// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A read-only file system in memory (memfs.h). Objects are numbered from 5 on, the root being 5 as
 * on NTFS.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "memfs.h"
#include "report/error.h"

#define FIRST 5

struct node {
	size_t parent; /* index */
	uint16_t name[NAME_UNITS_MAX];
	unsigned name_len;
	uint32_t tag;
	bool is_dir;
	uint8_t *data;
	size_t len;
	uint8_t *reparse, *security; /* owned; NULL: none */
	size_t reparse_len, security_len;
};

struct memfs {
	struct fs fs;
	struct node *nodes;
	size_t count;
	size_t cap;
};

static struct memfs *of(struct fs *fs)
{
	return (struct memfs *)fs;
}

static struct node *node_of(struct fs *fs, fs_ref ref)
{
	uint64_t i = FS_RECORD(ref) - FIRST;

	return i < of(fs)->count ? &of(fs)->nodes[i] : NULL;
}

static fs_ref ref_of(size_t index)
{
	return (UINT64_C(1) << 48) | (index + FIRST);
}

static fs_ref mem_root(struct fs *fs)
{
	(void)fs;
	return ref_of(0);
}

static uint32_t attributes(const struct node *n)
{
	return (n->is_dir ? FS_ATTR_DIRECTORY : FS_ATTR_ARCHIVE) | (n->tag ? FS_ATTR_REPARSE : 0);
}

static int mem_readdir(struct fs *fs, fs_ref dir, fs_visit visit, void *ctx)
{
	size_t parent = FS_RECORD(dir) - FIRST;
	struct memfs *m = of(fs);

	for (size_t i = 1; i < m->count; i++) {
		const struct node *n = &m->nodes[i];
		struct fs_entry e = {.name = n->name,
				     .name_len = n->name_len,
				     .ref = ref_of(i),
				     .attributes = attributes(n),
				     .reparse_tag = n->tag,
				     .size = n->len};
		int err;

		if (n->parent != parent)
			continue;
		err = visit(ctx, &e);
		if (err)
			return err;
	}
	return 0;
}

static int mem_lookup(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref *out)
{
	size_t parent = FS_RECORD(dir) - FIRST;
	struct memfs *m = of(fs);

	for (size_t i = 1; i < m->count; i++) {
		const struct node *n = &m->nodes[i];

		if (n->parent == parent &&
		    utf16_casecmp(upcase_basic(), n->name, n->name_len, name, len) == 0) {
			*out = ref_of(i);
			return 0;
		}
	}
	return HF_ENOENT;
}

static int mem_stat(struct fs *fs, fs_ref ref, struct fs_stat *out)
{
	const struct node *n = node_of(fs, ref);

	if (!n)
		return HF_ENOENT;
	memset(out, 0, sizeof(*out));
	out->ref = ref;
	out->size = out->allocated = n->len;
	out->attributes = attributes(n);
	out->reparse_tag = n->tag;
	out->names = 1;
	out->is_dir = n->is_dir;
	return 0;
}

static int mem_read(struct fs *fs, fs_ref ref, uint64_t offset, void *buf, size_t len, size_t *done)
{
	const struct node *n = node_of(fs, ref);

	*done = 0;
	if (!n || n->is_dir)
		return HF_EINVAL;
	if (offset >= n->len)
		return 0;
	*done = n->len - offset < len ? n->len - (size_t)offset : len;
	memcpy(buf, n->data + offset, *done);
	return 0;
}

/* A copy of the LEN bytes at FROM; HF_ENOENT when there are none. */
static int copy_out(const uint8_t *from, size_t from_len, uint8_t **data, size_t *len)
{
	if (!from)
		return HF_ENOENT;
	*data = malloc(from_len + 1);
	if (!*data)
		return HF_ENOMEM;
	memcpy(*data, from, from_len);
	*len = from_len;
	return 0;
}

static int mem_reparse(struct fs *fs, fs_ref ref, uint8_t **data, size_t *len)
{
	const struct node *n = node_of(fs, ref);

	return n ? copy_out(n->reparse, n->reparse_len, data, len) : HF_ENOENT;
}

static int mem_security(struct fs *fs, fs_ref ref, uint8_t **data, size_t *len)
{
	const struct node *n = node_of(fs, ref);

	return n ? copy_out(n->security, n->security_len, data, len) : HF_ENOENT;
}

static const struct upcase *mem_upcase(struct fs *fs)
{
	(void)fs;
	return upcase_basic();
}

static int mem_close(struct fs *fs)
{
	struct memfs *m = of(fs);

	for (size_t i = 0; i < m->count; i++) {
		free(m->nodes[i].data);
		free(m->nodes[i].reparse);
		free(m->nodes[i].security);
	}
	free(m->nodes);
	free(m);
	return 0;
}

static const struct fs_ops mem_ops = {
	.root = mem_root,
	.readdir = mem_readdir,
	.lookup = mem_lookup,
	.stat = mem_stat,
	.read = mem_read,
	.reparse = mem_reparse,
	.security = mem_security,
	.upcase = mem_upcase,
	.close = mem_close,
};

/* Finds or makes NAME (LEN bytes) in directory number PARENT. */
static int make(struct memfs *m, size_t parent, const char *name, size_t len, size_t *out)
{
	uint16_t units[NAME_UNITS_MAX];
	int n = text_to_utf16(name, len, units, NAME_UNITS_MAX);
	struct node *node;
	fs_ref ref;

	if (n <= 0)
		return HF_EINVAL;
	if (mem_lookup(&m->fs, ref_of(parent), units, (unsigned)n, &ref) == 0) {
		*out = FS_RECORD(ref) - FIRST;
		return 0;
	}
	if (array_grow(&m->nodes, m->count, &m->cap))
		return HF_ENOMEM;
	node = &m->nodes[m->count];
	memcpy(node->name, units, (size_t)n * sizeof(*units));
	node->name_len = (unsigned)n;
	node->parent = parent;
	node->is_dir = true;
	*out = m->count++;
	return 0;
}

/* Finds or makes PATH; new objects are directories. */
static int make_path(struct memfs *m, const char *path, size_t *out)
{
	size_t at = 0;

	while (*path) {
		size_t len = strcspn(path, "\\");

		if (len > 0) {
			int err = make(m, at, path, len, &at);

			if (err)
				return err;
		}
		path += len;
		path += *path == '\\';
	}
	*out = at;
	return 0;
}

struct fs *memfs_new(void)
{
	struct memfs *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->fs.ops = &mem_ops;
	if (array_grow(&m->nodes, 0, &m->cap)) {
		free(m);
		return NULL;
	}
	m->nodes[0].is_dir = true;
	m->count = 1;
	return &m->fs;
}

int memfs_add(struct fs *fs, const char *path, const void *data, size_t len)
{
	struct memfs *m = of(fs);
	size_t at;
	int err = make_path(m, path, &at);
	uint8_t *copy;

	if (err)
		return err;
	copy = malloc(len + 1);
	if (!copy)
		return HF_ENOMEM;
	if (len > 0)
		memcpy(copy, data, len);
	free(m->nodes[at].data);
	m->nodes[at].data = copy;
	m->nodes[at].len = len;
	m->nodes[at].is_dir = false;
	return 0;
}

int memfs_add_dir(struct fs *fs, const char *path)
{
	size_t at;

	return make_path(of(fs), path, &at);
}

int memfs_set_reparse(struct fs *fs, const char *path, uint32_t tag)
{
	size_t at;
	int err = make_path(of(fs), path, &at);

	if (!err)
		of(fs)->nodes[at].tag = tag;
	return err;
}

int memfs_set_link(struct fs *fs, const char *path, const char *target)
{
	uint8_t data[1024] = {0};
	uint16_t units[256];
	size_t at;
	int n = text_to_utf16(target, strlen(target), units, 256);
	int err = make_path(of(fs), path, &at);

	if (err || n < 0)
		return err ? err : HF_EINVAL;
	/* Little-endian, as the machines that run this are. */
	memcpy(data, &(uint32_t){FS_TAG_MOUNT_POINT}, 4);
	memcpy(data + 4, &(uint16_t){(uint16_t)(8 + 2 * n + 4)}, 2);
	memcpy(data + 10, &(uint16_t){(uint16_t)(2 * n)}, 2);
	memcpy(data + 16, units, 2 * (size_t)n);
	of(fs)->nodes[at].tag = FS_TAG_MOUNT_POINT;
	return copy_out(data, 16 + 2 * (size_t)n + 4, &of(fs)->nodes[at].reparse,
			&of(fs)->nodes[at].reparse_len);
}

int memfs_set_security(struct fs *fs, const char *path, const void *sd, size_t len)
{
	size_t at;
	int err = make_path(of(fs), path, &at);

	return err ? err
		   : copy_out(sd, len, &of(fs)->nodes[at].security,
			      &of(fs)->nodes[at].security_len);
}
