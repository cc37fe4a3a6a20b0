// SPDX-License-Identifier: GPL-2.0-or-later
/* The C library's allocator with a counter in front. */
#include "fault/oom.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static uint64_t allocations, fail_at;
static bool only_once;

void oom_at(uint64_t at, bool once)
{
	allocations = 0;
	fail_at = at;
	only_once = once;
}

uint64_t oom_allocations(void)
{
	return allocations;
}

static bool refused(void)
{
	allocations++;
	if (!fail_at || (only_once ? allocations != fail_at : allocations < fail_at))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return refused() ? NULL : __libc_realloc(old, size);
}
