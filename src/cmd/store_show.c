// SPDX-License-Identifier: GPL-2.0-or-later
/* holdfast store show STORE: what one store holds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/applet.h"
#include "cmd/json.h"
#include "cmd/store_private.h"
#include "report/error.h"
#include "report/log.h"

/* What the rules of one component kept. */
struct component {
	const char *name;
	uint64_t files, bytes;
};

struct show {
	struct store_view *view;
	bool json;
	unsigned rows; /* of the list at hand */
	struct component *components;
	size_t count, cap;
};

static const char *const facts[] = {"computer", "windows", "version",	  "bits",
				    "started",	"tool",	   "command-line"};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct component *)a)->name, ((const struct component *)b)->name);
}

static int collect_components(struct show *s)
{
	for (size_t i = 0; i < s->view->rule_count; i++) {
		const struct store_rule *rule = &s->view->rules[i];
		struct component *c = NULL;

		for (size_t k = 0; k < s->count && !c; k++)
			if (!strcmp(s->components[k].name, rule->row.component))
				c = &s->components[k];
		if (!c) {
			if (array_grow(&s->components, s->count, &s->cap))
				return log_oom();
			c = &s->components[s->count++];
			*c = (struct component){.name = rule->row.component};
		}
		c->files += rule->files;
		c->bytes += rule->bytes;
	}
	if (s->count)
		qsort(s->components, s->count, sizeof(*s->components), by_name);
	return 0;
}

static void separate(struct show *s)
{
	if (s->json)
		printf("%s\n    {", s->rows ? "," : "");
	s->rows++;
}

static void begin_list(struct show *s, const char *name, const char *title)
{
	s->rows = 0;
	if (s->json)
		printf(",\n  \"%s\": [", name);
	else
		printf("%s:\n", title);
}

static void end_list(const struct show *s)
{
	if (s->json)
		putchar(']');
	else if (!s->rows)
		puts("  none");
}

static int show_user(void *ctx, const struct catalog_user *user)
{
	struct show *s = ctx;

	separate(s);
	if (!s->json) {
		printf("  %s%s%s  %s  %s  %s (%s)\n", store_safe(user->domain),
		       *user->domain ? "\\" : "", store_safe(user->name), user->sid,
		       store_safe(user->profile), user->captured ? "captured" : "left out",
		       store_safe(user->reason));
		return 0;
	}
	json_field("sid", user->sid);
	json_field("domain", user->domain);
	json_field("name", user->name);
	json_field("profile", user->profile);
	printf("\"captured\": %s, \"reason\": ", user->captured ? "true" : "false");
	json_string(user->reason);
	putchar('}');
	return 0;
}

static int show_volume(void *ctx, const struct catalog_volume *row)
{
	static const char *const roles[] = {
		[CATALOG_MASTER] = "master", [CATALOG_PART] = "part", [CATALOG_COPIED] = "copied"};
	struct show *s = ctx;

	separate(s);
	if (!s->json) {
		printf("  %s  %s  %s  serial %016" PRIX64 "  %s\n", store_safe(row->path),
		       roles[row->role], store_safe(row->kind), row->serial,
		       store_safe(row->label));
		return 0;
	}
	json_field("path", row->path);
	json_field("role", roles[row->role]);
	json_field("kind", row->kind);
	json_field("label", row->label);
	printf("\"serial\": \"%016" PRIx64 "\"}", row->serial);
	return 0;
}

static void show_components(struct show *s)
{
	begin_list(s, "components", "Components");
	for (size_t i = 0; i < s->count; i++) {
		const struct component *c = &s->components[i];

		separate(s);
		if (s->json) {
			json_field("name", c->name);
			printf("\"files\": %" PRIu64 ", \"bytes\": %" PRIu64 "}", c->files,
			       c->bytes);
		} else {
			printf("  %10" PRIu64 " files  %10.1f MB  %s\n", c->files,
			       (double)c->bytes / 1e6, store_safe(c->name));
		}
	}
	end_list(s);
}

static int show_rule_file(void *ctx, const char *name, const void *data, size_t len)
{
	struct show *s = ctx;

	(void)data;
	separate(s);
	if (s->json) {
		json_field("name", name);
		printf("\"bytes\": %zu}", len);
	} else {
		printf("  %s (%zu bytes)\n", store_safe(name), len);
	}
	return 0;
}

static int show_skipped(void *ctx, const char *path, const char *reason)
{
	struct show *s = ctx;

	separate(s);
	if (s->json) {
		json_field("path", path);
		printf("\"reason\": ");
		json_string(reason);
		putchar('}');
	} else {
		printf("  %s: %s\n", store_safe(path), store_safe(reason));
	}
	return 0;
}

/* What concerns the store as a whole. */
static int show_head(struct show *s)
{
	struct store_view *view = s->view;
	enum store_restore restore;
	enum store_wipe wipe;
	uint64_t since;
	char place[512];
	int err = store_wipe_state(view->volume->fs, view->path, &wipe);

	if (!err)
		err = store_restore_state(view->volume->fs, view->path, &restore, &since);
	if (err)
		return err;
	store_place(view->volume, view->path, place);
	if (s->json) {
		printf("{\n  ");
		json_field("store", place);
	} else {
		printf("Store %s\n", store_safe(place));
	}
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		const char *value = catalog_get(view->catalog, facts[i]);

		if (s->json)
			json_field(facts[i], value);
		else
			printf("  %-12s %s\n", facts[i], store_safe(value));
	}
	if (s->json) {
		json_field("wiped", store_wipe_word(wipe));
		json_field("restored", store_restore_word(restore));
		printf("\"files\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"listed_only\": %" PRIu64
		       ", \"folders\": %zu",
		       view->files, view->bytes, view->listed, view->dir_count);
	} else {
		printf("  %-12s %s\n  %-12s %s\n  %-12s %" PRIu64 " (%.1f MB) in %zu folders\n",
		       "wiped", store_wipe_word(wipe), "restored", store_restore_word(restore),
		       "files", view->files, (double)view->bytes / 1e6, view->dir_count);
		if (view->listed)
			printf("  %-12s %" PRIu64 " files that are only in the cloud\n", "listed",
			       view->listed);
	}
	return 0;
}

static int show_settings(struct show *s)
{
	uint64_t keys, values, inis;
	int err = catalog_count_settings(s->view->catalog, &keys, &values, &inis);

	if (err)
		return err;
	if (s->json)
		printf(",\n  \"settings\": {\"keys\": %" PRIu64 ", \"values\": %" PRIu64
		       ", \"ini_values\": %" PRIu64 "}",
		       keys, values, inis);
	else
		printf("Settings:\n  %" PRIu64 " registry keys, %" PRIu64 " values; %" PRIu64
		       " values of ini files\n",
		       keys, values, inis);
	return 0;
}

static int show_all(struct show *s)
{
	struct catalog *catalog = s->view->catalog;
	int err = collect_components(s);

	if (!err)
		err = show_head(s);
	if (err)
		return err;
	begin_list(s, "volumes", "Volumes");
	err = catalog_volumes(catalog, show_volume, s);
	end_list(s);
	begin_list(s, "users", "Users");
	if (!err)
		err = catalog_users(catalog, show_user, s);
	end_list(s);
	show_components(s);
	if (!err)
		err = show_settings(s);
	begin_list(s, "rule_files", "Rule files");
	if (!err)
		err = catalog_rule_files(catalog, show_rule_file, s);
	end_list(s);
	begin_list(s, "skipped", "Skipped");
	if (!err)
		err = catalog_skipped(catalog, show_skipped, s);
	end_list(s);
	if (s->json)
		puts("\n}");
	return err;
}

int store_show(struct store_view *view, bool json)
{
	struct show s = {.view = view, .json = json};
	int err = show_all(&s);

	free(s.components);
	return applet_flush(err == HF_ENOMEM ? USMT_INIT_OPERATING_ENVIRONMENT_FAILED
			    : err	     ? USMT_ERROR_CORRUPTED_STORE
					     : USMT_SUCCESS);
}
