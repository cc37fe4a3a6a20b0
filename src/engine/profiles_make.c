// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes the planned accounts and profiles, in the order that profiles.h tells. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/text.h"
#include "engine/profiles.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/fs.h"
#include "windows/hive_write.h"
#include "windows/machine.h"
#include "windows/profile_new.h"
#include "windows/sam_write.h"
#include "windows/sid.h"

/* 100 ns from 1601-01-01 to 1970-01-01. */
#define EPOCH UINT64_C(116444736000000000)

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return EPOCH + (uint64_t)ts.tv_sec * 10000000 + (uint64_t)ts.tv_nsec / 100;
}

/* A hive of the new Windows that is changed. */
struct change {
	struct fs *fs;
	struct str path;
	struct hive_write *w;
};

static int open_change(const struct profiles *p, const char *name, struct change *c)
{
	const struct windows_install *w = p->machine->chosen;
	const char *why = "";
	int err;

	*c = (struct change){.fs = machine_volume(p->machine, w->letter)->fs};
	err = str_addf(&c->path, "%s\\System32\\config\\%s", w->directory, name) ? log_oom() : 0;
	if (!err)
		err = hive_write_recover(c->fs, c->path.data);
	if (!err) {
		err = hive_write_open(c->fs, c->path.data, &c->w, &why);
		if (err)
			log_error("%s cannot be changed: %s.", c->path.data, why);
	}
	if (!err)
		hive_write_set_now(c->w, p->now);
	return err;
}

static void close_change(struct change *c)
{
	hive_write_close(c->w);
	str_free(&c->path);
}

static int make_account(const struct profiles *p, struct change *c, const struct profile_plan *plan)
{
	struct sam_new a = {.name = plan->name,
			    .password = p->options.password,
			    .boot_key = p->boot_key,
			    .enabled = p->options.enable_accounts,
			    .now = p->now};
	char sid[SID_TEXT_MAX] = "";
	const char *why = "";
	int err = sam_create(c->w, &a, sid, sizeof(sid), &why);

	if (!err && strcasecmp(sid, plan->sid) != 0) {
		why = "its next number is another one than before";
		err = HF_EREFUSED;
	}
	if (err)
		log_error("%s: the account %s cannot be made: %s. The file is as it was.",
			  c->path.data, plan->name, *why ? why : hf_strerror(err));
	return err;
}

static int make_accounts(struct profiles *p)
{
	struct change c;
	int err;

	if (!p->accounts)
		return 0;
	err = open_change(p, "SAM", &c);
	for (size_t i = 0; !err && i < p->count; i++)
		if (p->list[i].account)
			err = make_account(p, &c, &p->list[i]);
	if (!err)
		err = hive_write_commit(c.w, c.fs, c.path.data);
	close_change(&c);
	for (size_t i = 0; !err && i < p->count; i++)
		if (p->list[i].account)
			log_status("Made the local account %s (%s)%s.", p->list[i].name,
				   p->list[i].sid, p->options.enable_accounts ? "" : ", disabled");
	return err;
}

static int list_profiles(struct profiles *p)
{
	struct change c;
	int err = open_change(p, "SOFTWARE", &c);

	for (size_t i = 0; !err && i < p->count; i++) {
		err = profile_list_set(c.w, p->list[i].sid, p->list[i].listed);
		if (err)
			log_error("%s: ProfileList\\%s cannot be written (%s). The file is as it "
				  "was.",
				  c.path.data, p->list[i].sid, hf_strerror(err));
	}
	if (!err)
		err = hive_write_commit(c.w, c.fs, c.path.data);
	close_change(&c);
	return err;
}

static int finish(struct profiles *p, const struct profile_plan *plan)
{
	static const char name[] = PROFILE_UNFINISHED;
	struct fs *fs = machine_volume(p->machine, p->machine->chosen->letter)->fs;
	uint16_t units[NAME_UNITS_MAX];
	int n = text_to_utf16(name, sizeof(name) - 1, units, NAME_UNITS_MAX);
	fs_ref folder, ref;
	int err = fs_resolve(fs, plan->folder, &folder);

	if (!err)
		err = fs_lookup(fs, folder, units, (unsigned)n, &ref);
	if (!err)
		err = fs_unlink(fs, folder, units, (unsigned)n, ref);
	if (!err)
		log_status("Made the profile %s for %s (%s).", plan->folder, plan->name, plan->sid);
	return err;
}

int profiles_make(struct profiles *p)
{
	int err = 0;

	if (!p->count)
		return 0;
	p->now = now();
	err = make_accounts(p);
	for (size_t i = 0; !err && i < p->count; i++)
		err = profile_copy(p, &p->list[i]);
	if (!err)
		err = list_profiles(p);
	for (size_t i = 0; !err && i < p->count; i++)
		err = finish(p, &p->list[i]);
	return err ? err : fs_sync(machine_volume(p->machine, p->machine->chosen->letter)->fs);
}
