// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * windows/shell_link.h: links made here in the forms Windows writes, and the same links cut and
 * changed at every byte.
 */
#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/error.h"
#include "suites.h"
#include "windows/shell_link.h"

#define LINK_MAX  4096
#define FLAGS	  0x14
#define IDS	  0x1
#define INFO	  0x2
#define NAME	  0x4
#define ARGUMENTS 0x20
#define UNICODE	  0x80
#define NO_INFO	  0x100
#define VARIABLES 0x200

static const uint8_t my_computer[16] = {0xe0, 0x4f, 0xd0, 0x20, 0xea, 0x3a, 0x69, 0x10,
					0xa2, 0xd8, 0x08, 0x00, 0x2b, 0x30, 0x30, 0x9d};

struct link {
	uint8_t data[LINK_MAX];
	size_t len;
	size_t ids; /* where the ID list's size is */
};

static void put(struct link *l, const void *bytes, size_t n)
{
	memcpy(l->data + l->len, bytes, n);
	l->len += n;
}

static void put16(struct link *l, unsigned v)
{
	uint8_t bytes[2] = {(uint8_t)v, (uint8_t)(v >> 8)};

	put(l, bytes, 2);
}

static void put32(struct link *l, uint32_t v)
{
	put16(l, v & 0xffff);
	put16(l, v >> 16);
}

static void set32(struct link *l, size_t at, size_t v)
{
	size_t len = l->len;

	l->len = at;
	put32(l, (uint32_t)v);
	l->len = len;
}

static void put_ansi(struct link *l, const char *text)
{
	put(l, text, strlen(text) + 1);
}

/* TEXT (WTF-8) as UTF-16 with its NUL. */
static void put_unicode(struct link *l, const char *text)
{
	uint16_t units[512];
	int n = text_to_utf16(text, strlen(text), units, 511);

	CU_ASSERT_FATAL(n >= 0);
	for (int i = 0; i < n; i++)
		put16(l, units[i]);
	put16(l, 0);
}

static void begin(struct link *l, uint32_t flags)
{
	static const uint8_t head[20] = {0x4c, 0, 0,	0, 1, 0x14, 2, 0, 0, 0,
					 0,    0, 0xc0, 0, 0, 0,    0, 0, 0, 0x46};

	memset(l, 0, sizeof(*l));
	put(l, head, sizeof(head));
	l->len = 0x4c;
	set32(l, FLAGS, flags);
}

/* ID lists: begin_ids(), items, end_ids(). */
static void begin_ids(struct link *l)
{
	l->ids = l->len;
	put16(l, 0);
}

static void end_ids(struct link *l)
{
	size_t n = l->len + 2 - l->ids - 2;

	put16(l, 0);
	l->data[l->ids] = (uint8_t)n;
	l->data[l->ids + 1] = (uint8_t)(n >> 8);
}

static void end_item(struct link *l, size_t at)
{
	l->data[at] = (uint8_t)(l->len - at);
	l->data[at + 1] = (uint8_t)((l->len - at) >> 8);
}

static void item_root(struct link *l, const uint8_t *class)
{
	size_t at = l->len;

	put32(l, 0x501f0000);
	put(l, class, 16);
	end_item(l, at);
}

/* A drive, or another item with text at OFFSET. */
static void item_text(struct link *l, unsigned type, size_t offset, const char *text)
{
	size_t at = l->len;

	l->len += offset;
	l->data[at + 2] = (uint8_t)type;
	put_ansi(l, text);
	end_item(l, at);
}

/* A file or folder: its short name, and its long name in an extension block of VERSION (0: none).
 */
static void item_file(struct link *l, unsigned type, const char *name, const char *long_name,
		      unsigned version)
{
	size_t at = l->len, block;

	l->len += 14;
	l->data[at + 2] = (uint8_t)type;
	if (type & 4)
		put_unicode(l, name);
	else
		put_ansi(l, name);
	l->len += l->len % 2;
	block = l->len;
	if (version) {
		l->len += 2;
		put16(l, version);
		put32(l, 0xbeef0004);
		l->len += version >= 9 ? 38 : version >= 8 ? 34 : version >= 7 ? 30 : 12;
		put_unicode(l, long_name);
		put16(l, (unsigned)(block - at));
		end_item(l, block);
	}
	end_item(l, at);
}

/* LinkInfo on a drive. UBASE NULL: without Unicode. */
static void put_info(struct link *l, unsigned drive_type, const char *base, const char *suffix,
		     const char *ubase, const char *usuffix)
{
	size_t at = l->len, head = ubase ? 0x24 : 0x1c;

	l->len += head;
	set32(l, at + 4, head);
	set32(l, at + 8, 1);
	set32(l, at + 12, l->len - at);
	put32(l, 0x11);
	put32(l, drive_type);
	put32(l, 0x12345678);
	put32(l, 0x10);
	put_ansi(l, "");
	set32(l, at + 16, l->len - at);
	put_ansi(l, base);
	set32(l, at + 24, l->len - at);
	put_ansi(l, suffix);
	if (ubase) {
		set32(l, at + 28, l->len - at);
		put_unicode(l, ubase);
		set32(l, at + 32, l->len - at);
		put_unicode(l, usuffix);
	}
	set32(l, at, l->len - at);
}

/* LinkInfo on a share. USHARE NULL: without Unicode. */
static void put_share(struct link *l, const char *share, const char *suffix, const char *ushare)
{
	size_t at = l->len, net, head = ushare ? 0x1c : 0x14;

	l->len += 0x1c;
	set32(l, at + 4, 0x1c);
	set32(l, at + 8, 2);
	set32(l, at + 20, 0x1c);
	net = l->len;
	l->len += head;
	set32(l, net + 4, 2);
	set32(l, net + 8, head);
	put_ansi(l, share);
	if (ushare) {
		set32(l, net + 0x14, l->len - net);
		put_unicode(l, ushare);
	}
	set32(l, net, l->len - net);
	set32(l, at + 24, l->len - at);
	put_ansi(l, suffix);
	set32(l, at, l->len - at);
}

static void put_variables(struct link *l, const char *ansi, const char *unicode)
{
	size_t at = l->len;

	put32(l, 0x314);
	put32(l, 0xa0000001);
	put_ansi(l, ansi);
	l->len = at + 268;
	put_unicode(l, unicode);
	l->len = at + 0x314;
}

static void expect(const struct link *l, enum shell_link_kind kind, const char *path)
{
	struct shell_link out;

	CU_ASSERT_EQUAL(shell_link_parse(l->data, l->len, &out), 0);
	if (out.kind != kind || !out.path != !path || (path && strcmp(out.path, path) != 0))
		printf("kind %d, %s, not %s\n", out.kind, out.path ? out.path : "nothing",
		       path ? path : "nothing");
	CU_ASSERT_EQUAL(out.kind, kind);
	CU_ASSERT_TRUE(!out.path == !path && (!path || strcmp(out.path, path) == 0));
	shell_link_free(&out);
}

static void put_note(struct link *l)
{
	item_root(l, my_computer);
	item_text(l, 0x2f, 3, "C:\\");
	item_file(l, 0x31, "PROGRA~1", "Programme \xc3\xbc", 3);
	item_file(l, 0x32, "NOTE~1.EXE", "note pad.exe", 3);
}

static void id_lists(void)
{
	static const unsigned versions[] = {3, 7, 8, 9};
	static const uint8_t network[16] = {0x60, 0x2c, 0x8d, 0x20, 0xea, 0x3a, 0x69, 0x10,
					    0xa2, 0xd7, 0x08, 0x00, 0x2b, 0x30, 0x30, 0x9d};
	static struct link l;

	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		begin(&l, IDS);
		begin_ids(&l);
		item_root(&l, my_computer);
		item_text(&l, 0x2f, 3, "C:\\");
		item_file(&l, 0x31, "DOKUME~1", "Dokumente \xe4\xb8\xad", versions[i]);
		item_file(&l, 0x32, "A.TXT", "a.txt", versions[i]);
		end_ids(&l);
		expect(&l, SHELL_LINK_LOCAL, "C:\\Dokumente \xe4\xb8\xad\\a.txt");
	}
	begin(&l, IDS);
	begin_ids(&l);
	item_root(&l, my_computer);
	item_text(&l, 0x23, 3, "D:\\");
	item_file(&l, 0x35, "\xd0\xb4\xd0\xbe\xd0\xbc", "", 0);
	item_file(&l, 0x32, "caf\xe9.doc", "", 0);
	end_ids(&l);
	expect(&l, SHELL_LINK_LOCAL, "D:\\\xd0\xb4\xd0\xbe\xd0\xbc\\caf\xc3\xa9.doc");
	begin(&l, IDS);
	begin_ids(&l);
	item_root(&l, my_computer);
	item_text(&l, 0x2f, 3, "E:\\");
	end_ids(&l);
	expect(&l, SHELL_LINK_LOCAL, "E:\\");
	begin(&l, IDS);
	begin_ids(&l);
	item_root(&l, network);
	item_text(&l, 0xc3, 5, "\\\\server\\share");
	item_file(&l, 0x31, "DIR", "Dir", 9);
	end_ids(&l);
	expect(&l, SHELL_LINK_NETWORK, "\\\\server\\share\\Dir");
	begin(&l, IDS);
	begin_ids(&l);
	item_text(&l, 0x42, 5, "\\\\server");
	item_text(&l, 0xc3, 5, "\\\\server\\share");
	item_file(&l, 0x32, "A.TXT", "a.txt", 9);
	end_ids(&l);
	expect(&l, SHELL_LINK_NETWORK, "\\\\server\\share\\a.txt");
}

static void not_in_a_file_system(void)
{
	static const uint8_t panel[16] = {0x20, 0x20, 0xec, 0x21, 0xea, 0x3a, 0x69, 0x10,
					  0xa2, 0xdd, 0x08, 0x00, 0x2b, 0x30, 0x30, 0x9d};
	static struct link l;

	begin(&l, IDS);
	begin_ids(&l);
	item_root(&l, panel);
	item_text(&l, 0x71, 14, "");
	end_ids(&l);
	expect(&l, SHELL_LINK_OTHER, NULL);
	begin(&l, IDS);
	begin_ids(&l);
	item_text(&l, 0x61, 3, "http://example.org/");
	end_ids(&l);
	expect(&l, SHELL_LINK_OTHER, NULL);
	begin(&l, 0);
	expect(&l, SHELL_LINK_OTHER, NULL);
	/* A program that the Windows Installer knows: the ID list is only its icon. */
	begin(&l, IDS | 0x1000);
	begin_ids(&l);
	put_note(&l);
	end_ids(&l);
	put32(&l, 0x314);
	put32(&l, 0xa0000006);
	l.len += 0x30c;
	expect(&l, SHELL_LINK_OTHER, NULL);
}

static void link_info(void)
{
	static struct link l;

	begin(&l, INFO);
	put_info(&l, 3, "C:\\Program Files\\App\\app.exe", "", NULL, NULL);
	expect(&l, SHELL_LINK_LOCAL, "C:\\Program Files\\App\\app.exe");
	begin(&l, INFO);
	put_info(&l, 3, "C:\\Users\\", "ann\\a.txt", NULL, NULL);
	expect(&l, SHELL_LINK_LOCAL, "C:\\Users\\ann\\a.txt");
	begin(&l, INFO);
	put_info(&l, 3, "C:\\Users", "ann\\a.txt", NULL, NULL);
	expect(&l, SHELL_LINK_LOCAL, "C:\\Users\\ann\\a.txt");
	begin(&l, INFO);
	put_info(&l, 3, "C:\\???", "?.txt", "C:\\\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad.txt");
	expect(&l, SHELL_LINK_LOCAL, "C:\\\xe4\xb8\xad\xe6\x96\x87\\\xe4\xb8\xad.txt");
	begin(&l, INFO);
	put_info(&l, 3, "C:\\caf\xe9 \x80", "", NULL, NULL);
	expect(&l, SHELL_LINK_LOCAL, "C:\\caf\xc3\xa9 \xe2\x82\xac");
	begin(&l, INFO);
	put_info(&l, 4, "Z:\\share\\a.txt", "", NULL, NULL);
	expect(&l, SHELL_LINK_NETWORK, "Z:\\share\\a.txt");
	begin(&l, INFO);
	put_info(&l, 3, "C:\\a.txt", "", NULL, NULL);
	l.len -= 2; /* without the ends of both texts */
	set32(&l, 0x4c, l.len - 0x4c);
	expect(&l, SHELL_LINK_OTHER, NULL);
	begin(&l, INFO);
	put_share(&l, "\\\\server\\share", "dir\\a.txt", NULL);
	expect(&l, SHELL_LINK_NETWORK, "\\\\server\\share\\dir\\a.txt");
	begin(&l, INFO);
	put_share(&l, "\\\\s?rver\\share", "", "\\\\s\xc3\xa9rver\\share");
	expect(&l, SHELL_LINK_NETWORK, "\\\\s\xc3\xa9rver\\share");
	begin(&l, INFO | NO_INFO);
	put_info(&l, 3, "C:\\a.txt", "", NULL, NULL);
	expect(&l, SHELL_LINK_OTHER, NULL);
}

/* ANSI text that may be wrong gives way to the ID list; so does a LinkInfo that is nonsense. */
static void id_list_behind_link_info(void)
{
	static const char *const bad[] = {"C:\\Programme ?\\note pad.exe",
					  "C:\\Programme \x81\\note pad.exe", "no path", ""};
	static struct link l;
	size_t info;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		begin(&l, IDS | INFO);
		begin_ids(&l);
		put_note(&l);
		end_ids(&l);
		put_info(&l, 3, bad[i], "", NULL, NULL);
		expect(&l, SHELL_LINK_LOCAL, "C:\\Programme \xc3\xbc\\note pad.exe");
	}
	begin(&l, IDS | INFO);
	begin_ids(&l);
	put_note(&l);
	end_ids(&l);
	info = l.len;
	put_info(&l, 3, "C:\\other.exe", "", NULL, NULL);
	expect(&l, SHELL_LINK_LOCAL, "C:\\other.exe");
	set32(&l, info + 16, 0xfffffff0);
	expect(&l, SHELL_LINK_LOCAL, "C:\\Programme \xc3\xbc\\note pad.exe");
	set32(&l, info, 0xfffffff0);
	expect(&l, SHELL_LINK_DAMAGED, NULL);
}

static void variables(void)
{
	static struct link l;
	struct shell_link out;

	for (int unicode = 0; unicode < 2; unicode++) {
		begin(&l, INFO | NAME | ARGUMENTS | VARIABLES | (unicode ? UNICODE : 0));
		put_info(&l, 3, "C:\\Windows\\notepad.exe", "", NULL, NULL);
		put16(&l, 3);
		put(&l, "a\0b\0c\0", unicode ? 6 : 3);
		put16(&l, 2);
		put(&l, "/\0x\0", unicode ? 4 : 2);
		put32(&l, 12); /* a block that does not matter */
		put32(&l, 0xa000000b);
		put32(&l, 0);
		put_variables(&l, "%windir%\\ansi.exe", unicode ? "%windir%\\n\xc3\xb6te.exe" : "");
		put32(&l, 0);
		CU_ASSERT_EQUAL(shell_link_parse(l.data, l.len, &out), 0);
		CU_ASSERT_EQUAL(out.kind, SHELL_LINK_LOCAL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(out.variables);
		CU_ASSERT_STRING_EQUAL(out.variables, unicode ? "%windir%\\n\xc3\xb6te.exe"
							      : "%windir%\\ansi.exe");
		CU_ASSERT_STRING_EQUAL(out.path, "C:\\Windows\\notepad.exe");
		shell_link_free(&out);
	}
	set32(&l, FLAGS, INFO | NAME | ARGUMENTS); /* not to be used */
	CU_ASSERT_EQUAL(shell_link_parse(l.data, l.len, &out), 0);
	CU_ASSERT_PTR_NULL(out.variables);
	shell_link_free(&out);
}

/* Reads a copy whose bounds a sanitizer sees. */
static enum shell_link_kind kind_of(const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len + !len);
	struct shell_link out;
	enum shell_link_kind kind;

	CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
	memcpy(exact, data, len);
	CU_ASSERT_EQUAL(shell_link_parse(exact, len, &out), 0);
	kind = out.kind;
	if ((kind == SHELL_LINK_LOCAL || kind == SHELL_LINK_NETWORK) != (out.path != NULL))
		CU_FAIL("a kind and a path that disagree");
	shell_link_free(&out);
	free(exact);
	return kind;
}

static void damage_at_every_byte_is_survived(void)
{
	static const uint8_t flips[] = {0x01, 0x10, 0x80, 0xff};
	static struct link l;
	size_t whole;

	begin(&l, IDS | INFO | NAME | VARIABLES | UNICODE);
	begin_ids(&l);
	put_note(&l);
	end_ids(&l);
	put_info(&l, 3, "C:\\?", "", "C:\\x", "y");
	whole = l.len;
	put16(&l, 1);
	put16(&l, 'n');
	put_variables(&l, "%a%", "%a%\\b");
	put32(&l, 0);
	for (size_t cut = 0; cut <= l.len; cut++)
		CU_ASSERT_EQUAL(kind_of(l.data, cut),
				cut < whole ? SHELL_LINK_DAMAGED : SHELL_LINK_LOCAL);
	for (size_t at = 0; at < l.len; at++)
		for (size_t k = 0; k < sizeof(flips); k++) {
			l.data[at] ^= flips[k];
			(void)kind_of(l.data, l.len);
			l.data[at] ^= flips[k];
		}
	for (size_t at = 0; at < 20; at++) {
		l.data[at] ^= 1;
		CU_ASSERT_EQUAL(kind_of(l.data, l.len), SHELL_LINK_DAMAGED);
		l.data[at] ^= 1;
	}
	expect(&l, SHELL_LINK_LOCAL, "C:\\x\\y");
}

void suite_shell_link(void)
{
	CU_pSuite s = CU_add_suite("windows/shell_link", NULL, NULL);

	CU_add_test(s, "ID lists", id_lists);
	CU_add_test(s, "not in a file system", not_in_a_file_system);
	CU_add_test(s, "LinkInfo", link_info);
	CU_add_test(s, "ID list behind LinkInfo", id_list_behind_link_info);
	CU_add_test(s, "variables", variables);
	CU_add_test(s, "damage at every byte is survived", damage_at_every_byte_is_survived);
}
