// SPDX-License-Identifier: GPL-2.0-or-later
// Reads an XML file into a tree of elements by libxml2's SAX interface. Building the tree here and
// not in libxml2 lets the parser be stopped at the first thing that is not wanted: a document type
// declaration (so no entity is ever defined), a level too deep, an element too many.
#include "rules/xml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"

struct reader {
	xmlParserCtxtPtr parser;
	const char *name;
	struct xml_doc *doc;
	struct xml_node *open; /* innermost open element */
	struct str text[XML_DEPTH_MAX];
	unsigned depth, elements;
	int error;	   /* first error of our own */
	char message[256]; /* first message of libxml2 */
	unsigned line;
};

static unsigned line_of(const struct reader *r)
{
	int line = xmlSAX2GetLineNumber(r->parser);

	return line > 0 ? (unsigned)line : 0;
}

static void stop(struct reader *r, int error)
{
	if (!r->error)
		r->error = error;
	xmlStopParser(r->parser);
}

static void refuse(struct reader *r, int error, const char *why)
{
	if (!r->error)
		log_error("%s, line %u: %s", r->name, line_of(r), why);
	stop(r, error);
}

static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *external,
		       const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	refuse(ctx, HF_EINVAL,
	       "a document type declaration is not accepted in a rule file; delete the <!DOCTYPE "
	       "...>");
}

static bool add_attributes(struct reader *r, struct xml_node *node, int count,
			   const xmlChar **attrs)
{
	struct arena *a = &r->doc->arena;
	struct xml_attr **end = &node->attrs;

	for (int i = 0; i < count; i++, attrs += 5) {
		struct xml_attr *attr = arena_alloc(a, sizeof(*attr));

		if (!attr)
			return false;
		attr->name = arena_strdup(a, (const char *)attrs[0]);
		attr->value =
			arena_strndup(a, (const char *)attrs[3], (size_t)(attrs[4] - attrs[3]));
		if (!attr->name || !attr->value)
			return false;
		*end = attr;
		end = &attr->next;
	}
	return true;
}

static void on_start(void *ctx, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
		     int namespaces_count, const xmlChar **namespaces, int count, int defaulted,
		     const xmlChar **attrs)
{
	struct reader *r = ctx;
	struct xml_node *node;

	(void)prefix, (void)uri, (void)namespaces_count, (void)namespaces, (void)defaulted;
	if (r->error)
		return;
	if (r->depth == XML_DEPTH_MAX) {
		refuse(r, HF_ELIMIT,
		       "elements are nested deeper than 256 levels; this is no rule file");
		return;
	}
	if ((unsigned)count >= XML_ELEMENTS_MAX ||
	    (r->elements += 1 + (unsigned)count) > XML_ELEMENTS_MAX) {
		refuse(r, HF_ELIMIT, "more than 500000 elements and attributes; split the file");
		return;
	}
	node = arena_alloc(&r->doc->arena, sizeof(*node));
	if (!node || !(node->name = arena_strdup(&r->doc->arena, (const char *)local)) ||
	    !add_attributes(r, node, count, attrs)) {
		stop(r, log_oom());
		return;
	}
	node->line = line_of(r);
	node->text = "";
	node->parent = r->open;
	if (!r->open)
		r->doc->root = node;
	else if (r->open->last)
		r->open->last->next = node;
	else
		r->open->first = node;
	if (r->open)
		r->open->last = node;
	r->open = node;
	str_truncate(&r->text[r->depth++], 0);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void on_end(void *ctx, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	struct reader *r = ctx;
	struct str *s;
	const char *start;
	size_t len;

	(void)local, (void)prefix, (void)uri;
	if (r->error || !r->open)
		return;
	s = &r->text[--r->depth];
	start = s->data;
	len = s->len;
	while (len && is_blank(*start))
		start++, len--;
	while (len && is_blank(start[len - 1]))
		len--;
	if (len) {
		r->open->text = arena_strndup(&r->doc->arena, start, len);
		if (!r->open->text) {
			stop(r, log_oom());
			return;
		}
	}
	r->open = r->open->parent;
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
	struct reader *r = ctx;

	if (r->error || !r->depth || len <= 0)
		return;
	if (str_add(&r->text[r->depth - 1], (const char *)text, (size_t)len))
		stop(r, log_oom());
}

#if LIBXML_VERSION >= 21200
typedef const xmlError *error_arg;
#else
typedef xmlError *error_arg;
#endif

static void on_error(void *ctx, error_arg error)
{
	struct reader *r = ctx;
	size_t n;

	if (r->error || r->message[0] || !error || error->level < XML_ERR_ERROR ||
	    error->domain == XML_FROM_NAMESPACE || !error->message)
		return;
	n = strlen(error->message);
	while (n && is_blank(error->message[n - 1]))
		n--;
	if (n >= sizeof(r->message))
		n = sizeof(r->message) - 1;
	memcpy(r->message, error->message, n);
	r->message[n] = '\0';
	r->line = error->line > 0 ? (unsigned)error->line : 0;
}

/* Faults of an encoding are also told to nobody in particular: that would be the console. */
static void say_nothing(void *ctx, const char *format, ...)
{
	(void)ctx, (void)format;
}

static void parse(struct reader *r, const char *bytes, size_t size)
{
	xmlSAXHandler *sax;

	r->parser = xmlCreateMemoryParserCtxt(bytes, (int)size);
	if (!r->parser) {
		r->error = log_oom();
		return;
	}
	sax = r->parser->sax;
	memset(sax, 0, sizeof(*sax));
	sax->initialized = XML_SAX2_MAGIC;
	sax->internalSubset = on_doctype;
	sax->startElementNs = on_start;
	sax->endElementNs = on_end;
	sax->characters = on_text;
	sax->ignorableWhitespace = on_text;
	sax->cdataBlock = on_text;
	/* NOENT: without it "&amp;" in an attribute comes as "&#38;". There are only XML's own
	 * five. */
	xmlCtxtUseOptions(r->parser, XML_PARSE_NONET | XML_PARSE_COMPACT | XML_PARSE_NOENT);
	sax->serror = on_error;
	xmlSetGenericErrorFunc(NULL, say_nothing);
	r->parser->userData = r;
	xmlParseDocument(r->parser);
	if (!r->error && (!r->parser->wellFormed || !r->doc->root)) {
		char shown[512];

		log_error("%s, line %u: not well-formed XML: %s%s; nothing of this file is used",
			  r->name, r->line,
			  text_printable(r->message[0] ? r->message : "no root element", shown,
					 sizeof(shown)),
			  strstr(r->message, "not proper UTF-8")
				  ? " (curly quotes or letters of Windows-1252: save the file as "
				    "UTF-8)"
				  : "");
		r->error = HF_EINVAL;
	}
	/* Entity declarations make a document, which the parser leaves to its caller. */
	xmlFreeDoc(r->parser->myDoc);
	xmlFreeParserCtxt(r->parser);
}

static int read_all(int fd, struct str *out)
{
	static char chunk[1 << 16];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return HF_EIO;
		if (n == 0)
			return 0;
		if (out->len + (size_t)n > XML_BYTES_MAX)
			return HF_ELIMIT;
		if (str_add(out, chunk, (size_t)n))
			return HF_ENOMEM;
	}
}

static int read_file(const char *path, const char *name, struct str *out)
{
	struct stat st;
	int fd, error;

	/* Without O_NONBLOCK a FIFO given by mistake would wait for ever. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		error = hf_from_errno(errno);
		log_error("%s: the rule file cannot be opened: %s", name, strerror(errno));
		return error;
	}
	if (fstat(fd, &st)) {
		error = HF_EIO;
		log_error("%s: %s", name, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		error = HF_EINVAL;
		log_error("%s: not a regular file", name);
	} else if (st.st_size > (off_t)XML_BYTES_MAX) {
		error = HF_ELIMIT;
	} else {
		error = read_all(fd, out);
		if (error == HF_EIO)
			log_error("%s: reading failed: %s", name, strerror(errno));
	}
	if (error == HF_ELIMIT)
		log_error("%s: larger than 64 MiB; this is no rule file", name);
	if (error == HF_ENOMEM)
		log_oom();
	close(fd);
	return error;
}

int xml_read_memory(const void *data, size_t len, const char *name, struct xml_doc *doc)
{
	struct reader *r;
	int error;

	if (!len || len > XML_BYTES_MAX) {
		log_error("%s: %s", name,
			  len ? "larger than 64 MiB; this is no rule file" : "the file is empty");
		return len ? HF_ELIMIT : HF_EINVAL;
	}
	r = calloc(1, sizeof(*r));
	if (!r)
		return log_oom();
	r->name = name;
	r->doc = doc;
	parse(r, data, len);
	error = r->error;
	for (unsigned i = 0; i < XML_DEPTH_MAX; i++)
		str_free(&r->text[i]);
	free(r);
	return error;
}

int xml_read(const char *path, const char *name, struct xml_doc *doc)
{
	struct str bytes = {0};
	int error = read_file(path, name, &bytes);

	if (!error)
		error = xml_read_memory(bytes.data ? bytes.data : "", bytes.len, name, doc);
	str_free(&bytes);
	return error;
}

void xml_free(struct xml_doc *doc)
{
	arena_free(&doc->arena);
	doc->root = NULL;
}

const char *xml_attr(const struct xml_node *node, const char *name)
{
	for (const struct xml_attr *a = node->attrs; a; a = a->next)
		if (!strcmp(a->name, name))
			return a->value;
	return NULL;
}

struct xml_node *xml_after(const struct xml_node *node, const struct xml_node *top)
{
	for (; node && node != top; node = node->parent)
		if (node->next)
			return node->next;
	return NULL;
}

struct xml_node *xml_next(const struct xml_node *node, const struct xml_node *top)
{
	return node->first ? node->first : xml_after(node, top);
}
