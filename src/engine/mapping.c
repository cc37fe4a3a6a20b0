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
	return !text_casecmp(m->upcase, a, b);
}

/*
 * Of the entries from FIRST to END, all of one folder, the one that counts: the first that leads
 * somewhere, for what a user who is left out shared with others is theirs too; but a profile that
 * is left out stays out. *DISPUTED: others of that rank, for other users, lead elsewhere.
 */
static struct mapping_entry choose(const struct mapping *m, size_t first, size_t end,
				   bool *disputed)
{
	size_t best = first;

	*disputed = false;
	while (best < end && !m->entries[best].to)
		best++;
	if (best == end || m->entries[first].rank == RANK_PROFILE)
		best = first;
	for (size_t i = first; i < end; i++) {
		const struct mapping_entry *e = &m->entries[i];

		if (e->to && m->entries[best].to && e->user != m->entries[best].user &&
		    e->rank == m->entries[best].rank && !same_place(m, e->to, m->entries[best].to))
			*disputed = true;
	}
	return m->entries[best];
}

int mapping_finish(struct mapping *m)
{
	size_t kept = 0, end;

	sort(m);
	for (size_t first = 0; first < m->count; first = end) {
		struct mapping_entry e;
		bool disputed;

		for (end = first + 1; end < m->count; end++)
			if (compare_from(m, m->entries[first].from, m->entries[end].from))
				break;
		e = choose(m, first, end, &disputed);
		if (disputed) {
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
