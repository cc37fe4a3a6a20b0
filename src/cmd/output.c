// SPDX-License-Identifier: GPL-2.0-or-later
/* Text files that a command line asks for. */
#include "cmd/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/winpath.h"
#include "engine/deliver.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/machine.h"

int output_init(struct output *o, const char *wanted, const char *spool)
{
	memset(o, 0, sizeof(*o));
	o->wanted = wanted;
	o->path = spool ? spool : wanted;
	if (spool || !wanted || !winpath_split(wanted, NULL, NULL))
		return 0;
	const char *dir = getenv("TMPDIR");
	snprintf(o->buffer, sizeof(o->buffer), "%.256s/holdfast-XXXXXX", dir ? dir : "/tmp");
	int fd = mkstemp(o->buffer);
	if (fd < 0) {
		log_error("A temporary file for %s could not be made in %s: %s.", wanted,
			  dir ? dir : "/tmp", strerror(errno));
		return HF_EIO;
	}
	close(fd);
	o->path = o->buffer;
	o->is_temporary = true;
	return 0;
}

static int deliver_to_volume(const struct output *o, struct machine *machine, char letter)
{
	struct machine_volume *v = machine ? machine_volume(machine, letter) : NULL;

	if (!v || !v->fs) {
		log_warning("%s is not written: there is no open volume %c:.", o->wanted, letter);
		return 0;
	}
	if (!v->fs->writable) {
		log_warning("%s is not written: volume %c: was only looked at.", o->wanted, letter);
		return 0;
	}
	return deliver_file(v->fs, o->path, o->wanted);
}

static int copy_on_host(const char *from, const char *to)
{
	FILE *in = fopen(from, "re"), *out = in ? fopen(to, "we") : NULL;
	char buf[65536];
	size_t n;
	int ret = in && out ? 0 : HF_EIO;

	while (!ret && (n = fread(buf, 1, sizeof(buf), in)))
		if (fwrite(buf, 1, n, out) != n)
			ret = HF_EIO;
	if (in && (ferror(in) | fclose(in)))
		ret = HF_EIO;
	if (out && fclose(out))
		ret = HF_EIO;
	if (ret)
		log_error("%s could not be copied to %s: %s.", from, to, strerror(errno));
	return ret;
}

int output_deliver(struct output *o, struct machine *machine)
{
	char letter;
	int ret = 0;

	if (o->wanted && winpath_split(o->wanted, &letter, NULL))
		ret = deliver_to_volume(o, machine, letter);
	else if (o->wanted && o->path && strcmp(o->wanted, o->path))
		ret = copy_on_host(o->path, o->wanted);
	if (o->is_temporary && unlink(o->buffer))
		ret = ret ? ret : HF_EIO;
	o->is_temporary = false;
	return ret;
}
