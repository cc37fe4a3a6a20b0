// SPDX-License-Identifier: GPL-2.0-or-later
// Writes a Config.xml for /genconfig: the components found, by section, and commented samples of
// the policies (USMT specification 5.1, 5.4).
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "report/error.h"
#include "report/log.h"
#include "rules/model.h"

enum section { APPLICATIONS, DOCUMENTS, WINDOWS_COMPONENTS };

static const char *const sections[] = {"Applications", "Documents", "WindowsComponents"};

static enum section section_of(const struct xml_node *component)
{
	const char *type = xml_attr(component, "type");

	if (type && !strcasecmp(type, "Application"))
		return APPLICATIONS;
	if (type && (!strcasecmp(type, "System") || !strcasecmp(type, "Device")))
		return WINDOWS_COMPONENTS;
	return DOCUMENTS;
}

/* Listed are components that were found, have a name and are not hidden (4.1, 4.2). */
static bool is_listed(const struct xml_node *node)
{
	return node->kind == EL_COMPONENT && (node->flags & NODE_DETECTED) &&
	       *component_name(node) && !text_flag(xml_attr(node, "hidden"), false);
}

/* The component around COMPONENT that is listed, or NULL. */
static const struct xml_node *listed_parent(const struct xml_node *component)
{
	for (const struct xml_node *n = component->parent; n; n = n->parent)
		if (is_listed(n))
			return n;
	return NULL;
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	for (; *value; value++) {
		switch (*value) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*value, out);
			break;
		}
	}
	fputc('"', out);
}

static void indent(FILE *out, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		fputs("  ", out);
}

static bool holds_listed(const struct xml_node *component)
{
	for (const struct xml_node *n = xml_next(component, component); n;
	     n = xml_next(n, component))
		if (is_listed(n))
			return true;
	return false;
}

/* The last role is left open when OPEN: components follow inside it. */
static int put_component(FILE *out, const struct rule_file *file, const struct xml_node *component,
			 unsigned depth, bool open)
{
	const struct xml_node *role = component->first;

	while (role) {
		const struct xml_node *next = role->next;
		struct str id = {0};

		while (next && next->kind != EL_ROLE)
			next = next->next;
		if (role->kind == EL_ROLE) {
			if (component_id(file, component, role, &id))
				return HF_ENOMEM;
			indent(out, depth);
			fputs("<component", out);
			put_attribute(out, "displayname", component_name(component));
			fputs(" migrate=\"yes\"", out);
			put_attribute(out, "ID", id.data);
			fputs(open && !next ? ">\n" : "/>\n", out);
			str_free(&id);
		}
		role = next;
	}
	return 0;
}

/* Components of SECTION in one file, nested as they are there. */
static int put_file(FILE *out, const struct rule_file *file, enum section section, bool *any)
{
	const struct xml_node *root = file->doc.root, *open = NULL;
	unsigned depth = 2;
	int error = 0;

	for (const struct xml_node *n = xml_next(root, root); n && !error; n = xml_next(n, root)) {
		const struct xml_node *parent;
		bool inner;

		if (!is_listed(n) || section_of(n) != section)
			continue;
		parent = listed_parent(n);
		if (parent && section_of(parent) != section)
			parent = NULL;
		for (; open && open != parent && depth > 2; open = listed_parent(open)) {
			indent(out, --depth);
			fputs("</component>\n", out);
		}
		if (!*any)
			fprintf(out, "  <%s>\n", sections[section]);
		*any = true;
		inner = holds_listed(n);
		error = put_component(out, file, n, depth, inner);
		if (inner) {
			open = n;
			depth++;
		}
	}
	while (depth > 2) {
		indent(out, --depth);
		fputs("</component>\n", out);
	}
	return error;
}

static const char samples[] =
	"  <!-- What to do about errors: the first entry that fits the object and the number of "
	"the\n"
	"       Windows error (or any) decides. Remove the marks of this comment to use it.\n"
	"  <Policies>\n"
	"    <ErrorControl>\n"
	"      <fileError>\n"
	"        <nonFatal errorCode=\"1392\">* [*]</nonFatal>\n"
	"        <fatal errorCode=\"any\">C:\\Finance\\* [*]</fatal>\n"
	"      </fileError>\n"
	"      <registryError>\n"
	"        <nonFatal errorCode=\"5\">HKCU\\Software\\Vendor\\* [*]</nonFatal>\n"
	"      </registryError>\n"
	"    </ErrorControl>\n"
	"    <HardLinkStoreControl>\n"
	"      <fileLocked>\n"
	"        <createHardLink>C:\\Work\\* [*]</createHardLink>\n"
	"        <errorHardLink>* [*]</errorHardLink>\n"
	"      </fileLocked>\n"
	"    </HardLinkStoreControl>\n"
	"  </Policies>\n"
	"  -->\n"
	"  <!-- Which names users and groups get on the new computer.\n"
	"  <ProfileControl>\n"
	"    <localGroups>\n"
	"      <mappings>\n"
	"        <changeGroup from=\"*\" to=\"Users\" appliesTo=\"MigratedUsers\">\n"
	"          <include><pattern>*</pattern></include>\n"
	"        </changeGroup>\n"
	"      </mappings>\n"
	"    </localGroups>\n"
	"    <domains><domain from=\"OLD\" to=\"NEW\"/></domains>\n"
	"    <users><user from=\"OLD\\ann\" to=\"NEW\\ann.smith\"/></users>\n"
	"  </ProfileControl>\n"
	"  -->\n";

int rules_write_config(const struct rules *rules, FILE *out)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Configuration>\n", out);
	for (unsigned s = APPLICATIONS; s <= WINDOWS_COMPONENTS; s++) {
		bool any = false;

		for (size_t i = 0; i < rules->file_count; i++)
			if (put_file(out, rules->files[i], (enum section)s, &any))
				return log_oom();
		fprintf(out, any ? "  </%s>\n" : "  <%s/>\n", sections[s]);
	}
	fputs(samples, out);
	fputs("</Configuration>\n", out);
	return fflush(out) || ferror(out) ? HF_EIO : 0;
}
