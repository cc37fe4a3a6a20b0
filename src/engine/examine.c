// SPDX-License-Identifier: GPL-2.0-or-later
/* struct rules_machine on struct machine. */
#include "engine/examine.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "engine/users.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/hive.h"
#include "windows/machine.h"
#include "windows/registry.h"
#include "windows/shell_link.h"
#include "windows/version_resource.h"

#define CURRENT_VERSION "HKLM\\Software\\Microsoft\\Windows NT\\CurrentVersion"

/* Bits of a file id above the MFT record number: which volume. */
#define ID_VOLUME_SHIFT 48

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

	return winpath_split(path, &letter, NULL) ? machine_files(e->machine, letter) : NULL;
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

/* What has been warned of is not there to rules. */
static int reg_error(int err)
{
	switch (err) {
	case HF_EREFUSED:
	case HF_ECORRUPT:
	case HF_EUNSUPPORTED:
	case HF_ELIMIT:
	case HF_EIO:
		return HF_ENOENT;
	default:
		return err;
	}
}

static int reg_value(void *ctx, int user, const char *key, const char *name, uint32_t *type,
		     void **data, size_t *len)
{
	struct examine *e = ctx;

	return reg_error(
		registry_value(e->registry, install_user(e, user), key, name, type, data, len));
}

/* The visitors of a key, and what made them stop. */
struct key_visit {
	rules_reg_visit subkey, value;
	void *ctx;
	int stopped;
};

static int visit_subkey(void *ctx, const char *name)
{
	struct key_visit *v = ctx;

	return v->stopped = v->subkey(v->ctx, name);
}

static int visit_value(void *ctx, const char *name)
{
	struct key_visit *v = ctx;

	return v->stopped = v->value(v->ctx, name);
}

static int reg_list(void *ctx, int user, const char *key, rules_reg_visit subkey,
		    rules_reg_visit value, void *visit_ctx)
{
	struct examine *e = ctx;
	struct key_visit v = {subkey, value, visit_ctx, 0};
	int err = registry_list(e->registry, install_user(e, user), key,
				subkey ? visit_subkey : NULL, value ? visit_value : NULL, &v);

	return v.stopped ? v.stopped : reg_error(err);
}

/* A text value of the registry in WTF-8, up to its first NUL; "" when there is none. */
static int reg_text(struct examine *e, const char *key, const char *name, char **out)
{
	uint16_t units[256];
	uint32_t type;
	uint8_t *bytes;
	void *data;
	size_t len, n = 0;
	int err = reg_value(e, -1, key, name, &type, &data, &len);

	if (err && err != HF_ENOENT)
		return err;
	bytes = data;
	if (!err && (type == HIVE_SZ || type == HIVE_EXPAND_SZ))
		for (; n < sizeof(units) / sizeof(*units) && 2 * n + 1 < len; n++) {
			units[n] = (uint16_t)(bytes[2 * n] | bytes[2 * n + 1] << 8);
			if (units[n] == 0)
				break;
		}
	free(data);
	*out = text_dup_utf16(units, n);
	return *out ? 0 : log_oom();
}

static int os(void *ctx, struct rules_os *out)
{
	struct examine *e = ctx;
	const struct windows_install *install = e->machine->chosen;
	int err = 0;

	if (!e->service_pack)
		err = reg_text(e, CURRENT_VERSION, "CSDVersion", &e->service_pack);
	if (err)
		return err;
	out->major = install->major;
	out->minor = install->minor;
	out->build = install->build;
	out->bits = install->bits;
	out->service_pack = e->service_pack;
	return 0;
}

/* Finds PATH; HF_ENOENT in silence. */
static int find(struct examine *e, const char *path, struct fs **fs, struct fs_stat *st)
{
	fs_ref ref;
	int err;

	*fs = fs_of(e, path);
	if (!*fs)
		return HF_ENOENT;
	err = fs_resolve(*fs, path, &ref);
	return err ? err : fs_stat(*fs, ref, st);
}

/* True for a file whose unnamed data is not what Windows would show. */
static bool is_hollow(const struct fs_stat *st)
{
	uint32_t tag = st->reparse_tag;

	if (st->attributes & FS_ATTR_ENCRYPTED)
		return true;
	if (FS_TAG_IS_CLOUD(tag)) /* has its data when it is kept on this computer */
		return st->attributes & (FS_ATTR_OFFLINE | FS_ATTR_RECALL_ON_DATA_ACCESS);
	return tag == FS_TAG_WOF || tag == FS_TAG_DEDUP || tag == FS_TAG_SYMLINK;
}

/*
 * Finds the file PATH whose data can be read here. What Windows keeps elsewhere (compressed by WOF,
 * deduplicated, in the cloud, encrypted) is not there to rules, after one warning.
 */
static int find_file(struct examine *e, const char *path, struct fs **fs, struct fs_stat *st)
{
	char shown[512];
	int err = find(e, path, fs, st);

	if (err)
		return err;
	if (st->is_dir)
		return HF_ENOENT;
	if (!is_hollow(st))
		return 0;
	if (!e->hollow_warned)
		log_warning("%s: rules ask what is in this file, but its data cannot be seen from "
			    "outside Windows (a link, compressed by Windows, in the cloud, or "
			    "encrypted). To them it is not there; further such files are not "
			    "reported.",
			    text_printable(path, shown, sizeof(shown)));
	e->hollow_warned = true;
	return HF_ENOENT;
}

static int stat_path(void *ctx, const char *path, struct rules_file_info *out)
{
	struct examine *e = ctx;
	struct fs_stat st;
	uint64_t volume;
	struct fs *fs;
	char letter;
	int err = find(e, path, &fs, &st);

	if (err || !winpath_split(path, &letter, NULL))
		return err;
	for (volume = 0; e->machine->volumes[volume].letter != letter; volume++)
		;
	out->id = volume << ID_VOLUME_SHIFT | FS_RECORD(st.ref);
	out->size = st.size;
	out->created = st.times[FS_TIME_CREATED];
	out->modified = st.times[FS_TIME_MODIFIED];
	out->accessed = st.times[FS_TIME_ACCESSED];
	out->attributes = st.attributes;
	out->is_dir = st.is_dir;
	return 0;
}

static int read_whole(void *ctx, const char *path, size_t max, void **data, size_t *len)
{
	struct fs_stat st;
	struct fs *fs;
	int err = find_file(ctx, path, &fs, &st);

	if (err)
		return err;
	if (st.size > max)
		return HF_ELIMIT;
	return fs_read_file(fs, st.ref, max, data, len);
}

/* The file that a version resource is read from. */
struct open_file {
	struct fs *fs;
	fs_ref ref;
};

static int read_source(void *ctx, uint64_t offset, void *buf, size_t len, size_t *done)
{
	struct open_file *f = ctx;

	return fs_read(f->fs, f->ref, offset, buf, len, done);
}

static int file_version(void *ctx, const char *path, const char *tag, char **value)
{
	struct open_file file;
	struct version_source source = {read_source, &file};
	struct fs_stat st;
	int err = find_file(ctx, path, &file.fs, &st);

	if (err)
		return err;
	file.ref = st.ref;
	err = version_resource_string(&source, tag, value);
	if (err == HF_ENOMEM)
		return log_oom();
	return err == HF_ECORRUPT ? HF_ENOENT : err;
}

/* The user whose profile PATH lies in, or -1. */
static int owner_of(struct examine *e, const char *path)
{
	const struct windows_install *install = e->machine->chosen;

	for (size_t u = 0; u < install->user_count; u++)
		if (winpath_is_below(&e->upcase, path, install->users[u].profile))
			return (int)u;
	return -1;
}

/* Replaces OUT by TEXT with its %VARIABLES% in USER's eyes; HF_ENOENT when one is not known. */
static int expand(struct examine *e, int user, const char *text, struct str *out)
{
	str_truncate(out, 0);
	while (*text) {
		size_t len = strcspn(text, "%");
		const char *end = text[len] ? strchr(text + len + 1, '%') : NULL, *value;
		char *name;
		int err = str_add(out, text, len);

		if (err)
			return err;
		text += len;
		if (!*text)
			break;
		name = end ? strndup(text + 1, (size_t)(end - text) - 1) : NULL;
		if (!end || !name)
			return end ? HF_ENOMEM : HF_ENOENT;
		value = windows_variable(e->machine->chosen, user, name);
		free(name);
		if (!value)
			return HF_ENOENT;
		err = str_adds(out, value);
		if (err)
			return err;
		text = end + 1;
	}
	return 0;
}

/* The target of LINK, found at PATH: that with variables if they are known, as Windows prefers. */
static int target_of(struct examine *e, const char *path, struct shell_link *link, char **target)
{
	struct str expanded = {0};
	int err = HF_ENOENT;

	if (link->variables)
		err = expand(e, owner_of(e, path), link->variables, &expanded);
	if (!err && winpath_split(expanded.data ? expanded.data : "", NULL, NULL)) {
		*target = str_take(&expanded);
	} else if (!err || err == HF_ENOENT) {
		*target = link->path;
		link->path = NULL;
		err = *target ? 0 : HF_ENOENT;
	}
	str_free(&expanded);
	return err;
}

static int link_target(void *ctx, const char *path, char **target)
{
	struct shell_link link;
	struct fs_stat st;
	struct fs *fs;
	void *data;
	size_t len;
	int err = find_file(ctx, path, &fs, &st);

	if (err)
		return err;
	if (st.size > SHELL_LINK_MAX)
		return HF_ENOENT;
	err = fs_read_file(fs, st.ref, SHELL_LINK_MAX, &data, &len);
	if (err)
		return err;
	err = shell_link_parse(data, len, &link);
	free(data);
	if (!err) {
		err = target_of(ctx, path, &link, target);
		shell_link_free(&link);
	}
	return err == HF_ENOMEM ? log_oom() : err;
}

static struct fs *volume_of(void *ctx, char letter)
{
	return machine_files(ctx, letter);
}

int examine_init(struct examine *e, struct machine *machine, const struct user_decision *decisions)
{
	const struct windows_install *install = machine->chosen;

	memset(e, 0, sizeof(*e));
	e->machine = machine;
	e->users = calloc(install->user_count + 1, sizeof(*e->users));
	if (!e->users)
		return log_oom();
	e->registry = registry_new(machine->chosen, volume_of, machine);
	if (!e->registry) {
		examine_free(e);
		return HF_ENOMEM;
	}
	for (size_t u = 0; u < install->user_count; u++)
		if (decisions[u].captured)
			e->users[e->rules_machine.user_count++] = u;
	e->rules_machine.ctx = e;
	e->rules_machine.variable = variable;
	e->rules_machine.user_name = user_name;
	e->rules_machine.exists = exists;
	e->rules_machine.list = list;
	e->rules_machine.drives = drives;
	e->rules_machine.os = os;
	e->rules_machine.stat = stat_path;
	e->rules_machine.read_file = read_whole;
	e->rules_machine.file_version = file_version;
	e->rules_machine.link_target = link_target;
	e->rules_machine.reg_value = reg_value;
	e->rules_machine.reg_list = reg_list;
	struct fs *fs = machine->volumes[install->volume].fs;
	e->upcase = fs ? *fs_upcase(fs) : *upcase_basic();
	e->rules_machine.upcase = &e->upcase;
	return 0;
}

void examine_free(struct examine *e)
{
	registry_free(e->registry);
	free(e->service_pack);
	free(e->users);
	memset(e, 0, sizeof(*e));
}
