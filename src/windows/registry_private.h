/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What registry.c (names), registry_key.c (keys) and registry_hives.c (files) share. Used by them
 * only.
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

/* A place where a key may be: PREFIX\PATH in a hive. */
struct place {
	enum hive_id id;
	int user; /* for OF_USER and OF_CLASSES; else -1 */
	const char *prefix;
	const char *path; /* points into the name that was asked for */
};

/* Where the key that was asked for may be: a later place counts when an earlier one has nothing. */
struct places {
	struct place items[2];
	size_t count;
};

/* What was found of a place. */
struct found {
	struct hive *hive;
	hive_key key;
};

/* Where KEY may be for USER, best first. 0, HF_EREFUSED or HF_ENOMEM. */
int registry_find_places(struct registry *r, int user, const char *key, struct places *p);

/* Finds PLACE in its hive. */
int registry_find_key(struct registry *r, const struct place *place, struct found *out);

/* The number of the user that HKU shows as SID (LEN bytes), or -1. */
int registry_user_of_sid(const struct windows_install *w, const char *sid, size_t len);

/* ROOT_MACHINE and ROOT_USERS when KEY is nothing but the name of that root. */
enum registry_root registry_bare_root(const char *key);

/* True once for each WHAT (a WARNED_ bit), hive and user (-1: nobody's). */
bool registry_first_warning(struct registry *r, enum hive_id id, int user, uint8_t what);

/*
 * Hive ID of USER (OF_USER, OF_CLASSES) or of the system (USER is -1 then), opened unless that was
 * tried before. It belongs to R and lives until another user's is asked for. HF_ENOENT in silence
 * when there is none; other errors after a warning.
 */
int registry_hive(struct registry *r, enum hive_id id, int user, struct hive **out);

#endif
