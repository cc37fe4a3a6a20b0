// SPDX-License-Identifier: GPL-2.0-or-later
/* Closing a text file on the host. */
#include "report/textfile.h"

#include <errno.h>
#include <unistd.h>

#include "report/error.h"

int textfile_close(FILE **file, bool failed)
{
	int ret = failed ? HF_EIO : 0;

	if (!*file)
		return 0;
	if (fflush(*file) || ferror(*file))
		ret = HF_EIO;
	/* A pipe or terminal cannot be synced. */
	if (fsync(fileno(*file)) && errno != EINVAL && errno != EROFS)
		ret = HF_EIO;
	if (fclose(*file))
		ret = HF_EIO;
	*file = NULL;
	return ret;
}
