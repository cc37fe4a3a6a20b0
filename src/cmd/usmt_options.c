// SPDX-License-Identifier: GPL-2.0-or-later
/* The command lines of ScanState, LoadState and UsmtUtils: one table row for each option. */
#include "cmd/usmt_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/text.h"
#include "base/winpath.h"
#include "engine/users.h"
#include "report/error.h"
#include "report/log.h"

#define PARAM_MAX 256 /* characters of an argument; USMT specification 0 item 4 */

enum value { VALUE_NONE, VALUE_REQUIRED, VALUE_OPTIONAL };

/* What a tool makes of an option: unknown there, refused by name, or taken. */
enum state { NO, NOT_YET, DONE };

/* Where a value goes; offsets into struct usmt_options, 0: none. */
struct option {
	const char *name;
	enum value value;
	enum state state[USMT_TOOLS]; /* ScanState, LoadState, UsmtUtils */
	size_t flag, text, list;
};

#define AT(member) offsetof(struct usmt_options, member)
#define ALL                                                                                        \
	{                                                                                          \
		DONE, DONE, DONE                                                                   \
	}
#define BOTH                                                                                       \
	{                                                                                          \
		DONE, DONE                                                                         \
	}
#define SCAN_UTILS                                                                                 \
	{                                                                                          \
		DONE, NO, DONE                                                                     \
	}
#define UTILS                                                                                      \
	{                                                                                          \
		NO, NO, DONE                                                                       \
	}
#define SCAN                                                                                       \
	{                                                                                          \
		DONE, NO                                                                           \
	}
#define LOAD                                                                                       \
	{                                                                                          \
		NO, DONE                                                                           \
	}
#define NEITHER                                                                                    \
	{                                                                                          \
		NOT_YET, NOT_YET, NOT_YET                                                          \
	}
#define NOT_SCAN                                                                                   \
	{                                                                                          \
		NOT_YET, NO                                                                        \
	}
#define SCAN_NOT_LOAD                                                                              \
	{                                                                                          \
		DONE, NOT_YET                                                                      \
	}
#define NOT_READ                                                                                   \
	{                                                                                          \
		NO, NOT_YET, NOT_YET                                                               \
	}
#define NOT_LOAD                                                                                   \
	{                                                                                          \
		NO, NOT_YET                                                                        \
	}

static const struct option options[] = {
	{"?", VALUE_NONE, ALL, AT(help), 0, 0},
	{"help", VALUE_NONE, ALL, AT(help), 0, 0},
	{"i", VALUE_REQUIRED, BOTH, 0, 0, AT(rules)},
	{"o", VALUE_NONE, SCAN_UTILS, AT(overwrite), 0, 0},
	{"c", VALUE_NONE, BOTH, AT(go_on), 0, 0},
	{"hardlink", VALUE_NONE, BOTH, AT(hardlink), 0, 0},
	{"nocompress", VALUE_NONE, BOTH, AT(nocompress), 0, 0},
	{"l", VALUE_REQUIRED, ALL, 0, AT(log), 0},
	{"v", VALUE_REQUIRED, ALL, 0, 0, 0},
	{"progress", VALUE_REQUIRED, BOTH, 0, AT(progress), 0},
	{"listfiles", VALUE_REQUIRED, SCAN, 0, AT(listfiles), 0},
	{"p", VALUE_OPTIONAL, SCAN, AT(estimate_asked), AT(estimate), 0},
	{"ui", VALUE_REQUIRED, BOTH, 0, 0, AT(include_users)},
	{"ue", VALUE_REQUIRED, BOTH, 0, 0, AT(exclude_users)},
	{"mu", VALUE_REQUIRED, LOAD, 0, 0, AT(move_users)},
	{"md", VALUE_REQUIRED, LOAD, 0, 0, AT(move_domains)},
	{"lac", VALUE_OPTIONAL, LOAD, AT(create_accounts), AT(account_password), 0},
	{"lae", VALUE_NONE, LOAD, AT(enable_accounts), 0, 0},
	{"offline", VALUE_REQUIRED, SCAN, 0, AT(offline), 0},
	{"offlinewindir", VALUE_REQUIRED, SCAN, 0, AT(offline_win_dir), 0},
	{"offlinewinold", VALUE_REQUIRED, SCAN, 0, AT(offline_win_old), 0},
	{"all", VALUE_NONE, BOTH, AT(all), 0, 0},
	{"auto", VALUE_OPTIONAL, BOTH, AT(auto_asked), AT(auto_dir), 0},
	{"config", VALUE_REQUIRED, BOTH, 0, AT(config), 0},
	{"genconfig", VALUE_REQUIRED, SCAN, 0, AT(genconfig), 0},
	{"genmigxml", VALUE_REQUIRED, SCAN, 0, AT(genmigxml), 0},
	{"apps", VALUE_NONE, NOT_SCAN, 0, 0, 0},
	{"decrypt", VALUE_OPTIONAL, NOT_READ, 0, 0, 0},
	{"efs", VALUE_REQUIRED, SCAN, 0, AT(efs_word), 0},
	{"encrypt", VALUE_OPTIONAL, NOT_SCAN, 0, 0, 0},
	{"key", VALUE_REQUIRED, NEITHER, 0, 0, 0},
	{"keyfile", VALUE_REQUIRED, NEITHER, 0, 0, 0},
	{"localonly", VALUE_NONE, SCAN, AT(local_only), 0, 0},
	{"ppkg", VALUE_REQUIRED, NOT_SCAN, 0, 0, 0},
	{"r", VALUE_REQUIRED, BOTH, 0, AT(retries), 0},
	{"sf", VALUE_NONE, NOT_LOAD, 0, 0, 0},
	{"targetwindows7", VALUE_NONE, SCAN, AT(target), 0, 0},
	{"targetwindows8", VALUE_NONE, SCAN, AT(target), 0, 0},
	{"targetvista", VALUE_NONE, SCAN, AT(target), 0, 0},
	{"targetxp", VALUE_NONE, SCAN, AT(target), 0, 0},
	{"uel", VALUE_REQUIRED, SCAN_NOT_LOAD, 0, AT(used), 0},
	{"vsc", VALUE_NONE, NOT_SCAN, 0, 0, 0},
	{"w", VALUE_REQUIRED, BOTH, 0, AT(wait), 0},
	{"ec", VALUE_NONE, UTILS, AT(list_algorithms), 0, 0},
	{"rd", VALUE_REQUIRED, UTILS, 0, AT(remove), 0},
	{"y", VALUE_NONE, UTILS, AT(yes), 0, 0},
	{"verify", VALUE_OPTIONAL, UTILS, AT(check), AT(check_kind), 0},
	{"extract", VALUE_NONE, UTILS, AT(extract), 0, 0},
	{"i", VALUE_REQUIRED, UTILS, 0, 0, AT(names)},
	{"e", VALUE_REQUIRED, UTILS, 0, 0, AT(not_names)},
};

#define OPTION_COUNT (sizeof(options) / sizeof(*options))

static const char *const tool_names[USMT_TOOLS] = {"scanstate", "loadstate", "usmtutils"};

struct parser {
	struct usmt_options *o;
	bool seen[OPTION_COUNT];
};

int usmt_options_refuse(const struct usmt_options *o, int at, int code, const char *reason)
{
	const struct cmdline *line = &o->line;
	struct str text = {0};

	for (int i = 0; i < line->argc; i++)
		if (str_addf(&text, "%s%s%s", i ? " " : "", i == at ? "##ERROR## --> " : "",
			     line->argv[i]))
			break;
	log_error("Invalid command line:\n  %s\n%s\n%s /? tells every option. Nothing was "
		  "changed.",
		  text.data ? text.data : tool_names[o->tool], reason, tool_names[o->tool]);
	str_free(&text);
	return code;
}

int usmt_options_refuse_option(const struct usmt_options *o, int at, const char *option,
			       const char *why)
{
	char reason[512];

	snprintf(reason, sizeof(reason), "/%s: %s", option, why);
	return usmt_options_refuse(o, at, USMT_INVALID_PARAMETERS, reason);
}

/* TOOL's option that WORD (without its slash) names; *VALUE is what follows a colon, or NULL. */
static const struct option *find_option(enum usmt_tool tool, const char *word, const char **value)
{
	size_t len = strcspn(word, ":");

	*value = word[len] ? word + len + 1 : NULL;
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (options[i].state[tool] != NO && strlen(options[i].name) == len &&
		    !strncasecmp(options[i].name, word, len))
			return &options[i];
	return NULL;
}

static bool is_option(enum usmt_tool tool, const char *word)
{
	const char *value;

	return word[0] == '/' && find_option(tool, word + 1, &value);
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
	return usmt_options_refuse_option(
		p->o, at, "v",
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
		if (list->count == USMT_LIST_MAX)
			return usmt_options_refuse_option(p->o, at, opt->name, "given too often.");
		list->items[list->count++] = value;
	}
	if (!strcmp(opt->name, "v"))
		return set_verbosity(p, at, value ? value : "");
	if (value && (!strcmp(opt->name, "r") || !strcmp(opt->name, "w")) &&
	    value[strspn(value, "0123456789")])
		return usmt_options_refuse_option(p->o, at, opt->name, "must be a whole number.");
	return USMT_SUCCESS;
}

/* Takes the USMT option at *INDEX. */
static int take_option(struct parser *p, int *index)
{
	struct cmdline *line = &p->o->line;
	int at = *index;
	const char *value;
	const struct option *opt = find_option(p->o->tool, line->argv[at] + 1, &value);

	if (p->o->tool == USMT_LOADSTATE && !strncasecmp(line->argv[at], "/offline", 8))
		return usmt_options_refuse(p->o, at, USMT_ERROR_UNSUPPORTED_PLATFORM,
					   "Use of /offline is not supported during apply. The "
					   "Windows to restore into is found by itself, or named "
					   "with --windows.");
	if (!opt)
		return usmt_options_refuse(p->o, at, USMT_INVALID_PARAMETERS,
					   "This option is not valid.");
	if (opt->state[p->o->tool] == NOT_YET)
		return usmt_options_refuse_option(p->o, at, opt->name,
						  "not done by this version of Holdfast.");
	bool *seen = &p->seen[opt - options];
	if (*seen && !opt->list)
		return usmt_options_refuse_option(p->o, at, opt->name,
						  "specified more than once and is ambiguous.");
	*seen = true;
	if (value && opt->value == VALUE_NONE)
		return usmt_options_refuse_option(p->o, at, opt->name, "takes no value.");
	if (!value && opt->value == VALUE_REQUIRED && at + 1 < line->argc &&
	    !is_option(p->o->tool, line->argv[at + 1]))
		value = line->argv[++*index];
	if (opt->value == VALUE_REQUIRED && (!value || !*value))
		return usmt_options_refuse_option(p->o, at, opt->name, "its argument is missing.");
	if (value && !*value)
		value = NULL;
	return store_value(p, at, opt, value);
}

#define BIT(tool) (1u << (tool))

/* Holdfast's own options without a value, and with one. */
static const struct {
	const char *name;
	unsigned tools;
	size_t flag;
} own_flags[] = {
	{"--ignore-dirty-flag", BIT(USMT_SCANSTATE) | BIT(USMT_LOADSTATE),
	 AT(select.options.ignore_dirty_flag)},
	{"--dry-run", BIT(USMT_SCANSTATE) | BIT(USMT_LOADSTATE), AT(dry_run)},
	{"--help", BIT(USMT_SCANSTATE) | BIT(USMT_LOADSTATE) | BIT(USMT_UTILS), AT(help)},
	{"--lose-files", BIT(USMT_UTILS), AT(lose_files)},
	{"--lint", BIT(USMT_SCANSTATE), AT(lint)},
	{"--then-wipe", BIT(USMT_SCANSTATE), AT(then_wipe)},
	{"--verify", BIT(USMT_LOADSTATE), AT(verify)},
	{"--delete-store", BIT(USMT_LOADSTATE), AT(delete_store)},
};

static const struct {
	const char *name;
	unsigned tools;
	size_t text;
} own_texts[] = {
	{"--explain", BIT(USMT_SCANSTATE), AT(explain)},
	{"--log", BIT(USMT_SCANSTATE) | BIT(USMT_LOADSTATE) | BIT(USMT_UTILS), AT(log_spool)},
	{"--progress-log", BIT(USMT_SCANSTATE) | BIT(USMT_LOADSTATE), AT(progress_spool)},
	{"--vars", BIT(USMT_SCANSTATE), AT(vars)},
};

/* "D:" of --exclude-volume. */
static int exclude_volume(struct usmt_options *o, const char *value)
{
	size_t count = strlen(o->excluded_volumes);
	const char *rest;
	char letter;

	if (!winpath_split(value, &letter, &rest) || *rest || strchr(o->excluded_volumes, letter)) {
		log_error("--exclude-volume %s: give one drive letter, as in --exclude-volume D:, "
			  "and each once.",
			  value);
		return -1;
	}
	o->excluded_volumes[count] = letter;
	return 1;
}

/* Our own options. Returns 1 taken, 0 not one of ours, -1 refused with a message. */
static int take_own(struct parser *p, int *index)
{
	struct usmt_options *o = p->o;
	struct cmdline *line = &o->line;
	char *base = (char *)o;

	for (size_t i = 0; i < sizeof(own_flags) / sizeof(*own_flags); i++) {
		if ((own_flags[i].tools & BIT(o->tool)) &&
		    !strcmp(line->argv[*index], own_flags[i].name)) {
			*(bool *)(base + own_flags[i].flag) = true;
			return 1;
		}
	}
	if (o->tool == USMT_SCANSTATE) {
		const char *value = select_value("--exclude-volume", line->argc, line->argv, index);

		if (value)
			return *value ? exclude_volume(o, value) : -1;
	}
	for (size_t i = 0; i < sizeof(own_texts) / sizeof(*own_texts); i++) {
		const char **slot = (const char **)(base + own_texts[i].text);
		const char *value =
			own_texts[i].tools & BIT(o->tool)
				? select_value(own_texts[i].name, line->argc, line->argv, index)
				: NULL;
		if (!value)
			continue;
		if (!*value)
			return -1;
		if (*slot) {
			log_error("Option %s is given twice.", own_texts[i].name);
			return -1;
		}
		*slot = value;
		return 1;
	}
	int ret = select_take(&o->select, line->argc, line->argv, index);
	return ret < 0 ? -1 : ret;
}

int usmt_options_add_rule_file(struct usmt_options *o, int at, const char *name)
{
	if (o->rules.count == USMT_LIST_MAX)
		return usmt_options_refuse_option(o, at, "i", "given too often.");
	o->rules.items[o->rules.count++] = name;
	return USMT_SUCCESS;
}

/* A path of this system, which begins like an option: where UsmtUtils extracts to. */
static bool is_destination(const struct usmt_options *o, const char *word)
{
	return o->tool == USMT_UTILS && o->extract && o->store_path && !o->destination &&
	       !is_option(o->tool, word) && (strchr(word + 1, '/') || !access(word, F_OK));
}

static int take_all(struct parser *p)
{
	struct cmdline *line = &p->o->line;

	for (int i = 1; i < line->argc; i++) {
		int code = USMT_SUCCESS, own = 0;

		if (!strncmp(line->argv[i], "--", 2)) {
			own = take_own(p, &i);
			if (own == 0)
				code = usmt_options_refuse(
					p->o, i, USMT_INVALID_PARAMETERS,
					"Holdfast has no such option of its own.");
			else if (own < 0)
				code = USMT_INVALID_PARAMETERS;
		} else if (p->o->lint) {
			code = usmt_options_add_rule_file(p->o, i, line->argv[i]);
		} else if (line->argv[i][0] == '/' && !is_destination(p->o, line->argv[i])) {
			code = take_option(p, &i);
		} else if (p->o->extract && p->o->store_path && !p->o->destination) {
			p->o->destination = line->argv[i];
		} else if (p->o->store_path) {
			code = usmt_options_refuse(p->o, i, USMT_INVALID_PARAMETERS,
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
	const struct usmt_options *o = p->o;
	const char *const single[] = {o->store_path,	   o->log,	o->progress,
				      o->listfiles,	   o->estimate, o->offline_win_dir,
				      o->offline_win_old,  o->offline,	o->config,
				      o->account_password, o->remove,	o->destination};
	const struct option_list *const lists[] = {&o->rules, &o->include_users, &o->exclude_users,
						   &o->move_users, &o->move_domains};
	const char *reason = "An argument is longer than 256 characters.";

	for (size_t i = 0; i < sizeof(single) / sizeof(*single); i++)
		if (single[i] && characters(single[i]) > PARAM_MAX)
			return usmt_options_refuse(p->o, -1, USMT_ERROR_OPTION_PARAM_TOO_LARGE,
						   reason);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		for (size_t k = 0; k < lists[i]->count; k++)
			if (characters(lists[i]->items[k]) > PARAM_MAX)
				return usmt_options_refuse(
					p->o, -1, USMT_ERROR_OPTION_PARAM_TOO_LARGE, reason);
	return USMT_SUCCESS;
}

/* Users as they can be named (USMT specification 11.2). */
static int check_users(const struct usmt_options *o)
{
	const struct {
		const char *name;
		const struct option_list *list;
	} options_of_users[] = {{"ui", &o->include_users}, {"ue", &o->exclude_users}};

	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < options_of_users[i].list->count; k++)
			if (!users_argument_ok(options_of_users[i].list->items[k]))
				return usmt_options_refuse_option(
					o, -1, options_of_users[i].name,
					"name a user as Domain\\User, User or by SID; '*' may "
					"stand in any part.");
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
static int check_store_path(struct usmt_options *o)
{
	struct str path = {0};
	const char *reason = NULL;

	if (!o->store_path)
		return usmt_options_refuse(o, -1, USMT_INVALID_PARAMETERS,
					   "A StorePath is required, such as C:\\USMTMIG.");
	if (winpath_normalise(o->store_path, 0, &path))
		reason = "StorePath must be a path with a drive letter, such as C:\\USMTMIG; a "
			 "hard-link "
			 "store cannot be on the network.";
	else if (path.len <= 3)
		reason = "StorePath must be a folder, not a whole volume.";
	else if (!windows_can_name(path.data))
		reason = "StorePath has a name that Windows cannot open.";
	int code =
		reason ? usmt_options_refuse(o, -1, USMT_INVALID_PARAMETERS, reason) : USMT_SUCCESS;
	if (!code) {
		o->store_path = arena_strdup(&o->line.arena, path.data);
		if (!o->store_path)
			code = USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	}
	str_free(&path);
	return code;
}

/* Specification 0 item 7; in its USMT folder a log would even make the store unrecognisable. */
static int check_outputs(const struct usmt_options *o)
{
	const char *const files[] = {o->log, o->progress, o->listfiles, o->estimate};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (files[i] && winpath_split(files[i], NULL, NULL) &&
		    winpath_is_below(upcase_basic(), files[i], o->store_path))
			return usmt_options_refuse(o, -1, USMT_INVALID_PARAMETERS,
						   "Logs and lists must not lie inside StorePath.");
	return USMT_SUCCESS;
}

/* /auto[:DIR]: /i:MigDocs.xml /i:MigApp.xml /v:13 (specification 13, item 11). */
static int expand_auto(struct parser *p)
{
	static const char *const names[] = {"MigDocs.xml", "MigApp.xml"};
	struct usmt_options *o = p->o;
	int code = USMT_SUCCESS;

	if (o->all || o->include_users.count || o->exclude_users.count || o->verbosity_given)
		return usmt_options_refuse_option(p->o, -1, "auto",
						  "not together with /all, /ui, /ue or /v.");
	o->verbosity = 13;
	for (size_t i = 0; !code && i < sizeof(names) / sizeof(*names); i++) {
		struct str path = {0};
		int ret = o->auto_dir ? str_addf(&path, "%s/%s", o->auto_dir, names[i])
				      : str_adds(&path, names[i]);
		char *copy = ret ? NULL : arena_strdup(&o->line.arena, path.data);
		str_free(&path);
		code = copy ? usmt_options_add_rule_file(p->o, -1, copy)
			    : USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	}
	return code;
}

/* Copies ARGV into the line, splicing the string of --args in where it stands. */
static int build_line(struct usmt_options *o, int argc, char **argv)
{
	int ret = cmdline_add(&o->line, tool_names[o->tool]);

	for (int i = 1; !ret && i < argc; i++) {
		const char *text = select_value("--args", argc, argv, &i);
		if (text && !*text)
			return HF_EINVAL;
		ret = text ? cmdline_split(&o->line, text) : cmdline_add(&o->line, argv[i]);
	}
	if (ret == HF_EINVAL)
		log_error("The command line has a quotation mark that is never closed: %s",
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

int usmt_options_parse(struct usmt_options *o, enum usmt_tool tool, int argc, char **argv)
{
	struct parser p = {.o = o};

	memset(o, 0, sizeof(*o));
	o->tool = tool;
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
	return code ? code : check_users(o);
}

int usmt_options_check_store(struct usmt_options *o)
{
	int code = check_store_path(o);

	return code ? code : check_outputs(o);
}

void usmt_options_free(struct usmt_options *o)
{
	free(o->joined);
	cmdline_free(&o->line);
}

void usmt_options_not_done(enum usmt_tool tool)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (options[i].state[tool] == NOT_YET)
			printf("/%s ", options[i].name);
	putchar('\n');
}
