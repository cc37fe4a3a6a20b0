/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evaluation of one component in one context: variables, conditions and object sets. Private to
 * src/rules.
 */
#ifndef HOLDFAST_RULES_EVAL_H
#define HOLDFAST_RULES_EVAL_H

#include "rules/model.h"

/* More steps than any real rule file needs; stops definitions that multiply by referring. */
#define EVAL_STEPS_MAX 2000000u

struct variable {
	const char *name;
	const char *value; /* pattern text: what is not a wildcard is escaped */
};

struct eval {
	struct rules *rules;
	struct rule_file *file;
	int user; /* -1 system */
	unsigned steps;
	struct arena arena; /* what lives as long as the component in this context */
	struct variable *variables;
	size_t variable_count, variable_cap;
	unsigned content_depth; /* of <content> in <content> */
	char missing[100];	/* name of the variable that eval_expand() did not find */
};

/* UNKNOWN: a helper that this version does not carry out would decide. */
enum tri { TRI_FALSE, TRI_TRUE, TRI_UNKNOWN };

enum tri tri_and(enum tri a, enum tri b);
enum tri tri_or(enum tri a, enum tri b);

/* The context being evaluated, as a bit of enum context_set. */
unsigned eval_context(const struct eval *e);

/* Counts a step; 0 or HF_ELIMIT (with a message) when there are too many. */
int eval_step(struct eval *e, const struct xml_node *node);

/*
 * Appends TEXT to OUT with variables replaced by their values for USER (normally e->user), names
 * escaped for pattern_parse(). 0, HF_ENOMEM, or HF_ENOENT with e->missing set.
 */
int eval_expand(struct eval *e, int user, const char *text, struct str *out);

/* Defines the variables of an <environment> (4.5). */
int eval_environment(struct eval *e, const struct xml_node *environment);

/*
 * The one string that the <script> of a <variable> or <location> gives, as pattern text; *OUT is
 * false when there is none.
 */
int eval_script_value(struct eval *e, const struct xml_node *script, struct str *value, bool *out);

/* Notes that a pattern was dropped because e->missing is undefined. */
int eval_note_dropped(struct eval *e, struct xml_node *node);

/* Value of <conditions>, <condition>, <detects> or <detect> with all in it (4.4). */
int eval_truth(struct eval *e, struct xml_node *node, enum tri *out);
/* AND of the conditions that are children of NODE; true when there are none. */
int eval_child_conditions(struct eval *e, const struct xml_node *node, enum tri *out);

/*
 * Whether an object matches the pattern TEXT (expanded). Bounded search. WHERE, unless NULL, gets
 * the location of the first one as pattern text.
 */
int eval_exists(struct eval *e, enum rules_object_type type, const char *text, enum tri *out,
		struct str *where);

/* Called with an object: LEAF is NULL for a key itself. Returns 0 to go on. */
typedef int (*object_visit)(void *ctx, const char *node, const char *leaf);

/*
 * walk.c: visits the objects of the registry or of an ini file that P matches. The visitor's value
 * when it is not 0, HF_EUNSUPPORTED when the machine cannot be asked, HF_ELIMIT after a million.
 */
int eval_each_object(struct eval *e, const struct pattern *p, object_visit visit, void *ctx);

/* Called with the path of an ini file; returns 0 to go on. */
typedef int (*ini_file_visit)(void *ctx, const char *path);

/*
 * ini_files.c: visits the files that exist and match the file part of P, a pattern of type Ini.
 * HF_ELIMIT when there is too much to search, the visitor's value when it is not 0, or another
 * error.
 */
int ini_each_file(const struct rules_machine *machine, const struct pattern *p,
		  ini_file_visit visit, void *ctx);

/* A location without wildcards, expanded. */
struct place_of {
	enum rules_object_type type;
	char *node, *leaf; /* leaf NULL: the directory or key itself */
};

/*
 * Reads location TEXT of type TYPE_NAME. 0, HF_ENOENT (an undefined variable, HKCU without a user,
 * no location: said at information level), HF_ENOMEM. Owned by e->arena.
 */
int eval_location(struct eval *e, const struct xml_node *node, const char *type_name,
		  const char *text, struct place_of *out);

/* conditions of 4.9 other than DoesObjectExist; *OUT is TRI_UNKNOWN when it cannot be told. */
int eval_helper_condition(struct eval *e, const struct xml_node *node, const struct call *call,
			  enum tri *out);

/* Appends the location NODE, LEAF to OUT as pattern text. */
int location_text(struct str *out, const char *node, const char *leaf);

/* True when pattern text TEXT begins with the root HKCU in one of its spellings. */
bool is_hkcu(const char *text);

/* Gets each pattern of a set as expanded text. Returns 0 to go on. */
typedef int (*pattern_visit)(void *ctx, struct xml_node *node, enum rules_object_type type,
			     const char *text, bool visible_only);

struct pattern_sink {
	pattern_visit visit;
	void *ctx;
};

/*
 * Calls SINK for each pattern of an <objectSet>. *CONDITION is the value of the set's conditions;
 * with FALSE there is no call.
 */
int eval_object_set(struct eval *e, struct xml_node *set, enum tri *condition,
		    const struct pattern_sink *sink);

/* GenerateDrivePatterns (4.16) for the drives of KIND. */
int eval_drive_patterns(struct eval *e, struct xml_node *node, const char *segment,
			enum rules_drive_kind kind, const struct pattern_sink *sink);

/* Drive letters of KIND in order; OUT has room for 26 and a NUL. */
int eval_drives(const struct rules_machine *machine, enum rules_drive_kind kind, char out[27]);

/* content.c: the objects that <content> makes of the inner sets' content (4.11). */
int eval_content(struct eval *e, struct xml_node *content, const struct pattern_sink *sink);

/* strings.c: GetStringContent (4.16); *OUT is false when it gives nothing. */
int eval_string_content(struct eval *e, const struct xml_node *node, const struct call *call,
			struct str *text, bool *out);

/* TEXT with variables replaced; those without a value stay. Plain text, not a pattern. */
int eval_expand_content(struct eval *e, const char *text, struct str *out);

/* docfinder.c: GenerateDocPatterns (8.2). */
int eval_doc_patterns(struct eval *e, struct xml_node *node, const struct call *call,
		      const struct pattern_sink *sink);

/* Appends TEXT with '^' before what pattern_parse() would not take literally. */
int escape_name(struct str *out, const char *text);

#endif
