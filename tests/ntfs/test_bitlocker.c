// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * volume/bitlocker: recovery passwords as typed, and volumes made by Windows (when the real inputs
 * are there): every secret opens them, the whole decrypted volume has the digest that is known,
 * what is written reads back, and the metadata stays as it is.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <nettle/sha2.h>

#include "ntfs/image.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/suites.h"
#include "volume/bitlocker.h"
#include "volume/block.h"

#define TESTDATA "../shared/testdata/bitlocker"
#define AREA	 65536
#define WRONG	 "111111-222222-333333-444444-555555-666666-111111-222222"

/* One section of images.conf: a volume and its secrets. */
struct sample {
	char name[64];
	char keys[4][128]; /* lines of a key file; "" none */
	char bek[64];	   /* GUID of the external key */
	char id[64];	   /* of the recovery password */
	char sum[65];
};

static void recovery_passwords_are_checked(void)
{
	static const struct {
		const char *text;
		unsigned wrong;
	} cases[] = {
		{"235818-357951-253979-013365-241120-245575-342914-591910", 0},
		{"235818 357951 253979 013365 241120 245575 342914 591910", 0},
		{"235818357951253979013365241120245575342914591910", 0},
		{" 235818-357951-253979-013365-241120-245575-342914-591910 ", 0},
		{"", 1},
		{"235819-357951-253979-013365-241120-245575-342914-591910", 1},
		{"235818-357951-253797-013365-241120-245575-342914-591910", 3},
		{"235818-357951-253979-13365-241120-245575-342914-591910", 4},
		{"235818-357951-253979-013365-241120-245575-342914-59191", 8},
		{"235818-357951-253979-013365-241120-245575-342914-591910-1", 8},
		{"235818-357951-253979-013365-241120-245575-342914", 8},
		{"235818-357951-253979-013365-241120-24x575-342914-591910", 6},
		/* 720896 is 65536 times 11: more than a group can say. */
		{"235818-720896-253979-013365-241120-245575-342914-591910", 2},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(bitlocker_check_recovery(cases[i].text), cases[i].wrong);
}

static bool have_testdata(void)
{
	static int unpacked;
	char command[400];

	if (access(TESTDATA "/images.conf", R_OK)) {
		puts("skipped: no testdata");
		return false;
	}
	if (!unpacked++) {
		snprintf(command, sizeof(command),
			 "tar --sparse -xJf " TESTDATA "/bitlk-images.tar.xz --strip-components=1 "
			 "-C '%s'",
			 image_dir());
		CU_ASSERT_EQUAL(system(command), 0);
	}
	return true;
}

static char *image_of(const char *name, char path[300])
{
	snprintf(path, 300, "%s/%s.img", image_dir(), name);
	return path;
}

static void take_setting(struct sample *s, const char *key, const char *value)
{
	size_t free_key = 0;

	while (*s->keys[free_key])
		free_key++;
	if (!*value)
		return;
	if (!strcmp(key, "PW"))
		snprintf(s->keys[free_key], sizeof(s->keys[0]), "password = %s", value);
	else if (!strcmp(key, "RP") || !strcmp(key, "RP2"))
		snprintf(s->keys[free_key], sizeof(s->keys[0]), "%s", value);
	else if (!strcmp(key, "SK_VMK_GUID"))
		snprintf(s->bek, sizeof(s->bek), "%s", value);
	else if (!strcmp(key, "RP_VMK_GUID"))
		snprintf(s->id, sizeof(s->id), "%s", value);
	else if (!strcmp(key, "SHA256SUM"))
		snprintf(s->sum, sizeof(s->sum), "%s", value);
}

/* Reads the next section; false at the end. */
static bool next_sample(FILE *conf, char line[256], struct sample *s)
{
	memset(s, 0, sizeof(*s));
	while (*line != '[' && fgets(line, 256, conf))
		continue;
	if (sscanf(line, "[%63[^]]]", s->name) != 1)
		return false;
	*line = '\0';
	while (fgets(line, 256, conf) && *line != '[') {
		char *equals = strchr(line, '=');

		line[strcspn(line, "\n")] = '\0';
		if (!equals)
			continue;
		*equals = '\0';
		take_setting(s, line, equals + 1);
	}
	return true;
}

static struct bitlocker *read_volume(const char *path)
{
	struct bitlocker *b = NULL;
	struct block *block;

	CU_ASSERT_EQUAL_FATAL(block_open_file(path, 0, 0, false, &block), 0);
	CU_ASSERT_EQUAL_FATAL(bitlocker_read(block, &b), 0);
	block->ops->close(block);
	return b;
}

static const char *key_file(const char *text)
{
	static char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/key.txt", image_dir());
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fprintf(f, "%s\r\n", text);
	fclose(f);
	return path;
}

static struct block *decrypted(const struct bitlocker *b, const char *path, bool writable)
{
	struct block *lower, *block = NULL;

	CU_ASSERT_EQUAL_FATAL(block_open_file(path, 0, 0, writable, &lower), 0);
	CU_ASSERT_EQUAL_FATAL(bitlocker_block(b, lower, &block), 0);
	return block;
}

static void digest_of(struct block *block, char out[65])
{
	static uint8_t buf[1000000]; /* no multiple of a sector, on purpose */
	struct sha256_ctx hash;
	uint8_t digest[32];
	uint64_t at = 0;
	int64_t n;

	sha256_init(&hash);
	while ((n = block->ops->pread(block, buf, sizeof(buf), at)) > 0) {
		sha256_update(&hash, (size_t)n, buf);
		at += (uint64_t)n;
	}
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(at, block->size);
	sha256_digest(&hash, sizeof(digest), digest);
	for (int i = 0; i < 32; i++)
		snprintf(out + (size_t)2 * i, 3, "%02x", digest[i]);
}

static void check_digest(const struct bitlocker *b, const char *path, const struct sample *s)
{
	struct block *block = decrypted(b, path, false);
	char sum[65];

	digest_of(block, sum);
	CU_ASSERT_STRING_EQUAL(sum, s->sum);
	if (strcmp(sum, s->sum))
		printf("%s: the decrypted volume differs\n", s->name);
	block->ops->close(block);
}

static void check_opens(const struct sample *s, const char *path, const char *keys, bool digest)
{
	struct bitlocker *b = read_volume(path);

	CU_ASSERT_EQUAL(b->state, BITLOCKER_LOCKED);
	CU_ASSERT_EQUAL(bitlocker_unlock(b, keys, s->name), 0);
	CU_ASSERT_EQUAL(b->state, BITLOCKER_UNLOCKED);
	if (b->state != BITLOCKER_UNLOCKED)
		printf("%s is not opened by %s\n", s->name, keys);
	else if (digest)
		check_digest(b, path, s);
	bitlocker_free(b);
}

static void check_sample(const struct sample *s)
{
	char path[300];
	struct bitlocker *b = read_volume(image_of(s->name, path));

	if (!*s->sum) {
		CU_ASSERT_EQUAL(b->state, BITLOCKER_UNSUPPORTED);
		CU_ASSERT_PTR_NOT_NULL_FATAL(b->problem);
		CU_ASSERT_PTR_NOT_NULL(strstr(b->problem, "partly encrypted"));
		CU_ASSERT_EQUAL(bitlocker_unlock(b, key_file(s->keys[0]), s->name), HF_EBITLOCKER);
	} else if (b->state == BITLOCKER_SUSPENDED) {
		CU_ASSERT_STRING_EQUAL(s->name, "bitlk-aes-xts-128-clearkey-only");
		check_digest(b, path, s);
	} else {
		for (size_t i = 0; *s->keys[i]; i++)
			check_opens(s, path, key_file(s->keys[i]), i == 0);
		if (*s->bek)
			check_opens(s, path, TESTDATA, false);
	}
	bitlocker_free(b);
}

static void volumes_of_windows_are_opened(void)
{
	char line[256] = "";
	struct sample s;
	int count = 0;
	FILE *conf;

	if (!have_testdata())
		return;
	conf = fopen(TESTDATA "/images.conf", "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(conf);
	for (; next_sample(conf, line, &s); count++)
		check_sample(&s);
	fclose(conf);
	CU_ASSERT_EQUAL(count, 21);
}

static void a_wrong_key_names_the_right_one(void)
{
	struct timespec before, after;
	struct bitlocker *b;
	char path[300];

	if (!have_testdata())
		return;
	b = read_volume(image_of("bitlk-aes-xts-128-two-recovery", path));
	clock_gettime(CLOCK_MONOTONIC, &before);
	CU_ASSERT_EQUAL(bitlocker_unlock(b, key_file(WRONG "\npassword = " WRONG), "X"),
			HF_EBITLOCKER);
	clock_gettime(CLOCK_MONOTONIC, &after);
	/* Two recovery passwords and a password to stretch for. */
	CU_ASSERT(after.tv_sec - before.tv_sec < 20);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(log_last_error(), "key ID E7E48BAE-FF13-4F14-8222-971D469FAE0D"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(log_last_error(), "key ID B7ADC334-FE6D-4AE4-B5C4-1C1D0DBC335B"));
	CU_ASSERT_PTR_NULL(strstr(log_last_error(), "333333"));
	CU_ASSERT_EQUAL(b->state, BITLOCKER_LOCKED);
	/* Mistyped: the group is told, not what is in it. */
	CU_ASSERT_EQUAL(bitlocker_unlock(b, key_file("111111-222222-333334-444444"), "X"),
			HF_EBITLOCKER);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "group 3"));
	CU_ASSERT_PTR_NULL(strstr(log_last_error(), "333334"));
	bitlocker_free(b);
}

/* The encrypted bytes of the metadata areas and of the relocated first sectors. */
static void read_raw(const char *path, uint64_t at, uint8_t *to, size_t len)
{
	struct block *block;

	CU_ASSERT_EQUAL_FATAL(block_open_file(path, 0, 0, false, &block), 0);
	CU_ASSERT_EQUAL(block->ops->pread(block, to, len, at), (int64_t)len);
	block->ops->close(block);
}

static void fill(uint8_t *data, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		data[i] = (uint8_t)(seed >> 16);
	}
}

/* Writes LEN bytes at AT, where BEFORE bytes on both sides must stay. */
static void write_and_compare(struct block *block, uint64_t at, size_t len)
{
	static uint8_t around[300000], now[300000], data[200000];
	uint64_t from = at < 5000 ? 0 : at - 5000;
	size_t span = (size_t)(at - from) + len + 5000;

	fill(data, len, (unsigned)at);
	CU_ASSERT_EQUAL(block->ops->pread(block, around, span, from), (int64_t)span);
	CU_ASSERT_EQUAL(block->ops->pwrite(block, data, len, at), (int64_t)len);
	memcpy(around + (at - from), data, len);
	CU_ASSERT_EQUAL(block->ops->pread(block, now, span, from), (int64_t)span);
	CU_ASSERT_EQUAL(memcmp(around, now, span), 0);
}

static void check_writes(const char *name, const char *password, uint64_t area, uint64_t header)
{
	static uint8_t before[AREA + 8192], after[AREA + 8192], boot[512], zeros[AREA];
	struct bitlocker *b;
	struct block *block;
	char path[300];

	b = read_volume(image_of(name, path));
	CU_ASSERT_EQUAL_FATAL(bitlocker_unlock(b, key_file(password), name), 0);
	read_raw(path, area, before, sizeof(before));
	read_raw(path, 0, boot, sizeof(boot));
	block = decrypted(b, path, true);
	write_and_compare(block, 1 << 20, 4096);
	write_and_compare(block, (1 << 20) + 7, 3);
	write_and_compare(block, (2 << 20) - 100, 200000);
	/* In the first sectors, and across their end. */
	write_and_compare(block, 0, 512);
	write_and_compare(block, 1234, 100);
	write_and_compare(block, 8192 - 600, 1200);
	write_and_compare(block, area - 512, 512);
	CU_ASSERT_EQUAL(block->ops->pwrite(block, "x", 1, area), HF_EREFUSED);
	CU_ASSERT_EQUAL(block->ops->pwrite(block, "x", 1, area + AREA - 1), HF_EREFUSED);
	CU_ASSERT_EQUAL(block->ops->pwrite(block, "x", 1, header), HF_EREFUSED);
	CU_ASSERT_EQUAL(block->ops->pwrite(block, "x", 1, header + 8191), HF_EREFUSED);
	CU_ASSERT_EQUAL(block->ops->pread(block, after, AREA, area), AREA);
	CU_ASSERT_EQUAL(memcmp(after, zeros, AREA), 0);
	CU_ASSERT_EQUAL(block->ops->pread(block, after, 8192, header), 8192);
	CU_ASSERT_EQUAL(memcmp(after, zeros, 8192), 0);
	CU_ASSERT_EQUAL(block->ops->sync(block), 0);
	CU_ASSERT_EQUAL(block->ops->close(block), 0);
	bitlocker_free(b);
	/* The metadata and the boot sector that a locked volume shows are as they were. */
	read_raw(path, area, after, AREA);
	CU_ASSERT_EQUAL(memcmp(before, after, AREA), 0);
	read_raw(path, 0, after, sizeof(boot));
	CU_ASSERT_EQUAL(memcmp(boot, after, sizeof(boot)), 0);
	/* The relocated sectors were written where they are. */
	read_raw(path, header, after, 8192);
	CU_ASSERT_NOT_EQUAL(memcmp(before + (header - area), after, 8192), 0);
}

static void writes_read_back(void)
{
	if (!have_testdata())
		return;
	check_writes("bitlk-aes-xts-128", "password = anaconda", 0x2195000, 0x21a5000);
	check_writes("bitlk-aes-xts-256", "password = anaconda", 0x2195000, 0x21a5000);
	check_writes("bitlk-aes-cbc-128", "password = anaconda", 0x2195000, 0x21a5000);
	check_writes("bitlk-aes-xts-128-4k", "password = anaconda", 0x2195000, 0x21a5000);
	check_writes("bitlk-aes-cbc-128-4k", "password = anaconda", 0x2195000, 0x21a5000);
}

static void diffuser_writes_read_back(void)
{
	struct bitlocker *b;
	struct block *block;
	char path[300];

	if (!have_testdata())
		return;
	for (int wide = 0; wide < 2; wide++) {
		b = read_volume(image_of(
			wide ? "bitlk-aes-cbc-elephant-256" : "bitlk-aes-cbc-elephant-128", path));
		CU_ASSERT_EQUAL_FATAL(bitlocker_unlock(b, key_file("password = anaconda"), "X"), 0);
		block = decrypted(b, path, true);
		write_and_compare(block, 1 << 20, 200000);
		write_and_compare(block, 1234, 10000);
		CU_ASSERT_EQUAL(block->ops->close(block), 0);
		bitlocker_free(b);
	}
}

static void damaged_metadata_is_survived(void)
{
	static const uint64_t areas[] = {0x2195000, 0x2c1d000, 0x373a000};
	struct bitlocker *b;
	char path[300];
	FILE *f;

	if (!have_testdata())
		return;
	image_of("bitlk-aes-xts-128-new-entry", path);
	for (int i = 0; i < 3; i++) {
		f = fopen(path, "r+");
		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		fseek(f, (long)areas[i] + 200, SEEK_SET);
		fputc(0xff, f);
		fclose(f);
		b = read_volume(path);
		CU_ASSERT_EQUAL(b->state, i < 2 ? BITLOCKER_LOCKED : BITLOCKER_UNSUPPORTED);
		if (i < 2)
			CU_ASSERT_EQUAL(bitlocker_unlock(b, key_file("password = anaconda"), "X"),
					0);
		bitlocker_free(b);
	}
}

static uint32_t crc32_of(const uint8_t *data, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* The checksum can be made right by anybody; the hash only by who has the key. */
static void changed_metadata_is_refused(void)
{
	static const uint64_t areas[] = {0x2195000, 0x2c1d000, 0x373a000};
	static uint8_t area[AREA];
	struct bitlocker *b;
	char path[300];
	FILE *f;

	if (!have_testdata())
		return;
	f = fopen(image_of("bitlk-aes-xts-128-smart-card", path), "r+");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (int i = 0; i < 3; i++) {
		size_t size;
		uint32_t crc;

		fseek(f, (long)areas[i], SEEK_SET);
		CU_ASSERT_EQUAL_FATAL(fread(area, sizeof(area), 1, f), 1);
		area[130] ^= 1; /* in the description */
		size = (size_t)(area[8] | area[9] << 8) * 16;
		crc = crc32_of(area, size);
		memcpy(area + size + 4, &crc, 4);
		fseek(f, (long)areas[i], SEEK_SET);
		CU_ASSERT_EQUAL_FATAL(fwrite(area, sizeof(area), 1, f), 1);
	}
	fclose(f);
	b = read_volume(path);
	CU_ASSERT_EQUAL(b->state, BITLOCKER_LOCKED);
	CU_ASSERT_EQUAL(bitlocker_unlock(
				b,
				key_file("538329-080597-399190-348700-323345-161062-279807-230978"),
				"X"),
			HF_EBITLOCKER);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "metadata was changed"));
	CU_ASSERT_EQUAL(b->state, BITLOCKER_LOCKED);
	bitlocker_free(b);
}

void suite_bitlocker(void)
{
	CU_pSuite s = CU_add_suite("bitlocker", NULL, NULL);

	CU_ADD_TEST(s, recovery_passwords_are_checked);
	CU_ADD_TEST(s, volumes_of_windows_are_opened);
	CU_ADD_TEST(s, a_wrong_key_names_the_right_one);
	CU_ADD_TEST(s, writes_read_back);
	CU_ADD_TEST(s, diffuser_writes_read_back);
	CU_ADD_TEST(s, damaged_metadata_is_survived);
	CU_ADD_TEST(s, changed_metadata_is_refused);
}
