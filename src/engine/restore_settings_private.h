/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What restore_settings*.c share. */
#ifndef HOLDFAST_ENGINE_RESTORE_SETTINGS_PRIVATE_H
#define HOLDFAST_ENGINE_RESTORE_SETTINGS_PRIVATE_H

#include "engine/restore_settings.h"

struct fs;
struct hive;

/* The most names from a root down to a key: a hive's 512 levels and what stands above it. */
#define SETTING_NAMES_MAX 520

struct source_key {
	const char *name, *class_name;
	int64_t parent; /* catalog id; 0 for a root */
	int64_t rule, security;
	int user;	/* of the store, whose HKCU it is in; -1 */
	uint16_t depth; /* names from the root on, itself counted */
	bool selected;
	bool placed;	 /* PLACE and WHY are known */
	uint32_t place;	 /* key of the plan where it goes by itself, or RESTORE_NONE */
	const char *why; /* nothing goes there */
};

/* Names from a root ("HKCU", "HKLM", "HKU") down to a key. */
struct key_names {
	const char *items[SETTING_NAMES_MAX];
	size_t count;
};

/* The place of key ID of the catalog. HF_ELIMIT when it lies too deep. */
int source_key_names(const struct restore_settings *s, int64_t id, struct key_names *out);

/* "HKCU\Software\X" of NAMES into TEXT (replaced). 0 or HF_ENOMEM. */
int key_names_text(const struct key_names *names, struct str *text);

/*
 * Key of the plan that NAMES, seen by USER of the store, lead to; *KEY is RESTORE_NONE when nothing
 * goes there, with *WHY in words. REDIRECT: settings of a 32-bit Windows go where 32-bit programs
 * look. 0, HF_ENOMEM, HF_ELIMIT.
 */
int setting_place(struct restore_settings *s, const struct key_names *names, int user,
		  bool redirect, uint32_t *key, const char **why);

/*
 * Where a locationModify rule moves value LEAF of the key NAMES, or the key itself when LEAF is
 * NULL, of USER: *TO and *TO_LEAF, in S's memory. 1: moved; 0: it stays; or a negative error.
 */
int setting_location(struct restore_settings *s, const struct key_names *names, int user,
		     const char *node, const char *leaf, struct key_names *to,
		     const char **to_leaf);

/* Number of the value of the plan that goes to NAME of KEY, or of INDEX, which is added then. */
int setting_claim(struct restore_settings *s, uint32_t key, const char *name, uint32_t index,
		  uint32_t *holder);

/* The ini part. */
int restore_ini_plan(struct restore_settings *s);
int restore_ini_apply(struct restore_settings *s, struct machine *machine,
		      enum restore_settings_mode mode);
int restore_ini_verify(struct restore_settings *s, struct machine *machine, bool is_done,
		       struct restore_settings_check *check, unsigned *shown);
int restore_ini_space(const struct restore_settings *s, struct machine *machine, char letter,
		      uint64_t *bytes);

/*
 * Deletes in W, whose hive is H, what rules do not want to survive; counts it only when W is NULL.
 * *CHANGES counts.
 */
int restore_settings_clean(struct restore_settings *s, const struct restore_hive *hive,
			   const struct hive *h, struct hive_write *w, uint64_t *changes);

/* Does a rule clean up in HIVE? */
bool restore_settings_cleans(const struct restore_settings *s, const struct restore_hive *hive);

/* A hive while its values are looked at or written. */
struct hive_work {
	struct restore_settings *s;
	const struct restore_hive *hive;
	uint32_t index;	      /* of it */
	const struct hive *h; /* NULL: there is none yet */
	struct hive_write *w; /* NULL: only to look */
	size_t *open;	      /* keys of the plan as they are in H; 0 not found yet */
	uint8_t *data;	      /* of the value at hand in H; owned */
	struct setting there;
	bool is_there;
};

/* Begins with H, W and hive number INDEX. 0 or HF_ENOMEM; end it in any case. */
int hive_work_begin(struct hive_work *work, struct restore_settings *s, uint32_t index,
		    const struct hive *h, struct hive_write *w);
void hive_work_end(struct hive_work *work);

/* Key KEY of the plan in the hive; made when MAKE. HF_ENOENT; errors of hive_write_key(). */
int hive_work_key(struct hive_work *work, uint32_t key, bool make, size_t *out);

/*
 * What has to be done with VALUE: SETTING_WRITTEN with *OUT (fresh memory), SETTING_THERE or
 * SETTING_KEPT_OTHER; or a negative error. WORK->is_there says whether there is one of its name.
 */
int hive_work_decide(struct hive_work *work, const struct restore_setting *value,
		     struct setting *out);

/* Ends what an interrupted run left of HIVE, and opens it for changes. *WHY as hive_write_open().
 */
int restore_hive_open(struct restore_settings *s, const struct restore_hive *hive, struct fs *fs,
		      struct hive_write **out, const char **why);

/* The file system of the drive that PATH names in MACHINE, or NULL. */
struct fs *setting_fs(struct machine *machine, const char *path);

/* An object error about HIVE as a whole. */
int restore_hive_error(struct restore_settings *s, struct restore_hive *hive, int error,
		       const char *reason);

/* Number of USER of the store in messages. */
const char *setting_user_name(const struct restore_settings *s, int user, char *out, size_t size);

#endif
