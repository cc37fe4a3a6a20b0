/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A user who has no profile yet: what the installation will know of him, and his entry in
 * ProfileList (USMT specification 11.5).
 */
#ifndef HOLDFAST_WINDOWS_PROFILE_NEW_H
#define HOLDFAST_WINDOWS_PROFILE_NEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fs;
struct hive;
struct hive_write;
struct str;
struct windows_install;

struct profile_user {
	const char *sid, *domain, *name; /* DOMAIN: "" for accounts of the computer itself */
	const char *profile;		 /* "C:\Users\ann", which need not be there */
	bool is_local;
};

/*
 * Adds USER to INSTALL, whose users were read, with the variables that his profile will have when
 * it is made from the folder DEFAULTS ("C:\Users\Default"). FS is the installation's volume. *INDEX
 * is his number. HF_ECORRUPT when a hive cannot be read, HF_ENOMEM; each with a message.
 */
int windows_add_user(struct fs *fs, struct windows_install *install,
		     const struct profile_user *user, const char *defaults, size_t *index);

/*
 * The SID of the local account NAME in SAM into SID of SIZE bytes. HF_ENOENT, HF_ECORRUPT,
 * HF_ENOMEM; silent.
 */
int windows_find_account(const struct hive *sam, const char *name, char *sid, size_t size);

/*
 * Writes ProfileList\SID into SOFTWARE, instead of what is there under that name. PATH is the
 * profile's as Windows writes it ("%SystemDrive%\Users\ann"). Silent.
 */
int profile_list_set(struct hive_write *software, const char *sid, const char *path);

/*
 * DATA, the reparse point of a junction that leads into the folder FROM, into fresh memory with TO
 * in FROM's place. 1; 0 when it does not lead there; HF_ENOMEM.
 */
int profile_move_junction(const uint8_t *data, size_t len, const char *from, const char *to,
			  struct str *out);

#endif
