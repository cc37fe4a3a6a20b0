// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The boot sector, its backup behind the last cluster, and the geometry they tell; the start of the
 * MFT and its mirror.
 */
#include <inttypes.h>

#include "volume/check_private.h"

static bool power_of_two(uint64_t n)
{
	return n && !(n & (n - 1));
}

/* Sizes of records: clusters when positive, else 2 to the power of minus N bytes. */
static uint32_t record_bytes(int8_t n, uint32_t cluster)
{
	if (n > 0)
		return (uint32_t)n * cluster;
	return n < -8 && n > -32 ? UINT32_C(1) << -n : 0;
}

/* NULL when the sector makes sense, else what does not. */
static const char *boot_fault(const uint8_t *b)
{
	uint32_t sector = le16(b + 11), per = b[13], cluster;

	if (memcmp(b + 3, "NTFS    ", 8))
		return "it has no NTFS signature";
	if (b[510] != 0x55 || b[511] != 0xaa)
		return "its end mark is missing";
	if (sector < 256 || sector > 4096 || !power_of_two(sector))
		return "its sector size is impossible";
	if (per > 0x80)
		per = per >= 0xf4 ? UINT32_C(1) << (256 - per) : 0;
	cluster = sector * per;
	if (!power_of_two(cluster) || cluster < SECTOR || cluster > 2 * 1024 * 1024)
		return "its cluster size is impossible";
	if (le64(b + 40) < per || le64(b + 40) / per > UINT32_MAX)
		return "its volume size is impossible";
	if (le64(b + 48) >= le64(b + 40) / per || le64(b + 56) >= le64(b + 40) / per)
		return "its MFT lies outside the volume";
	uint32_t record = record_bytes((int8_t)b[64], cluster);
	if (record < 512 || record > 4096 || !power_of_two(record))
		return "its record size is impossible";
	return NULL;
}

static void take_geometry(struct check *c, const uint8_t *b)
{
	uint32_t sector = le16(b + 11), per = b[13] > 0x80 ? UINT32_C(1) << (256 - b[13]) : b[13];

	memcpy(c->boot, b, SECTOR);
	c->cluster_size = sector * per;
	c->clusters = le64(b + 40) / per;
	c->sectors = le64(b + 40) * sector / SECTOR;
	c->mft_lcn = le64(b + 48);
	c->mirror_lcn = le64(b + 56);
	c->record_size = record_bytes((int8_t)b[64], c->cluster_size);
	c->res->cluster_size = c->cluster_size;
	c->res->clusters = c->clusters;
}

/* Reads the sector at OFFSET; false when the disk does not give it. */
static bool read_sector(struct check *c, uint8_t *buf, uint64_t offset)
{
	int64_t n = c->block->ops->pread(c->block, buf, SECTOR, offset);

	return n == SECTOR;
}

/*
 * The backup is in the sector behind the last cluster, the partition's last; a volume in a file
 * that was cut to its clusters has none, and old Windows put it in the middle.
 */
static bool find_backup(struct check *c, uint8_t *buf, uint64_t *sector)
{
	uint64_t places[] = {c->sectors, c->sectors - 1, c->block->size / SECTOR - 1,
			     c->sectors / 2};
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		*sector = places[i];
		if (read_sector(c, buf, places[i] * SECTOR) && !memcmp(buf + 3, "NTFS    ", 8))
			return true;
	}
	*sector = c->sectors;
	return false;
}

static void compare_backup(struct check *c)
{
	uint8_t backup[SECTOR];
	uint64_t sector;

	if (!find_backup(c, backup, &sector)) {
		found(c, CHECK_BOOT_BACKUP, (struct at){-1, -1, (int64_t)sector},
		      "there is no copy of the boot sector at sector %" PRIu64, sector);
	} else if (memcmp(backup, c->boot, SECTOR)) {
		found(c, CHECK_BOOT_BACKUP, (struct at){-1, -1, (int64_t)sector},
		      "the copy of the boot sector at sector %" PRIu64 " differs from it", sector);
	}
}

/* Without a usable first sector: the backup may be the block's last one. */
static int use_backup(struct check *c, const char *fault)
{
	uint8_t b[SECTOR];
	uint64_t last = c->block->size / SECTOR - 1, try;

	for (try = last; try + 2 > last && c->block->size >= SECTOR; try--) {
		if (!read_sector(c, b, try * SECTOR) || boot_fault(b))
			continue;
		found(c, CHECK_BOOT_DAMAGED, (struct at){-1, -1, 0},
		      "the boot sector is damaged: %s; its copy at sector %" PRIu64
		      " is used for this check",
		      fault, try);
		take_geometry(c, b);
		return 0;
	}
	return HF_ENOTNTFS;
}

static bool is_bitlocker(const uint8_t *b)
{
	static const uint8_t to_go[16] = {0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
					  0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01};

	return !memcmp(b + 3, "-FVE-FS-", 8) || !memcmp(b + 424, to_go, sizeof(to_go));
}

int check_boot(struct check *c)
{
	uint8_t b[SECTOR];
	const char *fault;
	int rc = 0;

	if (c->block->size < SECTOR)
		return HF_ENOTNTFS;
	if (!read_sector(c, b, 0)) {
		rc = use_backup(c, "it cannot be read");
		return rc == HF_ENOTNTFS ? HF_EIO : rc;
	}
	if (is_bitlocker(b))
		return HF_EBITLOCKER;
	fault = boot_fault(b);
	if (fault) {
		rc = use_backup(c, fault);
		if (rc && !memcmp(b + 3, "NTFS    ", 8)) {
			found(c, CHECK_BOOT_DAMAGED, (struct at){-1, -1, 0},
			      "the boot sector is damaged: %s; there is no usable copy of it",
			      fault);
			return HF_ECORRUPT;
		}
	} else {
		take_geometry(c, b);
		compare_backup(c);
	}
	if (!rc && c->sectors > c->block->size / SECTOR)
		found(c, CHECK_TOO_SHORT, AT_NOWHERE,
		      "the file system has %" PRIu64
		      " sectors, but its partition or image only %" PRIu64,
		      c->sectors, c->block->size / SECTOR);
	return rc;
}
