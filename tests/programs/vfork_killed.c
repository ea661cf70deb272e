/* SPDX-License-Identifier: MIT */
/* A vfork child that dies of a signal lets its parent go on. */
#include "tracee.h"

int main(void)
{
	pid_t child = vfork();

	if (child == 0) {
		kill(getpid(), SIGKILL);
		_exit(0);
	}
	check(child > 0);
	await_signal(child, SIGKILL);
	return success();
}
