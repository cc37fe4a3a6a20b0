// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening and closing NTFS volumes: health, the session, and the library's own messages. */
#include <errno.h>

#include "volume/check.h"
#include "volume/ntfs_private.h"

/* Lines of the library go to the log file, printable, without their line end. */
__attribute__((format(printf, 6, 0))) static int library_message(const char *function,
								 const char *file, int line,
								 u32 level, void *data,
								 const char *format, va_list args)
{
	int errnum = errno;
	char text[512], clean[1024];
	size_t n;

	(void)file;
	(void)line;
	(void)data;
	vsnprintf(text, sizeof(text), format, args);
	for (n = strlen(text); n && text[n - 1] == '\n'; n--)
		text[n - 1] = '\0';
	text_printable(text, clean, sizeof(clean));
	if (level & (NTFS_LOG_LEVEL_ERROR | NTFS_LOG_LEVEL_CRITICAL))
		log_info("libntfs-3g: %s", clean);
	else if (level & NTFS_LOG_LEVEL_PERROR)
		log_info("libntfs-3g: %s: %s", clean, strerror(errnum));
	else
		log_detail("libntfs-3g: %s: %s", function, clean);
	errno = errnum;
	return 0;
}

/* Mounts MEDIUM; NULL with errno set when the library will not have it. */
static ntfs_volume *mount_medium(struct ntfs_medium *medium, const char *name, bool writable)
{
	struct ntfs_device *dev;
	ntfs_volume *vol;

	ntfs_log_set_handler(library_message);
	dev = ntfs_medium_device(medium, name);
	if (!dev)
		return NULL;
	errno = EIO;
	/* Neither RECOVER nor IGNORE_HIBERFILE: nothing is repaired or removed on the way. */
	vol = ntfs_device_mount(dev, writable ? NTFS_MNT_NONE : NTFS_MNT_RDONLY);
	if (!vol) {
		int saved = errno ? errno : EIO;

		NDevClearOpen(dev);
		ntfs_device_free(dev);
		errno = saved;
		return NULL;
	}
	/* As ntfs_mount() does; opening $Extend\$Reparse fails without them. */
	ntfs_create_lru_caches(vol);
	/* New files in compressed directories are stored as they are. */
	NVolClearCompression(vol);
	return vol;
}

/* The journal: clean, not clean, or of the form in which Windows keeps metadata in its cache. */
static enum ntfs_health journal_health(ntfs_volume *vol)
{
	enum ntfs_health health = NTFS_CLEAN;
	RESTART_PAGE_HEADER *rp = NULL;
	ntfs_inode *ni = ntfs_inode_open(vol, FILE_LogFile);
	ntfs_attr *na = ni ? ntfs_attr_open(ni, AT_DATA, AT_UNNAMED, 0) : NULL;

	if (!na || !ntfs_check_logfile(na, &rp) || !ntfs_is_logfile_clean(na, rp))
		health = NTFS_UNCLEAN;
	/* Version 2.0 is only there while Windows 8 and later has the volume, or in fast start-up.
	 */
	if (rp && rp->major_ver == const_cpu_to_le16(2) && rp->minor_ver == const_cpu_to_le16(0))
		health = NTFS_HIBERNATED;
	free(rp);
	if (na)
		ntfs_attr_close(na);
	if (ni)
		ntfs_inode_close(ni);
	return health;
}

/* The dirty flag of an interrupted session of ours says nothing: its journal is replayed. */
static enum ntfs_health volume_health(ntfs_volume *vol, const struct journal *journal)
{
	enum ntfs_health health;

	if (ntfs_volume_check_hiberfile(vol, 0) && errno == EPERM)
		return NTFS_HIBERNATED;
	health = journal_health(vol);
	if (health != NTFS_CLEAN || !(vol->flags & VOLUME_IS_DIRTY))
		return health;
	return journal_state(journal) == JOURNAL_INTERRUPTED && journal_was_clean(journal)
		       ? NTFS_INTERRUPTED
		       : NTFS_DIRTY;
}

const char *ntfs_health_name(enum ntfs_health health)
{
	switch (health) {
	case NTFS_CLEAN:
		return "clean";
	case NTFS_DIRTY:
		return "dirty";
	case NTFS_UNCLEAN:
		return "unclean";
	case NTFS_HIBERNATED:
		return "hibernated";
	case NTFS_INTERRUPTED:
		return "interrupted";
	case NTFS_UNREADABLE:
		break;
	}
	return "unreadable";
}

/* The volume's label as Windows has it; NULL without one. */
static char *volume_label(ntfs_volume *vol)
{
	s64 size = 0;
	le16 *name = ntfs_attr_readall(vol->vol_ni, AT_VOLUME_NAME, AT_UNNAMED, 0, &size);
	uint16_t units[NAME_UNITS_MAX];
	size_t n = size > 0 ? (size_t)size / 2 : 0;

	for (size_t i = 0; name && i < n && i < NAME_UNITS_MAX; i++)
		units[i] = le16_to_cpu(name[i]);
	free(name);
	return name && n && n <= NAME_UNITS_MAX ? text_dup_utf16(units, n) : NULL;
}

int ntfs_health_block(struct block *block, const char *name, enum ntfs_health *health, char **label)
{
	struct ntfs_medium medium = {0};
	struct journal *journal;
	ntfs_volume *vol;
	int rc = journal_open(block, name, &journal);

	*health = NTFS_UNREADABLE;
	if (rc)
		return rc == HF_ECORRUPT ? 0 : rc;
	medium.block = journal_block(journal);
	vol = mount_medium(&medium, name, false);
	if (vol) {
		*health = volume_health(vol, journal);
		if (label)
			*label = volume_label(vol);
		ntfs_umount(vol, FALSE);
	}
	return medium.block->ops->close(medium.block);
}

int ntfs_health(const char *path, uint64_t offset, uint64_t size, enum ntfs_health *health)
{
	struct block *block;
	int rc = block_open_file(path, offset, size, false, &block);

	*health = NTFS_UNREADABLE;
	return rc ? rc : ntfs_health_block(block, path, health, NULL);
}

static fs_ref op_root(struct fs *fs)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	fs_ref ref = (fs_ref)FILE_root | (fs_ref)FILE_root << 48;
	ntfs_inode *ni;

	if (nfs->kept.ni && nfs->kept.ni->mft_no == FILE_root)
		return nfs->kept.ref;
	ni = ntfs_inode_open(nfs->vol, FILE_root);
	if (ni) {
		ref = ntfs_ref_of(ni);
		ntfs_put(nfs, ni);
	}
	return ref;
}

static const struct upcase *op_upcase(struct fs *fs)
{
	return &ntfs_fs_of(fs)->upcase;
}

static void free_fs(struct ntfs_fs *nfs)
{
	free(nfs->extend);
	free(nfs->kept.hashes);
	free(nfs->name);
	free(nfs);
}

/* The session's last change: the dirty flag as it was before the first one. */
static int clear_dirty_flag(struct ntfs_fs *nfs)
{
	if (!nfs->dirty_flag_set || !nfs->was_clean)
		return 0;
	if (nfs->damaged) {
		log_warning("Volume %s stays marked as dirty because it is damaged: Windows "
			    "checks it at its next start.",
			    nfs->name);
		return 0;
	}
	if (ntfs_volume_write_flags(nfs->vol, nfs->vol->flags & ~VOLUME_IS_DIRTY))
		return ntfs_fail_change(nfs, "clear the volume's dirty flag", FILE_Volume);
	return 0;
}

/* What could not be written once is not tried again by closing, which would then fail too. */
static void forget_changes(ntfs_volume *vol)
{
	ntfs_inode *own[] = {vol->secure_ni, vol->vol_ni, vol->lcnbmp_ni, vol->mft_ni,
			     vol->mftmirr_ni};
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (!own[i])
			continue;
		NInoClearDirty(own[i]);
		NInoAttrListClearDirty(own[i]);
		NInoFileNameClearDirty(own[i]);
	}
}

static int unmount(struct ntfs_fs *nfs)
{
	ntfs_volume *vol = nfs->vol;

	nfs->vol = NULL;
	if (!ntfs_umount(vol, FALSE))
		return 0;
	log_error("Volume %s was not closed properly: its last changes could not be written.",
		  nfs->name);
	return nfs->medium.failed ? HF_EIO : HF_ECORRUPT;
}

/* Everything is committed, then the flag, then the journal has nothing more to do. */
static int end_session(struct ntfs_fs *nfs)
{
	int rc = ntfs_op_sync(&nfs->base), one;

	if (!rc)
		rc = clear_dirty_flag(nfs);
	if (rc)
		forget_changes(nfs->vol);
	one = unmount(nfs);
	rc = rc ? rc : one;
	if (!rc)
		rc = ntfs_commit(nfs);
	if (!rc && journal_end(nfs->journal))
		rc = ntfs_journal_failed(nfs, HF_EIO);
	return rc;
}

/* What looked like damage may have been a lack of memory: the health check knows. */
static bool is_sound(struct ntfs_fs *nfs)
{
	const struct check_options options = {0};
	struct check_result result;

	return !check_volume(nfs->block, &options, &result) && !result.errors;
}

/*
 * After a change that failed half way: what is on the disk is whole, the rest is forgotten. The
 * library's picture of the volume is not trusted any more; a fresh one takes the flag back.
 */
static int take_back(struct ntfs_fs *nfs)
{
	if (nfs->kept.ni)
		ntfs_inode_close(nfs->kept.ni);
	nfs->kept = (struct ntfs_kept){.hashes = nfs->kept.hashes, .slots = nfs->kept.slots};
	forget_changes(nfs->vol);
	ntfs_umount(nfs->vol, FALSE);
	journal_discard(nfs->journal);
	nfs->medium.failed = nfs->suspect = false;
	nfs->damaged = nfs->damaged && !is_sound(nfs);
	nfs->vol = mount_medium(&nfs->medium, nfs->name, true);
	return nfs->vol ? end_session(nfs) : HF_EIO;
}

static int close_writable(struct ntfs_fs *nfs)
{
	int rc = nfs->suspect ? HF_EIO : end_session(nfs);

	if (nfs->suspect && nfs->vol && take_back(nfs))
		log_warning("Volume %s stays marked as dirty: the next Holdfast command that "
			    "changes it finishes what this one could not.",
			    nfs->name);
	return rc;
}

static int op_close(struct fs *fs)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	int rc = fs->writable ? close_writable(nfs) : unmount(nfs), closed;

	closed = nfs->block->ops->close(nfs->block);
	if (closed && !rc) {
		log_error("Volume %s was not closed properly: the disk did not take the last "
			  "changes.",
			  nfs->name);
		rc = closed;
	}
	free_fs(nfs);
	return rc;
}

static const struct fs_ops ntfs_ops = {
	.root = op_root,
	.readdir = ntfs_op_readdir,
	.lookup = ntfs_op_lookup,
	.stat = ntfs_op_stat,
	.names = ntfs_op_names,
	.read = ntfs_op_read,
	.reparse = ntfs_op_reparse,
	.security = ntfs_op_security,
	.space = ntfs_op_space,
	.upcase = op_upcase,
	.link = ntfs_op_link,
	.mkdir = ntfs_op_mkdir,
	.create = ntfs_op_create,
	.write = ntfs_op_write,
	.same_streams = ntfs_op_same_streams,
	.copy_metadata = ntfs_op_copy_metadata,
	.import_metadata = ntfs_op_import_metadata,
	.set_security = ntfs_op_set_security,
	.set_reparse = ntfs_op_set_reparse,
	.set_attributes = ntfs_op_set_attributes,
	.set_times = ntfs_op_set_times,
	.unlink = ntfs_op_unlink,
	.sync = ntfs_op_sync,
	.close = op_close,
};

static void fill_upcase(struct ntfs_fs *nfs)
{
	uint32_t i;

	for (i = 0; i < 65536; i++)
		nfs->upcase.map[i] =
			i < nfs->vol->upcase_len ? le16_to_cpu(nfs->vol->upcase[i]) : (uint16_t)i;
}

/* Mounts; for writing first read-only, so that a refused volume was only looked at. */
static int mount_checked(struct ntfs_fs *nfs, enum ntfs_mode mode)
{
	enum ntfs_health health;
	int rc;

	nfs->vol = mount_medium(&nfs->medium, nfs->name, false);
	if (!nfs->vol)
		return ntfs_mount_failed(nfs);
	if (mode == NTFS_LOOK)
		return 0;
	health = volume_health(nfs->vol, nfs->journal);
	if (ntfs_umount(nfs->vol, FALSE))
		health = NTFS_UNREADABLE;
	nfs->vol = NULL;
	rc = health == NTFS_DIRTY && mode == NTFS_WRITE_DIRTY
		     ? ntfs_permit_dirty(nfs)
		     : ntfs_refuse_health(nfs->name, health);
	if (rc)
		return rc;
	nfs->vol = mount_medium(&nfs->medium, nfs->name, true);
	if (!nfs->vol)
		return ntfs_mount_failed(nfs);
	/* An interrupted session goes on: closing ends it, also without a further change. */
	nfs->dirty_flag_set = journal_state(nfs->journal) == JOURNAL_INTERRUPTED;
	nfs->was_clean = journal_was_clean(nfs->journal);
	return 0;
}

/* Puts the journal under the volume and says what it found. */
static int open_journal(struct ntfs_fs *nfs)
{
	struct block *under = nfs->block;
	int rc;

	nfs->block = NULL; /* taken over */
	rc = journal_open(under, nfs->name, &nfs->journal);
	if (rc == HF_ENOMEM)
		return log_oom();
	if (rc == HF_ECORRUPT)
		log_error("Volume %s cannot be opened: the place of its $LogFile cannot be found, "
			  "the file system is damaged. Copy the disk first, then run \"chkdsk "
			  "/f\" on the volume in Windows.",
			  nfs->name);
	else if (rc)
		log_error("Volume %s cannot be opened: the disk reports errors. Check cables and "
			  "its SMART values, and copy the disk before anything else.",
			  nfs->name);
	if (rc)
		return rc;
	nfs->block = nfs->medium.block = journal_block(nfs->journal);
	if (journal_state(nfs->journal) == JOURNAL_STALE)
		log_warning("Volume %s: a command of Holdfast was interrupted here, and the volume "
			    "was changed by others since: its journal does not fit any more and "
			    "was not applied.",
			    nfs->name);
	else if (journal_state(nfs->journal) == JOURNAL_INTERRUPTED && !nfs->base.writable)
		log_status("Volume %s: a command was interrupted here; its journal is replayed by "
			   "the next command that changes the volume.",
			   nfs->name);
	return 0;
}

int ntfs_open_block(struct block *block, const char *name, enum ntfs_mode mode, struct fs **out)
{
	struct ntfs_fs *nfs = calloc(1, sizeof(*nfs));
	int rc;

	if (nfs)
		nfs->name = strdup(name);
	if (!nfs || !nfs->name) {
		free(nfs);
		block->ops->close(block);
		return log_oom();
	}
	nfs->block = block;
	nfs->base.ops = &ntfs_ops;
	nfs->base.writable = mode != NTFS_LOOK;
	rc = ntfs_refuse_boot(name, block);
	if (!rc)
		rc = open_journal(nfs);
	if (!rc)
		rc = mount_checked(nfs, mode);
	if (rc) {
		if (nfs->block)
			nfs->block->ops->close(nfs->block);
		free_fs(nfs);
		return rc;
	}
	fill_upcase(nfs);
	*out = &nfs->base;
	return 0;
}

int block_open_named(const char *path, uint64_t offset, uint64_t size, const char *name,
		     bool writable, struct block **out)
{
	int rc = block_open_file(path, offset, size, writable, out);

	if (rc == HF_ENOMEM)
		return log_oom();
	return rc ? ntfs_open_failed(path, name, rc) : 0;
}

int ntfs_open(const char *path, uint64_t offset, uint64_t size, const char *name,
	      enum ntfs_mode mode, struct fs **out)
{
	struct block *block;
	int rc = block_open_named(path, offset, size, name, mode != NTFS_LOOK, &block);

	return rc ? rc : ntfs_open_block(block, name, mode, out);
}
