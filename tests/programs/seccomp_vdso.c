/* SPDX-License-Identifier: MIT */
/*
 * Filters that forbid the calls that the vDSO saves: what needs no call is no
 * call for the filter, what needs one is.
 *
 * EXPECT-PLAIN-OUTPUT
 */
#include "filtering.h"

#define TIMES 20

static void try_all(int which)
{
	struct timespec time;
	struct timeval day;
	unsigned core;

	for (int i = 0; i < TIMES; i++)
		switch (which) {
		case 0:
			sys(clock_gettime(CLOCK_MONOTONIC, &time));
			break;
		case 1:
			sys(clock_gettime(CLOCK_REALTIME_COARSE, &time));
			break;
		case 2:
			sys(gettimeofday(&day, NULL));
			break;
		case 3:
			check(time.tv_sec != 1 && (long)&core != 0);
			sys(sched_getcpu());
			break;
		case 4:
			sys(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time));
			break;
		case 5:
			sys(clock_gettime(77, &time));
			break;
		case 6:
			sys(syscall(SYS_clock_gettime, CLOCK_REALTIME, &time));
			break;
		}
}

static int run(int which, unsigned verdict)
{
	pid_t pid = sys(fork());

	if (pid == 0) {
		sys(INSTALL(SECCOMP_RET_ALLOW, 0,
			    { SYS_clock_gettime, verdict },
			    { SYS_gettimeofday, verdict },
			    { SYS_time, verdict },
			    { SYS_clock_getres, verdict },
			    { SYS_getcpu, verdict }));
		try_all(which);
		_exit(0);
	}
	return await(pid);
}

int main(void)
{
	/* Not every processor's clock serves the vDSO. */
	int needs_call = run(0, SECCOMP_RET_KILL_PROCESS) != 0;

	for (int which = needs_call ? 3 : 0; which < 7; which++) {
		say("%d: %#x\n", which, run(which, SECCOMP_RET_KILL_PROCESS));
		say("%d: %#x\n", which, run(which, SECCOMP_RET_ERRNO | 1));
		say("%d: %#x\n", which, run(which, SECCOMP_RET_TRAP));
	}
	return success();
}
