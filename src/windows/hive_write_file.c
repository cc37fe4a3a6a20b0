// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finishes a hive that was changed in memory and gives it the place of the file.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/fs.h"
#include "volume/fs_replace.h"
#include "windows/hive_write_private.h"

#define BASE_PRIMARY  0x04
#define BASE_SECOND   0x08
#define BASE_TIME     0x0c
#define BASE_TYPE     0x1c
#define BASE_CHECKSUM 0x1fc
#define BIN_TIME      0x14

int hive_write_bytes(struct hive_write *w, const uint8_t **data, size_t *len)
{
	uint8_t *base = w->h->data;
	uint32_t sequence = hive_u32(base + BASE_PRIMARY) + 1;
	struct hive *check;
	size_t damages;
	const char *why;
	int err;

	hive_put_u32(base + BASE_PRIMARY, sequence);
	hive_put_u32(base + BASE_SECOND, sequence);
	hive_put_u32(base + BASE_TYPE, 0);
	hive_put_u64(base + BASE_TIME, w->now);
	hive_put_u64(base + HIVE_BASE_BLOCK + BIN_TIME, w->now);
	hive_put_u32(base + BASE_CHECKSUM, hive_base_checksum(base));
	err = hive_open_memory(base, w->h->layout.end, &check, &why);
	if (err)
		return err;
	(void)hive_damage(check, &damages);
	if (damages > 0 || hive_is_dirty(check))
		err = HF_ECORRUPT;
	hive_close(check);
	*data = base;
	*len = w->h->layout.end;
	return err;
}

/* Makes a transaction log void: without a base block it is none. */
static int void_log(struct fs *fs, fs_ref dir, const char *hive, const char *suffix)
{
	static const uint8_t nothing[HIVE_BASE_CHECKED];
	char name[NAME_WTF8_MAX + 8];
	struct fs_stat st;
	fs_ref ref;
	int n = snprintf(name, sizeof(name), "%s%s", hive, suffix);
	int err =
		n < (int)sizeof(name) ? fs_lookup_text(fs, dir, name, (size_t)n, &ref) : HF_ENOENT;

	if (err)
		return err == HF_ENOENT ? 0 : err;
	err = fs_stat(fs, ref, &st);
	if (err || st.is_dir || st.size == 0)
		return err;
	return fs_write(fs, ref, 0, nothing,
			st.size < sizeof(nothing) ? (size_t)st.size : sizeof(nothing));
}

static int void_logs(struct fs *fs, fs_ref dir, const char *name)
{
	static const char *const logs[] = {".LOG1", ".LOG2", ".LOG"};
	int err = 0;

	for (size_t i = 0; i < sizeof(logs) / sizeof(*logs) && !err; i++)
		err = void_log(fs, dir, name, logs[i]);
	return err;
}

static const struct fs_replace as_hive = {"registry hive", void_logs};

int hive_write_recover(struct fs *fs, const char *path)
{
	return fs_replace_recover(fs, path, &as_hive);
}

int hive_write_commit(struct hive_write *w, struct fs *fs, const char *path)
{
	const uint8_t *data;
	char shown[512];
	size_t len;
	int err = hive_write_bytes(w, &data, &len);

	if (err == HF_ENOMEM)
		return log_oom();
	if (err) {
		log_error(
			"%s: the changed registry hive did not pass its check and is not written. "
			"The hive on the disk is as it was; please report this.",
			text_printable(path, shown, sizeof(shown)));
		return err;
	}
	return fs_replace_file(fs, path, data, len, &as_hive);
}
