// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * console [-l FILE] [-s TTY] COMMAND [ARG...]: runs COMMAND on a pseudo terminal that is shown on,
 * and typed into from, every console the kernel uses (the screen and serial lines).
 *
 * Why: /dev/console is only the last console= of the kernel command line, but a technician may sit
 * at any of them. And no console may stop the work: output to one that does not take it (Scroll
 * Lock, a serial line held by flow control) is dropped for that console alone. FILE gets the first
 * MiB of the output. TTY is a serial line to use at 115200 baud though it is no console of the
 * kernel's. The exit code is COMMAND's, or 128 plus the signal that ended it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MAX_CONSOLES 8
#define BACKLOG_SIZE 65536
#define LOG_LIMIT    (1024 * 1024)
/* How long, in milliseconds, the consoles may take to print the end of the output. */
#define DRAIN_MS 2000

/* One console: its descriptor and the output it has not taken yet. */
struct console {
	int fd;
	size_t backlog_len;
	char backlog[BACKLOG_SIZE];
};

static struct console consoles[MAX_CONSOLES];
static size_t console_count;
static int log_fd = -1;
static size_t log_size;

/* Only here to interrupt ppoll(). */
static void on_child(int sig)
{
	(void)sig;
}

/*
 * Makes a terminal a plain pipe for bytes: the pseudo terminal does the editing and echoing. SPEED
 * is the baud rate to set; B0 leaves the kernel's.
 */
static int make_raw(int fd, speed_t speed)
{
	struct termios tio;

	if (tcgetattr(fd, &tio) < 0)
		return -1;
	cfmakeraw(&tio);
	tio.c_iflag |= IGNBRK | IGNPAR;
	tio.c_iflag &= ~(tcflag_t)(IXON | IXOFF | IXANY | BRKINT | PARMRK);
	tio.c_cflag |= CLOCAL | CREAD;
	tio.c_cflag &= ~(tcflag_t)CRTSCTS;
	if (speed != B0)
		cfsetspeed(&tio, speed);
	return tcsetattr(fd, TCSANOW, &tio);
}

static void open_console(const char *name, speed_t speed)
{
	char path[64];
	int fd;

	if (console_count == MAX_CONSOLES || strchr(name, '/'))
		return;
	/* tty0 is "whichever is in front"; reading needs a certain one. */
	if (strcmp(name, "tty0") == 0)
		name = "tty1";
	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (make_raw(fd, speed) < 0) {
		close(fd);
		return;
	}
	consoles[console_count].fd = fd;
	consoles[console_count].backlog_len = 0;
	console_count++;
}

/* Opens every console in the kernel's list; /dev/console when that gives none. */
static void open_consoles(void)
{
	char names[256] = "";
	FILE *f = fopen("/sys/class/tty/console/active", "re");
	char *save = NULL;

	if (f) {
		if (!fgets(names, sizeof(names), f))
			names[0] = '\0';
		fclose(f);
	}
	for (char *n = strtok_r(names, " \n", &save); n; n = strtok_r(NULL, " \n", &save))
		open_console(n, B0);
	if (console_count == 0)
		open_console("console", B0);
}

/* Opens a pseudo terminal as large as the first console that knows its size. Returns its master. */
static int open_terminal(char *slave, size_t slave_size)
{
	struct winsize size = {.ws_row = 25, .ws_col = 80};
	struct winsize known;
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (grantpt(fd) < 0 || unlockpt(fd) < 0 || ptsname_r(fd, slave, slave_size) != 0) {
		close(fd);
		return -1;
	}
	for (size_t i = 0; i < console_count; i++) {
		if (ioctl(consoles[i].fd, TIOCGWINSZ, &known) == 0 && known.ws_row &&
		    known.ws_col) {
			size = known;
			break;
		}
	}
	(void)ioctl(fd, TIOCSWINSZ, &size);
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* In the child: makes SLAVE the controlling terminal and becomes the command. Never returns. */
static void run_command(const char *slave, char **argv)
{
	int fd;

	setsid();
	fd = open(slave, O_RDWR);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0 ||
	    dup2(fd, 2) < 0)
		_exit(126);
	if (fd > 2)
		close(fd);
	execvp(argv[0], argv);
	fprintf(stderr, "console: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Gives a console as much of its backlog as it takes. */
static void flush_console(struct console *c)
{
	ssize_t n;

	if (c->backlog_len == 0)
		return;
	n = write(c->fd, c->backlog, c->backlog_len);
	if (n > 0) {
		c->backlog_len -= (size_t)n;
		memmove(c->backlog, c->backlog + n, c->backlog_len);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		c->backlog_len = 0;
	}
}

/* Sends output to every console and to the log. */
static void show(const char *data, size_t len)
{
	for (size_t i = 0; i < console_count; i++) {
		struct console *c = &consoles[i];

		if (len > sizeof(c->backlog) - c->backlog_len)
			continue;
		memcpy(c->backlog + c->backlog_len, data, len);
		c->backlog_len += len;
		flush_console(c);
	}
	if (log_fd >= 0 && log_size < LOG_LIMIT && write(log_fd, data, len) > 0)
		log_size += len;
}

/* Copies what was typed on a console to the terminal; stops listening to one that hung up. */
static void type(struct console *c, int terminal)
{
	char data[256];
	ssize_t n = read(c->fd, data, sizeof(data));

	if (n > 0 && write(terminal, data, (size_t)n) < 0 && errno != EAGAIN)
		fprintf(stderr, "console: %s\n", strerror(errno));
}

static bool output_pending(void)
{
	for (size_t i = 0; i < console_count; i++) {
		int queued = 0;

		if (consoles[i].backlog_len > 0)
			return true;
		if (ioctl(consoles[i].fd, TIOCOUTQ, &queued) == 0 && queued > 0)
			return true;
	}
	return false;
}

/* Waits, for a bounded time, until the consoles have printed everything. */
static void drain(void)
{
	for (int waited = 0; waited < DRAIN_MS && output_pending(); waited += 10) {
		for (size_t i = 0; i < console_count; i++)
			flush_console(&consoles[i]);
		usleep(10000);
	}
}

/*
 * Copies output that is there now. Returns false when the terminal has none: at its end (the
 * command closed it), or when a read would block.
 */
static bool copy_output(int terminal)
{
	char data[4096];
	ssize_t n = read(terminal, data, sizeof(data));

	if (n > 0)
		show(data, (size_t)n);
	return n > 0;
}

/* Serves the terminal and the consoles until the command ends. Returns its wait status. */
static int serve(int terminal, pid_t child)
{
	struct pollfd fds[MAX_CONSOLES + 1];
	const struct timespec tick = {.tv_sec = 1};
	sigset_t unblocked;
	int status = 0;

	sigemptyset(&unblocked);
	while (waitpid(child, &status, WNOHANG) != child) {
		fds[0] = (struct pollfd){.fd = terminal, .events = POLLIN};
		for (size_t i = 0; i < console_count; i++) {
			short events = consoles[i].backlog_len ? POLLIN | POLLOUT : POLLIN;

			fds[i + 1] = (struct pollfd){.fd = consoles[i].fd, .events = events};
		}
		if (ppoll(fds, console_count + 1, &tick, &unblocked) <= 0)
			continue;
		if (fds[0].revents && !copy_output(terminal))
			usleep(50000);
		for (size_t i = 0; i < console_count; i++) {
			if (fds[i + 1].revents & POLLOUT)
				flush_console(&consoles[i]);
			if (fds[i + 1].revents & POLLIN)
				type(&consoles[i], terminal);
			else if (fds[i + 1].revents & (POLLERR | POLLHUP | POLLNVAL))
				usleep(50000);
		}
	}
	while (copy_output(terminal))
		;
	return status;
}

int main(int argc, char **argv)
{
	struct sigaction on_sigchld = {.sa_handler = on_child};
	sigset_t blocked;
	char slave[64];
	int terminal, status, option;
	pid_t child;

	while ((option = getopt(argc, argv, "+l:s:")) != -1) {
		if (option == 'l')
			log_fd = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		else if (option == 's')
			open_console(optarg, B115200);
		else
			return 125;
	}
	argv += optind;
	if (!argv[0]) {
		fputs("usage: console [-l FILE] [-s TTY] COMMAND [ARG...]\n", stderr);
		return 125;
	}
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigaction(SIGCHLD, &on_sigchld, NULL);
	open_consoles();
	terminal = open_terminal(slave, sizeof(slave));
	if (terminal < 0) {
		perror("console: no pseudo terminal");
		return 125;
	}
	child = fork();
	if (child < 0) {
		perror("console: fork");
		return 125;
	}
	if (child == 0)
		run_command(slave, argv);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	status = serve(terminal, child);
	drain();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
