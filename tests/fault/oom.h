/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocations that fail: malloc() and its kin of the whole program, libraries too. */
#ifndef HOLDFAST_TESTS_FAULT_OOM_H
#define HOLDFAST_TESTS_FAULT_OOM_H

#include <stdbool.h>
#include <stdint.h>

/* From allocation number AT on (from now), or only that one, there is no memory; 0: never. */
void oom_at(uint64_t at, bool once);
uint64_t oom_allocations(void);

#endif
