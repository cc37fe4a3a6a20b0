// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registry hives: a sound hive with patches of the input (its checksum made right again), or the
 * input itself. Whatever opens is walked: lists, names, lookups and values must agree.
 */
#include "windows/hive.h"

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/hivegen.h"

#define KEYS_MAX 256

static uint8_t *base;
static size_t base_len;

static struct hivegen *sample(void)
{
	struct hivegen *g = hivegen_new();
	char name[32];

	hivegen_text(g, "", "default");
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "Software\\Key %d\\Sub", i);
		hivegen_key(g, name);
		hivegen_dword(g, "n", (uint32_t)i);
	}
	hivegen_key(g, "Software\\Key 3");
	hivegen_text(g, "Text", "C:\\Users\\ann");
	hivegen_expand(g, "Expand", "%SystemRoot%\\x");
	hivegen_raw(g, "Bytes", HIVE_BINARY, "0123456789abcdef", 16);
	hivegen_raw(g, "Short", HIVE_SZ, "a", 1);
	hivegen_raw(g, "Empty", HIVE_SZ, "", 0);
	hivegen_key(g, "\xc3\x84nderung\\\xe6\x97\xa5");
	hivegen_text(g, "\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac");
	return g;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	log_set_quiet(true);
	base = hivegen_take(sample(), &base_len);
	return 0;
}

struct value_ctx {
	const struct hive *hive;
	hive_key key;
};

static int check_value(void *ctx, const char *name)
{
	struct value_ctx *v = ctx;
	uint32_t type = 0, again = 0, number;
	uint8_t *bytes;
	size_t len;
	char *text;
	int rc, as_text, as_number;

	fuzz_assert(!hive_type_of(v->hive, v->key, name, &again));
	rc = hive_bytes(v->hive, v->key, name, &type, &bytes, &len);
	fuzz_assert(rc != HF_ENOENT && (rc != 0) == (bytes == NULL));
	as_text = hive_text(v->hive, v->key, name, &text);
	as_number = hive_dword(v->hive, v->key, name, &number);
	if (!rc) {
		fuzz_assert(type == again);
		fuzz_assert((as_number == 0) == (type == HIVE_DWORD && len >= 4));
		fuzz_assert(as_text || type == HIVE_SZ || type == HIVE_EXPAND_SZ);
		/* Every byte is there: ASan sees a length that lies. */
		for (size_t i = 0; i < len; i++)
			number += bytes[i];
	} else {
		fuzz_assert(as_text && as_number);
	}
	fuzz_assert((as_text == 0) == (text != NULL));
	free(text);
	free(bytes);
	return 0;
}

static void check_child(const struct hive *hive, hive_key key, hive_key child)
{
	char *name = hive_key_name(hive, child), *other;
	hive_key found;

	fuzz_assert(name);
	/* A damaged hive may have a separator in a name: such a key has no path. */
	if (*name && !strchr(name, '\\')) {
		fuzz_assert(!hive_find(hive, key, name, &found));
		other = hive_key_name(hive, found);
		fuzz_assert(other && !text_casecmp(upcase_basic(), name, other));
		free(other);
	}
	free(name);
}

static void walk(const struct hive *hive)
{
	hive_key queue[KEYS_MAX], found, *keys;
	size_t count = 1, n;

	queue[0] = hive_root(hive);
	for (size_t i = 0; i < count; i++) {
		struct value_ctx v = {hive, queue[i]};

		(void)hive_value_names(hive, queue[i], check_value, &v);
		if (hive_subkeys(hive, queue[i], &keys, &n)) {
			fuzz_assert(!keys);
			continue;
		}
		for (size_t k = 0; k < n; k++) {
			if (k < 32)
				check_child(hive, queue[i], keys[k]);
			if (count < KEYS_MAX)
				queue[count++] = keys[k];
		}
		free(keys);
	}
	(void)hive_find(hive, hive_root(hive), "software\\KEY 3\\Sub", &found);
	(void)hive_find(hive, hive_root(hive), "\xc3\xa4nderung\\\xe6\x97\xa5", &found);
}

static void open_and_walk(const uint8_t *data, size_t len)
{
	const char *why = NULL;
	struct hive *hive;
	int error = hive_open_memory(data, len, &hive, &why);

	fuzz_assert((error == 0) == (hive != NULL) && why && (error == 0) == !*why);
	if (!error)
		walk(hive);
	hive_close(hive);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	struct fuzz_patch done[FUZZ_PATCHES_MAX];
	/* The base block, and the bins by quarters. */
	size_t quarter = (base_len - 0x1000) / 4;
	struct fuzz_zone zones[] = {{0, 0x200},
				    {0x1000, quarter},
				    {0x1000, quarter},
				    {0x1000 + quarter, quarter},
				    {0x1000 + 2 * quarter, quarter},
				    {0x1000 + 3 * quarter, quarter}};
	uint8_t *copy;

	if (fuzz_u8(&in) % 8 == 0) {
		open_and_walk(in.data, in.len);
		return 0;
	}
	copy = malloc(base_len);
	fuzz_assert(copy);
	memcpy(copy, base, base_len);
	fuzz_patch(&in, copy, zones, sizeof(zones) / sizeof(*zones), done);
	hivegen_checksum(copy);
	open_and_walk(copy, base_len);
	free(copy);
	return 0;
}
