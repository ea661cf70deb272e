/* SPDX-License-Identifier: MIT */
/* CLONE_PARENT_SETTID, CHILD_SETTID and CHILD_CLEARTID write their words. */
#include "tracee.h"

int main(void)
{
	static int *words;
	long flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID |
		     CLONE_CHILD_CLEARTID | SIGCHLD;
	pid_t child;

	words = map_shared(4096);
	child = sys(syscall(SYS_clone, flags, 0, &words[0], &words[1], 0));
	if (child == 0) {
		check(words[1] == (int)syscall(SYS_getpid));
		_exit(0);
	}
	check(words[0] == child);
	await_exit(child, 0);
	say("child %d: words %d %d\n", child, words[0], words[1]);
	return success();
}
