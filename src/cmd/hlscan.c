// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * holdfast hlscan: the hard links of one file, as the tools for it print them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "cmd/applet.h"
#include "cmd/cmd.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/fs.h"

#define COLUMN 30 /* where the values end */

static const char usage[] =
	"Usage: holdfast hlscan [options] 'C:\\folder\\file'\n"
	"Shows a file's record, its number of hard links, its size counted once and once for each\n"
	"link, and all its paths on the volume. Writes nothing.\n"
	"\n";

static const char codes[] = "\nExit codes: 0 shown; 11 bad options, or no such file; 26 the volume "
			    "is not there;\n71 the volume cannot be read.\n";

static void print_value(const char *label, const char *value, const char *unit)
{
	int width = COLUMN - 2 - (int)strlen(label);

	printf("  %s%*s%s\n", label, width > 0 ? width : 0, value, unit);
}

/* N with a comma between thousands, into OUT. */
static const char *thousands(uint64_t n, char out[32])
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n), at = 0;

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

static const char *kind(uint32_t attributes)
{
	if (attributes & FS_ATTR_REPARSE)
		return "reparse point";
	if (attributes & FS_ATTR_ENCRYPTED)
		return "encrypted";
	if (attributes & FS_ATTR_SPARSE)
		return "sparse";
	return attributes & FS_ATTR_COMPRESSED ? "compressed" : "normal";
}

static int print_name(void *ctx, fs_ref parent, const uint16_t *name, unsigned name_len)
{
	char text[NAME_WTF8_MAX];
	struct str path = {0};
	int err = fs_path_of(ctx, parent, &path);

	if (!err && text_from_utf16(name, name_len, text, sizeof(text)) < 0)
		err = HF_ECORRUPT;
	if (!err && (path.len == 1 ? str_adds(&path, text) : winpath_add(&path, text)))
		err = log_oom();
	if (!err) {
		static char printable[65536 * 4];

		printf("    %s\n", text_printable(path.data, printable, sizeof(printable)));
	}
	str_free(&path);
	return err;
}

static int show(struct fs *fs, const char *path)
{
	struct fs_stat st;
	char value[32];
	fs_ref ref;
	int err = fs_resolve(fs, path, &ref);

	if (!err)
		err = fs_stat(fs, ref, &st);
	if (err == HF_ENOENT || (!err && st.is_dir)) {
		log_error(err ? "There is no file %s."
			      : "%s is a folder; name a file: folders have no hard links.",
			  path);
		return USMT_INVALID_PARAMETERS;
	}
	if (err)
		return USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	{
		static char printable[65536];

		printf("Breakdown for \"%s\"\n",
		       text_printable(path, printable, sizeof(printable)));
	}
	snprintf(value, sizeof(value), "%" PRIx64, st.ref);
	print_value("Unique ID:", value, "");
	print_value("Hardlink count:", thousands(st.names, value), "");
	print_value("Naive file size:", thousands(st.size * st.names, value), " bytes");
	print_value("Unique file size:", thousands(st.size, value), " bytes");
	print_value("Kind of file:", kind(st.attributes), "");
	return fs_names(fs, ref, print_name, fs) ? USMT_INIT_OPERATING_ENVIRONMENT_FAILED
						 : USMT_SUCCESS;
}

static int scan(const struct machine_options *options, const char *path)
{
	struct machine *m = NULL;
	struct machine_volume *v = NULL;
	char letter;
	int code, err;

	if (!winpath_split(path, &letter, NULL)) {
		log_error("%s is not a full path, like C:\\Users\\ann\\letter.docx.", path);
		return USMT_INVALID_PARAMETERS;
	}
	err = machine_open(options, &m);
	/* A volume named by hand has its letter already; others get it from the Windows chosen. */
	if (!err && !machine_volume(m, letter))
		err = machine_choose(m, options);
	if (!err)
		v = machine_volume(m, letter);
	if (!err && (!v || !v->fs))
		log_error("There is no NTFS volume %c: that can be read.", letter);
	code = v && v->fs ? show(v->fs, path) : USMT_INIT_ERROR;
	err = machine_close(m);
	return err && !code ? USMT_INIT_OPERATING_ENVIRONMENT_FAILED : code;
}

int cmd_hlscan(int argc, char **argv)
{
	static struct select s;
	const char *path = NULL;
	struct applet_line line = {
		.applet = "hlscan", .select = &s, .words = {.items = &path, .max = 1}};

	select_init(&s);
	if (applet_parse(&line, argc, argv))
		return USMT_INVALID_PARAMETERS;
	if (line.help) {
		printf("%s%s%s", usage, select_help, codes);
		return USMT_DISPLAY_HELP;
	}
	if (!path) {
		log_error("Say which file: holdfast hlscan 'C:\\folder\\file'");
		return USMT_INVALID_PARAMETERS;
	}
	return scan(&s.options, path);
}
