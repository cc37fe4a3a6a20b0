// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transaction logs of registry hives: a sound log of either format with patches of the input, its
 * checksums and hashes made right again, or the input itself, replayed on a dirty hive. What opens
 * is a tree that a walk without memory gets through.
 */
#include "fuzz/fuzz.h"
#include "report/log.h"
#include "unit/hivegen.h"
#include "windows/hive.h"

#define KEYS_MAX 100000

static uint8_t *before, *after;
static size_t before_len, after_len;
static struct hivelog new_log, old_log;

static void add_keys(struct hivegen *g, const char *under, int count)
{
	char name[64];

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s\\Key %d", under, i);
		hivegen_key(g, name);
		hivegen_dword(g, "n", (uint32_t)i);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct hivegen *g = hivegen_new();

	(void)argc;
	(void)argv;
	log_set_quiet(true);
	add_keys(g, "Before", 8);
	before = hivegen_take(g, &before_len);
	g = hivegen_open(before, before_len);
	add_keys(g, "After", 60);
	after = hivegen_take(g, &after_len);
	hivegen_set_sequence(before, 8, 7);
	hivelog_begin(&new_log, before, 6, 7, 1);
	hivelog_entry(&new_log, before, before_len, after, after_len, 7);
	hivelog_entry(&new_log, after, after_len, after, after_len, 8);
	hivelog_begin(&old_log, before, 1, 8, 1);
	hivelog_dirt(&old_log, before, before_len, after, after_len);
	return 0;
}

static void walk(const struct hive *hive)
{
	hive_key *stack = malloc(KEYS_MAX * sizeof(*stack)), *keys;
	size_t depth = 0, visited = 0, count, size, data = 0;
	hive_value *values;
	uint8_t *bytes;

	fuzz_assert(stack);
	stack[depth++] = hive_root(hive);
	while (depth > 0) {
		hive_key key = stack[--depth];

		fuzz_assert(++visited < KEYS_MAX);
		fuzz_assert(!hive_subkeys(hive, key, &keys, &count));
		fuzz_assert(depth + count < KEYS_MAX);
		memcpy(stack + depth, keys, count * sizeof(*keys));
		depth += count;
		free(keys);
		fuzz_assert(!hive_values(hive, key, &values, &count));
		for (size_t i = 0; i < count; i++) {
			if (hive_value_data(hive, values[i], &bytes, &size))
				continue;
			data += size;
			free(bytes);
		}
		free(values);
	}
	/* No data is there twice: all of it is not more than the hive. */
	fuzz_assert(data <= before_len + new_log.len + old_log.len);
	free(stack);
}

/* Patches a copy of LOG and makes its sums right. */
static uint8_t *patched(struct fuzz_input *in, const struct hivelog *log, bool hashes)
{
	struct fuzz_patch done[FUZZ_PATCHES_MAX];
	struct fuzz_zone zones[] = {{0, 0x200}, {0x200, 0x80}, {0x200, log->len - 0x200}};
	uint8_t *copy = malloc(log->len);

	fuzz_assert(copy);
	memcpy(copy, log->data, log->len);
	fuzz_patch(in, copy, zones, sizeof(zones) / sizeof(*zones), done);
	hivegen_checksum(copy);
	if (hashes) {
		memcpy(copy + 0x204, log->data + 0x204, 4);
		hivelog_hash(copy + 0x200);
	}
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	uint8_t kind = fuzz_u8(&in), *copy = NULL;
	struct hive_log log = {in.data, in.len};
	const char *why = NULL;
	struct hive *hive;
	int error;

	if (kind % 8 != 0) {
		const struct hivelog *base = kind % 2 ? &new_log : &old_log;

		copy = patched(&in, base, base == &new_log);
		log = (struct hive_log){copy, base->len};
	}
	error = hive_open_logged(before, before_len, &log, 1, &hive, &why);
	fuzz_assert((error == 0) == (hive != NULL));
	if (!error)
		walk(hive);
	hive_close(hive);
	free(copy);
	return 0;
}
