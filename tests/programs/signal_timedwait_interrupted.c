/* SPDX-License-Identifier: MIT */
/* sigwaitinfo is interrupted by another signal's handler, SA_RESTART or not. */
#include "tracee.h"

static volatile sig_atomic_t got;

static void handler(int number)
{
	got = number;
}

int main(void)
{
	struct itimerval soon = { { 0, 5000 }, { 0, 5000 } };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	handle_flags(SIGALRM, handler, SA_RESTART);
	sys(setitimer(ITIMER_REAL, &soon, NULL));
	fails(sigwaitinfo(&set, NULL), EINTR);
	check(got == SIGALRM);
	return success();
}
