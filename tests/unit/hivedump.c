// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shows hives through the engine's reader, so that two can be compared key by key.
 */
#include "hivedump.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "windows/hive.h"

static void must(int ok)
{
	if (!ok)
		abort();
}

static void add_hex(struct str *out, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		must(str_addf(out, "%02x", data[i]) == 0);
}

static void add_value(struct str *out, const struct hive *h, hive_value value)
{
	char *name = hive_value_name(h, value);
	uint8_t *data = NULL;
	size_t len = 0;
	int err = hive_value_data(h, value, &data, &len);

	must(str_addf(out, "  \"%s\" %u %d ", name, hive_value_type(h, value), err) == 0);
	add_hex(out, data, len);
	must(str_addc(out, '\n') == 0);
	free(name);
	free(data);
}

static void add_key(struct str *out, const struct hive *h, hive_key key, int times)
{
	struct hive_key_info info;
	hive_value *values;
	size_t count;

	must(str_addc(out, '[') == 0 && hive_path(h, key, out) == 0);
	hive_key_info(h, key, &info);
	must(str_addf(out, "] %llu link %d class ", times ? (unsigned long long)info.written : 0,
		      info.is_link) == 0);
	add_hex(out, info.class_name, info.class_len);
	must(str_adds(out, " security ") == 0);
	add_hex(out, info.security, info.security_len);
	must(str_addc(out, '\n') == 0 && hive_values(h, key, &values, &count) == 0);
	for (size_t i = 0; i < count; i++)
		add_value(out, h, values[i]);
	free(values);
}

char *hivedump(const struct hive *h, int times)
{
	struct str out = {0};
	hive_key *stack = NULL;
	size_t depth = 0, cap = 0;

	must(array_grow(&stack, depth, &cap) == 0);
	stack[depth++] = hive_root(h);
	while (depth > 0) {
		hive_key key = stack[--depth], *keys;
		size_t count;

		add_key(&out, h, key, times);
		must(hive_subkeys(h, key, &keys, &count) == 0);
		for (size_t i = count; i > 0; i--) {
			must(array_grow(&stack, depth, &cap) == 0);
			stack[depth++] = keys[i - 1];
		}
		free(keys);
	}
	free(stack);
	return str_take(&out);
}

uint8_t *hivedump_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *data;

	if (!f)
		return NULL;
	must(fstat(fileno(f), &st) == 0);
	data = malloc((size_t)st.st_size + 1);
	must(data != NULL);
	*len = fread(data, 1, (size_t)st.st_size, f);
	fclose(f);
	return data;
}
