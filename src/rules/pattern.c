// SPDX-License-Identifier: GPL-2.0-or-later
// Patterns of USMT specification 4.6: from text to units, matching, and specificity of 4.7.
#include "rules/pattern.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The same for "file|section[key]": names of settings may be paths, files may hold brackets. */
static const char *find_ini_leaf(const char *text, size_t len)
{
	bool section = false;

	for (size_t i = 0; i < len; i++) {
		bool escaped = text[i] == '^' && i + 1 < len;

		i += escaped;
		if (text[i] == '|')
			section = true; /* no file's name holds one, escaped or not */
		else if (text[i] == '[' && section && !escaped)
			return text + i;
	}
	return NULL;
}

/*
 * The '[' that opens the leaf: the first unescaped one after which no separator follows, so that a
 * folder may be called "a [b]". Names of registry values may hold separators: there only "]\\" says
 * that the bracket belonged to a key. NULL when there is none.
 */
static const char *find_leaf(enum rules_object_type type, const char *text, size_t len)
{
	const char *open = NULL;

	if (type == RULES_INI)
		return find_ini_leaf(text, len);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '^' && i + 1 < len)
			i++;
		else if (text[i] == '[' && !open)
			open = text + i;
		else if (text[i] == '\\' && (type != RULES_REGISTRY || (i && text[i - 1] == ']')))
			open = NULL;
	}
	return open;
}

/*
 * Converts LEN bytes with '^' escapes and '*' to units in OUT (PATTERN_UNITS_MAX), and the same
 * text without escapes to PLAIN. Returns the number of units or a negative error.
 */
static int to_units(const char *text, size_t len, uint16_t *out, struct str *plain)
{
	int n = 0;

	for (size_t i = 0, run; i < len; i = run) {
		int got;

		if (text[i] == '*') {
			if (n == PATTERN_UNITS_MAX)
				return HF_ELIMIT;
			/* Several in a row are one. */
			if (!n || out[n - 1])
				out[n++] = 0;
			run = i + 1;
			if (str_addc(plain, '*'))
				return HF_ENOMEM;
			continue;
		}
		if (text[i] == '^' && i + 1 < len)
			i++;
		for (run = i + 1; run < len && text[run] != '*' && text[run] != '^'; run++)
			;
		got = text_to_utf16(text + i, run - i, out + n, (size_t)(PATTERN_UNITS_MAX - n));
		if (got < 0)
			return got;
		for (int k = n; k < n + got; k++)
			if (!out[k])
				return HF_EINVAL;
		n += got;
		if (str_add(plain, text + i, run - i))
			return HF_ENOMEM;
	}
	return n;
}

/*
 * One separator where there are several or (in files) '/', none at the end. What follows the '|' of
 * a pattern of type Ini is a section and stays as it is.
 */
static int normalise_node(enum rules_object_type type, uint16_t *node, int n)
{
	int k = 0, i = 0;

	for (; i < n && !(type == RULES_INI && node[i] == '|'); i++) {
		uint16_t unit = node[i] == '/' && type != RULES_REGISTRY ? '\\' : node[i];

		if (unit != '\\' || !k || node[k - 1] != '\\')
			node[k++] = unit;
	}
	if (i == n)
		return k && node[k - 1] == '\\' ? k - 1 : k;
	while (i < n)
		node[k++] = node[i++];
	return k;
}

static void normalise_text(enum rules_object_type type, struct str *s)
{
	size_t k = 0, i = 0;

	for (; i < s->len && !(type == RULES_INI && s->data[i] == '|'); i++) {
		char c = s->data[i] == '/' && type != RULES_REGISTRY ? '\\' : s->data[i];

		if (c != '\\' || !k || s->data[k - 1] != '\\')
			s->data[k++] = c;
	}
	if (i == s->len && k > 3 && s->data[k - 1] == '\\')
		k--;
	while (i < s->len)
		s->data[k++] = s->data[i++];
	str_truncate(s, k);
}

static void measure(struct pattern *p, bool has_leaf)
{
	unsigned first = 0;

	while (first < p->node_len && p->node[first])
		first++;
	p->exact = first == p->node_len;
	while (p->type == RULES_INI && p->bar < p->node_len && p->node[p->bar] != '|')
		p->bar++;
	p->prefix = (uint16_t)first;
	if (first && p->node[first - 1] == '\\')
		p->prefix--;
	p->more = 0;
	for (unsigned i = first; i < p->node_len; i++)
		p->more += p->node[i] != 0;
	p->leaf_literals = 0;
	for (unsigned i = 0; i < p->leaf_len; i++)
		p->leaf_literals += p->leaf[i] != 0;
	/* "Key []" is the default value; a file has no such name. */
	if (!p->leaf_len)
		p->leaf_class = has_leaf && p->type != RULES_FILE ? LEAF_EXACT : LEAF_NONE;
	else if (!p->leaf_literals)
		p->leaf_class = LEAF_STAR;
	else
		p->leaf_class = p->leaf_literals == p->leaf_len ? LEAF_EXACT : LEAF_WILD;
}

/* The parts of one pattern while it is parsed. */
struct parts {
	uint16_t node[PATTERN_UNITS_MAX], leaf[PATTERN_UNITS_MAX];
	int node_len, leaf_len;
	struct str node_text, leaf_text;
	bool has_leaf;
};

static int split(enum rules_object_type type, const char *text, size_t len, struct parts *parts,
		 const char **why)
{
	const char *open = find_leaf(type, text, len);
	size_t node_len = open ? (size_t)(open - text) : len;

	if (open) {
		if (text[len - 1] != ']' || len - node_len < 2) {
			*why = "there is no ] at its end";
			return HF_EINVAL;
		}
		while (node_len && is_blank(text[node_len - 1]))
			node_len--;
		parts->has_leaf = true;
		parts->leaf_len = to_units(open + 1, len - (size_t)(open - text) - 2, parts->leaf,
					   &parts->leaf_text);
		if (parts->leaf_len < 0)
			return parts->leaf_len;
	}
	parts->node_len = to_units(text, node_len, parts->node, &parts->node_text);
	if (parts->node_len < 0)
		return parts->node_len;
	parts->node_len = normalise_node(type, parts->node, parts->node_len);
	normalise_text(type, &parts->node_text);
	return 0;
}

/* A file pattern begins with a drive or a wildcard; anything else cannot match. */
static const char *check_file_node(const struct parts *parts)
{
	const uint16_t *n = parts->node;
	bool letter;

	if (!parts->node_len)
		return "it has no directory part";
	if (!n[0])
		return NULL;
	letter = (n[0] >= 'A' && n[0] <= 'Z') || (n[0] >= 'a' && n[0] <= 'z');
	if (n[0] == '\\')
		return "it is on the network or has no drive letter, so it names nothing on this "
		       "computer";
	if (parts->node_len < 2 || !letter || n[1] != ':' ||
	    (parts->node_len > 2 && n[2] && n[2] != '\\'))
		return "it does not begin with a drive such as C:\\";
	return NULL;
}

/* The roots of the registry as rule files write them, and as they are kept. */
static const struct {
	const char *name, *kept;
} roots[] = {
	{"HKCU", "HKCU"},
	{"HKEY_CURRENT_USER", "HKCU"},
	{"HKLM", "HKLM"},
	{"HKEY_LOCAL_MACHINE", "HKLM"},
	{"HKCR", "HKLM\\Software\\Classes"},
	{"HKEY_CLASSES_ROOT", "HKLM\\Software\\Classes"},
	{"HKU", "HKU"},
	{"HKEY_USERS", "HKU"},
	{"HKCC", "HKLM\\System\\CurrentControlSet\\Hardware Profiles\\Current"},
	{"HKEY_CURRENT_CONFIG", "HKLM\\System\\CurrentControlSet\\Hardware Profiles\\Current"},
};

/* Appends registry location TEXT to OUT with its root in the short form. */
static int short_root(const char *text, size_t len, struct str *out)
{
	size_t n = 0;

	while (n < len && text[n] != '\\' && text[n] != '[' && text[n] != '*' && !is_blank(text[n]))
		n++;
	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++)
		if (strlen(roots[i].name) == n && !strncasecmp(roots[i].name, text, n))
			return str_adds(out, roots[i].kept) ? HF_ENOMEM
							    : str_add(out, text + n, len - n);
	return str_add(out, text, len);
}

static const char *check_key_node(const struct parts *parts)
{
	const char *text = parts->node_text.data;
	int root = 0;

	if (!parts->node_len)
		return "it has no key";
	if (!parts->node[0])
		return NULL;
	if (!strncasecmp(text, "HKLM", 4) || !strncasecmp(text, "HKCU", 4))
		root = 4;
	else if (!strncasecmp(text, "HKU", 3))
		root = 3;
	/* The units, not the text: an escaped star is a letter there. */
	if (!root ||
	    ((int)parts->node_len > root && parts->node[root] && parts->node[root] != '\\'))
		return "it does not begin with a root of the registry such as HKCU\\ or HKLM\\";
	return NULL;
}

static const char *check_node(enum rules_object_type type, const struct parts *parts)
{
	const char *why;

	if (type == RULES_REGISTRY)
		return check_key_node(parts);
	why = check_file_node(parts);
	if (!why && type == RULES_INI && !strchr(parts->node_text.data, '|'))
		why = "a pattern of type Ini is written file.ini|Section[Setting]";
	return why;
}

static int keep(enum rules_object_type type, struct parts *parts, const struct upcase *uc,
		struct arena *arena, struct pattern *out)
{
	size_t n = (size_t)parts->node_len + (size_t)parts->leaf_len;
	uint16_t *units = arena_alloc(arena, (n + 1) * sizeof(*units));

	if (!units)
		return HF_ENOMEM;
	memcpy(units, parts->node, (size_t)parts->node_len * sizeof(*units));
	memcpy(units + parts->node_len, parts->leaf, (size_t)parts->leaf_len * sizeof(*units));
	units_upcase(uc, units, (unsigned)n);
	memset(out, 0, sizeof(*out));
	out->node = units;
	out->node_len = (uint16_t)parts->node_len;
	out->leaf = units + parts->node_len;
	out->leaf_len = (uint16_t)parts->leaf_len;
	out->type = (uint8_t)type;
	measure(out, parts->has_leaf);
	out->node_text_len = (uint32_t)parts->node_text.len;
	if (parts->has_leaf &&
	    (str_adds(&parts->node_text, " [") ||
	     str_add(&parts->node_text, parts->leaf_text.data ? parts->leaf_text.data : "",
		     parts->leaf_text.len) ||
	     str_addc(&parts->node_text, ']')))
		return HF_ENOMEM;
	out->text = arena_strndup(arena, parts->node_text.data, parts->node_text.len);
	return out->text ? 0 : HF_ENOMEM;
}

static int parse(enum rules_object_type type, const char *text, size_t len, const struct upcase *uc,
		 struct arena *arena, struct pattern *out, const char **why)
{
	static struct parts parts; /* 128 KiB; too much for the stack */
	int error;

	*why = "it is not valid text";
	parts.node_len = parts.leaf_len = 0;
	parts.has_leaf = false;
	memset(&parts.node_text, 0, sizeof(parts.node_text));
	memset(&parts.leaf_text, 0, sizeof(parts.leaf_text));
	error = split(type, text, len, &parts, why);
	if (!error) {
		const char *fault = check_node(type, &parts);

		if (fault) {
			*why = fault;
			error = HF_EINVAL;
		}
	}
	if (!error)
		error = keep(type, &parts, uc, arena, out);
	if (error == HF_ELIMIT) {
		*why = "it is longer than 32767 characters";
		error = HF_EINVAL;
	}
	str_free(&parts.node_text);
	str_free(&parts.leaf_text);
	return error;
}

int pattern_parse_as(enum rules_object_type type, const char *text, const struct upcase *uc,
		     struct arena *arena, struct pattern *out, const char **why)
{
	size_t len = strlen(text);
	struct str rooted = {0};
	int error;

	while (len && is_blank(*text))
		text++, len--;
	while (len && is_blank(text[len - 1]))
		len--;
	if (type != RULES_REGISTRY)
		return parse(type, text, len, uc, arena, out, why);
	*why = "";
	error = short_root(text, len, &rooted);
	if (!error)
		error = parse(type, rooted.data ? rooted.data : "", rooted.len, uc, arena, out,
			      why);
	str_free(&rooted);
	return error;
}

int pattern_parse(const char *text, const struct upcase *uc, struct arena *arena,
		  struct pattern *out, const char **why)
{
	return pattern_parse_as(RULES_FILE, text, uc, arena, out, why);
}

const char *pattern_leaf_text(const struct pattern *p, size_t *len)
{
	const char *leaf = p->text + p->node_text_len;

	if (*leaf != ' ')
		return NULL;
	*len = strlen(leaf) - 3; /* " [" and "]" */
	return leaf + 2;
}

bool wild_match(const uint16_t *pat, unsigned pat_len, const uint16_t *s, unsigned len)
{
	unsigned p = 0, i = 0, star = UINT32_MAX, resume = 0;

	while (i < len) {
		if (p < pat_len && !pat[p]) {
			star = ++p;
			resume = i;
			if (p == pat_len)
				return true;
		} else if (p < pat_len && pat[p] == s[i]) {
			p++;
			i++;
		} else if (star != UINT32_MAX) {
			p = star;
			i = ++resume;
		} else {
			return false;
		}
	}
	while (p < pat_len && !pat[p])
		p++;
	return p == pat_len;
}

bool pattern_ini_file_matches(const struct pattern *p, const uint16_t *path, unsigned len)
{
	return wild_match(p->node, p->bar, path, len);
}

/* File and section one by one, so that a '*' of one does not reach into the other. */
static bool ini_node_matches(const struct pattern *p, const uint16_t *path, unsigned len)
{
	unsigned bar = 0, section = p->bar + 1u;

	while (bar < len && path[bar] != '|')
		bar++;
	return bar < len && pattern_ini_file_matches(p, path, bar) &&
	       wild_match(p->node + section, p->node_len - section, path + bar + 1, len - bar - 1);
}

bool pattern_node_matches(const struct pattern *p, uint16_t *path, unsigned len)
{
	if (p->type == RULES_INI)
		return ini_node_matches(p, path, len);
	/* "X\*" is X itself too: match with a separator at the end. */
	if (p->node_len >= 2 && !p->node[p->node_len - 1] && p->node[p->node_len - 2] == '\\')
		path[len++] = '\\';
	return wild_match(p->node, p->node_len, path, len);
}

bool pattern_leaf_matches(const struct pattern *p, const uint16_t *name, unsigned len)
{
	return p->leaf_class != LEAF_NONE && wild_match(p->leaf, p->leaf_len, name, len);
}

int pattern_compare_nodes(const struct pattern *a, const struct pattern *b)
{
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	if (a->more != b->more)
		return a->more < b->more ? -1 : 1;
	return (int)a->exact - (int)b->exact;
}

int pattern_compare_leaves(const struct pattern *a, const struct pattern *b)
{
	if (a->leaf_class != b->leaf_class)
		return a->leaf_class < b->leaf_class ? -1 : 1;
	/* Two exact names that match the same file are the same name. */
	if (a->leaf_literals != b->leaf_literals)
		return a->leaf_literals < b->leaf_literals ? -1 : 1;
	return 0;
}

void units_upcase(const struct upcase *uc, uint16_t *units, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		units[i] = uc->map[units[i]];
}
