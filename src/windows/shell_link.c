// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads shell links. Section numbers are those of [MS-SHLLINK]; the insides of item IDs are not in
 * it and follow what Windows writes.
 */
#include "windows/shell_link.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"

/* 2.1: the header. */
#define HEADER_SIZE	     0x4c
#define HEADER_FLAGS	     0x14
#define FLAG_ID_LIST	     0x00000001
#define FLAG_LINK_INFO	     0x00000002
#define FLAG_STRINGS	     0x0000007c /* name, relative path, folder, arguments, icon */
#define FLAG_FIRST_STRING    0x00000004
#define FLAG_UNICODE	     0x00000080
#define FLAG_FORCE_NO_INFO   0x00000100
#define FLAG_VARIABLES	     0x00000200
#define DRIVE_REMOTE	     4
#define UNITS_MAX	     32767 /* longest path Windows knows, in UTF-16 units */
#define EXTENSION_FILE	     UINT32_C(0xbeef0004)
#define BLOCK_VARIABLES	     UINT32_C(0xa0000001)
#define BLOCK_VARIABLES_SIZE 0x314
#define BLOCK_INSTALLER	     UINT32_C(0xa0000006)
#define VARIABLES_UNICODE    268
#define VARIABLES_UNITS	     260

static const uint8_t link_class[16] = {0x01, 0x14, 0x02, 0, 0, 0, 0, 0,
				       0xc0, 0,	   0,	 0, 0, 0, 0, 0x46};
/* Roots of ID lists that lead to file systems: the computer, and the network in two versions. */
static const uint8_t roots[][16] = {
	{0xe0, 0x4f, 0xd0, 0x20, 0xea, 0x3a, 0x69, 0x10, 0xa2, 0xd8, 0x08, 0x00, 0x2b, 0x30, 0x30,
	 0x9d},
	{0x60, 0x2c, 0x8d, 0x20, 0xea, 0x3a, 0x69, 0x10, 0xa2, 0xd7, 0x08, 0x00, 0x2b, 0x30, 0x30,
	 0x9d},
	{0x0d, 0x1a, 0x2c, 0xf0, 0x21, 0xbe, 0x50, 0x43, 0x88, 0xb0, 0x73, 0x67, 0xfc, 0x96, 0xef,
	 0x3c},
};

/* A range of the file's bytes. */
struct bytes {
	const uint8_t *p;
	size_t len;
};

/* What is known while a link is being read. */
struct reader {
	struct bytes rest; /* not yet read */
	uint32_t flags;
	struct bytes ids, info;
	struct str path; /* from LinkInfo; empty when there is none */
	bool exact;	 /* PATH is known for sure: Unicode, or ASCII */
	bool remote;	 /* PATH is on a network */
	struct str id_path;
	bool installer; /* the target is a product of the Windows Installer */
};

static uint16_t u16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t u32(const uint8_t *p)
{
	return u16(p) | (uint32_t)u16(p + 2) << 16;
}

/* Takes N bytes off REST; false when there are less. */
static bool take(struct bytes *rest, size_t n, struct bytes *out)
{
	if (n > rest->len)
		return false;
	out->p = rest->p;
	out->len = n;
	rest->p += n;
	rest->len -= n;
	return true;
}

/* The part of B from OFFSET on; false when OFFSET is outside. */
static bool part(struct bytes b, size_t offset, struct bytes *out)
{
	if (offset >= b.len)
		return false;
	out->p = b.p + offset;
	out->len = b.len - offset;
	return true;
}

/* Adds the UTF-16 text at the beginning of B, which must end with NUL. 0, HF_EINVAL, HF_ENOMEM. */
static int add_unicode(struct bytes b, struct str *out)
{
	uint16_t *units;
	char *text;
	size_t n = 0;
	int err;

	while (n < UNITS_MAX && 2 * n + 2 <= b.len && u16(b.p + 2 * n) != 0)
		n++;
	if (n == UNITS_MAX || 2 * n + 2 > b.len)
		return HF_EINVAL;
	units = malloc(n * sizeof(*units) + 1);
	if (!units)
		return HF_ENOMEM;
	for (size_t i = 0; i < n; i++)
		units[i] = u16(b.p + 2 * i);
	text = text_dup_utf16(units, n);
	free(units);
	err = text ? str_adds(out, text) : HF_ENOMEM;
	free(text);
	return err;
}

/* A byte of Windows-1252. */
static uint16_t unit_of_1252(uint8_t c)
{
	static const uint16_t high[32] = {0x20ac, 0x81,	  0x201a, 0x0192, 0x201e, 0x2026, 0x2020,
					  0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d,
					  0x017d, 0x8f,	  0x90,	  0x2018, 0x2019, 0x201c, 0x201d,
					  0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a,
					  0x0153, 0x9d,	  0x017e, 0x0178};

	return c >= 0x80 && c < 0xa0 ? high[c - 0x80] : c;
}

/*
 * Adds the ANSI text at the beginning of B, which must end with NUL. Clears *EXACT when that is a
 * guess: the code page is not known, and '?' stands for what it had no character for.
 */
static int add_ansi(struct bytes b, struct str *out, bool *exact)
{
	size_t n = strnlen((const char *)b.p, b.len);

	if (n == b.len || n > UNITS_MAX)
		return HF_EINVAL;
	for (size_t i = 0; i < n; i++) {
		uint16_t unit = unit_of_1252(b.p[i]);
		char text[4];
		int len = text_from_utf16(&unit, 1, text, sizeof(text));

		if (b.p[i] >= 0x80 || b.p[i] == '?')
			*exact = false;
		if (len < 0 || str_add(out, text, (size_t)len))
			return HF_ENOMEM;
	}
	return 0;
}

/* Adds '\' to PATH unless it ends with one or is empty. */
static int add_separator(struct str *path)
{
	if (path->len == 0 || path->data[path->len - 1] == '\\')
		return 0;
	return str_addc(path, '\\');
}

/*
 * Adds the text whose offset is at field ANSI of B or, when there is one, that at field UNICODE
 * (0: this structure has none). HF_EINVAL when neither is sound.
 */
static int add_text(struct bytes b, size_t ansi, size_t unicode, struct str *out, bool *exact)
{
	size_t before = out->len;
	struct bytes text;

	if (unicode && unicode + 4 <= b.len && u32(b.p + unicode) != 0 &&
	    part(b, u32(b.p + unicode), &text)) {
		int err = add_unicode(text, out);

		if (err != HF_EINVAL)
			return err;
		str_truncate(out, before);
	}
	if (ansi + 4 > b.len || u32(b.p + ansi) == 0 || !part(b, u32(b.p + ansi), &text))
		return HF_EINVAL;
	return add_ansi(text, out, exact);
}

/* 2.3.2: the share's name, from the CommonNetworkRelativeLink at the beginning of B. */
static int add_share(struct bytes b, struct str *out, bool *exact)
{
	if (b.len < 0x14 || u32(b.p) < 0x14 || u32(b.p) > b.len)
		return HF_EINVAL;
	b.len = u32(b.p);
	/* The Unicode offsets are there when the name does not follow the ANSI ones at once. */
	return add_text(b, 8, u32(b.p + 8) > 0x14 ? 0x14 : 0, out, exact);
}

/* 2.3: LinkInfo to R->path. HF_EINVAL when it has no sound path. */
static int read_info(struct reader *r)
{
	struct bytes b = r->info, inner;
	bool unicode;
	uint32_t flags;
	int err;

	if (b.len < 0x1c)
		return HF_EINVAL;
	unicode = u32(b.p + 4) >= 0x24;
	flags = u32(b.p + 8);
	r->exact = true;
	if (flags & 1) {
		err = add_text(b, 16, unicode ? 28 : 0, &r->path, &r->exact);
		r->remote = part(b, u32(b.p + 12), &inner) && inner.len >= 8 &&
			    u32(inner.p + 4) == DRIVE_REMOTE;
	} else if ((flags & 2) && part(b, u32(b.p + 20), &inner)) {
		err = add_share(inner, &r->path, &r->exact);
		r->remote = true;
	} else {
		return HF_EINVAL;
	}
	if (!err) {
		struct str suffix = {0};

		/* A link to the share or drive itself may have no suffix. */
		err = add_text(b, 24, unicode ? 32 : 0, &suffix, &r->exact);
		if (err == HF_EINVAL)
			err = 0;
		else if (!err && suffix.len > 0)
			err = add_separator(&r->path);
		if (!err && suffix.len > 0)
			err = str_add(&r->path, suffix.data, suffix.len);
		str_free(&suffix);
	}
	return err;
}

/* Where the long name is in a file entry's extension block of VERSION; 0 when it has none. */
static size_t long_name_offset(unsigned version)
{
	if (version < 3)
		return 0;
	return 20 + (version >= 7 ? 18 : 0) + (version >= 9 ? 4 : 0) + (version >= 8 ? 4 : 0);
}

/* The extension block with the long name in ITEM, whose last two bytes say where it is. */
static bool find_long_name(struct bytes item, struct bytes *out)
{
	struct bytes block;
	size_t at;

	if (item.len < 16)
		return false;
	at = u16(item.p + item.len - 2);
	if (!part(item, at, &block) || block.len < 20 || u32(block.p + 4) != EXTENSION_FILE)
		return false;
	if (u16(block.p) < block.len)
		block.len = u16(block.p);
	if (block.len < 8)
		return false;
	at = long_name_offset(u16(block.p + 2));
	return at > 0 && part(block, at, out);
}

/* Adds the name of a file or folder item to PATH. */
static int add_file_item(struct bytes item, struct str *path)
{
	struct bytes name;
	size_t before;
	bool exact;
	int err = add_separator(path);

	before = path->len;
	if (!err && find_long_name(item, &name)) {
		err = add_unicode(name, path);
		if (!err && path->len > before)
			return 0;
		if (err == HF_EINVAL)
			err = 0;
		str_truncate(path, before);
	}
	if (err)
		return err;
	if (!part(item, 14, &name))
		return HF_EINVAL;
	err = item.p[2] & 4 ? add_unicode(name, path) : add_ansi(name, path, &exact);
	return !err && path->len == before ? HF_EINVAL : err;
}

/* True when ITEM, the first one, is one of the roots above. */
static bool is_root(struct bytes item)
{
	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++)
		if (item.len >= 20 && memcmp(item.p + 4, roots[i], sizeof(roots[i])) == 0)
			return true;
	return false;
}

/* Adds one ITEM (its size included) of the ID list. HF_EINVAL: not in a file system. */
static int add_item(struct bytes item, bool first, struct str *path)
{
	struct bytes name;
	bool exact;

	if (item.len < 4)
		return HF_EINVAL;
	if (item.p[2] == 0x1f)
		return first && is_root(item) ? 0 : HF_EINVAL;
	switch (item.p[2] & 0x70) {
	case 0x20: /* a drive: "C:\" */
		if (path->len > 0 || !part(item, 3, &name))
			return HF_EINVAL;
		return add_ansi(name, path, &exact);
	case 0x30:
		return path->len > 0 ? add_file_item(item, path) : HF_EINVAL;
	case 0x40: /* network: each names the whole place anew, "\\server\share" */
		str_truncate(path, 0);
		return part(item, 5, &name) ? add_ansi(name, path, &exact) : HF_EINVAL;
	default:
		return HF_EINVAL;
	}
}

/* 2.2: the item ID list to R->id_path. HF_EINVAL when it leads to no file or folder. */
static int read_ids(struct reader *r)
{
	struct bytes rest = r->ids, item;
	bool first = true;
	int err = 0;

	while (!err && rest.len >= 2 && u16(rest.p) != 0) {
		if (u16(rest.p) < 2 || !take(&rest, u16(rest.p), &item))
			return HF_EINVAL;
		err = add_item(item, first, &r->id_path);
		if (r->id_path.len > UNITS_MAX * 3)
			err = HF_EINVAL;
		first = false;
	}
	return err;
}

/* 2.5.4: the target with variables. */
static int read_variables(struct bytes block, struct shell_link *out)
{
	struct bytes text = {block.p + VARIABLES_UNICODE, VARIABLES_UNITS * 2};
	struct str s = {0};
	bool exact;
	int err = add_unicode(text, &s);

	if (err == HF_EINVAL || (!err && s.len == 0)) {
		str_truncate(&s, 0);
		text.p = block.p + 8;
		text.len = VARIABLES_UNITS;
		err = add_ansi(text, &s, &exact);
	}
	if (!err && s.len > 0 && !out->variables) {
		out->variables = str_take(&s);
		err = out->variables ? 0 : HF_ENOMEM;
	}
	str_free(&s);
	return err == HF_EINVAL ? 0 : err;
}

/* 2.4: skips the strings. */
static bool skip_strings(struct reader *r)
{
	size_t width = r->flags & FLAG_UNICODE ? 2 : 1;
	struct bytes field;

	for (uint32_t flag = FLAG_FIRST_STRING; flag & FLAG_STRINGS; flag <<= 1)
		if ((r->flags & flag) &&
		    (!take(&r->rest, 2, &field) || !take(&r->rest, u16(field.p) * width, &field)))
			return false;
	return true;
}

/* 2.5: the extra blocks that matter; what is cut off is not there. */
static int read_extra(struct reader *r, struct shell_link *out)
{
	struct bytes block;
	int err = 0;

	if (!skip_strings(r))
		return 0;
	while (!err && r->rest.len >= 8 && u32(r->rest.p) >= 8) {
		if (!take(&r->rest, u32(r->rest.p), &block))
			break;
		if (u32(block.p + 4) == BLOCK_INSTALLER)
			r->installer = true;
		else if (u32(block.p + 4) == BLOCK_VARIABLES && block.len >= BLOCK_VARIABLES_SIZE &&
			 (r->flags & FLAG_VARIABLES))
			err = read_variables(block, out);
	}
	return err;
}

/* Splits the file into its parts; false when it is cut off before the end of its target. */
static bool split(struct reader *r)
{
	struct bytes header, size;

	if (!take(&r->rest, HEADER_SIZE, &header) || u32(header.p) != HEADER_SIZE ||
	    memcmp(header.p + 4, link_class, sizeof(link_class)) != 0)
		return false;
	r->flags = u32(header.p + HEADER_FLAGS);
	if ((r->flags & FLAG_ID_LIST) &&
	    (!take(&r->rest, 2, &size) || !take(&r->rest, u16(size.p), &r->ids)))
		return false;
	if (!(r->flags & FLAG_LINK_INFO))
		return true;
	if (r->rest.len < 4 || u32(r->rest.p) < 4 || !take(&r->rest, u32(r->rest.p), &r->info))
		return false;
	if (r->flags & FLAG_FORCE_NO_INFO)
		r->info.len = 0;
	return true;
}

static bool is_network(const char *path)
{
	return path[0] == '\\' && path[1] == '\\' && path[2] != '\0' && path[2] != '\\';
}

/* True when S is the beginning of a real path: absolute, without control characters. */
static bool is_path(const struct str *s)
{
	if (s->len == 0 || (!winpath_split(s->data, NULL, NULL) && !is_network(s->data)))
		return false;
	for (size_t i = 0; i < s->len; i++)
		if ((unsigned char)s->data[i] < 0x20)
			return false;
	return true;
}

/* Chooses between the two paths and says what the target is. */
static int conclude(struct reader *r, struct shell_link *out)
{
	bool ids = is_path(&r->id_path);
	struct str *best = is_path(&r->path) && (r->exact || !ids) ? &r->path : &r->id_path;

	out->kind = SHELL_LINK_OTHER;
	if (r->installer || !is_path(best))
		return 0;
	if (is_network(best->data) || r->remote)
		out->kind = SHELL_LINK_NETWORK;
	else
		out->kind = SHELL_LINK_LOCAL;
	out->path = str_take(best);
	return out->path ? 0 : HF_ENOMEM;
}

int shell_link_parse(const void *data, size_t len, struct shell_link *out)
{
	struct reader r = {.rest = {data, len}};
	int err;

	memset(out, 0, sizeof(*out));
	if (!split(&r)) {
		out->kind = SHELL_LINK_DAMAGED;
		return 0;
	}
	err = read_info(&r);
	if (err == HF_EINVAL) {
		str_truncate(&r.path, 0);
		err = 0;
	}
	if (!err) {
		err = read_ids(&r);
		if (err == HF_EINVAL) {
			str_truncate(&r.id_path, 0);
			err = 0;
		}
	}
	if (!err)
		err = read_extra(&r, out);
	if (!err)
		err = conclude(&r, out);
	str_free(&r.path);
	str_free(&r.id_path);
	if (err)
		shell_link_free(out);
	return err;
}

void shell_link_free(struct shell_link *link)
{
	free(link->path);
	free(link->variables);
	memset(link, 0, sizeof(*link));
}
