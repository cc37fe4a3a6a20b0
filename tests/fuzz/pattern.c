// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Patterns of files, registry values and ini settings (USMT specification 4.6): a plain reading of
 * the specification, written for this test, must take the same patterns and match the same paths as
 * the compiled ones, and a pattern's specificity must order it like the text says.
 */
#include "rules/pattern.h"

#include <strings.h>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "report/error.h"

#define MOST 600 /* units of a pattern or path here */

/* A character of a pattern: a unit in upper case, or the wildcard. */
struct token {
	uint16_t unit;
	bool any;
};

struct tokens {
	struct token at[MOST];
	size_t count;
};

static bool is_blank(char c)
{
	return c && strchr(" \t\r\n", c);
}

static bool add_unit(struct tokens *t, uint16_t unit, bool any)
{
	if (any && t->count && t->at[t->count - 1].any)
		return true;
	if (t->count == MOST)
		return false;
	t->at[t->count++] = (struct token){upcase_basic()->map[unit], any};
	return true;
}

/* '^' takes the next character as it is; '*' is the wildcard. False for what is not text. */
static bool tokenize(const char *text, size_t len, struct tokens *t)
{
	static uint16_t units[MOST];
	char *plain = malloc(len + 1);
	bool *star = calloc(len + 1, sizeof(*star)), fine;
	size_t n = 0;
	int count;

	fuzz_assert(plain && star);
	t->count = 0;
	fine = text_to_utf16(text, len, units, MOST) >= 0;
	for (size_t i = 0; i < len; i++) {
		star[n] = text[i] == '*';
		if (text[i] == '^' && i + 1 < len)
			i++;
		plain[n++] = text[i];
	}
	/* A '*' is one byte and one unit, so the k-th '*' of the units is the k-th of the bytes. */
	count = text_to_utf16(plain, n, units, MOST);
	fine = fine && count >= 0;
	for (size_t i = 0, byte = 0; fine && i < (size_t)count; i++) {
		bool any = false;

		fine = units[i] != 0;
		if (units[i] == '*') {
			while (plain[byte] != '*')
				byte++;
			any = star[byte++];
		}
		fine = fine && add_unit(t, units[i], any);
	}
	free(plain);
	free(star);
	return fine;
}

/* The place of the first literal '|', or the count. */
static size_t bar_of(const struct tokens *t)
{
	size_t i = 0;

	while (i < t->count && (t->at[i].any || t->at[i].unit != '|'))
		i++;
	return i;
}

/* One '\' where there are several or, in files, '/', and none at the end; sections stay. */
static void one_separator(enum rules_object_type type, struct tokens *t)
{
	size_t n = 0, bar = type == RULES_INI ? bar_of(t) : t->count, rest = t->count - bar;

	for (size_t i = 0; i < bar; i++) {
		struct token token = t->at[i];

		if (type != RULES_REGISTRY && !token.any && token.unit == '/')
			token.unit = '\\';
		if (n && !token.any && token.unit == '\\' && !t->at[n - 1].any &&
		    t->at[n - 1].unit == '\\')
			continue;
		t->at[n++] = token;
	}
	if (!rest && n && !t->at[n - 1].any && t->at[n - 1].unit == '\\')
		n--;
	memmove(t->at + n, t->at + bar, rest * sizeof(*t->at));
	t->count = n + rest;
}

/* "X:", "X:\..." or a wildcard at the beginning. */
static bool names_a_drive(const struct tokens *t)
{
	if (!t->count)
		return false;
	if (t->at[0].any)
		return true;
	return t->at[0].unit >= 'A' && t->at[0].unit <= 'Z' && t->count > 1 && !t->at[1].any &&
	       t->at[1].unit == ':' && (t->count == 2 || t->at[2].any || t->at[2].unit == '\\');
}

/* Begins with the literal ROOT, and a separator, a wildcard or nothing behind it. */
static bool begins_with(const struct tokens *t, const char *root)
{
	size_t n = strlen(root);

	if (t->count < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (t->at[i].any || t->at[i].unit != (uint16_t)root[i])
			return false;
	return t->count == n || t->at[n].any || t->at[n].unit == '\\';
}

static bool names_a_place(enum rules_object_type type, const struct tokens *t)
{
	if (type == RULES_REGISTRY)
		return t->count && (t->at[0].any || begins_with(t, "HKLM") ||
				    begins_with(t, "HKCU") || begins_with(t, "HKU"));
	return names_a_drive(t) && (type == RULES_FILE || bar_of(t) < t->count);
}

struct plain_pattern {
	struct tokens node, leaf;
	bool has_leaf;
};

/*
 * Where the leaf begins: an unescaped '[' with no separator behind it. Names of registry values may
 * hold separators: there "]\" ends a bracket that belonged to a key.
 */
static size_t leaf_start(enum rules_object_type type, const char *text, size_t len)
{
	size_t start = len, bar = strcspn(text, "|");

	if (type == RULES_INI) {
		for (start = 0; start < len; start++) {
			if (text[start] == '^' && start + 1 < len)
				start++;
			else if (text[start] == '[' && start > bar)
				break;
		}
		return start < len ? start : len;
	}

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '^' && i + 1 < len)
			i++;
		else if (text[i] == '\\' && (type != RULES_REGISTRY || (i && text[i - 1] == ']')))
			start = len;
		else if (text[i] == '[' && start == len)
			start = i;
	}
	return start;
}

/* TEXT with the registry's root in its short form, in fresh memory. */
static char *with_root(enum rules_object_type type, const char *text)
{
	static const char *const forms[][2] = {
		{"HKEY_CURRENT_USER", "HKCU"},
		{"HKEY_LOCAL_MACHINE", "HKLM"},
		{"HKEY_USERS", "HKU"},
		{"HKCR", "HKLM\\Software\\Classes"},
		{"HKEY_CLASSES_ROOT", "HKLM\\Software\\Classes"},
		{"HKCC", "HKLM\\System\\CurrentControlSet\\Hardware Profiles\\Current"},
		{"HKEY_CURRENT_CONFIG",
		 "HKLM\\System\\CurrentControlSet\\Hardware Profiles\\Current"},
	};
	struct str out = {0};
	size_t len;
	char *end;

	while (is_blank(*text))
		text++;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms) && type == RULES_REGISTRY; i++) {
		size_t n = strlen(forms[i][0]);

		if (strncasecmp(text, forms[i][0], n) || !strchr("\\[* \t\r\n", text[n]))
			continue;
		fuzz_assert(!str_adds(&out, forms[i][1]));
		text += n;
		break;
	}
	fuzz_assert(!str_adds(&out, text));
	end = str_take(&out);
	fuzz_assert(end);
	for (len = strlen(end); len && is_blank(end[len - 1]); len--)
		;
	end[len] = '\0';
	return end;
}

static bool plain_parse(enum rules_object_type type, const char *text, struct plain_pattern *p)
{
	size_t len = strlen(text), open, node;

	open = node = leaf_start(type, text, len);
	p->has_leaf = open < len;
	if (p->has_leaf) {
		if (text[len - 1] != ']')
			return false;
		if (!tokenize(text + open + 1, len - open - 2, &p->leaf))
			return false;
		while (node && is_blank(text[node - 1]))
			node--;
	}
	if (!tokenize(text, node, &p->node))
		return false;
	one_separator(type, &p->node);
	return names_a_place(type, &p->node);
}

/* Does T match all of S: reachable positions, one token after the other. */
static bool plain_match(const struct tokens *t, const uint16_t *s, size_t len)
{
	static bool now[MOST + 2];

	memset(now, 0, sizeof(now));
	now[0] = true;
	for (size_t k = 0; k < t->count; k++) {
		if (t->at[k].any) {
			for (size_t i = 1; i <= len; i++)
				now[i] |= now[i - 1];
			continue;
		}
		for (size_t i = len; i > 0; i--)
			now[i] = now[i - 1] && s[i - 1] == t->at[k].unit;
		now[0] = false;
	}
	return now[len];
}

/* File and section of a setting, each by itself. */
static bool plain_setting_match(const struct tokens *t, const uint16_t *s, size_t len)
{
	static struct tokens file, section;
	size_t bar = bar_of(t), at = 0;

	while (at < len && s[at] != '|')
		at++;
	file = section = *t;
	file.count = bar;
	section.count = t->count - bar - 1;
	memmove(section.at, t->at + bar + 1, section.count * sizeof(*t->at));
	return at < len && plain_match(&file, s, at) &&
	       plain_match(&section, s + at + 1, len - at - 1);
}

/* "X\*" is X itself too. */
static bool plain_node_match(enum rules_object_type type, const struct tokens *t, const uint16_t *s,
			     size_t len)
{
	struct tokens own = *t;

	if (type == RULES_INI)
		return plain_setting_match(t, s, len);
	if (plain_match(t, s, len))
		return true;
	if (t->count < 2 || !t->at[t->count - 1].any || t->at[t->count - 2].any ||
	    t->at[t->count - 2].unit != '\\')
		return false;
	own.count -= 2;
	return plain_match(&own, s, len);
}

/* A path like those that the engine asks for: upper case, single separators, none at the end. */
static size_t make_path(const char *text, uint16_t *path)
{
	int n = text_to_utf16(text, strlen(text), path, MOST);
	size_t k = 0;

	for (int i = 0; i < n; i++)
		if (path[i] && (path[i] != '\\' || !k || path[k - 1] != '\\'))
			path[k++] = upcase_basic()->map[path[i]];
	return k && path[k - 1] == '\\' ? k - 1 : k;
}

static void check_matching(const struct pattern *p, const struct plain_pattern *plain,
			   const char *text)
{
	static uint16_t path[MOST + 1], copy[MOST + 1];
	size_t n = make_path(text, path);
	bool node = plain_node_match((enum rules_object_type)p->type, &plain->node, path, n);
	/* "Key []" is the default value, which has no name; every file has one. */
	bool leaf = plain->has_leaf && (plain->leaf.count || p->type != RULES_FILE) &&
		    plain_match(&plain->leaf, path, n);

	memcpy(copy, path, sizeof(path));
	fuzz_assert(pattern_node_matches(p, path, (unsigned)n) == node);
	fuzz_assert(!memcmp(copy, path, n * sizeof(*path)));
	fuzz_assert(pattern_leaf_matches(p, path, (unsigned)n) == leaf);
}

static void check_measures(const struct pattern *p, const struct plain_pattern *plain)
{
	size_t literals = 0, leaf = 0, text_len;

	for (size_t i = 0; i < plain->node.count; i++)
		literals += !plain->node.at[i].any;
	for (size_t i = 0; i < plain->leaf.count; i++)
		leaf += plain->has_leaf && !plain->leaf.at[i].any;
	fuzz_assert((pattern_leaf_text(p, &text_len) != NULL) == plain->has_leaf);
	fuzz_assert(p->exact == (literals == plain->node.count));
	fuzz_assert(p->prefix <= p->node_len && p->leaf_literals == leaf);
	/* The '\' before the first wildcard is the only literal that does not count. */
	fuzz_assert((size_t)p->prefix + p->more == literals ||
		    (size_t)p->prefix + p->more + 1 == literals);
	fuzz_assert(!pattern_compare_nodes(p, p) && !pattern_compare_leaves(p, p));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	static struct plain_pattern plain;
	struct pattern p, again;
	struct arena arena = {0};
	const char *why = NULL;
	uint8_t kind = fuzz_u8(&in);
	enum rules_object_type type = kind == 'R'   ? RULES_REGISTRY
				      : kind == 'I' ? RULES_INI
						    : RULES_FILE;
	char *text = fuzz_text(&in), *rooted;
	int error;

	if (strlen(text) >= MOST / 2) {
		free(text);
		return 0;
	}
	rooted = with_root(type, text);
	plain.leaf.count = 0;
	error = pattern_parse_as(type, text, upcase_basic(), &arena, &p, &why);
	fuzz_assert((error == 0) == plain_parse(type, rooted, &plain));
	if (error) {
		fuzz_assert(error == HF_EINVAL && why);
	} else {
		check_measures(&p, &plain);
		for (int i = 0; in.len && i < 16; i++) {
			char *path = fuzz_text(&in);

			if (strlen(path) < MOST)
				check_matching(&p, &plain, path);
			free(path);
		}
		check_matching(&p, &plain, p.text);
		fuzz_assert(!pattern_parse_as(type, text, upcase_basic(), &arena, &again, &why));
		fuzz_assert(!pattern_compare_nodes(&p, &again) && !strcmp(p.text, again.text));
	}
	arena_free(&arena);
	free(rooted);
	free(text);
	return 0;
}
