// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel says about disks in /sys/block: model, serial number, bus, size, partitions.
 * There is no udev in the image, so serial numbers come from where each driver puts them.
 */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/error.h"
#include "volume/disk_private.h"

#define SECTOR 512

/* Reads the file DIRECTORY/NAME into OUT; its length, 0 when it cannot be read. */
static size_t read_file(const char *directory, const char *name, char *out, size_t size)
{
	char path[PATH_MAX];
	size_t n = 0;
	FILE *f;

	out[0] = '\0';
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", directory, name) >= sizeof(path))
		return 0;
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	fclose(f);
	return n;
}

/* Cuts blanks at both ends and replaces what a terminal should not see. */
static void tidy(char *text, size_t len)
{
	size_t start = 0, i;

	while (len && (isspace((unsigned char)text[len - 1]) || !text[len - 1]))
		len--;
	while (start < len && isspace((unsigned char)text[start]))
		start++;
	memmove(text, text + start, len - start);
	text[len - start] = '\0';
	for (i = 0; text[i]; i++)
		if (!isprint((unsigned char)text[i]))
			text[i] = '?';
}

static bool read_text(const char *directory, const char *name, char *out, size_t size)
{
	tidy(out, read_file(directory, name, out, size));
	return *out;
}

/* SCSI and ATA: page 0x80 of the vital product data; four bytes of header, then the serial number.
 */
static bool read_vpd(const char *directory, char *out, size_t size)
{
	char page[256];
	size_t n = read_file(directory, "device/vpd_pg80", page, sizeof(page));
	size_t len;

	if (n < 4 || (unsigned char)page[1] != 0x80)
		return false;
	len = (size_t)(unsigned char)page[2] << 8 | (unsigned char)page[3];
	if (len > n - 4)
		len = n - 4;
	if (len >= size)
		len = size - 1;
	memcpy(out, page + 4, len);
	out[len] = '\0';
	tidy(out, len);
	return *out;
}

/* USB: the serial number of the device further up, which is the directory that has idVendor. */
static bool read_usb_serial(const char *real, char *out, size_t size)
{
	char path[PATH_MAX], vendor[16];
	char *slash;

	if (strlen(real) >= sizeof(path))
		return false;
	strcpy(path, real);
	while ((slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		if (read_text(path, "idVendor", vendor, sizeof(vendor)))
			return read_text(path, "serial", out, size);
	}
	return false;
}

static const char *bus_of(const char *name, const char *real)
{
	if (!strncmp(name, "nvme", 4))
		return "nvme";
	if (!strncmp(name, "mmcblk", 6))
		return "mmc";
	if (strstr(real, "/usb"))
		return "usb";
	if (strstr(real, "/virtio"))
		return "virtio";
	if (strstr(real, "/ata"))
		return "sata";
	return "scsi";
}

static void model_of(const char *directory, char *out, size_t size)
{
	char vendor[64], model[128];

	if (!read_text(directory, "device/model", model, sizeof(model)) &&
	    !read_text(directory, "device/name", model, sizeof(model)))
		*model = '\0';
	/* "ATA" is what libata puts there for every disk, a number is a PCI vendor. */
	if (!read_text(directory, "device/vendor", vendor, sizeof(vendor)) ||
	    !strcmp(vendor, "ATA") || !strncmp(vendor, "0x", 2) || !*model)
		*vendor = '\0';
	snprintf(out, size, "%s%s%s", vendor, *vendor ? " " : "", model);
}

static bool serial_of(const char *directory, const char *real, const char *bus, char *out,
		      size_t size)
{
	*out = '\0';
	return read_text(directory, "serial", out, size) ||
	       read_text(directory, "device/serial", out, size) || read_vpd(directory, out, size) ||
	       (!strcmp(bus, "usb") && read_usb_serial(real, out, size));
}

int disk_describe(const char *sysfs, const char *name, struct disk *out)
{
	char directory[PATH_MAX], real[PATH_MAX], text[256];

	if ((size_t)snprintf(directory, sizeof(directory), "%s/%s", sysfs, name) >=
	    sizeof(directory))
		return 0;
	if (!realpath(directory, real))
		strcpy(real, directory);
	out->bus = bus_of(name, real);
	out->size = disk_sysfs_size(sysfs, name);
	out->removable = read_text(directory, "removable", text, sizeof(text)) && *text == '1';
	model_of(directory, text, sizeof(text));
	if (disk_text(&out->model, text))
		return HF_ENOMEM;
	serial_of(directory, real, out->bus, text, sizeof(text));
	return disk_text(&out->serial, text);
}

bool disk_is_candidate(const char *name)
{
	static const char *const others[] = {"loop", "ram", "zram", "sr", "fd", "dm-", "md", "nbd"};
	size_t i;

	if (*name == '.')
		return false;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strncmp(name, others[i], strlen(others[i])))
			return false;
	/* The boot areas of eMMC chips; their user area is "mmcblk0" itself. */
	return !(strstr(name, "mmcblk") && (strstr(name, "boot") || strstr(name, "rpmb")));
}

static uint64_t read_number(const char *directory, const char *name)
{
	char text[32];

	return read_text(directory, name, text, sizeof(text)) ? strtoull(text, NULL, 10) : 0;
}

uint64_t disk_sysfs_size(const char *sysfs, const char *name)
{
	char directory[PATH_MAX];

	if ((size_t)snprintf(directory, sizeof(directory), "%s/%s", sysfs, name) >=
	    sizeof(directory))
		return 0;
	return read_number(directory, "size") * SECTOR;
}

bool disk_partition_name(const char *directory, unsigned number, uint64_t start, char *out,
			 size_t size)
{
	struct dirent *entry;
	char child[PATH_MAX];
	bool found = false;
	DIR *d = opendir(directory);

	while (d && !found && (entry = readdir(d))) {
		if (entry->d_name[0] == '.' ||
		    (size_t)snprintf(child, sizeof(child), "%s/%s", directory, entry->d_name) >=
			    sizeof(child))
			continue;
		found = number && read_number(child, "partition") == number &&
			read_number(child, "start") * SECTOR == start &&
			(size_t)snprintf(out, size, "%s", entry->d_name) < size;
	}
	if (d)
		closedir(d);
	return found;
}

bool disk_of_partition(const char *sysfs_class, const char *name, char *out, size_t size)
{
	char path[PATH_MAX], real[PATH_MAX];
	char *slash;

	/* /sys/class/block/sda3 leads to .../block/sda/sda3. */
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", sysfs_class, name) >= sizeof(path) ||
	    !realpath(path, real) || !read_number(real, "partition"))
		return false;
	slash = strrchr(real, '/');
	*slash = '\0';
	slash = strrchr(real, '/');
	return slash && (size_t)snprintf(out, size, "%s", slash + 1) < size;
}
