/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small Windows installations in memory (memfs.h) for tests: hives with what windows/ reads, users'
 * hives, profile folders.
 */
#ifndef HOLDFAST_TESTS_WINSAMPLE_H
#define HOLDFAST_TESTS_WINSAMPLE_H

#include "volume/fs.h"
#include "windows/install.h"

/* The machine's own part of the SIDs of its accounts. */
#define SAMPLE_SID "S-1-5-21-1000-2000-3000"

/* Which Windows, and what MountedDevices gives C: and D:. */
struct winsample {
	const char *directory; /* "\Windows" */
	const char *root;      /* SystemRoot, "C:\Windows" */
	const char *product;
	const char *version; /* CurrentVersion, "6.1" */
	const char *build;
	unsigned major; /* CurrentMajorVersionNumber; 0: not there */
	const char *architecture;
	const char *computer;
	const void *mounted[2]; /* data for C: and D:; NULL: none */
	size_t mounted_len[2];
};

extern const struct winsample sample_win10;
extern const struct winsample sample_win11;
extern const struct winsample sample_win7;
extern const struct winsample sample_xp;

/* Adds SOFTWARE, SYSTEM and SAM of W to FS; no users but the three of the system. */
void winsample_add(struct fs *fs, const struct winsample *w);

/* One ProfileList entry: KEY is the SID, perhaps with .bak. PATH may be NULL: no value. */
struct winsample_profile {
	const char *key;
	const char *path;
	uint32_t state;
};

/* As winsample_add() with COUNT more profiles. Folders and hives are not made. */
void winsample_add_users(struct fs *fs, const struct winsample *w,
			 const struct winsample_profile *profiles, size_t count);

/* Adds an NTUSER.DAT with "User Shell Folders" values; pairs of name and text up to NULL. */
void winsample_add_hive(struct fs *fs, const char *path, const char *const *values);

#endif
