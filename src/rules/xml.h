/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads an XML file into a small tree of elements with line numbers. The only user of libxml2 in
 * the program. No network, no document type declarations and so no entities but the five of XML
 * itself; size, depth and number of elements are limited, so that any file is read or refused in
 * bounded time and memory.
 */
#ifndef HOLDFAST_RULES_XML_H
#define HOLDFAST_RULES_XML_H

#include <stdint.h>

#include "base/mem.h"

#define XML_BYTES_MAX	 (64u << 20)
#define XML_DEPTH_MAX	 256
#define XML_ELEMENTS_MAX 500000u /* elements and attributes together */

struct xml_attr {
	const char *name, *value;
	struct xml_attr *next;
};

struct xml_node {
	const char *name; /* without namespace prefix */
	const char *text; /* the element's own text, blanks at both ends removed; never NULL */
	struct xml_attr *attrs;
	struct xml_node *parent, *first, *last, *next;
	unsigned line;
	uint16_t kind;	/* enum element; 0 until classified */
	uint16_t flags; /* for the user of the tree */
	uint32_t mark;	/* for the user of the tree */
};

struct xml_doc {
	struct arena arena;
	struct xml_node *root;
};

/*
 * Reads host file PATH, called NAME in messages, into DOC (zeroed by the caller; xml_free() in any
 * case). HF_ENOENT, HF_EIO, HF_EINVAL (not well-formed, or with a document type declaration),
 * HF_ELIMIT, HF_ENOMEM; the message names file and line.
 */
int xml_read(const char *path, const char *name, struct xml_doc *doc);
/* The same for LEN bytes of DATA. */
int xml_read_memory(const void *data, size_t len, const char *name, struct xml_doc *doc);
void xml_free(struct xml_doc *doc);

/* Value of attribute NAME, or NULL. */
const char *xml_attr(const struct xml_node *node, const char *name);

/*
 * The node after NODE in document order within the subtree of TOP, or NULL. xml_after() leaves out
 * what is below NODE.
 */
struct xml_node *xml_next(const struct xml_node *node, const struct xml_node *top);
struct xml_node *xml_after(const struct xml_node *node, const struct xml_node *top);

#endif
