/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of rules/ share: the elements of MigXML, the files read, and the rules that came
 * out of them. Private to src/rules.
 *
 *   xml.c             file -> tree of elements
 *   migxml.c          checks the tree: elements (elements.c), calls (helpers.c)
 *   compile.c         walks components for each context: conditions.c, helper_conditions.c,
 *                     variables.c, strings.c; objectset.c with docfinder.c and content.c;
 *                     rule_elements.c -> flat list of rules; apply.c: those for the restore
 *   find.c, walk.c    searches in files, registry and ini files (ini_files.c); values.c: their
 *                     contents
 *   index.c           rules -> entries per directory pattern, hashed by their literal part
 *   decide.c          directory -> candidates -> decisions; filter.c: filters per object
 *   explain.c         the same again, the slow plain way
 *   config.c, config_write.c, lint.c
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
	EL_CONTENT,
	EL_MERGE,
	EL_CONTENT_MODIFY,
	EL_LOCATION_MODIFY,
	EL_CLEANUP,
	EL_INCLUDE_ATTRIBUTES,
	EL_EXCLUDE_ATTRIBUTES,
	EL_ADD_OBJECTS,
	EL_OBJECT,
	EL_LOCATION,
	EL_ATTRIBUTES,
	EL_BYTES,
	EL_INFORMATION, /* read and ignored: description, icon, ... */
	EL_OFFLINE,	/* runs programs of the examined Windows: cannot be done from outside */
};

#define ELEMENT_BIT(kind) (1ull << (kind))

struct element_info {
	const char *name;
	enum element kind;
	uint64_t parents; /* bits of enum element */
};

/* Finds the element NAME; *ALIKE is set to one that differs in case only, or NULL. */
const struct element_info *element_find(const char *name, const char **alike);

/* What a helper function is for. */
enum helper_use {
	HELPER_CONDITION = 1,
	HELPER_FILTER = 2,
	HELPER_SET = 4,
	HELPER_VALUE = 8,
	HELPER_CONTENT = 16,
	HELPER_MERGE = 32,
	HELPER_MODIFY = 64,
	HELPER_MOVE = 128,
	HELPER_OBJECTS = 256, /* <addObjects> by script: none is documented */
};

enum helper_id {
	HELPER_UNKNOWN,
	HELPER_DOES_OBJECT_EXIST,
	HELPER_IS_SYSTEM_CONTEXT,
	HELPER_DOES_OS_MATCH,
	HELPER_IS_64_BIT,
	HELPER_IS_OS_LATER,
	HELPER_IS_OS_EARLIER,
	HELPER_VERSION_MATCH,
	HELPER_VERSION_ABOVE,
	HELPER_VERSION_BELOW,
	HELPER_STRING_EQUAL,
	HELPER_STRING_CONTAIN,
	HELPER_SAME_OBJECT,
	HELPER_SAME_CONTENT,
	HELPER_SAME_STRING,
	HELPER_ANSWER_NO,
	HELPER_PASS, /* filters that let everything pass at ScanState */
	HELPER_COMPARE_STRING,
	HELPER_SAME_REG_CONTENT, /* only the destination can tell */
	HELPER_FILE_PROPERTIES,
	HELPER_DRIVE_PATTERNS,
	HELPER_USER_PATTERNS,
	HELPER_DOC_PATTERNS,
	HELPER_GET_STRING,
	HELPER_EXTRACT_FILE,
	HELPER_EXTRACT_FILES,
	HELPER_EXTRACT_DIRECTORY,
	HELPER_EXTRACT_ANSI,
	HELPER_EXTRACT_UNICODE,
	HELPER_AT_RESTORE, /* checked and kept */
};

#define CALL_ARGS_MAX 64

/* One call, "MigXmlHelper.Name("a", NULL)", parsed. */
struct call {
	enum helper_id id;
	char *name;		   /* with its prefix */
	const char *known;	   /* as the manual spells it, without prefix; NULL when unknown */
	unsigned least, most;	   /* arguments it takes */
	char *args[CALL_ARGS_MAX]; /* NULL for the null argument and for those left out */
	unsigned count;
	char *memory;
};

/* Parses TEXT. 0, HF_ENOMEM, or HF_EINVAL when it is not a call. call_free() in any case. */
int call_parse(const char *text, unsigned use, struct call *call);
void call_free(struct call *call);
/* True when argument INDEX says TRUE or YES; FALLBACK when it is null. */
bool call_flag(const struct call *call, unsigned index, bool fallback);

/* Argument INDEX, NULL when null or left out. */
const char *call_arg(const struct call *call, unsigned index);

/* "TRUE", "Yes", "1" (any case) are true, "FALSE", "No", "0" false, others FALLBACK. */
bool text_flag(const char *text, bool fallback);

/* Contexts of specification 4.2 as a set. */
enum context_set { CONTEXT_SYSTEM = 1, CONTEXT_USER = 2, CONTEXT_BOTH = 3 };
unsigned context_of(const struct xml_node *node);

/* Marks in xml_node.flags. */
enum {
	NODE_RESOLVED = 1, /* a pattern whose variables were all defined in some context */
	NODE_REPORTED = 2, /* a warning about its variables was given */
	NODE_DETECTED = 4, /* a component that is present in some context */
};

struct rule_file {
	const char *name;  /* as in messages; arena */
	const char *urlid; /* in doc */
	struct xml_doc doc;
};

/* A filter that is asked for each object (4.8). */
struct filter {
	enum helper_id id;
	const char *text; /* of CompareStringContent */
	bool equal;
	uint8_t property, op; /* of FileProperties: see filter.c */
	uint64_t low, high;
};

struct rule {
	struct rules_rule shown;
	struct pattern pattern;
	const struct filter *filter; /* NULL: takes every object that matches */
	bool visible_only;	     /* document finder: no files that are both hidden and system */
};

/* A pattern dropped because a variable has no value in one context. */
struct dropped {
	const struct rule_file *file;
	struct xml_node *node;
	const char *variable; /* arena; NULL: HKCU without a user */
	int user;
};

struct component_state {
	const char *name;
	int user;
	bool detected;
};

/* A rule for the restore. */
struct apply_rule {
	struct rules_apply_rule shown;
	struct pattern pattern;
};

struct remap {
	const char *name, *value;
	int user;
};

/* A file left out because of its urlid. */
struct skipped_file {
	const char *name, *other;
	unsigned line;
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
	struct apply_rule *apply;
	size_t apply_count, apply_cap;
	struct rules_added_object *added;
	size_t added_count, added_cap;
	struct remap *remaps;
	size_t remap_count, remap_cap;
	struct skipped_file *skipped;
	size_t skipped_count, skipped_cap;
	const struct rules_config *config;
	bool for_restore;				  /* no detection, no selections */
	struct rule_index *index, *key_index, *ini_index; /* files, registry, ini settings */
};

/*
 * True the first time KIND and NAME are reported; false later, and when out of memory. After a
 * thousand different ones it says so and reports no more.
 */
bool rules_report_once(struct rules *rules, const char *kind, const char *name);

/* migxml.c: classifies FILE's elements and reports what is unknown or not done. 0 or an error. */
int migxml_check(struct rules *rules, struct rule_file *file);

/* filter.c: reads the call of a filter; 0, HF_EINVAL with *WHY, or HF_ENOMEM. */
int filter_make(struct arena *arena, const struct call *call, struct filter *out, const char **why);
/*
 * Whether RULE's filter keeps the object NAME (NULL: the directory or key itself) in PATH. USER:
 * whose registry. When it cannot be told, an include keeps it and an exclude does not.
 */
bool filter_keeps(const struct rules *rules, const struct rule *rule, int user, const char *path,
		  const char *name);

/* apply.c: the helper's name, arguments and pattern are checked by the caller. */
int apply_add(struct rules *rules, enum rules_object_type type, const char *pattern,
	      const struct rules_apply_rule *model);

/* The name of a component: its displayName, or "". */
const char *component_name(const struct xml_node *component);
/* The file's ID of a role of a component (5.1) appended to OUT. */
int component_id(const struct rule_file *file, const struct xml_node *component,
		 const struct xml_node *role, struct str *out);

/* Whether a type attribute names TYPE. */
bool type_of(const char *text, enum rules_object_type *type);

#define KEY_ALIASES 2
/*
 * decide.c: another name of key PATH below HKCU of USER, by which rules of other contexts may speak
 * of it: "HKU\SID\..." (WHICH 0), "HKU\SID_Classes\..." (1). HF_ENOENT when it has none.
 */
int key_alias(const struct rules *rules, int user, const char *path, unsigned which,
	      struct str *out);

/* index.c */
int index_build(struct rules *rules);
void index_free(struct rule_index *index);

#endif
