/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ScanState's command line (USMT specification 1, 1.1): what its options may not do together.
 */
#ifndef HOLDFAST_CMD_SCANSTATE_OPTIONS_H
#define HOLDFAST_CMD_SCANSTATE_OPTIONS_H

#include "cmd/usmt_options.h"
#include "engine/plan.h"

/* usmt_options_parse() for ScanState, then the combinations. Free with usmt_options_free(). */
int scanstate_options_parse(struct usmt_options *o, int argc, char **argv);

/* What /efs says; the default without it. */
enum plan_efs scanstate_efs(const struct usmt_options *o);

void scanstate_help(void);

#endif
