// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Directories: listing, looking up, and the names of a file.
 */
#include <errno.h>

#include "volume/ntfs_private.h"

/* Most bytes of entries held for one directory: some 8 million names. */
#define LISTING_MAX (UINT64_C(1) << 30)

/* An entry as kept in a listing; the name's units follow. */
struct listed {
	fs_ref ref;
	uint64_t size;
	uint32_t attributes;
	uint32_t reparse_tag;
	uint16_t name_len;
	uint16_t unused[3];
};

_Static_assert(sizeof(struct listed) % 8 == 0, "entries lie behind each other");

/* All entries of a directory, so that the visitor may change it while it is visited. */
struct listing {
	uint8_t *data;
	size_t len, cap;
};

static size_t listed_size(unsigned name_len)
{
	return (sizeof(struct listed) + name_len * sizeof(uint16_t) + 7) & ~(size_t)7;
}

static int listing_room(struct listing *l, size_t need)
{
	size_t cap = l->cap ? l->cap * 2 : 16384;
	uint8_t *data;

	if (l->data && l->cap - l->len >= need)
		return 0;
	if (cap > LISTING_MAX)
		return HF_ELIMIT;
	data = realloc(l->data, cap);
	if (!data) {
		log_oom();
		return HF_ENOMEM;
	}
	l->data = data;
	l->cap = cap;
	return 0;
}

static uint32_t win32_attributes(uint32_t raw, bool directory)
{
	raw &= ~(uint32_t)(le32_to_cpu(FILE_ATTR_I30_INDEX_PRESENT) |
			   le32_to_cpu(FILE_ATTR_VIEW_INDEX_PRESENT));
	return directory ? raw | FS_ATTR_DIRECTORY : raw & ~(uint32_t)FS_ATTR_DIRECTORY;
}

static int list_entry(void *ctx, const FILE_NAME_ATTR *fn, fs_ref ref)
{
	struct listing *l = ctx;
	uint32_t raw = le32_to_cpu(fn->file_attributes);
	bool directory = fn->file_attributes & FILE_ATTR_I30_INDEX_PRESENT;
	size_t need = listed_size(fn->file_name_length);
	struct listed *e;
	int rc;

	if (fn->file_name_type == FILE_NAME_DOS)
		return 0;
	/* The root lists itself as ".". */
	if (fn->file_name_length == 1 && fn->file_name[0] == const_cpu_to_le16('.'))
		return 0;
	rc = listing_room(l, need);
	if (rc)
		return rc;
	e = (struct listed *)(l->data + l->len);
	*e = (struct listed){
		.ref = ref,
		.size = (uint64_t)sle64_to_cpu(fn->data_size),
		.attributes = win32_attributes(raw, directory),
		.reparse_tag = raw & FS_ATTR_REPARSE ? le32_to_cpu(fn->reparse_point_tag) : 0,
		.name_len = fn->file_name_length,
	};
	memcpy(e + 1, ntfs_fn_units(fn), fn->file_name_length * sizeof(ntfschar));
	l->len += need;
	return 0;
}

static int visit_listing(struct ntfs_fs *nfs, const struct listing *l, bool metadata,
			 fs_visit visit, void *ctx)
{
	size_t at = 0;
	int rc = 0;

	while (at < l->len && !rc) {
		const struct listed *e = (const struct listed *)(l->data + at);
		struct fs_entry entry = {
			.name = (const uint16_t *)(e + 1),
			.name_len = e->name_len,
			.ref = e->ref,
			.attributes = e->attributes,
			.reparse_tag = e->reparse_tag,
			.size = e->attributes & FS_ATTR_DIRECTORY ? 0 : e->size,
			.is_metadata = metadata || ntfs_is_metadata(nfs, e->ref),
		};

		at += listed_size(e->name_len);
		rc = visit(ctx, &entry);
	}
	return rc;
}

int ntfs_op_readdir(struct fs *fs, fs_ref dir, fs_visit visit, void *ctx)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	struct listing l = {0};
	ntfs_inode *ni;
	int rc = ntfs_get_dir(nfs, dir, &ni);

	if (rc)
		return rc;
	rc = ntfs_index_walk(nfs, ni, list_entry, &l);
	if (rc == HF_ELIMIT)
		log_error("Volume %s: the directory with MFT record %llu has too many names.",
			  nfs->name, (unsigned long long)FS_RECORD(dir));
	rc = ntfs_put_rc(nfs, ni, rc);
	if (!rc)
		rc = visit_listing(nfs, &l, ntfs_is_metadata(nfs, dir), visit, ctx);
	free(l.data);
	return rc;
}

int ntfs_op_lookup(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref *out)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	ntfs_inode *ni;
	int rc;

	if (!len || len > NAME_UNITS_MAX)
		return HF_ENOENT;
	rc = ntfs_get_dir(nfs, dir, &ni);
	if (rc)
		return rc;
	return ntfs_put_rc(nfs, ni, ntfs_index_find(nfs, ni, name, len, out));
}

static int visit_names(struct ntfs_fs *nfs, ntfs_inode *ni, fs_name_visit visit, void *ctx)
{
	ntfs_attr_search_ctx *actx = ntfs_attr_get_search_ctx(ni, NULL);
	int rc = 0;

	if (!actx)
		return log_oom();
	while (!rc &&
	       !ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, NULL, 0, actx)) {
		const FILE_NAME_ATTR *fn = ntfs_file_name(actx);

		if (!fn) {
			errno = EIO;
			rc = ntfs_fail(nfs, "read a file's names", ntfs_ref_of(ni));
		} else if (fn->file_name_type != FILE_NAME_DOS) {
			rc = visit(ctx, le64_to_cpu(fn->parent_directory), ntfs_fn_units(fn),
				   fn->file_name_length);
		}
	}
	if (!rc && errno != ENOENT)
		rc = ntfs_fail(nfs, "read a file's names", ntfs_ref_of(ni));
	ntfs_attr_put_search_ctx(actx);
	return rc;
}

static int collect_name(void *ctx, fs_ref parent, const uint16_t *name, unsigned name_len)
{
	struct listing *l = ctx;
	int rc = listing_room(l, listed_size(name_len));
	struct listed *e;

	if (rc)
		return rc;
	e = (struct listed *)(l->data + l->len);
	*e = (struct listed){.ref = parent, .name_len = (uint16_t)name_len};
	memcpy(e + 1, name, name_len * sizeof(*name));
	l->len += listed_size(name_len);
	return 0;
}

int ntfs_op_names(struct fs *fs, fs_ref ref, fs_name_visit visit, void *ctx)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	struct listing names = {0};
	size_t at = 0;
	ntfs_inode *ni;
	int rc = ntfs_get(nfs, ref, &ni);

	if (rc)
		return rc;
	/* Collected first: the visitor may remove names. */
	rc = ntfs_put_rc(nfs, ni, visit_names(nfs, ni, collect_name, &names));
	while (!rc && at < names.len) {
		const struct listed *e = (const struct listed *)(names.data + at);

		at += listed_size(e->name_len);
		rc = visit(ctx, e->ref, (const uint16_t *)(e + 1), e->name_len);
	}
	free(names.data);
	return rc;
}
