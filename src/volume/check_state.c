// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In what state the last one who wrote left the volume: dirty flag, journal, hibernation; and the
 * table of upper-case letters, without which no order of names can be judged.
 */
#include <inttypes.h>

#include "volume/check_private.h"
#include "volume/journal.h"

#define VOLUME_DIRTY  0x0001
#define PAGE	      4096
#define LOG_CLEAN     0x0002
#define LOG_NO_CLIENT 0xffff
#define UPCASE_BYTES  131072

/* The unnamed data of NTFS's own file NO, or another attribute of it; false with a finding. */
static bool open_own(struct check *c, uint64_t no, uint32_t type, struct file *f, struct stream *s)
{
	const char *why = "it is missing";
	int rc = file_load(c, no, f);

	if (!rc)
		rc = stream_open(c, f, type, "", s, &why);
	if (rc == HF_ENOMEM)
		c->stop = rc;
	else if (rc)
		found(c, CHECK_SYSTEM_FILE, AT_RECORD(no), "record %" PRIu64 ", attribute 0x%x: %s",
		      no, type, f->why ? f->why : why);
	if (rc)
		file_free(f);
	return !rc;
}

void check_upcase(struct check *c)
{
	const uint16_t *map = c->upcase.map;
	struct file f;
	struct stream s;
	bool good;

	c->upcase = *upcase_basic();
	if (!open_own(c, MFT_UPCASE, AT_DATA, &f, &s))
		return;
	good = s.size == UPCASE_BYTES && stream_read(c, &s, c->upcase.map, UPCASE_BYTES, 0) &&
	       map['a'] == 'A' && map['z'] == 'Z' && map['A'] == 'A' && map['0'] == '0' &&
	       map[0xe4] == 0xc4;
	if (!good) {
		c->upcase = *upcase_basic();
		found(c, CHECK_SYSTEM_FILE, AT_RECORD(MFT_UPCASE),
		      "the table of upper-case letters is damaged");
	}
	stream_free(&s);
	file_free(&f);
}

static bool interrupted(const struct check *c)
{
	return c->opt->journal && journal_state(c->opt->journal) == JOURNAL_INTERRUPTED;
}

/* A command of ours that was cut short. */
static void check_session(struct check *c)
{
	if (interrupted(c))
		found(c, CHECK_INTERRUPTED, AT_NOWHERE,
		      "a command of Holdfast was interrupted here; its journal is whole and will "
		      "be replayed");
	else if (c->opt->journal && journal_state(c->opt->journal) == JOURNAL_STALE)
		found(c, CHECK_STALE, AT_NOWHERE,
		      "a command of Holdfast was interrupted here, and the volume was changed by "
		      "others since: its journal does not fit any more");
}

static void check_dirty(struct check *c)
{
	struct file f;
	struct stream s;

	if (!open_own(c, MFT_VOLUME, AT_VOLUME_INFO, &f, &s))
		return;
	if (!s.resident || s.size < 12)
		found(c, CHECK_SYSTEM_FILE, AT_RECORD(MFT_VOLUME),
		      "the volume's version and flags are damaged");
	else if (le16(s.value + 10) & VOLUME_DIRTY &&
		 !(interrupted(c) && journal_was_clean(c->opt->journal)))
		found(c, CHECK_DIRTY, AT_RECORD(MFT_VOLUME), "the volume is marked as dirty");
	stream_free(&s);
	file_free(&f);
}

struct restart {
	bool valid, clean, held;
	uint64_t lsn;
};

/* A restart page of the journal; PAGE bytes of it. */
static struct restart restart_parse(uint8_t *p)
{
	struct restart r = {0};
	unsigned at = le16(p + 24);

	if ((memcmp(p, "RSTR", 4) && memcmp(p, "CHKD", 4)) || at > PAGE - 64 || at < 30)
		return r;
	r.valid = true;
	r.lsn = le64(p + at);
	r.clean = le16(p + at + 12) == LOG_NO_CLIENT || le16(p + at + 14) & LOG_CLEAN;
	/* version 2.0 is only there while Windows 8 and later has the volume, or in fast start-up
	 */
	r.held = le16(p + 28) == 2 && le16(p + 26) == 0;
	return r;
}

static bool all_ones(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && p[i] == 0xff; i++)
		;
	return i == len;
}

static void judge_journal(struct check *c, uint8_t *pages)
{
	struct restart a = restart_parse(pages), b = restart_parse(pages + PAGE), r;

	if (all_ones(pages, 2 * PAGE))
		return;
	r = !a.valid || (b.valid && b.lsn > a.lsn) ? b : a;
	if (!r.valid)
		found(c, CHECK_JOURNAL, AT_RECORD(MFT_LOGFILE), "the journal cannot be understood");
	else if (r.held)
		found(c, CHECK_HIBERNATED, AT_RECORD(MFT_LOGFILE),
		      "the journal is in the form it has while Windows has the volume in use, or "
		      "after fast start-up's shutdown");
	else if (!r.clean)
		found(c, CHECK_JOURNAL, AT_RECORD(MFT_LOGFILE), "the journal is not empty");
}

static void check_journal(struct check *c)
{
	uint8_t *pages = malloc(2 * PAGE);
	struct file f;
	struct stream s;

	if (!pages) {
		c->stop = HF_ENOMEM;
	} else if (open_own(c, MFT_LOGFILE, AT_DATA, &f, &s)) {
		if (s.size >= 2 * PAGE && stream_read(c, &s, pages, 2 * PAGE, 0))
			judge_journal(c, pages);
		else
			found(c, CHECK_JOURNAL, AT_RECORD(MFT_LOGFILE),
			      "the journal is too short or cannot be read");
		stream_free(&s);
		file_free(&f);
	}
	free(pages);
}

static void check_hibernation(struct check *c)
{
	uint64_t no = REF_RECORD(c->hiberfil);
	uint8_t head[4] = {0};
	const char *why;
	struct stream s;
	struct file f;
	int rc;

	if (!c->hiberfil || no >= c->records || c->recs[no].sequence != REF_SEQUENCE(c->hiberfil))
		return;
	rc = file_load(c, no, &f);
	if (!rc)
		rc = stream_open(c, &f, AT_DATA, "", &s, &why);
	if (!rc) {
		if (s.size >= sizeof(head) && stream_read(c, &s, head, sizeof(head), 0) &&
		    (!memcmp(head, "hibr", 4) || !memcmp(head, "HIBR", 4)))
			found(c, CHECK_HIBERNATED, AT_RECORD(no),
			      "hiberfil.sys holds a Windows session");
		stream_free(&s);
	}
	if (rc == HF_ENOMEM)
		c->stop = rc;
	file_free(&f);
}

void check_state(struct check *c)
{
	check_session(c);
	check_dirty(c);
	if (!c->stop)
		check_journal(c);
	if (!c->stop)
		check_hibernation(c);
}
