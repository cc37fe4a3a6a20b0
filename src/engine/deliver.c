// SPDX-License-Identifier: GPL-2.0-or-later
/* Copies a host file onto a volume. */
#include "engine/deliver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/fs.h"

#define CHUNK (1024 * 1024)

/* Fills the new file REF with what FROM holds. */
static int copy_content(struct fs *fs, FILE *from, const char *host_path, fs_ref ref)
{
	char *buf = malloc(CHUNK);
	uint64_t offset = 0;
	int ret = buf ? 0 : log_oom();

	while (!ret) {
		size_t n = fread(buf, 1, CHUNK, from);
		if (!n)
			break;
		ret = fs_write(fs, ref, offset, buf, n);
		offset += n;
	}
	if (!ret && ferror(from)) {
		log_error("%s could not be read: %s.", host_path, strerror(errno));
		ret = HF_EIO;
	}
	free(buf);
	return ret;
}

/* Gives REF, now called TEMP, the name NAME in DIR in place of an older file. */
static int put_in_place(struct fs *fs, fs_ref dir, const char *name, const char *temp, fs_ref ref)
{
	uint16_t units[NAME_UNITS_MAX], temp_units[NAME_UNITS_MAX];
	int n = text_to_utf16(name, strlen(name), units, NAME_UNITS_MAX);
	int t = text_to_utf16(temp, strlen(temp), temp_units, NAME_UNITS_MAX);
	struct fs_stat st;
	fs_ref old;
	int ret;

	if (n <= 0 || t <= 0) {
		log_error("\"%s\" is not a file name Windows could have.", name);
		return HF_EINVAL;
	}
	ret = fs_lookup(fs, dir, units, (unsigned)n, &old);
	if (!ret) {
		ret = fs_stat(fs, old, &st);
		if (!ret && (st.is_dir || st.is_metadata)) {
			log_error("\"%s\" is a folder; the file cannot be written there.", name);
			ret = HF_EREFUSED;
		}
		if (!ret)
			ret = fs_unlink(fs, dir, units, (unsigned)n, old);
	} else if (ret == HF_ENOENT) {
		ret = 0;
	}
	if (!ret)
		ret = fs_link(fs, ref, dir, units, (unsigned)n);
	if (!ret)
		ret = fs_unlink(fs, dir, temp_units, (unsigned)t, ref);
	return ret;
}

/* An unfinished copy of an earlier run is in the way: remove it. */
static int remove_leftover(struct fs *fs, fs_ref dir, const char *temp)
{
	uint16_t units[NAME_UNITS_MAX];
	int n = text_to_utf16(temp, strlen(temp), units, NAME_UNITS_MAX);
	fs_ref old;

	if (n <= 0) {
		log_error("\"%s\" is not a file name Windows could have.", temp);
		return HF_EINVAL;
	}
	int ret = fs_lookup(fs, dir, units, (unsigned)n, &old);
	if (ret)
		return ret == HF_ENOENT ? 0 : ret;
	return fs_unlink(fs, dir, units, (unsigned)n, old);
}

static int deliver_open(struct fs *fs, FILE *from, const char *host_path, const char *path)
{
	const char *name = strrchr(path, '\\');
	struct str dir_path = {0}, temp = {0};
	fs_ref dir, ref;

	if (!name || !name[1]) {
		log_error("\"%s\" is not the path of a file on a volume.", path);
		return HF_EINVAL;
	}
	int ret = str_add(&dir_path, path, (size_t)(name - path));
	if (!ret)
		ret = str_addf(&temp, "%s.new", ++name);
	if (ret)
		log_oom();
	if (!ret)
		ret = fs_make_path(fs, dir_path.data ? dir_path.data : "", &dir);
	if (!ret)
		ret = remove_leftover(fs, dir, temp.data);
	if (!ret)
		ret = fs_write_file(fs, dir, temp.data, "", 0, &ref);
	if (!ret)
		ret = copy_content(fs, from, host_path, ref);
	if (!ret)
		ret = put_in_place(fs, dir, name, temp.data, ref);
	str_free(&dir_path);
	str_free(&temp);
	return ret;
}

int deliver_file(struct fs *fs, const char *host_path, const char *path)
{
	FILE *from = fopen(host_path, "re");

	if (!from) {
		log_error("%s could not be opened: %s.", host_path, strerror(errno));
		return hf_from_errno(errno);
	}
	int ret = deliver_open(fs, from, host_path, path);
	if (ret)
		log_error("%s could not be brought to %s: %s.", host_path, path, hf_strerror(ret));
	fclose(from);
	return ret;
}
