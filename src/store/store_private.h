/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names inside a store, shared by store.c and store_delete.c.
 */
#ifndef HOLDFAST_STORE_STORE_PRIVATE_H
#define HOLDFAST_STORE_STORE_PRIVATE_H

#include "store/store.h"

#define STORE_USMT	  "USMT"
#define STORE_FILES	  "File"
#define STORE_CATALOG	  "catalog.db"
#define STORE_CATALOG_SUM "catalog.db.sha256"
#define STORE_CATALOG_NEW "catalog.new"
#define STORE_PART_OF	  "part-of"
#define STORE_WIPE	  "wipe.state"
#define STORE_RESTORE	  "restore.state"

/* PATH is absolute inside the volume and not its root. HF_EINVAL with a message. */
int store_check_path(const char *path);

/* fs_lookup_text() for a terminated name. */
int store_lookup(struct fs *fs, fs_ref dir, const char *name, fs_ref *out);

/* Removes NAME, which is REF, from DIR. */
int store_unlink(struct fs *fs, fs_ref dir, const char *name, fs_ref ref);

#endif
