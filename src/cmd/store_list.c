// SPDX-License-Identifier: GPL-2.0-or-later
/* holdfast store list: every store on every volume. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/applet.h"
#include "cmd/json.h"
#include "cmd/store_private.h"
#include "engine/parts.h"
#include "report/error.h"
#include "report/log.h"

struct listing {
	struct machine_volume *volume;
	bool json;
	unsigned count;
};

/* What is told about one store. */
struct line {
	const char *state;
	char id[CATALOG_ID_SIZE];
	struct catalog *catalog; /* NULL unless it is complete */
	uint64_t users, files, bytes;
	enum store_wipe wipe;
	enum store_restore restore;
};

static int count_user(void *ctx, const struct catalog_user *user)
{
	uint64_t *count = ctx;

	*count += user->captured;
	return 0;
}

static int count_file(void *ctx, const struct catalog_file *file)
{
	struct line *line = ctx;

	if (file->how == CATALOG_LISTED)
		return 0;
	line->files++;
	line->bytes += file->size;
	return 0;
}

/* A catalog that cannot be read was told by a message, and is a state. */
static int examine(struct fs *fs, const char *path, enum store_state state, struct line *line)
{
	uint64_t since;
	int err = 0;

	*line = (struct line){.state = "incomplete"};
	if (state == STORE_IS_PART) {
		line->state = "part";
		err = store_part_id(fs, path, line->id);
		return err == HF_ENOMEM ? err : 0;
	}
	if (state != STORE_COMPLETE)
		return 0;
	line->state = "damaged";
	err = store_open_catalog(fs, path, &line->catalog);
	if (!err)
		err = catalog_users(line->catalog, count_user, &line->users);
	if (!err)
		err = catalog_files(line->catalog, 0, count_file, line);
	if (!err)
		err = store_wipe_state(fs, path, &line->wipe);
	if (!err)
		err = store_restore_state(fs, path, &line->restore, &since);
	if (!err) {
		const char *id = catalog_get(line->catalog, "store-id");

		snprintf(line->id, sizeof(line->id), "%s", id ? id : "");
		line->state = "complete";
	}
	return err == HF_ENOMEM ? err : 0;
}

static const char *fact(const struct line *line, const char *key)
{
	const char *value = line->catalog ? catalog_get(line->catalog, key) : NULL;

	return value ? value : "";
}

static void print_line(const struct machine_volume *v, const char *path, const struct line *line)
{
	char place[512];

	printf("%s  %s", store_safe(store_place(v, path, place)), line->state);
	if (!strcmp(line->state, "part"))
		printf(" of store %s", store_safe(line->id));
	if (!strcmp(line->state, "complete"))
		printf(", %s, computer %s, %" PRIu64 " users, %" PRIu64
		       " files, %.1f MB, wiped: %s, restored: %s",
		       store_safe(fact(line, "started")), store_safe(fact(line, "computer")),
		       line->users, line->files, (double)line->bytes / 1e6,
		       store_wipe_word(line->wipe), store_restore_word(line->restore));
	putchar('\n');
}

static void print_json(const struct machine_volume *v, const char *path, const struct line *line,
		       bool first)
{
	char letter[3] = {v->letter, v->letter ? ':' : '\0', '\0'};

	printf("%s\n  {", first ? "" : ",");
	json_field("volume", letter);
	json_field("device", v->volume->device);
	json_field("path", path);
	json_field("state", line->state);
	json_field("id", line->id);
	json_field("computer", fact(line, "computer"));
	json_field("windows", fact(line, "windows"));
	json_field("started", fact(line, "started"));
	json_field("wiped", store_wipe_word(line->wipe));
	json_field("restored", store_restore_word(line->restore));
	printf("\"users\": %" PRIu64 ", \"files\": %" PRIu64 ", \"bytes\": %" PRIu64 "}",
	       line->users, line->files, line->bytes);
}

static int visit(void *ctx, const char *path, enum store_state state)
{
	struct listing *l = ctx;
	struct line line;
	int err = examine(l->volume->fs, path, state, &line);

	if (!err && l->json)
		print_json(l->volume, path, &line, !l->count);
	else if (!err)
		print_line(l->volume, path, &line);
	l->count++;
	catalog_free(line.catalog);
	return err;
}

int store_list(struct machine *m, bool json)
{
	struct listing l = {.json = json};
	int code = USMT_SUCCESS;

	if (json)
		printf("{\"stores\": [");
	for (size_t i = 0; i < m->volume_count; i++) {
		l.volume = &m->volumes[i];
		if (l.volume->fs && machine_is_ntfs(l.volume) &&
		    store_find(l.volume->fs, visit, &l))
			code = USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE;
	}
	if (json)
		printf("%s]}\n", l.count ? "\n" : "");
	else if (!l.count)
		puts("No store was found.");
	return applet_flush(code);
}
