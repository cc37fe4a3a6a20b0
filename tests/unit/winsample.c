// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Windows installations in memory.
 */
#include <stdio.h>
#include <string.h>

#include "hivegen.h"
#include "memfs.h"
#include "winsample.h"

#define CURRENT "Microsoft\\Windows NT\\CurrentVersion"

const struct winsample sample_win10 = {.directory = "\\Windows",
				       .root = "C:\\WINDOWS",
				       .product = "Windows 10 Pro",
				       .version = "6.3",
				       .build = "19045",
				       .major = 10,
				       .architecture = "AMD64",
				       .computer = "PC-10"};
const struct winsample sample_win11 = {.directory = "\\Windows",
				       .root = "C:\\Windows",
				       .product = "Windows 10 Home",
				       .version = "6.3",
				       .build = "22631",
				       .major = 10,
				       .architecture = "ARM64",
				       .computer = "PC-11"};
const struct winsample sample_win7 = {.directory = "\\Windows",
				      .root = "C:\\Windows",
				      .product = "Windows 7 Professional",
				      .version = "6.1",
				      .build = "7601",
				      .architecture = "x86",
				      .computer = "PC-7"};
const struct winsample sample_xp = {.directory = "\\WINDOWS",
				    .root = "C:\\WINDOWS",
				    .product = "Microsoft Windows XP",
				    .version = "5.1",
				    .build = "2600",
				    .architecture = "x86",
				    .computer = "OLDPC"};

static const char *in(const struct winsample *w, const char *hive)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s\\System32\\config\\%s", w->directory, hive);
	return path;
}

static void add_system(struct fs *fs, const struct winsample *w)
{
	static const char *const names[] = {"\\DosDevices\\C:", "\\DosDevices\\D:"};
	struct hivegen *g = hivegen_new();

	hivegen_key(g, "Select");
	hivegen_dword(g, "Current", 2);
	hivegen_key(g, "ControlSet001\\Control\\ComputerName\\ComputerName");
	hivegen_text(g, "ComputerName", "WRONG-SET");
	hivegen_key(g, "ControlSet002\\Control\\ComputerName\\ComputerName");
	hivegen_text(g, "ComputerName", w->computer);
	hivegen_key(g, "ControlSet002\\Control\\Session Manager\\Environment");
	hivegen_text(g, "PROCESSOR_ARCHITECTURE", w->architecture);
	hivegen_expand(g, "TEMP", "%SystemRoot%\\TEMP");
	hivegen_expand(g, "Tools", "%ToolRoot%\\bin");
	hivegen_text(g, "ToolRoot", "D:\\Tools");
	hivegen_expand(g, "Common", "%ALLUSERSPROFILE%\\x");
	hivegen_expand(g, "Loop", "%Pool%");
	hivegen_expand(g, "Pool", "x%Loop%");
	hivegen_expand(g, "SystemRoot", "X:\\Nonsense");
	hivegen_key(g, "MountedDevices");
	for (int i = 0; i < 2; i++)
		if (w->mounted[i])
			hivegen_raw(g, names[i], 3, w->mounted[i], w->mounted_len[i]);
	hivegen_raw(g, "\\DosDevices\\E:", 3, "\\\0?\0?\0\\\0S\0T\0O\0R\0", 16);
	hivegen_raw(g, "\\??\\Volume{1}", 3, "123456789012", 12);
	hivegen_add(g, fs, in(w, "SYSTEM"));
}

static void add_account(struct hivegen *g, const char *name, uint32_t rid)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "SAM\\Domains\\Account\\Users\\Names\\%s", name);
	hivegen_key(g, path);
	hivegen_raw(g, "", rid, "", 0);
}

static void add_sam(struct fs *fs, const struct winsample *w)
{
	static const uint8_t v[] = {9, 9, 9, 9, 0xe8, 3, 0, 0, 0xd0, 7, 0, 0, 0xb8, 0xb, 0, 0};
	struct hivegen *g = hivegen_new();

	add_account(g, "Administrator", 500);
	add_account(g, "ann", 1001);
	add_account(g, "b\xc3\xb6rge", 1002);
	hivegen_key(g, "SAM\\Domains\\Account");
	hivegen_raw(g, "V", 3, v, sizeof(v));
	hivegen_add(g, fs, in(w, "SAM"));
}

static void add_profile(struct hivegen *g, const struct winsample_profile *p)
{
	char path[256];

	(void)snprintf(path, sizeof(path), CURRENT "\\ProfileList\\%s", p->key);
	hivegen_key(g, path);
	hivegen_dword(g, "State", p->state);
	if (p->path)
		hivegen_expand(g, "ProfileImagePath", p->path);
}

static void add_profile_list(struct hivegen *g, bool xp)
{
	static const struct winsample_profile system[] = {
		{"S-1-5-18", "%systemroot%\\system32\\config\\systemprofile", 0},
		{"S-1-5-19", "%systemroot%\\ServiceProfiles\\LocalService", 0},
		{"S-1-5-20", "%systemroot%\\ServiceProfiles\\NetworkService", 0},
	};

	hivegen_key(g, CURRENT "\\ProfileList");
	if (xp) {
		hivegen_expand(g, "ProfilesDirectory", "%SystemDrive%\\Documents and Settings");
		hivegen_text(g, "DefaultUserProfile", "Default User");
		hivegen_text(g, "AllUsersProfile", "All Users");
	} else {
		hivegen_expand(g, "ProfilesDirectory", "%SystemDrive%\\Users");
		hivegen_expand(g, "Default", "%SystemDrive%\\Users\\Default");
		hivegen_expand(g, "Public", "%SystemDrive%\\Users\\Public");
		hivegen_expand(g, "ProgramData", "%SystemDrive%\\ProgramData");
	}
	for (size_t i = 0; i < sizeof(system) / sizeof(*system); i++)
		add_profile(g, &system[i]);
}

void winsample_add_users(struct fs *fs, const struct winsample *w,
			 const struct winsample_profile *profiles, size_t count)
{
	bool xp = w->version[0] == '5';
	struct hivegen *g = hivegen_new();

	hivegen_key(g, CURRENT);
	hivegen_text(g, "ProductName", w->product);
	hivegen_text(g, "CurrentVersion", w->version);
	hivegen_text(g, "CurrentBuildNumber", w->build);
	hivegen_text(g, "SystemRoot", w->root);
	if (w->major) {
		hivegen_dword(g, "CurrentMajorVersionNumber", w->major);
		hivegen_dword(g, "CurrentMinorVersionNumber", 0);
	}
	add_profile_list(g, xp);
	for (size_t i = 0; i < count; i++)
		add_profile(g, &profiles[i]);
	hivegen_key(g, CURRENT "\\Winlogon");
	hivegen_text(g, "DefaultDomainName", "CONTOSO");
	hivegen_key(g, "Microsoft\\Windows\\CurrentVersion");
	hivegen_text(g, "ProgramFilesDir", "C:\\Program Files");
	hivegen_key(g, "Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders");
	hivegen_expand(g, "Common AppData",
		       xp ? "%ALLUSERSPROFILE%\\Application Data" : "%ProgramData%");
	hivegen_expand(g, "Common Desktop",
		       xp ? "%ALLUSERSPROFILE%\\Desktop" : "%PUBLIC%\\Desktop");
	hivegen_expand(g, "CommonMusic", "E:/Shared//Music/");
	hivegen_add(g, fs, in(w, "SOFTWARE"));
	add_system(fs, w);
	add_sam(fs, w);
}

void winsample_add(struct fs *fs, const struct winsample *w)
{
	winsample_add_users(fs, w, NULL, 0);
}

void winsample_add_hive(struct fs *fs, const char *path, const char *const *values)
{
	struct hivegen *g = hivegen_new();

	hivegen_key(g,
		    "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders");
	for (; values && values[0]; values += 2)
		hivegen_expand(g, values[0], values[1]);
	hivegen_key(g, "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\Shell Folders");
	hivegen_text(g, "Favorites", "C:\\Users\\ann\\Stars");
	hivegen_key(g, "Environment");
	hivegen_expand(g, "TMP", "%LOCALAPPDATA%\\T");
	hivegen_text(g, "MYDATA", "D:\\Data");
	hivegen_add(g, fs, path);
}
