// SPDX-License-Identifier: GPL-2.0-or-later
/* What LoadState's options may not do together, and its help. */
#include "cmd/loadstate_options.h"

#include <stdio.h>

#include "engine/restore_users.h"
#include "report/error.h"

static int check_mappings(const struct usmt_options *o)
{
	for (size_t i = 0; i < o->move_users.count; i++)
		if (!restore_mapping_is_valid(o->move_users.items[i], true))
			return usmt_options_refuse_option(
				o, -1, "mu",
				"the mapping must be OldDomain\\OldUser:[NewDomain\\]NewUser or "
				"OldLocalUser:NewDomain\\NewUser, without wildcards.");
	for (size_t i = 0; i < o->move_domains.count; i++)
		if (!restore_mapping_is_valid(o->move_domains.items[i], false))
			return usmt_options_refuse_option(o, -1, "md",
							  "the mapping must be OldDomain:NewDomain "
							  "or OldComputer:NewDomain.");
	return USMT_SUCCESS;
}

static int check_combinations(const struct usmt_options *o)
{
	if (o->all && (o->include_users.count || o->exclude_users.count))
		return usmt_options_refuse_option(o, -1, "all", "not together with /ui or /ue.");
	if (o->hardlink && !o->nocompress)
		return usmt_options_refuse_option(o, -1, "hardlink", "needs /nocompress.");
	if (o->enable_accounts && !o->create_accounts)
		return usmt_options_refuse_option(o, -1, "lae", "needs /lac.");
	if (!o->hardlink)
		return usmt_options_refuse(o, -1, USMT_INVALID_PARAMETERS,
					   "Only hard-link stores are done by this version of "
					   "Holdfast: add /hardlink /nocompress.");
	if (o->dry_run && o->delete_store)
		return usmt_options_refuse(o, -1, USMT_INVALID_PARAMETERS,
					   "--delete-store: a dry run deletes nothing.");
	return check_mappings(o);
}

int loadstate_options_parse(struct usmt_options *o, int argc, char **argv)
{
	int code = usmt_options_parse(o, USMT_LOADSTATE, argc, argv);

	if (!code)
		code = usmt_options_check_store(o);
	return code ? code : check_combinations(o);
}

void loadstate_help(void)
{
	fputs("usage: loadstate StorePath [option]...\n"
	      "\n"
	      "Puts a store back into a Windows that is not running, on the volume where the store "
	      "lies.\n"
	      "Files are linked into place, never copied. Options and return codes are USMT's; a "
	      "value\n"
	      "follows after a colon or a blank.\n"
	      "\n"
	      "  StorePath            the folder that scanstate was given, such as C:\\USMTMIG\n"
	      "  /hardlink            the store keeps files by hard links; needs /nocompress\n"
	      "  /nocompress          a store of plain files\n"
	      "  /i:FILE              rule file (MigXML); repeatable. Without any, those that the "
	      "store\n"
	      "                       has kept\n"
	      "  /config:FILE         a Config.xml: ErrorControl, ProfileControl\n"
	      "  /auto[:DIR]          the same as /i:MigDocs.xml /i:MigApp.xml /v:13\n"
	      "  /c                   go on after errors about single objects (return code 3 "
	      "then)\n"
	      "  /ui:WHO  /ue:WHO     take, leave out a user of the store: Domain\\User, User, or "
	      "a "
	      "SID,\n"
	      "                       with * in any part; /ui wins over /ue; repeatable\n"
	      "  /all                 all users, which is the default\n"
	      "  /mu:OLD:NEW          Domain\\User becomes another account; repeatable\n"
	      "  /md:OLD:NEW          all users of a domain or of the old computer; repeatable\n"
	      "  /lac[:PASSWORD]      make local accounts that are missing, disabled\n"
	      "  /lae                 enable the accounts that /lac makes\n"
	      "  /l:FILE              log (default: LoadState.log in the current folder)\n"
	      "  /v:N                 log detail: sum of 1 verbose, 4 objects, 8 all on the "
	      "screen\n"
	      "  /progress:FILE       machine-readable progress log\n"
	      "  /?                   this help\n"
	      "\n"
	      "Holdfast's own:\n",
	      stdout);
	fputs(select_help, stdout);
	fputs("  --dry-run            say what would go where; write nothing to any volume\n"
	      "  --verify             compare the result with the store afterwards\n"
	      "  --delete-store       the same, and when all is there delete the store\n"
	      "  --ignore-dirty-flag  write to a volume that is marked as damaged, if no damage is "
	      "found\n"
	      "  --args STRING        more arguments in one string, cut as Windows does\n"
	      "  --log FILE           keep the log here as well, whatever /l says\n"
	      "  --progress-log FILE  keep the progress log here as well\n"
	      "\n"
	      "Return codes: 0 success, 1 help, 2 cancelled, 3 success but objects were skipped "
	      "(/c),\n"
	      "11 invalid command line, 12 argument too long, 13 log cannot be written, 14 a "
	      "local\n"
	      "account is missing (/lac), 26 no or more than one Windows found, or an invalid "
	      "user\n"
	      "mapping, 27 no store there, or an incomplete one, 28 rule file invalid, 35 the "
	      "store\n"
	      "cannot be deleted, 36 volume hibernated, unclean, in use or locked, 38 the store "
	      "cannot\n"
	      "be read, 39 Config.xml, 40 progress log, 42 the store is damaged, 61 stopped at an "
	      "error\n"
	      "that /c would have skipped, 71 environment, 72 failed while writing.\n"
	      "Not done by this version and refused by name: ",
	      stdout);
	usmt_options_not_done(USMT_LOADSTATE);
}
