/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of UsmtUtils (USMT specification 3). Knows nothing of disks. */
#ifndef HOLDFAST_CMD_USMTUTILS_OPTIONS_H
#define HOLDFAST_CMD_USMTUTILS_OPTIONS_H

#include "cmd/usmt_options.h"

/*
 * Parses ARGV into O and refuses what does not go together. Afterwards STORE_PATH is the store's
 * folder in normal form, and each entry of NAMES and NOT_NAMES is one pattern. A USMT code as from
 * usmt_options_parse(); free in any case.
 */
int usmtutils_options_parse(struct usmt_options *o, int argc, char **argv);

void usmtutils_help(void);

#endif
