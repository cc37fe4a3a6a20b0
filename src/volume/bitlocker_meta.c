// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BitLocker's boot sector and metadata: a block header, a list of entries, and behind them checksum
 * and hash. Every length is checked against what it lies in; each list is walked forwards only.
 */
#include <stdio.h>
#include <string.h>

#include <nettle/sha2.h>

#include "volume/bitlocker_private.h"

#define HEADER_SIZE	64 /* of the block */
#define LIST_HEADER	48
#define ENTRY_HEADER	8
#define VMK_HEADER	28
#define WRAPPED_HEADER	28 /* nonce and tag */
#define STATE_ENCRYPTED 4

static const uint8_t signature[8] = "-FVE-FS-";

/* Kinds of entries that matter, by what they are for and by what they hold. */
enum { FOR_VMK = 2, FOR_FVEK = 3, FOR_HEADER = 15 };
enum { HOLDS_KEY = 1, HOLDS_STRETCH = 3, HOLDS_WRAPPED = 5, HOLDS_VMK = 8, HOLDS_EXTENT = 15 };

struct entry {
	uint16_t use, holds;
	const uint8_t *data; /* behind its header */
	size_t len;
};

static const char *const unsupported_vista =
	"it was encrypted by Windows Vista, whose form of BitLocker is not supported: decrypt it "
	"with \"manage-bde -off\" first";
static const char *const unsupported_conversion =
	"it is only partly encrypted: let Windows finish encrypting or decrypting it (\"manage-bde "
	"-status\" shows how far it is), shut Windows down, and try again";
static const char *const unsupported_method =
	"its encryption method is unknown: decrypt it with \"manage-bde -off\" first";
static const char *const unsupported_sector = "its boot sector is damaged (sector size)";

/* The GUIDs by which the boot sector tells the kinds of volumes apart. */
static const uint8_t guid_normal[16] = {0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
					0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01};
static const uint8_t guid_conversion[16] = {0x3b, 0x4d, 0xa8, 0x92, 0x80, 0xdd, 0x0e, 0x4d,
					    0x9e, 0x4e, 0xb1, 0xe3, 0x28, 0x4e, 0xae, 0xd8};

bool bl_parse_boot(const uint8_t *sector, struct bl_boot *boot)
{
	const uint8_t *guid = sector + 160;

	memset(boot, 0, sizeof(*boot));
	if (memcmp(sector + 3, signature, sizeof(signature))) {
		/* BitLocker To Go looks like FAT to a system that does not know it. */
		guid = sector + 424;
		if (memcmp(guid, guid_normal, 16) && memcmp(guid, guid_conversion, 16))
			return false;
	}
	boot->sector = bl_u16(sector + 11);
	for (int i = 0; i < BL_COPIES; i++)
		boot->offsets[i] = bl_u64(guid + 16 + 8 * i);
	if (sector[1] == 0x52)
		boot->problem = unsupported_vista;
	else if (!memcmp(guid, guid_conversion, 16))
		boot->problem = unsupported_conversion;
	else if (memcmp(guid, guid_normal, 16))
		return false;
	else if (boot->sector < 512 || boot->sector > BL_SECTOR_MAX ||
		 boot->sector & (boot->sector - 1))
		boot->problem = unsupported_sector;
	return true;
}

/* Takes the next entry off *AT, LEFT bytes; false at the list's end. *BAD: it is no list. */
static bool next_entry(const uint8_t **at, size_t *left, struct entry *e, bool *bad)
{
	size_t size;

	if (*left < ENTRY_HEADER || !bl_u16(*at))
		return false;
	size = bl_u16(*at);
	if (size < ENTRY_HEADER || size > *left) {
		*bad = true;
		return false;
	}
	e->use = bl_u16(*at + 2);
	e->holds = bl_u16(*at + 4);
	e->data = *at + ENTRY_HEADER;
	e->len = size - ENTRY_HEADER;
	*at += size;
	*left -= size;
	return true;
}

static bool take_wrapped(const struct entry *e, struct bl_wrapped *out)
{
	if (e->len <= WRAPPED_HEADER || e->len - WRAPPED_HEADER > sizeof(out->data))
		return false;
	memcpy(out->nonce, e->data, sizeof(out->nonce));
	memcpy(out->tag, e->data + sizeof(out->nonce), sizeof(out->tag));
	out->len = e->len - WRAPPED_HEADER;
	memcpy(out->data, e->data + WRAPPED_HEADER, out->len);
	return true;
}

static bool take_vmk_part(const struct entry *e, struct bl_vmk *vmk)
{
	switch (e->holds) {
	case HOLDS_KEY:
		/* A method, then the key. */
		if (e->len < 4 + BL_KEY_SIZE)
			return false;
		memcpy(vmk->clear, e->data + 4, BL_KEY_SIZE);
		vmk->has_clear = true;
		return true;
	case HOLDS_STRETCH:
		if (e->len < 4 + sizeof(vmk->salt))
			return false;
		memcpy(vmk->salt, e->data + 4, sizeof(vmk->salt));
		vmk->has_salt = true;
		return true;
	case HOLDS_WRAPPED:
		return take_wrapped(e, &vmk->key);
	default:
		return true;
	}
}

/* A protector. Of more than fit the rest is left out: nobody has as many. */
static bool take_vmk(const struct entry *e, struct bl_meta *meta)
{
	struct bl_vmk *vmk = &meta->vmks[meta->vmk_count];
	const uint8_t *at = e->data + VMK_HEADER;
	struct entry part;
	bool bad = false;
	size_t left;

	if (e->len < VMK_HEADER)
		return false;
	if (meta->vmk_count == BL_PROTECTORS_MAX)
		return true;
	left = e->len - VMK_HEADER;
	memset(vmk, 0, sizeof(*vmk));
	memcpy(vmk->id, e->data, sizeof(vmk->id));
	vmk->protection = bl_u16(e->data + VMK_HEADER - 2);
	while (next_entry(&at, &left, &part, &bad))
		if (!take_vmk_part(&part, vmk))
			return false;
	meta->vmk_count += !bad;
	return !bad;
}

static bool take_entry(const struct entry *e, struct bl_meta *meta)
{
	if (e->use == FOR_VMK && e->holds == HOLDS_VMK)
		return take_vmk(e, meta);
	if (e->use == FOR_FVEK && e->holds == HOLDS_WRAPPED)
		return take_wrapped(e, &meta->fvek);
	if (e->use == FOR_HEADER && e->holds == HOLDS_EXTENT) {
		if (e->len < 16)
			return false;
		meta->header_at = bl_u64(e->data);
		meta->header_size = bl_u64(e->data + 8);
	}
	return true;
}

/* The list of entries: a header of its own, then the entries. */
static bool take_list(const uint8_t *list, size_t room, struct bl_meta *meta)
{
	size_t size = bl_u32(list), left;
	const uint8_t *at = list + LIST_HEADER;
	struct entry e;
	bool bad = false;

	if (bl_u32(list + 4) != 1 || bl_u32(list + 8) != LIST_HEADER || size < LIST_HEADER ||
	    size > room || bl_u32(list + 12) != size)
		return false;
	memcpy(meta->id, list + 16, sizeof(meta->id));
	meta->next_nonce = bl_u32(list + 32);
	meta->method = bl_u16(list + 36);
	left = size - LIST_HEADER;
	while (next_entry(&at, &left, &e, &bad))
		if (!take_entry(&e, meta))
			return false;
	return !bad;
}

static uint32_t crc32_of(const uint8_t *data, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* What lies behind the SIZE bytes of the block: its checksum and its encrypted hash. */
static bool check_block(const uint8_t *data, size_t size, size_t len, struct bl_meta *meta)
{
	const uint8_t *at = data + size + ENTRY_HEADER;
	struct sha256_ctx hash;
	struct entry e;
	bool bad = false;
	size_t left;

	if (len - size < ENTRY_HEADER || bl_u32(data + size + 4) != crc32_of(data, size))
		return false;
	sha256_init(&hash);
	sha256_update(&hash, size, data);
	sha256_digest(&hash, sizeof(meta->digest), meta->digest);
	left = len - size - ENTRY_HEADER;
	return !next_entry(&at, &left, &e, &bad) || e.holds != HOLDS_WRAPPED ||
	       take_wrapped(&e, &meta->hash);
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* Is [AT, AT + SIZE) on sector borders and in the volume, behind the relocated first sectors? */
static bool placed(const struct bl_meta *meta, uint32_t sector, uint64_t at, uint64_t size)
{
	return at % sector == 0 && size % sector == 0 && at >= meta->header_size &&
	       at <= meta->volume_size && size <= meta->volume_size - at;
}

/* The areas lie apart from each other and in the volume. */
static bool check_places(const struct bl_meta *meta, uint32_t sector)
{
	if (!meta->volume_size || meta->volume_size > INT64_MAX || meta->volume_size % sector ||
	    !meta->header_size || !placed(meta, sector, meta->header_at, meta->header_size))
		return false;
	for (int i = 0; i < BL_COPIES; i++) {
		uint64_t at = meta->offsets[i];

		if (!placed(meta, sector, at, BL_METADATA_SIZE) ||
		    overlap(at, BL_METADATA_SIZE, meta->header_at, meta->header_size))
			return false;
		for (int k = 0; k < i; k++)
			if (overlap(at, BL_METADATA_SIZE, meta->offsets[k], BL_METADATA_SIZE))
				return false;
	}
	return true;
}

bool bl_parse_metadata(const uint8_t *data, size_t len, const struct bl_boot *boot,
		       struct bl_meta *meta)
{
	size_t size;

	memset(meta, 0, sizeof(*meta));
	if (len < HEADER_SIZE + LIST_HEADER || memcmp(data, signature, sizeof(signature)))
		return false;
	if (bl_u16(data + 10) != 2) {
		meta->problem = unsupported_vista;
		return bl_u16(data + 10) == 1;
	}
	size = (size_t)bl_u16(data + 8) * 16;
	if (size < HEADER_SIZE + LIST_HEADER || size > len || !check_block(data, size, len, meta) ||
	    !take_list(data + HEADER_SIZE, size - HEADER_SIZE, meta))
		return false;
	meta->volume_size = bl_u64(data + 16);
	for (int i = 0; i < BL_COPIES; i++)
		meta->offsets[i] = bl_u64(data + 32 + 8 * i);
	if (memcmp(meta->offsets, boot->offsets, sizeof(meta->offsets)))
		return false;
	if (bl_u16(data + 12) != STATE_ENCRYPTED || bl_u16(data + 14) != STATE_ENCRYPTED)
		meta->problem = unsupported_conversion;
	else if (!bl_method_name(meta->method))
		meta->problem = unsupported_method;
	return meta->problem || (meta->fvek.len && check_places(meta, boot->sector));
}

const char *bl_method_name(uint16_t method)
{
	static const char *const names[] = {
		"AES 128 with Diffuser", "AES 256 with Diffuser", "AES 128", "AES 256",
		"XTS-AES 128",		 "XTS-AES 256",
	};

	if (method < 0x8000 || method - 0x8000u >= sizeof(names) / sizeof(names[0]))
		return NULL;
	return names[method - 0x8000];
}

void bl_id_text(const uint8_t id[16], char out[BITLOCKER_ID_SIZE])
{
	snprintf(out, BITLOCKER_ID_SIZE, "%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X",
		 bl_u32(id), bl_u16(id + 4), bl_u16(id + 6), id[8], id[9], id[10], id[11], id[12],
		 id[13], id[14], id[15]);
}
