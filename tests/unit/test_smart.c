// SPDX-License-Identifier: GPL-2.0-or-later
/* What disks say of their health, decoded from pages as they give them. */
#include <CUnit/CUnit.h>
#include <string.h>

#include "unit/suites.h"
#include "volume/disk.h"
#include "volume/smart.h"

/* An entry of the attribute table. */
struct attribute {
	uint8_t id, flags, value;
	uint64_t raw;
	uint8_t threshold;
};

static void seal(uint8_t *page)
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < SMART_PAGE - 1; i++)
		sum = (uint8_t)(sum + page[i]);
	page[SMART_PAGE - 1] = (uint8_t)(0x100 - sum);
}

static void ata_pages(const struct attribute *a, size_t count, uint8_t *data, uint8_t *thresholds)
{
	memset(data, 0, SMART_PAGE);
	memset(thresholds, 0, SMART_PAGE);
	data[0] = thresholds[0] = 16; /* revision */
	for (size_t i = 0; i < count; i++) {
		uint8_t *entry = data + 2 + i * 12, *limit = thresholds + 2 + i * 12;

		entry[0] = limit[0] = a[i].id;
		entry[1] = a[i].flags;
		entry[3] = entry[4] = a[i].value;
		for (unsigned k = 0; k < 6; k++)
			entry[5 + k] = (uint8_t)(a[i].raw >> 8 * k);
		limit[1] = a[i].threshold;
	}
	seal(data);
	seal(thresholds);
}

static const struct attribute sound[] = {
	{1, 0x0f, 117, 162345678, 6},	  {5, 0x33, 100, 0, 36},
	{9, 0x32, 88, 10744, 0},	  {190, 0x22, 66, 34, 45},
	{194, 0x22, 34, 0x1300000022, 0}, {197, 0x12, 100, 0, 0},
	{198, 0x10, 100, 0, 0},
};
#define SOUND (sizeof(sound) / sizeof(*sound))

static void a_sound_ata_disk(void)
{
	uint8_t data[SMART_PAGE], limits[SMART_PAGE];
	struct smart s;

	ata_pages(sound, SOUND, data, limits);
	CU_ASSERT(smart_decode_ata(data, limits, &s));
	CU_ASSERT_EQUAL(s.kind, SMART_ATA);
	CU_ASSERT(!s.failing && !smart_is_alarming(&s));
	CU_ASSERT_EQUAL(s.reallocated, 0);
	CU_ASSERT_EQUAL(s.pending, 0);
	CU_ASSERT_EQUAL(s.uncorrectable, 0);
	CU_ASSERT_EQUAL(s.temperature, 34);
	CU_ASSERT_EQUAL(s.media_errors, SMART_UNKNOWN);
	/* What it does not tell is not zero. */
	ata_pages(sound, 1, data, limits);
	CU_ASSERT(smart_decode_ata(data, NULL, &s));
	CU_ASSERT_EQUAL(s.pending, SMART_UNKNOWN);
	CU_ASSERT(!smart_is_alarming(&s));
}

static void an_ata_disk_that_fails(void)
{
	struct attribute worn[SOUND];
	uint8_t data[SMART_PAGE], limits[SMART_PAGE];
	struct smart s;

	memcpy(worn, sound, sizeof(sound));
	worn[1].value = 36; /* at the threshold */
	worn[1].raw = 0x0007000004d2;
	ata_pages(worn, SOUND, data, limits);
	CU_ASSERT(smart_decode_ata(data, limits, &s));
	CU_ASSERT(s.failing && smart_is_alarming(&s));
	CU_ASSERT_EQUAL(s.reallocated, 1234);
	/* Without thresholds only RETURN STATUS would tell. */
	CU_ASSERT(smart_decode_ata(data, NULL, &s));
	CU_ASSERT(!s.failing);
	/* An attribute of age (flag 1 off) is no failure. */
	worn[1].flags = 0x32;
	ata_pages(worn, SOUND, data, limits);
	CU_ASSERT(smart_decode_ata(data, limits, &s) && !s.failing);
	/* Pending sectors are alarming all the same. */
	worn[5].raw = 8;
	worn[6].raw = 3;
	ata_pages(worn, SOUND, data, limits);
	CU_ASSERT(smart_decode_ata(data, limits, &s) && !s.failing && smart_is_alarming(&s));
	CU_ASSERT_EQUAL(s.pending, 8);
	CU_ASSERT_EQUAL(s.uncorrectable, 3);
}

static void damaged_pages_are_not_believed(void)
{
	uint8_t data[SMART_PAGE], limits[SMART_PAGE];
	struct smart s;

	ata_pages(sound, SOUND, data, limits);
	data[100]++;
	CU_ASSERT(!smart_decode_ata(data, limits, &s));
	CU_ASSERT_EQUAL(s.kind, SMART_NONE);
	memset(data, 0, sizeof(data)); /* what some bridges give: its sum is right */
	CU_ASSERT(!smart_decode_ata(data, limits, &s));
	CU_ASSERT(!smart_decode_nvme(data, &s));
	CU_ASSERT_EQUAL(s.kind, SMART_NONE);
	CU_ASSERT(!smart_is_alarming(&s));
}

static void the_status_in_sense_data(void)
{
	uint8_t good[32] = {0x72, 0x01, 0x00, 0x1d, 0, 0, 0, 0x0e, 0x09, 0x0c};
	uint8_t fixed[32] = {0x70, 0, 0x01};

	good[17] = 0x4f;
	good[19] = 0xc2;
	CU_ASSERT_EQUAL(smart_decode_status(good, 32), 0);
	good[17] = 0xf4;
	good[19] = 0x2c;
	CU_ASSERT_EQUAL(smart_decode_status(good, 32), 1);
	CU_ASSERT_EQUAL(smart_decode_status(good, 16), -1);
	good[8] = 0;
	CU_ASSERT_EQUAL(smart_decode_status(good, 32), -1);
	CU_ASSERT_EQUAL(smart_decode_status(fixed, 32), -1);
	fixed[10] = 0xf4;
	fixed[11] = 0x2c;
	CU_ASSERT_EQUAL(smart_decode_status(fixed, 32), 1);
}

static void nvme_disks(void)
{
	uint8_t log[SMART_PAGE] = {0};
	struct smart s;

	log[1] = 0x36; /* 310 K */
	log[2] = 0x01;
	log[3] = 100;
	log[4] = 10;
	log[5] = 103;
	CU_ASSERT(smart_decode_nvme(log, &s));
	CU_ASSERT_EQUAL(s.kind, SMART_NVME);
	CU_ASSERT(!s.failing && !smart_is_alarming(&s));
	CU_ASSERT_EQUAL(s.temperature, 37);
	CU_ASSERT_EQUAL(s.percent_used, 103);
	CU_ASSERT_EQUAL(s.percent_spare, 100);
	CU_ASSERT_EQUAL(s.media_errors, 0);
	CU_ASSERT_EQUAL(s.pending, SMART_UNKNOWN);
	log[0] = SMART_TEMPERATURE;
	CU_ASSERT(smart_decode_nvme(log, &s) && !s.failing && s.warning == SMART_TEMPERATURE);
	log[0] = SMART_READ_ONLY;
	CU_ASSERT(smart_decode_nvme(log, &s) && s.failing && smart_is_alarming(&s));
	log[0] = 0;
	log[160] = 0x0c;
	log[161] = 0x01;
	CU_ASSERT(smart_decode_nvme(log, &s) && smart_is_alarming(&s));
	CU_ASSERT_EQUAL(s.media_errors, 268);
	log[170] = 1;
	CU_ASSERT(smart_decode_nvme(log, &s));
	CU_ASSERT_EQUAL(s.media_errors, INT64_MAX);
}

static void who_is_not_asked(void)
{
	static const char *const buses[] = {"image", "usb", "virtio", "mmc", "", "sata", "nvme"};
	struct smart s;

	/* The last two are no such disks. */
	for (size_t i = 0; i < sizeof(buses) / sizeof(*buses); i++) {
		struct disk disk = {.device = "/dev/null", .bus = buses[i]};

		smart_read(&disk, &s);
		CU_ASSERT_EQUAL(s.kind, SMART_NONE);
	}
}

#define ADD(test) CU_add_test(suite, #test, test)

void suite_smart(void)
{
	CU_pSuite suite = CU_add_suite("smart", NULL, NULL);

	ADD(a_sound_ata_disk);
	ADD(an_ata_disk_that_fails);
	ADD(damaged_pages_are_not_believed);
	ADD(the_status_in_sense_data);
	ADD(nvme_disks);
	ADD(who_is_not_asked);
}
