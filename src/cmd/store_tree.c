// SPDX-License-Identifier: GPL-2.0-or-later
/* holdfast store tree: the folders that are kept, with what is in and below them. */
#include <inttypes.h>
#include <stdio.h>

#include "cmd/applet.h"
#include "cmd/json.h"
#include "cmd/store_private.h"
#include "report/error.h"
#include "report/log.h"

static void print_dir(const struct store_view *view, uint32_t index, unsigned level)
{
	const struct store_dir *dir = &view->dirs[index];

	printf("%*s%s  (%" PRIu64 " files, %.1f MB)\n", (int)level * 2, "",
	       store_safe(level ? dir->row.name : view->volumes[dir->row.volume - 1]),
	       dir->all_files, (double)dir->all_bytes / 1e6);
}

static int json_dir(const struct store_view *view, uint32_t index, unsigned level, bool first)
{
	const struct store_dir *dir = &view->dirs[index];
	struct str path = {0};
	int err = store_view_path(view, index, &path) ? log_oom() : 0;

	if (!err) {
		printf("%s\n  {", first ? "" : ",");
		json_field("path", path.data);
		printf("\"depth\": %u, \"selected\": %s, \"files\": %" PRIu64
		       ", \"bytes\": %" PRIu64 ", \"all_files\": %" PRIu64
		       ", \"all_bytes\": %" PRIu64 "}",
		       level, dir->row.how == CATALOG_DIR ? "true" : "false", dir->files,
		       dir->bytes, dir->all_files, dir->all_bytes);
	}
	str_free(&path);
	return err;
}

/* The next directory after INDEX that is not deeper than DEPTH; *LEVEL is its own. */
static uint32_t next_dir(const struct store_view *view, uint32_t index, unsigned depth,
			 unsigned *level)
{
	if (*level < depth && view->dirs[index].first_child != STORE_NO_DIR) {
		++*level;
		return view->dirs[index].first_child;
	}
	while (view->dirs[index].next == STORE_NO_DIR) {
		index = view->dirs[index].parent;
		if (index == STORE_NO_DIR)
			return STORE_NO_DIR;
		--*level;
	}
	return view->dirs[index].next;
}

int store_tree(struct store_view *view, unsigned depth, bool json)
{
	bool first = true;
	int err = 0;

	if (json)
		printf("{\"folders\": [");
	for (uint32_t root = 0; root < view->dir_count && !err; root++) {
		unsigned level = 0;

		if (view->dirs[root].parent != STORE_NO_DIR)
			continue;
		for (uint32_t i = root; i != STORE_NO_DIR && !err;
		     i = next_dir(view, i, depth, &level)) {
			if (json)
				err = json_dir(view, i, level, first);
			else
				print_dir(view, i, level);
			first = false;
		}
	}
	if (json)
		printf("\n]}\n");
	return applet_flush(err ? USMT_INIT_OPERATING_ENVIRONMENT_FAILED : USMT_SUCCESS);
}
