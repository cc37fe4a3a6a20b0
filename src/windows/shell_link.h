/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shell links (.lnk files, [MS-SHLLINK]): what a link points to. Every byte may be hostile. Pure
 * work on bytes; nothing here logs.
 */
#ifndef HOLDFAST_WINDOWS_SHELL_LINK_H
#define HOLDFAST_WINDOWS_SHELL_LINK_H

#include <stddef.h>

/* Largest file that is looked at, in bytes; real links have a few KiB. */
#define SHELL_LINK_MAX (1 << 20)

enum shell_link_kind {
	SHELL_LINK_LOCAL,   /* a path on a drive of the computer: "C:\a\b.exe" */
	SHELL_LINK_NETWORK, /* on a server: "\\server\share\a", or on a mapped drive: "Z:\a" */
	SHELL_LINK_OTHER,   /* no path: control panel, known folder, installer, web address, ... */
	SHELL_LINK_DAMAGED, /* no shell link, or cut off before its target */
};

struct shell_link {
	enum shell_link_kind kind;
	char *path; /* WTF-8; NULL unless LOCAL or NETWORK; owned */
	/*
	 * The target as written with variables ("%windir%\notepad.exe"), or NULL; owned. Windows
	 * prefers it to PATH. May be there for every KIND but DAMAGED.
	 */
	char *variables;
};

/*
 * Reads the LEN bytes of a link. The path is that of LinkInfo, in Unicode where the link has it;
 * without a usable LinkInfo, or when its ANSI text is not ASCII, that of the item ID list. ANSI
 * text is taken as Windows-1252 in the end. 0 or HF_ENOMEM; free OUT with shell_link_free().
 */
int shell_link_parse(const void *data, size_t len, struct shell_link *out);

/* Frees what LINK holds, not LINK itself. */
void shell_link_free(struct shell_link *link);

#endif
