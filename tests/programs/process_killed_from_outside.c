/* SPDX-License-Identifier: MIT */
/* SIGKILL hits processes while they compute, sleep, fork and make calls. */
#include "tracee.h"

static void victim(int kind)
{
	volatile long sum = 0;

	switch (kind) {
	case 0:
		for (;; sum++)
			if (sum % 10000 == 0)
				sched_yield();
	case 1:
		for (;;)
			sleep_ms(1);
	case 2:
		for (;;) {
			pid_t child = fork();

			if (child == 0)
				_exit(0);
			waitpid(child, NULL, 0);
		}
	default:
		for (;;)
			getppid();
	}
}

int main(void)
{
	pid_t child[4];

	for (int i = 0; i < 4; i++) {
		child[i] = sys(fork());
		if (child[i] == 0)
			victim(i);
	}
	sleep_ms(15);
	for (int i = 0; i < 4; i++)
		sys(kill(child[i], SIGKILL));
	for (int i = 0; i < 4; i++)
		await_signal(child[i], SIGKILL);
	return success();
}
