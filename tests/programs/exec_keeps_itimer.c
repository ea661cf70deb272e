/* SPDX-License-Identifier: MIT */
/* An interval timer runs on over exec; a POSIX timer does not. */
#include "tracee.h"

static volatile sig_atomic_t got;

static void handler(int number)
{
	got = number;
}

int main(int argc, char **argv)
{
	char *args[] = { argv[0], "second", NULL };
	struct itimerval value = { { 0, 0 }, { 0, 200000 } };
	struct itimerspec soon = { { 0, 0 }, { 0, 20000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGUSR1 };
	timer_t timer;
	sigset_t set;

	if (argc > 1) {
		handle_flags(SIGALRM, handler, 0);
		mask(SIG_UNBLOCK, SIGALRM);
		while (!got)
			sleep_ms(1000);
		sigpending(&set);
		check(!sigismember(&set, SIGUSR1));
		return success();
	}
	mask(SIG_BLOCK, SIGALRM);
	mask(SIG_BLOCK, SIGUSR1);
	sys(setitimer(ITIMER_REAL, &value, NULL));
	sys(timer_create(CLOCK_MONOTONIC, &event, &timer));
	sys(timer_settime(timer, 0, &soon, NULL));
	sys(execv("/proc/self/exe", args));
}
