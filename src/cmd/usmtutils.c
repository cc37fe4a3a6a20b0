// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UsmtUtils: looks after stores. Options in, exit code out (USMT specification 3, 9.1).
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/text.h"
#include "base/winpath.h"
#include "cmd/applet.h"
#include "cmd/cmd.h"
#include "cmd/usmt_run.h"
#include "cmd/usmtutils_options.h"
#include "engine/cancel.h"
#include "engine/errors.h"
#include "engine/extract.h"
#include "engine/parts.h"
#include "engine/place.h"
#include "engine/remove.h"
#include "engine/target.h"
#include "engine/verify.h"
#include "report/error.h"
#include "report/log.h"
#include "store/catalog.h"
#include "store/store.h"
#include "windows/machine.h"

/* After so many minutes without an answer nobody is there. */
#define WAIT_MINUTES 5

struct utils {
	struct usmt_options o;
	struct output log, progress;
	struct machine *machine;
	struct object_errors errors;
	char letter;	  /* of the volume with the store */
	const char *path; /* of the store there: "\USMTMIG" */
};

static int list_algorithms(void)
{
	static const char *const names[] = {"AES_128", "AES_192", "AES_256", "3DES", "3DES_112"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		printf("%s\tnot available\n", names[i]);
	puts("Hard-link stores are not encrypted: do not give /encrypt. The volume's own "
	     "encryption "
	     "(BitLocker) covers the store on it.");
	return applet_flush(USMT_SUCCESS);
}

/* The code of an error met while the store was looked at. */
static int store_code(int error)
{
	switch (error) {
	case HF_ENOENT:
	case HF_EREFUSED:
	case HF_EINVAL:
	case HF_EAMBIGUOUS:
		return USMT_INVALID_STORE_LOCATION;
	case HF_EACCES:
		return USMT_ERROR_INSUFFICIENT_RIGHTS;
	default:
		return usmt_code_for(error, USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE);
	}
}

/* Opens the computer's volumes; the one with the store has its letter. */
static int open_volumes(struct utils *u)
{
	const struct machine_options *options = &u->o.select.options;
	int err = machine_open(options, &u->machine);

	winpath_split(u->o.store_path, &u->letter, &u->path);
	if (!err && !machine_volume(u->machine, u->letter))
		err = target_choose(u->machine, options, u->letter);
	if (err)
		return usmt_code_for(err, USMT_INIT_ERROR);
	const struct machine_volume *v = machine_volume(u->machine, u->letter);
	if (v && v->fs && machine_is_ntfs(v))
		return USMT_SUCCESS;
	log_error("%s: there is no NTFS volume %c: that can be read. \"holdfast volumes\" lists "
		  "what there is.",
		  u->o.store_path, u->letter);
	return USMT_INVALID_STORE_LOCATION;
}

static double megabytes(uint64_t bytes)
{
	return (double)bytes / 1e6;
}

/* May the store go? A person is asked, but nobody is waited for. */
static int ask(const struct utils *u, const struct place *p, const struct store_losses *losses)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char line[64] = "";

	if (u->o.yes)
		return USMT_SUCCESS;
	if (!isatty(STDIN_FILENO)) {
		log_error("The store %s is not deleted: nobody is here to confirm it. Give /y.",
			  u->o.store_path);
		return USMT_UNABLE_DELETE_STORE;
	}
	printf("Delete the store %s on %zu volume%s%s? (y/n) ", u->o.store_path, p->count,
	       p->count > 1 ? "s" : "", losses->files ? " WITH THE FILES THAT ONLY IT HOLDS" : "");
	fflush(stdout);
	if (poll(&input, 1, WAIT_MINUTES * 60 * 1000) > 0 && fgets(line, sizeof(line), stdin) &&
	    (!strcasecmp(line, "y\n") || !strcasecmp(line, "yes\n")))
		return USMT_SUCCESS;
	log_status("The store is not deleted.");
	return USMT_STATUS_CANCELED;
}

/* Are there files that would be lost, and is that wanted? */
static int check_losses(const struct utils *u, const struct store_losses *losses)
{
	if (!losses->files)
		return USMT_SUCCESS;
	if (u->o.lose_files) {
		log_warning("%" PRIu64 " files (%.1f MB) are in the store alone and are lost with "
			    "it.",
			    losses->files, megabytes(losses->bytes));
		return USMT_SUCCESS;
	}
	log_error("The store %s is not deleted: %" PRIu64 " files (%.1f MB) are in it alone and "
		  "would be lost. Restore them first; or give --lose-files, if they may go.",
		  u->o.store_path, losses->files, megabytes(losses->bytes));
	return USMT_UNABLE_DELETE_STORE;
}

static int delete_found(struct utils *u, const struct place *p)
{
	struct store_losses losses;
	uint64_t freed;
	int code, err = removal_survey(p, &losses);

	if (err)
		return store_code(err);
	code = check_losses(u, &losses);
	if (!code)
		code = ask(u, p, &losses);
	if (code)
		return code;
	cancel_install();
	err = removal_carry_out(p, &freed);
	if (err == HF_EACCES || err == HF_EREADONLY)
		return USMT_ERROR_INSUFFICIENT_RIGHTS;
	if (err)
		return usmt_code_for(err, USMT_UNABLE_DELETE_STORE);
	log_status("The store %s is deleted, on %zu volume%s. Space reclaimed: %.1f MB.",
		   u->o.store_path, p->count, p->count > 1 ? "s" : "", megabytes(freed));
	return p->absent ? USMT_UNABLE_DELETE_STORE : USMT_SUCCESS;
}

/* What /verify shows: one line for each file, or for each that is bad. */
struct check {
	bool all, bad, quiet;
	uint64_t intact, corrupted;
};

static void check_line(const char *name, bool intact)
{
	char shown[4096];

	text_printable(name, shown, sizeof(shown));
	printf("%s\t%s\n", shown, intact ? "OK" : "CORRUPTED");
	log_info("%s\t%s", shown, intact ? "OK" : "CORRUPTED");
}

static int check_visit(void *ctx, const char *path, const char *fault)
{
	struct check *check = ctx;

	if (fault)
		check->corrupted++;
	else
		check->intact++;
	if (fault)
		log_info("%s %s.", path, fault);
	if (check->all || (fault && check->bad))
		check_line(path, !fault);
	return cancel_requested() ? HF_ECANCELLED : 0;
}

static int check_files(struct utils *u, struct catalog *catalog, const struct check *kind)
{
	struct check check = *kind;
	struct verify_result result;
	struct parts parts = {0};
	int err = parts_locate(&parts, u->machine, machine_volume(u->machine, u->letter), u->path,
			       catalog);

	if (err) {
		parts_free(&parts);
		return err == HF_ENOENT ? USMT_ERROR_CORRUPTED_NOTENCRYPTED_STORE : store_code(err);
	}
	err = verify_store_each(&parts, catalog, check_visit, &check, &result);
	parts_free(&parts);
	if (err && err != HF_ECORRUPT)
		return store_code(err);
	if (!check.all && !check.bad) {
		printf("Intact files: %" PRIu64 "\nCorrupted files: %" PRIu64 "\n", check.intact,
		       check.corrupted);
		log_info("Intact files: %" PRIu64 ", corrupted files: %" PRIu64, check.intact,
			 check.corrupted);
	}
	check_line("CATALOG", true);
	if (!err)
		return USMT_SUCCESS;
	log_error("The store %s is damaged: %" PRIu64 " missing, %" PRIu64 " different, %" PRIu64
		  " that the catalog does not know. /verify:failureonly lists them; /extract "
		  "saves what is there.",
		  u->o.store_path, result.missing, result.different, result.unexpected);
	return USMT_ERROR_CORRUPTED_STORE;
}

static int verify(struct utils *u)
{
	const char *word = u->o.check_kind ? u->o.check_kind : "summary";
	const struct check kind = {.all = !strcasecmp(word, "all"),
				   .bad = !strcasecmp(word, "failureonly")};
	struct catalog *catalog = NULL;
	int code, err = store_open_catalog(machine_volume(u->machine, u->letter)->fs, u->path,
					   &catalog);

	if (err == HF_ECORRUPT) {
		check_line("CATALOG", false);
		return applet_flush(USMT_ERROR_CORRUPTED_STORE);
	}
	if (err)
		return store_code(err);
	cancel_install();
	if (!strcasecmp(word, "catalog")) {
		check_line("CATALOG", true);
		code = USMT_SUCCESS;
	} else {
		code = check_files(u, catalog, &kind);
	}
	catalog_free(catalog);
	return applet_flush(code);
}

/* What was extracted, what was not and why. */
static int report_extract(const struct utils *u, const struct extract_result *result)
{
	log_status("Extracted: %" PRIu64 " files (%.1f MB) to %s.", result->files,
		   megabytes(result->bytes), u->o.destination);
	if (result->renamed)
		log_status("%" PRIu64 " names were changed: this system cannot hold them.",
			   result->renamed);
	if (result->links)
		log_status("%" PRIu64 " junctions, links and special files were left out.",
			   result->links);
	if (!u->errors.count)
		return USMT_SUCCESS;
	log_error("Not extracted: %zu objects.", u->errors.count);
	for (size_t i = 0; i < u->errors.count; i++)
		log_error("  %s: %s", u->errors.list[i].path, u->errors.list[i].reason);
	return USMT_MIGRATION_STOPPED_NONFATAL;
}

static int extract_from(struct utils *u, const struct place *p)
{
	const struct extract_options options = {.destination = u->o.destination,
						.include = u->o.names.items,
						.include_count = u->o.names.count,
						.exclude = u->o.not_names.items,
						.exclude_count = u->o.not_names.count,
						.overwrite = u->o.overwrite};
	struct extract_result result;
	int err, code;

	cancel_install();
	u->errors.continue_on_error = true;
	err = extract_store(p->volumes, p->count, p->path, &options, &u->errors, &result);
	code = report_extract(u, &result);
	switch (err) {
	case 0:
		return !code && p->absent ? USMT_MIGRATION_STOPPED_NONFATAL : code;
	case HF_EINVAL:
		return USMT_INVALID_PARAMETERS;
	case HF_ENOENT:
		return USMT_INVALID_STORE_LOCATION;
	default:
		return usmt_code_for(err, USMT_UNABLE_DOMIGRATION);
	}
}

static int run(struct utils *u)
{
	struct place place = {0};
	int err, code = usmt_open_logs(&u->o, &u->log, &u->progress);

	if (!code)
		code = open_volumes(u);
	if (code)
		return code;
	if (u->o.check)
		return verify(u);
	err = place_find(&place, u->machine, u->letter, u->path);
	if (err)
		code = store_code(err);
	else
		code = u->o.remove ? delete_found(u, &place) : extract_from(u, &place);
	place_free(&place);
	return code;
}

int cmd_usmtutils(int argc, char **argv)
{
	static struct utils u;
	int code = usmtutils_options_parse(&u.o, argc, argv);

	if (code == USMT_DISPLAY_HELP)
		usmtutils_help();
	if (!code && u.o.list_algorithms)
		code = list_algorithms();
	else if (!code) {
		code = run(&u);
		/* The last line of /verify is the catalog's. */
		log_message(u.o.check ? LOG_INFO : LOG_STATUS, "UsmtUtils return code: %d", code);
		if (usmt_deliver_logs(&u.log, &u.progress, u.machine) && !code)
			code = USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
		if (machine_close(u.machine) && !code) {
			log_error("A volume could not be closed cleanly: run chkdsk on it.");
			code = USMT_UNABLE_DOMIGRATION;
		}
	}
	object_errors_free(&u.errors);
	usmt_options_free(&u.o);
	return code;
}
