// SPDX-License-Identifier: GPL-2.0-or-later
/* Discarding a hibernated session or an unwritten journal, the dirty flag first. */
#include "volume/unclean.h"

#include "report/log.h"
#include "volume/check_private.h"

#define VOLUME_FLAGS 10 /* in $VOLUME_INFORMATION */
#define VOLUME_DIRTY 0x01
#define HEADER	     4096 /* of hiberfil.sys */
#define RESTART	     8192 /* both restart pages */
#define PIECE	     ((size_t)1 << 20)

static int failed(const char *name, int rc)
{
	if (rc == HF_ENOMEM)
		return log_oom();
	if (rc == HF_ENOTNTFS || rc == HF_EBITLOCKER)
		log_error("Volume %s is not changed: it holds no NTFS file system that can be "
			  "read.",
			  name);
	else if (rc == HF_EIO)
		log_error("The disk of %s reports errors. What was announced above is done, "
			  "the rest is not. Check cables and the disk's SMART values, then give "
			  "the same command again.",
			  name);
	else
		log_error("Volume %s is not changed: it is damaged so much that the place of the "
			  "change cannot be told. Copy the disk first, then run \"chkdsk /f\".",
			  name);
	return rc;
}

static int flush(struct check *c)
{
	return c->block->ops->sync(c->block) ? HF_EIO : 0;
}

/* The byte on the volume where byte OFFSET of RUNS lies, and how many follow in one piece. */
static int place_of(const struct check *c, const struct runs *runs, uint64_t offset,
		    uint64_t *place, uint64_t *len)
{
	uint64_t vcn = offset / c->cluster_size, in = offset % c->cluster_size;

	for (size_t i = 0; i < runs->count; i++) {
		const struct run *r = &runs->items[i];

		if (vcn < r->vcn || vcn - r->vcn >= r->len)
			continue;
		if (r->lcn == RUN_HOLE)
			return HF_ECORRUPT;
		*place = (r->lcn + (vcn - r->vcn)) * c->cluster_size + in;
		*len = (r->len - (vcn - r->vcn)) * c->cluster_size - in;
		return 0;
	}
	return HF_ECORRUPT;
}

/* BYTE over what lies from FROM to TO of S. */
static int overwrite(struct check *c, const struct stream *s, uint8_t byte, uint64_t from,
		     uint64_t to)
{
	uint8_t *buf = malloc(PIECE);
	int rc = buf ? 0 : HF_ENOMEM;

	if (buf)
		memset(buf, byte, PIECE);
	while (!rc && from < to) {
		uint64_t place, n;

		rc = place_of(c, &s->runs, from, &place, &n);
		if (rc)
			break;
		n = min_u64(min_u64(n, to - from), PIECE);
		if (c->block->ops->pwrite(c->block, buf, (size_t)n, place) != (int64_t)n)
			rc = HF_EIO;
		from += n;
	}
	free(buf);
	return rc ? rc : flush(c);
}

/* Where the flags are in REC, a $Volume record with fixups undone; 0 when they are not. */
static size_t flags_at(const struct check *c, const uint8_t *rec)
{
	const char *why;
	struct attr a;
	size_t pos = 0;

	while (attr_next(rec, c->record_size, &pos, &a, &why) == 1)
		if (a.type == AT_VOLUME_INFO && !a.nonresident && a.value_len > VOLUME_FLAGS + 1)
			return (size_t)(a.value - rec) + VOLUME_FLAGS;
	return 0;
}

/*
 * Sets the flag in the record of $Volume at PLACE. One sector changes and its fixup does not, so
 * that the record cannot be torn.
 */
static int mark_record(struct check *c, uint64_t place)
{
	uint8_t *raw = malloc((size_t)c->record_size * 2), *rec;
	size_t at, sector;
	int rc = HF_ECORRUPT;

	if (!raw)
		return HF_ENOMEM;
	rec = raw + c->record_size;
	if (c->block->ops->pread(c->block, raw, c->record_size, place) != (int64_t)c->record_size)
		rc = HF_EIO;
	memcpy(rec, raw, c->record_size);
	at = rc == HF_EIO || record_prepare(c, rec) != RECORD_GOOD ? 0 : flags_at(c, rec);
	sector = at / SECTOR * SECTOR;
	if (at && at - sector < SECTOR - 2) { /* not under a fixup */
		raw[at] |= VOLUME_DIRTY;
		rc = c->block->ops->pwrite(c->block, raw + sector, SECTOR, place + sector) == SECTOR
			     ? 0
			     : HF_EIO;
	}
	free(raw);
	return rc ? rc : flush(c);
}

static int set_dirty_flag(struct check *c)
{
	uint64_t place, len;
	int rc = place_of(c, &c->mft, MFT_VOLUME * (uint64_t)c->record_size, &place, &len);

	if (!rc && len < c->record_size)
		rc = HF_ECORRUPT;
	if (!rc)
		rc = mark_record(c, place);
	if (rc)
		return rc;
	/* A mirror that is damaged anyway is for chkdsk, which comes now. */
	rc = mark_record(c,
			 c->mirror_lcn * c->cluster_size + MFT_VOLUME * (uint64_t)c->record_size);
	return rc == HF_ECORRUPT ? 0 : rc;
}

/* The data of record NO, when it lies in clusters as it is. */
static int open_data(struct check *c, uint64_t no, struct file *f, struct stream *s)
{
	const char *why;
	int rc = file_load(c, no, f);

	if (!rc)
		rc = stream_open(c, f, AT_DATA, "", s, &why);
	if (!rc && (s->resident || s->flags & (ATTR_COMPRESSED | ATTR_SPARSE))) {
		stream_free(s);
		rc = HF_ECORRUPT;
	}
	if (rc)
		file_free(f);
	return rc == HF_ENOENT ? HF_ECORRUPT : rc;
}

/* The restart pages last: until they are gone, every driver sees that there is a journal. */
static int empty_journal(struct check *c, const struct stream *s)
{
	int rc = s->size > RESTART ? overwrite(c, s, 0xff, RESTART, s->size) : 0;

	return rc ? rc : overwrite(c, s, 0xff, 0, min_u64(s->size, RESTART));
}

/* Does hiberfil.sys hold a session, or only the journal's form tell of one? */
static bool holds_session(struct check *c, const struct stream *s)
{
	uint8_t head[4];

	return s->size >= sizeof(head) && stream_read(c, s, head, sizeof(head), 0) &&
	       (!memcmp(head, "hibr", 4) || !memcmp(head, "HIBR", 4));
}

static int empty_hiberfil(struct check *c, const char *name)
{
	uint64_t no = REF_RECORD(c->hiberfil);
	struct stream s;
	struct file f;
	int rc;

	if (!c->hiberfil || no >= c->records)
		return 0;
	rc = open_data(c, no, &f, &s);
	if (rc)
		return rc;
	if (holds_session(c, &s)) {
		rc = overwrite(c, &s, 0, 0, min_u64(s.size, HEADER));
		if (!rc)
			log_status("On %s the Windows session in hiberfil.sys was discarded "
				   "(its first 4 kB are zeros now).",
				   name);
	}
	stream_free(&s);
	file_free(&f);
	return rc;
}

static int carry_out(struct check *c, enum unclean_change change, const char *name)
{
	struct stream journal;
	struct file f;
	int rc = open_data(c, MFT_LOGFILE, &f, &journal);

	if (rc)
		return failed(name, rc);
	rc = set_dirty_flag(c);
	if (!rc)
		log_status("On %s the dirty flag was set: Windows checks the volume at its "
			   "next start.",
			   name);
	if (!rc && change == UNCLEAN_DISCARD_SESSION)
		rc = empty_hiberfil(c, name);
	if (!rc)
		rc = empty_journal(c, &journal);
	if (!rc)
		log_status("On %s the journal was discarded ($LogFile is empty now).", name);
	stream_free(&journal);
	file_free(&f);
	return rc ? failed(name, rc) : 0;
}

/* Is the volume in the state that CHANGE ends? */
static int permit(const struct check_result *r, enum unclean_change change, const char *name)
{
	if (change == UNCLEAN_DISCARD_SESSION && r->count[CHECK_HIBERNATED])
		return 0;
	if (change == UNCLEAN_DISCARD_JOURNAL && r->count[CHECK_JOURNAL] &&
	    !r->count[CHECK_HIBERNATED])
		return 0;
	if (change == UNCLEAN_DISCARD_SESSION)
		log_error("Volume %s is not changed: Windows is not hibernated on it, there is no "
			  "session to discard.",
			  name);
	else if (r->count[CHECK_HIBERNATED])
		log_error("Volume %s is not changed: Windows is hibernated on it; its journal "
			  "belongs to that session, which --discard-hibernated-session discards.",
			  name);
	else
		log_error("Volume %s is not changed: its journal is empty, there is nothing to "
			  "discard.",
			  name);
	return HF_EREFUSED;
}

int unclean_discard(struct block *block, enum unclean_change change, const char *name)
{
	static const struct check_options options = {0};
	struct check_result result;
	struct check *c = check_new(block, &options, &result);
	int rc = c ? check_run(c) : HF_ENOMEM;

	if (!rc && !c->recs)
		rc = HF_ECORRUPT;
	if (rc)
		rc = failed(name, rc);
	else
		rc = permit(&result, change, name);
	if (!rc)
		rc = carry_out(c, change, name);
	if (c)
		check_free(c);
	return rc;
}
