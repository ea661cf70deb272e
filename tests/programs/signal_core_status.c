/* SPDX-License-Identifier: MIT */
/* A child that crashes with core dumps allowed: the status has the core bit. */
#include "tracee.h"

int main(void)
{
	struct rlimit limit;
	int status;
	pid_t child;

	scratch();
	sys(getrlimit(RLIMIT_CORE, &limit));
	limit.rlim_cur = limit.rlim_max;
	sys(setrlimit(RLIMIT_CORE, &limit));
	child = sys(fork());
	if (child == 0)
		*(volatile int *)16 = 1;
	status = await(child);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	say("status %#x, core %d\n", status, !!WCOREDUMP(status));
	return success();
}
