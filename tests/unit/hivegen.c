// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hives for tests: libhivex only changes hives, so the empty one is laid out here.
 */
#include <hivex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "hivegen.h"
#include "memfs.h"

#define EMPTY_SIZE 0x2000

struct hivegen {
	hive_h *h;
	hive_node_h node;
	char file[32];
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

void hivegen_checksum(uint8_t *data)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 508; i += 4)
		sum ^= get32(data + i);
	put32(data + 508, sum == 0 ? 1 : sum == UINT32_MAX ? UINT32_MAX - 1 : sum);
}

/* A root key at 0x20 and the security cell it needs at 0x80, the rest of the bin free. */
static void lay_out_empty(uint8_t *data)
{
	uint8_t *bin = data + 0x1000, *nk = bin + 0x20, *sk = bin + 0x80;
	static const uint8_t descriptor[20] = {1, 0, 0, 0x80}; /* no owner, group or lists */

	memcpy(data, "regf", 4);
	put32(data + 4, 1);
	put32(data + 8, 1);
	put32(data + 0x14, 1);
	put32(data + 0x18, 5);
	put32(data + 0x20, 1);
	put32(data + 0x24, 0x20);
	put32(data + 0x28, 0x1000);
	put32(data + 0x2c, 1);
	memcpy(bin, "hbin", 4);
	put32(bin + 8, 0x1000);
	put32(nk, (uint32_t)-0x60);
	memcpy(nk + 4, "nk\x2c", 4);
	put32(nk + 0x14, UINT32_MAX);
	put32(nk + 0x20, UINT32_MAX);
	put32(nk + 0x24, UINT32_MAX);
	put32(nk + 0x2c, UINT32_MAX);
	put32(nk + 0x30, 0x80);
	put32(nk + 0x34, UINT32_MAX);
	put32(nk + 0x4c, 4);
	memcpy(nk + 0x50, "root", 4);
	put32(sk, (uint32_t)-0x30);
	memcpy(sk + 4, "sk", 2);
	put32(sk + 8, 0x80);
	put32(sk + 12, 0x80);
	put32(sk + 16, 1);
	put32(sk + 20, sizeof(descriptor));
	memcpy(sk + 24, descriptor, sizeof(descriptor));
	put32(bin + 0xb0, 0x1000 - 0xb0);
	hivegen_checksum(data);
}

struct hivegen *hivegen_open(const void *data, size_t len)
{
	struct hivegen *g = calloc(1, sizeof(*g));
	int fd;

	must(g, "memory");
	strcpy(g->file, "/tmp/hivegen-XXXXXX");
	fd = mkstemp(g->file);
	must(fd >= 0 && write(fd, data, len) == (ssize_t)len && close(fd) == 0, g->file);
	g->h = hivex_open(g->file, HIVEX_OPEN_WRITE);
	must(g->h, "hivex_open");
	g->node = hivex_root(g->h);
	return g;
}

struct hivegen *hivegen_new(void)
{
	uint8_t *data = calloc(1, EMPTY_SIZE);
	struct hivegen *g;

	must(data, "memory");
	lay_out_empty(data);
	g = hivegen_open(data, EMPTY_SIZE);
	free(data);
	return g;
}

void hivegen_key(struct hivegen *g, const char *path)
{
	g->node = hivex_root(g->h);
	while (*path) {
		size_t len = strcspn(path, "\\");
		char *name = strndup(path, len);
		hive_node_h child;

		must(name, "memory");
		child = hivex_node_get_child(g->h, g->node, name);
		if (!child)
			child = hivex_node_add_child(g->h, g->node, name);
		must(child, name);
		free(name);
		g->node = child;
		path += len;
		path += *path == '\\';
	}
}

void hivegen_raw(struct hivegen *g, const char *name, uint32_t type, const void *data, size_t len)
{
	hive_set_value v = {(char *)(uintptr_t)name, (hive_type)type, len,
			    (char *)(uintptr_t)(len ? data : "")};

	must(hivex_node_set_value(g->h, g->node, &v, 0) == 0, name);
}

static void put_text(struct hivegen *g, const char *name, uint32_t type, const char *text)
{
	static uint16_t units[16384];
	int n = text_to_utf16(text, strlen(text), units, 16383);

	must(n >= 0, text);
	units[n++] = 0;
	hivegen_raw(g, name, type, units, (size_t)n * 2);
}

void hivegen_text(struct hivegen *g, const char *name, const char *text)
{
	put_text(g, name, 1, text);
}

void hivegen_expand(struct hivegen *g, const char *name, const char *text)
{
	put_text(g, name, 2, text);
}

void hivegen_dword(struct hivegen *g, const char *name, uint32_t value)
{
	uint8_t bytes[4];

	put32(bytes, value);
	hivegen_raw(g, name, 4, bytes, 4);
}

uint8_t *hivegen_take(struct hivegen *g, size_t *len)
{
	uint8_t *data;
	FILE *f;
	long size;

	must(hivex_commit(g->h, NULL, 0) == 0 && hivex_close(g->h) == 0, "hivex_commit");
	f = fopen(g->file, "rb");
	must(f && fseek(f, 0, SEEK_END) == 0, g->file);
	size = ftell(f);
	rewind(f);
	data = malloc((size_t)size);
	must(data && fread(data, 1, (size_t)size, f) == (size_t)size, g->file);
	must(fclose(f) == 0 && unlink(g->file) == 0, g->file);
	free(g);
	*len = (size_t)size;
	return data;
}

void hivegen_add(struct hivegen *g, struct fs *fs, const char *path)
{
	size_t len;
	uint8_t *data = hivegen_take(g, &len);

	must(memfs_add(fs, path, data, len) == 0, path);
	free(data);
}
