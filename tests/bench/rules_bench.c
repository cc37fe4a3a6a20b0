// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decides a million paths under a rule file of about 645 kB with 70 applications and prints time
 * and memory: rules_bench [LIMIT-SECONDS]. Fails when it takes longer. Names are made by a fixed
 * formula, so that runs compare.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/log.h"
#include "rules/rules.h"

#define APPLICATIONS	 70
#define USERS		 4
#define DIRECTORIES	 10000
#define FILES		 100 /* in each directory */
#define FILE_BYTES	 645000
#define PATTERNS_AT_ONCE 8

static const char *variable(void *ctx, int user, const char *name)
{
	static const char *const appdata[] = {
		"C:\\Users\\user0\\AppData\\Roaming", "C:\\Users\\user1\\AppData\\Roaming",
		"C:\\Users\\user2\\AppData\\Roaming", "C:\\Users\\user3\\AppData\\Roaming"};

	(void)ctx;
	return user >= 0 && !strcmp(name, "APPDATA") ? appdata[user] : NULL;
}

static const char *user_name(void *ctx, int user)
{
	(void)ctx, (void)user;
	return "user";
}

static int exists(void *ctx, const char *path, bool *is_dir)
{
	(void)ctx, (void)path;
	if (is_dir)
		*is_dir = true;
	return 1;
}

static int list(void *ctx, const char *path, rules_list_visit visit, void *visit_ctx)
{
	(void)ctx, (void)path, (void)visit, (void)visit_ctx;
	return 0;
}

static int drives(void *ctx, rules_drive_visit visit, void *visit_ctx)
{
	(void)ctx;
	return visit(visit_ctx, 'C', RULES_DRIVE_FIXED);
}

static void add_patterns(struct str *xml, const char *element, unsigned app, unsigned round)
{
	static const char *const forms[] = {"%%APPDATA%%\\Vendor%u\\Product%u\\* [*]",
					    "%%APPDATA%%\\Vendor%u\\Product%u\\Cache\\* [*]",
					    "%%APPDATA%%\\Vendor%u\\*\\Part%u\\* [*.tmp]",
					    "C:\\ProgramData\\Vendor%u\\Product%u [settings.xml]",
					    "C:\\ProgramData\\Vendor%u\\Product%u\\* [*.cfg]",
					    "%%APPDATA%%\\Vendor%u\\Product%u [user*.dat*]",
					    "C:\\Data\\Vendor%u\\Product%u\\* [*]",
					    "C:\\Data\\Vendor%u\\Product%u\\Old\\* [*.bak]"};

	str_addf(xml, "<%s><objectSet>\n", element);
	for (unsigned i = 0; i < PATTERNS_AT_ONCE; i++) {
		str_adds(xml, "  <pattern type=\"File\">");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		str_addf(xml, forms[i], app, round);
#pragma GCC diagnostic pop
		str_adds(xml, "</pattern>\n");
	}
	str_addf(xml, "</objectSet></%s>\n", element);
}

static void make_rules(struct str *xml)
{
	str_adds(xml,
		 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<migration urlid=\"urn:bench\">\n");
	for (unsigned app = 0; app < APPLICATIONS; app++) {
		size_t end = (size_t)FILE_BYTES * (app + 1) / APPLICATIONS;

		str_addf(xml,
			 "<component type=\"Application\" context=\"UserAndSystem\">"
			 "<displayName>Application %u</displayName><role role=\"Settings\">\n"
			 "<detection><conditions><condition>MigXmlHelper.DoesObjectExist(\"File\","
			 "\"C:\\Program Files\\Vendor%u\")</condition></conditions></detection>\n"
			 "<rules>\n",
			 app, app);
		for (unsigned round = 0; xml->len + 100 < end; round++)
			add_patterns(xml, round % 3 == 2 ? "exclude" : "include", app, round / 2);
		str_adds(xml, "</rules></role></component>\n");
	}
	str_adds(xml, "</migration>\n");
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static unsigned decide(const struct rules *rules)
{
	static const char *const names[] = {"a.txt",	"b.TMP",       "settings.xml", "user1.dat",
					    "c.cfg",	"d.bak",       "report.docx",  "e.jpg",
					    "cache.db", "no extension"};
	struct rules_dir dir = {0};
	unsigned selected = 0;

	for (unsigned d = 0; d < DIRECTORIES; d++) {
		char path[200];

		snprintf(path, sizeof(path),
			 d % 3 == 0
				 ? "C:\\Users\\user%u\\AppData\\Roaming\\Vendor%u\\Product%u\\Sub"
			 : d % 3 == 1 ? "C:\\Data%.0u\\Vendor%u\\Product%u\\Old\\x"
				      : "C:\\Elsewhere%u\\Folder%u\\%u",
			 d % 3 == 1 ? 0 : d % USERS, d % APPLICATIONS, d % 23);
		if (rules_enter(rules, path, &dir))
			return 0;
		for (unsigned f = 0; f < FILES; f++) {
			uint16_t units[NAME_UNITS_MAX];
			struct rules_decision out;
			char name[40];
			int n;

			snprintf(name, sizeof(name), "%u%s", f / 10, names[f % 10]);
			n = text_to_utf16(name, strlen(name), units, NAME_UNITS_MAX);
			rules_decide_file(&dir, units, (unsigned)n, 0, &out);
			selected += out.selected;
		}
	}
	rules_dir_free(&dir);
	return selected;
}

static struct rules *load(const struct rules_machine *machine, const struct str *xml)
{
	char path[] = "/tmp/holdfast-bench-XXXXXX";
	struct rules *rules = rules_new();
	int fd = mkstemp(path);
	bool ok = rules && fd >= 0 && write(fd, xml->data, xml->len) == (ssize_t)xml->len &&
		  !rules_load(rules, path, "bench.xml") && !rules_compile(rules, machine);

	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
	if (ok)
		return rules;
	rules_free(rules);
	return NULL;
}

int main(int argc, char **argv)
{
	const struct rules_machine machine = {.user_count = USERS,
					      .variable = variable,
					      .user_name = user_name,
					      .exists = exists,
					      .list = list,
					      .drives = drives,
					      .upcase = upcase_basic()};
	double limit = argc > 1 ? strtod(argv[1], NULL) : 3.0, start = now(), compiled, decided;
	struct str xml = {0};
	struct rules *rules;
	unsigned selected;
	long before;

	log_set_quiet(true);
	make_rules(&xml);
	rules = load(&machine, &xml);
	if (!rules) {
		fprintf(stderr, "rules_bench: the rules do not load: %s\n", log_last_error());
		return 1;
	}
	compiled = now();
	before = peak_kib();
	selected = decide(rules);
	decided = now();
	printf("rules: %zu bytes, %d applications, %u patterns for %d users: compiled in %.3f s\n",
	       xml.len, APPLICATIONS, rules_count(rules), USERS, compiled - start);
	printf("rules: %d paths decided in %.3f s, %u selected; memory %ld KiB, %ld KiB more while "
	       "deciding\n",
	       DIRECTORIES * FILES, decided - compiled, selected, before, peak_kib() - before);
	rules_free(rules);
	str_free(&xml);
	if (decided - compiled <= limit)
		return 0;
	fprintf(stderr, "rules_bench: slower than %.1f s\n", limit);
	return 1;
}
