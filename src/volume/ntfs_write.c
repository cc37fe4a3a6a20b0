// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changing a volume: new files and directories, data, attributes, security descriptors, flushing.
 */
#include <errno.h>
#include <sys/xattr.h>

#include "volume/ntfs_private.h"

/* Attributes that set_attributes() may touch: those that only describe, [MS-FSCC] 2.6. */
#define SETTABLE                                                                                   \
	(FS_ATTR_READONLY | FS_ATTR_HIDDEN | FS_ATTR_SYSTEM | FS_ATTR_ARCHIVE | FS_ATTR_OFFLINE)

/*
 * O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA): for new objects in directories without a $Secure id
 * that could be passed on (NTFS 1.x, or a descriptor in the record).
 */
/* In rows: the formatter would put each byte on a line. */
/* clang-format off */
static const uint8_t default_descriptor[] = {
	/* Revision, padding, control (self-relative, DACL present and protected), offsets. */
	0x01, 0x00, 0x04, 0x90, 0x14, 0x00, 0x00, 0x00, 0x24, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x34, 0x00, 0x00, 0x00,
	/* Owner and group: BUILTIN\Administrators. */
	0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00,
	0x20, 0x02, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05,
	0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,
	/* ACL of two entries, 52 bytes. */
	0x02, 0x00, 0x34, 0x00, 0x02, 0x00, 0x00, 0x00,
	/* SYSTEM, full control, for files and directories below too. */
	0x00, 0x03, 0x14, 0x00, 0xff, 0x01, 0x1f, 0x00, 0x01, 0x01, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
	/* Administrators. */
	0x00, 0x03, 0x18, 0x00, 0xff, 0x01, 0x1f, 0x00, 0x01, 0x02, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,
};
/* clang-format on */

int ntfs_begin_write(struct ntfs_fs *nfs)
{
	if (!nfs->base.writable) {
		log_error("Volume %s was opened read-only and is not changed.", nfs->name);
		return HF_EREADONLY;
	}
	if (nfs->suspect) {
		log_error("Volume %s is not changed any more: a change failed half way, and what "
			  "is not on the disk yet is taken back.",
			  nfs->name);
		return HF_EIO;
	}
	if (nfs->dirty_flag_set)
		return journal_wants_commit(nfs->journal) ? ntfs_op_sync(&nfs->base) : 0;
	/* A transaction of its own: in place before the first change of another is. */
	nfs->was_clean = !(nfs->vol->flags & VOLUME_IS_DIRTY);
	int rc = journal_begin(nfs->journal, nfs->was_clean);
	if (rc)
		return ntfs_journal_failed(nfs, rc);
	if (ntfs_volume_write_flags(nfs->vol, nfs->vol->flags | VOLUME_IS_DIRTY))
		return ntfs_fail_change(nfs, "set the volume's dirty flag", FILE_Volume);
	nfs->dirty_flag_set = true;
	return ntfs_commit(nfs);
}

int ntfs_journal_failed(struct ntfs_fs *nfs, int rc)
{
	if (rc == HF_ENOMEM)
		return log_oom();
	nfs->suspect = true;
	if (rc == HF_EIO)
		log_error("Volume %s: the disk did not take the changes. What was committed before "
			  "is safe: check cables and the disk's SMART values, then run the same "
			  "command again.",
			  nfs->name);
	return rc;
}

int ntfs_commit(struct ntfs_fs *nfs)
{
	int rc = nfs->suspect ? HF_EIO : journal_commit(nfs->journal);

	return rc ? ntfs_journal_failed(nfs, rc) : 0;
}

int ntfs_refuse_metadata(struct ntfs_fs *nfs, fs_ref ref, const char *what)
{
	if (!ntfs_is_metadata(nfs, ref))
		return 0;
	log_error("Volume %s: refused to %s MFT record %llu: it is one of NTFS's own files.",
		  nfs->name, what, (unsigned long long)FS_RECORD(ref));
	return HF_EREFUSED;
}

int ntfs_check_name(const uint16_t *name, unsigned len)
{
	bool dots = len && len <= 2 && name[0] == '.' && name[len - 1] == '.';

	if (len && len <= NAME_UNITS_MAX && !dots)
		return 0;
	log_error("A name of %u units, or of dots only, cannot be given to a file.", len);
	return HF_EINVAL;
}

/* What every writing call but link() and unlink() begins with. */
static int begin(struct ntfs_fs *nfs, fs_ref ref, const char *what)
{
	int rc = ntfs_begin_write(nfs);

	if (!rc)
		rc = ntfs_drop_kept(nfs);
	return rc ? rc : ntfs_refuse_metadata(nfs, ref, what);
}

int ntfs_put_security(struct ntfs_fs *nfs, ntfs_inode *ni, const void *sd, size_t len)
{
	struct SECURITY_CONTEXT scx;

	/* The library only looks at the volume in it. */
	memset(&scx, 0, sizeof(scx));
	scx.vol = nfs->vol;
	if (ntfs_set_ntfs_acl(&scx, ni, sd, len, 0))
		return -1;
	/* Makes closing it write the record. */
	ntfs_inode_mark_dirty(ni);
	return 0;
}

/* Names that differ in case alone may stand side by side, as they do where they are captured from.
 */
static int name_is_free(struct ntfs_fs *nfs, ntfs_inode *dir, const uint16_t *name, unsigned len)
{
	char text[NAME_WTF8_MAX];
	int rc = ntfs_index_has(nfs, dir, name, len);

	if (rc == HF_ENOENT)
		return 0;
	if (rc)
		return rc;
	log_error("Volume %s: cannot create \"%s\": the name is taken.", nfs->name,
		  ntfs_name_text(name, len, text, sizeof(text)));
	return HF_EEXIST;
}

/* Creates in the open directory DIR, which is closed here before the new inode. */
static int make_in(struct ntfs_fs *nfs, ntfs_inode *dir, const uint16_t *name, unsigned len,
		   mode_t type, fs_ref *out)
{
	le32 id = test_nino_flag(dir, v3_Extensions) ? dir->security_id : const_cpu_to_le32(0);
	ntfs_inode *ni = NULL;
	int rc = name_is_free(nfs, dir, name, len);

	if (!rc) {
		ni = ntfs_create(dir, id, name, (u8)len, type);
		if (!ni)
			rc = ntfs_fail_change(nfs, "create a file", ntfs_ref_of(dir));
	}
	rc = ntfs_put_rc(nfs, dir, rc);
	if (!ni)
		return rc;
	*out = ntfs_ref_of(ni);
	if (!rc && !id &&
	    ntfs_put_security(nfs, ni, default_descriptor, sizeof(default_descriptor)))
		rc = ntfs_fail_change(nfs, "set a security descriptor", *out);
	return ntfs_put_rc(nfs, ni, rc);
}

static int make(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, mode_t type,
		fs_ref *out)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	ntfs_inode *ni;
	int rc = ntfs_check_name(name, len);

	if (!rc)
		rc = begin(nfs, dir, "create a file in");
	if (!rc)
		rc = ntfs_get_dir(nfs, dir, &ni);
	return rc ? rc : make_in(nfs, ni, name, len, type, out);
}

int ntfs_op_mkdir(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref *out)
{
	return make(fs, dir, name, len, S_IFDIR, out);
}

int ntfs_op_create(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref *out)
{
	return make(fs, dir, name, len, S_IFREG, out);
}

static int write_data(struct ntfs_fs *nfs, ntfs_inode *ni, uint64_t offset, const void *buf,
		      size_t len)
{
	ntfs_attr *na = ntfs_attr_open(ni, AT_DATA, AT_UNNAMED, 0);
	size_t done = 0;
	int rc = 0;

	if (!na)
		return ntfs_fail(nfs, "open a file's data", ntfs_ref_of(ni));
	while (done < len && !rc) {
		s64 n = ntfs_attr_pwrite(na, (s64)(offset + done), (s64)(len - done),
					 (const char *)buf + done);

		if (n > 0)
			done += (size_t)n;
		else
			rc = ntfs_fail(nfs, "write a file's data", ntfs_ref_of(ni));
	}
	if ((na->data_flags & ATTR_IS_COMPRESSED) && ntfs_attr_pclose(na) && !rc)
		rc = ntfs_fail_change(nfs, "write a file's data", ntfs_ref_of(ni));
	ntfs_attr_close(na);
	ntfs_inode_update_times(ni, NTFS_UPDATE_MCTIME);
	return rc;
}

int ntfs_op_write(struct fs *fs, fs_ref ref, uint64_t offset, const void *buf, size_t len)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	size_t done = 0;
	int rc = 0;

	if (offset > INT64_MAX - len) {
		log_error("Volume %s: cannot write behind the largest file size.", nfs->name);
		return HF_EINVAL;
	}
	do {
		size_t n = len - done < NTFS_CHANGE_MAX ? len - done : NTFS_CHANGE_MAX;
		ntfs_inode *ni;

		rc = begin(nfs, ref, "write to");
		if (!rc)
			rc = ntfs_get(nfs, ref, &ni);
		if (!rc)
			rc = ntfs_put_rc(
				nfs, ni,
				write_data(nfs, ni, offset + done, (const char *)buf + done, n));
		done += n;
	} while (!rc && done < len);
	return rc;
}

int ntfs_op_set_security(struct fs *fs, fs_ref ref, const void *sd, size_t len)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	ntfs_inode *ni;
	int rc = begin(nfs, ref, "set the security of");

	if (!rc)
		rc = ntfs_get(nfs, ref, &ni);
	if (rc)
		return rc;
	if (ntfs_put_security(nfs, ni, sd, len)) {
		if (errno == EINVAL) {
			log_error("Volume %s: refused a security descriptor that is not valid.",
				  nfs->name);
			rc = HF_EINVAL;
		} else {
			rc = ntfs_fail_change(nfs, "set a security descriptor", ref);
		}
	}
	return ntfs_put_rc(nfs, ni, rc);
}

int ntfs_op_set_reparse(struct fs *fs, fs_ref ref, const void *data, size_t len)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	ntfs_inode *ni;
	int rc = begin(nfs, ref, "set the reparse point of");

	if (!rc)
		rc = ntfs_get(nfs, ref, &ni);
	if (rc)
		return rc;
	if (ntfs_set_ntfs_reparse_data(ni, data, len, XATTR_REPLACE))
		rc = ntfs_fail_change(nfs, "write a reparse point", ref);
	return ntfs_put_rc(nfs, ni, rc);
}

int ntfs_op_set_attributes(struct fs *fs, fs_ref ref, uint32_t set, uint32_t clear)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	ntfs_inode *ni;
	int rc;

	if ((set | clear) & ~(uint32_t)SETTABLE) {
		log_error("Attributes 0x%x cannot be set or cleared by hand.",
			  (set | clear) & ~(uint32_t)SETTABLE);
		return HF_EINVAL;
	}
	rc = begin(nfs, ref, "set attributes of");
	if (!rc)
		rc = ntfs_get(nfs, ref, &ni);
	if (rc)
		return rc;
	ni->flags = cpu_to_le32((le32_to_cpu(ni->flags) & ~clear) | set);
	NInoFileNameSetDirty(ni);
	ntfs_inode_mark_dirty(ni);
	return ntfs_put(nfs, ni);
}

int ntfs_op_set_times(struct fs *fs, fs_ref ref, const uint64_t times[FS_TIMES])
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	ntfs_inode *ni;
	int rc = begin(nfs, ref, "set the times of");

	if (!rc)
		rc = ntfs_get(nfs, ref, &ni);
	if (rc)
		return rc;
	ni->creation_time = cpu_to_sle64((s64)times[FS_TIME_CREATED]);
	ni->last_data_change_time = cpu_to_sle64((s64)times[FS_TIME_MODIFIED]);
	ni->last_mft_change_time = cpu_to_sle64((s64)times[FS_TIME_CHANGED]);
	ni->last_access_time = cpu_to_sle64((s64)times[FS_TIME_ACCESSED]);
	NInoFileNameSetDirty(ni);
	ntfs_inode_mark_dirty(ni);
	return ntfs_put(nfs, ni);
}

/* Writes back what the library holds of NTFS's own files. */
static int sync_inode(struct ntfs_fs *nfs, ntfs_inode *ni)
{
	if (!ni || !(NInoDirty(ni) || NInoAttrListDirty(ni)))
		return 0;
	return ntfs_inode_sync(ni)
		       ? ntfs_fail_change(nfs, "write back NTFS's own files", ntfs_ref_of(ni))
		       : 0;
}

static int sync_own(struct ntfs_fs *nfs)
{
	ntfs_volume *vol = nfs->vol;
	ntfs_inode *own[] = {vol->secure_ni, vol->lcnbmp_ni, vol->mft_ni, vol->mftmirr_ni};
	int rc = 0, one;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		one = sync_inode(nfs, own[i]);
		rc = rc ? rc : one;
	}
	return rc;
}

int ntfs_commit_amid(struct ntfs_fs *nfs, ntfs_inode *ni)
{
	int rc;

	if (!journal_wants_commit(nfs->journal))
		return 0;
	rc = sync_inode(nfs, ni);
	if (!rc)
		rc = sync_own(nfs);
	return rc ? rc : ntfs_commit(nfs);
}

int ntfs_op_sync(struct fs *fs)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	int rc;

	if (!fs->writable)
		return 0;
	rc = ntfs_drop_kept(nfs);
	if (!rc)
		rc = sync_own(nfs);
	return rc ? rc : ntfs_commit(nfs);
}
