/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names in one destination directory, read once: what is taken, by which object, and the next
 * free "Name(1).ext" (USMT specification 4.14, 12 row 10).
 */
#ifndef HOLDFAST_ENGINE_LISTING_H
#define HOLDFAST_ENGINE_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "volume/fs.h"

struct upcase;

struct listing_entry {
	const uint16_t *name;
	fs_ref ref;
	uint64_t size;
	uint32_t attributes;
	uint32_t owner;	 /* directory of the store that it was restored from, or UINT32_MAX */
	uint32_t next;	 /* in its chain */
	uint32_t number; /* the last N of "Name(N).ext" that was tried for this name */
	uint8_t name_len;
	bool gone;
};

/* Zero-initialise but for UPCASE; reuse through listing_clear(). */
struct listing {
	const struct upcase *upcase;
	struct listing_entry *entries;
	size_t count, cap;
	uint32_t *heads; /* chains by the hash of the upper-case name */
	size_t head_count;
	struct arena names;
};

/* Empties L. */
void listing_clear(struct listing *l);
void listing_free(struct listing *l);

/* Adds what directory DIR of FS holds. 0, HF_ENOMEM or a reading error. */
int listing_read(struct listing *l, struct fs *fs, fs_ref dir);

/* Adds one name (copied). 0 or HF_ENOMEM (logged). */
int listing_add(struct listing *l, const uint16_t *name, unsigned len, fs_ref ref, uint64_t size,
		uint32_t attributes, uint32_t owner);

/* The entry called exactly NAME, or NULL. Entries stay valid until the next is added. */
struct listing_entry *listing_exact(struct listing *l, const uint16_t *name, unsigned len);

/*
 * An entry whose name is NAME to Windows, or NULL. Those of OWNER are not meant: what stood side by
 * side in one directory of the store may do so again.
 */
struct listing_entry *listing_similar(struct listing *l, const uint16_t *name, unsigned len,
				      uint32_t owner);

/*
 * A name that REF has in the directory already, of the form that listing_free_name() makes of NAME
 * by PATTERN; NULL when there is none.
 */
struct listing_entry *listing_renamed(struct listing *l, const uint16_t *name, unsigned len,
				      const char *pattern, fs_ref ref);

/*
 * The first free name for NAME by PATTERN, in which <F> is the base name, <E> the extension and <N>
 * a number (NULL: "<F>(<N>).<E>"), into OUT (NAME_UNITS_MAX units); its length, or HF_ELIMIT when
 * the name would be too long, HF_EINVAL when PATTERN has no <N>.
 */
int listing_free_name(struct listing *l, const uint16_t *name, unsigned len, const char *pattern,
		      uint16_t *out);

#endif
