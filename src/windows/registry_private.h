/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What registry.c (names) and registry_hives.c (files) share. Used by them only.
 */
#ifndef HOLDFAST_WINDOWS_REGISTRY_PRIVATE_H
#define HOLDFAST_WINDOWS_REGISTRY_PRIVATE_H

#include <stdbool.h>

#include "windows/context.h"
#include "windows/hive.h"
#include "windows/registry.h"

enum hive_id { OF_SOFTWARE, OF_SYSTEM, OF_DEFAULT, OF_USER, OF_CLASSES, HIVES };

/* Bits in struct registry.warned. */
enum { WARNED_OPEN = 1, WARNED_INSIDE = 2 };

/* A hive that is open, or that opening was tried of. */
struct slot {
	struct hive *hive; /* owned; SOFTWARE and SYSTEM belong to the context */
	char *path;	   /* owned; for messages */
	int error;	   /* of opening, when tried */
	bool tried;
};

struct registry {
	struct windows_install *install;
	registry_volume volume;
	void *volume_ctx;
	struct windows_context context; /* SOFTWARE and SYSTEM */
	struct slot slots[HIVES];
	int user;	 /* whose OF_USER and OF_CLASSES are; -1 nobody's */
	uint8_t *warned; /* owned: for OF_USER and OF_CLASSES of each user, then the others */
	bool refused;	 /* SAM and SECURITY: said */
};

/* True once for each WHAT (a WARNED_ bit), hive and user (-1: nobody's). */
bool registry_first_warning(struct registry *r, enum hive_id id, int user, uint8_t what);

/*
 * Hive ID of USER (OF_USER, OF_CLASSES) or of the system (USER is -1 then), opened unless that was
 * tried before. It belongs to R and lives until another user's is asked for. HF_ENOENT in silence
 * when there is none; other errors after a warning.
 */
int registry_hive(struct registry *r, enum hive_id id, int user, struct hive **out);

#endif
