/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LoadState's command line (USMT specification 2): what its options may not do together.
 */
#ifndef HOLDFAST_CMD_LOADSTATE_OPTIONS_H
#define HOLDFAST_CMD_LOADSTATE_OPTIONS_H

#include "cmd/usmt_options.h"

/* usmt_options_parse() for LoadState, then the combinations. Free with usmt_options_free(). */
int loadstate_options_parse(struct usmt_options *o, int argc, char **argv);

void loadstate_help(void);

#endif
