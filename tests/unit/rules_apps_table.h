/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each component of our own rule files takes and leaves, for test_rules_apps.c. The files and
 * registry values named here are also all there is on the computer of that test.
 */
#ifndef HOLDFAST_TESTS_RULES_APPS_TABLE_H
#define HOLDFAST_TESTS_RULES_APPS_TABLE_H

#include <stdbool.h>

struct app_row {
	const char *component;
	bool taken;
	const char *object; /* "C:\a\b.txt", "HKCU\Software\X [value]" */
};

/* A registry value whose content matters. */
struct app_value {
	const char *key, *name;
	char kind; /* s: REG_SZ, u: REG_BINARY with UTF-16, a: REG_BINARY with ANSI */
	const char *text;
};

#define ROAM	    "C:\\Users\\ann\\AppData\\Roaming\\"
#define LOCAL	    "C:\\Users\\ann\\AppData\\Local\\"
#define HOME	    "C:\\Users\\ann\\"
#define DOCS_	    HOME "Documents\\"
#define PKG	    LOCAL "Packages\\"
#define SOFT	    "HKCU\\Software\\"
#define MS	    SOFT "Microsoft\\"
#define CV	    MS "Windows\\CurrentVersion\\"
#define CPL	    "HKCU\\Control Panel\\"
#define OFF16	    MS "Office\\16.0\\"
#define OFF15	    MS "Office\\15.0\\"
#define OFF14	    MS "Office\\14.0\\"
#define SESSION_ENV "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment "

#define MAPI_PROFILES MS "Windows NT\\CurrentVersion\\Windows Messaging Subsystem\\Profiles"

/* One row that is taken and one that is not, for each program of one version of Office. */
#define OFFICE_ROWS(version, key)                                                                  \
	{"Access " version, true, key "Access\\Settings [MRU]"},                                   \
		{"Access " version, false, key "Excel\\Options [Font]"},                           \
		{"Excel " version, true, key "Excel\\Options [Font]"},                             \
		{"Excel " version, false, key "Access\\Settings [MRU]"},                           \
		{"OneNote " version, true, key "OneNote\\Options [x]"},                            \
		{"OneNote " version, true,                                                         \
		 LOCAL "Microsoft\\OneNote\\" version "\\Backup\\a.one"},                          \
		{"OneNote " version, false, LOCAL "Microsoft\\OneNote\\9.0\\x.one"},               \
		{"Outlook " version, true, key "Outlook\\Preferences [x]"},                        \
		{"Outlook " version, false, key "Outlook\\Search\\Catalog [C:\\x.pst]"},           \
		{"PowerPoint " version, true, key "PowerPoint\\Options [x]"},                      \
		{"PowerPoint " version, false, key "Word\\Options [x]"},                           \
		{"Project " version, true, key "MS Project\\Options [x]"},                         \
		{"Project " version, false, key "Word\\Options [x]"},                              \
		{"Publisher " version, true, key "Publisher\\Preferences [x]"},                    \
		{"Publisher " version, false, key "Word\\Options [x]"},                            \
		{"Visio " version, true, key "Visio\\Application [x]"},                            \
		{"Visio " version, false, key "Word\\Options [x]"},                                \
		{"Word " version, true, key "Word\\Options [x]"},                                  \
		{"Word " version, false, key "Word\\Options [PROGRAMDIR]"},                        \
		{"Word " version, false, key "Word\\Data [Settings]"},                             \
		{"Office " version " common settings", true, key "Common\\General [Theme]"},       \
		{"Office " version " common settings", true,                                       \
		 LOCAL "Microsoft\\Office\\" version "\\OfficeFileCache\\pending.fsd"},            \
		{"Office " version " common settings", false,                                      \
		 key "Common\\Identity [ConnectedAcc]"},                                           \
	{                                                                                          \
		"Office " version " common settings", false,                                       \
			LOCAL "Microsoft\\Office\\" version "\\WebServiceCache\\x.xml"             \
	}

#define BROWSER_ROWS(name, data, profile)                                                          \
	{name, true, data profile "\\Bookmarks"}, {name, true, data profile "\\History"},          \
		{name, true, data profile "\\Extensions\\abc\\1.0\\manifest.json"},                \
		{name, true, data "Local State"},                                                  \
		{name, false, data profile "\\Cache\\Cache_Data\\f_000001"},                       \
		{name, false, data profile "\\Code Cache\\js\\index"},                             \
		{name, false, data profile "\\GPUCache\\data_1"},                                  \
		{name, false, data profile "\\Service Worker\\CacheStorage\\x\\y"},                \
		{name, false, data "ShaderCache\\data_1"},                                         \
	{                                                                                          \
		name, false, data "Crashpad\\reports\\a.dmp"                                       \
	}

static const struct app_row migapp_rows[] = {
	{"Microsoft Office files of the user", true, ROAM "Microsoft\\Templates\\Normal.dotm"},
	{"Microsoft Office files of the user", true, ROAM "Microsoft\\Word\\AutoRecovery.asd"},
	{"Microsoft Office files of the user", true,
	 ROAM "Microsoft\\Excel\\XLSTART\\PERSONAL.XLSB"},
	{"Microsoft Office files of the user", true, ROAM "Microsoft\\UProof\\CUSTOM.DIC"},
	{"Microsoft Office files of the user", true, ROAM "Microsoft\\Vorlagen\\Brief.dotx"},
	{"Microsoft Office files of the user", true,
	 LOCAL "Microsoft\\Office\\UnsavedFiles\\a((Unsaved)).asd"},
	{"Microsoft Office files of the user", true, LOCAL "Microsoft\\Office\\Word.officeUI"},
	{"Microsoft Office files of the user", false, LOCAL "Microsoft\\Office\\OTele\\x.db"},
	{"Outlook data files", true, DOCS_ "Outlook Files\\ann.pst"},
	{"Outlook data files", true, LOCAL "Microsoft\\Outlook\\old.pst"},
	{"Outlook data files", true, HOME "Loose\\deep\\archive.PST"},
	{"Outlook data files", false, HOME "Loose\\deep\\archive.pst.txt"},
	{"Outlook offline files", true, LOCAL "Microsoft\\Outlook\\ann@example.com.ost"},
	{"Outlook offline files", false, LOCAL "Microsoft\\Outlook\\RoamCache\\x.ost"},
	{"Outlook signatures and settings files", true, ROAM "Microsoft\\Signatures\\ann.htm"},
	{"Outlook signatures and settings files", true, ROAM "Microsoft\\Signaturen\\ann.htm"},
	{"Outlook signatures and settings files", true, ROAM "Microsoft\\Outlook\\Outlook.srs"},
	{"Outlook signatures and settings files", true,
	 LOCAL "Microsoft\\Outlook\\RoamCache\\Stream_Autocomplete_0.dat"},
	{"Outlook signatures and settings files", false,
	 LOCAL "Microsoft\\Outlook\\ann@example.com.ost"},
	{"Outlook signatures and settings files", false,
	 LOCAL "Microsoft\\Outlook\\Offline Address Books\\u.oab"},
	{"Outlook 16.0", true, "D:\\Mail\\linked1.pst"},
	{"Outlook 16.0", true, "D:\\Mail\\linked2.pst"},
	{"Outlook 16.0", true, "D:\\Mail\\linked3.pst"},
	{"Outlook 16.0", true, "D:\\Mail\\linked4.pst"},
	{"Outlook 16.0", true, "D:\\Mail\\linked5.pst"},
	{"Outlook 16.0", true, "D:\\Mail\\linked6.pst"},
	{"Outlook 16.0", true, "D:\\Mail\\linked7.pst"},
	{"Outlook 16.0", true, "D:\\Mail\\linked8.pst"},
	{"Outlook 16.0", true, "D:\\Mail\\linked9.pst"},
	{"Outlook 16.0", true, "D:\\Mail\\linked10.pst"},
	{"Outlook 16.0", true, "D:\\Mail\\linked11.pst"},
	{"Outlook 16.0", true, "D:\\Mail\\linked12.pst"},
	{"Outlook 16.0", false, "D:\\Mail\\other.pst"},
	{"OneNote for Windows 10", true,
	 PKG "Microsoft.Office.OneNote_8wekyb3d8bbwe\\LocalState\\AppData\\Local\\OneNote\\a.one"},
	{"OneNote for Windows 10", false,
	 PKG "Microsoft.Office.OneNote_8wekyb3d8bbwe\\AC\\INetCache\\x"},
	OFFICE_ROWS("16.0", OFF16),
	OFFICE_ROWS("15.0", OFF15),
	OFFICE_ROWS("14.0", OFF14),
	{"LibreOffice", true, ROAM "LibreOffice\\4\\user\\registrymodifications.xcu"},
	{"LibreOffice", false, ROAM "LibreOffice\\4\\crash\\x.dmp"},
	BROWSER_ROWS("Google Chrome", LOCAL "Google\\Chrome\\User Data\\", "Default"),
	BROWSER_ROWS("Microsoft Edge", LOCAL "Microsoft\\Edge\\User Data\\", "Profile 1"),
	BROWSER_ROWS("Brave", LOCAL "BraveSoftware\\Brave-Browser\\User Data\\", "Default"),
	BROWSER_ROWS("Vivaldi", LOCAL "Vivaldi\\User Data\\", "Default"),
	BROWSER_ROWS("Chromium", LOCAL "Chromium\\User Data\\", "Default"),
	BROWSER_ROWS("Opera", ROAM "Opera Software\\", "Opera Stable"),
	{"Google Chrome", false, LOCAL "Google\\Chrome\\Application\\chrome.exe"},
	{"Mozilla Firefox", true, ROAM "Mozilla\\Firefox\\Profiles\\a.default\\places.sqlite"},
	{"Mozilla Firefox", true, ROAM "Mozilla\\Firefox\\profiles.ini"},
	{"Mozilla Firefox", false,
	 ROAM "Mozilla\\Firefox\\Profiles\\a.default\\cache2\\entries\\1"},
	{"Mozilla Firefox", false,
	 LOCAL "Mozilla\\Firefox\\Profiles\\a.default\\cache2\\entries\\1"},
	{"Mozilla Firefox", false, ROAM "Mozilla\\Firefox\\Crash Reports\\x.dmp"},
	{"Mozilla Thunderbird", true, ROAM "Thunderbird\\Profiles\\a\\Mail\\Local Folders\\Inbox"},
	{"Mozilla Thunderbird", true, ROAM "Thunderbird\\Profiles\\a\\ImapMail\\srv\\INBOX"},
	{"Mozilla Thunderbird", false, ROAM "Thunderbird\\Profiles\\a\\cache2\\entries\\1"},
	{"Windows Mail and Outlook Express", true, LOCAL "Microsoft\\Windows Live Mail\\a\\b.eml"},
	{"Windows Mail and Outlook Express", true,
	 LOCAL "Identities\\{1}\\Microsoft\\Outlook Express\\Inbox.dbx"},
	{"Windows Mail and Outlook Express", false, LOCAL "Microsoft\\Media Player\\x.wmdb"},
	{"Microsoft Teams backgrounds", true, ROAM "Microsoft\\Teams\\Backgrounds\\Uploads\\a.jpg"},
	{"Microsoft Teams backgrounds", true,
	 PKG "MSTeams_8wekyb3d8bbwe\\LocalCache\\Microsoft\\MSTeams\\Backgrounds\\Uploads\\b.jpg"},
	{"Microsoft Teams backgrounds", false, ROAM "Microsoft\\Teams\\Cache\\f_1"},
	{"Microsoft Teams backgrounds", false,
	 PKG "MSTeams_8wekyb3d8bbwe\\LocalCache\\Microsoft\\MSTeams\\EBWebView\\x"},
	{"Microsoft Teams (classic) settings", true, ROAM "Microsoft\\Teams\\desktop-config.json"},
	{"Microsoft Teams (classic) settings", false, ROAM "Microsoft\\Teams\\Cookies"},
	{"Zoom", true, ROAM "Zoom\\data\\VirtualBkgnd_Custom\\{1}"},
	{"Zoom", true, SOFT "ZoomUMX [x]"},
	{"Zoom", false, ROAM "Zoom\\bin\\Zoom.exe"},
	{"Zoom", false, ROAM "Zoom\\logs\\a.log"},
	{"Slack", true, ROAM "Slack\\storage\\root-state.json"},
	{"Slack", false, ROAM "Slack\\Cache\\Cache_Data\\f_1"},
	{"Spotify", true, ROAM "Spotify\\prefs"},
	{"Spotify", true, ROAM "Spotify\\Users\\ann-user\\prefs"},
	{"Spotify", false, ROAM "Spotify\\Spotify.exe"},
	{"Spotify", false, LOCAL "Spotify\\Storage\\00\\x.file"},
	{"Sticky Notes", true, ROAM "Microsoft\\Sticky Notes\\StickyNotes.snt"},
	{"Sticky Notes", true,
	 PKG "Microsoft.MicrosoftStickyNotes_8wekyb3d8bbwe\\LocalState\\plum.sqlite"},
	{"Sticky Notes", true,
	 PKG "Microsoft.MicrosoftStickyNotes_8wekyb3d8bbwe\\LocalState\\plum.sqlite-wal"},
	{"Sticky Notes", false, PKG "Microsoft.MicrosoftStickyNotes_8wekyb3d8bbwe\\AC\\Temp\\x"},
	{"Windows Notepad", true,
	 PKG "Microsoft.WindowsNotepad_8wekyb3d8bbwe\\LocalState\\TabState\\a.bin"},
	{"Windows Notepad", true, MS "Notepad [lfFaceName]"},
	{"Windows Notepad", false, PKG "Microsoft.WindowsNotepad_8wekyb3d8bbwe\\TempState\\x"},
	{"Visual Studio Code", true, ROAM "Code\\User\\settings.json"},
	{"Visual Studio Code", true, ROAM "Code\\User\\keybindings.json"},
	{"Visual Studio Code", true, ROAM "Code\\User\\snippets\\c.json"},
	{"Visual Studio Code", true, ROAM "Code\\Backups\\1\\untitled\\a"},
	{"Visual Studio Code", true, HOME ".vscode\\extensions\\extensions.json"},
	{"Visual Studio Code", false, HOME ".vscode\\extensions\\ms.cpp-1.0\\package.json"},
	{"Visual Studio Code", false, ROAM "Code\\CachedData\\x\\y"},
	{"Windows Terminal", true,
	 PKG "Microsoft.WindowsTerminal_8wekyb3d8bbwe\\LocalState\\settings.json"},
	{"Windows Terminal", false,
	 PKG "Microsoft.WindowsTerminal_8wekyb3d8bbwe\\LocalState\\DiagOutputDir\\x.txt"},
	{"PowerShell", true, DOCS_ "WindowsPowerShell\\Microsoft.PowerShell_profile.ps1"},
	{"PowerShell", true, DOCS_ "PowerShell\\profile.ps1"},
	{"PowerShell", true,
	 ROAM "Microsoft\\Windows\\PowerShell\\PSReadLine\\ConsoleHost_history.txt"},
	{"PowerShell", false, LOCAL "Microsoft\\Windows\\PowerShell\\ModuleAnalysisCache"},
	{"Dot files and folders of the profile", true, HOME ".gitconfig"},
	{"Dot files and folders of the profile", true, HOME ".ssh\\id_ed25519"},
	{"Dot files and folders of the profile", true, HOME ".aws\\deep\\er\\credentials"},
	{"Dot files and folders of the profile", false, HOME ".nuget\\packages\\x\\x.dll"},
	{"Dot files and folders of the profile", false, HOME "ntuser.ini"},
	{"PuTTY", true, SOFT "SimonTatham\\PuTTY\\Sessions\\srv [HostName]"},
	{"PuTTY", true, SOFT "SimonTatham\\PuTTY\\SshHostKeys [rsa2@22:srv]"},
	{"PuTTY", false, SOFT "Simon\\Other [x]"},
	{"WinSCP", true, SOFT "Martin Prikryl\\WinSCP 2\\Sessions\\srv [HostName]"},
	{"WinSCP", true, ROAM "WinSCP.ini"},
	{"WinSCP", false, SOFT "Martin Prikryl\\WinSCP 2\\Configuration\\CDCache [x]"},
	{"FileZilla", true, ROAM "FileZilla\\sitemanager.xml"},
	{"FileZilla", false, ROAM "FileZilla\\lockfile"},
	{"Notepad++", true, ROAM "Notepad++\\config.xml"},
	{"Notepad++", true, ROAM "Notepad++\\backup\\new 1@2026-01-01"},
	{"Notepad++", false, ROAM "Notepad++\\plugins\\x\\x.dll"},
	{"KeePass", true, ROAM "KeePass\\KeePass.config.xml"},
	{"KeePass", false, ROAM "KeePass\\PluginCache\\x.dll"},
	{"KeePassXC", true, ROAM "KeePassXC\\keepassxc.ini"},
	{"KeePassXC", false, ROAM "KeePassX\\x.ini"},
	{"KeePass databases", true, HOME "Loose\\secret.kdbx"},
	{"KeePass databases", false, HOME "Loose\\secret.kdbx.lock"},
	{"Adobe Acrobat and Reader", true, ROAM "Adobe\\Acrobat\\DC\\Stamps\\a.pdf"},
	{"Adobe Acrobat and Reader", true, SOFT "Adobe\\Acrobat Reader\\DC\\General [x]"},
	{"Adobe Acrobat and Reader", false, SOFT "Adobe\\Acrobat Reader\\DC\\InstallPath [x]"},
	{"Adobe Acrobat and Reader", false, LOCAL "Adobe\\Acrobat\\DC\\UserCache.bin"},
	{"Adobe Creative applications", true,
	 ROAM "Adobe\\Adobe Photoshop 2024\\Adobe Photoshop 2024 Settings\\a.psp"},
	{"Adobe Creative applications", false, ROAM "Adobe\\Common\\Media Cache Files\\x.cfa"},
	{"VLC media player", true, ROAM "vlc\\vlcrc"},
	{"VLC media player", false, ROAM "vlc\\art\\a\\art.jpg"},
	{"7-Zip", true, SOFT "7-Zip\\Options [x]"},
	{"7-Zip", false, SOFT "7-Zip [Path]"},
	{"Total Commander", true, ROAM "GHISLER\\wincmd.ini"},
	{"Total Commander", false, SOFT "Ghisler\\Total Commander [InstallDir]"},
	{"Total Commander (settings in the Windows folder)", true, "C:\\Windows\\wincmd.ini"},
	{"Total Commander (settings in the Windows folder)", false, "C:\\Windows\\win.ini"},
	{"SAP GUI", true, ROAM "SAP\\Common\\saplogon.ini"},
	{"SAP GUI", true, SOFT "SAP\\SAPLogon [x]"},
	{"SAP GUI", false, ROAM "SAP\\SAP GUI\\Traces\\x.trc"},
	{"SAP GUI (settings in the Windows folder)", true, "C:\\Windows\\saplogon.ini"},
	{"SAP GUI (settings in the Windows folder)", false, "C:\\Windows\\system.ini"},
	{"AutoCAD", true, LOCAL "Autodesk\\AutoCAD 2024\\R24.3\\enu\\Template\\ours.dwt"},
	{"AutoCAD", true, ROAM "Autodesk\\AutoCAD 2024\\R24.3\\enu\\Plotters\\a.pc3"},
	{"AutoCAD", false, LOCAL "Autodesk\\AutoCAD 2024\\R24.3\\enu\\GraphicsCache\\x"},
	{"AutoCAD", false, LOCAL "Autodesk\\Web Services\\x.db"},
	{"Apple device backups", true, ROAM "Apple Computer\\MobileSync\\Backup\\1\\Manifest.db"},
	{"Apple device backups", false, ROAM "Apple Computer\\Logs\\x.log"},
};

static const struct app_row migsys_rows[] = {
	{"Explorer settings", true, CV "Explorer\\Advanced [HideFileExt]"},
	{"Explorer settings", true, CV "Explorer [ShellState]"},
	{"Explorer settings", false, CV "Explorer\\User Shell Folders [Personal]"},
	{"Explorer settings", false, CV "Explorer\\MountPoints2\\C [x]"},
	{"Taskbar", true, CV "Explorer\\Taskband [Favorites]"},
	{"Taskbar", true,
	 ROAM "Microsoft\\Internet Explorer\\Quick Launch\\User Pinned\\TaskBar\\a.lnk"},
	{"Taskbar", false, ROAM "Microsoft\\Internet Explorer\\UserData\\x"},
	{"Quick Access and jump lists", true,
	 ROAM "Microsoft\\Windows\\Recent\\AutomaticDestinations\\"
	      "f01b4d95cf55d32a.automaticDestinations-ms"},
	{"Quick Access and jump lists", false, ROAM "Microsoft\\Windows\\Recent\\desktop.ini"},
	{"Network and printer shortcuts", true,
	 ROAM "Microsoft\\Windows\\Network Shortcuts\\srv\\target.lnk"},
	{"Network and printer shortcuts", false, ROAM "Microsoft\\Windows\\CloudStore\\x"},
	{"Send To and document templates", true, ROAM "Microsoft\\Windows\\SendTo\\tool.lnk"},
	{"Send To and document templates", false, ROAM "Microsoft\\Windows\\AccountPictures\\x"},
	{"Libraries and saved searches", true,
	 ROAM "Microsoft\\Windows\\Libraries\\Documents.library-ms"},
	{"Libraries and saved searches", false, ROAM "Microsoft\\Windows\\IETldCache\\x"},
	{"Mapped network drives", true, "HKCU\\Network\\Z [RemotePath]"},
	{"Mapped network drives", false, "HKCU\\NetworkX\\Z [RemotePath]"},
	{"Network printers", true, "HKCU\\Printers\\Connections\\,,srv,p1 [Server]"},
	{"Network printers", false, "HKCU\\Printers\\DevModePerUser [Local]"},
	{"Environment variables of the user", true, "HKCU\\Environment [JAVA_HOME]"},
	{"Environment variables of the user", true, "HKCU\\Environment [Path]"},
	{"Environment variables of the user", false, "HKCU\\Environment [TEMP]"},
	{"Environment variables of the user", false, "HKCU\\Environment [OneDriveCommercial]"},
	{"Environment variables of the computer", true, SESSION_ENV "[LICENSE_SERVER]"},
	{"Environment variables of the computer", false, SESSION_ENV "[Path]"},
	{"Environment variables of the computer", false, SESSION_ENV "[PROCESSOR_LEVEL]"},
	{"Accessibility", true, CPL "Accessibility\\StickyKeys [Flags]"},
	{"Accessibility", false, CPL "PowerCfg [CurrentPowerPolicy]"},
	{"Mouse and pointers", true, CPL "Mouse [SwapMouseButtons]"},
	{"Mouse and pointers", false, CPL "PowerCfg [CurrentPowerPolicy]"},
	{"Keyboard and input languages", true, CPL "Keyboard [KeyboardSpeed]"},
	{"Keyboard and input languages", true, ROAM "Microsoft\\Spelling\\de-DE\\default.dic"},
	{"Keyboard and input languages", false, CPL "Mouse [SwapMouseButtons]"},
	{"Regional settings", true, CPL "International [sShortDate]"},
	{"Regional settings", false, CPL "International\\User Profile System Backup [Languages]"},
	{"Desktop, colours and wallpaper", true, CPL "Desktop [WallpaperStyle]"},
	{"Desktop, colours and wallpaper", true,
	 ROAM "Microsoft\\Windows\\Themes\\TranscodedWallpaper"},
	{"Desktop, colours and wallpaper", false,
	 ROAM "Microsoft\\Windows\\Themes\\CachedFiles\\CachedImage_1.jpg"},
	{"Sounds", true, "HKCU\\AppEvents\\Schemes\\Apps\\.Default\\x [y]"},
	{"Sounds", false, "HKCU\\AppEvents\\EventLabels\\x [y]"},
	{"Console and command prompt", true, "HKCU\\Console [FaceName]"},
	{"Console and command prompt", false, "HKCU\\Volatile Environment [USERNAME]"},
	{"Fonts of the user", true, LOCAL "Microsoft\\Windows\\Fonts\\own.ttf"},
	{"Fonts of the user", true, MS "Windows NT\\CurrentVersion\\Fonts [Own]"},
	{"Fonts of the user", false, "C:\\Windows\\Fonts\\arial.ttf"},
	{"Remote Desktop connections", true, MS "Terminal Server Client\\Default [MRU0]"},
	{"Remote Desktop connections", true, DOCS_ "Default.rdp"},
	{"Remote Desktop connections", true, HOME "Desktop\\servers\\a.rdp"},
	{"Remote Desktop connections", false,
	 LOCAL "Microsoft\\Terminal Server Client\\Cache\\x.bmc"},
	{"Dial-up and VPN connections of the user", true,
	 ROAM "Microsoft\\Network\\Connections\\Pbk\\rasphone.pbk"},
	{"Dial-up and VPN connections of the user", false, ROAM "Microsoft\\Network\\x"},
	{"Dial-up and VPN connections of the computer", true,
	 "C:\\ProgramData\\Microsoft\\Network\\Connections\\Pbk\\rasphone.pbk"},
	{"Dial-up and VPN connections of the computer", false,
	 "C:\\ProgramData\\Microsoft\\Network\\Downloader\\x"},
	{"Data sources (ODBC) of the user", true, SOFT "ODBC\\ODBC.INI\\Sales [Server]"},
	{"Data sources (ODBC) of the user", false, SOFT "ODBC\\Other [x]"},
	{"Data sources (ODBC) of the computer", true,
	 "HKLM\\SOFTWARE\\ODBC\\ODBC.INI\\Hr [Server]"},
	{"Data sources (ODBC) of the computer", true,
	 "HKLM\\SOFTWARE\\Wow6432Node\\ODBC\\ODBC.INI\\Old [Server]"},
	{"Data sources (ODBC) of the computer", false,
	 "HKLM\\SOFTWARE\\ODBC\\ODBCINST.INI\\SQL Server [Driver]"},
	{"Data source files (ODBC)", true,
	 "C:\\Program Files\\Common Files\\ODBC\\Data Sources\\a.dsn"},
	{"Data source files (ODBC)", false,
	 "C:\\Program Files\\Common Files\\ODBC\\Data Sources\\a.txt"},
	{"Certificates and keys", true, ROAM "Microsoft\\Crypto\\RSA\\S-1-5-21-1\\k"},
	{"Certificates and keys", true, ROAM "Microsoft\\SystemCertificates\\My\\Certificates\\c"},
	{"Certificates and keys", true, MS "SystemCertificates\\Root\\Certificates\\1 [Blob]"},
	{"Certificates and keys", false, ROAM "Microsoft\\CryptnetUrlCache\\x"},
	{"Data protection (DPAPI)", true, ROAM "Microsoft\\Protect\\S-1-5-21-1\\Preferred"},
	{"Data protection (DPAPI)", false, ROAM "Microsoft\\Credentials\\0A"},
	{"Credentials and Vault", true, ROAM "Microsoft\\Credentials\\0A"},
	{"Credentials and Vault", true, LOCAL "Microsoft\\Vault\\1\\Policy.vpol"},
	{"Credentials and Vault", false, LOCAL "Microsoft\\TokenBroker\\x.tbres"},
	{"Internet settings", true, CV "Internet Settings [ProxyServer]"},
	{"Internet settings", false, CV "Internet Settings\\5.0\\Cache [x]"},
	{"Registry Editor favourites", true, CV "Applets\\Regedit\\Favorites [Run]"},
	{"Registry Editor favourites", false, CV "Applets\\Regedit [LastKey]"},
};

/* Components that MigUser has beyond USMT's, and types that USMT's does not know. */
static const struct app_row miguser_rows[] = {
	{"Downloads", true, HOME "Downloads\\setup.exe"},
	{"Downloads", false, HOME "Downloaded\\setup.exe"},
	{"3D Objects", true, HOME "3D Objects\\a.3mf"},
	{"3D Objects", false, HOME "3D\\a.3mf"},
	{"Playlists", true, HOME "Music\\Playlists\\a.wpl"},
	{"Playlists", false, HOME "Music\\a.wpl"},
	{"Saved Pictures", true, HOME "Pictures\\Saved Pictures\\a.png"},
	{"Saved Pictures", false, HOME "Pictures\\a.png"},
	{"Screenshots", true, "D:\\Screens\\a.png"},
	{"Screenshots", false, "D:\\Screens2\\a.png"},
	{"Camera Roll", true, HOME "Pictures\\Camera Roll\\a.jpg"},
	{"Camera Roll", false, HOME "Pictures\\a.png"},
	{"User Data", true, "C:\\Work\\letter.docx"},
	{"User Data", true, "C:\\Work\\letter.odt"},
	{"User Data", true, "C:\\Work\\table.ods"},
	{"User Data", true, "C:\\Work\\flat.fodt"},
	{"User Data", true, "C:\\Work\\plan.vsdx"},
	{"User Data", true, "C:\\Work\\house.dwg"},
	{"User Data", true, "C:\\Work\\mail.eml"},
	{"User Data", true, "C:\\Work\\mail.pst"},
	{"User Data", false, "C:\\Work\\program.exe"},
	{"User Data", false, "C:\\Windows\\help.txt"},
	{"User Data", false, HOME "Loose\\letter.docx"},
};

/* Not migrated even by rules that take everything. COMPONENT names the file that must see to it. */
static const struct app_row never_rows[] = {
	{"MigUser", false, "C:\\$Recycle.Bin\\S-1-5-21-1\\$R1.docx"},
	{"MigUser", false, "D:\\System Volume Information\\x"},
	{"MigUser", false, "C:\\Windows.old\\Users\\ann\\Documents\\a.docx"},
	{"MigUser", false, "C:\\Windows.old.000\\a.docx"},
	{"MigUser", false, "C:\\$WINDOWS.~BT\\Sources\\a.txt"},
	{"MigUser", false, "C:\\OneDriveTemp\\S-1-5-21-1\\a"},
	{"MigUser", false, "C:\\pagefile.sys"},
	{"MigUser", false, "C:\\hiberfil.sys"},
	{"MigUser", false, "C:\\swapfile.sys"},
	{"MigUser", false, "D:\\Photos\\Thumbs.db"},
	{"MigUser", false, "C:\\Windows\\Temp\\a.doc"},
	{"MigUser", false, "C:\\Windows\\MEMORY.DMP"},
	{"MigUser", false, "C:\\ProgramData\\Microsoft\\Windows\\WER\\ReportQueue\\a.wer"},
	{"MigUser", false, LOCAL "Temp\\a.docx"},
	{"MigUser", false, LOCAL "CrashDumps\\a.dmp"},
	{"MigUser", false, LOCAL "IconCache.db"},
	{"MigUser", false, LOCAL "Microsoft\\Windows\\Explorer\\thumbcache_96.db"},
	{"MigUser", false, LOCAL "Microsoft\\Windows\\INetCache\\IE\\a"},
	{"MigUser", false, LOCAL "Microsoft\\Windows\\WER\\ReportArchive\\a.wer"},
	{"MigUser", false, LOCAL "Microsoft\\OneDrive\\logs\\a.odl"},
	{"MigApp", false, LOCAL "Google\\Chrome\\User Data\\Default\\Cache\\Cache_Data\\f_1"},
	{"MigApp", false, LOCAL "Google\\Chrome\\User Data\\Profile 2\\Code Cache\\js\\a"},
	{"MigApp", false, LOCAL "Microsoft\\Edge\\User Data\\Default\\GPUCache\\data_0"},
	{"MigApp", false, LOCAL "Vivaldi\\User Data\\Default\\Service Worker\\CacheStorage\\a"},
	{"MigApp", false, LOCAL "Opera Software\\Opera Stable\\Cache\\f_1"},
	{"MigApp", false, LOCAL "BraveSoftware\\Brave-Browser\\User Data\\ShaderCache\\data_1"},
	{"MigApp", false, LOCAL "Mozilla\\Firefox\\Profiles\\a\\cache2\\entries\\A"},
	{"MigApp", false, ROAM "Slack\\Code Cache\\js\\a"},
	{"MigApp", false, ROAM "Microsoft\\Teams\\Service Worker\\CacheStorage\\a"},
};

/* What looks like the above and is somebody's work: must stay migrated. */
static const char *const kept_paths[] = {
	DOCS_ "Cache\\plan.docx",
	DOCS_ "Temp\\plan.docx",
	DOCS_ "Windows.old\\plan.docx",
	DOCS_ "Code Cache\\plan.docx",
	HOME "Desktop\\CrashDumps\\analysis.docx",
	HOME "Loose\\pagefile.sys.docx",
	"D:\\Archive\\Windows.old\\plan.docx",
	"D:\\Work\\Temp\\plan.docx",
	"D:\\Work\\pagefile.sys",
	ROAM "Microsoft\\Word\\AutoRecovery save of plan.asd",
	LOCAL "Microsoft\\Office\\UnsavedFiles\\plan.asd",
	LOCAL "Microsoft\\Outlook\\ann@example.com.ost",
	ROAM "Tool\\Cache\\plan.docx",
};

static const struct app_value app_values[] = {
	{OFF16 "Outlook\\Profiles\\Outlook\\1", "001f0324", 'u', "D:\\Mail\\linked1.pst"},
	{OFF16 "Outlook\\Profiles\\Outlook\\2", "001f6600", 'u', "D:\\Mail\\linked2.pst"},
	{OFF16 "Outlook\\Profiles\\Outlook\\3", "001f6700", 'u', "D:\\Mail\\linked3.pst"},
	{OFF16 "Outlook\\Profiles\\Outlook\\4", "001e0324", 'a', "D:\\Mail\\linked4.pst"},
	{OFF16 "Outlook\\Profiles\\Outlook\\5", "001e6600", 'a', "D:\\Mail\\linked5.pst"},
	{OFF16 "Outlook\\Profiles\\Outlook\\6", "001e6700", 'a', "D:\\Mail\\linked6.pst"},
	{MAPI_PROFILES "\\Outlook\\7", "001f0324", 'u', "D:\\Mail\\linked7.pst"},
	{MAPI_PROFILES "\\Outlook\\8", "001f6600", 'u', "D:\\Mail\\linked8.pst"},
	{MAPI_PROFILES "\\Outlook\\9", "001f6700", 'u', "D:\\Mail\\linked9.pst"},
	{MAPI_PROFILES "\\Outlook\\10", "001e0324", 'a', "D:\\Mail\\linked10.pst"},
	{MAPI_PROFILES "\\Outlook\\11", "001e6600", 'a', "D:\\Mail\\linked11.pst"},
	{MAPI_PROFILES "\\Outlook\\12", "001e6700", 'a', "D:\\Mail\\linked12.pst"},
	{OFF16 "Common\\General", "Signatures", 's', "Signaturen"},
	{OFF16 "Common\\General", "Templates", 's', "Vorlagen"},
};

#endif
