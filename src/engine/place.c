// SPDX-License-Identifier: GPL-2.0-or-later
/* A store, in whatever state, and its parts. */
#include "engine/place.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/parts.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/machine.h"

static int add_volume(struct place *p, struct machine_volume *v)
{
	if (array_grow(&p->volumes, p->count, &p->cap))
		return log_oom();
	p->volumes[p->count++] = v;
	return 0;
}

static int refuse_part(const struct place *p, const struct machine_volume *v,
		       const struct machine_volume *master)
{
	log_error("%s on %s is a part of the store on %s and is nothing alone. Name that one: "
		  "its parts belong to it.",
		  p->path, v->volume->device, master->volume->device);
	return HF_EREFUSED;
}

/* What was named: a store, or a part that no store misses. */
static int take_named(struct place *p, struct machine_volume *v, enum store_state *state,
		      char id[CATALOG_ID_SIZE])
{
	struct machine_volume *master = NULL;
	int err = parts_examine(v, p->path, state, id);

	if (!err && *state == STORE_NONE) {
		log_error("There is no store %c:%s.", v->letter, p->path);
		return HF_ENOENT;
	}
	if (!err && *state == STORE_OTHER) {
		log_error("%c:%s is not a Holdfast store.", v->letter, p->path);
		return HF_EREFUSED;
	}
	if (!err && *state == STORE_IS_PART)
		err = parts_find_master(p->machine, p->path, id, &master);
	if (!err && master)
		err = refuse_part(p, v, master);
	return err ? err : add_volume(p, v);
}

/*
 * Does what V has at the same path belong to the store that was named, in STATE and with ID? To
 * what an interruption left belong others' left-overs, and parts that no store misses.
 */
static int take_sister(struct place *p, struct machine_volume *v, enum store_state state,
		       const char *id)
{
	struct machine_volume *master = NULL;
	char found[CATALOG_ID_SIZE];
	enum store_state other;
	int err = parts_examine(v, p->path, &other, found);

	if (err || other == STORE_NONE || other == STORE_OTHER)
		return err;
	if ((*id && !strcmp(found, id)) || (other == STORE_INCOMPLETE && state == STORE_INCOMPLETE))
		return add_volume(p, v);
	if (other == STORE_IS_PART && state == STORE_INCOMPLETE) {
		err = parts_find_master(p->machine, p->path, found, &master);
		if (!err && !master)
			return add_volume(p, v);
	}
	if (!err)
		log_info("%s on %s does not belong to this store.", p->path, v->volume->device);
	return err;
}

static int note_absent(void *ctx, const struct catalog_volume *row)
{
	struct place *p = ctx;

	if (row->role != CATALOG_PART)
		return 0;
	for (size_t i = 0; i < p->count; i++)
		if (p->volumes[i]->volume->serial == row->serial)
			return 0;
	log_warning("The part of the store on %s (serial number %016" PRIX64
		    ", label '%s') is not at hand: it is left as it is. Connect that disk, and "
		    "name the part by its own path there.",
		    row->path, row->serial, row->label);
	p->absent++;
	return 0;
}

/* Tells the parts that the catalog names and nobody has; a damaged catalog cannot tell. */
static int find_absent(struct place *p)
{
	struct catalog *catalog = NULL;
	int err = store_open_catalog(p->volumes[0]->fs, p->path, &catalog);

	if (!err)
		err = catalog_volumes(catalog, note_absent, p);
	catalog_free(catalog);
	if (err != HF_ECORRUPT && err != HF_EREFUSED)
		return err;
	log_warning("The catalog cannot say whether the store has parts on other volumes; look "
		    "for %s there.",
		    p->path);
	return 0;
}

int place_find(struct place *p, struct machine *m, char letter, const char *path)
{
	struct machine_volume *v = machine_volume(m, letter);
	char id[CATALOG_ID_SIZE] = "";
	enum store_state state = STORE_NONE;
	int err;

	*p = (struct place){.machine = m, .path = strdup(path)};
	if (!p->path)
		return log_oom();
	if (!v || !v->fs || !machine_is_ntfs(v)) {
		log_error("There is no NTFS volume %c: that can be read. \"holdfast volumes\" "
			  "lists what there is.",
			  letter);
		return HF_ENOENT;
	}
	err = take_named(p, v, &state, id);
	for (size_t i = 0; i < m->volume_count && !err; i++)
		if (&m->volumes[i] != v && m->volumes[i].fs && machine_is_ntfs(&m->volumes[i]))
			err = take_sister(p, &m->volumes[i], state, id);
	return !err && state == STORE_COMPLETE ? find_absent(p) : err;
}

void place_free(struct place *p)
{
	free(p->volumes);
	free(p->path);
	*p = (struct place){0};
}
