// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The flag that signals set.
 */
#include "engine/cancel.h"

#include <signal.h>

static volatile sig_atomic_t requested;

static void on_signal(int number)
{
	(void)number;
	requested = 1;
}

void cancel_install(void)
{
	/* Without SA_RESETHAND: a second Ctrl+C must not cut a half-written record short. */
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

bool cancel_requested(void)
{
	return requested != 0;
}

void cancel_set(bool on)
{
	requested = on;
}
