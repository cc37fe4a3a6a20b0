// SPDX-License-Identifier: GPL-2.0-or-later
/* Named streams: listing them, and whether two objects have the same ones. */
#include <errno.h>

#include "volume/ntfs_private.h"

#define STREAMS_MAX 4096
#define PIECE	    65536

static int add_stream(struct ntfs_streams *s, const ATTR_RECORD *a)
{
	struct ntfs_stream *stream;

	/* Unnamed data, and the later extents of a stream that was seen already. */
	if (!a->name_length || (a->non_resident && a->lowest_vcn))
		return 0;
	if (s->count >= STREAMS_MAX)
		return HF_ELIMIT;
	if (array_grow(&s->items, s->count, &s->cap))
		return log_oom();
	stream = &s->items[s->count++];
	stream->name_len = a->name_length;
	memcpy(stream->name, (const u8 *)a + le16_to_cpu(a->name_offset),
	       a->name_length * sizeof(ntfschar));
	return 0;
}

int ntfs_list_streams(struct ntfs_fs *nfs, ntfs_inode *ni, struct ntfs_streams *out)
{
	ntfs_attr_search_ctx *actx = ntfs_attr_get_search_ctx(ni, NULL);
	int rc = 0;

	if (!actx)
		return log_oom();
	while (!rc && !ntfs_attr_lookup(AT_DATA, NULL, 0, CASE_SENSITIVE, 0, NULL, 0, actx))
		rc = add_stream(out, actx->attr);
	if (!rc && errno != ENOENT)
		rc = ntfs_fail(nfs, "list a file's streams", ntfs_ref_of(ni));
	if (rc == HF_ELIMIT)
		log_error("Volume %s: MFT record %llu has more than %d streams.", nfs->name,
			  (unsigned long long)ni->mft_no, STREAMS_MAX);
	ntfs_attr_put_search_ctx(actx);
	return rc;
}

/* One of the two objects, and its stream at hand. */
struct side {
	struct ntfs_fs *nfs;
	ntfs_inode *ni;
	struct ntfs_streams streams;
	ntfs_attr *na;
	uint8_t *buf;
};

static int open_side(struct side *s, struct fs *fs, fs_ref ref)
{
	int rc;

	s->nfs = ntfs_fs_of(fs);
	s->buf = malloc(PIECE);
	if (!s->buf)
		return log_oom();
	rc = ntfs_get(s->nfs, ref, &s->ni);
	if (rc) {
		s->ni = NULL;
		return rc;
	}
	return ntfs_list_streams(s->nfs, s->ni, &s->streams);
}

static int close_side(struct side *s, int rc)
{
	free(s->streams.items);
	free(s->buf);
	return s->ni ? ntfs_put_rc(s->nfs, s->ni, rc) : rc;
}

static int read_side(struct side *s, s64 at, s64 n)
{
	return ntfs_attr_pread(s->na, at, n, s->buf) == n
		       ? 0
		       : ntfs_fail(s->nfs, "read a stream", ntfs_ref_of(s->ni));
}

static int same_open_stream(struct side *a, struct side *b)
{
	s64 size = a->na->data_size;
	int rc = 0;

	if (size != b->na->data_size)
		return 0;
	for (s64 at = 0; !rc && at < size; at += PIECE) {
		s64 n = size - at < PIECE ? size - at : PIECE;

		rc = read_side(a, at, n);
		if (!rc)
			rc = read_side(b, at, n);
		if (!rc && memcmp(a->buf, b->buf, (size_t)n) != 0)
			return 0;
	}
	return rc ? rc : 1;
}

/* Is there a stream called NAME on both sides, with the same content? */
static int same_stream(struct side *a, struct side *b, struct ntfs_stream *name)
{
	int same = 0;

	if (!ntfs_attr_exist(b->ni, AT_DATA, name->name, name->name_len))
		return 0;
	a->na = ntfs_attr_open(a->ni, AT_DATA, name->name, name->name_len);
	b->na = ntfs_attr_open(b->ni, AT_DATA, name->name, name->name_len);
	if (a->na && b->na)
		same = same_open_stream(a, b);
	else
		same = ntfs_fail(a->na ? b->nfs : a->nfs, "open a stream",
				 ntfs_ref_of(a->na ? b->ni : a->ni));
	if (a->na)
		ntfs_attr_close(a->na);
	if (b->na)
		ntfs_attr_close(b->na);
	return same;
}

int ntfs_op_same_streams(struct fs *fs, fs_ref ref, struct fs *other, fs_ref other_ref)
{
	struct side a = {0}, b = {0};
	int rc, same = 1;

	if (fs == other && ref == other_ref)
		return 1;
	rc = open_side(&a, fs, ref);
	if (!rc)
		rc = open_side(&b, other, other_ref);
	if (!rc)
		same = a.streams.count == b.streams.count;
	for (size_t i = 0; !rc && same == 1 && i < a.streams.count; i++)
		same = same_stream(&a, &b, &a.streams.items[i]);
	rc = close_side(&a, rc);
	rc = close_side(&b, rc);
	return rc ? rc : same;
}
