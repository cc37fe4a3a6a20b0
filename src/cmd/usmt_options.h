/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command lines of ScanState, LoadState and UsmtUtils (USMT specification 0 to 3): one table
 * and one parser for all; what each refuses in combination is its own (scanstate_options.h,
 * loadstate_options.h, usmtutils_options.h). Knows nothing of disks.
 */
#ifndef HOLDFAST_CMD_USMT_OPTIONS_H
#define HOLDFAST_CMD_USMT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/cmdline.h"
#include "cmd/select.h"

#define USMT_LIST_MAX 256 /* of a repeatable option */

enum usmt_tool { USMT_SCANSTATE, USMT_LOADSTATE, USMT_UTILS, USMT_TOOLS };

struct option_list {
	const char *items[USMT_LIST_MAX];
	size_t count;
};

struct usmt_options {
	enum usmt_tool tool;
	struct cmdline line; /* owns all strings; --args is spliced in */
	char *joined;	     /* the command line as one string, for logs */
	const char *store_path;
	const char *log, *progress; /* /l /progress */
	const char *config;	    /* /config */
	const char *auto_dir;	    /* of /auto:DIR */
	const char *retries, *wait; /* /r /w: of network stores; nothing is retried offline */
	int verbosity;
	bool verbosity_given, all, auto_asked;
	bool go_on, hardlink, nocompress, help;
	struct option_list rules, include_users, exclude_users; /* /i /ui /ue */
	/* ScanState's. */
	const char *listfiles, *estimate, *genconfig, *genmigxml; /* /p:FILE is ESTIMATE */
	const char *offline, *offline_win_dir, *offline_win_old;
	const char *used; /* /uel */
	bool overwrite, estimate_asked, local_only;
	char excluded_volumes[27]; /* letters of --exclude-volume */
	const char *efs_word;	   /* of /efs */
	bool target; /* /targetxp and the like: for manifests of old releases; ignored */
	/* LoadState's. */
	struct option_list move_users, move_domains; /* /mu /md */
	bool create_accounts, enable_accounts;	     /* /lac /lae */
	const char *account_password;
	/* UsmtUtils'. */
	bool list_algorithms;		     /* /ec */
	const char *remove;		     /* /rd */
	bool yes;			     /* /y */
	bool check, extract;		     /* /verify, /extract: of STORE_PATH */
	const char *check_kind;		     /* of /verify:KIND */
	const char *destination;	     /* of /extract */
	struct option_list names, not_names; /* /i, /e: lists of patterns */
	/* Our own. */
	bool lose_files;
	struct select select;
	bool dry_run;
	bool then_wipe;
	bool lint; /* --lint: what is no option names a rule file */
	const char *explain;
	const char *log_spool, *progress_spool; /* --log, --progress-log */
	const char *vars;
	bool verify, delete_store;
};

/*
 * Parses ARGV (ARGV[0] is the program) into O: syntax, repetition and lengths. Returns a USMT code:
 * USMT_SUCCESS, USMT_DISPLAY_HELP, USMT_INVALID_PARAMETERS or USMT_ERROR_OPTION_PARAM_TOO_LARGE,
 * with a message in USMT's form. Free in any case.
 */
int usmt_options_parse(struct usmt_options *o, enum usmt_tool tool, int argc, char **argv);
void usmt_options_free(struct usmt_options *o);

/* There must be a StorePath fit for a store, which is put in normal form; no log lies inside. */
int usmt_options_check_store(struct usmt_options *o);

/*
 * "scanstate C:\Store ##ERROR## --> /bad /i:x", the mark before argument AT (-1: none), then the
 * reason (specification 0 item 13). Returns CODE.
 */
int usmt_options_refuse(const struct usmt_options *o, int at, int code, const char *reason);
/* The same for "/OPTION: WHY", with USMT_INVALID_PARAMETERS. */
int usmt_options_refuse_option(const struct usmt_options *o, int at, const char *option,
			       const char *why);

/* One more rule file, as if /i named it at argument AT (-1: nowhere). A USMT code. */
int usmt_options_add_rule_file(struct usmt_options *o, int at, const char *name);

/* Prints the options that TOOL refuses by name. */
void usmt_options_not_done(enum usmt_tool tool);

#endif
