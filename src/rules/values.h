/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contents of objects as text: registry data, settings of ini files, text files. Private to
 * src/rules; every byte comes from the examined computer and is treated as hostile.
 */
#ifndef HOLDFAST_RULES_VALUES_H
#define HOLDFAST_RULES_VALUES_H

#include "base/ini.h"
#include "base/mem.h"
#include "rules/rules.h"

/* Types of registry data, as Windows numbers them. */
enum {
	REG_TYPE_SZ = 1,
	REG_TYPE_EXPAND_SZ = 2,
	REG_TYPE_BINARY = 3,
	REG_TYPE_DWORD = 4,
	REG_TYPE_DWORD_BIG_ENDIAN = 5,
	REG_TYPE_LINK = 6,
	REG_TYPE_MULTI_SZ = 7,
	REG_TYPE_QWORD = 11,
};

/* Largest file whose content a rule may ask for. */
#define CONTENT_BYTES_MAX (64u << 20)
#define TEXT_BYTES_MAX	  RULES_INI_BYTES_MAX

/* Appends UTF-16LE text up to its NUL. Returns bytes used with terminator, or HF_ENOMEM. */
long utf16le_add(const void *data, size_t len, struct str *out);

/*
 * Registry data in text form: strings as they are, of several the first, numbers in decimal, other
 * bytes in hexadecimal. 0 or HF_ENOMEM.
 */
int reg_text(uint32_t type, const void *data, size_t len, struct str *out);

/* Goes through the settings of ini file PATH (ini_read()). Errors as object_text(). */
int each_setting(const struct rules_machine *machine, const char *path, ini_visit visit, void *ctx);

/*
 * Text form of an object: registry value LEAF of key NODE, setting LEAF of "file.ini|section", or
 * the text of file LEAF in NODE (LEAF NULL: of NODE). HF_ENOENT when there is none, HF_EUNSUPPORTED
 * when MACHINE cannot be asked, or another error.
 */
int object_text(const struct rules_machine *machine, int user, enum rules_object_type type,
		const char *node, const char *leaf, struct str *out);

/* Its bytes, into fresh memory. Errors as above; HF_ELIMIT above CONTENT_BYTES_MAX. */
int object_bytes(const struct rules_machine *machine, int user, enum rules_object_type type,
		 const char *node, const char *leaf, void **data, size_t *len);

/* "dir\name", or a copy of DIR when NAME is NULL. */
int join_path(struct str *out, const char *dir, const char *name);

#endif
