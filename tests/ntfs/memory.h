/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A volume in memory that records what is written to it and when it is flushed, so that a power cut
 * can be tried at any instant.
 */
#ifndef HOLDFAST_TESTS_NTFS_MEMORY_H
#define HOLDFAST_TESTS_NTFS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "volume/block.h"
#include "volume/journal_private.h"

/* A sector as it was written, in the interval before flush number FLUSH. */
struct written {
	uint64_t sector;
	unsigned flush;
	uint8_t data[SECTOR];
};

struct trace {
	struct written *items;
	size_t count, cap;
	unsigned flushes;
};

/* A block on DATA, which stays the caller's; what is written goes to TRACE too (NULL: does not). */
struct block *memory_block(uint8_t *data, size_t size, bool writable, struct trace *trace);

/* The first SIZE bytes of the file at PATH in fresh memory. */
uint8_t *memory_image(const char *path, size_t size);

/* The next of a series of numbers that is always the same. */
uint64_t memory_random(uint64_t *state);

/*
 * The volume as it is after a cut in the interval before flush CUT: of its sectors those arrived
 * that HOW says: 0 none, 1 all, 2 all but one, 3 one alone, else each by chance.
 */
uint8_t *memory_cut(const uint8_t *before, size_t size, const struct trace *t, unsigned cut,
		    unsigned how, uint64_t *random);

#endif
