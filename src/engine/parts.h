/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A store as it lies on one or several volumes: the master with the catalog, and a part of it at
 * the same path of every other NTFS volume that files were kept on.
 */
#ifndef HOLDFAST_ENGINE_PARTS_H
#define HOLDFAST_ENGINE_PARTS_H

#include <stddef.h>

#include "store/catalog.h"
#include "store/store.h"

struct machine;
struct machine_volume;

/* A captured volume. */
struct part {
	struct catalog_volume row;     /* its strings are owned */
	struct machine_volume *holder; /* of its files: itself, or the master for copies */
};

struct parts {
	char *path;	    /* of the store on each volume: "\USMTMIG"; owned */
	struct part *items; /* number I has row.id I + 1; the first is the master */
	size_t count, cap;
};

/* Starts empty parts of the store at PATH. 0 or HF_ENOMEM. */
int parts_init(struct parts *parts, const char *path);

/* Adds a volume; ROW's strings are copied and its id is set. 0 or HF_ENOMEM. */
int parts_add(struct parts *parts, const struct catalog_volume *row, struct machine_volume *holder);

/*
 * Finds the volumes of the complete store with CATALOG, which is on MASTER at PATH, by serial
 * number and store id. HF_ENOENT when one is missing, HF_EAMBIGUOUS when two disks hold the same
 * part (one is a copy of the other), HF_ECORRUPT; each with a message. Free with parts_free() in
 * any case.
 */
int parts_locate(struct parts *parts, struct machine *m, struct machine_volume *master,
		 const char *path, struct catalog *catalog);
void parts_free(struct parts *parts);

/*
 * What is at PATH of volume V: its state, and the id of the store that it is or belongs to ("" when
 * there is none or it cannot be read).
 */
int parts_examine(struct machine_volume *v, const char *path, enum store_state *state,
		  char id[CATALOG_ID_SIZE]);

/* The volume with the complete store ID at PATH, or *OUT is NULL. 0 or an error of reading. */
int parts_find_master(struct machine *m, const char *path, const char *id,
		      struct machine_volume **out);

/*
 * Deletes the store whose parts at PATH the COUNT volumes VOLUMES hold, all open for writing; the
 * master first becomes incomplete, so that no part is missing from a complete store. HF_EREFUSED as
 * store_check_delete(), and nothing is changed.
 */
int parts_delete(struct machine *m, const char *path, struct machine_volume *const *volumes,
		 size_t count);

/* Adds up store_survey_losses() of them. */
int parts_survey_losses(struct machine *m, const char *path, struct machine_volume *const *volumes,
			size_t count, struct store_losses *losses);

/* As parts_delete() without the check: files that only the store holds are lost. */
int parts_delete_whatever(const char *path, struct machine_volume *const *volumes, size_t count);

#endif
