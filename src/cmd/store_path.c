// SPDX-License-Identifier: GPL-2.0-or-later
/* holdfast store show PATH: the whole story of one file or folder. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/winpath.h"
#include "cmd/applet.h"
#include "cmd/json.h"
#include "cmd/store_private.h"
#include "engine/parts.h"
#include "report/error.h"
#include "report/log.h"

struct story {
	struct store_view *view;
	bool json;
	const struct upcase *uc;
	const char *wanted; /* normalised */
	struct str path;    /* as captured */
	uint32_t dir;	    /* that is meant, or holds the file */
	char *name;	    /* of the file, in the view's arena; NULL: a folder is meant */
	struct catalog_file file;
	struct machine_volume *holder; /* where the stored object is; NULL: not at hand */
	unsigned rows;
};

/* Child NAME of directory INDEX: exactly this one, else one that Windows takes for it. */
static uint32_t find_child(const struct story *s, uint32_t index, const char *name)
{
	uint32_t similar = STORE_NO_DIR;

	for (uint32_t i = s->view->dirs[index].first_child; i != STORE_NO_DIR;
	     i = s->view->dirs[i].next) {
		if (!strcmp(s->view->dirs[i].row.name, name))
			return i;
		if (similar == STORE_NO_DIR &&
		    !text_casecmp(s->uc, s->view->dirs[i].row.name, name))
			similar = i;
	}
	return similar;
}

struct file_search {
	struct story *story;
	const char *name;
};

static int note_file(void *ctx, const struct catalog_file *file)
{
	struct file_search *search = ctx;
	struct story *s = search->story;
	bool exact = !strcmp(file->name, search->name);

	if (!exact && (s->name || text_casecmp(s->uc, file->name, search->name)))
		return 0;
	s->file = *file;
	s->name = arena_strdup(&s->view->arena, file->name);
	return s->name ? 0 : log_oom();
}

/* Follows REST from directory INDEX on. 1 found, 0 not. */
static int follow(struct story *s, uint32_t index, const char *rest)
{
	const char *part;
	size_t len;

	while ((part = winpath_next(&rest, &len))) {
		char *name = arena_strndup(&s->view->arena, part, len);
		struct file_search search = {s, name};
		uint32_t child = name ? find_child(s, index, name) : STORE_NO_DIR;
		int err;

		if (!name)
			return log_oom();
		if (child != STORE_NO_DIR) {
			index = child;
			continue;
		}
		if (rest[strspn(rest, "\\")])
			return 0;
		err = catalog_files(s->view->catalog, (int64_t)index + 1, note_file, &search);
		s->dir = index;
		return err ? err : s->name != NULL;
	}
	s->dir = index;
	return 1;
}

/* Finds what is wanted below the volume with the longest path that holds it. */
static int find_object(struct story *s)
{
	uint32_t root = STORE_NO_DIR;
	size_t longest = 0;

	for (uint32_t i = 0; i < s->view->dir_count; i++) {
		const struct store_dir *dir = &s->view->dirs[i];
		const char *volume =
			dir->parent == STORE_NO_DIR ? s->view->volumes[dir->row.volume - 1] : NULL;

		if (volume && strlen(volume) > longest &&
		    winpath_is_below(s->uc, s->wanted, volume)) {
			root = i;
			longest = strlen(volume);
		}
	}
	return root == STORE_NO_DIR ? 0 : follow(s, root, s->wanted + longest);
}

static void text_row(const struct story *s, const char *key, const char *title, const char *value)
{
	if (s->json)
		json_field(key, value);
	else if (value && *value)
		printf("  %-14s %s\n", title, store_safe(value));
}

static void number_row(const struct story *s, const char *key, const char *title, uint64_t value)
{
	if (s->json)
		printf("\"%s\": %" PRIu64 ", ", key, value);
	else
		printf("  %-14s %" PRIu64 "\n", title, value);
}

static void record_row(const struct story *s, const char *key, const char *title, fs_ref ref)
{
	char text[48];

	snprintf(text, sizeof(text), "%" PRIu64 "-%u", (uint64_t)FS_RECORD(ref), FS_SEQUENCE(ref));
	text_row(s, key, title, ref ? text : "");
}

static const char *how_words(enum catalog_how how)
{
	static const char *const words[] = {[CATALOG_LINK] = "linked",
					    [CATALOG_COPY] = "copied",
					    [CATALOG_DIR] = "folder",
					    [CATALOG_PARENT] = "folder, only for what is in it",
					    [CATALOG_LISTED] =
						    "listed only: its data is in the cloud"};

	return words[how];
}

/* Which rule kept it: file, line, component, pattern, and for whom. */
static void show_rule(const struct story *s, int64_t id)
{
	const struct store_rule *rule = store_view_rule(s->view, id);
	char place[1024] = "";

	if (rule)
		snprintf(place, sizeof(place), "%s:%u", rule->row.file, rule->row.line);
	text_row(s, "rule", "rule", place);
	text_row(s, "pattern", "pattern", rule ? rule->row.pattern : "");
	text_row(s, "component", "component", rule ? rule->row.component : "");
	text_row(s, "user", "user", !rule ? "" : *rule->row.user ? rule->row.user : "System");
}

static int show_name(void *ctx, fs_ref parent, const uint16_t *name, unsigned name_len)
{
	struct story *s = ctx;
	char text[NAME_WTF8_MAX];
	struct str path = {0};
	int err = s->holder->letter ? str_addf(&path, "%c:", s->holder->letter) : 0;
	size_t root = path.len + 1;

	if (!err)
		err = fs_path_of(s->holder->fs, parent, &path);
	if (!err && text_from_utf16(name, name_len, text, sizeof(text)) < 0)
		err = HF_ECORRUPT;
	if (!err && (path.len == root ? str_adds(&path, text) : winpath_add(&path, text)))
		err = log_oom();
	if (!err && s->json) {
		printf("%s", s->rows ? ", " : "");
		json_string(path.data);
	} else if (!err) {
		printf("  %-14s %s\n", s->rows ? "" : "is now at", store_safe(path.data));
	}
	s->rows++;
	str_free(&path);
	return err;
}

/* Every name that the stored object has now. */
static int show_now(struct story *s, fs_ref ref)
{
	struct fs_stat st = {0};
	int err = s->holder && ref ? fs_stat(s->holder->fs, ref, &st) : HF_ENOENT;

	if (err == HF_ENOMEM)
		return err;
	if (!err && !st.is_dir)
		number_row(s, "links", "links now", st.names);
	if (s->json)
		printf("\"now\": [");
	if (!err)
		err = fs_names(s->holder->fs, ref, show_name, s);
	else if (!s->json)
		puts("  is now at      nowhere: its record is gone, or its volume is not at hand");
	if (s->json)
		printf("]");
	return err == HF_ENOMEM ? err : 0;
}

static int show_object(struct story *s)
{
	const struct store_dir *dir = &s->view->dirs[s->dir];
	const char *kind = s->name ? "file" : "folder";
	fs_ref stored = s->name ? s->file.stored : dir->row.stored;

	if (store_view_path(s->view, s->dir, &s->path) ||
	    (s->name && winpath_add(&s->path, s->name)))
		return log_oom();
	if (s->json)
		printf("{");
	else
		printf("%s\n", store_safe(s->path.data));
	if (s->json)
		json_field("path", s->path.data);
	text_row(s, "kind", "kind", kind);
	text_row(s, "how", "kept", how_words(s->name ? s->file.how : dir->row.how));
	record_row(s, "source", "source record", s->name ? s->file.source : dir->row.source);
	record_row(s, "stored", "store's record", stored);
	if (s->name) {
		number_row(s, "size", "bytes", s->file.size);
		number_row(s, "links_before", "links before", s->file.names);
	} else {
		number_row(s, "files", "files below", dir->all_files);
		number_row(s, "bytes", "bytes below", dir->all_bytes);
	}
	show_rule(s, s->name ? s->file.rule : dir->row.rule);
	int err = show_now(s, stored);
	if (s->json)
		puts("}");
	return err;
}

static int note_skipped(void *ctx, const char *path, const char *reason)
{
	struct story *s = ctx;

	if (text_casecmp(s->uc, path, s->wanted))
		return 0;
	s->rows++;
	if (s->json) {
		printf("{");
		json_field("path", path);
		json_field("kind", "skipped");
		printf("\"reason\": ");
		json_string(reason);
		puts("}");
	} else {
		printf("%s\n  %-14s %s\n", store_safe(path), "was skipped", store_safe(reason));
	}
	return 0;
}

static int tell(struct story *s)
{
	struct parts parts = {0};
	int err, found = find_object(s);

	if (found < 0)
		return found;
	if (found) {
		/* A part that is not at hand was told; the rest of the story stands. */
		err = parts_locate(&parts, s->view->machine, s->view->volume, s->view->path,
				   s->view->catalog);
		if (!err)
			s->holder = parts.items[s->view->dirs[s->dir].row.volume - 1].holder;
		parts_free(&parts);
		return err == HF_ENOMEM ? err : show_object(s);
	}
	err = catalog_skipped(s->view->catalog, note_skipped, s);
	if (err || s->rows)
		return err;
	log_error("%s is not in the store: no rule kept it (scanstate --explain tells why), or it "
		  "was not there.",
		  store_safe(s->wanted));
	return HF_EINVAL;
}

int store_show_path(struct store_view *view, const char *path, bool json)
{
	struct story s = {.view = view, .json = json, .uc = fs_upcase(view->volume->fs)};
	struct str wanted = {0};
	int err = winpath_normalise(path, view->volume->letter, &wanted);

	if (err == HF_EINVAL)
		log_error("%s is not a full path, like C:\\Users\\ann\\letter.docx.", path);
	s.wanted = wanted.data;
	if (!err)
		err = tell(&s);
	str_free(&wanted);
	str_free(&s.path);
	return applet_flush(!err		 ? USMT_SUCCESS
			    : err == HF_EINVAL	 ? USMT_INVALID_PARAMETERS
			    : err == HF_ECORRUPT ? USMT_ERROR_CORRUPTED_STORE
						 : USMT_INIT_OPERATING_ENVIRONMENT_FAILED);
}
