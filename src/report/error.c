// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of errors and return codes. */
#include "report/error.h"

#include <errno.h>
#include <stddef.h>

const char *hf_strerror(int error)
{
	static const char *const text[] = {
		"no error",
		"out of memory",
		"input/output error",
		"not found",
		"exists already",
		"invalid argument",
		"not supported by this version",
		"refused",
		"no space left on the volume",
		"damaged data",
		"in use",
		"Windows is hibernated or uses fast start-up",
		"the volume was not shut down cleanly",
		"not an NTFS volume",
		"a locked BitLocker volume",
		"ambiguous",
		"cancelled",
		"a limit was exceeded",
		"permission denied",
		"opened read-only",
	};
	size_t index = error <= 0 ? (size_t)-error : (size_t)-1;

	return index < sizeof(text) / sizeof(*text) ? text[index] : "unknown error";
}

int hf_from_errno(int errnum)
{
	switch (errnum) {
	case 0:
		return 0;
	case ENOMEM:
		return HF_ENOMEM;
	case ENOENT:
	case ENOTDIR:
		return HF_ENOENT;
	case EEXIST:
		return HF_EEXIST;
	case EINVAL:
		return HF_EINVAL;
	case EOPNOTSUPP:
		return HF_EUNSUPPORTED;
	case ENOSPC:
		return HF_ENOSPC;
	case EBUSY:
		return HF_EBUSY;
	case EACCES:
	case EPERM:
		return HF_EACCES;
	case EROFS:
		return HF_EREADONLY;
	case EMLINK:
	case ENAMETOOLONG:
		return HF_ELIMIT;
	case EINTR:
		return HF_ECANCELLED;
	default:
		return HF_EIO;
	}
}

unsigned hf_win32_code(int error)
{
	switch (error) {
	case HF_ENOENT:
		return 2; /* ERROR_FILE_NOT_FOUND */
	case HF_EACCES:
	case HF_EREFUSED:
		return 5; /* ERROR_ACCESS_DENIED */
	case HF_ENOMEM:
		return 8; /* ERROR_NOT_ENOUGH_MEMORY */
	case HF_EREADONLY:
		return 19; /* ERROR_WRITE_PROTECT */
	case HF_EIO:
		return 23; /* ERROR_CRC */
	case HF_EBUSY:
		return 32; /* ERROR_SHARING_VIOLATION */
	case HF_EUNSUPPORTED:
		return 50; /* ERROR_NOT_SUPPORTED */
	case HF_EEXIST:
		return 80; /* ERROR_FILE_EXISTS */
	case HF_ENOSPC:
		return 112; /* ERROR_DISK_FULL */
	case HF_ELIMIT:
		return 206; /* ERROR_FILENAME_EXCED_RANGE */
	case HF_ECORRUPT:
		return 1392; /* ERROR_FILE_CORRUPT */
	default:
		return 31; /* ERROR_GEN_FAILURE */
	}
}

const char *usmt_code_name(int code)
{
	static const struct {
		int code;
		const char *name;
	} names[] = {
		{USMT_SUCCESS, "SUCCESS"},
		{USMT_DISPLAY_HELP, "DISPLAY_HELP"},
		{USMT_STATUS_CANCELED, "STATUS_CANCELED"},
		{USMT_WOULD_HAVE_FAILED, "WOULD_HAVE_FAILED"},
		{USMT_INVALID_PARAMETERS, "INVALID_PARAMETERS"},
		{USMT_ERROR_OPTION_PARAM_TOO_LARGE, "ERROR_OPTION_PARAM_TOO_LARGE"},
		{USMT_INIT_LOGFILE_FAILED, "INIT_LOGFILE_FAILED"},
		{USMT_ERROR_USE_LAC, "ERROR_USE_LAC"},
		{USMT_INIT_ERROR, "INIT_ERROR"},
		{USMT_INVALID_STORE_LOCATION, "INVALID_STORE_LOCATION"},
		{USMT_UNABLE_GET_SCRIPTFILES, "UNABLE_GET_SCRIPTFILES"},
		{USMT_FAILED_MIGSTARTUP, "FAILED_MIGSTARTUP"},
		{USMT_UNABLE_FINDMIGUNITS, "UNABLE_FINDMIGUNITS"},
		{USMT_FAILED_SETMIGRATIONTYPE, "FAILED_SETMIGRATIONTYPE"},
		{USMT_UNABLE_READKEY, "UNABLE_READKEY"},
		{USMT_ERROR_INSUFFICIENT_RIGHTS, "ERROR_INSUFFICIENT_RIGHTS"},
		{USMT_UNABLE_DELETE_STORE, "UNABLE_DELETE_STORE"},
		{USMT_ERROR_UNSUPPORTED_PLATFORM, "ERROR_UNSUPPORTED_PLATFORM"},
		{USMT_ERROR_NO_INVALID_KEY, "ERROR_NO_INVALID_KEY"},
		{USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE, "ERROR_CORRUPTED_NOTENCRYPTED_STORE"},
		{USMT_UNABLE_TO_READ_CONFIG_FILE, "UNABLE_TO_READ_CONFIG_FILE"},
		{USMT_ERROR_UNABLE_CREATE_PROGRESS_LOG, "ERROR_UNABLE_CREATE_PROGRESS_LOG"},
		{USMT_PREFLIGHT_FILE_CREATION_FAILED, "PREFLIGHT_FILE_CREATION_FAILED"},
		{USMT_ERROR_CORRUPTED_STORE, "ERROR_CORRUPTED_STORE"},
		{USMT_MIGRATION_STOPPED_NONFATAL, "MIGRATION_STOPPED_NONFATAL"},
		{USMT_INIT_OPERATING_ENVIRONMENT_FAILED, "INIT_OPERATING_ENVIRONMENT_FAILED"},
		{USMT_UNABLE_DOMIGRATION, "UNABLE_DOMIGRATION"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].code == code)
			return names[i].name;
	return "UNKNOWN";
}
