/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The applets: one file each in cmd/. An applet takes its own argc and argv (argv[0] is its name),
 * returns the process's exit code, and leaves deciding and doing to the engine.
 */
#ifndef HOLDFAST_CMD_CMD_H
#define HOLDFAST_CMD_CMD_H

int cmd_scanstate(int argc, char **argv);
int cmd_loadstate(int argc, char **argv);
int cmd_wipe(int argc, char **argv);
int cmd_hlscan(int argc, char **argv);
int cmd_volumes(int argc, char **argv);
int cmd_unlock(int argc, char **argv);
int cmd_savelogs(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_usmtutils(int argc, char **argv);
int cmd_store(int argc, char **argv);

#endif
