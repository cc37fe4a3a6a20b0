// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The password of a new account, as SAM keeps it: the NT hash ([MS-NLMP] 3.3.1), encrypted with DES
 * by the account's RID ([MS-SAMR] 2.2.11.1), then with RC4 (up to Windows 10 1511) or AES by the
 * key of the domain, which is encrypted with the boot key.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/aes.h>
#include <nettle/arcfour.h>
#include <nettle/cbc.h>
#include <nettle/des.h>
#include <nettle/md4.h>
#include <nettle/md5.h>

#include "base/text.h"
#include "report/error.h"
#include "windows/hive_check.h"
#include "windows/sam_write_private.h"

#define PASSWORD_UNITS_MAX 127

/* Constants that go into the hashes; their terminators too. */
static const char qwerty[] = "!@#$%^&*()qwertyUIOPAzxcvbnmQQQQQQQQQQQQ)(*@&%";
static const char digits[] = "0123456789012345678901234567890123456789";
static const char nt_password[] = "NTPASSWORD";

/* The eight hexadecimal digits that are KEY's class name, as 4 bytes. */
static bool class_bytes(const struct hive *system, hive_key key, uint8_t out[4])
{
	struct hive_key_info info;

	hive_key_info(system, key, &info);
	if (!info.class_name || info.class_len < 16)
		return false;
	for (int i = 0; i < 4; i++) {
		char pair[3] = {(char)info.class_name[4 * i], (char)info.class_name[4 * i + 2], 0};
		char *end;

		if (info.class_name[4 * i + 1] || info.class_name[4 * i + 3])
			return false;
		out[i] = (uint8_t)strtoul(pair, &end, 16);
		if (end != pair + 2)
			return false;
	}
	return true;
}

static int find_lsa(const struct hive *system, hive_key *out)
{
	uint32_t current;
	char path[64];
	hive_key select;
	int err = hive_find(system, hive_root(system), "Select", &select);

	if (!err)
		err = hive_dword(system, select, "Current", &current);
	if (err)
		return err;
	(void)snprintf(path, sizeof(path), "ControlSet%03u\\Control\\Lsa", current % 1000);
	return hive_find(system, hive_root(system), path, out);
}

int sam_boot_key(const struct hive *system, uint8_t out[SAM_KEY_SIZE], const char **why)
{
	static const char *const names[] = {"JD", "Skew1", "GBG", "Data"};
	static const uint8_t order[SAM_KEY_SIZE] = {8, 5, 4, 2,	 11, 9,	 13, 3,
						    0, 6, 1, 12, 14, 10, 15, 7};
	uint8_t mixed[SAM_KEY_SIZE];
	uint32_t where = 1;
	hive_key lsa, key;
	int err = find_lsa(system, &lsa);

	for (int i = 0; i < 4 && !err; i++) {
		err = hive_find(system, lsa, names[i], &key);
		if (!err && !class_bytes(system, key, mixed + 4 * i))
			err = HF_ENOENT;
	}
	if (err == HF_ENOMEM)
		return err;
	if (!err && hive_dword(system, lsa, "SecureBoot", &where) == 0 && where != 1)
		err = HF_EREFUSED;
	if (err) {
		*why = err == HF_EREFUSED ? "its boot key is kept outside of the registry"
					  : "the SYSTEM hive holds no boot key";
		return HF_EREFUSED;
	}
	for (int i = 0; i < SAM_KEY_SIZE; i++)
		out[i] = mixed[order[i]];
	return 0;
}

static void aes_cbc(const uint8_t *key, const uint8_t *salt, bool encrypt, const uint8_t *in,
		    size_t len, uint8_t *out)
{
	struct aes128_ctx aes;
	uint8_t iv[16];

	memcpy(iv, salt, sizeof(iv));
	if (encrypt) {
		aes128_set_encrypt_key(&aes, key);
		cbc_encrypt(&aes, (nettle_cipher_func *)aes128_encrypt, 16, iv, len, out, in);
	} else {
		aes128_set_decrypt_key(&aes, key);
		cbc_decrypt(&aes, (nettle_cipher_func *)aes128_decrypt, 16, iv, len, out, in);
	}
}

/* Revision 2: {2, bytes, check bytes, data bytes, salt, data}; the data ends in 16 times 16. */
static bool aes_key(const struct sam_making *m, uint8_t out[SAM_KEY_SIZE])
{
	const uint8_t *k = m->domain.data + SAM_DOMAIN_KEY;
	uint8_t plain[32];

	if (m->domain.len < SAM_DOMAIN_KEY + 64 || hive_u32(k + 12) != sizeof(plain))
		return false;
	aes_cbc(m->a->boot_key, k + 16, false, k + 32, sizeof(plain), plain);
	for (int i = 16; i < 32; i++)
		if (plain[i] != 16)
			return false;
	memcpy(out, plain, SAM_KEY_SIZE);
	return true;
}

/* Revision 1: {1, 56, salt, key, checksum}. */
static bool rc4_key(const struct sam_making *m, uint8_t out[SAM_KEY_SIZE])
{
	const uint8_t *k = m->domain.data + SAM_DOMAIN_KEY;
	uint8_t key[16], plain[32], check[16];
	struct arcfour_ctx rc4;
	struct md5_ctx md5;

	if (m->domain.len < SAM_DOMAIN_KEY + 56)
		return false;
	md5_init(&md5);
	md5_update(&md5, 16, k + 8);
	md5_update(&md5, sizeof(qwerty), (const uint8_t *)qwerty);
	md5_update(&md5, SAM_KEY_SIZE, m->a->boot_key);
	md5_update(&md5, sizeof(digits), (const uint8_t *)digits);
	md5_digest(&md5, sizeof(key), key);
	arcfour_set_key(&rc4, sizeof(key), key);
	arcfour_crypt(&rc4, sizeof(plain), plain, k + 24);
	md5_update(&md5, 16, plain);
	md5_update(&md5, sizeof(digits), (const uint8_t *)digits);
	md5_update(&md5, 16, plain);
	md5_update(&md5, sizeof(qwerty), (const uint8_t *)qwerty);
	md5_digest(&md5, sizeof(check), check);
	memcpy(out, plain, SAM_KEY_SIZE);
	return memcmp(check, plain + 16, sizeof(check)) == 0;
}

/* 56 bits as the 8 bytes of a DES key. */
static void des_half(const uint8_t rid[4], unsigned first, const uint8_t *in, uint8_t *out)
{
	uint8_t bits[7], key[8];
	struct des_ctx des;

	for (unsigned i = 0; i < 7; i++)
		bits[i] = rid[(first + i) % 4];
	key[0] = bits[0] >> 1;
	for (unsigned i = 1; i < 7; i++)
		key[i] = (uint8_t)((bits[i - 1] << (7 - i) | bits[i] >> (i + 1)) & 0x7f);
	key[7] = bits[6] & 0x7f;
	for (unsigned i = 0; i < 8; i++)
		key[i] = (uint8_t)(key[i] << 1);
	(void)des_set_key(&des, key); /* a weak key is as good as any here */
	des_encrypt(&des, 8, out, in);
}

static int nt_hash(const char *password, uint8_t out[SAM_KEY_SIZE])
{
	uint16_t units[PASSWORD_UNITS_MAX];
	int n = text_to_utf16(password, strlen(password), units, PASSWORD_UNITS_MAX);
	struct md4_ctx md4;

	if (n < 0)
		return HF_EINVAL;
	md4_init(&md4);
	md4_update(&md4, (size_t)n * 2, (const uint8_t *)units);
	md4_digest(&md4, SAM_KEY_SIZE, out);
	return 0;
}

/* {key, 2, 16, salt, hash and 16 times 16}. */
static int aes_entry(const uint8_t *key, const uint8_t *hash, struct sam_bytes *out)
{
	uint8_t plain[32];
	int err = sam_random(out->data + 8, 16);

	memcpy(plain, hash, 16);
	memset(plain + 16, 16, 16);
	hive_put_u32(out->data + 4, 16);
	aes_cbc(key, out->data + 8, true, plain, sizeof(plain), out->data + 24);
	return err;
}

static void rc4_entry(const uint8_t *key, const uint8_t rid[4], const uint8_t *hash,
		      struct sam_bytes *out)
{
	uint8_t own[16];
	struct arcfour_ctx rc4;
	struct md5_ctx md5;

	md5_init(&md5);
	md5_update(&md5, SAM_KEY_SIZE, key);
	md5_update(&md5, 4, rid);
	md5_update(&md5, sizeof(nt_password), (const uint8_t *)nt_password);
	md5_digest(&md5, sizeof(own), own);
	arcfour_set_key(&rc4, sizeof(own), own);
	arcfour_crypt(&rc4, 16, out->data + 4, hash);
}

int sam_hash_entry(const struct sam_making *m, const struct sam_bytes *empty, struct sam_bytes *out)
{
	bool aes = empty->len == 24;
	uint8_t hash[SAM_KEY_SIZE], hidden[SAM_KEY_SIZE], key[SAM_KEY_SIZE], rid[4];
	int err = nt_hash(m->a->password, hash);

	if (err)
		return sam_refuse(m, "the password is longer than 127 characters");
	if (!m->a->boot_key || m->domain.len < SAM_DOMAIN_KEY + 4 ||
	    hive_u32(m->domain.data + SAM_DOMAIN_KEY) != (aes ? 2 : 1) ||
	    !(aes ? aes_key(m, key) : rc4_key(m, key)))
		return sam_refuse(m, "the key of its passwords is not as it is known");
	hive_put_u32(rid, m->rid);
	des_half(rid, 0, hash, hidden);
	des_half(rid, 3, hash + 8, hidden + 8);
	out->len = aes ? 56 : 20;
	out->data = calloc(1, out->len);
	if (!out->data)
		return HF_ENOMEM;
	memcpy(out->data, empty->data, 4);
	if (aes)
		return aes_entry(key, hidden, out);
	rc4_entry(key, rid, hidden, out);
	return 0;
}
