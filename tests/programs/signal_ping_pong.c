/* SPDX-License-Identifier: MIT */
/* Two processes answer each other's signals two hundred times. */
#include "tracee.h"

static volatile sig_atomic_t count;

static void handler(int number)
{
	(void)number;
	count++;
}

int main(void)
{
	sigset_t old, set;
	pid_t parent = getpid(), child, other;

	handle_flags(SIGUSR1, handler, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	child = sys(fork());
	other = child ? child : parent;
	for (int i = 0; i < 200; i++) {
		if (child)
			sys(kill(other, SIGUSR1));
		while (count <= i)
			sigsuspend(&old);
		if (!child)
			sys(kill(other, SIGUSR1));
	}
	if (child == 0)
		_exit(9);
	await_exit(child, 9);
	check(count == 200);
	return success();
}
