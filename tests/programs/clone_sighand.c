/* SPDX-License-Identifier: MIT */
/* CLONE_SIGHAND without CLONE_THREAD: two processes, one set of handlers. */
#include "tracee.h"

static char stack[65536] __attribute__((aligned(16)));

static void handler(int number)
{
	(void)number;
}

static int child_main(void *unused)
{
	(void)unused;
	return signal(SIGUSR1, handler) == SIG_ERR;
}

int main(void)
{
	struct sigaction action;
	pid_t child = sys(clone(child_main, stack + sizeof(stack),
				CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL));

	await_exit(child, 0);
	sys(sigaction(SIGUSR1, NULL, &action));
	check(action.sa_handler == handler);
	return success();
}
