// SPDX-License-Identifier: GPL-2.0-or-later
/* Asking disks how they are, and understanding the answers. */
#include "volume/smart.h"

#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <scsi/sg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "volume/disk.h"

#define TIMEOUT_MS 10000
#define SENSE_LEN  32

/* SMART READ DATA and READ THRESHOLDS: 30 entries of 12 bytes from byte 2 on. */
#define TABLE_AT      2
#define TABLE_ENTRIES 30
#define ENTRY_LEN     12

enum attribute {
	ATTR_REALLOCATED = 5,
	ATTR_AIRFLOW_TEMPERATURE = 190,
	ATTR_TEMPERATURE = 194,
	ATTR_PENDING = 197,
	ATTR_UNCORRECTABLE = 198,
};

static void forget(struct smart *s)
{
	*s = (struct smart){.temperature = SMART_UNKNOWN,
			    .reallocated = SMART_UNKNOWN,
			    .pending = SMART_UNKNOWN,
			    .uncorrectable = SMART_UNKNOWN,
			    .warning = SMART_UNKNOWN,
			    .media_errors = SMART_UNKNOWN,
			    .percent_used = SMART_UNKNOWN,
			    .percent_spare = SMART_UNKNOWN};
}

/* Little-endian, N bytes. */
static uint64_t number(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

static bool checksum_is_right(const uint8_t *page)
{
	uint8_t sum = 0, any = 0;

	for (unsigned i = 0; i < SMART_PAGE; i++) {
		sum = (uint8_t)(sum + page[i]);
		any |= page[i];
	}
	return !sum && any;
}

/* A pre-failure attribute (flag 1) at or below its threshold; 0 and 254 and above are no limits. */
static bool below_threshold(const uint8_t *entry, const uint8_t *thresholds)
{
	for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
		const uint8_t *t = thresholds + TABLE_AT + (size_t)i * ENTRY_LEN;

		if (t[0] == entry[0])
			return entry[1] & 1 && t[1] && t[1] < 254 && entry[3] <= t[1];
	}
	return false;
}

static void take_attribute(const uint8_t *entry, struct smart *out)
{
	const uint8_t *raw = entry + 5;

	switch (entry[0]) {
	case ATTR_REALLOCATED: /* makers keep other things in the upper bytes */
		out->reallocated = (int64_t)number(raw, 2);
		break;
	case ATTR_PENDING:
		out->pending = (int64_t)number(raw, 4);
		break;
	case ATTR_UNCORRECTABLE:
		out->uncorrectable = (int64_t)number(raw, 4);
		break;
	case ATTR_AIRFLOW_TEMPERATURE:
		if (out->temperature == SMART_UNKNOWN)
			out->temperature = raw[0];
		break;
	case ATTR_TEMPERATURE:
		out->temperature = raw[0];
		break;
	default:
		break;
	}
}

bool smart_decode_ata(const uint8_t *data, const uint8_t *thresholds, struct smart *out)
{
	forget(out);
	if (!checksum_is_right(data))
		return false;
	if (thresholds && !checksum_is_right(thresholds))
		thresholds = NULL;
	out->kind = SMART_ATA;
	for (unsigned i = 0; i < TABLE_ENTRIES; i++) {
		const uint8_t *entry = data + TABLE_AT + (size_t)i * ENTRY_LEN;

		if (!entry[0])
			continue;
		take_attribute(entry, out);
		if (thresholds && below_threshold(entry, thresholds))
			out->failing = true;
	}
	return true;
}

int smart_decode_status(const uint8_t *sense, unsigned len)
{
	uint8_t mid, high;

	if (len >= 22 && (sense[0] & 0x7f) == 0x72 && sense[8] == 0x09) {
		mid = sense[17];
		high = sense[19];
	} else if (len >= 12 && (sense[0] & 0x7f) == 0x70) {
		mid = sense[10];
		high = sense[11];
	} else {
		return -1;
	}
	if (mid == 0x4f && high == 0xc2)
		return 0;
	return mid == 0xf4 && high == 0x2c ? 1 : -1;
}

bool smart_decode_nvme(const uint8_t *log, struct smart *out)
{
	uint64_t kelvin = number(log + 1, 2), errors = number(log + 160, 8);
	uint8_t any = 0;

	forget(out);
	for (unsigned i = 0; i < SMART_PAGE; i++)
		any |= log[i];
	if (!any)
		return false;
	out->kind = SMART_NVME;
	out->warning = log[0];
	/* Too hot is no failure; all the others are. */
	out->failing = (log[0] & (SMART_SPARE_LOW | SMART_UNRELIABLE | SMART_READ_ONLY |
				  SMART_BACKUP_FAILED)) != 0;
	if (kelvin)
		out->temperature = (int64_t)kelvin - 273;
	out->percent_spare = log[3];
	out->percent_used = log[5];
	/* 128 bits, of which a disk that lives uses a few. */
	out->media_errors =
		errors > INT64_MAX || number(log + 168, 8) ? INT64_MAX : (int64_t)errors;
	return true;
}

bool smart_is_alarming(const struct smart *s)
{
	return s->kind &&
	       (s->failing || s->pending > 0 || s->uncorrectable > 0 || s->media_errors > 0);
}

/* SMART command FEATURE of an ATA disk; BUF NULL: one without data. */
static bool ata_smart(int fd, uint8_t feature, uint8_t *buf, uint8_t *sense)
{
	uint8_t cdb[16] = {0x85};
	struct sg_io_hdr io = {.interface_id = 'S',
			       .cmd_len = sizeof(cdb),
			       .cmdp = cdb,
			       .dxfer_direction = buf ? SG_DXFER_FROM_DEV : SG_DXFER_NONE,
			       .dxfer_len = buf ? SMART_PAGE : 0,
			       .dxferp = buf,
			       .sbp = sense,
			       .mx_sb_len = SENSE_LEN,
			       .timeout = TIMEOUT_MS};

	cdb[1] = buf ? 4 << 1 : 3 << 1; /* PIO in; no data */
	cdb[2] = buf ? 0x0e : 0x20;	/* blocks, from the disk, as many as the count; registers */
	cdb[4] = feature;
	cdb[6] = buf ? 1 : 0;
	cdb[8] = feature == 0xd1;
	cdb[10] = 0x4f;
	cdb[12] = 0xc2;
	cdb[14] = 0xb0;
	memset(sense, 0, SENSE_LEN);
	if (ioctl(fd, SG_IO, &io) || io.host_status || io.driver_status & ~8)
		return false;
	/* The registers come as a check condition, data without one. */
	return buf ? !io.status && !io.resid : true;
}

static void read_ata(int fd, struct smart *out)
{
	uint8_t data[SMART_PAGE] = {0}, thresholds[SMART_PAGE] = {0}, sense[SENSE_LEN];
	bool limits;

	if (!ata_smart(fd, 0xd0, data, sense))
		return;
	limits = ata_smart(fd, 0xd1, thresholds, sense);
	if (!smart_decode_ata(data, limits ? thresholds : NULL, out))
		return;
	if (ata_smart(fd, 0xda, NULL, sense) && smart_decode_status(sense, SENSE_LEN) == 1)
		out->failing = true;
}

static void read_nvme(int fd, struct smart *out)
{
	uint8_t log[SMART_PAGE] = {0};
	struct nvme_admin_cmd cmd = {.opcode = 0x02, /* Get Log Page */
				     .nsid = UINT32_MAX,
				     .addr = (uintptr_t)log,
				     .data_len = sizeof(log),
				     .cdw10 = 0x02 | (sizeof(log) / 4 - 1) << 16,
				     .timeout_ms = TIMEOUT_MS};

	if (!ioctl(fd, NVME_IOCTL_ADMIN_CMD, &cmd))
		smart_decode_nvme(log, out);
}

void smart_read(const struct disk *disk, struct smart *out)
{
	bool nvme = !strcmp(disk->bus, "nvme");
	int fd;

	forget(out);
	if (!nvme && strcmp(disk->bus, "sata") && strcmp(disk->bus, "scsi"))
		return;
	fd = open(disk->device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (nvme)
		read_nvme(fd, out);
	else
		read_ata(fd, out);
	close(fd);
}
