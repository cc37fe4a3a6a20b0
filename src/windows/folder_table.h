/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The known folders as a table: variable names, where a hive keeps their place, and the defaults
 * for each generation of Windows (USMT specification 7.1 and 7.2). Used by folders.c only.
 */
#ifndef HOLDFAST_WINDOWS_FOLDER_TABLE_H
#define HOLDFAST_WINDOWS_FOLDER_TABLE_H

#include <stddef.h>

/* Names for one folder; defaults may use the variables of the lines above. */
struct known_folder {
	const char *names[3]; /* variables; NULL where fewer */
	const char *value;    /* value name in (User) Shell Folders; NULL: none */
	const char *xp;	      /* default up to version 5.2; NULL: not defined there */
	const char *vista;    /* default from version 6.0 on; NULL: not defined there */
	const char *eight;    /* default from version 6.2 on; NULL: as VISTA */
};

extern const struct known_folder common_folders[];
extern const size_t common_folder_count;
extern const struct known_folder user_folders[];
extern const size_t user_folder_count;

/* Variables CSIDL_x that also exist as CSIDL_DEFAULT_x, with the variable to take it from. */
struct default_folder {
	const char *name;   /* "APPDATA" */
	const char *source; /* "CSIDL_APPDATA" */
};
extern const struct default_folder default_folders[];
extern const size_t default_folder_count;

#endif
