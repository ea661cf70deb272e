/* SPDX-License-Identifier: MIT */
/* Blocked signals stay pending and come when they are let in. */
#include "tracee.h"

static volatile sig_atomic_t order, first, second, count;

static void handler(int number)
{
	count++;
	if (number == SIGUSR1)
		first = ++order;
	else
		second = ++order;
}

int main(void)
{
	sigset_t set, old, pending;

	handle_flags(SIGUSR1, handler, 0);
	handle_flags(SIGUSR2, handler, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, &old);
	raise(SIGUSR2);
	raise(SIGUSR1);
	raise(SIGUSR1);
	check(order == 0);
	sigpending(&pending);
	check(sigismember(&pending, SIGUSR1) && sigismember(&pending, SIGUSR2));
	sigprocmask(SIG_SETMASK, &old, NULL);
	check(count == 2);
	say("order %d %d\n", first, second);
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigprocmask(SIG_SETMASK, NULL, &old);
	check(!sigismember(&old, SIGKILL) && sigismember(&old, SIGTERM));
	fails(sigprocmask(77, &set, NULL), EINVAL);
	return success();
}
