// SPDX-License-Identifier: GPL-2.0-or-later
/* ScanState's command line: one table row for each option. */
#include "cmd/scanstate_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"
#include "report/log.h"

#define PARAM_MAX 256 /* characters of an argument; USMT specification 0 item 4 */

enum value { VALUE_NONE, VALUE_REQUIRED, VALUE_OPTIONAL };
enum state { DONE, NOT_YET };

/* Where a value goes; offsets into struct scanstate_options, 0: none. */
struct option {
	const char *name;
	enum value value;
	enum state state;
	size_t flag, text, list;
};

#define AT(member) offsetof(struct scanstate_options, member)

static const struct option options[] = {
	{"?", VALUE_NONE, DONE, AT(help), 0, 0},
	{"help", VALUE_NONE, DONE, AT(help), 0, 0},
	{"i", VALUE_REQUIRED, DONE, 0, 0, AT(rules)},
	{"o", VALUE_NONE, DONE, AT(overwrite), 0, 0},
	{"c", VALUE_NONE, DONE, AT(go_on), 0, 0},
	{"hardlink", VALUE_NONE, DONE, AT(hardlink), 0, 0},
	{"nocompress", VALUE_NONE, DONE, AT(nocompress), 0, 0},
	{"l", VALUE_REQUIRED, DONE, 0, AT(log), 0},
	{"v", VALUE_REQUIRED, DONE, 0, 0, 0},
	{"progress", VALUE_REQUIRED, DONE, 0, AT(progress), 0},
	{"listfiles", VALUE_REQUIRED, DONE, 0, AT(listfiles), 0},
	{"p", VALUE_OPTIONAL, DONE, AT(estimate_asked), AT(estimate), 0},
	{"ui", VALUE_REQUIRED, DONE, 0, 0, AT(include_users)},
	{"ue", VALUE_REQUIRED, DONE, 0, 0, AT(exclude_users)},
	{"offlinewindir", VALUE_REQUIRED, DONE, 0, AT(offline_win_dir), 0},
	{"all", VALUE_NONE, DONE, AT(all), 0, 0},
	{"auto", VALUE_OPTIONAL, DONE, AT(auto_asked), AT(auto_dir), 0},
	{"config", VALUE_REQUIRED, DONE, 0, AT(config), 0},
	{"genconfig", VALUE_REQUIRED, DONE, 0, AT(genconfig), 0},
	{"genmigxml", VALUE_REQUIRED, DONE, 0, AT(genmigxml), 0},
	{"apps", VALUE_NONE, NOT_YET, 0, 0, 0},
	{"efs", VALUE_REQUIRED, NOT_YET, 0, 0, 0},
	{"encrypt", VALUE_OPTIONAL, NOT_YET, 0, 0, 0},
	{"key", VALUE_REQUIRED, NOT_YET, 0, 0, 0},
	{"keyfile", VALUE_REQUIRED, NOT_YET, 0, 0, 0},
	{"localonly", VALUE_NONE, NOT_YET, 0, 0, 0},
	{"offline", VALUE_REQUIRED, NOT_YET, 0, 0, 0},
	{"offlinewinold", VALUE_REQUIRED, NOT_YET, 0, 0, 0},
	{"ppkg", VALUE_REQUIRED, NOT_YET, 0, 0, 0},
	{"r", VALUE_REQUIRED, NOT_YET, 0, 0, 0},
	{"targetwindows7", VALUE_NONE, NOT_YET, 0, 0, 0},
	{"targetwindows8", VALUE_NONE, NOT_YET, 0, 0, 0},
	{"targetvista", VALUE_NONE, NOT_YET, 0, 0, 0},
	{"targetxp", VALUE_NONE, NOT_YET, 0, 0, 0},
	{"uel", VALUE_REQUIRED, NOT_YET, 0, 0, 0},
	{"vsc", VALUE_NONE, NOT_YET, 0, 0, 0},
	{"w", VALUE_REQUIRED, NOT_YET, 0, 0, 0},
};

#define OPTION_COUNT (sizeof(options) / sizeof(*options))

struct parser {
	struct scanstate_options *o;
	bool seen[OPTION_COUNT];
};

/* "scanstate C:\Store ##ERROR## --> /bad /i:x", then the reason (specification 0 item 13). */
static int refuse(const struct parser *p, int at, int code, const char *reason)
{
	const struct cmdline *line = &p->o->line;
	struct str text = {0};

	for (int i = 0; i < line->argc; i++)
		if (str_addf(&text, "%s%s%s", i ? " " : "", i == at ? "##ERROR## --> " : "",
			     line->argv[i]))
			break;
	log_error("Invalid command line:\n  %s\n%s\nscanstate /? tells every option. Nothing was "
		  "changed.",
		  text.data ? text.data : "scanstate", reason);
	str_free(&text);
	return code;
}

static int refuse_option(const struct parser *p, int at, const char *option, const char *why)
{
	char reason[512];

	snprintf(reason, sizeof(reason), "/%s: %s", option, why);
	return refuse(p, at, USMT_INVALID_PARAMETERS, reason);
}

/* The option that WORD (without its slash) names; *VALUE is what follows a colon, or NULL. */
static const struct option *find_option(const char *word, const char **value)
{
	size_t len = strcspn(word, ":");

	*value = word[len] ? word + len + 1 : NULL;
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (strlen(options[i].name) == len && !strncasecmp(options[i].name, word, len))
			return &options[i];
	return NULL;
}

static bool is_option(const char *word)
{
	const char *value;

	return word[0] == '/' && find_option(word + 1, &value);
}

static int set_verbosity(struct parser *p, int at, const char *value)
{
	static const char *const valid[] = {"0", "1", "4", "5", "8", "9", "12", "13"};

	for (size_t i = 0; i < sizeof(valid) / sizeof(*valid); i++) {
		if (!strcmp(value, valid[i])) {
			p->o->verbosity = atoi(value);
			p->o->verbosity_given = true;
			return USMT_SUCCESS;
		}
	}
	return refuse_option(p, at, "v",
			     "the level must be a sum of 1, 4 and 8: 0, 1, 4, 5, 8, 9, "
			     "12 or 13.");
}

static int store_value(struct parser *p, int at, const struct option *opt, const char *value)
{
	char *base = (char *)p->o;

	if (opt->flag)
		*(bool *)(base + opt->flag) = true;
	if (opt->text && value)
		*(const char **)(base + opt->text) = value;
	if (opt->list) {
		struct option_list *list = (struct option_list *)(base + opt->list);
		if (list->count == SCANSTATE_LIST_MAX)
			return refuse_option(p, at, opt->name, "given too often.");
		list->items[list->count++] = value;
	}
	if (!strcmp(opt->name, "v"))
		return set_verbosity(p, at, value ? value : "");
	return USMT_SUCCESS;
}

/* Takes the USMT option at *INDEX. */
static int take_option(struct parser *p, int *index)
{
	struct cmdline *line = &p->o->line;
	int at = *index;
	const char *value;
	const struct option *opt = find_option(line->argv[at] + 1, &value);

	if (!opt)
		return refuse(p, at, USMT_INVALID_PARAMETERS, "This option is not valid.");
	if (opt->state == NOT_YET)
		return refuse_option(p, at, opt->name, "not done by this version of Holdfast.");
	bool *seen = &p->seen[opt - options];
	if (*seen && !opt->list)
		return refuse_option(p, at, opt->name,
				     "specified more than once and is ambiguous.");
	*seen = true;
	if (value && opt->value == VALUE_NONE)
		return refuse_option(p, at, opt->name, "takes no value.");
	if (!value && opt->value == VALUE_REQUIRED && at + 1 < line->argc &&
	    !is_option(line->argv[at + 1]))
		value = line->argv[++*index];
	if (opt->value == VALUE_REQUIRED && (!value || !*value))
		return refuse_option(p, at, opt->name, "its argument is missing.");
	if (value && !*value)
		value = NULL;
	return store_value(p, at, opt, value);
}

/* Our own options. Returns 1 taken, 0 not one of ours, -1 refused with a message. */
static int take_own(struct parser *p, int *index)
{
	struct scanstate_options *o = p->o;
	struct cmdline *line = &o->line;
	const struct {
		const char *name;
		const char **slot;
	} texts[] = {
		{"--explain", &o->explain},
		{"--log", &o->log_spool},
		{"--progress-log", &o->progress_spool},
		{"--vars", &o->vars},
	};

	if (!strcmp(line->argv[*index], "--dry-run")) {
		o->dry_run = true;
		return 1;
	}
	if (!strcmp(line->argv[*index], "--lint")) {
		o->lint = true;
		return 1;
	}
	if (!strcmp(line->argv[*index], "--help")) {
		o->help = true;
		return 1;
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *value = select_value(texts[i].name, line->argc, line->argv, index);
		if (!value)
			continue;
		if (!*value)
			return -1;
		if (*texts[i].slot) {
			log_error("Option %s is given twice.", texts[i].name);
			return -1;
		}
		*texts[i].slot = value;
		return 1;
	}
	int ret = select_take(&o->select, line->argc, line->argv, index);
	return ret < 0 ? -1 : ret;
}

static int add_rule_file(struct parser *p, int at, const char *name)
{
	struct option_list *list = &p->o->rules;

	if (list->count == SCANSTATE_LIST_MAX)
		return refuse_option(p, at, "i", "given too often.");
	list->items[list->count++] = name;
	return USMT_SUCCESS;
}

static int take_all(struct parser *p)
{
	struct cmdline *line = &p->o->line;

	for (int i = 1; i < line->argc; i++) {
		int code = USMT_SUCCESS, own = 0;

		if (!strncmp(line->argv[i], "--", 2)) {
			own = take_own(p, &i);
			if (own == 0)
				code = refuse(p, i, USMT_INVALID_PARAMETERS,
					      "Holdfast has no such option of its own.");
			else if (own < 0)
				code = USMT_INVALID_PARAMETERS;
		} else if (p->o->lint) {
			code = add_rule_file(p, i, line->argv[i]);
		} else if (line->argv[i][0] == '/') {
			code = take_option(p, &i);
		} else if (p->o->store_path) {
			code = refuse(p, i, USMT_INVALID_PARAMETERS,
				      "Exactly one StorePath may be given.");
		} else {
			p->o->store_path = line->argv[i];
		}
		if (code)
			return code;
	}
	return USMT_SUCCESS;
}

/* Lengths count characters, not bytes. */
static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static int check_lengths(const struct parser *p)
{
	const struct scanstate_options *o = p->o;
	const char *const single[] = {o->store_path, o->log,	  o->progress,
				      o->listfiles,  o->estimate, o->offline_win_dir};
	const struct option_list *const lists[] = {&o->rules, &o->include_users, &o->exclude_users};
	const char *reason = "An argument is longer than 256 characters.";

	for (size_t i = 0; i < sizeof(single) / sizeof(*single); i++)
		if (single[i] && characters(single[i]) > PARAM_MAX)
			return refuse(p, -1, USMT_ERROR_OPTION_PARAM_TOO_LARGE, reason);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		for (size_t k = 0; k < lists[i]->count; k++)
			if (characters(lists[i]->items[k]) > PARAM_MAX)
				return refuse(p, -1, USMT_ERROR_OPTION_PARAM_TOO_LARGE, reason);
	return USMT_SUCCESS;
}

/* Can Windows open PATH (normalised)? Else nobody would reach the store's files there. */
static bool windows_can_name(const char *path)
{
	static const char *const devices[] = {"CON", "PRN", "AUX", "NUL", "COM", "LPT"};
	const char *rest = path + 2, *part;
	size_t len;

	while ((part = winpath_next(&rest, &len))) {
		size_t stem = strcspn(part, ".\\");

		if (part[len - 1] == '.' || part[len - 1] == ' ')
			return false;
		for (size_t i = 0; i < len; i++)
			if ((unsigned char)part[i] < 0x20 || strchr("<>:\"|?*", part[i]))
				return false;
		for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++)
			if (stem == (i < 4 ? 3u : 4u) && !strncasecmp(part, devices[i], 3) &&
			    (i < 4 || (part[3] >= '1' && part[3] <= '9')))
				return false;
	}
	return true;
}

/* StorePath in normal form replaces what was typed. */
static int check_store_path(const struct parser *p)
{
	struct scanstate_options *o = p->o;
	struct str path = {0};
	const char *reason = NULL;

	if (!o->store_path)
		return refuse(p, -1, USMT_INVALID_PARAMETERS,
			      "A StorePath is required, such as C:\\USMTMIG.");
	if (winpath_normalise(o->store_path, 0, &path))
		reason = "StorePath must be a path with a drive letter, such as C:\\USMTMIG; a "
			 "hard-link "
			 "store cannot be on the network.";
	else if (path.len <= 3)
		reason = "StorePath must be a folder, not a whole volume.";
	else if (!windows_can_name(path.data))
		reason = "StorePath has a name that Windows cannot open.";
	int code = reason ? refuse(p, -1, USMT_INVALID_PARAMETERS, reason) : USMT_SUCCESS;
	if (!code) {
		o->store_path = arena_strdup(&o->line.arena, path.data);
		if (!o->store_path)
			code = USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	}
	str_free(&path);
	return code;
}

/* Specification 0 item 7; in its USMT folder a log would even make the store unrecognisable. */
static int check_outputs(const struct parser *p)
{
	const struct scanstate_options *o = p->o;
	const char *const files[] = {o->log, o->progress, o->listfiles, o->estimate};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (files[i] && winpath_split(files[i], NULL, NULL) &&
		    winpath_is_below(upcase_basic(), files[i], o->store_path))
			return refuse(p, -1, USMT_INVALID_PARAMETERS,
				      "Logs and lists must not lie inside StorePath.");
	return USMT_SUCCESS;
}

/* /genconfig and /genmigxml make no store: 1.1 leaves them /i, /v, /l, /o and /nocompress. */
static int check_generating(const struct parser *p, const char *name)
{
	const struct scanstate_options *o = p->o;

	if (o->genconfig && o->genmigxml)
		return refuse_option(p, -1, name, "a command is already specified: /genconfig.");
	if (o->store_path)
		return refuse_option(p, -1, name, "makes no store; leave the StorePath out.");
	if (o->hardlink || o->go_on || o->progress || o->listfiles || o->estimate_asked || o->all ||
	    o->include_users.count || o->exclude_users.count || o->config || o->dry_run ||
	    o->explain || (o->genmigxml && o->rules.count))
		return refuse_option(p, -1, name,
				     o->genmigxml
					     ? "only together with /v, /l and /offlinewindir."
					     : "only together with /i, /v, /l, /o, /nocompress "
					       "and /offlinewindir.");
	return USMT_SUCCESS;
}

/* /auto[:DIR]: /i:MigDocs.xml /i:MigApp.xml /v:13 (specification 13, item 11). */
static int expand_auto(struct parser *p)
{
	static const char *const names[] = {"MigDocs.xml", "MigApp.xml"};
	struct scanstate_options *o = p->o;
	int code = USMT_SUCCESS;

	if (o->all || o->include_users.count || o->exclude_users.count || o->verbosity_given)
		return refuse_option(p, -1, "auto", "not together with /all, /ui, /ue or /v.");
	o->verbosity = 13;
	for (size_t i = 0; !code && i < sizeof(names) / sizeof(*names); i++) {
		struct str path = {0};
		int ret = o->auto_dir ? str_addf(&path, "%s/%s", o->auto_dir, names[i])
				      : str_adds(&path, names[i]);
		char *copy = ret ? NULL : arena_strdup(&o->line.arena, path.data);
		str_free(&path);
		code = copy ? add_rule_file(p, -1, copy) : USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	}
	return code;
}

/* Specification 1.1 and the hard rules below it, as far as the options are done. */
static int check_combinations(const struct parser *p)
{
	const struct scanstate_options *o = p->o;

	if (o->genconfig || o->genmigxml)
		return check_generating(p, o->genconfig ? "genconfig" : "genmigxml");
	if (o->all && (o->include_users.count || o->exclude_users.count))
		return refuse_option(p, -1, "all", "not together with /ui or /ue.");
	if (o->hardlink && !o->nocompress)
		return refuse_option(p, -1, "hardlink", "needs /nocompress.");
	if (o->listfiles && o->estimate_asked)
		return refuse_option(p, -1, "listfiles", "not together with /p.");
	if (o->estimate_asked && !o->estimate && !o->nocompress)
		return refuse_option(p, -1, "p", "without a file name it needs /nocompress.");
	if (!o->hardlink && !o->estimate_asked && !o->dry_run && !o->explain)
		return refuse(p, -1, USMT_INVALID_PARAMETERS,
			      "Only hard-link stores are done by this version of Holdfast: add "
			      "/hardlink /nocompress.");
	return USMT_SUCCESS;
}

/* Copies ARGV into the line, splicing the string of --args in where it stands. */
static int build_line(struct scanstate_options *o, int argc, char **argv)
{
	int ret = cmdline_add(&o->line, "scanstate");

	for (int i = 1; !ret && i < argc; i++) {
		const char *text = select_value("--args", argc, argv, &i);
		if (text && !*text)
			return HF_EINVAL;
		ret = text ? cmdline_split(&o->line, text) : cmdline_add(&o->line, argv[i]);
	}
	if (ret == HF_EINVAL)
		log_error(
			"The ScanState command line has a quotation mark that is never closed: %s",
			o->line.argc > 1 ? o->line.argv[o->line.argc - 1] : "");
	struct str joined = {0};
	for (int i = 0; !ret && i < o->line.argc; i++) {
		bool quote = strpbrk(o->line.argv[i], " \t") || !*o->line.argv[i];
		ret = str_addf(&joined, "%s%s%s%s", i ? " " : "", quote ? "\"" : "",
			       o->line.argv[i], quote ? "\"" : "");
	}
	if (!ret)
		o->joined = str_take(&joined);
	str_free(&joined);
	return ret;
}

int scanstate_options_parse(struct scanstate_options *o, int argc, char **argv)
{
	struct parser p = {.o = o};

	memset(o, 0, sizeof(*o));
	select_init(&o->select);
	int ret = build_line(o, argc, argv);
	if (ret == HF_EINVAL)
		return USMT_INVALID_PARAMETERS;
	if (ret)
		return log_oom(), USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	int code = take_all(&p);
	if (o->help || (!code && o->line.argc == 1))
		return USMT_DISPLAY_HELP;
	if (!code && o->auto_asked)
		code = expand_auto(&p);
	if (!code)
		code = check_lengths(&p);
	if (!code && o->lint)
		return o->rules.count ? USMT_SUCCESS
				      : refuse(&p, -1, USMT_INVALID_PARAMETERS,
					       "--lint needs the names of rule files.");
	if (!code && !o->genconfig && !o->genmigxml)
		code = check_store_path(&p);
	if (!code && o->store_path)
		code = check_outputs(&p);
	if (!code)
		code = check_combinations(&p);
	if (!code && o->offline_win_dir) {
		if (o->select.options.windows_dir)
			return refuse_option(&p, -1, "offlinewindir",
					     "not together with --windows.");
		o->select.options.windows_dir = o->offline_win_dir;
	}
	return code;
}

void scanstate_options_free(struct scanstate_options *o)
{
	free(o->joined);
	cmdline_free(&o->line);
}

void scanstate_help(void)
{
	fputs("usage: scanstate StorePath [option]...\n"
	      "\n"
	      "Captures the users' files of a Windows that is not running into a store on the "
	      "same\n"
	      "volume. Options and return codes are USMT's; a value follows after a colon or a "
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
	      "                       any part; /ui wins over /ue; repeatable\n"
	      "  /all                 all users, which is the default\n"
	      "  /config:FILE         a Config.xml: components to leave out, ErrorControl\n"
	      "  /genconfig:FILE      only write a Config.xml of the components found here\n"
	      "  /genmigxml:FILE      only write a rule file of the documents found here\n"
	      "  /auto[:DIR]          the same as /i:MigDocs.xml /i:MigApp.xml /v:13\n"
	      "  /offlinewindir:DIR   the Windows directory, such as C:\\Windows\n"
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
	      "  --lint FILE...       only examine rule files for weaknesses; code 3 if any\n"
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
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (options[i].state == NOT_YET)
			printf("/%s ", options[i].name);
	putchar('\n');
}
