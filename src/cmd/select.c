// SPDX-License-Identifier: GPL-2.0-or-later
/* --volume, --disk-serial, --volume-label, --windows, --bitlocker-keys. */
#include "cmd/select.h"

#include <string.h>

#include "report/error.h"
#include "report/log.h"

const char select_help[] =
	"  --volume C=PATH      examine only the volume in PATH (partition, or image file, or\n"
	"                       image@OFFSET in bytes, or a directory) as C:; repeatable. Without "
	"a\n"
	"                       letter (=PATH) it has the one that Windows gives it\n"
	"  --disk-serial S      the Windows on the disk with serial number S\n"
	"  --volume-label L     the Windows on the volume with label L\n"
	"  --windows DIR        the Windows in directory DIR, such as \\Windows\n"
	"  --bitlocker-keys F   keys for BitLocker volumes: a file, or a directory of *.txt and\n"
	"                       *.BEK files named by volume id or key id\n";

void select_init(struct select *s)
{
	memset(s, 0, sizeof(*s));
	s->options.volumes = s->volumes;
}

const char *select_value(const char *name, int argc, char **argv, int *index)
{
	const char *arg = argv[*index];
	size_t len = strlen(name);

	if (strncmp(arg, name, len) || (arg[len] && arg[len] != '='))
		return NULL;
	if (arg[len] == '=' && arg[len + 1])
		return arg + len + 1;
	if (!arg[len] && *index + 1 < argc && argv[*index + 1][0])
		return argv[++*index];
	log_error("Option %s needs a value. --help shows its form.", name);
	return "";
}

static int take_volume(struct select *s, const char *value)
{
	if (s->options.volume_count == SELECT_VOLUMES_MAX) {
		log_error("More than %d --volume options.", SELECT_VOLUMES_MAX);
		return HF_EINVAL;
	}
	int ret = volume_arg_parse(value, &s->volumes[s->options.volume_count]);
	if (ret)
		return ret;
	for (size_t i = 0; i < s->options.volume_count; i++) {
		char letter = s->volumes[s->options.volume_count].letter;

		if (letter && s->volumes[i].letter == letter) {
			log_error("--volume %s: the letter is given twice.", value);
			return HF_EINVAL;
		}
	}
	s->options.volume_count++;
	return 1;
}

int select_take(struct select *s, int argc, char **argv, int *index)
{
	const struct {
		const char *name;
		const char **slot;
	} names[] = {
		{"--disk-serial", &s->options.disk_serial},
		{"--volume-label", &s->options.volume_label},
		{"--windows", &s->options.windows_dir},
		{"--bitlocker-keys", &s->options.bitlocker_keys},
	};

	const char *volume = select_value("--volume", argc, argv, index);

	if (volume)
		return *volume ? take_volume(s, volume) : HF_EINVAL;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = select_value(names[i].name, argc, argv, index);
		if (!value)
			continue;
		if (!*value)
			return HF_EINVAL;
		if (*names[i].slot) {
			log_error("Option %s is given twice.", names[i].name);
			return HF_EINVAL;
		}
		*names[i].slot = value;
		return 1;
	}
	return 0;
}

void select_letters(struct machine *m, const struct machine_options *options)
{
	size_t current = 0;

	for (size_t i = 0; i < m->install_count; i++)
		current += !m->installs[i].is_old;
	if (current == 1 || (m->install_count && (options->disk_serial || options->volume_label ||
						  options->windows_dir)))
		machine_choose(m, options);
}
