/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MigXML (USMT specification 4): reads rule files, evaluates them for one computer and decides for
 * each object whether it migrates and which rule says so. Pure: sees the computer only through
 * struct rules_machine, never writes, so that it can be tested on tables.
 *
 * Life: rules_new() -> rules_load() for each file -> rules_compile() -> rules_enter() for each
 * directory, rules_decide_dir()/rules_decide_file() for what is in it -> rules_free().
 */
#ifndef HOLDFAST_RULES_RULES_H
#define HOLDFAST_RULES_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct rules;
struct rules_config;
struct upcase;

/* Kinds of objects that patterns speak of (specification 4.6). */
enum rules_object_type { RULES_FILE, RULES_REGISTRY, RULES_INI };

enum rules_drive_kind {
	RULES_DRIVE_FIXED,
	RULES_DRIVE_REMOVABLE,
	RULES_DRIVE_REMOTE,
	RULES_DRIVE_CDROM
};

/* Is called for each object; returns 0 to go on. ATTRIBUTES are Win32's. */
typedef int (*rules_list_visit)(void *ctx, const char *name, bool is_dir, uint32_t attributes);
typedef int (*rules_drive_visit)(void *ctx, char letter, enum rules_drive_kind kind);

/* Called with the name of a subkey or value; returns 0 to go on. */
typedef int (*rules_reg_visit)(void *ctx, const char *name);

struct rules_os {
	unsigned major, minor, build; /* 10.0.19045, 5.1.2600 */
	const char *service_pack;     /* "Service Pack 3", or ""; lives as long as the machine */
	unsigned bits;		      /* 32 or 64 */
};

struct rules_file_info {
	uint64_t id; /* equal for the same physical object */
	uint64_t size;
	uint64_t created, modified, accessed; /* 100 ns since 1601-01-01 UTC */
	uint32_t attributes;		      /* Win32 */
	bool is_dir;
};

/*
 * What rules may ask about the examined computer. Users are numbered 0..user_count-1 and are those
 * that are being migrated; -1 is the system context. Functions return 0 or a negative error unless
 * said otherwise.
 */
struct rules_machine {
	void *ctx;
	int user_count;
	/* Value of a variable or NULL when undefined; lives as long as the machine. */
	const char *(*variable)(void *ctx, int user, const char *name);
	/* How the user is called in messages: "PC1\ann" or a SID. */
	const char *(*user_name)(void *ctx, int user);
	/* 1 when PATH ("C:\a\b", no wildcard) exists, 0 when not; *IS_DIR may be NULL. */
	int (*exists)(void *ctx, const char *path, bool *is_dir);
	/* Names in directory PATH; HF_ENOENT (silently) when it is not there. */
	int (*list)(void *ctx, const char *path, rules_list_visit visit, void *visit_ctx);
	int (*drives)(void *ctx, rules_drive_visit visit, void *visit_ctx);
	/* Version and architecture of the examined Windows. */
	int (*os)(void *ctx, struct rules_os *out);
	/* What is known of PATH; HF_ENOENT silently. */
	int (*stat)(void *ctx, const char *path, struct rules_file_info *out);
	/* The whole unnamed data, at most MAX bytes (HF_ELIMIT above), into fresh memory. */
	int (*read_file)(void *ctx, const char *path, size_t max, void **data, size_t *len);
	/*
	 * The version-resource string TAG ("FileVersion", "ProductName", ...) of PATH into fresh
	 * memory; HF_ENOENT silently when there is no such file, resource or tag.
	 */
	int (*file_version)(void *ctx, const char *path, const char *tag, char **value);
	/*
	 * The path a shell link (.lnk) points to, into fresh memory; HF_ENOENT silently when PATH
	 * is no shell link or has no target in a file system.
	 */
	int (*link_target)(void *ctx, const char *path, char **target);
	/*
	 * The registry as USER sees it (-1: no HKCU). KEY is "HKLM\Software\X" or "HKCU\X"; NAME ""
	 * is the default value. Data as in the hive (strings are UTF-16LE), into fresh memory;
	 * *TYPE is REG_*. HF_ENOENT silently.
	 */
	int (*reg_value)(void *ctx, int user, const char *key, const char *name, uint32_t *type,
			 void **data, size_t *len);
	/* Subkeys and values of KEY; either visitor may be NULL. HF_ENOENT silently. */
	int (*reg_list)(void *ctx, int user, const char *key, rules_reg_visit subkey,
			rules_reg_visit value, void *visit_ctx);
	/* Upper-case table for comparisons. */
	const struct upcase *upcase;
};

enum rules_kind { RULES_INCLUDE, RULES_EXCLUDE, RULES_UNCONDITIONAL_EXCLUDE };

/* One pattern in effect: where it was written and for whom. Strings belong to struct rules. */
struct rules_rule {
	enum rules_kind kind;
	enum rules_object_type type;
	const char *pattern; /* expanded: "C:\Users\ann\Documents\* [*]" */
	const char *file;    /* rule file as named on the command line */
	unsigned line;
	const char *component; /* displayName, or "" */
	uint32_t instance;     /* component in one context: precedence is within one instance */
	int user;	       /* -1 system context */
};

#define RULES_NONE UINT32_MAX

struct rules_decision {
	bool selected;
	uint32_t rule; /* the winner, for rules_rule(); RULES_NONE when no pattern matches */
};

/* Returns NULL when out of memory. */
struct rules *rules_new(void);
void rules_free(struct rules *rules);

/*
 * Reads the rule file at host path PATH, called NAME in messages. Limits: 64 MiB, 256 levels deep;
 * no network, no DTD, no external entities. HF_ENOENT: not there; HF_EINVAL: not well-formed or
 * another root element (a Config.xml is recognised and the option named); HF_ELIMIT. A file whose
 * urlid was loaded before is skipped with a warning (specification 4.1). Unknown elements and
 * helpers are warned of once each by name with file and line.
 */
int rules_load(struct rules *rules, const char *path, const char *name);

/* The same for LEN bytes of DATA, as a store keeps them. */
int rules_load_memory(struct rules *rules, const void *data, size_t len, const char *name);

/*
 * For a restore: every component counts as detected (0.1, 4.4), and what is included or excluded is
 * not evaluated, because the store has been filled. Before rules_compile().
 */
void rules_for_restore(struct rules *rules);

/*
 * Takes the components that CFG (or NULL) switches off as absent. Before rules_compile(); CFG must
 * outlive RULES.
 */
void rules_use_config(struct rules *rules, const struct rules_config *cfg);

/*
 * Evaluates contexts, variables, detection and object sets for MACHINE, which must outlive RULES,
 * and makes the decision structures. Call once.
 */
int rules_compile(struct rules *rules, const struct rules_machine *machine);

/* Components in effect, for logs: visits displayName, user (-1 system) and whether detected. */
typedef int (*rules_component_visit)(void *ctx, const char *name, int user, bool detected);
int rules_components(const struct rules *rules, rules_component_visit visit, void *ctx);

/* Number of rules in effect, and rule number INDEX (< count). */
uint32_t rules_count(const struct rules *rules);
const struct rules_rule *rules_rule(const struct rules *rules, uint32_t index);

/* The patterns that can matter in one directory or key. Zero-initialise; reuse; free at the end. */
struct rules_dir {
	const struct rules *rules;
	const struct rule_index *index; /* private, as all but may_descend */
	struct rules_candidate *candidates;
	size_t count, cap;
	char *path; /* for filters; only when one could be asked */
	int user;   /* of a key */
	bool is_key, filtered;
	bool may_descend; /* false: no rule can select anything below this directory's files */
};

/*
 * Prepares DIR for the directory PATH (normalised, "C:\Users\ann", "C:" for the root). Work that
 * depends on the path alone is done here, once per directory. 0, HF_ENOMEM, or HF_EINVAL when PATH
 * is not WTF-8.
 */
int rules_enter(const struct rules *rules, const char *path, struct rules_dir *dir);
void rules_dir_free(struct rules_dir *dir);

/* Decides the directory object itself. */
void rules_decide_dir(const struct rules_dir *dir, uint32_t attributes, struct rules_decision *out);

/* Decides the file NAME (UTF-16, host order) directly in the directory. */
void rules_decide_file(const struct rules_dir *dir, const uint16_t *name, unsigned name_len,
		       uint32_t attributes, struct rules_decision *out);

/*
 * The same for the registry: the key PATH ("HKCU\Software\X", "HKLM\System\CurrentControlSet",
 * "HKU\S-1-5-..."; never the long names) as USER sees it. HKCU needs a user: what is written
 * for that one decides about it, and what any context says of HKU\SID, as GenerateUserPatterns
 * does; HKLM and HKU are decided by all contexts together, whatever USER.
 */
int rules_enter_key(const struct rules *rules, int user, const char *path, struct rules_dir *dir);
/* Decides the key itself. */
void rules_decide_key(const struct rules_dir *dir, struct rules_decision *out);
/* Decides the value NAME (UTF-16, host order; none: the default value) of the key. */
void rules_decide_value(const struct rules_dir *dir, const uint16_t *name, unsigned name_len,
			struct rules_decision *out);

/*
 * Settings of ini files (patterns of type Ini, "file.ini|Section[Setting]", 4.6). To gather them:
 * rules_ini_files(), read each (at most RULES_INI_BYTES_MAX) through ini_read() of base/ini.h, and
 * for each section rules_enter_section(), for each setting in it rules_decide_setting(). A setting
 * is no part of the file's own decision: the file may migrate or not.
 */
#define RULES_INI_BYTES_MAX (4u << 20)

/*
 * Visits each ini file that exists and that an include of some context speaks of, once, in the
 * order of their paths ("C:\Users\ann\x.ini", spelled as on the volume where the pattern has
 * wildcards). '*' crosses directories as everywhere; links are not followed. Returns 0, the
 * visitor's value when it is not 0, or a negative error: what could not be searched was not
 * captured.
 */
typedef int (*rules_ini_file_visit)(void *ctx, const char *path);
int rules_ini_files(const struct rules *rules, rules_ini_file_visit visit, void *ctx);

/*
 * Prepares DIR for SECTION ("" for what stands before the first) of the ini file PATH. All contexts
 * together decide, as for files. 0, HF_ENOMEM, HF_EINVAL (not WTF-8), or HF_ELIMIT: longer than
 * 32,767 units, so that nothing can be said.
 */
int rules_enter_section(const struct rules *rules, const char *path, const char *section,
			struct rules_dir *dir);
/* Decides the setting KEY of the section. 0, HF_EINVAL or HF_ELIMIT as above. */
int rules_decide_setting(const struct rules_dir *dir, const char *key, struct rules_decision *out);

/* One pattern that matches the explained object. */
struct rules_match {
	uint32_t rule;
	bool wins_instance;   /* decided for its component instance */
	bool wins;	      /* decided for the object */
	char specificity[96]; /* in words: "directory part 23 literal, leaf exact" */
};
typedef int (*rules_match_visit)(void *ctx, const struct rules_match *match);

/* Calls VISIT for every pattern matching PATH, winners marked; sets *OUT to the decision. */
int rules_explain(const struct rules *rules, const char *path, bool is_dir, uint32_t attributes,
		  rules_match_visit visit, void *ctx, struct rules_decision *out);

/* The same for the key PATH (NAME NULL) or its value NAME ("" the default), for USER. */
int rules_explain_key(const struct rules *rules, int user, const char *path, const char *name,
		      rules_match_visit visit, void *ctx, struct rules_decision *out);

/* The same for the setting KEY in SECTION of the ini file PATH. */
int rules_explain_setting(const struct rules *rules, const char *path, const char *section,
			  const char *key, rules_match_visit visit, void *ctx,
			  struct rules_decision *out);

/* What a rule does when files are restored (4.8, 4.10 to 4.15). */
enum rules_apply_kind {
	RULES_MERGE,
	RULES_CONTENT_MODIFY,
	RULES_LOCATION_MODIFY,
	RULES_CLEANUP,
	RULES_INCLUDE_ATTRIBUTES,
	RULES_EXCLUDE_ATTRIBUTES,
	RULES_FILTER /* of an include or exclude: IgnoreIrrelevantLinks, NeverRestore,
			SameRegContent */
};

enum { RULES_SECURITY = 1, RULES_TIME_FIELDS = 2 };

/* A pattern of an apply-time rule. Strings belong to struct rules. */
struct rules_apply_rule {
	enum rules_apply_kind kind;
	enum rules_object_type type;
	const char *helper;	 /* without prefix, as the manual spells it; "" when none */
	const char *const *args; /* as written, for the values of the destination; NULL: null */
	const char *const
		*source_args; /* the same with the values of the source; NULL: undefined */
	unsigned arg_count;
	unsigned attributes; /* of the attribute rules: RULES_SECURITY, RULES_TIME_FIELDS */
	const char *pattern; /* expanded */
	const char *file;
	unsigned line;
	const char *urlid, *component;
	uint32_t instance;
	int user;
};

uint32_t rules_apply_rule_count(const struct rules *rules);
const struct rules_apply_rule *rules_apply_rule(const struct rules *rules, uint32_t index);

/* An object as apply-time rules are asked about it. */
struct rules_object {
	enum rules_object_type type;
	int user;	  /* for HKCU: whose; else -1 */
	const char *node; /* "C:\a", "HKCU\Software\X" */
	const char *leaf; /* file, value ("" the default) or NULL for the directory or key itself */
};

/*
 * The number of the most specific apply-time rule of KIND for OBJECT (4.7; ties: the first in
 * document order), or RULES_NONE. Filters are not asked. A negative error.
 */
int rules_best_apply_rule(const struct rules *rules, enum rules_apply_kind kind,
			  const struct rules_object *object, uint32_t *out);

/* Which of RULES_SECURITY and RULES_TIME_FIELDS travel with OBJECT (4.10). */
int rules_attributes(const struct rules *rules, const struct rules_object *object, unsigned *out);

/* An object that <addObjects> pretends to be on the source. */
struct rules_added_object {
	enum rules_object_type type;
	const char *location;	/* expanded: "HKCU\Software\X [v]" */
	const char *attributes; /* as written */
	const void *bytes; /* NULL: none; text is UTF-16LE with terminator for the registry, else
			      UTF-8 */
	size_t len;
	const char *file;
	unsigned line;
	int user;
};
typedef int (*rules_added_visit)(void *ctx, const struct rules_added_object *object);
int rules_added_objects(const struct rules *rules, rules_added_visit visit, void *ctx);

/* Variables with remap (4.5): objects below VALUE go where the destination has the variable. */
typedef int (*rules_remap_visit)(void *ctx, const char *name, const char *value, int user);
int rules_remaps(const struct rules *rules, rules_remap_visit visit, void *ctx);

/*
 * Writes a Config.xml (5.1) with the components that rules_compile() found present, and commented
 * samples of the policies. 0 or HF_EIO.
 */
int rules_write_config(const struct rules *rules, FILE *out);

/* Calls VISIT for each weakness found in the loaded files; needs no rules_compile(). */
typedef int (*rules_lint_visit)(void *ctx, const char *file, unsigned line, const char *text);
int rules_lint(const struct rules *rules, rules_lint_visit visit, void *ctx);

#endif
