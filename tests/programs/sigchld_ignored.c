/* SPDX-License-Identifier: MIT */
/* With SIGCHLD ignored, or SA_NOCLDWAIT, children leave no zombies. */
#include "tracee.h"

static void nothing(int number)
{
	(void)number;
}

int main(void)
{
	signal(SIGCHLD, SIG_IGN);
	if (sys(fork()) == 0)
		_exit(1);
	fails(waitpid(-1, NULL, 0), ECHILD);
	handle_flags(SIGCHLD, nothing, SA_NOCLDWAIT | SA_RESTART);
	if (sys(fork()) == 0)
		_exit(1);
	fails(waitpid(-1, NULL, 0), ECHILD);
	return success();
}
