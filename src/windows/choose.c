// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Picks the one Windows that is meant. When that is not certain, nothing is picked.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/letters.h"
#include "windows/machine_private.h"
#include "windows/read_users.h"

static const struct volume *volume_of(const struct machine *m, size_t volume)
{
	return m->volumes[volume].volume;
}

static const struct disk *disk_of(const struct machine *m, size_t volume)
{
	return &m->disks->disks[volume_of(m, volume)->disk];
}

/* A and B are the same text, blanks at both ends and case aside. */
static bool same_trimmed(const char *a, const char *b)
{
	size_t na, nb;

	while (isspace((unsigned char)*a))
		a++;
	while (isspace((unsigned char)*b))
		b++;
	na = strlen(a);
	nb = strlen(b);
	while (na > 0 && isspace((unsigned char)a[na - 1]))
		na--;
	while (nb > 0 && isspace((unsigned char)b[nb - 1]))
		nb--;
	return na == nb && strncasecmp(a, b, na) == 0;
}

static bool given(const char *option)
{
	return option && *option;
}

/* Does the volume fit the options about disk and label? */
static bool volume_fits(const struct machine *m, size_t volume, const struct machine_options *o)
{
	if (given(o->disk_serial) && !same_trimmed(disk_of(m, volume)->serial, o->disk_serial))
		return false;
	return !given(o->volume_label) ||
	       text_casecmp(upcase_basic(), volume_of(m, volume)->label, o->volume_label) == 0;
}

/* True when the components of A and B are the same. */
static bool same_path(const char *a, const char *b)
{
	return winpath_is_below(upcase_basic(), a, b) && winpath_is_below(upcase_basic(), b, a);
}

/*
 * Does DIRECTORY ("\Windows") on a volume that has LETTER (0: any) fit what the user calls it? For
 * one in Windows.old its parent does too.
 */
static bool directory_fits(const char *directory, bool is_old, char letter, const char *wanted)
{
	const char *rest = wanted;
	char wanted_letter = 0;

	if (winpath_split(wanted, &wanted_letter, &rest) && letter && letter != wanted_letter)
		return false;
	if (same_path(directory, rest))
		return true;
	return is_old && winpath_is_below(upcase_basic(), directory, rest) &&
	       strncasecmp(rest + strspn(rest, "\\/"), "Windows.old", 11) == 0;
}

/* Is there a Windows on the volume of W that was not set aside? */
static bool has_current_beside(const struct machine *m, const struct windows_install *w)
{
	for (size_t i = 0; i < m->install_count; i++)
		if (m->installs[i].volume == w->volume && !m->installs[i].is_old)
			return true;
	return false;
}

static bool install_fits(const struct machine *m, const struct windows_install *w,
			 const struct machine_options *o)
{
	if (!volume_fits(m, w->volume, o))
		return false;
	if (given(o->windows_dir))
		return directory_fits(w->directory, w->is_old, letters_of_install(m, w),
				      o->windows_dir);
	return !w->is_old || !has_current_beside(m, w);
}

/* One line about W for messages. */
static int describe(const struct machine *m, const struct windows_install *w, struct str *out)
{
	const struct volume *v = volume_of(m, w->volume);
	const struct disk *d = disk_of(m, w->volume);
	char label[256], serial[256], product[256], computer[256];

	return str_addf(out, "\n  %s, computer %s, in %c:%s on %s: disk serial '%s', label '%s'",
			text_printable(w->product, product, sizeof(product)),
			text_printable(w->computer, computer, sizeof(computer)),
			letters_of_install(m, w), w->directory, v->device,
			text_printable(d->serial, serial, sizeof(serial)),
			text_printable(v->label, label, sizeof(label)));
}

/* Lists the installations that fit O, or all of them when O is NULL. */
static int describe_all(const struct machine *m, const struct machine_options *o, struct str *out)
{
	int err = 0;

	for (size_t i = 0; i < m->install_count && !err; i++)
		if (!o || install_fits(m, &m->installs[i], o))
			err = describe(m, &m->installs[i], out);
	return err;
}

static int refuse_ambiguous(const struct machine *m, const struct machine_options *o)
{
	struct str list = {0};

	if (describe_all(m, o, &list))
		return log_oom();
	log_error("Several Windows installations fit:%s\nSay which one: by disk serial "
		  "(--disk-serial), volume label (--volume-label), directory (/offlinewindir) or "
		  "volume (--volume C=DEVICE). Nothing was changed.",
		  list.data);
	str_free(&list);
	return HF_EAMBIGUOUS;
}

/* Would a damaged installation have been the one? */
static const struct damaged_install *damaged_that_fits(const struct machine_private *p,
						       const struct machine_options *o)
{
	for (size_t i = 0; i < p->damaged_count; i++) {
		const struct damaged_install *d = &p->damaged[i];
		char letter = volume_of(&p->m, d->volume)->letter;

		if (volume_fits(&p->m, d->volume, o) &&
		    (!given(o->windows_dir) ||
		     directory_fits(d->directory, false, letter, o->windows_dir)))
			return d;
	}
	return NULL;
}

/* A damaged Windows may be the one that is meant: that is for the user to say. */
static int refuse_damaged_beside(const struct machine_private *p,
				 const struct windows_install *found,
				 const struct damaged_install *d)
{
	log_error(
		"There is a Windows in %s on %s, and another one in %s on %s whose registry hives "
		"are damaged (see the warnings above). Say which one is meant: by disk serial "
		"(--disk-serial), volume label (--volume-label), directory (/offlinewindir) or "
		"volume (--volume C=DEVICE). Nothing was changed.",
		found->directory, volume_of(&p->m, found->volume)->device, d->directory,
		volume_of(&p->m, d->volume)->device);
	return HF_EAMBIGUOUS;
}

/*
 * A locked BitLocker volume on which the Windows that is meant may be: one that fits O and, when
 * SYSTEM, that Windows starts from.
 */
static const struct volume *locked_that_fits(const struct machine *m,
					     const struct machine_options *o, bool system)
{
	for (size_t i = 0; i < m->volume_count; i++) {
		const struct volume *v = volume_of(m, i);

		if (v->bitlocker && strcmp(v->fstype, "BitLocker") == 0 && volume_fits(m, i, o) &&
		    (!system || bitlocker_is_system(v->bitlocker)))
			return v;
	}
	return NULL;
}

/* What was looked for may be on the BitLocker volume V, which stays shut. */
static int refuse_locked(const struct volume *v)
{
	const struct bitlocker *b = v->bitlocker;
	struct str need = {0};

	if (b->problem) {
		log_error("No Windows can be chosen: %s is encrypted with BitLocker and cannot be "
			  "opened: %s. Nothing was changed.",
			  v->device, b->problem);
		return HF_EBITLOCKER;
	}
	if (bitlocker_describe_need(b, &need)) {
		str_free(&need);
		return log_oom();
	}
	log_error("No Windows can be chosen: %s is locked by BitLocker. It opens with %s. Put a "
		  "recovery password into a text file named by its key ID (--bitlocker-keys; on "
		  "the stick in the folder keys), or say which other Windows is meant. Nothing "
		  "was changed.",
		  v->device, need.data);
	str_free(&need);
	return HF_EBITLOCKER;
}

static int refuse_none(const struct machine_private *p, const struct machine_options *o)
{
	const struct damaged_install *d = damaged_that_fits(p, o);
	struct str list = {0};

	if (d) {
		log_error("The Windows in %s on %s has damaged registry hives and cannot be used "
			  "(see the warnings above). Check the disk (chkdsk), or restore the hives "
			  "from a backup.",
			  d->directory, volume_of(&p->m, d->volume)->device);
		return HF_ECORRUPT;
	}
	if (locked_that_fits(&p->m, o, false))
		return refuse_locked(locked_that_fits(&p->m, o, false));
	if (p->m.install_count == 0) {
		log_error("No Windows was found on any volume. Check that its disk is connected "
			  "and its controller is switched on in the firmware (not in RAID mode), "
			  "and see `holdfast volumes`.");
		return HF_ENOENT;
	}
	if (describe_all(&p->m, NULL, &list))
		return log_oom();
	log_error("No Windows fits the choice made by disk serial, label or directory. There "
		  "is:%s",
		  list.data);
	str_free(&list);
	return HF_ENOENT;
}

static struct fs *find_volume(void *ctx, char letter)
{
	return machine_files(ctx, letter);
}

/* The only installation that fits O. HF_ENOENT in silence when none does. */
static int find_one(struct machine *m, const struct machine_options *o,
		    struct windows_install **out)
{
	const struct machine_private *p = (const struct machine_private *)m;

	*out = NULL;
	for (size_t i = 0; i < m->install_count; i++) {
		if (!install_fits(m, &m->installs[i], o))
			continue;
		if (*out)
			return refuse_ambiguous(m, o);
		*out = &m->installs[i];
	}
	if (!*out)
		return HF_ENOENT;
	return damaged_that_fits(p, o) ? refuse_damaged_beside(p, *out, damaged_that_fits(p, o))
				       : 0;
}

static int refuse_multiple(const struct machine *m, const struct windows_install *a,
			   const struct windows_install *b)
{
	struct str list = {0};

	if (describe(m, a, &list) || describe(m, b, &list)) {
		str_free(&list);
		return log_oom();
	}
	log_error("Multiple Windows installations found, and failOnMultipleWinDir is 1:%s\nTake "
		  "the others out of <winDir>, or set it to 0: the first that is there then "
		  "counts.",
		  list.data);
	str_free(&list);
	return HF_EAMBIGUOUS;
}

/* The first of O's directories that holds a Windows. */
static int find_first(struct machine *m, const struct machine_options *o,
		      struct windows_install **out)
{
	const struct machine_private *p = (const struct machine_private *)m;
	struct machine_options one = *o;
	struct windows_install *found = NULL, *w;
	int err = HF_ENOENT;

	for (size_t i = 0; i < o->windows_dir_count; i++) {
		one.windows_dir = o->windows_dirs[i];
		err = find_one(m, &one, &w);
		if (err == HF_ENOENT && damaged_that_fits(p, &one))
			return refuse_none(p, &one);
		if (err == HF_ENOENT || w == found)
			continue;
		if (err)
			return err;
		if (found)
			return refuse_multiple(m, found, w);
		found = w;
		if (!o->fail_on_multiple)
			break;
	}
	*out = found;
	return found ? 0 : refuse_none(p, &one);
}

/* The volume that MAPPING means, by the letters that M has now. */
static struct machine_volume *mapped_volume(struct machine *m,
					    const struct machine_mapping *mapping,
					    const char *letters)
{
	char letter;

	for (size_t i = 0; i < m->volume_count; i++)
		if (winpath_split(mapping->from, &letter, NULL)
			    ? letters[i] == letter
			    : !strcmp(m->volumes[i].volume->device, mapping->from))
			return &m->volumes[i];
	return NULL;
}

/* Gives the volumes the letters that O's mappings say; who had them loses them. */
static int apply_mappings(struct machine *m, const struct machine_options *o,
			  struct windows_install *w)
{
	char *letters = calloc(m->volume_count + 1, 1);

	if (!letters)
		return log_oom();
	for (size_t i = 0; i < m->volume_count; i++)
		letters[i] = m->volumes[i].letter;
	for (size_t i = 0; i < o->mapping_count; i++) {
		struct machine_volume *mv = mapped_volume(m, &o->mappings[i], letters);
		struct machine_volume *had = machine_volume(m, o->mappings[i].letter);

		if (!mv) {
			log_error("<mappings> maps %s to %c:, but there is no such drive. "
				  "\"holdfast volumes\" lists what there is; a drive can also be "
				  "given by its device, such as /dev/sda2.",
				  o->mappings[i].from, o->mappings[i].letter);
			free(letters);
			return HF_EINVAL;
		}
		if (had)
			had->letter = 0;
		mv->letter = o->mappings[i].letter;
	}
	free(letters);
	if (!m->volumes[w->volume].letter) {
		log_error("<mappings> leaves the volume of the Windows in %s without a letter: map "
			  "it too.",
			  w->directory);
		return HF_EINVAL;
	}
	w->letter = m->volumes[w->volume].letter;
	return 0;
}

int machine_choose(struct machine *m, const struct machine_options *options)
{
	const struct volume_finder finder = {.find = find_volume, .ctx = m};
	struct windows_install *found = NULL;
	int err;

	m->chosen = NULL;
	if (options->windows_dir_count) {
		err = find_first(m, options, &found);
	} else {
		err = find_one(m, options, &found);
		if (err == HF_ENOENT)
			err = refuse_none((const struct machine_private *)m, options);
		/* Without a word from the user the locked one may just as well be meant. */
		if (!err && !given(options->disk_serial) && !given(options->volume_label) &&
		    !given(options->windows_dir) && locked_that_fits(m, options, true))
			err = refuse_locked(locked_that_fits(m, options, true));
	}
	if (err)
		return err;
	letters_assign(m, found);
	err = apply_mappings(m, options, found);
	if (!err && options->bits)
		found->bits = options->bits;
	if (!err)
		err = machine_open_view(m, found);
	if (!err)
		err = windows_read_users_on(machine_files(m, found->letter), &finder, found);
	if (!err)
		m->chosen = found;
	return err;
}
