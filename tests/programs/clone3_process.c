/* SPDX-License-Identifier: MIT */
/* clone3 as fork: pidfd, tid words, exit signal; small sizes are EINVAL. */
#include <linux/sched.h>

#include "tracee.h"

int main(void)
{
	int pidfd = -1, *words = map_shared(4096);
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID,
		.pidfd = (uintptr_t)&pidfd,
		.parent_tid = (uintptr_t)&words[0],
		.child_tid = (uintptr_t)&words[1],
		.exit_signal = SIGCHLD,
	};
	long child = syscall(SYS_clone3, &args, sizeof(args));

	if (child < 0 && errno == ENOSYS)
		skip("no clone3");
	check(child >= 0);
	if (child == 0) {
		check(words[1] == (int)syscall(SYS_getpid));
		_exit(9);
	}
	check(words[0] == child && pidfd >= 3);
	siginfo_t info = { 0 };

	sys(waitid(3 /* P_PIDFD */, pidfd, &info, WEXITED));
	check(info.si_pid == child && info.si_status == 9);
	say("child %ld, pidfd %d\n", child, pidfd);
	fails(syscall(SYS_clone3, &args, 8), EINVAL);
	return success();
}
