// SPDX-License-Identifier: GPL-2.0-or-later
/* volume/: which volumes are opened and which refused, untouched; devices that fail. */
#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ntfs/image.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/suites.h"
#include "volume/ntfs_private.h"

static void poke(const char *path, off_t at, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	CU_ASSERT_EQUAL(pwrite(fd, data, len, at), (ssize_t)len);
	close(fd);
}

/* PATH must be refused for writing with RC and a message that holds WORDS, and stay as it is. */
static void check_refused(const char *path, int rc, enum ntfs_health health, const char *words)
{
	uint64_t before = image_hash(path);
	enum ntfs_health found = NTFS_CLEAN;
	struct fs *fs = NULL;

	CU_ASSERT_EQUAL(ntfs_open(path, 0, 0, "volume Q:", NTFS_WRITE, &fs), rc);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "volume Q:"));
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), words));
	CU_ASSERT_EQUAL(ntfs_health(path, 0, 0, &found), 0);
	CU_ASSERT_EQUAL(found, health);
	CU_ASSERT_EQUAL(image_hash(path), before);
}

static void looking_changes_nothing(void)
{
	const char *path = image_make("look", 16, "");
	uint64_t before = image_hash(path);
	struct fs *fs = image_open(path, NTFS_LOOK);
	fs_ref out;
	uint16_t name[] = {'x'};

	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_FALSE(fs->writable);
	CU_ASSERT_EQUAL(fs_mkdir(fs, fs_root(fs), name, 1, &out), HF_EREADONLY);
	CU_ASSERT_EQUAL(fs_create(fs, fs_root(fs), name, 1, &out), HF_EREADONLY);
	CU_ASSERT_EQUAL(fs_link(fs, fs_root(fs), fs_root(fs), name, 1), HF_EREADONLY);
	CU_ASSERT_EQUAL(fs_set_attributes(fs, fs_root(fs), FS_ATTR_HIDDEN, 0), HF_EREADONLY);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	CU_ASSERT_EQUAL(image_hash(path), before);
}

static void opening_for_writing_alone_changes_nothing(void)
{
	const char *path = image_make("idle", 16, "");
	uint64_t before = image_hash(path);
	struct fs *fs = image_open(path, NTFS_WRITE);

	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	CU_ASSERT_EQUAL(image_hash(path), before);
}

/* Puts a \hiberfil.sys that begins with MAGIC on a new volume. */
static const char *hibernated(const char *name, const char *magic)
{
	char header[4096] = {0};
	const char *path = image_make(name, 16, "");
	struct fs *fs = image_open(path, NTFS_WRITE);
	fs_ref out;

	memcpy(header, magic, strlen(magic));
	CU_ASSERT_EQUAL(
		fs_write_file(fs, fs_root(fs), "hiberfil.sys", header, sizeof(header), &out), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	return path;
}

static void hibernated_volume_is_refused(void)
{
	struct fs *fs;
	const char *path = hibernated("hibr", "HIBR");

	check_refused(path, HF_EHIBERNATED, NTFS_HIBERNATED, "powercfg /h off");
	fs = image_open(path, NTFS_LOOK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	check_refused(hibernated("hibr2", "hibr"), HF_EHIBERNATED, NTFS_HIBERNATED, "shutdown /s");
	/* Used up: Windows woke and wiped the header. */
	fs = image_open(hibernated("wake", ""), NTFS_WRITE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

/* Where the unnamed data of RECORD starts on the volume PATH; it must not be resident. */
static off_t data_start(const char *path, uint64_t record)
{
	struct fs *fs = image_open(path, NTFS_LOOK);
	struct ntfs_fs *nfs = ntfs_fs_of(fs);
	ntfs_inode *ni = ntfs_inode_open(nfs->vol, record);
	ntfs_attr *na = ntfs_attr_open(ni, AT_DATA, AT_UNNAMED, 0);
	off_t at = ntfs_attr_vcn_to_lcn(na, 0) << nfs->vol->cluster_size_bits;

	ntfs_attr_close(na);
	ntfs_inode_close(ni);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	return at;
}

/* A restart page as Windows leaves it in $LogFile, of version MAJOR; IN_USE: not shut down. */
static void put_restart_page(const char *path, uint16_t major, bool in_use)
{
	static uint8_t pages[2][4096];
	off_t at = data_start(path, FILE_LogFile);
	int i;

	memset(pages, 0, sizeof(pages));
	for (i = 0; i < 2; i++) {
		RESTART_PAGE_HEADER *rp = (RESTART_PAGE_HEADER *)pages[i];
		RESTART_AREA *ra = (RESTART_AREA *)(pages[i] + 48);
		LOG_CLIENT_RECORD *cr = (LOG_CLIENT_RECORD *)((u8 *)ra + 64);
		u16 n;

		rp->magic = magic_RSTR;
		rp->usa_ofs = const_cpu_to_le16(30);
		rp->usa_count = const_cpu_to_le16(9);
		rp->system_page_size = rp->log_page_size = const_cpu_to_le32(4096);
		rp->restart_area_offset = const_cpu_to_le16(48);
		rp->major_ver = cpu_to_le16(major);
		rp->minor_ver = major == 1 ? const_cpu_to_le16(1) : 0;
		ra->log_clients = const_cpu_to_le16(1);
		ra->client_free_list = in_use ? LOGFILE_NO_CLIENT : 0;
		ra->client_in_use_list = in_use ? 0 : LOGFILE_NO_CLIENT;
		ra->flags = in_use ? 0 : RESTART_VOLUME_IS_CLEAN;
		ra->seq_number_bits = const_cpu_to_le32(67 - 22);
		ra->restart_area_length = const_cpu_to_le16(64 + sizeof(LOG_CLIENT_RECORD));
		ra->client_array_offset = const_cpu_to_le16(64);
		ra->file_size = const_cpu_to_le64(2 << 20);
		ra->log_record_header_length = const_cpu_to_le16(48);
		ra->log_page_data_offset = const_cpu_to_le16(64);
		cr->prev_client = cr->next_client = LOGFILE_NO_CLIENT;
		cr->client_name_length = const_cpu_to_le32(8);
		memcpy(cr->client_name, "N\0T\0F\0S", 8);
		/* Multi sector protection: the last word of each sector, kept in the array. */
		pages[i][30] = 1;
		for (n = 0; n < 8; n++) {
			memcpy(pages[i] + 32 + 2 * n, pages[i] + 512 * (n + 1) - 2, 2);
			memcpy(pages[i] + 512 * (n + 1) - 2, pages[i] + 30, 2);
		}
	}
	poke(path, at, pages, sizeof(pages));
}

static void unclean_journal_is_refused(void)
{
	const char *path = image_make("unclean", 16, "");
	struct fs *fs;

	put_restart_page(path, 1, false);
	fs = image_open(path, NTFS_WRITE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	put_restart_page(path, 1, true);
	check_refused(path, HF_EUNCLEAN, NTFS_UNCLEAN, "journal");
	put_restart_page(path, 2, true);
	check_refused(path, HF_EHIBERNATED, NTFS_HIBERNATED, "fast start-up");
	fs = image_open(path, NTFS_LOOK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void dirty_volume_is_refused(void)
{
	const char *path = image_make("dirty", 16, "");
	struct fs *fs = image_open(path, NTFS_WRITE);

	/* What was dirty before the first change stays so after the last. */
	CU_ASSERT_NOT_EQUAL(image_mkdir(fs, fs_root(fs), "d"), 0);
	ntfs_fs_of(fs)->was_clean = false;
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	check_refused(path, HF_EUNCLEAN, NTFS_DIRTY, "--ignore-dirty-flag");
}

static void other_contents_are_told_apart(void)
{
	char path[256];
	const char *ntfs = image_make("zero", 16, "");
	enum ntfs_health health;
	struct fs *fs;

	snprintf(path, sizeof(path), "%s/empty.img", image_dir());
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	check_refused(path, HF_ENOTNTFS, NTFS_UNREADABLE, "no NTFS");
	CU_ASSERT_EQUAL(truncate(path, 1 << 20), 0);
	check_refused(path, HF_ENOTNTFS, NTFS_UNREADABLE, "no NTFS");
	poke(path, 3, "-FVE-FS-", 8);
	check_refused(path, HF_EBITLOCKER, NTFS_UNREADABLE, "manage-bde");
	CU_ASSERT_EQUAL(truncate(ntfs, 8 << 20), 0);
	check_refused(ntfs, HF_ECORRUPT, NTFS_UNREADABLE, "damaged");
	CU_ASSERT_EQUAL(ntfs_open("/nowhere", 0, 0, "Q:", NTFS_LOOK, &fs), HF_ENOENT);
	CU_ASSERT_EQUAL(ntfs_open("/tmp", 0, 0, "Q:", NTFS_LOOK, &fs), HF_EINVAL);
	CU_ASSERT_EQUAL(ntfs_open(path, 2 << 20, 0, "Q:", NTFS_LOOK, &fs), HF_EINVAL);
	CU_ASSERT_EQUAL(ntfs_health("/nowhere", 0, 0, &health), HF_ENOENT);
}

static void second_writer_is_refused(void)
{
	const char *path = image_make("twice", 16, "");
	struct fs *fs = image_open(path, NTFS_WRITE), *other = NULL;

	CU_ASSERT_EQUAL(ntfs_open(path, 0, 0, "Q:", NTFS_WRITE, &other), HF_EBUSY);
	CU_ASSERT_EQUAL(ntfs_open(path, 0, 0, "Q:", NTFS_LOOK, &other), 0);
	CU_ASSERT_EQUAL(fs_close(other), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
}

static void volume_inside_an_image_is_opened(void)
{
	enum { OFFSET = 1 << 20 };
	static char disk[300];
	char command[800];
	const char *path = image_make("inner", 16, "");
	uint8_t byte = 0x5a, guard[2] = {0};
	struct fs *fs;
	int fd;

	snprintf(disk, sizeof(disk), "%s/outer.img", image_dir());
	snprintf(command, sizeof(command), "dd if='%s' of='%s' bs=1M seek=1 status=none", path,
		 disk);
	CU_ASSERT_EQUAL(system(command), 0);
	poke(disk, OFFSET - 1, &byte, 1);
	poke(disk, OFFSET + (16 << 20), &byte, 1);
	CU_ASSERT_EQUAL(ntfs_open(disk, OFFSET, 16 << 20, "Q:", NTFS_WRITE, &fs), 0);
	CU_ASSERT_NOT_EQUAL(image_file(fs, fs_root(fs), "f", "text"), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	CU_ASSERT_EQUAL(ntfs_open(disk, OFFSET, 0, "Q:", NTFS_LOOK, &fs), 0);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	fd = open(disk, O_RDONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL(pread(fd, guard, 1, OFFSET - 1), 1);
	CU_ASSERT_EQUAL(pread(fd, guard + 1, 1, OFFSET + (16 << 20)), 1);
	CU_ASSERT(guard[0] == byte && guard[1] == byte);
	close(fd);
}

/* A block that counts, and fails every write from the FAIL_AT-th on, every read when FAIL_READ. */
struct frail_block {
	struct block base;
	struct block *under;
	unsigned writes, syncs, fail_at;
	bool fail_read;
};

static int64_t frail_pread(struct block *b, void *buf, size_t len, uint64_t offset)
{
	struct frail_block *f = (struct frail_block *)b;

	return f->fail_read ? HF_EIO : f->under->ops->pread(f->under, buf, len, offset);
}

static int64_t frail_pwrite(struct block *b, const void *buf, size_t len, uint64_t offset)
{
	struct frail_block *f = (struct frail_block *)b;

	if (++f->writes >= f->fail_at)
		return HF_EIO;
	return f->under->ops->pwrite(f->under, buf, len, offset);
}

static int frail_sync(struct block *b)
{
	struct frail_block *f = (struct frail_block *)b;

	f->syncs++;
	return f->under->ops->sync(f->under);
}

static int frail_close(struct block *b)
{
	struct frail_block *f = (struct frail_block *)b;

	return f->under->ops->close(f->under);
}

static const struct block_ops frail_ops = {frail_pread, frail_pwrite, frail_sync, frail_close};

static struct fs *open_frail(struct frail_block *f, const char *path, unsigned fail_at)
{
	struct fs *fs = NULL;

	memset(f, 0, sizeof(*f));
	CU_ASSERT_EQUAL_FATAL(block_open_file(path, 0, 0, true, &f->under), 0);
	f->base = (struct block){&frail_ops, f->under->size, true};
	f->fail_at = fail_at;
	CU_ASSERT_EQUAL_FATAL(ntfs_open_block(&f->base, "Q:", NTFS_WRITE, &fs), 0);
	return fs;
}

/* What is left by a failed write is a volume that opens for writing, without half a change. */
static void check_heals(const char *path)
{
	enum ntfs_health health;
	struct fs *fs = NULL;
	fs_ref ref;
	int found;

	CU_ASSERT_EQUAL(ntfs_health(path, 0, 0, &health), 0);
	CU_ASSERT(health == NTFS_CLEAN || health == NTFS_INTERRUPTED);
	CU_ASSERT_EQUAL_FATAL(ntfs_open(path, 0, 0, "Q:", NTFS_WRITE, &fs), 0);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
	found = fs_lookup_text(fs, fs_root(fs), "f", 1, &ref);
	CU_ASSERT(!found || found == HF_ENOENT);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	CU_ASSERT_EQUAL(ntfs_health(path, 0, 0, &health), 0);
	CU_ASSERT_EQUAL(health, NTFS_CLEAN);
}

static void write_errors_come_back_and_the_volume_heals(void)
{
	const char *path = image_make("frail", 32, "");
	struct frail_block f;
	struct fs *fs;
	unsigned total, stop;

	fs = open_frail(&f, path, 1000000);
	CU_ASSERT_EQUAL(f.writes, 0);
	CU_ASSERT_NOT_EQUAL(image_file(fs, fs_root(fs), "f", "text"), 0);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	CU_ASSERT(f.syncs >= 2);
	total = f.writes;
	for (stop = 1; stop <= total; stop += 2) {
		bool failed;

		path = image_make("frail", 32, "");
		fs = open_frail(&f, path, stop);
		failed = !image_file(fs, fs_root(fs), "f", "text");
		failed |= fs_close(fs) != 0;
		CU_ASSERT(failed);
		check_heals(path);
	}
}

static void read_errors_are_not_taken_for_damage(void)
{
	const char *path = image_make("readfail", 16, "");
	struct frail_block f;
	struct fs *fs = open_frail(&f, path, 1000000);
	fs_ref files[100];
	struct fs_stat st;
	char name[16];
	unsigned i;

	/* More than the library keeps in its cache. */
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		files[i] = image_file(fs, fs_root(fs), name, "text");
	}
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	fs = open_frail(&f, path, 1000000);
	f.fail_read = true;
	CU_ASSERT_EQUAL(fs_stat(fs, files[99], &st), HF_EIO);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "SMART"));
	f.fail_read = false;
	fs_close(fs);
}

#define ADD(test) CU_add_test(suite, #test, test)

void suite_fs_open(void)
{
	CU_pSuite suite = CU_add_suite("fs_open", NULL, NULL);

	ADD(looking_changes_nothing);
	ADD(opening_for_writing_alone_changes_nothing);
	ADD(hibernated_volume_is_refused);
	ADD(unclean_journal_is_refused);
	ADD(dirty_volume_is_refused);
	ADD(other_contents_are_told_apart);
	ADD(second_writer_is_refused);
	ADD(volume_inside_an_image_is_opened);
	ADD(write_errors_come_back_and_the_volume_heals);
	ADD(read_errors_are_not_taken_for_damage);
}
