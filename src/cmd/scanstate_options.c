// SPDX-License-Identifier: GPL-2.0-or-later
/* What ScanState's options may not do together, and its help. */
#include "cmd/scanstate_options.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/winpath.h"
#include "engine/users.h"
#include "report/error.h"
#include "report/log.h"

/* /genconfig and /genmigxml make no store: 1.1 leaves them /i, /v, /l, /o and /nocompress. */
static int check_generating(const struct usmt_options *o, const char *name)
{
	if (o->genconfig && o->genmigxml)
		return usmt_options_refuse_option(o, -1, name,
						  "a command is already specified: /genconfig.");
	if (o->store_path)
		return usmt_options_refuse_option(o, -1, name,
						  "makes no store; leave the StorePath out.");
	if (o->hardlink || o->go_on || o->progress || o->listfiles || o->estimate_asked || o->all ||
	    o->include_users.count || o->exclude_users.count || o->used || o->config ||
	    o->dry_run || o->explain || o->local_only || (o->genmigxml && o->rules.count))
		return usmt_options_refuse_option(
			o, -1, name,
			o->genmigxml ? "only together with /v, /l and /offline*."
				     : "only together with /i, /v, /l, /o, /nocompress "
				       "and /offline*.");
	return USMT_SUCCESS;
}

/* Specification 1.1 and the hard rules below it, as far as the options are done. */
static int check_combinations(const struct usmt_options *o)
{
	if (o->genconfig || o->genmigxml)
		return check_generating(o, o->genconfig ? "genconfig" : "genmigxml");
	if (o->all && (o->include_users.count || o->exclude_users.count || o->used))
		return usmt_options_refuse_option(o, -1, "all",
						  "not together with /ui, /ue or /uel.");
	if (o->hardlink && !o->nocompress)
		return usmt_options_refuse_option(o, -1, "hardlink", "needs /nocompress.");
	if (o->listfiles && o->estimate_asked)
		return usmt_options_refuse_option(o, -1, "listfiles", "not together with /p.");
	if (o->estimate_asked && !o->estimate && !o->nocompress)
		return usmt_options_refuse_option(o, -1, "p",
						  "without a file name it needs /nocompress.");
	if (!o->hardlink && !o->estimate_asked && !o->dry_run && !o->explain)
		return usmt_options_refuse(
			o, -1, USMT_INVALID_PARAMETERS,
			"Only hard-link stores are done by this version of Holdfast: add "
			"/hardlink /nocompress.");
	return USMT_SUCCESS;
}

/* /efs (specification 1). */
static int check_efs(const struct usmt_options *o)
{
	const char *word = o->efs_word;

	if (!word || !strcasecmp(word, "abort") || !strcasecmp(word, "skip") ||
	    !strcasecmp(word, "copyraw"))
		return USMT_SUCCESS;
	if (!strcasecmp(word, "decryptcopy"))
		return usmt_options_refuse_option(
			o, -1, "efs",
			"decryptcopy needs the key of a user who is logged on, and no Windows is "
			"running here. Use hardlink, which keeps the files encrypted and takes the "
			"users' keys along.");
	if (strcasecmp(word, "hardlink") != 0)
		return usmt_options_refuse_option(o, -1, "efs",
						  "must be abort, skip, copyraw or hardlink.");
	return o->hardlink ? USMT_SUCCESS
			   : usmt_options_refuse_option(o, -1, "efs", "hardlink needs /hardlink.");
}

enum plan_efs scanstate_efs(const struct usmt_options *o)
{
	if (!o->efs_word || !strcasecmp(o->efs_word, "abort"))
		return PLAN_EFS_ABORT;
	return strcasecmp(o->efs_word, "skip") ? PLAN_EFS_KEEP : PLAN_EFS_SKIP;
}

static int check_used(const struct usmt_options *o)
{
	uint64_t since;
	int err = o->used ? users_parse_uel(o->used, time(NULL), &since) : 0;

	if (err == HF_EUNSUPPORTED)
		return usmt_options_refuse_option(
			o, -1, "uel",
			"0 means the users who are logged on now, and nobody is: Windows does not "
			"run. Give a number of days, or a date.");
	if (err)
		return usmt_options_refuse_option(
			o, -1, "uel", "needs a number of days, or a date such as 2024/5/31.");
	return USMT_SUCCESS;
}

/* "C:\Windows", "\Windows", "Windows": not empty, nothing of the network. */
static bool names_directory(const char *text)
{
	return *text && strncmp(text, "\\\\", 2) != 0 && !strpbrk(text, "\"*?<>|,") &&
	       (!strchr(text, ':') || winpath_split(text, NULL, NULL));
}

/* Is TEXT a Windows.old folder, or the Windows directory in one? */
static bool names_windows_old(const char *text)
{
	const char *rest = text;

	winpath_split(text, NULL, &rest);
	return names_directory(text) && !strncasecmp(rest + strspn(rest, "\\/"), "Windows.old", 11);
}

/* At most one of /offline, /offlinewindir, /offlinewinold, --windows (specification 1). */
static int check_offline(struct usmt_options *o)
{
	static const char *const names[] = {"offline", "offlinewindir", "offlinewinold"};
	const char *const values[] = {o->offline, o->offline_win_dir, o->offline_win_old};
	const char **dir = &o->select.options.windows_dir;
	const char *first = *dir ? "--windows" : NULL;

	for (size_t i = 0; i < 3; i++) {
		if (!values[i])
			continue;
		if (first)
			return usmt_options_refuse_option(
				o, -1, names[i],
				"only one of /offline, /offlinewindir, /offlinewinold and "
				"--windows.");
		first = names[i];
	}
	if (o->offline_win_dir && !names_directory(o->offline_win_dir))
		return usmt_options_refuse_option(
			o, -1, "offlinewindir",
			"requires a valid path: the Windows directory, such as C:\\Windows.");
	if (o->offline_win_old && !names_windows_old(o->offline_win_old))
		return usmt_options_refuse_option(
			o, -1, "offlinewinold",
			"requires a valid path: C:\\Windows.old or C:\\Windows.old\\Windows.");
	if (o->offline_win_dir || o->offline_win_old)
		*dir = o->offline_win_dir ? o->offline_win_dir : o->offline_win_old;
	return USMT_SUCCESS;
}

int scanstate_options_parse(struct usmt_options *o, int argc, char **argv)
{
	int code = usmt_options_parse(o, USMT_SCANSTATE, argc, argv);

	if (code)
		return code;
	if (o->lint)
		return o->rules.count
			       ? USMT_SUCCESS
			       : usmt_options_refuse(o, -1, USMT_INVALID_PARAMETERS,
						     "--lint needs the names of rule files.");
	if (!o->genconfig && !o->genmigxml)
		code = usmt_options_check_store(o);
	if (!code)
		code = check_combinations(o);
	if (!code)
		code = check_efs(o);
	if (!code && o->target)
		log_warning("/target... chooses among rules of old releases; it is ignored.");
	/* With files that stay encrypted go the keys that open them. */
	if (!code && scanstate_efs(o) == PLAN_EFS_KEEP)
		code = usmt_options_add_rule_file(o, -1, "MigEfs.xml");
	if (!code)
		code = check_used(o);
	return code ? code : check_offline(o);
}

void scanstate_help(void)
{
	fputs("usage: scanstate StorePath [option]...\n"
	      "\n"
	      "Captures the users' files of a Windows that is not running into a store: each NTFS "
	      "volume's\n"
	      "on that volume, those of others as copies beside the catalog. Options and return "
	      "codes are USMT's; a value follows after a colon or a "
	      "blank.\n"
	      "\n"
	      "  StorePath            the folder for the store, such as C:\\USMTMIG\n"
	      "  /i:FILE              rule file (MigXML); repeatable. A bare name is looked up in "
	      "the\n"
	      "                       current folder, then among the rule files that came along\n"
	      "  /hardlink            keep files in place by hard links; needs /nocompress\n"
	      "  /nocompress          a store of plain files\n"
	      "  /o                   overwrite an existing store\n"
	      "  /c                   go on after errors about single objects (return code 3 "
	      "then)\n"
	      "  /ui:WHO  /ue:WHO     take, leave out a user: Domain\\User, User, or a SID, with * "
	      "in\n"
	      "                       any part; /ui wins over /uel, /uel over /ue; repeatable\n"
	      "  /uel:N | Y/M/D       only who was active in the last N days, or since the date\n"
	      "  /localonly           nothing of removable drives\n"
	      "  /all                 all users, which is the default\n"
	      "  /config:FILE         a Config.xml: components to leave out, ErrorControl\n"
	      "  /genconfig:FILE      only write a Config.xml of the components found here\n"
	      "  /genmigxml:FILE      only write a rule file of the documents found here\n"
	      "  /auto[:DIR]          the same as /i:MigDocs.xml /i:MigApp.xml /v:13\n"
	      "  /efs:WHAT            encrypted files: abort (default), skip, or hardlink and "
	      "copyraw,\n"
	      "                       which keep them encrypted and take the users' keys along\n"
	      "  /offlinewindir:DIR   the Windows directory, such as C:\\Windows\n"
	      "  /offlinewinold:DIR   the Windows that was set aside, such as C:\\Windows.old\n"
	      "  /offline:FILE        an Offline.xml: Windows directories, drive letters\n"
	      "  /l:FILE              log (default: ScanState.log in the current folder)\n"
	      "  /v:N                 log detail: sum of 1 verbose, 4 objects, 8 all on the "
	      "screen\n"
	      "  /progress:FILE       machine-readable progress log\n"
	      "  /listfiles:FILE      write the list of files that are kept\n"
	      "  /p[:FILE]            only estimate the space the store needs\n"
	      "  /?                   this help\n"
	      "\n"
	      "Holdfast's own:\n",
	      stdout);
	fputs(select_help, stdout);
	fputs("  --dry-run            decide and report; write nothing to any volume\n"
	      "  --explain PATH       tell which rules match PATH (or HKCU\\Key [Value]) and "
	      "which\n"
	      "                       one decides\n"
	      "  --exclude-volume D:  leave that volume alone; repeatable\n"
	      "  --lint FILE...       only examine rule files for weaknesses; code 3 if any\n"
	      "  --then-wipe          a wipe follows: a store made with this option, which no wipe "
	      "has\n"
	      "                       begun to rely on, is replaced also without /o\n"
	      "  --ignore-dirty-flag  write to a volume that is marked as damaged, if no damage is "
	      "found\n"
	      "  --args STRING        more arguments in one string, cut as Windows does\n"
	      "  --log FILE           keep the log here as well, whatever /l says\n"
	      "  --progress-log FILE  keep the progress log here as well\n"
	      "  --vars FILE          write OSDStateStorePath=... into FILE at the end\n"
	      "\n"
	      "Return codes: 0 success, 1 help, 2 cancelled, 3 success but objects were skipped "
	      "(/c),\n"
	      "11 invalid command line, 12 argument too long, 13 log cannot be written, 26 no or "
	      "more\n"
	      "than one Windows found, 27 store exists (use /o) or cannot be made, 28 rule file\n"
	      "invalid, 29 less than 250 MB free, 35 the older store cannot be deleted, 36 volume\n"
	      "hibernated, unclean, in use or locked, 40 progress log, 41 estimate file, 61 "
	      "stopped at\n"
	      "an error that /c would have skipped, 71 environment, 72 failed while writing.\n"
	      "Not done by this version and refused by name: ",
	      stdout);
	usmt_options_not_done(USMT_SCANSTATE);
}
