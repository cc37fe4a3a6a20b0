/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growable strings and arrays, and an arena for many small things that live equally long. All
 * report failure to the caller; nothing here logs or exits.
 */
#ifndef HOLDFAST_BASE_MEM_H
#define HOLDFAST_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growable byte string, always terminated once anything was added. Zero-initialise. */
struct str {
	char *data; /* owned; NULL while empty */
	size_t len;
	size_t cap;
};

/* Add bytes, a string, one character, or formatted text. Return 0 or HF_ENOMEM (unchanged then). */
int str_add(struct str *s, const char *bytes, size_t n);
int str_adds(struct str *s, const char *text);
int str_addc(struct str *s, char c);
int str_addf(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Cuts S to LEN bytes (no longer than it is). */
void str_truncate(struct str *s, size_t len);
/* Frees and zeroes S. */
void str_free(struct str *s);
/* Hands the buffer to the caller ("" in fresh memory when empty; NULL when out of memory). */
char *str_take(struct str *s);

/*
 * Makes room for one more element in a growable array: *ITEMS holds COUNT of *CAP elements of SIZE
 * bytes. Returns 0 or HF_ENOMEM; new elements are zeroed. Use through array_grow().
 */
int array_grow_(void **items, size_t count, size_t *cap, size_t size);
#define array_grow(items, count, cap)                                                              \
	array_grow_((void **)(items), (count), (cap), sizeof(**(items)))

/* An arena: memory freed all at once. Zero-initialise. */
struct arena {
	struct arena_block *head;
	size_t used; /* bytes handed out so far */
};

/* N bytes aligned for any object, zeroed; NULL when out of memory. */
void *arena_alloc(struct arena *a, size_t n);
/* A copy of N bytes plus a terminating NUL, byte-aligned; NULL when out of memory. */
char *arena_strndup(struct arena *a, const char *bytes, size_t n);
char *arena_strdup(struct arena *a, const char *text);
void arena_free(struct arena *a);

#endif
