/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names under which rules may speak of one registry key (USMT specification 4.6). A user's own
 * key is HKCU\X in the user's contexts and HKU\SID\X in all; the control set in use is
 * CurrentControlSet and ControlSet001; and so on. Gathering and explaining both decide over all
 * names of an object here, so that they agree.
 */
#ifndef HOLDFAST_ENGINE_SETTING_NAMES_H
#define HOLDFAST_ENGINE_SETTING_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"
#include "rules/rules.h"

struct examine;

/* Keys from FROM on, which is how the catalog calls them, are also called TO. */
struct setting_alias {
	int user; /* for rules_enter_key() */
	const char *from, *to;
	bool implied; /* rules_enter_key() asks about it together with FROM */
};

#define SETTING_ALIASES 4

struct setting_names {
	struct setting_alias items[SETTING_ALIASES]; /* the first: the catalog's own name */
	size_t count;
	struct arena text;
};

/*
 * The names of the keys below ROOT: "HKLM", "HKU" (of which only .DEFAULT is no user's) or "HKCU"
 * of the rules' user USER. Opens hives. 0 or HF_ENOMEM (logged); free in any case.
 */
int setting_names_init(struct setting_names *names, struct examine *e, const char *root, int user);
void setting_names_free(struct setting_names *names);

/* Replaces OUT by what ALIAS calls the key PATH. 0, HF_ENOENT when it is not below, HF_ENOMEM. */
int setting_name(const struct setting_alias *alias, const char *path, struct str *out);

/* True when what ALIAS is a name of lies below the key PATH. */
bool setting_leads_to(const struct setting_alias *alias, const char *path);

/* True when the key PATH is there under another name as well, which is the catalog's. */
bool setting_is_second(const struct setting_names *names, const char *path);

/* What a user is who may be any of those that are captured: in HKCU as it is typed. */
#define SETTING_ANY_USER (-2)

/*
 * Replaces OUT by the catalog's name of KEY, which may be any of its names, also with a long root,
 * HKCR, or HKU and the SID of a captured user. *USER is -1, a rules' user whose HKCU it is, or
 * SETTING_ANY_USER. 0 or HF_ENOMEM (logged).
 */
int setting_canonical(struct examine *e, const char *key, struct str *out, int *user);

/* Adds to the decision OUT on an object what was decided under one more of its names. */
void setting_also(const struct rules *rules, struct rules_decision *out,
		  const struct rules_decision *also);

#endif
