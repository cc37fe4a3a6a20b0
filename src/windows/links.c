// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a reparse point leads.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"
#include "volume/fs.h"
#include "windows/context.h"
#include "windows/hive_check.h"
#include "windows/links.h"

#define HEADER		 8 /* tag, length of what follows, reserved */
#define JUNCTION_PATHS	 (HEADER + 8)
#define SYMLINK_PATHS	 (HEADER + 12)
#define SYMLINK_RELATIVE 1

/* As many links as Windows follows in one path. */
#define LINKS_MAX 63

static const char nt_prefix[] = "\\??\\";

/* The substitute name of DATA, whose names begin at PATHS. */
static int read_name(const uint8_t *data, size_t len, size_t paths, char **out)
{
	uint16_t units[1024];
	size_t offset, bytes;

	if (len < paths)
		return HF_ECORRUPT;
	offset = paths + hive_u16(data + HEADER);
	bytes = hive_u16(data + HEADER + 2);
	if (bytes % 2 || bytes > sizeof(units) || offset > len || bytes > len - offset)
		return HF_ECORRUPT;
	for (size_t i = 0; i < bytes / 2; i++)
		units[i] = hive_u16(data + offset + 2 * i);
	*out = text_dup_utf16(units, bytes / 2);
	return *out ? 0 : HF_ENOMEM;
}

int links_target(const uint8_t *data, size_t len, struct str *out)
{
	bool relative = false;
	char *name;
	const char *text;
	uint32_t tag;
	int err;

	if (len < JUNCTION_PATHS)
		return HF_ECORRUPT;
	tag = hive_u32(data);
	if (tag != FS_TAG_MOUNT_POINT && tag != FS_TAG_SYMLINK)
		return HF_EUNSUPPORTED;
	if (tag == FS_TAG_SYMLINK && len >= SYMLINK_PATHS)
		relative = hive_u32(data + JUNCTION_PATHS) & SYMLINK_RELATIVE;
	err = read_name(data, len, tag == FS_TAG_SYMLINK ? SYMLINK_PATHS : JUNCTION_PATHS, &name);
	if (err)
		return err;
	text = name;
	if (!strncmp(text, nt_prefix, sizeof(nt_prefix) - 1))
		text += sizeof(nt_prefix) - 1;
	str_truncate(out, 0);
	if (*text && (relative || winpath_split(text, NULL, NULL)))
		err = str_adds(out, text);
	else
		err = HF_EUNSUPPORTED;
	free(name);
	return err;
}

/* Replaces OUT by the path BASE (LEN bytes of it) with the components of TEXT, ".." going up. */
static int join(const char *base, size_t len, const char *text, struct str *out)
{
	const char *part;
	size_t n;
	int err;

	str_truncate(out, 0);
	err = str_add(out, base, *text == '\\' ? 2 : len);
	while (!err && (part = winpath_next(&text, &n))) {
		char *last = strrchr(out->data, '\\');

		if (n == 1 && *part == '.')
			continue;
		if (n == 2 && !strncmp(part, "..", 2)) {
			if (last)
				str_truncate(out, (size_t)(last - out->data));
			continue;
		}
		err = str_addc(out, '\\');
		if (!err)
			err = str_add(out, part, n);
	}
	return err;
}

/* Replaces PATH, whose first END bytes name the link REF in a folder of START bytes. */
static int replace(const struct windows_context *c, struct fs *fs, fs_ref ref, size_t start,
		   size_t end, struct str *path)
{
	struct str target = {0}, out = {0};
	uint8_t *data = NULL;
	size_t len = 0;
	int err = fs_reparse(fs, ref, &data, &len);

	if (!err)
		err = links_target(data, len, &target);
	free(data);
	if (!err && winpath_split(target.data, NULL, NULL)) {
		err = winpath_normalise(target.data, 0, &out);
		if (!err) {
			context_set_letter(c, &out);
			err = str_adds(&out, path->data + end);
		}
	} else if (!err) {
		err = str_adds(&target, path->data + end);
		if (!err)
			err = join(path->data, start, target.data, &out);
	}
	if (!err) {
		struct str swap = *path;

		*path = out;
		out = swap;
	}
	str_free(&target);
	str_free(&out);
	return err;
}

/* Follows the first link in PATH; 1 when there was one, 0 when there is none. */
static int follow_one(const struct windows_context *c, struct str *path)
{
	struct fs *fs = context_fs_of(c, path->data);
	const char *cursor = path->data + 2, *name;
	size_t len;
	fs_ref at;

	if (!fs)
		return 0;
	at = fs_root(fs);
	while ((name = winpath_next(&cursor, &len))) {
		size_t start = (size_t)(name - path->data) - 1;
		struct fs_stat st;
		int err;

		if (fs_lookup_text(fs, at, name, len, &at) || fs_stat(fs, at, &st))
			return 0;
		if (st.reparse_tag == FS_TAG_MOUNT_POINT || st.reparse_tag == FS_TAG_SYMLINK) {
			err = replace(c, fs, at, start, start + 1 + len, path);
			return err ? err : 1;
		}
		if (!st.is_dir)
			return 0;
	}
	return 0;
}

int links_follow(const struct windows_context *c, struct str *path, bool *broken)
{
	*broken = false;
	for (int hops = 0; winpath_split(path->data, NULL, NULL); hops++) {
		int found = hops < LINKS_MAX ? follow_one(c, path) : HF_ELIMIT;

		if (found == HF_ENOMEM)
			return found;
		if (found <= 0) {
			*broken = found < 0;
			break;
		}
	}
	return 0;
}
