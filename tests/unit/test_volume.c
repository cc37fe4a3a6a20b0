// SPDX-License-Identifier: GPL-2.0-or-later
/* volume/: --volume arguments, partition tables in image files, what sysfs says about disks. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ntfs/image.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/suites.h"
#include "volume/disk_private.h"

#define MIB (1024 * 1024)

static void volume_arguments_are_parsed(void)
{
	struct volume_arg a;

	CU_ASSERT_EQUAL(volume_arg_parse("C=/dev/sda3", &a), 0);
	CU_ASSERT_EQUAL(a.letter, 'C');
	CU_ASSERT_STRING_EQUAL(a.path, "/dev/sda3");
	CU_ASSERT_EQUAL(volume_arg_parse("d:=disk.img@1048576", &a), 0);
	CU_ASSERT_EQUAL(a.letter, 'D');
	CU_ASSERT_STRING_EQUAL(a.path, "disk.img@1048576");
	CU_ASSERT_EQUAL(volume_arg_parse("", &a), HF_EINVAL);
	CU_ASSERT_EQUAL(volume_arg_parse("C", &a), HF_EINVAL);
	CU_ASSERT_EQUAL(volume_arg_parse("C=", &a), HF_EINVAL);
	CU_ASSERT_EQUAL(volume_arg_parse("C:", &a), HF_EINVAL);
	CU_ASSERT_EQUAL(volume_arg_parse("1=/dev/sda", &a), HF_EINVAL);
	CU_ASSERT_EQUAL(volume_arg_parse("\xc3\x84=/dev/sda", &a), HF_EINVAL);
}

static void put(const char *path, uint64_t at, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	CU_ASSERT_EQUAL(pwrite(fd, data, len, (off_t)at), (ssize_t)len);
	close(fd);
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* An image file of SIZE MiB named NAME with the volume VOLUME at each of the OFFSETS (MiB; 0 ends).
 */
static char *make_disk(const char *name, unsigned size, const char *volume, const unsigned *offsets)
{
	static char path[300];
	char command[900];

	snprintf(path, sizeof(path), "%s/%s", image_dir(), name);
	put(path, (uint64_t)size * MIB - 1, "", 1);
	for (; *offsets; offsets++) {
		snprintf(command, sizeof(command),
			 "dd if='%s' of='%s' bs=1M seek=%u conv=notrunc status=none", volume, path,
			 *offsets);
		CU_ASSERT_EQUAL(system(command), 0);
	}
	return path;
}

static void put_mbr_entry(uint8_t *sector, int index, uint8_t type, uint32_t start, uint32_t size)
{
	uint8_t *e = sector + 446 + 16 * index;

	e[4] = type;
	put32(e + 8, start);
	put32(e + 12, size);
	sector[510] = 0x55;
	sector[511] = 0xaa;
}

static void mbr_disk_is_listed(void)
{
	static const unsigned offsets[] = {1, 40, 0};
	const char *volume = image_make("part", 16, "-L 'My volume'");
	char *path = make_disk("mbr.img", 80, volume, offsets);
	struct volume_arg args[2] = {{'C', path}, {'D', NULL}};
	struct disks *disks = NULL;
	uint8_t sector[512] = {0};
	char second[320];

	put32(sector + 440, 0x1234abcd);
	put_mbr_entry(sector, 0, 7, 2048, 16 * 2048);
	put_mbr_entry(sector, 1, 7, 40 * 2048, 16 * 2048);
	put(path, 0, sector, sizeof(sector));
	CU_ASSERT_EQUAL(disks_scan(args, 1, &disks), HF_EAMBIGUOUS);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "mbr.img@1048576"));
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "mbr.img@41943040"));
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "My volume"));

	snprintf(second, sizeof(second), "%s@41943040", path);
	args[0].path = second;
	CU_ASSERT_EQUAL_FATAL(disks_scan(args, 1, &disks), 0);
	CU_ASSERT_EQUAL(disks->disk_count, 1);
	CU_ASSERT_STRING_EQUAL(disks->disks[0].table, "dos");
	CU_ASSERT_STRING_EQUAL(disks->disks[0].bus, "image");
	CU_ASSERT_EQUAL(disks->disks[0].size, 80 * MIB);
	CU_ASSERT_EQUAL_FATAL(disks->volume_count, 1);
	CU_ASSERT_EQUAL(disks->volumes[0].offset, 40 * MIB);
	CU_ASSERT_EQUAL(disks->volumes[0].start, 40 * MIB);
	CU_ASSERT_EQUAL(disks->volumes[0].size, 16 * MIB);
	CU_ASSERT_EQUAL(disks->volumes[0].number, 2);
	CU_ASSERT_EQUAL(disks->volumes[0].mbr_signature, 0x1234abcd);
	CU_ASSERT_STRING_EQUAL(disks->volumes[0].label, "My volume");
	CU_ASSERT_STRING_EQUAL(disks->volumes[0].fstype, "ntfs");
	CU_ASSERT_NOT_EQUAL(disks->volumes[0].serial, 0);
	CU_ASSERT_EQUAL(disks->volumes[0].health, NTFS_CLEAN);
	CU_ASSERT_EQUAL(disks->volumes[0].letter, 'C');
	disks_free(disks);
	args[1] = (struct volume_arg){'C', volume};
	CU_ASSERT_EQUAL(disks_scan(args, 2, &disks), HF_EINVAL);
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

static void put_gpt(const char *path, uint64_t sectors)
{
	static uint8_t entries[128 * 128];
	uint8_t mbr[512] = {0}, header[512] = {0};
	static const uint8_t basic_data[16] = {0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44,
					       0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7};

	put_mbr_entry(mbr, 0, 0xee, 1, (uint32_t)sectors - 1);
	memcpy(entries, basic_data, 16);
	for (int i = 0; i < 16; i++) {
		entries[16 + i] = (uint8_t)(0x10 + i);
		header[56 + i] = (uint8_t)(0x80 + i);
	}
	put32(entries + 32, 2048);
	put32(entries + 40, 17 * 2048 - 1);
	memcpy(header, "EFI PART\0\0\1\0\x5c", 13);
	put32(header + 24, 1);
	put32(header + 32, (uint32_t)sectors - 1);
	put32(header + 40, 34);
	put32(header + 48, (uint32_t)sectors - 34);
	put32(header + 72, 2);
	put32(header + 80, 128);
	put32(header + 84, 128);
	put32(header + 88, crc32_of(entries, sizeof(entries)));
	put32(header + 16, crc32_of(header, 92));
	put(path, 0, mbr, sizeof(mbr));
	put(path, 512, header, sizeof(header));
	put(path, 1024, entries, sizeof(entries));
}

static void gpt_disk_has_its_guids(void)
{
	static const unsigned offsets[] = {1, 0};
	const char *volume = image_make("part", 16, "");
	char *path = make_disk("gpt.img", 40, volume, offsets), at[320];
	struct volume_arg arg = {'E', at};
	struct disks *disks = NULL;

	put_gpt(path, 40 * 2048);
	snprintf(at, sizeof(at), "%s@1048576", path);
	CU_ASSERT_EQUAL_FATAL(disks_scan(&arg, 1, &disks), 0);
	CU_ASSERT_STRING_EQUAL(disks->disks[0].table, "gpt");
	/* As on the disk, where three groups are little-endian. */
	for (int i = 0; i < 16; i++) {
		CU_ASSERT_EQUAL(disks->volumes[0].part_guid[i], 0x10 + i);
		CU_ASSERT_EQUAL(disks->volumes[0].disk_guid[i], 0x80 + i);
	}
	CU_ASSERT_EQUAL(disks->volumes[0].size, 16 * MIB);
	disks_free(disks);
}

static void volume_without_table_is_itself(void)
{
	const char *path = image_make("whole", 16, "-L whole");
	struct volume_arg arg = {'C', path};
	struct disks *disks = NULL;

	CU_ASSERT_EQUAL_FATAL(disks_scan(&arg, 1, &disks), 0);
	CU_ASSERT_STRING_EQUAL(disks->disks[0].table, "");
	CU_ASSERT_EQUAL(disks->volumes[0].number, 0);
	CU_ASSERT_EQUAL(disks->volumes[0].offset, 0);
	CU_ASSERT_STRING_EQUAL(disks->volumes[0].fstype, "ntfs");
	CU_ASSERT_STRING_EQUAL(disks->volumes[0].label, "whole");
	disks_free(disks);
	/* Not a whole number of sectors, and too short for its file system. */
	CU_ASSERT_EQUAL(truncate(path, 9 * MIB + 77), 0);
	CU_ASSERT_EQUAL_FATAL(disks_scan(&arg, 1, &disks), 0);
	CU_ASSERT_EQUAL(disks->volumes[0].health, NTFS_UNREADABLE);
	disks_free(disks);
	CU_ASSERT_EQUAL(truncate(path, 100), 0);
	CU_ASSERT_EQUAL_FATAL(disks_scan(&arg, 1, &disks), 0);
	CU_ASSERT_STRING_EQUAL(disks->volumes[0].fstype, "");
	disks_free(disks);
	arg.path = "/nowhere/at.all";
	CU_ASSERT_EQUAL(disks_scan(&arg, 1, &disks), HF_ENOENT);
	arg.path = "/dev/null";
	CU_ASSERT_EQUAL(disks_scan(&arg, 1, &disks), HF_EINVAL);
}

static void other_file_systems_are_named(void)
{
	const char *path = image_make("other", 16, "");
	struct volume_arg arg = {'C', path};
	struct disks *disks = NULL;
	uint8_t sector[512] = {0};

	/* A BitLocker boot sector, as libblkid knows it: its signature and a metadata block. */
	memcpy(sector, "\xeb\x58\x90-FVE-FS-", 11);
	sector[510] = 0x55;
	sector[511] = 0xaa;
	put(path, 0, sector, sizeof(sector));
	CU_ASSERT_EQUAL_FATAL(disks_scan(&arg, 1, &disks), 0);
	CU_ASSERT_STRING_EQUAL(disks->volumes[0].fstype, "BitLocker");
	disks_free(disks);
}

static void put_text(const char *root, const char *name, const char *text, size_t len)
{
	char path[400], command[500];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	snprintf(command, sizeof(command), "mkdir -p \"$(dirname '%s')\"", path);
	CU_ASSERT_EQUAL(system(command), 0);
	put(path, 0, text, len);
}

static void sysfs_tells_model_and_serial(void)
{
	struct disk d = {0};
	char root[300], name[64], directory[400];

	snprintf(root, sizeof(root), "%s/sys", image_dir());
	put_text(root, "vda/serial", "VD 01\n", 6);
	put_text(root, "vda/size", "8192\n", 5);
	CU_ASSERT_EQUAL(disk_describe(root, "vda", &d), 0);
	CU_ASSERT_STRING_EQUAL(d.serial, "VD 01");
	CU_ASSERT_EQUAL(d.size, 4 * MIB);
	put_text(root, "nvme0n1/device/serial", "  S5\x1bXY   \n", 11);
	put_text(root, "nvme0n1/device/model", "Fast Disk 980    \n", 18);
	CU_ASSERT_EQUAL(disk_describe(root, "nvme0n1", &d), 0);
	CU_ASSERT_STRING_EQUAL(d.serial, "S5?XY");
	CU_ASSERT_STRING_EQUAL(d.model, "Fast Disk 980");
	CU_ASSERT_STRING_EQUAL(d.bus, "nvme");
	put_text(root, "sda/device/vpd_pg80", "\0\x80\0\x0aWD-WX123 \n", 14);
	put_text(root, "sda/device/vendor", "ATA     \n", 9);
	put_text(root, "sda/device/model", "WDC WD10\n", 9);
	put_text(root, "sda/sda2/partition", "2\n", 2);
	put_text(root, "sda/sda2/start", "4096\n", 5);
	CU_ASSERT_EQUAL(disk_describe(root, "sda", &d), 0);
	CU_ASSERT_STRING_EQUAL(d.serial, "WD-WX123");
	CU_ASSERT_STRING_EQUAL(d.model, "WDC WD10");
	CU_ASSERT_FALSE(d.removable);
	put_text(root, "usb/serial", "STICK1\n", 7);
	put_text(root, "usb/idVendor", "0781\n", 5);
	put_text(root, "usb/host0/sdb/removable", "1\n", 2);
	snprintf(directory, sizeof(directory), "%s/usb/host0", root);
	CU_ASSERT_EQUAL(disk_describe(directory, "sdb", &d), 0);
	CU_ASSERT_STRING_EQUAL(d.serial, "STICK1");
	CU_ASSERT_STRING_EQUAL(d.bus, "usb");
	CU_ASSERT_TRUE(d.removable);
	snprintf(directory, sizeof(directory), "%s/sda", root);
	CU_ASSERT_TRUE(disk_partition_name(directory, 2, 4096 * 512, name, sizeof(name)));
	CU_ASSERT_STRING_EQUAL(name, "sda2");
	CU_ASSERT_FALSE(disk_partition_name(directory, 2, 2048 * 512, name, sizeof(name)));
	CU_ASSERT_TRUE(disk_is_candidate("mmcblk0"));
	CU_ASSERT_FALSE(disk_is_candidate("mmcblk0boot0"));
	CU_ASSERT_FALSE(disk_is_candidate("sr0"));
	CU_ASSERT_FALSE(disk_is_candidate("loop3"));
	CU_ASSERT_FALSE(disk_is_candidate("zram0"));
	free(d.device);
	free(d.model);
	free(d.serial);
}

static void this_machine_can_be_scanned(void)
{
	struct disks *disks = NULL;

	CU_ASSERT_EQUAL_FATAL(disks_scan(NULL, 0, &disks), 0);
	for (size_t i = 0; i < disks->volume_count; i++)
		CU_ASSERT(disks->volumes[i].disk < disks->disk_count && disks->volumes[i].label &&
			  disks->volumes[i].fstype && disks->volumes[i].device);
	disks_free(disks);
}

#define ADD(test) CU_add_test(suite, #test, test)

void suite_volume(void)
{
	CU_pSuite suite = CU_add_suite("volume", NULL, NULL);

	ADD(volume_arguments_are_parsed);
	ADD(mbr_disk_is_listed);
	ADD(gpt_disk_has_its_guids);
	ADD(volume_without_table_is_itself);
	ADD(other_file_systems_are_named);
	ADD(sysfs_tells_model_and_serial);
	ADD(this_machine_can_be_scanned);
}
