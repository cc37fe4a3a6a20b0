/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drive letters as the offline Windows has them: the \DosDevices\X: values of MountedDevices in its
 * SYSTEM hive, matched with the volumes at hand; and the \??\Volume{GUID} values, by which folders
 * that a volume is mounted in name it. Used within windows only.
 */
#ifndef HOLDFAST_WINDOWS_LETTERS_H
#define HOLDFAST_WINDOWS_LETTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "windows/hive.h"
#include "windows/install.h"
#include "windows/machine.h"

/*
 * Keeps MountedDevices of SYSTEM in INSTALL->mounted_devices. Values of 12 bytes are an MBR disk
 * signature and the partition's byte offset; "DMIO:ID:" and 16 bytes are a GPT partition GUID;
 * others (removable drives by device path) are not volumes of disks. 0 (also when there is none) or
 * HF_ENOMEM.
 */
int letters_read(const struct hive *system, struct windows_install *install);

/*
 * Does INSTALL's MountedDevices call VOLUME by GUID (16 bytes as in its text form, the first three
 * groups little-endian)? The volumes of GPT disks are also called by their partition's GUID.
 */
bool letters_is_named(const struct windows_install *install, const uint8_t guid[16],
		      const struct volume *volume);

/* The letter that INSTALL's MountedDevices give VOLUME, or 0. */
char letters_of_volume(const struct windows_install *install, const struct volume *volume);

/*
 * The letter of INSTALL's own volume: given by hand, else from MountedDevices, else the one it
 * calls itself by (INSTALL->letter).
 */
char letters_of_install(const struct machine *m, const struct windows_install *install);

/*
 * Gives all volumes of M the letters of INSTALL. Letters given by hand stay; of several volumes
 * that claim one letter, the system volume gets it, then those given by hand, then those on its
 * disk, then the first; the others get none, with a warning. Sets INSTALL->letter.
 */
void letters_assign(struct machine *m, struct windows_install *install);

#endif
