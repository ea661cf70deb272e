/* SPDX-License-Identifier: MIT */
/*
 * PTRACE_SEIZE says EIO of an option that no kernel knows, but of
 * PTRACE_O_SUSPEND_SECCOMP EINVAL, where it isn't there, or EPERM: programs
 * go by that (the kernel's own test does).
 */
#include "tracee.h"

#include <sys/ptrace.h>

int main(void)
{
	pid_t child = (pid_t)sys(fork());
	long result;

	if (!child) {
		pause();
		_exit(1);
	}
	check(ptrace(PTRACE_SEIZE, child, NULL, 1 << 28) == -1);
	check(errno == EIO);
	result = ptrace(PTRACE_SEIZE, child, NULL, PTRACE_O_SUSPEND_SECCOMP);
	check(result == 0 || errno == EINVAL || errno == EPERM);
	sys(kill(child, SIGKILL));
	await_signal(child, SIGKILL);
	return success();
}
