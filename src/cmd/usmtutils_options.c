// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of UsmtUtils. */
#include "cmd/usmtutils_options.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/winpath.h"
#include "report/error.h"

static int check_command(const struct usmt_options *o)
{
	int commands = o->list_algorithms + (o->remove != NULL) + o->check + o->extract;

	if (commands != 1)
		return usmt_options_refuse(o, -1, USMT_INVALID_PARAMETERS,
					   commands ? "A command was specified already: only one "
						      "of /ec, /rd, /verify and /extract."
						    : "Say what to do: /ec, /rd, /verify or "
						      "/extract.");
	if ((o->yes || o->lose_files) && !o->remove)
		return usmt_options_refuse(o, -1, USMT_INVALID_PARAMETERS,
					   "/y and --lose-files belong to /rd.");
	if ((o->names.count || o->not_names.count || o->overwrite) && !o->extract)
		return usmt_options_refuse(o, -1, USMT_INVALID_PARAMETERS,
					   "/i, /e and /o belong to /extract.");
	if ((o->remove || o->list_algorithms) && o->store_path)
		return usmt_options_refuse(o, -1, USMT_INVALID_PARAMETERS,
					   "One argument is too many.");
	return USMT_SUCCESS;
}

static int check_kind(const struct usmt_options *o)
{
	static const char *const kinds[] = {"summary", "all", "failureonly", "catalog"};

	if (!o->check_kind)
		return USMT_SUCCESS;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcasecmp(o->check_kind, kinds[i]))
			return USMT_SUCCESS;
	return usmt_options_refuse_option(o, -1, "verify",
					  "one of summary, all, failureonly and catalog.");
}

static int check_destination(const struct usmt_options *o)
{
	if (!o->extract)
		return USMT_SUCCESS;
	if (!o->destination)
		return usmt_options_refuse_option(
			o, -1, "extract", "name the store and the directory to extract to.");
	if (winpath_split(o->destination, NULL, NULL))
		return usmt_options_refuse_option(
			o, -1, "extract",
			"files are extracted to a directory of this system, such as /mnt/stick, "
			"not to a Windows volume.");
	return USMT_SUCCESS;
}

/* True, and cuts it off, when PATH ends in "\NAME". */
static bool cut_end(char *path, const char *name)
{
	char *slash = strrchr(path, '\\');

	if (!slash || strcasecmp(slash + 1, name))
		return false;
	*slash = '\0';
	return true;
}

/* Either the store's folder or, as USMT has it, the file in it: the folder becomes the StorePath.
 */
static int find_folder(struct usmt_options *o)
{
	size_t len = strlen(o->store_path);
	char *path;

	if (len > 4 && !strcasecmp(o->store_path + len - 4, ".mig"))
		return usmt_options_refuse(o, -1, USMT_INVALID_PARAMETERS,
					   "Compressed stores (USMT.MIG) are not done by this "
					   "version of Holdfast.");
	path = arena_strdup(&o->line.arena, o->store_path);
	if (!path)
		return USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	for (char *c = path; *c; c++)
		if (*c == '/')
			*c = '\\';
	cut_end(path, "catalog.db");
	cut_end(path, "USMT");
	o->store_path = path;
	return USMT_SUCCESS;
}

static int split_list(struct usmt_options *o, const char *option, struct option_list *list)
{
	struct option_list whole = *list;

	list->count = 0;
	for (size_t i = 0; i < whole.count; i++) {
		const char *at = whole.items[i];

		while (*at) {
			size_t len;

			at += strspn(at, ",; ");
			len = strcspn(at, ",;");
			while (len && at[len - 1] == ' ')
				len--;
			if (len && list->count == USMT_LIST_MAX)
				return usmt_options_refuse_option(o, -1, option, "too many.");
			if (len && memchr(at, '?', len))
				return usmt_options_refuse_option(o, -1, option,
								  "the wildcard is *, as in "
								  "*.txt.");
			if (len && memchr(at, '\\', len))
				return usmt_options_refuse_option(
					o, -1, option, "patterns are for names, not for paths.");
			if (len) {
				list->items[list->count] = arena_strndup(&o->line.arena, at, len);
				if (!list->items[list->count++])
					return USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
			}
			at += strcspn(at, ",;");
		}
	}
	if (whole.count && !list->count)
		return usmt_options_refuse_option(o, -1, option, "its argument is missing.");
	return USMT_SUCCESS;
}

int usmtutils_options_parse(struct usmt_options *o, int argc, char **argv)
{
	int code = usmt_options_parse(o, USMT_UTILS, argc, argv);

	if (!code)
		code = check_command(o);
	if (!code)
		code = check_kind(o);
	if (!code)
		code = check_destination(o);
	if (!code)
		code = split_list(o, "i", &o->names);
	if (!code)
		code = split_list(o, "e", &o->not_names);
	if (!code && o->remove)
		o->store_path = o->remove;
	if (code || o->list_algorithms)
		return code;
	if (o->store_path && !o->remove)
		code = find_folder(o);
	return code ? code : usmt_options_check_store(o);
}

void usmtutils_help(void)
{
	fputs("usage: usmtutils /ec\n"
	      "       usmtutils /rd StorePath [/y] [--lose-files]\n"
	      "       usmtutils /verify[:KIND] StorePath [/l:FILE] [/v:N]\n"
	      "       usmtutils /extract StorePath DIRECTORY [/i:NAMES] [/e:NAMES] [/o] [/l:FILE] "
	      "[/v:N]\n"
	      "\n"
	      "  /ec                  the encryption algorithms for a store: none, a hard-link "
	      "store is\n"
	      "                       not encrypted\n"
	      "  /rd                  delete a store with its parts on other volumes; other names "
	      "of its\n"
	      "                       files stay. Refuses when files would be lost\n"
	      "  /y                   do not ask; without a terminal nothing is asked and nothing "
	      "deleted\n"
	      "  --lose-files         delete the store though files are in it alone: they are "
	      "lost\n"
	      "  /verify              compare a store with its catalog: existence, record, size "
	      "and name\n"
	      "                       of each file. KIND: summary (default), all (each file with "
	      "OK or\n"
	      "                       CORRUPTED), failureonly, catalog (its status alone)\n"
	      "  /extract             copy files of a store, with their times, into a directory "
	      "of this\n"
	      "                       system, such as a mounted stick; also of a damaged store. "
	      "No streams\n"
	      "                       and permissions\n"
	      "  /i:NAMES  /e:NAMES   only, and not, files of these names: *.txt,*.pdf; /i wins "
	      "over /e\n"
	      "  /o                   overwrite files that are there\n"
	      "  /l:FILE              log\n"
	      "  /v:N                 log detail: sum of 1 verbose, 4 objects, 8 all on the "
	      "screen\n"
	      "  /?                   this help\n"
	      "StorePath is the folder given to ScanState, or its USMT\\catalog.db.\n"
	      "\n"
	      "Holdfast's own:\n",
	      stdout);
	fputs(select_help, stdout);
	fputs("  --log FILE           keep the log here as well, whatever /l says\n"
	      "\n"
	      "Return codes: 0 success, 1 help, 2 cancelled, 11 invalid command line, 12 argument "
	      "too\n"
	      "long, 13 log cannot be written, 26 no or more than one Windows found, 27 no such "
	      "store,\n"
	      "34 no right to write to the volume, 35 the store is not, or not completely, "
	      "deleted,\n"
	      "36 volume hibernated, unclean, in use or locked, 38 the store cannot be read, 42 it "
	      "is\n"
	      "damaged, 61 some files could not be extracted, 71 environment, 72 stopped while "
	      "writing.\n"
	      "Not done by this version and refused by name: ",
	      stdout);
	usmt_options_not_done(USMT_UTILS);
}
