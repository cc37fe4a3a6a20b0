// SPDX-License-Identifier: GPL-2.0-or-later
/* How far a restore from a store has come. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/error.h"
#include "report/log.h"
#include "store/store.h"
#include "store/store_private.h"

#define STATE_FILE_MAX 64

static const char *const words[] = {
	[STORE_RESTORE_STARTED] = "started",
	[STORE_RESTORE_DONE] = "done",
	[STORE_RESTORE_SPENT] = "spent",
	[STORE_RESTORE_DELETING] = "deleting",
};

static int find_usmt(struct fs *fs, const char *path, fs_ref *usmt)
{
	struct str dir = {0};
	int err = str_addf(&dir, "%s\\%s", path, STORE_USMT) ? log_oom() : 0;

	if (!err)
		err = fs_resolve(fs, dir.data, usmt);
	str_free(&dir);
	return err;
}

int store_restore_state(struct fs *fs, const char *path, enum store_restore *state, uint64_t *since)
{
	char text[STATE_FILE_MAX + 1] = "", word[16];
	void *data = NULL;
	size_t len = 0;
	fs_ref usmt, file;
	int err = find_usmt(fs, path, &usmt);

	*state = STORE_NOT_RESTORED;
	*since = 0;
	if (!err)
		err = store_lookup(fs, usmt, STORE_RESTORE, &file);
	if (err)
		return err == HF_ENOENT ? 0 : err;
	err = fs_read_file(fs, file, STATE_FILE_MAX, &data, &len);
	if (err)
		return err;
	memcpy(text, data, len);
	free(data);
	if (sscanf(text, "%15s %" SCNx64, word, since) != 2)
		return 0;
	for (enum store_restore s = STORE_RESTORE_STARTED; s <= STORE_RESTORE_DELETING; s++)
		if (!strcmp(word, words[s]))
			*state = s;
	return 0;
}

int store_set_restore_state(struct fs *fs, const char *path, enum store_restore state,
			    uint64_t since)
{
	char text[STATE_FILE_MAX];
	fs_ref usmt, file;
	int err = find_usmt(fs, path, &usmt);

	if (err)
		return err;
	snprintf(text, sizeof(text), "%s %016" PRIx64 "\n", words[state], since);
	err = store_lookup(fs, usmt, STORE_RESTORE, &file);
	if (!err)
		err = store_unlink(fs, usmt, STORE_RESTORE, file);
	else if (err == HF_ENOENT)
		err = 0;
	if (!err)
		err = fs_write_file(fs, usmt, STORE_RESTORE, text, strlen(text), &file);
	if (!err)
		err = store_protect(fs, file);
	return err ? err : fs_sync(fs);
}
