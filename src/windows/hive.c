// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registry hives through libhivex, with everything that could run away in front of it.
 */
#include <hivex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "report/error.h"
#include "volume/fs.h"
#include "windows/hive.h"
#include "windows/hive_check.h"

/*
 * Zero bytes added behind the hive: libhivex reads whole key and value records before it compares
 * them with their cell's size, which may end with the file.
 */
#define PADDING 4096

/* Offsets in a cell that holds a key (nk) or a value (vk); the cell's size comes first. */
#define NK_FLAGS       0x06
#define NK_SUBKEYS     0x18
#define NK_LIST	       0x20
#define NK_NAME_LEN    0x4c
#define NK_NAME	       0x50
#define NK_FLAG_LATIN1 0x20
#define VK_NAME_LEN    0x06
#define VK_DATA_LEN    0x08
#define VK_TYPE	       0x10
#define VK_FLAGS       0x14
#define VK_NAME	       0x18
#define VK_FLAG_LATIN1 0x01
#define VK_INLINE      UINT32_C(0x80000000)
#define LIST_HEADER    8
#define KEY_NAME_MAX   256
#define VALUE_DATA_MAX 16344 /* above, data is in several cells ("db") */

struct hive {
	const uint8_t *data; /* mapped */
	size_t mapped;	     /* bytes mapped, padding included */
	int fd;		     /* memfd behind DATA */
	struct hive_layout layout;
	hive_h *handle;
};

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n <= 0)
			return HF_ENOMEM;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Puts the LEN bytes and the padding into an unnamed file and maps it. */
static int map_copy(struct hive *h, const void *data, size_t len)
{
	void *map;

	h->fd = memfd_create("hive", MFD_CLOEXEC);
	if (h->fd < 0)
		return HF_ENOMEM;
	if (write_all(h->fd, data, len) || ftruncate(h->fd, (off_t)(len + PADDING)) != 0)
		return HF_ENOMEM;
	map = mmap(NULL, len + PADDING, PROT_READ, MAP_PRIVATE, h->fd, 0);
	if (map == MAP_FAILED)
		return HF_ENOMEM;
	h->data = map;
	h->mapped = len + PADDING;
	return 0;
}

static bool key_ok(const struct hive *h, hive_key key)
{
	const uint8_t *nk = h->data + key;
	size_t name;

	if (!hive_cell_ok(&h->layout, h->data, key, NK_NAME) || memcmp(nk + 4, "nk", 2) != 0)
		return false;
	name = hive_u16(nk + NK_NAME_LEN);
	return NK_NAME + name <= hive_cell_size(h->data, key);
}

static bool value_ok(const struct hive *h, size_t value)
{
	const uint8_t *vk = h->data + value;

	if (!hive_cell_ok(&h->layout, h->data, value, VK_NAME) || memcmp(vk + 4, "vk", 2) != 0)
		return false;
	return VK_NAME + (size_t)hive_u16(vk + VK_NAME_LEN) <= hive_cell_size(h->data, value);
}

int hive_open_memory(const void *data, size_t len, struct hive **out, const char **why)
{
	struct hive *h = calloc(1, sizeof(*h));
	char name[32];
	int err;

	*out = NULL;
	*why = "there is not enough memory";
	if (!h)
		return HF_ENOMEM;
	h->fd = -1;
	err = hive_check(data, len, &h->layout, why);
	if (!err) {
		*why = "there is not enough memory";
		err = map_copy(h, data, len);
	}
	if (!err && !key_ok(h, h->layout.root)) {
		*why = "its root key is damaged";
		err = HF_ECORRUPT;
	}
	if (!err) {
		(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", h->fd);
		h->handle = hivex_open(name, 0);
		if (!h->handle) {
			*why = "it is damaged";
			err = HF_ECORRUPT;
		}
	}
	if (err) {
		hive_close(h);
		return err;
	}
	*why = "";
	*out = h;
	return 0;
}

/* Checks the base block of the file REF, so that nothing large is read that is no hive. */
static int check_file(struct fs *fs, fs_ref ref, const char **why)
{
	uint8_t base[HIVE_BASE_CHECKED] = {0};
	struct hive_layout layout;
	struct fs_stat st;
	size_t done;
	int err = fs_stat(fs, ref, &st);

	if (err)
		return err;
	if (st.is_dir) {
		*why = "it is a folder";
		return HF_ECORRUPT;
	}
	if (st.size > HIVE_FILE_MAX) {
		*why = "it is larger than 512 MiB";
		return HF_ELIMIT;
	}
	err = fs_read(fs, ref, 0, base, sizeof(base), &done);
	return err ? err : hive_check_base(base, (size_t)st.size, &layout, why);
}

int hive_open(struct fs *fs, const char *path, struct hive **out, const char **why)
{
	fs_ref ref;
	void *data;
	size_t len;
	int err;

	*out = NULL;
	*why = "it is not there";
	err = fs_resolve(fs, path, &ref);
	if (err)
		return err;
	*why = "it cannot be read";
	err = check_file(fs, ref, why);
	if (err)
		return err;
	*why = "it cannot be read";
	err = fs_read_file(fs, ref, HIVE_FILE_MAX, &data, &len);
	if (err)
		return err;
	err = hive_open_memory(data, len, out, why);
	free(data);
	return err;
}

void hive_close(struct hive *h)
{
	if (!h)
		return;
	/* All of it only ever read an unnamed copy: nothing can be lost by a failure here. */
	if (h->handle)
		(void)hivex_close(h->handle);
	if (h->data)
		(void)munmap((void *)h->data, h->mapped);
	if (h->fd >= 0)
		(void)close(h->fd);
	free(h->layout.cells);
	free(h);
}

bool hive_is_dirty(const struct hive *h)
{
	return h->layout.dirty;
}

hive_key hive_root(const struct hive *h)
{
	return h->layout.root;
}

/* The N bytes of a key or value name as WTF-8 in OUT, which always has room for KEY_NAME_MAX. */
static int decode_name(const uint8_t *bytes, size_t n, bool latin1, char *out, size_t size)
{
	uint16_t units[KEY_NAME_MAX];
	size_t count = latin1 ? n : n / 2;

	if (count > KEY_NAME_MAX)
		return HF_ELIMIT;
	for (size_t i = 0; i < count; i++)
		units[i] = latin1 ? bytes[i] : hive_u16(bytes + 2 * i);
	return text_from_utf16(units, count, out, size);
}

static int key_name(const struct hive *h, hive_key key, char *out, size_t size)
{
	const uint8_t *nk = h->data + key;
	bool latin1 = hive_u16(nk + NK_FLAGS) & NK_FLAG_LATIN1;
	int n = decode_name(nk + NK_NAME, hive_u16(nk + NK_NAME_LEN), latin1, out, size);

	return n < 0 ? n : 0;
}

char *hive_key_name(const struct hive *h, hive_key key)
{
	char name[KEY_NAME_MAX * 3 + 1];

	if (key_name(h, key, name, sizeof(name)))
		name[0] = '\0';
	return strdup(name);
}

/* A growing result of hive_subkeys(): LIMIT is what the key claims to have. */
struct key_list {
	hive_key *keys;
	size_t count;
	size_t limit;
};

/* Adds the keys of the leaf list (li, lf or lh) at LIST. */
static int add_leaf(const struct hive *h, size_t list, struct key_list *out)
{
	const uint8_t *p = h->data + list;
	size_t n, stride;

	if (!hive_cell_ok(&h->layout, h->data, list, LIST_HEADER))
		return HF_ECORRUPT;
	if (memcmp(p + 4, "li", 2) == 0)
		stride = 4;
	else if (memcmp(p + 4, "lf", 2) == 0 || memcmp(p + 4, "lh", 2) == 0)
		stride = 8;
	else
		return HF_ECORRUPT;
	n = hive_u16(p + 6);
	if (LIST_HEADER + n * stride > hive_cell_size(h->data, list) || n > out->limit - out->count)
		return HF_ECORRUPT;
	for (size_t i = 0; i < n; i++) {
		hive_key key = HIVE_BASE_BLOCK + (size_t)hive_u32(p + LIST_HEADER + i * stride);

		if (!key_ok(h, key))
			return HF_ECORRUPT;
		out->keys[out->count++] = key;
	}
	return 0;
}

/* Adds the keys of the list at LIST, which may be an index (ri) of leaf lists, never of indexes. */
static int add_list(const struct hive *h, size_t list, struct key_list *out)
{
	const uint8_t *p = h->data + list;
	size_t n;

	if (!hive_cell_ok(&h->layout, h->data, list, LIST_HEADER))
		return HF_ECORRUPT;
	if (memcmp(p + 4, "ri", 2) != 0)
		return add_leaf(h, list, out);
	n = hive_u16(p + 6);
	if (LIST_HEADER + n * 4 > hive_cell_size(h->data, list))
		return HF_ECORRUPT;
	for (size_t i = 0; i < n; i++) {
		int err = add_leaf(h, HIVE_BASE_BLOCK + (size_t)hive_u32(p + LIST_HEADER + i * 4),
				   out);

		if (err)
			return err;
	}
	return 0;
}

int hive_subkeys(const struct hive *h, hive_key key, hive_key **out, size_t *count)
{
	struct key_list list = {0};
	int err;

	*out = NULL;
	*count = 0;
	if (!key_ok(h, key))
		return HF_ECORRUPT;
	list.limit = hive_u32(h->data + key + NK_SUBKEYS);
	if (list.limit > h->layout.end / NK_NAME)
		return HF_ECORRUPT;
	list.keys = calloc(list.limit + 1, sizeof(*list.keys));
	if (!list.keys)
		return HF_ENOMEM;
	if (list.limit > 0) {
		err = add_list(h, HIVE_BASE_BLOCK + (size_t)hive_u32(h->data + key + NK_LIST),
			       &list);
		if (err) {
			free(list.keys);
			return err;
		}
	}
	*out = list.keys;
	*count = list.count;
	return 0;
}

/* The child of KEY called NAME (LEN bytes). */
static int find_child(const struct hive *h, hive_key key, const char *name, size_t len,
		      hive_key *out)
{
	char want[KEY_NAME_MAX * 3 + 1], have[KEY_NAME_MAX * 3 + 1];
	hive_key *keys;
	size_t count;
	int err;

	if (len >= sizeof(want))
		return HF_ENOENT;
	memcpy(want, name, len);
	want[len] = '\0';
	err = hive_subkeys(h, key, &keys, &count);
	if (err)
		return err;
	err = HF_ENOENT;
	for (size_t i = 0; i < count && err == HF_ENOENT; i++) {
		if (key_name(h, keys[i], have, sizeof(have)))
			continue;
		if (text_casecmp(upcase_basic(), have, want) == 0) {
			*out = keys[i];
			err = 0;
		}
	}
	free(keys);
	return err;
}

int hive_find(const struct hive *h, hive_key from, const char *path, hive_key *out)
{
	hive_key key = from;

	while (*path) {
		size_t len = strcspn(path, "\\");
		int err;

		if (len > 0) {
			err = find_child(h, key, path, len, &key);
			if (err)
				return err;
		}
		path += len;
		path += *path == '\\';
	}
	*out = key;
	return 0;
}

/* The value list of KEY, ended by 0, to be freed. */
static int value_list(const struct hive *h, hive_key key, hive_value_h **out)
{
	if (!key_ok(h, key))
		return HF_ECORRUPT;
	*out = hivex_node_values(h->handle, key);
	return *out ? 0 : HF_ECORRUPT;
}

static int value_name(const struct hive *h, size_t value, char *out, size_t size)
{
	const uint8_t *vk = h->data + value;
	bool latin1;
	int n;

	if (!value_ok(h, value))
		return HF_ECORRUPT;
	latin1 = hive_u16(vk + VK_FLAGS) & VK_FLAG_LATIN1;
	n = decode_name(vk + VK_NAME, hive_u16(vk + VK_NAME_LEN), latin1, out, size);
	return n < 0 ? n : 0;
}

static int find_value(const struct hive *h, hive_key key, const char *name, hive_value_h *out)
{
	char have[KEY_NAME_MAX * 3 + 1];
	hive_value_h *values;
	int err = value_list(h, key, &values);

	if (err)
		return err;
	err = HF_ENOENT;
	for (size_t i = 0; values[i] != 0 && err == HF_ENOENT; i++) {
		if (value_name(h, values[i], have, sizeof(have)))
			continue;
		if (text_casecmp(upcase_basic(), have, name) == 0) {
			*out = values[i];
			err = 0;
		}
	}
	free(values);
	return err;
}

int hive_value_names(const struct hive *h, hive_key key, int (*visit)(void *ctx, const char *name),
		     void *ctx)
{
	char name[KEY_NAME_MAX * 3 + 1];
	hive_value_h *values;
	int err = value_list(h, key, &values);

	if (err)
		return err;
	for (size_t i = 0; values[i] != 0 && !err; i++)
		if (!value_name(h, values[i], name, sizeof(name)))
			err = visit(ctx, name);
	free(values);
	return err;
}

int hive_type_of(const struct hive *h, hive_key key, const char *name, uint32_t *type)
{
	hive_value_h value;
	int err = find_value(h, key, name, &value);

	if (!err)
		*type = hive_u32(h->data + value + VK_TYPE);
	return err;
}

int hive_bytes(const struct hive *h, hive_key key, const char *name, uint32_t *type, uint8_t **out,
	       size_t *len)
{
	hive_value_h value;
	hive_type found;
	uint32_t size;
	size_t cell;
	int err = find_value(h, key, name, &value);

	*out = NULL;
	*len = 0;
	if (err)
		return err;
	if (type)
		*type = hive_u32(h->data + value + VK_TYPE);
	size = hive_u32(h->data + value + VK_DATA_LEN);
	if (size & VK_INLINE) {
		if ((size & ~VK_INLINE) > 4)
			return HF_ECORRUPT;
	} else if (size > VALUE_DATA_MAX) {
		return HF_ELIMIT;
	} else if (size > 0) {
		cell = hivex_value_data_cell_offset(h->handle, value, NULL);
		if (!hive_cell_ok(&h->layout, h->data, cell, (size_t)size + 4))
			return HF_ECORRUPT;
	}
	if ((size & ~VK_INLINE) == 0) {
		*out = calloc(1, 1);
		return *out ? 0 : HF_ENOMEM;
	}
	*out = (uint8_t *)hivex_value_value(h->handle, value, &found, len);
	return *out ? 0 : HF_ENOMEM;
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
