// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a recovery password, password or key file to the key of the sectors: the secret is stretched
 * to a key that decrypts the volume master key, and that decrypts the key of the sectors and the
 * metadata's hash. AES-CCM and SHA-256 are nettle's.
 */
#include <string.h>
#include <sys/mman.h>

#include <nettle/ccm.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>

#include "base/text.h"
#include "report/error.h"
#include "volume/bitlocker_private.h"

#define STRETCH_ROUNDS	0x100000
#define RECOVERY_GROUPS 8
#define RECOVERY_DIGITS 6
#define PASSWORD_MAX	256 /* UTF-16 units */
#define KEY_HEADER	12  /* of a decrypted key: entry header and method */
#define WRAPPED_TAG	16
#define EXTERNAL_LIST	48 /* header of a .BEK file */
#define EXTERNAL_HEADER 24 /* GUID and time of the external key */
#define ENTRY_HEADER	8
#define HOLDS_KEY	1
#define HOLDS_EXTERNAL	9

void *bl_secret_alloc(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	/* Both only make it harder to find a key; without them it is still wiped in time. */
	(void)mlock(memory, size);
	(void)madvise(memory, size, MADV_DONTDUMP);
	return memory;
}

void bl_secret_free(void *memory, size_t size)
{
	if (!memory)
		return;
	explicit_bzero(memory, size);
	munmap(memory, size);
}

static bool is_separator(char c)
{
	return c == '-' || c == ' ' || c == '\t';
}

unsigned bl_secret_recovery(const char *text, size_t len, struct bl_secret *out)
{
	uint8_t key[RECOVERY_GROUPS * 2];
	struct sha256_ctx hash;
	unsigned group, wrong = 0;
	size_t i = 0;

	for (group = 0; group < RECOVERY_GROUPS && !wrong; group++) {
		uint32_t value = 0;
		int digits = 0;

		while (i < len && is_separator(text[i]))
			i++;
		for (; digits < RECOVERY_DIGITS && i < len && text[i] >= '0' && text[i] <= '9'; i++)
			value = value * 10 + (uint32_t)(text[i] - '0'), digits++;
		if (digits < RECOVERY_DIGITS || value % 11 || value / 11 > UINT16_MAX)
			wrong = group + 1;
		key[2 * group] = (uint8_t)(value / 11);
		key[2 * group + 1] = (uint8_t)(value / 11 >> 8);
	}
	while (i < len && is_separator(text[i]))
		i++;
	if (!wrong && i < len)
		wrong = RECOVERY_GROUPS;
	if (!wrong && out) {
		out->kind = BL_SECRET_RECOVERY;
		sha256_init(&hash);
		sha256_update(&hash, sizeof(key), key);
		sha256_digest(&hash, sizeof(out->value), out->value);
		explicit_bzero(&hash, sizeof(hash));
	}
	explicit_bzero(key, sizeof(key));
	return wrong;
}

int bl_secret_password(const char *text, size_t len, struct bl_secret *out)
{
	uint16_t units[PASSWORD_MAX];
	uint8_t bytes[2 * PASSWORD_MAX];
	struct sha256_ctx hash;
	int count = text_to_utf16(text, len, units, PASSWORD_MAX);

	for (int i = 0; i < count; i++) {
		bytes[2 * i] = (uint8_t)units[i];
		bytes[2 * i + 1] = (uint8_t)(units[i] >> 8);
	}
	if (count >= 0) {
		out->kind = BL_SECRET_PASSWORD;
		sha256_init(&hash);
		sha256_update(&hash, (size_t)count * 2, bytes);
		sha256_digest(&hash, sizeof(out->value), out->value);
		sha256_update(&hash, sizeof(out->value), out->value);
		sha256_digest(&hash, sizeof(out->value), out->value);
	}
	explicit_bzero(&hash, sizeof(hash));
	explicit_bzero(units, sizeof(units));
	explicit_bzero(bytes, sizeof(bytes));
	return count < 0 ? count : 0;
}

int bl_secret_external(const uint8_t *data, size_t len, struct bl_secret *out)
{
	size_t at = EXTERNAL_LIST + ENTRY_HEADER + EXTERNAL_HEADER, end;
	const uint8_t *entry = data + EXTERNAL_LIST;

	if (len < at || bl_u32(data) > len || bl_u32(data) < at || bl_u32(data + 4) != 1 ||
	    bl_u32(data + 8) != EXTERNAL_LIST || bl_u16(entry + 4) != HOLDS_EXTERNAL)
		return HF_ECORRUPT;
	end = EXTERNAL_LIST + bl_u16(entry);
	if (end > len)
		return HF_ECORRUPT;
	memcpy(out->id, entry + ENTRY_HEADER, sizeof(out->id));
	while (end > at && end - at >= ENTRY_HEADER) {
		size_t size = bl_u16(data + at);

		if (size < ENTRY_HEADER || size > end - at)
			return HF_ECORRUPT;
		/* A method, then the key. */
		if (bl_u16(data + at + 4) == HOLDS_KEY &&
		    size >= ENTRY_HEADER + 4 + sizeof(out->value)) {
			out->kind = BL_SECRET_EXTERNAL;
			memcpy(out->value, data + at + ENTRY_HEADER + 4, sizeof(out->value));
			return 0;
		}
		at += size;
	}
	return HF_ECORRUPT;
}

bool bl_secret_fits(const struct bl_secret *secret, const struct bl_vmk *vmk)
{
	if (!vmk->key.len)
		return false;
	switch (secret->kind) {
	case BL_SECRET_RECOVERY:
		return vmk->protection == BITLOCKER_RECOVERY && vmk->has_salt;
	case BL_SECRET_PASSWORD:
		return vmk->protection == BITLOCKER_PASSWORD && vmk->has_salt;
	case BL_SECRET_EXTERNAL:
		return vmk->protection == BITLOCKER_EXTERNAL_KEY &&
		       !memcmp(secret->id, vmk->id, sizeof(vmk->id));
	}
	return false;
}

/* A million rounds of SHA-256 over the last hash, the first one, salt and round number. */
static void stretch(const uint8_t *initial, const uint8_t *salt, uint8_t key[BL_KEY_SIZE])
{
	uint8_t round[32 + 32 + 16 + 8] = {0};
	struct sha256_ctx hash;

	memcpy(round + 32, initial, 32);
	memcpy(round + 64, salt, 16);
	sha256_init(&hash);
	for (uint64_t i = 0; i < STRETCH_ROUNDS; i++) {
		for (int k = 0; k < 8; k++)
			round[80 + k] = (uint8_t)(i >> 8 * k);
		sha256_update(&hash, sizeof(round), round);
		sha256_digest(&hash, 32, round);
	}
	memcpy(key, round, BL_KEY_SIZE);
	explicit_bzero(round, sizeof(round));
	explicit_bzero(&hash, sizeof(hash));
}

/*
 * Decrypts W with KEY into OUT and takes the header off. Returns the length of what is inside, or 0
 * when KEY is not the one.
 */
static size_t unwrap(const struct bl_wrapped *w, const uint8_t *key, uint8_t out[BL_WRAPPED_MAX])
{
	uint8_t sealed[BL_WRAPPED_MAX + WRAPPED_TAG], plain[BL_WRAPPED_MAX];
	struct ccm_aes256_ctx ccm;
	size_t len = 0;

	memcpy(sealed, w->data, w->len);
	memcpy(sealed + w->len, w->tag, WRAPPED_TAG);
	ccm_aes256_set_key(&ccm, key);
	if (w->len > KEY_HEADER &&
	    ccm_aes256_decrypt_message(&ccm, sizeof(w->nonce), w->nonce, 0, NULL, WRAPPED_TAG,
				       w->len, plain, sealed) &&
	    bl_u16(plain) == w->len) {
		len = w->len - KEY_HEADER;
		memcpy(out, plain + KEY_HEADER, len);
	}
	explicit_bzero(&ccm, sizeof(ccm));
	explicit_bzero(plain, sizeof(plain));
	return len;
}

/* What the master key VMK opens: the hash must be that of the metadata. */
static int open_with_vmk(const struct bl_meta *meta, const uint8_t *vmk, uint8_t *key)
{
	uint8_t hash[BL_WRAPPED_MAX];

	if (meta->hash.len && (unwrap(&meta->hash, vmk, hash) != BL_KEY_SIZE ||
			       !memeql_sec(hash, meta->digest, BL_KEY_SIZE)))
		return HF_ECORRUPT;
	int len = (int)unwrap(&meta->fvek, vmk, key);
	return len ? len : HF_ECORRUPT;
}

int bl_open_key(const struct bl_meta *meta, const struct bl_vmk *vmk,
		const struct bl_secret *secret, uint8_t key[BL_WRAPPED_MAX])
{
	uint8_t derived[BL_KEY_SIZE], master[BL_WRAPPED_MAX];
	int len = 0;

	if (!secret)
		memcpy(derived, vmk->clear, sizeof(derived));
	else if (secret->kind == BL_SECRET_EXTERNAL)
		memcpy(derived, secret->value, sizeof(derived));
	else
		stretch(secret->value, vmk->salt, derived);
	if (unwrap(&vmk->key, derived, master) == BL_KEY_SIZE)
		len = open_with_vmk(meta, master, key);
	explicit_bzero(derived, sizeof(derived));
	explicit_bzero(master, sizeof(master));
	return len;
}
