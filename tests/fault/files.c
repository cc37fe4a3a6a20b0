// SPDX-License-Identifier: GPL-2.0-or-later
/* Remembers the files of a volume and looks for them again. */
#include "fault/files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "store/tree.h"

#define CHUNK 65536

/* FNV-1a over the data of REF; 0 when it cannot be read (EFS, packed: then only the record counts).
 */
static uint64_t content(struct fs *fs, fs_ref ref, uint64_t size)
{
	static uint8_t buf[CHUNK];
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (uint64_t at = 0; at < size;) {
		size_t done = 0;

		if (fs_read(fs, ref, at, buf, sizeof(buf), &done) || !done)
			return 0;
		for (size_t i = 0; i < done; i++)
			hash = (hash ^ buf[i]) * UINT64_C(0x100000001b3);
		at += done;
	}
	return hash;
}

struct adding {
	struct kept_files *files;
	struct fs *fs;
	const char *skip;
};

static int add(void *ctx, struct tree_node *node, const struct str *path)
{
	struct adding *a = ctx;
	struct str full = {0};
	struct kept_file *f;
	struct fs_stat st;

	if (node->is_metadata)
		return TREE_SKIP;
	if (node->attributes & FS_ATTR_DIRECTORY)
		return (node->attributes & FS_ATTR_REPARSE) ||
				       (a->skip && !strcasecmp(path->data, a->skip))
			       ? TREE_SKIP
			       : TREE_ENTER;
	if (array_grow(&a->files->items, a->files->count, &a->files->cap) ||
	    str_adds(&full, path->data) || tree_add_name(&full, node->name, node->name_len) ||
	    fs_stat(a->fs, node->ref, &st))
		return HF_ENOMEM;
	f = &a->files->items[a->files->count++];
	*f = (struct kept_file){.path = str_take(&full), .ref = node->ref};
	/* What is in a reparse point's place is not read through it. */
	if (!(st.attributes & (FS_ATTR_REPARSE | FS_ATTR_ENCRYPTED)))
		f->hash = content(a->fs, node->ref, st.size);
	return TREE_ENTER;
}

void files_add(struct kept_files *files, struct fs *fs, const char *top, const char *skip)
{
	struct adding a = {files, fs, skip};
	const struct tree_visitor visitor = {.visit = add, .ctx = &a};
	fs_ref start = fs_root(fs);

	if ((*top && fs_resolve(fs, top, &start)) || tree_walk(fs, start, top, &visitor)) {
		fprintf(stderr, "fault: the files of %s cannot be listed\n", top);
		exit(2);
	}
}

unsigned files_lost(const struct kept_files *files, struct fs *fs, const char *what)
{
	unsigned lost = 0;

	for (size_t i = 0; i < files->count; i++) {
		const struct kept_file *f = &files->items[i];
		const char *fault = NULL;
		struct fs_stat st;
		fs_ref ref;

		if (fs_resolve(fs, f->path, &ref) || fs_stat(fs, ref, &st))
			fault = "is gone";
		else if (ref != f->ref)
			fault = "is another file";
		else if (f->hash && content(fs, ref, st.size) != f->hash)
			fault = "has another content";
		if (fault && lost++ < 3)
			printf("# %s: %s %s\n", what, f->path, fault);
	}
	return lost;
}

void files_free(struct kept_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].path);
	free(files->items);
	*files = (struct kept_files){0};
}
