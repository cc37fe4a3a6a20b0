// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An encrypted volume: its metadata chosen among the three copies, its state, and trying secrets.
 */
#include "volume/bitlocker.h"

#include <stdlib.h>
#include <string.h>

#include "report/error.h"
#include "report/log.h"
#include "volume/bitlocker_private.h"
#include "volume/block.h"

static const char *const damaged = "none of the three copies of its BitLocker metadata is sound: "
				   "copy the disk before anything "
				   "else, then try \"repair-bde\" in Windows";

/* The newest sound copy; false when there is none. */
static bool read_copies(struct block *block, struct bitlocker_private *p)
{
	struct bl_meta *meta = bl_secret_alloc(sizeof(*meta));
	uint8_t *area = malloc(BL_METADATA_SIZE);
	bool found = false;

	for (int i = 0; meta && area && i < BL_COPIES; i++) {
		int64_t len = p->boot.offsets[i] > INT64_MAX
				      ? 0
				      : block->ops->pread(block, area, BL_METADATA_SIZE,
							  p->boot.offsets[i]);

		if (len <= 0 || !bl_parse_metadata(area, (size_t)len, &p->boot, meta) ||
		    (found && meta->next_nonce <= p->meta->next_nonce))
			continue;
		*p->meta = *meta;
		found = true;
	}
	if (area)
		explicit_bzero(area, BL_METADATA_SIZE); /* a clear key was in it */
	free(area);
	bl_secret_free(meta, sizeof(*meta));
	return found;
}

static void refuse(struct bitlocker_private *p, const char *problem)
{
	p->b.state = BITLOCKER_UNSUPPORTED;
	p->b.problem = problem;
}

/* What the metadata says that anybody may see. */
static void publish(struct bitlocker_private *p, uint64_t size)
{
	const struct bl_meta *m = p->meta;
	const char *method = bl_method_name(m->method);

	bl_id_text(m->id, p->b.id);
	p->b.method = method ? method : "";
	for (size_t i = 0; i < m->vmk_count; i++) {
		bl_id_text(m->vmks[i].id, p->protectors[i].id);
		p->protectors[i].protection = m->vmks[i].protection;
	}
	p->b.protectors = p->protectors;
	p->b.protector_count = m->vmk_count;
	if (m->problem)
		refuse(p, m->problem);
	else if (m->volume_size > size)
		refuse(p, "the disk or image ends before the volume does");
}

/* Opens VMK with SECRET and keeps the key of the sectors. 0, HF_EBITLOCKER or worse. */
static int open_vmk(struct bitlocker_private *p, const struct bl_vmk *vmk,
		    const struct bl_secret *secret)
{
	uint8_t key[BL_WRAPPED_MAX];
	struct bl_cipher *cipher;
	int rc, len = bl_open_key(p->meta, vmk, secret, key);

	if (len <= 0)
		return len ? len : HF_EBITLOCKER;
	cipher = bl_secret_alloc(sizeof(*cipher));
	rc = cipher ? bl_cipher_init(cipher, p->meta->method, p->boot.sector, key, (size_t)len)
		    : HF_ENOMEM;
	explicit_bzero(key, sizeof(key));
	if (rc) {
		bl_secret_free(cipher, sizeof(*cipher));
		return rc;
	}
	p->cipher = cipher;
	p->b.state = secret ? BITLOCKER_UNLOCKED : BITLOCKER_SUSPENDED;
	return 0;
}

static int open_suspended(struct bitlocker_private *p)
{
	for (size_t i = 0; i < p->meta->vmk_count && p->b.state == BITLOCKER_LOCKED; i++) {
		const struct bl_vmk *vmk = &p->meta->vmks[i];

		if (vmk->protection == BITLOCKER_CLEAR_KEY && vmk->has_clear && vmk->key.len &&
		    open_vmk(p, vmk, NULL) == HF_ENOMEM)
			return HF_ENOMEM;
	}
	return 0;
}

int bl_try_secret(struct bitlocker_private *p, const struct bl_secret *secret)
{
	int rc = HF_EBITLOCKER;

	for (size_t i = 0; i < p->meta->vmk_count && rc; i++) {
		int now;

		if (!bl_secret_fits(secret, &p->meta->vmks[i]))
			continue;
		now = open_vmk(p, &p->meta->vmks[i], secret);
		if (now != HF_EBITLOCKER)
			rc = now;
	}
	return rc;
}

int bitlocker_unlock_recovery(struct bitlocker *b, const char *text)
{
	struct bitlocker_private *p = (struct bitlocker_private *)b;
	struct bl_secret *secret;
	int rc = HF_EBITLOCKER;

	if (b->state != BITLOCKER_LOCKED)
		return b->state == BITLOCKER_UNSUPPORTED ? HF_EBITLOCKER : 0;
	secret = bl_secret_alloc(sizeof(*secret));
	if (!secret)
		return HF_ENOMEM;
	if (!bl_secret_recovery(text, strlen(text), secret))
		rc = bl_try_secret(p, secret);
	bl_secret_free(secret, sizeof(*secret));
	return rc;
}

unsigned bitlocker_check_recovery(const char *text)
{
	return bl_secret_recovery(text, strlen(text), NULL);
}

int bitlocker_read(struct block *block, struct bitlocker **out)
{
	struct bitlocker_private *p = calloc(1, sizeof(*p));
	uint8_t sector[512];
	int rc = 0;

	*out = NULL;
	if (p)
		p->meta = bl_secret_alloc(sizeof(*p->meta));
	if (!p || !p->meta) {
		free(p);
		return log_oom();
	}
	p->b.method = "";
	if (block->ops->pread(block, sector, sizeof(sector), 0) != (int64_t)sizeof(sector) ||
	    !bl_parse_boot(sector, &p->boot)) {
		refuse(p, "its boot sector is damaged");
	} else if (!read_copies(block, p)) {
		refuse(p, p->boot.problem ? p->boot.problem : damaged);
	} else {
		if (p->boot.problem)
			p->meta->problem = p->boot.problem;
		publish(p, block->size);
		rc = p->b.problem ? 0 : open_suspended(p);
	}
	if (rc) {
		bitlocker_free(&p->b);
		return log_oom();
	}
	*out = &p->b;
	return 0;
}

void bitlocker_free(struct bitlocker *b)
{
	struct bitlocker_private *p = (struct bitlocker_private *)b;

	if (!p)
		return;
	bl_secret_free(p->meta, sizeof(*p->meta));
	bl_secret_free(p->cipher, sizeof(*p->cipher));
	free(p);
}

/* Adds "WORDS ID" for each protector of kind PROTECTION, "or" between them. *COUNT: how many. */
static int list_ids(const struct bitlocker *b, uint16_t protection, const char *words,
		    const char *after, struct str *out, unsigned *count)
{
	int rc = 0;

	for (size_t i = 0; i < b->protector_count && !rc; i++) {
		if (b->protectors[i].protection != protection)
			continue;
		rc = str_addf(out, "%s%s%s%s", *count ? " or " : "", words, b->protectors[i].id,
			      after);
		++*count;
	}
	return rc;
}

int bitlocker_describe_need(const struct bitlocker *b, struct str *out)
{
	unsigned count = 0;
	int rc = list_ids(b, BITLOCKER_RECOVERY, "the recovery password with key ID ", "", out,
			  &count);

	if (!rc)
		rc = list_ids(b, BITLOCKER_EXTERNAL_KEY, "the key file ", ".BEK", out, &count);
	for (size_t i = 0; i < b->protector_count && !rc; i++)
		if (b->protectors[i].protection == BITLOCKER_PASSWORD)
			rc = str_addf(out, "%sits password", count++ ? " or " : "");
	if (!rc && !count)
		rc = str_adds(out, "the PC itself: it has no recovery password. Start its Windows "
				   "and suspend BitLocker (\"manage-bde -protectors -disable C: "
				   "-RebootCount 0\")");
	return rc;
}

const char *bitlocker_protection_name(uint16_t protection)
{
	switch (protection) {
	case BITLOCKER_CLEAR_KEY:
		return "clear key";
	case BITLOCKER_TPM:
		return "TPM";
	case BITLOCKER_EXTERNAL_KEY:
		return "key file";
	case BITLOCKER_TPM | BITLOCKER_EXTERNAL_KEY:
		return "TPM and key file";
	case BITLOCKER_TPM | BITLOCKER_PIN:
		return "TPM and PIN";
	case BITLOCKER_TPM | BITLOCKER_PIN | BITLOCKER_EXTERNAL_KEY:
		return "TPM, PIN and key file";
	case BITLOCKER_RECOVERY:
		return "recovery password";
	case BITLOCKER_CERTIFICATE:
		return "certificate";
	case BITLOCKER_PASSWORD:
		return "password";
	default:
		return "unknown";
	}
}

const char *bitlocker_state_name(enum bitlocker_state state)
{
	switch (state) {
	case BITLOCKER_LOCKED:
		return "locked";
	case BITLOCKER_UNLOCKED:
		return "unlocked";
	case BITLOCKER_SUSPENDED:
		return "suspended";
	case BITLOCKER_UNSUPPORTED:
		break;
	}
	return "unsupported";
}

bool bitlocker_is_system(const struct bitlocker *b)
{
	for (size_t i = 0; i < b->protector_count; i++)
		if (b->protectors[i].protection & BITLOCKER_TPM)
			return true;
	return false;
}
