/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of rules/ share: the elements of MigXML, the files read, and the rules that came
 * out of them. Private to src/rules.
 *
 *   xml.c      file -> tree of elements
 *   migxml.c   checks the tree: elements known, done, not yet done (elements.c: the table)
 *   compile.c  walks components for each context: detection (conditions.c), variables
 * (variables.c), object sets and helpers (objectset.c, docfinder.c) -> flat list of rules index.c
 * rules -> entries per directory pattern, hashed by their literal part decide.c   directory ->
 * candidates -> decisions;  explain.c the same again, the slow plain way
 */
#ifndef HOLDFAST_RULES_MODEL_H
#define HOLDFAST_RULES_MODEL_H

#include "base/mem.h"
#include "rules/pattern.h"
#include "rules/rules.h"
#include "rules/xml.h"

/* Elements of USMT specification 4.2. */
enum element {
	EL_NONE, /* not classified: left out together with all below it */
	EL_MIGRATION,
	EL_NAMED_ELEMENTS,
	EL_COMPONENT,
	EL_DISPLAY_NAME,
	EL_ROLE,
	EL_ENVIRONMENT,
	EL_VARIABLE,
	EL_TEXT,
	EL_SCRIPT,
	EL_DETECTION,
	EL_DETECTS,
	EL_DETECT,
	EL_CONDITIONS,
	EL_CONDITION,
	EL_RULES,
	EL_INCLUDE,
	EL_EXCLUDE,
	EL_UNCONDITIONAL_EXCLUDE,
	EL_OBJECT_SET,
	EL_PATTERN,
	EL_EXTENSIONS,
	EL_EXTENSION,
	EL_INFORMATION, /* read and ignored: description, icon, ... */
	EL_AT_RESTORE,	/* LoadState's: merge, locationModify, ... */
	EL_NOT_YET,	/* known, and not carried out by this version */
	EL_CONTENT,	/* not yet either, and the place of object sets */
};

#define ELEMENT_BIT(kind) (1u << (kind))

struct element_info {
	const char *name;
	enum element kind;
	uint32_t parents; /* bits of enum element */
};

/* Finds the element NAME; *ALIKE is set to one that differs in case only, or NULL. */
const struct element_info *element_find(const char *name, const char **alike);

/* What a helper function is for, and whether this version carries it out. */
enum helper_use { HELPER_CONDITION = 1, HELPER_FILTER = 2, HELPER_SET = 4, HELPER_VALUE = 8 };

enum helper_id {
	HELPER_UNKNOWN,
	HELPER_NOT_YET,
	HELPER_DOES_OBJECT_EXIST,
	HELPER_IS_SYSTEM_CONTEXT,
	HELPER_ANSWER_NO,
	HELPER_PASS, /* filters that let everything pass at ScanState */
	HELPER_DRIVE_PATTERNS,
	HELPER_USER_PATTERNS,
	HELPER_DOC_PATTERNS,
};

#define CALL_ARGS_MAX 8

/* One call, "MigXmlHelper.Name("a", NULL)", parsed. */
struct call {
	enum helper_id id;
	char *name;		   /* with its prefix */
	char *args[CALL_ARGS_MAX]; /* NULL for the null argument and for those left out */
	unsigned count;
	char *memory;
};

/* Parses TEXT. 0, HF_ENOMEM, or HF_EINVAL when it is not a call. call_free() in any case. */
int call_parse(const char *text, unsigned use, struct call *call);
void call_free(struct call *call);
/* True when argument INDEX says TRUE or YES; FALLBACK when it is null. */
bool call_flag(const struct call *call, unsigned index, bool fallback);

/* "TRUE", "Yes" (any case) are true, "FALSE", "No" false, others FALLBACK. */
bool text_flag(const char *text, bool fallback);

/* Contexts of specification 4.2 as a set. */
enum context_set { CONTEXT_SYSTEM = 1, CONTEXT_USER = 2, CONTEXT_BOTH = 3 };
unsigned context_of(const struct xml_node *node);

/* Marks in xml_node.flags. */
enum {
	NODE_RESOLVED = 1, /* a pattern whose variables were all defined in some context */
	NODE_REPORTED = 2, /* a warning about its variables was given */
};

struct rule_file {
	const char *name;  /* as in messages; arena */
	const char *urlid; /* in doc */
	struct xml_doc doc;
};

struct rule {
	struct rules_rule shown;
	struct pattern pattern;
	uint32_t file_index;
	bool visible_only; /* document finder: no files that are both hidden and system */
};

/* A pattern dropped because a variable has no value in one context. */
struct dropped {
	const struct rule_file *file;
	struct xml_node *node;
	const char *variable; /* arena */
	int user;
};

struct component_state {
	const char *name;
	int user;
	bool detected;
};

struct rule_index;

struct rules {
	struct arena arena;
	struct rule_file **files;
	size_t file_count, file_cap;
	const char **reported; /* "element merge": said once */
	size_t reported_count, reported_cap;
	const struct rules_machine *machine;
	struct rule *rules;
	size_t rule_count, rule_cap;
	struct dropped *dropped;
	size_t dropped_count, dropped_cap;
	struct component_state *components;
	size_t component_count, component_cap;
	struct rule_index *index;
};

/*
 * True the first time KIND and NAME are reported; false later, and when out of memory. After a
 * thousand different ones it says so and reports no more.
 */
bool rules_report_once(struct rules *rules, const char *kind, const char *name);

/* migxml.c: classifies FILE's elements and reports what is unknown or not done. 0 or an error. */
int migxml_check(struct rules *rules, struct rule_file *file);

/* index.c */
int index_build(struct rules *rules);
void index_free(struct rule_index *index);

#endif
