/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ScanState, LoadState and UsmtUtils runs have in common around their work: logs, rule files,
 * the Windows meant, the last lines and the exit code.
 */
#ifndef HOLDFAST_CMD_USMT_RUN_H
#define HOLDFAST_CMD_USMT_RUN_H

#include "cmd/output.h"
#include "cmd/usmt_options.h"

struct machine;
struct object_errors;
struct rules;
struct rules_config;
struct str;

/* "ScanState", "LoadState" or "UsmtUtils". */
const char *usmt_tool_name(enum usmt_tool tool);

/*
 * Opens the log (O's, else the tool's own, if it has one, in the current folder) and the progress
 * log, and writes the first lines of the log. A USMT code, with a message.
 */
int usmt_open_logs(const struct usmt_options *o, struct output *log, struct output *progress);

/* Closes both and takes them to where they are wanted. HF_EIO when anything was lost. */
int usmt_deliver_logs(struct output *log, struct output *progress, struct machine *machine);

/* Opens the computer and chooses its Windows into *MACHINE; says which. A USMT code. */
int usmt_find_windows(const struct usmt_options *o, struct machine **machine);

/* Reads /config into *CONFIG, if it is given. A USMT code. */
int usmt_load_config(const struct usmt_options *o, struct rules_config **config);

/*
 * The host path of rule file NAME into PATH: as given, else among the rule files that came along. 0
 * or HF_ENOMEM.
 */
int usmt_find_rule_file(const char *name, struct str *path);

/* Loads all of /i into RULES. A USMT code. */
int usmt_load_rule_files(const struct usmt_options *o, struct rules *rules);

/* Exit code for trouble with volumes; FALLBACK for errors that say nothing of their own. */
int usmt_code_for(int error, int fallback);

/* The error summary, the last record of the progress log, and the last lines on the console. */
void usmt_say_result(enum usmt_tool tool, const struct object_errors *errors, int code);

#endif
