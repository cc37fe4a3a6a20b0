// SPDX-License-Identifier: GPL-2.0-or-later
/* holdfast store: looks into stores. Writes nothing. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/winpath.h"
#include "cmd/applet.h"
#include "cmd/cmd.h"
#include "cmd/store_private.h"
#include "engine/target.h"
#include "report/error.h"
#include "report/log.h"
#include "store/store.h"

#define DEPTH_DEFAULT "4"

struct store_command {
	struct select select;
	const char *words[2]; /* verb and path */
	size_t word_count;
	const char *store, *depth;
	bool json, help;
	struct machine *machine;
	struct store_view view;
};

static const char usage[] =
	"Usage: holdfast store list [options]\n"
	"       holdfast store show [STORE | PATH] [options]\n"
	"       holdfast store tree [STORE] [options]\n"
	"Looks into stores; writes nothing. list: the stores on all volumes. show STORE: whose it "
	"is,\n"
	"users, components with files and bytes, settings, rule files, what was skipped. show "
	"PATH:\n"
	"where that file or folder came from, which rule kept it and where it is now. tree: the\n"
	"kept folders with what is below each. Without STORE the only one there is meant.\n"
	"\n"
	"  --store STORE        the store, when there are several: C:\\USMTMIG\n"
	"  --depth N            levels of folders that tree shows (default " DEPTH_DEFAULT ")\n"
	"  --json               machine-readable output\n"
	"  --help               this text\n";

static const char codes[] =
	"\n"
	"Exit codes: 0 shown; 11 bad options, or nothing of that name in the store; 26 no or more "
	"than\n"
	"one Windows found; 27 no complete store, or not clear which; 36 volume locked; 38 the "
	"store\n"
	"cannot be read; 42 its catalog is damaged; 71 cannot work here (memory, output).\n";

static int code_of(int error)
{
	switch (error) {
	case 0:
		return USMT_SUCCESS;
	case HF_EINVAL:
		return USMT_INVALID_PARAMETERS;
	case HF_ENOENT:
	case HF_EREFUSED:
	case HF_EAMBIGUOUS:
		return USMT_INVALID_STORE_LOCATION;
	case HF_ECORRUPT:
		return USMT_ERROR_CORRUPTED_STORE;
	case HF_EBITLOCKER:
		return USMT_ERROR_UNSUPPORTED_PLATFORM;
	case HF_EIO:
		return USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE;
	default:
		return USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	}
}

/* The volume that PATH is on and the rest of PATH (in OUT, normalised). */
static int find_volume(struct store_command *s, const char *path, struct machine_volume **v,
		       struct str *out)
{
	char letter = 0;
	int err = 0;

	if (winpath_normalise(path, 0, out) || !winpath_split(out->data, &letter, NULL)) {
		log_error("%s is not a full path, like C:\\USMTMIG.", path);
		return HF_EINVAL;
	}
	if (!machine_volume(s->machine, letter))
		err = target_choose(s->machine, &s->select.options, letter);
	*v = err ? NULL : machine_volume(s->machine, letter);
	if (!err && (!*v || !(*v)->fs || !machine_is_ntfs(*v))) {
		log_error("There is no NTFS volume %c: that can be read.", letter);
		err = HF_ENOENT;
	}
	return err;
}

/* Opens the store at PATH, if there is one there: 1; 0 when there is none. */
static int open_at(struct store_command *s, const char *path, bool must)
{
	struct machine_volume *v;
	enum store_state state = STORE_NONE;
	struct str full = {0};
	int err = find_volume(s, path, &v, &full);

	if (!err && !full.data[2])
		err = must ? HF_EINVAL : 0;
	else if (!err)
		err = store_examine(v->fs, full.data + 2, &state);
	if (!err && full.data[2] &&
	    (must || state == STORE_COMPLETE || state == STORE_INCOMPLETE)) {
		s->view.volume = v;
		s->view.path = strdup(full.data + 2);
		err = s->view.path ? store_open_catalog(v->fs, s->view.path, &s->view.catalog)
				   : log_oom();
		err = err ? err : 1;
	}
	str_free(&full);
	return err;
}

struct search {
	struct store_command *command;
	struct machine_volume *volume;
	struct str list;
	unsigned count;
};

static int note_store(void *ctx, const char *path, enum store_state state)
{
	struct search *search = ctx;
	struct store_view *view = &search->command->view;
	char place[512];

	if (state != STORE_COMPLETE)
		return 0;
	search->count++;
	if (str_addf(&search->list, "\n  %s", store_place(search->volume, path, place)))
		return log_oom();
	if (view->path)
		return 0;
	view->volume = search->volume;
	view->path = strdup(path);
	return view->path ? 0 : log_oom();
}

static int open_only(struct store_command *s)
{
	struct search search = {.command = s};
	int err = 0;

	select_letters(s->machine, &s->select.options);
	for (size_t i = 0; i < s->machine->volume_count && !err; i++) {
		search.volume = &s->machine->volumes[i];
		if (search.volume->fs && machine_is_ntfs(search.volume))
			err = store_find(search.volume->fs, note_store, &search);
	}
	if (!err && search.count > 1) {
		log_error("There are %u complete stores:%s\nSay which with --store.", search.count,
			  search.list.data);
		err = HF_EAMBIGUOUS;
	} else if (!err && !search.count) {
		log_error("No complete store was found; \"holdfast store list\" shows others too.");
		err = HF_ENOENT;
	}
	str_free(&search.list);
	return err ? err : store_open_catalog(s->view.volume->fs, s->view.path, &s->view.catalog);
}

/* Opens the store that is meant; *OBJECT is the path in it that is asked for, or NULL. */
static int open_store(struct store_command *s, const char **object)
{
	const char *path = s->word_count > 1 ? s->words[1] : NULL;
	int err = 0;

	*object = NULL;
	if (s->store)
		err = open_at(s, s->store, true);
	else if (path)
		err = open_at(s, path, !strcmp(s->words[0], "tree"));
	if (err < 0)
		return err;
	if (path && (s->store || !err))
		*object = path;
	if (!err)
		err = open_only(s);
	return err < 0 ? err : 0;
}

static int look(struct store_command *s)
{
	const char *object;
	int err;

	s->view.machine = s->machine;
	if (!strcmp(s->words[0], "list")) {
		select_letters(s->machine, &s->select.options);
		return store_list(s->machine, s->json);
	}
	err = open_store(s, &object);
	if (!err)
		err = store_view_load(&s->view);
	if (err)
		return code_of(err);
	if (!strcmp(s->words[0], "tree"))
		return store_tree(&s->view, (unsigned)atoi(s->depth ? s->depth : DEPTH_DEFAULT),
				  s->json);
	return object ? store_show_path(&s->view, object, s->json) : store_show(&s->view, s->json);
}

static int check(const struct store_command *s)
{
	static const char *const verbs[] = {"list", "show", "tree"};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (!s->word_count || strcmp(s->words[0], verbs[i]))
			continue;
		if ((i == 0 && (s->word_count > 1 || s->store)) || (i != 2 && s->depth))
			break;
		if (s->depth &&
		    (s->depth[strspn(s->depth, "0123456789")] || strlen(s->depth) > 4)) {
			log_error("--depth %s: give a number of levels.", s->depth);
			return HF_EINVAL;
		}
		return 0;
	}
	log_error("Say what to show: holdfast store list, show or tree. --help tells what each "
		  "takes.");
	return HF_EINVAL;
}

static int parse(struct store_command *s, int argc, char **argv)
{
	const struct applet_option options[] = {
		{"--store", .value = &s->store},
		{"--depth", .value = &s->depth},
		{"--json", .flag = &s->json},
	};
	struct applet_line line = {.applet = "store",
				   .select = &s->select,
				   .options = options,
				   .option_count = sizeof(options) / sizeof(*options),
				   .words = {.items = s->words, .max = 2}};
	int err;

	select_init(&s->select);
	err = applet_parse(&line, argc, argv);
	s->word_count = line.words.count;
	s->help = line.help;
	return err || s->help ? err : check(s);
}

int cmd_store(int argc, char **argv)
{
	static struct store_command s;
	int code, err;

	if (parse(&s, argc, argv))
		return USMT_INVALID_PARAMETERS;
	if (s.help) {
		printf("%s%s%s", usage, select_help, codes);
		return USMT_DISPLAY_HELP;
	}
	err = machine_open(&s.select.options, &s.machine);
	code = err ? code_of(err) : look(&s);
	store_view_free(&s.view);
	return machine_close(s.machine) && !code ? USMT_INIT_OPERATING_ENVIRONMENT_FAILED : code;
}
