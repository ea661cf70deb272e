/* SPDX-License-Identifier: MIT */
/* PR_SET_PDEATHSIG: the child is told when its parent ends. */
#include "tracee.h"

int main(void)
{
	int up[2], ready[2];
	char text[32] = "";
	pid_t child;

	sys(pipe(up));
	sys(pipe(ready));
	child = sys(fork());
	if (child == 0) {
		if (sys(fork()) == 0) {
			int number;
			sigset_t set;

			sigemptyset(&set);
			sigaddset(&set, SIGUSR1);
			sigprocmask(SIG_BLOCK, &set, NULL);
			sys(prctl(PR_SET_PDEATHSIG, SIGUSR1));
			put(ready[1], "r", 1);
			check(!sigwait(&set, &number) && number == SIGUSR1);
			put(up[1], "told", 4);
			_exit(0);
		}
		check(read(ready[0], text, 1) == 1);
		_exit(0);
	}
	await_exit(child, 0);
	check(read(up[0], text, 4) == 4 && !memcmp(text, "told", 4));
	return success();
}
