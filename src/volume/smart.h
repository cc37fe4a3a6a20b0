/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a disk says of its own health: the SMART attributes of ATA disks (ACS-3 7.48, asked through
 * SCSI's ATA PASS-THROUGH(16), SAT-3 12.2.3) and the SMART / Health Information log of NVMe disks
 * (NVMe 1.4, 5.14.1.2). Only reads. Disks behind USB are not asked: some bridges hang on it.
 */
#ifndef HOLDFAST_VOLUME_SMART_H
#define HOLDFAST_VOLUME_SMART_H

#include <stdbool.h>
#include <stdint.h>

struct disk;

#define SMART_PAGE    512 /* bytes of each page below */
#define SMART_UNKNOWN INT64_MIN

enum smart_kind { SMART_NONE, SMART_ATA, SMART_NVME };

/* SMART_UNKNOWN: the disk does not tell. */
struct smart {
	enum smart_kind kind; /* SMART_NONE: the disk says nothing, nothing else is set */
	bool failing;	      /* the disk itself expects to fail, or has begun to */
	int64_t temperature;  /* degrees Celsius */
	/* ATA: sectors. */
	int64_t reallocated, pending, uncorrectable;
	/* NVMe. */
	int64_t warning;      /* critical warning: bits of enum smart_warning */
	int64_t media_errors; /* reads and writes that were lost */
	int64_t percent_used; /* of the life the maker expects; may be more than 100 */
	int64_t percent_spare;
};

enum smart_warning {
	SMART_SPARE_LOW = 1,
	SMART_TEMPERATURE = 2,
	SMART_UNRELIABLE = 4,
	SMART_READ_ONLY = 8,
	SMART_BACKUP_FAILED = 16,
};

/* Asks DISK. What it does not answer makes OUT SMART_NONE; says nothing. */
void smart_read(const struct disk *disk, struct smart *out);

/* The disk says that it fails, or has lost or is about to lose data. */
bool smart_is_alarming(const struct smart *s);

/*
 * Decode what was read; false (and OUT is SMART_NONE) when it cannot be that. DATA is of SMART READ
 * DATA, THRESHOLDS of SMART READ THRESHOLDS (NULL: not known), each with a checksum.
 */
bool smart_decode_ata(const uint8_t *data, const uint8_t *thresholds, struct smart *out);
bool smart_decode_nvme(const uint8_t *log, struct smart *out);

/*
 * The answer to SMART RETURN STATUS in SENSE (descriptor or fixed format, LEN bytes): 1 failing, 0
 * not, -1 it holds none.
 */
int smart_decode_status(const uint8_t *sense, unsigned len);

#endif
