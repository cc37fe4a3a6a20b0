// SPDX-License-Identifier: GPL-2.0-or-later
/* Which keys 32-bit and 64-bit programs share. */
#include "windows/wow64.h"

#include <string.h>
#include <strings.h>

#define NODE "Wow6432Node"
#define CV   "Microsoft\\Windows\\CurrentVersion\\"
#define NT   "Microsoft\\Windows NT\\CurrentVersion\\"

/* Below HKLM\Software, with all that is below them; as of Windows 7 and later. */
static const char *const shared[] = {
	"Clients",
	"Microsoft\\COM3",
	"Microsoft\\Cryptography\\Calais\\Current",
	"Microsoft\\Cryptography\\Calais\\Readers",
	"Microsoft\\Cryptography\\Services",
	"Microsoft\\CTF\\SystemShared",
	"Microsoft\\CTF\\TIP",
	"Microsoft\\DFS",
	"Microsoft\\Driver Signing",
	"Microsoft\\EnterpriseCertificates",
	"Microsoft\\EventSystem",
	"Microsoft\\MSMQ",
	"Microsoft\\Non-Driver Signing",
	"Microsoft\\Notepad\\DefaultFonts",
	"Microsoft\\OLE",
	"Microsoft\\RAS",
	"Microsoft\\RPC",
	"Microsoft\\Shared Tools\\MSInfo",
	"Microsoft\\SystemCertificates",
	"Microsoft\\TermServLicensing",
	"Microsoft\\Transaction Server",
	CV "App Paths",
	CV "Control Panel\\Cursors\\Schemes",
	CV "Explorer\\AutoplayHandlers",
	CV "Explorer\\DriveIcons",
	CV "Explorer\\KindMap",
	CV "Group Policy",
	CV "Policies",
	CV "PreviewHandlers",
	CV "Setup",
	CV "Telephony\\Locations",
	NT "Console",
	NT "FontDpi",
	NT "FontLink",
	NT "FontMapper",
	NT "Fonts",
	NT "FontSubstitutes",
	NT "Gre_Initialize",
	NT "Image File Execution Options",
	NT "LanguagePack",
	NT "NetworkCards",
	NT "Perflib",
	NT "Ports",
	NT "Print",
	NT "ProfileList",
	NT "Time Zones",
	"Policies",
	"RegisteredApplications",
};

/* Below Software\Classes, where all else is shared. */
static const char *const own_classes[] = {
	"CLSID", "DirectShow", "Interface", "Media Type", "MediaFoundation",
};

/* Do NAMES begin with those of PATH ("a\b")? */
static bool begin_with(const char *const *names, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strcspn(path, "\\");

		if (strlen(names[i]) != len || strncasecmp(names[i], path, len) != 0)
			return false;
		if (!path[len])
			return true;
		path += len + 1;
	}
	return false;
}

static bool is_in(const char *name, const char *const *table, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcasecmp(name, table[i]))
			return true;
	return false;
}

bool wow64_is_redirected(const char *const *names, size_t count, size_t *at)
{
	*at = 0;
	if (!count || !strcasecmp(names[0], NODE))
		return false;
	if (!strcasecmp(names[0], "Classes")) {
		*at = 1;
		return count > 1 &&
		       is_in(names[1], own_classes, sizeof(own_classes) / sizeof(*own_classes));
	}
	for (size_t i = 0; i < sizeof(shared) / sizeof(*shared); i++)
		if (begin_with(names, count, shared[i]))
			return false;
	return true;
}
