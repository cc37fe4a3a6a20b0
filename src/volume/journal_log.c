// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The redo log in the clusters of $LogFile (docs/adr/0011-journal.md). Blocks of 4 KiB at offset 0
 * and at every power of two stay 0xFF: there NTFS drivers look for restart pages, and find an empty
 * log. Of the others the first two hold a sector each, the session's mark and the transaction's
 * commit; the rest is the body. Whatever is read back is checked before it is believed.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "report/error.h"
#include "volume/journal_private.h"

#define BLOCK_SECTORS (4096 / SECTOR)
#define PIECE	      ((size_t)1 << 20)

#define MARK_BLOCK   3
#define COMMIT_BLOCK 5
#define BODY_BLOCK   6

#define MARK_MAGIC   "HFMARK01"
#define COMMIT_MAGIC "HFREDO01"

/* The session's mark and the commit, a sector each, little-endian; HASH is of all before it. */
struct mark {
	char magic[8];
	uint64_t serial, session;
	uint32_t was_clean; /* the volume's dirty flag was off */
	uint32_t emptying;  /* $LogFile is being emptied, nothing else has changed */
	uint8_t unused[SECTOR - 40];
	uint64_t hash;
};

struct commit {
	char magic[8];
	uint64_t serial, session, sequence;
	uint64_t count; /* sectors in the body */
	uint64_t body_hash;
	uint8_t unused[SECTOR - 56];
	uint64_t hash;
};

_Static_assert(sizeof(struct mark) == SECTOR && sizeof(struct commit) == SECTOR, "a sector each");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structures are used in place");

/* Powers of two below N, from 1 on. */
static size_t powers_below(size_t n)
{
	size_t count = 0;

	for (size_t p = 1; p < n; p *= 2)
		count++;
	return count;
}

static size_t blocks_of(const struct log *log)
{
	return log->place.count / BLOCK_SECTORS;
}

/* Sectors of the body that $LogFile has room for. */
static size_t body_sectors(const struct log *log)
{
	size_t blocks = blocks_of(log);

	if (blocks <= BODY_BLOCK + 2)
		return 0;
	/* 0, 1, 2, 4 and the two blocks of our own lie below BODY_BLOCK. */
	return (blocks - BODY_BLOCK - (powers_below(blocks) - powers_below(BODY_BLOCK))) *
	       BLOCK_SECTORS;
}

size_t log_table_size(uint64_t count)
{
	return (size_t)((count * sizeof(struct log_entry) + SECTOR - 1) / SECTOR * SECTOR);
}

uint64_t log_capacity(const struct log *log)
{
	size_t sectors = body_sectors(log);

	/* 32 entries of the table to a sector. */
	return sectors > 2 ? (uint64_t)(sectors - 1) * 32 / 33 : 0;
}

/* The number in $LogFile of body sector INDEX. */
static size_t body_sector(size_t index)
{
	size_t block = BODY_BLOCK + index / BLOCK_SECTORS;

	/* Every power of two on the way moves what follows by one. */
	for (size_t p = 8; p <= block; p *= 2)
		block++;
	return block * BLOCK_SECTORS + index % BLOCK_SECTORS;
}

/* How many of the N sectors from body sector INDEX on lie side by side on the volume. */
static size_t body_run(const struct log *log, size_t index, size_t n)
{
	uint64_t first = log->place.sectors[body_sector(index)];
	size_t run = 1;

	while (run < n && log->place.sectors[body_sector(index + run)] == first + run)
		run++;
	return run;
}

typedef int64_t (*transfer)(struct log *log, uint8_t *buf, size_t len, uint64_t offset);

static int64_t get(struct log *log, uint8_t *buf, size_t len, uint64_t offset)
{
	return log->under->ops->pread(log->under, buf, len, offset);
}

static int64_t put(struct log *log, uint8_t *buf, size_t len, uint64_t offset)
{
	return log->under->ops->pwrite(log->under, buf, len, offset);
}

/* Moves COUNT sectors between BUF and the body from sector INDEX on. */
static int move_body(struct log *log, transfer how, uint8_t *buf, size_t index, size_t count)
{
	if (count > body_sectors(log) || index > body_sectors(log) - count)
		return HF_ELIMIT;
	while (count) {
		size_t n = body_run(log, index, count);
		int64_t done =
			how(log, buf, n * SECTOR, log->place.sectors[body_sector(index)] * SECTOR);

		if (done != (int64_t)(n * SECTOR))
			return done < 0 ? (int)done : HF_EIO;
		buf += n * SECTOR;
		index += n;
		count -= n;
	}
	return 0;
}

static int move_sector(struct log *log, transfer how, size_t block, void *buf)
{
	int64_t done = how(log, buf, SECTOR, log->place.sectors[block * BLOCK_SECTORS] * SECTOR);

	return done == SECTOR ? 0 : done < 0 ? (int)done : HF_EIO;
}

static int flush(struct log *log)
{
	return log->under->ops->sync(log->under);
}

static bool is_empty(const uint8_t *data, size_t len)
{
	return data[0] == 0xff && !memcmp(data, data + 1, len - 1);
}

/* Reads the restart block BLOCK whole, sector by sector: small clusters may scatter it. */
static int read_block(struct log *log, size_t block, uint8_t *buf)
{
	for (size_t i = 0; i < BLOCK_SECTORS; i++) {
		uint64_t sector = log->place.sectors[block * BLOCK_SECTORS + i];
		int64_t done = get(log, buf + i * SECTOR, SECTOR, sector * SECTOR);

		if (done != SECTOR)
			return done < 0 ? (int)done : HF_EIO;
	}
	return 0;
}

/* Is there nothing where drivers look? *EMPTY; *RESTART: a restart page stands at the beginning. */
static int look_like_driver(struct log *log, bool *empty, bool *restart)
{
	uint8_t buf[BLOCK_SECTORS * SECTOR];
	int rc = 0;

	*empty = true;
	*restart = false;
	for (size_t block = 0; !rc && block < blocks_of(log); block = block ? block * 2 : 1) {
		rc = read_block(log, block, buf);
		if (!rc && !is_empty(buf, sizeof(buf)))
			*empty = false;
		/* Every sector of a page ends with the same number, or it was torn. */
		if (!rc && block == 0)
			*restart = !memcmp(buf, "RSTR", 4) &&
				   !memcmp(buf + SECTOR - 2, buf + sizeof(buf) - 2, 2);
	}
	return rc;
}

static bool mark_is_valid(const struct log *log, const struct mark *m)
{
	return !memcmp(m->magic, MARK_MAGIC, sizeof(m->magic)) &&
	       m->hash == journal_hash(0, m, offsetof(struct mark, hash)) &&
	       m->serial == log->place.serial;
}

static bool commit_is_valid(const struct log *log, const struct commit *c)
{
	return !memcmp(c->magic, COMMIT_MAGIC, sizeof(c->magic)) &&
	       c->hash == journal_hash(0, c, offsetof(struct commit, hash)) &&
	       c->serial == log->place.serial && c->session == log->session && c->count &&
	       c->count <= log_capacity(log);
}

static int by_sector(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Ascending, inside the volume, and nowhere in the log itself? */
static bool table_is_sound(struct log *log, const struct log_entry *table, uint64_t count)
{
	uint64_t sectors = log->under->size / SECTOR, *own;
	bool sound = true;

	own = malloc(log->place.count * sizeof(*own));
	if (!own)
		return false;
	memcpy(own, log->place.sectors, log->place.count * sizeof(*own));
	qsort(own, log->place.count, sizeof(*own), by_sector);
	for (uint64_t i = 0; sound && i < count; i++)
		sound = table[i].sector < sectors &&
			(!i || table[i].sector > table[i - 1].sector) &&
			!bsearch(&table[i].sector, own, log->place.count, sizeof(*own), by_sector);
	free(own);
	return sound;
}

/*
 * Is every sector on the volume the old or the new one? Otherwise somebody wrote in between, and
 * the transaction must not be applied. 1, 0, or an error of reading.
 */
static int fits_volume(struct log *log, const struct log_entry *table, const uint8_t *data,
		       uint64_t count)
{
	uint8_t *buf = malloc(PIECE);
	int rc = buf ? 1 : HF_ENOMEM;

	for (uint64_t i = 0, n; rc == 1 && i < count; i += n) {
		int64_t done;

		for (n = 1; i + n < count && n < PIECE / SECTOR &&
			    table[i + n].sector == table[i].sector + n;)
			n++;
		done = get(log, buf, (size_t)n * SECTOR, table[i].sector * SECTOR);
		if (done != (int64_t)(n * SECTOR))
			rc = done < 0 ? (int)done : HF_EIO;
		for (uint64_t k = 0; rc == 1 && k < n; k++) {
			const uint8_t *is = buf + k * SECTOR, *new = data + (i + k) * SECTOR;

			if (memcmp(is, new, SECTOR) &&
			    journal_hash(0, is, SECTOR) != table[i + k].old)
				rc = 0;
		}
	}
	free(buf);
	return rc;
}

/* As the body is hashed on its way out: piece by piece. */
static uint64_t hash_body(const uint8_t *data, size_t len)
{
	uint64_t hash = 0;

	for (size_t at = 0; at < len; at += PIECE)
		hash = journal_hash(hash, data + at, len - at < PIECE ? len - at : PIECE);
	return hash;
}

/* The body that commit C speaks of, when it is whole; *BODY stays NULL when it is not. */
static int read_body(struct log *log, const struct commit *c, uint8_t **body)
{
	size_t len = log_table_size(c->count) + (size_t)c->count * SECTOR;
	uint8_t *data = malloc(len);
	int rc = data ? move_body(log, get, data, 0, len / SECTOR) : HF_ENOMEM;

	if (!rc && hash_body(data, len) == c->body_hash) {
		*body = data;
		return 0;
	}
	free(data);
	return rc;
}

static int examine_commit(struct log *log, struct log_found *found)
{
	struct commit c;
	int rc = move_sector(log, get, COMMIT_BLOCK, &c);

	if (rc || !commit_is_valid(log, &c))
		return rc;
	log->sequence = c.sequence;
	log->used = (log_table_size(c.count) + (size_t)c.count * SECTOR) / SECTOR;
	rc = read_body(log, &c, &found->body);
	if (rc || !found->body)
		return rc;
	const struct log_entry *table = (const void *)found->body;
	int fits = table_is_sound(log, table, c.count)
			   ? fits_volume(log, table, found->body + log_table_size(c.count), c.count)
			   : 0;
	if (fits == 1) {
		found->count = c.count;
		found->transaction = true;
		return 0;
	}
	free(found->body);
	found->body = NULL;
	if (!fits)
		found->state = JOURNAL_STALE;
	return fits;
}

int log_examine(struct log *log, struct log_found *found)
{
	struct mark m;
	bool empty, restart;
	int rc;

	*found = (struct log_found){.state = JOURNAL_NONE};
	if (!log_capacity(log))
		return 0;
	rc = move_sector(log, get, MARK_BLOCK, &m);
	if (rc || !mark_is_valid(log, &m))
		return rc;
	rc = look_like_driver(log, &empty, &restart);
	if (rc)
		return rc;
	log->session = m.session;
	log->was_clean = m.was_clean;
	if (m.emptying) {
		/* With a whole restart page, emptying had not begun, or Windows was here since. */
		found->half_empty = !restart;
		return 0;
	}
	found->state = empty ? JOURNAL_INTERRUPTED : JOURNAL_STALE;
	return empty ? examine_commit(log, found) : 0;
}

static int write_mark(struct log *log, bool emptying)
{
	struct mark m = {.serial = log->place.serial,
			 .session = log->session,
			 .was_clean = log->was_clean,
			 .emptying = emptying};
	int rc;

	memcpy(m.magic, MARK_MAGIC, sizeof(m.magic));
	m.hash = journal_hash(0, &m, offsetof(struct mark, hash));
	rc = move_sector(log, put, MARK_BLOCK, &m);
	return rc ? rc : flush(log);
}

/* 0xFF over sectors FROM to TO of $LogFile but the mark, in large pieces. */
static int blank(struct log *log, size_t from, size_t to, bool mark_too)
{
	const uint64_t *place = log->place.sectors;
	uint8_t *buf = malloc(PIECE);
	int rc = buf ? 0 : HF_ENOMEM;

	if (buf)
		memset(buf, 0xff, PIECE);
	while (!rc && from < to) {
		size_t n = 1;
		int64_t done;

		if (from == (size_t)MARK_BLOCK * BLOCK_SECTORS && !mark_too) {
			from++;
			continue;
		}
		while (from + n < to && n < PIECE / SECTOR && place[from + n] == place[from] + n &&
		       from + n != (size_t)MARK_BLOCK * BLOCK_SECTORS)
			n++;
		done = put(log, buf, n * SECTOR, place[from] * SECTOR);
		if (done != (int64_t)(n * SECTOR))
			rc = done < 0 ? (int)done : HF_EIO;
		from += n;
	}
	free(buf);
	return rc;
}

int log_empty(struct log *log)
{
	int rc = write_mark(log, true);

	if (!rc)
		rc = blank(log, 0, log->place.count, false);
	return rc ? rc : flush(log);
}

int log_is_empty(struct log *log, bool *empty)
{
	bool restart;

	return look_like_driver(log, empty, &restart);
}

int log_mark_session(struct log *log)
{
	if (getrandom(&log->session, sizeof(log->session), 0) != (ssize_t)sizeof(log->session))
		return HF_EIO;
	log->sequence = 0;
	log->used = 0;
	return write_mark(log, false);
}

int log_erase(struct log *log)
{
	size_t used = log->used < body_sectors(log) ? log->used : body_sectors(log);
	size_t last = used ? body_sector(used - 1) + 1 : (size_t)BODY_BLOCK * BLOCK_SECTORS;
	int rc = blank(log, 0, last, true);

	log->used = 0;
	return rc ? rc : flush(log);
}

/* The body as it streams to the log, in pieces. */
struct stream {
	struct log *log;
	uint8_t *buf;
	size_t fill;  /* bytes */
	size_t index; /* body sector of BUF's beginning */
	uint64_t hash;
	int rc;
};

static void stream_out(struct stream *s)
{
	if (!s->rc && s->fill) {
		s->hash = journal_hash(s->hash, s->buf, s->fill);
		s->rc = move_body(s->log, put, s->buf, s->index, s->fill / SECTOR);
	}
	s->index += s->fill / SECTOR;
	s->fill = 0;
}

static void stream_add(struct stream *s, const void *data, size_t len)
{
	memcpy(s->buf + s->fill, data, len);
	s->fill += len;
	if (s->fill == PIECE)
		stream_out(s);
}

static void stream_table(struct stream *s, struct page *const *pages, size_t count)
{
	static const uint8_t zeros[SECTOR];
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		for (unsigned k = 0; k < PAGE_SECTORS; k++) {
			const struct log_entry e = {pages[i]->number * PAGE_SECTORS + k,
						    pages[i]->old[k]};

			if (!(pages[i]->dirty & (1u << k)))
				continue;
			stream_add(s, &e, sizeof(e));
			bytes += sizeof(e);
		}
	if (bytes % SECTOR)
		stream_add(s, zeros, SECTOR - bytes % SECTOR);
}

static void stream_data(struct stream *s, struct page *const *pages, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (unsigned k = 0; k < PAGE_SECTORS; k++)
			if (pages[i]->dirty & (1u << k))
				stream_add(s, pages[i]->data + (size_t)k * SECTOR, SECTOR);
}

int log_write(struct log *log, struct page *const *pages, size_t count)
{
	struct stream s = {.log = log, .buf = malloc(PIECE)};
	struct commit c = {.serial = log->place.serial,
			   .session = log->session,
			   .sequence = log->sequence + 1};
	int rc;

	if (!s.buf)
		return HF_ENOMEM;
	for (size_t i = 0; i < count; i++)
		c.count += (uint64_t)__builtin_popcount(pages[i]->dirty);
	stream_table(&s, pages, count);
	stream_data(&s, pages, count);
	stream_out(&s);
	free(s.buf);
	rc = s.rc ? s.rc : flush(log);
	if (rc)
		return rc;
	memcpy(c.magic, COMMIT_MAGIC, sizeof(c.magic));
	c.body_hash = s.hash;
	c.hash = journal_hash(0, &c, offsetof(struct commit, hash));
	rc = move_sector(log, put, COMMIT_BLOCK, &c);
	if (!rc)
		rc = flush(log);
	if (!rc) {
		log->sequence++;
		log->used = s.index > log->used ? s.index : log->used;
	}
	return rc;
}
