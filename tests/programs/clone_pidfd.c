/* SPDX-License-Identifier: MIT */
/* CLONE_PIDFD: the descriptor polls readable when the child ends. */
#include "tracee.h"

int main(void)
{
	int pidfd = -1, go[2];
	struct pollfd wait;
	pid_t child;

	sys(pipe(go));
	child = sys(syscall(SYS_clone, 0x1000 /* CLONE_PIDFD */ | SIGCHLD, 0,
			    &pidfd, 0, 0));
	if (child == 0) {
		char byte;

		check(read(go[0], &byte, 1) == 1);
		_exit(6);
	}
	wait = (struct pollfd){ .fd = pidfd, .events = POLLIN };
	check(poll(&wait, 1, 0) == 0);
	put(go[1], "g", 1);
	check(poll(&wait, 1, -1) == 1 && wait.revents & POLLIN);
	await_exit(child, 6);
	say("pidfd %d of %d\n", pidfd, child);
	return success();
}
