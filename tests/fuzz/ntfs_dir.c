// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NTFS volumes: a small one, made by mkntfs and filled at the start, with bytes changed where the
 * input says, most of them in file records and directory indexes. What opens is walked, read and
 * asked for names; an unchanged volume must agree with itself. The health check, which has a reader
 * of its own, judges every volume, and has nothing to say about the unchanged one.
 */
#include <fcntl.h>
#include <sanitizer/lsan_interface.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "fuzz/fuzz.h"
#include "ntfs/image.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/block.h"
#include "volume/check.h"

#define IMAGE_MIB   2
#define RECORD	    1024
#define INDEX	    4096
#define ZONES_MAX   200
#define OBJECTS_MAX 150
#define ENTRIES_MAX 1500

static uint8_t *sound, *volume; /* as made, and as changed */
static size_t volume_len;
static struct fuzz_zone zones[ZONES_MAX];
static size_t zone_count;

static int64_t memory_pread(struct block *block, void *buf, size_t len, uint64_t offset)
{
	if (offset >= block->size)
		return 0;
	if (len > block->size - offset)
		len = (size_t)(block->size - offset);
	memcpy(buf, volume + offset, len);
	return (int64_t)len;
}

static int64_t memory_pwrite(struct block *block, const void *buf, size_t len, uint64_t offset)
{
	(void)block, (void)buf, (void)len, (void)offset;
	fuzz_fail("nothing is written while looking", __FILE__, __LINE__);
}

static int memory_done(struct block *block)
{
	(void)block;
	return 0;
}

static const struct block_ops memory_ops = {memory_pread, memory_pwrite, memory_done, memory_done};

static void fill(struct fs *fs)
{
	fs_ref root = fs_root(fs), users = image_mkdir(fs, root, "Users"), ann, file;
	static uint8_t data[20000];
	char name[64];

	fuzz_assert(users && (ann = image_mkdir(fs, users, "ann")) != 0);
	file = image_file(fs, ann, "small.txt", "resident data");
	fuzz_assert(file && !image_link(fs, file, root, "second name.txt"));
	memset(data, 'x', sizeof(data));
	fuzz_assert(!fs_write_file(fs, ann, "large.bin", data, sizeof(data), NULL));
	/* Enough names for an index of several blocks. */
	for (int i = 0; i < 80; i++) {
		snprintf(name, sizeof(name), "a rather long name of a file, number %d", i);
		if (i < 4)
			fuzz_assert(image_file(fs, users, name, name));
		fuzz_assert(!image_link(fs, file, users, name + (i < 4)));
	}
}

static void add_zone(size_t at, size_t len)
{
	if (zone_count < ZONES_MAX)
		zones[zone_count++] = (struct fuzz_zone){at, len};
}

static uint32_t u32(size_t at)
{
	uint32_t value;

	memcpy(&value, sound + at, sizeof(value));
	return value;
}

/* The header of the file record at AT and its attributes, two of each type. */
static void add_record(size_t at)
{
	size_t attr = at + sound[at + 20], same = 0;
	uint32_t type, len, last = 0;

	add_zone(at, attr - at);
	while (attr + 8 < at + RECORD && (type = u32(attr)) < 0x100) {
		len = u32(attr + 4);
		fuzz_assert(len >= 16 && attr + len <= at + RECORD);
		same = type == last ? same + 1 : 0;
		if (type > 0x10 && same < 2)
			add_zone(attr, len);
		last = type;
		attr += len;
	}
}

/* Our own records and index blocks first, NTFS's own behind them, the boot sector last. */
static void find_zones(void)
{
	size_t mft = 0;

	for (size_t at = 0; at + INDEX <= volume_len; at += RECORD) {
		if (at % INDEX == 0 && !memcmp(sound + at, "INDX", 4))
			add_zone(at, 512), add_zone(at + 512, INDEX - 512);
		if (memcmp(sound + at, "FILE", 4) || !(sound[at + 22] & 1))
			continue;
		if (!mft)
			mft = at;
		if (at == mft + 5 * RECORD || at >= mft + 24 * RECORD)
			add_record(at);
	}
	for (size_t i = 0; i < 12; i++)
		add_zone(mft + i * RECORD, RECORD / 2);
	add_zone(0, 512);
}

static void read_image(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	fuzz_assert(fd >= 0 && !fstat(fd, &st));
	volume_len = (size_t)st.st_size;
	sound = malloc(volume_len);
	volume = malloc(volume_len);
	fuzz_assert(sound && volume);
	fuzz_assert(pread(fd, sound, volume_len, 0) == (ssize_t)volume_len);
	close(fd);
	memcpy(volume, sound, volume_len);
}

static struct fs *open_volume(void)
{
	static struct block block;
	struct fs *fs = NULL;
	int error;

	block = (struct block){&memory_ops, volume_len, false};
	/* libntfs-3g's ntfs_device_mount() loses an inode when it refuses some volumes. */
	__lsan_disable();
	error = ntfs_open_block(&block, "T:", NTFS_LOOK, &fs);
	__lsan_enable();
	return error ? NULL : fs;
}

static void heard(void *ctx, const struct check_finding *finding)
{
	(void)ctx;
	fuzz_assert(finding->what && *finding->what && check_kind_meaning(finding->kind));
}

/* How many things the health check has found on the volume as it is now. */
static uint64_t check_health(void)
{
	static const struct check_options options = {
		.surface = true, .show_max = 3, .found = heard};
	struct block block = {&memory_ops, volume_len, false};
	struct check_result result;
	int error = check_volume(&block, &options, &result);

	fuzz_assert(!error || error == HF_ENOTNTFS || error == HF_EBITLOCKER);
	fuzz_assert(result.sectors_unreadable == 0);
	return error ? 1 : result.errors + result.leaks + result.notes;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *path = image_make("fuzz", IMAGE_MIB, "-c 4096 -L fuzz");
	struct fs *fs = image_open(path, NTFS_WRITE);

	(void)argc;
	(void)argv;
	log_set_quiet(true);
	fuzz_assert(fs);
	fill(fs);
	fuzz_assert(!fs_close(fs));
	read_image(path);
	find_zones();
	fs = open_volume();
	fuzz_assert(fs && zone_count > 10 && !image_disagreements(fs, NULL));
	fuzz_assert(!check_health());
	fuzz_assert(!fs_close(fs));
	return 0;
}

struct walk {
	struct fs *fs;
	fs_ref queue[OBJECTS_MAX];
	size_t count, entries;
	unsigned names;
};

static bool is_queued(const struct walk *w, fs_ref ref)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->queue[i] == ref)
			return true;
	return false;
}

static int take_entry(void *ctx, const struct fs_entry *e)
{
	struct walk *w = ctx;
	char text[NAME_WTF8_MAX];

	fuzz_assert(e->name_len >= 1 && e->name_len <= NAME_UNITS_MAX);
	fuzz_assert(text_from_utf16(e->name, e->name_len, text, sizeof(text)) > 0);
	if (w->count < OBJECTS_MAX && !is_queued(w, e->ref))
		w->queue[w->count++] = e->ref;
	return ++w->entries >= ENTRIES_MAX;
}

static int take_name(void *ctx, fs_ref parent, const uint16_t *name, unsigned len)
{
	struct walk *w = ctx;
	fs_ref found;

	fuzz_assert(len >= 1 && len <= NAME_UNITS_MAX);
	if (++w->names % 8 == 0)
		(void)fs_lookup(w->fs, parent, name, len, &found);
	return 0;
}

static void read_some(struct fs *fs, fs_ref ref, const struct fs_stat *st)
{
	uint8_t *a = calloc(1, 5000), *b = calloc(1, 5000);
	size_t first = 0, second = 0;

	fuzz_assert(a && b);
	if (!fs_read(fs, ref, 3, a, 5000, &first)) {
		fuzz_assert(first <= 5000 && (!st || first <= (st->size > 3 ? st->size - 3 : 0)));
		fuzz_assert(!fs_read(fs, ref, 3, b, 5000, &second) && first == second);
		fuzz_assert(!memcmp(a, b, first));
	}
	free(a);
	free(b);
}

static void look_at(struct walk *w, fs_ref ref)
{
	struct str path = {0};
	uint8_t *reparse = NULL;
	struct fs_stat st;
	size_t len;

	if (!fs_stat(w->fs, ref, &st)) {
		fuzz_assert(st.is_dir == !!(st.attributes & FS_ATTR_DIRECTORY));
		if (st.is_dir)
			(void)fs_readdir(w->fs, ref, take_entry, w);
		else
			read_some(w->fs, ref, &st);
	}
	w->names = 0;
	(void)fs_names(w->fs, ref, take_name, w);
	(void)fs_path_of(w->fs, ref, &path);
	if (!fs_reparse(w->fs, ref, &reparse, &len))
		free(reparse);
	str_free(&path);
}

static void walk_volume(struct fs *fs)
{
	struct walk w = {.fs = fs};
	struct fs_space space;
	fs_ref ref;

	w.queue[w.count++] = fs_root(fs);
	for (size_t i = 0; i < w.count && w.entries < ENTRIES_MAX; i++)
		look_at(&w, w.queue[i]);
	(void)fs_space(fs, &space);
	(void)fs_resolve(fs, "C:\\users\\ANN\\large.bin", &ref);
	(void)fs_close(fs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	struct fuzz_patch done[FUZZ_PATCHES_MAX];
	size_t count = fuzz_patch(&in, volume, zones, zone_count, done);
	struct fs *fs = open_volume();

	fuzz_assert(fs || count);
	fuzz_assert(!check_health() || count);
	if (fs)
		walk_volume(fs);
	while (count--)
		memcpy(volume + done[count].at, sound + done[count].at, done[count].len);
	return 0;
}
