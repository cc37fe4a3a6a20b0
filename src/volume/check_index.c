// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any NTFS index: the tree is followed in order without recursion, every block once; fixups,
 * bounds, the order of keys and the bitmap of blocks are checked on the way.
 */
#include <inttypes.h>

#include "volume/check_private.h"

#define DEPTH_MAX   32
#define PRELOAD_MAX (64 * 1024 * 1024)
#define KEY_MAX	    1024

#define ENTRY_NODE 1
#define ENTRY_LAST 2

enum {
	COLLATE_BINARY = 0,
	COLLATE_NAME = 1,
	COLLATE_ULONG = 0x10,
	COLLATE_SID = 0x11,
	COLLATE_HASH = 0x12,
	COLLATE_ULONGS = 0x13
};

struct level {
	uint8_t *block; /* the bytes after the node's header begin at START */
	size_t pos, end;
	bool owned;
};

struct index {
	struct check *c;
	const struct file *f;
	const char *name;
	bool view;
	uint32_t collation, block_size;
	struct stream root, blocks;
	bool has_blocks;
	uint64_t block_count, vcn_per_block;
	uint8_t *loaded; /* all blocks, or NULL: read one by one */
	uint8_t *seen;	 /* a bit for each block */
	uint8_t *bitmap;
	size_t bitmap_len;
	struct level levels[DEPTH_MAX];
	unsigned depth;
	uint8_t last_key[KEY_MAX];
	unsigned last_len;
	bool any;
	bool faulty;
};

static void fault(struct index *ix, const char *why)
{
	ix->faulty = true;
	found(ix->c, CHECK_INDEX_DAMAGED, AT_RECORD(ix->f->no), "record %" PRIu64 ", index %s: %s",
	      ix->f->no, ix->name, why);
}

/* --- order */

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_ulongs(const uint8_t *a, unsigned na, const uint8_t *b, unsigned nb)
{
	unsigned i;

	for (i = 0; i + 4 <= na && i + 4 <= nb; i += 4)
		if (le32(a + i) != le32(b + i))
			return compare_numbers(le32(a + i), le32(b + i));
	return compare_numbers(na, nb);
}

/* Names by their upper-case form; those that differ in case alone by their units. */
static int compare_names(const struct check *c, const uint8_t *a, const uint8_t *b)
{
	unsigned na = a[64], nb = b[64], i;
	const uint8_t *ua = a + 66, *ub = b + 66;

	for (i = 0; i < na && i < nb; i++) {
		uint16_t x = c->upcase.map[le16(ua + i * (size_t)2)];
		uint16_t y = c->upcase.map[le16(ub + i * (size_t)2)];

		if (x != y)
			return x < y ? -1 : 1;
	}
	if (na != nb)
		return na < nb ? -1 : 1;
	for (i = 0; i < na; i++)
		if (le16(ua + i * (size_t)2) != le16(ub + i * (size_t)2))
			return compare_numbers(le16(ua + i * (size_t)2), le16(ub + i * (size_t)2));
	return 0;
}

static int compare_keys(const struct index *ix, const uint8_t *a, unsigned na, const uint8_t *b,
			unsigned nb)
{
	int rc;

	switch (ix->collation) {
	case COLLATE_NAME:
		return compare_names(ix->c, a, b);
	case COLLATE_ULONG:
	case COLLATE_ULONGS:
		return compare_ulongs(a, na, b, nb);
	case COLLATE_HASH: /* hash, then id */
		return compare_ulongs(a, na < 8 ? na : 8, b, nb < 8 ? nb : 8);
	default:
		rc = memcmp(a, b, na < nb ? na : nb);
		return rc ? rc : compare_numbers(na, nb);
	}
}

static void check_order(struct index *ix, const uint8_t *key, unsigned len)
{
	if (ix->any && compare_keys(ix, ix->last_key, ix->last_len, key, len) >= 0) {
		char a[NAME_WTF8_MAX] = "?", b[NAME_WTF8_MAX] = "?";

		if (ix->collation == COLLATE_NAME)
			found(ix->c, CHECK_INDEX_ORDER, AT_RECORD(ix->f->no),
			      "record %" PRIu64 ", index %s: \"%s\" does not belong behind \"%s\"",
			      ix->f->no, ix->name, name_text(key + 66, key[64], b),
			      name_text(ix->last_key + 66, ix->last_key[64], a));
		else
			found(ix->c, CHECK_INDEX_ORDER, AT_RECORD(ix->f->no),
			      "record %" PRIu64 ", index %s: its keys are not in order", ix->f->no,
			      ix->name);
	}
	memcpy(ix->last_key, key, len);
	ix->last_len = len;
	ix->any = true;
}

/* --- nodes */

/* A node's header at NODE, with SIZE bytes from there on; false when it makes no sense. */
static bool enter(struct index *ix, uint8_t *node, size_t size, uint8_t *owned)
{
	uint32_t first, used;
	struct level *l;

	if (ix->depth == DEPTH_MAX || size < 32)
		return false;
	first = le32(node);
	used = le32(node + 4);
	if (first < 16 || first % 8 || used > size || first > used || le32(node + 8) > size)
		return false;
	l = &ix->levels[ix->depth++];
	*l = (struct level){node, first, used, owned != NULL};
	if (owned)
		l->owned = true;
	return true;
}

/* The block at VCN with its fixups undone, or NULL with *WHY. *OWNED: the caller frees it. */
static uint8_t *read_block(struct index *ix, uint64_t vcn, uint8_t **owned, const char **why)
{
	uint64_t no = vcn / ix->vcn_per_block;
	uint8_t *b;

	*owned = NULL;
	*why = "an entry leads to a block that is not there";
	if (!ix->has_blocks || vcn % ix->vcn_per_block || no >= ix->block_count)
		return NULL;
	*why = "two entries lead to the same block";
	if (bit_get(ix->seen, no))
		return NULL;
	ix->seen[no / 8] |= (uint8_t)(1 << no % 8);
	*why = "a block of it cannot be read";
	if (ix->loaded) {
		b = ix->loaded + no * ix->block_size;
	} else {
		b = *owned = malloc(ix->block_size);
		if (!b) {
			ix->c->stop = HF_ENOMEM;
			return NULL;
		}
		if (!stream_read(ix->c, &ix->blocks, b, ix->block_size, no * ix->block_size))
			return NULL;
	}
	*why = memcmp(b, "INDX", 4) ? "a block in use has no index in it"
				    : "a block's sectors were not written together";
	if (memcmp(b, "INDX", 4) || !fixups_undo(b, ix->block_size))
		return NULL;
	*why = "a block says that it is another one";
	return le64(b + 16) == vcn ? b : NULL;
}

static void descend(struct index *ix, uint64_t vcn)
{
	uint8_t *owned;
	const char *why;
	uint8_t *b = read_block(ix, vcn, &owned, &why);
	uint64_t no = vcn / ix->vcn_per_block;

	if (!b) {
		free(owned);
		if (!ix->c->stop)
			fault(ix, why);
		return;
	}
	if (ix->bitmap && (no / 8 >= ix->bitmap_len || !bit_get(ix->bitmap, no)))
		found(ix->c, CHECK_INDEX_UNMARKED, AT_RECORD(ix->f->no),
		      "record %" PRIu64 ", index %s: block %" PRIu64
		      " is in use but marked as free",
		      ix->f->no, ix->name, no);
	if (!enter(ix, b + 24, ix->block_size - 24, owned)) {
		free(owned);
		fault(ix, "a block's header is nonsense, or its tree too deep");
	}
}

/* --- entries */

static bool entry_parse(const struct index *ix, uint8_t *e, size_t room, struct index_entry *out)
{
	unsigned len = le16(e + 8), key_len = le16(e + 10), flags = le16(e + 12);
	unsigned tail = flags & ENTRY_NODE ? 8 : 0;

	*out = (struct index_entry){.at = e, .key = e + 16, .key_len = key_len};
	if (len < 16 + tail || len % 8 || len > room)
		return false;
	if (flags & ENTRY_LAST)
		return true;
	if (!key_len || key_len > len - 16 - tail || key_len > KEY_MAX)
		return false;
	if (ix->collation == COLLATE_NAME) {
		struct file_name fn;

		return file_name_parse(out->key, key_len, &fn);
	}
	if (ix->view) {
		out->data = e + le16(e);
		out->data_len = le16(e + 2);
		return !out->data_len ||
		       (le16(e) >= 16 + key_len && le16(e) + out->data_len <= len - tail);
	}
	return true;
}

static void leave(struct index *ix)
{
	struct level *l = &ix->levels[--ix->depth];

	if (l->owned)
		free(l->block - 24);
}

/*
 * One step: an entry's subtree comes before the entry. The lowest bit of POS, otherwise 0, tells
 * that the subtree was done.
 */
static void step(struct index *ix, index_visit visit, void *ctx)
{
	struct level *l = &ix->levels[ix->depth - 1];
	size_t pos = l->pos & ~(size_t)1;
	bool below_done = l->pos & 1;
	struct index_entry e;
	uint8_t *at;

	if (l->end - pos < 16) {
		fault(ix, "a node has no end");
		leave(ix);
		return;
	}
	at = l->block + pos;
	if (!entry_parse(ix, at, l->end - pos, &e)) {
		fault(ix, "an entry is nonsense");
		leave(ix);
		return;
	}
	if (le16(at + 12) & ENTRY_NODE && !below_done) {
		l->pos = pos | 1;
		descend(ix, le64(at + le16(at + 8) - 8));
		return;
	}
	if (le16(at + 12) & ENTRY_LAST) {
		leave(ix);
		return;
	}
	check_order(ix, e.key, e.key_len);
	ix->c->res->entries++;
	if (visit)
		visit(ix->c, ctx, &e);
	l->pos = pos + le16(at + 8);
}

/* --- opening */

static bool open_blocks(struct index *ix)
{
	struct check *c = ix->c;
	const char *why = "";
	int rc = stream_open(c, ix->f, AT_INDEX_ALLOCATION, ix->name, &ix->blocks, &why);
	struct stream bits;

	if (rc == HF_ENOENT)
		return true;
	if (rc == HF_ENOMEM)
		c->stop = rc;
	else if (rc)
		fault(ix, why);
	if (rc)
		return false;
	ix->has_blocks = true;
	if (ix->blocks.resident) {
		fault(ix, "its blocks are not where they should be");
		return false;
	}
	ix->block_count = ix->blocks.size / ix->block_size;
	ix->seen = calloc((size_t)(ix->block_count / 8 + 1), 1);
	rc = stream_open(c, ix->f, AT_BITMAP, ix->name, &bits, &why);
	if (!rc) {
		ix->bitmap =
			stream_all(c, &bits, (size_t)(ix->block_count / 8 + 4096), &ix->bitmap_len);
		stream_free(&bits);
	}
	if (!ix->bitmap)
		fault(ix, "the bitmap of its blocks is missing or cannot be read");
	if (ix->blocks.size <= PRELOAD_MAX && ix->blocks.size >= 2 * ix->block_size) {
		ix->loaded = malloc((size_t)ix->blocks.size);
		/* a sector that cannot be read leaves zeros, which no block is */
		if (ix->loaded)
			stream_read(c, &ix->blocks, ix->loaded, (size_t)ix->blocks.size, 0);
	}
	if (!ix->seen)
		c->stop = HF_ENOMEM;
	return !c->stop;
}

static bool open_root(struct index *ix)
{
	const char *why = "it has no root";
	int rc = stream_open(ix->c, ix->f, AT_INDEX_ROOT, ix->name, &ix->root, &why);
	const uint8_t *v = ix->root.value;

	if (rc == HF_ENOMEM) {
		ix->c->stop = rc;
		return false;
	}
	if (rc || !ix->root.resident || ix->root.size < 32) {
		fault(ix, rc ? why : "its root is too short");
		if (!rc)
			stream_free(&ix->root);
		return false;
	}
	ix->collation = le32(v + 4);
	ix->block_size = le32(v + 8);
	if ((ix->collation == COLLATE_NAME) == ix->view || ix->block_size < SECTOR ||
	    ix->block_size > 65536 || ix->block_size & (ix->block_size - 1)) {
		fault(ix, "its root is nonsense");
		return false;
	}
	ix->vcn_per_block = ix->block_size >= ix->c->cluster_size
				    ? ix->block_size / ix->c->cluster_size
				    : ix->block_size / SECTOR;
	return true;
}

static void check_bitmap(struct index *ix)
{
	uint64_t no, lost = 0, first = 0;

	for (no = 0; ix->bitmap && no < ix->block_count && no / 8 < ix->bitmap_len; no++)
		if (bit_get(ix->bitmap, no) && !bit_get(ix->seen, no) && !lost++)
			first = no;
	if (lost)
		found(ix->c, CHECK_INDEX_LEAKED, AT_RECORD(ix->f->no),
		      "record %" PRIu64 ", index %s: %" PRIu64 " blocks, the first is %" PRIu64
		      ", are marked as in use but no entry leads to them",
		      ix->f->no, ix->name, lost, first);
}

void index_check(struct check *c, const struct file *f, const char *name, bool view,
		 index_visit visit, void *ctx)
{
	struct index ix = {.c = c, .f = f, .name = name, .view = view};
	uint8_t *root = NULL;

	if (open_root(&ix) && open_blocks(&ix)) {
		/* entered as a copy: nodes are not const */
		root = malloc((size_t)ix.root.size);
		if (!root) {
			c->stop = HF_ENOMEM;
		} else {
			memcpy(root, ix.root.value, (size_t)ix.root.size);
			if (!enter(&ix, root + 16, (size_t)ix.root.size - 16, NULL))
				fault(&ix, "its root is nonsense");
		}
		while (ix.depth && !c->stop)
			step(&ix, visit, ctx);
		if (!c->stop && !ix.faulty)
			check_bitmap(&ix);
	}
	while (ix.depth)
		leave(&ix);
	stream_free(&ix.root);
	stream_free(&ix.blocks);
	free(root);
	free(ix.loaded);
	free(ix.seen);
	free(ix.bitmap);
}
