// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transaction logs of registry hives: which ones fit, and what they change.
 */
#include "windows/hive_log.h"

#include <stdlib.h>
#include <string.h>

#include "report/error.h"
#include "windows/hive_check.h"

#define SECTOR	      512
#define BASE_PRIMARY  0x04
#define BASE_SECOND   0x08
#define BASE_TIME     0x0c
#define BASE_TYPE     0x1c
#define BASE_BINS     0x28
#define BASE_CLUSTER  0x2c
#define BASE_FLAGS    0x90
#define BASE_CHECKSUM 0x1fc
#define BIN_TIME      0x14
#define TYPE_OLD_2000 2
#define TYPE_OLD      1
#define TYPE_NEW      6

/* A log entry (HvLE): its head, and where in it things are. */
#define ENTRY_HEAD     40
#define ENTRY_SIZE     4
#define ENTRY_FLAGS    8
#define ENTRY_SEQUENCE 12
#define ENTRY_BINS     16
#define ENTRY_PAGES    20
#define ENTRY_HASH1    24
#define ENTRY_HASH2    32

#define LOGS_MAX 3

/* The hive that is being recovered. */
struct target {
	uint8_t *data; /* owned */
	size_t len;
	size_t bins_max; /* no log makes the hive longer: all new pages have to be in them */
};

/* A log with a sound base block. */
struct log {
	const uint8_t *data;
	size_t len;
	uint32_t sequence;
	uint64_t time;
	unsigned type;
};

static uint64_t u64(const uint8_t *p)
{
	return hive_u32(p) | (uint64_t)hive_u32(p + 4) << 32;
}

static uint32_t rotate(uint32_t v, unsigned bits)
{
	return v << bits | v >> (32 - bits);
}

static void marvin_mix(uint32_t *low, uint32_t *high)
{
	*high ^= *low;
	*low = rotate(*low, 20) + *high;
	*high = rotate(*high, 9) ^ *low;
	*low = rotate(*low, 27) + *high;
	*high = rotate(*high, 19);
}

/* Marvin32 with the seed that Windows uses for registry logs. */
static uint64_t marvin32(const uint8_t *p, size_t len)
{
	uint32_t low = 0x7a4e55c5, high = 0x82ef4d88, last = 0x80;

	for (; len >= 4; p += 4, len -= 4) {
		low += hive_u32(p);
		marvin_mix(&low, &high);
	}
	while (len > 0)
		last = last << 8 | p[--len];
	low += last;
	marvin_mix(&low, &high);
	marvin_mix(&low, &high);
	return low | (uint64_t)high << 32;
}

static bool base_is_sound(const uint8_t *base)
{
	return memcmp(base, "regf", 4) == 0 &&
	       hive_base_checksum(base) == hive_u32(base + BASE_CHECKSUM);
}

bool hive_log_needed(const uint8_t *data)
{
	return !base_is_sound(data) ||
	       hive_u32(data + BASE_PRIMARY) != hive_u32(data + BASE_SECOND);
}

bool hive_log_has_base(const struct hive_log *log)
{
	return log->len >= SECTOR && base_is_sound(log->data);
}

static bool open_log(const struct hive_log *file, struct log *out)
{
	const uint8_t *base = file->data;

	if (!hive_log_has_base(file) ||
	    hive_u32(base + BASE_PRIMARY) != hive_u32(base + BASE_SECOND))
		return false;
	out->data = base;
	out->len = file->len;
	out->sequence = hive_u32(base + BASE_PRIMARY);
	out->time = u64(base + BASE_TIME);
	out->type = hive_u32(base + BASE_TYPE);
	return out->type == TYPE_NEW || out->type == TYPE_OLD || out->type == TYPE_OLD_2000;
}

/* Makes the hive's bins BINS bytes long. HF_ELIMIT when that cannot be right, HF_ENOMEM. */
static int set_bins(struct target *t, size_t bins)
{
	size_t len = HIVE_BASE_BLOCK + bins;

	if (bins == 0 || bins % HIVE_BASE_BLOCK != 0 || bins > t->bins_max)
		return HF_ELIMIT;
	if (len > t->len) {
		uint8_t *more = realloc(t->data, len);

		if (!more)
			return HF_ENOMEM;
		memset(more + t->len, 0, len - t->len);
		t->data = more;
		t->len = len;
	}
	hive_put_u32(t->data + BASE_BINS, (uint32_t)bins);
	return 0;
}

/* Gives the hive the base block of LOG. */
static void recover_base(struct target *t, const struct log *log)
{
	memcpy(t->data, log->data, SECTOR);
	hive_put_u32(t->data + BASE_TYPE, 0);
	hive_put_u32(t->data + BASE_CHECKSUM, hive_base_checksum(t->data));
}

/* Marks the hive as written to its end, with SEQUENCE. */
static void finish(struct target *t, uint32_t sequence)
{
	hive_put_u32(t->data + BASE_PRIMARY, sequence);
	hive_put_u32(t->data + BASE_SECOND, sequence);
	hive_put_u32(t->data + BASE_CHECKSUM, hive_base_checksum(t->data));
}

/* True when the two hashes of the entry at AT are right; all of it is in the log then. */
static bool entry_is_sound(const struct log *log, size_t at)
{
	const uint8_t *e = log->data + at;
	size_t size;

	if (log->len - at < ENTRY_HEAD || memcmp(e, "HvLE", 4) != 0 ||
	    marvin32(e, ENTRY_HASH2) != u64(e + ENTRY_HASH2))
		return false;
	size = hive_u32(e + ENTRY_SIZE);
	return size >= ENTRY_HEAD && size % SECTOR == 0 && size <= log->len - at &&
	       marvin32(e + ENTRY_HEAD, size - ENTRY_HEAD) == u64(e + ENTRY_HASH1);
}

/* True when all pages of the sound entry E fit into it and into the hive it makes. */
static bool pages_fit(const uint8_t *e)
{
	size_t size = hive_u32(e + ENTRY_SIZE), bins = hive_u32(e + ENTRY_BINS);
	size_t pages = hive_u32(e + ENTRY_PAGES), room = size - ENTRY_HEAD;

	if (pages > room / 8)
		return false;
	room -= pages * 8;
	for (size_t i = 0; i < pages; i++) {
		size_t at = hive_u32(e + ENTRY_HEAD + i * 8);
		size_t n = hive_u32(e + ENTRY_HEAD + i * 8 + 4);

		if (at > bins || n > bins - at || n > room)
			return false;
		room -= n;
	}
	return true;
}

/* Applies the sound entry E. HF_ELIMIT: it makes no sense, nothing is changed; HF_ENOMEM. */
static int apply_entry(struct target *t, const uint8_t *e)
{
	size_t pages = hive_u32(e + ENTRY_PAGES);
	const uint8_t *from;
	uint32_t flags;
	int err;

	if (!pages_fit(e))
		return HF_ELIMIT;
	err = set_bins(t, hive_u32(e + ENTRY_BINS));
	if (err)
		return err;
	from = e + ENTRY_HEAD + pages * 8;
	for (size_t i = 0; i < pages; i++) {
		size_t at = hive_u32(e + ENTRY_HEAD + i * 8);
		size_t n = hive_u32(e + ENTRY_HEAD + i * 8 + 4);

		memcpy(t->data + HIVE_BASE_BLOCK + at, from, n);
		from += n;
	}
	flags = hive_u32(t->data + BASE_FLAGS) & ~UINT32_C(1);
	hive_put_u32(t->data + BASE_FLAGS, flags | (hive_u32(e + ENTRY_FLAGS) & 1));
	return 0;
}

/*
 * True when an entry newer than SEQUENCE follows at AT or later: then it is not the last one, torn
 * when the power went, that SEQUENCE lacks, but something between.
 */
static bool newer_entry(const struct log *log, size_t at, uint32_t sequence)
{
	for (; at < log->len && log->len - at >= ENTRY_HEAD; at += SECTOR) {
		const uint8_t *e = log->data + at;

		if (memcmp(e, "HvLE", 4) == 0 &&
		    (int32_t)(hive_u32(e + ENTRY_SEQUENCE) - sequence) > 0 &&
		    marvin32(e, ENTRY_HASH2) == u64(e + ENTRY_HASH2))
			return true;
	}
	return false;
}

/* Applies the entries of LOG from *SEQUENCE on, which is then the next one. */
static int replay_new(struct target *t, const struct log *log, uint32_t *sequence,
		      struct hive_replay *out)
{
	size_t at = SECTOR;

	while (at < log->len && entry_is_sound(log, at) &&
	       hive_u32(log->data + at + ENTRY_SEQUENCE) == *sequence) {
		int err = apply_entry(t, log->data + at);

		if (err == HF_ENOMEM)
			return err;
		if (err)
			break;
		at += hive_u32(log->data + at + ENTRY_SIZE);
		out->entries++;
		(*sequence)++;
	}
	if (newer_entry(log, at, *sequence))
		out->complete = false;
	return 0;
}

/* Applies the new logs among the COUNT at LOGS. SOUND: the hive's own base block is. */
static int replay_all_new(struct target *t, const struct log *logs, size_t count, bool sound,
			  struct hive_replay *out)
{
	const struct log *order[LOGS_MAX];
	uint32_t sequence = hive_u32(t->data + BASE_SECOND);
	size_t n = 0;
	int err = 0;

	for (size_t i = 0; i < count; i++) {
		size_t k = n;

		if (logs[i].type != TYPE_NEW ||
		    (sound && (int32_t)(logs[i].sequence - sequence) < 0))
			continue;
		for (; k > 0 && (int32_t)(order[k - 1]->sequence - logs[i].sequence) > 0; k--)
			order[k] = order[k - 1];
		order[k] = &logs[i];
		n++;
	}
	if (n == 0)
		return 0;
	if (!sound) { /* only the latest one fits its own base block */
		order[0] = order[n - 1];
		n = 1;
		recover_base(t, order[0]);
	}
	out->complete = true;
	for (size_t i = 0; i < n && !err; i++) {
		/* Each log goes on where the one before, or the hive, ends. */
		if (!sound)
			sequence = order[i]->sequence;
		if (order[i]->sequence != sequence)
			out->complete = false;
		else
			err = replay_new(t, order[i], &sequence, out);
	}
	if (out->entries > 0)
		finish(t, sequence);
	else
		out->complete = false;
	return err;
}

/* What is in an old log: where its bitmap and its pages begin, and how many bytes of bins it is
 * about. False when it is not complete. */
static bool old_layout(const struct log *log, size_t *bitmap, size_t *pages, size_t *bins)
{
	size_t factor = hive_u32(log->data + BASE_CLUSTER), sector, dirty = 0, bytes;

	if (factor == 0 || factor > 8)
		return false;
	sector = factor * SECTOR;
	*bins = hive_u32(log->data + BASE_BINS);
	*bitmap = sector + 4;
	bytes = (*bins / SECTOR + 7) / 8;
	*pages = (*bitmap + bytes + sector - 1) / sector * sector;
	if (*bins % HIVE_BASE_BLOCK != 0 || *pages > log->len ||
	    memcmp(log->data + sector, "DIRT", 4) != 0)
		return false;
	for (size_t i = 0; i < *bins / SECTOR; i++)
		dirty += log->data[*bitmap + i / 8] >> i % 8 & 1;
	return dirty > 0 && dirty <= (log->len - *pages) / SECTOR;
}

/* How many parts of the hive are lost; SIZE_MAX when all of it is. */
static size_t losses(const struct target *t)
{
	struct hive_layout layout;
	const char *why;
	int err = hive_check(t->data, t->len, &layout, &why);

	free(layout.cells);
	return err ? SIZE_MAX : layout.lost_bins;
}

/*
 * Applies the old log LOG to a copy, which takes the place of T's when it is not worse: before
 * Windows 8.1 nothing in a log tells that it was written to its end.
 */
static int replay_old(struct target *t, const struct log *log, struct hive_replay *out)
{
	struct target copy = *t;
	size_t bitmap, from, bins;
	int err;

	if (!old_layout(log, &bitmap, &from, &bins))
		return 0;
	copy.data = malloc(t->len);
	if (!copy.data)
		return HF_ENOMEM;
	memcpy(copy.data, t->data, t->len);
	recover_base(&copy, log);
	err = set_bins(&copy, bins);
	for (size_t i = 0; i < bins / SECTOR && !err; i++) {
		if (!(log->data[bitmap + i / 8] >> i % 8 & 1))
			continue;
		memcpy(copy.data + HIVE_BASE_BLOCK + i * SECTOR, log->data + from, SECTOR);
		from += SECTOR;
	}
	if (!err)
		finish(&copy, log->sequence + 1);
	if (err || losses(&copy) > losses(t)) {
		free(copy.data);
		return err == HF_ENOMEM ? err : 0;
	}
	free(t->data);
	*t = copy;
	out->entries = 1;
	out->complete = true;
	return 0;
}

/*
 * True when the old log LOG belongs to the hive: it is of the same write, or of a later one (which
 * holds all that is missing of the earlier ones).
 */
static bool old_log_fits(const struct target *t, const struct log *log, bool sound)
{
	uint64_t time = u64(sound ? t->data + BASE_TIME : t->data + HIVE_BASE_BLOCK + BIN_TIME);

	if (log->type == TYPE_NEW)
		return false;
	if (log->time == time)
		return true;
	return log->time > time &&
	       (!sound || (int32_t)(log->sequence - hive_u32(t->data + BASE_SECOND)) >= 0);
}

/* Applies the old log that fits best: the latest; of equally late ones the first. */
static int replay_all_old(struct target *t, const struct log *logs, size_t count, bool sound,
			  struct hive_replay *out)
{
	bool tried[LOGS_MAX] = {false};
	int err = 0;

	while (!err && !out->complete) {
		size_t best = count;

		for (size_t i = 0; i < count; i++)
			if (!tried[i] && old_log_fits(t, &logs[i], sound) &&
			    (best == count || logs[i].time > logs[best].time))
				best = i;
		if (best == count)
			break;
		tried[best] = true;
		err = replay_old(t, &logs[best], out);
	}
	return err;
}

int hive_log_replay(uint8_t **data, size_t *len, const struct hive_log *logs, size_t count,
		    struct hive_replay *out)
{
	struct target t = {*data, *len, *len & ~(size_t)(HIVE_BASE_BLOCK - 1)};
	struct log sound_logs[LOGS_MAX];
	size_t n = 0;
	bool sound;
	int err;

	memset(out, 0, sizeof(*out));
	out->complete = true;
	if (*len < 2 * (size_t)HIVE_BASE_BLOCK || !hive_log_needed(*data))
		return 0;
	out->complete = false;
	sound = base_is_sound(*data);
	for (size_t i = 0; i < count && n < LOGS_MAX; i++) {
		if (!open_log(&logs[i], &sound_logs[n]))
			continue;
		t.bins_max += logs[i].len;
		n++;
	}
	if (t.bins_max > HIVE_FILE_MAX - HIVE_BASE_BLOCK)
		t.bins_max = HIVE_FILE_MAX - HIVE_BASE_BLOCK;
	err = replay_all_new(&t, sound_logs, n, sound, out);
	if (!err && out->entries == 0)
		err = replay_all_old(&t, sound_logs, n, sound, out);
	*data = t.data;
	*len = t.len;
	return err;
}
