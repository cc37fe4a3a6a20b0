/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The version resource of a PE file (USMT specification 4.9): RT_VERSION with VS_VERSIONINFO, its
 * string tables and VS_FIXEDFILEINFO. Reads only what is needed of the file: headers, section table
 * and the resources on the way. Every byte may be hostile. Pure: nothing here logs.
 */
#ifndef HOLDFAST_WINDOWS_VERSION_RESOURCE_H
#define HOLDFAST_WINDOWS_VERSION_RESOURCE_H

#include <stddef.h>
#include <stdint.h>

/* Where the file's bytes come from. */
struct version_source {
	/* Reads LEN bytes at OFFSET; *DONE is less only at the end. 0 or a negative error. */
	int (*read)(void *ctx, uint64_t offset, void *buf, size_t len, size_t *done);
	void *ctx;
};

/*
 * The string TAG ("FileVersion", "ProductName", ...; ASCII, case-insensitive) in WTF-8 and fresh
 * memory. Looked for in the string table of the first Translation, then in the others, for each
 * language of the resource in stored order. FileVersion and ProductVersion that no table has, or
 * that are empty, come from VS_FIXEDFILEINFO as "a.b.c.d".
 *
 * 0; HF_ENOENT when the file is no PE file (16-bit programs are not), has no version resource or
 * not this string; HF_ECORRUPT when it is damaged and nothing was found; HF_ENOMEM; or what SOURCE
 * returns.
 */
int version_resource_string(const struct version_source *source, const char *tag, char **value);

/* The same on a file of LEN bytes in memory. */
int version_resource_memory(const void *data, size_t len, const char *tag, char **value);

#endif
