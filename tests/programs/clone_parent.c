/* SPDX-License-Identifier: MIT */
/* CLONE_PARENT makes a sibling: the grandparent waits for it. */
#include "tracee.h"

int main(void)
{
	pid_t *sibling = map_shared(4096);
	pid_t child = sys(fork());

	if (child == 0) {
		pid_t pid = syscall(SYS_clone, CLONE_PARENT, 0, 0, 0, 0);

		if (pid == 0)
			_exit(11);
		*sibling = pid;
		_exit(12);
	}
	await_exit(child, 12);
	check(*sibling > 0);
	await_exit(*sibling, 11);
	say("child %d, sibling %d\n", child, *sibling);
	return success();
}
