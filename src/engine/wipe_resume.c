// SPDX-License-Identifier: GPL-2.0-or-later
/* Is a wipe under way? Told by the stores of the volume, without deciding or writing anything. */
#include "engine/wipe.h"

#include "store/store.h"
#include "windows/machine.h"

struct search {
	struct fs *fs;
	bool windows; /* there is one: a wipe that is done was of an older one */
	bool *under_way;
};

static int note_state(void *ctx, const char *path, enum store_state state)
{
	const struct search *s = ctx;
	enum store_wipe wipe;
	int err;

	if (state == STORE_INCOMPLETE)
		return 0;
	err = store_wipe_state(s->fs, path, &wipe);
	if (!err && (wipe == STORE_WIPE_STARTED || (wipe == STORE_WIPE_DONE && !s->windows)))
		*s->under_way = true;
	return err;
}

int wipe_is_under_way(struct machine *m, const struct wipe_options *options, bool *under_way)
{
	struct machine_volume *v = machine_volume(m, options->letter);
	struct search s = {.windows = m->chosen != NULL, .under_way = under_way};

	*under_way = false;
	if (!v || !v->fs)
		return 0;
	s.fs = v->fs;
	if (options->store)
		return note_state(&s, options->store, STORE_COMPLETE);
	return store_find(v->fs, note_state, &s);
}
