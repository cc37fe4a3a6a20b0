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

struct fake {
	const struct fake_variable *variables; /* ends with name NULL */
	const struct fake_path *paths;
	const char *drives; /* fixed ones: "CD" */
	int users;
};

/* ann and bob on C: as Windows 10 keeps them, and a fixed drive D:. */
extern const struct fake fake_win10;
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

/* Checks with CUnit; WHAT is printed when it fails. */
void fake_check(const struct rules *rules, const char *path, bool expected, const char *what);

#endif
