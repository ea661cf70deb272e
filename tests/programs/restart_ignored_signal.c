/* SPDX-License-Identifier: MIT */
/* Ignored signals arrive at sleeping calls, which do not notice. */
#include "tracee.h"

int main(void)
{
	struct timespec wait = { 0, 40000000 };
	int64_t start = now_ms();
	pid_t child;

	signal(SIGUSR1, SIG_IGN);
	child = sys(fork());
	if (child == 0) {
		for (int i = 0; i < 10; i++) {
			sleep_ms(2);
			kill(getppid(), i % 2 ? SIGUSR1 : SIGWINCH);
		}
		_exit(0);
	}
	sys(nanosleep(&wait, NULL));
	check(now_ms() - start >= 40);
	await_exit(child, 0);
	return success();
}
