/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encoded locations and patterns (USMT specification 4.6): parsing, matching, specificity (4.7).
 * Patterns are kept in upper-case UTF-16 units; the unit 0, which no name can hold, stands for '*'.
 */
#ifndef HOLDFAST_RULES_PATTERN_H
#define HOLDFAST_RULES_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "rules/rules.h"

struct upcase;

#define PATTERN_UNITS_MAX 32767

/* In the order of specification 4.7, step 4: larger is more specific. */
enum leaf_class { LEAF_NONE, LEAF_STAR, LEAF_WILD, LEAF_EXACT };

struct pattern {
	const uint16_t *node, *leaf; /* upper case; 0 is the wildcard; owned by the arena */
	const char *text;	     /* normal form for people, owned by the arena */
	uint32_t node_text_len;	     /* of text: what stands before " [leaf]" */
	uint16_t node_len, leaf_len;
	uint16_t bar; /* type Ini: where in the node the '|' stands; what is before is the file */
	uint16_t prefix; /* literal units before the first wildcard, without a trailing '\' */
	uint16_t more;	 /* literal units after it */
	uint16_t leaf_literals;
	uint8_t leaf_class; /* enum leaf_class */
	uint8_t type;	    /* enum rules_object_type */
	bool exact;	    /* the node has no wildcard */
};

/*
 * Parses TEXT ('^' escapes, variables expanded already) into OUT with memory of ARENA. Returns 0,
 * HF_ENOMEM, or HF_EINVAL with *WHY set to the reason. Registry roots are brought to their short
 * form (HKEY_CURRENT_USER is HKCU), HKCR to HKLM\Software\Classes.
 */
int pattern_parse_as(enum rules_object_type type, const char *text, const struct upcase *uc,
		     struct arena *arena, struct pattern *out, const char **why);

/* The same for a pattern of type File. */
int pattern_parse(const char *text, const struct upcase *uc, struct arena *arena,
		  struct pattern *out, const char **why);

/* The leaf of P as text, not terminated: *LEN bytes; NULL when it has none. */
const char *pattern_leaf_text(const struct pattern *p, size_t *len);

/* True when pattern units PAT match all of S. */
bool wild_match(const uint16_t *pat, unsigned pat_len, const uint16_t *s, unsigned len);

/*
 * True when the node matches the directory PATH (LEN upper-case units, no trailing '\'), a key, or
 * for a pattern of type Ini "file|section". PATH must
 * have room for one unit more, which is used and left undefined.
 */
bool pattern_node_matches(const struct pattern *p, uint16_t *path, unsigned len);

/* True when the file part of a pattern of type Ini matches the file PATH (upper case). */
bool pattern_ini_file_matches(const struct pattern *p, const uint16_t *path, unsigned len);

/* True when the leaf matches the file NAME (upper case). */
bool pattern_leaf_matches(const struct pattern *p, const uint16_t *name, unsigned len);

/* True when the pattern takes directory objects that its node matches (4.6, "Directory security").
 */
static inline bool pattern_takes_dirs(const struct pattern *p)
{
	return p->leaf_class <= LEAF_STAR;
}

/* Compare by specification 4.7: <0, 0, >0 as A is less, equally, more specific than B. */
int pattern_compare_nodes(const struct pattern *a, const struct pattern *b);
int pattern_compare_leaves(const struct pattern *a, const struct pattern *b);

/* Upper-cases N units. */
void units_upcase(const struct upcase *uc, uint16_t *units, unsigned n);

#endif
