/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Volumes that Windows, or their disk, did not leave in a state to be written to: what each state
 * means, in words for one screen, and the two changes that end one at a price. The changes are made
 * with the health check's own reader, sector by sector and without libntfs-3g, so that it is known
 * which sectors change in which order (docs/adr/0012-doctor.md).
 */
#ifndef HOLDFAST_VOLUME_UNCLEAN_H
#define HOLDFAST_VOLUME_UNCLEAN_H

struct block;

enum unclean_reason {
	UNCLEAN_HIBERNATED, /* hiberfil.sys holds a session, or fast start-up */
	UNCLEAN_JOURNAL,    /* $LogFile holds changes */
	UNCLEAN_DIRTY,	    /* the dirty flag is on */
	UNCLEAN_MIRROR,	    /* $MFTMirr and $MFT differ */
	UNCLEAN_SECTORS,    /* the disk has sectors that cannot be read */
	UNCLEAN_REASONS
};

/*
 * What it means, the safe way out, what Holdfast can do and what that costs: at most 12 lines of 80
 * columns, without a line end; static storage.
 */
const char *unclean_explain(enum unclean_reason reason);

enum unclean_change {
	UNCLEAN_DISCARD_SESSION, /* the first 4 KiB of hiberfil.sys become zeros, $LogFile empty */
	UNCLEAN_DISCARD_JOURNAL, /* $LogFile becomes empty */
};

/*
 * Makes CHANGE on the NTFS volume on BLOCK (writable; stays the caller's), which messages call
 * NAME. The dirty flag goes on first and is on the medium before anything else changes, so that
 * Windows checks the volume at its next start; $LogFile's restart pages go last. Cut short
 * anywhere, the volume is still in the state that CHANGE ends, or has only its dirty flag on more:
 * the same call goes on. Returns 0 with status messages that say what was done; HF_EREFUSED with a
 * message when the volume is not in that state, HF_ECORRUPT when the places cannot be told, HF_EIO,
 * HF_ENOTNTFS, HF_EBITLOCKER, HF_ENOMEM, each with a message.
 */
int unclean_discard(struct block *block, enum unclean_change change, const char *name);

#endif
