/* SPDX-License-Identifier: MIT */
/* WUNTRACED and WCONTINUED tell the parent of SIGSTOP and SIGCONT. */
#include "tracee.h"

int main(void)
{
	int status;
	pid_t child = sys(fork());

	if (child == 0) {
		for (;;)
			pause();
	}
	sys(kill(child, SIGSTOP));
	check(waitpid(child, &status, WUNTRACED) == child);
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	check(waitpid(child, &status, WNOHANG | WUNTRACED) == 0);
	sys(kill(child, SIGCONT));
	check(waitpid(child, &status, WCONTINUED) == child);
	check(WIFCONTINUED(status));
	sys(kill(child, SIGTERM));
	await_signal(child, SIGTERM);
	return success();
}
