// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * holdfast savelogs: puts log files of this computer into a folder of the examined volume.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/winpath.h"
#include "cmd/applet.h"
#include "cmd/cmd.h"
#include "engine/deliver.h"
#include "engine/target.h"
#include "report/error.h"
#include "report/log.h"

static const char usage[] = "Usage: holdfast savelogs [options] 'C:\\Holdfast\\Logs' FILE...\n"
			    "Copies FILEs into the folder of the volume, which is made when "
			    "missing. An older file of the\n"
			    "same name is replaced when the new one is complete.\n"
			    "\n";

static const char codes[] = "\nExit codes: 0 all files are there; 11 bad options; 26 no Windows or "
			    "store, or not\nclear which; 36 the volume must not be written to; 61 "
			    "some files could not be copied.\n";

/* Copies FILES one by one; one that fails does not stop the others. */
static int deliver_all(struct fs *fs, const char *folder, const char *const *files, int count)
{
	struct str path = {0};
	int worst = 0;

	for (int i = 0; i < count; i++) {
		const char *name = strrchr(files[i], '/');
		int err;

		str_truncate(&path, 0);
		err = str_adds(&path, folder) || winpath_add(&path, name ? name + 1 : files[i])
			      ? log_oom()
			      : deliver_file(fs, files[i], path.data);
		if (err)
			worst = err;
	}
	str_free(&path);
	return worst;
}

static int save(const struct machine_options *options, const char *folder, char letter,
		const char *const *files, int count)
{
	struct machine *m = NULL;
	int code = USMT_SUCCESS, err = machine_open(options, &m);

	if (!err)
		err = target_choose(m, options, letter);
	if (err)
		code = USMT_INIT_ERROR;
	if (!err) {
		err = machine_reopen_writable(m, letter);
		if (err)
			code = USMT_ERROR_UNSUPPORTED_PLATFORM;
	}
	if (!err) {
		err = deliver_all(machine_volume(m, letter)->fs, folder, files, count);
		if (err)
			code = USMT_MIGRATION_STOPPED_NONFATAL;
	}
	err = machine_close(m);
	return err && !code ? USMT_MIGRATION_STOPPED_NONFATAL : code;
}

static int savelogs(struct select *s, const char **words, int count)
{
	struct str folder = {0};
	char letter;
	int code = USMT_INVALID_PARAMETERS;

	if (count < 2)
		log_error("Say the folder and at least one file: holdfast savelogs "
			  "'C:\\Holdfast\\Logs' run.log");
	else if (winpath_normalise(words[0], 0, &folder) ||
		 !winpath_split(folder.data, &letter, NULL) || !folder.data[2])
		log_error("%s is not a folder of a volume, like C:\\Holdfast\\Logs.", words[0]);
	else
		code = save(&s->options, folder.data, letter, words + 1, count - 1);
	str_free(&folder);
	return code;
}

int cmd_savelogs(int argc, char **argv)
{
	static struct select s;
	const char **words = calloc((size_t)argc + 1, sizeof(*words));
	struct applet_line line = {
		.applet = "savelogs", .select = &s, .words = {.items = words, .max = (size_t)argc}};
	int code = USMT_INVALID_PARAMETERS;

	if (!words)
		return log_oom(), USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	select_init(&s);
	if (!applet_parse(&line, argc, argv)) {
		if (line.help) {
			printf("%s%s%s", usage, select_help, codes);
			code = USMT_DISPLAY_HELP;
		} else {
			code = savelogs(&s, words, (int)line.words.count);
		}
	}
	free(words);
	return code;
}
