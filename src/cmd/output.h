/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text file that a command line asks for (/l, /progress, /listfiles, /p). It may be named by a
 * host path, or, as administrators' existing command lines do, by a Windows path on one of the
 * volumes: then it is written on the host first and taken to the volume at the end, when the volume
 * is open for writing anyway.
 */
#ifndef HOLDFAST_CMD_OUTPUT_H
#define HOLDFAST_CMD_OUTPUT_H

#include <stdbool.h>

struct machine;

struct output {
	const char *wanted; /* as on the command line; NULL: not asked for */
	const char *path;   /* host path that is written; NULL: none */
	bool is_temporary;  /* PATH was made here and is removed at the end */
	char buffer[288];
};

/*
 * Decides where to write: SPOOL (a host path, may be NULL) if given, else WANTED when that is a
 * host path, else a temporary file. 0 or HF_EIO with a message.
 */
int output_init(struct output *o, const char *wanted, const char *spool);

/*
 * Takes the finished (closed) file to where it is wanted. A Windows path needs its volume open for
 * writing in MACHINE (may be NULL); otherwise a warning says why it is not there. 0 or an error
 * with a message. Removes a temporary file.
 */
int output_deliver(struct output *o, struct machine *machine);

#endif
