// SPDX-License-Identifier: GPL-2.0-or-later
/* A volume in memory, and what a power cut leaves of it. */
#include "ntfs/memory.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A volume in memory. */
struct memory {
	struct block base;
	uint8_t *data;
	struct trace *trace; /* NULL: not recorded */
};

static int64_t memory_pread(struct block *b, void *buf, size_t len, uint64_t offset)
{
	struct memory *m = (struct memory *)b;

	if (offset >= b->size)
		return 0;
	len = len > b->size - offset ? (size_t)(b->size - offset) : len;
	memcpy(buf, m->data + offset, len);
	return (int64_t)len;
}

static int64_t memory_pwrite(struct block *b, const void *buf, size_t len, uint64_t offset)
{
	struct memory *m = (struct memory *)b;

	CU_ASSERT_FATAL(offset % SECTOR == 0 && len % SECTOR == 0 && offset + len <= b->size);
	memcpy(m->data + offset, buf, len);
	for (size_t at = 0; m->trace && at < len; at += SECTOR) {
		struct trace *t = m->trace;

		CU_ASSERT_FATAL(!array_grow(&t->items, t->count, &t->cap));
		t->items[t->count].sector = (offset + at) / SECTOR;
		t->items[t->count].flush = t->flushes;
		memcpy(t->items[t->count++].data, (const uint8_t *)buf + at, SECTOR);
	}
	return (int64_t)len;
}

static int memory_sync(struct block *b)
{
	struct memory *m = (struct memory *)b;

	if (m->trace)
		m->trace->flushes++;
	return 0;
}

static int memory_close(struct block *b)
{
	free(b);
	return 0;
}

static const struct block_ops memory_ops = {memory_pread, memory_pwrite, memory_sync, memory_close};

struct block *memory_block(uint8_t *data, size_t size, bool writable, struct trace *trace)
{
	struct memory *m = calloc(1, sizeof(*m));

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	m->base = (struct block){&memory_ops, size, writable};
	m->data = data;
	m->trace = trace;
	return &m->base;
}

uint8_t *memory_image(const char *path, size_t size)
{
	uint8_t *data = malloc(size);
	FILE *f = fopen(path, "re");

	CU_ASSERT_FATAL(data && f && fread(data, 1, size, f) == size);
	fclose(f);
	return data;
}

uint64_t memory_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

uint8_t *memory_cut(const uint8_t *before, size_t size, const struct trace *t, unsigned cut,
		    unsigned how, uint64_t *random)
{
	uint8_t *data = malloc(size);
	size_t n = 0, chosen;

	for (size_t i = 0; i < t->count; i++)
		n += t->items[i].flush == cut;
	chosen = n ? memory_random(random) % n : 0;
	memcpy(data, before, size);
	for (size_t i = 0, k = 0; i < t->count && t->items[i].flush <= cut; i++) {
		bool arrives = true;

		if (t->items[i].flush == cut) {
			arrives = how == 0   ? false
				  : how == 1 ? true
				  : how == 2 ? k != chosen
				  : how == 3 ? k == chosen
					     : memory_random(random) & 1;
			k++;
		}
		if (arrives)
			memcpy(data + t->items[i].sector * SECTOR, t->items[i].data, SECTOR);
	}
	return data;
}
