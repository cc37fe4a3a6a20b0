// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The catalog's captured volumes, and the id that the store's parts on them name it by.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/winpath.h"
#include "report/error.h"
#include "report/log.h"
#include "store/catalog_private.h"

int catalog_set_id(struct catalog *c)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t random[(CATALOG_ID_SIZE - 1) / 2];
	char id[CATALOG_ID_SIZE] = {0};

	if (getentropy(random, sizeof(random))) {
		log_error("The kernel gives no random numbers: %s.", strerror(errno));
		return HF_EIO;
	}
	for (size_t i = 0; i < sizeof(random); i++) {
		id[2 * i] = digits[random[i] >> 4];
		id[2 * i + 1] = digits[random[i] & 15];
	}
	return catalog_set(c, "store-id", id);
}

int catalog_add_volume(struct catalog *c, const struct catalog_volume *volume)
{
	sqlite3_stmt *st = catalog_statement(c, ADD_VOLUME);

	if (!st)
		return HF_EREADONLY;
	sqlite3_bind_int64(st, 1, volume->id);
	catalog_bind_text(st, 2, volume->path);
	catalog_bind_text(st, 3, volume->root);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)volume->serial);
	catalog_bind_text(st, 5, volume->kind);
	catalog_bind_text(st, 6, volume->label);
	sqlite3_bind_int(st, 7, volume->role);
	return catalog_run(c, ADD_VOLUME);
}

struct volume_ctx {
	int (*visit)(void *, const struct catalog_volume *);
	void *ctx;
	int64_t last; /* id of the row before */
};

static int volume_row(struct catalog *c, sqlite3_stmt *st, void *ctx)
{
	struct volume_ctx *v = ctx;
	int64_t id, role;
	struct catalog_volume volume = {
		.path = catalog_text(st, 1),
		.root = catalog_name(st, 2),
		.kind = catalog_text(st, 4),
		.label = catalog_text(st, 5),
	};

	if (!catalog_int(st, 0, v->last + 1, v->last + 1, &id) || id > CATALOG_VOLUMES_MAX ||
	    !volume.path || !winpath_split(volume.path, NULL, NULL) || !volume.root ||
	    !volume.kind || !volume.label || sqlite3_column_type(st, 3) != SQLITE_INTEGER ||
	    !catalog_int(st, 6, id == 1 ? CATALOG_MASTER : CATALOG_PART,
			 id == 1 ? CATALOG_MASTER : CATALOG_COPIED, &role))
		return catalog_damaged(c, "a volume's row is not valid");
	v->last = id;
	volume.id = (unsigned)id;
	volume.serial = (uint64_t)sqlite3_column_int64(st, 3);
	volume.role = (enum catalog_role)role;
	return v->visit(v->ctx, &volume);
}

int catalog_volumes(struct catalog *c, int (*visit)(void *, const struct catalog_volume *),
		    void *ctx)
{
	struct volume_ctx v = {visit, ctx, 0};
	sqlite3_stmt *st;
	int err = catalog_prepare(
		c, "SELECT id,path,root,serial,kind,label,role FROM volume ORDER BY id", &st);

	return err ? err : catalog_each_row(c, st, volume_row, &v);
}
