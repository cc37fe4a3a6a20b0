/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the journal*.c files share: the pages in memory and the log on the volume. */
#ifndef HOLDFAST_VOLUME_JOURNAL_PRIVATE_H
#define HOLDFAST_VOLUME_JOURNAL_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "volume/block.h"
#include "volume/journal.h"

#define SECTOR	     512
#define PAGE	     4096
#define PAGE_SECTORS (PAGE / SECTOR)

/* 4 KiB of the volume. */
struct page {
	uint64_t number;
	struct page *next;	    /* in its hash chain */
	uint64_t old[PAGE_SECTORS]; /* of dirty sectors: hash of what is on the medium */
	uint8_t dirty;		    /* one bit a sector */
	bool used;		    /* since the clock's hand was here */
	uint8_t data[PAGE];
};

/* journal_cache.c: pages by number. */
struct cache {
	struct page **heads; /* SLOTS chains */
	size_t slots;
	struct page **pages; /* COUNT of them, for the clock and for sorting */
	size_t count, cap, hand;
	size_t clean_max; /* clean pages kept */
	size_t dirty_pages, dirty_sectors;
};

/* The page or NULL. */
struct page *cache_find(const struct cache *c, uint64_t number);
/* A new page, its data not set; another clean one may go for it. NULL when out of memory. */
struct page *cache_add(struct cache *c, uint64_t number);
/* Marks MASK of PAGE as dirty, before its data changes: what is there is the medium's. */
void cache_dirty(struct cache *c, struct page *page, uint8_t mask);
/* Dirty pages in order of number into fresh memory; NULL when there is none to be had. */
struct page **cache_dirty_pages(const struct cache *c);
/* All dirty pages are on the medium now; or are forgotten. */
void cache_clean(struct cache *c);
void cache_forget_dirty(struct cache *c);
void cache_free(struct cache *c);

/* A 64-bit hash; SEED continues another one's. */
uint64_t journal_hash(uint64_t seed, const void *data, size_t len);

/* journal_logfile.c: which sectors of the volume belong to $LogFile, in its order. */
struct logfile {
	uint64_t *sectors; /* COUNT sector numbers; owned */
	size_t count;
	uint64_t serial; /* of the volume */
};

/* Reads the boot sector and MFT record 2. HF_ECORRUPT when they do not tell, HF_EIO, HF_ENOMEM. */
int logfile_find(struct block *under, struct logfile *out);
void logfile_free(struct logfile *lf);

/* journal_log.c: the log in those sectors. */
struct log {
	struct block *under;
	struct logfile place;
	uint64_t session;  /* random number of the session */
	uint64_t sequence; /* of the last transaction */
	bool was_clean;
	size_t used; /* body sectors to be emptied at the end of the session */
};

/* What log_examine() found. */
struct log_found {
	enum journal_state state;
	bool half_empty;  /* $LogFile was being emptied: finish that */
	bool transaction; /* one waits: COUNT, BODY */
	uint64_t count;	  /* sectors */
	uint8_t *body; /* table of struct log_entry, padded to sectors, then the sectors; owned */
};

/* Of the table, as on disk (little-endian). */
struct log_entry {
	uint64_t sector;
	uint64_t old; /* journal_hash() of the sector before */
};

/* Bytes of the table of COUNT entries. */
size_t log_table_size(uint64_t count);
/* Sectors that one transaction can hold. */
uint64_t log_capacity(const struct log *log);
/* Reads what is there; every byte of it is hostile. */
int log_examine(struct log *log, struct log_found *found);
/* Whether drivers find nothing where they look for restart pages. */
int log_is_empty(struct log *log, bool *empty);
/* Makes $LogFile all 0xFF, in an order that is recognised when cut. */
int log_empty(struct log *log);
/* The session's mark, on the medium. */
int log_mark_session(struct log *log);
/* Writes PAGES' dirty sectors as the next transaction and makes it valid. Flushed. */
int log_write(struct log *log, struct page *const *pages, size_t count);
/* Empties what the session used. */
int log_erase(struct log *log);

#endif
