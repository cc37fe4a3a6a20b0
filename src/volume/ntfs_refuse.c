// SPDX-License-Identifier: GPL-2.0-or-later
/* Volumes that are not opened, or not for writing: why, in words, and the error. */
#include <errno.h>

#include "volume/check.h"
#include "volume/ntfs_private.h"
#include "volume/unclean.h"

/* What is at the start of a volume. */
enum boot_kind { BOOT_NTFS, BOOT_BITLOCKER, BOOT_OTHER, BOOT_UNREADABLE };

static enum boot_kind boot_kind(struct block *block)
{
	/* BitLocker To Go hides behind a FAT boot sector; its GUID is at byte 424. */
	static const uint8_t to_go[16] = {0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
					  0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01};
	uint8_t sector[512];
	int64_t n = block->ops->pread(block, sector, sizeof(sector), 0);

	if (n < 0)
		return BOOT_UNREADABLE;
	if (n < (int64_t)sizeof(sector))
		return BOOT_OTHER;
	if (!memcmp(sector + 3, "-FVE-FS-", 8) || !memcmp(sector + 424, to_go, sizeof(to_go)))
		return BOOT_BITLOCKER;
	return memcmp(sector + 3, "NTFS    ", 8) ? BOOT_OTHER : BOOT_NTFS;
}

int ntfs_refuse_health(const char *name, enum ntfs_health health)
{
	switch (health) {
	case NTFS_CLEAN:
	case NTFS_INTERRUPTED:
		return 0;
	case NTFS_HIBERNATED:
		log_error("Volume %s is not changed: Windows on it is hibernated.\n%s", name,
			  unclean_explain(UNCLEAN_HIBERNATED));
		return HF_EHIBERNATED;
	case NTFS_UNCLEAN:
		log_error("Volume %s is not changed: its journal is not empty.\n%s", name,
			  unclean_explain(UNCLEAN_JOURNAL));
		return HF_EUNCLEAN;
	case NTFS_DIRTY:
		log_error("Volume %s is not changed: it is marked as damaged (dirty).\n%s", name,
			  unclean_explain(UNCLEAN_DIRTY));
		return HF_EUNCLEAN;
	case NTFS_UNREADABLE:
		break;
	}
	log_error("Volume %s cannot be read.", name);
	return HF_EIO;
}

int ntfs_permit_dirty(struct ntfs_fs *nfs)
{
	static const struct check_options options = {0};
	struct check_result result;
	int rc = check_volume(nfs->block, &options, &result);

	if (rc == HF_ENOMEM)
		return log_oom();
	if (rc || result.errors) {
		log_error("Volume %s is not changed: it is marked as damaged (dirty), and it is: "
			  "%llu errors. --ignore-dirty-flag is for volumes without any. \"holdfast "
			  "doctor C:\" names them; run \"chkdsk /f\" on the volume, then try "
			  "again.",
			  nfs->name, (unsigned long long)result.errors);
		return HF_EUNCLEAN;
	}
	log_warning("Volume %s is marked as damaged (dirty), which is ignored "
		    "(--ignore-dirty-flag): the check found no error. The flag stays on, Windows "
		    "checks the volume at its next start.",
		    nfs->name);
	return 0;
}

int ntfs_refuse_boot(const char *name, struct block *block)
{
	switch (boot_kind(block)) {
	case BOOT_NTFS:
		return 0;
	case BOOT_BITLOCKER:
		log_error(
			"Volume %s cannot be opened: it is encrypted with BitLocker. Decrypt it in "
			"Windows with \"manage-bde -off\" and wait until that is done; "
			"\"manage-bde "
			"-protectors -disable\" alone leaves it encrypted.",
			name);
		return HF_EBITLOCKER;
	case BOOT_OTHER:
		log_error("Volume %s cannot be opened: it holds no NTFS file system. Check that it "
			  "is "
			  "the right partition; \"holdfast volumes\" lists them.",
			  name);
		return HF_ENOTNTFS;
	case BOOT_UNREADABLE:
		break;
	}
	log_error(
		"Volume %s cannot be opened: its first sector cannot be read. Check cables and the "
		"disk's SMART values, and copy the disk before anything else.",
		name);
	return HF_EIO;
}

int ntfs_mount_failed(struct ntfs_fs *nfs)
{
	int errnum = errno;

	if (errnum == ENOMEM)
		return log_oom();
	if (errnum == EPERM)
		return ntfs_refuse_health(nfs->name, NTFS_HIBERNATED);
	if (errnum == EOPNOTSUPP)
		return ntfs_refuse_health(nfs->name, NTFS_UNCLEAN);
	if (nfs->medium.failed) {
		log_error("Volume %s cannot be opened: the disk reports read errors.\n%s",
			  nfs->name, unclean_explain(UNCLEAN_SECTORS));
		return HF_EIO;
	}
	if (check_mirror_differs(nfs->block)) {
		log_error("Volume %s cannot be opened: $MFT and $MFTMirr differ.\n%s", nfs->name,
			  unclean_explain(UNCLEAN_MIRROR));
		return HF_ECORRUPT;
	}
	log_error(
		"Volume %s cannot be opened: its file system is damaged. Copy the disk first, then "
		"run \"chkdsk /f\" on the volume in Windows.",
		nfs->name);
	return HF_ECORRUPT;
}

int ntfs_open_failed(const char *path, const char *name, int rc)
{
	switch (rc) {
	case HF_EBUSY:
		log_error(
			"Volume %s cannot be opened for writing: %s is in use, mounted or held by "
			"another program. Unmount it and try again.",
			name, path);
		break;
	case HF_EREADONLY:
		log_error(
			"Volume %s cannot be opened for writing: %s is write-protected. Look for a "
			"switch on the medium or a setting of the disk's controller.",
			name, path);
		break;
	case HF_EACCES:
		log_error("Volume %s cannot be opened: no permission for %s. Run as root.", name,
			  path);
		break;
	case HF_EINVAL:
		log_error("Volume %s cannot be opened: %s is no device or file, or ends before the "
			  "volume begins. Check the path and the offset behind '@'.",
			  name, path);
		break;
	default:
		log_error(
			"Volume %s cannot be opened: %s: %s. Check that the path is right and the "
			"disk is connected.",
			name, path, strerror(errno));
	}
	return rc;
}
