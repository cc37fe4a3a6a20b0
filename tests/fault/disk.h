/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk in memory for the fault tests: commands run on it as on a file, it records what is written
 * between flushes, and can fail at the Nth call. A process that forks has a copy of its own.
 */
#ifndef HOLDFAST_TESTS_FAULT_DISK_H
#define HOLDFAST_TESTS_FAULT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_SECTOR 512

/* A sector written in the interval before flush number FLUSH. */
struct disk_write {
	uint64_t sector;
	uint32_t flush;
	uint8_t data[DISK_SECTOR];
};

/* What one command wrote, in memory that its child process shares with the parent. */
struct disk_trace {
	size_t count, max;
	uint32_t flushes;
	bool overflow;
	struct disk_write writes[];
};

/* Reads the image PATH; every block_open_file() of it is this memory from now on. */
void disk_load(const char *path);
uint8_t *disk_data(void);
size_t disk_size(void);
/* Writes the memory back to PATH, sparse. */
void disk_save(const char *path);

/* A trace with room for MAX sectors, shared with children. */
struct disk_trace *disk_trace_new(size_t max);
/* Records into TRACE from now on; NULL: stops. */
void disk_record(struct disk_trace *trace);

/*
 * Puts what a cut in the interval before flush CUT leaves into memory. HOW: 0 nothing of that
 * interval arrived, 1 all, 2 all but one sector, 3 one sector alone, 4 the last ones did not, else
 * each by chance.
 */
void disk_cut(const struct disk_trace *trace, uint32_t cut, unsigned how, uint64_t *random);

/* From call number AT of writing (or reading) on, or only that one, EIO is returned; 0: never. */
void disk_fail_writes(uint64_t at, bool once);
void disk_fail_reads(uint64_t at, bool once);
/* Calls so far. */
uint64_t disk_writes(void);
uint64_t disk_reads(void);

uint64_t disk_random(uint64_t *state);

#endif
