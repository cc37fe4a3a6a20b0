// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is there something on the volume that was to be kept and is not in the store? Objects that the
 * capture had to skip or does not follow, and whatever was made since then.
 */
#include <inttypes.h>
#include <string.h>

#include "base/winpath.h"
#include "engine/freshness.h"
#include "engine/wipe_private.h"
#include "report/error.h"
#include "report/log.h"
#include "store/catalog.h"
#include "windows/machine.h"

#define SHOWN 10

struct losses {
	struct fs *fs;
	const struct wipe_plan *plan;
	bool accepted;
	uint64_t count;
};

bool wipe_keeps_path(const struct wipe_plan *plan, const struct upcase *upcase, const char *path)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].ref && winpath_is_below(upcase, path, plan->items[i].path))
			return true;
	return false;
}

/* A setting of the registry or of an ini file ("C:\\x.ini|Section[Setting]"), not a file. */
static bool is_setting(const char *path)
{
	return !winpath_split(path, NULL, NULL) || strchr(path, '|');
}

static int see_skipped(void *ctx, const char *path, const char *reason)
{
	struct losses *l = ctx;
	fs_ref ref;
	char letter;

	/* What an option left out ("/efs:skip") is the wipe's, as an excluded user's files are. */
	if (reason[0] == '/')
		return 0;
	if (winpath_split(path, &letter, NULL) && letter != l->plan->letter)
		return 0; /* on a volume that is not wiped */
	/* Gone: deleted since, or by the wipe that is being resumed. An unreadable one is there. */
	if (!is_setting(path) && (fs_resolve(l->fs, path, &ref) == HF_ENOENT ||
				  wipe_keeps_path(l->plan, fs_upcase(l->fs), path)))
		return 0;
	if (l->count++ < SHOWN)
		log_message(l->accepted ? LOG_WARNING : LOG_ERROR,
			    "%s was to be kept, but is not in the store: %s.", path, reason);
	return 0;
}

int wipe_check_skipped(struct fs *fs, const struct wipe_plan *plan, bool accepted)
{
	struct losses l = {.fs = fs, .plan = plan, .accepted = accepted};
	int err = catalog_skipped(plan->catalog, see_skipped, &l);

	if (err || !l.count)
		return err;
	if (accepted) {
		log_warning("%" PRIu64 " objects that the capture skipped are wiped, as asked.",
			    l.count);
		return 0;
	}
	log_error("Volume %c: is not wiped: %" PRIu64 " objects that the capture skipped would be "
		  "lost. Protect them with --keep, exclude them by a rule and capture again, or "
		  "give --with-errors to wipe them all the same.",
		  plan->letter, l.count);
	return HF_EREFUSED;
}

static int see_user(void *ctx, const struct catalog_user *user)
{
	struct losses *l = ctx;
	struct fs_stat st = {0};
	char letter;
	fs_ref ref;
	int err;

	if (!user->captured || !winpath_split(user->profile, &letter, NULL) ||
	    letter != l->plan->letter)
		return 0;
	err = fs_resolve(l->fs, user->profile, &ref);
	if (!err)
		err = fs_stat(l->fs, ref, &st);
	if (err || !TREE_TAG_IS_SURROGATE(st.reparse_tag))
		return err == HF_ENOENT ? 0 : err;
	l->count++;
	log_error("Volume %c: is not wiped: the profile %s (%s) is a junction or link, which the "
		  "capture does not follow. Move the profile back, or capture again with /ue for "
		  "this user and protect what the link leads to with --keep.",
		  letter, user->profile, user->sid);
	return 0;
}

int wipe_check_linked(struct fs *fs, const struct wipe_plan *plan)
{
	struct losses l = {.fs = fs, .plan = plan};
	int err = catalog_users(plan->catalog, see_user, &l);

	return !err && l.count ? HF_EREFUSED : err;
}

int wipe_check_fresh(struct machine *m, const struct wipe_plan *plan, bool accepted)
{
	bool fresh = true;
	int err = 0;

	/* A wipe that has begun may have deleted what would be compared. */
	if (m->chosen && !plan->resumes)
		err = freshness_check(m->volumes[m->chosen->volume].fs, m->chosen, plan->catalog,
				      &fresh);
	if (err || fresh)
		return err;
	if (accepted) {
		log_warning("Windows has run since %s was made; what changed since then is wiped, "
			    "as asked.",
			    plan->store);
		return 0;
	}
	log_error("Volume %c: is not wiped: Windows has run since the store %s was made, and what "
		  "was saved since then is not in it. Capture again (scanstate /o), or give "
		  "--old-store to wipe all the same.",
		  plan->letter, plan->store);
	return HF_EREFUSED;
}
