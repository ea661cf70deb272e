/* SPDX-License-Identifier: MIT */
/*
 * A child is stopped and continued while it sleeps in futex.  No handler runs;
 * the kernel takes the call up again by itself.
 */
#include "tracee.h"

int main(void)
{
	int status;
	struct timespec wait = { 0, 250000000 };
	static int word;
	pid_t child;

	child = sys(fork());
	if (child == 0) {
		check(futex(&word, 0, 0, &wait, NULL, 0) == -1 &&
		      errno == ETIMEDOUT);
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
	await_exit(child, 3);
	return success();
}
