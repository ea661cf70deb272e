/* SPDX-License-Identifier: MIT */
/* nanosleep cut short by a handler says how much was left. */
#include "tracee.h"

static void handler(int number)
{
	(void)number;
}

int main(void)
{
	struct timespec wait = { 5, 0 }, left = { 9, 9 };
	struct itimerval soon = { { 0, 10000 }, { 0, 10000 } };

	handle_flags(SIGALRM, handler, SA_RESTART);
	sys(setitimer(ITIMER_REAL, &soon, NULL));
	fails(nanosleep(&wait, &left), EINTR);
	check(left.tv_sec < 5); /* written, whatever the load */
	say("left %ld.%09ld\n", left.tv_sec, left.tv_nsec);
	sys(setitimer(ITIMER_REAL, &soon, NULL));
	check(clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, &left) == EINTR);
	say("left %ld.%09ld\n", left.tv_sec, left.tv_nsec);
	return success();
}
