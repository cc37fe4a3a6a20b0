/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by extract.c, which walks the store, and extract_host.c, which writes. */
#ifndef HOLDFAST_ENGINE_EXTRACT_PRIVATE_H
#define HOLDFAST_ENGINE_EXTRACT_PRIVATE_H

#include <limits.h>

#include "base/mem.h"
#include "engine/extract.h"
#include "store/tree.h"
#include "volume/fs.h"

/* A component of a host path, with its terminator. */
#define HOST_NAME_SIZE (NAME_MAX + 1)

/* Where what is extracted goes. */
struct extract_host {
	int root;  /* the destination */
	int dir;   /* the directory at hand, or -1 */
	fs_ref at; /* that directory on the volume */
	uint8_t *buffer;
	bool overwrite;
};

/* Opens (and makes) DESTINATION. HF_EINVAL or HF_ENOMEM, with a message. */
int extract_host_open(struct extract_host *h, const char *destination, bool overwrite);
/* Everything is on the medium when this returns 0. Frees H in any case. */
int extract_host_close(struct extract_host *h, const char *destination);

/* Bytes that are free there; UINT64_MAX when that cannot be told. */
uint64_t extract_host_free(const struct extract_host *h);

/*
 * The name that NODE gets: its own, or what this system can hold, %XX for what it cannot. True when
 * it is another.
 */
bool extract_host_name(const struct tree_node *node, char name[HOST_NAME_SIZE]);

/* Forgets the directory at hand: what follows is of another volume. */
void extract_host_leave(struct extract_host *h);

/* Makes the directory NODE and those above it, and its times from ST. Negative error and errno. */
int extract_host_enter(struct extract_host *h, const struct tree_node *node);
int extract_host_times(struct extract_host *h, const struct tree_node *node,
		       const struct fs_stat *st);

/*
 * Copies the file NODE of FS, which is as ST says, into its directory. 0, or an error with *REASON
 * (static or in a buffer of H); no file is left then.
 */
int extract_host_file(struct extract_host *h, struct fs *fs, const struct tree_node *node,
		      const struct fs_stat *st, const char **reason);

#endif
