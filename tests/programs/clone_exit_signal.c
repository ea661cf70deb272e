/* SPDX-License-Identifier: MIT */
/* A child with another exit signal than SIGCHLD, and one without any. */
#include "tracee.h"

static volatile sig_atomic_t got;

static void handler(int number)
{
	got = number;
}

int main(void)
{
	pid_t child;

	handle_flags(SIGUSR2, handler, 0);
	child = sys(syscall(SYS_clone, SIGUSR2, 0, 0, 0, 0));
	if (child == 0)
		_exit(1);
	fails(waitpid(child, NULL, 0), ECHILD);
	check(waitpid(child, NULL, __WCLONE) == child || errno == EINTR);
	waitpid(child, NULL, __WALL);
	check(got == SIGUSR2);
	child = sys(syscall(SYS_clone, 0, 0, 0, 0, 0));
	if (child == 0)
		_exit(2);
	check(waitpid(child, NULL, __WALL) == child);
	say("got %d\n", got);
	return success();
}
