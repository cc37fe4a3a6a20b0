// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of names that a plain directory's references are numbers of.
 */
#include <stdlib.h>
#include <string.h>

#include "report/error.h"
#include "report/log.h"
#include "volume/dir_private.h"

#define SLOTS_FIRST 1024

static size_t hash_name(fs_ref parent, const char *name)
{
	uint64_t h = parent * UINT64_C(0x9E3779B97F4A7C15);

	while (*name)
		h = (h ^ (unsigned char)*name++) * UINT64_C(0x100000001B3);
	return (size_t)(h ^ (h >> 32));
}

static void put_slot(struct dir_fs *d, size_t node)
{
	size_t mask = d->slot_count - 1;
	size_t at = hash_name(d->nodes[node].parent, d->nodes[node].name) & mask;

	while (d->slots[at])
		at = (at + 1) & mask;
	d->slots[at] = (uint32_t)node + 1;
}

/* Keeps the table at most half full. */
static int grow_slots(struct dir_fs *d)
{
	size_t count = d->slot_count ? d->slot_count * 2 : SLOTS_FIRST;
	uint32_t *slots;

	if (d->count * 2 < d->slot_count)
		return 0;
	slots = calloc(count, sizeof(*slots));
	if (!slots)
		return log_oom();
	free(d->slots);
	d->slots = slots;
	d->slot_count = count;
	for (size_t i = 0; i < d->count; i++)
		put_slot(d, i);
	return 0;
}

int dir_intern(struct dir_fs *d, fs_ref parent, const char *name, fs_ref *out)
{
	struct dir_node *node;
	int err = grow_slots(d);

	if (err)
		return err;
	for (size_t at = hash_name(parent, name) & (d->slot_count - 1); d->slots[at];
	     at = (at + 1) & (d->slot_count - 1)) {
		node = &d->nodes[d->slots[at] - 1];
		*out = d->slots[at];
		if (node->parent == parent && !strcmp(node->name, name))
			return 0;
	}
	if (d->count >= UINT32_MAX - 1)
		return HF_ELIMIT;
	if (array_grow(&d->nodes, d->count, &d->cap))
		return log_oom();
	node = &d->nodes[d->count];
	node->parent = parent;
	node->name = arena_strdup(&d->names, name);
	if (!node->name)
		return log_oom();
	put_slot(d, d->count++);
	*out = d->count;
	return 0;
}

int dir_path(const struct dir_fs *d, fs_ref ref, struct str *path)
{
	size_t len = 0;
	char *at;

	if (!ref || ref > d->count)
		return HF_ENOENT;
	str_truncate(path, 0);
	if (ref == 1)
		return str_adds(path, ".") ? log_oom() : 0;
	/* Parents have lower numbers than what is in them, so that this ends. */
	for (fs_ref r = ref; r > 1; r = d->nodes[r - 1].parent)
		len += strlen(d->nodes[r - 1].name) + 1;
	for (size_t i = 0; i < len; i++)
		if (str_addc(path, '/'))
			return log_oom();
	at = path->data + len;
	for (fs_ref r = ref; r > 1; r = d->nodes[r - 1].parent) {
		size_t n = strlen(d->nodes[r - 1].name);

		at -= n;
		memcpy(at, d->nodes[r - 1].name, n);
		at--;
	}
	/* The first byte is a separator: what is below the root has a relative path. */
	memmove(path->data, path->data + 1, len - 1);
	str_truncate(path, len - 1);
	return 0;
}
