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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fs;
struct str;
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
 * asked for is damaged, HF_ELIMIT for data above 64 MiB, other errors of reading the disk.
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

/*
 * A key as one user sees it. A plain value that stays good as long as the registry. Where Windows
 * merges two keys (HKCR) it is both. Names below it are reached through it and not by path, because
 * a name may hold '\'.
 */
enum registry_root { REGISTRY_KEY, REGISTRY_MACHINE, REGISTRY_USERS };
struct registry_key {
	enum registry_root root; /* HKLM and HKU are in no hive */
	int user;		 /* who sees it; -1 nobody */
	unsigned count;		 /* places, the one that hides the other first */
	struct registry_place {
		int hive;   /* enum hive_id */
		int user;   /* whose hive; -1 the machine's */
		size_t key; /* hive_key */
	} at[2];
};

/* What a key is, apart from its values and subkeys: of the first place when there are two. */
struct registry_key_info {
	uint64_t written;    /* last change: 100 ns since 1601-01-01 UTC; 0 for HKLM and HKU */
	char *class_name;    /* WTF-8; NULL when none */
	uint8_t *security;   /* self-relative descriptor ([MS-DTYP] 2.4.6), as stored; NULL when
				there is none or it is damaged */
	size_t security_len; /* bytes */
	bool is_link;	     /* symbolic link: the REG_LINK value SymbolicLinkValue says where to */
	bool is_volatile;    /* was not meant to be stored */
	unsigned losses;     /* (1 << enum hive_loss) of what damage took from it; 0 when sound */
};

/* A value with its data. */
struct registry_value_entry {
	char *name;    /* WTF-8, a NUL in it as C0 80; "" the default value. Stays first */
	uint32_t type; /* REG_*, or any other number */
	uint8_t *data; /* as stored; NULL when ERROR is set, else never */
	size_t len;    /* bytes */
	int error;     /* 0; HF_ECORRUPT: its data is lost; HF_ELIMIT: it is above 64 MiB */
};

struct registry_subkey_entry {
	char *name; /* WTF-8. Stays first */
	struct registry_key key;
};

/* All there is in a key. Everything is owned by it: free with registry_content_free(). */
struct registry_content {
	struct registry_key_info info;
	struct registry_value_entry *values; /* in stored order */
	size_t value_count;
	struct registry_subkey_entry *subkeys; /* in stored order, then those Windows makes */
	size_t subkey_count;
};

/*
 * The key with the path KEY ("HKLM\Software\a") as USER sees it. Returns as registry_value(). HKLM
 * and HKU themselves are there always.
 */
int registry_open_key(struct registry *r, int user, const char *key, struct registry_key *out);

/* The subkey of KEY called NAME, in which '\' is a character as any other. HF_ENOENT, HF_ECORRUPT,
 * HF_ENOMEM, errors of reading the disk. */
int registry_open_subkey(struct registry *r, const struct registry_key *key, const char *name,
			 struct registry_key *out);

/* What KEY is; free with registry_key_info_free(). HF_ENOENT, HF_ENOMEM, errors of the disk. */
int registry_key_info(struct registry *r, const struct registry_key *key,
		      struct registry_key_info *out);
void registry_key_info_free(struct registry_key_info *info);

/*
 * Reads KEY with all values and the list of its subkeys. Damage within it is in *OUT
 * (info.losses, an entry's error) and not an error: the caller reports it for each object. Walks
 * from any key end: below HKLM, HKU or a hive's root every key has one parent and at most 512
 * levels above it. Only CurrentControlSet is there twice, as Windows shows it. Errors as
 * registry_key_info().
 */
int registry_read_key(struct registry *r, const struct registry_key *key,
		      struct registry_content *out);
void registry_content_free(struct registry_content *content);

/*
 * The hive file that KEY is in and its path there, for messages: "C:\Users\ann\NTUSER.DAT" and
 * "Software\a", appended to FILE and PATH. HF_ENOMEM; HF_ENOENT for HKLM and HKU.
 */
int registry_key_file(struct registry *r, const struct registry_key *key, struct str *file,
		      struct str *path);

#endif
