// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opens the hives of the registry when they are asked for, and keeps them.
 */
#include "windows/registry_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/fs.h"

struct registry *registry_new(struct windows_install *install, registry_volume volume, void *ctx)
{
	struct registry *r = calloc(1, sizeof(*r));

	if (r)
		r->warned = calloc(install->user_count + 2, HIVES);
	if (!r || !r->warned) {
		free(r);
		(void)log_oom();
		return NULL;
	}
	r->install = install;
	r->volume = volume;
	r->volume_ctx = ctx;
	r->user = -1;
	return r;
}

static void close_slot(struct slot *s)
{
	hive_close(s->hive);
	free(s->path);
	memset(s, 0, sizeof(*s));
}

void registry_free(struct registry *r)
{
	if (!r)
		return;
	for (int id = OF_SOFTWARE; id <= OF_SYSTEM; id++)
		r->slots[id].hive = NULL;
	for (int id = 0; id < HIVES; id++)
		close_slot(&r->slots[id]);
	context_close(&r->context);
	free(r->warned);
	free(r);
}

bool registry_first_warning(struct registry *r, enum hive_id id, int user, uint8_t what)
{
	uint8_t *w = &r->warned[(size_t)(user + 1) * HIVES + id];
	bool first = !(*w & what);

	*w |= what;
	return first;
}

/* Opens the hive file PATH ("X:\...") into slot ID; its absence is silent. */
static int open_file(struct registry *r, enum hive_id id, int user, const char *path)
{
	struct slot *s = &r->slots[id];
	struct fs *fs = r->volume(r->volume_ctx, path[0]);
	const char *why = "";
	char shown[512];
	int err;

	if (!fs)
		return HF_ENOENT;
	err = hive_open(fs, path, &s->hive, &why);
	if (err == HF_ENOMEM)
		return log_oom();
	if (err && err != HF_ENOENT && registry_first_warning(r, id, user, WARNED_OPEN))
		log_warning("%s: this registry hive cannot be used: %s. To the rules its keys are "
			    "not there; check the disk, or restore the hive from a backup.",
			    text_printable(path, shown, sizeof(shown)), why);
	if (!err)
		err = context_note_hive(r->install, s->hive, path);
	return err;
}

/* Opens BASE + REST into slot ID. */
static int open_path(struct registry *r, enum hive_id id, int user, const char *base,
		     const char *rest)
{
	struct slot *s = &r->slots[id];
	struct str path = {0};

	if (str_adds(&path, base) || str_adds(&path, rest)) {
		str_free(&path);
		return log_oom();
	}
	free(s->path);
	s->path = str_take(&path);
	return open_file(r, id, user, s->path);
}

/* Opens a file NAME beside SOFTWARE. */
static int open_config(struct registry *r, enum hive_id id, const char *name)
{
	struct str base = {0};
	int err = str_addf(&base, "%c:%s", r->install->letter, windows_own_directory(r->install));

	err = err ? log_oom() : open_path(r, id, -1, base.data, name);
	str_free(&base);
	return err;
}

/* Opens SOFTWARE and SYSTEM, which know the control set. */
static int open_machine(struct registry *r)
{
	static const char *const names[] = {"SOFTWARE", "SYSTEM"};
	struct fs *fs = r->volume(r->volume_ctx, r->install->letter);
	int err = fs ? context_open(&r->context, fs, r->install) : HF_ENOENT;

	r->slots[OF_SOFTWARE].hive = err ? NULL : r->context.software;
	r->slots[OF_SYSTEM].hive = err ? NULL : r->context.system;
	for (int id = OF_SOFTWARE; id <= OF_SYSTEM; id++) {
		r->slots[id].tried = true;
		r->slots[id].error = err;
		r->slots[id].path = strdup(names[id]);
		if (!r->slots[id].path)
			err = log_oom();
	}
	return err;
}

/*
 * UsrClass.dat is in Local AppData: as from Vista on, or as up to XP. From Vista on the old place
 * leads there through a junction, which is not followed.
 */
static int open_classes(struct registry *r, int user)
{
	const char *profile = r->install->users[user].profile;
	int err = open_path(r, OF_CLASSES, user, profile,
			    "\\AppData\\Local\\Microsoft\\Windows\\UsrClass.dat");

	if (err == HF_ENOENT)
		err = open_path(r, OF_CLASSES, user, profile,
				"\\Local Settings\\Application Data\\Microsoft\\Windows\\"
				"UsrClass.dat");
	return err;
}

int registry_hive(struct registry *r, enum hive_id id, int user, struct hive **out)
{
	struct slot *s = &r->slots[id];

	if ((id == OF_USER || id == OF_CLASSES) && r->user != user) {
		close_slot(&r->slots[OF_USER]);
		close_slot(&r->slots[OF_CLASSES]);
		r->user = user;
	}
	if (!s->tried) {
		s->tried = true;
		if (id == OF_DEFAULT)
			s->error = open_config(r, id, "\\System32\\config\\DEFAULT");
		else if (id == OF_CLASSES)
			s->error = open_classes(r, user);
		else if (id != OF_USER)
			s->error = open_machine(r);
		else if (!r->install->users[user].has_hive) /* said when users were read */
			s->error = HF_ENOENT;
		else
			s->error = open_path(r, id, user, r->install->users[user].profile,
					     "\\NTUSER.DAT");
	}
	*out = s->hive;
	return s->error;
}
