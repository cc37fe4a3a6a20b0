// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MountedDevices and drive letters.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/hive_check.h"
#include "windows/letters.h"

#define VALUE_PREFIX "\\DosDevices\\"
#define GUID_PREFIX  "\\??\\Volume{"
#define GPT_PREFIX   "DMIO:ID:"
#define MBR_LEN	     12
#define GUID_LEN     16
#define GPT_LEN	     (sizeof(GPT_PREFIX) - 1 + GUID_LEN)
#define LETTERS	     26

/*
 * One entry of install->mounted_devices: letter or 0, kind ('G' or 'M'), 16 bytes of identity, and
 * when there is no letter the 16 bytes of the GUID that the volume is called by.
 */
#define ENTRY_LEN  (2 + GUID_LEN + GUID_LEN)
#define ENTRY_GUID (2 + GUID_LEN)

/* "6f1d1c40-0d5e-...}" to its 16 bytes, the first three groups little-endian. */
static bool guid_parse(const char *text, uint8_t guid[GUID_LEN])
{
	static const uint8_t order[GUID_LEN] = {3, 2, 1,  0,  5,  4,  7,  6,
						8, 9, 10, 11, 12, 13, 14, 15};

	for (size_t i = 0; i < GUID_LEN; i++) {
		unsigned value;

		if (i == 4 || i == 6 || i == 8 || i == 10)
			if (*text++ != '-')
				return false;
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
		    sscanf(text, "%2x", &value) != 1)
			return false;
		guid[order[i]] = (uint8_t)value;
		text += 2;
	}
	return *text == '}';
}

struct reading {
	const struct hive *hive;
	hive_key key;
	struct str entries;
};

/* What the value called NAME names: a letter or a GUID, into ENTRY. */
static bool read_name(const char *name, char entry[ENTRY_LEN])
{
	const char *letter = name + sizeof(VALUE_PREFIX) - 1;

	if (!strncasecmp(name, GUID_PREFIX, sizeof(GUID_PREFIX) - 1))
		return guid_parse(name + sizeof(GUID_PREFIX) - 1, (uint8_t *)entry + ENTRY_GUID);
	if (strncasecmp(name, VALUE_PREFIX, sizeof(VALUE_PREFIX) - 1) != 0 ||
	    !((letter[0] | 0x20) >= 'a' && (letter[0] | 0x20) <= 'z') ||
	    strcmp(letter + 1, ":") != 0)
		return false;
	entry[0] = (char)(letter[0] & ~0x20);
	return true;
}

static int read_entry(void *ctx, const char *name)
{
	struct reading *r = ctx;
	char entry[ENTRY_LEN] = {0};
	uint8_t *data;
	size_t len;
	int err;

	if (!read_name(name, entry))
		return 0;
	err = hive_bytes(r->hive, r->key, name, NULL, &data, &len);
	if (err)
		return err == HF_ENOMEM ? err : 0;
	if (len == MBR_LEN) {
		entry[1] = 'M';
		memcpy(entry + 2, data, MBR_LEN);
	} else if (len == GPT_LEN && memcmp(data, GPT_PREFIX, sizeof(GPT_PREFIX) - 1) == 0) {
		entry[1] = 'G';
		memcpy(entry + 2, data + sizeof(GPT_PREFIX) - 1, GUID_LEN);
	}
	free(data);
	return entry[1] ? str_add(&r->entries, entry, sizeof(entry)) : 0;
}

int letters_read(const struct hive *system, struct windows_install *install)
{
	struct reading r = {.hive = system};
	int err = hive_find(system, hive_root(system), "MountedDevices", &r.key);

	if (!err)
		err = hive_value_names(system, r.key, read_entry, &r);
	if (err == HF_ENOMEM) {
		str_free(&r.entries);
		return err;
	}
	install->mounted_devices_len = r.entries.len;
	install->mounted_devices = (uint8_t *)str_take(&r.entries);
	return install->mounted_devices ? 0 : HF_ENOMEM;
}

/* Does the ENTRY of mounted_devices mean VOLUME? */
static bool entry_fits(const uint8_t *entry, const struct volume *volume)
{
	static const uint8_t none[GUID_LEN];
	const uint8_t *id = entry + 2;
	uint64_t offset;

	if (entry[1] == 'G')
		return memcmp(volume->part_guid, none, GUID_LEN) != 0 &&
		       memcmp(volume->part_guid, id, GUID_LEN) == 0;
	offset = hive_u32(id + 4) | (uint64_t)hive_u32(id + 8) << 32;
	return volume->mbr_signature != 0 && volume->mbr_signature == hive_u32(id) &&
	       volume->start == offset;
}

char letters_of_volume(const struct windows_install *install, const struct volume *volume)
{
	for (size_t at = 0; at + ENTRY_LEN <= install->mounted_devices_len; at += ENTRY_LEN)
		if (install->mounted_devices[at] &&
		    entry_fits(install->mounted_devices + at, volume))
			return (char)install->mounted_devices[at];
	return 0;
}

bool letters_is_named(const struct windows_install *install, const uint8_t guid[GUID_LEN],
		      const struct volume *volume)
{
	for (size_t at = 0; at + ENTRY_LEN <= install->mounted_devices_len; at += ENTRY_LEN) {
		const uint8_t *entry = install->mounted_devices + at;

		if (!entry[0] && !memcmp(entry + ENTRY_GUID, guid, GUID_LEN))
			return entry_fits(entry, volume);
	}
	return !memcmp(volume->part_guid, guid, GUID_LEN);
}

/* The GUID in the junction DATA whose target is "\??\Volume{GUID}\" ([MS-FSCC] 2.1.2.5). */
static bool junction_guid(const uint8_t *data, size_t len, uint8_t guid[GUID_LEN])
{
	char text[sizeof(GUID_PREFIX) + 40] = "";
	size_t at, size;

	if (len < 16 || hive_u32(data) != FS_TAG_MOUNT_POINT)
		return false;
	at = 16 + (size_t)hive_u16(data + 8);
	size = hive_u16(data + 10) / 2;
	if (at + 2 * size > len)
		return false;
	/* Longer targets lead to a folder of the volume, not to its root. */
	if (size && hive_u16(data + at + 2 * (size - 1)) == '\\')
		size--;
	if (size >= sizeof(text))
		return false;
	for (size_t i = 0; i < size; i++) {
		unsigned unit = hive_u16(data + at + 2 * i);

		if (unit >= 0x80)
			return false;
		text[i] = (char)unit;
	}
	return !strncasecmp(text, GUID_PREFIX, sizeof(GUID_PREFIX) - 1) &&
	       guid_parse(text + sizeof(GUID_PREFIX) - 1, guid) && text[size - 1] == '}';
}

int machine_mounted_volume(const struct machine *m, const uint8_t *junction, size_t len,
			   struct machine_volume **out)
{
	uint8_t guid[GUID_LEN];

	*out = NULL;
	if (!m->chosen || !junction_guid(junction, len, guid))
		return HF_ENOENT;
	for (size_t i = 0; i < m->volume_count && !*out; i++)
		if (letters_is_named(m->chosen, guid, m->volumes[i].volume))
			*out = &m->volumes[i];
	return 0;
}

char letters_of_install(const struct machine *m, const struct windows_install *install)
{
	const struct volume *v = m->volumes[install->volume].volume;
	char letter = v->letter;

	if (!letter)
		letter = letters_of_volume(install, v);
	return letter ? letter : install->letter;
}

/* How strong volume I's claim to its letter is; higher wins. */
static int claim_of(const struct machine *m, const struct windows_install *install, size_t i)
{
	const struct volume *v = m->volumes[i].volume;

	if (i == install->volume)
		return 3;
	if (v->letter)
		return 2;
	return v->disk == m->volumes[install->volume].volume->disk ? 1 : 0;
}

void letters_assign(struct machine *m, struct windows_install *install)
{
	size_t owner[LETTERS];
	bool taken[LETTERS] = {false};

	install->letter = letters_of_install(m, install);
	for (size_t i = 0; i < m->volume_count; i++) {
		const struct volume *v = m->volumes[i].volume;
		char letter = v->letter ? v->letter : letters_of_volume(install, v);
		size_t slot, loser = i;

		m->volumes[i].letter = 0;
		if (i == install->volume)
			letter = install->letter;
		if (!letter)
			continue;
		slot = (size_t)(letter - 'A');
		if (!taken[slot] || claim_of(m, install, i) > claim_of(m, install, owner[slot])) {
			loser = taken[slot] ? owner[slot] : m->volume_count;
			owner[slot] = i;
			taken[slot] = true;
			m->volumes[i].letter = letter;
		}
		if (loser == m->volume_count)
			continue;
		m->volumes[loser].letter = 0;
		log_warning("%s and %s both claim drive letter %c: (is one a copy of the other?); "
			    "%s is left without a letter. Give it one with --volume if it matters.",
			    m->volumes[owner[slot]].volume->device,
			    m->volumes[loser].volume->device, letter,
			    m->volumes[loser].volume->device);
	}
}
