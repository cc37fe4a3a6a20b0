// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The applet "unlock": asks a person for the recovery passwords of locked BitLocker volumes and
 * keeps those that are right in the directory of --bitlocker-keys, for the programs that follow.
 * What is typed is not echoed. Without a terminal nothing is asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/applet.h"
#include "cmd/cmd.h"
#include "report/error.h"
#include "report/log.h"
#include "windows/machine.h"

#define LINE_SIZE 256
#define ATTEMPTS  5
#define CTRL_C	  3
/* After so many minutes without a line nobody is there. */
#define WAIT_MINUTES 5

static const char usage[] =
	"Usage: holdfast unlock --bitlocker-keys DIRECTORY [OPTION]...\n"
	"Asks for the recovery password of each BitLocker volume that is still locked, and keeps "
	"the\n"
	"right ones in DIRECTORY, for --bitlocker-keys of other commands. Nothing is changed.\n"
	"Ends with 0 when no volume is locked any more.\n"
	"  --help                this text\n";

/*
 * Reads a line without echo into LINE; what is too long is lost. False at the end of input and at
 * Ctrl-C, which must not leave the terminal without echo, and when nobody is there.
 */
static bool read_hidden(char line[LINE_SIZE])
{
	struct termios shown, hidden;
	bool terminal = !tcgetattr(STDIN_FILENO, &shown);
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	size_t len = 0;
	ssize_t n = 0;
	char c = 0;

	if (terminal) {
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
		hidden.c_cc[VEOL] = CTRL_C;
		hidden.c_lflag |= ICANON | ECHONL;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	/* Not stdio, whose buffer would keep the key. */
	while (poll(&input, 1, WAIT_MINUTES * 60 * 1000) > 0 &&
	       (n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n' && c != '\r' && c != CTRL_C)
		if (len < LINE_SIZE - 1)
			line[len++] = c;
	line[len] = '\0';
	if (terminal)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &shown);
	return c != CTRL_C && (n == 1 || len);
}

/* Keeps the recovery password TEXT of volume B in DIRECTORY. */
static int keep(const struct bitlocker *b, const char *directory, const char *text)
{
	char path[PATH_MAX];
	size_t len = strlen(text);
	int fd, rc;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s.txt", directory, b->id) >= sizeof(path)) {
		log_error("The key cannot be kept in %s: the path is too long.", directory);
		return HF_EIO;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	rc = fd < 0 || write(fd, text, len) != (ssize_t)len ? HF_EIO : 0;
	if (fd >= 0 && close(fd))
		rc = HF_EIO;
	if (rc)
		log_error("The key cannot be kept in %s: %s.", path, strerror(errno));
	return rc;
}

static void print_question(const struct volume *v)
{
	const struct bitlocker *b = v->bitlocker;

	printf("\n%s is locked by BitLocker.\n", v->device);
	for (size_t i = 0; i < b->protector_count; i++)
		if (b->protectors[i].protection == BITLOCKER_RECOVERY)
			printf("  Key ID %s\n", b->protectors[i].id);
	fputs("Recovery password (48 digits, not shown; Enter: leave it locked): ", stdout);
	fflush(stdout);
}

/* Judges what was typed. 0: open and kept; HF_EBITLOCKER: ask again; other errors end it. */
static int take_answer(struct volume *v, const char *directory, const char *line)
{
	unsigned wrong = bitlocker_check_recovery(line);
	int rc;

	if (wrong) {
		printf("Group %u of 8 is mistyped: each group has six digits and divides by 11.\n",
		       wrong);
		return HF_EBITLOCKER;
	}
	rc = volume_unlock_recovery(v, line);
	if (rc == HF_EBITLOCKER)
		puts("That is a recovery password, but of another volume: compare the key ID.");
	else if (!rc)
		rc = keep(v->bitlocker, directory, line);
	if (!rc)
		printf("%s is open.\n", v->device);
	return rc;
}

static bool has_recovery(const struct bitlocker *b)
{
	for (size_t i = 0; i < b->protector_count; i++)
		if (b->protectors[i].protection == BITLOCKER_RECOVERY)
			return true;
	return false;
}

/* Asks for V's key. 0, HF_EBITLOCKER when it stays locked, or worse. */
static int ask(struct volume *v, const char *directory)
{
	char line[LINE_SIZE];
	int rc = HF_EBITLOCKER;

	if (!has_recovery(v->bitlocker))
		return HF_EBITLOCKER;
	for (int i = 0; i < ATTEMPTS && rc == HF_EBITLOCKER; i++) {
		print_question(v);
		if (!read_hidden(line) || !*line)
			break;
		rc = take_answer(v, directory, line);
	}
	explicit_bzero(line, sizeof(line));
	return rc;
}

static int ask_all(const struct machine_options *options)
{
	struct machine *m;
	int rc, closed, locked = 0;

	if (mkdir(options->bitlocker_keys, 0700) && errno != EEXIST) {
		log_error("The directory for keys %s cannot be made: %s.", options->bitlocker_keys,
			  strerror(errno));
		return USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	}
	rc = machine_open(options, &m);
	if (rc)
		return USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	for (size_t i = 0; i < m->volume_count && !rc; i++) {
		struct volume *v = m->volumes[i].volume;

		if (!v->bitlocker || v->bitlocker->state != BITLOCKER_LOCKED)
			continue;
		rc = isatty(STDIN_FILENO) ? ask(v, options->bitlocker_keys) : HF_EBITLOCKER;
		if (rc == HF_EBITLOCKER) {
			locked++;
			rc = 0;
		}
	}
	closed = machine_close(m);
	if (rc || closed)
		return USMT_INIT_OPERATING_ENVIRONMENT_FAILED;
	return locked ? USMT_ERROR_UNSUPPORTED_PLATFORM : USMT_SUCCESS;
}

int cmd_unlock(int argc, char **argv)
{
	static struct select select;
	struct applet_line line = {.applet = "unlock", .select = &select};

	select_init(&select);
	if (applet_parse(&line, argc, argv))
		return USMT_INVALID_PARAMETERS;
	if (line.help) {
		printf("%s%s", usage, select_help);
		return USMT_SUCCESS;
	}
	if (!select.options.bitlocker_keys) {
		log_error("unlock wants --bitlocker-keys with the directory for the keys.");
		return USMT_INVALID_PARAMETERS;
	}
	return ask_all(&select.options);
}
