// SPDX-License-Identifier: GPL-2.0-or-later
// Folders of installed programs from the uninstall keys, and the document types registered to
// programs, for the document finder (USMT specification 8.2).
#include "rules/programs.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/values.h"

#define UNINSTALL_KEYS_MAX 4096u
#define CLASSES_MAX	   20000u
#define FOLDER_NAMES_MAX   10000u /* in which an 8.3 name is looked for */
/* Windows' own limit on a path, in bytes of WTF-8. */
#define PATH_BYTES_MAX 32767u

#define CLASSES "HKLM\\Software\\Classes"

/*
 * What programs are made of and people do not write. Installation packages (msi, cab) are not here:
 * they are often somebody's only copy. Help, pictures and settings are not either: a type that
 * might hold work is taken, and as a hard link it costs no space.
 */
static const char *const program_types[] = {"exe", "dll", "sys", "ocx", "cpl", "ax",
					    "drv", "scr", "mui", "tlb", NULL};

const char *program_type(size_t index)
{
	return program_types[index];
}

bool is_program_type(const struct eval *e, const char *ext)
{
	for (size_t i = 0; program_types[i]; i++)
		if (!text_casecmp(e->rules->machine->upcase, ext, program_types[i]))
			return true;
	return false;
}

bool path_is_within(const struct eval *e, const char *path, const char *parent)
{
	size_t n = strlen(parent);
	struct str head = {0};
	bool within;

	if (!n || strnlen(path, n) < n || (path[n] && path[n] != '\\'))
		return false;
	within = !str_add(&head, path, n) &&
		 !text_casecmp(e->rules->machine->upcase, head.data, parent);
	str_free(&head);
	return within;
}

/* Cuts TEXT after the file of a COMMAND line or icon: "C:\a b\c.exe" /x, C:\a b\c.exe,-2. */
static char *file_of_value(char *text, bool command)
{
	static const char *const ends[] = {".exe", ".ico", ".dll"};
	char *first = NULL;

	text += strspn(text, " \t");
	if (*text == '"') {
		text[1 + strcspn(text + 1, "\"")] = '\0';
		return text + 1;
	}
	for (size_t i = 0; command && i < sizeof(ends) / sizeof(*ends); i++)
		for (char *s = text; (s = strcasestr(s, ends[i])) != NULL; s += 4)
			if (!s[4] || strchr(" ,\t\"", s[4])) {
				first = !first || s < first ? s : first;
				break;
			}
	if (first)
		first[4] = '\0';
	return text;
}

/*
 * Brings TEXT in the form "C:\a\b" in place: no quotes, no doubled or last backslash. False for
 * anything that is not the path of a folder below the root of a drive.
 */
static bool tidy_path(char *text)
{
	char *out = text;

	for (const char *s = text; *s; s++) {
		char c = *s;

		if (c == '/')
			c = '\\';
		if (strchr("*?<>|\"", c) || (unsigned char)c < ' ')
			return false;
		if (c != '\\' || out == text || out[-1] != '\\')
			*out++ = c;
	}
	while (out > text && (out[-1] == '\\' || out[-1] == ' '))
		out--;
	*out = '\0';
	if (out - text < 4 || !((text[0] | 32) >= 'a' && (text[0] | 32) <= 'z') || text[1] != ':' ||
	    text[2] != '\\')
		return false;
	for (const char *s = text + 2; s; s = strchr(s + 1, '\\')) {
		size_t n = strcspn(s + 1, "\\");

		if (n && strspn(s + 1, ".") >= n)
			return false;
	}
	return true;
}

/* The folders of a directory, for the one that an 8.3 name stands for. */
struct folder_list {
	struct arena *arena;
	char **items;
	size_t count, cap;
};

static int add_name(void *ctx, const char *name, bool is_dir, uint32_t attributes)
{
	struct folder_list *list = ctx;

	(void)attributes;
	if (!is_dir || list->count >= FOLDER_NAMES_MAX)
		return 0;
	if (array_grow(&list->items, list->count, &list->cap) ||
	    !(list->items[list->count] = arena_strdup(list->arena, name)))
		return HF_ENOMEM;
	list->count++;
	return 0;
}

/* Adds to OUT the name that folder SHORT_PATH, whose parent OUT is, has in its listing. */
static int add_long_name(const struct rules_machine *m, const char *short_path, struct str *out)
{
	struct rules_file_info wanted, info;
	struct arena arena = {0};
	struct folder_list list = {.arena = &arena};
	size_t parent = out->len;
	bool found = false;
	int error = m->stat(m->ctx, short_path, &wanted);

	if (!error)
		error = m->list(m->ctx, out->data, add_name, &list);
	for (size_t i = 0; i < list.count && !error && !found; i++) {
		error = str_addf(out, "\\%s", list.items[i]);
		found = !error && !m->stat(m->ctx, out->data, &info) && info.id == wanted.id;
		if (!found)
			str_truncate(out, parent);
	}
	free(list.items);
	arena_free(&arena);
	return error ? error : found ? 0 : HF_ENOENT;
}

/*
 * PATH with long names in place of 8.3 ones ("C:\PROGRA~1"), by which the volume is walked: into
 * OUT. What cannot be found stays, and is then no folder that the finder meets.
 */
static int long_path(const struct rules_machine *m, const char *path, struct str *out)
{
	const char *end;
	int error = str_add(out, path, 2);

	for (const char *s = path + 2; *s && !error; s = end) {
		struct str as_given = {0};

		end = s + 1 + strcspn(s + 1, "\\");
		if (memchr(s, '~', (size_t)(end - s)) && m->stat) {
			error = str_add(&as_given, path, (size_t)(end - path));
			if (!error)
				error = add_long_name(m, as_given.data, out);
			str_free(&as_given);
			if (!error || error == HF_ENOMEM)
				continue;
		}
		error = str_add(out, s, (size_t)(end - s));
	}
	return error;
}

/*
 * The folder that value NAME of KEY speaks of into *OUT (owned by A), NULL when it names none. A
 * COMMAND is a file with arguments, whose directory is meant.
 */
static int read_folder(struct eval *e, struct arena *a, int user, const char *key, const char *name,
		       bool command, char **out)
{
	struct str raw = {0}, text = {0}, full = {0};
	int error = object_text(e->rules->machine, user, RULES_REGISTRY, key, name, &raw);

	*out = NULL;
	if (!error && raw.len && raw.len <= PATH_BYTES_MAX)
		error = eval_expand_content(e, raw.data, &text);
	if (!error && text.len && text.len <= PATH_BYTES_MAX) {
		char *path = file_of_value(text.data, command);
		bool good = tidy_path(path);

		if (good && command) {
			*strrchr(path, '\\') = '\0';
			good = tidy_path(path);
		}
		if (good)
			error = long_path(e->rules->machine, path, &full);
		if (good && !error && !(*out = arena_strdup(a, full.data)))
			error = HF_ENOMEM;
	}
	str_free(&full);
	str_free(&raw);
	str_free(&text);
	return error == HF_ENOMEM ? log_oom() : 0;
}

static int add_folder(struct programs *p, char *folder)
{
	if (array_grow(&p->folders, p->count, &p->cap))
		return log_oom();
	p->folders[p->count++] = folder;
	return 0;
}

/* The icon and the uninstaller may lie anywhere: they are asked only where no folder is named. */
static int read_program(struct eval *e, struct programs *p, int user, const char *key)
{
	static const char *const commands[] = {"DisplayIcon", "UninstallString"};
	char *folder;
	int error = read_folder(e, &p->arena, user, key, "InstallLocation", false, &folder);

	if (error || folder)
		return error ? error : add_folder(p, folder);
	for (size_t i = 0; i < 2 && !error; i++) {
		error = read_folder(e, &p->arena, user, key, commands[i], true, &folder);
		if (!error && folder)
			error = add_folder(p, folder);
	}
	return error;
}

struct names {
	struct arena *arena;
	char **items;
	size_t count, cap, max;
	char first; /* only names that begin with it, or NUL */
	bool full;
};

static int on_name(void *ctx, const char *name)
{
	struct names *n = ctx;

	if (n->first && name[0] != n->first)
		return 0;
	if (n->count >= n->max) {
		n->full = true;
		return 1;
	}
	if (array_grow(&n->items, n->count, &n->cap) ||
	    !(n->items[n->count] = arena_strdup(n->arena, name)))
		return HF_ENOMEM;
	n->count++;
	return 0;
}

/* Subkeys of KEY; none when it is not there. They are gathered first: hives are asked in turn. */
static int list_names(struct eval *e, int user, const char *key, struct names *names)
{
	const struct rules_machine *m = e->rules->machine;
	int error = m->reg_list(m->ctx, user, key, on_name, NULL, names);

	if (error == HF_ENOMEM)
		return log_oom();
	if (names->full && rules_report_once(e->rules, "limit", key))
		log_warning("%s has more than %zu entries; the rest is not looked at, and folders "
			    "that only they name are taken like others",
			    key, names->max);
	return error > 0 || error == HF_ENOENT ? 0 : error;
}

static int read_uninstall(struct eval *e, struct programs *p, int user, const char *key)
{
	struct names names = {.arena = &p->arena, .max = UNINSTALL_KEYS_MAX - p->keys};
	int error = list_names(e, user, key, &names);

	for (size_t i = 0; i < names.count && !error; i++) {
		struct str path = {0};

		error = join_path(&path, key, names.items[i]) ? log_oom()
							      : read_program(e, p, user, path.data);
		str_free(&path);
	}
	p->keys += (unsigned)names.count;
	free(names.items);
	return error;
}

static int compare(const void *a, const void *b, void *upcase)
{
	return text_casecmp(upcase, *(char *const *)a, *(char *const *)b);
}

static void sort_folders(const struct eval *e, struct programs *p)
{
	const struct upcase *uc = e->rules->machine->upcase;
	size_t kept = 0;

	if (!p->count)
		return;
	qsort_r(p->folders, p->count, sizeof(*p->folders), compare, (void *)(uintptr_t)uc);
	for (size_t i = 1; i < p->count; i++)
		if (text_casecmp(uc, p->folders[kept], p->folders[i]))
			p->folders[++kept] = p->folders[i];
	p->count = kept + 1;
}

int programs_find(struct eval *e, struct programs *out)
{
#define UNINSTALL "Microsoft\\Windows\\CurrentVersion\\Uninstall"
	const struct rules_machine *m = e->rules->machine;
	int from = e->user < 0 ? 0 : e->user, to = e->user < 0 ? m->user_count : e->user + 1;
	int error;

	if (!m->reg_list || !m->reg_value)
		return 0;
	error = read_uninstall(e, out, -1, "HKLM\\Software\\" UNINSTALL);
	if (!error)
		error = read_uninstall(e, out, -1, "HKLM\\Software\\Wow6432Node\\" UNINSTALL);
	for (int user = from; user < to && !error; user++)
		error = read_uninstall(e, out, user, "HKCU\\Software\\" UNINSTALL);
	if (!error)
		sort_folders(e, out);
	return error;
#undef UNINSTALL
}

void programs_free(struct programs *p)
{
	free(p->folders);
	arena_free(&p->arena);
	memset(p, 0, sizeof(*p));
}

/* The innermost program folder below ROOT that holds FOLDER, or FOLDER itself. */
static const char *application_of(const struct eval *e, const struct programs *p, const char *root,
				  const char *folder)
{
	const char *best = NULL;

	for (size_t i = 0; i < p->count; i++)
		if (path_is_within(e, folder, p->folders[i]) &&
		    path_is_within(e, p->folders[i], root) && p->folders[i][strlen(root)] &&
		    (!best || strlen(p->folders[i]) > strlen(best)))
			best = p->folders[i];
	return best ? best : folder;
}

/* The folder of the program that opens files with EXT (".doc"); *OUT NULL when none is known. */
static int opener_of(struct eval *e, struct arena *a, const char *ext, char **out)
{
	struct str key = {0}, id = {0}, command = {0};
	int error = str_addf(&key, CLASSES "\\%s", ext);

	*out = NULL;
	if (!error)
		error = object_text(e->rules->machine, -1, RULES_REGISTRY, key.data, "", &id);
	if (!error && id.len && !strchr(id.data, '\\')) {
		error = str_addf(&command, CLASSES "\\%s\\shell\\open\\command", id.data);
		if (!error)
			error = read_folder(e, a, -1, command.data, "", true, out);
	}
	str_free(&key);
	str_free(&id);
	str_free(&command);
	return error == HF_ENOMEM ? log_oom() : 0;
}

int programs_each_type(struct eval *e, const struct programs *p, const char *root,
		       program_type_visit visit, void *ctx)
{
	const struct rules_machine *m = e->rules->machine;
	struct arena arena = {0};
	struct names names = {.arena = &arena, .max = CLASSES_MAX, .first = '.'};
	int error = 0;

	if (m->reg_list && m->reg_value)
		error = list_names(e, -1, CLASSES, &names);
	for (size_t i = 0; i < names.count && !error; i++) {
		const char *ext = names.items[i] + 1;
		char *folder;

		if (!*ext || is_program_type(e, ext))
			continue;
		error = opener_of(e, &arena, names.items[i], &folder);
		/* What lies in the root itself belongs to no application. */
		if (!error && folder && path_is_within(e, folder, root) && folder[strlen(root)])
			error = visit(ctx, application_of(e, p, root, folder), ext);
	}
	free(names.items);
	arena_free(&arena);
	return error;
}
