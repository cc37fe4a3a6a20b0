/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decision structures: rules with the same directory part in the same instance form one entry;
 * entries hang in a hash table by the literal directories at their beginning, so that a directory
 * only meets the entries of its own ancestors. Private to src/rules.
 */
#ifndef HOLDFAST_RULES_INDEX_H
#define HOLDFAST_RULES_INDEX_H

#include "rules/model.h"

/* A hash table from unit strings to numbers; open addressing. */
struct unit_slot {
	const uint16_t *key;
	uint32_t len, hash, value;
};

struct unit_table {
	struct unit_slot *slots;
	uint32_t mask, count; /* mask: slots - 1, or 0 with no slots */
};

/* The leaves of one entry. Numbers are rules; RULES_NONE where there is none. */
struct leaf_set {
	uint32_t star;		 /* best "*" */
	uint32_t none;		 /* best without leaf: directories only */
	struct unit_table exact; /* whole name -> rule */
	struct unit_table ext;	 /* what follows the last dot, for "*.ext" -> rule */
	uint32_t *wild;		 /* other wildcards, most specific first */
	uint32_t wild_count;
	uint32_t *filtered; /* rules with a filter to be asked, most specific first */
	uint32_t filtered_count;
};

/* How the directory part can match. */
enum entry_shape {
	SHAPE_EXACT,   /* no wildcard: one directory */
	SHAPE_SUBTREE, /* literal, then "\*": a directory and all below it */
	SHAPE_GLOB,
};

struct entry {
	const struct pattern *pattern; /* of one of its rules; only the node counts */
	struct leaf_set leaves;
	int user;
	uint32_t instance;
	uint32_t next;	 /* in the same bucket, or RULES_NONE */
	uint16_t anchor; /* units of the literal directories at the beginning */
	uint8_t shape;	 /* enum entry_shape */
	bool veto, includes, excludes_all;
};

/* Instances with an include somewhere below a directory. */
struct below {
	uint32_t entry; /* one of the instance */
	uint32_t next;
};

struct rule_index {
	struct entry *entries; /* by user, vetoes first, instance, node specificity descending */
	uint32_t entry_count;
	struct unit_table buckets; /* literal directories -> first entry */
	struct unit_table below;   /* directory -> first struct below */
	struct below *belows;
	size_t below_count, below_cap;
};

/* FNV-1a over units, to be continued from H. */
#define UNIT_HASH_START 2166136261u
static inline uint32_t unit_hash_add(uint32_t h, uint16_t unit)
{
	return (h ^ unit) * 16777619u;
}
uint32_t unit_hash(const uint16_t *units, uint32_t len);

/* The slot of the key, or NULL. */
struct unit_slot *unit_find(const struct unit_table *t, const uint16_t *key, uint32_t len,
			    uint32_t hash);

struct rules_candidate {
	uint32_t entry;
	bool matches; /* else it only reaches further down */
};

/* Orders rules by 4.7 for one instance: <0 when A wins over B. Vetoes are compared like others. */
int rule_compare(const struct rules *rules, uint32_t a, uint32_t b);

#endif
