// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole rule files: read, compiled for the table computer of the unit tests, and asked about some
 * paths; the fast decision and the plain one of rules_explain() must agree.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/rules.h"
#include "unit/rules_fake.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	log_set_quiet(true);
	return 0;
}

static int load(struct rules *rules, const uint8_t *data, size_t len)
{
	int fd = memfd_create("rules", MFD_CLOEXEC), error;
	unsigned errors = log_error_count();
	char path[32];

	fuzz_assert(fd >= 0 && write(fd, data, len) == (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	error = rules_load(rules, path, "input.xml");
	close(fd);
	/* A fault is told once. */
	fuzz_assert(log_error_count() == errors + (error ? 1 : 0));
	return error;
}

static int check_match(void *ctx, const struct rules_match *match)
{
	unsigned *wins = ctx;

	*wins += match->wins;
	fuzz_assert(!match->wins || match->wins_instance);
	return 0;
}

static void check_rule(const struct rules *rules, uint32_t index)
{
	const struct rules_rule *rule = rules_rule(rules, index);

	fuzz_assert(rule && rule->pattern && rule->component && !strcmp(rule->file, "input.xml"));
	fuzz_assert(rule->user >= -1 && rule->user < 2 && rule->line);
}

static void check_path(const struct rules *rules, const char *path, uint32_t attributes)
{
	struct rules_decision fast = {false, RULES_NONE}, slow = {false, RULES_NONE};
	struct rules_dir dir = {0};
	uint16_t name[NAME_UNITS_MAX];
	char text[300], *cut;
	bool is_dir = path[strlen(path) - 1] == '\\';
	unsigned wins = 0;
	int units;

	snprintf(text, sizeof(text), "%s", path);
	cut = strrchr(text, '\\');
	if (is_dir)
		*cut = '\0';
	fuzz_assert(!rules_explain(rules, text, is_dir, attributes, check_match, &wins, &slow));
	fuzz_assert(wins == (slow.rule != RULES_NONE));
	*cut = '\0';
	fuzz_assert(!rules_enter(rules, text, &dir));
	if (is_dir) {
		rules_decide_dir(&dir, attributes, &fast);
	} else {
		units = text_to_utf16(cut + 1, strlen(cut + 1), name, NAME_UNITS_MAX);
		rules_decide_file(&dir, name, (unsigned)units, attributes, &fast);
	}
	fuzz_assert(fast.selected == slow.selected && fast.rule == slow.rule);
	fuzz_assert(fast.rule == RULES_NONE || fast.rule < rules_count(rules));
	fuzz_assert(!fast.selected || fast.rule != RULES_NONE);
	rules_dir_free(&dir);
}

static int check_component(void *ctx, const char *name, int user, bool detected)
{
	(void)ctx;
	(void)detected;
	fuzz_assert(name && user >= -1 && user < 2);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const others[] = {"C:\\",
					     "C:\\Dir\\sub\\",
					     "C:\\A\\X\\b.txt",
					     "D:\\x",
					     "C:\\Users\\ann\\new [1].DOC",
					     "E:\\n\\o"};
	struct rules_machine machine = fake_machine(&fake_win10_full);
	struct rules *rules = rules_new();

	fuzz_assert(rules);
	if (!load(rules, data, len) && !rules_compile(rules, &machine)) {
		for (uint32_t i = 0; i < rules_count(rules); i++)
			check_rule(rules, i);
		fuzz_assert(!rules_components(rules, check_component, NULL));
		for (const struct fake_path *p = fake_win10_full.paths; p->path; p++)
			check_path(rules, p->path, p->attributes);
		for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
			check_path(rules, others[i], 0);
	}
	rules_free(rules);
	return 0;
}
