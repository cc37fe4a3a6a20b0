// SPDX-License-Identifier: GPL-2.0-or-later
/* The directories of a restore. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/winpath.h"
#include "engine/apply_private.h"
#include "report/error.h"
#include "report/log.h"
#include "store/tree.h"
#include "windows/machine.h"

/* Links that may lead to links. */
#define LINKS_MAX 16

/* Offsets in a mount point's reparse data ([MS-FSCC] 2.1.2.5): substitute name, path buffer. */
enum { LINK_NAME_OFFSET = 8, LINK_NAME_LENGTH = 10, LINK_BUFFER = 16, SYMLINK_EXTRA = 4 };

static unsigned get16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

/* Replaces OUT by the absolute path "C:\x" that the reparse DATA leads to; HF_EUNSUPPORTED. */
static int link_target(const uint8_t *data, size_t len, uint32_t tag, struct str *out)
{
	size_t buffer = LINK_BUFFER + (tag == FS_TAG_SYMLINK ? SYMLINK_EXTRA : 0), at, n;
	uint16_t units[1024];
	char text[sizeof(units) / sizeof(*units) * 3 + 1];

	if ((tag != FS_TAG_MOUNT_POINT && tag != FS_TAG_SYMLINK) || len < buffer)
		return HF_EUNSUPPORTED;
	at = buffer + get16(data + LINK_NAME_OFFSET);
	n = get16(data + LINK_NAME_LENGTH) / 2;
	if (at > len || n > (len - at) / 2 || n >= sizeof(units) / sizeof(*units))
		return HF_EUNSUPPORTED;
	for (size_t i = 0; i < n; i++)
		units[i] = (uint16_t)get16(data + at + 2 * i);
	if (text_from_utf16(units, n, text, sizeof(text)) < 0 || strncmp(text, "\\??\\", 4))
		return HF_EUNSUPPORTED;
	return winpath_normalise(text + 4, 0, out) ? HF_EUNSUPPORTED : 0;
}

static struct fs *fs_of_letter(struct applying *a, char letter)
{
	struct machine_volume *v = machine_volume(a->run->machine, letter);

	return v ? v->fs : NULL;
}

/*
 * Walks PATH from its root, into junctions on the way (by changing PATH, which starts anew).
 * HF_ENOENT, HF_EUNSUPPORTED when a link leads where nothing can follow.
 */
static int follow(struct applying *a, struct str *path, struct fs **fs, fs_ref *ref)
{
	unsigned links = 0;

again:
	*fs = fs_of_letter(a, path->data[0]);
	if (!*fs)
		return HF_EUNSUPPORTED;
	*ref = fs_root(*fs);
	const char *rest = path->data + 2, *part;
	size_t n;
	while ((part = winpath_next(&rest, &n))) {
		struct str target = {0};
		struct fs_stat st;
		uint8_t *data;
		size_t len;
		int err = fs_lookup_text(*fs, *ref, part, n, ref);

		if (!err)
			err = fs_stat(*fs, *ref, &st);
		if (err)
			return err;
		if (!(st.attributes & FS_ATTR_REPARSE) || !TREE_TAG_IS_SURROGATE(st.reparse_tag))
			continue;
		err = fs_reparse(*fs, *ref, &data, &len);
		if (err)
			return err;
		err = ++links > LINKS_MAX ? HF_EUNSUPPORTED
					  : link_target(data, len, st.reparse_tag, &target);
		free(data);
		if (!err && str_adds(&target, rest))
			err = log_oom();
		if (err) {
			str_free(&target);
			return err;
		}
		str_free(path);
		*path = target;
		goto again;
	}
	return 0;
}

/* The place could not be opened: reported once, its files each on their own. */
static int place_trouble(struct applying *a, uint32_t index, bool changing, int error,
			 const char *reason)
{
	struct str path = {0};

	a->open[index].failed = true;
	if (str_adds(&path, a->plan->places[index].path))
		return log_oom();
	return apply_trouble(a, &path, changing, error, reason);
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '\\');

	return slash ? slash + 1 : path;
}

static int make_place(struct applying *a, uint32_t index)
{
	const struct restore_place *place = &a->plan->places[index];
	const struct open_place *parent = &a->open[place->parent];
	struct open_place *open = &a->open[index];
	const char *name = last_name(place->path);
	uint16_t units[NAME_UNITS_MAX];
	int n = text_to_utf16(name, strlen(name), units, NAME_UNITS_MAX), err;

	if (n <= 0)
		return place_trouble(a, index, false, HF_EINVAL, "Windows cannot name it");
	err = fs_mkdir(parent->fs, parent->ref, units, (unsigned)n, &open->ref);
	if (err)
		return place_trouble(a, index, true, err, "the folder cannot be made");
	open->fs = parent->fs;
	open->made = open->empty = true;
	a->run->result->dirs_made++;
	return 0;
}

/* A directory of an earlier, interrupted run gets its metadata again. */
static bool is_ours(const struct applying *a, const struct restore_place *place,
		    const struct fs_stat *st)
{
	struct fs_stat source;

	if (st->times[FS_TIME_CREATED] >= a->run->started)
		return true;
	return place->source != RESTORE_NONE &&
	       !fs_stat(a->run->store, a->plan->dirs[place->source].stored, &source) &&
	       source.times[FS_TIME_CREATED] == st->times[FS_TIME_CREATED];
}

/* A source that is itself a junction or link: made anew, never filled. */
static bool is_link(const struct applying *a, const struct restore_place *place)
{
	const struct restore_dir *dir;

	if (place->source == RESTORE_NONE)
		return false;
	dir = &a->plan->dirs[place->source];
	return (dir->attributes & FS_ATTR_REPARSE) && TREE_TAG_IS_SURROGATE(dir->reparse_tag);
}

static int find_any(void *ctx, const struct fs_entry *entry)
{
	(void)ctx;
	(void)entry;
	return 1;
}

/* The existing directory at place INDEX is a link: what goes into it goes where it leads. */
static int take_link(struct applying *a, uint32_t index)
{
	struct open_place *open = &a->open[index];
	struct str path = {0};
	struct fs_stat st;
	int err = str_adds(&path, a->plan->places[index].path) ? log_oom() : 0;

	if (!err)
		err = follow(a, &path, &open->fs, &open->ref);
	str_free(&path);
	if (!err)
		err = fs_stat(open->fs, open->ref, &st);
	if (err == HF_ENOENT || err == HF_EUNSUPPORTED || (!err && !st.is_dir))
		/* A link to the void is as good as one that was captured. */
		return is_link(a, &a->plan->places[index])
			       ? 0
			       : place_trouble(a, index, false, HF_EUNSUPPORTED,
					       "it is a link to a place that cannot be reached");
	if (err)
		return place_trouble(a, index, false, err, "its record cannot be read");
	if (!open->fs->writable)
		return place_trouble(a, index, false, HF_EUNSUPPORTED,
				     "it is a link to a volume that is not written to");
	return 0;
}

static int take_existing(struct applying *a, uint32_t index, fs_ref ref)
{
	const struct restore_place *place = &a->plan->places[index];
	struct open_place *open = &a->open[index];
	struct fs_stat st;

	open->fs = a->open[place->parent].fs;
	open->ref = ref;
	int err = fs_stat(open->fs, ref, &st);

	if (err)
		return place_trouble(a, index, false, err, "its record cannot be read");
	if (!st.is_dir || st.is_metadata)
		return place_trouble(a, index, false, HF_EEXIST,
				     "a file with the name of the folder is in the way");
	a->run->result->dirs_there++;
	if ((st.attributes & FS_ATTR_REPARSE) && TREE_TAG_IS_SURROGATE(st.reparse_tag))
		return take_link(a, index);
	open->made = is_ours(a, place, &st);
	return 0;
}

int apply_open_place(struct applying *a, uint32_t index)
{
	const struct restore_place *place = &a->plan->places[index];
	const struct open_place *parent = &a->open[place->parent];
	const char *name = last_name(place->path);
	fs_ref ref;
	int err = HF_ENOENT;

	if (place->parent == index) {
		a->open[index].fs = fs_of_letter(a, place->path[0]);
		if (!a->open[index].fs)
			return place_trouble(a, index, false, HF_ENOENT, "the volume is not open");
		a->open[index].ref = fs_root(a->open[index].fs);
		return 0;
	}
	if (parent->failed)
		return place_trouble(a, index, false, HF_ENOENT,
				     "the folder above it is not there");
	if (!parent->empty)
		err = fs_lookup_text(parent->fs, parent->ref, name, strlen(name), &ref);
	if (err == HF_ENOENT)
		return make_place(a, index);
	if (err)
		return place_trouble(a, index, false, err, "it cannot be looked for");
	return take_existing(a, index, ref);
}

int apply_find_place(struct applying *a, uint32_t index)
{
	struct open_place *open = &a->open[index];
	struct str path = {0};
	int err = str_adds(&path, a->plan->places[index].path) ? log_oom() : 0;

	if (!err)
		err = follow(a, &path, &open->fs, &open->ref);
	str_free(&path);
	if (err)
		*open = (struct open_place){0};
	return err == HF_ENOENT || err == HF_EUNSUPPORTED ? 0 : err;
}

int apply_finish_place(struct applying *a, uint32_t index)
{
	const struct restore_place *place = &a->plan->places[index];
	const struct open_place *open = &a->open[index];
	int err;

	if (!open->made || open->failed || place->source == RESTORE_NONE)
		return 0;
	/* What holds something cannot become a link. */
	if (is_link(a, place)) {
		err = fs_readdir(open->fs, open->ref, find_any, NULL);
		if (err)
			return err < 0 ? err : 0;
	}
	err = fs_carry_metadata(a->run->store, a->plan->dirs[place->source].stored, open->fs,
				open->ref);
	if (!err)
		err = apply_owner(a, open->fs, open->ref);
	return err ? place_trouble(a, index, true, err,
				   "its attributes, times or security cannot be set")
		   : 0;
}
