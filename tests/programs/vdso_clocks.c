/* SPDX-License-Identifier: MIT */
/* Clocks that libc reads through the vDSO, of every kind. */
#include "tracee.h"

int main(void)
{
	static const clockid_t clocks[] = { CLOCK_REALTIME,
					    CLOCK_MONOTONIC,
					    CLOCK_PROCESS_CPUTIME_ID,
					    CLOCK_THREAD_CPUTIME_ID,
					    CLOCK_MONOTONIC_RAW,
					    CLOCK_REALTIME_COARSE,
					    CLOCK_MONOTONIC_COARSE,
					    CLOCK_BOOTTIME,
					    CLOCK_TAI };
	struct timespec time_spec;
	struct timeval time_value;
	unsigned cpu, node;

	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < 9; i++) {
			sys(clock_gettime(clocks[i], &time_spec));
			say("clock %d: %ld.%09ld\n", clocks[i],
			    time_spec.tv_sec, time_spec.tv_nsec);
			sys(clock_getres(clocks[i], &time_spec));
			say("resolution %ld ns\n", time_spec.tv_nsec);
		}
	sys(gettimeofday(&time_value, NULL));
	say("time of day %ld.%06ld, time %ld\n", time_value.tv_sec,
	    (long)time_value.tv_usec, (long)time(NULL));
	sys(syscall(SYS_getcpu, &cpu, &node, NULL));
	say("cpu %u node %u, sched_getcpu %d\n", cpu, node, sched_getcpu());
	fails(clock_gettime(99, &time_spec), EINVAL);
	return success();
}
