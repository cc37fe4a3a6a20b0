/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every CUnit suite; each function registers one with its tests. The list in SUITES is the
 * runner's. */
#ifndef HOLDFAST_TESTS_SUITES_H
#define HOLDFAST_TESTS_SUITES_H

/* clang-format off */
#define SUITES(X) \
	X(base) \
	X(report) \
	X(cmd) \
	X(utils) \
	X(users) \
	X(hive) \
	X(hive_log) \
	X(hive_write) \
	X(choose) \
	X(windows) \
	X(registry) \
	X(people) \
	X(version_resource) \
	X(shell_link) \
	X(examine) \
	X(settings) \
	X(machine) \
	X(fs) \
	X(fs_open) \
	X(fs_copy) \
	X(fs_hostile) \
	X(volume) \
	X(dir_fs) \
	X(bitlocker) \
	X(rules) \
	X(rules_eval) \
	X(rules_files) \
	X(rules_defaults) \
	X(rules_programs) \
	X(rules_helpers) \
	X(rules_objects) \
	X(rules_ini) \
	X(rules_keys) \
	X(rules_apply) \
	X(rules_config) \
	X(rules_apps) \
	X(store) \
	X(catalog_settings) \
	X(journal) \
	X(errors) \
	X(check) \
	X(unclean) \
	X(smart) \
	X(engine) \
	X(mapping) \
	X(restore) \
	X(sam_write) \
	X(restore_settings)
/* clang-format on */

#define DECLARE_SUITE(name) void suite_##name(void);
SUITES(DECLARE_SUITE)

#endif
