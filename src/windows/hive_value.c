// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values of registry hives: their names, types and data, up to big data in segments.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "windows/hive_private.h"

bool hive_value_ok(const struct hive *h, hive_value value)
{
	return hive_is(h, value, "vk", VK_NAME) &&
	       VK_NAME + (size_t)hive_u16(h->data + value + VK_NAME_LEN) <=
		       hive_cell_size(h->data, value);
}

int hive_values(const struct hive *h, hive_key key, hive_value **out, size_t *count)
{
	const uint8_t *nk = h->data + key;
	size_t claimed, list;

	*out = NULL;
	*count = 0;
	if (!hive_key_ok(h, key))
		return HF_ECORRUPT;
	claimed = hive_u32(nk + NK_VALUES);
	list = hive_cell_at(nk + NK_VALUE_LIST);
	if (hive_u16(nk + NK_FLAGS) & NK_FLAG_HANDLE || claimed > h->layout.end / 4 ||
	    !hive_cell_ok(&h->layout, h->data, list, CELL_HEADER + claimed * 4))
		claimed = 0;
	*out = calloc(claimed + 1, sizeof(**out));
	if (!*out)
		return HF_ENOMEM;
	for (size_t i = 0; i < claimed; i++) {
		hive_value value = hive_cell_at(h->data + list + CELL_HEADER + i * 4);

		if (hive_value_ok(h, value))
			(*out)[(*count)++] = value;
	}
	return 0;
}

/* The name of VALUE as units in OUT (HIVE_NAME_MAX); one that is too long is none. */
static size_t value_units(const struct hive *h, hive_value value, uint16_t *out)
{
	const uint8_t *vk = h->data + value;
	int n = hive_name_units(vk + VK_NAME, hive_u16(vk + VK_NAME_LEN),
				hive_u16(vk + VK_FLAGS) & VK_FLAG_LATIN1, out);

	return n < 0 ? 0 : (size_t)n;
}

char *hive_value_name(const struct hive *h, hive_value value)
{
	uint16_t units[HIVE_NAME_MAX];

	return text_dup_utf16(units, value_units(h, value, units));
}

uint32_t hive_value_type(const struct hive *h, hive_value value)
{
	return hive_u32(h->data + value + VK_TYPE);
}

int hive_find_value_units(const struct hive *h, hive_key key, const uint16_t *name, size_t n,
			  const struct upcase *upcase, hive_value *out)
{
	uint16_t have[HIVE_NAME_MAX];
	hive_value *values;
	size_t count;
	int err = hive_values(h, key, &values, &count);

	if (err)
		return err;
	err = hive_key_losses(h, key) & 1U << HIVE_LOST_VALUES ? HF_ECORRUPT : HF_ENOENT;
	for (size_t i = 0; i < count; i++) {
		size_t len = value_units(h, values[i], have);

		if (utf16_casecmp(upcase, have, len, name, n) != 0)
			continue;
		*out = values[i];
		err = 0;
		break;
	}
	free(values);
	return err;
}

int hive_find_value(const struct hive *h, hive_key key, const char *name, hive_value *out)
{
	uint16_t want[HIVE_NAME_MAX];
	int n = text_to_utf16(name, strlen(name), want, HIVE_NAME_MAX);

	if (n < 0)
		return HF_ENOENT;
	return hive_find_value_units(h, key, want, (size_t)n, upcase_basic(), out);
}

/* Copies the LEN bytes of the big data record at DB, whose segments were checked to be there. */
static int copy_segments(const struct hive *h, size_t db, uint8_t *to, size_t len)
{
	size_t list, i = 0;

	if (!hive_is(h, db, "db", DB_SIZE))
		return HF_ECORRUPT;
	list = hive_cell_at(h->data + db + DB_LIST);
	for (size_t done = 0; done < len; i++) {
		size_t n = len - done < HIVE_SEGMENT ? len - done : HIVE_SEGMENT, at;

		if (i == hive_u16(h->data + db + DB_COUNT) ||
		    !hive_cell_ok(&h->layout, h->data, list, CELL_HEADER + (i + 1) * 4))
			return HF_ECORRUPT;
		at = hive_cell_at(h->data + list + CELL_HEADER + i * 4);
		if (!hive_cell_ok(&h->layout, h->data, at, CELL_HEADER + n))
			return HF_ECORRUPT;
		memcpy(to + done, h->data + at + CELL_HEADER, n);
		done += n;
	}
	return 0;
}

int hive_value_data(const struct hive *h, hive_value value, uint8_t **out, size_t *len)
{
	const uint8_t *vk = h->data + value;
	size_t size, cell = hive_cell_at(vk + VK_DATA);
	bool is_inline = hive_u32(vk + VK_DATA_LEN) & VK_INLINE;
	int err = 0;

	*out = NULL;
	*len = 0;
	size = hive_u32(vk + VK_DATA_LEN) & ~VK_INLINE;
	if (is_inline ? size > 4 : size > h->layout.end)
		return HF_ECORRUPT;
	if (size > HIVE_DATA_MAX)
		return HF_ELIMIT;
	*out = malloc(size ? size : 1);
	if (!*out)
		return HF_ENOMEM;
	if (is_inline)
		memcpy(*out, vk + VK_DATA, size);
	else if (size > 0 && hive_cell_ok(&h->layout, h->data, cell, CELL_HEADER + size))
		memcpy(*out, h->data + cell + CELL_HEADER, size);
	else if (size > HIVE_SEGMENT)
		err = copy_segments(h, cell, *out, size);
	else if (size > 0)
		err = HF_ECORRUPT;
	if (err) {
		free(*out);
		*out = NULL;
		return err;
	}
	*len = size;
	return 0;
}

int hive_value_names(const struct hive *h, hive_key key, int (*visit)(void *ctx, const char *name),
		     void *ctx)
{
	hive_value *values;
	size_t count;
	int err = hive_values(h, key, &values, &count);

	for (size_t i = 0; i < count && !err; i++) {
		char *name = hive_value_name(h, values[i]);

		err = name ? visit(ctx, name) : HF_ENOMEM;
		free(name);
	}
	free(values);
	return err;
}

int hive_type_of(const struct hive *h, hive_key key, const char *name, uint32_t *type)
{
	hive_value value;
	int err = hive_find_value(h, key, name, &value);

	if (!err)
		*type = hive_value_type(h, value);
	return err;
}

int hive_bytes(const struct hive *h, hive_key key, const char *name, uint32_t *type, uint8_t **out,
	       size_t *len)
{
	hive_value value;
	int err = hive_find_value(h, key, name, &value);

	*out = NULL;
	*len = 0;
	if (err)
		return err;
	if (type)
		*type = hive_value_type(h, value);
	return hive_value_data(h, value, out, len);
}

int hive_text(const struct hive *h, hive_key key, const char *name, char **out)
{
	uint16_t units[HIVE_TEXT_MAX];
	uint8_t *bytes;
	uint32_t type;
	size_t len, n;
	int err;

	*out = NULL;
	err = hive_bytes(h, key, name, &type, &bytes, &len);
	if (err)
		return err;
	if ((type != HIVE_SZ && type != HIVE_EXPAND_SZ) || len % 2 != 0) {
		free(bytes);
		return HF_ECORRUPT;
	}
	for (n = 0; n < len / 2 && n < HIVE_TEXT_MAX; n++) {
		units[n] = hive_u16(bytes + 2 * n);
		if (units[n] == 0)
			break;
	}
	err = n < len / 2 && hive_u16(bytes + 2 * n) != 0 ? HF_ELIMIT : 0;
	free(bytes);
	if (err)
		return err;
	*out = text_dup_utf16(units, n);
	return *out ? 0 : HF_ENOMEM;
}

int hive_dword(const struct hive *h, hive_key key, const char *name, uint32_t *out)
{
	uint8_t *bytes;
	uint32_t type;
	size_t len;
	int err = hive_bytes(h, key, name, &type, &bytes, &len);

	if (err)
		return err;
	if (type != HIVE_DWORD || len < 4)
		err = HF_ECORRUPT;
	else
		*out = hive_u32(bytes);
	free(bytes);
	return err;
}
