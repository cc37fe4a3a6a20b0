/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the bitlocker*.c files share: the metadata as parsed, the keys, the cipher of the sectors.
 */
#ifndef HOLDFAST_VOLUME_BITLOCKER_PRIVATE_H
#define HOLDFAST_VOLUME_BITLOCKER_PRIVATE_H

#include <nettle/aes.h>
#include <nettle/xts.h>

#include "volume/bitlocker.h"

#define BL_METADATA_SIZE  65536 /* of each of the three areas */
#define BL_COPIES	  3
#define BL_PROTECTORS_MAX 64
#define BL_KEY_SIZE	  32  /* of every key that encrypts keys, and of SHA-256 */
#define BL_WRAPPED_MAX	  128 /* bytes of an encrypted key with its header */
#define BL_SECTOR_MAX	  4096

static inline uint16_t bl_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t bl_u32(const uint8_t *p)
{
	return bl_u16(p) | (uint32_t)bl_u16(p + 2) << 16;
}

static inline uint64_t bl_u64(const uint8_t *p)
{
	return bl_u32(p) | (uint64_t)bl_u32(p + 4) << 32;
}

/* bitlocker_meta.c: the metadata, no keys. Says nothing. */

/* A key or hash under AES-CCM. */
struct bl_wrapped {
	uint8_t nonce[12];
	uint8_t tag[16];
	uint8_t data[BL_WRAPPED_MAX];
	size_t len; /* of data; 0: there is none */
};

/* The volume master key as one protector keeps it. */
struct bl_vmk {
	uint8_t id[16]; /* as on disk */
	uint16_t protection;
	bool has_salt, has_clear;
	uint8_t salt[16];
	uint8_t clear[BL_KEY_SIZE]; /* the key to it, when protection is suspended */
	struct bl_wrapped key;
};

/* The boot sector: where the metadata lies. */
struct bl_boot {
	const char *problem; /* why the volume cannot be opened; NULL: go on */
	uint32_t sector;     /* bytes, 512 to 4096 */
	uint64_t offsets[BL_COPIES];
};

/* One copy of the metadata. */
struct bl_meta {
	const char *problem;
	uint8_t id[16];
	uint16_t method; /* 0x8000 to 0x8005 */
	uint32_t next_nonce;
	uint64_t volume_size;
	uint64_t offsets[BL_COPIES];
	uint64_t header_at, header_size; /* where the first sectors of the volume really lie */
	struct bl_vmk vmks[BL_PROTECTORS_MAX];
	size_t vmk_count;
	struct bl_wrapped fvek;
	struct bl_wrapped hash;	     /* SHA-256 of the metadata under the master key */
	uint8_t digest[BL_KEY_SIZE]; /* its real one */
};

/* Reads the first sector (512 bytes). False when it is no BitLocker volume's. */
bool bl_parse_boot(const uint8_t *sector, struct bl_boot *boot);
/*
 * Reads one copy, LEN bytes of an area. False when it is damaged: the checksum is wrong or
 * something lies outside. A sound copy that tells of a volume that cannot be opened has META's
 * problem set.
 */
bool bl_parse_metadata(const uint8_t *data, size_t len, const struct bl_boot *boot,
		       struct bl_meta *meta);
/* "XTS-AES 128" ..., or NULL for an unknown METHOD. */
const char *bl_method_name(uint16_t method);
/* Writes the GUID ID as text. */
void bl_id_text(const uint8_t id[16], char out[BITLOCKER_ID_SIZE]);

/* bitlocker_key.c: from what a person has to the keys. Says nothing. */

enum bl_secret_kind { BL_SECRET_RECOVERY, BL_SECRET_PASSWORD, BL_SECRET_EXTERNAL };

/* What opens a protector, as the hash that the key is derived from, or as the key in a .BEK. */
struct bl_secret {
	enum bl_secret_kind kind;
	uint8_t id[16]; /* BL_SECRET_EXTERNAL: of its protector */
	uint8_t value[BL_KEY_SIZE];
};

/* Memory for secrets: locked, not in core dumps, zeroed. NULL when out of memory. */
void *bl_secret_alloc(size_t size);
/* Wipes and frees; accepts NULL. */
void bl_secret_free(void *memory, size_t size);

/* Reads eight groups of digits from TEXT; returns 0 or the number of the first wrong group. */
unsigned bl_secret_recovery(const char *text, size_t len, struct bl_secret *out);
/* From LEN bytes of UTF-8. Returns 0, HF_EINVAL, HF_ELIMIT (longer than any password). */
int bl_secret_password(const char *text, size_t len, struct bl_secret *out);
/* From a .BEK file. Returns 0 or HF_ECORRUPT. */
int bl_secret_external(const uint8_t *data, size_t len, struct bl_secret *out);

/* True when SECRET is of the kind that VMK's protector wants. */
bool bl_secret_fits(const struct bl_secret *secret, const struct bl_vmk *vmk);
/*
 * Opens VMK with SECRET (with the clear key when SECRET is NULL) and gets the key of the sectors.
 * About 0.2 s for passwords. Returns its length, 0 when the secret is wrong, or HF_ECORRUPT when
 * the secret is right and the metadata was changed.
 */
int bl_open_key(const struct bl_meta *meta, const struct bl_vmk *vmk,
		const struct bl_secret *secret, uint8_t key[BL_WRAPPED_MAX]);

/* bitlocker_cipher.c */

struct bl_aes {
	bool wide; /* 256 bits */
	union {
		struct aes128_ctx k128;
		struct aes256_ctx k256;
	} encrypt, decrypt;
};

struct bl_cipher {
	uint16_t method;
	uint32_t sector;
	struct bl_aes aes;   /* CBC */
	struct bl_aes tweak; /* Elephant diffuser */
	union {
		struct {
			struct xts_aes128_key encrypt, decrypt;
		} x128;
		struct {
			struct xts_aes256_key encrypt, decrypt;
		} x256;
	};
};

/* Returns 0, or HF_ECORRUPT when LEN does not suit METHOD. */
int bl_cipher_init(struct bl_cipher *c, uint16_t method, uint32_t sector, const uint8_t *key,
		   size_t len);
/* Encrypts or decrypts the sector that lies AT bytes into the encrypted volume, in place. */
void bl_encrypt(struct bl_cipher *c, uint64_t at, uint8_t *data);
void bl_decrypt(struct bl_cipher *c, uint64_t at, uint8_t *data);

/* bitlocker.c */

/* What bitlocker_read() really allocates; the public part comes first. */
struct bitlocker_private {
	struct bitlocker b;
	struct bitlocker_protector protectors[BL_PROTECTORS_MAX];
	struct bl_boot boot;
	struct bl_meta *meta;	  /* secret memory; NULL when unreadable */
	struct bl_cipher *cipher; /* secret memory; NULL while locked */
};

/* Tries SECRET on every protector that it fits. 0, HF_EBITLOCKER, HF_ECORRUPT, HF_ENOMEM. */
int bl_try_secret(struct bitlocker_private *p, const struct bl_secret *secret);

#endif
