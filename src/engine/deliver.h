/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Brings a file from the host (a log, a list) onto a volume that is open for writing. */
#ifndef HOLDFAST_ENGINE_DELIVER_H
#define HOLDFAST_ENGINE_DELIVER_H

struct fs;

/*
 * Copies the host file HOST_PATH to PATH ("C:\Holdfast\Logs\x.log"; the letter is ignored), making
 * missing directories. It is written under a temporary name first; an older file of that name is
 * replaced only when the new one is complete. A directory of that name is refused. 0 or an error
 * with a message.
 */
int deliver_file(struct fs *fs, const char *host_path, const char *path);

#endif
