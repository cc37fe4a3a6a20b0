/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ScanState's command line (USMT specification 0, 1, 1.1): syntax, lengths, combination rules.
 * Knows nothing of disks.
 */
#ifndef HOLDFAST_CMD_SCANSTATE_OPTIONS_H
#define HOLDFAST_CMD_SCANSTATE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/cmdline.h"
#include "cmd/select.h"

#define SCANSTATE_LIST_MAX 256 /* of a repeatable option */

struct option_list {
	const char *items[SCANSTATE_LIST_MAX];
	size_t count;
};

struct scanstate_options {
	struct cmdline line; /* owns all strings; --args is spliced in */
	char *joined;	     /* the command line as one string, for logs */
	const char *store_path;
	const char *log, *progress, *listfiles, *estimate; /* /l /progress /listfiles /p:FILE */
	const char *config, *genconfig, *genmigxml;	   /* /config /genconfig /genmigxml */
	const char *auto_dir;				   /* of /auto:DIR */
	const char *offline_win_dir;
	int verbosity;
	bool verbosity_given, all, auto_asked;
	bool overwrite, go_on, hardlink, nocompress, estimate_asked, help;
	struct option_list rules, include_users, exclude_users; /* /i /ui /ue */
	/* Our own. */
	struct select select;
	bool dry_run;
	bool lint; /* --lint: what is no option names a rule file */
	const char *explain;
	const char *log_spool, *progress_spool; /* --log, --progress-log */
	const char *vars;
};

/*
 * Parses ARGV (ARGV[0] is the program) into O. Returns a USMT code: USMT_SUCCESS,
 * USMT_DISPLAY_HELP, USMT_INVALID_PARAMETERS or USMT_ERROR_OPTION_PARAM_TOO_LARGE, with a message
 * in USMT's form (the command line with a mark before the option, specification 0 item 13). Free in
 * any case.
 */
int scanstate_options_parse(struct scanstate_options *o, int argc, char **argv);
void scanstate_options_free(struct scanstate_options *o);

void scanstate_help(void);

#endif
