/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SIGINT, SIGTERM and SIGHUP ask the engine to stop: it finishes the object at hand, syncs the
 * volume and returns HF_ECANCELLED.
 */
#ifndef HOLDFAST_ENGINE_CANCEL_H
#define HOLDFAST_ENGINE_CANCEL_H

#include <stdbool.h>

/* Installs the signal handlers; call once before work that writes. */
void cancel_install(void);

/* True once the run was asked to stop. */
bool cancel_requested(void);

/* Asks for it, or takes it back (tests). */
void cancel_set(bool requested);

#endif
