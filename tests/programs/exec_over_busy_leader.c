/* SPDX-License-Identifier: MIT */
/* A thread executes while the leader, which the exec ends, makes calls. */
#include "tracee.h"

static char *program;

static void *execute(void *unused)
{
	char *args[] = { program, "again", NULL };

	execv("/proc/self/exe", args);
	return unused;
}

static void leader(void)
{
	struct timespec none = { 0 };
	char byte;
	int fds[2];
	pthread_t thread;

	sys(pipe(fds));
	check(!pthread_create(&thread, NULL, execute, NULL));
	for (;;) {
		struct pollfd poll_fd = { .fd = fds[0], .events = POLLIN };

		sys(write(fds[1], "x", 1));
		sys(poll(&poll_fd, 1, 1));
		sys(read(fds[0], &byte, 1));
		nanosleep(&none, NULL);
	}
}

int main(int argc, char **argv)
{
	program = argv[0];
	if (argc > 1)
		return 7;
	for (int i = 0; i < 25; i++) {
		pid_t child = sys(fork());

		if (child == 0)
			leader();
		await_exit(child, 7);
	}
	return success();
}
