// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening and closing MFT records safely, what an errno of the library means, and which files are
 * NTFS's own.
 */
#include <errno.h>

#include "volume/ntfs_private.h"

/* More objects below $Extend than any Windows has: the rest of a hostile one is not looked at. */
#define EXTEND_MAX 65536

fs_ref ntfs_ref_of(const ntfs_inode *ni)
{
	return (fs_ref)ni->mft_no | (fs_ref)le16_to_cpu(ni->mrec->sequence_number) << 48;
}

int ntfs_error(const struct ntfs_fs *nfs, int errnum)
{
	switch (errnum) {
	case ENOMEM:
		return HF_ENOMEM;
	case ENOSPC:
		return HF_ENOSPC;
	case EEXIST:
		return HF_EEXIST;
	case EROFS:
		return HF_EREADONLY;
	case ENOTEMPTY:
		return HF_EREFUSED;
	case EOPNOTSUPP:
		return HF_EUNSUPPORTED;
	case EMLINK:
		return HF_ELIMIT;
	case EACCES:
	case EPERM:
		return HF_EACCES;
	default:
		return nfs->medium.failed ? HF_EIO : HF_ECORRUPT;
	}
}

static const char *hint_for(int rc)
{
	switch (rc) {
	case HF_EIO:
		return " Check cables and the disk's SMART values, and copy the disk before "
		       "anything else.";
	case HF_ECORRUPT:
		return " The file system is damaged here: run chkdsk /f on it, in Windows or from "
		       "its installation medium.";
	case HF_ENOSPC:
		return " The volume is full: free some space on it.";
	default:
		return "";
	}
}

int ntfs_fail(struct ntfs_fs *nfs, const char *what, fs_ref ref)
{
	int errnum = errno;
	int rc = ntfs_error(nfs, errnum);

	log_error("Volume %s: cannot %s (MFT record %llu): %s.%s", nfs->name, what,
		  (unsigned long long)FS_RECORD(ref), hf_strerror(rc), hint_for(rc));
	log_info("Volume %s: the library said: %s", nfs->name, strerror(errnum));
	return rc;
}

int ntfs_fail_change(struct ntfs_fs *nfs, const char *what, fs_ref ref)
{
	int rc = ntfs_fail(nfs, what, ref);

	nfs->suspect = true;
	nfs->damaged |= rc == HF_ECORRUPT;
	return rc;
}

int ntfs_get(struct ntfs_fs *nfs, fs_ref ref, ntfs_inode **out)
{
	ntfs_inode *ni;

	if (nfs->kept.ni && nfs->kept.ni->mft_no == FS_RECORD(ref)) {
		ni = nfs->kept.ni;
	} else {
		errno = EIO;
		ni = ntfs_inode_open(nfs->vol, FS_RECORD(ref));
		if (!ni && errno != ENOENT)
			return ntfs_fail(nfs, "open a file", ref);
	}
	if (ni && !ni->mrec->base_mft_record && ntfs_ref_of(ni) == ref) {
		*out = ni;
		return 0;
	}
	if (ni && ni != nfs->kept.ni)
		ntfs_inode_close(ni);
	log_error("Volume %s: file number %llu (sequence %u) does not exist (any more).", nfs->name,
		  (unsigned long long)FS_RECORD(ref), FS_SEQUENCE(ref));
	return HF_ENOENT;
}

int ntfs_get_dir(struct ntfs_fs *nfs, fs_ref ref, ntfs_inode **out)
{
	int rc = ntfs_get(nfs, ref, out);

	if (rc || ntfs_is_dir(*out))
		return rc;
	ntfs_put(nfs, *out);
	log_error("Volume %s: file number %llu is not a directory.", nfs->name,
		  (unsigned long long)FS_RECORD(ref));
	return HF_EINVAL;
}

/* Forgets what could not be written, so that closing does not try again and fail. */
static void discard(ntfs_inode *ni)
{
	int i;

	NInoClearDirty(ni);
	NInoAttrListClearDirty(ni);
	NInoFileNameClearDirty(ni);
	for (i = 0; i < ni->nr_extents; i++)
		NInoClearDirty(ni->extent_nis[i]);
	/* Not ntfs_inode_close(): that would keep the record in the cache. */
	ntfs_inode_real_close(ni);
}

int ntfs_put(struct ntfs_fs *nfs, ntfs_inode *ni)
{
	fs_ref ref;
	int rc;

	if (!ni || ni == nfs->kept.ni)
		return 0;
	ref = ntfs_ref_of(ni);
	if ((NInoDirty(ni) || NInoAttrListDirty(ni)) && ntfs_inode_sync(ni)) {
		rc = ntfs_fail_change(nfs, "write back a file's record", ref);
		discard(ni);
		return rc;
	}
	if (ntfs_inode_close(ni))
		return ntfs_fail_change(nfs, "close a file's record", ref);
	return 0;
}

int ntfs_put_rc(struct ntfs_fs *nfs, ntfs_inode *ni, int rc)
{
	int closed = ntfs_put(nfs, ni);

	return rc ? rc : closed;
}

const char *ntfs_name_text(const uint16_t *name, unsigned len, char *out, size_t size)
{
	char text[NAME_WTF8_MAX];

	if (text_from_utf16(name, len, text, sizeof(text)) < 0)
		return "?";
	return text_printable(text, out, size);
}

FILE_NAME_ATTR *ntfs_file_name(const ntfs_attr_search_ctx *ctx)
{
	uint32_t size = le32_to_cpu(ctx->attr->value_length);
	uint16_t offset = le16_to_cpu(ctx->attr->value_offset);
	FILE_NAME_ATTR *fn = (FILE_NAME_ATTR *)((u8 *)ctx->attr + offset);

	if (ctx->attr->non_resident || size < sizeof(*fn) ||
	    (uint64_t)offset + size > le32_to_cpu(ctx->attr->length))
		return NULL;
	if (!fn->file_name_length ||
	    offsetof(FILE_NAME_ATTR, file_name) + fn->file_name_length * sizeof(ntfschar) > size)
		return NULL;
	return fn;
}

uint32_t ntfs_reparse_tag(ntfs_inode *ni)
{
	le32 tag = 0;
	ntfs_attr *na;

	if (!(ni->flags & FILE_ATTR_REPARSE_POINT))
		return 0;
	na = ntfs_attr_open(ni, AT_REPARSE_POINT, AT_UNNAMED, 0);
	if (!na)
		return 0;
	if (ntfs_attr_pread(na, 0, sizeof(tag), &tag) != (s64)sizeof(tag))
		tag = 0;
	ntfs_attr_close(na);
	return le32_to_cpu(tag);
}

int ntfs_attr_value(struct ntfs_fs *nfs, ntfs_inode *ni, ATTR_TYPES type, ntfschar *name,
		    unsigned len, size_t max, uint8_t **value, size_t *size)
{
	ntfs_attr *na = ntfs_attr_open(ni, type, name, len);
	uint8_t *buf;
	int rc = 0;

	if (!na)
		return errno == ENOENT ? HF_ENOENT
				       : ntfs_fail(nfs, "open an attribute", ntfs_ref_of(ni));
	if (na->data_size < 0 || (uint64_t)na->data_size > max) {
		ntfs_attr_close(na);
		log_error("Volume %s: an attribute of file number %llu is larger than NTFS allows.",
			  nfs->name, (unsigned long long)ni->mft_no);
		return HF_ELIMIT;
	}
	*size = (size_t)na->data_size;
	buf = malloc(*size + 1);
	if (!buf)
		rc = log_oom();
	else if (ntfs_attr_pread(na, 0, na->data_size, buf) != na->data_size)
		rc = ntfs_fail(nfs, "read an attribute", ntfs_ref_of(ni));
	ntfs_attr_close(na);
	if (rc)
		free(buf);
	else
		*value = buf;
	return rc;
}

static int compare_records(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

struct extend_walk {
	uint64_t *records;
	size_t count, cap;
	fs_ref *dirs; /* still to be walked */
	size_t dir_count, dir_cap;
};

static int extend_entry(void *ctx, const FILE_NAME_ATTR *fn, fs_ref ref)
{
	struct extend_walk *w = ctx;

	if (FS_RECORD(ref) < NTFS_FIRST_USER && FS_RECORD(ref) <= FILE_Extend)
		return 0;
	if (w->count >= EXTEND_MAX)
		return HF_ELIMIT;
	if (array_grow(&w->records, w->count, &w->cap))
		return HF_ENOMEM;
	w->records[w->count++] = FS_RECORD(ref);
	if (!(fn->file_attributes & FILE_ATTR_I30_INDEX_PRESENT))
		return 0;
	if (array_grow(&w->dirs, w->dir_count, &w->dir_cap))
		return HF_ENOMEM;
	w->dirs[w->dir_count++] = ref;
	return 0;
}

static bool open_extend_dir(struct ntfs_fs *nfs, fs_ref ref, ntfs_inode **ni)
{
	if (nfs->kept.ni && nfs->kept.ni->mft_no == FS_RECORD(ref))
		return false;
	*ni = ntfs_inode_open(nfs->vol, FS_RECORD(ref));
	return *ni;
}

/*
 * Lists what is below $Extend. A damaged $Extend only shortens the list: its objects are then
 * hidden, system files that no rule names.
 */
static void read_extend(struct ntfs_fs *nfs)
{
	struct extend_walk w = {0};
	size_t done = 0;
	fs_ref ref = FILE_Extend;
	ntfs_inode *ni;

	for (;;) {
		if (open_extend_dir(nfs, ref, &ni)) {
			if (ntfs_is_dir(ni) && ntfs_index_walk(nfs, ni, extend_entry, &w))
				log_info("Volume %s: the directory $Extend is damaged.", nfs->name);
			ntfs_inode_close(ni);
		}
		/* Each record is queued at most as often as it has names; a loop ends at the limit.
		 */
		if (done >= w.dir_count || w.count >= EXTEND_MAX)
			break;
		ref = w.dirs[done++];
	}
	free(w.dirs);
	if (w.count)
		qsort(w.records, w.count, sizeof(*w.records), compare_records);
	nfs->extend = w.records;
	nfs->extend_count = w.count;
}

bool ntfs_is_metadata(struct ntfs_fs *nfs, fs_ref ref)
{
	uint64_t record = FS_RECORD(ref);

	if (record < NTFS_FIRST_USER)
		return record != FILE_root;
	if (!nfs->extend_known) {
		nfs->extend_known = true;
		read_extend(nfs);
	}
	return nfs->extend_count && bsearch(&record, nfs->extend, nfs->extend_count,
					    sizeof(*nfs->extend), compare_records);
}
