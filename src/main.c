// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds the applet by the name the program was called by, or by its first argument. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "report/error.h"

static const struct applet {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} applets[] = {
	{"scanstate", cmd_scanstate, "capture users' files and settings into a store"},
	{"loadstate", cmd_loadstate, "put a store back into a new Windows"},
	{"usmtutils", cmd_usmtutils, "verify, extract and delete stores"},
	{"store", cmd_store, "look into stores: list, show, tree"},
	{"wipe", cmd_wipe, "delete the old Windows around a complete store"},
	{"volumes", cmd_volumes, "list disks, volumes and the Windows found on them"},
	{"unlock", cmd_unlock, "ask for the keys of locked BitLocker volumes"},
	{"doctor", cmd_doctor, "check the health of an NTFS volume"},
	{"hlscan", cmd_hlscan, "report the hard links of a file"},
	{"savelogs", cmd_savelogs, "write log files into a folder of a Windows volume"},
};

#define APPLET_COUNT (sizeof(applets) / sizeof(*applets))

static void print_help(FILE *to)
{
	fprintf(to,
		"Holdfast %s: keeps a PC's user state in place while its Windows is replaced.\n\n"
		"usage: holdfast APPLET [ARGUMENT]...   (or call an applet by its link's name)\n\n",
		HOLDFAST_VERSION);
	for (size_t i = 0; i < APPLET_COUNT; i++)
		fprintf(to, "  %-10s %s\n", applets[i].name, applets[i].summary);
	fputs("\nholdfast APPLET --help tells an applet's options; --version the version.\n", to);
}

static const struct applet *find_applet(const char *name)
{
	for (size_t i = 0; i < APPLET_COUNT; i++)
		if (!strcmp(applets[i].name, name))
			return &applets[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const struct applet *applet = argc > 0 ? find_applet(slash ? slash + 1 : argv[0]) : NULL;

	if (applet)
		return applet->run(argc, argv);
	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help")) {
		print_help(argc < 2 ? stderr : stdout);
		return argc < 2 ? USMT_INVALID_PARAMETERS : USMT_SUCCESS;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("holdfast %s\n", HOLDFAST_VERSION);
		return USMT_SUCCESS;
	}
	applet = find_applet(argv[1]);
	if (!applet) {
		fprintf(stderr, "holdfast: there is no applet \"%s\". Applets are:", argv[1]);
		for (size_t i = 0; i < APPLET_COUNT; i++)
			fprintf(stderr, " %s", applets[i].name);
		fputs("; \"holdfast --help\" tells what each does.\n", stderr);
		return USMT_INVALID_PARAMETERS;
	}
	return applet->run(argc - 1, argv + 1);
}
