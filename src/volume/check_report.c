// SPDX-License-Identifier: GPL-2.0-or-later
/* Counting and telling what the check found, with the path of the object it was found in. */
#include <stdarg.h>
#include <stdio.h>

#include "volume/check_private.h"

#define DEPTH_MAX 512

const char *name_text(const uint8_t *units, unsigned len, char *out)
{
	uint16_t name[NAME_UNITS_MAX];
	char raw[NAME_WTF8_MAX];

	memcpy(name, units, len * 2);
	if (text_from_utf16(name, len, raw, sizeof(raw)) < 0)
		return "?";
	return text_printable(raw, out, NAME_WTF8_MAX);
}

/* A name that is not a DOS name wins; *ANY tells that there is one already. */
static bool scan_names(const struct check *c, const uint8_t *rec, uint16_t *name,
		       struct file_name *best, bool *any)
{
	struct file_name fn;
	const char *why;
	struct attr a;
	size_t pos = 0;

	while (attr_next(rec, c->record_size, &pos, &a, &why) == 1) {
		if (a.type != AT_FILE_NAME || a.nonresident ||
		    !file_name_parse(a.value, a.value_len, &fn) || (*any && fn.space == NAME_DOS))
			continue;
		memcpy(name, fn.units, fn.len * (size_t)2);
		*best = fn;
		*any = true;
		if (fn.space != NAME_DOS)
			return true;
	}
	return false;
}

/*
 * The first name of record NO that is not a DOS name, or else its first, in NAME (its length and
 * parent in BEST). Names may have been moved into extensions.
 */
static bool record_name(struct check *c, uint64_t no, uint16_t *name, struct file_name *best)
{
	bool any = false;
	struct file f;
	size_t i;

	if (no >= c->records)
		return false;
	file_load(c, no, &f);
	for (i = 0; i < f.count; i++)
		if (scan_names(c, f.records + i * c->record_size, name, best, &any))
			break;
	file_free(&f);
	return any;
}

/* Follows the names of NO upwards; each becomes a part of the path, last one first. */
bool record_path(struct check *c, uint64_t no, struct str *path)
{
	struct str parts[2] = {{0}};
	char text[NAME_WTF8_MAX];
	uint16_t name[NAME_UNITS_MAX];
	struct file_name fn;
	unsigned depth;
	bool ok = false;

	if (c->recs && no < c->records && c->recs[no].flags & REC_EXTENSION)
		no = c->recs[no].parent;
	if (no == MFT_ROOT)
		return !str_addc(path, '\\');
	for (depth = 0; no != MFT_ROOT && depth < DEPTH_MAX; depth++) {
		struct str *to = &parts[!(depth & 1)], *from = &parts[depth & 1];

		str_truncate(to, 0);
		if (!record_name(c, no, name, &fn)) {
			if (ok)
				ok = !str_adds(to, "\\?") && !str_adds(to, from->data);
			depth++;
			break;
		}
		ok = text_from_utf16(name, fn.len, text, sizeof(text)) >= 0 &&
		     !str_addc(to, '\\') && !str_adds(to, text) &&
		     !str_adds(to, from->data ? from->data : "");
		if (!ok)
			break;
		no = REF_RECORD(fn.parent);
	}
	ok = ok && !str_adds(path, parts[depth & 1].data);
	str_free(&parts[0]);
	str_free(&parts[1]);
	return ok;
}

static void count(struct check *c, enum check_kind kind)
{
	c->res->count[kind]++;
	switch (check_kind_severity(kind)) {
	case CHECK_NOTE:
		c->res->notes++;
		break;
	case CHECK_LEAK:
		c->res->leaks++;
		break;
	case CHECK_ERROR:
		c->res->errors++;
		break;
	}
}

void found(struct check *c, enum check_kind kind, struct at at, const char *format, ...)
{
	struct check_finding f = {
		.kind = kind, .record = at.record, .cluster = at.cluster, .sector = at.sector};
	struct str path = {0};
	char text[2048];
	va_list args;

	count(c, kind);
	if (!c->opt->found || c->res->count[kind] > c->opt->show_max)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	f.what = text;
	/* what is found while looking for a path has none itself */
	if (at.record >= 0 && c->mft.count && !c->telling) {
		c->telling = true;
		if (record_path(c, (uint64_t)at.record, &path))
			f.path = path.data;
		c->telling = false;
	}
	c->opt->found(c->opt->ctx, &f);
	str_free(&path);
}

bool check_goes_on(struct check *c, const char *phase, uint64_t done, uint64_t total)
{
	if (!c->stop && c->opt->progress && c->opt->progress(c->opt->ctx, phase, done, total))
		c->stop = HF_ECANCELLED;
	return !c->stop;
}
