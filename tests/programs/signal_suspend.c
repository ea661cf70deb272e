/* SPDX-License-Identifier: MIT */
/* sigsuspend and pause return after a handler; the old mask is back. */
#include "tracee.h"

static volatile sig_atomic_t got;

static void handler(int number)
{
	got = number;
}

int main(void)
{
	sigset_t old, now;
	pid_t child;

	handle_flags(SIGUSR1, handler, 0);
	handle_flags(SIGALRM, handler, 0);
	mask(SIG_BLOCK, SIGUSR1);
	sigemptyset(&old);
	child = sys(fork());
	if (child == 0) {
		sys(kill(getppid(), SIGUSR1));
		_exit(0);
	}
	fails(sigsuspend(&old), EINTR);
	check(got == SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	check(sigismember(&now, SIGUSR1));
	alarm(1);
	fails(pause(), EINTR);
	check(got == SIGALRM);
	await_exit(child, 0);
	return success();
}
