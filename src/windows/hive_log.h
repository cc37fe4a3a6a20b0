/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replays the transaction logs of a registry hive on a copy of it in memory, as Windows does when
 * it loads a hive that was not written to its end. The formats are those of M. Suhanov's "Windows
 * registry file format specification": log entries (HvLE) in .LOG1 and .LOG2 from Windows 8.1 on, a
 * bitmap of dirty pages (DIRT) in .LOG1 and .LOG2 or in .LOG before. Pure work on bytes, bounded by
 * the sizes of hive and logs; used within the hive reader only.
 */
#ifndef HOLDFAST_WINDOWS_HIVE_LOG_H
#define HOLDFAST_WINDOWS_HIVE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "windows/hive.h"

/* What came of a replay. */
struct hive_replay {
	unsigned entries; /* how many were applied; an old log counts as one */
	bool complete;	  /* the hive is now as Windows would have it; else something is missing */
};

/* True when the first sector at DATA (HIVE_BASE_CHECKED bytes of a hive) says that logs are needed:
 * it is damaged, or the last write did not end. */
bool hive_log_needed(const uint8_t *data);

/* True when LOG could give a damaged hive its base block back. */
bool hive_log_has_base(const struct hive_log *log);

/*
 * Applies the COUNT logs (in the order .LOG1, .LOG2, .LOG; empty ones may be left out) to the hive
 * of *LEN bytes at *DATA, which may move and grow. Does nothing to a hive that needs none, or when
 * no log fits. Returns 0 or HF_ENOMEM.
 */
int hive_log_replay(uint8_t **data, size_t *len, const struct hive_log *logs, size_t count,
		    struct hive_replay *out);

#endif
