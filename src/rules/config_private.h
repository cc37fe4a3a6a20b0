/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Config.xml as config.c reads it and config_profile.c answers from it. Private to src/rules.
 */
#ifndef HOLDFAST_RULES_CONFIG_PRIVATE_H
#define HOLDFAST_RULES_CONFIG_PRIVATE_H

#include "rules/config.h"
#include "rules/model.h"

struct config_component {
	const char *id;
	bool migrate;
};

/* An entry of ErrorControl or HardLinkStoreControl. */
struct config_policy {
	struct pattern pattern;
	enum rules_object_type type;
	bool locked;   /* of HardLinkStoreControl */
	int verdict;   /* enum rules_error_policy or rules_locked_policy */
	unsigned code; /* 0: any */
};

struct rules_config {
	const char *name;
	struct xml_doc doc;
	struct arena arena;
	struct config_component *components;
	size_t component_count, component_cap;
	struct config_policy *policies;
	size_t policy_count, policy_cap;
	struct rules_profile_entry *profile;
	size_t profile_count, profile_cap;
};

#endif
