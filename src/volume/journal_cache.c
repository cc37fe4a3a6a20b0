// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal's pages in memory: a hash table, and a clock that lets clean pages go. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "volume/journal_private.h"

#define SLOTS_MIN 1024

/* Multiplies and folds word by word: every word's change changes the result. */
uint64_t journal_hash(uint64_t seed, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = seed ^ UINT64_C(0x5851f42d4c957f2d), word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	for (; len; p++, len--)
		h = (h ^ *p) * UINT64_C(0x9e3779b97f4a7c15);
	h ^= h >> 29;
	return h;
}

static size_t slot_of(const struct cache *c, uint64_t number)
{
	return (size_t)((number * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (c->slots - 1);
}

struct page *cache_find(const struct cache *c, uint64_t number)
{
	struct page *page = c->slots ? c->heads[slot_of(c, number)] : NULL;

	while (page && page->number != number)
		page = page->next;
	if (page)
		page->used = true;
	return page;
}

static void chain(struct cache *c, struct page *page)
{
	struct page **head = &c->heads[slot_of(c, page->number)];

	page->next = *head;
	*head = page;
}

static void unchain(struct cache *c, const struct page *page)
{
	struct page **at = &c->heads[slot_of(c, page->number)];

	while (*at != page)
		at = &(*at)->next;
	*at = page->next;
}

static int grow_table(struct cache *c)
{
	size_t slots = c->slots ? c->slots * 2 : SLOTS_MIN;
	struct page **heads = calloc(slots, sizeof(*heads));

	if (!heads)
		return -1;
	free(c->heads);
	c->heads = heads;
	c->slots = slots;
	for (size_t i = 0; i < c->count; i++)
		chain(c, c->pages[i]);
	return 0;
}

/* A clean page that was not used for a round, taken out of its chain; NULL when all are wanted. */
static struct page *let_go(struct cache *c)
{
	if (c->count - c->dirty_pages < c->clean_max)
		return NULL;
	for (size_t turns = 0; turns < 2 * c->count; turns++) {
		struct page *page = c->pages[c->hand];

		c->hand = (c->hand + 1) % c->count;
		if (page->dirty)
			continue;
		if (page->used) {
			page->used = false;
			continue;
		}
		unchain(c, page);
		return page;
	}
	return NULL;
}

struct page *cache_add(struct cache *c, uint64_t number)
{
	struct page *page = let_go(c);

	if (!page) {
		if (c->count >= c->slots && grow_table(c))
			return NULL;
		if (array_grow(&c->pages, c->count, &c->cap))
			return NULL;
		page = malloc(sizeof(*page));
		if (!page)
			return NULL;
		c->pages[c->count++] = page;
	}
	page->number = number;
	page->dirty = 0;
	page->used = true;
	chain(c, page);
	return page;
}

void cache_dirty(struct cache *c, struct page *page, uint8_t mask)
{
	if (!page->dirty && mask)
		c->dirty_pages++;
	for (unsigned i = 0; i < PAGE_SECTORS; i++) {
		if (!(mask & ~page->dirty & (1u << i)))
			continue;
		page->old[i] = journal_hash(0, page->data + (size_t)i * SECTOR, SECTOR);
		c->dirty_sectors++;
	}
	page->dirty |= mask;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = (*(struct page *const *)a)->number, y = (*(struct page *const *)b)->number;

	return x < y ? -1 : x > y;
}

struct page **cache_dirty_pages(const struct cache *c)
{
	struct page **out = malloc((c->dirty_pages + 1) * sizeof(*out));
	size_t n = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < c->count; i++)
		if (c->pages[i]->dirty)
			out[n++] = c->pages[i];
	qsort(out, n, sizeof(*out), by_number);
	return out;
}

void cache_clean(struct cache *c)
{
	for (size_t i = 0; i < c->count; i++)
		c->pages[i]->dirty = 0;
	c->dirty_pages = c->dirty_sectors = 0;
}

void cache_forget_dirty(struct cache *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++) {
		struct page *page = c->pages[i];

		if (!page->dirty) {
			c->pages[kept++] = page;
			continue;
		}
		unchain(c, page);
		free(page);
	}
	c->count = kept;
	c->hand = 0;
	c->dirty_pages = c->dirty_sectors = 0;
}

void cache_free(struct cache *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->pages[i]);
	free(c->pages);
	free(c->heads);
	*c = (struct cache){0};
}
