/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compares the new Windows with a carried-out plan: every file that was restored is there under its
 * name and is the store's record, or equals it. Reads only; believes nothing that apply remembers
 * but the names it chose.
 */
#ifndef HOLDFAST_ENGINE_RESTORE_VERIFY_H
#define HOLDFAST_ENGINE_RESTORE_VERIFY_H

#include <stdint.h>

struct restore_run;

struct restore_check {
	uint64_t same_record, same_content, dirs; /* that check out */
	uint64_t missing, different;		  /* each told, the first 20 */
	uint64_t not_restored; /* by a rule, as a placeholder, or for an error of the run */
};

/* 0 when everything checks out, HF_ECORRUPT when not, or the error that stopped it. */
int restore_verify(struct restore_run *run, struct restore_check *check);

#endif
