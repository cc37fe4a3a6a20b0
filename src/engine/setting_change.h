/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of one registry value when it is restored: rules change its content (USMT
 * specification 4.13), decide against the one that is there (4.14), and paths in it follow the
 * profile (11.5). Pure work on bytes, which may be anything.
 */
#ifndef HOLDFAST_ENGINE_SETTING_CHANGE_H
#define HOLDFAST_ENGINE_SETTING_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapping;

struct setting {
	uint32_t type; /* REG_* */
	const uint8_t *data;
	size_t len; /* bytes */
};

/* A contentModify rule: helper and arguments, NULL for an argument that is NULL. */
struct setting_rule {
	const char *helper;
	const char *const *args;
	unsigned arg_count;
};

/* Does this version carry out the contentModify helper called NAME on registry values? */
bool setting_knows_content_helper(const char *name);

/*
 * What RULE makes of SOURCE; THERE (NULL: none) is the value in the new Windows. 1: into *OUT,
 * whose data is fresh memory; 0: the one there is to stay as it is; HF_ENOMEM. Doing it again with
 * the result as THERE gives the result.
 */
int setting_modify(const struct setting_rule *rule, const struct setting *source,
		   const struct setting *there, struct setting *out);

enum setting_merge {
	SETTING_SOURCE,	     /* replace the one there: also the default */
	SETTING_DESTINATION, /* keep it */
	SETTING_HIGHER,	     /* the higher number; the source's when one is no number */
	SETTING_LOWER,
};

/* Is SOURCE to replace THERE? */
bool setting_wins(enum setting_merge merge, const struct setting *source,
		  const struct setting *there);

bool setting_equal(const struct setting *a, const struct setting *b);

/* The profile that paths in values are looked for in. */
struct setting_paths {
	const struct mapping *mapping;
	const char *from, *to; /* the user's profile then and now */
	bool shell_folders;    /* "%USERPROFILE%\..." is such a path too */
};

/*
 * Replaces each text of SOURCE (REG_SZ, REG_EXPAND_SZ, REG_MULTI_SZ) that is the folder FROM, or
 * begins with it and '\', by where the mapping leads. 1: into *OUT, whose data is fresh memory; 0:
 * there is none; HF_ENOMEM.
 */
int setting_move_paths(const struct setting_paths *paths, const struct setting *source,
		       struct setting *out);

#endif
