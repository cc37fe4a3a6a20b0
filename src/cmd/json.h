/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON on standard output, for the applets with --json. */
#ifndef HOLDFAST_CMD_JSON_H
#define HOLDFAST_CMD_JSON_H

/* Prints TEXT (WTF-8; NULL is "") as a JSON string; lone surrogates become \u escapes. */
void json_string(const char *text);

/* Prints "NAME": "VALUE" and ", ". */
void json_field(const char *name, const char *value);

#endif
