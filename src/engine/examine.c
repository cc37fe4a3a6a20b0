// SPDX-License-Identifier: GPL-2.0-or-later
/* struct rules_machine on struct machine. */
#include "engine/examine.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/winpath.h"
#include "engine/users.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/machine.h"

static int install_user(const struct examine *e, int user)
{
	return user < 0 ? -1 : (int)e->users[user];
}

static const char *variable(void *ctx, int user, const char *name)
{
	struct examine *e = ctx;

	return windows_variable(e->machine->chosen, install_user(e, user), name);
}

static const char *user_name(void *ctx, int user)
{
	struct examine *e = ctx;

	return user_display_name(e->machine->chosen, e->users[user], e->name, sizeof(e->name));
}

/* The file system of PATH's letter, or NULL. */
static struct fs *fs_of(struct examine *e, const char *path)
{
	char letter;
	struct machine_volume *v;

	if (!winpath_split(path, &letter, NULL))
		return NULL;
	v = machine_volume(e->machine, letter);
	return v ? v->fs : NULL;
}

static int exists(void *ctx, const char *path, bool *is_dir)
{
	struct fs *fs = fs_of(ctx, path);
	struct fs_stat st;
	fs_ref ref;

	if (!fs)
		return 0;
	int ret = fs_resolve(fs, path, &ref);
	if (ret == HF_ENOENT)
		return 0;
	if (!ret && is_dir) {
		ret = fs_stat(fs, ref, &st);
		*is_dir = !ret && st.is_dir;
	}
	return ret ? ret : 1;
}

struct list_context {
	rules_list_visit visit;
	void *ctx;
};

static int list_entry(void *ctx, const struct fs_entry *entry)
{
	struct list_context *list = ctx;
	char name[NAME_WTF8_MAX];

	if (entry->is_metadata)
		return 0;
	int n = text_from_utf16(entry->name, entry->name_len, name, sizeof(name));
	if (n < 0)
		return n;
	return list->visit(list->ctx, name, entry->attributes & FS_ATTR_DIRECTORY,
			   entry->attributes);
}

static int list(void *ctx, const char *path, rules_list_visit visit, void *visit_ctx)
{
	struct list_context context = {visit, visit_ctx};
	struct fs *fs = fs_of(ctx, path);
	struct fs_stat st;
	fs_ref ref;

	if (!fs)
		return HF_ENOENT;
	int ret = fs_resolve(fs, path, &ref);
	if (!ret)
		ret = fs_stat(fs, ref, &st);
	if (ret)
		return ret;
	if (!st.is_dir || (st.attributes & FS_ATTR_REPARSE))
		return HF_ENOENT;
	return fs_readdir(fs, ref, list_entry, &context);
}

static int drives(void *ctx, rules_drive_visit visit, void *visit_ctx)
{
	struct examine *e = ctx;
	struct machine *m = e->machine;
	int ret = 0;

	for (char letter = 'A'; !ret && letter <= 'Z'; letter++) {
		struct machine_volume *v = machine_volume(m, letter);
		if (!v || !v->fs)
			continue;
		bool removable = m->disks->disks[v->volume->disk].removable;
		ret = visit(visit_ctx, letter,
			    removable ? RULES_DRIVE_REMOVABLE : RULES_DRIVE_FIXED);
	}
	return ret;
}

int examine_init(struct examine *e, struct machine *machine, const struct user_decision *decisions)
{
	const struct windows_install *install = machine->chosen;

	memset(e, 0, sizeof(*e));
	e->machine = machine;
	e->users = calloc(install->user_count + 1, sizeof(*e->users));
	if (!e->users)
		return log_oom();
	for (size_t u = 0; u < install->user_count; u++)
		if (decisions[u].captured)
			e->users[e->rules_machine.user_count++] = u;
	e->rules_machine.ctx = e;
	e->rules_machine.variable = variable;
	e->rules_machine.user_name = user_name;
	e->rules_machine.exists = exists;
	e->rules_machine.list = list;
	e->rules_machine.drives = drives;
	struct fs *fs = machine->volumes[install->volume].fs;
	e->upcase = fs ? *fs_upcase(fs) : *upcase_basic();
	e->rules_machine.upcase = &e->upcase;
	return 0;
}

void examine_free(struct examine *e)
{
	free(e->users);
	memset(e, 0, sizeof(*e));
}
