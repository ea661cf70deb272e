/* SPDX-License-Identifier: MIT */
/* CLONE_UNTRACED asks that no tracer follow; the child runs all the same. */
#include <linux/sched.h>

#include "tracee.h"

int main(void)
{
	struct clone_args args = {
		.flags = CLONE_UNTRACED,
		.exit_signal = SIGCHLD,
	};
	pid_t child =
		sys(syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0));

	if (child == 0) {
		say("child %d\n", (int)syscall(SYS_getpid));
		_exit(4);
	}
	await_exit(child, 4);
	child = sys(syscall(SYS_clone3, &args, sizeof(args)));
	if (child == 0) {
		check(args.flags == CLONE_UNTRACED);
		say("child %d by clone3\n", (int)syscall(SYS_getpid));
		_exit(5);
	}
	check(args.flags == CLONE_UNTRACED);
	await_exit(child, 5);
	args.flags |= CLONE_THREAD; /* not without CLONE_SIGHAND */
	fails(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
	check(args.flags == (CLONE_UNTRACED | CLONE_THREAD));
	return success();
}
