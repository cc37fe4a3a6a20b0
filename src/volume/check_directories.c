// SPDX-License-Identifier: GPL-2.0-or-later
/* Every directory's index: what it shows has to be what the records say. */
#include <inttypes.h>

#include "volume/check_private.h"

struct directory {
	uint64_t no, ref;
};

static bool is_name(const struct check *c, const struct file_name *fn, const char *text)
{
	unsigned i;

	if (fn->len != strlen(text))
		return false;
	for (i = 0; i < fn->len; i++)
		if (c->upcase.map[le16(fn->units + i * (size_t)2)] !=
		    c->upcase.map[(uint8_t)text[i]])
			return false;
	return true;
}

/* Why nobody said this name; NULL when that was told before. */
static const char *diagnose(const struct check *c, uint64_t ref, int heard, enum check_kind *kind)
{
	uint64_t no = REF_RECORD(ref);
	const struct check_rec *r = no < c->records ? &c->recs[no] : NULL;

	*kind = CHECK_ENTRY_DANGLING;
	if (!r)
		return "leads to a record behind the end of the MFT";
	if (!(r->flags & REC_IN_USE))
		return r->flags & REC_BROKEN ? NULL : "leads to a record that is not in use";
	if (r->sequence != REF_SEQUENCE(ref))
		return "leads to a file whose record now belongs to another one";
	if (r->flags & REC_EXTENSION)
		return "leads to a record that is only a part of a file";
	*kind = CHECK_ENTRY_WRONG;
	if (heard == SAID_AGAIN)
		return "is there twice";
	return r->flags & REC_BROKEN ? NULL : "leads to a file that does not have this name";
}

static void visit(struct check *c, void *ctx, const struct index_entry *e)
{
	struct directory *d = ctx;
	uint64_t ref = le64(e->at), no = REF_RECORD(ref);
	char text[NAME_WTF8_MAX];
	enum check_kind kind = CHECK_ENTRY_WRONG;
	const char *why = NULL;
	struct file_name fn;
	int heard;

	file_name_parse(e->key, e->key_len, &fn);
	heard = said_hear(&c->names, file_name_hash(c, ref, &fn));
	if (heard != SAID_ONCE)
		why = diagnose(c, ref, heard, &kind);
	else if (fn.parent != d->ref)
		why = "says that it belongs into another folder";
	else if (no < c->records &&
		 !!(fn.attributes & 0x10000000) != !!(c->recs[no].flags & REC_DIRECTORY))
		why = "confuses a file with a folder";
	if (why)
		found(c, kind, AT_RECORD(d->no),
		      "record %" PRIu64 ": the entry \"%s\" for record %" PRIu64 " %s", d->no,
		      name_text(fn.units, fn.len, text), no, why);
	if (d->no == MFT_ROOT && is_name(c, &fn, "hiberfil.sys"))
		c->hiberfil = ref;
}

static void check_directory(struct check *c, uint64_t no)
{
	struct directory d = {no, no | (uint64_t)c->recs[no].sequence << 48};
	struct file f;
	int rc;

	if (!(c->recs[no].flags & REC_INDEX) || !(c->recs[no].flags & REC_DIRECTORY)) {
		found(c, CHECK_INDEX_DAMAGED, AT_RECORD(no), "record %" PRIu64 ": %s", no,
		      c->recs[no].flags & REC_INDEX ? "a file with the index of a folder"
						    : "a folder without an index");
		if (!(c->recs[no].flags & REC_INDEX))
			return;
	}
	rc = file_load(c, no, &f);
	if (rc == HF_ENOMEM)
		c->stop = rc;
	else if (f.count) /* a damaged list was or will be told by check_lists() */
		index_check(c, &f, "$I30", false, visit, &d);
	file_free(&f);
}

/* Moves the window along, so that the records are read in large pieces once more. */
void check_directories(struct check *c)
{
	uint64_t no;

	for (no = 0; no < c->records && !c->stop; no++) {
		unsigned flags = c->recs[no].flags;
		enum record_state state;

		if (no % 1024 == 0 && !check_goes_on(c, "directories", no, c->records))
			return;
		if (!(flags & REC_IN_USE) || flags & REC_EXTENSION ||
		    !(flags & (REC_DIRECTORY | REC_INDEX)))
			continue;
		/* views of $Extend are marked as having an index, not as directories */
		if (record_window(c, no, &state))
			check_directory(c, no);
	}
}
