// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making a new object carry everything another one has but its unnamed data: attributes, security,
 * reparse point, extended attributes, named streams, and last its four times. The object id is left
 * out, because it must be unique on the volume.
 */
#include <errno.h>

#include "volume/ntfs_private.h"

#define SMALL_MAX    65536 /* reparse points, extended attributes */
#define EFS_MAX	     (256 * 1024)
#define STREAM_CHUNK 65536

/*
 * Attributes that say something about the object and not about how its data is stored. Compression
 * is a wish for directories; a copied file is stored as it is written.
 */
#define DESCRIPTIVE UINT32_C(0x007e7127)

/* A value read from the source; NULL when it has none. */
struct value {
	uint8_t *data;
	size_t len;
};

struct source {
	uint32_t attributes;
	bool is_dir;
	le32 security_id; /* 0: use DESCRIPTOR */
	struct value descriptor, reparse, ea, efs;
	le32 versions[2]; /* of a directory; here Windows 10 says whether case matters in it */
	sle64 times[FS_TIMES];
	struct ntfs_streams streams;
};

static void source_free(struct source *s)
{
	free(s->descriptor.data);
	free(s->reparse.data);
	free(s->ea.data);
	free(s->efs.data);
	free(s->streams.items);
}

static int read_value(struct ntfs_fs *nfs, ntfs_inode *ni, ATTR_TYPES type, ntfschar *name,
		      unsigned len, size_t max, struct value *out)
{
	int rc = ntfs_attr_value(nfs, ni, type, name, len, max, &out->data, &out->len);

	return rc == HF_ENOENT ? 0 : rc;
}

static int read_descriptor(struct ntfs_fs *nfs, ntfs_inode *ni, struct source *s)
{
	s->security_id = test_nino_flag(ni, v3_Extensions) ? ni->security_id : 0;
	return ntfs_security_of(nfs, ni, &s->descriptor.data, &s->descriptor.len);
}

static STANDARD_INFORMATION *standard_information(ntfs_attr_search_ctx *actx)
{
	if (ntfs_attr_lookup(AT_STANDARD_INFORMATION, NULL, 0, CASE_SENSITIVE, 0, NULL, 0, actx))
		return NULL;
	return (STANDARD_INFORMATION *)((u8 *)actx->attr + le16_to_cpu(actx->attr->value_offset));
}

static int read_versions(struct ntfs_fs *nfs, ntfs_inode *ni, struct source *s)
{
	ntfs_attr_search_ctx *actx = ntfs_attr_get_search_ctx(ni, NULL);
	const STANDARD_INFORMATION *si = actx ? standard_information(actx) : NULL;
	int rc = si ? 0 : ntfs_fail(nfs, "read the attributes of a directory", ntfs_ref_of(ni));

	if (si) {
		s->versions[0] = si->maximum_versions;
		s->versions[1] = si->version_number;
	}
	if (actx)
		ntfs_attr_put_search_ctx(actx);
	return rc;
}

static int apply_versions(ntfs_inode *ni, const struct source *s)
{
	ntfs_attr_search_ctx *actx;
	STANDARD_INFORMATION *si;

	if (!s->versions[0] && !s->versions[1])
		return 0;
	actx = ntfs_attr_get_search_ctx(ni, NULL);
	si = actx ? standard_information(actx) : NULL;
	if (si) {
		si->maximum_versions = s->versions[0];
		si->version_number = s->versions[1];
		ntfs_inode_mark_dirty(actx->ntfs_ino);
	}
	if (actx)
		ntfs_attr_put_search_ctx(actx);
	return si ? 0 : -1;
}

static int read_open_source(struct ntfs_fs *nfs, ntfs_inode *ni, struct source *s)
{
	static ntfschar efs_name[] = {'$', 'E', 'F', 'S'};
	int rc;

	s->attributes = le32_to_cpu(ni->flags);
	s->is_dir = ntfs_is_dir(ni);
	s->times[FS_TIME_CREATED] = ni->creation_time;
	s->times[FS_TIME_MODIFIED] = ni->last_data_change_time;
	s->times[FS_TIME_CHANGED] = ni->last_mft_change_time;
	s->times[FS_TIME_ACCESSED] = ni->last_access_time;
	if ((s->attributes & FS_ATTR_ENCRYPTED) && !s->is_dir) {
		log_error(
			"Volume %s: the file with MFT record %llu is encrypted (EFS) and cannot be "
			"copied. Decrypt it in Windows with \"cipher /d\".",
			nfs->name, (unsigned long long)ni->mft_no);
		return HF_EUNSUPPORTED;
	}
	rc = read_descriptor(nfs, ni, s);
	if (!rc && s->is_dir)
		rc = read_versions(nfs, ni, s);
	if (!rc && (s->attributes & FS_ATTR_REPARSE))
		rc = read_value(nfs, ni, AT_REPARSE_POINT, AT_UNNAMED, 0, SMALL_MAX, &s->reparse);
	if (!rc)
		rc = read_value(nfs, ni, AT_EA, AT_UNNAMED, 0, SMALL_MAX, &s->ea);
	if (!rc && (s->attributes & FS_ATTR_ENCRYPTED))
		rc = read_value(nfs, ni, AT_LOGGED_UTILITY_STREAM, efs_name, 4, EFS_MAX, &s->efs);
	return rc ? rc : ntfs_list_streams(nfs, ni, &s->streams);
}

static int read_source(struct ntfs_fs *nfs, fs_ref from, struct source *s)
{
	ntfs_inode *ni;
	int rc = ntfs_get(nfs, from, &ni);

	return rc ? rc : ntfs_put_rc(nfs, ni, read_open_source(nfs, ni, s));
}

static int apply_security(struct ntfs_fs *nfs, ntfs_inode *ni, const struct source *s)
{
	if (s->security_id && test_nino_flag(ni, v3_Extensions)) {
		ni->security_id = s->security_id;
		return 0;
	}
	return ntfs_put_security(nfs, ni, s->descriptor.data, s->descriptor.len);
}

/* The encryption wish of a directory: the flag and the keys that new files in it would use. */
static int apply_efs(ntfs_inode *ni, const struct source *s)
{
	static ntfschar efs_name[] = {'$', 'E', 'F', 'S'};

	if (!s->efs.data)
		return 0;
	if (ntfs_attr_add(ni, AT_LOGGED_UTILITY_STREAM, efs_name, 4, s->efs.data,
			  (s64)s->efs.len) &&
	    errno != EEXIST)
		return -1;
	ni->flags |= FILE_ATTR_ENCRYPTED;
	return 0;
}

static int apply_values(struct ntfs_fs *nfs, ntfs_inode *ni, const struct source *s)
{
	uint32_t mask = DESCRIPTIVE | (s->is_dir ? FS_ATTR_COMPRESSED : 0);
	fs_ref ref = ntfs_ref_of(ni);

	if (ntfs_is_dir(ni) != s->is_dir) {
		log_error(
			"Volume %s: a file cannot carry the metadata of a directory, nor the other "
			"way round.",
			nfs->name);
		return HF_EINVAL;
	}
	ni->flags = cpu_to_le32((le32_to_cpu(ni->flags) & ~mask) | (s->attributes & mask));
	NInoFileNameSetDirty(ni);
	ntfs_inode_mark_dirty(ni);
	if (apply_security(nfs, ni, s))
		return ntfs_fail_change(nfs, "set a security descriptor", ref);
	if (s->ea.data && s->ea.len && ntfs_set_ntfs_ea(ni, (const char *)s->ea.data, s->ea.len, 0))
		return ntfs_fail_change(nfs, "write extended attributes", ref);
	if (apply_versions(ni, s))
		return ntfs_fail_change(nfs, "mark a directory as case-sensitive", ref);
	if (apply_efs(ni, s))
		return ntfs_fail_change(nfs, "write a directory's encryption keys", ref);
	if (s->reparse.data &&
	    ntfs_set_ntfs_reparse_data(ni, (const char *)s->reparse.data, s->reparse.len, 0))
		return ntfs_fail_change(nfs, "write a reparse point", ref);
	return 0;
}

static bool all_zero(const uint8_t *data, size_t len)
{
	return !len || (!data[0] && !memcmp(data, data + 1, len - 1));
}

/* Copies SIZE bytes; runs of zeros become holes, which truncating makes at the end. */
static int copy_bytes(struct ntfs_fs *nfs, ntfs_attr *from, ntfs_attr *to, s64 size)
{
	uint8_t *buf = malloc(STREAM_CHUNK);
	int rc = buf ? 0 : -1;
	s64 at = 0;

	while (!rc && at < size) {
		s64 n = size - at < STREAM_CHUNK ? size - at : STREAM_CHUNK;

		if (ntfs_attr_pread(from, at, n, buf) != n)
			rc = -1;
		else if (!all_zero(buf, (size_t)n) && ntfs_attr_pwrite(to, at, n, buf) != n)
			rc = -1;
		else if (ntfs_commit_amid(nfs, to->ni))
			rc = -1;
		at += n;
	}
	free(buf);
	if (!rc && to->data_size < size)
		rc = ntfs_attr_truncate(to, size);
	return rc;
}

/* Between two volumes, or within one. */
static int copy_stream(struct ntfs_fs *source, struct ntfs_fs *nfs, ntfs_inode *from,
		       ntfs_inode *to, struct ntfs_stream *s)
{
	s64 volume_size = source->vol->nr_clusters << source->vol->cluster_size_bits;
	ntfs_attr *src = ntfs_attr_open(from, AT_DATA, s->name, s->name_len);
	ntfs_attr *dst = NULL;
	int rc = 0;

	if (!src)
		return ntfs_fail(source, "open a stream", ntfs_ref_of(from));
	if (src->data_size < 0 || src->data_size > volume_size) {
		log_error("Volume %s: a stream of MFT record %llu is larger than the volume.",
			  source->name, (unsigned long long)from->mft_no);
		rc = HF_ELIMIT;
	} else {
		if (!ntfs_attr_exist(to, AT_DATA, s->name, s->name_len) &&
		    ntfs_attr_add(to, AT_DATA, s->name, (u8)s->name_len, NULL, 0))
			rc = ntfs_fail_change(nfs, "create a stream", ntfs_ref_of(to));
		if (!rc)
			dst = ntfs_attr_open(to, AT_DATA, s->name, s->name_len);
		if (!rc && (!dst || copy_bytes(nfs, src, dst, src->data_size)))
			rc = ntfs_fail(source, "copy a stream", ntfs_ref_of(from));
	}
	if (dst)
		ntfs_attr_close(dst);
	ntfs_attr_close(src);
	return rc;
}

static int copy_streams(struct ntfs_fs *source, fs_ref from, struct ntfs_fs *nfs, fs_ref to,
			struct source *s)
{
	ntfs_inode *src, *dst;
	size_t i;
	int rc;

	if (!s->streams.count)
		return 0;
	rc = ntfs_get(source, from, &src);
	if (rc)
		return rc;
	rc = ntfs_get(nfs, to, &dst);
	if (rc)
		return ntfs_put_rc(source, src, rc);
	for (i = 0; i < s->streams.count && !rc; i++)
		rc = copy_stream(source, nfs, src, dst, &s->streams.items[i]);
	/* The source first: closing TO may open directories. */
	rc = ntfs_put_rc(source, src, rc);
	return ntfs_put_rc(nfs, dst, rc);
}

/* Last, in the record and, through closing, in the directory's copy. */
static int apply_times(struct ntfs_fs *nfs, fs_ref to, const struct source *s)
{
	ntfs_inode *ni;
	int rc = ntfs_get(nfs, to, &ni);

	if (rc)
		return rc;
	ni->creation_time = s->times[FS_TIME_CREATED];
	ni->last_data_change_time = s->times[FS_TIME_MODIFIED];
	ni->last_mft_change_time = s->times[FS_TIME_CHANGED];
	ni->last_access_time = s->times[FS_TIME_ACCESSED];
	NInoFileNameSetDirty(ni);
	ntfs_inode_mark_dirty(ni);
	return ntfs_put(nfs, ni);
}

static int apply(struct ntfs_fs *source, fs_ref from, struct ntfs_fs *nfs, fs_ref to,
		 struct source *s)
{
	ntfs_inode *ni;
	int rc = ntfs_get(nfs, to, &ni);

	if (!rc)
		rc = ntfs_put_rc(nfs, ni, apply_values(nfs, ni, s));
	if (!rc)
		rc = copy_streams(source, from, nfs, to, s);
	return rc ? rc : apply_times(nfs, to, s);
}

static int copy_metadata(struct ntfs_fs *source, fs_ref from, struct ntfs_fs *nfs, fs_ref to)
{
	struct source s = {0};
	int rc = ntfs_begin_write(nfs);

	if (!rc)
		rc = ntfs_drop_kept(nfs);
	if (!rc && source != nfs)
		rc = ntfs_drop_kept(source);
	if (!rc)
		rc = ntfs_refuse_metadata(nfs, to, "change");
	/* FROM is closed again before TO is opened: writing an index opens directories by itself.
	 */
	if (!rc)
		rc = read_source(source, from, &s);
	if (source != nfs)
		s.security_id = 0; /* means something on its own volume only */
	if (!rc)
		rc = apply(source, from, nfs, to, &s);
	source_free(&s);
	return rc;
}

int ntfs_op_copy_metadata(struct fs *fs, fs_ref from, fs_ref to)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);

	if (FS_RECORD(from) == FS_RECORD(to)) {
		log_error("Volume %s: metadata cannot be copied to the same file.", nfs->name);
		return HF_EINVAL;
	}
	return copy_metadata(nfs, from, nfs, to);
}

int ntfs_op_import_metadata(struct fs *fs, struct fs *source, fs_ref from, fs_ref to)
{
	if (source->ops != fs->ops)
		return HF_EUNSUPPORTED;
	return copy_metadata(ntfs_fs_of(source), from, ntfs_fs_of(fs), to);
}
