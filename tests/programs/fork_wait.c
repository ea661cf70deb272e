/* SPDX-License-Identifier: MIT */
/* A child's pid, its output and its exit status reach the parent. */
#include "tracee.h"

int main(void)
{
	int status;
	pid_t child = sys(fork());

	if (child == 0) {
		say("child %d of %d\n", getpid(), getppid());
		_exit(42);
	}
	check(waitpid(child, &status, 0) == child);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	say("parent %d: child %d ended with %#x\n", getpid(), child, status);
	return success();
}
