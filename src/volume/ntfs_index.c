// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading the $I30 index of a directory: a B+ tree of FILE_NAME copies, its root in the MFT record,
 * its other nodes in $INDEX_ALLOCATION. Written anew because the library's ntfs_readdir() opens the
 * inode of every reparse point and system file, and its lookup follows a node that points to itself
 * for ever. Here depth is limited and no node is read twice.
 */
#include <errno.h>

#include "volume/ntfs_private.h"

#define INDEX_DEPTH_MAX	 32
#define INDEX_BLOCK_MAX	 65536
#define INDEX_BLOCKS_MAX (UINT64_C(1) << 24)

struct index {
	struct ntfs_fs *nfs;
	ntfs_inode *dir;
	ntfs_attr *allocation; /* NULL: the root is all there is */
	uint8_t *root;	       /* the value of $INDEX_ROOT */
	uint32_t block_size;
	unsigned vcn_bits; /* log2 of the bytes a VCN counts */
	uint8_t *seen;	   /* one bit for each block */
	uint64_t blocks;
};

/* A node: its entries end before END; AT is the current entry. */
struct node {
	uint8_t *block; /* owned; NULL for the root */
	const uint8_t *end;
	const INDEX_ENTRY *at;
	bool descended; /* the subtree before AT was visited */
};

static int damaged(struct index *ix, const char *why)
{
	log_error("Volume %s: the directory with MFT record %llu is damaged: %s. Run chkdsk /f on "
		  "the volume in Windows.",
		  ix->nfs->name, (unsigned long long)ix->dir->mft_no, why);
	return HF_ECORRUPT;
}

static void index_close(struct index *ix)
{
	if (ix->allocation)
		ntfs_attr_close(ix->allocation);
	free(ix->root);
	free(ix->seen);
}

/* Checks an entry's bounds; false when it does not fit before END. */
static bool entry_fits(const INDEX_ENTRY *e, const uint8_t *end)
{
	size_t room = (size_t)(end - (const uint8_t *)e);
	size_t need = sizeof(INDEX_ENTRY_HEADER);
	size_t len;

	if ((const uint8_t *)e > end || room < need)
		return false;
	len = le16_to_cpu(e->length);
	if (e->ie_flags & INDEX_ENTRY_NODE)
		need += sizeof(VCN);
	if (!(e->ie_flags & INDEX_ENTRY_END)) {
		need += offsetof(FILE_NAME_ATTR, file_name);
		if (len < need)
			return false;
		need += e->key.file_name.file_name_length * sizeof(ntfschar);
	}
	return len >= need && len <= room && !(len & 7);
}

/* Sets NODE to the first entry behind HEADER, of which SIZE bytes may be read. */
static int node_start(struct index *ix, struct node *node, const INDEX_HEADER *header, size_t size)
{
	uint32_t offset = le32_to_cpu(header->entries_offset);
	uint32_t length = le32_to_cpu(header->index_length);

	if (length > size || offset < sizeof(*header) || offset >= length || (offset & 7))
		return damaged(ix, "a node has impossible sizes");
	node->end = (const uint8_t *)header + length;
	node->at = (const INDEX_ENTRY *)((const uint8_t *)header + offset);
	node->descended = false;
	if (!entry_fits(node->at, node->end))
		return damaged(ix, "an entry does not fit into its node");
	return 0;
}

static int open_allocation(struct index *ix)
{
	ix->allocation = ntfs_attr_open(ix->dir, AT_INDEX_ALLOCATION, NTFS_INDEX_I30, 4);
	if (!ix->allocation) {
		if (errno == ENOENT)
			return 0;
		return ntfs_fail(ix->nfs, "open a directory's index", ntfs_ref_of(ix->dir));
	}
	if (ix->allocation->data_size < 0)
		return damaged(ix, "its index has a negative size");
	ix->blocks = (uint64_t)ix->allocation->data_size / ix->block_size;
	if (ix->blocks > INDEX_BLOCKS_MAX)
		return damaged(ix, "its index is larger than any directory's");
	ix->seen = calloc(1, (size_t)(ix->blocks / 8) + 1);
	return ix->seen ? 0 : log_oom();
}

static int index_open(struct ntfs_fs *nfs, ntfs_inode *dir, struct index *ix, struct node *root)
{
	const INDEX_ROOT *ir;
	size_t size = 0;
	int rc;

	*ix = (struct index){.nfs = nfs, .dir = dir};
	*root = (struct node){0};
	rc = ntfs_attr_value(nfs, dir, AT_INDEX_ROOT, NTFS_INDEX_I30, 4, INDEX_BLOCK_MAX, &ix->root,
			     &size);
	if (rc == HF_ENOENT)
		return damaged(ix, "it has no index");
	if (rc)
		return rc;
	ir = (const INDEX_ROOT *)ix->root;
	if (size < sizeof(*ir) || ir->type != AT_FILE_NAME)
		return damaged(ix, "its index root is not one of names");
	ix->block_size = le32_to_cpu(ir->index_block_size);
	if (ix->block_size < NTFS_BLOCK_SIZE || ix->block_size > INDEX_BLOCK_MAX ||
	    (ix->block_size & (ix->block_size - 1)))
		return damaged(ix, "its index has an impossible block size");
	ix->vcn_bits = nfs->vol->cluster_size <= ix->block_size ? nfs->vol->cluster_size_bits
								: NTFS_BLOCK_SIZE_BITS;
	rc = open_allocation(ix);
	return rc ? rc : node_start(ix, root, &ir->index, size - offsetof(INDEX_ROOT, index));
}

/* The child node before entry E into NODE; each block of the index is read once at most. */
static int read_child(struct index *ix, const INDEX_ENTRY *e, struct node *node)
{
	int64_t vcn;
	uint64_t block;
	INDEX_BLOCK *ib;

	memcpy(&vcn, (const uint8_t *)e + le16_to_cpu(e->length) - sizeof(vcn), sizeof(vcn));
	if (!ix->allocation || vcn < 0 || (uint64_t)vcn > UINT64_MAX >> (ix->vcn_bits + 1))
		return damaged(ix, "an entry points outside the index");
	block = ((uint64_t)vcn << ix->vcn_bits) / ix->block_size;
	if (block >= ix->blocks || (((uint64_t)vcn << ix->vcn_bits) & (ix->block_size - 1)))
		return damaged(ix, "an entry points outside the index");
	if (ix->seen[block / 8] & (1 << (block & 7)))
		return damaged(ix, "its index runs in a circle");
	ix->seen[block / 8] |= (uint8_t)(1 << (block & 7));
	ib = malloc(ix->block_size);
	if (!ib)
		return log_oom();
	node->block = (uint8_t *)ib;
	if (ntfs_attr_mst_pread(ix->allocation, vcn << ix->vcn_bits, 1, ix->block_size, ib) != 1)
		return ntfs_fail(ix->nfs, "read a directory's index", ntfs_ref_of(ix->dir));
	if (ntfs_index_block_inconsistent(ib, ix->block_size, ix->dir->mft_no, vcn))
		return damaged(ix, "a node of its index is not one");
	return node_start(ix, node, &ib->index, ix->block_size - offsetof(INDEX_BLOCK, index));
}

/* Goes to the next entry of NODE. */
static int node_next(struct index *ix, struct node *node)
{
	node->at = (const INDEX_ENTRY *)((const uint8_t *)node->at + le16_to_cpu(node->at->length));
	node->descended = false;
	if (!entry_fits(node->at, node->end))
		return damaged(ix, "an entry does not fit into its node");
	return 0;
}

/* In-order walk from the root in STACK[0]; DEPTH_OUT tells how many nodes are left to be freed. */
static int walk(struct index *ix, struct node *stack, size_t *depth_out, ntfs_index_visit visit,
		void *ctx)
{
	size_t depth = 1;
	int rc = 0;

	while (depth && !rc) {
		struct node *top = &stack[depth - 1];

		*depth_out = depth;
		if ((top->at->ie_flags & INDEX_ENTRY_NODE) && !top->descended) {
			top->descended = true;
			if (depth == INDEX_DEPTH_MAX)
				return damaged(ix, "its index is too deep");
			stack[depth] = (struct node){0};
			*depth_out = ++depth;
			rc = read_child(ix, top->at, &stack[depth - 1]);
		} else if (top->at->ie_flags & INDEX_ENTRY_END) {
			free(top->block);
			top->block = NULL;
			depth--;
		} else {
			if (top->at->key.file_name.file_name_length)
				rc = visit(ctx, &top->at->key.file_name,
					   le64_to_cpu(top->at->indexed_file));
			if (!rc)
				rc = node_next(ix, top);
		}
	}
	return rc;
}

int ntfs_index_walk(struct ntfs_fs *nfs, ntfs_inode *dir, ntfs_index_visit visit, void *ctx)
{
	struct node stack[INDEX_DEPTH_MAX];
	struct index ix;
	size_t depth = 0;
	int rc = index_open(nfs, dir, &ix, &stack[0]);

	if (!rc)
		rc = walk(&ix, stack, &depth, visit, ctx);
	while (depth)
		free(stack[--depth].block);
	index_close(&ix);
	return rc;
}

/*
 * Finds NAME below NODE's first entry as NTFS orders names: by upper case, then (EXACT) by case.
 * Goes to the entry that is equal or the one before which NAME would be.
 */
static int find_in_node(struct index *ix, struct node *node, const uint16_t *name, unsigned len,
			bool exact, bool *found)
{
	const ntfs_volume *vol = ix->nfs->vol;
	int rc = 0;

	*found = false;
	while (!rc && !(node->at->ie_flags & INDEX_ENTRY_END)) {
		const FILE_NAME_ATTR *fn = &node->at->key.file_name;
		int order = ntfs_names_full_collate(
			name, len, ntfs_fn_units(fn), fn->file_name_length,
			exact ? CASE_SENSITIVE : IGNORE_CASE, vol->upcase, vol->upcase_len);

		if (order <= 0) {
			*found = !order;
			break;
		}
		rc = node_next(ix, node);
	}
	return rc;
}

static int find(struct ntfs_fs *nfs, ntfs_inode *dir, const uint16_t *name, unsigned len,
		bool exact, fs_ref *out)
{
	struct node node;
	struct index ix;
	bool found = false;
	int depth, rc;

	rc = index_open(nfs, dir, &ix, &node);
	for (depth = 0; !rc && depth < INDEX_DEPTH_MAX; depth++) {
		struct node child = {0};

		rc = find_in_node(&ix, &node, name, len, exact, &found);
		if (rc || found || !(node.at->ie_flags & INDEX_ENTRY_NODE))
			break;
		rc = read_child(&ix, node.at, &child);
		free(node.block);
		node = child;
	}
	if (!rc && depth == INDEX_DEPTH_MAX)
		rc = damaged(&ix, "its index is too deep");
	if (!rc && found)
		*out = le64_to_cpu(node.at->indexed_file);
	free(node.block);
	index_close(&ix);
	return rc ? rc : found ? 0 : HF_ENOENT;
}

int ntfs_index_has(struct ntfs_fs *nfs, ntfs_inode *dir, const uint16_t *name, unsigned len)
{
	fs_ref ref;

	return find(nfs, dir, name, len, true, &ref);
}

int ntfs_index_find(struct ntfs_fs *nfs, ntfs_inode *dir, const uint16_t *name, unsigned len,
		    fs_ref *out)
{
	int rc = find(nfs, dir, name, len, false, out);
	fs_ref exact;

	/* Something with that name in some case is there; another case may be written exactly so.
	 */
	if (!rc && !find(nfs, dir, name, len, true, &exact))
		*out = exact;
	return rc;
}

bool ntfs_index_is_small(ntfs_inode *dir)
{
	return !ntfs_attr_exist(dir, AT_INDEX_ALLOCATION, NTFS_INDEX_I30, 4);
}
