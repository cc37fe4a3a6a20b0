// SPDX-License-Identifier: GPL-2.0-or-later
/* A user who has no profile yet. */
#include "windows/profile_new.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/fs.h"
#include "windows/folders.h"
#include "windows/hive_check.h"
#include "windows/hive_write.h"
#include "windows/profiles.h"
#include "windows/sam.h"
#include "windows/security_map.h"

#define PROFILE_LIST "Microsoft\\Windows NT\\CurrentVersion\\ProfileList"

int windows_find_account(const struct hive *sam, const char *name, char *sid, size_t size)
{
	struct sam accounts;
	int err = sam_read(sam, &accounts);

	if (err)
		return err;
	err = HF_ENOENT;
	for (size_t i = 0; err && i < accounts.count; i++) {
		if (text_casecmp(upcase_basic(), accounts.accounts[i].name, name) != 0)
			continue;
		(void)snprintf(sid, size, "%s-%u", accounts.machine_sid, accounts.accounts[i].rid);
		err = 0;
	}
	sam_free(&accounts);
	return err;
}

static int fill_user(struct windows_user *u, const struct profile_user *from)
{
	*u = (struct windows_user){
		.sid = strdup(from->sid),
		.domain = strdup(from->domain),
		.name = strdup(from->name),
		.upn = strdup(""),
		.name_from = "store",
		.is_local = from->is_local,
		.profile = strdup(from->profile),
		.kind = WINDOWS_USER_NORMAL,
	};
	return u->sid && u->domain && u->name && u->upn && u->profile ? 0 : HF_ENOMEM;
}

/* The folders of U as the hive of DEFAULTS says them. */
static int read_folders(struct windows_context *c, struct windows_user *u, const char *defaults)
{
	struct str path = {0};
	struct hive *hive = NULL;
	const char *why = "";
	int err = str_addf(&path, "%s\\NTUSER.DAT", defaults);

	if (!err)
		err = hive_open(c->fs, path.data, &hive, &why);
	if (err && err != HF_ENOMEM)
		log_error("%s cannot be read: %s. Profiles are made from it; install Windows anew.",
			  path.data, why);
	if (!err)
		err = folders_of_user(c, u, hive);
	u->has_hive = !err;
	hive_close(hive);
	str_free(&path);
	return err;
}

int windows_add_user(struct fs *fs, struct windows_install *install,
		     const struct profile_user *user, const char *defaults, size_t *index)
{
	struct windows_context c;
	size_t cap = install->user_count;
	int err = array_grow(&install->users, install->user_count, &cap);

	if (err)
		return log_oom();
	err = context_open(&c, fs, install);
	if (err)
		return err;
	err = folders_of_system(&c);
	if (!err) {
		struct windows_user *u = &install->users[install->user_count];

		*index = install->user_count++;
		err = fill_user(u, user);
		if (err)
			(void)log_oom();
		else
			err = read_folders(&c, u, defaults);
	}
	context_close(&c);
	return err;
}

/* Text as registry values hold it, with its terminator. */
static int set_text(struct hive_write *w, hive_key key, const char *name, const char *text)
{
	size_t len = strlen(text);
	uint16_t *units = malloc((len + 1) * 2);
	uint8_t *bytes = malloc((len + 1) * 2);
	int n = units && bytes ? text_to_utf16(text, len, units, (int)len + 1) : HF_ENOMEM, err;

	for (int i = 0; i < n; i++) {
		bytes[2 * i] = (uint8_t)units[i];
		bytes[2 * i + 1] = (uint8_t)(units[i] >> 8);
	}
	if (n >= 0) {
		bytes[2 * n] = bytes[2 * n + 1] = 0;
		err = hive_write_value(w, key, name, HIVE_EXPAND_SZ, bytes, 2 * (size_t)n + 2);
	} else {
		err = n;
	}
	free(units);
	free(bytes);
	return err;
}

int profile_list_set(struct hive_write *software, const char *sid, const char *path)
{
	static const struct {
		const char *name;
		uint8_t value;
	} numbers[] = {{"Flags", 0}, {"State", 0}, {"RefCount", 0}, {"FullProfile", 1}};
	const struct hive *h = hive_write_hive(software);
	uint8_t bytes[SECURITY_SID_MAX], number[4] = {0}, len = security_sid(sid, bytes);
	hive_key list, key;
	int err = len ? hive_find(h, hive_root(h), PROFILE_LIST, &list) : HF_EINVAL;

	if (!err && hive_subkey(h, list, sid, &key) == 0)
		err = hive_write_delete_key(software, key);
	if (!err)
		err = hive_write_key(software, list, sid, NULL, &key, NULL);
	if (!err)
		err = set_text(software, key, "ProfileImagePath", path);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers) && !err; i++) {
		number[0] = numbers[i].value;
		err = hive_write_value(software, key, numbers[i].name, HIVE_DWORD, number, 4);
	}
	return err ? err : hive_write_value(software, key, "Sid", HIVE_BINARY, bytes, len);
}

/* [MS-FSCC] 2.1.2.5: tag, bytes, reserved, four offsets and lengths, names. */
#define MOUNT_HEADER 8
#define MOUNT_NAMES  16
#define NT_PREFIX    "\\??\\"

/* The name that the two numbers at P tell of. */
static char *mount_name(const uint8_t *data, size_t len, const uint8_t *p)
{
	size_t at = MOUNT_NAMES + (size_t)hive_u16(p), n = hive_u16(p + 2) / 2;
	uint16_t units[4096];

	if (at > len || n > (len - at) / 2 || n > sizeof(units) / sizeof(*units))
		return NULL;
	for (size_t i = 0; i < n; i++)
		units[i] = hive_u16(data + at + 2 * i);
	return text_dup_utf16(units, n);
}

static int add_units(struct str *out, const char *text, uint16_t *len)
{
	uint16_t units[4096];
	int n = text_to_utf16(text, strlen(text), units, 4096), err = n < 0 ? n : 0;

	for (int i = 0; i < n && !err; i++) {
		err = str_addc(out, (char)(units[i] & 0xff));
		if (!err)
			err = str_addc(out, (char)(units[i] >> 8));
	}
	*len = (uint16_t)(n > 0 ? 2 * n : 0);
	return err ? err : str_add(out, "\0", 2);
}

static void put16(struct str *s, size_t at, size_t v)
{
	s->data[at] = (char)(v & 0xff);
	s->data[at + 1] = (char)(v >> 8);
}

/* A junction to the folder TARGET. */
static int make_junction(const char *target, struct str *out)
{
	static const char head[MOUNT_NAMES] = {3, 0, 0, (char)0xa0};
	struct str nt = {0};
	uint16_t nt_len = 0, len = 0;
	int err = str_addf(&nt, NT_PREFIX "%s", target);

	str_truncate(out, 0);
	if (!err)
		err = str_add(out, head, sizeof(head));
	if (!err)
		err = add_units(out, nt.data, &nt_len);
	if (!err)
		err = add_units(out, target, &len);
	if (!err) {
		put16(out, 4, out->len - MOUNT_HEADER);
		put16(out, 10, nt_len);
		put16(out, 12, (size_t)nt_len + 2);
		put16(out, 14, len);
	}
	str_free(&nt);
	return err;
}

int profile_move_junction(const uint8_t *data, size_t len, const char *from, const char *to,
			  struct str *out)
{
	size_t n = strlen(from), skip = strlen(NT_PREFIX);
	struct str target = {0};
	char *name;
	int err = 0;

	if (len < MOUNT_NAMES || hive_u32(data) != FS_TAG_MOUNT_POINT)
		return 0;
	name = mount_name(data, len, data + MOUNT_HEADER);
	if (!name)
		return 0;
	if (strlen(name) >= skip + n && !strncmp(name, NT_PREFIX, skip) &&
	    (name[skip + n] == '\\' || !name[skip + n])) {
		char end = name[skip + n];

		name[skip + n] = '\0';
		if (text_casecmp(upcase_basic(), name + skip, from) == 0) {
			name[skip + n] = end;
			err = str_addf(&target, "%s%s", to, name + skip + n);
			if (!err)
				err = make_junction(target.data, out);
			err = err ? err : 1;
		}
	}
	str_free(&target);
	free(name);
	return err;
}
