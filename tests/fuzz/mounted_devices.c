// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MountedDevices: a SYSTEM hive with values of the input. Each volume must get the letter of the
 * first value that names it, as a plain list says, and no letter is given twice.
 */
#include <strings.h>

#include "fuzz/fuzz.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/hivegen.h"
#include "windows/letters.h"

#define ENTRIES_MAX 16
#define PREFIX	    "\\DosDevices\\"

struct entry {
	char letter; /* 0: the value's name or data is not one for a volume */
	bool gpt;
	uint8_t id[16]; /* GUID, or signature and offset */
};

struct model {
	struct entry entries[ENTRIES_MAX];
	size_t count;
	bool named[128]; /* by first character of the name, in upper case */
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	log_set_quiet(true);
	return 0;
}

/* One value: how its name and its data are made, the letter, 16 bytes. */
static void add_entry(struct fuzz_input *in, struct hivegen *g, struct model *m)
{
	uint8_t how = fuzz_u8(in), first = fuzz_u8(in) & 0x7f, data[24] = {0};
	size_t len = how & 1 ? 24 : 12, id = how & 1 ? 8 : 0;
	struct entry e = {.letter = 0, .gpt = how & 1};
	char name[64];
	int upper = first >= 'a' && first <= 'z' ? first - 0x20 : first;

	memcpy(data, "DMIO:ID:", 8);
	for (size_t i = 0; i < len - id; i++)
		e.id[i] = data[id + i] = fuzz_u8(in);
	if (first < 0x20 || first == 0x7f || m->named[upper])
		return;
	m->named[upper] = true;
	snprintf(name, sizeof(name), "%s%c:%s", how & 2 ? "\\dosdevices\\" : PREFIX, first,
		 how & 0x40 && how & 0x80 ? "x" : "");
	if (how & 0x20 && how & 0x10)
		len -= 1 + (how >> 2 & 3);
	else if (upper >= 'A' && upper <= 'Z' && !(how & 0x40 && how & 0x80))
		e.letter = (char)upper;
	hivegen_raw(g, name, how & 4 ? 3 : 1, data, len);
	m->entries[m->count++] = e;
}

static uint32_t u32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static struct volume volume_of(const struct entry *e)
{
	struct volume v = {.device = (char *)(uintptr_t) "disk"};

	if (e->gpt) {
		memcpy(v.part_guid, e->id, 16);
	} else {
		v.mbr_signature = u32(e->id);
		v.start = u32(e->id + 4) | (uint64_t)u32(e->id + 8) << 32;
	}
	return v;
}

static bool all_zero(const uint8_t *p, size_t len)
{
	while (len && !*p)
		p++, len--;
	return !len;
}

/* The letter of volume number I by the list alone. */
static char expected(const struct model *m, size_t at)
{
	const struct entry *want = &m->entries[at];

	if (all_zero(want->id, want->gpt ? 16 : 4))
		return 0;
	for (size_t i = 0; i < m->count; i++) {
		const struct entry *e = &m->entries[i];

		if (e->letter && e->gpt == want->gpt &&
		    !memcmp(e->id, want->id, want->gpt ? 16 : 12))
			return e->letter;
	}
	return 0;
}

static void check_assignment(struct windows_install *install, struct volume *volumes, size_t count,
			     const uint8_t *given)
{
	struct machine_volume table[ENTRIES_MAX] = {0};
	struct machine m = {.volumes = table, .volume_count = count};
	bool taken[26] = {false};

	for (size_t i = 0; i < count; i++) {
		table[i].volume = &volumes[i];
		volumes[i].disk = given[i] & 1;
		/* Letters given by hand differ: --volume refuses two of one letter. */
		if (given[i] & 2)
			volumes[i].letter = (char)('C' + i);
	}
	install->volume = given[0] % count;
	install->letter = 'C';
	letters_assign(&m, install);
	fuzz_assert(table[install->volume].letter == install->letter);
	for (size_t i = 0; i < count; i++) {
		char letter = table[i].letter;

		fuzz_assert(!letter || (letter >= 'A' && letter <= 'Z' && !taken[letter - 'A']));
		if (letter)
			taken[letter - 'A'] = true;
		fuzz_assert(!volumes[i].letter || letter == volumes[i].letter ||
			    install->letter == volumes[i].letter);
	}
}

static void check(const struct model *m, struct windows_install *install, const uint8_t *given)
{
	struct volume volumes[ENTRIES_MAX];

	for (size_t i = 0; i < m->count; i++) {
		volumes[i] = volume_of(&m->entries[i]);
		fuzz_assert(letters_of_volume(install, &volumes[i]) == expected(m, i));
	}
	if (m->count)
		check_assignment(install, volumes, m->count, given);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	struct windows_install install = {0};
	struct hivegen *g = hivegen_new();
	uint8_t given[ENTRIES_MAX], *bytes;
	struct model m = {0};
	struct hive *hive;
	const char *why;
	size_t size;

	for (size_t i = 0; i < ENTRIES_MAX; i++)
		given[i] = fuzz_u8(&in);
	hivegen_key(g, "MountedDevices");
	while (in.len && m.count < ENTRIES_MAX)
		add_entry(&in, g, &m);
	bytes = hivegen_take(g, &size);
	fuzz_assert(!hive_open_memory(bytes, size, &hive, &why));
	fuzz_assert(!letters_read(hive, &install));
	hive_close(hive);
	free(bytes);
	check(&m, &install, given);
	free(install.mounted_devices);
	return 0;
}
