/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A journal under an NTFS volume: struct block_ops that keep what is written in memory, write it to
 * a redo log in the clusters of $LogFile as one transaction, flush, put it in place in sorted order
 * and flush again. Cut at any instant, the volume is then as it was after one of the transactions,
 * once the log has been replayed, which opening does. docs/adr/0011-journal.md has the on-disk
 * format and what it protects from.
 *
 * A session is from the first change to journal_end(): while it lasts, $LogFile looks empty to
 * every NTFS driver, and a sector in it says that the session is ours. Reading goes through a cache
 * that follows sequential access.
 *
 * Used by ntfs_*.c; not thread-safe. Functions return 0 or a negative enum hf_error.
 */
#ifndef HOLDFAST_VOLUME_JOURNAL_H
#define HOLDFAST_VOLUME_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block;
struct journal;

/* Memory for changes, by default; as much again serves reading. */
#define JOURNAL_MEMORY ((size_t)64 << 20)

struct journal_options {
	size_t memory;	  /* bytes of changes kept before they are committed */
	bool without_log; /* tests only: what is lost without a journal */
};

/* What volumes are opened with; tests change it. */
extern struct journal_options journal_defaults;

/* What was found on the volume. */
enum journal_state {
	JOURNAL_NONE,	     /* no session: the volume is as its last user left it */
	JOURNAL_INTERRUPTED, /* a session was cut short; what it committed is seen through the
				journal, and in place when the volume was opened for writing */
	JOURNAL_STALE,	     /* the log does not fit the volume: others wrote to it since, or it is
				another's; nothing of it was applied */
};

/*
 * Puts a journal on UNDER, which it takes over: closed by the block's close(), or here on failure.
 * A log that waits is replayed when UNDER is writable, else only seen through. HF_ECORRUPT when the
 * place of $LogFile cannot be found, HF_EIO, HF_ENOMEM. NAME is for messages.
 */
int journal_open(struct block *under, const char *name, struct journal **out);

/* The block to give to the library; its sync() does nothing, see journal_commit(). */
struct block *journal_block(struct journal *j);

enum journal_state journal_state(const struct journal *j);

/* Of an interrupted session: the volume's dirty flag was off when it began. */
bool journal_was_clean(const struct journal *j);

/*
 * Begins a session, or goes on with an interrupted one: call before the first write. WAS_CLEAN: the
 * volume's dirty flag is off. Empties $LogFile.
 */
int journal_begin(struct journal *j, bool was_clean);

/* True when so much was changed that journal_commit() should come before the next operation. */
bool journal_wants_commit(const struct journal *j);

/*
 * What was written so far is one consistent change of the volume: it is on the medium when this
 * returns 0. When it fails, the volume is in the state of an earlier commit or waits for its
 * replay, and nothing more is written.
 */
int journal_commit(struct journal *j);

/* Forgets what was written since the last commit. */
void journal_discard(struct journal *j);

/* Ends the session: nothing may have been written since the last commit. $LogFile stays empty. */
int journal_end(struct journal *j);

#endif
