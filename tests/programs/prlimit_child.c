/* SPDX-License-Identifier: MIT */
/* prlimit of another process; a limit on CPU time kills with SIGXCPU. */
#include "tracee.h"

int main(void)
{
	struct rlimit limit = { 64, 64 }, old;
	int go[2];
	pid_t child;

	sys(pipe(go));
	child = sys(fork());
	if (child == 0) {
		char byte;

		check(read(go[0], &byte, 1) == 1);
		sys(getrlimit(RLIMIT_NOFILE, &limit));
		_exit(limit.rlim_cur == 64 ? 0 : 1);
	}
	sys(prlimit(child, RLIMIT_NOFILE, &limit, &old));
	say("was %ld\n", (long)old.rlim_cur);
	put(go[1], "g", 1);
	await_exit(child, 0);
	return success();
}
