// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Removing names. One name of several is taken away here, leaving the file's times alone; the last
 * one goes through ntfs_delete(), which frees the data. The library's way is not used for the
 * others: it stamps the change time into every directory, and pairs names with DOS names of other
 * directories.
 */
#include <errno.h>

#include "volume/ntfs_private.h"

/* What a file is called; counted from its FILE_NAME attributes. */
struct name_census {
	unsigned total;	    /* all of them, as the link count should say */
	unsigned matching;  /* the wanted name in the wanted directory */
	unsigned others;    /* further names a person would count */
	unsigned dos_here;  /* DOS names in the wanted directory */
	unsigned long_here; /* Win32 names with a separate DOS name, in the wanted directory */
	FILE_NAME_TYPE_FLAGS type; /* of the matching one */
};

struct victim {
	struct ntfs_fs *nfs;
	ntfs_inode *dir, *ni;
	ntfschar name[NAME_UNITS_MAX]; /* as written on the volume */
	unsigned len;
	struct name_census census;
};

static int refuse(const struct victim *v, int rc, const char *why)
{
	char text[NAME_WTF8_MAX];

	log_error("Volume %s: \"%s\" (MFT record %llu) is not deleted: %s.", v->nfs->name,
		  ntfs_name_text(v->name, v->len, text, sizeof(text)),
		  (unsigned long long)v->ni->mft_no, why);
	return rc;
}

static bool names_match(const struct victim *v, const FILE_NAME_ATTR *fn, bool exact)
{
	return fn->file_name_type != FILE_NAME_DOS &&
	       MREF_LE(fn->parent_directory) == v->dir->mft_no &&
	       ntfs_names_are_equal(ntfs_fn_units(fn), fn->file_name_length, v->name, v->len,
				    exact ? CASE_SENSITIVE : IGNORE_CASE, v->nfs->vol->upcase,
				    v->nfs->vol->upcase_len);
}

static void count_name(struct victim *v, const FILE_NAME_ATTR *fn, bool exact)
{
	bool here = MREF_LE(fn->parent_directory) == v->dir->mft_no;

	v->census.total++;
	if (fn->file_name_type == FILE_NAME_DOS) {
		v->census.dos_here += here;
		return;
	}
	v->census.long_here += here && fn->file_name_type == FILE_NAME_WIN32;
	if (!v->census.matching && names_match(v, fn, exact)) {
		v->census.matching = 1;
		v->census.type = fn->file_name_type;
		v->len = fn->file_name_length;
		memcpy(v->name, ntfs_fn_units(fn), v->len * sizeof(ntfschar));
	} else {
		v->census.others++;
	}
}

/* Counts the file's names; the wanted one is matched exactly, or without case when not EXACT. */
static int take_census(struct victim *v, bool exact)
{
	ntfs_attr_search_ctx *actx = ntfs_attr_get_search_ctx(v->ni, NULL);
	bool sound = true;

	if (!actx)
		return log_oom();
	memset(&v->census, 0, sizeof(v->census));
	while (sound &&
	       !ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, NULL, 0, actx)) {
		const FILE_NAME_ATTR *fn = ntfs_file_name(actx);

		sound = fn;
		if (fn)
			count_name(v, fn, exact);
	}
	if (sound && errno != ENOENT)
		sound = false;
	ntfs_attr_put_search_ctx(actx);
	return sound ? 0 : refuse(v, HF_ECORRUPT, "its names cannot be read; run chkdsk /f");
}

/* A FILE_NAME of V in its directory: the wanted name, or (DOS) a DOS name. */
static FILE_NAME_ATTR *find_name(const struct victim *v, ntfs_attr_search_ctx *actx, bool dos)
{
	ntfs_attr_reinit_search_ctx(actx);
	while (!ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, NULL, 0, actx)) {
		FILE_NAME_ATTR *fn = ntfs_file_name(actx);

		if (!fn)
			continue;
		if (dos ? fn->file_name_type == FILE_NAME_DOS &&
				    MREF_LE(fn->parent_directory) == v->dir->mft_no
			: names_match(v, fn, true))
			return fn;
	}
	return NULL;
}

static int remove_name(struct victim *v, bool dos)
{
	ntfs_attr_search_ctx *actx = ntfs_attr_get_search_ctx(v->ni, NULL);
	FILE_NAME_ATTR *fn;
	int rc = 0;

	if (!actx)
		return log_oom();
	errno = EIO;
	fn = find_name(v, actx, dos);
	if (!fn ||
	    ntfs_index_remove(v->dir, v->ni, fn, (int)le32_to_cpu(actx->attr->value_length)) ||
	    ntfs_attr_record_rm(actx)) {
		rc = ntfs_fail_change(v->nfs, "remove a name", ntfs_ref_of(v->ni));
	} else {
		v->ni->mrec->link_count = cpu_to_le16(le16_to_cpu(v->ni->mrec->link_count) - 1);
		ntfs_inode_mark_dirty(v->ni);
	}
	ntfs_attr_put_search_ctx(actx);
	return rc;
}

/* One of several names: with its DOS twin when that would be left alone. Closes both inodes. */
static int remove_one(struct victim *v)
{
	bool twin = v->census.type == FILE_NAME_WIN32 && v->census.dos_here >= v->census.long_here;
	int rc = twin ? remove_name(v, true) : 0;

	if (!rc)
		rc = remove_name(v, false);
	rc = ntfs_put_rc(v->nfs, v->dir, rc);
	return ntfs_put_rc(v->nfs, v->ni, rc);
}

/* A long name without DOS twin would make ntfs_delete() fail: it looks for one. */
static void retag_lone_long_name(struct victim *v)
{
	ntfs_attr_search_ctx *actx;
	FILE_NAME_ATTR *fn;

	if (v->census.type != FILE_NAME_WIN32 || v->census.dos_here)
		return;
	actx = ntfs_attr_get_search_ctx(v->ni, NULL);
	fn = actx ? find_name(v, actx, false) : NULL;
	if (fn) {
		fn->file_name_type = FILE_NAME_POSIX;
		ntfs_inode_mark_dirty(actx->ntfs_ino);
	}
	if (actx)
		ntfs_attr_put_search_ctx(actx);
}

static int any_entry(void *ctx, const FILE_NAME_ATTR *fn, fs_ref ref)
{
	(void)ctx;
	(void)fn;
	(void)ref;
	return 1;
}

/*
 * Windows leaves the blocks of a large index behind when its last name goes; the library takes such
 * a directory for full. Gives it the index of a new directory.
 */
static int shrink_index(struct victim *v)
{
	struct {
		INDEX_ROOT root;
		INDEX_ENTRY_HEADER end;
	} __attribute__((packed)) fresh;
	ntfs_attr *na = ntfs_attr_open(v->ni, AT_INDEX_ROOT, NTFS_INDEX_I30, 4);
	bool ok = na && ntfs_attr_pread(na, 0, sizeof(fresh.root), &fresh) == sizeof(fresh.root);

	if (ok && na->data_size != sizeof(fresh)) {
		uint32_t len = sizeof(INDEX_HEADER) + sizeof(INDEX_ENTRY_HEADER);

		fresh.root.index.entries_offset = const_cpu_to_le32(sizeof(INDEX_HEADER));
		fresh.root.index.index_length = cpu_to_le32(len);
		fresh.root.index.allocated_size = cpu_to_le32(len);
		fresh.root.index.ih_flags = SMALL_INDEX;
		memset(&fresh.end, 0, sizeof(fresh.end));
		fresh.end.length = const_cpu_to_le16(sizeof(INDEX_ENTRY_HEADER));
		fresh.end.flags = INDEX_ENTRY_END;
		ok = ntfs_attr_pwrite(na, 0, sizeof(fresh), &fresh) == sizeof(fresh) &&
		     !ntfs_attr_truncate(na, sizeof(fresh));
		if (ok && ntfs_attr_exist(v->ni, AT_INDEX_ALLOCATION, NTFS_INDEX_I30, 4))
			ok = !ntfs_attr_remove(v->ni, AT_INDEX_ALLOCATION, NTFS_INDEX_I30, 4);
		if (ok && ntfs_attr_exist(v->ni, AT_BITMAP, NTFS_INDEX_I30, 4))
			ok = !ntfs_attr_remove(v->ni, AT_BITMAP, NTFS_INDEX_I30, 4);
	}
	if (na)
		ntfs_attr_close(na);
	return ok ? 0 : ntfs_fail_change(v->nfs, "empty a directory", ntfs_ref_of(v->ni));
}

static int prepare_directory(struct victim *v)
{
	int rc = ntfs_index_walk(v->nfs, v->ni, any_entry, NULL);

	if (rc == 1)
		return refuse(v, HF_EREFUSED, "the directory is not empty");
	return rc ? rc : shrink_index(v);
}

/* The last name, and with it the file. ntfs_delete() closes both inodes in every case. */
static int remove_last(struct victim *v)
{
	fs_ref ref = ntfs_ref_of(v->ni);
	int rc = 0;

	if (ntfs_is_dir(v->ni))
		rc = prepare_directory(v);
	if (rc) {
		rc = ntfs_put_rc(v->nfs, v->dir, rc);
		return ntfs_put_rc(v->nfs, v->ni, rc);
	}
	retag_lone_long_name(v);
	if (ntfs_delete(v->nfs->vol, NULL, v->ni, v->dir, v->name, (u8)v->len))
		return ntfs_fail_change(v->nfs, "delete a file", ref);
	return 0;
}

/* The census must agree with the link count: else deleting one name could free what another shows.
 */
static int check_census(const struct victim *v)
{
	const struct name_census *c = &v->census;

	if (!c->matching)
		return refuse(v, HF_ECORRUPT, "the file does not know this name; run chkdsk /f");
	if (c->total != le16_to_cpu(v->ni->mrec->link_count))
		return refuse(v, HF_ECORRUPT, "its number of names is wrong; run chkdsk /f");
	if (c->others && ntfs_is_dir(v->ni))
		return refuse(v, HF_ECORRUPT, "the directory has several names; run chkdsk /f");
	if (!c->others && c->total != 1 + c->dos_here)
		return refuse(v, HF_ECORRUPT, "its DOS name is elsewhere; run chkdsk /f");
	return 0;
}

static int unlink_open(struct victim *v)
{
	int rc = take_census(v, true);

	if (!rc && !v->census.matching)
		rc = take_census(v, false);
	if (!rc)
		rc = check_census(v);
	if (rc) {
		rc = ntfs_put_rc(v->nfs, v->dir, rc);
		return ntfs_put_rc(v->nfs, v->ni, rc);
	}
	return v->census.others ? remove_one(v) : remove_last(v);
}

/* NAME in the open directory must be EXPECT. */
static int check_expected(struct victim *v, fs_ref expect)
{
	char text[NAME_WTF8_MAX];
	fs_ref found;
	int rc = ntfs_index_find(v->nfs, v->dir, v->name, v->len, &found);

	if (!rc && found == expect)
		return 0;
	if (rc && rc != HF_ENOENT)
		return rc;
	log_error("Volume %s: \"%s\" is not deleted: the name %s.", v->nfs->name,
		  ntfs_name_text(v->name, v->len, text, sizeof(text)),
		  rc ? "does not exist" : "belongs to another file");
	return rc ? HF_ENOENT : HF_EREFUSED;
}

int ntfs_op_unlink(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref expect)
{
	struct victim v = {.nfs = ntfs_fs_of(fs), .len = len};
	int rc = ntfs_check_name(name, len);

	if (!rc)
		rc = ntfs_begin_write(v.nfs);
	if (!rc)
		rc = ntfs_drop_kept(v.nfs);
	if (!rc)
		rc = ntfs_refuse_metadata(v.nfs, dir, "delete from");
	if (!rc)
		rc = ntfs_refuse_metadata(v.nfs, expect, "delete");
	if (!rc && (FS_RECORD(expect) == FILE_root || FS_RECORD(expect) == FS_RECORD(dir))) {
		log_error("Volume %s: refused to delete the root or a directory from itself.",
			  v.nfs->name);
		rc = HF_EREFUSED;
	}
	if (!rc)
		rc = ntfs_get_dir(v.nfs, dir, &v.dir);
	if (rc)
		return rc;
	memcpy(v.name, name, len * sizeof(*name));
	rc = check_expected(&v, expect);
	if (!rc)
		rc = ntfs_get(v.nfs, expect, &v.ni);
	return rc ? ntfs_put_rc(v.nfs, v.dir, rc) : unlink_open(&v);
}
