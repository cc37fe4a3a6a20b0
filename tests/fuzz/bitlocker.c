// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BitLocker: the boot sector and metadata, raw or a sound copy with patches and its checksum made
 * right again, and key files. What is accepted must lie in the volume, and the decrypted volume on
 * it must never reach outside.
 */
#include "fuzz/fuzz.h"
#include "report/error.h"
#include "volume/bitlocker_private.h"
#include "volume/block.h"

#define VOLUME_SIZE (4u << 20)
#define BLOCK_SIZE  512 /* of the base copy, without checksum */

static uint8_t base[1024];

static void put(uint8_t *at, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* An entry's header; returns where its data goes. */
static uint8_t *entry(uint8_t *at, size_t size, int use, int holds)
{
	put(at, size, 2);
	put(at + 2, (uint64_t)use, 2);
	put(at + 4, (uint64_t)holds, 2);
	put(at + 6, 1, 2);
	return at + 8;
}

static void set_checksum(uint8_t *data, size_t size)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	put(data + size + 4, ~crc, 4);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	uint8_t *at = base + 64 + 48, *data;

	(void)argc;
	(void)argv;
	memcpy(base, "-FVE-FS-", 8);
	put(base + 8, BLOCK_SIZE / 16, 2);
	put(base + 10, 2, 2);
	put(base + 12, 4, 2);
	put(base + 14, 4, 2);
	put(base + 16, VOLUME_SIZE, 8);
	for (int i = 0; i < 3; i++)
		put(base + 32 + 8 * i, 0x100000u + 0x20000u * (unsigned)i, 8);
	data = entry(at, 8 + 28 + 28 + 80, 2, 8);
	put(data + 26, BITLOCKER_RECOVERY, 2);
	entry(data + 28, 28, 0, 3);
	entry(data + 56, 80, 0, 5);
	at = entry(at + 144, 80, 3, 5) + 72;
	data = entry(at, 24, 15, 15);
	put(data, 0x200000, 8);
	put(data + 8, 8192, 8);
	at += 24;
	put(base + 64, (uint64_t)(at - base - 64), 4);
	put(base + 68, 1, 4);
	put(base + 72, 48, 4);
	put(base + 76, (uint64_t)(at - base - 64), 4);
	put(base + 100, 0x8004, 2);
	return 0;
}

/* A medium that notices who reads or writes outside it. */
static int64_t reach(struct block *block, size_t len, uint64_t offset)
{
	fuzz_assert(offset <= block->size && len <= block->size - offset);
	return (int64_t)len;
}

static int64_t lower_pread(struct block *block, void *buf, size_t len, uint64_t offset)
{
	memset(buf, 0, len);
	return reach(block, len, offset);
}

static int64_t lower_pwrite(struct block *block, const void *buf, size_t len, uint64_t offset)
{
	(void)buf;
	return reach(block, len, offset);
}

static int lower_done(struct block *block)
{
	(void)block;
	return 0;
}

static const struct block_ops lower_ops = {lower_pread, lower_pwrite, lower_done, lower_done};

static void use_volume(struct fuzz_input *in, const struct bl_boot *boot, struct bl_meta *meta)
{
	static struct bl_cipher cipher;
	static uint8_t data[100000], key[64];
	struct bitlocker_private p = {.boot = *boot, .meta = meta, .cipher = &cipher};
	struct block lower = {&lower_ops, meta->volume_size, true}, *block;
	static const uint8_t lengths[] = {64, 64, 16, 32, 32, 64};

	fuzz_assert(!bl_cipher_init(&cipher, meta->method, boot->sector, key,
				    lengths[meta->method - 0x8000]));
	fuzz_assert(!bitlocker_block(&p.b, &lower, &block));
	fuzz_assert(block->size == meta->volume_size);
	for (int i = 0; i < 8; i++) {
		uint64_t at = fuzz_u16(in) | (uint64_t)fuzz_u16(in) << 8;
		size_t len = fuzz_u16(in);
		int64_t n;

		if (i == 7)
			at = meta->volume_size - (at & 0xfff) % meta->volume_size;
		n = block->ops->pread(block, data, len, at);
		fuzz_assert(n >= 0 && (uint64_t)n <= len);
		n = block->ops->pwrite(block, data, len, at);
		fuzz_assert(n == HF_EREFUSED || (n >= 0 && (uint64_t)n <= len));
	}
	for (int i = 0; i < BL_COPIES; i++) {
		fuzz_assert(block->ops->pwrite(block, data, 1, meta->offsets[i]) == HF_EREFUSED);
		fuzz_assert(block->ops->pwrite(block, data, BL_METADATA_SIZE,
					       meta->offsets[i] + 1) == HF_EREFUSED);
	}
	fuzz_assert(block->ops->pwrite(block, data, 1, meta->header_at) == HF_EREFUSED);
	block->ops->close(block);
}

static void try_metadata(struct fuzz_input *in, const uint8_t *data, size_t len,
			 const struct bl_boot *boot)
{
	static struct bl_meta meta;

	if (!bl_parse_metadata(data, len, boot, &meta) || meta.problem)
		return;
	fuzz_assert(meta.vmk_count <= BL_PROTECTORS_MAX && meta.fvek.len &&
		    meta.fvek.len <= BL_WRAPPED_MAX);
	use_volume(in, boot, &meta);
}

static void patched(struct fuzz_input *in)
{
	static const struct fuzz_zone zones[] = {{0, 64}, {64, 48}, {112, 248}, {BLOCK_SIZE, 128}};
	struct fuzz_patch done[FUZZ_PATCHES_MAX];
	struct fuzz_input rest = *in;
	struct bl_boot boot = {.sector = fuzz_u8(&rest) & 1 ? 4096 : 512};
	uint8_t *copy = malloc(sizeof(base));
	size_t size;

	fuzz_assert(copy);
	memcpy(copy, base, sizeof(base));
	fuzz_patch(&rest, copy, zones, 4, done);
	size = (size_t)bl_u16(copy + 8) * 16;
	if (size <= sizeof(base) - 8)
		set_checksum(copy, size);
	for (int i = 0; i < BL_COPIES; i++)
		boot.offsets[i] = bl_u64(copy + 32 + 8 * i);
	try_metadata(in, copy, sizeof(base), &boot);
	free(copy);
}

static void raw(struct fuzz_input *in)
{
	struct bl_boot boot = {.sector = 512};
	uint8_t *copy = malloc(in->len + 1);

	fuzz_assert(copy);
	memcpy(copy, in->data, in->len);
	if (in->len >= 512 && bl_parse_boot(copy, &boot) && !boot.problem)
		fuzz_assert(boot.sector >= 512 && boot.sector <= BL_SECTOR_MAX);
	if (in->len > 16 && (size_t)bl_u16(copy + 8) * 16 + 8 <= in->len)
		set_checksum(copy, (size_t)bl_u16(copy + 8) * 16);
	try_metadata(in, copy, in->len, &boot);
	free(copy);
}

static void key(struct fuzz_input *in)
{
	struct bl_secret secret;
	uint8_t *copy = malloc(in->len + 1);
	unsigned wrong;

	fuzz_assert(copy);
	memcpy(copy, in->data, in->len);
	copy[in->len] = 0;
	(void)bl_secret_external(copy, in->len, &secret);
	(void)bl_secret_password((char *)copy, in->len, &secret);
	wrong = bl_secret_recovery((char *)copy, in->len, &secret);
	fuzz_assert(wrong <= 8);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};

	switch (fuzz_u8(&in) % 3) {
	case 0:
		raw(&in);
		break;
	case 1:
		patched(&in);
		break;
	default:
		key(&in);
	}
	return 0;
}
