// SPDX-License-Identifier: GPL-2.0-or-later
// The document finder: GenerateDocPatterns (USMT specification 8.2). Looks at the roots of the
// fixed drives (system context) or at the root of a profile (user context) and makes a pattern for
// each file and folder that may hold documents. It cannot tell folders of installed programs by the
// registry yet and takes them too.
#include <string.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/eval.h"

#define HIDDEN_SYSTEM 0x6u /* FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM */

/* Names in the root of a drive that Windows, its setup or Holdfast made. */
static const char *const system_folders[] = {
	"$Recycle.Bin",
	"$RECYCLE",
	"RECYCLER",
	"RECYCLED",
	"System Volume Information",
	"Recovery",
	"PerfLogs",
	"MSOCache",
	"Boot",
	"EFI",
	"Config.Msi",
	"Windows.old",
	"$WINDOWS.~BT",
	"$WINDOWS.~WS",
	"$WinREAgent",
	"$SysReset",
	"$GetCurrent",
	"ESD",
	"WINNT",
	"Windows",
	"Program Files",
	"Program Files (x86)",
	"ProgramData",
	"MININT",
	"_SMSTaskSequence",
	"Holdfast",
	"USMTMIG",
};

static const char *const system_files[] = {
	"pagefile.sys", "hiberfil.sys",	 "swapfile.sys",      "bootmgr",      "BOOTNXT",
	"BOOTSECT.BAK", "ntldr",	 "NTDETECT.COM",      "boot.ini",     "IO.SYS",
	"MSDOS.SYS",	"DumpStack.log", "DumpStack.log.tmp", "bootfont.bin",
};

/* Names in the root of a profile that are not a person's documents. */
static const char *const profile_folders[] = {
	"AppData",
	"Application Data",
	"Local Settings",
	"Cookies",
	"NetHood",
	"PrintHood",
	"Recent",
	"SendTo",
	"Start Menu",
	"Templates",
	"IntelGraphicsProfiles",
	"UserData",
	"IETldCache",
	"PrivacIE",
	"IECompatCache",
};

/* Folders by variable: in the system context they are left out of the root, or taken by themselves.
 */
static const char *const not_documents[] = {
	"WINDIR", "PROGRAMFILES", "PROGRAMFILES(X86)", "CSIDL_COMMON_APPDATA", "PROFILESFOLDER",
};

static const char *const common_folders[] = {
	"CSIDL_COMMON_DESKTOPDIRECTORY", "CSIDL_COMMON_FAVORITES",
	"CSIDL_COMMON_DOCUMENTS",	 "CSIDL_COMMON_MUSIC",
	"CSIDL_COMMON_PICTURES",	 "CSIDL_COMMON_VIDEO",
	"FOLDERID_PublicDownloads",
};

static const char *const user_folders[] = {
	"CSIDL_PERSONAL",      "CSIDL_MYPICTURES",   "FOLDERID_OriginalImages",
	"CSIDL_MYMUSIC",       "CSIDL_MYVIDEO",	     "CSIDL_FAVORITES",
	"CSIDL_DESKTOP",       "CSIDL_QUICKLAUNCH",  "FOLDERID_Contacts",
	"FOLDERID_Libraries",  "FOLDERID_Downloads", "FOLDERID_SavedGames",
	"FOLDERID_RecordedTV",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct finder {
	struct eval *e;
	struct xml_node *node;
	const struct pattern_sink *sink;
	const char *root; /* directory being listed */
	bool profile;	  /* it is a profile, not a drive */
};

static bool is_in(const struct finder *f, const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!text_casecmp(f->e->rules->machine->upcase, list[i], name))
			return true;
	return false;
}

static bool has_prefix(const struct finder *f, const char *name, const char *prefix)
{
	char head[16];
	size_t n = strlen(prefix);

	if (n >= sizeof(head) || strlen(name) < n)
		return false;
	memcpy(head, name, n);
	head[n] = '\0';
	return !text_casecmp(f->e->rules->machine->upcase, head, prefix);
}

/* Hands on ROOT\NAME with SUFFIX, or ROOT with [NAME] when SUFFIX is NULL. */
static int emit(const struct finder *f, const char *root, const char *name, const char *suffix,
		bool visible_only)
{
	struct str text = {0};
	int error = escape_name(&text, root);

	if (!error && name)
		error = str_adds(&text, suffix ? "\\" : " [");
	if (!error && name)
		error = escape_name(&text, name);
	if (!error)
		error = str_adds(&text, suffix ? suffix : "]");
	if (!error)
		error = f->sink->visit(f->sink->ctx, f->node, RULES_FILE, text.data, visible_only);
	str_free(&text);
	return error;
}

static const char *value_of(const struct finder *f, const char *name)
{
	const struct rules_machine *m = f->e->rules->machine;

	return m->variable(m->ctx, f->e->user, name);
}

/* True when the folder NAME in the root being listed is one that WINDIR and the like name. */
static bool is_special(const struct finder *f, const char *name)
{
	size_t root_len = strlen(f->root);

	for (size_t i = 0; i < COUNT(not_documents); i++) {
		const char *value = value_of(f, not_documents[i]);

		if (value && strlen(value) > root_len && value[root_len] == '\\' &&
		    has_prefix(f, value, f->root) &&
		    !text_casecmp(f->e->rules->machine->upcase, value + root_len + 1, name))
			return true;
	}
	return false;
}

static int find_in_root(void *ctx, const char *name, bool is_dir, uint32_t attributes)
{
	const struct finder *f = ctx;
	bool leave_out;

	if ((attributes & HIDDEN_SYSTEM) == HIDDEN_SYSTEM)
		return 0;
	if (f->profile && is_dir)
		leave_out = is_in(f, name, profile_folders, COUNT(profile_folders));
	else if (f->profile)
		leave_out = has_prefix(f, name, "ntuser.");
	else if (is_dir)
		leave_out = is_in(f, name, system_folders, COUNT(system_folders)) ||
			    has_prefix(f, name, "Windows.old.") || is_special(f, name);
	else
		leave_out = is_in(f, name, system_files, COUNT(system_files));
	if (leave_out)
		return 0;
	return emit(f, f->root, name, is_dir ? "\\* [*]" : NULL, true);
}

static int list_root(struct finder *f, const char *root, bool profile)
{
	const struct rules_machine *m = f->e->rules->machine;
	int error;

	f->root = root;
	f->profile = profile;
	error = m->list(m->ctx, root, find_in_root, f);
	return error == HF_ENOENT ? 0 : error;
}

static int emit_folders(const struct finder *f, const char *const *names, size_t count,
			bool visible_only)
{
	for (size_t i = 0; i < count; i++) {
		const char *value = value_of(f, names[i]);
		int error = value ? emit(f, value, NULL, "\\* [*]", visible_only) : 0;

		if (error)
			return error;
	}
	return 0;
}

static int emit_below(const struct finder *f, const char *root, const char *const *names,
		      size_t count, const char *suffix)
{
	for (size_t i = 0; i < count; i++) {
		int error = emit(f, root, names[i], suffix, false);

		if (error)
			return error;
	}
	return 0;
}

static int drives_of(struct finder *f, bool system_drive, char drives[27])
{
	const char *value = value_of(f, "SYSTEMDRIVE");

	if (!system_drive)
		return eval_drives(f->e, RULES_DRIVE_FIXED, drives);
	drives[0] = value && value[0] ? value[0] : 'C';
	drives[1] = '\0';
	return 0;
}

static int system_include(struct finder *f, const char *drives)
{
	int error = emit_folders(f, common_folders, COUNT(common_folders), true);

	for (; *drives && !error; drives++) {
		char root[] = {*drives, ':', '\0'};

		error = list_root(f, root, false);
	}
	return error;
}

static int system_exclude(struct finder *f, const char *drives)
{
	int error = emit_folders(f, not_documents, COUNT(not_documents), false);

	for (; *drives && !error; drives++) {
		char root[] = {*drives, ':', '\0'};

		error = emit_below(f, root, system_folders, COUNT(system_folders), "\\* [*]");
		if (!error)
			error = emit(f, root, "Windows.old.", "* [*]", false);
		if (!error)
			error = emit_below(f, root, system_files, COUNT(system_files), NULL);
	}
	return error;
}

static int user_include(struct finder *f, const char *profile)
{
	int error = emit_folders(f, user_folders, COUNT(user_folders), true);

	return error || !profile ? error : list_root(f, profile, true);
}

static int user_exclude(struct finder *f, const char *profile)
{
	if (!profile)
		return 0;
	return emit_below(f, profile, profile_folders, COUNT(profile_folders), "\\* [*]");
}

int eval_doc_patterns(struct eval *e, struct xml_node *node, const struct call *call,
		      const struct pattern_sink *sink)
{
	struct finder f = {.e = e, .node = node, .sink = sink};
	bool include = call_flag(call, 1, true);
	char drives[27] = "";
	const char *profile;
	int error;

	if (call_flag(call, 0, false) &&
	    rules_report_once(e->rules, "argument", "ScanProgramFiles"))
		log_warning("%s, line %u: GenerateDocPatterns: ScanProgramFiles is not yet done by "
			    "this "
			    "version; documents in Program Files are not looked for",
			    e->file->name, node->line);
	if (e->user < 0) {
		error = drives_of(&f, call_flag(call, 2, false), drives);
		if (error)
			return error;
		return include ? system_include(&f, drives) : system_exclude(&f, drives);
	}
	profile = value_of(&f, "USERPROFILE");
	return include ? user_include(&f, profile) : user_exclude(&f, profile);
}
