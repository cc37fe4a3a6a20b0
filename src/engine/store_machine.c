// SPDX-License-Identifier: GPL-2.0-or-later
/* struct rules_machine on a store. */
#include "engine/store_machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "engine/restore_users.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/fs.h"
#include "windows/machine.h"

int store_machine_find(const struct store_machine *m, const char *path, struct fs **fs,
		       uint64_t *ref)
{
	struct machine_volume *v = machine_volume(m->machine, m->letter);
	struct str stored = {0};
	const char *rest;
	char letter;
	int err;

	if (!v || !v->fs || !winpath_split(path, &letter, &rest))
		return HF_ENOENT;
	*fs = v->fs;
	err = str_addf(&stored, "%s\\USMT\\File\\%c$%s", m->store, letter, rest) ? log_oom() : 0;
	if (!err)
		err = fs_resolve(v->fs, stored.data, ref);
	str_free(&stored);
	return err;
}

static int find(const struct store_machine *m, const char *path, struct fs **fs, struct fs_stat *st)
{
	fs_ref ref;
	int err = store_machine_find(m, path, fs, &ref);

	return err ? err : fs_stat(*fs, ref, st);
}

static const char *variable(void *ctx, int user, const char *name)
{
	struct store_machine *m = ctx;

	return windows_variable(m->source, user < 0 ? -1 : (int)m->users[user], name);
}

static const char *user_name(void *ctx, int user)
{
	struct store_machine *m = ctx;

	return restore_user_name(m->restored, &m->restored->list[m->users[user]], m->name,
				 sizeof(m->name));
}

static int exists(void *ctx, const char *path, bool *is_dir)
{
	struct fs_stat st;
	struct fs *fs;
	int err = find(ctx, path, &fs, &st);

	if (err)
		return err == HF_ENOENT ? 0 : err;
	if (is_dir)
		*is_dir = st.is_dir;
	return 1;
}

struct list_context {
	rules_list_visit visit;
	void *ctx;
};

static int list_entry(void *ctx, const struct fs_entry *entry)
{
	struct list_context *list = ctx;
	char name[NAME_WTF8_MAX];
	int n = text_from_utf16(entry->name, entry->name_len, name, sizeof(name));

	return n < 0 ? n
		     : list->visit(list->ctx, name, entry->attributes & FS_ATTR_DIRECTORY,
				   entry->attributes);
}

static int list(void *ctx, const char *path, rules_list_visit visit, void *visit_ctx)
{
	struct list_context context = {visit, visit_ctx};
	struct fs_stat st;
	struct fs *fs;
	int err = find(ctx, path, &fs, &st);

	if (err)
		return err;
	return st.is_dir ? fs_readdir(fs, st.ref, list_entry, &context) : HF_ENOENT;
}

/* The drives that something was kept of. */
static int drives(void *ctx, rules_drive_visit visit, void *visit_ctx)
{
	int err = 0;

	for (char letter = 'A'; !err && letter <= 'Z'; letter++) {
		const char root[] = {letter, ':', '\0'};

		if (exists(ctx, root, NULL) == 1)
			err = visit(visit_ctx, letter, RULES_DRIVE_FIXED);
	}
	return err;
}

static int os(void *ctx, struct rules_os *out)
{
	const struct windows_install *w = ((struct store_machine *)ctx)->source;

	*out = (struct rules_os){.major = w->major,
				 .minor = w->minor,
				 .build = w->build,
				 .bits = w->bits,
				 .service_pack = ""};
	return 0;
}

static int stat_path(void *ctx, const char *path, struct rules_file_info *out)
{
	struct fs_stat st;
	struct fs *fs;
	int err = find(ctx, path, &fs, &st);

	if (err)
		return err;
	*out = (struct rules_file_info){.id = FS_RECORD(st.ref),
					.size = st.size,
					.created = st.times[FS_TIME_CREATED],
					.modified = st.times[FS_TIME_MODIFIED],
					.accessed = st.times[FS_TIME_ACCESSED],
					.attributes = st.attributes,
					.is_dir = st.is_dir};
	return 0;
}

static int read_file(void *ctx, const char *path, size_t max, void **data, size_t *len)
{
	struct fs_stat st;
	struct fs *fs;
	int err = find(ctx, path, &fs, &st);

	if (err)
		return err;
	if (st.is_dir || (st.attributes & FS_ATTR_REPARSE))
		return HF_ENOENT;
	return st.size > max ? HF_ELIMIT : fs_read_file(fs, st.ref, max, data, len);
}

static int number_users(struct store_machine *m)
{
	const struct restore_users *u = m->restored;
	int count = 0;

	m->users = calloc(u->count + 1, sizeof(*m->users));
	if (!m->users)
		return log_oom();
	for (size_t i = 0; i < u->count; i++) {
		int at = count;

		if (!u->list[i].selected)
			continue;
		for (; at && u->list[m->users[at - 1]].install_user > u->list[i].install_user; at--)
			m->users[at] = m->users[at - 1];
		m->users[at] = (uint32_t)i;
		count++;
	}
	m->rules_machine.user_count = count;
	return 0;
}

int store_machine_init(struct store_machine *m, struct machine *machine, char letter,
		       const char *store, const struct windows_install *source,
		       const struct restore_users *restored, const struct upcase *upcase)
{
	*m = (struct store_machine){
		.rules_machine = {.ctx = m,
				  .variable = variable,
				  .user_name = user_name,
				  .exists = exists,
				  .list = list,
				  .drives = drives,
				  .os = os,
				  .stat = stat_path,
				  .read_file = read_file,
				  .upcase = upcase},
		.machine = machine,
		.letter = letter,
		.store = store,
		.source = source,
		.restored = restored,
	};
	return number_users(m);
}

void store_machine_free(struct store_machine *m)
{
	free(m->users);
	m->users = NULL;
}
