/* SPDX-License-Identifier: MIT */
/* The parent sleeps in vfork until the child execs. */
#include "tracee.h"

int main(int argc, char **argv)
{
	char *again[] = { argv[0], "child", NULL };
	volatile int shared = 1;
	pid_t child;

	if (argc > 1) {
		say("child %d runs\n", getpid());
		return 7;
	}
	child = vfork();
	if (child == 0) {
		shared = 2;
		execv("/proc/self/exe", again);
		_exit(99);
	}
	check(child > 0 && shared == 2);
	await_exit(child, 7);
	return success();
}
