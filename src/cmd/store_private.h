/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The applet "store": what its parts share. */
#ifndef HOLDFAST_CMD_STORE_PRIVATE_H
#define HOLDFAST_CMD_STORE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "store/catalog.h"
#include "store/store.h"
#include "volume/fs.h"
#include "windows/machine.h"

#define STORE_NO_DIR UINT32_MAX

/* A directory of the catalog. */
struct store_dir {
	struct catalog_dir row;	       /* its name lives as long as the view */
	uint32_t parent;	       /* index, or STORE_NO_DIR */
	uint32_t first_child, next;    /* indices, or STORE_NO_DIR */
	uint64_t files, bytes;	       /* kept in it */
	uint64_t all_files, all_bytes; /* and in everything below */
};

/* A rule with what it kept. */
struct store_rule {
	struct catalog_rule row; /* strings live as long as the view */
	uint64_t files, bytes;
};

/* A complete store that was opened. */
struct store_view {
	struct machine *machine;
	struct machine_volume *volume; /* with the catalog */
	char *path;		       /* "\USMTMIG"; owned */
	struct catalog *catalog;
	struct store_dir *dirs; /* after store_view_load(): number I has id I + 1 */
	size_t dir_count, dir_cap;
	struct store_rule *rules; /* sorted by id */
	size_t rule_count, rule_cap;
	const char **volumes; /* paths ("C:"): number I is that of volume I + 1 */
	size_t volume_count, volume_cap;
	uint64_t files, bytes, listed; /* kept; only listed */
	struct arena arena;
};

/* Reads directories, rules and volumes of the catalog. 0 or an error with a message. */
int store_view_load(struct store_view *view);
void store_view_free(struct store_view *view);

/* The rule with ID, or NULL. */
const struct store_rule *store_view_rule(const struct store_view *view, int64_t id);

/* Where directory number INDEX was captured from, appended to PATH. 0 or HF_ENOMEM. */
int store_view_path(const struct store_view *view, uint32_t index, struct str *path);

/* TEXT as a terminal may see it, in a buffer that the next call but three reuses. */
const char *store_safe(const char *text);

/* "C:\USMTMIG", or the device and path of a volume without a letter. */
const char *store_place(const struct machine_volume *v, const char *path, char out[512]);

/* "no", "started" or "yes". */
const char *store_wipe_word(enum store_wipe wipe);
const char *store_restore_word(enum store_restore restore);

/* Each gives a USMT code. */
int store_list(struct machine *m, bool json);
int store_show(struct store_view *view, bool json);
int store_show_path(struct store_view *view, const char *path, bool json);
int store_tree(struct store_view *view, unsigned depth, bool json);

#endif
