// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * windows/version_resource.h: PE files made here with every form of version resource, and the same
 * files cut and changed at every byte.
 */
#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/error.h"
#include "suites.h"
#include "windows/version_resource.h"

#define RAW	 0x600 /* file offset of the resources */
#define ADDRESS	 0x3000
#define ROOT	 0x00 /* offsets in the resources */
#define TYPES	 0x40
#define NAMES	 0x80
#define ENTRIES	 0x100
#define CONTENT	 0x200
#define FILE_MAX 16384

struct pe {
	uint8_t data[FILE_MAX];
	size_t len;
	bool plus;
	size_t languages;
};

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v & 0xffff);
	put16(p + 2, v >> 16);
}

static void align(struct pe *f)
{
	f->len = (f->len + 3) & ~(size_t)3;
}

/* Adds ASCII as UTF-16 with its NUL. */
static void add_text(struct pe *f, const char *text)
{
	do {
		put16(f->data + f->len, (unsigned char)*text);
		f->len += 2;
	} while (*text++);
}

/* Begins a block; ends it with end_block(). */
static size_t begin_block(struct pe *f, const char *key, unsigned value_len, bool text)
{
	size_t at;

	align(f);
	at = f->len;
	put16(f->data + at + 2, value_len);
	put16(f->data + at + 4, text);
	f->len += 6;
	add_text(f, key);
	align(f);
	return at;
}

static void end_block(struct pe *f, size_t at)
{
	put16(f->data + at, (unsigned)(f->len - at));
}

static void add_string(struct pe *f, const char *name, const char *value)
{
	size_t at = begin_block(f, name, (unsigned)strlen(value) + 1, true);

	add_text(f, value);
	end_block(f, at);
}

/* Adds a table TABLE ("040904b0") with strings, pairs up to NULL. */
static void add_table(struct pe *f, const char *table, const char *const *strings)
{
	size_t at = begin_block(f, table, 0, true);

	for (; *strings; strings += 2)
		add_string(f, strings[0], strings[1]);
	end_block(f, at);
}

/* A PE file with an empty resource tree of three levels. */
static void begin_file(struct pe *f, bool plus)
{
	uint8_t *pe = f->data + 0x80, *optional = pe + 24, *section;
	size_t dirs = plus ? 108 : 92, size = plus ? 240 : 224;

	memset(f, 0, sizeof(*f));
	f->plus = plus;
	memcpy(f->data, "MZ", 2);
	put32(f->data + 0x3c, 0x80);
	memcpy(pe, "PE\0\0", 4);
	put16(pe + 4, plus ? 0x8664 : 0x14c);
	put16(pe + 6, 2);
	put16(pe + 20, (unsigned)size);
	put16(optional, plus ? 0x20b : 0x10b);
	put32(optional + 32, 0x1000);
	put32(optional + 36, 0x200);
	put32(optional + 60, 0x400);
	put32(optional + dirs, 16);
	put32(optional + dirs + 4 + 16, ADDRESS);
	put32(optional + dirs + 8 + 16, 0x1000);
	section = optional + size;
	memcpy(section, ".text", 5);
	put32(section + 8, 0x200);
	put32(section + 12, 0x1000);
	put32(section + 16, 0x200);
	put32(section + 20, 0x400);
	section += 40;
	memcpy(section, ".rsrc", 5);
	put32(section + 8, 0x2000);
	put32(section + 12, ADDRESS);
	put32(section + 16, 0x2000);
	put32(section + 20, RAW + 0x10); /* the loader rounds this down */
	f->len = RAW + CONTENT;

	/* Root: one named type, icons, versions. */
	put16(f->data + RAW + ROOT + 12, 1);
	put16(f->data + RAW + ROOT + 14, 2);
	put32(f->data + RAW + ROOT + 16, 0x80000000 + 0x1f0);
	put32(f->data + RAW + ROOT + 20, 0x80000000 + 0x7000);
	put32(f->data + RAW + ROOT + 24, 3);
	put32(f->data + RAW + ROOT + 28, 0x80000000 + 0x7000);
	put32(f->data + RAW + ROOT + 32, 16);
	put32(f->data + RAW + ROOT + 36, 0x80000000 + TYPES);
	put16(f->data + RAW + TYPES + 14, 1);
	put32(f->data + RAW + TYPES + 16, 1);
	put32(f->data + RAW + TYPES + 20, 0x80000000 + NAMES);
}

/* Begins the version resource of another language, with VS_FIXEDFILEINFO when FIXED. */
static size_t begin_version(struct pe *f, bool fixed)
{
	uint8_t *names = f->data + RAW + NAMES, *entry;
	size_t n = f->languages++, at;

	align(f);
	put16(names + 14, (unsigned)n + 1);
	put32(names + 16 + 8 * n, 0x407 + (uint32_t)n);
	put32(names + 20 + 8 * n, (uint32_t)(ENTRIES + 16 * n));
	entry = f->data + RAW + ENTRIES + 16 * n;
	put32(entry, (uint32_t)(ADDRESS + f->len - RAW));
	put32(entry + 4, 0x1000);
	at = begin_block(f, "VS_VERSION_INFO", fixed ? 52 : 0, false);
	if (fixed) {
		uint8_t *p = f->data + f->len;

		put32(p, 0xfeef04bd);
		put32(p + 8, 0x000a0001);
		put32(p + 12, 0x4a650007);
		put32(p + 16, 0x00020003);
		put32(p + 20, 0x00040005);
		f->len += 52;
	}
	return at;
}

static void end_version(struct pe *f, size_t at)
{
	uint8_t *entry = f->data + RAW + ENTRIES + 16 * (f->languages - 1);

	end_block(f, at);
	put32(entry + 4, (uint32_t)(f->len - at));
}

static void add_translation(struct pe *f, unsigned language, unsigned page)
{
	size_t var = begin_block(f, "VarFileInfo", 0, true);
	size_t at = begin_block(f, "Translation", 4, false);

	put16(f->data + f->len, language);
	put16(f->data + f->len + 2, page);
	f->len += 4;
	end_block(f, at);
	end_block(f, var);
}

static const char *const german[] = {"CompanyName",  "Beispiel", "FileVersion",
				     "1.2.3 (Test)", "Sprache",	 "Deutsch",
				     "OnlyGerman",   "ja",	 NULL};
static const char *const english[] = {"FileVersion", "1.2.3", "Sprache", "English", NULL};

/* Both tables, the Translation naming the second; FIXED numbers. */
static void sample(struct pe *f, bool plus)
{
	size_t version, info;

	begin_file(f, plus);
	version = begin_version(f, true);
	info = begin_block(f, "StringFileInfo", 0, true);
	add_table(f, "040704B0", german);
	add_table(f, "040904B0", english);
	end_block(f, info);
	add_translation(f, 0x409, 0x4b0);
	end_version(f, version);
}

static void expect(const struct pe *f, const char *tag, const char *want)
{
	char *have = NULL;
	int err = version_resource_memory(f->data, f->len, tag, &have);

	if (err || strcmp(have, want) != 0)
		printf("%s: %s (%d)\n", tag, have ? have : "nothing", err);
	CU_ASSERT_EQUAL(err, 0);
	CU_ASSERT_TRUE(have && strcmp(have, want) == 0);
	free(have);
}

static void expect_error(const struct pe *f, const char *tag, int want)
{
	char *have = NULL;

	CU_ASSERT_EQUAL(version_resource_memory(f->data, f->len, tag, &have), want);
	CU_ASSERT_PTR_NULL(have);
}

static void strings_of_the_first_translation(void)
{
	static struct pe f;

	for (int plus = 0; plus < 2; plus++) {
		sample(&f, plus);
		expect(&f, "Sprache", "English");
		expect(&f, "fileversion", "1.2.3");
		expect(&f, "CompanyName", "Beispiel");
		expect(&f, "OnlyGerman", "ja");
		expect(&f, "ProductVersion", "2.3.4.5");
		expect_error(&f, "ProductName", HF_ENOENT);
		expect_error(&f, "Sprach", HF_ENOENT);
		expect_error(&f, "SpracheX", HF_ENOENT);
		expect_error(&f, "", HF_ENOENT);
	}
}

static void all_languages_are_searched(void)
{
	static const char *const first[] = {"A", "1", "Empty", "", "FileVersion", "", NULL};
	static const char *const second[] = {"A", "2", "B", "2", "Empty", "full", NULL};
	static struct pe f;
	size_t version, info;

	begin_file(&f, false);
	version = begin_version(&f, true);
	info = begin_block(&f, "StringFileInfo", 0, true);
	add_table(&f, "040704B0", first);
	end_block(&f, info);
	end_version(&f, version);
	version = begin_version(&f, false);
	add_translation(&f, 0x999, 0); /* a table that is not there */
	info = begin_block(&f, "StringFileInfo", 0, true);
	add_table(&f, "040904E4", second);
	end_block(&f, info);
	end_version(&f, version);
	expect(&f, "A", "1");
	expect(&f, "B", "2");
	expect(&f, "Empty", "full");
	expect(&f, "FileVersion", "10.1.19045.7");
	expect(&f, "ProductVersion", "2.3.4.5");
}

static void numbers_without_strings(void)
{
	static struct pe f;
	size_t version;

	begin_file(&f, true);
	version = begin_version(&f, true);
	end_version(&f, version);
	expect(&f, "FileVersion", "10.1.19045.7");
	expect(&f, "productversion", "2.3.4.5");
	expect_error(&f, "CompanyName", HF_ENOENT);
	f.data[RAW + CONTENT + 40] ^= 1; /* the signature */
	expect_error(&f, "FileVersion", HF_ENOENT);
	begin_file(&f, true);
	version = begin_version(&f, false);
	end_version(&f, version);
	expect_error(&f, "FileVersion", HF_ENOENT);
}

/* The resource has another name than 1; a string says its length in bytes, or too much. */
static void inexact_resources(void)
{
	static const char *const strings[] = {"FileVersion", "4.5", "Last", "here", NULL};
	static struct pe f;
	size_t version, info, at;

	begin_file(&f, false);
	put32(f.data + RAW + TYPES + 16, 77);
	version = begin_version(&f, false);
	info = begin_block(&f, "stringfileinfo", 0, true);
	add_table(&f, "040704B0", strings);
	at = f.len;
	end_block(&f, info);
	end_version(&f, version);
	expect(&f, "FileVersion", "4.5");
	expect(&f, "Last", "here");
	/* "Last" is the last block: 6 + 10 bytes, value 10 at the end. */
	put16(f.data + at - 26 + 2, 10);
	expect(&f, "Last", "here");
	put16(f.data + at - 26, 0x7fff);
	expect(&f, "Last", "here");
	put16(f.data + version, 0xffff);
	expect(&f, "Last", "here");
}

static void what_has_no_version(void)
{
	static struct pe f;

	memset(&f, 0, sizeof(f));
	expect_error(&f, "FileVersion", HF_ENOENT);
	f.len = 4096;
	expect_error(&f, "FileVersion", HF_ENOENT);
	sample(&f, false);
	f.data[0x80] = 'N'; /* a 16-bit program: NE */
	expect_error(&f, "FileVersion", HF_ENOENT);
	sample(&f, false);
	put32(f.data + 0x3c, 0xfffffff0);
	expect_error(&f, "FileVersion", HF_ENOENT);
	sample(&f, false);
	put16(f.data + 0x98, 0x107); /* a ROM image */
	expect_error(&f, "FileVersion", HF_ENOENT);
	sample(&f, false);
	put32(f.data + 0x98 + 92, 2); /* only two data directories */
	expect_error(&f, "FileVersion", HF_ENOENT);
	sample(&f, false);
	put32(f.data + RAW + ROOT + 32, 17); /* no RT_VERSION */
	expect_error(&f, "FileVersion", HF_ENOENT);
}

static void lies_are_noticed(void)
{
	static const struct {
		size_t at;
		uint32_t value;
	} lies[] = {
		{0x98 + 92 + 20, 0x7ff00000},	 /* resources outside all sections */
		{RAW + ROOT + 12, 0xffffffff},	 /* entries without end */
		{RAW + ROOT + 36, TYPES},	 /* not a directory */
		{RAW + TYPES + 20, 0x80000000},	 /* the root again: its first is named */
		{RAW + NAMES + 20, 0x80000000},	 /* a directory where data should be */
		{RAW + ENTRIES, 0xfffffff0},	 /* data outside */
		{RAW + ENTRIES + 4, 0x7fffffff}, /* longer than the section */
		{RAW + CONTENT + 6, 0x00530057}, /* not VS_VERSION_INFO */
		{RAW + CONTENT, 0},		 /* a block without length */
	};
	static struct pe f;
	char *value;

	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		int err;

		sample(&f, false);
		put32(f.data + lies[i].at, lies[i].value);
		err = version_resource_memory(f.data, f.len, "FileVersion", &value);
		if (err != HF_ECORRUPT)
			printf("lie %zu: %d\n", i, err);
		CU_ASSERT_EQUAL(err, HF_ECORRUPT);
		CU_ASSERT_PTR_NULL(value);
	}
}

/* Reads F with bounds that a sanitizer sees; any answer will do, as long as there is one. */
static void read_bounded(const uint8_t *data, size_t len, const char *tag)
{
	uint8_t *exact = malloc(len + !len);
	char *value = NULL;
	int err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
	memcpy(exact, data, len);
	err = version_resource_memory(exact, len, tag, &value);
	if ((err == 0) != (value != NULL) || (err && err != HF_ENOENT && err != HF_ECORRUPT))
		CU_FAIL("an unexpected answer");
	free(value);
	free(exact);
}

static void damage_at_every_byte_is_survived(void)
{
	static const uint8_t flips[] = {0x01, 0x80, 0xff};
	static struct pe f;

	for (int plus = 0; plus < 2; plus++) {
		sample(&f, plus);
		for (size_t cut = 0; cut <= f.len; cut++)
			read_bounded(f.data, cut, "OnlyGerman");
		for (size_t at = 0; at < f.len; at++)
			for (size_t k = 0; k < sizeof(flips); k++) {
				f.data[at] ^= flips[k];
				read_bounded(f.data, f.len, k ? "OnlyGerman" : "ProductVersion");
				f.data[at] ^= flips[k];
			}
		expect(&f, "OnlyGerman", "ja");
	}
}

struct counter {
	const struct pe *f;
	size_t bytes;
	int error;
};

static int counted_read(void *ctx, uint64_t offset, void *buf, size_t len, size_t *done)
{
	struct counter *c = ctx;

	*done = 0;
	if (offset > 0x80000000)
		return c->error;
	c->bytes += len;
	if (offset < c->f->len)
		*done = len < c->f->len - offset ? len : c->f->len - (size_t)offset;
	memcpy(buf, c->f->data + (*done ? offset : 0), *done);
	return 0;
}

/* A large section is not read whole, and an error of the disk comes through. */
static void only_what_is_needed_is_read(void)
{
	static struct pe f;
	struct counter c = {&f, 0, HF_EIO};
	struct version_source source = {counted_read, &c};
	char *value;

	sample(&f, false);
	put32(f.data + 0x98 + 224 + 40 + 16, 0x40000000); /* 1 GiB of resources */
	CU_ASSERT_EQUAL(version_resource_string(&source, "FileVersion", &value), 0);
	CU_ASSERT_STRING_EQUAL(value, "1.2.3");
	free(value);
	CU_ASSERT_TRUE(c.bytes < f.len);
	put32(f.data + 0x98 + 224 + 40 + 20, 0xfffffe00);
	CU_ASSERT_EQUAL(version_resource_string(&source, "FileVersion", &value), HF_EIO);
	CU_ASSERT_PTR_NULL(value);
}

void suite_version_resource(void)
{
	CU_pSuite s = CU_add_suite("windows/version_resource", NULL, NULL);

	CU_add_test(s, "strings of the first translation", strings_of_the_first_translation);
	CU_add_test(s, "all languages are searched", all_languages_are_searched);
	CU_add_test(s, "numbers without strings", numbers_without_strings);
	CU_add_test(s, "inexact resources", inexact_resources);
	CU_add_test(s, "what has no version", what_has_no_version);
	CU_add_test(s, "lies are noticed", lies_are_noticed);
	CU_add_test(s, "damage at every byte is survived", damage_at_every_byte_is_survived);
	CU_add_test(s, "only what is needed is read", only_what_is_needed_is_read);
}
