/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options by which every applet says which computer, volume and Windows it means:
 *   --volume C=PATH (repeatable)  --disk-serial S  --volume-label L  --windows DIR
 *   --bitlocker-keys FILE
 */
#ifndef HOLDFAST_CMD_SELECT_H
#define HOLDFAST_CMD_SELECT_H

#include <stddef.h>

#include "windows/machine.h"

#define SELECT_VOLUMES_MAX 26

struct select {
	struct machine_options options; /* points into VOLUMES and the command line */
	struct volume_arg volumes[SELECT_VOLUMES_MAX];
};

/* Prepares S; it must not be moved afterwards. */
void select_init(struct select *s);

/*
 * Takes argv[*INDEX] if it is one of the options, as "--name VALUE" or "--name=VALUE", and moves
 * *INDEX to its last word. Returns 1 when taken, 0 when it is another option, or HF_EINVAL with a
 * message.
 */
int select_take(struct select *s, int argc, char **argv, int *index);

/*
 * The value of option NAME ("--keep") at argv[*INDEX], as "--keep VALUE" or "--keep=VALUE"; moves
 * *INDEX. NULL when argv[*INDEX] is another option; "" with a message when the value is missing.
 */
const char *select_value(const char *name, int argc, char **argv, int *index);

/*
 * Gives the volumes of M their letters when it is clear whose: letters are one Windows's view, and
 * with several and no option that tells which only those given by hand stay. That is no error.
 */
void select_letters(struct machine *m, const struct machine_options *options);

/* The help text of the options. */
extern const char select_help[];

#endif
