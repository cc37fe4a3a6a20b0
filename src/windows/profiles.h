/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The users of an offline Windows (USMT specification 11): the profiles in ProfileList with kind,
 * name and folder. Used within windows only.
 */
#ifndef HOLDFAST_WINDOWS_PROFILES_H
#define HOLDFAST_WINDOWS_PROFILES_H

#include "windows/context.h"

/*
 * Fills C->install->users, with their variables. folders_of_system() comes first. A profile whose
 * SID resolves to no name stays in, named by its folder; so does a folder with a user's hive among
 * the profiles that ProfileList does not name (unlisted). A profile path that leads through
 * junctions is replaced by where it leads.
 *
 * Windows renames a profile's key to "SID.bak" when it could not load the profile and makes a
 * temporary one under the SID. The .bak key is the real profile: it is listed under the plain SID;
 * the other one is WINDOWS_USER_TEMPORARY by its state. When both name the same folder they are
 * one.
 *
 * 0; HF_ECORRUPT when ProfileList is damaged (logged): working on with half of the users would lose
 * the others; HF_ENOMEM (logged).
 */
int profiles_read(struct windows_context *c);

/*
 * The account name that the profile folder FOLDER tells: without the ".000" that Windows adds when
 * the name is taken, and without ".SUFFIX" when SUFFIX is one of the COUNT names in KNOWN (computer
 * and domain). In fresh memory; NULL when out of memory.
 */
char *profiles_name_of_folder(const char *folder, const char *const *known, size_t count);

#endif
