// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The decrypted volume as a struct block. Its first sectors lie elsewhere in the encrypted one;
 * that place and the three metadata areas read as zeros and take no writes, as in Windows.
 */
#include <stdlib.h>
#include <string.h>

#include "report/error.h"
#include "volume/bitlocker_private.h"
#include "volume/block.h"

#define BOUNCE_SIZE 65536 /* a multiple of every sector size */

struct bitlocker_block {
	struct block base;
	struct block *lower;
	const struct bl_meta *meta;
	struct bl_cipher *cipher;
	uint8_t *bounce; /* decrypted or encrypted bytes on their way */
};

/* A run of the volume that lies in one piece. */
struct run {
	bool zeros;
	uint64_t at; /* in the encrypted volume, bytes */
	uint64_t len;
};

/* Cuts RUN, which begins at OFFSET, at [START, START + SIZE), or puts it wholly inside. */
static void meet_zeros(struct run *run, uint64_t offset, uint64_t start, uint64_t size)
{
	if (offset >= start + size || offset + run->len <= start)
		return;
	run->zeros = offset >= start;
	run->len = run->zeros ? start + size - offset : start - offset;
}

/* What is at OFFSET, up to LEN bytes. */
static struct run run_at(const struct bitlocker_block *b, uint64_t offset, uint64_t len)
{
	const struct bl_meta *m = b->meta;
	struct run run = {.at = offset, .len = len};

	if (offset < m->header_size) {
		run.at = m->header_at + offset;
		if (run.len > m->header_size - offset)
			run.len = m->header_size - offset;
		return run;
	}
	meet_zeros(&run, offset, m->header_at, m->header_size);
	for (int i = 0; i < BL_COPIES && !run.zeros; i++)
		meet_zeros(&run, offset, m->offsets[i], BL_METADATA_SIZE);
	if (run.len > len)
		run.len = len;
	return run;
}

/* Reads whole sectors of the encrypted volume into DATA and decrypts them. */
static int read_sectors(const struct bitlocker_block *b, uint64_t at, uint8_t *data, size_t len)
{
	int64_t done = b->lower->ops->pread(b->lower, data, len, at);

	if (done != (int64_t)len)
		return done < 0 ? (int)done : HF_EIO;
	for (size_t i = 0; i < len; i += b->cipher->sector)
		bl_decrypt(b->cipher, at + i, data + i);
	return 0;
}

/* Encrypts the whole sectors in DATA in place and writes them. */
static int write_sectors(const struct bitlocker_block *b, uint64_t at, uint8_t *data, size_t len)
{
	int64_t done;

	for (size_t i = 0; i < len; i += b->cipher->sector)
		bl_encrypt(b->cipher, at + i, data + i);
	done = b->lower->ops->pwrite(b->lower, data, len, at);
	return done == (int64_t)len ? 0 : done < 0 ? (int)done : HF_EIO;
}

/*
 * What of the LEN bytes at AT goes through the bounce buffer in one step: the sectors *FROM to
 * *FROM
 * + *SPAN, of which the first *SKIP bytes are not asked for. Returns the bytes asked for.
 */
static size_t cut(const struct bitlocker_block *b, uint64_t at, uint64_t len, uint64_t *from,
		  size_t *span, size_t *skip)
{
	uint32_t sector = b->cipher->sector;
	size_t count;

	*skip = (size_t)(at % sector);
	*from = at - *skip;
	count = len < BOUNCE_SIZE - *skip ? (size_t)len : BOUNCE_SIZE - *skip;
	*span = (*skip + count + sector - 1) / sector * sector;
	return count;
}

static size_t within(const struct block *block, size_t len, uint64_t offset)
{
	if (offset >= block->size)
		return 0;
	return len > block->size - offset ? (size_t)(block->size - offset) : len;
}

static int64_t bl_pread(struct block *block, void *buf, size_t len, uint64_t offset)
{
	struct bitlocker_block *b = (struct bitlocker_block *)block;
	size_t done = 0, span, skip;
	uint64_t from;

	len = within(block, len, offset);
	while (done < len) {
		struct run run = run_at(b, offset + done, len - done);
		uint8_t *to = (uint8_t *)buf + done;
		size_t count = (size_t)run.len;

		if (run.zeros) {
			memset(to, 0, count);
		} else {
			int rc;

			count = cut(b, run.at, run.len, &from, &span, &skip);
			rc = read_sectors(b, from, b->bounce, span);
			if (rc)
				return rc;
			memcpy(to, b->bounce + skip, count);
		}
		done += count;
	}
	return (int64_t)done;
}

/* Writes COUNT bytes at SKIP of the sectors at FROM; what is around them in these stays. */
static int write_part(struct bitlocker_block *b, uint64_t from, size_t span, size_t skip,
		      const uint8_t *data, size_t count)
{
	if (skip || count < span) {
		int rc = read_sectors(b, from, b->bounce, span);

		if (rc)
			return rc;
	}
	memcpy(b->bounce + skip, data, count);
	return write_sectors(b, from, b->bounce, span);
}

static int64_t bl_pwrite(struct block *block, const void *buf, size_t len, uint64_t offset)
{
	struct bitlocker_block *b = (struct bitlocker_block *)block;
	size_t done = 0, span, skip;
	uint64_t from;

	if (!block->writable)
		return HF_EREADONLY;
	len = within(block, len, offset);
	while (done < len) {
		struct run run = run_at(b, offset + done, len - done);
		size_t count;
		int rc;

		if (run.zeros)
			return HF_EREFUSED;
		count = cut(b, run.at, run.len, &from, &span, &skip);
		rc = write_part(b, from, span, skip, (const uint8_t *)buf + done, count);
		if (rc)
			return rc;
		done += count;
	}
	return (int64_t)done;
}

static int bl_sync(struct block *block)
{
	struct bitlocker_block *b = (struct bitlocker_block *)block;

	return b->lower->ops->sync(b->lower);
}

static int bl_close(struct block *block)
{
	struct bitlocker_block *b = (struct bitlocker_block *)block;
	int rc = b->lower->ops->close(b->lower);

	free(b->bounce);
	free(b);
	return rc;
}

static const struct block_ops bitlocker_ops = {
	.pread = bl_pread,
	.pwrite = bl_pwrite,
	.sync = bl_sync,
	.close = bl_close,
};

int bitlocker_block(const struct bitlocker *bitlocker, struct block *lower, struct block **out)
{
	const struct bitlocker_private *p = (const struct bitlocker_private *)bitlocker;
	struct bitlocker_block *b = calloc(1, sizeof(*b));

	if (b)
		b->bounce = malloc(BOUNCE_SIZE);
	if (!b || !b->bounce || !p->cipher || lower->size < p->meta->volume_size) {
		int rc = b && b->bounce ? HF_EINVAL : HF_ENOMEM;

		if (b)
			free(b->bounce);
		free(b);
		lower->ops->close(lower);
		return rc;
	}
	b->base = (struct block){
		.ops = &bitlocker_ops, .size = p->meta->volume_size, .writable = lower->writable};
	b->lower = lower;
	b->meta = p->meta;
	b->cipher = p->cipher;
	*out = &b->base;
	return 0;
}
