/* SPDX-License-Identifier: MIT */
/* An orphan is given to the nearest subreaper, which can wait for it. */
#include "tracee.h"

int main(void)
{
	pid_t *orphan = map_shared(4096), child;
	int go[2];

	sys(prctl(PR_SET_CHILD_SUBREAPER, 1));
	sys(pipe(go));
	child = sys(fork());
	if (child == 0) {
		if (!(*orphan = sys(fork()))) {
			char byte;

			check(read(go[0], &byte, 1) == 1);
			say("orphan %d, parent %d\n", getpid(), getppid());
			_exit(5);
		}
		_exit(4);
	}
	await_exit(child, 4);
	put(go[1], "g", 1);
	await_exit(*orphan, 5);
	return success();
}
