// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Paths, whole files and other conveniences on top of struct fs_ops.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/fs.h"

/* Deeper than any path Windows can make (32,767 units): a loop in a damaged volume. */
#define DEPTH_MAX 16384

/* WTF-8 to UTF-16; names that cannot be on an NTFS volume give HF_ENOENT. */
static int to_units(const char *name, size_t len, uint16_t *units, unsigned *count)
{
	int n = text_to_utf16(name, len, units, NAME_UNITS_MAX);

	if (n <= 0)
		return HF_ENOENT;
	*count = (unsigned)n;
	return 0;
}

int fs_lookup_text(struct fs *fs, fs_ref dir, const char *name, size_t len, fs_ref *out)
{
	uint16_t units[NAME_UNITS_MAX];
	unsigned count;
	int rc = to_units(name, len, units, &count);

	return rc ? rc : fs_lookup(fs, dir, units, count, out);
}

static const char *skip_letter(const char *path)
{
	const char *rest;

	return winpath_split(path, NULL, &rest) ? rest : path;
}

int fs_resolve(struct fs *fs, const char *path, fs_ref *out)
{
	const char *cursor = skip_letter(path);
	fs_ref at = fs_root(fs);
	const char *name;
	size_t len;
	bool first = true;

	while ((name = winpath_next(&cursor, &len))) {
		int rc;

		if (!first) {
			struct fs_stat st;

			rc = fs_stat(fs, at, &st);
			if (rc)
				return rc;
			if (!st.is_dir)
				return HF_ENOENT;
		}
		first = false;
		rc = fs_lookup_text(fs, at, name, len, &at);
		if (rc)
			return rc;
	}
	*out = at;
	return 0;
}

int fs_read_file(struct fs *fs, fs_ref ref, size_t max, void **data, size_t *len)
{
	struct fs_stat st;
	size_t done = 0;
	char *buf;
	int rc = fs_stat(fs, ref, &st);

	if (rc)
		return rc;
	if (st.size > max) {
		log_error("A file of %llu bytes is larger than the %llu that are read at once.",
			  (unsigned long long)st.size, (unsigned long long)max);
		return HF_ELIMIT;
	}
	buf = malloc((size_t)st.size + 1);
	if (!buf)
		return log_oom();
	rc = fs_read(fs, ref, 0, buf, (size_t)st.size, &done);
	if (rc) {
		free(buf);
		return rc;
	}
	buf[done] = '\0';
	*data = buf;
	*len = done;
	return 0;
}

static int make_one(struct fs *fs, fs_ref dir, const char *name, size_t len, fs_ref *out)
{
	uint16_t units[NAME_UNITS_MAX];
	unsigned count;
	struct fs_stat st;
	int rc = to_units(name, len, units, &count);

	if (rc) {
		log_error("\"%.*s\" cannot be the name of a directory.", (int)len, name);
		return HF_EINVAL;
	}
	rc = fs_lookup(fs, dir, units, count, out);
	if (rc == HF_ENOENT)
		return fs_mkdir(fs, dir, units, count, out);
	if (!rc)
		rc = fs_stat(fs, *out, &st);
	if (!rc && (!st.is_dir || (st.attributes & FS_ATTR_REPARSE))) {
		log_error("\"%.*s\" is needed as a directory but is %s.", (int)len, name,
			  st.is_dir ? "a junction or other reparse point" : "a file");
		return HF_EEXIST;
	}
	return rc;
}

int fs_make_path(struct fs *fs, const char *path, fs_ref *out)
{
	const char *cursor = skip_letter(path);
	fs_ref at = fs_root(fs);
	const char *name;
	size_t len;

	while ((name = winpath_next(&cursor, &len))) {
		int rc = make_one(fs, at, name, len, &at);

		if (rc)
			return rc;
	}
	*out = at;
	return 0;
}

int fs_write_file(struct fs *fs, fs_ref dir, const char *name, const void *data, size_t len,
		  fs_ref *out)
{
	uint16_t units[NAME_UNITS_MAX];
	unsigned count;
	fs_ref ref;
	int rc = to_units(name, strlen(name), units, &count);

	if (rc) {
		log_error("\"%s\" cannot be the name of a file.", name);
		return HF_EINVAL;
	}
	/* Nobody wants a second log file beside one whose name differs in case alone. */
	rc = fs_lookup(fs, dir, units, count, &ref);
	if (!rc) {
		log_error("\"%s\" is there already.", name);
		return HF_EEXIST;
	}
	if (rc == HF_ENOENT)
		rc = fs_create(fs, dir, units, count, &ref);
	if (!rc && len)
		rc = fs_write(fs, ref, 0, data, len);
	if (!rc && out)
		*out = ref;
	return rc;
}

int fs_carry_metadata(struct fs *source, fs_ref from, struct fs *fs, fs_ref to)
{
	if (source == fs)
		return fs_copy_metadata(fs, from, to);
	return fs->ops->import_metadata ? fs->ops->import_metadata(fs, source, from, to)
					: HF_EUNSUPPORTED;
}

int fs_same_streams(struct fs *fs, fs_ref ref, struct fs *other, fs_ref other_ref)
{
	if (fs->ops != other->ops)
		return 0;
	return fs->ops->same_streams ? fs->ops->same_streams(fs, ref, other, other_ref) : 1;
}

int fs_security(struct fs *fs, fs_ref ref, uint8_t **data, size_t *len)
{
	return fs->ops->security ? fs->ops->security(fs, ref, data, len) : HF_ENOENT;
}

struct first_name {
	fs_ref parent;
	uint16_t name[NAME_UNITS_MAX];
	unsigned len; /* 0: none seen */
};

static int keep_first(void *ctx, fs_ref parent, const uint16_t *name, unsigned name_len)
{
	struct first_name *first = ctx;

	first->parent = parent;
	first->len = name_len;
	memcpy(first->name, name, name_len * sizeof(*name));
	return 1;
}

static int no_path(fs_ref ref, int rc, const char *why)
{
	log_error("File number %llu has no path: %s. Run chkdsk /f on the volume in Windows.",
		  (unsigned long long)FS_RECORD(ref), why);
	return rc;
}

/* Puts the components of REF's path into PARTS, the last one first. */
static int collect_parts(struct fs *fs, fs_ref ref, char ***parts, size_t *count, size_t *cap)
{
	fs_ref at = ref, root = fs_root(fs);

	while (at != root) {
		struct first_name first = {0};
		int rc = fs_names(fs, at, keep_first, &first);

		if (rc < 0)
			return rc;
		if (!first.len)
			return no_path(ref, HF_ECORRUPT, "it has no name");
		if (*count >= DEPTH_MAX)
			return no_path(ref, HF_ELIMIT, "its directories run in a circle");
		if (array_grow(parts, *count, cap))
			return log_oom();
		(*parts)[*count] = text_dup_utf16(first.name, first.len);
		if (!(*parts)[*count])
			return log_oom();
		(*count)++;
		at = first.parent;
	}
	return 0;
}

int fs_path_of(struct fs *fs, fs_ref ref, struct str *path)
{
	char **parts = NULL;
	size_t count = 0, cap = 0, mark = path->len;
	int rc = collect_parts(fs, ref, &parts, &count, &cap);

	if (!rc && !count)
		rc = str_addc(path, '\\');
	while (count) {
		char *part = parts[--count];

		if (!rc)
			rc = str_addc(path, '\\');
		if (!rc)
			rc = str_adds(path, part);
		free(part);
	}
	free(parts);
	if (rc && path->data)
		str_truncate(path, mark);
	return rc;
}
