/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can go wrong, in two vocabularies: ours (enum hf_error, what functions return) and USMT's
 * (enum usmt_code, what the process returns; USMT specification 9.1). The message for an error is
 * given once, by log_error(), where the fault is known; callers only pass the number on.
 */
#ifndef HOLDFAST_REPORT_ERROR_H
#define HOLDFAST_REPORT_ERROR_H

/* Functions return 0 or one of these. */
enum hf_error {
	HF_OK = 0,
	HF_ENOMEM = -1,	      /* out of memory */
	HF_EIO = -2,	      /* a device or host file could not be read or written */
	HF_ENOENT = -3,	      /* no such object */
	HF_EEXIST = -4,	      /* the object exists already */
	HF_EINVAL = -5,	      /* bad option, pattern or argument */
	HF_EUNSUPPORTED = -6, /* valid, but not done by this version */
	HF_EREFUSED = -7,     /* refused for safety's sake; nothing was changed */
	HF_ENOSPC = -8,	      /* the volume is full, or too full to begin */
	HF_ECORRUPT = -9,     /* on-disk structure, hive, catalog or XML is damaged */
	HF_EBUSY = -10,	      /* somebody else has the volume open */
	HF_EHIBERNATED = -11, /* hibernated Windows or fast start-up */
	HF_EUNCLEAN = -12,    /* NTFS journal not empty, or dirty flag set */
	HF_ENOTNTFS = -13,    /* another file system, or none */
	HF_EBITLOCKER = -14,  /* a BitLocker volume that is locked */
	HF_EAMBIGUOUS = -15,  /* several candidates and no choice given */
	HF_ECANCELLED = -16,  /* the user or a signal asked to stop */
	HF_ELIMIT = -17,      /* a limit was reached (depth, size, number of names) */
	HF_EACCES = -18,      /* not permitted */
	HF_EREADONLY = -19,   /* opened read-only */
};

/* A short English name for ERROR (an enum hf_error or 0), never NULL; static storage. */
const char *hf_strerror(int error);

/* Maps a (positive) errno value to the nearest enum hf_error. */
int hf_from_errno(int errnum);

/* The Win32 error number nearest to ERROR (an enum hf_error), as ErrorControl and logs name it. */
unsigned hf_win32_code(int error);

/* Process exit codes of ScanState, LoadState and UsmtUtils; USMT specification 9.1. */
enum usmt_code {
	USMT_SUCCESS = 0,
	USMT_DISPLAY_HELP = 1,
	USMT_STATUS_CANCELED = 2,
	USMT_WOULD_HAVE_FAILED = 3,
	USMT_INVALID_PARAMETERS = 11,
	USMT_ERROR_OPTION_PARAM_TOO_LARGE = 12,
	USMT_INIT_LOGFILE_FAILED = 13,
	USMT_ERROR_USE_LAC = 14,
	USMT_INIT_ERROR = 26,
	USMT_INVALID_STORE_LOCATION = 27,
	USMT_UNABLE_GET_SCRIPTFILES = 28,
	USMT_FAILED_MIGSTARTUP = 29,
	USMT_UNABLE_FINDMIGUNITS = 31,
	USMT_FAILED_SETMIGRATIONTYPE = 32,
	USMT_UNABLE_READKEY = 33,
	USMT_ERROR_INSUFFICIENT_RIGHTS = 34,
	USMT_UNABLE_DELETE_STORE = 35,
	USMT_ERROR_UNSUPPORTED_PLATFORM = 36,
	USMT_ERROR_NO_INVALID_KEY = 37,
	USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE = 38,
	USMT_UNABLE_TO_READ_CONFIG_FILE = 39,
	USMT_ERROR_UNABLE_CREATE_PROGRESS_LOG = 40,
	USMT_PREFLIGHT_FILE_CREATION_FAILED = 41,
	USMT_ERROR_CORRUPTED_STORE = 42,
	USMT_MIGRATION_STOPPED_NONFATAL = 61,
	USMT_INIT_OPERATING_ENVIRONMENT_FAILED = 71,
	USMT_UNABLE_DOMIGRATION = 72,
};

/* USMT's symbolic name of CODE without the USMT_ prefix, or "UNKNOWN"; static storage. */
const char *usmt_code_name(int code);

#endif
