// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transaction logs of hives for tests, written from the published format and sharing no code with
 * the engine's reader.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hivegen.h"

#define BINS_AT 4096
#define PAGE	4096

static uint32_t get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

void hivegen_set_sequence(uint8_t *data, uint32_t primary, uint32_t secondary)
{
	put32(data + 4, primary);
	put32(data + 8, secondary);
	hivegen_checksum(data);
}

/* LEN zero bytes more at the log's end. */
static uint8_t *more(struct hivelog *log, size_t len)
{
	log->data = realloc(log->data, log->len + len);
	if (!log->data)
		abort();
	memset(log->data + log->len, 0, len);
	log->len += len;
	return log->data + log->len - len;
}

void hivelog_begin(struct hivelog *log, const uint8_t *base, uint32_t type, uint32_t sequence,
		   unsigned cluster)
{
	uint8_t *sector = more(log, (size_t)cluster * 512);

	memcpy(sector, base, 512);
	put32(sector + 28, type);
	put32(sector + 44, cluster);
	hivegen_set_sequence(sector, sequence, sequence);
}

/* Is the page of SIZE bytes at AT (in the bins) of the two hives different? */
static int differs(const uint8_t *from, size_t from_len, const uint8_t *to, size_t at, size_t size)
{
	return BINS_AT + at + size > from_len ||
	       memcmp(from + BINS_AT + at, to + BINS_AT + at, size) != 0;
}

/* Marvin32 on 64 bits of state: the low half is fed, the block mixes both. */
static uint64_t hash(const uint8_t *p, size_t len)
{
	uint64_t state = UINT64_C(0x82ef4d887a4e55c5);
	uint8_t tail[8] = {0};
	size_t whole = len / 4, blocks = whole + 2;

	memcpy(tail, p + whole * 4, len % 4);
	tail[len % 4] = 0x80;
	for (size_t i = 0; i < blocks; i++) {
		uint32_t word = i < whole ? get32(p + i * 4) : get32(tail + (i - whole) * 4);
		uint32_t a = (uint32_t)state + word, b = (uint32_t)(state >> 32);

		b ^= a;
		a = (a << 20 | a >> 12) + b;
		b = (b << 9 | b >> 23) ^ a;
		a = (a << 27 | a >> 5) + b;
		b = b << 19 | b >> 13;
		state = (uint64_t)b << 32 | a;
	}
	return state;
}

void hivelog_hash(uint8_t *entry)
{
	put64(entry + 24, hash(entry + 40, get32(entry + 4) - 40));
	put64(entry + 32, hash(entry, 32));
}

void hivelog_entry(struct hivelog *log, const uint8_t *from, size_t from_len, const uint8_t *to,
		   size_t to_len, uint32_t sequence)
{
	size_t bins = to_len - BINS_AT, pages = 0, size, at;
	uint8_t *entry, *refs, *data;

	for (at = 0; at < bins; at += PAGE)
		pages += (size_t)differs(from, from_len, to, at, PAGE);
	size = (40 + pages * (8 + PAGE) + 511) / 512 * 512;
	entry = more(log, size);
	memcpy(entry, "HvLE", 4);
	put32(entry + 4, (uint32_t)size);
	put32(entry + 12, sequence);
	put32(entry + 16, (uint32_t)bins);
	put32(entry + 20, (uint32_t)pages);
	refs = entry + 40;
	data = refs + pages * 8;
	for (at = 0; at < bins; at += PAGE) {
		if (!differs(from, from_len, to, at, PAGE))
			continue;
		put32(refs, (uint32_t)at);
		put32(refs + 4, PAGE);
		memcpy(data, to + BINS_AT + at, PAGE);
		refs += 8;
		data += PAGE;
	}
	hivelog_hash(entry);
}

void hivelog_dirt(struct hivelog *log, const uint8_t *from, size_t from_len, const uint8_t *to,
		  size_t to_len)
{
	size_t bins = to_len - BINS_AT, sector = log->len, at;
	size_t vector = (4 + bins / 512 / 8 + sector - 1) / sector * sector;
	uint8_t *dirt = more(log, vector);

	put32(log->data + 40, (uint32_t)bins);
	hivegen_checksum(log->data);
	memcpy(dirt, "DIRT", 4);
	for (at = 0; at < bins; at += 512) {
		uint8_t *page;

		/* Windows marks whole pages of 4096 bytes. */
		if (!differs(from, from_len, to, at / PAGE * PAGE, PAGE))
			continue;
		log->data[sector + 4 + at / 512 / 8] |= (uint8_t)(1 << at / 512 % 8);
		page = more(log, 512);
		memcpy(page, to + BINS_AT + at, 512);
	}
}
