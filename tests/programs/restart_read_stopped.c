/* SPDX-License-Identifier: MIT */
/*
 * A child is stopped and continued while it sleeps in read.  No handler runs;
 * the kernel takes the call up again by itself.
 */
#include "tracee.h"

int main(void)
{
	int status;
	char text[4];
	int ends[2];
	pid_t child;

	sys(pipe(ends));
	child = sys(fork());
	if (child == 0) {
		check(read(ends[0], text, 4) == 4);
		say("child went on\n");
		_exit(3);
	}
	await_state(child, "S");
	for (int i = 0; i < 3; i++) {
		sys(kill(child, SIGSTOP));
		check(waitpid(child, &status, WUNTRACED) == child);
		check(WIFSTOPPED(status));
		sys(kill(child, SIGCONT));
		sleep_ms(3);
	}
	sleep_ms(20);
	put(ends[1], "late", 4);
	await_exit(child, 3);
	return success();
}
