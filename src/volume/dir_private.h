/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What dir_fs.c (operations), dir_names.c (references) and dir_mount.c share.
 */
#ifndef HOLDFAST_VOLUME_DIR_PRIVATE_H
#define HOLDFAST_VOLUME_DIR_PRIVATE_H

#include "base/mem.h"
#include "volume/dir_fs.h"
#include "volume/fs.h"

/* A name that was seen; its reference is its index + 1, and 1 is the directory itself. */
struct dir_node {
	fs_ref parent;
	const char *name; /* as the host has it */
};

struct dir_fs {
	struct fs fs;
	char *name;	  /* in messages */
	char *mountpoint; /* to be unmounted and removed, or NULL */
	int root;	  /* descriptor of the directory */
	int file;	  /* of the file read last, or -1 */
	fs_ref file_ref;
	struct dir_node *nodes;
	size_t count, cap;
	uint32_t *slots; /* hash table of (parent, name): node number + 1, 0 is empty */
	size_t slot_count;
	struct arena names;
};

/* The reference of NAME in PARENT, new or known. 0 or HF_ENOMEM. */
int dir_intern(struct dir_fs *d, fs_ref parent, const char *name, fs_ref *out);

/* The path of REF below the root ("." for itself) into PATH. HF_ENOENT for what is no reference. */
int dir_path(const struct dir_fs *d, fs_ref ref, struct str *path);

/* Unmounts and removes a mount point. 0 or HF_EIO with a message. */
int dir_unmount(const char *mountpoint, const char *name);

#endif
