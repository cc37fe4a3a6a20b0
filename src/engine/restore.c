// SPDX-License-Identifier: GPL-2.0-or-later
/* A restore, step by step. */
#include "engine/restore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/winpath.h"
#include "engine/cleanup.h"
#include "engine/errors.h"
#include "engine/restore_rules.h"
#include "engine/restore_source.h"
#include "engine/verify.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/rules.h"
#include "store/catalog.h"
#include "store/store.h"
#include "windows/machine.h"

/* A directory: its record, an index block, its name above; a name: in a record and in an index. */
#define SPACE_OF_PLACE 6144
#define SPACE_OF_NAME  256

/* 100 ns from 1601-01-01 to 1970-01-01. */
#define EPOCH UINT64_C(116444736000000000)

static struct fs *store_fs(const struct restore *r)
{
	return machine_volume(r->machine, r->letter)->fs;
}

/*
 * Finds the store's parts: a link only leads to its file on the volume that it was made on. Those
 * on other volumes are compared, but not restored by this version.
 */
static int find_parts(struct restore *r)
{
	int err = parts_locate(&r->parts, r->machine, machine_volume(r->machine, r->letter),
			       r->options.store + 2, r->catalog);

	for (size_t i = 0; i < r->parts.count && !err; i++)
		if (r->parts.items[i].row.role == CATALOG_PART)
			log_warning("Files of %s are in the store's part on that volume. This "
				    "version does not put them back: unless the volume was wiped, "
				    "they are where they were.",
				    r->parts.items[i].row.path);
	return err;
}

/* Not an error: nothing in files depends on it; programs and settings may. */
static void compare_versions(const struct restore *r)
{
	const struct windows_install *old = &r->source, *new = r->machine->chosen;

	log_status("Store: %s, version %s, %u-bit, computer %s.", old->product, old->version,
		   old->bits, old->computer);
	if (new->major < old->major || (new->major == old->major &&new->minor < old->minor))
		log_warning("The Windows to restore into (%s) is older than the captured one (%s): "
			    "USMT does not support that.",
			    new->version, old->version);
	if (new->bits < old->bits)
		log_warning("A 64-bit Windows is restored into a 32-bit one: USMT does not support "
			    "that.");
}

/* Is the store one whose deletion after a restore was interrupted? 1, 0 or an error. */
static int is_half_deleted(struct machine_volume *v, const char *store)
{
	enum store_state state;
	enum store_restore restored;
	uint64_t since;
	int err = store_examine(v->fs, store, &state);

	if (err || state != STORE_INCOMPLETE)
		return err;
	err = store_restore_state(v->fs, store, &restored, &since);
	return err ? err : restored >= STORE_RESTORE_SPENT;
}

int restore_finish_deletion(struct restore *r, bool *done)
{
	struct machine_volume *v;
	int err;

	*done = false;
	winpath_split(r->options.store, &r->letter, NULL);
	v = machine_volume(r->machine, r->letter);
	err = v && v->fs ? is_half_deleted(v, r->options.store) : 0;
	if (err <= 0)
		return err;
	log_status("The store %s was restored and compared, and its deletion was interrupted: it "
		   "goes on.",
		   r->options.store);
	err = machine_reopen_writable(r->machine, r->letter);
	if (!err)
		err = store_delete(store_fs(r), r->options.store, NULL);
	*done = !err;
	return err;
}

int restore_open(struct restore *r)
{
	struct machine_volume *v;
	enum store_restore state;
	struct verify_result verified;
	int err;

	winpath_split(r->options.store, &r->letter, NULL);
	v = machine_volume(r->machine, r->letter);
	if (!v || !v->fs) {
		log_error("StorePath %s: there is no NTFS volume %c: that can be opened. "
			  "\"holdfast volumes\" lists what there is.",
			  r->options.store, r->letter);
		return HF_ENOENT;
	}
	r->upcase = *fs_upcase(v->fs);
	err = is_half_deleted(v, r->options.store);
	if (err == 1) {
		log_error("The store %s was restored, and its deletion was interrupted: there is "
			  "nothing to restore any more. Give --delete-store to finish it.",
			  r->options.store);
		err = HF_EREFUSED;
	}
	if (err)
		return err;
	err = store_open_catalog(v->fs, r->options.store, &r->catalog);
	if (!err)
		err = find_parts(r);
	if (!err)
		err = restore_source_load(r->catalog, &r->source);
	if (!err)
		err = restore_users_load(&r->users, r->catalog);
	if (!err)
		err = store_restore_state(v->fs, r->options.store, &state, &r->since);
	if (err)
		return err;
	r->goes_on = state == STORE_RESTORE_STARTED;
	r->is_done = state >= STORE_RESTORE_DONE;
	compare_versions(r);
	if (r->goes_on)
		log_status("An earlier restore from this store did not finish; this one goes on.");
	return verify_store(&r->parts, r->catalog, &verified);
}

int restore_choose_users(struct restore *r)
{
	const struct restore_options *o = &r->options;
	const struct windows_install *w = r->machine->chosen;
	int err = restore_users_select(&r->users, &o->users);

	if (!err)
		err = restore_users_move(&r->users, w->computer, o->move_users, o->move_user_count,
					 o->move_domains, o->move_domain_count, o->config);
	if (err)
		return err;
	restore_users_find(&r->users, w);
	r->profiles.machine = r->machine;
	r->profiles.options = o->profiles;
	for (size_t i = 0; i < r->users.count; i++) {
		int one = r->users.list[i].selected
				  ? profile_ensure(&r->profiles, &r->users.list[i])
				  : 0;
		err = err ? err : one;
	}
	if (!err)
		profiles_planned(&r->profiles);
	return err;
}

/* The folders that VARIABLES of the old Windows name, as they were for USER and are for TO. */
static int map_folders(struct restore *r, const struct windows_variable *variables, size_t count,
		       int user, int to, bool left_out)
{
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		unsigned rank = mapping_rank(variables[i].name);
		const char *value =
			left_out ? NULL
				 : windows_variable(r->machine->chosen, to, variables[i].name);

		if (rank && (value || left_out))
			err = mapping_add(&r->mapping, variables[i].value, value, variables[i].name,
					  user, rank);
	}
	return err;
}

static int map_all(struct restore *r)
{
	int err;

	r->mapping.upcase = &r->upcase;
	err = map_folders(r, r->source.variables, r->source.variable_count, -1, -1, false);
	for (size_t i = 0; !err && i < r->users.count; i++) {
		const struct restore_user *user = &r->users.list[i];
		const struct windows_user *old = &r->source.users[i];

		if (!user->captured)
			continue;
		err = map_folders(r, old->variables, old->variable_count, (int)i,
				  user->install_user, !user->selected);
		/* The profile itself, also when its variables are not known. */
		if (!err)
			err = mapping_add(&r->mapping, user->profile,
					  user->selected ? user->to_profile : NULL, "USERPROFILE",
					  (int)i, mapping_rank("USERPROFILE"));
	}
	return err;
}

/*
 * Users with another SID; a local account brings that of its computer, so that built-in accounts
 * and groups go along.
 */
static int map_sids(struct restore *r)
{
	int err = 0;

	for (size_t i = 0; err != HF_ENOMEM && i < r->users.count; i++) {
		const struct restore_user *user = &r->users.list[i];

		if (!user->selected || !user->to_sid)
			continue;
		/* A SID that nobody could tell at capture is in no descriptor. */
		err = security_map_add(&r->sids, user->sid, user->to_sid);
		if (!err && user->local && !*user->to_domain)
			err = security_map_add_domain(&r->sids, user->sid, user->to_sid);
	}
	return err == HF_ENOMEM ? log_oom() : 0;
}

static int load_kept(void *ctx, const char *name, const void *data, size_t len)
{
	return rules_load_memory(ctx, data, len, name);
}

static int load_rules(void *ctx, struct rules *rules)
{
	const struct restore *r = ctx;

	return r->options.load_rules ? r->options.load_rules(r->options.load_ctx, rules)
				     : catalog_rule_files(r->catalog, load_kept, rules);
}

/* A folder that a rule file names; it counts like the known ones. */
static int add_remap(void *ctx, const char *name, const char *from, const char *to, int user)
{
	struct restore *r = ctx;

	return mapping_add(&r->mapping, from, to, name, user, mapping_rank("CSIDL_"));
}

static int read_rules(struct restore *r)
{
	const struct restore_rules_input input = {
		.machine = r->machine,
		.source = &r->source,
		.users = &r->users,
		.catalog = r->catalog,
		.mapping = &r->mapping,
		.config = r->options.config,
		.upcase = &r->upcase,
		.letter = r->letter,
		.store = strchr(r->options.store, '\\'),
		.load = load_rules,
		.ctx = r,
	};

	int err = restore_rules_new(&input, &r->rules);

	if (!err)
		restore_rules_report(r->rules);
	return err;
}

/*
 * What rules do not want to survive (0.1: after the places are known, before anything is applied).
 * After a finished restore somebody may have worked with what would go.
 */
static int clean_up(struct restore *r, bool only_look)
{
	struct cleanup c = {.machine = r->machine,
			    .rules = restore_rules_of_target(r->rules),
			    .store = r->options.store,
			    .errors = r->errors,
			    .only_look = only_look};
	int err = r->is_done ? 0 : cleanup_files(&c);

	if (!err && c.deleted)
		log_status("%s by destinationCleanup: %" PRIu64 " objects.",
			   only_look ? "To delete" : "Deleted", c.deleted);
	return err;
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return EPOCH + (uint64_t)ts.tv_sec * 10000000 + (uint64_t)ts.tv_nsec / 100;
}

/* Where settings go; and, when only that is wanted, what would become of them there. */
static int plan_settings(struct restore *r)
{
	const struct restore_settings_input input = {
		.catalog = r->catalog,
		.source = &r->source,
		.target = r->machine->chosen,
		.users = &r->users,
		.mapping = &r->mapping,
		.rules = r->rules,
		.sids = &r->sids,
		.upcase = &r->upcase,
		.errors = r->errors,
		.drives = r->target.drives,
		.now = now(),
	};
	int err = restore_settings_plan(&r->settings, &input);

	return err || !r->options.profiles.only_look
		       ? err
		       : restore_settings_apply(&r->settings, r->machine, SETTINGS_LOOK);
}

int restore_plan_all(struct restore *r)
{
	int err = map_all(r);

	if (!err)
		err = map_sids(r);
	if (!err)
		err = read_rules(r);
	if (!err)
		err = restore_rules_remaps(r->rules, add_remap, r);
	if (!err)
		err = mapping_finish(&r->mapping);
	r->target = (struct restore_target){
		.mapping = &r->mapping,
		.rules = r->rules,
		.upcase = &r->upcase,
		.store = r->options.store,
		.system_letter = r->machine->chosen->letter,
	};
	for (size_t i = 0; i < r->machine->volume_count; i++) {
		const struct machine_volume *v = &r->machine->volumes[i];

		if (v->fs && v->letter)
			r->target.drives[v->letter - 'A'] = true;
	}
	if (!err)
		err = restore_plan_make(&r->plan, r->catalog, &r->target);
	if (!err)
		err = plan_settings(r);
	return err || !r->options.profiles.only_look ? err : clean_up(r, true);
}

/* What names, records and indexes of the restore may need, in bytes; files are linked. */
static uint64_t needed_space(const struct restore *r)
{
	uint64_t places = 0;

	for (size_t i = 0; i < r->plan.place_count; i++)
		places += r->plan.places[i].needed;
	return places * SPACE_OF_PLACE + r->plan.ordered * SPACE_OF_NAME + r->profiles.bytes;
}

/* A volume that fills up in the middle is left marked as damaged: better not to begin. */
static int check_space(struct restore *r, char letter)
{
	const struct machine_volume *v = machine_volume(r->machine, letter);
	struct fs_space space;
	uint64_t needed = 0;
	int err = v && v->fs ? restore_settings_space(&r->settings, r->machine, letter, &needed)
			     : HF_ENOENT;

	if (err)
		return err == HF_ENOENT ? 0 : err;
	if (letter == r->letter)
		needed += needed_space(r);
	err = needed ? fs_space(v->fs, &space) : 0;
	if (err || !needed || r->is_done || space.free >= needed)
		return err;
	log_error("Volume %c: has %.1f MB free; the restore may need %.1f MB for folders, "
		  "names and settings. Delete something, or enlarge the volume. Nothing was "
		  "changed.",
		  letter, (double)space.free / 1e6, (double)needed / 1e6);
	return HF_ENOSPC;
}

/* The drives that hives and ini files lie on which something goes into. */
static void add_drives(const struct restore_settings *s, bool *wanted)
{
	for (size_t i = 0; i < s->hive_count; i++)
		if (s->hives[i].path && restore_settings_concern(s, &s->hives[i]))
			wanted[s->hives[i].path[0] - 'A'] = true;
	for (size_t i = 0; i < s->ini_count; i++)
		if (s->inis[i].outcome == SETTING_PENDING)
			wanted[s->inis[i].file[0] - 'A'] = true;
}

int restore_open_volumes(struct restore *r)
{
	bool wanted[26] = {false};
	int err = 0;

	for (int i = 0; !err && i < 26; i++)
		err = check_space(r, (char)('A' + i));
	wanted[r->letter - 'A'] = true;
	if (r->profiles.count)
		wanted[r->machine->chosen->letter - 'A'] = true;
	for (size_t i = 0; i < r->plan.place_count; i++)
		if (r->plan.places[i].needed)
			wanted[r->plan.places[i].path[0] - 'A'] = true;
	add_drives(&r->settings, wanted);
	for (int i = 0; !err && i < 26; i++)
		if (wanted[i] && machine_volume(r->machine, (char)('A' + i)))
			err = machine_reopen_writable(r->machine, (char)('A' + i));
	return err;
}

static struct restore_run as_run(struct restore *r)
{
	return (struct restore_run){
		.machine = r->machine,
		.plan = &r->plan,
		.target = &r->target,
		.store = store_fs(r),
		.errors = r->errors,
		.sids = &r->sids,
		.started = r->since,
		.result = &r->result,
	};
}

static int carry_out(struct restore *r)
{
	struct restore_run run;
	int err = 0;

	/* What is finished stays so: a second run only looks whether anything is missing. */
	if (!r->is_done)
		err = store_set_restore_state(store_fs(r), r->options.store, STORE_RESTORE_STARTED,
					      r->since);
	if (!err)
		err = clean_up(r, false);
	if (err)
		return err;
	run = as_run(r);
	err = restore_apply(&run);
	if (!err)
		err = restore_settings_apply(&r->settings, r->machine,
					     r->is_done ? SETTINGS_MISSING : SETTINGS_APPLY);
	if (err || r->errors->count || r->is_done)
		return err;
	return store_set_restore_state(store_fs(r), r->options.store, STORE_RESTORE_DONE, r->since);
}

int restore_carry_out(struct restore *r)
{
	int err = profiles_make(&r->profiles);

	/* Only now: what is made from here on is the restore's own. */
	if (!r->goes_on)
		r->since = now();
	if (!err)
		err = carry_out(r);
	if (err)
		log_error("The restore was not finished (%s). Nothing in the store %s was lost: "
			  "when the cause is mended, the same command goes on.",
			  hf_strerror(err), r->options.store);
	return err;
}

int restore_compare(struct restore *r)
{
	struct restore_run run = as_run(r);

	int err = restore_verify(&run, &r->check);

	if (err && err != HF_ECORRUPT)
		return err;
	const int settings =
		restore_settings_verify(&r->settings, r->machine, r->is_done, &r->settings_check);
	return settings ? settings : err;
}

/* Is the store's name of FILE the last one, though nothing of it is wanted any more? */
static bool is_spent(const struct restore_file *file)
{
	switch (file->outcome) {
	case RESTORE_COPIED:
	case RESTORE_SAME:
	case RESTORE_KEPT_OTHER:
	case RESTORE_BY_RULE:
		return true;
	default:
		return false;
	}
}

/* What is copied, equal, or not wanted by a rule goes with the store. */
static int drop_spent(struct restore *r)
{
	uint16_t name[NAME_UNITS_MAX];
	int err = 0;

	for (size_t i = 0; !err && i < r->plan.file_count; i++) {
		const struct restore_file *file = &r->plan.files[i];
		int n = text_to_utf16(file->name, strlen(file->name), name, NAME_UNITS_MAX);

		if (is_spent(file))
			err = n < 0 ? n
				    : fs_unlink(store_fs(r), r->plan.dirs[file->dir].stored, name,
						(unsigned)n, file->stored);
	}
	return err;
}

int restore_delete_store(struct restore *r)
{
	uint64_t settings = restore_settings_only_stored(&r->settings);
	int err;

	if (r->plan.left_out_files || settings) {
		log_error("The store %s is not deleted: %" PRIu64 " files and %" PRIu64
			  " settings of users or volumes that were left out are only there.",
			  r->options.store, r->plan.left_out_files, settings);
		return HF_EREFUSED;
	}
	/* From here on it is no store any more; what is restored was found in its place. */
	err = store_set_restore_state(store_fs(r), r->options.store, STORE_RESTORE_SPENT, r->since);
	if (!err)
		err = store_retire(store_fs(r), r->options.store);
	if (!err)
		err = drop_spent(r);
	if (!err)
		err = store_set_restore_state(store_fs(r), r->options.store, STORE_RESTORE_DELETING,
					      r->since);
	return err ? err : store_delete(store_fs(r), r->options.store, NULL);
}

void restore_free(struct restore *r)
{
	restore_plan_free(&r->plan);
	restore_settings_free(&r->settings);
	restore_rules_free(r->rules);
	r->rules = NULL;
	mapping_free(&r->mapping);
	security_map_free(&r->sids);
	profiles_free(&r->profiles);
	restore_users_free(&r->users);
	windows_install_free(&r->source);
	parts_free(&r->parts);
	catalog_free(r->catalog);
	r->catalog = NULL;
}
