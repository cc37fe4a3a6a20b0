// SPDX-License-Identifier: GPL-2.0-or-later
/* The names in one destination directory. */
#include "engine/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"

#define NONE	     UINT32_MAX
#define NUMBER_MAX   9999999u
#define PATTERN_TEXT "<F>(<N>).<E>"

static uint32_t hash_name(const struct listing *l, const uint16_t *name, unsigned len)
{
	uint32_t h = UINT32_C(0x811c9dc5);

	for (unsigned i = 0; i < len; i++)
		h = (h ^ l->upcase->map[name[i]]) * UINT32_C(0x01000193);
	return h ^ h >> 15;
}

void listing_clear(struct listing *l)
{
	l->count = 0;
	if (l->head_count)
		memset(l->heads, 0xff, l->head_count * sizeof(*l->heads));
	arena_free(&l->names);
}

void listing_free(struct listing *l)
{
	free(l->entries);
	free(l->heads);
	arena_free(&l->names);
	*l = (struct listing){.upcase = l->upcase};
}

static void chain(struct listing *l, uint32_t index)
{
	struct listing_entry *e = &l->entries[index];
	uint32_t *head = &l->heads[hash_name(l, e->name, e->name_len) & (l->head_count - 1)];

	e->next = *head;
	*head = index;
}

static int grow(struct listing *l)
{
	size_t count = l->head_count ? l->head_count * 2 : 64;
	uint32_t *heads;

	if (l->count < l->head_count)
		return 0;
	heads = malloc(count * sizeof(*heads));
	if (!heads)
		return log_oom();
	memset(heads, 0xff, count * sizeof(*heads));
	free(l->heads);
	l->heads = heads;
	l->head_count = count;
	for (size_t i = 0; i < l->count; i++)
		chain(l, (uint32_t)i);
	return 0;
}

int listing_add(struct listing *l, const uint16_t *name, unsigned len, fs_ref ref, uint64_t size,
		uint32_t attributes, uint32_t owner)
{
	uint16_t *copy;

	if (l->count >= NONE - 1 || grow(l) || array_grow(&l->entries, l->count, &l->cap))
		return log_oom();
	copy = arena_alloc(&l->names, (size_t)len * sizeof(*copy) + 1);
	if (!copy)
		return log_oom();
	memcpy(copy, name, len * sizeof(*copy));
	l->entries[l->count] = (struct listing_entry){
		.name = copy,
		.name_len = (uint8_t)len,
		.ref = ref,
		.size = size,
		.attributes = attributes,
		.owner = owner,
	};
	chain(l, (uint32_t)l->count++);
	return 0;
}

static int read_entry(void *ctx, const struct fs_entry *e)
{
	return listing_add(ctx, e->name, e->name_len, e->ref, e->size, e->attributes, NONE);
}

int listing_read(struct listing *l, struct fs *fs, fs_ref dir)
{
	return fs_readdir(fs, dir, read_entry, l);
}

static uint32_t first(const struct listing *l, const uint16_t *name, unsigned len)
{
	return l->head_count ? l->heads[hash_name(l, name, len) & (l->head_count - 1)] : NONE;
}

struct listing_entry *listing_exact(struct listing *l, const uint16_t *name, unsigned len)
{
	for (uint32_t i = first(l, name, len); i != NONE; i = l->entries[i].next) {
		struct listing_entry *e = &l->entries[i];

		if (!e->gone && e->name_len == len && !memcmp(e->name, name, len * sizeof(*name)))
			return e;
	}
	return NULL;
}

struct listing_entry *listing_similar(struct listing *l, const uint16_t *name, unsigned len,
				      uint32_t owner)
{
	struct listing_entry *exact = listing_exact(l, name, len);

	if (exact)
		return exact;
	for (uint32_t i = first(l, name, len); i != NONE; i = l->entries[i].next) {
		struct listing_entry *e = &l->entries[i];

		if (!e->gone && (owner == NONE || e->owner != owner) &&
		    !utf16_casecmp(l->upcase, e->name, e->name_len, name, len))
			return e;
	}
	return NULL;
}

/* Where the extension of NAME begins (its dot), or LEN. A leading dot makes none. */
static unsigned base_length(const uint16_t *name, unsigned len)
{
	for (unsigned i = len; i > 1; i--)
		if (name[i - 1] == '.')
			return i - 1;
	return len;
}

/* The name that PATTERN makes of NAME with NUMBER, or HF_ELIMIT. */
static int make_name(const uint16_t *name, unsigned len, const char *pattern, unsigned number,
		     uint16_t *out)
{
	unsigned base = base_length(name, len), n = 0;
	unsigned ext = base < len ? base + 1 : len;
	char digits[16];

	snprintf(digits, sizeof(digits), "%u", number);
	for (const char *p = pattern; *p;) {
		const uint16_t *from = NULL;
		uint16_t unit[16];
		unsigned count = 0;

		if (!strncmp(p, "<F>", 3)) {
			from = name;
			count = base;
		} else if (!strncmp(p, "<E>", 3)) {
			from = name + ext;
			count = len - ext;
		} else if (!strncmp(p, "<N>", 3)) {
			for (; digits[count]; count++)
				unit[count] = (uint16_t)digits[count];
			from = unit;
		}
		if (!from) {
			size_t bytes = strcspn(p + 1, "<") + 1;
			int units = text_to_utf16(p, bytes, out + n, NAME_UNITS_MAX - n);

			if (units < 0)
				return HF_ELIMIT;
			n += (unsigned)units;
			p += bytes;
			continue;
		}
		if (count > NAME_UNITS_MAX - n)
			return HF_ELIMIT;
		memcpy(out + n, from, count * sizeof(*out));
		n += count;
		p += 3;
	}
	/* Windows opens no name that ends in a dot: a file without extension. */
	while (n > 1 && ext == len && out[n - 1] == '.')
		n--;
	return (int)n;
}

struct listing_entry *listing_renamed(struct listing *l, const uint16_t *name, unsigned len,
				      const char *pattern, fs_ref ref)
{
	uint16_t candidate[NAME_UNITS_MAX];
	struct listing_entry *e;

	pattern = pattern ? pattern : PATTERN_TEXT;
	if (!strstr(pattern, "<N>"))
		return NULL;
	for (unsigned number = 1; number < NUMBER_MAX; number++) {
		int n = make_name(name, len, pattern, number, candidate);

		e = n < 0 ? NULL : listing_similar(l, candidate, (unsigned)n, NONE);
		if (!e || e->ref == ref)
			return e;
	}
	return NULL;
}

int listing_free_name(struct listing *l, const uint16_t *name, unsigned len, const char *pattern,
		      uint16_t *out)
{
	struct listing_entry *taken = listing_similar(l, name, len, NONE);
	uint32_t index = taken ? (uint32_t)(taken - l->entries) : NONE;
	unsigned number = taken ? taken->number : 0;
	int n;

	pattern = pattern ? pattern : PATTERN_TEXT;
	if (!strstr(pattern, "<N>"))
		return HF_EINVAL;
	do {
		n = make_name(name, len, pattern, ++number, out);
		if (n < 0 || number >= NUMBER_MAX)
			return HF_ELIMIT;
	} while (listing_similar(l, out, (unsigned)n, NONE));
	if (index != NONE)
		l->entries[index].number = number;
	return n;
}
