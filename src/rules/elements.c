// SPDX-License-Identifier: GPL-2.0-or-later
// The elements of USMT specification 4.2: their names, where they may stand, and what becomes of
// them at ScanState.
#include <string.h>
#include <strings.h>

#include "rules/model.h"

#define IN(kind) ELEMENT_BIT(EL_##kind)

#define IN_SETS                                                                                    \
	(IN(VARIABLE) | IN(CONTENT) | IN(INCLUDE) | IN(EXCLUDE) | IN(UNCONDITIONAL_EXCLUDE) |      \
	 IN(DETECT) | IN(MERGE) | IN(CONTENT_MODIFY) | IN(LOCATION_MODIFY) | IN(CLEANUP) |         \
	 IN(INCLUDE_ATTRIBUTES) | IN(EXCLUDE_ATTRIBUTES))

static const struct element_info elements[] = {
	{"migration", EL_MIGRATION, 0},
	{"namedElements", EL_NAMED_ELEMENTS, IN(MIGRATION)},
	{"component", EL_COMPONENT, IN(MIGRATION) | IN(ROLE)},
	{"displayName", EL_DISPLAY_NAME, IN(COMPONENT)},
	{"role", EL_ROLE, IN(COMPONENT) | IN(ROLE)},
	{"environment", EL_ENVIRONMENT, IN(COMPONENT) | IN(ROLE) | IN(NAMED_ELEMENTS)},
	{"variable", EL_VARIABLE, IN(ENVIRONMENT)},
	{"text", EL_TEXT, IN(VARIABLE) | IN(LOCATION)},
	{"script", EL_SCRIPT, IN(VARIABLE) | IN(OBJECT_SET) | IN(LOCATION) | IN(ADD_OBJECTS)},
	{"detection", EL_DETECTION, IN(ROLE) | IN(NAMED_ELEMENTS)},
	{"detects", EL_DETECTS, IN(ROLE) | IN(RULES) | IN(NAMED_ELEMENTS)},
	{"detect", EL_DETECT, IN(DETECTS) | IN(DETECT) | IN(NAMED_ELEMENTS)},
	{"conditions", EL_CONDITIONS,
	 IN(DETECTION) | IN(ENVIRONMENT) | IN(RULES) | IN(OBJECT_SET) | IN(CONDITIONS) |
		 IN(ADD_OBJECTS) | IN(NAMED_ELEMENTS)},
	{"condition", EL_CONDITION, IN(CONDITIONS) | IN(DETECT) | IN(OBJECT_SET) | IN(ADD_OBJECTS)},
	{"rules", EL_RULES, IN(ROLE) | IN(RULES) | IN(NAMED_ELEMENTS)},
	{"include", EL_INCLUDE, IN(RULES)},
	{"exclude", EL_EXCLUDE, IN(RULES)},
	{"unconditionalExclude", EL_UNCONDITIONAL_EXCLUDE, IN(RULES)},
	{"objectSet", EL_OBJECT_SET, IN_SETS},
	{"pattern", EL_PATTERN, IN(OBJECT_SET)},
	{"extensions", EL_EXTENSIONS, IN(COMPONENT)},
	{"extension", EL_EXTENSION, IN(EXTENSIONS)},

	{"manufacturer", EL_INFORMATION, IN(COMPONENT)},
	{"version", EL_INFORMATION, IN(COMPONENT)},
	{"description", EL_INFORMATION, IN(COMPONENT)},
	{"paths", EL_INFORMATION, IN(COMPONENT)},
	{"icon", EL_INFORMATION, IN(COMPONENT)},
	{"_locDefinition", EL_INFORMATION, IN(MIGRATION)},
	{"library", EL_INFORMATION, IN(MIGRATION)},
	{"plugin", EL_INFORMATION, IN(ROLE)},
	{"windowsObjects", EL_INFORMATION, IN(MIGRATION) | IN(COMPONENT) | IN(ROLE) | IN(RULES)},

	{"merge", EL_MERGE, IN(RULES)},
	{"contentModify", EL_CONTENT_MODIFY, IN(RULES)},
	{"locationModify", EL_LOCATION_MODIFY, IN(RULES)},
	{"destinationCleanup", EL_CLEANUP, IN(RULES)},
	{"includeAttributes", EL_INCLUDE_ATTRIBUTES, IN(RULES)},
	{"excludeAttributes", EL_EXCLUDE_ATTRIBUTES, IN(RULES)},
	{"content", EL_CONTENT, IN(OBJECT_SET)},

	{"addObjects", EL_ADD_OBJECTS, IN(RULES)},
	{"object", EL_OBJECT, IN(ADD_OBJECTS)},
	{"location", EL_LOCATION, IN(OBJECT)},
	{"attributes", EL_ATTRIBUTES, IN(OBJECT)},
	{"bytes", EL_BYTES, IN(OBJECT)},

	{"externalProcess", EL_OFFLINE, IN(RULES)},
	{"processing", EL_OFFLINE, IN(RULES)},
};

const struct element_info *element_find(const char *name, const char **alike)
{
	*alike = NULL;
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
		if (!strcmp(elements[i].name, name))
			return &elements[i];
		if (!strcasecmp(elements[i].name, name))
			*alike = elements[i].name;
	}
	return NULL;
}
