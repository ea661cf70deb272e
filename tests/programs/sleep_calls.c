/* SPDX-License-Identifier: MIT */
/* nanosleep, clock_nanosleep relative and absolute, usleep, timed select. */
#include "tracee.h"

int main(void)
{
	struct timespec wait = { 0, 3000000 }, start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	sys(nanosleep(&wait, NULL));
	check(!clock_nanosleep(CLOCK_REALTIME, 0, &wait, NULL));
	end = start;
	end.tv_nsec += 20000000;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	check(!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL));
	check(!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &start, NULL));
	usleep(1000);
	clock_gettime(CLOCK_MONOTONIC, &wait);
	say("from %ld.%09ld to %ld.%09ld\n", start.tv_sec, start.tv_nsec,
	    wait.tv_sec, wait.tv_nsec);
	wait.tv_nsec = 1000000000;
	fails(nanosleep(&wait, NULL), EINVAL);
	check(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &wait, NULL));
	return success();
}
