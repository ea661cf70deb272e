/* SPDX-License-Identifier: MIT */
/* A child in a new pid namespace is process 1 there. */
#include "tracee.h"

int main(void)
{
	pid_t child;

	if (unshare(CLONE_NEWPID))
		skip("unshare(CLONE_NEWPID): errno %d", errno);
	child = sys(fork());
	if (child == 0) {
		pid_t inner;

		check(getpid() == 1 && getppid() == 0);
		inner = sys(fork());
		if (inner == 0) {
			say("inner is %d\n", getpid());
			_exit(2);
		}
		check(inner == 2);
		await_exit(inner, 2);
		_exit(6);
	}
	say("outside it is %d\n", child);
	await_exit(child, 6);
	return success();
}
