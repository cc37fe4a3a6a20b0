/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registry of an offline Windows as one of its users would see it (USMT specification 4.6),
 * over the hives on its volumes. Reads only.
 *
 * HKLM\Software is the SOFTWARE hive; HKLM\System is SYSTEM, with CurrentControlSet as Select
 * says; HKCU is the user's NTUSER.DAT; HKCU\Software\Classes is UsrClass.dat where there is one;
 * HKCR is HKCU\Software\Classes with HKLM\Software\Classes behind it, merged as Windows does;
 * HKU\SID and HKU\SID_Classes are those of any user; HKU\.DEFAULT and HKU\S-1-5-18 are the DEFAULT
 * hive. Long names (HKEY_LOCAL_MACHINE, ...) mean the same. HKLM\SAM and HKLM\SECURITY hold secrets
 * and are refused; what Windows only has in memory (HKLM\Hardware, HKEY_CURRENT_CONFIG) or in
 * hives without settings (HKLM\Components, HKLM\BCD00000000) is not there. Symbolic links between
 * keys are not followed.
 *
 * Hives are opened when first asked for and kept: those of the system and those of one user, who
 * makes room when another one is asked for.
 */
#ifndef HOLDFAST_WINDOWS_REGISTRY_H
#define HOLDFAST_WINDOWS_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

struct fs;
struct registry;
struct windows_install;

/* The open file system with drive LETTER (upper case), or NULL. Asked each time a hive is opened.
 */
typedef struct fs *(*registry_volume)(void *ctx, char letter);

/* Called with the name of a subkey or value (WTF-8); returns 0 to go on. */
typedef int (*registry_visit)(void *ctx, const char *name);

/*
 * The registry of INSTALL, whose users have been read; INSTALL, VOLUME and CTX must outlive it.
 * Opens nothing yet. NULL when out of memory (logged).
 */
struct registry *registry_new(struct windows_install *install, registry_volume volume, void *ctx);

/* Closes all hives; accepts NULL. */
void registry_free(struct registry *r);

/*
 * Value NAME ("" is the default value) of KEY as USER sees it (an index into INSTALL's users; -1:
 * nobody, without HKCU). The data is as in the hive, in fresh memory and never NULL; *TYPE is
 * REG_*. Names are case-insensitive.
 *
 * 0; HF_ENOENT in silence when there is no such key or value; HF_ENOMEM (logged). After one warning
 * for each hive or root: HF_EREFUSED for SAM and SECURITY, HF_ECORRUPT when the hive or what was
 * asked for is damaged, HF_ELIMIT for data above 16 KiB, other errors of reading the disk.
 */
int registry_value(struct registry *r, int user, const char *key, const char *name, uint32_t *type,
		   void **data, size_t *len);

/*
 * Visits the subkeys and values of KEY; either visitor may be NULL. Returns what a visitor returned
 * when that is not 0, else as registry_value(). The keys that Windows makes itself are listed where
 * they can be read: CurrentControlSet, HKCU\Software\Classes, the keys of HKLM and HKU.
 */
int registry_list(struct registry *r, int user, const char *key, registry_visit subkey,
		  registry_visit value, void *ctx);

#endif
