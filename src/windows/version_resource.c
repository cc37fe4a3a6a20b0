// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds the version resource of a PE file ("PE Format", Microsoft) and the strings in it
 * ("VS_VERSIONINFO structure").
 */
#include "windows/version_resource.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"

#define DOS_HEADER     64
#define DOS_LFANEW     0x3c
#define PE_HEADER      24 /* signature and COFF header */
#define SECTION_HEADER 40
#define SECTIONS_MAX   4096

/* Offsets in the optional header, and the directory entry of the resources. */
#define OPTIONAL_ALIGNMENT 32
#define OPTIONAL_HEADERS   60
#define OPTIONAL_DIRS_32   92
#define OPTIONAL_DIRS_64   108
#define OPTIONAL_READ	   (OPTIONAL_DIRS_64 + 4 + 8 * (DIRECTORY_RESOURCE + 1))
#define DIRECTORY_RESOURCE 2
#define PAGE		   0x1000
#define RAW_ALIGNMENT	   UINT32_C(0x1ff)

#define RESOURCE_ENTRIES_MAX 4096
#define RESOURCE_LEVELS	     3
#define SUBDIRECTORY	     UINT32_C(0x80000000)
#define RT_VERSION	     16
#define VS_VERSION_INFO	     1
#define LANGUAGES_MAX	     64

/* wLength has 16 bits, so no more than this can be in use. */
#define VERSION_DATA_MAX 65536
#define FIXED_SIGNATURE	 UINT32_C(0xfeef04bd)
#define FIXED_SIZE	 52

static uint16_t u16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t u32(const uint8_t *p)
{
	return u16(p) | (uint32_t)u16(p + 2) << 16;
}

/* A PE file as far as it has been understood. */
struct image {
	const struct version_source *source;
	uint8_t *sections; /* owned: COUNT section headers */
	size_t count;
	uint32_t headers;   /* bytes at the beginning where addresses are file offsets */
	bool raw_aligned;   /* the loader rounds PointerToRawData down */
	uint32_t resources; /* address of the resource directory */
};

/* Exactly LEN bytes of the file, or HF_ECORRUPT. */
static int read_at(const struct image *im, uint64_t offset, void *buf, size_t len)
{
	size_t done = 0;
	int err = im->source->read(im->source->ctx, offset, buf, len, &done);

	if (err)
		return err;
	return done == len ? 0 : HF_ECORRUPT;
}

/* Exactly LEN bytes at address RVA of the loaded image, or HF_ECORRUPT. */
static int read_rva(const struct image *im, uint64_t rva, void *buf, size_t len)
{
	if (rva + len <= im->headers)
		return read_at(im, rva, buf, len);
	for (size_t i = 0; i < im->count; i++) {
		const uint8_t *section = im->sections + i * SECTION_HEADER;
		uint32_t address = u32(section + 12), size = u32(section + 16);
		uint32_t raw = u32(section + 20);

		if (im->raw_aligned)
			raw &= ~RAW_ALIGNMENT;
		if (rva >= address && rva - address < size && len <= size - (rva - address))
			return read_at(im, raw + (rva - address), buf, len);
	}
	return HF_ECORRUPT;
}

/* Reads the optional header of LEN bytes at OFFSET. */
static int read_optional(struct image *im, uint64_t offset, size_t len)
{
	uint8_t header[OPTIONAL_READ] = {0};
	size_t dirs;
	int err;

	if (len > sizeof(header))
		len = sizeof(header);
	if (len < 2)
		return HF_ECORRUPT;
	err = read_at(im, offset, header, len);
	if (err)
		return err;
	if (u16(header) == 0x10b)
		dirs = OPTIONAL_DIRS_32;
	else if (u16(header) == 0x20b)
		dirs = OPTIONAL_DIRS_64;
	else
		return HF_ENOENT;
	/* A header too short to name the resources reads as zeros. */
	if (u32(header + dirs) > DIRECTORY_RESOURCE)
		im->resources = u32(header + dirs + 4 + 8 * DIRECTORY_RESOURCE);
	im->raw_aligned = u32(header + OPTIONAL_ALIGNMENT) >= PAGE;
	im->headers = u32(header + OPTIONAL_HEADERS);
	return im->resources ? 0 : HF_ENOENT;
}

/* Fills IM but its source; free IM->sections in any case. */
static int read_image(struct image *im)
{
	uint8_t dos[DOS_HEADER], pe[PE_HEADER];
	uint64_t at;
	size_t done;
	int err = im->source->read(im->source->ctx, 0, dos, sizeof(dos), &done);

	if (err)
		return err;
	if (done < sizeof(dos) || memcmp(dos, "MZ", 2) != 0)
		return HF_ENOENT;
	at = u32(dos + DOS_LFANEW);
	err = im->source->read(im->source->ctx, at, pe, sizeof(pe), &done);
	if (err)
		return err;
	if (done < sizeof(pe) || memcmp(pe, "PE\0\0", 4) != 0)
		return HF_ENOENT;
	at += PE_HEADER;
	err = read_optional(im, at, u16(pe + 20));
	if (err)
		return err;
	at += u16(pe + 20);
	im->count = u16(pe + 6);
	if (im->count > SECTIONS_MAX)
		return HF_ECORRUPT;
	im->sections = calloc(im->count + 1, SECTION_HEADER);
	if (!im->sections)
		return HF_ENOMEM;
	return read_at(im, at, im->sections, im->count * SECTION_HEADER);
}

/* The entries of one resource directory. */
struct directory {
	uint8_t *entries; /* owned: 8 bytes each */
	size_t count;
	size_t named; /* those come first and have no numbers */
};

/* Reads the directory at OFFSET within the resources. */
static int read_directory(const struct image *im, uint32_t offset, struct directory *out)
{
	uint8_t header[16];
	uint64_t rva = (uint64_t)im->resources + offset;
	int err = read_rva(im, rva, header, sizeof(header));

	out->entries = NULL;
	if (err)
		return err;
	out->named = u16(header + 12);
	out->count = out->named + u16(header + 14);
	if (out->count > RESOURCE_ENTRIES_MAX)
		return HF_ECORRUPT;
	out->entries = calloc(out->count + 1, 8);
	if (!out->entries)
		return HF_ENOMEM;
	err = read_rva(im, rva + sizeof(header), out->entries, out->count * 8);
	if (err) {
		free(out->entries);
		out->entries = NULL;
	}
	return err;
}

/* The offset field of entry ID of DIR; of its first entry when ID is not there and ANY. */
static int find_entry(const struct directory *dir, uint32_t id, bool any, uint32_t *offset)
{
	for (size_t i = dir->named; i < dir->count; i++)
		if (u32(dir->entries + i * 8) == id) {
			*offset = u32(dir->entries + i * 8 + 4);
			return 0;
		}
	if (!any || dir->count == 0)
		return HF_ENOENT;
	*offset = u32(dir->entries + 4);
	return 0;
}

/* Goes from the root to the directory of the version resource's languages. */
static int find_languages(const struct image *im, struct directory *out)
{
	static const uint32_t ids[RESOURCE_LEVELS - 1] = {RT_VERSION, VS_VERSION_INFO};
	struct directory dir;
	uint32_t offset = 0;
	int err;

	for (int level = 0; level < RESOURCE_LEVELS - 1; level++) {
		err = read_directory(im, offset, &dir);
		if (err)
			return err;
		err = find_entry(&dir, ids[level], level > 0, &offset);
		free(dir.entries);
		if (err)
			return err;
		if (!(offset & SUBDIRECTORY))
			return HF_ECORRUPT;
		offset &= ~SUBDIRECTORY;
	}
	return read_directory(im, offset, out);
}

/* A block of VS_VERSIONINFO: its parts are ranges of the resource's bytes. */
struct block {
	size_t key, key_units;
	size_t value, value_end;
	size_t children; /* = end when there are none */
	size_t end;
};

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/*
 * Reads the block at AT of DATA that ends before LIMIT. A length that leaves its parent is cut, as
 * resource compilers were not always exact. False: there is no block.
 */
static bool read_block(const uint8_t *data, size_t at, size_t limit, struct block *out)
{
	size_t length, value_len, p;
	bool text;

	if (at > limit || limit - at < 6)
		return false;
	length = u16(data + at);
	value_len = u16(data + at + 2);
	text = u16(data + at + 4) == 1;
	if (length < 6)
		return false;
	out->end = length < limit - at ? at + length : limit;
	out->key = at + 6;
	for (p = out->key; out->end - p >= 2 && u16(data + p) != 0; p += 2)
		;
	if (out->end - p < 2)
		return false;
	out->key_units = (p - out->key) / 2;
	p = align4(p + 2);
	if (text)
		value_len *= 2;
	out->value = p < out->end ? p : out->end;
	out->value_end = value_len < out->end - out->value ? out->value + value_len : out->end;
	p = align4(out->value_end);
	out->children = p < out->end ? p : out->end;
	return true;
}

/* True when B's key is the ASCII text KEY, case-insensitively. */
static bool key_is(const uint8_t *data, const struct block *b, const char *key)
{
	size_t i;

	for (i = 0; i < b->key_units && key[i]; i++) {
		uint16_t c = u16(data + b->key + 2 * i);
		char have[2] = {c < 0x80 ? (char)c : '\0', '\0'}, want[2] = {key[i], '\0'};

		if (strcasecmp(have, want) != 0)
			return false;
	}
	return i == b->key_units && key[i] == '\0';
}

/* The block after B within LIMIT. */
static bool next_block(const uint8_t *data, size_t limit, struct block *b)
{
	return read_block(data, align4(b->end), limit, b);
}

/* The child of PARENT called KEY. */
static bool find_child(const uint8_t *data, const struct block *parent, const char *key,
		       struct block *out)
{
	for (bool more = read_block(data, parent->children, parent->end, out); more;
	     more = next_block(data, parent->end, out))
		if (key_is(data, out, key))
			return true;
	return false;
}

/* The text of B, a string, up to its first NUL; HF_ENOENT when it is empty. */
static int take_text(const uint8_t *data, const struct block *b, char **value)
{
	size_t n = (b->value_end - b->value) / 2;
	uint16_t *units = malloc(n * sizeof(*units) + 1);
	size_t len;

	if (!units)
		return HF_ENOMEM;
	for (len = 0; len < n; len++) {
		units[len] = u16(data + b->value + 2 * len);
		if (units[len] == 0)
			break;
	}
	*value = len > 0 ? text_dup_utf16(units, len) : NULL;
	free(units);
	if (len == 0)
		return HF_ENOENT;
	return *value ? 0 : HF_ENOMEM;
}

/* TAG in the string tables of INFO (StringFileInfo): that called FIRST (may be ""), then all. */
static int find_string(const uint8_t *data, const struct block *info, const char *first,
		       const char *tag, char **value)
{
	struct block table, string;
	int err = HF_ENOENT;

	if (*first && find_child(data, info, first, &table) &&
	    find_child(data, &table, tag, &string))
		err = take_text(data, &string, value);
	for (bool more = read_block(data, info->children, info->end, &table);
	     more && err == HF_ENOENT; more = next_block(data, info->end, &table))
		if (find_child(data, &table, tag, &string))
			err = take_text(data, &string, value);
	return err;
}

/* The table name ("040904b0") of the first translation, or "". */
static void first_translation(const uint8_t *data, const struct block *root, char *out, size_t size)
{
	struct block var, translation;

	out[0] = '\0';
	if (find_child(data, root, "VarFileInfo", &var) &&
	    find_child(data, &var, "Translation", &translation) &&
	    translation.value_end - translation.value >= 4)
		(void)snprintf(out, size, "%04x%04x", u16(data + translation.value),
			       u16(data + translation.value + 2));
}

/* The versions of VS_FIXEDFILEINFO; other tags are not in it. */
static int fixed_version(const uint8_t *data, const struct block *root, const char *tag,
			 char **value)
{
	const uint8_t *fixed = data + root->value, *version;

	if (root->value_end - root->value < FIXED_SIZE || u32(fixed) != FIXED_SIGNATURE)
		return HF_ENOENT;
	if (strcasecmp(tag, "FileVersion") == 0)
		version = fixed + 8;
	else if (strcasecmp(tag, "ProductVersion") == 0)
		version = fixed + 16;
	else
		return HF_ENOENT;
	if (asprintf(value, "%u.%u.%u.%u", u16(version + 2), u16(version), u16(version + 6),
		     u16(version + 4)) < 0) {
		*value = NULL;
		return HF_ENOMEM;
	}
	return 0;
}

/* TAG in the LEN bytes of a version resource: in its strings, or when FIXED in its numbers. */
static int search_version(const uint8_t *data, size_t len, const char *tag, bool fixed,
			  char **value)
{
	struct block root, info;
	char first[16];

	if (!read_block(data, 0, len, &root) || !key_is(data, &root, "VS_VERSION_INFO"))
		return HF_ECORRUPT;
	if (fixed)
		return fixed_version(data, &root, tag, value);
	if (!find_child(data, &root, "StringFileInfo", &info))
		return HF_ENOENT;
	first_translation(data, &root, first, sizeof(first));
	return find_string(data, &info, first, tag, value);
}

/* The same in the resource whose data entry is at OFFSET within the resources. */
static int search_language(const struct image *im, uint32_t offset, const char *tag, bool fixed,
			   char **value)
{
	uint8_t entry[16], *data;
	size_t size;
	int err;

	if (offset & SUBDIRECTORY)
		return HF_ECORRUPT;
	err = read_rva(im, (uint64_t)im->resources + offset, entry, sizeof(entry));
	if (err)
		return err;
	size = u32(entry + 4) < VERSION_DATA_MAX ? u32(entry + 4) : VERSION_DATA_MAX;
	data = malloc(size + 1);
	if (!data)
		return HF_ENOMEM;
	err = read_rva(im, u32(entry), data, size);
	if (!err)
		err = search_version(data, size, tag, fixed, value);
	free(data);
	return err;
}

/* All languages; HF_ECORRUPT when nothing was found and one was damaged. */
static int search_languages(const struct image *im, const struct directory *languages,
			    const char *tag, bool fixed, char **value)
{
	bool damaged = false;

	for (size_t i = 0; i < languages->count && i < LANGUAGES_MAX; i++) {
		int err =
			search_language(im, u32(languages->entries + i * 8 + 4), tag, fixed, value);

		if (err != HF_ENOENT && err != HF_ECORRUPT)
			return err;
		damaged |= err == HF_ECORRUPT;
	}
	return damaged ? HF_ECORRUPT : HF_ENOENT;
}

int version_resource_string(const struct version_source *source, const char *tag, char **value)
{
	struct image im = {.source = source};
	struct directory languages = {0};
	int err = read_image(&im);

	*value = NULL;
	if (!err)
		err = find_languages(&im, &languages);
	if (!err) {
		err = search_languages(&im, &languages, tag, false, value);
		if (err == HF_ENOENT || err == HF_ECORRUPT) {
			int fixed = search_languages(&im, &languages, tag, true, value);

			err = fixed == HF_ENOENT ? err : fixed;
		}
	}
	free(languages.entries);
	free(im.sections);
	return err;
}

struct memory {
	const uint8_t *data;
	size_t len;
};

static int read_memory(void *ctx, uint64_t offset, void *buf, size_t len, size_t *done)
{
	const struct memory *m = ctx;
	size_t left = offset < m->len ? m->len - (size_t)offset : 0;

	*done = len < left ? len : left;
	if (*done > 0)
		memcpy(buf, m->data + offset, *done);
	return 0;
}

int version_resource_memory(const void *data, size_t len, const char *tag, char **value)
{
	struct memory memory = {data, len};
	struct version_source source = {read_memory, &memory};

	return version_resource_string(&source, tag, value);
}
