// SPDX-License-Identifier: GPL-2.0-or-later
/* What a ScanState run prints and writes besides the store. */
#include "cmd/scanstate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/winpath.h"
#include "engine/setting_names.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"

#define BYTES_PER_SETTING 128 /* beside the value's data; docs/store-format.md */

/* One line of the table, and more of the user in the log. */
static void report_user(const struct scan *s, size_t index)
{
	static const char *const kinds[] = {
		[WINDOWS_USER_NORMAL] = "",
		[WINDOWS_USER_SERVICE] = ", a service",
		[WINDOWS_USER_TEMPORARY] = ", a temporary profile",
		[WINDOWS_USER_STALE] = ", without a profile folder",
	};
	const struct windows_install *w = s->machine->chosen;
	const struct windows_user *u = &w->users[index];
	const struct user_decision *d = &s->decisions[index];
	char name[512];

	user_display_name(w, index, name, sizeof(name));
	log_status("  %-8s %-32s %-10s  %s (%s)", d->captured ? "capture" : "skip", name,
		   *d->last_used ? d->last_used : "-", u->profile, d->reason);
	log_info("User %s: SID %s, name from %s%s%s%s%s", name, u->sid, u->name_from,
		 *u->upn ? ", signs in as " : "", u->upn, kinds[u->kind],
		 u->unlisted ? ", not listed by Windows" : "");
	progress_record("detectedUser", name, "includedInMigration", d->captured ? "Yes" : "No",
			NULL);
}

void scan_report_users(const struct scan *s)
{
	const struct windows_install *w = s->machine->chosen;

	log_status("Users:\n  %-8s %-32s %-10s  %s", "", "name", "last used", "profile (why)");
	for (size_t u = 0; u < w->user_count; u++)
		report_user(s, u);
	if (!w->user_count)
		log_status("  none: this Windows has no user profiles");
}

static int report_component(void *ctx, const char *name, int user, bool detected)
{
	const struct scan *s = ctx;
	char who[512] = "This Computer";

	if (user >= 0)
		user_display_name(s->machine->chosen, s->examine.users[user], who, sizeof(who));
	log_info("Component \"%s\" for %s: %s", name, who, detected ? "detected" : "not detected");
	progress_record("forUser", who, "detectedComponent", name, "includedInMigration",
			detected ? "Yes" : "No", NULL);
	return 0;
}

int scan_report_components(const struct scan *s)
{
	return rules_components(s->rules, report_component, (void *)s);
}

/* Files and bytes of one row of the tables. */
struct share {
	uint64_t files, bytes;
};

/* Sums PLAN's files by INDEX_OF(rule) into SHARES. */
static void sum_plan(const struct scan *s, const struct plan *plan, struct share *shares,
		     size_t (*index_of)(const struct rules_rule *))
{
	for (size_t i = 0; i < plan->file_count; i++) {
		const struct plan_file *f = &plan->files[i];
		if (f->listed_only)
			continue;
		struct share *share = &shares[index_of(rules_rule(s->rules, f->rule))];
		share->files++;
		share->bytes += f->size;
	}
}

static void sum_shares(const struct scan *s, struct share *shares,
		       size_t (*index_of)(const struct rules_rule *))
{
	for (size_t i = 0; i < s->capture.part_count; i++)
		sum_plan(s, &s->capture.parts[i].plan, shares, index_of);
}

static size_t index_of_user(const struct rules_rule *rule)
{
	return rule->user < 0 ? 0 : (size_t)rule->user + 1;
}

static size_t index_of_instance(const struct rules_rule *rule)
{
	return rule->instance;
}

/* To the screen: what each user has. */
static int report_by_user(const struct scan *s)
{
	size_t count = (size_t)s->examine.rules_machine.user_count + 1;
	struct share *shares = calloc(count, sizeof(*shares));
	char name[512];

	if (!shares)
		return log_oom();
	sum_shares(s, shares, index_of_user);
	for (size_t i = 0; i < count; i++) {
		if (i)
			user_display_name(s->machine->chosen, s->examine.users[i - 1], name,
					  sizeof(name));
		log_status("  %9" PRIu64 " files %12.1f MB  %s", shares[i].files,
			   (double)shares[i].bytes / 1e6, i ? name : "shared by all users");
	}
	free(shares);
	return 0;
}

/* To the log: what each component contributes. */
static int report_by_component(const struct scan *s)
{
	uint32_t rules = rules_count(s->rules), count = 0;
	struct share *shares;
	char name[512];

	for (uint32_t r = 0; r < rules; r++)
		if (rules_rule(s->rules, r)->instance >= count)
			count = rules_rule(s->rules, r)->instance + 1;
	shares = calloc((size_t)count + 1, sizeof(*shares));
	if (!shares)
		return log_oom();
	sum_shares(s, shares, index_of_instance);
	for (uint32_t r = 0; r < rules; r++) {
		const struct rules_rule *rule = rules_rule(s->rules, r);
		struct share *share = &shares[rule->instance];
		if (!share->files)
			continue;
		if (rule->user >= 0)
			user_display_name(s->machine->chosen, s->examine.users[rule->user], name,
					  sizeof(name));
		log_info("%" PRIu64 " files, %.1f MB by component \"%s\" for %s", share->files,
			 (double)share->bytes / 1e6, rule->component,
			 rule->user < 0 ? "This Computer" : name);
		share->files = 0; /* said once */
	}
	free(shares);
	return 0;
}

static void report_settings(const struct settings_plan *p)
{
	log_status("To keep of the settings: %zu registry values with %.1f MB in %" PRIu64
		   " keys, %zu ini settings; looked at %" PRIu64 " values in %" PRIu64 " keys.",
		   p->value_count, (double)p->bytes / 1e6, p->needed_keys, p->ini_count,
		   p->seen_values, p->seen_keys);
}

int scan_report_plan(const struct scan *s)
{
	uint64_t placeholders = 0, bytes = 0;
	char mb[32];

	for (size_t i = 0; i < s->capture.part_count; i++) {
		const struct plan *p = &s->capture.parts[i].plan;
		log_status("To keep on %s: %zu files with %.1f MB in %" PRIu64
			   " folders; looked at %" PRIu64 " files in %" PRIu64 " folders.",
			   p->root, p->file_count - (size_t)p->placeholders, (double)p->bytes / 1e6,
			   p->needed_dirs, p->seen_files, p->seen_dirs);
		placeholders += p->placeholders;
		bytes += p->bytes;
	}
	report_settings(&s->capture.settings);
	int ret = report_by_user(s);
	if (!ret)
		ret = report_by_component(s);
	if (s->errors.left_out_count)
		log_status("%zu objects left out by an option; the log lists them.",
			   s->errors.left_out_count);
	if (placeholders)
		log_status("Only in the cloud: %" PRIu64
			   " files. They have no data on this disk and "
			   "are listed, not kept.",
			   placeholders);
	snprintf(mb, sizeof(mb), "%.0f", (double)bytes / 1e6);
	progress_record("totalSizeInMBToTransfer", mb, NULL);
	return ret;
}

static int print_match(void *ctx, const struct rules_match *match)
{
	const struct scan *s = ctx;
	static const char *const kinds[] = {"include", "exclude", "unconditionalExclude"};
	const struct rules_rule *r = rules_rule(s->rules, match->rule);
	char who[512] = "system";

	if (r->user >= 0)
		user_display_name(s->machine->chosen, s->examine.users[r->user], who, sizeof(who));
	log_status("  %s %s \"%s\"\n      %s:%u, component \"%s\", context %s, %s%s",
		   match->wins		  ? "=>"
		   : match->wins_instance ? " *"
					  : "  ",
		   kinds[r->kind], r->pattern, r->file, r->line, r->component, who,
		   match->specificity,
		   match->wins		  ? ": decides"
		   : match->wins_instance ? ": decides in its component"
					  : "");
	return 0;
}

/* The decision, in words. */
static void say_decision(const struct rules_decision *decision)
{
	if (decision->rule == RULES_NONE)
		log_status("No rule matches: it is not kept.");
	else
		log_status("It is %s.", decision->selected ? "kept" : "not kept");
}

static int explain_path(const struct scan *s)
{
	struct rules_decision decision;
	struct str path = {0};
	struct fs_stat st = {0};
	fs_ref ref;
	char letter;

	if (winpath_normalise(s->o.explain, s->capture.letter, &path)) {
		log_error("--explain %s: not a path such as C:\\Users\\ann\\x.txt, nor a registry "
			  "key such as HKCU\\Software\\X [Value].",
			  s->o.explain);
		str_free(&path);
		return USMT_INVALID_PARAMETERS;
	}
	winpath_split(path.data, &letter, NULL);
	struct fs *fs = machine_files(s->machine, letter);
	int ret = fs ? fs_resolve(fs, path.data, &ref) : HF_ENOENT;
	if (!ret)
		ret = fs_stat(fs, ref, &st);
	log_status("%s%s", path.data,
		   ret	       ? ": not on the volume; explained as a file of that name"
		   : st.is_dir ? ": a folder"
			       : ": a file");
	ret = rules_explain(s->rules, path.data, !ret && st.is_dir, st.attributes, print_match,
			    (void *)s, &decision);
	if (!ret)
		say_decision(&decision);
	str_free(&path);
	return ret ? USMT_INIT_OPERATING_ENVIRONMENT_FAILED : USMT_SUCCESS;
}

/* KEY, or its value VALUE, of the rules' user USER: under each of its names what rules say of it.
 */
static int explain_names(const struct scan *s, const char *key, const char *value, int user)
{
	struct rules_decision decision = {false, RULES_NONE};
	struct examine *e = s->capture.examine;
	char root[5] = "";
	struct setting_names names;
	struct str name = {0};

	snprintf(root, sizeof(root), "%.*s", (int)strcspn(key, "\\"), key);
	int ret = setting_names_init(&names, e, root, user);
	for (size_t i = 0; !ret && i < names.count; i++) {
		struct rules_decision one;

		if (names.items[i].implied)
			continue;
		ret = setting_name(&names.items[i], key, &name);
		if (ret == HF_ENOENT) {
			ret = 0;
			continue;
		}
		if (!ret && i)
			log_status("  also named %s:", name.data);
		if (!ret)
			ret = rules_explain_key(s->rules, names.items[i].user, name.data, value,
						print_match, (void *)s, &one);
		if (!ret)
			setting_also(s->rules, &decision, &one);
	}
	if (!ret)
		say_decision(&decision);
	str_free(&name);
	setting_names_free(&names);
	return ret;
}

/* Explains for USER, or for each user that is captured when that is SETTING_ANY_USER. */
static int explain_for(const struct scan *s, const char *key, const char *value, int user)
{
	bool any = user == SETTING_ANY_USER;
	int last = any ? s->examine.rules_machine.user_count - 1 : user, ret = 0;
	char name[512];

	for (int u = any ? 0 : user; !ret && u <= last; u++) {
		if (u >= 0)
			user_display_name(s->machine->chosen, s->examine.users[u], name,
					  sizeof(name));
		log_status("%s%s%s%s%s%s", key, value ? " [" : "", value ? value : "",
			   value ? "]" : "", u >= 0 ? ", " : "", u >= 0 ? name : "");
		ret = explain_names(s, key, value, u);
	}
	return ret;
}

/* "HKCU\Software\X [Value]" or a key alone. */
static int explain_key(const struct scan *s)
{
	const char *text = s->o.explain, *bracket = strstr(text, " [");
	size_t len = strlen(text);
	bool has_value = bracket && text[len - 1] == ']';
	char *key = strndup(text, has_value ? (size_t)(bracket - text) : len);
	char *value = has_value ? strndup(bracket + 2, len - (size_t)(bracket - text) - 3) : NULL;
	int user, ret = key && (value || !has_value) ? 0 : log_oom();
	struct str canonical = {0};

	if (!ret)
		ret = setting_canonical(s->capture.examine, key, &canonical, &user);
	if (!ret)
		ret = explain_for(s, canonical.data, value, user);
	str_free(&canonical);
	free(key);
	free(value);
	return ret ? USMT_INIT_OPERATING_ENVIRONMENT_FAILED : USMT_SUCCESS;
}

/* "C:\\x.ini|Section[Setting]". */
static int explain_setting(const struct scan *s)
{
	const char *text = s->o.explain, *bar = strchr(text, '|'), *bracket = strchr(bar, '[');
	size_t len = strlen(text);
	struct rules_decision decision;
	struct str path = {0};

	char *file = strndup(text, (size_t)(bar - text));
	char *section = bracket ? strndup(bar + 1, (size_t)(bracket - bar) - 1) : NULL;
	char *name = bracket ? strndup(bracket + 1, len - (size_t)(bracket - text) - 2) : NULL;
	bool formed = bracket && text[len - 1] == ']' && file &&
		      !winpath_normalise(file, s->capture.letter, &path);
	int ret = 0;
	if (!formed) {
		log_error("--explain %s: a setting of an ini file is written "
			  "C:\\x.ini|Section[Setting].",
			  text);
	} else if (!section || !name) {
		ret = log_oom();
	} else {
		log_status("%s|%s[%s]", path.data, section, name);
		ret = rules_explain_setting(s->rules, path.data, section, name, print_match,
					    (void *)s, &decision);
		if (!ret)
			say_decision(&decision);
	}
	str_free(&path);
	free(file);
	free(section);
	free(name);
	if (ret)
		return USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	return formed ? USMT_SUCCESS : USMT_INVALID_PARAMETERS;
}

int scan_explain(const struct scan *s)
{
	if (strchr(s->o.explain, '|'))
		return explain_setting(s);
	return strncasecmp(s->o.explain, "HK", 2) ? explain_path(s) : explain_key(s);
}

static int write_lines(const struct plan *p, FILE *f)
{
	struct str path = {0};
	int ret = 0;

	for (size_t i = 0; !ret && i < p->file_count; i++) {
		if (p->files[i].listed_only)
			continue;
		str_truncate(&path, 0);
		ret = plan_file_path(p, &p->files[i], &path);
		if (!ret && (fputs(path.data, f) == EOF || fputs("\r\n", f) == EOF))
			ret = HF_EIO;
	}
	str_free(&path);
	return ret;
}

/* Opens PATH, lets WRITE fill it, closes it. A message is given on failure. */
static int write_host_file(const struct scan *s, const char *path, const char *what,
			   int (*write)(const struct scan *, FILE *))
{
	FILE *f = fopen(path, "we");

	if (!f) {
		log_error("The %s %s cannot be created: %s.", what, path, strerror(errno));
		return HF_EIO;
	}
	int ret = write(s, f);
	if (fclose(f) && !ret)
		ret = HF_EIO;
	if (ret)
		log_error("The %s %s could not be written completely.", what, path);
	return ret;
}

static int write_list(const struct scan *s, FILE *f)
{
	int ret = fputs("\xef\xbb\xbf", f) == EOF ? HF_EIO : 0;

	for (size_t i = 0; !ret && i < s->capture.part_count; i++)
		ret = write_lines(&s->capture.parts[i].plan, f);
	return ret;
}

int scan_write_list(const struct scan *s)
{
	return write_host_file(s, s->list.path, "list of files", write_list)
		       ? USMT_INVALID_PARAMETERS
		       : USMT_SUCCESS;
}

/* What the plans come to. */
struct totals {
	uint64_t files, bytes, settings;
	uint64_t store; /* bytes that the store takes */
};

/* A hard-link store takes names, directories and the catalog; another would take the data as well.
 */
static struct totals sum_plans(const struct scan *s)
{
	struct totals t = {0};

	for (size_t i = 0; i < s->capture.part_count; i++) {
		const struct plan *p = &s->capture.parts[i].plan;
		t.files += p->file_count;
		t.bytes += p->bytes;
		t.store += capture_names_bytes(p);
		if (s->o.hardlink && s->capture.parts[i].role == CATALOG_COPIED)
			t.store += p->bytes;
	}
	if (!s->o.hardlink)
		t.store += t.bytes;
	const struct settings_plan *p = &s->capture.settings;
	t.settings = p->value_count + p->ini_count;
	t.store += p->bytes + (t.settings + p->needed_keys) * BYTES_PER_SETTING;
	return t;
}

static int write_estimate(const struct scan *s, FILE *f)
{
	struct machine_volume *v = machine_volume(s->machine, s->capture.letter);
	struct fs_space space;

	if (fs_space(v->fs, &space))
		return HF_EIO;
	return fprintf(f,
		       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		       "<PreMigration>\n"
		       "  <storeSize>\n"
		       "    <size clusterSize=\"%" PRIu32 "\">%" PRIu64 "</size>\n"
		       "  </storeSize>\n"
		       "  <temporarySpace>\n"
		       "    <size>0</size>\n"
		       "  </temporarySpace>\n"
		       "</PreMigration>\n",
		       space.cluster, sum_plans(s).store) < 0
		       ? HF_EIO
		       : 0;
}

static int write_text_estimate(const struct scan *s, FILE *f)
{
	struct totals t = sum_plans(s);

	return fprintf(f,
		       "Store size in bytes: %" PRIu64 "\r\nFiles: %" PRIu64
		       "\r\nBytes in files: %" PRIu64 "\r\nSettings: %" PRIu64 "\r\n",
		       t.store, t.files, t.bytes, t.settings) < 0
		       ? HF_EIO
		       : 0;
}

int scan_write_estimate(const struct scan *s)
{
	bool text = !s->o.estimate;

	log_status("The store would take about %.1f MB on %c:.", (double)sum_plans(s).store / 1e6,
		   s->capture.letter);
	return write_host_file(s, s->estimate.path, "space estimate",
			       text ? write_text_estimate : write_estimate)
		       ? USMT_PREFLIGHT_FILE_CREATION_FAILED
		       : USMT_SUCCESS;
}
