/* SPDX-License-Identifier: MIT */
/* A signal ends a process that computes into memory of its parent. */
#include "tracee.h"

#include <sys/time.h>

int main(void)
{
	volatile uint64_t *passes = map_shared(4096);
	struct itimerval soon = { { 0, 1000 }, { 0, 1000 } };
	pid_t child = sys(fork());
	int status;

	if (child == 0) {
		setitimer(ITIMER_REAL, &soon, NULL);
		for (;;)
			++*passes;
	}
	check(waitpid(child, &status, 0) == child);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
	say("ended at pass %llu\n", (unsigned long long)*passes);
	return success();
}
