// SPDX-License-Identifier: GPL-2.0-or-later
/* Where things go when they are restored. */
#include "engine/mapping.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"
#include "report/log.h"

/* Ranks: a profile or system folder before a known folder that was moved onto it. */
enum { RANK_PROFILE = 1, RANK_SYSTEM = 2, RANK_FOLDER = 3, RANK_DEFAULT = 4 };

unsigned mapping_rank(const char *name)
{
	static const struct {
		const char *name;
		unsigned rank;
	} named[] = {
		{"USERPROFILE", RANK_PROFILE},
		{"CSIDL_PROFILE", RANK_PROFILE},
		{"WINDIR", RANK_SYSTEM},
		{"SYSTEMROOT", RANK_SYSTEM},
		{"PROFILESFOLDER", RANK_SYSTEM},
		{"PROGRAMFILES", RANK_SYSTEM},
		{"PROGRAMFILES(X86)", RANK_SYSTEM},
		{"COMMONPROGRAMFILES", RANK_SYSTEM},
		{"SYSTEM32", RANK_SYSTEM},
		{"COMMONPROGRAMFILES(X86)", RANK_SYSTEM},
		{"SYSTEMPROFILE", RANK_SYSTEM},
		{"DEFAULTUSERPROFILE", RANK_SYSTEM},
		{"ALLUSERSPROFILE", RANK_SYSTEM},
		{"ALLUSERSAPPDATA", RANK_SYSTEM},
		{"TEMP", RANK_FOLDER},
		{"TMP", RANK_FOLDER},
	};

	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		if (!strcasecmp(name, named[i].name))
			return named[i].rank;
	if (!strncasecmp(name, "CSIDL_DEFAULT_", 14))
		return RANK_DEFAULT;
	return !strncasecmp(name, "CSIDL_", 6) || !strncasecmp(name, "FOLDERID_", 9) ? RANK_FOLDER
										     : 0;
}

/* PATH in normal form in the arena, or NULL with *ERR 0 when it is not below a drive. */
static const char *keep_path(struct mapping *m, const char *path, int *err)
{
	struct str normal = {0};
	const char *kept = NULL;

	*err = winpath_normalise(path, 0, &normal);
	if (*err == HF_EINVAL)
		*err = 0;
	else if (!*err && normal.len > 2 && !(kept = arena_strdup(&m->arena, normal.data)))
		*err = HF_ENOMEM;
	str_free(&normal);
	return kept;
}

int mapping_add(struct mapping *m, const char *from, const char *to, const char *name, int user,
		unsigned rank)
{
	struct mapping_entry e = {.user = user, .rank = rank};
	int err;

	e.from = keep_path(m, from, &err);
	if (!err && e.from && to)
		e.to = keep_path(m, to, &err);
	if (!err && e.from && (!to || e.to)) {
		e.name = arena_strdup(&m->arena, name);
		if (!e.name || array_grow(&m->entries, m->count, &m->cap))
			err = HF_ENOMEM;
		else
			m->entries[m->count++] = e;
	}
	return err == HF_ENOMEM ? log_oom() : err;
}

static int compare_from(const struct mapping *m, const char *a, const char *b)
{
	return text_casecmp(m->upcase, a, b);
}

/* By FROM, then rank, then user; ties stay in the order of adding. */
static bool goes_before(const struct mapping *m, const struct mapping_entry *a,
			const struct mapping_entry *b)
{
	int d = compare_from(m, a->from, b->from);

	if (d)
		return d < 0;
	return a->rank != b->rank ? a->rank < b->rank : a->user < b->user;
}

/* Insertion sort by halves: few entries, a stable order, and the comparison needs the table. */
static void sort(struct mapping *m)
{
	for (size_t i = 1; i < m->count; i++) {
		struct mapping_entry e = m->entries[i];
		size_t low = 0, high = i;

		while (low < high) {
			size_t mid = (low + high) / 2;
			if (goes_before(m, &e, &m->entries[mid]))
				high = mid;
			else
				low = mid + 1;
		}
		memmove(&m->entries[low + 1], &m->entries[low], (i - low) * sizeof(e));
		m->entries[low] = e;
	}
}

static bool same_place(const struct mapping *m, const char *a, const char *b)
{
	return a && b ? !text_casecmp(m->upcase, a, b) : a == b;
}

/* Do the entries from FIRST to END, all of one folder, contradict each other? */
static bool is_disputed(const struct mapping *m, size_t first, size_t end)
{
	for (size_t i = first + 1; i < end; i++)
		if (m->entries[i].user != m->entries[first].user &&
		    m->entries[i].rank == m->entries[first].rank &&
		    !same_place(m, m->entries[i].to, m->entries[first].to))
			return true;
	return false;
}

int mapping_finish(struct mapping *m)
{
	size_t kept = 0, end;

	sort(m);
	for (size_t first = 0; first < m->count; first = end) {
		for (end = first + 1; end < m->count; end++)
			if (compare_from(m, m->entries[first].from, m->entries[end].from))
				break;
		struct mapping_entry e = m->entries[first];
		if (is_disputed(m, first, end)) {
			log_warning("%s was a folder of several users (%s), who have different "
				    "ones now; it is restored to where it was.",
				    e.from, e.name);
			e.to = e.from;
		}
		m->entries[kept++] = e;
	}
	m->count = kept;
	return 0;
}

const struct mapping_entry *mapping_exact(const struct mapping *m, const char *path)
{
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int d = compare_from(m, path, m->entries[mid].from);

		if (!d)
			return &m->entries[mid];
		if (d < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

int mapping_path(const struct mapping *m, const char *path, struct str *out,
		 const struct mapping_entry **by)
{
	char *head = strdup(path);
	const struct mapping_entry *e = NULL;
	size_t len = strlen(path);
	int err = 0;

	str_truncate(out, 0);
	if (!head)
		return log_oom();
	while (!e && len > 2) {
		e = mapping_exact(m, head);
		if (e)
			break;
		while (len > 2 && head[--len] != '\\')
			;
		head[len] = '\0';
	}
	free(head);
	if (by)
		*by = e;
	if (e && !e->to)
		return HF_EREFUSED;
	if (e)
		err = str_adds(out, e->to);
	if (!err)
		err = str_adds(out, e ? path + len : path);
	return err ? log_oom() : 0;
}

void mapping_free(struct mapping *m)
{
	free(m->entries);
	arena_free(&m->arena);
	*m = (struct mapping){.upcase = m->upcase};
}
