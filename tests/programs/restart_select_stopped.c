/* SPDX-License-Identifier: MIT */
/*
 * A child is stopped and continued while it sleeps in select.  No handler runs;
 * the kernel takes the call up again by itself.
 */
#include <sys/select.h>

#include "tracee.h"

int main(void)
{
	int status;
	struct timeval time = { 0, 250000 };
	pid_t child;

	child = sys(fork());
	if (child == 0) {
		check(select(0, NULL, NULL, NULL, &time) == 0);
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
