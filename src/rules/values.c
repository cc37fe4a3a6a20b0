// SPDX-License-Identifier: GPL-2.0-or-later
// Contents of registry values, ini files and text files in the text form that conditions, variables
// and content filters compare (USMT specification 4.8, 4.9, 4.11, 4.16).
#include "rules/values.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "report/error.h"

long utf16le_add(const void *data, size_t len, struct str *out)
{
	const uint8_t *bytes = data;
	size_t n = len / 2, used = 0;
	uint16_t *units = malloc((n + 1) * sizeof(*units));
	char *text;

	if (!units)
		return HF_ENOMEM;
	for (; used < n; used++) {
		units[used] = (uint16_t)(bytes[used * 2] | bytes[used * 2 + 1] << 8);
		if (!units[used])
			break;
	}
	text = text_dup_utf16(units, used);
	free(units);
	if (!text || str_adds(out, text)) {
		free(text);
		return HF_ENOMEM;
	}
	free(text);
	return (long)(used < n ? used + 1 : used) * 2;
}

static uint64_t number(const uint8_t *bytes, size_t len)
{
	uint64_t value = 0;

	for (size_t i = len; i-- > 0;)
		value = value << 8 | bytes[i];
	return value;
}

int reg_text(uint32_t type, const void *data, size_t len, struct str *out)
{
	const uint8_t *bytes = data;

	switch (type) {
	case REG_TYPE_SZ:
	case REG_TYPE_EXPAND_SZ:
	case REG_TYPE_LINK:
	case REG_TYPE_MULTI_SZ:
		return utf16le_add(data, len, out) < 0 ? HF_ENOMEM : 0;
	case REG_TYPE_DWORD:
		if (len == 4)
			return str_addf(out, "%llu", (unsigned long long)number(bytes, 4));
		break;
	case REG_TYPE_QWORD:
		if (len == 8)
			return str_addf(out, "%llu", (unsigned long long)number(bytes, 8));
		break;
	default:
		break;
	}
	for (size_t i = 0; i < len; i++)
		if (str_addf(out, "%02X", bytes[i]))
			return HF_ENOMEM;
	return 0;
}

static int latin1_add(const uint8_t *bytes, size_t len, struct str *out)
{
	for (size_t i = 0; i < len; i++) {
		int error = bytes[i] < 0x80 ? str_addc(out, (char)bytes[i])
					    : str_addf(out, "%c%c", 0xC0 | bytes[i] >> 6,
						       0x80 | (bytes[i] & 0x3F));

		if (error)
			return error;
	}
	return 0;
}

int file_text(const void *data, size_t len, struct str *out)
{
	const uint8_t *bytes = data;
	uint16_t *units;
	int n;

	if (len >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE)
		return utf16le_add(bytes + 2, len - 2, out) < 0 ? HF_ENOMEM : 0;
	if (len >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3)) {
		bytes += 3;
		len -= 3;
	}
	units = malloc((len + 1) * sizeof(*units));
	if (!units)
		return HF_ENOMEM;
	n = text_to_utf16((const char *)bytes, len, units, len);
	free(units);
	return n >= 0 ? str_add(out, (const char *)bytes, len) : latin1_add(bytes, len, out);
}

/* Cuts blanks at both ends of S. */
static char *trim(char *s)
{
	size_t n;

	while (*s == ' ' || *s == '\t')
		s++;
	n = strlen(s);
	while (n && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r'))
		s[--n] = '\0';
	return s;
}

int ini_each(char *text, ini_visit visit, void *ctx)
{
	const char *section = "";

	for (char *line = text, *next; line; line = next) {
		char *end = strchr(line, '\n'), *equal;
		int result;

		next = end ? end + 1 : NULL;
		if (end)
			*end = '\0';
		line = trim(line);
		if (*line == '[') {
			char *close = strchr(line, ']');

			if (close)
				*close = '\0';
			section = trim(line + 1);
			continue;
		}
		equal = strchr(line, '=');
		if (!*line || *line == ';' || *line == '#' || !equal)
			continue;
		*equal = '\0';
		result = visit(ctx, section, trim(line), trim(equal + 1));
		if (result)
			return result;
	}
	return 0;
}

int join_path(struct str *out, const char *dir, const char *name)
{
	if (str_adds(out, dir))
		return HF_ENOMEM;
	return name ? str_addf(out, "\\%s", name) : 0;
}

struct ini_find {
	const char *section, *key;
	struct str *out;
};

static int find_setting(void *ctx, const char *section, const char *key, const char *value)
{
	struct ini_find *f = ctx;

	if (strcasecmp(section, f->section) || strcasecmp(key, f->key))
		return 0;
	return str_adds(f->out, value) ? HF_ENOMEM : 1;
}

static int file_bytes(const struct rules_machine *m, const char *path, size_t max, void **data,
		      size_t *len)
{
	return m->read_file ? m->read_file(m->ctx, path, max, data, len) : HF_EUNSUPPORTED;
}

/* The text of file PATH. */
static int read_text(const struct rules_machine *m, const char *path, struct str *out)
{
	void *data = NULL;
	size_t len = 0;
	int error = file_bytes(m, path, TEXT_BYTES_MAX, &data, &len);

	if (!error)
		error = file_text(data, len, out);
	if (!error && !out->data)
		error = str_adds(out, "");
	free(data);
	return error;
}

static int ini_text(const struct rules_machine *m, const char *node, const char *key,
		    struct str *out)
{
	const char *bar = strchr(node, '|');
	struct ini_find find = {.section = bar ? bar + 1 : "", .key = key, .out = out};
	struct str path = {0}, text = {0};
	int error;

	if (!bar || !key)
		return HF_ENOENT;
	error = str_add(&path, node, (size_t)(bar - node));
	if (!error)
		error = read_text(m, path.data ? path.data : "", &text);
	if (!error && text.data)
		error = ini_each(text.data, find_setting, &find);
	str_free(&path);
	str_free(&text);
	return error == 1 ? 0 : error ? error : HF_ENOENT;
}

int object_text(const struct rules_machine *m, int user, enum rules_object_type type,
		const char *node, const char *leaf, struct str *out)
{
	struct str path = {0};
	void *data = NULL;
	uint32_t kind;
	size_t len;
	int error;

	if (type == RULES_INI)
		return ini_text(m, node, leaf, out);
	if (type == RULES_FILE) {
		error = join_path(&path, node, leaf);
		if (!error)
			error = read_text(m, path.data, out);
		str_free(&path);
		return error;
	}
	if (!m->reg_value)
		return HF_EUNSUPPORTED;
	if (!leaf)
		return HF_ENOENT;
	error = m->reg_value(m->ctx, user, node, leaf, &kind, &data, &len);
	if (!error)
		error = reg_text(kind, data, len, out);
	free(data);
	return error;
}

int object_bytes(const struct rules_machine *m, int user, enum rules_object_type type,
		 const char *node, const char *leaf, void **data, size_t *len)
{
	struct str text = {0};
	uint32_t kind;
	int error;

	if (type == RULES_REGISTRY) {
		if (!m->reg_value)
			return HF_EUNSUPPORTED;
		return leaf ? m->reg_value(m->ctx, user, node, leaf, &kind, data, len) : HF_ENOENT;
	}
	if (type == RULES_FILE) {
		error = join_path(&text, node, leaf);
		if (!error)
			error = file_bytes(m, text.data, CONTENT_BYTES_MAX, data, len);
		str_free(&text);
		return error;
	}
	error = ini_text(m, node, leaf, &text);
	if (error)
		return error;
	*len = text.len;
	*data = str_take(&text);
	return *data ? 0 : HF_ENOMEM;
}
