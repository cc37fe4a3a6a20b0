/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything a hive says, as text: hives that say the same are equal.
 */
#ifndef HOLDFAST_TESTS_HIVEDUMP_H
#define HOLDFAST_TESTS_HIVEDUMP_H

#include <stddef.h>
#include <stdint.h>

struct hive;

/*
 * A line for each key (path, class, security, last change) and value (name, type, data), in the
 * order of the hive; free it. TIMES: with the keys' times.
 */
char *hivedump(const struct hive *hive, int times);

/* A host file's bytes (free them), or NULL. */
uint8_t *hivedump_file(const char *path, size_t *len);

#endif
