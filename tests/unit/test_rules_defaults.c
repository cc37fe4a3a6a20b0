// SPDX-License-Identifier: GPL-2.0-or-later
/* Our own MigUser.xml and MigDocs.xml on sample computers, and how fast rules decide. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "unit/rules_fake.h"
#include "unit/suites.h"

#define FOLDER "rootfs/usr/share/holdfast/"

enum { USER = 1, DOCS = 2 };

static struct rules *load_defaults(const struct rules_machine *m, int which)
{
	struct rules *rules = rules_new();
	unsigned warnings = log_warning_count();

	if (which & USER)
		CU_ASSERT_EQUAL_FATAL(rules_load(rules, FOLDER "MigUser.xml", "MigUser.xml"), 0);
	if (which & DOCS)
		CU_ASSERT_EQUAL_FATAL(rules_load(rules, FOLDER "MigDocs.xml", "MigDocs.xml"), 0);
	CU_ASSERT_EQUAL_FATAL(rules_compile(rules, m), 0);
	/* Our own files must not complain, whatever computer they see. */
	CU_ASSERT_EQUAL(log_warning_count(), warnings);
	return rules;
}

struct expectation {
	const char *path;
	uint32_t attributes;
	int by; /* USER, DOCS, both, or 0: by none */
};

static const struct expectation win10[] = {
	{"C:\\Users\\ann\\Documents\\report.docx", 0, USER | DOCS},
	{"C:\\Users\\ann\\Documents\\sub\\deep\\noext", 0, USER | DOCS},
	{"C:\\Users\\ann\\Documents\\", 0, USER | DOCS},
	{"C:\\Users\\ann\\Documents\\desktop.ini", 6, USER},
	{"C:\\Users\\ann\\Documents\\hidden.txt", 2, USER | DOCS},
	{"C:\\Users\\ann\\Music\\a.mp3", 0, USER | DOCS},
	{"C:\\Users\\ann\\Downloads\\setup.exe", 0, USER | DOCS},
	{"C:\\Users\\ann\\Loose\\deep\\x.bin", 0, DOCS},
	{"C:\\Users\\ann\\loose.txt", 0, DOCS},
	{"C:\\Users\\ann\\NTUSER.DAT", 2, 0},
	{"C:\\Users\\ann\\AppData\\Roaming\\Tool\\tool.ini", 0, 0},
	{"C:\\Users\\ann\\AppData\\Local\\Temp\\x.doc", 0, 0},
	{"C:\\Users\\bob\\Desktop\\todo.txt", 0, USER | DOCS},
	{"D:\\bob [home]\\letter.docx", 0, USER | DOCS},
	{"D:\\bob [home]\\photo.xyz", 0, USER | DOCS},
	{"C:\\Users\\eve\\Documents\\secret.docx", 0, 0},
	{"C:\\Users\\Public\\Documents\\shared.xlsx", 0, USER | DOCS},
	{"C:\\Users\\Public\\Downloads\\any.thing", 0, USER | DOCS},
	{"C:\\ProgramData\\App\\app.doc", 0, 0},
	{"C:\\Program Files\\App\\readme.txt", 0, 0},
	{"C:\\Program Files (x86)\\App\\readme.txt", 0, 0},
	{"C:\\Windows\\notes.txt", 0, 0},
	{"D:\\Windows\\stray.doc", 0, 0},
	{"D:\\Program Files\\stray.doc", 0, 0},
	{"C:\\Lab\\run1\\data.bin", 0, DOCS},
	{"C:\\Lab\\run1\\notes.odt", 0, USER | DOCS},
	{"C:\\Lab\\a.pptx", 0, USER | DOCS},
	{"D:\\Drawings\\house.dwg", 0, USER | DOCS},
	{"D:\\Drawings\\house.bak", 0, DOCS},
	{"C:\\Windows.old\\Users\\ann\\Documents\\old.docx", 0, 0},
	{"C:\\Windows.old.000\\x.docx", 0, 0},
	{"C:\\$Recycle.Bin\\S-1-5-21\\$R1.docx", 0, 0},
	{"C:\\$WINDOWS.~BT\\Sources\\x.txt", 0, 0},
	{"D:\\System Volume Information\\x.doc", 0, 0},
	{"C:\\pagefile.sys", 6, 0},
	{"C:\\hiberfil.sys", 6, 0},
	{"C:\\bootnxt", 0, 0},
	{"C:\\todo.txt", 0, USER | DOCS},
	{"C:\\Vendor\\image.bin", 0, 0},
};

static const struct expectation xp[] = {
	{"C:\\Documents and Settings\\ann\\My Documents\\My Music\\a.mp3", 0, USER | DOCS},
	{"C:\\Documents and Settings\\ann\\My Documents\\letter.doc", 0, USER | DOCS},
	{"C:\\Documents and Settings\\ann\\Desktop\\x", 0, USER | DOCS},
	{"C:\\Documents and Settings\\ann\\Local Settings\\Temp\\x.tmp", 0, 0},
	{"C:\\Documents and Settings\\ann\\Application Data\\Tool\\t.ini", 0, 0},
	{"C:\\Documents and Settings\\bob\\Favorites\\a.url", 0, USER | DOCS},
	{"C:\\Documents and Settings\\All Users\\Documents\\plan.doc", 0, USER | DOCS},
	{"C:\\WINDOWS\\x.doc", 0, 0},
	{"C:\\RECYCLER\\S-1-5-21\\Dc1.doc", 0, 0},
	{"C:\\boot.ini", 6, 0},
	{"C:\\Work\\x.doc", 0, USER | DOCS},
	{"C:\\Work\\x.bin", 0, DOCS},
};

static void check_all(const struct fake *fake, const struct expectation *rows, size_t count)
{
	struct rules_machine m = fake_machine(fake);

	for (int which = USER; which <= (USER | DOCS); which++) {
		struct rules *rules = load_defaults(&m, which);

		for (size_t i = 0; i < count; i++) {
			bool got = fake_decide(rules, rows[i].path, rows[i].attributes).selected;
			bool expected = (rows[i].by & which) != 0;

			if (got != expected)
				printf("\n    files %d: %s: selected %d\n", which, rows[i].path,
				       got);
			CU_ASSERT_EQUAL(got, expected);
		}
		rules_free(rules);
	}
}

static void defaults_on_windows_10(void)
{
	check_all(&fake_win10, win10, sizeof(win10) / sizeof(*win10));
}

static void defaults_on_windows_xp(void)
{
	check_all(&fake_xp, xp, sizeof(xp) / sizeof(*xp));
}

static void defaults_without_users(void)
{
	struct fake nobody = fake_win10;
	struct rules_machine m;
	struct rules *rules;

	nobody.users = 0;
	m = fake_machine(&nobody);
	rules = load_defaults(&m, USER | DOCS);
	CU_ASSERT_FALSE(fake_selected(rules, "C:\\Users\\ann\\Documents\\report.docx"));
	CU_ASSERT_TRUE(fake_selected(rules, "C:\\Users\\Public\\Documents\\shared.xlsx"));
	rules_free(rules);
}

/* Folders that hold nothing for the rules must not even be looked into. */
static void defaults_prune_windows(void)
{
	static const char *const closed[] = {"C:\\Windows",
					     "C:\\Program Files",
					     "C:\\ProgramData\\App",
					     "C:\\Users\\eve",
					     "C:\\Users\\ann\\AppData\\Local",
					     "C:\\Windows.old"};
	static const char *const open[] = {"C:", "C:\\Users", "C:\\Users\\ann", "C:\\Lab",
					   "C:\\Users\\ann\\AppData"};
	struct rules_machine m = fake_machine(&fake_win10);
	struct rules *rules = load_defaults(&m, USER | DOCS);
	struct rules_dir dir = {0};

	for (size_t i = 0; i < sizeof(closed) / sizeof(*closed); i++) {
		CU_ASSERT_EQUAL(rules_enter(rules, closed[i], &dir), 0);
		if (dir.may_descend)
			printf("\n    %s is not pruned\n", closed[i]);
		CU_ASSERT_FALSE(dir.may_descend);
	}
	for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++) {
		CU_ASSERT_EQUAL(rules_enter(rules, open[i], &dir), 0);
		CU_ASSERT_TRUE(dir.may_descend);
	}
	rules_dir_free(&dir);
	rules_free(rules);
}

/* 10,000 directories with 100 files each under both files and four users. */
static void a_million_decisions_are_fast(void)
{
	static const char *const tops[] = {"C:\\Users\\ann\\Documents", "C:\\Lab", "D:\\Drawings",
					   "C:\\Users\\bob\\Desktop",
					   "C:\\Users\\ann\\AppData\\Local"};
	static const char *const names[] = {"IMG_%u.JPG", "report %u.docx", "notes.%u.txt",
					    "lib%u.dll", "README%u"};
	struct fake four = fake_win10;
	struct rules_machine m;
	struct rules *rules;
	struct rules_dir dir = {0};
	struct timespec from, to;
	unsigned selected = 0;
	double seconds;

	four.users = 4;
	m = fake_machine(&four);
	rules = load_defaults(&m, USER | DOCS);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned d = 0; d < 10000; d++) {
		struct rules_decision decision;
		char path[200];

		snprintf(path, sizeof(path), "%s\\Folder %u\\Sub %u\\More", tops[d % 5], d / 100,
			 d);
		CU_ASSERT_EQUAL_FATAL(rules_enter(rules, path, &dir), 0);
		rules_decide_dir(&dir, 0x10, &decision);
		for (unsigned f = 0; f < 100; f++) {
			uint16_t name[40];
			unsigned n = 0;

			for (const char *s = names[f % 5]; *s; s++)
				if (*s == '%' && ++s)
					for (unsigned v = d + f, k = 0; k < 4; k++, v /= 10)
						name[n++] = (uint16_t)('0' + v % 10);
				else
					name[n++] = (uint16_t)*s;
			rules_decide_file(&dir, name, n, 0x20, &decision);
			selected += decision.selected;
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	printf("%u rules, 1000000 files: %.3f s, %u selected ", rules_count(rules), seconds,
	       selected);
	CU_ASSERT_TRUE(seconds < 5);
	CU_ASSERT_EQUAL(selected, 800000);
	rules_dir_free(&dir);
	rules_free(rules);
}

void suite_rules_defaults(void)
{
	CU_pSuite s = CU_add_suite("rules_defaults", NULL, NULL);

	CU_ADD_TEST(s, defaults_on_windows_10);
	CU_ADD_TEST(s, defaults_on_windows_xp);
	CU_ADD_TEST(s, defaults_without_users);
	CU_ADD_TEST(s, defaults_prune_windows);
	CU_ADD_TEST(s, a_million_decisions_are_fast);
}
