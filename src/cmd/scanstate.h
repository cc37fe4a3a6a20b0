/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One ScanState run: what it has open, and what it prints and writes besides the store. Private to
 * scanstate*.c.
 */
#ifndef HOLDFAST_CMD_SCANSTATE_H
#define HOLDFAST_CMD_SCANSTATE_H

#include "cmd/output.h"
#include "cmd/scanstate_options.h"
#include "engine/capture.h"
#include "engine/errors.h"
#include "engine/examine.h"
#include "engine/users.h"
#include "rules/config.h"
#include "rules/offline.h"
#include "rules/rules.h"
#include "windows/machine.h"

struct str;

/* What /offline and the environment say; the options of the search point into it. */
struct scan_offline {
	struct offline file;
	struct machine_mapping mappings[OFFLINE_MAPPINGS_MAX];
	bool no_temporary; /* MIG_FAIL_ON_PROFILE_ERROR=0 */
};

struct scan {
	struct usmt_options o;
	struct scan_offline offline;
	struct output log, progress, list, estimate;
	struct machine *machine;
	struct user_decision *decisions; /* one for each user of the installation */
	struct examine examine;
	struct rules *rules;
	struct rules_config *config; /* of /config, or NULL */
	struct object_errors errors;
	struct capture capture;
};

/* Reads /offline and the environment into the options of the search. A USMT code. */
int scan_offline(struct scan *s);

/* Console, log and progress log: each user with the decision and the option that made it. */
void scan_report_users(const struct scan *s);

/* Components in effect, to the log and the progress log. */
int scan_report_components(const struct scan *s);

/*
 * What the plan holds: files, folders, bytes, placeholders; by user on the screen, by component in
 * the log. 0 or HF_ENOMEM.
 */
int scan_report_plan(const struct scan *s);

/* /genconfig and /genmigxml, after rules_compile(). A USMT code. */
int scan_generate(const struct scan *s);

/* --lint: loads the rule files and prints their weaknesses. A USMT code; 3 when there are any. */
int scan_lint(struct scan *s);

/* --explain: every rule that matches the path, and the winner. Returns a USMT code. */
int scan_explain(const struct scan *s);

/* /listfiles: one path a line, UTF-8 with a byte order mark, to s->list.path. A USMT code. */
int scan_write_list(const struct scan *s);

/* /p: the estimate as XML (USMT specification 9.5), or as text without a file name. A USMT code. */
int scan_write_estimate(const struct scan *s);

#endif
