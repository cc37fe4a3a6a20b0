/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What machine.c and choose.c share. Used by them only.
 */
#ifndef HOLDFAST_WINDOWS_MACHINE_PRIVATE_H
#define HOLDFAST_WINDOWS_MACHINE_PRIVATE_H

#include "windows/machine.h"

/* A Windows whose hives are there but cannot be used. */
struct damaged_install {
	size_t volume;
	char *directory;
};

/* What machine_open() really allocates; the public part comes first. */
struct machine_private {
	struct machine m;
	struct damaged_install *damaged;
	size_t damaged_count;
	size_t damaged_cap;
	size_t install_cap;
	bool ignore_dirty_flag;
};

/* Makes the view that INSTALL, which is chosen, needs of its volume. 0 or HF_ENOMEM and others. */
int machine_open_view(struct machine *m, const struct windows_install *install);

#endif
