/* SPDX-License-Identifier: MIT */
/* A process made by clone shares memory and descriptors with its parent. */
#include "tracee.h"

static char stack[65536] __attribute__((aligned(16)));
static volatile int fd;

static int child_main(void *unused)
{
	(void)unused;
	fd = open("/dev/null", O_RDONLY);
	return 5;
}

int main(void)
{
	pid_t child = sys(clone(child_main, stack + sizeof(stack),
				CLONE_VM | CLONE_FILES | SIGCHLD, NULL));

	await_exit(child, 5);
	check(fd >= 3 && fcntl(fd, F_GETFD) == 0);
	say("child %d opened %d for its parent\n", child, fd);
	return success();
}
