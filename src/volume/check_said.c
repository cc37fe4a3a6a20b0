// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A table of hashes with open addressing. The hash is keyed with a random number, so that no volume
 * can be made on which the table is slow.
 */
#include "volume/check_private.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t said_hash(uint64_t seed, uint64_t a, uint64_t b, const void *p, size_t len)
{
	const uint8_t *bytes = p;
	uint64_t h = mix(seed ^ a, UINT64_C(0x9e3779b97f4a7c15)) ^ len;

	h = mix(h ^ b, UINT64_C(0xd6e8feb86659fd93) ^ seed);
	while (len) {
		uint64_t word = 0;
		size_t n = len < 8 ? len : 8;

		memcpy(&word, bytes, n);
		h = mix(h ^ word, UINT64_C(0xa0761d6478bd642f) ^ (seed >> 1));
		h += UINT64_C(0xe7037ed1a0b428db);
		bytes += n;
		len -= n;
	}
	h = mix(h ^ seed, UINT64_C(0x8ebc6af09c88c6e3));
	return h ? h : 1;
}

static void put(struct said *s, uint64_t hash, uint32_t record, bool heard)
{
	size_t i = (size_t)(hash & (s->slots - 1));

	while (s->hashes[i])
		i = (i + 1) & (s->slots - 1);
	s->hashes[i] = hash;
	s->records[i] = record;
	if (heard)
		s->heard[i / 8] |= (uint8_t)(1 << i % 8);
}

static int grow(struct said *s)
{
	struct said old = *s, new = {.slots = old.slots ? old.slots * 2 : 1024, .count = old.count};
	size_t i;

	new.hashes = calloc(new.slots, sizeof(*new.hashes));
	new.records = calloc(new.slots, sizeof(*new.records));
	new.heard = calloc(new.slots / 8, 1);
	if (!new.hashes || !new.records || !new.heard) {
		said_free(&new);
		return HF_ENOMEM;
	}
	for (i = 0; i < old.slots; i++)
		if (old.hashes[i])
			put(&new, old.hashes[i], old.records[i], bit_get(old.heard, i));
	said_free(&old);
	*s = new;
	return 0;
}

int said_add(struct said *s, uint64_t hash, uint32_t record)
{
	if (s->count >= s->slots - s->slots / 4 && grow(s))
		return HF_ENOMEM;
	put(s, hash, record, false);
	s->count++;
	return 0;
}

int said_hear(struct said *s, uint64_t hash)
{
	bool again = false;
	size_t i;

	if (!s->slots)
		return SAID_NOT;
	for (i = (size_t)(hash & (s->slots - 1)); s->hashes[i]; i = (i + 1) & (s->slots - 1)) {
		if (s->hashes[i] != hash)
			continue;
		if (!bit_get(s->heard, i)) {
			s->heard[i / 8] |= (uint8_t)(1 << i % 8);
			return SAID_ONCE;
		}
		again = true;
	}
	return again ? SAID_AGAIN : SAID_NOT;
}

void said_free(struct said *s)
{
	free(s->hashes);
	free(s->records);
	free(s->heard);
	*s = (struct said){0};
}

uint64_t file_name_hash(const struct check *c, uint64_t ref, const struct file_name *fn)
{
	return said_hash(c->seed + fn->space, ref, fn->parent, fn->units, (size_t)fn->len * 2);
}

uint64_t extent_hash(const struct check *c, uint64_t base, uint64_t record, uint32_t type,
		     uint16_t instance, uint64_t lowest, const uint8_t *name, unsigned name_len)
{
	uint64_t h = said_hash(c->seed, base, record, name, (size_t)name_len * 2);

	return said_hash(h, lowest, (uint64_t)type << 16 | instance, "", 0);
}
