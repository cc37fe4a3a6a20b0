// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths in registry values that follow the profile. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/winpath.h"
#include "engine/mapping.h"
#include "engine/setting_text.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/hive.h"

#define PROFILE_VARIABLE "%USERPROFILE%"

/* What TEXT has after the profile ("" or "\..."), or NULL when it is not there or below. */
static const char *tail_of(const struct setting_paths *p, const char *text)
{
	size_t len = strlen(PROFILE_VARIABLE);

	if (p->shell_folders && !strncasecmp(text, PROFILE_VARIABLE, len) &&
	    (!text[len] || text[len] == '\\'))
		return text + len;
	if (!winpath_is_below(p->mapping->upcase, text, p->from))
		return NULL;
	for (const char *rest = p->from; (rest = strchr(rest, '\\')); rest++)
		text = strchr(text, '\\') + 1;
	return text + strcspn(text, "\\");
}

/* MOVED, said by the variable again when it is in the new profile. */
static int fold(const struct setting_paths *p, const char *text, struct str *moved)
{
	struct str folded = {0};
	size_t len = strlen(p->to);
	int err = 0;

	if (*text != '%' || !winpath_is_below(p->mapping->upcase, moved->data, p->to))
		return 0;
	if (str_addf(&folded, "%s%s", PROFILE_VARIABLE, moved->data + len))
		err = log_oom();
	str_free(moved);
	*moved = folded;
	return err;
}

/* Where TEXT leads now, into MOVED. 1, 0 when it stays as it is, HF_ENOMEM. */
static int move(const struct setting_paths *p, const char *text, struct str *moved)
{
	const char *tail = tail_of(p, text);
	struct str full = {0};
	int err;

	if (!tail)
		return 0;
	err = str_addf(&full, "%s%s", p->from, tail) ? log_oom() : 0;
	if (!err)
		err = mapping_path(p->mapping, full.data, moved, NULL);
	str_free(&full);
	if (!err)
		err = fold(p, text, moved);
	if (err)
		return err == HF_EREFUSED ? 0 : err;
	return strcmp(text, moved->data) != 0;
}

/* Something that ends in the middle of a text, or goes on after it, is nobody's path. */
static bool is_plain_text(const struct setting *s)
{
	size_t n = s->len / 2;

	if ((s->type != HIVE_SZ && s->type != HIVE_EXPAND_SZ) || !n || s->len % 2)
		return false;
	for (size_t i = 0; i + 1 < n; i++)
		if (!s->data[2 * i] && !s->data[2 * i + 1])
			return false;
	return true;
}

/* A list that would not come out as it was, but for the paths, is left alone. */
static bool is_plain_list(const struct setting *s, const struct setting_texts *texts)
{
	struct setting again;
	bool same = false;

	if (setting_put_texts(texts, &again) == 1) {
		same = setting_equal(s, &again);
		free((void *)(uintptr_t)again.data);
	}
	return same;
}

int setting_move_paths(const struct setting_paths *paths, const struct setting *source,
		       struct setting *out)
{
	struct setting_texts texts = {0};
	struct str moved = {0};
	int err, changes = 0;

	if (!paths->from || !paths->to || (source->type != HIVE_MULTI_SZ && !is_plain_text(source)))
		return 0;
	err = setting_texts_read(source, &texts);
	if (!err && source->type == HIVE_MULTI_SZ && !is_plain_list(source, &texts))
		setting_texts_free(&texts);
	for (size_t i = 0; !err && i < texts.count; i++) {
		err = move(paths, texts.items[i], &moved);
		if (err != 1)
			continue;
		free(texts.items[i]);
		texts.items[i] = str_take(&moved);
		err = texts.items[i] ? 0 : log_oom();
		changes++;
	}
	if (!err && changes)
		err = source->type == HIVE_MULTI_SZ
			      ? setting_put_texts(&texts, out)
			      : setting_put_text(source->type, texts.items[0], out);
	str_free(&moved);
	setting_texts_free(&texts);
	return err;
}
