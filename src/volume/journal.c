// SPDX-License-Identifier: GPL-2.0-or-later
/* The journaled block: reading through pages in memory, committing them, and what is replayed. */
#include "volume/journal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/error.h"
#include "report/log.h"
#include "volume/journal_private.h"

#define PIECE ((size_t)1 << 20)

/* Larger reads are file data that is wanted once: they do not go through the pages. */
#define CACHED_READ_MAX ((size_t)64 << 10)

/* What follows is read along when reading is sequential. */
#define READ_AHEAD ((size_t)64 << 10)

struct journal {
	struct block base;
	struct block *under; /* owned */
	char *name;
	struct cache cache;
	struct log log;
	enum journal_state state;
	size_t memory; /* bytes of changes before a commit is wanted */
	bool without_log;
	bool in_session, failed;
	uint64_t next_page; /* where a sequential reader would go on */
	uint8_t *ahead;	    /* READ_AHEAD bytes */
};

struct journal_options journal_defaults = {.memory = JOURNAL_MEMORY};

static struct journal *journal_of(struct block *block)
{
	return (struct journal *)block;
}

/* Bytes of page NUMBER that the volume has. */
static size_t page_len(const struct journal *j, uint64_t number)
{
	uint64_t left = j->base.size - number * PAGE;

	return left < PAGE ? (size_t)left : PAGE;
}

/* Reads page NUMBER, and what follows when the last one asked for was the one before. */
static int load(struct journal *j, uint64_t number, struct page **out)
{
	size_t want = number == j->next_page ? READ_AHEAD : PAGE;
	uint64_t left = j->base.size - number * PAGE;
	struct page *page = NULL;
	int64_t done;

	if (want > left)
		want = (size_t)left;
	done = j->under->ops->pread(j->under, j->ahead, want, number * PAGE);
	/* A bad sector further on must not spoil this page. */
	if (done < 0 && want > PAGE) {
		want = page_len(j, number);
		done = j->under->ops->pread(j->under, j->ahead, want, number * PAGE);
	}
	if (done < (int64_t)page_len(j, number))
		return done < 0 ? (int)done : HF_EIO;
	j->next_page = number + ((uint64_t)done + PAGE - 1) / PAGE;
	/* Backwards, so that none goes for the one that is wanted. */
	for (uint64_t n = j->next_page; n-- > number;) {
		const uint8_t *from = j->ahead + (n - number) * PAGE;
		size_t len = page_len(j, n);

		if (n > number && cache_find(&j->cache, n))
			continue;
		page = cache_add(&j->cache, n);
		if (!page)
			continue;
		memcpy(page->data, from, len);
		memset(page->data + len, 0, PAGE - len);
		page->used = n == number;
	}
	*out = page;
	return page ? 0 : HF_ENOMEM;
}

static int get_page(struct journal *j, uint64_t number, struct page **out)
{
	*out = cache_find(&j->cache, number);
	return *out ? 0 : load(j, number, out);
}

/* A large read: from the medium, with what is only in memory laid over it. */
static int64_t read_directly(struct journal *j, uint8_t *buf, size_t len, uint64_t offset)
{
	int64_t done = j->under->ops->pread(j->under, buf, len, offset);
	uint64_t end = offset + (done > 0 ? (uint64_t)done : 0);

	if (done <= 0 || !j->cache.dirty_pages)
		return done;
	for (uint64_t n = offset / PAGE; n * PAGE < end; n++) {
		const struct page *page = cache_find(&j->cache, n);
		uint64_t from = n * PAGE < offset ? offset : n * PAGE;
		uint64_t to = (n + 1) * PAGE > end ? end : (n + 1) * PAGE;

		if (page)
			memcpy(buf + (from - offset), page->data + (from - n * PAGE),
			       (size_t)(to - from));
	}
	return done;
}

static int64_t journal_pread(struct block *block, void *buf, size_t len, uint64_t offset)
{
	struct journal *j = journal_of(block);
	size_t done = 0;

	if (offset >= block->size)
		return 0;
	if (len > block->size - offset)
		len = (size_t)(block->size - offset);
	if (len > CACHED_READ_MAX)
		return read_directly(j, buf, len, offset);
	while (done < len) {
		uint64_t at = offset + done;
		size_t in = (size_t)(at % PAGE),
		       n = PAGE - in < len - done ? PAGE - in : len - done;
		struct page *page;
		int rc = get_page(j, at / PAGE, &page);

		/* The sector that cannot be read may be another one of the page. */
		if (rc == HF_EIO && read_directly(j, (uint8_t *)buf + done, n, at) == (int64_t)n)
			rc = 0;
		else if (!rc)
			memcpy((uint8_t *)buf + done, page->data + in, n);
		if (rc)
			return rc;
		done += n;
	}
	return (int64_t)done;
}

/* The sectors of a page that LEN bytes from byte IN on touch. */
static uint8_t touched(size_t in, size_t len)
{
	unsigned first = (unsigned)(in / SECTOR), last = (unsigned)((in + len - 1) / SECTOR);

	return (uint8_t)((0xffu << first) & (0xffu >> (PAGE_SECTORS - 1 - last)));
}

/* Room for one page more in the transaction? A single change that is larger fails here. */
static int check_room(struct journal *j)
{
	if (j->without_log || j->cache.dirty_sectors + PAGE_SECTORS <= log_capacity(&j->log))
		return 0;
	log_error("Volume %s: one change is larger than the journal that fits into its $LogFile "
		  "(%" PRIu64 " kB). Enlarge it with \"chkdsk /L:65536\" in Windows.",
		  j->name, log_capacity(&j->log) / 2);
	return HF_ELIMIT;
}

static int64_t journal_pwrite(struct block *block, const void *buf, size_t len, uint64_t offset)
{
	struct journal *j = journal_of(block);
	size_t done = 0;

	if (!block->writable || !j->in_session)
		return HF_EREADONLY;
	if (j->failed)
		return HF_EIO;
	if (offset >= block->size)
		return 0;
	if (len > block->size - offset)
		len = (size_t)(block->size - offset);
	while (done < len) {
		uint64_t at = offset + done;
		size_t in = (size_t)(at % PAGE),
		       n = PAGE - in < len - done ? PAGE - in : len - done;
		struct page *page;
		int rc = check_room(j);

		if (!rc)
			rc = get_page(j, at / PAGE, &page);
		if (rc)
			return rc;
		cache_dirty(&j->cache, page, touched(in, n));
		memcpy(page->data + in, (const uint8_t *)buf + done, n);
		done += n;
	}
	return (int64_t)done;
}

/* The library flushes in the middle of its changes; only journal_commit() knows when they are
 * whole. */
static int journal_sync(struct block *block)
{
	(void)block;
	return 0;
}

static int journal_close(struct block *block)
{
	struct journal *j = journal_of(block);
	int rc = j->under->ops->close(j->under);

	cache_free(&j->cache);
	logfile_free(&j->log.place);
	free(j->ahead);
	free(j->name);
	free(j);
	return rc;
}

static const struct block_ops journal_ops = {
	.pread = journal_pread,
	.pwrite = journal_pwrite,
	.sync = journal_sync,
	.close = journal_close,
};

/* Neighbouring sectors on their way to the medium in one piece. */
struct piece {
	struct block *under;
	uint8_t *buf;
	uint64_t sector; /* of the beginning */
	size_t fill;	 /* bytes */
};

static int piece_out(struct piece *p)
{
	int64_t done =
		p->fill ? p->under->ops->pwrite(p->under, p->buf, p->fill, p->sector * SECTOR) : 0;
	int rc = done == (int64_t)p->fill ? 0 : done < 0 ? (int)done : HF_EIO;

	p->fill = 0;
	return rc;
}

static int piece_add(struct piece *p, uint64_t sector, const void *data)
{
	int rc = 0;

	if (p->fill == PIECE || sector != p->sector + p->fill / SECTOR)
		rc = piece_out(p);
	if (!p->fill)
		p->sector = sector;
	memcpy(p->buf + p->fill, data, SECTOR);
	p->fill += SECTOR;
	return rc;
}

/* The dirty sectors of PAGES in place, in order. */
static int put_pages(struct journal *j, struct page *const *pages, size_t count)
{
	struct piece p = {.under = j->under, .buf = malloc(PIECE)};
	int rc = p.buf ? 0 : HF_ENOMEM;

	for (size_t i = 0; !rc && i < count; i++)
		for (unsigned k = 0; !rc && k < PAGE_SECTORS; k++)
			if (pages[i]->dirty & (1u << k))
				rc = piece_add(&p, pages[i]->number * PAGE_SECTORS + k,
					       pages[i]->data + (size_t)k * SECTOR);
	if (!rc)
		rc = piece_out(&p);
	free(p.buf);
	return rc ? rc : j->under->ops->sync(j->under);
}

int journal_commit(struct journal *j)
{
	struct page **pages;
	int rc = 0;

	if (j->failed)
		return HF_EIO;
	if (!j->cache.dirty_pages)
		return 0;
	pages = cache_dirty_pages(&j->cache);
	if (!pages)
		return HF_ENOMEM;
	if (!j->without_log)
		rc = log_write(&j->log, pages, j->cache.dirty_pages);
	if (!rc)
		rc = put_pages(j, pages, j->cache.dirty_pages);
	free(pages);
	if (rc)
		j->failed = true;
	else
		cache_clean(&j->cache);
	return rc;
}

void journal_discard(struct journal *j)
{
	cache_forget_dirty(&j->cache);
}

bool journal_wants_commit(const struct journal *j)
{
	uint64_t sectors = j->cache.dirty_sectors;

	/* A quarter of the log is left to the operation that comes next. */
	return sectors * SECTOR >= j->memory ||
	       (!j->without_log && sectors >= log_capacity(&j->log) / 4 * 3);
}

int journal_begin(struct journal *j, bool was_clean)
{
	bool empty = true;
	int rc = 0;

	if (!j->base.writable)
		return HF_EREADONLY;
	if (j->in_session || j->without_log) {
		j->in_session = true;
		return 0;
	}
	if (!log_capacity(&j->log)) {
		log_error("Volume %s is not changed: its $LogFile is too small to keep a journal "
			  "in. Run \"chkdsk /L:65536\" on it in Windows.",
			  j->name);
		return HF_EUNSUPPORTED;
	}
	j->log.was_clean = was_clean;
	rc = log_is_empty(&j->log, &empty);
	if (!rc && !empty)
		rc = log_empty(&j->log);
	if (!rc)
		rc = log_mark_session(&j->log);
	j->in_session = !rc;
	j->failed = rc != 0;
	return rc;
}

int journal_end(struct journal *j)
{
	int rc = 0;

	if (!j->in_session)
		return 0;
	if (j->failed || j->cache.dirty_pages)
		return HF_EIO;
	if (!j->without_log)
		rc = log_erase(&j->log);
	j->in_session = false;
	j->state = JOURNAL_NONE;
	return rc;
}

/* Lays the waiting transaction over what is on the medium. */
static int see_through(struct journal *j, const struct log_found *found)
{
	const struct log_entry *table = (const void *)found->body;
	const uint8_t *data = found->body + log_table_size(found->count);

	for (uint64_t i = 0; i < found->count; i++, data += SECTOR) {
		unsigned k = (unsigned)(table[i].sector % PAGE_SECTORS);
		struct page *page;
		int rc = get_page(j, table[i].sector / PAGE_SECTORS, &page);

		if (rc)
			return rc;
		cache_dirty(&j->cache, page, (uint8_t)(1u << k));
		memcpy(page->data + (size_t)k * SECTOR, data, SECTOR);
	}
	return 0;
}

/* The transaction again in place. What is there already is written once more: it may not be
 * flushed.
 */
static int replay(struct journal *j, const struct log_found *found)
{
	struct page **pages = cache_dirty_pages(&j->cache);
	int rc = pages ? put_pages(j, pages, j->cache.dirty_pages) : HF_ENOMEM;

	free(pages);
	if (rc)
		return rc;
	cache_clean(&j->cache);
	log_status("Volume %s: a command was interrupted here; its last %" PRIu64
		   " kB of changes were replayed from the journal.",
		   j->name, found->count / 2);
	return 0;
}

static int take_up(struct journal *j, const struct log_found *found)
{
	int rc = 0;

	j->state = found->state;
	if (found->transaction)
		rc = see_through(j, found);
	if (rc || !j->base.writable)
		return rc;
	if (found->half_empty) {
		rc = log_empty(&j->log);
		return rc ? rc : log_erase(&j->log);
	}
	if (found->transaction)
		rc = replay(j, found);
	if (!rc && found->state == JOURNAL_INTERRUPTED) {
		j->in_session = true;
		j->log.used = SIZE_MAX; /* what earlier transactions used is not known */
	}
	return rc;
}

static int prepare(struct journal *j, const char *name)
{
	struct log_found found = {0};
	int rc;

	j->name = strdup(name);
	j->ahead = malloc(READ_AHEAD);
	if (!j->name || !j->ahead)
		return HF_ENOMEM;
	j->memory = journal_defaults.memory;
	j->without_log = journal_defaults.without_log;
	j->cache.clean_max = j->memory / PAGE;
	j->next_page = UINT64_MAX;
	rc = logfile_find(j->under, &j->log.place);
	if (rc || j->without_log)
		return rc;
	rc = log_examine(&j->log, &found);
	if (!rc)
		rc = take_up(j, &found);
	free(found.body);
	return rc;
}

int journal_open(struct block *under, const char *name, struct journal **out)
{
	struct journal *j = calloc(1, sizeof(*j));
	int rc;

	if (!j) {
		under->ops->close(under);
		return HF_ENOMEM;
	}
	j->base = (struct block){
		.ops = &journal_ops, .size = under->size, .writable = under->writable};
	j->under = j->log.under = under;
	rc = prepare(j, name);
	if (rc)
		journal_close(&j->base);
	else
		*out = j;
	return rc;
}

struct block *journal_block(struct journal *j)
{
	return &j->base;
}

enum journal_state journal_state(const struct journal *j)
{
	return j->state;
}

bool journal_was_clean(const struct journal *j)
{
	return j->log.was_clean;
}
