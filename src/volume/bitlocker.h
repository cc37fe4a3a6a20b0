/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BitLocker: what the metadata of an encrypted volume says, opening it with a recovery password, a
 * key file, a password or the clear key of suspended protection, and the decrypted volume as a
 * struct block. Everything happens in this process; nothing depends on the kernel. Keys live in
 * memory that is locked, left out of core dumps and wiped; they are in no message.
 *
 * Opened are volumes of Windows 7 and later (metadata version 2) that are wholly encrypted. One
 * that is being encrypted or decrypted is refused with the reason in struct bitlocker.
 */
#ifndef HOLDFAST_VOLUME_BITLOCKER_H
#define HOLDFAST_VOLUME_BITLOCKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct block;

/* A GUID as Windows shows it, without braces, upper case; with terminator. */
#define BITLOCKER_ID_SIZE 37

enum bitlocker_state {
	BITLOCKER_LOCKED,
	BITLOCKER_UNLOCKED,
	BITLOCKER_SUSPENDED,   /* open: its key lies in the clear in the metadata */
	BITLOCKER_UNSUPPORTED, /* cannot be opened; struct bitlocker.problem says why */
};

/* The flags of a protector's type on disk; TPM and PIN together are 0x0500. */
enum bitlocker_protection {
	BITLOCKER_CLEAR_KEY = 0x0000,
	BITLOCKER_TPM = 0x0100,
	BITLOCKER_EXTERNAL_KEY = 0x0200, /* a .BEK file */
	BITLOCKER_PIN = 0x0400,
	BITLOCKER_RECOVERY = 0x0800, /* 48 digits */
	BITLOCKER_CERTIFICATE = 0x1000,
	BITLOCKER_PASSWORD = 0x2000,
};

struct bitlocker_protector {
	char id[BITLOCKER_ID_SIZE]; /* for a recovery password: the key id that Windows asks for */
	uint16_t protection;	    /* enum bitlocker_protection */
};

/* An encrypted volume. Only bitlocker.c writes it. */
struct bitlocker {
	enum bitlocker_state state;
	const char *problem;	    /* BITLOCKER_UNSUPPORTED: why, and what to do; else NULL */
	const char *method;	    /* as manage-bde calls it: "XTS-AES 128"; "" unknown */
	char id[BITLOCKER_ID_SIZE]; /* of the volume; "" unknown */
	const struct bitlocker_protector *protectors;
	size_t protector_count;
};

/*
 * Reads and checks the metadata of the encrypted volume in BLOCK, which stays the caller's, and
 * opens it when protection is suspended. Damage is a state, not an error: HF_ENOMEM (said) only.
 */
int bitlocker_read(struct block *block, struct bitlocker **out);
/* Wipes the keys; accepts NULL. */
void bitlocker_free(struct bitlocker *b);

/*
 * Tries the keys in PATH, a file or a directory with *.txt and *.BEK files, on the locked volume.
 * In a directory a file whose name holds a GUID counts only when that is the id of the volume or of
 * one of its protectors; Windows' own names for saved keys are such. A text file (UTF-8 or UTF-16)
 * holds recovery passwords anywhere in it and passwords as lines "password = ...". NAME is what the
 * user calls the volume. Returns 0 when the volume is open now; HF_EBITLOCKER when it is not, with
 * a warning when there was a key for it; HF_ENOMEM, HF_EIO (PATH cannot be read), said.
 */
int bitlocker_unlock(struct bitlocker *b, const char *path, const char *name);

/* The same with one recovery password, as bitlocker_check_recovery() accepts it. Says nothing. */
int bitlocker_unlock_recovery(struct bitlocker *b, const char *text);

/*
 * Checks a recovery password as typed: eight groups of six digits, blanks or dashes between them or
 * nothing, each divisible by 11. Returns 0, or the number (1 to 8) of the first group that is
 * wrong.
 */
unsigned bitlocker_check_recovery(const char *text);

/*
 * Adds to OUT what would open the locked volume, as the end of a sentence: "the recovery password
 * with key ID 64311DEA-...". 0 or HF_ENOMEM.
 */
int bitlocker_describe_need(const struct bitlocker *b, struct str *out);

/* Words for PROTECTION ("recovery password", "TPM and PIN") and STATE ("locked"). Static. */
const char *bitlocker_protection_name(uint16_t protection);
const char *bitlocker_state_name(enum bitlocker_state state);

/* Can this be a volume that Windows starts from? Only such ones have TPM protectors. */
bool bitlocker_is_system(const struct bitlocker *b);

/*
 * The decrypted volume on LOWER, the encrypted one; LOWER is taken over, also on failure. B must be
 * open, and outlive the block. The metadata areas read as zeros, writing there is HF_EREFUSED.
 * Returns 0, HF_ENOMEM (unsaid), or HF_EINVAL when LOWER is smaller than the metadata says.
 */
int bitlocker_block(const struct bitlocker *b, struct block *lower, struct block **out);

#endif
