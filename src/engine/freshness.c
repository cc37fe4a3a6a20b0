// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mark is a digest of the first blocks of the SYSTEM hive and its logs: they hold sequence
 * numbers that every start and every shutdown of Windows raises. File times would follow the clock,
 * and NTFS's own journal is emptied by the capture itself.
 */
#include "engine/freshness.h"

#include <string.h>

#include "base/mem.h"
#include "report/error.h"
#include "report/log.h"
#include "store/catalog.h"
#include "store/sha256.h"
#include "volume/fs.h"
#include "windows/install.h"

#define BASE_BLOCK ((size_t)512)
#define FACT	   "windows-mark"

static int make_mark(struct fs *fs, const struct windows_install *install, char hex[SHA256_HEX])
{
	static const char *const endings[] = {"", ".LOG", ".LOG1", ".LOG2"};
	enum { COUNT = sizeof(endings) / sizeof(*endings) };
	uint8_t blocks[COUNT * BASE_BLOCK] = {0};
	struct str path = {0};
	int err = 0;

	for (size_t i = 0; i < COUNT && !err; i++) {
		size_t done;
		fs_ref ref;

		str_truncate(&path, 0);
		if (str_addf(&path, "%s\\System32\\config\\SYSTEM%s", install->directory,
			     endings[i])) {
			err = log_oom();
			break;
		}
		err = fs_resolve(fs, path.data, &ref);
		if (!err)
			err = fs_read(fs, ref, 0, blocks + i * BASE_BLOCK, BASE_BLOCK, &done);
		else if (err == HF_ENOENT)
			err = 0;
	}
	str_free(&path);
	if (!err)
		sha256_hex(blocks, sizeof(blocks), hex);
	return err;
}

int freshness_record(struct fs *fs, const struct windows_install *install, struct catalog *catalog)
{
	char hex[SHA256_HEX];
	int err = make_mark(fs, install, hex);

	return err ? err : catalog_set(catalog, FACT, hex);
}

int freshness_check(struct fs *fs, const struct windows_install *install, struct catalog *catalog,
		    bool *fresh)
{
	const char *mark = catalog_get(catalog, FACT);
	char hex[SHA256_HEX];
	int err;

	*fresh = true;
	if (!mark)
		return 0;
	err = make_mark(fs, install, hex);
	if (!err)
		*fresh = !strcmp(hex, mark);
	return err;
}
