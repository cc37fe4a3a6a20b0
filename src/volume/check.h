/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A read-only health check of an NTFS volume, with a reader of its own on struct block: it shares
 * no code with libntfs-3g, so that it can judge what was written through it. Looks at boot sectors,
 * MFT and mirror, every record, run, name, index, link count, bitmap, attribute list and security
 * id. Memory is bounded by the volume's size and its number of names, time by its size.
 */
#ifndef HOLDFAST_VOLUME_CHECK_H
#define HOLDFAST_VOLUME_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block;
struct journal;

enum check_severity {
	CHECK_NOTE,  /* worth knowing; nothing is inconsistent */
	CHECK_LEAK,  /* space that nothing uses is marked as taken: harmless */
	CHECK_ERROR, /* structures contradict each other or cannot be read: data is at risk */
};

/* What can be found; each has a row in the table of check_kinds.c. */
enum check_kind {
	CHECK_BOOT_DAMAGED,
	CHECK_BOOT_BACKUP,
	CHECK_TOO_SHORT,
	CHECK_UNREADABLE,
	CHECK_MFT_DAMAGED,
	CHECK_MIRROR_DIFFERS,
	CHECK_SYSTEM_FILE,
	CHECK_RECORD_TORN,
	CHECK_FREE_RECORD_TORN,
	CHECK_RECORD_DAMAGED,
	CHECK_RECORD_UNMARKED,
	CHECK_RECORD_LEAKED,
	CHECK_RUNS_DAMAGED,
	CHECK_SIZES_WRONG,
	CHECK_LIST_DAMAGED,
	CHECK_EXTENSION_LOST,
	CHECK_NAME_UNINDEXED,
	CHECK_ENTRY_DANGLING,
	CHECK_ENTRY_WRONG,
	CHECK_LINK_COUNT,
	CHECK_ORPHAN,
	CHECK_UNREACHABLE,
	CHECK_INDEX_DAMAGED,
	CHECK_INDEX_ORDER,
	CHECK_INDEX_UNMARKED,
	CHECK_INDEX_LEAKED,
	CHECK_CLUSTER_SHARED,
	CHECK_CLUSTER_UNMARKED,
	CHECK_CLUSTER_LEAKED,
	CHECK_CLUSTER_BAD,
	CHECK_SECURITY_MISSING,
	CHECK_SECURITY_DAMAGED,
	CHECK_DIRTY,
	CHECK_JOURNAL,
	CHECK_HIBERNATED,
	CHECK_INTERRUPTED,
	CHECK_STALE,
	CHECK_KINDS
};

/* One finding; strings are valid during the call only. */
struct check_finding {
	enum check_kind kind;
	const char *what; /* one sentence with the numbers */
	const char *path; /* of the object, "\a\b" in WTF-8; NULL when it has none */
	int64_t record;	  /* MFT record, -1 none */
	int64_t cluster;  /* -1 none */
	int64_t sector;	  /* of 512 bytes from the volume's start, -1 none */
};

struct check_options {
	bool surface; /* also read every cluster that is in use */
	/* What BLOCK is seen through: the dirty flag of a session of ours says nothing then. NULL:
	   nothing. */
	const struct journal *journal;
	unsigned show_max; /* so many findings of each kind are told, all are counted */
	/* Called for each finding that is told; may be NULL. */
	void (*found)(void *ctx, const struct check_finding *finding);
	/* Called now and then: DONE of TOTAL things of PHASE. Returns true to stop. May be NULL. */
	bool (*progress)(void *ctx, const char *phase, uint64_t done, uint64_t total);
	void *ctx;
};

struct check_result {
	uint64_t count[CHECK_KINDS];
	uint64_t errors, leaks, notes; /* sums by severity */
	uint64_t records, files, directories, names, entries;
	uint64_t clusters, clusters_used;
	uint32_t cluster_size;	     /* bytes */
	uint64_t bytes_read;	     /* from the block */
	uint64_t sectors_unreadable; /* of 512 bytes */
};

/*
 * Checks the volume on BLOCK, which stays the caller's. Returns 0 when it could be judged: what was
 * found is in RESULT, however bad. HF_ENOTNTFS, HF_EBITLOCKER, HF_ECANCELLED, HF_ENOMEM, HF_EIO
 * (neither boot sector can be read) otherwise. Says nothing itself.
 */
int check_volume(struct block *block, const struct check_options *options,
		 struct check_result *result);

/*
 * Whether the copy of the MFT's first records differs from them, or one of the two is damaged;
 * false also when that cannot be told. BLOCK stays the caller's.
 */
bool check_mirror_differs(struct block *block);

/* The lasting name of KIND ("link-count"), its severity, and what it means for people. */
const char *check_kind_name(enum check_kind kind);
enum check_severity check_kind_severity(enum check_kind kind);
const char *check_kind_meaning(enum check_kind kind);

#endif
