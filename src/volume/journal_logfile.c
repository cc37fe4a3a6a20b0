// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where $LogFile lies on the volume. Read without libntfs-3g, because this comes before it: the
 * log may have to be replayed to make the volume fit to be mounted.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/error.h"
#include "volume/check_private.h"
#include "volume/journal_private.h"

#define RECORD_MAX 65536

/* So much of $LogFile is used at most: 128 MiB. */
#define SECTORS_MAX ((size_t)1 << 18)

struct boot {
	uint64_t sector_size, cluster_size, record_size, mft_lcn, clusters;
};

/* COUNT times UNIT, or from 128 on a power of two of UNIT; 0 for nonsense. */
static uint64_t coded_size(uint8_t count, uint64_t many, uint64_t unit)
{
	unsigned shift = 256u - count;

	if (count < 128)
		return count * many;
	return shift < 32 ? unit << shift : 0;
}

static bool parse_boot(const uint8_t *b, uint64_t size, struct boot *out, uint64_t *serial)
{
	out->sector_size = le16(b + 11);
	if (memcmp(b + 3, "NTFS    ", 8) || out->sector_size < 256 || out->sector_size > 4096)
		return false;
	out->cluster_size = coded_size(b[13], out->sector_size, out->sector_size);
	out->record_size = coded_size(b[64], out->cluster_size, 1);
	out->mft_lcn = le64(b + 48);
	*serial = le64(b + 72);
	if (out->cluster_size < SECTOR || out->cluster_size % SECTOR || out->record_size < SECTOR ||
	    out->record_size % SECTOR || out->record_size > RECORD_MAX)
		return false;
	out->clusters = size / out->cluster_size;
	return out->mft_lcn < out->clusters;
}

static int take_runs(const struct boot *boot, const struct runs *runs, struct logfile *out)
{
	uint64_t per_cluster = boot->cluster_size / SECTOR, total = 0;

	for (size_t i = 0; i < runs->count; i++) {
		if (runs->items[i].lcn == RUN_HOLE)
			return HF_ECORRUPT;
		total += runs->items[i].len * per_cluster;
	}
	if (total > SECTORS_MAX)
		total = SECTORS_MAX;
	out->sectors = malloc((size_t)(total ? total : 1) * sizeof(*out->sectors));
	if (!out->sectors)
		return HF_ENOMEM;
	for (size_t i = 0; i < runs->count; i++)
		for (uint64_t k = 0; k < runs->items[i].len * per_cluster && out->count < total;
		     k++)
			out->sectors[out->count++] = runs->items[i].lcn * per_cluster + k;
	return 0;
}

/* The unnamed data of record REC, which must be all in it. */
static int parse_record(const uint8_t *rec, const struct boot *boot, struct logfile *out)
{
	struct runs runs = {0};
	struct attr a;
	const char *why;
	size_t pos = 0;
	int rc = HF_ECORRUPT;

	while (attr_next(rec, (size_t)boot->record_size, &pos, &a, &why) == 1) {
		if (!attr_is(&a, AT_DATA, "") || !a.nonresident || a.lowest)
			continue;
		rc = runs_decode(&a, boot->clusters, &runs, &why);
		if (!rc && runs.count && (a.highest + 1) * boot->cluster_size < a.allocated)
			rc = HF_ECORRUPT;
		if (!rc)
			rc = take_runs(boot, &runs, out);
		runs_free(&runs);
		break;
	}
	return rc;
}

int logfile_find(struct block *under, struct logfile *out)
{
	uint8_t sector[SECTOR], *rec;
	struct boot boot;
	int64_t done = under->ops->pread(under, sector, sizeof(sector), 0);
	int rc = HF_ECORRUPT;

	*out = (struct logfile){0};
	if (done < 0)
		return (int)done;
	if (done < SECTOR || !parse_boot(sector, under->size, &boot, &out->serial))
		return HF_ECORRUPT;
	rec = malloc((size_t)boot.record_size);
	if (!rec)
		return HF_ENOMEM;
	done = under->ops->pread(under, rec, (size_t)boot.record_size,
				 boot.mft_lcn * boot.cluster_size + 2 * boot.record_size);
	if (done < 0)
		rc = (int)done;
	else if (done == (int64_t)boot.record_size && !memcmp(rec, "FILE", 4) &&
		 fixups_undo(rec, (size_t)boot.record_size))
		rc = parse_record(rec, &boot, out);
	free(rec);
	return rc;
}

void logfile_free(struct logfile *lf)
{
	free(lf->sectors);
	*lf = (struct logfile){0};
}
