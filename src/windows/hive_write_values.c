// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes values of a hive in memory, and deletes keys with theirs.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/error.h"
#include "windows/hive_write_private.h"

#define BIG_DATA_MINOR 4 /* from version 1.4 on */

/* Frees the cells of the data of VALUE. */
static int free_data(struct hive_write *w, hive_value value)
{
	struct hive *h = w->h;
	uint32_t size = hive_u32(h->data + value + VK_DATA_LEN);
	size_t at = hive_cell_at(h->data + value + VK_DATA), list;
	int err = 0;

	if (size & VK_INLINE || size == 0)
		return 0;
	/* A segmented value's own cell has no room for the data. */
	if (!hive_cell_ok(&h->layout, h->data, at, CELL_HEADER + (size_t)size) &&
	    hive_is(h, at, "db", DB_SIZE)) {
		list = hive_cell_at(h->data + at + DB_LIST);
		for (size_t i = 0; i < hive_u16(h->data + at + DB_COUNT) && !err; i++)
			if (hive_cell_ok(&h->layout, h->data, list, CELL_HEADER + (i + 1) * 4))
				err = hive_cell_free(
					w, hive_cell_at(h->data + list + CELL_HEADER + i * 4));
		if (!err)
			err = hive_cell_free(w, list);
	}
	return err ? err : hive_cell_free(w, at);
}

/* Stores the LEN bytes at DATA in segments; *OUT is their record. */
static int store_segments(struct hive_write *w, const uint8_t *data, size_t len, size_t *out)
{
	size_t count = (len + HIVE_SEGMENT - 1) / HIVE_SEGMENT, list, at;
	int err;

	if (count > UINT16_MAX)
		return HF_ELIMIT;
	err = hive_cell_new(w, DB_SIZE - CELL_HEADER, out);
	if (!err)
		err = hive_cell_new(w, count * 4, &list);
	if (err)
		return err;
	hive_put_tag(w->h->data + *out + CELL_HEADER, "db");
	hive_put_u16(w->h->data + *out + DB_COUNT, (uint16_t)count);
	hive_put_cell(w->h->data + *out + DB_LIST, list);
	for (size_t i = 0; i < count; i++) {
		size_t n = len < HIVE_SEGMENT ? len : HIVE_SEGMENT;

		/* All segments are made for the largest size, as Windows does. */
		err = hive_cell_new(w, HIVE_SEGMENT, &at);
		if (err)
			return err;
		memcpy(w->h->data + at + CELL_HEADER, data, n);
		hive_put_cell(w->h->data + list + CELL_HEADER + i * 4, at);
		data += n;
		len -= n;
	}
	return 0;
}

/* Stores the LEN bytes at DATA where they belong and fills in the two fields of FIELDS. */
static int store_data(struct hive_write *w, const void *data, size_t len, uint8_t *fields)
{
	size_t at;
	int err;

	hive_put_u32(fields, (uint32_t)len | (len <= 4 ? VK_INLINE : 0));
	hive_put_u32(fields + 4, 0);
	if (len > HIVE_DATA_MAX)
		return HF_ELIMIT;
	if (len <= 4) {
		if (len > 0)
			memcpy(fields + 4, data, len);
		return 0;
	}
	if (len > HIVE_SEGMENT && hive_u32(w->h->data + BASE_MINOR) >= BIG_DATA_MINOR) {
		err = store_segments(w, data, len, &at);
	} else {
		err = hive_cell_new(w, len, &at);
		if (!err)
			memcpy(w->h->data + at + CELL_HEADER, data, len);
	}
	if (!err)
		hive_put_cell(fields + 4, at);
	return err;
}

/* Makes value NAME (N units) of KEY, without data yet. */
static int new_value(struct hive_write *w, hive_key key, const uint16_t *name, size_t n,
		     hive_value *out)
{
	uint32_t count = hive_u32(w->h->data + key + NK_VALUES);
	size_t list = count ? hive_cell_at(w->h->data + key + NK_VALUE_LIST) : 0;
	bool latin1 = true;
	uint8_t *vk;
	int err;

	for (size_t i = 0; i < n; i++)
		latin1 = latin1 && name[i] <= 0xff;
	err = hive_cell_new(w, VK_NAME - CELL_HEADER + (latin1 ? n : 2 * n), out);
	if (!err)
		err = hive_cell_grow(w, list, (count + (size_t)1) * 4, &list);
	if (err)
		return err;
	vk = w->h->data + *out;
	hive_put_tag(vk + CELL_HEADER, "vk");
	hive_put_u16(vk + VK_NAME_LEN, (uint16_t)(latin1 ? n : 2 * n));
	hive_put_u16(vk + VK_FLAGS, latin1 ? VK_FLAG_LATIN1 : 0);
	for (size_t i = 0; i < n; i++) {
		if (latin1)
			vk[VK_NAME + i] = (uint8_t)name[i];
		else
			hive_put_u16(vk + VK_NAME + 2 * i, name[i]);
	}
	hive_put_cell(w->h->data + list + CELL_HEADER + (size_t)count * 4, *out);
	hive_put_cell(w->h->data + key + NK_VALUE_LIST, list);
	hive_put_u32(w->h->data + key + NK_VALUES, count + 1);
	return 0;
}

static bool has_values(const struct hive *h, hive_key key)
{
	return !(hive_u16(h->data + key + NK_FLAGS) & NK_FLAG_HANDLE);
}

int hive_write_value(struct hive_write *w, hive_key key, const char *name, uint32_t type,
		     const void *data, size_t len)
{
	uint16_t units[HIVE_NAME_MAX];
	int n = text_to_utf16(name, strlen(name), units, HIVE_NAME_MAX), err;
	uint8_t fields[8];
	hive_value value;

	if (n < 0 || !has_values(w->h, key))
		return HF_EINVAL;
	err = hive_find_value_units(w->h, key, units, (size_t)n, w->upcase, &value);
	if (err && err != HF_ENOENT)
		return err;
	if (err) {
		err = store_data(w, data, len, fields);
		if (!err)
			err = new_value(w, key, units, (size_t)n, &value);
	} else {
		err = store_data(w, data, len, fields);
		if (!err)
			err = free_data(w, value);
	}
	if (err)
		return err;
	memcpy(w->h->data + value + VK_DATA_LEN, fields, sizeof(fields));
	hive_put_u32(w->h->data + value + VK_TYPE, type);
	hive_raise_u32(w->h->data + key + NK_SPARE_MAX_VALUE, (size_t)n * 2);
	hive_raise_u32(w->h->data + key + NK_SPARE_MAX_DATA, len);
	hive_put_u64(w->h->data + key + NK_WRITTEN, w->now);
	return 0;
}

/* Frees VALUE with its data. */
static int free_value(struct hive_write *w, hive_value value)
{
	int err = free_data(w, value);

	return err ? err : hive_cell_free(w, value);
}

int hive_write_delete_value(struct hive_write *w, hive_key key, const char *name)
{
	struct hive *h = w->h;
	uint32_t count = hive_u32(h->data + key + NK_VALUES);
	size_t list = hive_cell_at(h->data + key + NK_VALUE_LIST), i = 0;
	uint16_t units[HIVE_NAME_MAX];
	int n = text_to_utf16(name, strlen(name), units, HIVE_NAME_MAX), err;
	uint8_t *entry;
	hive_value value;

	if (n < 0)
		return HF_ENOENT;
	err = hive_find_value_units(h, key, units, (size_t)n, w->upcase, &value);
	if (err)
		return err;
	entry = h->data + list + CELL_HEADER;
	while (i < count && hive_cell_at(entry + i * 4) != value)
		i++;
	if (i == count)
		return HF_ECORRUPT;
	memmove(entry + i * 4, entry + (i + 1) * 4, (count - i - 1) * 4);
	hive_put_u32(h->data + key + NK_VALUES, count - 1);
	hive_put_u64(h->data + key + NK_WRITTEN, w->now);
	err = free_value(w, value);
	if (!err && count == 1) {
		hive_put_cell(h->data + key + NK_VALUE_LIST, 0);
		err = hive_cell_free(w, list);
	}
	return err;
}

/* Frees all that belongs to KEY except its subkeys. */
static int free_key(struct hive_write *w, hive_key key)
{
	struct hive *h = w->h;
	size_t sk = hive_cell_at(h->data + key + NK_SECURITY), count;
	hive_value *values;
	int err = hive_values(h, key, &values, &count);

	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++)
		err = free_value(w, values[i]);
	free(values);
	if (!err && has_values(h, key) && hive_u32(h->data + key + NK_VALUES) > 0)
		err = hive_cell_free(w, hive_cell_at(h->data + key + NK_VALUE_LIST));
	if (!err && hive_u16(h->data + key + NK_CLASS_LEN) > 0)
		err = hive_cell_free(w, hive_cell_at(h->data + key + NK_CLASS));
	if (hive_is(h, sk, "sk", SK_DATA) && hive_u32(h->data + sk + SK_COUNT) > 1)
		hive_put_u32(h->data + sk + SK_COUNT, hive_u32(h->data + sk + SK_COUNT) - 1);
	if (!err)
		err = hive_list_free(w, key);
	return err ? err : hive_cell_free(w, key);
}

int hive_write_delete_key(struct hive_write *w, hive_key key)
{
	hive_key *stack = NULL, parent;
	size_t depth = 0, cap = 0;
	int err;

	if (key == w->h->layout.root)
		return HF_EINVAL;
	parent = hive_cell_at(w->h->data + key + NK_PARENT);
	err = hive_list_remove(w, parent, key);
	if (!err)
		err = array_grow(&stack, depth, &cap);
	if (!err)
		stack[depth++] = key;
	while (depth > 0 && !err) {
		hive_key *keys, now = stack[--depth];
		size_t count;

		err = hive_subkeys(w->h, now, &keys, &count);
		for (size_t i = 0; i < count && !err; i++) {
			err = array_grow(&stack, depth, &cap);
			if (!err)
				stack[depth++] = keys[i];
		}
		free(keys);
		if (!err)
			err = free_key(w, now);
	}
	free(stack);
	hive_put_u64(w->h->data + parent + NK_WRITTEN, w->now);
	return err;
}
