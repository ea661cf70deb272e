/* SPDX-License-Identifier: MIT */
/* A child leads a session on a pty: ^C, hang-up, and tcsetpgrp. */
#include <pty.h>
#include <sys/ioctl.h>

#include "tracee.h"

static volatile sig_atomic_t got;

static void handler(int number)
{
	got = number;
}

static void child_main(void)
{
	handle_flags(SIGINT, handler, 0);
	check(tcgetpgrp(0) == getpgrp() && tcgetsid(0) == getpid());
	put(1, "ready\n", 6);
	while (got != SIGINT)
		pause();
	put(1, "interrupted\n", 12);
	handle_flags(SIGHUP, handler, 0);
	while (got != SIGHUP)
		pause();
	_exit(48);
}

static void expect(int fd, const char *what)
{
	static char seen[4096];
	static size_t length;

	while (!memmem(seen, length, what, strlen(what))) {
		ssize_t n = read(fd, seen + length, sizeof(seen) - length);

		check(n > 0);
		length += n;
	}
}

int main(void)
{
	int master;
	pid_t child = forkpty(&master, NULL, NULL, NULL);

	if (child < 0)
		skip("no pty: errno %d", errno);
	if (child == 0)
		child_main();
	expect(master, "ready");
	put(master, "\3", 1);
	expect(master, "interrupted");
	sleep_ms(5);
	close(master);
	await_exit(child, 48);
	return success();
}
