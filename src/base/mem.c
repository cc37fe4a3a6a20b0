// SPDX-License-Identifier: GPL-2.0-or-later
/* Growable strings, arrays and the arena. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/error.h"

#define ARENA_BLOCK (256 * 1024)
#define ARENA_ALIGN 16

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(ARENA_ALIGN) char data[];
};

static int str_reserve(struct str *s, size_t more)
{
	if (more > SIZE_MAX / 2 - s->len - 1)
		return HF_ENOMEM;
	size_t need = s->len + more + 1;
	if (need <= s->cap)
		return 0;
	size_t cap = s->cap ? s->cap : 64;
	while (cap < need)
		cap *= 2;
	char *data = realloc(s->data, cap);
	if (!data)
		return HF_ENOMEM;
	s->data = data;
	s->cap = cap;
	return 0;
}

int str_add(struct str *s, const char *bytes, size_t n)
{
	int ret = str_reserve(s, n);
	if (ret)
		return ret;
	if (n)
		memcpy(s->data + s->len, bytes, n);
	s->len += n;
	s->data[s->len] = '\0';
	return 0;
}

int str_adds(struct str *s, const char *text)
{
	return str_add(s, text, strlen(text));
}

int str_addc(struct str *s, char c)
{
	return str_add(s, &c, 1);
}

int str_addf(struct str *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		return HF_ENOMEM;
	int ret = str_reserve(s, (size_t)n);
	if (ret)
		return ret;
	va_start(args, format);
	vsnprintf(s->data + s->len, (size_t)n + 1, format, args);
	va_end(args);
	s->len += (size_t)n;
	return 0;
}

void str_truncate(struct str *s, size_t len)
{
	if (len < s->len) {
		s->len = len;
		s->data[len] = '\0';
	}
}

void str_free(struct str *s)
{
	free(s->data);
	*s = (struct str){0};
}

char *str_take(struct str *s)
{
	char *data = s->data ? s->data : calloc(1, 1);
	*s = (struct str){0};
	return data;
}

int array_grow_(void **items, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return 0;
	size_t new_cap = *cap ? *cap * 2 : 16;
	if (new_cap > SIZE_MAX / 2 / size)
		return HF_ENOMEM;
	char *data = realloc(*items, new_cap * size);
	if (!data)
		return HF_ENOMEM;
	memset(data + *cap * size, 0, (new_cap - *cap) * size);
	*items = data;
	*cap = new_cap;
	return 0;
}

static struct arena_block *arena_block_new(struct arena *a, size_t n)
{
	size_t size = n > ARENA_BLOCK / 4 ? n : ARENA_BLOCK;
	struct arena_block *b = malloc(sizeof(*b) + size);
	if (!b)
		return NULL;
	b->used = 0;
	b->size = size;
	if (a->head && size == n) { /* a large one of its own: keep filling the current block */
		b->next = a->head->next;
		a->head->next = b;
	} else {
		b->next = a->head;
		a->head = b;
	}
	return b;
}

static void *arena_take(struct arena *a, size_t n, size_t align)
{
	if (n > SIZE_MAX / 4)
		return NULL;
	struct arena_block *b = a->head;
	size_t start = b ? (b->used + align - 1) & ~(align - 1) : 0;
	if (!b || start > b->size || b->size - start < n) {
		b = arena_block_new(a, n);
		if (!b)
			return NULL;
		start = 0;
	}
	b->used = start + n;
	a->used += n;
	return b->data + start;
}

void *arena_alloc(struct arena *a, size_t n)
{
	void *p = arena_take(a, n ? n : 1, ARENA_ALIGN);
	if (p)
		memset(p, 0, n);
	return p;
}

char *arena_strndup(struct arena *a, const char *bytes, size_t n)
{
	char *p = arena_take(a, n + 1, 1);
	if (p) {
		memcpy(p, bytes, n);
		p[n] = '\0';
	}
	return p;
}

char *arena_strdup(struct arena *a, const char *text)
{
	return arena_strndup(a, text, strlen(text));
}

void arena_free(struct arena *a)
{
	while (a->head) {
		struct arena_block *next = a->head->next;
		free(a->head);
		a->head = next;
	}
	a->used = 0;
}
