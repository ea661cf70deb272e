/* SPDX-License-Identifier: MIT */
/* ITIMER_VIRTUAL and ITIMER_PROF count CPU time; ITIMER_REAL the clock. */
#include "tracee.h"

static volatile sig_atomic_t seen;

static void handler(int number)
{
	seen |= number == SIGVTALRM ? 1 : number == SIGPROF ? 2 : 4;
}

int main(void)
{
	struct itimerval soon = { { 0, 0 }, { 0, 5000 } };

	handle_flags(SIGVTALRM, handler, SA_RESTART);
	handle_flags(SIGPROF, handler, SA_RESTART);
	handle_flags(SIGALRM, handler, SA_RESTART);
	sys(setitimer(ITIMER_REAL, &soon, NULL));
	sys(setitimer(ITIMER_VIRTUAL, &soon, NULL));
	sys(setitimer(ITIMER_PROF, &soon, NULL));
	for (long calls = 0; seen != 7; calls++) {
		for (volatile int i = 0; i < 20000; i++)
			;
		syscall(SYS_getppid);
	}
	return success();
}
