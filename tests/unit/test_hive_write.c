// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * windows/hive_write.h: keys and values of every kind and size are written so that the reader and
 * libhivex agree on them, lists are as Windows needs them, room is used again, unsound hives are
 * refused, and a file is replaced whole or not at all wherever it is interrupted.
 */
#include <CUnit/CUnit.h>
#include <hivex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "hivedump.h"
#include "hivegen.h"
#include "ntfs/image.h"
#include "report/error.h"
#include "suites.h"
#include "windows/hive_private.h"
#include "windows/hive_write.h"

#define TESTDATA "../shared/testdata/hives/"

static const uint8_t sd_one[20] = {1, 0, 0, 0x80}, sd_two[20] = {1, 0, 4, 0x80};

static struct hive_write *new_hive(void)
{
	struct hive_write *w = NULL;

	CU_ASSERT_EQUAL_FATAL(hive_write_new(sd_one, sizeof(sd_one), upcase_basic(), &w), 0);
	hive_write_set_now(w, 1234567);
	return w;
}

static hive_key root_of(const struct hive_write *w)
{
	return hive_root(hive_write_hive(w));
}

/* The hive as it would be read from the disk. */
static struct hive *finished(struct hive_write *w)
{
	const uint8_t *data;
	size_t len, damages;
	struct hive *h = NULL;
	const char *why;

	CU_ASSERT_EQUAL_FATAL(hive_write_bytes(w, &data, &len), 0);
	CU_ASSERT_EQUAL_FATAL(hive_open_memory(data, len, &h, &why), 0);
	(void)hive_damage(h, &damages);
	CU_ASSERT_EQUAL(damages, 0);
	return h;
}

static void expect_value(const struct hive *h, hive_key key, const char *name, uint32_t type,
			 const void *data, size_t len)
{
	uint32_t have_type = 0;
	uint8_t *have;
	size_t have_len;

	CU_ASSERT_EQUAL(hive_bytes(h, key, name, &have_type, &have, &have_len), 0);
	CU_ASSERT_EQUAL(have_type, type);
	CU_ASSERT_EQUAL(have_len, len);
	CU_ASSERT_TRUE(have && have_len == len && (!len || memcmp(have, data, len) == 0));
	free(have);
}

/* The values of NODE as libhivex sees them; those that it cannot read (big data) are left out. */
static void hivex_values(hive_h *x, hive_node_h node, const struct hive *h, hive_key key)
{
	hive_value_h *values = hivex_node_values(x, node);
	size_t count = 0, ours;
	hive_value *list;

	CU_ASSERT_PTR_NOT_NULL_FATAL(values);
	for (; values[count]; count++) {
		char *name = hivex_value_key(x, values[count]), *data;
		hive_type type;
		size_t len;

		CU_ASSERT_PTR_NOT_NULL_FATAL(name);
		CU_ASSERT_EQUAL(hivex_value_type(x, values[count], &type, &len), 0);
		if (len <= HIVE_SEGMENT) {
			data = hivex_value_value(x, values[count], &type, &len);
			CU_ASSERT_PTR_NOT_NULL(data);
			expect_value(h, key, name, (uint32_t)type, data, len);
			free(data);
		}
		free(name);
	}
	free(values);
	CU_ASSERT_EQUAL(hive_values(h, key, &list, &ours), 0);
	CU_ASSERT_EQUAL(ours, count);
	free(list);
}

/* libhivex reads the same keys in the same order, with the same values. */
static void expect_hivex_agrees(const uint8_t *data, size_t len, const struct hive *h)
{
	char file[] = "/tmp/hivewrite-XXXXXX";
	int fd = mkstemp(file);
	struct pair {
		hive_node_h theirs;
		hive_key ours;
	} *stack = NULL;
	size_t depth = 0, cap = 0;
	hive_h *x;

	CU_ASSERT_FATAL(fd >= 0 && write(fd, data, len) == (ssize_t)len && close(fd) == 0);
	x = hivex_open(file, 0);
	CU_ASSERT_EQUAL(unlink(file), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(x);
	CU_ASSERT_EQUAL_FATAL(array_grow(&stack, depth, &cap), 0);
	stack[depth++] = (struct pair){hivex_root(x), hive_root(h)};
	while (depth > 0) {
		struct pair p = stack[--depth];
		hive_node_h *theirs = hivex_node_children(x, p.theirs);
		hive_key *ours;
		size_t count;

		CU_ASSERT_PTR_NOT_NULL_FATAL(theirs);
		CU_ASSERT_EQUAL(hive_subkeys(h, p.ours, &ours, &count), 0);
		hivex_values(x, p.theirs, h, p.ours);
		for (size_t i = 0; i < count; i++) {
			CU_ASSERT_EQUAL_FATAL(theirs[i], ours[i]);
			CU_ASSERT_EQUAL_FATAL(array_grow(&stack, depth, &cap), 0);
			stack[depth++] = (struct pair){theirs[i], ours[i]};
		}
		CU_ASSERT_EQUAL(theirs[count], 0);
		free(theirs);
		free(ours);
	}
	free(stack);
	CU_ASSERT_EQUAL(hivex_close(x), 0);
}

/* What Windows needs: every leaf sorted, hashes right, 507 entries at most, parents right. */
static void expect_lists(const struct hive *h, hive_key key)
{
	hive_key *keys;
	size_t count;
	char *last = NULL;

	CU_ASSERT_EQUAL_FATAL(hive_subkeys(h, key, &keys, &count), 0);
	CU_ASSERT_EQUAL(count, hive_u32(h->data + key + NK_SUBKEYS));
	for (size_t i = 0; i < count; i++) {
		char *name = hive_key_name(h, keys[i]);

		CU_ASSERT_EQUAL(hive_cell_at(h->data + keys[i] + NK_PARENT), key);
		if (last)
			CU_ASSERT_TRUE(text_casecmp(upcase_basic(), last, name) < 0);
		free(last);
		last = name;
	}
	free(last);
	free(keys);
}

static void expect_leaf(const struct hive *h, size_t leaf)
{
	size_t count, stride;

	CU_ASSERT_TRUE(hive_is(h, leaf, "lh", LIST_HEADER));
	CU_ASSERT_TRUE(hive_leaf(h, leaf, &count, &stride) && count > 0 && count <= 507);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *entry = h->data + leaf + LIST_HEADER + i * stride;
		char *name = hive_key_name(h, hive_cell_at(entry));
		uint16_t units[256];
		int n = text_to_utf16(name, strlen(name), units, 256);
		uint32_t hash = 0;

		for (int k = 0; k < n; k++)
			hash = hash * 37 + upcase_basic()->map[units[k]];
		CU_ASSERT_EQUAL(hive_u32(entry + 4), hash);
		free(name);
	}
}

static const size_t sizes[] = {0, 1, 3, 4, 5, 8, 4000, 16344, 16345, 32688, 100000, 5 << 20};

static void values_of_all_sizes(void)
{
	struct hive_write *w = new_hive();
	uint8_t *bytes = malloc(5 << 20);
	const uint8_t *data;
	char name[32];
	hive_key key;
	struct hive *h;
	size_t len, before;

	for (size_t i = 0; i < 5 << 20; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 251);
	CU_ASSERT_EQUAL_FATAL(hive_write_path(w, root_of(w), "Software\\Ann\\Sizes", &key), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		(void)snprintf(name, sizeof(name), "size\\%zu", sizes[i]);
		CU_ASSERT_EQUAL(
			hive_write_value(w, key, name, (uint32_t)(i * 1000), bytes, sizes[i]), 0);
	}
	CU_ASSERT_EQUAL(hive_write_value(w, key, "", 1, "a\0\0\0", 4), 0);
	CU_ASSERT_EQUAL(
		hive_write_value(w, key, "\xc3\xa4\xe6\x97\xa5 \xed\xa0\x80", 1, "b\0\0\0", 4), 0);
	CU_ASSERT_EQUAL(hive_write_value(w, key, "Nul\xc0\x80l", 4, "\1\2\3\4", 4), 0);
	h = finished(w);
	CU_ASSERT_EQUAL_FATAL(hive_find(h, hive_root(h), "software\\ann\\SIZES", &key), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		(void)snprintf(name, sizeof(name), "SIZE\\%zu", sizes[i]);
		expect_value(h, key, name, (uint32_t)(i * 1000), bytes, sizes[i]);
	}
	expect_value(h, key, "", 1, "a\0\0\0", 4);
	expect_value(h, key, "\xc3\x84\xe6\x97\xa5 \xed\xa0\x80", 1, "b\0\0\0", 4);
	expect_value(h, key, "Nul\xc0\x80l", 4, "\1\2\3\4", 4);
	CU_ASSERT_TRUE(hive_is(h, hive_cell_at(h->data + key + NK_SECURITY), "sk", SK_DATA));
	hive_close(h);

	/* Sizes change place over and over: the hive keeps its size. */
	CU_ASSERT_EQUAL(hive_find(hive_write_hive(w), root_of(w), "Software\\Ann\\Sizes", &key), 0);
	CU_ASSERT_EQUAL(hive_write_bytes(w, &data, &before), 0);
	for (size_t round = 1; round < 24; round++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			size_t n = sizes[(i + round) % (sizeof(sizes) / sizeof(*sizes))];

			(void)snprintf(name, sizeof(name), "size\\%zu", sizes[i]);
			CU_ASSERT_EQUAL(hive_write_value(w, key, name, 3, bytes, n), 0);
		}
	CU_ASSERT_EQUAL(hive_write_bytes(w, &data, &len), 0);
	CU_ASSERT_TRUE(len < 3 * before);
	h = finished(w);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		(void)snprintf(name, sizeof(name), "size\\%zu", sizes[i]);
		expect_value(h, key, name, 3, bytes,
			     sizes[(i + 23) % (sizeof(sizes) / sizeof(*sizes))]);
	}
	CU_ASSERT_EQUAL(hive_write_value(w, key, "Too", 3, bytes, (size_t)HIVE_DATA_MAX + 1),
			HF_ELIMIT);
	hive_close(h);
	hive_write_close(w);
	free(bytes);
}

static void keys_are_sorted_and_hashed(void)
{
	struct hive_write *w = new_hive();
	hive_key parent, key, again;
	uint64_t state = 88172645463325252u;
	const uint8_t *data;
	bool created;
	char name[64];
	struct hive *h;
	size_t len, list;

	CU_ASSERT_EQUAL(hive_write_path(w, root_of(w), "Many", &parent), 0);
	for (int i = 0; i < 3000; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		(void)snprintf(name, sizeof(name), i % 3 ? "%llx key" : "\xc3\x96 %llu",
			       (unsigned long long)(state >> 20));
		CU_ASSERT_EQUAL(hive_write_key(w, parent, name, NULL, &key, &created), 0);
		CU_ASSERT_TRUE(created);
	}
	CU_ASSERT_EQUAL(hive_write_key(w, parent, "a\\b", NULL, &key, &created), 0);
	CU_ASSERT_EQUAL(hive_write_key(w, parent, "A\\B", NULL, &again, &created), 0);
	CU_ASSERT_TRUE(!created && again == key);
	CU_ASSERT_EQUAL(hive_write_key(w, parent, "", NULL, &key, NULL), HF_EINVAL);
	h = finished(w);
	expect_lists(h, parent);
	list = hive_cell_at(h->data + parent + NK_LIST);
	CU_ASSERT_TRUE(hive_is(h, list, "ri", LIST_HEADER));
	for (size_t i = 0; i < hive_u16(h->data + list + LIST_COUNT); i++)
		expect_leaf(h, hive_cell_at(h->data + list + LIST_HEADER + i * 4));
	CU_ASSERT_EQUAL(hive_write_bytes(w, &data, &len), 0);
	expect_hivex_agrees(data, len, h);
	hive_close(h);

	/* All but a few go again, and the key itself in the end. */
	for (int i = 0; i < 2990; i++) {
		hive_key *keys;
		size_t count;

		CU_ASSERT_EQUAL(hive_subkeys(hive_write_hive(w), parent, &keys, &count), 0);
		CU_ASSERT_EQUAL(hive_write_delete_key(w, keys[(size_t)i * 37 % count]), 0);
		free(keys);
	}
	h = finished(w);
	expect_lists(h, parent);
	hive_close(h);
	CU_ASSERT_EQUAL(hive_write_delete_key(w, parent), 0);
	CU_ASSERT_EQUAL(hive_write_delete_key(w, root_of(w)), HF_EINVAL);
	h = finished(w);
	CU_ASSERT_EQUAL(hive_find(h, hive_root(h), "Many", &key), HF_ENOENT);
	hive_close(h);
	hive_write_close(w);
}

static void keys_get_class_and_security(void)
{
	static const struct hive_new_key how = {"c\0l\0", 4, sd_two, sizeof(sd_two), true};
	struct hive_write *w = new_hive();
	struct hive_key_info info;
	hive_key key, below, other;
	struct hive *h;

	CU_ASSERT_EQUAL(hive_write_key(w, root_of(w), "Link", &how, &key, NULL), 0);
	CU_ASSERT_EQUAL(hive_write_key(w, key, "Below", NULL, &below, NULL), 0);
	CU_ASSERT_EQUAL(hive_write_key(w, root_of(w), "Other", NULL, &other, NULL), 0);
	CU_ASSERT_EQUAL(hive_write_security(w, other, sd_two, sizeof(sd_two)), 0);
	hive_write_time(w, below, 42);
	h = finished(w);
	hive_key_info(h, key, &info);
	CU_ASSERT_TRUE(info.is_link && !info.is_volatile && info.written == 1234567);
	CU_ASSERT_TRUE(info.class_len == 4 && memcmp(info.class_name, "c\0l\0", 4) == 0);
	CU_ASSERT_TRUE(info.security_len == 20 && memcmp(info.security, sd_two, 20) == 0);
	hive_key_info(h, below, &info);
	CU_ASSERT_TRUE(!info.is_link && !info.class_name && info.written == 42);
	CU_ASSERT_TRUE(info.security_len == 20 && memcmp(info.security, sd_two, 20) == 0);
	/* One cell for all that say the same, with their number. */
	CU_ASSERT_EQUAL(hive_u32(h->data + key + NK_SECURITY),
			hive_u32(h->data + other + NK_SECURITY));
	CU_ASSERT_EQUAL(hive_u32(h->data + hive_cell_at(h->data + key + NK_SECURITY) + 0x10), 3);
	hive_close(h);
	CU_ASSERT_EQUAL(hive_write_class(w, key, NULL, 0), 0);
	hive_key_info(hive_write_hive(w), key, &info);
	CU_ASSERT_PTR_NULL(info.class_name);
	hive_write_close(w);
}

/* Random changes, and the same in a table. */
#define MODEL_KEYS   24
#define MODEL_VALUES 12
struct model {
	uint32_t number[MODEL_KEYS][MODEL_VALUES]; /* 0: no such value */
};

static void model_name(char *name, size_t size, int key)
{
	(void)snprintf(name, size, "K%d\\%s%d\\\xce\xb1%d", key % 3,
		       key % 2 ? "long name of a key " : "s", key, key);
}

static size_t model_data(uint32_t number, uint8_t *data)
{
	size_t len = number % 7 == 0 ? number % 40000 : number % 60;

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(number + i);
	return len;
}

static void random_step(struct hive_write *w, struct model *m, uint32_t random, uint8_t *data)
{
	int k = (int)(random % MODEL_KEYS), v = (int)(random / MODEL_KEYS % MODEL_VALUES);
	char path[64], name[32];
	hive_key key;
	bool there;

	model_name(path, sizeof(path), k);
	(void)snprintf(name, sizeof(name), v % 2 ? "value %d" : "\xe6\x97\xa5%d", v);
	there = hive_find(hive_write_hive(w), root_of(w), path, &key) == 0;
	switch (random >> 16 & 15) {
	case 0:
		if (there)
			CU_ASSERT_EQUAL(hive_write_delete_key(w, key), 0);
		memset(m->number[k], 0, sizeof(m->number[k]));
		break;
	case 1:
	case 2:
	case 3:
		CU_ASSERT_EQUAL(there ? hive_write_delete_value(w, key, name) : HF_ENOENT,
				m->number[k][v] ? 0 : HF_ENOENT);
		m->number[k][v] = 0;
		break;
	default:
		CU_ASSERT_EQUAL(hive_write_path(w, root_of(w), path, &key), 0);
		m->number[k][v] = (random >> 8) | 1;
		CU_ASSERT_EQUAL(hive_write_value(w, key, name, m->number[k][v] % 12, data,
						 model_data(m->number[k][v], data)),
				0);
	}
}

static void random_changes_agree(void)
{
	struct hive_write *w = new_hive();
	static uint8_t data[40000];
	static struct model m;
	uint64_t state = 88172645463325252u;
	const uint8_t *bytes;
	struct hive *h;
	size_t len;

	for (int i = 0; i < 20000; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		random_step(w, &m, (uint32_t)(state >> 16), data);
	}
	h = finished(w);
	for (int k = 0; k < MODEL_KEYS; k++)
		for (int v = 0; v < MODEL_VALUES; v++) {
			char path[64], name[32];
			hive_value value;
			hive_key key;

			model_name(path, sizeof(path), k);
			(void)snprintf(name, sizeof(name), v % 2 ? "value %d" : "\xe6\x97\xa5%d",
				       v);
			if (hive_find(h, hive_root(h), path, &key)) {
				CU_ASSERT_EQUAL(m.number[k][v], 0);
			} else if (m.number[k][v]) {
				expect_value(h, key, name, m.number[k][v] % 12, data,
					     model_data(m.number[k][v], data));
			} else {
				CU_ASSERT_EQUAL(hive_find_value(h, key, name, &value), HF_ENOENT);
			}
		}
	CU_ASSERT_EQUAL(hive_write_bytes(w, &bytes, &len), 0);
	CU_ASSERT_TRUE(len < 4 << 20);
	expect_hivex_agrees(bytes, len, h);
	hive_close(h);
	hive_write_close(w);
}

static void unsound_hives_are_refused(void)
{
	struct hivegen *g = hivegen_new();
	struct hive_write *w;
	const char *why;
	uint8_t *data;
	size_t len;

	hivegen_key(g, "a");
	data = hivegen_take(g, &len);
	CU_ASSERT_EQUAL(hive_write_open_memory(data, len, upcase_basic(), &w, &why), 0);
	hive_write_close(w);
	hivegen_set_sequence(data, 3, 2);
	CU_ASSERT_EQUAL(hive_write_open_memory(data, len, upcase_basic(), &w, &why), HF_EREFUSED);
	CU_ASSERT_PTR_NULL(w);
	hivegen_set_sequence(data, 3, 3);
	data[0x1020 + NK_SUBKEYS] = 2;
	CU_ASSERT_EQUAL(hive_write_open_memory(data, len, upcase_basic(), &w, &why), HF_EREFUSED);
	CU_ASSERT_EQUAL(hive_write_open_memory("x", 1, upcase_basic(), &w, &why), HF_ECORRUPT);
	free(data);
}

/* Hives from the field get a key and lose it again: they say what they said. */
static void hives_from_the_field(void)
{
	static const char *const files[] = {
		"yarp/BigDataHive",
		"yarp/ManySubkeysHive",
		"yarp/UnicodeHive",
		"yarp/MultiSzHive",
		"hivex/special",
		"nt-hive/testhive",
		"plaso/NTUSER.DAT",
		"plaso/NTUSER-WIN7.DAT",
		"notatin/win7_ntuser.dat",
		"aiowinreg/nt/system.reg",
		"aiowinreg/nt/sam.reg",
		"aiowinreg/nt/software.reg",
		"aiowinreg/win2022_64/sam.reg",
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		static const uint8_t big[50000];
		char path[256], *before, *after;
		struct hive_write *w = NULL;
		struct hive *h;
		const char *why;
		hive_key key, top;
		size_t len;
		uint8_t *data;

		(void)snprintf(path, sizeof(path), TESTDATA "%s", files[i]);
		data = hivedump_file(path, &len);
		if (!data)
			continue;
		any = true;
		CU_ASSERT_EQUAL_FATAL(hive_write_open_memory(data, len, upcase_basic(), &w, &why),
				      0);
		before = hivedump(hive_write_hive(w), 0);
		CU_ASSERT_EQUAL(hive_write_path(w, root_of(w), "Added", &top), 0);
		for (int n = 0; n < 700; n++) {
			(void)snprintf(path, sizeof(path), "Key %d\\Sub", n);
			CU_ASSERT_EQUAL(hive_write_path(w, top, path, &key), 0);
			CU_ASSERT_EQUAL(hive_write_value(w, key, "v", 1, path, 10), 0);
		}
		CU_ASSERT_EQUAL(hive_write_value(w, top, "big", 3, big, sizeof(big)), 0);
		h = finished(w);
		CU_ASSERT_EQUAL(hive_find(h, hive_root(h), "added\\key 699\\SUB", &key), 0);
		hive_close(h);
		CU_ASSERT_EQUAL(hive_write_delete_key(w, top), 0);
		h = finished(w);
		after = hivedump(h, 0);
		CU_ASSERT_STRING_EQUAL(before, after);
		hive_close(h);
		hive_write_close(w);
		free(before);
		free(after);
		free(data);
	}
	if (!any)
		printf("skipped: no testdata ");
}

/* The volume stops answering after so many changes, as when the power goes. */
static struct {
	const struct fs_ops *real;
	unsigned left;
} power;

static bool power_is_out(void)
{
	if (power.left == 0)
		return true;
	power.left--;
	return false;
}

static int stop_link(struct fs *fs, fs_ref file, fs_ref dir, const uint16_t *name, unsigned len)
{
	return power_is_out() ? HF_EIO : power.real->link(fs, file, dir, name, len);
}

static int stop_create(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref *out)
{
	return power_is_out() ? HF_EIO : power.real->create(fs, dir, name, len, out);
}

static int stop_write(struct fs *fs, fs_ref ref, uint64_t offset, const void *buf, size_t len)
{
	return power_is_out() ? HF_EIO : power.real->write(fs, ref, offset, buf, len);
}

static int stop_unlink(struct fs *fs, fs_ref dir, const uint16_t *name, unsigned len, fs_ref expect)
{
	return power_is_out() ? HF_EIO : power.real->unlink(fs, dir, name, len, expect);
}

static int stop_metadata(struct fs *fs, fs_ref from, fs_ref to)
{
	return power_is_out() ? HF_EIO : power.real->copy_metadata(fs, from, to);
}

/* The text of value State in the hive at PATH, "" when there is none. */
static void state_of(struct fs *fs, const char *path, char *out)
{
	struct hive *h;
	const char *why;
	char *text = NULL;

	*out = '\0';
	if (hive_open(fs, path, &h, &why))
		return;
	CU_ASSERT_FALSE(hive_is_dirty(h));
	if (hive_text(h, hive_root(h), "State", &text) == 0)
		(void)snprintf(out, 16, "%s", text);
	free(text);
	hive_close(h);
}

static struct hive_write *with_state(struct hive_write *w, const char *state)
{
	uint16_t units[16];
	int n = text_to_utf16(state, strlen(state), units, 15);

	units[n++] = 0;
	CU_ASSERT_EQUAL(hive_write_value(w, root_of(w), "State", 1, units, (size_t)n * 2), 0);
	return w;
}

/* A volume with the hive in state "old" and a log beside it. */
static const char *make_volume(void)
{
	const char *path = image_make("hivewrite", 16, "");
	struct fs *fs = image_open(path, NTFS_WRITE);
	struct hive_write *w = with_state(new_hive(), "old");
	fs_ref dir;

	CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
	dir = image_mkdir(fs, fs_root(fs), "ann");
	CU_ASSERT_EQUAL(hive_write_commit(w, fs, "\\ann\\NTUSER.DAT"), 0);
	(void)image_file(fs, dir, "ntuser.dat.LOG1", "regf and the rest of a log");
	hive_write_close(w);
	CU_ASSERT_EQUAL(fs_close(fs), 0);
	return path;
}

/* Only the hive and its log are there, and the log is void. */
static void expect_tidy(struct fs *fs)
{
	void *log = NULL;
	size_t len = 0;
	fs_ref ref;

	CU_ASSERT_EQUAL(fs_resolve(fs, "\\ann\\NTUSER.DAT.holdfast-new", &ref), HF_ENOENT);
	CU_ASSERT_EQUAL(fs_resolve(fs, "\\ann\\NTUSER.DAT.holdfast-old", &ref), HF_ENOENT);
	CU_ASSERT_EQUAL(fs_resolve(fs, "\\ann\\ntuser.dat.LOG1", &ref), 0);
	CU_ASSERT_EQUAL(fs_read_file(fs, ref, 4096, &log, &len), 0);
	CU_ASSERT_EQUAL(len, 26);
	free(log);
	CU_ASSERT_EQUAL(image_disagreements(fs, NULL), 0);
}

static int change(struct fs *fs, const char *path)
{
	struct hive_write *w = NULL;
	const char *why;
	int err = hive_write_open(fs, path, &w, &why);

	CU_ASSERT_EQUAL_FATAL(err, 0);
	err = hive_write_commit(with_state(w, "new"), fs, path);
	hive_write_close(w);
	return err;
}

static void files_are_replaced_whole(void)
{
	struct fs_ops stopping;
	bool done = false;
	unsigned old = 0, newer = 0;

	for (unsigned n = 0; !done && n < 100; n++) {
		const char *image = make_volume();
		struct fs *fs = image_open(image, NTFS_WRITE);
		char state[16];
		int err;

		CU_ASSERT_PTR_NOT_NULL_FATAL(fs);
		power.real = fs->ops;
		power.left = n;
		stopping = *fs->ops;
		stopping.link = stop_link;
		stopping.create = stop_create;
		stopping.write = stop_write;
		stopping.unlink = stop_unlink;
		stopping.copy_metadata = stop_metadata;
		fs->ops = &stopping;
		err = change(fs, "\\ann\\ntuser.dat");
		done = power.left > 0;
		fs->ops = power.real;
		CU_ASSERT_EQUAL(fs_close(fs), 0);
		fs = image_open(image, NTFS_WRITE);
		CU_ASSERT_EQUAL(hive_write_recover(fs, "\\ann\\NTUSER.DAT"), 0);
		state_of(fs, "\\ann\\NTUSER.DAT", state);
		CU_ASSERT_TRUE(strcmp(state, "new") == 0 || (err && strcmp(state, "old") == 0));
		*(strcmp(state, "new") == 0 ? &newer : &old) += 1;
		expect_tidy(fs);
		CU_ASSERT_EQUAL(change(fs, "\\ann\\NTUSER.DAT"), 0);
		state_of(fs, "\\ann\\NTUSER.DAT", state);
		CU_ASSERT_STRING_EQUAL(state, "new");
		expect_tidy(fs);
		CU_ASSERT_EQUAL(fs_close(fs), 0);
	}
	CU_ASSERT_TRUE(done && old > 3 && newer > 3);
}

void suite_hive_write(void)
{
	CU_pSuite s = CU_add_suite("windows/hive_write", NULL, NULL);

	CU_add_test(s, "values of all sizes", values_of_all_sizes);
	CU_add_test(s, "keys are sorted and hashed", keys_are_sorted_and_hashed);
	CU_add_test(s, "keys get class and security", keys_get_class_and_security);
	CU_add_test(s, "random changes agree", random_changes_agree);
	CU_add_test(s, "unsound hives are refused", unsound_hives_are_refused);
	CU_add_test(s, "hives from the field", hives_from_the_field);
	CU_add_test(s, "files are replaced whole", files_are_replaced_whole);
}
