// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The encryption of BitLocker's sectors: AES-XTS with the sector's number as tweak, or AES-CBC with
 * the encrypted byte offset as initialisation vector, alone or under the Elephant diffuser (N.
 * Ferguson, "AES-CBC + Elephant diffuser", Microsoft 2006). AES itself is nettle's.
 */
#include <string.h>

#include <nettle/cbc.h>

#include "report/error.h"
#include "volume/bitlocker_private.h"

enum { METHOD_DIFFUSER_128 = 0x8000, METHOD_DIFFUSER_256, METHOD_CBC_128, METHOD_CBC_256 };
enum { METHOD_XTS_128 = 0x8004, METHOD_XTS_256 };

/* Where the key of the diffuser lies in the 64 bytes of both keys. */
#define TWEAK_KEY_AT 32

static void set_aes(struct bl_aes *aes, bool wide, const uint8_t *key)
{
	aes->wide = wide;
	if (wide) {
		aes256_set_encrypt_key(&aes->encrypt.k256, key);
		aes256_set_decrypt_key(&aes->decrypt.k256, key);
	} else {
		aes128_set_encrypt_key(&aes->encrypt.k128, key);
		aes128_set_decrypt_key(&aes->decrypt.k128, key);
	}
}

static void encrypt_block(const struct bl_aes *aes, uint8_t block[16])
{
	if (aes->wide)
		aes256_encrypt(&aes->encrypt.k256, 16, block, block);
	else
		aes128_encrypt(&aes->encrypt.k128, 16, block, block);
}

int bl_cipher_init(struct bl_cipher *c, uint16_t method, uint32_t sector, const uint8_t *key,
		   size_t len)
{
	static const uint8_t lengths[] = {64, 64, 16, 32, 32, 64};
	bool wide = method & 1;

	if (!bl_method_name(method) || len != lengths[method - METHOD_DIFFUSER_128])
		return HF_ECORRUPT;
	c->method = method;
	c->sector = sector;
	if (method == METHOD_XTS_128) {
		xts_aes128_set_encrypt_key(&c->x128.encrypt, key);
		xts_aes128_set_decrypt_key(&c->x128.decrypt, key);
	} else if (method == METHOD_XTS_256) {
		xts_aes256_set_encrypt_key(&c->x256.encrypt, key);
		xts_aes256_set_decrypt_key(&c->x256.decrypt, key);
	} else {
		set_aes(&c->aes, wide, key);
		if (method <= METHOD_DIFFUSER_256)
			set_aes(&c->tweak, wide, key + TWEAK_KEY_AT);
	}
	return 0;
}

/* The number as 16 bytes, least significant first. */
static void number_block(uint64_t number, uint8_t block[16])
{
	memset(block, 0, 16);
	for (int i = 0; i < 8; i++)
		block[i] = (uint8_t)(number >> 8 * i);
}

static void xts(struct bl_cipher *c, uint64_t at, uint8_t *data, bool encrypt)
{
	uint8_t tweak[16];

	number_block(at / c->sector, tweak);
	if (c->method == METHOD_XTS_256) {
		if (encrypt)
			xts_aes256_encrypt_message(&c->x256.encrypt, tweak, c->sector, data, data);
		else
			xts_aes256_decrypt_message(&c->x256.decrypt, tweak, c->sector, data, data);
	} else if (encrypt) {
		xts_aes128_encrypt_message(&c->x128.encrypt, tweak, c->sector, data, data);
	} else {
		xts_aes128_decrypt_message(&c->x128.decrypt, tweak, c->sector, data, data);
	}
}

static void cbc(struct bl_cipher *c, uint64_t at, uint8_t *data, bool encrypt)
{
	const struct bl_aes *aes = &c->aes;
	uint8_t iv[16];

	number_block(at, iv);
	encrypt_block(aes, iv);
	if (aes->wide && encrypt)
		cbc_encrypt(&aes->encrypt.k256, (nettle_cipher_func *)aes256_encrypt, 16, iv,
			    c->sector, data, data);
	else if (aes->wide)
		cbc_decrypt(&aes->decrypt.k256, (nettle_cipher_func *)aes256_decrypt, 16, iv,
			    c->sector, data, data);
	else if (encrypt)
		cbc_encrypt(&aes->encrypt.k128, (nettle_cipher_func *)aes128_encrypt, 16, iv,
			    c->sector, data, data);
	else
		cbc_decrypt(&aes->decrypt.k128, (nettle_cipher_func *)aes128_decrypt, 16, iv,
			    c->sector, data, data);
}

/* The sector key: two blocks made of the byte offset, laid over the whole sector. */
static void add_sector_key(struct bl_cipher *c, uint64_t at, uint8_t *data)
{
	uint8_t key[32];

	number_block(at, key);
	number_block(at, key + 16);
	key[31] = 0x80;
	encrypt_block(&c->tweak, key);
	encrypt_block(&c->tweak, key + 16);
	for (uint32_t i = 0; i < c->sector; i++)
		data[i] ^= key[i % sizeof(key)];
}

static uint32_t rotate(uint32_t value, unsigned count)
{
	return count ? value << count | value >> (32 - count) : value;
}

/*
 * One diffuser over the sector's WORDS words, forwards (decrypting) or backwards: word i gets the
 * word 2 further on and the turned one 5 further on (A: further back) added or subtracted.
 */
static void diffuse(uint32_t *d, uint32_t words, bool is_a, bool encrypt)
{
	static const unsigned turn_a[4] = {9, 0, 13, 0}, turn_b[4] = {0, 10, 0, 25};
	const unsigned *turn = is_a ? turn_a : turn_b;
	uint32_t near_by = is_a ? words - 2 : 2, far_off = is_a ? words - 5 : 5;

	for (int cycle = is_a ? 5 : 3; cycle > 0; cycle--) {
		for (uint32_t n = 0; n < words; n++) {
			uint32_t i = encrypt ? words - 1 - n : n;
			uint32_t mixed = d[(i + near_by) % words] ^
					 rotate(d[(i + far_off) % words], turn[i % 4]);

			d[i] = encrypt ? d[i] - mixed : d[i] + mixed;
		}
	}
}

static void load_words(const uint8_t *data, uint32_t *words, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		words[i] = bl_u32(data + (size_t)4 * i);
}

static void store_words(const uint32_t *words, uint8_t *data, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < 4; k++)
			data[4 * i + k] = (uint8_t)(words[i] >> 8 * k);
}

static void elephant(struct bl_cipher *c, uint64_t at, uint8_t *data, bool encrypt)
{
	uint32_t words[BL_SECTOR_MAX / 4], count = c->sector / 4;

	if (encrypt)
		add_sector_key(c, at, data);
	else
		cbc(c, at, data, false);
	load_words(data, words, count);
	diffuse(words, count, encrypt, encrypt);
	diffuse(words, count, !encrypt, encrypt);
	store_words(words, data, count);
	if (encrypt)
		cbc(c, at, data, true);
	else
		add_sector_key(c, at, data);
}

static void crypt_sector(struct bl_cipher *c, uint64_t at, uint8_t *data, bool encrypt)
{
	if (c->method >= METHOD_XTS_128)
		xts(c, at, data, encrypt);
	else if (c->method >= METHOD_CBC_128)
		cbc(c, at, data, encrypt);
	else
		elephant(c, at, data, encrypt);
}

void bl_encrypt(struct bl_cipher *c, uint64_t at, uint8_t *data)
{
	crypt_sector(c, at, data, true);
}

void bl_decrypt(struct bl_cipher *c, uint64_t at, uint8_t *data)
{
	crypt_sector(c, at, data, false);
}
