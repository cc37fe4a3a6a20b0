// SPDX-License-Identifier: GPL-2.0-or-later
// The document finder: GenerateDocPatterns (USMT specification 8.2). Looks at the roots of the
// fixed drives (system context) or at the root of a profile (user context) and makes a pattern for
// each file and folder that may hold documents. In folders of installed programs it leaves the
// program files out and takes the rest.
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/error.h"
#include "report/log.h"
#include "rules/eval.h"
#include "rules/programs.h"

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

/* More program folders outside Program Files than any real computer has; the rest is taken. */
#define PROGRAM_FOLDERS_MAX 512

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct finder {
	struct eval *e;
	struct xml_node *node;
	const struct pattern_sink *sink;
	const char *root; /* directory being listed */
	bool profile;	  /* it is a profile, not a drive */
	const struct programs *programs;
	const char *drives; /* letters looked at, in the system context */
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
		return eval_drives(f->e->rules->machine, RULES_DRIVE_FIXED, drives);
	drives[0] = value && value[0] ? value[0] : 'C';
	drives[1] = '\0';
	return 0;
}

/* True when FOLDER is one of those that NAMES name, lies in one, or holds one. */
static bool is_related(const struct finder *f, const char *folder, const char *const *names,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *value = value_of(f, names[i]);

		if (value &&
		    (path_is_within(f->e, folder, value) || path_is_within(f->e, value, folder)))
			return true;
	}
	return false;
}

/*
 * Whether FOLDER of a program lies in what the finder takes by listing a root. Known folders are
 * taken whole, and a folder that holds one is no program's, whatever an installer has written.
 */
static bool is_program_here(const struct finder *f, const char *folder, const char *profile)
{
	if (f->e->user >= 0)
		return profile && path_is_within(f->e, folder, profile) &&
		       folder[strlen(profile)] &&
		       !is_related(f, folder, user_folders, COUNT(user_folders));
	return f->drives && strchr(f->drives, folder[0] & ~0x20) &&
	       !is_related(f, folder, not_documents, COUNT(not_documents)) &&
	       !is_related(f, folder, common_folders, COUNT(common_folders));
}

static int exclude_program(const struct finder *f, const char *folder)
{
	int error = 0;

	log_info("%s is the folder of an installed program: its program files are left out, the "
		 "rest is taken",
		 folder);
	for (size_t i = 0; program_type(i) && !error; i++) {
		struct str suffix = {0};

		error = str_addf(&suffix, "\\* [*.%s]", program_type(i));
		if (!error)
			error = emit(f, folder, NULL, suffix.data, false);
		str_free(&suffix);
	}
	return error;
}

static int exclude_programs(const struct finder *f, const char *profile)
{
	const char *done[PROGRAM_FOLDERS_MAX];
	size_t count = 0;
	int error = 0;

	for (size_t i = 0; i < f->programs->count && !error; i++) {
		const char *folder = f->programs->folders[i];
		bool known = false;

		if (!is_program_here(f, folder, profile))
			continue;
		for (size_t k = 0; k < count && !known; k++)
			known = path_is_within(f->e, folder, done[k]);
		if (known)
			continue;
		if (count == PROGRAM_FOLDERS_MAX) {
			log_warning("more than %d folders of programs outside Program Files; the "
				    "rest is taken like other folders",
				    PROGRAM_FOLDERS_MAX);
			break;
		}
		done[count++] = folder;
		error = exclude_program(f, folder);
	}
	return error;
}

struct scan {
	const struct finder *f;
	bool *excluded;	  /* of the program folders; NULL when including */
	const char *last; /* folder whose children have been excluded */
};

/* Documents of an application in its own folder. */
static int include_type(void *ctx, const char *folder, const char *ext)
{
	const struct scan *s = ctx;
	struct str suffix = {0};
	int error = str_adds(&suffix, "\\* [*.");

	if (!error)
		error = escape_name(&suffix, ext);
	if (!error)
		error = str_addc(&suffix, ']');
	if (!error)
		error = emit(s->f, folder, NULL, suffix.data, true);
	str_free(&suffix);
	return error;
}

/* Folders of other applications below FOLDER; what these open is included there by itself. */
static int exclude_children(void *ctx, const char *folder, const char *ext)
{
	struct scan *s = ctx;
	const struct programs *p = s->f->programs;
	int error = 0;

	(void)ext;
	if (s->last == folder)
		return 0;
	s->last = folder;
	for (size_t i = 0; i < p->count && !error; i++) {
		if (s->excluded[i] || !path_is_within(s->f->e, p->folders[i], folder) ||
		    !p->folders[i][strlen(folder)])
			continue;
		s->excluded[i] = true;
		error = emit(s->f, p->folders[i], NULL, "\\* [*]", false);
	}
	return error;
}

/* ScanProgramFiles: both Program Files, where they lie on a drive that is looked at. */
static int scan_program_files(const struct finder *f, bool include)
{
	static const char *const names[] = {"PROGRAMFILES", "PROGRAMFILES(X86)"};
	struct scan s = {.f = f};
	int error = 0;

	if (!include && !(s.excluded = calloc(f->programs->count + 1, sizeof(bool))))
		return log_oom();
	for (size_t i = 0; i < COUNT(names) && !error; i++) {
		const char *root = value_of(f, names[i]);

		s.last = NULL;
		if (root && strchr(f->drives, root[0] & ~0x20))
			error = programs_each_type(f->e, f->programs, root,
						   include ? include_type : exclude_children, &s);
	}
	free(s.excluded);
	return error;
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
	int error;

	if (!profile)
		return 0;
	error = emit_below(f, profile, profile_folders, COUNT(profile_folders), "\\* [*]");
	return error ? error : exclude_programs(f, profile);
}

static int system_patterns(struct finder *f, const struct call *call, bool include)
{
	char drives[27] = "";
	int error = drives_of(f, call_flag(call, 2, false), drives);

	f->drives = drives;
	if (!error)
		error = include ? system_include(f, drives) : system_exclude(f, drives);
	if (!error && !include)
		error = exclude_programs(f, NULL);
	if (!error && call_flag(call, 0, false))
		error = scan_program_files(f, include);
	f->drives = NULL;
	return error;
}

int eval_doc_patterns(struct eval *e, struct xml_node *node, const struct call *call,
		      const struct pattern_sink *sink)
{
	struct programs programs = {0};
	struct finder f = {.e = e, .node = node, .sink = sink, .programs = &programs};
	bool include = call_flag(call, 1, true);
	const char *profile = value_of(&f, "USERPROFILE");
	int error = 0;

	if (!include || call_flag(call, 0, false))
		error = programs_find(e, &programs);
	if (!error && e->user < 0)
		error = system_patterns(&f, call, include);
	else if (!error)
		error = include ? user_include(&f, profile) : user_exclude(&f, profile);
	programs_free(&programs);
	return error;
}
