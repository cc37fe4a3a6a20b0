// SPDX-License-Identifier: GPL-2.0-or-later
/* What it means that a volume is not clean, and the ways out; a screen each. */
#include "volume/unclean.h"

static const char *const texts[UNCLEAN_REASONS] = {
	[UNCLEAN_HIBERNATED] =
		"What it means: this Windows was hibernated, shut down with fast start-up (which\n"
		"  is what \"Shut down\" does by default), or lost its power while running. It\n"
		"  still holds changes to the volume; writing beside them destroys files.\n"
		"The safe way: start this Windows, run \"shutdown /s /t 0\" and try again.\n"
		"  (\"powercfg /h off\" turns fast start-up off for good.)\n"
		"What Holdfast can do: holdfast doctor C: --discard-hibernated-session\n"
		"What that costs: open programs with unsaved work, and changes to files that\n"
		"  Windows had not written yet; files that were being changed may be damaged. The\n"
		"  dirty flag is set, so that Windows checks the volume when it starts again.",
	[UNCLEAN_JOURNAL] =
		"What it means: Windows was not shut down, or the disk was pulled out. Changes\n"
		"  that were half done stand in the volume's journal; Windows completes or undoes\n"
		"  them when it uses the volume again.\n"
		"The safe way: start Windows once and shut it down with \"shutdown /s /t 0\", or\n"
		"  run \"chkdsk C: /f\" from a Windows installation medium (Shift+F10).\n"
		"What Holdfast can do: holdfast doctor C: --discard-unwritten-journal\n"
		"What that costs: the last seconds of changes to files and folders; what was half\n"
		"  done stays so, and files may be lost by it. The dirty flag is set, so that\n"
		"  Windows checks the volume when it starts again.",
	[UNCLEAN_DIRTY] =
		"What it means: Windows or another program noticed trouble on the volume and\n"
		"  marked it as damaged (dirty), so that chkdsk looks at it.\n"
		"The safe way: run \"chkdsk C: /f\" in Windows or from a Windows installation\n"
		"  medium (Shift+F10), then try again.\n"
		"What Holdfast can do: with --ignore-dirty-flag, scanstate, loadstate and wipe\n"
		"  check the volume themselves and go on when they find no error.\n"
		"What that costs: damage that this check does not know stays, and what is copied\n"
		"  or linked may be damaged. The flag stays on for chkdsk.",
	[UNCLEAN_MIRROR] =
		"What it means: the first records of the list of all files ($MFT) and their copy\n"
		"  ($MFTMirr) contradict each other. A write was cut off, or the disk is failing.\n"
		"The safe way: copy what matters or the whole disk, then run \"chkdsk C: /f\" in\n"
		"  Windows or from a Windows installation medium (Shift+F10).\n"
		"What Holdfast can do: say what is damaged (holdfast doctor C:). It repairs\n"
		"  nothing, because it cannot know which of the two is right.",
	[UNCLEAN_SECTORS] =
		"What it means: the disk has sectors that cannot be read. It is failing; every\n"
		"  further hour of use may cost more files.\n"
		"The safe way: copy the whole disk to another one first (ddrescue), check cables,\n"
		"  and go on with the copy: \"chkdsk C: /f\", then Holdfast.\n"
		"What Holdfast can do: say which files are hit (holdfast doctor C: --surface),\n"
		"  which reads the whole disk once more. It writes to no such volume.",
};

const char *unclean_explain(enum unclean_reason reason)
{
	return texts[reason];
}
