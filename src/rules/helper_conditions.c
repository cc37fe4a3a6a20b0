// SPDX-License-Identifier: GPL-2.0-or-later
// The condition functions of USMT specification 4.9, except DoesObjectExist: Windows' version, file
// versions, and comparisons of contents. What the machine cannot be asked is unknown.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/eval.h"
#include "rules/values.h"

static enum tri tri_of(bool value)
{
	return value ? TRI_TRUE : TRI_FALSE;
}

/* An answer by ERROR: nothing there is false, what cannot be asked or read is unknown. */
static int settle(int error, bool value, enum tri *out)
{
	if (error == HF_ENOMEM)
		return error;
	*out = !error ? tri_of(value) : error == HF_ENOENT ? TRI_FALSE : TRI_UNKNOWN;
	return 0;
}

/* True when TEXT matches PATTERN with '*', without regard to case. */
static int text_matches(const struct eval *e, const char *pattern, const char *text, bool *out)
{
	size_t np = strlen(pattern), nt = strlen(text);
	uint16_t *units = malloc((np + nt + 1) * sizeof(*units));
	int p, t;

	if (!units)
		return HF_ENOMEM;
	p = text_to_utf16(pattern, np, units, np);
	t = p < 0 ? p : text_to_utf16(text, nt, units + p, nt);
	*out = false;
	if (t >= 0) {
		for (int i = 0; i < p; i++)
			if (units[i] == '*')
				units[i] = 0;
		units_upcase(e->rules->machine->upcase, units, (unsigned)(p + t));
		*out = wild_match(units, (unsigned)p, units + p, (unsigned)t);
	}
	free(units);
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The next number of a dotted version at *S, which is moved behind it; false at the end. */
static bool next_number(const char **s, uint64_t *out)
{
	while (**s && !is_digit(**s))
		++*s;
	if (!**s)
		return false;
	for (*out = 0; is_digit(**s); ++*s)
		if (*out < UINT32_MAX)
			*out = *out * 10 + (unsigned)(**s - '0');
	return true;
}

/* Compares dotted versions number by number; PREFIX: only as far as B goes. */
static int compare_versions(const char *a, const char *b, bool prefix)
{
	for (;;) {
		uint64_t x = 0, y = 0;
		bool more_a = next_number(&a, &x), more_b = next_number(&b, &y);

		if (!more_b && (prefix || !more_a))
			return 0;
		if (x != y)
			return x < y ? -1 : 1;
	}
}

static int os_condition(struct eval *e, const struct call *call, enum tri *out)
{
	const struct rules_machine *m = e->rules->machine;
	struct rules_os os;
	struct str text = {0};
	bool holds = false;
	int error = m->os ? m->os(m->ctx, &os) : HF_EUNSUPPORTED;

	if (error)
		return settle(error == HF_ENOENT ? HF_EUNSUPPORTED : error, false, out);
	if (call->id == HELPER_IS_64_BIT) {
		*out = tri_of(os.bits == 64);
		return 0;
	}
	*out = TRI_FALSE;
	if (strcasecmp(call->args[0], "NT"))
		return 0;
	error = str_addf(&text, "%u.%u.%u.%s", os.major, os.minor, os.build,
			 os.service_pack ? os.service_pack : "");
	if (!error && call->id == HELPER_DOES_OS_MATCH)
		error = text_matches(e, call->args[1], text.data, &holds);
	else if (!error)
		holds = (compare_versions(text.data, call->args[1], true) >= 0) ==
			(call->id == HELPER_IS_OS_LATER);
	str_free(&text);
	return settle(error, holds, out);
}

/* The file of a version condition: written as a plain path, in brackets also accepted. */
static int version_condition(struct eval *e, const struct xml_node *node, const struct call *call,
			     enum tri *out)
{
	const struct rules_machine *m = e->rules->machine;
	struct place_of place;
	struct str path = {0};
	char *value = NULL;
	bool holds = false;
	int error = eval_location(e, node, "File", call->args[0], &place), order;

	if (!error)
		error = join_path(&path, place.node, place.leaf);
	if (!error)
		error = m->file_version ? m->file_version(m->ctx, path.data, call->args[1], &value)
					: HF_EUNSUPPORTED;
	if (!error && call->id == HELPER_VERSION_MATCH) {
		error = text_matches(e, call->args[2], value, &holds);
	} else if (!error) {
		order = compare_versions(value, call->args[2], false);
		holds = call->id == HELPER_VERSION_ABOVE ? order > 0 : order < 0;
	}
	free(value);
	str_free(&path);
	return settle(error, holds, out);
}

/* Text of the object at arguments TYPE and TYPE + 1. */
static int text_at(struct eval *e, const struct xml_node *node, const struct call *call,
		   unsigned type, struct str *out)
{
	struct place_of place;
	int error = eval_location(e, node, call->args[type], call->args[type + 1], &place);

	return error ? error
		     : object_text(e->rules->machine, e->user, place.type, place.node, place.leaf,
				   out);
}

static const char *or_empty(const struct str *s)
{
	return s->data ? s->data : "";
}

static void upcase_ascii(char *s)
{
	for (; s && *s; s++)
		if (*s >= 'a' && *s <= 'z')
			*s = (char)(*s - 'a' + 'A');
}

/* A's text contains B's; case counts no more than elsewhere, outside ASCII exactly. */
static bool contains(struct str *a, struct str *b)
{
	upcase_ascii(a->data);
	upcase_ascii(b->data);
	return strstr(or_empty(a), or_empty(b)) != NULL;
}

static int string_condition(struct eval *e, const struct xml_node *node, const struct call *call,
			    enum tri *out)
{
	const struct upcase *uc = e->rules->machine->upcase;
	struct str a = {0}, b = {0};
	bool holds = false;
	int error = text_at(e, node, call, 0, &a);

	if (!error && call->id == HELPER_SAME_STRING)
		error = text_at(e, node, call, 2, &b);
	else if (!error && call_arg(call, 2))
		error = eval_expand_content(e, call->args[2], &b);
	if (!error)
		holds = call->id == HELPER_STRING_CONTAIN
				? contains(&a, &b)
				: !text_casecmp(uc, or_empty(&a), or_empty(&b));
	str_free(&a);
	str_free(&b);
	return settle(error, holds, out);
}

static int same_content(struct eval *e, const struct xml_node *node, const struct call *call,
			enum tri *out)
{
	const struct rules_machine *m = e->rules->machine;
	void *data[2] = {NULL, NULL};
	size_t len[2] = {0, 0};
	int error = 0;

	for (unsigned i = 0; i < 2 && !error; i++) {
		struct place_of p;

		error = eval_location(e, node, call->args[i * 2], call->args[i * 2 + 1], &p);
		if (!error)
			error = object_bytes(m, e->user, p.type, p.node, p.leaf, &data[i], &len[i]);
	}
	error = settle(error,
		       !error && len[0] == len[1] && (!len[0] || !memcmp(data[0], data[1], len[0])),
		       out);
	free(data[0]);
	free(data[1]);
	return error;
}

/* One object of IsSameObject: its path, and its number when files have one. */
static int identify(struct eval *e, const struct place_of *p, struct str *path, uint64_t *id)
{
	const struct rules_machine *m = e->rules->machine;
	struct rules_file_info info;
	enum tri exists;
	int error;

	if (p->type != RULES_FILE) {
		error = location_text(path, p->node, p->leaf);
		if (!error)
			error = eval_exists(e, p->type, path->data, &exists, NULL);
		if (error)
			return error;
		return exists == TRI_TRUE ? 0 : exists == TRI_FALSE ? HF_ENOENT : HF_EUNSUPPORTED;
	}
	error = join_path(path, p->node, p->leaf);
	if (error)
		return error;
	if (!m->stat)
		return HF_EUNSUPPORTED;
	error = m->stat(m->ctx, path->data, &info);
	*id = info.id;
	return error;
}

static int same_object(struct eval *e, const struct xml_node *node, const struct call *call,
		       enum tri *out)
{
	struct place_of places[2];
	struct str paths[2] = {{0}, {0}};
	uint64_t ids[2] = {0, 0};
	bool same = false;
	int error = 0;

	for (unsigned i = 0; i < 2 && !error; i++) {
		error = eval_location(e, node, call->args[0], call->args[1 + i], &places[i]);
		if (!error)
			error = identify(e, &places[i], &paths[i], &ids[i]);
	}
	if (!error)
		same = !text_casecmp(e->rules->machine->upcase, or_empty(&paths[0]),
				     or_empty(&paths[1])) ||
		       (places[0].type == RULES_FILE && ids[0] && ids[0] == ids[1]);
	str_free(&paths[0]);
	str_free(&paths[1]);
	return settle(error, same, out);
}

int eval_helper_condition(struct eval *e, const struct xml_node *node, const struct call *call,
			  enum tri *out)
{
	int error;

	switch (call->id) {
	case HELPER_IS_64_BIT:
	case HELPER_DOES_OS_MATCH:
	case HELPER_IS_OS_LATER:
	case HELPER_IS_OS_EARLIER:
		error = os_condition(e, call, out);
		break;
	case HELPER_VERSION_MATCH:
	case HELPER_VERSION_ABOVE:
	case HELPER_VERSION_BELOW:
		error = version_condition(e, node, call, out);
		break;
	case HELPER_SAME_OBJECT:
		error = same_object(e, node, call, out);
		break;
	case HELPER_SAME_CONTENT:
		error = same_content(e, node, call, out);
		break;
	default:
		error = string_condition(e, node, call, out);
		break;
	}
	if (!error && *out == TRI_UNKNOWN &&
	    rules_report_once(e->rules, "unknown answer", node->text))
		log_warning("%s, line %u: %s cannot be answered for this computer; what depends on "
			    "it is included and not excluded",
			    e->file->name, node->line, call->known);
	return error;
}
