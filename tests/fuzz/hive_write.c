// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changing registry hives: a sound hive with patches of the input; whatever is accepted for
 * changing is changed as the rest of the input says, and must then pass its own check.
 */
#include "windows/hive_write.h"

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/hivegen.h"

#define KEYS_MAX 64

static uint8_t *base;
static size_t base_len;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct hivegen *g = hivegen_new();
	char name[32];

	(void)argc;
	(void)argv;
	log_set_quiet(true);
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "Software\\Key %d\\Sub", i);
		hivegen_key(g, name);
		hivegen_dword(g, "n", (uint32_t)i);
		hivegen_text(g, "Text", "some text");
	}
	base = hivegen_take(g, &base_len);
	return 0;
}

/* A key of the hive, chosen by the input. */
static hive_key choose(const struct hive_write *w, struct fuzz_input *in)
{
	const struct hive *h = hive_write_hive(w);
	hive_key key = hive_root(h), *keys;
	size_t count;

	for (int depth = fuzz_u8(in) % 5; depth > 0; depth--) {
		fuzz_assert(!hive_subkeys(h, key, &keys, &count));
		if (count > 0)
			key = keys[fuzz_u8(in) % count];
		free(keys);
	}
	return key;
}

/* True unless the change stopped half-way. */
static bool change(struct hive_write *w, struct fuzz_input *in)
{
	static const uint8_t zeros[40000], security[20] = {1, 0, 0, 0x80, 1};
	static const uint16_t sizes[] = {0, 4, 5, 100, 1000, 16344, 16345, 40000};
	hive_key key = choose(w, in), made;
	char *name = fuzz_text(in);
	int err = 0;

	switch (fuzz_u8(in) % 6) {
	case 0:
		err = hive_write_key(w, key, name, NULL, &made, NULL);
		break;
	case 1:
		err = hive_write_value(w, key, name, fuzz_u8(in), zeros, sizes[fuzz_u8(in) % 8]);
		break;
	case 2:
		err = hive_write_delete_value(w, key, name);
		break;
	case 3:
		err = hive_write_delete_key(w, key);
		break;
	case 4:
		err = hive_write_security(w, key, security, 16 + fuzz_u8(in) % 4);
		break;
	default:
		err = hive_write_class(w, key, zeros, fuzz_u8(in));
	}
	fuzz_assert(!err || err == HF_ENOENT || err == HF_EINVAL || err == HF_ELIMIT ||
		    err == HF_ECORRUPT);
	free(name);
	return err != HF_ELIMIT && err != HF_ECORRUPT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len}, patches;
	struct fuzz_patch done[FUZZ_PATCHES_MAX];
	struct fuzz_zone zones[] = {{0x1000, base_len - 0x1000}, {0x1000, 0x400}};
	uint8_t *copy = malloc(base_len);
	const uint8_t *bytes;
	struct hive_write *w;
	const char *why;
	bool whole = true;
	size_t n = fuzz_u8(&in) % 64, size;

	fuzz_assert(copy);
	memcpy(copy, base, base_len);
	patches = (struct fuzz_input){in.data, n < in.len ? n : in.len};
	in.data += patches.len;
	in.len -= patches.len;
	fuzz_patch(&patches, copy, zones, sizeof(zones) / sizeof(*zones), done);
	hivegen_checksum(copy);
	if (!hive_write_open_memory(copy, base_len, upcase_basic(), &w, &why)) {
		while (in.len > 0)
			whole = change(w, &in) && whole;
		fuzz_assert(!hive_write_bytes(w, &bytes, &size) || !whole);
		hive_write_close(w);
	}
	free(copy);
	return 0;
}
