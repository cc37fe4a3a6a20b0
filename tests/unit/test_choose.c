// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Drive letters and the choice between several installations, on volumes in memory.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memfs.h"
#include "report/error.h"
#include "report/log.h"
#include "suites.h"
#include "windows/machine_private.h"
#include "winsample.h"

#define LENGTH(a) (sizeof(a) / sizeof(*(a)))

/* MountedDevices data: signature 0x11223344 at 1 MiB and at 5 GiB, and a partition GUID. */
#define MBR_FIRST  "\x44\x33\x22\x11\0\0\x10\0\0\0\0\0"
#define MBR_SECOND "\x44\x33\x22\x11\0\0\0\x40\1\0\0\0"
#define GUID	   "ABCDEFGHIJKLMNOP"

/* A machine with up to four volumes in memory, two disks. */
struct fixture {
	struct machine_private p;
	struct disks disks;
	struct disk disk[2];
	struct volume volume[4];
	struct machine_volume mv[4];
	struct windows_install install[4];
};

static char empty[] = "", ntfs[] = "ntfs", dev[4][8] = {"vol0", "vol1", "vol2", "vol3"};

static void set_up(struct fixture *f, size_t volumes)
{
	static char serials[2][8] = {" SER-A ", "SER-B"}, labels[4][8] = {"System", "Data", "", ""};

	memset(f, 0, sizeof(*f));
	f->disks = (struct disks){f->disk, 2, f->volume, volumes};
	for (size_t i = 0; i < 2; i++)
		f->disk[i] = (struct disk){.device = empty, .model = empty, .serial = serials[i]};
	for (size_t i = 0; i < volumes; i++) {
		f->volume[i] = (struct volume){
			.device = dev[i], .fstype = ntfs, .label = labels[i], .disk = i / 2};
		f->mv[i] = (struct machine_volume){.volume = &f->volume[i], .fs = memfs_new()};
	}
	f->p.m = (struct machine){.disks = &f->disks,
				  .volumes = f->mv,
				  .volume_count = volumes,
				  .installs = f->install};
}

static void tear_down(struct fixture *f)
{
	for (size_t i = 0; i < f->p.m.install_count; i++)
		windows_install_free(&f->install[i]);
	for (size_t i = 0; i < f->p.m.volume_count; i++)
		(void)fs_close(f->mv[i].view), (void)fs_close(f->mv[i].fs);
}

/* Puts SAMPLE on volume I and finds it. */
static void add_windows(struct fixture *f, size_t i, const struct winsample *sample)
{
	struct windows_install *w = &f->install[f->p.m.install_count++];

	winsample_add(f->mv[i].fs, sample);
	CU_ASSERT_EQUAL_FATAL(windows_probe(f->mv[i].fs, sample->directory, w), 0);
	w->volume = i;
}

static struct winsample mounted(const void *c, size_t c_len, const void *d, size_t d_len)
{
	struct winsample s = sample_win10;

	s.mounted[0] = c;
	s.mounted_len[0] = c_len;
	s.mounted[1] = d;
	s.mounted_len[1] = d_len;
	return s;
}

static void letters_from_mbr(void)
{
	struct winsample s = mounted(MBR_FIRST, 12, MBR_SECOND, 12);
	struct machine_options none = {0};
	struct fixture f;

	set_up(&f, 3);
	for (size_t i = 0; i < 2; i++)
		f.volume[i].mbr_signature = 0x11223344;
	f.volume[0].start = UINT64_C(5) << 30;
	f.volume[1].start = 1 << 20;
	add_windows(&f, 1, &s);
	CU_ASSERT_EQUAL(machine_choose(&f.p.m, &none), 0);
	CU_ASSERT_PTR_EQUAL(f.p.m.chosen, &f.install[0]);
	CU_ASSERT_EQUAL(f.mv[0].letter, 'D');
	CU_ASSERT_EQUAL(f.mv[1].letter, 'C');
	CU_ASSERT_EQUAL(f.mv[2].letter, 0);
	CU_ASSERT_PTR_EQUAL(machine_volume(&f.p.m, 'D'), &f.mv[0]);
	CU_ASSERT_PTR_NULL(machine_volume(&f.p.m, 'E'));
	CU_ASSERT_PTR_NULL(machine_volume(&f.p.m, 0));
	tear_down(&f);
}

static void letters_from_gpt(void)
{
	struct winsample s = mounted("DMIO:ID:ponmlkjihgfedcba", 24, "DMIO:ID:" GUID, 24);
	struct machine_options none = {0};
	struct fixture f;

	set_up(&f, 2);
	memcpy(f.volume[0].part_guid, GUID, 16);
	memcpy(f.volume[1].part_guid, "qqqqqqqqqqqqqqqq", 16);
	add_windows(&f, 1, &s);
	CU_ASSERT_EQUAL(machine_choose(&f.p.m, &none), 0);
	CU_ASSERT_EQUAL(f.mv[0].letter, 'D');
	/* Its own volume is in no entry: the letter it calls itself by. */
	CU_ASSERT_EQUAL(f.mv[1].letter, 'C');
	tear_down(&f);
}

static void one_letter_for_two_volumes(void)
{
	struct winsample s = mounted("DMIO:ID:" GUID, 24, "DMIO:ID:" GUID, 12);
	struct machine_options none = {0};
	unsigned warnings;
	struct fixture f;

	/* A clone of the system volume comes first, and another with the letter by hand. */
	set_up(&f, 3);
	memcpy(f.volume[0].part_guid, GUID, 16);
	memcpy(f.volume[1].part_guid, GUID, 16);
	f.volume[2].letter = 'C';
	add_windows(&f, 1, &s);
	warnings = log_warning_count();
	CU_ASSERT_EQUAL(machine_choose(&f.p.m, &none), 0);
	CU_ASSERT_EQUAL(f.mv[0].letter, 0);
	CU_ASSERT_EQUAL(f.mv[1].letter, 'C');
	CU_ASSERT_EQUAL(f.mv[2].letter, 0);
	CU_ASSERT_EQUAL(log_warning_count(), warnings + 2);
	tear_down(&f);
}

/* --volume D=... for a Windows that calls itself C: its paths follow. */
static void a_letter_by_hand_wins(void)
{
	static const struct winsample_profile profiles[] = {
		{SAMPLE_SID "-1001", "C:\\Users\\ann", 0},
		{SAMPLE_SID "-1002", "E:\\Users\\bob", 0},
	};
	struct winsample s = mounted("DMIO:ID:" GUID, 24, NULL, 0);
	struct machine_options none = {0};
	struct windows_install *w;
	struct fixture f;

	set_up(&f, 2);
	memcpy(f.volume[0].part_guid, GUID, 16);
	f.volume[0].letter = 'D';
	f.volume[1].letter = 'E';
	add_windows(&f, 0, &s);
	winsample_add_users(f.mv[0].fs, &s, profiles, LENGTH(profiles));
	winsample_add_hive(f.mv[0].fs, "\\Users\\ann\\NTUSER.DAT", NULL);
	winsample_add_hive(f.mv[1].fs, "\\Users\\bob\\NTUSER.DAT", NULL);
	CU_ASSERT_EQUAL(machine_choose(&f.p.m, &none), 0);
	w = f.p.m.chosen;
	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	CU_ASSERT_EQUAL(w->letter, 'D');
	CU_ASSERT_EQUAL_FATAL(w->user_count, 5);
	CU_ASSERT_STRING_EQUAL(w->users[3].profile, "D:\\Users\\ann");
	CU_ASSERT_TRUE(w->users[3].has_hive);
	CU_ASSERT_STRING_EQUAL(w->users[4].profile, "E:\\Users\\bob");
	CU_ASSERT_TRUE(w->users[4].has_hive);
	CU_ASSERT_STRING_EQUAL(windows_variable(w, -1, "SystemDrive"), "D:");
	CU_ASSERT_STRING_EQUAL(windows_variable(w, 3, "CSIDL_PERSONAL"),
			       "D:\\Users\\ann\\Documents");
	tear_down(&f);
}

static void choosing(void)
{
	static const struct {
		struct machine_options options;
		int error;
		size_t chosen;
	} cases[] = {
		{{0}, HF_EAMBIGUOUS, 0},
		{{.disk_serial = "ser-a"}, HF_EAMBIGUOUS, 0},
		{{.disk_serial = " SER-B "}, 0, 2},
		{{.disk_serial = "SER"}, HF_ENOENT, 0},
		{{.volume_label = "SYSTEM"}, 0, 0},
		{{.volume_label = "Sys"}, HF_ENOENT, 0},
		{{.disk_serial = "SER-A", .volume_label = "data"}, 0, 1},
		{{.disk_serial = "SER-B", .volume_label = "data"}, HF_ENOENT, 0},
		{{.windows_dir = "windows"}, HF_EAMBIGUOUS, 0},
		{{.windows_dir = "C:\\WinTwo"}, 0, 1},
		{{.windows_dir = "c:/wintwo/"}, 0, 1},
		{{.windows_dir = "\\WinTwo"}, 0, 1},
		{{.windows_dir = "WinTwo"}, 0, 1},
		{{.windows_dir = "D:\\WinTwo"}, HF_ENOENT, 0},
		{{.windows_dir = "\\Wind"}, HF_ENOENT, 0},
	};
	struct winsample two = sample_win11;
	struct fixture f;

	set_up(&f, 3);
	two.directory = "\\WinTwo";
	add_windows(&f, 0, &sample_win10);
	add_windows(&f, 1, &two);
	add_windows(&f, 2, &sample_win7);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		int err = machine_choose(&f.p.m, &cases[i].options);

		if (err != cases[i].error)
			printf("case %zu: %d ", i, err);
		CU_ASSERT_EQUAL(err, cases[i].error);
		CU_ASSERT_PTR_EQUAL(f.p.m.chosen, err ? NULL : &f.install[cases[i].chosen]);
		if (err == HF_EAMBIGUOUS) {
			CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "PC-10"));
			CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "SER-A"));
			CU_ASSERT_PTR_NOT_NULL(strstr(log_last_error(), "--disk-serial"));
		}
	}
	tear_down(&f);
}

static void windows_old_is_not_meant(void)
{
	struct machine_options none = {0}, by_name = {.windows_dir = "C:\\Windows.old"},
			       by_full = {.windows_dir = "C:\\windows.old\\windows"};
	struct winsample old = sample_win7;
	struct fixture f;

	set_up(&f, 1);
	old.directory = "\\Windows.old\\Windows";
	add_windows(&f, 0, &old);
	CU_ASSERT_EQUAL(machine_choose(&f.p.m, &none), 0);
	CU_ASSERT_PTR_EQUAL(f.p.m.chosen, &f.install[0]);
	add_windows(&f, 0, &sample_win10);
	CU_ASSERT_EQUAL(machine_choose(&f.p.m, &none), 0);
	CU_ASSERT_PTR_EQUAL(f.p.m.chosen, &f.install[1]);
	CU_ASSERT_EQUAL(machine_choose(&f.p.m, &by_name), 0);
	CU_ASSERT_PTR_EQUAL(f.p.m.chosen, &f.install[0]);
	CU_ASSERT_EQUAL(machine_choose(&f.p.m, &by_full), 0);
	CU_ASSERT_PTR_EQUAL(f.p.m.chosen, &f.install[0]);
	tear_down(&f);
}

static void none_or_only_damaged(void)
{
	struct machine_options none = {0}, other = {.disk_serial = "SER-B"};
	struct damaged_install damaged = {0, (char[]){"\\Windows"}};
	struct fixture f;

	set_up(&f, 3);
	CU_ASSERT_EQUAL(machine_choose(&f.p.m, &none), HF_ENOENT);
	f.p.damaged = &damaged;
	f.p.damaged_count = 1;
	CU_ASSERT_EQUAL(machine_choose(&f.p.m, &none), HF_ECORRUPT);
	CU_ASSERT_EQUAL(machine_choose(&f.p.m, &other), HF_ENOENT);
	add_windows(&f, 2, &sample_win10);
	CU_ASSERT_EQUAL(machine_choose(&f.p.m, &none), HF_EAMBIGUOUS);
	CU_ASSERT_EQUAL(machine_choose(&f.p.m, &other), 0);
	tear_down(&f);
}

void suite_choose(void)
{
	CU_pSuite s = CU_add_suite("windows/choose", NULL, NULL);

	CU_add_test(s, "letters by MBR signature", letters_from_mbr);
	CU_add_test(s, "letters by GPT GUID", letters_from_gpt);
	CU_add_test(s, "one letter for two volumes", one_letter_for_two_volumes);
	CU_add_test(s, "a letter given by hand wins", a_letter_by_hand_wins);
	CU_add_test(s, "choosing", choosing);
	CU_add_test(s, "Windows.old is not meant", windows_old_is_not_meant);
	CU_add_test(s, "none, or only a damaged one", none_or_only_damaged);
}
