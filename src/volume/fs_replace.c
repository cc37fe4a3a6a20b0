// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A whole file takes the place of another one.
 */
#include "volume/fs_replace.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/fs.h"

#define NEW_SUFFIX ".holdfast-new"
#define OLD_SUFFIX ".holdfast-old"
#define NAME_ROOM  (NAME_WTF8_MAX + sizeof(NEW_SUFFIX))

/* The three names a file has while it is replaced, and what they lead to now. */
struct swap {
	struct fs *fs;
	const char *path; /* for messages */
	const struct fs_replace *how;
	const char *suffix; /* for keep_name() */
	fs_ref dir;
	char name[NAME_ROOM];
	fs_ref current, new_file, old_file;
	bool has_current, has_new, has_old;
};

/* The object called NAME + SUFFIX in the folder of S. */
static int look(struct swap *s, const char *suffix, fs_ref *ref, bool *found)
{
	char name[NAME_ROOM * 2];
	int n = snprintf(name, sizeof(name), "%s%s", s->name, suffix);
	int err = fs_lookup_text(s->fs, s->dir, name, (size_t)n, ref);

	*found = err == 0;
	return err == HF_ENOENT ? 0 : err;
}

static int look_around(struct swap *s)
{
	int err = look(s, "", &s->current, &s->has_current);

	if (!err)
		err = look(s, NEW_SUFFIX, &s->new_file, &s->has_new);
	return err ? err : look(s, OLD_SUFFIX, &s->old_file, &s->has_old);
}

/* Finds the folder of PATH. HF_ENOENT in silence when it is not there. */
static int open_swap(struct fs *fs, const char *path, const struct fs_replace *how, struct swap *s)
{
	const char *name = strrchr(path, '\\');
	char *folder;
	int err;

	memset(s, 0, sizeof(*s));
	s->fs = fs;
	s->path = path;
	s->how = how;
	name = name ? name + 1 : path;
	if (!*name || strlen(name) >= NAME_WTF8_MAX)
		return HF_EINVAL;
	memcpy(s->name, name, strlen(name));
	folder = strndup(path, (size_t)(name - path));
	if (!folder)
		return log_oom();
	err = fs_resolve(fs, folder, &s->dir);
	free(folder);
	return err ? err : look_around(s);
}

/* Keeps the name (without SUFFIX) that a file has in S's folder, as it is spelt there. */
static int keep_name(void *ctx, fs_ref parent, const uint16_t *name, unsigned len)
{
	char text[NAME_WTF8_MAX];
	struct swap *s = ctx;
	size_t cut = strlen(s->name);

	if (parent != s->dir || text_from_utf16(name, len, text, sizeof(text)) <= 0 ||
	    strlen(text) != cut + strlen(s->suffix))
		return 0;
	if (text_casecmp(fs_upcase(s->fs), text + cut, s->suffix) != 0)
		return 0;
	text[cut] = '\0';
	if (text_casecmp(fs_upcase(s->fs), text, s->name) == 0)
		memcpy(s->name, text, cut);
	return 0;
}

/* Spells the file's name as FILE does, which has it with SUFFIX. */
static int spell_name(struct swap *s, fs_ref file, const char *suffix)
{
	s->suffix = suffix;
	return fs_names(s->fs, file, keep_name, s);
}

/* Gives FILE the name NAME + SUFFIX, or takes it away from it. */
static int give_name(struct swap *s, fs_ref file, const char *suffix, bool give)
{
	char text[NAME_ROOM * 2];
	uint16_t name[NAME_UNITS_MAX];
	int len = snprintf(text, sizeof(text), "%s%s", s->name, suffix), n;

	n = text_to_utf16(text, (size_t)len, name, NAME_UNITS_MAX);
	if (n < 0)
		return HF_EINVAL;
	if (give)
		return fs_link(s->fs, file, s->dir, name, (unsigned)n);
	return fs_unlink(s->fs, s->dir, name, (unsigned)n, file);
}

/* Step 4: what is left over goes; the name leads to the new file. */
static int clean_up(struct swap *s)
{
	int err = s->how->finish ? s->how->finish(s->fs, s->dir, s->name) : 0;

	if (!err && s->has_old)
		err = give_name(s, s->old_file, OLD_SUFFIX, false);
	if (!err && s->has_new)
		err = give_name(s, s->new_file, NEW_SUFFIX, false);
	return err ? err : fs_sync(s->fs);
}

/* Takes back what was prepared; the name keeps its old file. */
static int take_back(struct swap *s)
{
	int err = 0;

	if (s->has_new)
		err = give_name(s, s->new_file, NEW_SUFFIX, false);
	if (!err && s->has_old)
		err = give_name(s, s->old_file, OLD_SUFFIX, false);
	return err ? err : fs_sync(s->fs);
}

/* What an interrupted replacement left without a file of its own name. */
static int recover_nameless(struct swap *s)
{
	char shown[512];
	int err;

	if (!s->has_old) /* the new file may not be whole */
		return take_back(s);
	err = spell_name(s, s->old_file, OLD_SUFFIX);
	if (!err)
		err = give_name(s, s->has_new ? s->new_file : s->old_file, "", true);
	if (!err)
		err = fs_sync(s->fs);
	if (err)
		return err;
	log_info("%s: the replacement of this %s was interrupted and is ended now.",
		 text_printable(s->path, shown, sizeof(shown)), s->how->what);
	return s->has_new ? clean_up(s) : take_back(s);
}

static int recover(struct swap *s)
{
	char shown[512];

	if (!s->has_new && !s->has_old)
		return 0;
	if (!s->has_current)
		return recover_nameless(s);
	if (s->has_new && s->current == s->new_file)
		return clean_up(s);
	if (s->has_old && s->current != s->old_file) {
		log_error("%s: beside this %s there is another one, %s" OLD_SUFFIX
			  ", and nothing tells which of the two is wanted. Keep one and remove the "
			  "other.",
			  text_printable(s->path, shown, sizeof(shown)), s->how->what, s->name);
		return HF_EAMBIGUOUS;
	}
	return take_back(s);
}

/* Steps 2 and 3: the name goes from the old file to the new one. */
static int swap_names(struct swap *s)
{
	int err;

	if (s->has_current) {
		err = spell_name(s, s->current, "");
		if (!err)
			err = give_name(s, s->current, OLD_SUFFIX, true);
		if (!err) {
			s->old_file = s->current;
			s->has_old = true;
			err = fs_sync(s->fs);
		}
		if (!err)
			err = give_name(s, s->current, "", false);
		if (err)
			return err;
	}
	err = give_name(s, s->new_file, "", true);
	if (err && s->has_current && give_name(s, s->current, "", true) == 0)
		(void)fs_sync(s->fs); /* the old file has its name again; ERR tells the rest */
	return err ? err : fs_sync(s->fs);
}

/* Step 1: the new file, whole and on the disk. */
static int write_new(struct swap *s, const uint8_t *data, size_t len)
{
	struct str name = {0};
	int err = str_addf(&name, "%s%s", s->name, NEW_SUFFIX);

	if (err)
		return log_oom();
	err = fs_write_file(s->fs, s->dir, name.data, data, len, &s->new_file);
	str_free(&name);
	s->has_new = !err;
	if (!err && s->has_current)
		err = fs_copy_metadata(s->fs, s->current, s->new_file);
	return err ? err : fs_sync(s->fs);
}

int fs_replace_recover(struct fs *fs, const char *path, const struct fs_replace *how)
{
	struct swap s;
	int err = open_swap(fs, path, how, &s);

	if (err)
		return err == HF_ENOENT ? 0 : err;
	return recover(&s);
}

int fs_replace_file(struct fs *fs, const char *path, const void *data, size_t len,
		    const struct fs_replace *how)
{
	struct swap s;
	char shown[512];
	int err = open_swap(fs, path, how, &s);

	if (!err)
		err = recover(&s);
	if (!err)
		err = look_around(&s);
	if (err) {
		if (err == HF_ENOENT)
			log_error("%s: the folder of this %s is not there.",
				  text_printable(path, shown, sizeof(shown)), how->what);
		return err;
	}
	err = write_new(&s, data, len);
	if (!err)
		err = swap_names(&s);
	if (!err)
		return clean_up(&s);
	/* Best effort: what remains is recognised and removed by the next run. */
	if (look_around(&s) == 0)
		(void)recover(&s);
	return err;
}
