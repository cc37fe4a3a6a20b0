/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Windows installation as its hives describe it (USMT specification 6, 7, 11): version,
 * architecture, computer name, users with their profiles, and the path variables of section 7 in
 * the system's and each user's context.
 */
#ifndef HOLDFAST_WINDOWS_INSTALL_H
#define HOLDFAST_WINDOWS_INSTALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fs;
struct hive;

enum windows_user_kind {
	WINDOWS_USER_NORMAL,
	WINDOWS_USER_SERVICE,	/* S-1-5-18/19/20, S-1-5-80-*, S-1-5-82-*, ... */
	WINDOWS_USER_TEMPORARY, /* State has the temporary-profile bit */
	WINDOWS_USER_STALE,	/* ProfileList entry without a profile folder */
};

/* One name with its value; both owned by whoever holds the table. */
struct windows_variable {
	char *name;
	char *value;
};

struct windows_user {
	char *sid;    /* "S-1-5-21-..." */
	char *domain; /* "" for local accounts that are resolved and when unknown */
	char *name;   /* account name; the profile folder's name when nothing better is known */
	char *upn;    /* sign-in name, "ann@example.org"; "" when unknown */
	const char *name_from; /* where NAME was found, for people: "SAM", "folder", ...; static */
	bool name_is_guess;    /* NAME comes from the folder, not from an account database */
	bool is_local;	       /* an account of this computer by its SID, also when it is deleted */
	bool unlisted;	/* not in ProfileList: a folder with a hive; SID as its security tells, or
			   "unknown-FOLDER" */
	char *profile;	/* "C:\Users\ann", normalised, in the installation's letters */
	uint32_t state; /* ProfileList State value */
	enum windows_user_kind kind;
	bool has_hive;	    /* NTUSER.DAT is there and readable */
	uint64_t last_used; /* NTUSER.DAT's modification, 100 ns since 1601 UTC; 0 unknown */
	struct windows_variable *variables; /* user context, USMT specification 7.2 */
	size_t variable_count;
};

struct windows_install {
	size_t volume;	 /* index of its volume in struct machine */
	char letter;	 /* its volume's letter by its own account, or 'C' */
	char *directory; /* "\Windows": the Windows directory on that volume, without letter */
	char *root;    /* "\Windows.old": where what was its drive's root is now; "": at the root */
	char *product; /* "Windows 10 Pro" */
	char *version; /* "10.0.19045" or "5.1.2600" */
	unsigned major, minor, build;
	unsigned bits;	   /* 32 or 64 */
	char *computer;	   /* computer name */
	bool is_old;	   /* lies below a Windows.old folder */
	bool hives_dirty;  /* a hive has unreplayed transactions; said once in a warning */
	char **told_hives; /* paths of hives whose state was told; for context.c */
	size_t told_count, told_cap;
	struct windows_user *users; /* ProfileList order; read by machine_choose() */
	size_t user_count;
	struct windows_variable *variables; /* system context, USMT specification 7.1 */
	size_t variable_count;
	uint8_t *mounted_devices; /* opaque to callers; windows/letters.c */
	size_t mounted_devices_len;
};

/* The Windows directory as the installation itself calls it: below its root. */
const char *windows_own_directory(const struct windows_install *install);

/*
 * The control set of the hive SYSTEM that Select\Current names (or Default, or LastKnownGood).
 * HF_ENOENT, HF_ECORRUPT.
 */
int windows_control_set(const struct hive *system, size_t *key);

/*
 * Is there a Windows in DIRECTORY ("\Windows") of FS: SOFTWARE and SYSTEM hives that can be read
 * and that say so. Returns 0 with *OUT filled (users and variables still empty), HF_ENOENT when
 * there is none, or an error with message when the hives are there but damaged.
 */
int windows_probe(struct fs *fs, const char *directory, struct windows_install *out);

/*
 * Reads users (ProfileList, SAM names where available) and variables. FS is the installation's
 * volume.
 */
int windows_read_users(struct fs *fs, struct windows_install *install);

/*
 * The value of variable NAME (case-insensitive, without '%') for user number USER (index into
 * users), or for the system context when USER is -1; a user also sees the system's. NULL when
 * undefined. The string belongs to INSTALL. Values are fully expanded.
 */
const char *windows_variable(const struct windows_install *install, int user, const char *name);

/* Releases what INSTALL holds, not INSTALL itself. */
void windows_install_free(struct windows_install *install);

#endif
