// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading files: what they are, their data, reparse points, and the volume's free space.
 */
#include <errno.h>

#include "volume/ntfs_private.h"

/* [MS-FSCC]: MAXIMUM_REPARSE_DATA_BUFFER_SIZE is 16 KiB; some room for what is not known yet. */
#define REPARSE_MAX 65536

/* More than an access control list of the largest size needs, with its owner and group. */
#define DESCRIPTOR_MAX 131072

static int count_names(struct ntfs_fs *nfs, ntfs_inode *ni, struct fs_stat *st)
{
	ntfs_attr_search_ctx *actx = ntfs_attr_get_search_ctx(ni, NULL);
	int rc = 0;

	if (!actx)
		return log_oom();
	while (!ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, NULL, 0, actx)) {
		const FILE_NAME_ATTR *fn = ntfs_file_name(actx);

		st->names += fn && fn->file_name_type != FILE_NAME_DOS;
	}
	if (errno != ENOENT)
		rc = ntfs_fail(nfs, "read a file's names", ntfs_ref_of(ni));
	ntfs_attr_put_search_ctx(actx);
	return rc;
}

static int stat_data(struct ntfs_fs *nfs, ntfs_inode *ni, struct fs_stat *st)
{
	ntfs_attr *na = ntfs_attr_open(ni, AT_DATA, AT_UNNAMED, 0);

	if (!na)
		return errno == ENOENT ? 0 : ntfs_fail(nfs, "open a file's data", ntfs_ref_of(ni));
	st->size = (uint64_t)na->data_size;
	st->resident = !NAttrNonResident(na);
	if (!st->resident)
		st->allocated = (uint64_t)(na->data_flags & (ATTR_IS_COMPRESSED | ATTR_IS_SPARSE)
						   ? na->compressed_size
						   : na->allocated_size);
	ntfs_attr_close(na);
	return 0;
}

int ntfs_op_stat(struct fs *fs, fs_ref ref, struct fs_stat *out)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	ntfs_inode *ni;
	int rc = ntfs_get(nfs, ref, &ni);

	if (rc)
		return rc;
	memset(out, 0, sizeof(*out));
	out->ref = ref;
	out->is_dir = ntfs_is_dir(ni);
	out->attributes = le32_to_cpu(ni->flags) & 0x0fffffff & ~(uint32_t)FS_ATTR_DIRECTORY;
	if (out->is_dir)
		out->attributes |= FS_ATTR_DIRECTORY;
	out->security_id = le32_to_cpu(ni->security_id);
	out->times[FS_TIME_CREATED] = (uint64_t)sle64_to_cpu(ni->creation_time);
	out->times[FS_TIME_MODIFIED] = (uint64_t)sle64_to_cpu(ni->last_data_change_time);
	out->times[FS_TIME_CHANGED] = (uint64_t)sle64_to_cpu(ni->last_mft_change_time);
	out->times[FS_TIME_ACCESSED] = (uint64_t)sle64_to_cpu(ni->last_access_time);
	out->reparse_tag = ntfs_reparse_tag(ni);
	rc = count_names(nfs, ni, out);
	if (!rc && !out->is_dir)
		rc = stat_data(nfs, ni, out);
	rc = ntfs_put_rc(nfs, ni, rc);
	/* Looks below $Extend, so not while NI is open. */
	out->is_metadata = ntfs_is_metadata(nfs, ref);
	return rc;
}

/*
 * Files whose unnamed data is not what Windows shows: compressed by WOF (compact.exe /exe), in the
 * deduplication store, or only in the cloud. Reading them would silently give zeros.
 */
static int refuse_hollow(struct ntfs_fs *nfs, ntfs_inode *ni)
{
	uint32_t tag = ntfs_reparse_tag(ni);
	uint32_t attributes = le32_to_cpu(ni->flags);
	const char *why;

	if (tag == FS_TAG_WOF)
		why = "it is compressed by Windows itself (WOF, \"compact /exe\")";
	else if (tag == FS_TAG_DEDUP)
		why = "its data is in the volume's deduplication store";
	else if (FS_TAG_IS_CLOUD(tag) &&
		 (attributes & (FS_ATTR_OFFLINE | FS_ATTR_RECALL_ON_DATA_ACCESS)))
		why = "its data is only in the cloud";
	else
		return 0;
	log_error("Volume %s: the file with MFT record %llu cannot be read: %s.", nfs->name,
		  (unsigned long long)ni->mft_no, why);
	return HF_EUNSUPPORTED;
}

static int read_data(struct ntfs_fs *nfs, ntfs_inode *ni, uint64_t offset, void *buf, size_t len,
		     size_t *done)
{
	ntfs_attr *na = ntfs_attr_open(ni, AT_DATA, AT_UNNAMED, 0);
	int rc = 0;

	if (!na)
		return errno == ENOENT ? 0 : ntfs_fail(nfs, "open a file's data", ntfs_ref_of(ni));
	if (offset < (uint64_t)na->data_size) {
		uint64_t left = (uint64_t)na->data_size - offset;
		s64 want = left < len ? (s64)left : (s64)len;
		s64 got = ntfs_attr_pread(na, (s64)offset, want, buf);

		if (got == want)
			*done = (size_t)got;
		else if (na->data_flags & ATTR_IS_ENCRYPTED)
			errno = EACCES,
			rc = ntfs_fail(nfs, "read an encrypted file", ntfs_ref_of(ni));
		else
			rc = ntfs_fail(nfs, "read a file's data", ntfs_ref_of(ni));
	}
	ntfs_attr_close(na);
	return rc;
}

int ntfs_op_read(struct fs *fs, fs_ref ref, uint64_t offset, void *buf, size_t len, size_t *done)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	ntfs_inode *ni;
	int rc = ntfs_get(nfs, ref, &ni);

	*done = 0;
	if (rc)
		return rc;
	rc = refuse_hollow(nfs, ni);
	if (!rc)
		rc = read_data(nfs, ni, offset, buf, len, done);
	return ntfs_put_rc(nfs, ni, rc);
}

int ntfs_op_reparse(struct fs *fs, fs_ref ref, uint8_t **data, size_t *len)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	ntfs_inode *ni;
	int rc = ntfs_get(nfs, ref, &ni);

	if (rc)
		return rc;
	rc = ntfs_attr_value(nfs, ni, AT_REPARSE_POINT, AT_UNNAMED, 0, REPARSE_MAX, data, len);
	return ntfs_put_rc(nfs, ni, rc);
}

int ntfs_security_of(struct ntfs_fs *nfs, ntfs_inode *ni, uint8_t **data, size_t *len)
{
	struct SECURITY_CONTEXT scx;
	int n;

	memset(&scx, 0, sizeof(scx));
	scx.vol = nfs->vol;
	*data = malloc(DESCRIPTOR_MAX);
	if (!*data)
		return log_oom();
	n = ntfs_get_ntfs_acl(&scx, ni, (char *)*data, DESCRIPTOR_MAX);
	if (n > 0 && n <= DESCRIPTOR_MAX) {
		*len = (size_t)n;
		return 0;
	}
	free(*data);
	*data = NULL;
	errno = EIO;
	return ntfs_fail(nfs, "read a security descriptor", ntfs_ref_of(ni));
}

int ntfs_op_security(struct fs *fs, fs_ref ref, uint8_t **data, size_t *len)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	ntfs_inode *ni;
	int rc = ntfs_get(nfs, ref, &ni);

	return rc ? rc : ntfs_put_rc(nfs, ni, ntfs_security_of(nfs, ni, data, len));
}

/* A bitmap may be longer than what it counts; by this many bytes it is believed. */
#define BITMAP_EXCESS (1 << 20)

/*
 * The library counts bitmaps to the end they claim, which on a damaged volume can lie years away:
 * their lengths must fit the clusters and file records that a volume of this size can have.
 */
static bool bitmaps_fit(const struct ntfs_fs *nfs)
{
	const ntfs_volume *vol = nfs->vol;
	uint64_t clusters = nfs->block->size >> vol->cluster_size_bits;
	uint64_t records = nfs->block->size >> vol->mft_record_size_bits;

	return (uint64_t)vol->lcnbmp_na->data_size <= clusters / 8 + BITMAP_EXCESS &&
	       (uint64_t)vol->mftbmp_na->data_size <= records / 8 + BITMAP_EXCESS;
}

static int count_free(struct ntfs_fs *nfs)
{
	if (bitmaps_fit(nfs) && !ntfs_volume_get_free_space(nfs->vol))
		return 0;
	if (!bitmaps_fit(nfs))
		errno = EIO;
	return ntfs_fail(nfs, "read the bitmap of used clusters", FILE_Bitmap);
}

int ntfs_op_space(struct fs *fs, struct fs_space *out)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);

	/* The library counts the bitmap once and keeps the number up to date from then on. */
	if (!NVolFreeSpaceKnown(nfs->vol)) {
		int rc = count_free(nfs);

		if (rc)
			return rc;
	}
	out->cluster = nfs->vol->cluster_size;
	out->total = (uint64_t)nfs->vol->nr_clusters * out->cluster;
	out->free =
		nfs->vol->free_clusters > 0 ? (uint64_t)nfs->vol->free_clusters * out->cluster : 0;
	return 0;
}
