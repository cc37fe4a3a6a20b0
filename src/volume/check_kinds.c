// SPDX-License-Identifier: GPL-2.0-or-later
/* What the check can find: lasting names for programs, severity, and the meaning for people. */
#include "volume/check.h"

static const struct {
	const char *name;
	enum check_severity severity;
	const char *meaning;
} kinds[CHECK_KINDS] = {
	[CHECK_BOOT_DAMAGED] = {"boot-sector", CHECK_ERROR,
				"Windows does not recognise the volume without its boot sector."},
	[CHECK_BOOT_BACKUP] = {"boot-backup", CHECK_NOTE,
			       "Should the boot sector be lost, its copy could not replace it."},
	[CHECK_TOO_SHORT] = {"too-short", CHECK_ERROR,
			     "The end of the volume is missing, with the files that lie there."},
	[CHECK_UNREADABLE] = {"unreadable", CHECK_ERROR,
			      "The disk is failing: copy it before anything else."},
	[CHECK_MFT_DAMAGED] = {"mft", CHECK_ERROR,
			       "The list of all files cannot be read; nothing more was checked."},
	[CHECK_MIRROR_DIFFERS] = {"mft-mirror", CHECK_ERROR,
				  "One of the two copies of the MFT's first records is wrong."},
	[CHECK_SYSTEM_FILE] = {"system-file", CHECK_ERROR,
			       "A file that NTFS itself needs is damaged."},
	[CHECK_RECORD_TORN] = {"record-torn", CHECK_ERROR,
			       "A write of this record was cut off half way: its file is damaged."},
	[CHECK_FREE_RECORD_TORN] = {"free-record-torn", CHECK_NOTE,
				    "A write was cut off half way, in a record that no file uses."},
	[CHECK_RECORD_DAMAGED] = {"record", CHECK_ERROR,
				  "The file of this record cannot be read completely."},
	[CHECK_RECORD_UNMARKED] = {"record-unmarked", CHECK_ERROR,
				   "The next new file would overwrite this one's record."},
	[CHECK_RECORD_LEAKED] = {"record-leaked", CHECK_LEAK,
				 "Records marked as taken that no file uses."},
	[CHECK_RUNS_DAMAGED] = {"runs", CHECK_ERROR,
				"It is not known where the data of this file lies."},
	[CHECK_SIZES_WRONG] = {"sizes", CHECK_ERROR,
			       "The sizes of this file contradict its place on the disk."},
	[CHECK_LIST_DAMAGED] = {"attribute-list", CHECK_ERROR,
				"Parts of this file cannot be found, or wrong ones are."},
	[CHECK_EXTENSION_LOST] = {"extension-lost", CHECK_ERROR,
				  "A part of a file that no longer belongs to any."},
	[CHECK_NAME_UNINDEXED] = {"name-unindexed", CHECK_ERROR,
				  "The file is not shown in its folder under this name."},
	[CHECK_ENTRY_DANGLING] = {"entry-dangling", CHECK_ERROR,
				  "The folder shows a name behind which there is no file."},
	[CHECK_ENTRY_WRONG] = {"entry-wrong", CHECK_ERROR,
			       "The folder shows a name that its file does not have."},
	[CHECK_LINK_COUNT] = {"link-count", CHECK_ERROR,
			      "Deleting one name could delete the file, or never free it."},
	[CHECK_ORPHAN] = {"orphan", CHECK_ERROR, "The file has no name: nobody can reach it."},
	[CHECK_UNREACHABLE] = {"unreachable", CHECK_ERROR,
			       "The folder and all in it cannot be reached from the root."},
	[CHECK_INDEX_DAMAGED] = {"index", CHECK_ERROR,
				 "Some of the folder's names are lost or cannot be found."},
	[CHECK_INDEX_ORDER] = {"index-order", CHECK_ERROR,
			       "Names in a wrong place are shown but cannot be opened."},
	[CHECK_INDEX_UNMARKED] = {"index-unmarked", CHECK_ERROR,
				  "New names in the folder would overwrite others."},
	[CHECK_INDEX_LEAKED] = {"index-leaked", CHECK_LEAK,
				"Index blocks marked as taken that hold no names."},
	[CHECK_CLUSTER_SHARED] = {"cluster-shared", CHECK_ERROR,
				  "Two files claim the same place: at least one has wrong data."},
	[CHECK_CLUSTER_UNMARKED] = {"cluster-unmarked", CHECK_ERROR,
				    "New files would overwrite the data of these."},
	[CHECK_CLUSTER_LEAKED] = {"cluster-leaked", CHECK_LEAK,
				  "Space marked as taken that no file uses."},
	[CHECK_CLUSTER_BAD] = {"cluster-bad", CHECK_NOTE,
			       "Windows found these clusters unreadable and avoids them."},
	[CHECK_SECURITY_MISSING] = {"security-missing", CHECK_ERROR,
				    "It is not known who may use this file."},
	[CHECK_SECURITY_DAMAGED] = {"security", CHECK_ERROR,
				    "Some security descriptors cannot be found or are damaged."},
	[CHECK_DIRTY] = {"dirty", CHECK_NOTE,
			 "Windows or another program noticed trouble and wants chkdsk to look."},
	[CHECK_JOURNAL] = {"journal", CHECK_NOTE,
			   "Windows was not shut down: it will complete or undo its last changes."},
	[CHECK_HIBERNATED] =
		{"hibernated", CHECK_NOTE,
		 "Windows is asleep on this volume and still holds changes in memory."},
	[CHECK_INTERRUPTED] =
		{"interrupted", CHECK_NOTE,
		 "Nothing is lost: the next command of Holdfast that changes the volume goes on."},
	[CHECK_STALE] = {"stale-journal", CHECK_NOTE,
			 "What that command had not put in place yet is lost; the next one begins "
			 "anew."},
};

const char *check_kind_name(enum check_kind kind)
{
	return kinds[kind].name;
}

enum check_severity check_kind_severity(enum check_kind kind)
{
	return kinds[kind].severity;
}

const char *check_kind_meaning(enum check_kind kind)
{
	return kinds[kind].meaning;
}
