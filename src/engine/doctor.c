// SPDX-License-Identifier: GPL-2.0-or-later
/* The health check's findings as people read them. */
#include "engine/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/cancel.h"
#include "report/error.h"
#include "report/log.h"
#include "report/progress.h"
#include "volume/block.h"
#include "volume/disk.h"
#include "volume/journal.h"

struct examination {
	struct doctor_report *report;
	bool show;
	const char *phase; /* on the console now */
};

static void keep(void *ctx, const struct check_finding *finding)
{
	struct doctor_report *r = ((struct examination *)ctx)->report;
	struct check_finding *kept;

	if (array_grow(&r->findings, r->count, &r->cap)) {
		r->out_of_memory = true;
		return;
	}
	kept = &r->findings[r->count];
	*kept = *finding;
	kept->what = arena_strdup(&r->arena, finding->what);
	kept->path = finding->path ? arena_strdup(&r->arena, finding->path) : NULL;
	if (kept->what && (kept->path || !finding->path))
		r->count++;
	else
		r->out_of_memory = true;
}

static bool progress(void *ctx, const char *phase, uint64_t done, uint64_t total)
{
	struct examination *e = ctx;

	if (e->show && phase != e->phase) {
		progress_phase("Checking", phase, total);
		e->phase = phase;
	}
	if (e->show)
		progress_update(done);
	return cancel_requested();
}

static int cannot(const char *name, int error)
{
	switch (error) {
	case HF_ENOMEM:
		return log_oom();
	case HF_ENOTNTFS:
		log_error("Volume %s cannot be checked: it holds no NTFS file system, neither its "
			  "first nor its last sector is an NTFS boot sector. Check that it is the "
			  "right partition; \"holdfast volumes\" lists them.",
			  name);
		break;
	case HF_EBITLOCKER:
		log_error("Volume %s cannot be checked: it is encrypted with BitLocker and locked. "
			  "Give its key (--bitlocker-keys); \"holdfast volumes\" shows which.",
			  name);
		break;
	case HF_ECANCELLED:
		log_status("The check of %s was stopped; nothing was changed.", name);
		break;
	case HF_EIO:
		log_error("Volume %s cannot be checked: neither its first nor its last sector can "
			  "be read. Check cables and the disk's SMART values.",
			  name);
		break;
	default:
		log_error("Volume %s cannot be checked: %s. Check that the path is right and the "
			  "disk is connected.",
			  name, strerror(errno));
	}
	return error;
}

/*
 * Opens VOLUME as an interrupted command of ours left it. Where the journal lies cannot be told on
 * a volume that is damaged so much or is no NTFS: it is looked at as it is then, *JOURNAL is NULL.
 */
static int open_through_journal(const struct volume *volume, const char *name, struct block **block,
				struct journal **journal)
{
	int rc = volume_block(volume, block);

	*journal = NULL;
	if (rc)
		return rc;
	rc = journal_open(*block, name, journal);
	if (!rc)
		*block = journal_block(*journal);
	else if (rc != HF_ENOMEM)
		rc = volume_block(volume, block);
	return rc;
}

int doctor_examine(const struct volume *volume, const char *name,
		   const struct doctor_options *options, struct doctor_report *report)
{
	struct examination e = {.report = report, .show = options->progress};
	struct check_options check = {
		.surface = options->surface,
		.show_max = options->show_max,
		.found = keep,
		.progress = progress,
		.ctx = &e,
	};
	struct journal *journal;
	struct block *block;
	int rc, closed;

	*report = (struct doctor_report){0};
	rc = open_through_journal(volume, name, &block, &journal);
	if (rc)
		return cannot(name, rc == HF_EIO ? HF_ENOENT : rc);
	check.journal = journal;
	rc = check_volume(block, &check, &report->result);
	if (e.phase) {
		progress_phase("Checking", "records", report->result.records);
		progress_end(report->result.records);
	}
	closed = block->ops->close(block);
	if (!rc && report->out_of_memory)
		rc = HF_ENOMEM;
	if (rc || closed) {
		doctor_report_free(report);
		return cannot(name, rc ? rc : closed);
	}
	report->verdict = report->result.errors				? DOCTOR_DAMAGED
			  : report->result.leaks + report->result.notes ? DOCTOR_NOTES
									: DOCTOR_HEALTHY;
	return 0;
}

void doctor_report_free(struct doctor_report *report)
{
	free(report->findings);
	arena_free(&report->arena);
	*report = (struct doctor_report){0};
}

static const char *severity_word(enum check_severity severity)
{
	return severity == CHECK_ERROR ? "ERROR" : severity == CHECK_LEAK ? "leak" : "note";
}

/* All findings of KIND, its meaning behind them. */
static void tell_kind(const struct doctor_report *r, const char *name, enum check_kind kind)
{
	const char *word = severity_word(check_kind_severity(kind));
	uint64_t told = 0;
	char path[2048];
	size_t i;

	for (i = 0; i < r->count; i++) {
		const struct check_finding *f = &r->findings[i];

		if (f->kind != kind)
			continue;
		told++;
		if (f->path)
			log_status("%-5s %s%s: %s [%s]", word, name,
				   text_printable(f->path, path, sizeof(path)), f->what,
				   check_kind_name(kind));
		else
			log_status("%-5s %s [%s]", word, f->what, check_kind_name(kind));
	}
	if (told < r->result.count[kind])
		log_status("      ... and %" PRIu64 " more of this kind",
			   r->result.count[kind] - told);
	log_status("      %s", check_kind_meaning(kind));
}

static void tell_totals(const struct doctor_report *r, const char *name)
{
	const struct check_result *s = &r->result;

	log_status("Checked %s %" PRIu64 " files and %" PRIu64 " folders in %" PRIu64
		   " records, %" PRIu64 " names, %" PRIu64 " index entries, %" PRIu64 " of %" PRIu64
		   " clusters in use.",
		   name, s->files, s->directories, s->records, s->names, s->entries,
		   s->clusters_used, s->clusters);
	if (s->sectors_unreadable)
		log_status("%" PRIu64 " sectors cannot be read.", s->sectors_unreadable);
}

/* The state that has to be dealt with first; UNCLEAN_REASONS: none. */
static enum unclean_reason reason_of(const struct check_result *s)
{
	return s->count[CHECK_UNREADABLE]	? UNCLEAN_SECTORS
	       : s->count[CHECK_HIBERNATED]	? UNCLEAN_HIBERNATED
	       : s->count[CHECK_JOURNAL]	? UNCLEAN_JOURNAL
	       : s->count[CHECK_MIRROR_DIFFERS] ? UNCLEAN_MIRROR
	       : s->count[CHECK_DIRTY]		? UNCLEAN_DIRTY
						: UNCLEAN_REASONS;
}

static void tell_next_step(const struct doctor_report *r, const char *name)
{
	enum unclean_reason reason = reason_of(&r->result);

	if (reason == UNCLEAN_HIBERNATED || reason == UNCLEAN_JOURNAL) {
		log_status("%s", unclean_explain(reason));
		if (r->verdict == DOCTOR_DAMAGED)
			log_status("Windows completes its last changes at its start: check again "
				   "after that, some of these errors may be gone. What stays needs "
				   "\"chkdsk /f\".");
	} else if (reason == UNCLEAN_SECTORS || reason == UNCLEAN_MIRROR ||
		   (reason == UNCLEAN_DIRTY && r->verdict != DOCTOR_DAMAGED)) {
		log_status("%s", unclean_explain(reason));
	} else if (r->verdict == DOCTOR_DAMAGED) {
		log_status("What to do: make a copy of what matters, then run \"chkdsk %s /f\" in "
			   "Windows or from a Windows installation medium (Shift+F10), and check "
			   "again.",
			   name);
	} else if (r->result.leaks || r->result.count[CHECK_BOOT_BACKUP]) {
		log_status("What to do: nothing has to be done; \"chkdsk %s /f\" gives lost space "
			   "back.",
			   name);
	}
}

int doctor_discard(const struct volume *volume, const char *name, enum unclean_change change)
{
	struct block *block;
	int rc = volume_block_named(volume, true, &block), closed;

	if (rc)
		return rc;
	rc = unclean_discard(block, change, name);
	closed = block->ops->close(block);
	if (closed && !rc)
		log_error("Volume %s was not closed properly: the disk did not take the last "
			  "changes. Check cables and its SMART values, then give the same command "
			  "again.",
			  name);
	return rc ? rc : closed;
}

void doctor_tell(const struct doctor_report *report, const char *name)
{
	const struct check_result *s = &report->result;
	int severity, kind;

	for (severity = CHECK_ERROR; severity >= CHECK_NOTE; severity--)
		for (kind = 0; kind < CHECK_KINDS; kind++)
			if (s->count[kind] && (int)check_kind_severity(kind) == severity)
				tell_kind(report, name, kind);
	tell_totals(report, name);
	switch (report->verdict) {
	case DOCTOR_HEALTHY:
		log_status("Result: %s is healthy.", name);
		break;
	case DOCTOR_NOTES:
		log_status("Result: %s is not damaged, but there is something to know (%" PRIu64
			   " leaks, %" PRIu64 " notes).",
			   name, s->leaks, s->notes);
		break;
	case DOCTOR_DAMAGED:
		log_status("Result: %s is DAMAGED (%" PRIu64 " errors, %" PRIu64 " leaks, %" PRIu64
			   " notes).",
			   name, s->errors, s->leaks, s->notes);
		break;
	}
	tell_next_step(report, name);
}

/* ", 3 WHAT" when it is known. */
static int add_number(struct str *line, int64_t value, const char *what)
{
	return value == SMART_UNKNOWN ? 0 : str_addf(line, ", %" PRId64 " %s", value, what);
}

void doctor_tell_disk(const struct smart *smart, const char *name)
{
	struct str line = {0};

	if (!smart->kind) {
		log_status("SMART of the disk of %s: not available.", name);
		return;
	}
	if (add_number(&line, smart->reallocated, "sectors replaced") ||
	    add_number(&line, smart->pending, "waiting to be replaced") ||
	    add_number(&line, smart->uncorrectable, "lost") ||
	    add_number(&line, smart->media_errors, "reads or writes lost") ||
	    add_number(&line, smart->percent_used, "% of its life used") ||
	    add_number(&line, smart->percent_spare, "% spare left") ||
	    add_number(&line, smart->temperature, "degrees Celsius"))
		(void)log_oom();
	log_status("SMART of the disk of %s: %s%s.", name,
		   smart->failing ? "it is FAILING" : "no failure foretold",
		   line.data ? line.data : "");
	str_free(&line);
	if (smart_is_alarming(smart))
		log_warning("The disk of %s is failing or has lost data: copy it to another disk "
			    "before anything else.",
			    name);
}

int doctor_permit(const struct volume *volume, const char *name, bool accept)
{
	static const struct doctor_options options = {.show_max = 20};
	struct doctor_report report;
	int rc = doctor_examine(volume, name, &options, &report);

	if (rc)
		return rc;
	if (report.verdict == DOCTOR_DAMAGED)
		doctor_tell(&report, name);
	if (report.verdict == DOCTOR_DAMAGED && !accept) {
		log_error(
			"%s is damaged: nothing was changed. Repair it first and capture it again. "
			"--accept-damage goes on all the same; what is damaged may be lost then.",
			name);
		rc = HF_EREFUSED;
	} else if (report.verdict == DOCTOR_DAMAGED) {
		log_warning("%s is damaged, and that is accepted (--accept-damage).", name);
	} else {
		log_info("%s was checked before the wipe: no damage.", name);
	}
	doctor_report_free(&report);
	return rc;
}
