// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A volume as what it holds, BitLocker or not: unlocking it, looking inside, mounting it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/block.h"
#include "volume/disk_private.h"
#include "volume/fs.h"

static bool is_open(const struct volume *v)
{
	return v->bitlocker->state == BITLOCKER_UNLOCKED ||
	       v->bitlocker->state == BITLOCKER_SUSPENDED;
}

int volume_block(const struct volume *v, struct block **out)
{
	struct block *lower;
	int rc = block_open_file(v->device, v->offset, v->size, false, &lower);

	if (rc)
		return rc;
	if (v->bitlocker && is_open(v))
		return bitlocker_block(v->bitlocker, lower, out);
	*out = lower;
	return 0;
}

/* What the first sector says. */
static const char *kind_of(const uint8_t *sector)
{
	if (!memcmp(sector + 3, "NTFS    ", 8))
		return "ntfs";
	if (!memcmp(sector + 3, "EXFAT   ", 8))
		return "exfat";
	if (!memcmp(sector + 82, "FAT32   ", 8) || !memcmp(sector + 54, "FAT", 3))
		return "vfat";
	return "";
}

static uint64_t serial_of(const uint8_t *sector)
{
	uint64_t serial = 0;

	for (int i = 7; i >= 0; i--)
		serial = serial << 8 | sector[0x48 + i];
	return serial;
}

static int set_label(struct volume *v, char *label)
{
	char clean[512];
	int rc = disk_text(&v->label, text_printable(label ? label : "", clean, sizeof(clean)));

	free(label);
	return rc;
}

/* Fills in what is inside the open BitLocker volume V. */
static int look_inside(struct volume *v)
{
	struct block *block;
	uint8_t sector[512];
	char *label = NULL;
	int64_t n;
	int rc = volume_block(v, &block);

	if (rc)
		return rc == HF_ENOMEM ? log_oom() : 0;
	n = block->ops->pread(block, sector, sizeof(sector), 0);
	if (n != (int64_t)sizeof(sector)) {
		block->ops->close(block);
		return disk_text(&v->fstype, "");
	}
	rc = disk_text(&v->fstype, kind_of(sector));
	if (rc || strcmp(v->fstype, "ntfs")) {
		block->ops->close(block);
		return rc;
	}
	v->serial = serial_of(sector);
	/* A volume that cannot be read is listed as unreadable. */
	rc = ntfs_health_block(block, v->device, &v->health, &label);
	if (rc == HF_ENOMEM) {
		free(label);
		return log_oom();
	}
	return set_label(v, label);
}

int volume_read_bitlocker(struct volume *v)
{
	struct block *block;
	int rc = disk_text(&v->fstype, "BitLocker");

	if (rc || block_open_file(v->device, v->offset, v->size, false, &block))
		return rc;
	rc = bitlocker_read(block, &v->bitlocker);
	block->ops->close(block);
	return rc || !is_open(v) ? rc : look_inside(v);
}

int volume_unlock(struct volume *v, const char *keys)
{
	int rc;

	if (!v->bitlocker || is_open(v))
		return 0;
	rc = bitlocker_unlock(v->bitlocker, keys, v->device);
	return rc ? rc : look_inside(v);
}

int volume_unlock_recovery(struct volume *v, const char *recovery_password)
{
	int rc;

	if (!v->bitlocker || is_open(v))
		return 0;
	rc = bitlocker_unlock_recovery(v->bitlocker, recovery_password);
	return rc ? rc : look_inside(v);
}

int volume_block_named(const struct volume *v, bool writable, struct block **out)
{
	struct block *lower;
	int rc = block_open_named(v->device, v->offset, v->size, v->device, writable, &lower);

	if (rc)
		return rc;
	if (!v->bitlocker || !is_open(v)) {
		*out = lower;
		return 0;
	}
	rc = bitlocker_block(v->bitlocker, lower, out);
	if (rc == HF_ENOMEM)
		return log_oom();
	if (rc)
		log_error("Volume %s cannot be opened: it ends before the BitLocker volume in it. "
			  "Check the disk, or the image file.",
			  v->device);
	return rc;
}

int volume_open(const struct volume *v, enum ntfs_mode mode, struct fs **out)
{
	struct block *block;
	int rc = volume_block_named(v, mode != NTFS_LOOK, &block);

	return rc ? rc : ntfs_open_block(block, v->device, mode, out);
}
