/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * windows_read_users() for profiles that may lie on several volumes. Used within windows only.
 */
#ifndef HOLDFAST_WINDOWS_READ_USERS_H
#define HOLDFAST_WINDOWS_READ_USERS_H

#include "windows/context.h"

/*
 * As windows_read_users(), finding other volumes through VOLUMES (may be NULL). FS is what the
 * installation takes for its drive: a view of Windows.old when it lies there.
 */
int windows_read_users_on(struct fs *fs, const struct volume_finder *volumes,
			  struct windows_install *install);

#endif
