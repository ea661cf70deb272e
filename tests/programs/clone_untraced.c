/* SPDX-License-Identifier: MIT */
/* CLONE_UNTRACED asks that no tracer follow; the child runs all the same. */
#include "tracee.h"

int main(void)
{
	pid_t child =
		sys(syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0));

	if (child == 0) {
		say("child %d\n", (int)syscall(SYS_getpid));
		_exit(4);
	}
	await_exit(child, 4);
	return success();
}
