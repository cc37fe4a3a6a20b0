/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A computer made of tables for the tests of rules/: users, variables, drives and a list of paths.
 */
#ifndef HOLDFAST_TESTS_RULES_FAKE_H
#define HOLDFAST_TESTS_RULES_FAKE_H

#include "rules/rules.h"

struct fake_variable {
	int user; /* -1: for all contexts */
	const char *name, *value;
};

/* Ends with path NULL. A path ending in '\' is a directory; those above are implied. */
struct fake_path {
	const char *path;
	uint32_t attributes;
};

/* Ends with key NULL. HKCU needs USER; others have -1. */
struct fake_value {
	int user;
	const char *key;
	const char *name; /* NULL: the key alone */
	uint32_t type;	  /* REG_* */
	const char *data; /* strings as text ('|' between several), other types in hexadecimal */
};

/* Ends with path NULL: what is known of some of the paths. */
struct fake_file {
	const char *path;
	uint64_t id, size;
	const char *modified; /* "2023-05-15"; the other times are the same */
	const char *content;  /* or NULL: cannot be read */
	const char *version;  /* FileVersion, or NULL; ProductName is "Fake" where it is not */
};

struct fake {
	const struct fake_variable *variables; /* ends with name NULL */
	const struct fake_path *paths;
	const char *drives; /* fixed ones: "CD" */
	int users;
	/* NULL: the machine has no functions to ask for them. */
	const struct fake_value *registry;
	const struct fake_file *files;
	const struct rules_os *os;
};

/* ann and bob on C: as Windows 10 keeps them, and a fixed drive D:. */
extern const struct fake fake_win10;
/* The same with a registry, contents of files, and Windows' version 10.0.19045, 64-bit. */
extern const struct fake fake_win10_full;
/* The same two on Windows XP; C: only. */
extern const struct fake fake_xp;

/* The machine interface on FAKE, which must outlive it. */
struct rules_machine fake_machine(const struct fake *fake);

/* Rules from XML texts (NULL after the last) for M. NULL and *ERROR when they do not load. */
struct rules *fake_rules(const struct rules_machine *m, const char *const *texts, int *error);

/* Rules from one component with these attributes and CONTENT of its role; never NULL. */
struct rules *fake_component(const struct rules_machine *m, const char *attributes,
			     const char *content);

/* Loads TEXT (LEN bytes) as a file; returns rules_load()'s value. */
int fake_load(struct rules *rules, const void *text, size_t len, const char *name);

/*
 * Decides PATH ("C:\a\b.txt"; a directory when it ends in '\') and checks with CUnit that
 * rules_explain() comes to the same.
 */
struct rules_decision fake_decide(const struct rules *rules, const char *path, uint32_t attributes);
bool fake_selected(const struct rules *rules, const char *path);

/* The same for the key PATH or its value NAME ("" the default; NULL the key), for USER. */
struct rules_decision fake_decide_key(const struct rules *rules, int user, const char *path,
				      const char *name);

/* The same for the setting KEY in SECTION of ini file PATH. */
struct rules_decision fake_decide_setting(const struct rules *rules, const char *path,
					  const char *section, const char *key);

/* Checks with CUnit; WHAT is printed when it fails. */
void fake_check(const struct rules *rules, const char *path, bool expected, const char *what);

#endif
