/* SPDX-License-Identifier: MIT */
/* Signals ignored by default do nothing and interrupt nothing. */
#include "tracee.h"

int main(void)
{
	struct timespec wait = { 0, 20000000 };
	pid_t child = sys(fork());

	if (child == 0) {
		static const int quiet[] = { SIGCHLD, SIGURG, SIGWINCH,
					     SIGCONT };

		for (int i = 0; i < 4; i++) {
			sleep_ms(1);
			sys(kill(getppid(), quiet[i]));
		}
		_exit(0);
	}
	sys(nanosleep(&wait, NULL));
	await_exit(child, 0);
	return success();
}
