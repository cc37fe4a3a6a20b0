/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks a directory tree depth first with an explicit stack: each directory is listed completely
 * before anything in it is visited, so that a visitor may change what it sees. A directory that was
 * entered before (a damaged or hostile index pointing back) and one nested too deeply are reported,
 * not entered. Junctions and symbolic links are never followed: directories are read by their
 * record.
 */
#ifndef HOLDFAST_STORE_TREE_H
#define HOLDFAST_STORE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "volume/fs.h"

struct str;

/* Levels of directories; Windows itself cannot name anything nested deeper than about 16,000. */
#define TREE_DEPTH_MAX 4096

/* True for reparse tags that stand for another place: junctions, symbolic links
 * ([MS-FSCC] 2.1.2.1). */
#define TREE_TAG_IS_SURROGATE(tag) (((tag)&UINT32_C(0x20000000)) != 0)

enum tree_action {
	TREE_ENTER, /* visit what is in the directory */
	TREE_SKIP,  /* do not; leave() is not called */
	TREE_FILES, /* visit its files, but none of its directories */
};

struct tree_node {
	struct tree_node *parent; /* NULL for the start */
	const uint16_t *name;	  /* NAME_LEN units; none for the start */
	unsigned name_len;
	fs_ref ref;
	uint32_t attributes, reparse_tag;
	uint64_t size;
	bool is_metadata;
	uint64_t mark; /* the visitor's own: 0 at first, set in visit(), seen through PARENT */
};

struct tree_visitor {
	/*
	 * Every object; the start first, in a directory files before directories. PATH is the
	 * object's own for directories and the containing directory's for files. Returns an enum
	 * tree_action (for files TREE_ENTER) or a negative error, which ends the walk.
	 */
	int (*visit)(void *ctx, struct tree_node *node, const struct str *path);
	/* After everything in an entered directory; may be NULL. 0 or a negative error. */
	int (*leave)(void *ctx, struct tree_node *node, const struct str *path);
	/* The directory PATH cannot be listed. 0 to go on (leave() is called), or a negative error.
	 */
	int (*trouble)(void *ctx, struct tree_node *node, const struct str *path, int error,
		       const char *reason);
	void *ctx;
};

/*
 * Walks from directory START, called START_PATH ("C:"). Returns 0, HF_ENOMEM or what a visitor
 * returned.
 */
int tree_walk(struct fs *fs, fs_ref start, const char *start_path,
	      const struct tree_visitor *visitor);

/* Appends "\NAME" to PATH, the name as WTF-8. 0 or HF_ENOMEM. */
int tree_add_name(struct str *path, const uint16_t *name, unsigned name_len);

/* True when NAME holds a backslash, which no Windows path can say (made by another system). */
bool tree_name_is_foreign(const uint16_t *name, unsigned name_len);

/* A set of references. Zero-initialise. */
struct ref_set {
	fs_ref *slots; /* 0 is empty */
	size_t count, cap;
};

/* Adds REF (not 0). 1 when it is new, 0 when it was there, HF_ENOMEM. */
int ref_set_add(struct ref_set *set, fs_ref ref);
bool ref_set_has(const struct ref_set *set, fs_ref ref);
void ref_set_free(struct ref_set *set);

#endif
