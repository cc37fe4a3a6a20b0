// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opens the volumes of the computer and finds the Windows installations on them.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/dir_fs.h"
#include "volume/fs_view.h"
#include "volume/ntfs.h"
#include "windows/machine_private.h"

/* A folder with more folders than this at its top is not searched to the end. */
#define FOLDERS_MAX 65536

static const char old_prefix[] = "Windows.old";

/* Folders to look into: their names as paths from the root. */
struct folder_list {
	struct fs *fs;
	const char *parent; /* "" or "\Windows.old" */
	char **paths;
	size_t count;
	size_t cap;
};

static int collect_folder(void *ctx, const struct fs_entry *e)
{
	struct folder_list *list = ctx;
	struct str path = {0};
	char name[NAME_WTF8_MAX];

	if (!(e->attributes & FS_ATTR_DIRECTORY) || (e->attributes & FS_ATTR_REPARSE) ||
	    e->is_metadata)
		return 0;
	if (list->count >= FOLDERS_MAX)
		return HF_ELIMIT;
	if (text_from_utf16(e->name, e->name_len, name, sizeof(name)) < 0)
		return 0;
	if (array_grow(&list->paths, list->count, &list->cap) ||
	    str_addf(&path, "%s\\%s", list->parent, name)) {
		str_free(&path);
		return HF_ENOMEM;
	}
	list->paths[list->count] = str_take(&path);
	if (!list->paths[list->count])
		return HF_ENOMEM;
	list->count++;
	return 0;
}

static void free_folders(struct folder_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
}

/* Lists the folders in PARENT of FS. */
static int list_folders(struct fs *fs, const char *parent, struct folder_list *out)
{
	fs_ref dir = fs_root(fs);
	int err = 0;

	memset(out, 0, sizeof(*out));
	out->fs = fs;
	out->parent = parent;
	if (*parent)
		err = fs_resolve(fs, parent, &dir);
	if (!err)
		err = fs_readdir(fs, dir, collect_folder, out);
	if (err == HF_ELIMIT) {
		log_warning("More than %d folders in '%s\\': the others are not searched for a "
			    "Windows.",
			    FOLDERS_MAX, parent);
		err = 0;
	}
	return err;
}

static bool has_software_hive(struct fs *fs, const char *directory)
{
	struct str path = {0};
	fs_ref ref;
	bool found = str_addf(&path, "%s\\System32\\config\\SOFTWARE", directory) == 0 &&
		     fs_resolve(fs, path.data, &ref) == 0;

	str_free(&path);
	return found;
}

static int add_damaged(struct machine_private *p, size_t volume, const char *directory)
{
	struct damaged_install *d;

	if (array_grow(&p->damaged, p->damaged_count, &p->damaged_cap))
		return HF_ENOMEM;
	d = &p->damaged[p->damaged_count];
	d->volume = volume;
	d->directory = strdup(directory);
	if (!d->directory)
		return HF_ENOMEM;
	p->damaged_count++;
	return 0;
}

/* Adds the Windows in DIRECTORY of volume number VOLUME, if there is one. */
static int try_directory(struct machine_private *p, size_t volume, const char *directory)
{
	struct fs *fs = p->m.volumes[volume].fs;
	struct windows_install *w;
	int err;

	if (!has_software_hive(fs, directory))
		return 0;
	if (array_grow(&p->m.installs, p->m.install_count, &p->install_cap))
		return HF_ENOMEM;
	w = &p->m.installs[p->m.install_count];
	err = windows_probe(fs, directory, w);
	if (!err) {
		w->volume = volume;
		p->m.install_count++;
		return 0;
	}
	if (err == HF_ENOENT || err == HF_ENOMEM)
		return err == HF_ENOENT ? 0 : err;
	return add_damaged(p, volume, directory);
}

/* Looks into every folder in PARENT; *OLD gets those that are called Windows.old when not NULL. */
static int search_folder(struct machine_private *p, size_t volume, const char *parent,
			 struct folder_list *out)
{
	int err = list_folders(p->m.volumes[volume].fs, parent, out);

	for (size_t i = 0; i < out->count && !err; i++)
		err = try_directory(p, volume, out->paths[i]);
	return err;
}

static bool is_old_folder(const char *path)
{
	return strncasecmp(path + 1, old_prefix, sizeof(old_prefix) - 1) == 0;
}

/* All folders at the top, and those in Windows.old, Windows.old.000, ... */
static int search_volume(struct machine_private *p, size_t volume)
{
	struct folder_list top, below;
	int err = search_folder(p, volume, "", &top);

	for (size_t i = 0; i < top.count && !err; i++) {
		if (!is_old_folder(top.paths[i]))
			continue;
		err = search_folder(p, volume, top.paths[i], &below);
		free_folders(&below);
	}
	free_folders(&top);
	return err;
}

/* A BitLocker volume that stays shut is told of: what is on it will not be seen. */
static int unlock_volume(struct volume *v, const char *keys)
{
	struct str need = {0};
	int err = keys && *keys ? volume_unlock(v, keys) : HF_EBITLOCKER;

	if (err != HF_EBITLOCKER || v->bitlocker->state != BITLOCKER_LOCKED)
		return err == HF_EBITLOCKER ? 0 : err;
	err = bitlocker_describe_need(v->bitlocker, &need);
	if (err)
		(void)log_oom();
	else
		log_warning("%s is locked by BitLocker (volume id %s). It opens with %s.",
			    v->device, v->bitlocker->id, need.data);
	str_free(&need);
	return err;
}

bool machine_is_ntfs(const struct machine_volume *v)
{
	return !strcmp(v->volume->fstype, "ntfs");
}

/* Can machine_open_others() read it? */
static bool is_other(const struct volume *v)
{
	return !strcmp(v->fstype, "dir") || dir_fs_can_mount(v->fstype);
}

/* Opens volume number I for looking; what cannot be opened stays closed, which is no error. */
static int open_volume(struct machine_private *p, size_t i, const char *keys)
{
	struct machine_volume *mv = &p->m.volumes[i];
	struct volume *v = mv->volume;
	int err;

	mv->letter = v->letter;
	if (v->bitlocker && v->bitlocker->state == BITLOCKER_LOCKED) {
		err = unlock_volume(v, keys);
		if (err)
			return err;
	}
	if (!machine_is_ntfs(mv)) {
		if (v->bitlocker && v->bitlocker->problem)
			log_warning("%s, a BitLocker volume, cannot be opened: %s.", v->device,
				    v->bitlocker->problem);
		else if (v->letter && !is_other(v) && strcmp(v->fstype, "BitLocker") != 0)
			log_warning("%s, given as drive %c:, holds %s and not NTFS; it is left "
				    "alone.",
				    v->device, v->letter, *v->fstype ? v->fstype : "nothing known");
		return 0;
	}
	err = volume_open(v, NTFS_LOOK, &mv->fs);
	if (err) {
		mv->fs = NULL;
		return err == HF_ENOMEM ? err : 0;
	}
	err = search_volume(p, i);
	if (err && err != HF_ENOMEM) {
		log_warning("%s could not be searched for a Windows to the end.", v->device);
		err = 0;
	}
	return err ? log_oom() : 0;
}

int machine_open(const struct machine_options *options, struct machine **out)
{
	struct machine_private *p = calloc(1, sizeof(*p));
	int err;

	*out = NULL;
	if (!p)
		return log_oom();
	p->ignore_dirty_flag = options->ignore_dirty_flag;
	err = disks_scan(options->volumes, options->volume_count, &p->m.disks);
	if (err) {
		free(p);
		return err;
	}
	p->m.volume_count = p->m.disks->volume_count;
	p->m.volumes = calloc(p->m.volume_count + 1, sizeof(*p->m.volumes));
	if (!p->m.volumes) {
		(void)log_oom();
		err = HF_ENOMEM;
	}
	for (size_t i = 0; i < p->m.volume_count && !err; i++)
		p->m.volumes[i].volume = &p->m.disks->volumes[i];
	for (size_t i = 0; i < p->m.volume_count && !err; i++)
		err = open_volume(p, i, options->bitlocker_keys);
	if (err) {
		(void)machine_close(&p->m); /* the first error is the one to tell */
		return err;
	}
	*out = &p->m;
	return 0;
}

int machine_open_other(struct machine_volume *mv)
{
	const struct volume *v = mv->volume;
	int err = 0;

	if (mv->fs || !is_other(v))
		return 0;
	if (!strcmp(v->fstype, "dir"))
		err = dir_fs_open(v->device, v->device, &mv->fs);
	else if (v->offset)
		log_warning("%s: the kernel has no device for partition %u.", v->device, v->number);
	else
		err = dir_fs_mount(v->device, v->fstype, v->device, &mv->fs);
	return err == HF_ENOMEM ? err : 0;
}

int machine_open_others(struct machine *m)
{
	int err = 0;

	for (size_t i = 0; i < m->volume_count && !err; i++)
		if (m->volumes[i].letter)
			err = machine_open_other(&m->volumes[i]);
	return err;
}

struct machine_volume *machine_volume(struct machine *m, char letter)
{
	for (size_t i = 0; i < m->volume_count; i++)
		if (m->volumes[i].letter && m->volumes[i].letter == letter)
			return &m->volumes[i];
	return NULL;
}

struct fs *machine_files(struct machine *m, char letter)
{
	struct machine_volume *mv = machine_volume(m, letter);

	if (!mv)
		return NULL;
	return mv->view ? mv->view : mv->fs;
}

int machine_open_view(struct machine *m, const struct windows_install *install)
{
	struct machine_volume *mv = &m->volumes[install->volume];

	for (size_t i = 0; i < m->volume_count; i++) {
		(void)fs_close(m->volumes[i].view); /* frees memory only */
		m->volumes[i].view = NULL;
	}
	return install->root && *install->root ? fs_view_open(mv->fs, install->root, &mv->view) : 0;
}

/* Closes and opens MV again; its view goes, as what it was made on does. */
static int reopen(struct machine_volume *mv, enum ntfs_mode mode)
{
	const struct volume *v = mv->volume;
	int err;

	(void)fs_close(mv->view); /* frees memory only */
	mv->view = NULL;
	err = fs_close(mv->fs);
	mv->fs = NULL;
	if (!err)
		err = volume_open(v, mode, &mv->fs);
	if (err)
		mv->fs = NULL;
	return err;
}

/* The same, with a new view if the chosen Windows needs one. */
static int reopen_chosen(struct machine *m, struct machine_volume *mv, enum ntfs_mode mode)
{
	int err = reopen(mv, mode);

	if (!err && m->chosen && mv == &m->volumes[m->chosen->volume])
		err = machine_open_view(m, m->chosen);
	return err;
}

int machine_volume_look(struct machine *m, struct machine_volume *mv)
{
	return reopen_chosen(m, mv, NTFS_LOOK);
}

int machine_volume_reopen(struct machine *m, struct machine_volume *mv)
{
	const struct machine_private *p = (const struct machine_private *)m;
	int err = reopen_chosen(m, mv, p->ignore_dirty_flag ? NTFS_WRITE_DIRTY : NTFS_WRITE);

	if (err)
		(void)reopen_chosen(m, mv, NTFS_LOOK); /* the first error is the one to tell */
	return err;
}

int machine_reopen_writable(struct machine *m, char letter)
{
	struct machine_volume *mv = machine_volume(m, letter);

	if (!mv || !mv->fs || !machine_is_ntfs(mv)) {
		log_error("There is no open NTFS volume with drive letter %c:.", letter);
		return HF_ENOENT;
	}
	return machine_volume_reopen(m, mv);
}

int machine_close(struct machine *m)
{
	struct machine_private *p = (struct machine_private *)m;
	int first = 0;

	if (!m)
		return 0;
	for (size_t i = 0; m->volumes && i < m->volume_count; i++) {
		int err;

		(void)fs_close(m->volumes[i].view); /* frees memory only */
		err = fs_close(m->volumes[i].fs);

		if (err && !first)
			first = err;
	}
	for (size_t i = 0; i < m->install_count; i++)
		windows_install_free(&m->installs[i]);
	for (size_t i = 0; i < p->damaged_count; i++)
		free(p->damaged[i].directory);
	free(p->damaged);
	free(m->installs);
	free(m->volumes);
	disks_free(m->disks);
	free(p);
	return first;
}
