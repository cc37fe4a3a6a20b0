/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The volume that a command works on. Normally the one that the chosen Windows calls by the letter;
 * on a volume that was wiped there is no Windows any more to say so, and the store tells.
 */
#ifndef HOLDFAST_ENGINE_TARGET_H
#define HOLDFAST_ENGINE_TARGET_H

struct machine;
struct machine_options;

/*
 * Chooses the Windows of M by OPTIONS, so that volumes have their letters. When no volume that fits
 * OPTIONS holds a Windows, the only one of them with a complete store and the volumes with its
 * parts get the letters that they were captured under, LETTER among them, and m->chosen stays NULL.
 * HF_ENOENT, HF_EAMBIGUOUS or what machine_choose() returns, with a message.
 */
int target_choose(struct machine *m, const struct machine_options *options, char letter);

#endif
