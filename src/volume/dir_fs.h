/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plain directory of this system as a file system (struct fs_ops), for reading only: what the
 * kernel has mounted from FAT and exFAT volumes and network shares, and directories in tests.
 * References are numbers of a table of the names seen so far and last as long as the file system;
 * lookups ignore case as Windows does. There are no links, streams, security or reparse points.
 */
#ifndef HOLDFAST_VOLUME_DIR_FS_H
#define HOLDFAST_VOLUME_DIR_FS_H

#include <stdbool.h>

struct fs;

/*
 * Opens directory PATH, called NAME in messages. 0, or HF_ENOENT, HF_EACCES, HF_EIO or HF_ENOMEM
 * with a message. Close with fs_close().
 */
int dir_fs_open(const char *path, const char *name, struct fs **out);

/* Does the kernel mount file systems that libblkid calls FSTYPE ("vfat", "exfat") for us? */
bool dir_fs_can_mount(const char *fstype);

/*
 * Mounts block device DEVICE with file system FSTYPE read-only on a directory of its own, which
 * closing unmounts and removes. As dir_fs_open(); HF_EUNSUPPORTED when DEVICE is an image file.
 */
int dir_fs_mount(const char *device, const char *fstype, const char *name, struct fs **out);

#endif
