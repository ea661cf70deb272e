/* SPDX-License-Identifier: MIT */
/* A program that traces its own child: it works or is refused, never hangs. */
#include <sys/ptrace.h>

#include "tracee.h"

int main(void)
{
	int status;
	pid_t child = sys(fork());

	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0)) {
			say("refused: errno %d\n", errno);
			_exit(3);
		}
		raise(SIGSTOP);
		_exit(4);
	}
	check(waitpid(child, &status, WUNTRACED) == child);
	if (WIFSTOPPED(status)) {
		if (ptrace(PTRACE_CONT, child, 0, 0))
			kill(child, SIGCONT);
		status = await(child);
	}
	say("child status %#x\n", status);
	check(WIFEXITED(status));
	return success();
}
