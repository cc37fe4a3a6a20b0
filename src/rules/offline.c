// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading Offline.xml.
 */
#include "rules/offline.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/winpath.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/xml.h"

static int refuse(const char *name, const struct xml_node *node, const char *why, int error)
{
	char shown[256];

	log_error("%s, line %u: <%s>%s%s: %s", name, node->line, node->name, *node->text ? " " : "",
		  text_printable(node->text, shown, sizeof(shown)), why);
	return error;
}

static bool is(const struct xml_node *node, const char *name)
{
	return !strcasecmp(node->name, name);
}

/* A Windows directory: absolute, or one at the top of its volume. */
static int read_path(struct offline *o, const char *name, const struct xml_node *node)
{
	struct str path = {0};
	const char *at_top = node->text + strspn(node->text, "\\/");
	int err = *node->text ? 0 : HF_EINVAL;

	if (!err && o->path_count == OFFLINE_PATHS_MAX)
		return refuse(name, node, "more paths than are looked at.", HF_ELIMIT);
	if (!err && winpath_split(node->text, NULL, NULL))
		err = winpath_normalise(node->text, 0, &path);
	else if (!err) /* without a letter: on any volume */
		err = str_addf(&path, "\\%s", at_top);
	if (!err)
		o->paths[o->path_count] = arena_strdup(&o->arena, path.data);
	str_free(&path);
	if (err == HF_EINVAL)
		return refuse(name, node, "not a Windows directory such as C:\\Windows.", err);
	return err || !o->paths[o->path_count++] ? log_oom() : 0;
}

/* TEXT (LEN bytes) without blanks at both ends. */
static const char *trimmed(struct offline *o, const char *text, size_t len)
{
	while (len && (*text == ' ' || *text == '\t'))
		text++, len--;
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	return arena_strndup(&o->arena, text, len);
}

/* "D:" and "D:\" are a drive: its letter, else 0. */
static char drive_of(const char *text)
{
	const char *rest;
	char letter;

	return winpath_split(text, &letter, &rest) && (!*rest || !strcmp(rest, "\\")) ? letter : 0;
}

/* "D:\, C:\": what is D: now is C: in the offline Windows. */
static int read_mapping(struct offline *o, const char *name, const struct xml_node *node)
{
	static const char form[] = "not a mapping such as \"D:\\, C:\\\": where the drive is now, "
				   "a comma, the letter it has in the offline Windows.";
	const char *comma = strrchr(node->text, ',');
	struct offline_mapping *m = &o->mappings[o->mapping_count];
	const char *from, *to;

	if (!comma)
		return refuse(name, node, form, HF_EINVAL);
	if (o->mapping_count == OFFLINE_MAPPINGS_MAX)
		return refuse(name, node, "more mappings than there are letters.", HF_ELIMIT);
	from = trimmed(o, node->text, (size_t)(comma - node->text));
	to = trimmed(o, comma + 1, strlen(comma + 1));
	if (!from || !to)
		return log_oom();
	if (!*from || !*to || (winpath_split(from, NULL, NULL) && !drive_of(from)))
		return refuse(name, node, form, HF_EINVAL);
	if (!drive_of(to))
		return refuse(name, node,
			      "only whole drives can be mapped; a volume that is mounted at a "
			      "folder is found by its mount point.",
			      HF_EUNSUPPORTED);
	m->from = from;
	m->letter = drive_of(to);
	for (size_t i = 0; i < o->mapping_count; i++)
		if (o->mappings[i].letter == m->letter)
			return refuse(name, node, "this letter is mapped twice.", HF_EINVAL);
	o->mapping_count++;
	return 0;
}

static int read_flag(struct offline *o, const char *name, const struct xml_node *node)
{
	if (strcmp(node->text, "0") && strcmp(node->text, "1"))
		return refuse(name, node, "must be 0 or 1.", HF_EINVAL);
	o->fail_on_multiple = node->text[0] == '1';
	return 0;
}

/* The <path> elements of NODE. */
static int read_paths(struct offline *o, const char *name, const struct xml_node *node,
		      int (*read)(struct offline *, const char *, const struct xml_node *))
{
	int err = 0;

	for (const struct xml_node *n = node->first; n && !err; n = n->next)
		err = is(n, "path") ? read(o, name, n)
				    : refuse(name, n, "only <path> can stand here.", HF_EINVAL);
	return err;
}

static int read_root(struct offline *o, const char *name, const struct xml_node *root)
{
	int err = 0;

	if (!is(root, "offline"))
		return refuse(name, root,
			      "this is not an Offline.xml, whose outermost element is <offline>.",
			      HF_EINVAL);
	for (const struct xml_node *n = root->first; n && !err; n = n->next) {
		if (is(n, "winDir"))
			err = read_paths(o, name, n, read_path);
		else if (is(n, "mappings"))
			err = read_paths(o, name, n, read_mapping);
		else if (is(n, "failOnMultipleWinDir"))
			err = read_flag(o, name, n);
		else
			err = refuse(name, n, "an Offline.xml has no such element.", HF_EINVAL);
	}
	if (!err && !o->path_count)
		err = refuse(name, root, "it needs <winDir> with a <path>, such as C:\\Windows.",
			     HF_EINVAL);
	return err;
}

int offline_read(const char *path, const char *name, struct offline *out)
{
	struct xml_doc doc = {0};
	int err;

	memset(out, 0, sizeof(*out));
	err = xml_read(path, name, &doc);
	if (!err)
		err = read_root(out, name, doc.root);
	xml_free(&doc);
	if (err)
		offline_free(out);
	return err;
}

void offline_free(struct offline *o)
{
	arena_free(&o->arena);
	memset(o, 0, sizeof(*o));
}
