// SPDX-License-Identifier: GPL-2.0-or-later
/* The disk in memory of the fault tests. */
#include "fault/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/error.h"
#include "volume/block.h"

static struct {
	uint8_t *data;
	size_t size;
	struct disk_trace *trace;
	uint64_t writes, reads, fail_write, fail_read;
	bool write_once, read_once;
} disk;

static void die(const char *what)
{
	fprintf(stderr, "fault: %s: %s\n", what, strerror(errno));
	exit(2);
}

static bool fails(uint64_t call, uint64_t at, bool once)
{
	return at && (once ? call == at : call >= at);
}

static int64_t memory_pread(struct block *b, void *buf, size_t len, uint64_t offset)
{
	if (fails(++disk.reads, disk.fail_read, disk.read_once))
		return HF_EIO;
	if (offset >= b->size)
		return 0;
	len = len > b->size - offset ? (size_t)(b->size - offset) : len;
	memcpy(buf, disk.data + offset, len);
	return (int64_t)len;
}

static void note(uint64_t sector, const uint8_t *data)
{
	struct disk_trace *t = disk.trace;

	if (t->count == t->max) {
		t->overflow = true;
		return;
	}
	t->writes[t->count].sector = sector;
	t->writes[t->count].flush = t->flushes;
	memcpy(t->writes[t->count++].data, data, DISK_SECTOR);
}

static int64_t memory_pwrite(struct block *b, const void *buf, size_t len, uint64_t offset)
{
	if (!b->writable)
		return HF_EREADONLY;
	if (fails(++disk.writes, disk.fail_write, disk.write_once))
		return HF_EIO;
	if (offset % DISK_SECTOR || len % DISK_SECTOR || offset + len > b->size)
		die("a write that is not of whole sectors");
	memcpy(disk.data + offset, buf, len);
	for (size_t at = 0; disk.trace && at < len; at += DISK_SECTOR)
		note((offset + at) / DISK_SECTOR, (const uint8_t *)buf + at);
	return (int64_t)len;
}

static int memory_sync(struct block *b)
{
	if (b->writable && disk.trace)
		disk.trace->flushes++;
	return 0;
}

static int memory_close(struct block *b)
{
	free(b);
	return 0;
}

static const struct block_ops memory_ops = {memory_pread, memory_pwrite, memory_sync, memory_close};

static int open_memory(const char *path, uint64_t offset, uint64_t size, bool writable,
		       struct block **out)
{
	struct block *b = calloc(1, sizeof(*b));

	(void)path;
	if (!b)
		return HF_ENOMEM;
	if (offset || (size && size != disk.size))
		die("the disk is one volume");
	*b = (struct block){.ops = &memory_ops, .size = disk.size, .writable = writable};
	*out = b;
	return 0;
}

void disk_load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	disk.size = (size_t)st.st_size;
	disk.data = mmap(NULL, disk.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (disk.data == MAP_FAILED)
		die(path);
	close(fd);
	block_open_hook = open_memory;
}

uint8_t *disk_data(void)
{
	return disk.data;
}

size_t disk_size(void)
{
	return disk.size;
}

void disk_save(const char *path)
{
	static const uint8_t zeros[4096];
	FILE *f = fopen(path, "we");

	if (!f)
		die(path);
	for (size_t at = 0; at < disk.size; at += sizeof(zeros)) {
		if (!memcmp(disk.data + at, zeros, sizeof(zeros)))
			continue;
		if (fseek(f, (long)at, SEEK_SET) ||
		    fwrite(disk.data + at, 1, sizeof(zeros), f) != sizeof(zeros))
			die(path);
	}
	if (fclose(f) || truncate(path, (off_t)disk.size))
		die(path);
}

struct disk_trace *disk_trace_new(size_t max)
{
	struct disk_trace *t =
		mmap(NULL, sizeof(*t) + max * sizeof(t->writes[0]), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (t == MAP_FAILED)
		die("memory for a trace");
	t->max = max;
	return t;
}

void disk_record(struct disk_trace *trace)
{
	disk.trace = trace;
}

uint64_t disk_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

static bool arrives(unsigned how, size_t k, size_t n, size_t chosen, uint64_t *random)
{
	switch (how) {
	case 0:
		return false;
	case 1:
		return true;
	case 2:
		return k != chosen;
	case 3:
		return k == chosen;
	case 4:
		return k < chosen;
	case 5: /* most of them */
		return disk_random(random) % 16 != 0;
	case 6: /* few */
		return disk_random(random) % 16 == 0;
	default:
		(void)n;
		return disk_random(random) & 1;
	}
}

void disk_cut(const struct disk_trace *trace, uint32_t cut, unsigned how, uint64_t *random)
{
	size_t n = 0, k = 0, chosen;

	for (size_t i = 0; i < trace->count; i++)
		n += trace->writes[i].flush == cut;
	chosen = n ? (size_t)(disk_random(random) % n) : 0;
	for (size_t i = 0; i < trace->count && trace->writes[i].flush <= cut; i++) {
		const struct disk_write *w = &trace->writes[i];

		if (w->flush < cut || arrives(how, k++, n, chosen, random))
			memcpy(disk.data + w->sector * DISK_SECTOR, w->data, DISK_SECTOR);
	}
}

void disk_fail_writes(uint64_t at, bool once)
{
	disk.writes = 0;
	disk.fail_write = at;
	disk.write_once = once;
}

void disk_fail_reads(uint64_t at, bool once)
{
	disk.reads = 0;
	disk.fail_read = at;
	disk.read_once = once;
}

uint64_t disk_writes(void)
{
	return disk.writes;
}

uint64_t disk_reads(void)
{
	return disk.reads;
}
