// SPDX-License-Identifier: GPL-2.0-or-later
/* The files of a restore: linked into place, or what else when the name is taken. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/apply_private.h"
#include "engine/restore_rules.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/version_resource.h"

/* The file that a version resource is read from. */
struct version_file {
	struct fs *fs;
	fs_ref ref;
};

static int read_version_source(void *ctx, uint64_t offset, void *buf, size_t len, size_t *done)
{
	struct version_file *f = ctx;

	return fs_read(f->fs, f->ref, offset, buf, len, done);
}

/* A file on its way into the place at hand. */
struct arrival {
	struct applying *a;
	struct restore_file *file;
	const struct open_place *open;
	uint16_t name[NAME_UNITS_MAX]; /* that it gets */
	unsigned name_len;
};

static int file_trouble(struct arrival *f, bool changing, int error, const char *reason)
{
	struct str path = {0};
	int err = restore_file_target(f->a->plan, f->file, &path);

	f->file->outcome = RESTORE_FAILED;
	if (err) {
		str_free(&path);
		return err;
	}
	return apply_trouble(f->a, &path, changing, error, reason);
}

/* The unnamed data; the caller sees to the rest. */
static int copy_data(struct arrival *f, const struct fs_stat *st, fs_ref to)
{
	struct applying *a = f->a;
	int err = 0;

	for (uint64_t at = 0; !err && at < st->size;) {
		size_t done = 0;

		err = fs_read(a->run->store, f->file->stored, at, a->buffers[0], COPY_PIECE, &done);
		if (!err && !done)
			err = HF_ECORRUPT;
		if (!err)
			err = fs_write(f->open->fs, to, at, a->buffers[0], done);
		at += done;
	}
	return err;
}

/* A copy is made under this name first: what is cut off must not look like the file. */
#define UNFINISHED "holdfast.unfinished"

/* An unfinished copy of an earlier run goes. */
static int clear_unfinished(struct arrival *f, const uint16_t *name, unsigned len)
{
	struct listing_entry *old = listing_exact(&f->a->listing, name, len);
	int err = 0;

	if (old && !(old->attributes & FS_ATTR_DIRECTORY)) {
		err = fs_unlink(f->open->fs, f->open->ref, name, len, old->ref);
		old->gone = !err;
	}
	return err;
}

/* A new file with everything the store's has: on another volume, or when that has no room for a
 * name. */
static int put_copy(struct arrival *f)
{
	struct fs *fs = f->open->fs;
	uint16_t name[NAME_UNITS_MAX];
	int n = text_to_utf16(UNFINISHED, strlen(UNFINISHED), name, NAME_UNITS_MAX);
	struct fs_stat st;
	fs_ref ref = 0;
	int err = fs_stat(f->a->run->store, f->file->stored, &st);

	if (!err && (st.attributes & FS_ATTR_ENCRYPTED))
		return file_trouble(f, false, HF_EUNSUPPORTED,
				    "it is encrypted (EFS) and cannot be copied to another volume");
	if (!err)
		err = clear_unfinished(f, name, (unsigned)n);
	if (!err)
		err = fs_create(fs, f->open->ref, name, (unsigned)n, &ref);
	if (err)
		return file_trouble(f, true, err, "a copy of it cannot be made");
	err = copy_data(f, &st, ref);
	if (!err)
		err = fs_link(fs, ref, f->open->ref, f->name, f->name_len);
	if (err) {
		int undone = fs_unlink(fs, f->open->ref, name, (unsigned)n, ref);

		return file_trouble(f, true, undone ? undone : err, "it cannot be copied");
	}
	err = fs_unlink(fs, f->open->ref, name, (unsigned)n, ref);
	if (!err) /* last: naming it changed its times */
		err = fs_carry_metadata(f->a->run->store, f->file->stored, fs, ref);
	if (!err)
		err = apply_owner(f->a, fs, ref);
	if (err)
		return file_trouble(f, true, err,
				    "its attributes, times or security cannot be set");
	f->file->outcome = RESTORE_COPIED;
	return listing_add(&f->a->listing, f->name, f->name_len, ref, st.size, st.attributes,
			   f->file->dir);
}

/* Gives the file's record its name here. */
static int put(struct arrival *f)
{
	struct applying *a = f->a;
	int err;

	if (f->open->fs != a->run->store)
		return put_copy(f);
	err = fs_link(f->open->fs, f->file->stored, f->open->ref, f->name, f->name_len);
	if (err == HF_ELIMIT) {
		log_info("%s\\%s has as many names as Windows allows and is copied instead of "
			 "linked.",
			 a->plan->places[f->file->place].path, f->file->to_name);
		return put_copy(f);
	}
	if (!err)
		err = apply_owner(a, f->open->fs, f->file->stored);
	if (err)
		return file_trouble(f, true, err, "it cannot be linked to its place");
	f->file->outcome = RESTORE_LINKED;
	return listing_add(&a->listing, f->name, f->name_len, f->file->stored, f->file->size,
			   f->file->attributes, f->file->dir);
}

int apply_same_content(struct applying *a, struct fs *fs_a, fs_ref ref_a, struct fs *fs_b,
		       fs_ref ref_b)
{
	struct fs_stat st_a = {0}, st_b = {0};
	uint64_t at = 0;
	int err = fs_stat(fs_a, ref_a, &st_a);

	if (!err)
		err = fs_stat(fs_b, ref_b, &st_b);
	if (err || st_a.is_dir || st_b.is_dir || st_a.size != st_b.size)
		return err;
	/* What is encrypted, or held elsewhere by a filter of Windows, cannot be compared. */
	if ((st_a.attributes | st_b.attributes) & (FS_ATTR_ENCRYPTED | FS_ATTR_REPARSE))
		return 0;
	while (at < st_a.size) {
		size_t n[2];

		err = fs_read(fs_a, ref_a, at, a->buffers[0], COPY_PIECE, &n[0]);
		if (!err)
			err = fs_read(fs_b, ref_b, at, a->buffers[1], COPY_PIECE, &n[1]);
		if (err)
			return err;
		if (!n[0] || n[0] != n[1] || memcmp(a->buffers[0], a->buffers[1], n[0]))
			return 0;
		at += n[0];
	}
	return fs_same_streams(fs_a, ref_a, fs_b, ref_b);
}

/* The file ends here under the name of ENTRY. */
static int settle(struct arrival *f, struct listing_entry *entry, enum restore_outcome outcome)
{
	char text[NAME_WTF8_MAX];

	f->file->outcome = (uint8_t)outcome;
	if (text_from_utf16(entry->name, entry->name_len, text, sizeof(text)) < 0)
		return HF_EINVAL;
	if (strcmp(text, f->file->to_name)) {
		f->file->to_name = arena_strdup(&f->a->plan->arena, text);
		f->a->run->result->renamed++;
	}
	return f->file->to_name ? 0 : log_oom();
}

/* The next free name by the default or a rule's PATTERN (4.14). */
static int put_renamed(struct arrival *f, const char *pattern)
{
	char text[NAME_WTF8_MAX];
	uint16_t name[NAME_UNITS_MAX];
	int n = listing_free_name(&f->a->listing, f->name, f->name_len, pattern, name);

	if (n < 0)
		return file_trouble(f, false, n, "its name is taken, and no other can be made");
	if (text_from_utf16(name, (size_t)n, text, sizeof(text)) < 0)
		return HF_EINVAL;
	log_info("%s\\%s is taken: restored as %s.", f->a->plan->places[f->file->place].path,
		 f->file->to_name, text);
	memcpy(f->name, name, (size_t)n * sizeof(*name));
	f->name_len = (unsigned)n;
	f->file->to_name = arena_strdup(&f->a->plan->arena, text);
	if (!f->file->to_name)
		return log_oom();
	f->a->run->result->renamed++;
	return put(f);
}

/* The file takes the place of OTHER. */
static int replace(struct arrival *f, struct listing_entry *other)
{
	struct restore_file *file = f->file;
	int err;

	if (other->attributes & FS_ATTR_DIRECTORY)
		return put_renamed(f, NULL);
	err = fs_unlink(f->open->fs, f->open->ref, other->name, other->name_len, other->ref);
	if (err)
		return file_trouble(f, true, err, "the file that it replaces cannot be deleted");
	other->gone = true;
	log_info("%s\\%s is replaced, as a rule says.", f->a->plan->places[file->place].path,
		 file->to_name);
	return put(f);
}

/* The version TAG of REF, as numbers; zeros when it has none. */
static int read_version(struct fs *fs, fs_ref ref, const char *tag, uint64_t parts[4])
{
	struct version_file file = {fs, ref};
	const struct version_source source = {read_version_source, &file};
	char *text = NULL;
	int err = version_resource_string(&source, tag, &text);

	memset(parts, 0, 4 * sizeof(*parts));
	if (err)
		return err == HF_ENOENT || err == HF_ECORRUPT ? 0 : err;
	const char *p = text;
	for (int i = 0; i < 4 && *p; i++) {
		char *end;

		parts[i] = strtoull(p, &end, 10);
		p = *end == '.' || *end == ',' ? end + 1 : end;
		if (end == p)
			break;
		while (*p == ' ')
			p++;
	}
	free(text);
	return 0;
}

/* NewestVersion(TAG): the higher one stays; of equal ones that of the destination. */
static int newer_wins(struct arrival *f, struct listing_entry *other, const char *tag)
{
	uint64_t ours[4], theirs[4];
	int err = read_version(f->a->run->store, f->file->stored, tag, ours);

	if (!err)
		err = read_version(f->open->fs, other->ref, tag, theirs);
	if (err)
		return file_trouble(f, false, err, "its version cannot be read");
	for (int i = 0; i < 4; i++)
		if (ours[i] != theirs[i])
			return ours[i] > theirs[i] ? replace(f, other)
						   : settle(f, other, RESTORE_KEPT_OTHER);
	return settle(f, other, RESTORE_KEPT_OTHER);
}

/* Is the file here already, under its own name or one that an earlier run gave it? */
static struct listing_entry *find_arrived(struct arrival *f, struct listing_entry *other,
					  const char *pattern)
{
	if (f->open->fs != f->a->run->store)
		return NULL;
	if (other->ref == f->file->stored)
		return other;
	return listing_renamed(&f->a->listing, f->name, f->name_len, pattern, f->file->stored);
}

/* The name is taken by OTHER (4.14): a rule decides, else equal files are one. */
static int collide(struct arrival *f, struct listing_entry *other)
{
	struct applying *a = f->a;
	struct listing_entry *arrived;
	enum restore_merge merge;
	const char *argument, *pattern;
	int same = restore_rules_merge(a->run->target->rules, a->plan->dirs[f->file->dir].path,
				       f->file->name, &merge, &argument);

	if (same)
		return same;
	pattern = merge == RESTORE_MERGE_PATTERN ? argument : NULL;
	arrived = find_arrived(f, other, pattern);
	if (arrived)
		return settle(f, arrived, RESTORE_IN_PLACE);
	if (merge == RESTORE_MERGE_SOURCE)
		return replace(f, other);
	if (merge == RESTORE_MERGE_DESTINATION)
		return settle(f, other, RESTORE_KEPT_OTHER);
	same = apply_same_content(a, f->open->fs, other->ref, a->run->store, f->file->stored);
	if (same < 0)
		return file_trouble(f, false, same, "it cannot be compared with the one there");
	if (same)
		return settle(f, other, RESTORE_SAME);
	if (merge == RESTORE_MERGE_VERSION && !(other->attributes & FS_ATTR_DIRECTORY))
		return newer_wins(f, other, argument ? argument : "FileVersion");
	return put_renamed(f, pattern);
}

int apply_file(struct applying *a, struct restore_file *file)
{
	struct arrival f = {.a = a, .file = file, .open = &a->open[file->place]};
	struct listing_entry *other;
	int n = text_to_utf16(file->to_name, strlen(file->to_name), f.name, NAME_UNITS_MAX);

	if (file->outcome == RESTORE_BY_RULE)
		return 0;
	if (file->how == CATALOG_LISTED) {
		file->outcome = RESTORE_NO_DATA;
		return 0;
	}
	if (n <= 0)
		return file_trouble(&f, false, HF_EINVAL, "Windows cannot name it");
	f.name_len = (unsigned)n;
	other = listing_exact(&a->listing, f.name, f.name_len);
	if (other && other->ref == file->stored && f.open->fs == a->run->store) {
		int err = apply_owner(a, f.open->fs, file->stored);

		other->owner = file->dir;
		file->outcome = RESTORE_IN_PLACE;
		return err ? file_trouble(&f, true, err, "its security cannot be set") : 0;
	}
	other = listing_similar(&a->listing, f.name, f.name_len, file->dir);
	return other ? collide(&f, other) : put(&f);
}
