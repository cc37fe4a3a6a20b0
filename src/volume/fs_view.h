/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory of a file system seen as if it were the whole of it: how a Windows that was set aside
 * in Windows.old is read by its own paths (USMT specification 6.1). References are those of the
 * file system below, so that what was found through a view can be linked there. Only looking works.
 */
#ifndef HOLDFAST_VOLUME_FS_VIEW_H
#define HOLDFAST_VOLUME_FS_VIEW_H

#include "volume/fs.h"

/*
 * A view of the directory PATH ("\Windows.old") of BASE, which must outlive it. fs_close() frees
 * the view alone. HF_ENOENT when there is no such directory, HF_ENOMEM (logged), or why it cannot
 * be read.
 */
int fs_view_open(struct fs *base, const char *path, struct fs **out);

#endif
