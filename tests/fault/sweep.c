// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole commands under faults, on a disk in memory: each is run once and what it writes recorded.
 * Then it is cut at many instants (every sector since the last flush may or may not have arrived),
 * or writes, reads or allocations fail. After each, the volume must open, be found whole by the
 * health check, hold all that had to be kept, and the same command must come to its end.
 *   sweep IMAGE CUTS FAILURES [SEED]
 *   sweep IMAGE --one STAGE FAULT AT NUMBER SEED: that one again, in this process, for a debugger
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "fault/disk.h"
#include "fault/files.h"
#include "fault/oom.h"
#include "report/error.h"
#include "report/log.h"
#include "volume/block.h"
#include "volume/check.h"
#include "volume/journal.h"
#include "volume/ntfs.h"

#define TRACE_SECTORS ((size_t)2 << 20)
#define ARGS_MAX      24

/* Small batches: many more intervals than a volume of this size would have. */
#define BATCH ((size_t)256 << 10)

/* A command as a person gives it; the disk is added as --volume. */
struct stage {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args[ARGS_MAX];
	const char *keep; /* what must stay: below this folder; "" everything */
	const char *skip; /* but this, or NULL */
	bool new_windows; /* one is laid onto the volume first */
};

static const struct stage stages[] = {
	{"scanstate",
	 cmd_scanstate,
	 {"scanstate", "C:\\USMTMIG", "/hardlink", "/nocompress", "/i:MigUser.xml",
	  "/i:MigDocs.xml", "/i:MigApp.xml", "/i:MigSys.xml", "/o", "/c"},
	 "",
	 "\\USMTMIG",
	 false},
	{"wipe", cmd_wipe, {"wipe", "C:", "--with-errors"}, "\\USMTMIG\\USMT\\File", NULL, false},
	{"loadstate",
	 cmd_loadstate,
	 {"loadstate", "C:\\USMTMIG", "/hardlink", "/nocompress", "/c"},
	 "",
	 NULL,
	 true},
	{"loadstate --delete-store",
	 cmd_loadstate,
	 {"loadstate", "C:\\USMTMIG", "/hardlink", "/nocompress", "/c", "--delete-store"},
	 "",
	 "\\USMTMIG",
	 false},
};

enum fault { FAULT_CUT, FAULT_WRITE, FAULT_READ, FAULT_MEMORY };

static const char *const fault_names[] = {"cut", "write error", "read error", "no memory"};

static const char *image;
static const char *mkwin = "build/tests/fixtures/mkwin";
static char scratch[] = "/tmp/holdfast-fault-XXXXXX";
static struct kept_files kept;

static int run_stage(const struct stage *stage)
{
	char volume[512], log[128];
	char *argv[ARGS_MAX + 8];
	int argc = 0;

	for (; stage->args[argc]; argc++)
		argv[argc] = strdup(stage->args[argc]);
	snprintf(volume, sizeof(volume), "C=%s", image);
	snprintf(log, sizeof(log), "%s/%d.cmdlog", scratch, (int)getpid());
	argv[argc++] = strdup("--volume");
	argv[argc++] = volume;
	argv[argc++] = strdup("--log");
	argv[argc++] = log;
	argv[argc] = NULL;
	return stage->run(argc, argv);
}

/* Everything the commands say goes to a file, shown when something is wrong. */
static void quiet(const char *path)
{
	fflush(stdout);
	if (!freopen(path, "w", stderr))
		exit(2);
	dup2(fileno(stderr), STDOUT_FILENO);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

struct findings {
	unsigned count;
};

static void found(void *ctx, const struct check_finding *f)
{
	struct findings *all = ctx;

	if (check_kind_severity(f->kind) == CHECK_NOTE)
		return;
	all->count++;
	printf("# %s: %s (%s)\n", check_kind_name(f->kind), f->what, f->path ? f->path : "-");
}

/* The health of what lies on the disk, without any journal in between. */
static unsigned sick(void)
{
	struct findings all = {0};
	const struct check_options options = {.show_max = 3, .found = found, .ctx = &all};
	struct check_result result;
	struct block *block;

	if (block_open_file(image, 0, 0, false, &block))
		return 1;
	if (check_volume(block, &options, &result))
		all.count++;
	block->ops->close(block);
	return all.count;
}

static unsigned lost(void)
{
	struct fs *fs;
	unsigned n;

	if (ntfs_open(image, 0, 0, "C:", NTFS_LOOK, &fs))
		return 1;
	n = files_lost(&kept, fs, "lost");
	return n + (fs_close(fs) != 0);
}

/* Opening for writing and closing is all it takes to heal. */
static unsigned heals(void)
{
	struct fs *fs;

	if (ntfs_open(image, 0, 0, "C:", NTFS_WRITE, &fs)) {
		printf("# it does not open: %s\n", log_last_error());
		return 1;
	}
	return fs_close(fs) != 0;
}

static bool succeeded(int code)
{
	return code == USMT_SUCCESS || code == USMT_WOULD_HAVE_FAILED;
}

/* A store that is gone cannot be restored or deleted again. */
static bool store_is_gone(void)
{
	struct fs *fs;
	fs_ref ref;
	int rc;

	if (ntfs_open(image, 0, 0, "C:", NTFS_LOOK, &fs))
		return false;
	rc = fs_resolve(fs, "\\USMTMIG\\USMT", &ref);
	return !fs_close(fs) && rc == HF_ENOENT;
}

/*
 * Runs STAGE with a failing disk or memory in a process of its own, so that a crash is no more than
 * a cut: libntfs-3g frees an index twice when a read or an allocation fails inside it. What was
 * written until then is put on this process's disk.
 */
static void run_failing(const struct stage *stage, enum fault fault, uint64_t at, bool once)
{
	struct disk_trace *own = disk_trace_new(TRACE_SECTORS);
	uint64_t none = 0;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		disk_record(own);
		disk_fail_writes(fault == FAULT_WRITE ? at : 0, once);
		disk_fail_reads(fault == FAULT_READ ? at : 0, once);
		oom_at(fault == FAULT_MEMORY ? at : 0, once);
		_exit(run_stage(stage));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || own->overflow)
		exit(2);
	if (WIFSIGNALED(status))
		printf("# with the fault: crashed by signal %d\n", WTERMSIG(status));
	else
		printf("# with the fault: code %d\n", WEXITSTATUS(status));
	disk_cut(own, UINT32_MAX, 1, &none);
}

/* In a child: the fault, then what has to hold after it. 0 when all does. */
static int one_fault(const struct stage *stage, const struct disk_trace *trace, enum fault fault,
		     uint64_t at, unsigned how, uint64_t random)
{
	int code;

	if (fault == FAULT_CUT)
		disk_cut(trace, (uint32_t)at, how, &random);
	else
		run_failing(stage, fault, at, how & 1);
	if (heals())
		return 10;
	if (sick())
		return 11;
	if (lost())
		return 12;
	code = run_stage(stage);
	if (!succeeded(code) && !(code == USMT_INVALID_STORE_LOCATION && store_is_gone())) {
		printf("# the second run ended with code %d\n", code);
		return 13;
	}
	if (sick())
		return 14;
	return lost() ? 15 : 0;
}

static const char *verdict(int status)
{
	static const char *const words[] = {"it does not open for writing",
					    "the health check finds something",
					    "something is lost",
					    "the same command does not finish",
					    "damaged after the second run",
					    "lost after the second run"};

	if (WIFSIGNALED(status))
		return "the command crashed";
	status = WEXITSTATUS(status) - 10;
	return status >= 0 && status < 6 ? words[status] : "the test itself failed";
}

/* A fault under way in a child. */
struct job {
	pid_t pid;
	unsigned number;
	char what[96];
};

static unsigned finish(struct job *jobs, size_t count, const struct stage *stage)
{
	int status;
	pid_t pid = wait(&status);

	for (size_t i = 0; i < count; i++) {
		char path[128], command[200];

		if (jobs[i].pid != pid)
			continue;
		jobs[i].pid = 0;
		snprintf(path, sizeof(path), "%s/%d.out", scratch, (int)pid);
		if (status) {
			printf("not ok %s, %s: %s\n", stage->name, jobs[i].what, verdict(status));
			fflush(stdout);
			snprintf(command, sizeof(command), "tail -n 12 %s | sed 's/^/    | /'",
				 path);
			if (system(command))
				printf("    (no output)\n");
		}
		unlink(path);
		snprintf(path, sizeof(path), "%s/%d.cmdlog", scratch, (int)pid);
		unlink(path);
		return status != 0;
	}
	return 0;
}

static unsigned sweep(const struct stage *stage, const struct disk_trace *trace, enum fault fault,
		      unsigned count, uint64_t range, uint64_t seed)
{
	struct job jobs[2] = {0};
	const size_t slots = sizeof(jobs) / sizeof(*jobs);
	unsigned bad = 0, running = 0;

	for (unsigned n = 0; n < count || running;) {
		size_t slot = 0;

		while (slot < slots && jobs[slot].pid)
			slot++;
		if (n == count || slot == slots) {
			bad += finish(jobs, slots, stage);
			running--;
			continue;
		}
		uint64_t random = seed * 1000003 + n * 7919 + (uint64_t)fault;
		uint64_t at;

		(void)disk_random(&random);
		/* Every interval in turn, as long as there are enough cuts; else by chance. */
		at = fault == FAULT_CUT && range < count ? n % (range + 1)
							 : disk_random(&random) % (range + 1);
		at += fault != FAULT_CUT;
		snprintf(jobs[slot].what, sizeof(jobs[slot].what),
			 "%s at %" PRIu64 " of %" PRIu64 ", number %u, seed %" PRIu64,
			 fault_names[fault], at, range, n, seed);
		fflush(stdout);
		jobs[slot].pid = fork();
		if (!jobs[slot].pid) {
			char path[128];

			snprintf(path, sizeof(path), "%s/%d.out", scratch, (int)getpid());
			quiet(path);
			int bad_at = one_fault(stage, trace, fault, at, n % 8, random);
			fflush(stdout);
			_exit(bad_at);
		}
		running++;
		n++;
	}
	printf("%s %s: %u times %s: %u wrong\n", bad ? "not ok" : "ok", stage->name, count,
	       fault_names[fault], bad);
	return bad;
}

/* What a run without faults does, for the ranges that faults are chosen from. */
struct counts {
	uint64_t writes, reads, allocations;
	int code;
};

static struct counts *record(const struct stage *stage, struct disk_trace *trace)
{
	static struct counts *shared;
	int status;
	pid_t pid;

	if (!shared)
		shared = (struct counts *)disk_trace_new(1);
	trace->count = trace->flushes = 0;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		char path[128];

		snprintf(path, sizeof(path), "%s/record.out", scratch);
		quiet(path);
		disk_record(trace);
		disk_fail_writes(0, false);
		disk_fail_reads(0, false);
		oom_at(0, false);
		shared->code = run_stage(stage);
		shared->writes = disk_writes();
		shared->reads = disk_reads();
		shared->allocations = oom_allocations();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status || !succeeded(shared->code) ||
	    trace->overflow) {
		printf("not ok %s does not run without faults: code %d\n", stage->name,
		       shared->code);
		exit(1);
	}
	return shared;
}

static void remember(const struct stage *stage)
{
	struct fs *fs;

	files_free(&kept);
	if (ntfs_open(image, 0, 0, "C:", NTFS_LOOK, &fs))
		exit(2);
	files_add(&kept, fs, stage->keep, stage->skip);
	if (fs_close(fs))
		exit(2);
}

static unsigned run_faults(const struct stage *stage, struct disk_trace *trace, unsigned cuts,
			   unsigned failures, uint64_t seed)
{
	const struct counts *c = record(stage, trace);
	unsigned bad = 0;

	printf("-- %s: %zu sectors in %u flush intervals, %" PRIu64 " writes, %" PRIu64
	       " reads, %" PRIu64 " allocations\n",
	       stage->name, trace->count, trace->flushes, c->writes, c->reads, c->allocations);
	bad += sweep(stage, trace, FAULT_CUT, cuts, trace->flushes, seed);
	bad += sweep(stage, trace, FAULT_WRITE, failures, c->writes, seed);
	bad += sweep(stage, trace, FAULT_READ, failures, c->reads, seed);
	bad += sweep(stage, trace, FAULT_MEMORY, failures, c->allocations, seed);
	return bad;
}

/* As an installer does: onto the volume as it is, without formatting. */
static void install_windows(void)
{
	char path[128], command[512];

	snprintf(path, sizeof(path), "%s/new.img", scratch);
	snprintf(command, sizeof(command), "%s --style win11 --into '%s' >/dev/null", mkwin, path);
	disk_save(path);
	if (system(command)) {
		fprintf(stderr, "fault: no new Windows: %s\n", command);
		exit(2);
	}
	disk_load(path);
	unlink(path);
}

/* Brings the disk to where STAGE begins and remembers what must not get lost. */
static void prepare(const struct stage *stage)
{
	if (stage->new_windows)
		install_windows();
	remember(stage);
}

/* The fault that a "not ok" line tells of. */
static int run_one(char **argv, struct disk_trace *trace)
{
	unsigned number = (unsigned)atoi(argv[3]);
	unsigned fault = 0;
	uint64_t random;

	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++) {
		prepare(&stages[i]);
		record(&stages[i], trace);
		if (!strcmp(stages[i].name, argv[0])) {
			while (fault < FAULT_MEMORY && strcmp(fault_names[fault], argv[1]) != 0)
				fault++;
			random = strtoull(argv[4], NULL, 10) * 1000003 + number * 7919 + fault;
			(void)disk_random(&random);
			return one_fault(&stages[i], trace, fault, strtoull(argv[2], NULL, 10),
					 number % 8, random);
		}
		disk_cut(trace, UINT32_MAX, 1, &random);
	}
	return 2;
}

int main(int argc, char **argv)
{
	const size_t count = sizeof(stages) / sizeof(*stages);
	struct disk_trace *trace;
	uint64_t all = 0, seed;
	unsigned bad = 0;

	if (argc < 4 || !mkdtemp(scratch)) {
		fputs("usage: sweep IMAGE CUTS FAILURES [SEED]\n", stderr);
		return 2;
	}
	image = argv[1];
	if (!strcmp(argv[2], "--one") && argc == 8) {
		disk_load(image);
		journal_defaults.memory = BATCH;
		return run_one(argv + 3, disk_trace_new(TRACE_SECTORS));
	}
	seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
	log_set_quiet(true);
	disk_load(image);
	journal_defaults.memory = BATCH;
	trace = disk_trace_new(TRACE_SECTORS);
	for (size_t i = 0; i < count; i++) {
		prepare(&stages[i]);
		bad += run_faults(&stages[i], trace, (unsigned)atoi(argv[2]),
				  (unsigned)atoi(argv[3]), seed);
		disk_cut(trace, UINT32_MAX, 1, &all);
	}
	rmdir(scratch);
	return bad != 0;
}
