/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the check_*.c files share. Nothing here knows libntfs-3g. On-disk layouts are given as
 * offsets where they are read; all values are little-endian and hostile.
 */
#ifndef HOLDFAST_VOLUME_CHECK_PRIVATE_H
#define HOLDFAST_VOLUME_CHECK_PRIVATE_H

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "volume/block.h"
#include "volume/check.h"

#define SECTOR 512

/* MFT records of NTFS's own files. */
enum {
	MFT_MFT = 0,
	MFT_MIRROR = 1,
	MFT_LOGFILE = 2,
	MFT_VOLUME = 3,
	MFT_ROOT = 5,
	MFT_BITMAP = 6,
	MFT_BOOT = 7,
	MFT_BADCLUS = 8,
	MFT_SECURE = 9,
	MFT_UPCASE = 10,
	MFT_EXTEND = 11,
	MFT_NAMED = 12,	     /* below: have a name in the root */
	MFT_FIRST_USER = 24, /* below: reserved */
};

enum attr_type {
	AT_STANDARD = 0x10,
	AT_LIST = 0x20,
	AT_FILE_NAME = 0x30,
	AT_SECURITY = 0x50,
	AT_VOLUME_INFO = 0x70,
	AT_DATA = 0x80,
	AT_INDEX_ROOT = 0x90,
	AT_INDEX_ALLOCATION = 0xa0,
	AT_BITMAP = 0xb0,
	AT_REPARSE = 0xc0,
	AT_END = -1,
};

#define ATTR_COMPRESSED 0x00ff
#define ATTR_SPARSE	0x8000

#define REF_RECORD(ref)	  ((ref)&UINT64_C(0xffffffffffff))
#define REF_SEQUENCE(ref) ((uint16_t)((ref) >> 48))

static inline uint16_t le16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}
static inline uint32_t le32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}
static inline uint64_t le64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* LEN clusters from LCN on (RUN_HOLE: none on disk) that hold an attribute from VCN on. */
struct run {
	uint64_t vcn, lcn, len;
};
#define RUN_HOLE UINT64_MAX

struct runs {
	struct run *items; /* owned */
	size_t count, cap;
};

/* An attribute in a record, checked to lie inside it; pointers into the record. */
struct attr {
	const uint8_t *at; /* its header */
	uint32_t len;
	uint32_t type;
	uint16_t flags, instance;
	bool nonresident;
	const uint8_t *name; /* UTF-16 */
	unsigned name_len;   /* units */
	const uint8_t *value;
	uint32_t value_len;	  /* resident: the value */
	uint64_t lowest, highest; /* VCNs of this extent; HIGHEST is LOWEST - 1 when empty */
	const uint8_t *pairs;	  /* mapping pairs */
	uint32_t pairs_len;
	uint64_t allocated, size, initialized, compressed; /* of the first extent, bytes */
};

/* What is kept of a record; zero for one that is not in use. */
struct check_rec {
	uint32_t parent;   /* record of the first name's directory; an extension's base */
	uint32_t security; /* id, 0 none; an extension's: the sequence number its base must have */
	uint16_t sequence;
	uint16_t links; /* as the record says */
	uint16_t names; /* FILE_NAMEs found, in extensions too */
	uint16_t flags;
};

enum {
	REC_IN_USE = 1,
	REC_DIRECTORY = 2,
	REC_EXTENSION = 4,
	REC_VIEW = 8,	      /* has an index that is no directory's */
	REC_LIST = 16,	      /* has an attribute list */
	REC_BROKEN = 32,      /* said so already: nothing more can be said of it */
	REC_INDEX = 64,	      /* has a directory's index root */
	REC_DATA = 128,	      /* has unnamed data */
	REC_STANDARD = 256,   /* has standard information */
	REC_REACHED = 512,    /* a directory that leads to the root */
	REC_UNREACHED = 1024, /* one that does not */
	REC_ON_PATH = 2048,   /* while its way up is followed */
	REC_LONG_NAME = 4096, /* first name is not a DOS name */
};

/*
 * A multiset of 64-bit hashes with the record each came from: what was said on one side (records)
 * and has to be said on the other (indexes, attribute lists).
 */
struct said {
	uint64_t *hashes; /* 0: empty slot */
	uint32_t *records;
	uint8_t *heard; /* bits */
	size_t count, slots;
};

/* Clusters or sectors that somebody has to be named for. */
struct range {
	uint64_t first, len;
};

struct check {
	struct block *block;
	const struct check_options *opt;
	struct check_result *res;
	int stop;     /* an error that ends the check */
	bool telling; /* the path of a finding is being looked for */

	uint32_t cluster_size, record_size; /* bytes */
	uint64_t clusters, sectors;
	uint64_t mft_lcn, mirror_lcn;
	uint8_t boot[SECTOR];

	struct runs mft;
	uint64_t records;	/* in the MFT's initialised part */
	uint8_t *mft_bitmap;	/* RECORDS bits, or NULL when it cannot be read */
	struct check_rec *recs; /* RECORDS of them */
	uint8_t *window;	/* a piece of the MFT, fixups undone */
	uint8_t *window_state;	/* for each record in it: enum record_state */
	uint64_t window_first, window_count;

	uint64_t seed;
	struct said names, extents;
	uint64_t *used; /* cluster bitmap as the runs tell it */
	uint64_t shared_clusters;
	struct range *shared; /* clusters with two owners */
	size_t shared_count, shared_cap;
	struct range *bad; /* clusters that --surface could not read */
	size_t bad_count, bad_cap;
	struct runs scratch;
	struct upcase upcase;
	uint32_t *security_ids; /* ascending */
	size_t security_count, security_cap;
	bool security_known;
	uint64_t hiberfil; /* its reference, 0 none */
};

enum record_state {
	RECORD_GOOD,
	RECORD_EMPTY,	   /* never used: no magic */
	RECORD_TORN,	   /* fixups do not match */
	RECORD_UNREADABLE, /* the disk did not give it */
	RECORD_BAD,	   /* not the header of a record */
};

/* Where a finding is; -1 for what does not apply. */
struct at {
	int64_t record, cluster, sector;
};
#define AT_RECORD(no)  ((struct at){(int64_t)(no), -1, -1})
#define AT_CLUSTER(no) ((struct at){-1, (int64_t)(no), -1})
#define AT_NOWHERE     ((struct at){-1, -1, -1})

/* check_report.c: counts and tells a finding. */
void found(struct check *c, enum check_kind kind, struct at at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* False when the check is to end; tells how far it is. */
bool check_goes_on(struct check *c, const char *phase, uint64_t done, uint64_t total);
/* UTF-16 as on disk (LEN units) as text fit for messages, into OUT of NAME_WTF8_MAX bytes. */
const char *name_text(const uint8_t *units, unsigned len, char *out);
/* The path of record NO as "\a\b"; false when it has none. */
bool record_path(struct check *c, uint64_t no, struct str *path);

/* check_io.c */

/*
 * Reads LEN bytes at OFFSET. What the disk does not give is zeroed, told with its sector (RECORD:
 * whose it is, -1 nobody's; WHAT: its part) and makes the result false.
 */
bool vol_read(struct check *c, void *buf, size_t len, uint64_t offset, int64_t record,
	      const char *what);
/* Undoes the fixups of a record or index block of LEN bytes; false when one does not match. */
bool fixups_undo(uint8_t *block, size_t len);
/* The state of the record in BUF (c->record_size bytes), whose fixups it undoes. */
enum record_state record_prepare(struct check *c, uint8_t *buf);
/* Record NO, in BUF. */
enum record_state record_read(struct check *c, uint64_t no, uint8_t *buf);
/* Record NO in the window, which moves when needed; valid until the next call. */
const uint8_t *record_window(struct check *c, uint64_t no, enum record_state *state);

/* check_attr.c */

#define RECORD_BASE(rec)     le64((rec) + 32)
#define RECORD_FLAGS(rec)    le16((rec) + 22)
#define RECORD_SEQUENCE(rec) le16((rec) + 16)
#define RECORD_LINKS(rec)    le16((rec) + 18)

/*
 * The next attribute of REC (SIZE bytes) at *POS (0: the first). 1: OUT is set, 0: no more,
 * -1: the rest cannot be read, and *WHY says in words why.
 */
int attr_next(const uint8_t *rec, size_t size, size_t *pos, struct attr *out, const char **why);
bool attr_is(const struct attr *a, uint32_t type, const char *name);
/*
 * Appends the runs of A. 0, HF_ENOMEM, or HF_ECORRUPT with *WHY. CLUSTERS: the volume's.
 */
int runs_decode(const struct attr *a, uint64_t clusters, struct runs *out, const char **why);
void runs_free(struct runs *runs);

/* A base record with its extensions: copies, so that streams can be put together. */
struct file {
	uint64_t no;
	uint64_t *record_no; /* COUNT; [0] is the base */
	uint8_t *records;    /* COUNT of record_size bytes */
	size_t count, cap;
	size_t no_cap;
	uint8_t *list; /* the attribute list, NULL none */
	size_t list_len;
	const char *why; /* when file_load() says HF_ECORRUPT */
};

/* 0, HF_ENOMEM, or HF_ECORRUPT with f->why (what could be loaded is there). Free in any case. */
int file_load(struct check *c, uint64_t no, struct file *f);
void file_free(struct file *f);

/* The value of one attribute, wherever it lies. */
struct stream {
	int64_t record; /* whose, for messages */
	bool resident;
	const uint8_t *value; /* resident; in the file's records */
	uint64_t size, initialized, allocated, compressed;
	uint16_t flags;
	struct runs runs;
};

/*
 * Finds attribute TYPE with NAME (ASCII, "" none) and puts it together. 0, HF_ENOENT, HF_ENOMEM, or
 * HF_ECORRUPT with *WHY. Free with stream_free() when 0.
 */
int stream_open(struct check *c, const struct file *f, uint32_t type, const char *name,
		struct stream *s, const char **why);
void stream_free(struct stream *s);
/* Reads; false when something of it was not there or unreadable (zeros then). */
bool stream_read(struct check *c, const struct stream *s, void *buf, size_t len, uint64_t offset);
/* All of it, at most MAX bytes, into fresh memory; NULL when larger, out of memory or broken. */
uint8_t *stream_all(struct check *c, const struct stream *s, size_t max, size_t *len);

/* check_said.c */
int said_add(struct said *s, uint64_t hash, uint32_t record);
enum { SAID_NOT, SAID_ONCE, SAID_AGAIN };
/* Hears HASH: SAID_NOT when nobody said it, SAID_AGAIN when all who did were heard before. */
int said_hear(struct said *s, uint64_t hash);
void said_free(struct said *s);
/* Hash of LEN bytes at P and two numbers; never 0. */
uint64_t said_hash(uint64_t seed, uint64_t a, uint64_t b, const void *p, size_t len);

/* A FILE_NAME value, checked. */
struct file_name {
	uint64_t parent;
	uint32_t attributes;
	unsigned space; /* 0 POSIX, 1 Win32, 2 DOS, 3 both */
	unsigned len;	/* units */
	const uint8_t *units;
};
#define NAME_DOS 2
bool file_name_parse(const uint8_t *value, size_t len, struct file_name *out);
uint64_t file_name_hash(const struct check *c, uint64_t ref, const struct file_name *fn);
uint64_t extent_hash(const struct check *c, uint64_t base, uint64_t record, uint32_t type,
		     uint16_t instance, uint64_t lowest, const uint8_t *name, unsigned name_len);

/* check_index.c */
struct index_entry {
	const uint8_t *at; /* the entry */
	const uint8_t *key;
	unsigned key_len;
	const uint8_t *data; /* of view indexes; NULL none */
	unsigned data_len;
};
typedef void (*index_visit)(struct check *c, void *ctx, const struct index_entry *entry);
/*
 * Checks the index NAME ("$I30") of F and visits its entries in order. VIEW: entries carry data and
 * no file reference.
 */
void index_check(struct check *c, const struct file *f, const char *name, bool view,
		 index_visit visit, void *ctx);

/* check.c: a check before its first phase (NULL: out of memory), all of its phases, its end. */
struct check *check_new(struct block *block, const struct check_options *options,
			struct check_result *result);
int check_run(struct check *c);
void check_free(struct check *c);

/* The phases, in their order. */
int check_boot(struct check *c);     /* check_boot.c: 0 or what check_volume() returns */
int check_open_mft(struct check *c); /* check_mft.c: HF_ECORRUPT when nothing more can be said */
void check_mirror(struct check *c);
void check_upcase(struct check *c);	 /* check_system.c */
void check_records(struct check *c);	 /* check_records.c */
void check_directories(struct check *c); /* check_directories.c */
void check_lists(struct check *c);
void check_names(struct check *c);    /* check_names.c */
void check_security(struct check *c); /* check_security.c */
void check_clusters(struct check *c); /* check_clusters.c */
void check_surface(struct check *c);
void check_state(struct check *c); /* check_state.c */

/* check_clusters.c: the runs of record NO take clusters. */
void clusters_take(struct check *c, const struct runs *runs);

static inline bool bit_get(const uint8_t *map, uint64_t i)
{
	return map[i / 8] >> i % 8 & 1;
}
static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
