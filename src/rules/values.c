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
		error = text_decode(data, len, out);
	if (!error && !out->data)
		error = str_adds(out, "");
	free(data);
	return error;
}

int each_setting(const struct rules_machine *m, const char *path, ini_visit visit, void *ctx)
{
	void *data = NULL;
	size_t len = 0;
	int error = file_bytes(m, path, TEXT_BYTES_MAX, &data, &len);

	if (!error)
		error = ini_read(data, len, visit, ctx);
	free(data);
	return error;
}

static int ini_text(const struct rules_machine *m, const char *node, const char *key,
		    struct str *out)
{
	const char *bar = strchr(node, '|');
	struct ini_find find = {.section = bar ? bar + 1 : "", .key = key, .out = out};
	struct str path = {0};
	int error;

	if (!bar || !key)
		return HF_ENOENT;
	error = str_add(&path, node, (size_t)(bar - node));
	if (!error)
		error = each_setting(m, path.data ? path.data : "", find_setting, &find);
	str_free(&path);
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
