/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings put back (USMT specification 0.1, 4.12 to 4.15, 7.3, 11.5): the registry values of a
 * catalog into the hives of the new Windows, the settings of ini files into theirs. Planning says
 * where each goes and reads the catalog only. Carrying out changes one hive after the other, each
 * as a whole: all in memory, then in the place of the old one (windows/hive_write.h), so that
 * a stop leaves every hive as it was or finished, and running again gives the same. What is there
 * already is not written again.
 */
#ifndef HOLDFAST_ENGINE_RESTORE_SETTINGS_H
#define HOLDFAST_ENGINE_RESTORE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "engine/setting_change.h"

struct catalog;
struct hive_write;
struct machine;
struct mapping;
struct object_errors;
struct restore_rules;
struct restore_users;
struct security_map;
struct str;
struct upcase;
struct windows_install;

/* What settings are planned and restored for; everything outlives the plan. */
struct restore_settings_input {
	struct catalog *catalog;
	const struct windows_install *source; /* the old Windows */
	const struct windows_install *target; /* the new one */
	const struct restore_users *users;
	const struct mapping *mapping;
	struct restore_rules *rules; /* NULL: none */
	const struct security_map *sids;
	const struct upcase *upcase;
	struct object_errors *errors;
	const bool *drives; /* A to Z: those that the new Windows has; NULL: all */
	uint64_t now;	    /* 100 ns since 1601-01-01 UTC: when changed keys were changed */
};

enum restore_hive_kind {
	RESTORE_SOFTWARE,
	RESTORE_SYSTEM,
	RESTORE_DEFAULT,
	RESTORE_NTUSER,
	RESTORE_CLASSES,
};

/* A hive of the new Windows. */
struct restore_hive {
	enum restore_hive_kind kind;
	int user;	  /* of the store, whose it is; -1 the machine's */
	const char *path; /* "C:\Users\ann\NTUSER.DAT"; NULL: that user has no profile yet */
	const char *name; /* "HKCU", "HKLM\Software": its root as rules call it */
	uint32_t root;	  /* key */
	uint64_t bytes;	  /* of names and data that go there */
	uint64_t values;
	bool failed; /* it could not be changed: told */
};

/* A key of the new Windows that something goes into, or that is above one. */
struct restore_setting_key {
	const char *name;
	uint32_t parent; /* its own for a hive's root */
	uint32_t hive;
	int64_t source; /* of the catalog: whose descriptor and class it gets when it is made */
	bool selected;	/* made also when it stays without values */
};

enum restore_setting_outcome {
	SETTING_PENDING,
	SETTING_WRITTEN,
	SETTING_THERE,	    /* was there with this content */
	SETTING_KEPT_OTHER, /* a rule prefers the one that is there */
	SETTING_BY_RULE,    /* a filter says not to restore it */
	SETTING_REPLACED,   /* another one goes to the same place */
	SETTING_LEFT_OUT,   /* of a user who is left out, or Windows' own */
	SETTING_FAILED,	    /* one of the run's object errors */
	SETTING_OUTCOMES,
};

struct restore_setting {
	const char *name;
	struct setting content;	    /* in the plan's memory; paths are moved already */
	struct setting_rule change; /* helper NULL: none */
	int64_t source;		    /* key of the catalog */
	uint32_t key;
	uint8_t merge, outcome;
	bool moved; /* not to the place of its name */
};

struct restore_ini {
	const char *file; /* where it goes */
	const char *section, *name, *value;
	uint8_t merge, outcome;
};

struct source_key; /* a key of the catalog */

struct restore_settings {
	struct restore_settings_input in;
	struct restore_hive *hives;
	size_t hive_count, hive_cap;
	struct restore_setting_key *keys; /* parents before children */
	size_t key_count, key_cap;
	struct restore_setting *values; /* by source key */
	size_t value_count, value_cap;
	struct restore_ini *inis; /* by file */
	size_t ini_count, ini_cap;
	struct source_key *sources; /* number N is the catalog's N + 1 */
	size_t source_count, source_cap;
	const uint8_t **securities; /* descriptors, number N is the catalog's N + 1 */
	size_t *security_lens;
	size_t security_count, security_cap, security_len_cap;
	uint64_t ini_rules;   /* ini settings with rules that are not carried out */
	uint64_t moved_paths; /* values with paths that follow the profile */
	uint64_t counts[SETTING_OUTCOMES], ini_counts[SETTING_OUTCOMES];
	size_t written_keys; /* that values were written into */
	uint64_t keys_made, cleaned_values, cleaned_keys;
	struct arena arena;
	uint32_t *slots; /* keys and values by place */
	size_t slot_count, slot_used;
};

/* 0, HF_ENOMEM, HF_ELIMIT or a reading error, told. Free it in any case. */
int restore_settings_plan(struct restore_settings *s, const struct restore_settings_input *in);
void restore_settings_free(struct restore_settings *s);

/* Replaces TEXT by where value or setting number INDEX was, or where it goes. 0 or HF_ENOMEM. */
int restore_settings_from(const struct restore_settings *s, size_t index, struct str *text);
int restore_settings_to(const struct restore_settings *s, size_t index, struct str *text);

/* How many settings are only in the store, because their users are left out. */
uint64_t restore_settings_only_stored(const struct restore_settings *s);

/* Is something to be done to HIVE: values, keys, or a rule that cleans up in it? */
bool restore_settings_concern(const struct restore_settings *s, const struct restore_hive *hive);

/* The room in bytes that carrying out may need on drive LETTER of MACHINE; 0: nothing goes there.
 */
int restore_settings_space(const struct restore_settings *s, struct machine *machine, char letter,
			   uint64_t *bytes);

enum restore_settings_mode {
	SETTINGS_LOOK,	  /* count what would be done; write nothing */
	SETTINGS_APPLY,	  /* clean up by rules, write */
	SETTINGS_MISSING, /* an earlier run was finished: write only what is not there */
};

/*
 * Carries the plan out on the volumes of MACHINE, which are open for writing unless MODE is to
 * look. Fills the outcomes and counts. Trouble with a value, or with a hive as a whole, which is
 * then left as it was, goes through the errors.
 */
int restore_settings_apply(struct restore_settings *s, struct machine *machine,
			   enum restore_settings_mode mode);

/*
 * The part of it for hive number INDEX in memory; *CHANGES counts what was changed in W. Ends
 * with an error only when W is not to be used any more.
 */
int restore_settings_apply_hive(struct restore_settings *s, uint32_t index, struct hive_write *w,
				enum restore_settings_mode mode, uint64_t *changes);

struct restore_settings_check {
	uint64_t same;
	uint64_t missing, different; /* each told, the first 20 */
	uint64_t changed_since;	     /* different, after an earlier run had compared all */
	uint64_t not_restored;
};

/*
 * Compares every value and setting with the hives and files, read afresh. 0 when all check out,
 * HF_ECORRUPT when not, or the error that stopped it. IS_DONE: an earlier run had compared all.
 */
int restore_settings_verify(struct restore_settings *s, struct machine *machine, bool is_done,
			    struct restore_settings_check *check);

#endif
