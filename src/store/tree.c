// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Depth-first walk with an explicit stack.
 */
#include "store/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "report/log.h"

/* A listed object; its name is at OFFSET units in the listing's pool. */
struct item {
	fs_ref ref;
	uint64_t size;
	size_t offset;
	uint32_t attributes, reparse_tag;
	uint8_t name_len;
	bool is_metadata;
};

struct frame {
	struct tree_node node;
	uint16_t name[NAME_UNITS_MAX];
	struct item *items;
	size_t count, cap, next;
	uint16_t *pool;
	size_t pool_len, pool_cap;
	size_t path_len; /* of the path without this directory's name */
	bool files_only;
};

struct walk {
	struct fs *fs;
	const struct tree_visitor *visitor;
	struct frame **frames; /* DEPTH are in use; those above are kept for reuse */
	size_t depth, count, cap;
	struct str path;
	struct ref_set entered;
};

static size_t hash_ref(fs_ref ref)
{
	return (size_t)((ref * UINT64_C(0x9E3779B97F4A7C15)) >> 20);
}

bool ref_set_has(const struct ref_set *set, fs_ref ref)
{
	if (!set->cap)
		return false;
	for (size_t i = hash_ref(ref) & (set->cap - 1); set->slots[i]; i = (i + 1) & (set->cap - 1))
		if (set->slots[i] == ref)
			return true;
	return false;
}

static int ref_set_grow(struct ref_set *set)
{
	size_t cap = set->cap ? set->cap * 2 : 1024;
	fs_ref *slots = calloc(cap, sizeof(*slots));

	if (!slots)
		return log_oom();
	for (size_t i = 0; i < set->cap; i++) {
		size_t at = hash_ref(set->slots[i]) & (cap - 1);

		if (!set->slots[i])
			continue;
		while (slots[at])
			at = (at + 1) & (cap - 1);
		slots[at] = set->slots[i];
	}
	free(set->slots);
	set->slots = slots;
	set->cap = cap;
	return 0;
}

int ref_set_add(struct ref_set *set, fs_ref ref)
{
	size_t i;
	int err;

	if (ref_set_has(set, ref))
		return 0;
	if (set->count * 2 >= set->cap) {
		err = ref_set_grow(set);
		if (err)
			return err;
	}
	i = hash_ref(ref) & (set->cap - 1);
	while (set->slots[i])
		i = (i + 1) & (set->cap - 1);
	set->slots[i] = ref;
	set->count++;
	return 1;
}

void ref_set_free(struct ref_set *set)
{
	free(set->slots);
	*set = (struct ref_set){0};
}

int tree_add_name(struct str *path, const uint16_t *name, unsigned name_len)
{
	char text[NAME_WTF8_MAX];
	int len = text_from_utf16(name, name_len, text, sizeof(text));

	if (len < 0)
		return len;
	if (str_addc(path, '\\') || str_add(path, text, (size_t)len))
		return log_oom();
	return 0;
}

bool tree_name_is_foreign(const uint16_t *name, unsigned name_len)
{
	for (unsigned i = 0; i < name_len; i++)
		if (name[i] == '\\')
			return true;
	return false;
}

/* Makes room for MORE units in the frame's name pool. */
static int pool_reserve(struct frame *f, size_t more)
{
	size_t cap = f->pool_cap ? f->pool_cap : 4096;
	uint16_t *pool;

	if (f->pool_len + more <= f->pool_cap)
		return 0;
	while (cap < f->pool_len + more)
		cap *= 2;
	pool = realloc(f->pool, cap * sizeof(*pool));
	if (!pool)
		return log_oom();
	f->pool = pool;
	f->pool_cap = cap;
	return 0;
}

static int list_entry(void *ctx, const struct fs_entry *entry)
{
	struct frame *f = ctx;
	struct item *item;
	int err;

	if (entry->name_len == 0 || entry->name_len > NAME_UNITS_MAX)
		return HF_ECORRUPT;
	err = pool_reserve(f, entry->name_len);
	if (err)
		return err;
	if (array_grow(&f->items, f->count, &f->cap))
		return log_oom();
	item = &f->items[f->count++];
	*item = (struct item){
		.ref = entry->ref,
		.size = entry->size,
		.offset = f->pool_len,
		.attributes = entry->attributes,
		.reparse_tag = entry->reparse_tag,
		.name_len = (uint8_t)entry->name_len,
		.is_metadata = entry->is_metadata,
	};
	memcpy(f->pool + f->pool_len, entry->name, entry->name_len * sizeof(*entry->name));
	f->pool_len += entry->name_len;
	return 0;
}

/* Takes a frame for NODE off the reserve and puts it on the stack. */
static int push(struct walk *w, const struct tree_node *node, size_t path_len, struct frame **out)
{
	struct frame *f;

	if (w->depth == w->count) {
		if (array_grow(&w->frames, w->count, &w->cap))
			return log_oom();
		w->frames[w->count] = calloc(1, sizeof(*f));
		if (!w->frames[w->count])
			return log_oom();
		w->count++;
	}
	f = w->frames[w->depth++];
	f->node = *node;
	if (node->name_len)
		memcpy(f->name, node->name, node->name_len * sizeof(*f->name));
	f->node.name = f->name;
	f->count = f->next = f->pool_len = 0;
	f->path_len = path_len;
	f->files_only = false;
	*out = f;
	return 0;
}

/* Fills in the node of ITEM, found in FRAME's directory. */
static int make_node(struct walk *w, struct frame *f, const struct item *item,
		     struct tree_node *node)
{
	*node = (struct tree_node){
		.parent = &f->node,
		.name = f->pool + item->offset,
		.name_len = item->name_len,
		.ref = item->ref,
		.attributes = item->attributes,
		.reparse_tag = item->reparse_tag,
		.size = item->size,
		.is_metadata = item->is_metadata,
	};
	if ((node->attributes & FS_ATTR_REPARSE) && !node->reparse_tag && !node->is_metadata) {
		struct fs_stat st;
		int err = fs_stat(w->fs, node->ref, &st);

		if (err == HF_ENOMEM)
			return err;
		/* An unreadable one stays without a tag: the visitor will meet the error itself. */
		if (!err)
			node->reparse_tag = st.reparse_tag;
	}
	return 0;
}

/* Lists the directory of frame F and visits its files. */
static int open_frame(struct walk *w, struct frame *f)
{
	const struct tree_visitor *v = w->visitor;
	const char *reason = "the directory cannot be read";
	int err;

	err = ref_set_add(&w->entered, f->node.ref);
	if (err < 0)
		return err;
	if (err == 0) {
		err = HF_ECORRUPT;
		reason = "the directory is found in two places: the volume is damaged";
	} else if (w->depth > TREE_DEPTH_MAX) {
		err = HF_ELIMIT;
		reason = "directories are nested too deeply";
	} else {
		err = fs_readdir(w->fs, f->node.ref, list_entry, f);
	}
	if (err == HF_ENOMEM)
		return err;
	if (err) {
		f->count = 0;
		return v->trouble(v->ctx, &f->node, &w->path, err, reason);
	}
	for (size_t i = 0; i < f->count; i++) {
		struct tree_node node;

		if (f->items[i].attributes & FS_ATTR_DIRECTORY)
			continue;
		err = make_node(w, f, &f->items[i], &node);
		if (!err)
			err = v->visit(v->ctx, &node, &w->path);
		if (err < 0)
			return err;
	}
	return 0;
}

/* Visits directory NODE, whose path is in place, and enters it when the visitor says so. */
static int enter(struct walk *w, struct tree_node *node, size_t path_len)
{
	struct frame *f = NULL;
	int action = w->visitor->visit(w->visitor->ctx, node, &w->path);
	int err;

	if (action < 0)
		return action;
	if (action == TREE_SKIP) {
		str_truncate(&w->path, path_len);
		return 0;
	}
	err = push(w, node, path_len, &f);
	if (err)
		return err;
	f->files_only = action == TREE_FILES;
	return open_frame(w, f);
}

/* One step: the next directory of the topmost frame, or leaving it. */
static int step(struct walk *w)
{
	struct frame *f = w->frames[w->depth - 1];
	const struct tree_visitor *v = w->visitor;

	while (!f->files_only && f->next < f->count) {
		const struct item *item = &f->items[f->next++];
		struct tree_node node;
		size_t path_len = w->path.len;
		int err;

		if (!(item->attributes & FS_ATTR_DIRECTORY))
			continue;
		err = make_node(w, f, item, &node);
		if (!err)
			err = tree_add_name(&w->path, node.name, node.name_len);
		return err ? err : enter(w, &node, path_len);
	}
	if (v->leave) {
		int err = v->leave(v->ctx, &f->node, &w->path);

		if (err)
			return err;
	}
	str_truncate(&w->path, f->path_len);
	w->depth--;
	return 0;
}

int tree_walk(struct fs *fs, fs_ref start, const char *start_path,
	      const struct tree_visitor *visitor)
{
	struct walk w = {.fs = fs, .visitor = visitor};
	struct tree_node node = {.ref = start, .attributes = FS_ATTR_DIRECTORY};
	int err = str_adds(&w.path, start_path) ? log_oom() : 0;

	if (!err)
		err = enter(&w, &node, w.path.len);
	while (!err && w.depth)
		err = step(&w);
	for (size_t i = 0; i < w.count; i++) {
		free(w.frames[i]->items);
		free(w.frames[i]->pool);
		free(w.frames[i]);
	}
	free(w.frames);
	ref_set_free(&w.entered);
	str_free(&w.path);
	return err;
}
