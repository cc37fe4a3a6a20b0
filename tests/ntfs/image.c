// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes and checks NTFS image files for tests. */
#include "ntfs/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/gather.h"
#include "engine/parts.h"
#include "engine/plan.h"
#include "engine/verify.h"
#include "windows/machine.h"

static char scratch[64];

static void remove_scratch(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", scratch);
	if (system(command))
		fprintf(stderr, "cannot remove %s\n", scratch);
}

const char *image_dir(void)
{
	if (!*scratch) {
		strcpy(scratch, "/tmp/holdfast-ntfs-XXXXXX");
		if (!mkdtemp(scratch))
			abort();
		atexit(remove_scratch);
	}
	return scratch;
}

const char *image_make(const char *name, unsigned mib, const char *options)
{
	static char path[256];
	char command[768];
	int fd;

	snprintf(path, sizeof(path), "%s/%s.img", image_dir(), name);
	fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)mib << 20))
		abort();
	close(fd);
	snprintf(command, sizeof(command),
		 "PATH=$PATH:/sbin:/usr/sbin mkntfs -q -Q -F -p 0 -H 255 -S 63 %s '%s' >/dev/null "
		 "2>&1",
		 options, path);
	if (system(command)) {
		fprintf(stderr, "mkntfs failed: %s\n", command);
		abort();
	}
	return path;
}

struct fs *image_open(const char *path, enum ntfs_mode mode)
{
	struct fs *fs = NULL;

	return ntfs_open(path, 0, 0, "T:", mode, &fs) ? NULL : fs;
}

static uint64_t mix(uint64_t h, const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		uint64_t word;

		memcpy(&word, data + i, 8);
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	for (; i < len; i++)
		h = (h ^ data[i]) * UINT64_C(0x100000001b3);
	return h;
}

uint64_t image_hash(const char *path)
{
	static uint8_t buf[1 << 20];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t at = 0, end = 0, size;
	uint64_t h = 1;

	if (fd < 0)
		return 0;
	size = lseek(fd, 0, SEEK_END);
	while (at < size && (at = lseek(fd, at, SEEK_DATA)) >= 0) {
		end = lseek(fd, at, SEEK_HOLE);
		h = mix(h, (uint8_t *)&at, sizeof(at));
		while (at < end) {
			size_t want =
				end - at < (off_t)sizeof(buf) ? (size_t)(end - at) : sizeof(buf);
			ssize_t n = pread(fd, buf, want, at);

			if (n <= 0)
				abort();
			h = mix(h, buf, (size_t)n);
			at += n;
		}
	}
	close(fd);
	return mix(h, (uint8_t *)&size, sizeof(size));
}

unsigned image_units(const char *ascii, uint16_t *units)
{
	unsigned n = 0;

	while (*ascii)
		units[n++] = (uint8_t)*ascii++;
	return n;
}

int image_link(struct fs *fs, fs_ref file, fs_ref dir, const char *name)
{
	uint16_t units[256];
	unsigned n = image_units(name, units);

	return fs_link(fs, file, dir, units, n);
}

int image_unlink(struct fs *fs, fs_ref dir, const char *name, fs_ref expect)
{
	uint16_t units[256];
	unsigned n = image_units(name, units);

	return fs_unlink(fs, dir, units, n, expect);
}

fs_ref image_mkdir(struct fs *fs, fs_ref dir, const char *name)
{
	uint16_t units[256];
	unsigned n = image_units(name, units);
	fs_ref ref = 0;

	return fs_mkdir(fs, dir, units, n, &ref) ? 0 : ref;
}

fs_ref image_file(struct fs *fs, fs_ref dir, const char *name, const char *text)
{
	fs_ref ref = 0;

	return fs_write_file(fs, dir, name, text, strlen(text), &ref) ? 0 : ref;
}

bool image_has(struct fs *fs, fs_ref dir, const char *name, fs_ref ref)
{
	fs_ref found;

	return !fs_lookup_text(fs, dir, name, strlen(name), &found) && found == ref;
}

struct queue {
	fs_ref *refs;
	size_t count, cap;
};

struct check {
	struct fs *fs;
	fs_ref dir;
	struct queue queue;
	unsigned entries, wrong;
	/* While the names of one file are compared: */
	const struct fs_entry *entry;
	bool named;
};

static int compare_name(void *ctx, fs_ref parent, const uint16_t *name, unsigned len)
{
	struct check *c = ctx;
	fs_ref found;

	if (parent == c->dir && len == c->entry->name_len && !memcmp(name, c->entry->name, len * 2))
		c->named = true;
	if (fs_lookup(c->fs, parent, name, len, &found) || found != c->entry->ref)
		c->wrong++;
	return 0;
}

static void push(struct queue *q, fs_ref ref)
{
	if (q->count == q->cap) {
		q->cap = q->cap ? q->cap * 2 : 64;
		q->refs = realloc(q->refs, q->cap * sizeof(*q->refs));
		if (!q->refs)
			abort();
	}
	q->refs[q->count++] = ref;
}

static int check_entry(void *ctx, const struct fs_entry *entry)
{
	struct check *c = ctx;
	struct fs_stat st;

	if (entry->is_metadata)
		return 0;
	c->entries++;
	if (fs_stat(c->fs, entry->ref, &st)) {
		c->wrong++;
		return 0;
	}
	c->wrong += st.attributes != entry->attributes || (!st.is_dir && st.size != entry->size) ||
		    st.reparse_tag != entry->reparse_tag;
	c->entry = entry;
	c->named = false;
	if (fs_names(c->fs, entry->ref, compare_name, c) || !c->named)
		c->wrong++;
	if (st.is_dir)
		push(&c->queue, entry->ref);
	return 0;
}

unsigned image_disagreements(struct fs *fs, unsigned *entries)
{
	struct check c = {.fs = fs};
	size_t i;

	push(&c.queue, fs_root(fs));
	for (i = 0; i < c.queue.count && i < 1000000; i++) {
		c.dir = c.queue.refs[i];
		if (fs_readdir(fs, c.dir, check_entry, &c))
			c.wrong++;
	}
	free(c.queue.refs);
	if (entries)
		*entries = c.entries;
	return c.wrong;
}

static const struct catalog_volume volume_row = {
	.id = 1, .path = "C:", .root = "C$", .kind = "ntfs", .label = "", .role = CATALOG_MASTER};

int image_plan(struct plan *plan, struct fs *fs, const struct rules *rules, const char *store,
	       struct object_errors *errors)
{
	const struct plan_options options = {
		.root = "C:", .rules = rules, .store_path = store, .errors = errors};

	return plan_make(plan, fs, &options);
}

int image_gather(struct fs *fs, uint64_t serial, fs_ref root, const struct plan *plan,
		 struct catalog *catalog, struct object_errors *errors,
		 struct gather_result *result)
{
	struct gathering *g = gather_begin(NULL, catalog, errors);
	struct catalog_volume row = volume_row;
	const struct gather_volume volume = {
		.id = 1, .root = "C$", .from = fs, .to = fs, .files_root = root, .plan = plan};
	int err;

	row.serial = serial;
	err = catalog_set_id(catalog);
	if (!err)
		err = catalog_add_volume(catalog, &row);
	if (!err)
		err = gather_volume(g, &volume);
	*result = gather_end(g);
	return err;
}

int image_verify(struct fs *fs, struct catalog *catalog, struct verify_result *result)
{
	struct machine_volume volume = {.fs = fs, .letter = 'C'};
	struct parts parts;
	int err = parts_init(&parts, "\\USMTMIG");

	if (!err)
		err = parts_add(&parts, &volume_row, &volume);
	if (!err)
		err = verify_store(&parts, catalog, result);
	parts_free(&parts);
	return err;
}
