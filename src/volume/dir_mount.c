// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lets the kernel mount what it knows and NTFS is not: read-only, on a directory that nobody else
 * can enter.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/error.h"
#include "report/log.h"
#include "volume/dir_private.h"

/*
 * Names as UTF-8, so that none is lost. FAT has local times: they come as they are, whatever the
 * time zone.
 */
static const struct {
	const char *fstype, *options;
} kinds[] = {
	{"vfat", "utf8=1,tz=UTC,shortname=mixed"},
	{"exfat", "iocharset=utf8"},
};

static const char *options_of(const char *fstype)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].fstype, fstype))
			return kinds[i].options;
	return NULL;
}

bool dir_fs_can_mount(const char *fstype)
{
	return options_of(fstype) != NULL;
}

/* Makes a directory of our own, in PATH of SIZE bytes. */
static int make_mountpoint(char *path, size_t size)
{
	static const char *const places[] = {"/run/holdfast-XXXXXX", "/tmp/holdfast-XXXXXX"};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (strlen(places[i]) >= size)
			continue;
		strcpy(path, places[i]);
		if (mkdtemp(path))
			return 0;
	}
	return hf_from_errno(errno);
}

static int fail(const char *name, const char *device, const char *fstype, int errnum)
{
	log_warning("Volume %s: %s cannot be mounted as %s: %s.", name, device, fstype,
		    strerror(errnum));
	return hf_from_errno(errnum);
}

int dir_unmount(const char *mountpoint, const char *name)
{
	int err = 0;

	if (umount2(mountpoint, UMOUNT_NOFOLLOW)) {
		log_warning("Volume %s could not be unmounted: %s.", name, strerror(errno));
		err = HF_EIO;
	}
	if (!err && rmdir(mountpoint))
		log_info("%s could not be removed: %s.", mountpoint, strerror(errno));
	return err;
}

int dir_fs_mount(const char *device, const char *fstype, const char *name, struct fs **out)
{
	const unsigned long flags = MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC;
	const char *options = options_of(fstype);
	char mountpoint[64];
	struct stat st;
	int err;

	if (!options || stat(device, &st) || !S_ISBLK(st.st_mode)) {
		log_warning("Volume %s: %s is no block device that can be mounted as %s.", name,
			    device, fstype);
		return HF_EUNSUPPORTED;
	}
	if (make_mountpoint(mountpoint, sizeof(mountpoint)))
		return fail(name, device, fstype, errno);
	if (mount(device, mountpoint, fstype, flags, options)) {
		err = fail(name, device, fstype, errno);
		rmdir(mountpoint);
		return err;
	}
	err = dir_fs_open(mountpoint, name, out);
	if (!err) {
		((struct dir_fs *)*out)->mountpoint = strdup(mountpoint);
		if (((struct dir_fs *)*out)->mountpoint)
			return 0;
		err = log_oom();
		(void)fs_close(*out); /* the lack of memory is told already */
	}
	(void)dir_unmount(mountpoint, name);
	return err;
}
