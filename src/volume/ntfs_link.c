// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * More names for files: the heart of a capture, so its directory stays open from one link to the
 * next and a set of hashes of its names spares the search for a name that is not there.
 */
#include <errno.h>

#include "volume/ntfs_private.h"

#define SLOTS_MIN 64

static uint64_t name_hash(const struct upcase *uc, const uint16_t *name, unsigned len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	unsigned i;

	for (i = 0; i < len; i++)
		h = (h ^ uc->map[name[i]]) * UINT64_C(0x100000001b3);
	h ^= h >> 29;
	return h ? h : 1;
}

static bool hash_present(const struct ntfs_kept *kept, uint64_t hash)
{
	size_t i;

	if (!kept->slots)
		return false;
	for (i = hash & (kept->slots - 1); kept->hashes[i]; i = (i + 1) & (kept->slots - 1))
		if (kept->hashes[i] == hash)
			return true;
	return false;
}

static void hash_put(uint64_t *hashes, size_t slots, uint64_t hash)
{
	size_t i = hash & (slots - 1);

	while (hashes[i])
		i = (i + 1) & (slots - 1);
	hashes[i] = hash;
}

/* Adds HASH; without memory for it the names are simply not known any more. */
static void hash_add(struct ntfs_kept *kept, uint64_t hash)
{
	if ((kept->count + 1) * 2 > kept->slots) {
		size_t i, slots = kept->slots ? kept->slots * 2 : SLOTS_MIN;
		uint64_t *bigger = calloc(slots, sizeof(*bigger));

		if (!bigger) {
			kept->names_known = false;
			return;
		}
		for (i = 0; i < kept->slots; i++)
			if (kept->hashes[i])
				hash_put(bigger, slots, kept->hashes[i]);
		free(kept->hashes);
		kept->hashes = bigger;
		kept->slots = slots;
	}
	hash_put(kept->hashes, kept->slots, hash);
	kept->count++;
}

static int learn_name(void *ctx, const FILE_NAME_ATTR *fn, fs_ref ref)
{
	struct ntfs_fs *nfs = ctx;

	(void)ref;
	hash_add(&nfs->kept, name_hash(&nfs->upcase, ntfs_fn_units(fn), fn->file_name_length));
	return 0;
}

int ntfs_drop_kept(struct ntfs_fs *nfs)
{
	ntfs_inode *ni = nfs->kept.ni;

	nfs->kept.ni = NULL;
	nfs->kept.names_known = false;
	nfs->kept.count = 0;
	if (nfs->kept.slots > 65536) {
		free(nfs->kept.hashes);
		nfs->kept.hashes = NULL;
		nfs->kept.slots = 0;
	} else if (nfs->kept.slots) {
		memset(nfs->kept.hashes, 0, nfs->kept.slots * sizeof(*nfs->kept.hashes));
	}
	return ntfs_put(nfs, ni);
}

static int keep(struct ntfs_fs *nfs, fs_ref dir)
{
	ntfs_inode *ni;
	int rc;

	if (nfs->kept.ni && nfs->kept.ref == dir)
		return 0;
	rc = ntfs_drop_kept(nfs);
	if (!rc)
		rc = ntfs_refuse_metadata(nfs, dir, "link into");
	if (!rc)
		rc = ntfs_get_dir(nfs, dir, &ni);
	if (rc)
		return rc;
	nfs->kept.ni = ni;
	nfs->kept.ref = dir;
	/* Reading a large directory each time it is come back to would cost more than it saves. */
	if (!ntfs_index_is_small(ni))
		return 0;
	nfs->kept.names_known = true;
	rc = ntfs_index_walk(nfs, ni, learn_name, nfs);
	if (rc)
		ntfs_drop_kept(nfs);
	return rc;
}

static int name_is_free(struct ntfs_fs *nfs, const uint16_t *name, unsigned len, uint64_t hash)
{
	char text[NAME_WTF8_MAX];
	int rc;

	if (nfs->kept.names_known && !hash_present(&nfs->kept, hash))
		return 0;
	/* Names that differ in case alone may stand side by side, as where they are captured from.
	 */
	rc = ntfs_index_has(nfs, nfs->kept.ni, name, len);
	if (rc == HF_ENOENT)
		return 0;
	if (rc)
		return rc;
	log_error("Volume %s: cannot link \"%s\": the name is taken.", nfs->name,
		  ntfs_name_text(name, len, text, sizeof(text)));
	return HF_EEXIST;
}

static int link_open(struct ntfs_fs *nfs, ntfs_inode *ni, const uint16_t *name, unsigned len,
		     uint64_t hash)
{
	if (ntfs_is_dir(ni)) {
		log_error("Volume %s: refused to link MFT record %llu: directories have one name.",
			  nfs->name, (unsigned long long)ni->mft_no);
		return HF_EREFUSED;
	}
	if (le16_to_cpu(ni->mrec->link_count) >= NTFS_NAMES_MAX) {
		log_info("Volume %s: MFT record %llu has %u names already, no more are added.",
			 nfs->name, (unsigned long long)ni->mft_no,
			 le16_to_cpu(ni->mrec->link_count));
		return HF_ELIMIT;
	}
	if (ntfs_link(ni, nfs->kept.ni, name, (u8)len))
		return ntfs_fail_change(nfs, "link a file", ntfs_ref_of(ni));
	if (nfs->kept.names_known)
		hash_add(&nfs->kept, hash);
	/*
	 * A record that the name made full: its data moves out, and closing it tells all its
	 * directories. They are opened for that from what is on the volume, so the one kept open
	 * must be there.
	 */
	return NInoFileNameDirty(ni) ? ntfs_drop_kept(nfs) : 0;
}

int ntfs_op_link(struct fs *fs, fs_ref file, fs_ref dir, const uint16_t *name, unsigned len)
{
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	uint64_t hash = 0;
	ntfs_inode *ni;
	int rc = ntfs_check_name(name, len);

	if (!rc)
		rc = ntfs_begin_write(nfs);
	if (!rc)
		rc = ntfs_refuse_metadata(nfs, file, "link");
	if (!rc)
		rc = keep(nfs, dir);
	if (!rc) {
		hash = name_hash(&nfs->upcase, name, len);
		rc = name_is_free(nfs, name, len, hash);
	}
	if (!rc)
		rc = ntfs_get(nfs, file, &ni);
	return rc ? rc : ntfs_put_rc(nfs, ni, link_open(nfs, ni, name, len, hash));
}
