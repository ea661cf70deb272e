/* SPDX-License-Identifier: MIT */
/* Writing without a reader: SIGPIPE, or EPIPE when it is ignored. */
#include "tracee.h"

int main(void)
{
	int ends[2];
	pid_t child;

	sys(pipe(ends));
	close(ends[0]);
	child = sys(fork());
	if (child == 0) {
		write(ends[1], "x", 1) == 1 ? _exit(1) : _exit(2);
	}
	await_signal(child, SIGPIPE);
	signal(SIGPIPE, SIG_IGN);
	fails(write(ends[1], "x", 1), EPIPE);
	return success();
}
